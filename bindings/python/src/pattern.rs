//! What an argument, an option, a key or a connection must be.
use crate::callback::Callable;
use crate::convert::exact;
use crate::error::{OptionError, PatternError, bad_pattern, raised};
use faux_redis::{JsonHolds, Number, OptionPattern};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyList};

/// What one argument must be. Callables in it are known by what stands for them.
#[pyclass(frozen, module = "faux_redis._core")]
pub(crate) struct Pattern(faux_redis::Pattern);

#[pymethods]
impl Pattern {
    /// Anything.
    #[staticmethod]
    fn any() -> Pattern {
        Pattern(faux_redis::Pattern::Any)
    }

    /// Any number of arguments, to the end.
    #[staticmethod]
    fn rest() -> Pattern {
        Pattern(faux_redis::Pattern::Rest)
    }

    /// Nothing: it is not given.
    #[staticmethod]
    fn absent() -> Pattern {
        Pattern(faux_redis::Pattern::Absent)
    }

    /// The bytes that a client would send for this value.
    #[staticmethod]
    fn exact(value: &Bound<'_, PyAny>) -> PyResult<Pattern> {
        let accepts =
            "a str, bytes, int, float, a pattern such as ANY, glob(...) or gt(...), or a callable";
        let bytes = exact(value)?.ok_or_else(|| bad_pattern(accepts, value))?;
        Ok(Pattern(faux_redis::Pattern::Exact(bytes)))
    }

    /// A glob, in the words of KEYS.
    #[staticmethod]
    fn glob(pattern: &Bound<'_, PyAny>) -> PyResult<Pattern> {
        let bytes = exact(pattern)?.ok_or_else(|| bad_pattern("a str or bytes", pattern))?;
        Ok(Pattern(faux_redis::Pattern::Glob(bytes)))
    }

    /// A number that compares so: `gt`, `ge`, `lt` or `le`.
    #[staticmethod]
    fn compared(word: &str, than: &Bound<'_, PyAny>) -> PyResult<Pattern> {
        let than = number(word, than)?;
        Ok(Pattern(match word {
            "gt" => faux_redis::Pattern::Gt(than),
            "ge" => faux_redis::Pattern::Ge(than),
            "lt" => faux_redis::Pattern::Lt(than),
            "le" => faux_redis::Pattern::Le(than),
            _ => return Err(PatternError::new_err(format!("there is no comparison '{word}'"))),
        }))
    }

    /// A number from one to another.
    #[staticmethod]
    fn between(least: &Bound<'_, PyAny>, most: &Bound<'_, PyAny>) -> PyResult<Pattern> {
        let (least, most) = (number("between", least)?, number("between", most)?);
        Ok(Pattern(faux_redis::Pattern::Between(least, most)))
    }

    /// A JSON document that holds at a path what a pattern matches.
    #[staticmethod]
    fn json(path: &str, pattern: &Bound<'_, Pattern>) -> PyResult<Pattern> {
        let pattern = pattern.get().0.clone();
        Ok(Pattern(faux_redis::Pattern::json(path, pattern).map_err(raised)?))
    }

    /// A JSON document that holds a value at a path. The value comes as JSON.
    #[staticmethod]
    fn json_value(path: &str, value: &str) -> PyResult<Pattern> {
        let value: serde_json::Value = serde_json::from_str(value)
            .map_err(|error| PatternError::new_err(format!("{value} is no JSON: {error}")))?;
        Ok(Pattern(faux_redis::Pattern::json(path, JsonHolds::Value(value)).map_err(raised)?))
    }

    /// Whatever a callable says.
    #[staticmethod]
    fn ask(callable: &Bound<'_, Callable>) -> Pattern {
        Pattern(callable.get().pattern())
    }

    /// What both match.
    #[staticmethod]
    fn both(one: &Bound<'_, Pattern>, other: &Bound<'_, Pattern>) -> Pattern {
        Pattern(one.get().0.clone().and(other.get().0.clone()))
    }

    /// What one of them matches.
    #[staticmethod]
    fn either(one: &Bound<'_, Pattern>, other: &Bound<'_, Pattern>) -> Pattern {
        Pattern(one.get().0.clone().or(other.get().0.clone()))
    }

    /// What the pattern does not match.
    #[staticmethod]
    fn negated(pattern: &Bound<'_, Pattern>) -> Pattern {
        Pattern(pattern.get().0.clone().not())
    }

    fn __repr__(&self) -> String {
        self.0.to_string()
    }
}

impl Pattern {
    pub(crate) fn pattern(&self) -> faux_redis::Pattern {
        self.0.clone()
    }
}

/// Which connections are meant.
#[pyclass(frozen, module = "faux_redis._core")]
pub(crate) struct Client(pub(crate) faux_redis::Client);

#[pymethods]
impl Client {
    /// The connections of which all this is true; None is not asked.
    #[new]
    fn new(
        ids: Option<Vec<u64>>,
        name: Option<&Bound<'_, Pattern>>,
        user: Option<&Bound<'_, Pattern>>,
        db: Option<usize>,
        resp: Option<u8>,
        lib: Option<&Bound<'_, Pattern>>,
        addr: Option<&Bound<'_, Pattern>>,
    ) -> PyResult<Client> {
        let pattern = |pattern: &Bound<'_, Pattern>| pattern.get().pattern();
        let mut client = ids.map_or_else(faux_redis::Client::any, faux_redis::Client::ids);
        if let Some(name) = name {
            client = client.name(pattern(name));
        }
        if let Some(user) = user {
            client = client.user(pattern(user));
        }
        if let Some(db) = db {
            client = client.db(db);
        }
        if let Some(resp) = resp {
            client = client.protocol(protocol(resp)?);
        }
        if let Some(lib) = lib {
            client = client.library(pattern(lib));
        }
        if let Some(addr) = addr {
            client = client.address(pattern(addr));
        }
        Ok(Client(client))
    }

    /// Whether a callable must be asked who is meant.
    #[getter]
    fn asks(&self) -> bool {
        self.0.asks()
    }

    fn __repr__(&self) -> String {
        self.0.to_string()
    }
}

/// What an option must be: given or not, or a pattern for its value, or a list of them for its values.
pub(crate) fn option(value: &Bound<'_, PyAny>) -> PyResult<OptionPattern> {
    if let Ok(given) = value.cast::<PyBool>() {
        return Ok(given.is_true().into());
    }
    if let Ok(patterns) = value.cast::<PyList>() {
        return Ok(OptionPattern::Values(
            patterns.iter().map(|one| pattern(&one)).collect::<PyResult<_>>()?,
        ));
    }
    Ok(pattern(value)?.into())
}

pub(crate) fn pattern(value: &Bound<'_, PyAny>) -> PyResult<faux_redis::Pattern> {
    Ok(value.cast::<Pattern>()?.get().pattern())
}

fn number(word: &str, value: &Bound<'_, PyAny>) -> PyResult<Number> {
    let is_number = value.is_instance_of::<PyInt>() || value.is_instance_of::<PyFloat>();
    if !is_number || value.is_instance_of::<PyBool>() {
        let message = format!("{word}() takes an int or a float, not {}", value.repr()?);
        return Err(PatternError::new_err(message));
    }
    if let Ok(float) = value.cast::<PyFloat>() {
        return Ok(Number::Float(float.value()));
    }
    Ok(match value.extract() {
        Ok(number) => Number::Int(number),
        // An integer that no argument can be, as the server reads it, is compared as a float.
        Err(_) => Number::Float(value.extract()?),
    })
}

fn protocol(resp: u8) -> PyResult<faux_redis::Protocol> {
    match resp {
        2 => Ok(faux_redis::Protocol::Resp2),
        3 => Ok(faux_redis::Protocol::Resp3),
        _ => Err(OptionError::new_err(format!("option 'resp' takes 2 or 3, not {resp}"))),
    }
}
