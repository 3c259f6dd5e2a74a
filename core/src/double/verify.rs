//! What a test must have seen: expectations met, nothing failed, in strict mode nothing unasked.
use super::journal::Call;
use super::matcher::{Look, Matcher, quoted};
use super::rule::{Rule, RuleId, Times};
use super::{Double, Mishap};
use std::fmt::{self, Write as _};

/// Why verification failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailureKind {
    /// An expectation was met too rarely or too often.
    Unmet,
    /// A callback or predicate failed.
    Callback,
    /// In strict mode: a call that no rule answered.
    Unmocked,
    /// In strict mode: a stub that no call matched.
    Unused,
}

/// One thing that was not as the test wants it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Failure {
    /// Why it failed.
    pub kind: FailureKind,
    /// What was expected and what was got, over one or more lines.
    pub message: String,
    /// What failed in the test's own code, when that is what failed.
    pub mishap: Option<Mishap>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// What a connection says of itself before it says what it came for. Strict mode lets it pass.
pub(crate) fn is_handshake(call: &Call) -> bool {
    let name = call.name.split(' ').next().unwrap_or_default();
    matches!(name, "HELLO" | "AUTH" | "SELECT" | "CLIENT" | "RESET" | "QUIT")
}

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
        if self.strict {
            failures.extend(self.unmatched().into_iter().map(|call| Failure {
                kind: FailureKind::Unmocked,
                message: format!("no stub answered {}", line_of(call)),
                mishap: None,
            }));
            failures.extend(self.unused().into_iter().map(|rule| Failure {
                kind: FailureKind::Unused,
                message: format!("{} was never used\n  made at {}", rule.title(), rule.source.0),
                mishap: None,
            }));
        }
        failures
    }

    /// Calls that no rule answered, but for the handshake.
    pub(crate) fn unmatched(&self) -> Vec<&Call> {
        let calls = self.journal.calls();
        calls.filter(|call| call.rule.is_none() && !is_handshake(call)).collect()
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

    /// What is wrong with the number of calls a matcher found, if anything is.
    pub(crate) fn check(&self, matcher: &Matcher, times: Times, got: u64) -> Option<Failure> {
        if (times.least..=times.most).contains(&got) {
            return None;
        }
        let message = self.report(&matcher.to_string(), times, got, matcher, None);
        Some(Failure { kind: FailureKind::Unmet, message, mishap: None })
    }

    /// What is wrong with one expectation, if anything is.
    pub(crate) fn failure_of(&self, id: RuleId) -> Option<Failure> {
        self.unmet(self.rules.get(id)?)
    }

    /// What was called while somebody waited for something else, as the end of a message.
    pub(crate) fn seen_instead(&self, matcher: &Matcher) -> String {
        let mut near = self.nearest(matcher);
        if near.is_empty() {
            near = self.journal.calls().rev().take(5).collect();
        }
        if near.is_empty() {
            return "; nothing was called".into();
        }
        let lines = near.into_iter().rev().map(|call| format!("\n    {}", line_of(call)));
        format!("; what was called instead:{}", lines.collect::<String>())
    }

    fn unmet(&self, rule: &Rule) -> Option<Failure> {
        let times = rule.expected?;
        let got = rule.handled.hits + rule.handled.excess;
        if (times.least..=times.most).contains(&got) {
            return None;
        }
        let message = self.report(&rule.title(), times, got, &rule.matcher, Some(&rule.source.0));
        Some(Failure { kind: FailureKind::Unmet, message, mishap: None })
    }

    fn report(
        &self,
        title: &str,
        times: Times,
        got: u64,
        matcher: &Matcher,
        source: Option<&str>,
    ) -> String {
        let mut text = format!("{title}: expected {times}, got {got}");
        if let Some(source) = source {
            write!(text, "\n  made at {source}").expect("a string takes all");
        }
        let near = self.nearest(matcher);
        if got < times.least && !near.is_empty() {
            text += "\n  other calls of the same command:";
            for call in near {
                write!(text, "\n    {}", line_of(call)).expect("a string takes all");
            }
        }
        if self.journal.dropped() > 0 {
            write!(text, "\n  the journal has dropped {} older calls", self.journal.dropped())
                .expect("a string takes all");
        }
        text
    }

    /// The last calls of the same command that do not match.
    fn nearest(&self, matcher: &Matcher) -> Vec<&Call> {
        let Some(name) = matcher.name() else { return Vec::new() };
        let same = self.journal.calls().rev().filter(|call| call.name.starts_with(name));
        same.filter(|call| matches!(matcher.look(call), Look::No)).take(3).collect()
    }

    fn describe(&self, mishap: &Mishap) -> String {
        match self.journal.find(mishap.call) {
            Some(call) => format!("{}\n  while answering {}", mishap.message, line_of(call)),
            None => mishap.message.clone(),
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&line_of(self))
    }
}

/// A call in one line.
pub(crate) fn line_of(call: &Call) -> String {
    format!("#{} conn {}: {}", call.seq, call.conn, said(call))
}

/// What a call said: its command and arguments.
pub(crate) fn said(call: &Call) -> String {
    let mut line = call.name.to_string();
    for arg in call.args() {
        let shown = quoted(&arg[..arg.len().min(64)]);
        let more = if arg.len() > 64 { "…" } else { "" };
        write!(line, " {shown}{more}").expect("a string takes all");
    }
    line
}
