//! What verification demands, and what it says of each thing that is amiss.
use super::Mishap;
use std::fmt;

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
    /// In the strictest mode: a call that no expectation counted and the test did not verify.
    Unasserted,
    /// Calls did not come in this order.
    Order,
    /// There were more calls than the test has accounted for.
    Unaccounted,
    /// A budget was exceeded, or the server was used in a way that lint fails for.
    Lint,
    /// Keys changed that must not.
    Changed,
}

impl FailureKind {
    /// Its name, such as `unmet`.
    pub fn name(self) -> &'static str {
        match self {
            FailureKind::Unmet => "unmet",
            FailureKind::Callback => "callback",
            FailureKind::Unmocked => "unmocked",
            FailureKind::Unused => "unused",
            FailureKind::Unasserted => "unasserted",
            FailureKind::Order => "order",
            FailureKind::Unaccounted => "unaccounted",
            FailureKind::Lint => "lint",
            FailureKind::Changed => "changed",
        }
    }
}

/// What verification demands besides expectations and callbacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strict {
    /// Nothing.
    #[default]
    Off,
    /// Every call is answered by a rule, and every stub is used.
    On,
    /// Also, every call is asserted: counted by an expectation, verified or waited for.
    All,
}

impl From<bool> for Strict {
    fn from(strict: bool) -> Strict {
        if strict { Strict::On } else { Strict::Off }
    }
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

impl Failure {
    pub(crate) fn new(kind: FailureKind, message: String) -> Failure {
        Failure { kind, message, mishap: None }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
