//! The states of scenarios.
use crate::server::Server;
use pyo3::prelude::*;

#[pymethods]
impl Server {
    /// The state that a scenario is in.
    fn scenario_state(&self, py: Python<'_>, name: String) -> PyResult<String> {
        self.with(py, |faux| faux.scenario(name).state())
    }

    /// Puts a scenario into a state.
    fn set_scenario_state(&self, py: Python<'_>, name: String, state: String) -> PyResult<()> {
        self.with(py, |faux| faux.scenario(name).set(state))
    }
}
