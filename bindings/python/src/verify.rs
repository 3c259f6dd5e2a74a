//! Verification, lint, exports and the fault sweep of a server.
use crate::call::Call;
use crate::convert;
use crate::error::{OptionError, bad_option, raised};
use crate::rule::Matcher;
use crate::server::Server;
use faux_redis::{FauxRedis, Finding, Format, Lint, Outcome, Smell, block_on};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use std::sync::{Mutex, PoisonError};

/// A finding: its smell, what was found, the calls, why it matters, what to do, and all of it as text.
#[derive(IntoPyObject)]
pub(crate) struct Found(&'static str, String, Vec<Call>, &'static str, String, String);

impl From<Finding> for Found {
    fn from(finding: Finding) -> Found {
        let text = finding.to_string();
        let calls = finding.calls.into_iter().map(Call).collect();
        Found(finding.smell.name(), finding.message, calls, finding.why, finding.advice, text)
    }
}

#[pymethods]
impl Server {
    /// Checks that calls came in this order.
    fn verify_order(&self, py: Python<'_>, steps: Vec<Bound<'_, Matcher>>) -> PyResult<()> {
        let steps: Vec<_> = steps.into_iter().map(|step| step.get().0.clone()).collect();
        self.with(py, |faux| block_on(faux.verify_order(steps)))?.map_err(raised)
    }

    /// Checks that every call is accounted for.
    fn verify_no_more(&self, py: Python<'_>) -> PyResult<()> {
        self.with(py, FauxRedis::verify_no_more)?.map_err(raised)
    }

    /// Failures as one text, with what helps to see why.
    fn told(&self, py: Python<'_>, messages: Vec<String>) -> PyResult<String> {
        self.with(py, move |faux| faux.told(&messages))
    }

    /// About how many bytes went with the calls that are no longer remembered.
    fn dropped_bytes(&self, py: Python<'_>) -> PyResult<u64> {
        self.with(py, FauxRedis::dropped_bytes)
    }

    /// All calls that are remembered, for other programs.
    fn export(&self, py: Python<'_>, format: &str) -> PyResult<String> {
        let format: Format = format.parse().map_err(OptionError::new_err)?;
        self.with(py, |faux| faux.export(format))
    }

    /// What a lint with these options finds.
    fn lint(&self, py: Python<'_>, options: &Bound<'_, PyDict>) -> PyResult<Vec<Found>> {
        let lint = lint_of(options)?.unwrap_or_else(Lint::none);
        Ok(self.with(py, |faux| faux.lint(&lint))?.into_iter().map(Found::from).collect())
    }

    /// What the lint finds that the server was started with.
    fn findings(&self, py: Python<'_>) -> PyResult<Vec<Found>> {
        Ok(self.with(py, FauxRedis::findings)?.into_iter().map(Found::from).collect())
    }

    /// Spoils the n-th call, counted from 1; 0 for none. After a time the server is stopped.
    fn inject(
        &self,
        py: Python<'_>,
        at: usize,
        answer: &Bound<'_, PyAny>,
        timeout: f64,
    ) -> PyResult<()> {
        let answer = convert::answer(answer)?;
        let timeout = convert::duration("sweep_timeout", timeout)?;
        self.with(py, |faux| {
            faux.inject(at, answer);
            faux.stop_after(timeout);
        })
    }

    /// The calls that were counted by that, and whether the server was stopped for it.
    fn injected(&self, py: Python<'_>) -> PyResult<(Vec<String>, bool)> {
        self.with(py, |faux| (faux.injected(), faux.is_overdue()))
    }
}

/// What came of a fault sweep.
#[pyclass(frozen, module = "faux_redis._core")]
pub(crate) struct Swept(Mutex<faux_redis::Swept>);

#[pymethods]
impl Swept {
    /// Steps and faults, and no run yet.
    #[new]
    fn new(steps: Vec<String>, faults: &Bound<'_, PyList>) -> PyResult<Swept> {
        let faults = faults.iter().map(|fault| Ok(convert::answer(&fault)?.to_string()));
        let faults = faults.collect::<PyResult<_>>()?;
        Ok(Swept(Mutex::new(faux_redis::Swept::of(steps, faults))))
    }

    /// Adds a run: `survived`, `failed`, `allowed` or `not reached`.
    fn add(&self, step: usize, fault: usize, outcome: &str, why: String) -> PyResult<()> {
        let outcome = match outcome {
            "survived" => Outcome::Survived,
            "failed" => Outcome::Failed(why),
            "allowed" => Outcome::Allowed(why),
            "not reached" => Outcome::NotReached,
            _ => return Err(OptionError::new_err(format!("there is no outcome '{outcome}'"))),
        };
        self.with(|swept| swept.add(step, fault, outcome));
        Ok(())
    }

    /// Tells how many runs were left out.
    fn leave_out(&self, runs: usize) {
        self.with(|swept| swept.left_out = runs);
    }

    /// The faults as text.
    #[getter]
    fn faults(&self) -> Vec<String> {
        self.with(|swept| swept.faults.clone())
    }

    /// How many runs did not survive and should have.
    #[getter]
    fn failed(&self) -> usize {
        self.with(|swept| swept.failed().len())
    }

    /// How many runs there were, and of what, in a line.
    #[getter]
    fn summary(&self) -> String {
        self.with(|swept| swept.summary())
    }

    fn __str__(&self) -> String {
        self.with(|swept| swept.to_string())
    }
}

impl Swept {
    fn with<T>(&self, work: impl FnOnce(&mut faux_redis::Swept) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The options that make a lint, and what each takes.
pub(crate) const LINT_OPTIONS: [(&str, &str); 4] = [
    ("lint", "True, False, 'fail' or a list of smells"),
    ("lint_ignore", "a list of smells"),
    ("max_round_trips", "an int of 0 or more, or None"),
    ("n_plus_one", "an int of 2 or more"),
];

/// The lint that options say, if they say one.
pub(crate) fn lint_of(options: &Bound<'_, PyDict>) -> PyResult<Option<Lint>> {
    let mut lint = Lint::none();
    let mut is_said = false;
    for (name, accepts) in LINT_OPTIONS {
        let Some(value) = options.get_item(name)? else { continue };
        if value.is_none() {
            continue;
        }
        let bad = || bad_option(name, accepts, &value);
        lint = match name {
            "lint" => {
                let is_off = value.extract::<bool>().is_ok_and(|on| !on);
                is_said |= !is_off;
                looked_for(&value)?.ok_or_else(bad)?
            }
            "lint_ignore" => {
                let smells = smells(&value)?.ok_or_else(bad)?;
                smells.into_iter().fold(lint, Lint::without)
            }
            "max_round_trips" => {
                is_said = true;
                lint.max_round_trips(whole(&value, 0).ok_or_else(bad)?)
            }
            _ => lint.n_plus_one(whole(&value, 2).ok_or_else(bad)?),
        };
    }
    Ok(is_said.then_some(lint))
}

fn whole(value: &Bound<'_, PyAny>, least: usize) -> Option<usize> {
    let is_bool = value.is_instance_of::<pyo3::types::PyBool>();
    value.extract().ok().filter(|number| !is_bool && *number >= least)
}

fn looked_for(value: &Bound<'_, PyAny>) -> PyResult<Option<Lint>> {
    if let Ok(on) = value.extract::<bool>() {
        return Ok(Some(if on { Lint::all() } else { Lint::none() }));
    }
    if value.extract::<String>().is_ok_and(|word| word == "fail") {
        return Ok(Some(Lint::all().failing()));
    }
    Ok(smells(value)?.map(|smells| smells.into_iter().fold(Lint::none(), Lint::with)))
}

/// A list of smells' names.
fn smells(value: &Bound<'_, PyAny>) -> PyResult<Option<Vec<Smell>>> {
    let Ok(names) = value.extract::<Vec<String>>() else { return Ok(None) };
    let smells = names.iter().map(|name| name.parse().map_err(OptionError::new_err));
    smells.collect::<PyResult<_>>().map(Some)
}
