//! Calls that are nearly what was meant: which parts of each differ, and how.
use super::Double;
use super::difference::{Difference, apart, differences, refused};
use super::explain::{differs, is_needed};
use super::journal::{Call, Via};
use super::matcher::{Look, Matcher, Pattern};
use super::verify::{is_handshake, line_with_places};
use std::collections::HashSet;

/// A call that does not match, and why.
#[derive(Debug)]
pub(super) struct Near<'a> {
    pub(super) call: &'a Call,
    pub(super) differences: Vec<Difference>,
    distance: f64,
}

/// So many calls are shown.
const SHOWN: usize = 3;

/// So many calls are compared letter by letter: those of which the fewest parts differ.
const COMPARED: usize = 64;

impl Double {
    /// The calls that come nearest to a matcher without matching, the nearest first, and of those that are as near the
    /// latest. Of calls that are alike only the latest is there. `is_refused` tells of which calls the test's own code
    /// has said no.
    pub(super) fn nearest(
        &self,
        matcher: &Matcher,
        is_refused: &dyn Fn(&Call) -> bool,
    ) -> Vec<Near<'_>> {
        let mut seen = HashSet::new();
        let candidates = self.journal.calls().rev().filter(|call| may_be_near(matcher, call));
        let mut rough: Vec<_> = candidates
            .filter(|call| seen.insert((call.conn, call.via == Via::Exec, call.words())))
            .map(|call| (differing_parts(matcher, call), call))
            .collect();
        rough.sort_by_key(|(differing, _)| *differing);
        let compared = rough.into_iter().take(COMPARED).filter_map(|(_, call)| {
            near(matcher, call)
                .or_else(|| is_refused(call).then(|| denied(matcher, call)).flatten())
        });
        let mut near: Vec<_> = compared.filter(|near| is_near(matcher, near)).collect();
        near.sort_by(|a, b| a.distance.total_cmp(&b.distance).then(b.call.seq.cmp(&a.call.seq)));
        near.truncate(SHOWN);
        near
    }
}

impl Near<'_> {
    /// The call in one line, what differs marked below it, and what is to be said of it; each line so far indented.
    pub(super) fn lines(&self, indent: usize) -> Vec<String> {
        let (line, places) = line_with_places(self.call);
        let pad = " ".repeat(indent);
        let mut lines = vec![format!("{pad}{line}")];
        let marks = marks(&places, self.differences.iter().flat_map(|one| &one.words));
        match self.differences.as_slice() {
            [one] if !marks.is_empty() => lines.push(format!("{pad}{marks} {}", one.text)),
            several => {
                if !marks.is_empty() {
                    lines.push(format!("{pad}{marks}"));
                }
                lines.extend(several.iter().map(|one| format!("{pad}  {}", one.text)));
            }
        }
        lines
    }
}

/// A line of carets under the words.
fn marks<'w>(places: &[std::ops::Range<usize>], words: impl Iterator<Item = &'w usize>) -> String {
    let mut marked: Vec<_> = words.filter_map(|word| places.get(*word)).collect();
    marked.sort_by_key(|place| place.start);
    marked.dedup();
    let mut line = String::new();
    for place in marked {
        line.extend(std::iter::repeat_n(' ', place.start.saturating_sub(line.len())));
        line.extend(std::iter::repeat_n('^', place.len()));
    }
    line
}

/// Calls of other commands come into question when the matcher says more than the command.
fn may_be_near(matcher: &Matcher, call: &Call) -> bool {
    let says_more = !matcher.parts().args.is_empty() || matcher.parts().key.is_some();
    names(matcher, call) || (!is_handshake(call) && (says_more || is_misspelt(matcher, call)))
}

fn is_misspelt(matcher: &Matcher, call: &Call) -> bool {
    let name = matcher.name().unwrap_or_default();
    strsim::osa_distance(name, &call.name) <= name.len() / 3 || is_kin(matcher, call)
}

/// INCR and INCRBY, SET and SETEX are kin: one name begins with the other.
fn is_kin(matcher: &Matcher, call: &Call) -> bool {
    let name = matcher.name().unwrap_or_default();
    let (short, long) =
        if name.len() < call.name.len() { (name, &*call.name) } else { (&*call.name, name) };
    short.len() >= 3 && long.starts_with(short)
}

/// A call of another command must have something in common that is not left open, or a name nearly the same.
fn is_near(matcher: &Matcher, near: &Near<'_>) -> bool {
    if names(matcher, near.call) {
        return true;
    }
    let said =
        matcher.parts().args.iter().filter(|arg| !matches!(arg, Pattern::Any | Pattern::Rest));
    let said = said.count() + usize::from(matcher.parts().key.is_some());
    let about_words = near.differences.iter().filter(|one| !one.words.contains(&0));
    let unlike: f64 = about_words.map(|one| one.distance).sum();
    #[expect(clippy::cast_precision_loss, reason = "a matcher has few parts")]
    let common = said as f64 - unlike;
    // Of kin, what one takes besides is no reason against it.
    common > if is_kin(matcher, near.call) { 0.0 } else { 0.5 }
        || (said == 0 && is_misspelt(matcher, near.call))
}

pub(super) fn names(matcher: &Matcher, call: &Call) -> bool {
    matcher.head().is_of(call)
}

/// How many parts differ, as far as that can be told quickly.
fn differing_parts(matcher: &Matcher, call: &Call) -> usize {
    let pairs = matcher.parts().args.iter().zip(call.args());
    let args = pairs.filter(|(pattern, arg)| differs(pattern, arg)).count();
    let (wanted, is_open) = matcher.positions();
    let got = call.args().len();
    let count = match matcher.parts().args.last() {
        None => 0,
        Some(_) if is_open => wanted.len().saturating_sub(got),
        Some(_) => {
            let missing = wanted.iter().skip(got).filter(|one| is_needed(one)).count();
            missing + got.saturating_sub(wanted.len())
        }
    };
    let has_key = |key: &Pattern| call.keys().into_iter().any(|other| !differs(key, other));
    usize::from(!names(matcher, call)) * 2
        + args
        + count
        + usize::from(matcher.parts().key.is_some_and(|key| !has_key(key)))
        + matcher.unlike_options(call).len()
        + usize::from(matcher.parts().via.is_some_and(|via| via != call.via))
        + usize::from(matcher.parts().conn.is_some_and(|conn| !conn.is(&call.client, call.db)))
}

/// Whether a call matches, as far as that can be known without the host.
pub(super) fn may_match(matcher: &Matcher, call: &Call) -> bool {
    differing_parts(matcher, call) == 0 && near(matcher, call).is_none()
}

/// How a call that the host was asked about differs, given that it said no.
fn denied<'a>(matcher: &Matcher, call: &'a Call) -> Option<Near<'a>> {
    let is_asked = matches!(matcher.look(call), Look::Ask(_));
    is_asked.then(|| of(call, refused(matcher, call)))
}

fn of(call: &Call, differences: Vec<Difference>) -> Near<'_> {
    let distance = differences.iter().map(|one| one.distance).sum();
    Near { call, differences, distance }
}

/// How a call differs; nothing when it matches, as far as that can be known without the host.
fn near<'a>(matcher: &Matcher, call: &'a Call) -> Option<Near<'a>> {
    let mut differences = differences(matcher, call);
    if differences.is_empty() && matches!(matcher.look(call), Look::No) {
        differences.push(apart("it does not match"));
    }
    if differences.is_empty() {
        return None;
    }
    Some(of(call, differences))
}
