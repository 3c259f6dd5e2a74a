//! Lint: whether the way a server was used keeps to a budget, and what in it is likely to hurt in production.

mod commands;
mod conversation;

use super::Double;
use super::client::ClientInfo;
use super::failure::{Failure, FailureKind};
use super::journal::Call;
use super::verify::line_of;
use crate::persona::Persona;
use bytes::Bytes;
use std::fmt::{self, Write as _};
use std::str::FromStr;
use std::sync::Arc;

/// Something in the use of a server that is likely to hurt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Smell {
    /// More round trips than the budget allows. It always fails verification.
    RoundTrips,
    /// One command again and again, each time for another key, with a round trip for each.
    NPlusOne,
    /// KEYS, which blocks the server while it looks at every key.
    Keys,
    /// FLUSHALL or FLUSHDB.
    Flush,
    /// A key was written, and nothing will ever remove it.
    NoTtl,
    /// WATCH that neither EXEC, DISCARD nor UNWATCH ended.
    Watch,
    /// A connection that was not closed.
    LeftOpen,
    /// Replies that a client did not read.
    Unread,
    /// Keys of different cluster slots in one command or transaction.
    CrossSlot,
    /// A command that is deprecated.
    Deprecated,
}

/// Every smell, and its name.
const SMELLS: [(Smell, &str); 10] = [
    (Smell::RoundTrips, "round_trips"),
    (Smell::NPlusOne, "n_plus_one"),
    (Smell::Keys, "keys"),
    (Smell::Flush, "flush"),
    (Smell::NoTtl, "no_ttl"),
    (Smell::Watch, "watch"),
    (Smell::LeftOpen, "left_open"),
    (Smell::Unread, "unread"),
    (Smell::CrossSlot, "cross_slot"),
    (Smell::Deprecated, "deprecated"),
];

impl Smell {
    /// Its name, such as `n_plus_one`.
    pub fn name(self) -> &'static str {
        let found = SMELLS.iter().find(|(smell, _)| *smell == self);
        found.expect("every smell is in the list").1
    }
}

impl FromStr for Smell {
    type Err = String;

    fn from_str(text: &str) -> Result<Smell, String> {
        let found = SMELLS.iter().find(|(_, name)| *name == text);
        found.map(|(smell, _)| *smell).ok_or_else(|| {
            let names: Vec<_> = SMELLS.iter().map(|(_, name)| *name).collect();
            format!("a smell is {}, not '{text}'", names.join(", "))
        })
    }
}

/// What lint looks for, and what it fails for.
///
/// ```
/// use faux_redis::{Lint, Smell};
///
/// let budget = Lint::none().max_round_trips(5);
/// let all_but_one = Lint::all().without(Smell::NoTtl).failing();
/// ```
#[derive(Clone, Debug)]
pub struct Lint {
    smells: Vec<Smell>,
    fails: bool,
    max_round_trips: Option<usize>,
    n_plus_one: usize,
}

/// So many calls for one key after another are one too many.
const N_PLUS_ONE: usize = 5;

impl Lint {
    /// Looks for every smell. Budgets that are exceeded fail verification, smells alone do not.
    pub fn all() -> Lint {
        let smells = SMELLS.iter().map(|(smell, _)| *smell).collect();
        Lint { smells, ..Lint::none() }
    }

    /// Looks for no smell, only at budgets.
    pub fn none() -> Lint {
        Lint { smells: Vec::new(), fails: false, max_round_trips: None, n_plus_one: N_PLUS_ONE }
    }

    /// Looks for this smell, too.
    pub fn with(mut self, smell: Smell) -> Lint {
        self.smells.push(smell);
        self
    }

    /// Does not look for this smell.
    pub fn without(mut self, smell: Smell) -> Lint {
        self.smells.retain(|other| *other != smell);
        self
    }

    /// Each smell fails verification.
    pub fn failing(mut self) -> Lint {
        self.fails = true;
        self
    }

    /// No more round trips than these, those of the connections' handshakes not counted. Requests that were read
    /// together are one round trip: a pipeline is.
    pub fn max_round_trips(mut self, most: usize) -> Lint {
        self.max_round_trips = Some(most);
        self
    }

    /// How many calls in a row make [`Smell::NPlusOne`]; 5 by default.
    pub fn n_plus_one(mut self, calls: usize) -> Lint {
        self.n_plus_one = calls.max(2);
        self
    }

    fn looks_for(&self, smell: Smell) -> bool {
        self.smells.contains(&smell)
    }
}

/// Something that lint has found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Finding {
    /// What kind of thing it is.
    pub smell: Smell,
    /// What was found, in a sentence.
    pub message: String,
    /// The calls it is about, the oldest first.
    pub calls: Vec<Call>,
    /// Why it matters.
    pub why: &'static str,
    /// What to do.
    pub advice: String,
}

/// So many calls of a finding are shown.
const SHOWN: usize = 5;

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.smell.name(), self.message)?;
        for call in self.calls.iter().take(SHOWN) {
            write!(f, "\n    {}", line_of(call))?;
        }
        if self.calls.len() > SHOWN {
            write!(f, "\n    ({} more)", self.calls.len() - SHOWN)?;
        }
        write!(f, "\n  why: {}\n  do: {}", self.why, self.advice)
    }
}

/// What the journal does not tell of the way a server was used.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) persona: Persona,
    /// Connections that are open, and how many bytes each has not been sent.
    pub(crate) open: Vec<(Arc<ClientInfo>, usize)>,
    /// Keys that a call wrote and nothing will remove, each with the last call that wrote it.
    pub(crate) lasting: Vec<(usize, Bytes, u64)>,
}

impl Double {
    /// All that a lint finds, in the order of the smells.
    pub(crate) fn lint(&self, lint: &Lint, facts: &Facts) -> Vec<Finding> {
        let calls: Vec<_> = self.journal.calls().collect();
        let mut findings = Vec::new();
        if let Some(most) = lint.max_round_trips {
            findings.extend(conversation::round_trips(&calls, most));
        }
        let mut look = |smell: Smell, look: &dyn Fn() -> Vec<Finding>| {
            if lint.looks_for(smell) {
                findings.extend(look());
            }
        };
        look(Smell::NPlusOne, &|| conversation::n_plus_one(&calls, lint.n_plus_one));
        look(Smell::Keys, &|| commands::keys(&calls));
        look(Smell::Flush, &|| commands::flush(&calls));
        look(Smell::NoTtl, &|| commands::no_ttl(&calls, &facts.lasting));
        look(Smell::Watch, &|| conversation::watch(&calls));
        look(Smell::LeftOpen, &|| conversation::left_open(&calls, &facts.open));
        look(Smell::Unread, &|| conversation::unread(&calls, &self.unread, &facts.open));
        look(Smell::CrossSlot, &|| commands::cross_slot(&calls));
        look(Smell::Deprecated, &|| commands::deprecated(&calls, facts.persona));
        findings
    }

    /// What of that fails verification.
    pub(crate) fn lint_failures(&self, facts: &Facts) -> Vec<Failure> {
        let Some(lint) = &self.lint else { return Vec::new() };
        let findings = self.lint(lint, facts).into_iter();
        let failing = findings.filter(|found| lint.fails || found.smell == Smell::RoundTrips);
        failing
            .map(|found| {
                let mut text = found.to_string();
                let dropped = self.journal.dropped().calls;
                if dropped > 0 {
                    write!(text, "\n  the journal has dropped {dropped} older calls")
                        .expect("a string takes all");
                }
                Failure::new(FailureKind::Lint, text)
            })
            .collect()
    }
}

/// A finding about calls.
fn finding(
    smell: Smell,
    message: String,
    calls: &[&Call],
    why: &'static str,
    advice: impl Into<String>,
) -> Finding {
    let calls = calls.iter().map(|call| (*call).clone()).collect();
    Finding { smell, message, calls, why, advice: advice.into() }
}

/// `1 call`, `2 calls`.
fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}
