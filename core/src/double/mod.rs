//! The test double: what a test says shall happen, and what did.

pub(crate) mod answer;
pub(crate) mod client;
pub(crate) mod condition;
pub(crate) mod gate;
mod index;
pub(crate) mod journal;
pub(crate) mod matcher;
pub(crate) mod rule;
pub(crate) mod scenario;
pub(crate) mod script;
mod times;
pub(crate) mod verify;

pub use answer::{Action, Answer, Callback, CallbackError, Chunk, Then};
pub use client::{Client, ClientInfo};
pub use condition::Condition;
pub use gate::At;
pub use journal::{Call, Via};
pub use matcher::{
    CallPredicate, JsonHolds, JsonPattern, Matcher, Number, OptionPattern, Pattern, Predicate,
};
pub use rule::{Handled, RuleId, Times};
pub use scenario::Scenario;
pub use verify::{Failure, FailureKind};

use gate::Gates;
use journal::Journal;
use rule::{Decision, Rules};
use std::any::Any;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Who answers: the rules, the store, or the one before the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// The rules first, the store for what no rule answers.
    #[default]
    MockFirst,
    /// The store alone; rules only count the calls they match.
    StatefulOnly,
    /// The rules alone; what no rule answers gets an error. The handshake of a connection
    /// (HELLO, AUTH, SELECT, CLIENT, RESET, QUIT) is still answered when no rule does.
    MockOnly,
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Mode, String> {
        match text {
            "mock_first" => Ok(Mode::MockFirst),
            "stateful_only" => Ok(Mode::StatefulOnly),
            "mock_only" => Ok(Mode::MockOnly),
            _ => Err(format!("mode is mock_first, stateful_only or mock_only, not '{text}'")),
        }
    }
}

/// Something that went wrong in the test's own code, or in ours, while a client was answered.
#[derive(Clone)]
pub struct Mishap {
    /// What happened, in one sentence.
    pub message: String,
    /// The call that was being answered.
    pub call: u64,
    /// What the host knows of it, such as its own exception.
    pub payload: Option<Arc<dyn Any + Send + Sync>>,
}

impl fmt::Debug for Mishap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mishap")
            .field("message", &self.message)
            .field("call", &self.call)
            .finish_non_exhaustive()
    }
}

/// Rules, journal and verification of one server.
#[derive(Debug)]
pub(crate) struct Double {
    pub(crate) mode: Mode,
    pub(crate) strict: bool,
    pub(crate) rules: Rules,
    pub(crate) gates: Gates,
    pub(crate) journal: Journal,
    pub(crate) mishaps: Vec<Mishap>,
}

impl Double {
    pub(crate) fn new(mode: Mode, strict: bool, journal_limit: usize) -> Double {
        Double {
            mode,
            strict,
            rules: Rules::default(),
            gates: Gates::default(),
            journal: Journal::new(journal_limit),
            mishaps: Vec::new(),
        }
    }

    /// The same, with the seed of all that rules leave to chance.
    pub(crate) fn seeded(self, seed: u64) -> Double {
        Double { rules: Rules::seeded(seed), ..self }
    }

    /// Forgets every rule, call and mishap.
    pub(crate) fn clear(&mut self) {
        self.rules.clear();
        self.gates.clear();
        self.journal.clear();
        self.mishaps.clear();
    }

    /// Goes over the rules, from where it stopped to ask the host, if it did.
    pub(crate) fn decide(&mut self, call: u64, from: Option<&rule::Resumed>) -> Decision {
        if self.rules.is_empty() {
            return Decision::NoRule;
        }
        let Some(call) = self.journal.find(call) else { return Decision::NoRule };
        self.rules.decide(call, from, self.mode)
    }
}
