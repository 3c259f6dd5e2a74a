//! Matchers and rules.
use crate::callback::Callable;
use crate::error::{OptionError, StoppedError};
use crate::server::Failed;
use crate::{convert, waiting};
use faux_redis::{Client, Then, Times, Via};
use pyo3::prelude::*;
use pyo3::types::PyList;
use std::sync::{Mutex, PoisonError};

/// Which calls are meant.
#[pyclass(frozen, module = "faux_redis._core")]
pub(crate) struct Matcher(pub(crate) faux_redis::Matcher);

#[pymethods]
impl Matcher {
    /// Calls of this command, or of any, with these arguments; none given means any.
    #[new]
    fn new(
        name: Option<&str>,
        args: &Bound<'_, PyList>,
        key: Option<&Bound<'_, PyAny>>,
        conns: Option<Vec<u64>>,
        via: Option<&str>,
        when: Option<&Bound<'_, Callable>>,
    ) -> PyResult<Matcher> {
        let mut matcher = name.map_or_else(faux_redis::Matcher::any, faux_redis::Matcher::command);
        for arg in args {
            matcher = matcher.arg(convert::pattern(&arg)?);
        }
        if let Some(key) = key {
            matcher = matcher.key(convert::pattern(key)?);
        }
        if let Some(conns) = conns {
            matcher = matcher.conn(Client::ids(conns));
        }
        if let Some(via) = via {
            matcher = matcher.via(way(via)?);
        }
        if let Some(when) = when {
            matcher = matcher.when(when.get().call_predicate());
        }
        Ok(Matcher(matcher))
    }

    fn __repr__(&self) -> String {
        self.0.to_string()
    }
}

/// The handle of a stub or an expectation.
#[pyclass(frozen, module = "faux_redis._core")]
pub(crate) struct Rule {
    id: u64,
    process: u32,
    /// Nothing once it is removed.
    mounted: Mutex<Option<faux_redis::Rule>>,
}

#[pymethods]
impl Rule {
    /// Its identity, which its calls carry.
    #[getter]
    fn id(&self) -> u64 {
        self.id
    }

    /// Adds to what happens to a call that matches.
    fn then(&self, py: Python<'_>, answer: &Bound<'_, PyAny>) -> PyResult<()> {
        let answer = convert::answer(answer)?;
        self.edit(py, |rule| answer.actions().iter().cloned().fold(rule, faux_redis::Rule::then_do))
    }

    /// The answers in turn, and what comes after the last.
    fn replies(&self, py: Python<'_>, answers: &Bound<'_, PyList>, then: &str) -> PyResult<()> {
        let then = match then {
            "last" => Then::Last,
            "cycle" => Then::Cycle,
            "store" => Then::Store,
            "error" => Then::Error,
            _ => {
                let message = format!("then is LAST, CYCLE, STORE or ERROR, not '{then}'");
                return Err(OptionError::new_err(message));
            }
        };
        let answers = answers.iter().map(|answer| convert::answer(&answer));
        let answers = answers.collect::<PyResult<Vec<_>>>()?;
        self.edit(py, |rule| rule.replies_then(answers, then))
    }

    /// How often at least and at most.
    fn times(&self, py: Python<'_>, least: u64, most: Option<u64>) -> PyResult<()> {
        self.edit(py, |rule| rule.times(Times { least, most: most.unwrap_or(u64::MAX) }))
    }

    /// Only the n-th call that matches.
    fn nth(&self, py: Python<'_>, n: u64) -> PyResult<()> {
        self.edit(py, |rule| rule.nth(n))
    }

    /// Only calls after the first n that match.
    fn after(&self, py: Python<'_>, n: u64) -> PyResult<()> {
        self.edit(py, |rule| rule.after(n))
    }

    /// Before rules of a lower priority.
    fn priority(&self, py: Python<'_>, priority: i64) -> PyResult<()> {
        self.edit(py, |rule| rule.priority(priority))
    }

    /// It need not be used.
    fn optional(&self, py: Python<'_>) -> PyResult<()> {
        self.edit(py, faux_redis::Rule::optional)
    }

    /// The name it has in messages.
    fn named(&self, py: Python<'_>, name: String) -> PyResult<()> {
        self.edit(py, |rule| rule.named(name))
    }

    /// How many calls matched, were answered, and came when it had had all it wanted.
    fn handled(&self, py: Python<'_>) -> PyResult<(u64, u64, u64)> {
        self.look(py, |rule| {
            let handled = rule.handled();
            (handled.seen, handled.hits, handled.excess)
        })
    }

    /// What is wrong with the number of calls it was to have.
    fn failure(&self, py: Python<'_>) -> PyResult<Option<Failed>> {
        self.look(py, |rule| rule.failure().as_ref().map(Failed::from))
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        let title = self.look(py, faux_redis::Rule::title).ok().flatten();
        title.unwrap_or_else(|| "rule (gone)".into())
    }

    /// Takes the rule away.
    fn remove(&self, py: Python<'_>) {
        if self.process != std::process::id() {
            return;
        }
        waiting(py, || {
            if let Some(rule) = self.mounted.lock().unwrap_or_else(PoisonError::into_inner).take() {
                rule.remove();
            }
        });
    }
}

impl Rule {
    pub(crate) fn new(rule: faux_redis::Rule) -> Rule {
        Rule {
            id: rule.id().number(),
            process: std::process::id(),
            mounted: Mutex::new(Some(rule)),
        }
    }

    fn edit(
        &self,
        py: Python<'_>,
        edit: impl FnOnce(faux_redis::Rule) -> faux_redis::Rule + Send,
    ) -> PyResult<()> {
        self.check_home()?;
        let edited = waiting(py, || {
            let mut rule = self.mounted.lock().unwrap_or_else(PoisonError::into_inner);
            *rule = rule.take().map(edit);
            rule.is_some()
        });
        if edited { Ok(()) } else { Err(removed()) }
    }

    fn look<T: Send>(
        &self,
        py: Python<'_>,
        look: impl FnOnce(&faux_redis::Rule) -> T + Send,
    ) -> PyResult<T> {
        self.check_home()?;
        let seen = waiting(py, || {
            let rule = self.mounted.lock().unwrap_or_else(PoisonError::into_inner);
            rule.as_ref().map(look)
        });
        seen.ok_or_else(removed)
    }

    fn check_home(&self) -> PyResult<()> {
        if self.process == std::process::id() { Ok(()) } else { Err(crate::server::not_at_home()) }
    }
}

fn removed() -> PyErr {
    StoppedError::new_err("the rule has been removed")
}

fn way(via: &str) -> PyResult<Via> {
    match via {
        "direct" => Ok(Via::Direct),
        "exec" => Ok(Via::Exec),
        _ => Err(OptionError::new_err(format!("via is 'direct' or 'exec', not '{via}'"))),
    }
}
