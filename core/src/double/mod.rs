//! The test double: what a test says shall happen, and what did.

mod align;
pub(crate) mod answer;
pub(crate) mod client;
pub(crate) mod condition;
mod difference;
mod explain;
pub(crate) mod export;
mod failure;
pub(crate) mod fault;
pub(crate) mod gate;
mod index;
pub(crate) mod journal;
pub(crate) mod label;
pub(crate) mod link;
pub(crate) mod lint;
pub(crate) mod matcher;
pub(crate) mod nearest;
pub(crate) mod order;
pub(crate) mod played;
pub(crate) mod rule;
pub(crate) mod scenario;
pub(crate) mod script;
pub(crate) mod spelling;
pub(crate) mod sweep;
mod template;
mod times;
pub(crate) mod verify;

pub use answer::{Action, Answer, Callback, CallbackError, Chunk, Then};
pub use client::{Client, ClientInfo};
pub use condition::Condition;
pub use export::Format;
pub use failure::{Failure, FailureKind, Strict};
pub use fault::delay::Delay;
pub use gate::At;
pub use journal::{Call, Via};
pub use link::{Direction, LimitThen};
pub use lint::{Finding, Lint, Smell};
pub use matcher::{
    CallPredicate, JsonHolds, JsonPattern, Matcher, Number, OptionPattern, Pattern, Predicate,
};
pub use rule::{Handled, RuleId, Times};
pub use scenario::Scenario;
pub use script::Ending;
pub use spelling::Spelling;
pub use sweep::{Outcome, Run, Swept};
pub use template::Template;

use gate::Gates;
use journal::{Journal, Limits};
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
    /// The rule whose code it was, and where it was made, as messages show them.
    pub(crate) of: Option<String>,
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

/// More such clients than these are not told apart.
const MOST_UNREAD: usize = 100;

/// Rules, journal and verification of one server.
#[derive(Debug)]
pub(crate) struct Double {
    pub(crate) mode: Mode,
    pub(crate) strict: Strict,
    /// The language that assertions are proposed in.
    pub(crate) spelling: Spelling,
    /// The seed of all chance, which failures tell.
    pub(crate) seed: u64,
    /// What verification says of the way the server was used.
    pub(crate) lint: Option<Lint>,
    /// Clients that ended their connection with replies they had not read.
    pub(crate) unread: Vec<Arc<ClientInfo>>,
    /// What a sweep does to one call.
    pub(crate) injection: Option<sweep::Injection>,
    /// A run of a sweep took too long, so the server was stopped.
    pub(crate) overdue: bool,
    pub(crate) rules: Rules,
    pub(crate) gates: Gates,
    pub(crate) journal: Journal,
    pub(crate) mishaps: Vec<Mishap>,
}

impl Double {
    pub(crate) fn new(mode: Mode, strict: Strict, limits: Limits) -> Double {
        Double {
            mode,
            strict,
            spelling: Spelling::default(),
            seed: 0,
            lint: None,
            unread: Vec::new(),
            injection: None,
            overdue: false,
            rules: Rules::default(),
            gates: Gates::default(),
            journal: Journal::new(limits),
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
        self.unread.clear();
    }

    /// A client has ended its connection with replies it had not read.
    pub(crate) fn note_unread(&mut self, client: Arc<ClientInfo>) {
        if self.unread.len() < MOST_UNREAD {
            self.unread.push(client);
        }
    }

    /// Goes over the rules, from where it stopped to ask the host, if it did.
    pub(crate) fn decide(&mut self, call: u64, from: Option<&rule::Resumed>) -> Decision {
        if let Some(injected) = self.inject(call, from.is_some()) {
            return injected;
        }
        if self.rules.is_empty() {
            return Decision::NoRule;
        }
        let Some(found) = self.journal.find(call) else { return Decision::NoRule };
        if self.rules.has_none_for(found) {
            return Decision::NoRule;
        }
        let decision = self.rules.decide(found, from, self.mode);
        if self.rules.take_counted() {
            self.journal.assert(call);
        }
        decision
    }
}
