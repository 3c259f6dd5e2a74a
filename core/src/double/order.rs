//! Whether calls came in an order.
use super::Double;
use super::failure::{Failure, FailureKind};
use super::journal::Call;
use super::matcher::Matcher;
use super::verify::line_of;
use std::fmt::Write as _;

/// So many calls after the last that was found are shown.
const SHOWN: usize = 5;

/// The earliest calls that match the steps one after the other, as far as there are some. `found` holds the calls that
/// match each step, in order.
fn followed<'a>(found: &'a [Vec<Call>]) -> Vec<&'a Call> {
    let mut after = 0;
    let next = |calls: &'a Vec<Call>| {
        let call = calls.iter().find(|call| call.seq > after)?;
        after = call.seq;
        Some(call)
    };
    found.iter().map_while(next).collect()
}

impl Double {
    /// What is wrong with an order of calls, if anything is: where it broke. The calls it found are asserted by that.
    pub(crate) fn check_order(
        &mut self,
        steps: &[Matcher],
        found: &[Vec<Call>],
    ) -> Option<Failure> {
        let path = followed(found);
        path.iter().for_each(|call| self.journal.assert(call.seq));
        if path.len() == steps.len() {
            return None;
        }
        let broken = &steps[path.len()];
        let names: Vec<_> = steps.iter().map(ToString::to_string).collect();
        let mut text = format!("expected in this order: {}", names.join(", "));
        let mut line = |line: String| write!(text, "\n  {line}").expect("a string takes all");
        for (at, (call, step)) in path.iter().zip(&names).enumerate() {
            line(format!("{}. {step}: {}", at + 1, line_of(call)));
        }
        let place = match path.last() {
            Some(last) => format!("did not come after #{}", last.seq),
            None => "did not come".to_owned(),
        };
        line(format!("{}. {broken}: {place}", path.len() + 1));
        if let Some(before) = found[path.len()].last() {
            line(format!("it came before: {}", line_of(before)));
        }
        let near =
            if found[path.len()].is_empty() { self.nearest(broken, &|_| true) } else { Vec::new() };
        if !near.is_empty() {
            line("nearest calls:".to_owned());
        }
        near.iter().flat_map(|near| near.lines(2)).for_each(&mut line);
        let after = path.last().map_or(0, |call| call.seq);
        let later: Vec<_> = self.journal.calls().filter(|call| call.seq > after).collect();
        if !later.is_empty() {
            line("what came instead:".to_owned());
        }
        for call in later.iter().take(SHOWN) {
            line(format!("  {}", line_of(call)));
        }
        if later.len() > SHOWN {
            line(format!("  ({} more)", later.len() - SHOWN));
        }
        Some(Failure::new(FailureKind::Order, text))
    }
}
