//! Gates of a server.
use crate::call::Call;
use crate::error::{OptionError, StoppedError};
use crate::rule::Matcher;
use crate::server::{Server, not_at_home};
use crate::waiting::{Wait, Waited};
use crate::{convert, waiting};
use faux_redis::At;
use pyo3::prelude::*;
use std::sync::{Arc, Mutex, PoisonError};

/// What holds commands until they are let go on.
#[pyclass(frozen, module = "faux_redis._core")]
pub(crate) struct Gate {
    process: u32,
    /// Nothing once it is removed.
    mounted: Mutex<Option<Arc<faux_redis::Gate>>>,
}

#[pymethods]
impl Server {
    /// A new gate.
    fn hold(
        &self,
        py: Python<'_>,
        matcher: &Matcher,
        at: &str,
        times: Option<u64>,
    ) -> PyResult<Gate> {
        let at: At = at.parse().map_err(OptionError::new_err)?;
        let matcher = matcher.0.clone();
        let gate = self.with(py, |faux| {
            let gate = faux.hold(matcher, at).lasting();
            match times {
                Some(times) => gate.times(times),
                None => gate,
            }
        })?;
        let mounted = Mutex::new(Some(Arc::new(gate)));
        Ok(Gate { process: std::process::id(), mounted })
    }
}

#[pymethods]
impl Gate {
    /// A wait for so many held commands.
    fn wait(&self, n: usize, timeout: f64) -> PyResult<Wait> {
        let timeout = convert::duration("timeout", timeout)?;
        let gate = self.mounted()?;
        Ok(Wait::of(async move { gate.wait_for(n, timeout).await.map(Waited::Calls) }))
    }

    /// The commands that are held.
    fn held(&self, py: Python<'_>) -> PyResult<Vec<Call>> {
        let gate = self.mounted()?;
        Ok(waiting(py, || gate.held()).into_iter().map(Call).collect())
    }

    /// Lets all go on, or so many; how many that were.
    fn release(&self, py: Python<'_>, n: Option<usize>) -> PyResult<usize> {
        let gate = self.mounted()?;
        Ok(waiting(py, || match n {
            Some(n) => gate.release_first(n),
            None => gate.release(),
        }))
    }

    /// Lets one call go on, by its number. False if it is not held.
    fn release_call(&self, py: Python<'_>, seq: u64) -> PyResult<bool> {
        let gate = self.mounted()?;
        Ok(waiting(py, || gate.release_seq(seq)))
    }

    /// Takes the gate away; what it holds goes on.
    fn remove(&self, py: Python<'_>) {
        if self.process != std::process::id() {
            return;
        }
        let gate = self.mounted.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(gate) = gate {
            waiting(py, || gate.remove());
        }
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        match self.mounted() {
            Ok(gate) => waiting(py, || gate.to_string()),
            Err(_) => "gate (gone)".into(),
        }
    }
}

impl Gate {
    fn mounted(&self) -> PyResult<Arc<faux_redis::Gate>> {
        if self.process != std::process::id() {
            return Err(not_at_home());
        }
        let gate = self.mounted.lock().unwrap_or_else(PoisonError::into_inner).clone();
        gate.ok_or_else(|| StoppedError::new_err("the gate has been removed"))
    }
}
