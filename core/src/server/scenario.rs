//! The state of a scenario, as the test that owns the server sees it.
use super::FauxRedis;
use crate::net::Shared;
use std::fmt;
use std::sync::Arc;

impl FauxRedis {
    /// A scenario: the state machine of this name, which rules go by. One that nobody has moved yet is in the state
    /// [`Scenario::STARTED`](crate::Scenario::STARTED), as is every one after a reset.
    pub fn scenario(&self, name: impl Into<String>) -> ScenarioState {
        ScenarioState { shared: Arc::clone(&self.shared), name: name.into() }
    }
}

/// The state of a scenario.
pub struct ScenarioState {
    shared: Arc<Shared>,
    name: String,
}

impl ScenarioState {
    /// The state it is in.
    pub fn state(&self) -> String {
        self.shared.look(|world| world.double.rules.states.state(&self.name).to_owned())
    }

    /// Puts it into a state.
    pub fn set(&self, state: impl Into<String>) {
        let state = state.into();
        self.shared.with(|world| world.double.rules.states.set(&self.name, state));
    }
}

impl fmt::Debug for ScenarioState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScenarioState").field("name", &self.name).finish_non_exhaustive()
    }
}
