//! Errors: each kind of the core's is a class of the package's.
use crate::server::Failed;
use faux_redis::{Error, ErrorKind};
use pyo3::prelude::*;
use pyo3::{PyErr, import_exception};

import_exception!(faux_redis.errors, AnswerError);
import_exception!(faux_redis.errors, FauxRedisError);
import_exception!(faux_redis.errors, ListenError);
import_exception!(faux_redis.errors, OptionError);
import_exception!(faux_redis.errors, PatternError);
import_exception!(faux_redis.errors, StoppedError);
import_exception!(faux_redis.errors, VerificationError);
import_exception!(faux_redis.errors, WaitTimeoutError);

/// An error of the core's as the exception it is in Python.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
pub(crate) fn raised(error: Error) -> PyErr {
    let message = error.to_string();
    match error.kind() {
        ErrorKind::Option => OptionError::new_err(message),
        ErrorKind::Listen => ListenError::new_err(message),
        ErrorKind::Timeout => WaitTimeoutError::new_err(message),
        ErrorKind::Stopped => StoppedError::new_err(message),
        ErrorKind::Verification => {
            let failures: Vec<_> = error.failures().iter().map(Failed::from).collect();
            VerificationError::new_err((message, failures))
        }
        _ => FauxRedisError::new_err(message),
    }
}

/// An option that is not what it takes.
pub(crate) fn bad_option(name: &str, accepts: &str, value: &Bound<'_, PyAny>) -> PyErr {
    OptionError::new_err(format!("option '{name}' takes {accepts}, not {}", shown(value)))
}

/// An argument that cannot be matched against.
pub(crate) fn bad_pattern(accepts: &str, value: &Bound<'_, PyAny>) -> PyErr {
    PatternError::new_err(format!("a pattern is {accepts}, not {}", shown(value)))
}

/// A value that no reply can be made of.
pub(crate) fn bad_answer(value: &Bound<'_, PyAny>) -> PyErr {
    AnswerError::new_err(format!(
        "an answer is None, a bool, int, float, str, bytes, list, dict or set of such values, \
         or an action such as error(...), not {}",
        shown(value)
    ))
}

pub(crate) fn shown(value: &Bound<'_, PyAny>) -> String {
    value.repr().map_or_else(|_| "what cannot be shown".into(), |repr| repr.to_string())
}
