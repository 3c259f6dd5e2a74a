//! Conditions of a server.
use crate::error::OptionError;
use crate::server::Server;
use faux_redis::{Condition, FauxRedis};
use pyo3::prelude::*;

/// A condition a server is in until it is ended.
#[pyclass(frozen, module = "faux_redis._core")]
pub(crate) struct InState {
    condition: faux_redis::InState,
    process: u32,
}

#[pymethods]
impl Server {
    /// Puts the server into a condition.
    fn enter(&self, py: Python<'_>, condition: &str, name: Option<String>) -> PyResult<InState> {
        let condition: Condition = condition.parse().map_err(OptionError::new_err)?;
        let condition = self.with(py, |faux| faux.state().enter(condition).lasting())?;
        let condition = match name {
            Some(name) => condition.named(name),
            None => condition,
        };
        Ok(InState { condition, process: std::process::id() })
    }

    /// The conditions in force, in the order in which they were set.
    fn in_force(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        self.with(py, |faux: &FauxRedis| faux.state().in_force())
    }
}

#[pymethods]
impl InState {
    /// Ends it. False if it had ended before.
    fn end(&self, py: Python<'_>) -> bool {
        self.process == std::process::id() && crate::waiting(py, || self.condition.end())
    }

    /// Whether it is in force.
    fn is_in_force(&self, py: Python<'_>) -> bool {
        crate::waiting(py, || self.condition.is_in_force())
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        crate::waiting(py, || self.condition.to_string())
    }
}
