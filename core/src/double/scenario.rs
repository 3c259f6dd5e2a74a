//! Scenarios: state machines that rules go by.
use std::collections::HashMap;

/// A rule's part in a scenario: in which state it answers, and which state comes then.
///
/// Every scenario begins in the state [`Scenario::STARTED`].
///
/// ```
/// use faux_redis::{FauxRedis, Scenario};
///
/// # faux_redis::block_on(async {
/// let redis = FauxRedis::start().await?;
/// let free = Scenario::of("lock").when(Scenario::STARTED).to("taken");
/// redis.stub("SETNX").scenario(free).reply(1);
/// redis.stub("SETNX").scenario(Scenario::of("lock").when("taken")).reply(0);
/// assert_eq!(redis.scenario("lock").state(), "started");
/// # Ok::<(), faux_redis::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    name: String,
    when: Option<String>,
    to: Option<String>,
}

impl Scenario {
    /// The state that every scenario begins in.
    pub const STARTED: &'static str = "started";

    /// A part in the scenario of this name: in any state, which stays.
    pub fn of(name: impl Into<String>) -> Scenario {
        Scenario { name: name.into(), when: None, to: None }
    }

    /// The rule matches in this state alone.
    pub fn when(mut self, state: impl Into<String>) -> Scenario {
        self.when = Some(state.into());
        self
    }

    /// When the rule answers, the scenario is in this state from then on.
    pub fn to(mut self, state: impl Into<String>) -> Scenario {
        self.to = Some(state.into());
        self
    }
}

/// The states of all scenarios that have left the one they began in.
#[derive(Debug, Default)]
pub(crate) struct States(HashMap<String, String>);

impl States {
    pub(crate) fn state(&self, name: &str) -> &str {
        self.0.get(name).map_or(Scenario::STARTED, String::as_str)
    }

    pub(crate) fn set(&mut self, name: &str, state: impl Into<String>) {
        self.0.insert(name.to_owned(), state.into());
    }

    /// Whether a rule with this part may answer now.
    pub(super) fn allow(&self, part: Option<&Scenario>) -> bool {
        part.is_none_or(|part| part.when.as_ref().is_none_or(|when| self.state(&part.name) == when))
    }

    /// A rule with this part has answered.
    pub(super) fn move_on(&mut self, part: Option<&Scenario>) {
        if let Some(Scenario { name, to: Some(to), .. }) = part {
            self.set(name, to);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}
