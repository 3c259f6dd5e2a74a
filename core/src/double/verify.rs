//! What a test must have seen: expectations met, nothing failed, in strict mode nothing unasked.
use super::failure::{Failure, FailureKind, Strict};
use super::journal::Call;
use super::matcher::{Look, Matcher, quoted};
use super::nearest::{Near, may_match};
use super::rule::{Rule, RuleId, Times};
use super::{CallbackError, Double, Mishap};
use std::fmt::{self, Write as _};
use std::ops::Range;

/// What a connection says of itself before it says what it came for. Strict mode lets it pass.
pub(crate) fn is_handshake(call: &Call) -> bool {
    let name = call.name.split(' ').next().unwrap_or_default();
    matches!(name, "HELLO" | "AUTH" | "SELECT" | "CLIENT" | "RESET" | "QUIT")
}

/// So many calls are shown of those that are too many.
const SHOWN: usize = 3;

impl Double {
    /// All that is not as it should be, the worst first.
    pub(crate) fn failures(&self) -> Vec<Failure> {
        let mishaps = self.mishaps.iter().map(|mishap| Failure {
            kind: FailureKind::Callback,
            message: self.describe(mishap),
            mishap: Some(mishap.clone()),
        });
        let rules = self.rules.all();
        let unmet = rules.iter().filter_map(|rule| self.unmet(rule));
        let mut failures: Vec<_> = mishaps.chain(unmet).collect();
        if self.strict >= Strict::On {
            failures.extend(self.unmatched().into_iter().map(|call| self.unmocked(call)));
            failures.extend(self.forgotten(FailureKind::Unmocked));
            failures.extend(self.unused().into_iter().map(|rule| self.never_used(rule)));
        }
        if self.strict >= Strict::All {
            failures.extend(self.unasserted().into_iter().map(|call| {
                let title = format!("never asserted: {}", line_of(call));
                let code = self.spelling.assertion(call, self.alike(call));
                Failure::new(FailureKind::Unasserted, proposing(title, code))
            }));
        }
        failures
    }

    /// Calls that no rule answered, but for the handshake.
    pub(crate) fn unmatched(&self) -> Vec<&Call> {
        let calls = self.journal.calls();
        calls.filter(|call| call.rule.is_none() && !is_handshake(call)).collect()
    }

    /// Calls that no expectation counted and the test neither verified nor waited for, but for the handshake.
    pub(crate) fn unasserted(&self) -> Vec<&Call> {
        let calls = self.journal.calls();
        calls.filter(|call| !call.asserted && !is_handshake(call)).collect()
    }

    /// Stubs that no call matched, but for those that need not be.
    pub(crate) fn unused(&self) -> Vec<&Rule> {
        let rules = self.rules.all().into_iter();
        rules.filter(|r| !r.is_expectation() && !r.optional && r.handled.hits == 0).collect()
    }

    /// Calls a matcher may find, as far as it can tell without the host.
    pub(crate) fn calls(&self, matcher: &Matcher) -> Vec<Call> {
        let calls = self.journal.calls();
        calls.filter(|call| !matches!(matcher.look(call), Look::No)).cloned().collect()
    }

    /// What is wrong with the number of calls a matcher found, if anything is. They are asserted by that.
    pub(crate) fn check(
        &mut self,
        matcher: &Matcher,
        times: Times,
        found: &[Call],
    ) -> Option<Failure> {
        found.iter().for_each(|call| self.journal.assert(call.seq));
        let got = found.len() as u64;
        let dropped = self.journal.dropped().calls;
        let is_known = dropped == 0 || times.most == u64::MAX;
        let is_met = (times.least..=times.most).contains(&got);
        if is_met && is_known {
            return None;
        }
        let mut text = format!("{matcher}: expected {times}, got {got}");
        if is_met {
            text += " of the calls that are remembered; there may have been more";
        } else if got > times.most {
            tell_matching(&mut text, &found.iter().collect::<Vec<_>>());
        } else {
            tell_matching(&mut text, &found.iter().collect::<Vec<_>>());
            let is_found = |call: &Call| found.iter().any(|one| one.seq == call.seq);
            self.tell_nearest(&mut text, matcher, &|call| !is_found(call), found.last());
        }
        self.tell_dropped(&mut text);
        Some(Failure::new(FailureKind::Unmet, text))
    }

    /// What is wrong when calls came that nothing accounts for.
    pub(crate) fn more(&self) -> Vec<Failure> {
        let calls = self.journal.calls();
        let more = calls.filter(|call| !call.is_accounted_for() && !is_handshake(call));
        let more = more.map(|call| {
            let title = format!("one call more: {}", line_of(call));
            let code = self.spelling.assertion(call, self.alike(call));
            Failure::new(FailureKind::Unaccounted, proposing(title, code))
        });
        more.chain(self.forgotten(FailureKind::Unaccounted)).collect()
    }

    /// Calls that nothing had accounted for when the journal dropped them, if there were any.
    fn forgotten(&self, kind: FailureKind) -> Option<Failure> {
        let count = self.journal.dropped().unaccounted;
        let calls = if count == 1 { "call" } else { "calls" };
        let text = format!(
            "{count} {calls} more, which the journal has dropped before anything accounted for them: \
             a greater journal_limit keeps them"
        );
        (count > 0).then(|| Failure::new(kind, text))
    }

    /// What is wrong with one expectation, if anything is.
    pub(crate) fn failure_of(&self, id: RuleId) -> Option<Failure> {
        self.unmet(self.rules.get(id)?)
    }

    /// What was called while somebody waited for something else, as the end of a message. `found` says whether there
    /// may have been a call that matches.
    pub(crate) fn seen_instead(&self, matcher: &Matcher, found: bool) -> String {
        let near = self.nearest(matcher, &|_| !found);
        let mut lines: Vec<_> = near.iter().flat_map(|near| near.lines(4)).collect();
        if near.is_empty() {
            let last: Vec<_> = self.journal.calls().rev().take(5).collect();
            lines = last.into_iter().rev().map(|call| format!("    {}", line_of(call))).collect();
        }
        if lines.is_empty() {
            return "; nothing was called".into();
        }
        format!("; what was called instead:\n{}", lines.join("\n"))
    }

    fn unmet(&self, rule: &Rule) -> Option<Failure> {
        let times = rule.expected?;
        let got = rule.handled.hits + rule.handled.excess;
        if (times.least..=times.most).contains(&got) {
            return None;
        }
        let mut text = format!("{}: expected {times}, got {got}", rule.title());
        write!(text, "\n  made at {}", rule.source.0).expect("a string takes all");
        let matches = |call: &&Call| {
            call.seq >= rule.since && call.asserted && may_match(&rule.matcher, call)
        };
        let found: Vec<_> = self.journal.calls().filter(|_| got > 0).filter(matches).collect();
        tell_matching(&mut text, &found);
        if got <= times.most {
            self.tell_uncounted(&mut text, rule);
            let is_refused = |call: &Call| !call.asserted && self.uncounted(rule, call).is_none();
            self.tell_nearest(&mut text, &rule.matcher, &is_refused, found.last().copied());
        }
        self.tell_dropped(&mut text);
        Some(Failure::new(FailureKind::Unmet, text))
    }

    /// Calls that match but that the rule did not get to see.
    fn tell_uncounted(&self, text: &mut String, rule: &Rule) {
        let matching = self.journal.calls().filter(|call| may_match(&rule.matcher, call));
        let uncounted = matching.filter_map(|call| Some((call, self.uncounted(rule, call)?)));
        let uncounted: Vec<_> = uncounted.collect();
        if uncounted.is_empty() {
            return;
        }
        *text += "\n  calls that match but do not count:";
        for (call, why) in &uncounted[uncounted.len().saturating_sub(SHOWN)..] {
            write!(text, "\n    {}\n      {why}", line_of(call)).expect("a string takes all");
        }
    }

    /// Why a rule did not get to see a call; nothing if it did.
    fn uncounted(&self, rule: &Rule, call: &Call) -> Option<String> {
        if call.seq < rule.since {
            return Some("it came before this was made".to_owned());
        }
        let other = call.rule.filter(|id| *id != rule.id)?;
        let other = self.rules.get(other).filter(|other| other.goes_before(rule))?;
        Some(format!("{} answered it first\n      made at {}", other.title(), other.source.0))
    }

    /// The nearest calls, and code that passes: for a call that was found, else for the nearest.
    fn tell_nearest(
        &self,
        text: &mut String,
        matcher: &Matcher,
        is_refused: &dyn Fn(&Call) -> bool,
        found: Option<&Call>,
    ) {
        let near = self.nearest(matcher, is_refused);
        let Some(nearest) = near.first() else {
            if self.journal.calls().next().is_none() {
                *text += "\n  nothing was called";
            }
            return;
        };
        *text += "\n  nearest calls:";
        for line in near.iter().flat_map(|near: &Near<'_>| near.lines(4)) {
            write!(text, "\n{line}").expect("a string takes all");
        }
        let call = found.unwrap_or(nearest.call);
        let code = self.spelling.assertion(call, self.alike(call));
        *text = proposing(std::mem::take(text), code);
    }

    fn tell_dropped(&self, text: &mut String) {
        let dropped = self.journal.dropped().calls;
        if dropped > 0 {
            write!(text, "\n  the journal has dropped {dropped} older calls")
                .expect("a string takes all");
        }
    }

    fn unmocked(&self, call: &Call) -> Failure {
        let text = format!("no stub answered {}", line_of(call));
        let code = self.spelling.stub(call);
        Failure::new(FailureKind::Unmocked, proposing(text, code))
    }

    fn never_used(&self, rule: &Rule) -> Failure {
        let mut text = format!("{} was never used\n  made at {}", rule.title(), rule.source.0);
        self.tell_uncounted(&mut text, rule);
        let is_refused = |call: &Call| self.uncounted(rule, call).is_none();
        let near = self.nearest(&rule.matcher, &is_refused);
        if !near.is_empty() {
            text += "\n  nearest calls:";
        }
        for line in near.iter().flat_map(|near| near.lines(4)) {
            write!(text, "\n{line}").expect("a string takes all");
        }
        Failure::new(FailureKind::Unused, text)
    }

    /// How many calls are the same, word by word.
    fn alike(&self, call: &Call) -> usize {
        self.journal.calls().filter(|other| other.words()[..] == call.words()[..]).count()
    }

    /// A predicate that the test's own questions ask has failed. It may be asked about a call again and again.
    pub(crate) fn predicate_failed(&mut self, call: u64, error: CallbackError) {
        let message = format!("callback failed: {}", error.message);
        if self.mishaps.iter().all(|known| known.call != call || known.message != message) {
            self.mishaps.push(Mishap { message, call, of: None, payload: error.payload });
        }
    }

    fn describe(&self, mishap: &Mishap) -> String {
        let mut text = mishap.message.clone();
        if let Some(call) = self.journal.find(mishap.call) {
            write!(text, "\n  while answering {}", line_of(call)).expect("a string takes all");
        }
        if let Some(of) = &mishap.of {
            write!(text, "\n  by {of}").expect("a string takes all");
        }
        text
    }
}

/// What was counted, when it was too much or too little, but something.
fn tell_matching(text: &mut String, calls: &[&Call]) {
    if calls.is_empty() {
        return;
    }
    let left_out = calls.len().saturating_sub(SHOWN);
    *text += "\n  what was called:";
    if left_out > 0 {
        write!(text, "\n    ({left_out} more before)").expect("a string takes all");
    }
    for call in &calls[left_out..] {
        write!(text, "\n    {}", line_of(call)).expect("a string takes all");
    }
}

/// A message and the code that would have passed.
fn proposing(mut text: String, code: Option<String>) -> String {
    if let Some(code) = code {
        write!(text, "\n  this passes: {code}").expect("a string takes all");
    }
    text
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&line_of(self))
    }
}

/// A call in one line.
pub(crate) fn line_of(call: &Call) -> String {
    line_with_places(call).0
}

/// What a call said: its command and arguments.
pub(crate) fn said(call: &Call) -> String {
    step_of(call)
}

/// A call as a step of a test: without its number and connection.
pub(crate) fn step_of(call: &Call) -> String {
    let (line, places) = line_with_places(call);
    let start = places.first().map_or(0, |name| name.start);
    line.chars().skip(start).collect()
}

/// A call in one line, and where in it each of its words stands, in characters; word 0 is its name.
pub(super) fn line_with_places(call: &Call) -> (String, Vec<Range<usize>>) {
    let mut line = format!("#{} conn {}: ", call.seq, call.conn);
    let mut places = Vec::with_capacity(call.args().len() + 1);
    let mut length = line.chars().count();
    let mut add = |word: &str, line: &mut String| {
        let start = length;
        *line += word;
        length += word.chars().count();
        places.push(start..length);
        length += 1;
    };
    add(&call.name, &mut line);
    for arg in call.args() {
        line.push(' ');
        let more = if arg.len() > LONGEST_SHOWN { "…" } else { "" };
        add(&format!("{}{more}", quoted(&arg[..arg.len().min(LONGEST_SHOWN)])), &mut line);
    }
    (line, places)
}

/// Longer arguments are cut short.
const LONGEST_SHOWN: usize = 64;
