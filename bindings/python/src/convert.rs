//! Values of either language as those of the other: replies, answers, durations.
use crate::callback::Callable;
use crate::error::{AnswerError, OptionError, bad_answer, bad_option, raised, shown};
use bytes::Bytes;
use faux_redis::{Action, Chunk, Reply};
use pyo3::IntoPyObjectExt as _;
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyByteArray, PyBytes, PyDict, PyFloat, PyFrozenSet, PyInt, PyList, PySet, PyString,
    PyTuple,
};
use std::time::Duration;

/// Lists deeper than this are taken for lists that hold themselves.
const DEEPEST: usize = 100;

/// No time that is told is longer. What the core reckons with it fits its numbers.
const LONGEST_S: f64 = 1e11;

/// What a rule does: actions, carried out from left to right.
#[pyclass(frozen, module = "faux_redis._core")]
pub(crate) struct Answer(faux_redis::Answer);

#[pymethods]
impl Answer {
    /// A reply of the type its value has.
    #[staticmethod]
    fn reply(value: &Bound<'_, PyAny>) -> PyResult<Answer> {
        Ok(Answer(answer(value)?))
    }

    /// A reply of a type that no Python value has by itself.
    #[staticmethod]
    fn typed(kind: &str, value: &Bound<'_, PyAny>) -> PyResult<Answer> {
        Ok(Answer(typed(kind, value)?.into()))
    }

    /// A verbatim string of a format, `txt` or `mkd`.
    #[staticmethod]
    fn verbatim(text: &Bound<'_, PyAny>, format: &str) -> PyResult<Answer> {
        let format = match format {
            "txt" => "txt",
            "mkd" => "mkd",
            _ => {
                let message = format!("a verbatim string's format is txt or mkd, not '{format}'");
                return Err(AnswerError::new_err(message));
            }
        };
        let bytes = exact(text)?.ok_or_else(|| bad_answer(text))?;
        Ok(Answer(Reply::Verbatim(format, bytes).into()))
    }

    /// Something told of a reply, and the reply.
    #[staticmethod]
    fn attribute(pairs: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<Answer> {
        let Reply::Map(pairs) = typed("map", pairs)? else { return Err(bad_answer(pairs)) };
        let reply = reply(value, DEEPEST)?;
        Ok(Answer(Reply::Attribute(pairs, Box::new(reply)).into()))
    }

    /// A text with places for what the call holds.
    #[staticmethod]
    fn template(text: &str) -> PyResult<Answer> {
        Ok(Answer(Action::Template(text.parse().map_err(raised)?).into()))
    }

    /// The first bytes of the reply, and then the end of the connection.
    #[staticmethod]
    fn truncate(length: usize) -> Answer {
        Answer(Action::Truncate(length).into())
    }

    /// So many random bytes in the reply's place.
    #[staticmethod]
    fn garbage(length: usize) -> Answer {
        Answer(Action::Garbage(length).into())
    }

    /// Waits.
    #[staticmethod]
    fn delay(time: &Bound<'_, PyAny>) -> PyResult<Answer> {
        if let Ok(delay) = time.cast::<Delay>() {
            return Ok(Answer(Action::Delay(delay.get().0).into()));
        }
        let bad =
            || bad_option("delay", "seconds, uniform(a, b) or lognormal(median, sigma)", time);
        if time.is_instance_of::<PyBool>() {
            return Err(bad());
        }
        let seconds = time.extract().map_err(|_| bad())?;
        Ok(Answer(Action::Delay(duration("delay", seconds)?.into()).into()))
    }

    /// The reply comes in pieces: bytes of one's own, or lengths.
    #[staticmethod]
    fn partial(chunks: &Bound<'_, PyAny>, gap: f64) -> PyResult<Answer> {
        let chunks = chunks.try_iter()?.map(|item| chunk(&item?)).collect::<PyResult<Vec<_>>>()?;
        if chunks.is_empty() {
            return Err(AnswerError::new_err("partial() takes a piece or more, not []"));
        }
        Ok(Answer(Action::Partial { chunks, gap: duration("gap", gap)? }.into()))
    }

    /// An action that says all by its name.
    #[staticmethod]
    fn action(name: &str) -> PyResult<Answer> {
        let action = match name {
            "execute" => Action::Execute,
            "drop_reply" => Action::DropReply,
            "no_reply" => Action::NoReply,
            "close" => Action::Close,
            "reset" => Action::Reset,
            "hang" => Action::Hang,
            "duplicate" => Action::Duplicate,
            "reorder" => Action::Reorder,
            "wrong_type" => Action::WrongType,
            _ => return Err(AnswerError::new_err(format!("there is no action '{name}'"))),
        };
        Ok(Answer(action.into()))
    }

    fn __repr__(&self) -> String {
        self.0.to_string()
    }

    fn __add__(&self, other: &Bound<'_, PyAny>) -> PyResult<Answer> {
        Ok(Answer(self.0.clone().and(answer(other)?)))
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        let other = other.cast::<Answer>();
        other.is_ok_and(|other| self.identity() == other.get().identity())
    }

    fn __hash__(&self) -> usize {
        self.identity().len()
    }
}

impl Answer {
    /// All that makes it differ from others.
    fn identity(&self) -> String {
        format!("{:?}", self.0.actions())
    }
}

/// How long an answer takes, drawn for each call.
#[pyclass(frozen, module = "faux_redis._core")]
pub(crate) struct Delay(faux_redis::Delay);

#[pymethods]
impl Delay {
    /// A time between two.
    #[staticmethod]
    fn uniform(least: f64, most: f64) -> PyResult<Delay> {
        let (least, most) = (duration("uniform", least)?, duration("uniform", most)?);
        Ok(Delay(faux_redis::Delay::uniform(least, most).map_err(raised)?))
    }

    /// Mostly about the median.
    #[staticmethod]
    fn lognormal(median: f64, sigma: f64) -> PyResult<Delay> {
        let median = duration("lognormal", median)?;
        Ok(Delay(faux_redis::Delay::lognormal(median, sigma).map_err(raised)?))
    }

    fn __repr__(&self) -> String {
        self.0.to_string()
    }
}

/// The reply that a value is.
pub(crate) fn plain_reply(value: &Bound<'_, PyAny>) -> PyResult<Reply> {
    reply(value, DEEPEST)
}

/// What a rule shall do.
pub(crate) fn answer(value: &Bound<'_, PyAny>) -> PyResult<faux_redis::Answer> {
    if let Ok(answer) = value.cast::<Answer>() {
        return Ok(answer.get().0.clone());
    }
    if let Ok(callable) = value.cast::<Callable>() {
        return Ok(Action::Call(callable.get().callback()).into());
    }
    Ok(reply(value, DEEPEST)?.into())
}

/// A reply as the Python value one would write to get it, or as close as there is one.
pub(crate) fn python<'py>(py: Python<'py>, reply: &Reply) -> PyResult<Bound<'py, PyAny>> {
    match reply {
        Reply::Array(items) | Reply::Many(items) | Reply::Push(items) => {
            list(py, items)?.into_bound_py_any(py)
        }
        Reply::Attribute(_, reply) => python(py, reply),
        Reply::BigNumber(digits) => py.get_type::<PyInt>().call1((&**digits,)),
        Reply::Bool(truth) => truth.into_bound_py_any(py),
        Reply::Bulk(bytes) | Reply::Verbatim(_, bytes) => Ok(PyBytes::new(py, bytes).into_any()),
        Reply::Double(number) => number.into_bound_py_any(py),
        Reply::Int(number) => number.into_bound_py_any(py),
        Reply::Map(pairs) => map(py, pairs),
        Reply::Null | Reply::NullArray => Ok(py.None().into_bound(py)),
        Reply::Set(items) => {
            let items = list(py, items)?;
            PySet::new(py, &items)
                .map_or_else(|_| items.into_bound_py_any(py), |set| set.into_bound_py_any(py))
        }
        Reply::Status(text) => text.into_bound_py_any(py),
        Reply::Nothing => Answer(Action::NoReply.into()).into_bound_py_any(py),
        other => Answer(other.clone().into()).into_bound_py_any(py),
    }
}

/// A time span that was given in seconds.
pub(crate) fn duration(name: &str, seconds: f64) -> PyResult<Duration> {
    let wrong = |accepts: &str| {
        OptionError::new_err(format!("option '{name}' takes seconds, {accepts}, not {seconds:?}"))
    };
    if seconds > LONGEST_S {
        return Err(wrong("zero or more, and at most 1e11"));
    }
    Duration::try_from_secs_f64(seconds).map_err(|_| wrong("zero or more"))
}

/// A time in seconds since 1970, to the microsecond that a float so large can still tell.
pub(crate) fn moment(seconds: f64) -> Option<Duration> {
    let nearest = Duration::try_from_secs_f64(seconds).ok()? + Duration::from_nanos(500);
    Some(Duration::new(nearest.as_secs(), nearest.subsec_micros() * 1000))
}

fn list<'py>(py: Python<'py>, items: &[Reply]) -> PyResult<Vec<Bound<'py, PyAny>>> {
    items.iter().map(|item| python(py, item)).collect()
}

/// A dict, or a list of pairs when a key cannot be one of a dict.
fn map<'py>(py: Python<'py>, pairs: &[(Reply, Reply)]) -> PyResult<Bound<'py, PyAny>> {
    let pairs = pairs.iter().map(|(key, value)| Ok((python(py, key)?, python(py, value)?)));
    let pairs: Vec<_> = pairs.collect::<PyResult<_>>()?;
    let dict = PyDict::new(py);
    for (key, value) in &pairs {
        if dict.set_item(key, value).is_err() {
            return pairs.into_bound_py_any(py);
        }
    }
    dict.into_bound_py_any(py)
}

/// The bytes a client would send for this value, if it is one that a client could send.
pub(crate) fn exact(value: &Bound<'_, PyAny>) -> PyResult<Option<Bytes>> {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(Some(Bytes::copy_from_slice(bytes.as_bytes())));
    }
    if let Ok(bytes) = value.cast::<PyByteArray>() {
        return Ok(Some(bytes.to_vec().into()));
    }
    if let Ok(text) = value.cast::<PyString>() {
        let text = text.to_str().map_err(|_| {
            OptionError::new_err(format!("a text is one of UTF-8, or bytes, not {}", shown(value)))
        })?;
        return Ok(Some(text.to_owned().into()));
    }
    let is_number = value.is_instance_of::<PyInt>() || value.is_instance_of::<PyFloat>();
    if is_number && !value.is_instance_of::<PyBool>() {
        return Ok(Some(value.repr()?.to_str()?.to_owned().into()));
    }
    Ok(None)
}

fn reply(value: &Bound<'_, PyAny>, depth: usize) -> PyResult<Reply> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(AnswerError::new_err("an answer is nested too deeply, or holds itself"));
    };
    if value.is_none() {
        Ok(Reply::Null)
    } else if let Ok(answer) = value.cast::<Answer>() {
        reply_of(answer.get(), value)
    } else if let Ok(truth) = value.cast::<PyBool>() {
        Ok(Reply::Bool(truth.is_true()))
    } else if let Ok(number) = value.cast::<PyInt>() {
        match number.extract() {
            Ok(number) => Ok(Reply::Int(number)),
            Err(_) => Ok(Reply::BigNumber(number.repr()?.to_str()?.to_owned().into())),
        }
    } else if let Ok(number) = value.cast::<PyFloat>() {
        Ok(Reply::Double(number.value()))
    } else if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        Ok(Reply::Array(replies(value, depth)?))
    } else if let Ok(dict) = value.cast::<PyDict>() {
        let pairs =
            dict.iter().map(|(key, value)| Ok((reply(&key, depth)?, reply(&value, depth)?)));
        Ok(Reply::Map(pairs.collect::<PyResult<_>>()?))
    } else if value.is_instance_of::<PySet>() || value.is_instance_of::<PyFrozenSet>() {
        let mut members = replies(value, depth)?;
        // A set of Python's has another order in every run.
        members.sort_by_cached_key(|member| format!("{member:?}"));
        Ok(Reply::Set(members))
    } else {
        exact(value)?.map(Reply::Bulk).ok_or_else(|| bad_answer(value))
    }
}

fn replies(values: &Bound<'_, PyAny>, depth: usize) -> PyResult<Vec<Reply>> {
    values.try_iter()?.map(|value| reply(&value?, depth)).collect()
}

/// Within a list only a reply can stand: no delay, no callback.
fn reply_of(answer: &Answer, value: &Bound<'_, PyAny>) -> PyResult<Reply> {
    match answer.0.actions() {
        [Action::Reply(reply)] => Ok(reply.clone()),
        _ => Err(bad_answer(value)),
    }
}

fn typed(kind: &str, value: &Bound<'_, PyAny>) -> PyResult<Reply> {
    let text = || -> PyResult<Bytes> { exact(value)?.ok_or_else(|| bad_answer(value)) };
    match kind {
        "push" => Ok(Reply::Push(replies(value, DEEPEST)?)),
        "set" => Ok(Reply::Set(replies(value, DEEPEST)?)),
        "double" => match value.extract() {
            Ok(number) if !value.is_instance_of::<PyBool>() => Ok(Reply::Double(number)),
            _ => Err(no_number("double() takes an int or a float", value)),
        },
        "big_number" => match value.cast::<PyInt>() {
            Ok(number) if !value.is_instance_of::<PyBool>() => {
                Ok(Reply::BigNumber(number.repr()?.to_string().into()))
            }
            _ => Err(no_number("big_number() takes an int", value)),
        },
        "status" => Ok(Reply::Status(String::from_utf8_lossy(&text()?).into_owned().into())),
        "error" => Ok(Reply::error(text()?)),
        "raw" => Ok(Reply::Raw(text()?)),
        "null_array" => Ok(Reply::NullArray),
        "map" => {
            let pairs = value.try_iter()?.map(|pair| {
                let (key, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = pair?.extract()?;
                Ok((reply(&key, DEEPEST)?, reply(&value, DEEPEST)?))
            });
            Ok(Reply::Map(pairs.collect::<PyResult<_>>()?))
        }
        _ => Err(AnswerError::new_err(format!("there is no reply type '{kind}'"))),
    }
}

fn no_number(accepts: &str, value: &Bound<'_, PyAny>) -> PyErr {
    AnswerError::new_err(format!("{accepts}, not {}", shown(value)))
}

fn chunk(value: &Bound<'_, PyAny>) -> PyResult<Chunk> {
    let chunk = if value.is_instance_of::<PyBool>() {
        None
    } else if value.is_instance_of::<PyInt>() || value.is_instance_of::<PyFloat>() {
        value.extract().ok().map(Chunk::Length)
    } else {
        exact(value)?.map(Chunk::Bytes)
    };
    chunk.ok_or_else(|| {
        AnswerError::new_err(format!(
            "a piece of a partial reply is bytes, a str, or a length of zero or more, not {}",
            shown(value)
        ))
    })
}
