//! A call as Python sees it.
use crate::convert;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// One call: a request as it was received, and what had come of it when it was looked at.
#[pyclass(frozen, module = "faux_redis")]
pub(crate) struct Call(pub(crate) faux_redis::Call);

#[pymethods]
impl Call {
    /// Its place among all calls of the server, from 1 on.
    #[getter]
    fn seq(&self) -> u64 {
        self.0.seq
    }

    /// When it was received, in seconds since 1970.
    #[getter]
    fn time(&self) -> f64 {
        self.0.time.as_secs_f64()
    }

    /// The connection's id, as CLIENT ID tells it.
    #[getter]
    fn conn(&self) -> u64 {
        self.0.conn
    }

    /// The name the connection gave itself, or nothing.
    #[getter]
    fn client_name(&self) -> String {
        String::from_utf8_lossy(&self.0.client.name).into_owned()
    }

    /// The command's name in capitals, a container's with its subcommand.
    #[getter]
    fn name(&self) -> &str {
        &self.0.name
    }

    /// The arguments, without the name.
    #[getter]
    fn args<'py>(&self, py: Python<'py>) -> Vec<Bound<'py, PyBytes>> {
        self.0.args().iter().map(|arg| PyBytes::new(py, arg)).collect()
    }

    /// The first of its keys, if it has any.
    #[getter]
    fn key<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        self.0.key().map(|key| PyBytes::new(py, key))
    }

    /// Every key of the command, by the command's key positions.
    #[getter]
    fn keys<'py>(&self, py: Python<'py>) -> Vec<Bound<'py, PyBytes>> {
        self.0.keys().into_iter().map(|key| PyBytes::new(py, key)).collect()
    }

    /// The database it was sent to.
    #[getter]
    fn db(&self) -> usize {
        self.0.db
    }

    /// The user the connection is logged in as.
    #[getter]
    fn user(&self) -> &str {
        &self.0.client.user
    }

    /// The way it reached the store: `direct`, `exec` or `script`.
    #[getter]
    fn via(&self) -> &'static str {
        self.0.via.name()
    }

    /// The id of the rule that answered it.
    #[getter]
    fn rule(&self) -> Option<u64> {
        self.0.rule.map(faux_redis::RuleId::number)
    }

    /// Who answered: `rule`, `store`, `unmocked`, `queued`, `hung`, `unsupported`, or nobody yet.
    #[getter]
    fn action(&self) -> &str {
        self.0.action
    }

    /// What was answered; None as long as nothing was.
    #[getter]
    fn reply<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.reply.as_ref().map(|reply| convert::python(py, reply)).transpose()
    }

    /// How many seconds it took to be answered; None as long as it was not.
    #[getter]
    fn duration(&self) -> Option<f64> {
        self.0.duration.map(|duration| duration.as_secs_f64())
    }

    /// What was done besides answering, in a rule's words, and which links its connection's bytes went through.
    #[getter]
    fn faults(&self) -> Vec<String> {
        self.0.faults.clone()
    }

    /// Which of its connection's round trips it was part of, from 1 on.
    #[getter]
    fn trip(&self) -> u64 {
        self.0.trip
    }

    /// Whether an expectation counted it, or the test verified it or waited for it.
    #[getter]
    fn asserted(&self) -> bool {
        self.0.asserted
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        let id = |call: &faux_redis::Call| (call.seq, call.time, call.conn, call.words().to_vec());
        other.cast::<Call>().is_ok_and(|other| id(&self.0) == id(&other.get().0))
    }

    fn __hash__(&self) -> u64 {
        self.0.seq
    }

    fn __repr__(&self) -> String {
        format!("<Call {}>", self.0)
    }
}
