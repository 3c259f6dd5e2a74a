//! Matchers and rules.
use crate::callback::Callable;
use crate::error::{OptionError, StoppedError};
use crate::pattern::{Client, Pattern, option, pattern};
use crate::server::Failed;
use crate::{convert, waiting};
use faux_redis::{Scenario, Then, Times};
use pyo3::prelude::*;
use pyo3::types::PyList;
use std::sync::{Mutex, PoisonError};

/// Which calls are meant.
#[pyclass(frozen, module = "faux_redis._core")]
pub(crate) struct Matcher(pub(crate) faux_redis::Matcher);

#[pymethods]
impl Matcher {
    /// Calls of a command, of a group of commands, or of any: `command`, `category`, `flag` or `any`, and its name.
    /// No arguments given means any.
    #[new]
    #[expect(clippy::too_many_arguments, reason = "it is all that a matcher can ask for")]
    fn new(
        kind: &str,
        name: &str,
        args: &Bound<'_, PyList>,
        key: Option<&Bound<'_, Pattern>>,
        options: Vec<(String, Bound<'_, PyAny>)>,
        client: Option<&Bound<'_, Client>>,
        via: Option<&str>,
        when: Option<&Bound<'_, Callable>>,
    ) -> PyResult<Matcher> {
        let mut matcher = match kind {
            "command" => faux_redis::Matcher::command(name),
            "category" => faux_redis::Matcher::category(name),
            "flag" => faux_redis::Matcher::flag(name),
            _ => faux_redis::Matcher::any(),
        };
        for arg in args {
            matcher = matcher.arg(pattern(&arg)?);
        }
        if let Some(key) = key {
            matcher = matcher.key(key.get().pattern());
        }
        for (name, value) in options {
            matcher = matcher.option(&name, option(&value)?);
        }
        if let Some(client) = client {
            matcher = matcher.conn(client.get().0.clone());
        }
        if let Some(via) = via {
            matcher = matcher.via(via.parse().map_err(OptionError::new_err::<String>)?);
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
        if answers.is_empty() {
            let message = "replies() takes an answer or more: values, actions or callbacks";
            return Err(OptionError::new_err(message));
        }
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

    /// Only with this probability.
    fn p(&self, py: Python<'_>, probability: f64) -> PyResult<()> {
        if !(0.0..=1.0).contains(&probability) {
            let message = format!("option 'p' takes a probability from 0 to 1, not {probability}");
            return Err(OptionError::new_err(message));
        }
        self.edit(py, |rule| rule.p(probability))
    }

    /// Only in a state of a scenario, which it moves to another.
    fn scenario(
        &self,
        py: Python<'_>,
        name: String,
        when: Option<String>,
        to: Option<String>,
    ) -> PyResult<()> {
        let mut part = Scenario::of(name);
        if let Some(when) = when {
            part = part.when(when);
        }
        if let Some(to) = to {
            part = part.to(to);
        }
        self.edit(py, |rule| rule.scenario(part))
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
            // A server that was reset has it no more.
            rule.as_ref().is_some_and(|rule| rule.title().is_some())
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
