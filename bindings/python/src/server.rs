//! A server and its options.
use crate::call::Call;
use crate::error::{OptionError, StoppedError, bad_option, raised};
use crate::rule::{Matcher, Rule};
use crate::verify::{LINT_OPTIONS, lint_of};
use crate::{convert, data, waiting};
use faux_redis::{Clock, Failure, FauxRedis, Persona, Spelling, Strict, Times, block_on};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Every option, and what it takes.
const OPTIONS: &[(&str, &str)] = &[
    ("port", "an int from 0 to 65535"),
    ("ip", "an IP address such as '127.0.0.1'"),
    ("unix_socket", "a path or None"),
    ("mode", "'mock_first', 'stateful_only' or 'mock_only'"),
    ("password", "a str or None"),
    ("flavour", "'redis' or 'valkey'"),
    ("version", "a version such as '7.0.15', or None"),
    ("databases", "an int from 1 to 2147483647"),
    ("strict", "True, False or 'all'"),
    ("seed", "an int from 0 to 2**64 - 1"),
    ("clock", "'system', 'frozen', 'auto', or a start time in seconds since 1970"),
    ("journal_limit", "an int of 1 or more"),
    ("journal_limit_bytes", "an int of 1 or more"),
    ("config", "a dict of settings as in redis.conf"),
    ("rdb", "a path or None"),
    ("tls", "True or False"),
    ("data", "a dict of keys and values, the path of a .json, .yaml or .rdb file, or None"),
];

/// How a server shall be.
#[pyclass(frozen, module = "faux_redis._core")]
pub(crate) struct Builder(Mutex<faux_redis::Builder>);

#[pymethods]
impl Builder {
    /// A builder with these options.
    #[new]
    fn new(options: &Bound<'_, PyDict>) -> PyResult<Builder> {
        let mut builder = FauxRedis::builder().spelling(Spelling::Python);
        for (name, value) in options {
            builder = with_option(builder, name.extract()?, &value)?;
        }
        if let Some(lint) = lint_of(options)? {
            builder = builder.lint(lint);
        }
        Ok(Builder(Mutex::new(builder)))
    }

    /// Starts a server.
    fn start(&self, py: Python<'_>) -> PyResult<Server> {
        let builder = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let started = waiting(py, || block_on(builder.start()));
        let faux = started.map_err(raised)?.without_verification();
        let persona = faux.persona();
        Ok(Server { faux: Arc::new(faux), persona, process: std::process::id() })
    }
}

/// A server that runs, or has run.
#[pyclass(frozen, module = "faux_redis._core")]
pub(crate) struct Server {
    pub(crate) faux: Arc<FauxRedis>,
    persona: Persona,
    process: u32,
}

/// Something that is not as the test wants it: its kind, the message, and under which number the
/// host keeps what was raised.
#[derive(IntoPyObject)]
pub(crate) struct Failed(&'static str, String, Option<u64>);

/// Where it is and what it is can be asked in a fork, too.
#[pymethods]
impl Server {
    /// The port; 0 on a Unix socket.
    #[getter]
    fn port(&self) -> u16 {
        self.faux.port()
    }

    /// Its IP address and port, or the path of its Unix socket.
    #[getter]
    fn address(&self) -> String {
        self.faux.address()
    }

    /// Its URL, with the password.
    #[getter]
    fn url(&self) -> String {
        self.faux.url()
    }

    /// The path of its Unix socket.
    #[getter]
    fn unix_socket(&self) -> Option<String> {
        self.faux.unix_socket().map(|path| path.to_string_lossy().into_owned())
    }

    /// The certificate, as PEM, by which clients know that of an encrypted server.
    #[getter]
    fn tls_ca(&self) -> Option<String> {
        self.faux.tls_ca().map(str::to_owned)
    }

    /// Which server is played, such as `redis 7.0.15`.
    #[getter]
    fn persona(&self) -> String {
        let flavour =
            if self.persona.flavour == faux_redis::Flavour::Valkey { "valkey" } else { "redis" };
        format!("{flavour} {}", self.persona.version)
    }

    /// A new stub or expectation.
    fn rule(
        &self,
        py: Python<'_>,
        matcher: &Matcher,
        expects: bool,
        source: String,
    ) -> PyResult<Rule> {
        let matcher = matcher.0.clone();
        let rule = self.with(py, |faux| faux.rule_made_at(matcher, expects, source))?;
        rule.map(Rule::new).map_err(raised)
    }

    /// Checks that the server has the options and groups that a matcher asks for.
    fn check(&self, py: Python<'_>, matcher: &Matcher) -> PyResult<()> {
        self.with(py, |faux| faux.check_matcher(&matcher.0))?.map_err(raised)
    }

    /// The calls that match, or all.
    fn calls(&self, py: Python<'_>, matcher: Option<&Matcher>) -> PyResult<Vec<Call>> {
        let matcher = matcher.map(|matcher| matcher.0.clone());
        let calls = self.with(py, |faux| match matcher {
            Some(matcher) => block_on(faux.calls_of(matcher)),
            None => faux.calls(),
        })?;
        Ok(calls.into_iter().map(Call).collect())
    }

    /// How many calls are no longer remembered.
    fn dropped_calls(&self, py: Python<'_>) -> PyResult<u64> {
        self.with(py, FauxRedis::dropped_calls)
    }

    /// Calls that no rule answered.
    fn unmatched(&self, py: Python<'_>) -> PyResult<Vec<Call>> {
        Ok(self.with(py, FauxRedis::unmatched)?.into_iter().map(Call).collect())
    }

    /// Stubs that no call has used.
    fn unused(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        self.with(py, FauxRedis::unused)
    }

    /// Checks that a call was made so often.
    fn verify_called(
        &self,
        py: Python<'_>,
        matcher: &Matcher,
        least: u64,
        most: Option<u64>,
    ) -> PyResult<()> {
        let matcher = matcher.0.clone();
        let times = Times { least, most: most.unwrap_or(u64::MAX) };
        self.with(py, |faux| block_on(faux.verify_called(matcher, times)))?.map_err(raised)
    }

    /// All that is not as it should be so far.
    fn failures(&self, py: Python<'_>) -> PyResult<Vec<Failed>> {
        self.with(py, |faux| faux.failures().iter().map(Failed::from).collect())
    }

    /// What happened on each connection, in order, as text to read.
    fn transcript(&self, py: Python<'_>) -> PyResult<String> {
        self.with(py, FauxRedis::transcript)
    }

    /// Puts everything back.
    fn reset(&self, py: Python<'_>) -> PyResult<()> {
        self.with(py, FauxRedis::reset)
    }

    /// Stops it, and returns when its last connection has ended. In a fork it does nothing.
    fn stop(&self, py: Python<'_>) {
        if self.process == std::process::id() {
            waiting(py, || block_on(self.faux.halt()));
        }
    }

    /// Whether it has been stopped, by the test or by SHUTDOWN.
    fn is_stopped(&self) -> bool {
        self.faux.is_stopped()
    }
}

impl Server {
    pub(crate) fn with<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&FauxRedis) -> T + Send,
    ) -> PyResult<T> {
        self.check_home()?;
        Ok(waiting(py, || work(&self.faux)))
    }

    pub(crate) fn check_home(&self) -> PyResult<()> {
        if self.process == std::process::id() { Ok(()) } else { Err(not_at_home()) }
    }
}

impl From<&Failure> for Failed {
    fn from(failure: &Failure) -> Failed {
        let payload = failure.mishap.as_ref().and_then(|mishap| mishap.payload.as_ref());
        let raised = payload.and_then(|payload| payload.downcast_ref::<u64>()).copied();
        Failed(failure.kind.name(), failure.message.clone(), raised)
    }
}

/// A fork has the memory of the server, but the server is in its parent.
pub(crate) fn not_at_home() -> PyErr {
    StoppedError::new_err(
        "this server runs in the process that this one was forked from; only its port, address, \
         url and persona can be asked here",
    )
}

fn with_option(
    builder: faux_redis::Builder,
    name: &str,
    value: &Bound<'_, PyAny>,
) -> PyResult<faux_redis::Builder> {
    if LINT_OPTIONS.iter().any(|(option, _)| *option == name) {
        return Ok(builder);
    }
    let Some((_, accepts)) = OPTIONS.iter().find(|(option, _)| *option == name) else {
        let names = OPTIONS.iter().chain(&LINT_OPTIONS).map(|(name, _)| *name);
        let names: Vec<_> = names.collect();
        let message = format!("unknown option '{name}'; there are {}, verify", names.join(", "));
        return Err(OptionError::new_err(message));
    };
    let bad = || bad_option(name, accepts, value);
    if name == "config" {
        let settings = value.cast::<PyDict>().map_err(|_| bad())?;
        return settings.iter().try_fold(builder, |builder, (name, value)| {
            Ok(builder.config(name.str()?.to_str()?, setting(&value)?))
        });
    }
    if name == "data" && !value.is_none() {
        return Ok(builder.data(data::seed(value)?.ok_or_else(bad)?));
    }
    set(builder, name, value).ok_or_else(bad)
}

/// Sets an option whose value needs no more than to be read; nothing when it cannot be.
fn set(
    builder: faux_redis::Builder,
    name: &str,
    value: &Bound<'_, PyAny>,
) -> Option<faux_redis::Builder> {
    Some(match name {
        "port" => builder.port(number(value)?.try_into().ok()?),
        "ip" => builder.ip(parsed(value)?),
        "mode" => builder.mode(parsed(value)?),
        "flavour" => builder.flavour(parsed(value)?),
        "databases" => builder.databases(
            usize::try_from(number(value)?).ok().filter(|n| (1..=0x7fff_ffff).contains(n))?,
        ),
        "tls" => builder.tls(value.extract().ok()?),
        "strict" => match value.extract::<bool>() {
            Ok(strict) => builder.strict(strict),
            Err(_) if value.extract::<String>().ok()? == "all" => builder.strict(Strict::All),
            Err(_) => return None,
        },
        "seed" => builder.seed(number(value)?),
        "journal_limit" => {
            builder.journal_limit(usize::try_from(number(value)?).ok().filter(|n| *n > 0)?)
        }
        "journal_limit_bytes" => {
            builder.journal_limit_bytes(usize::try_from(number(value)?).ok().filter(|n| *n > 0)?)
        }
        "clock" => match value.extract::<String>() {
            Ok(text) => match text.as_str() {
                "system" => builder,
                "frozen" => builder.clock(Clock::standing()),
                "auto" => builder.clock(Clock::leaping()),
                _ => return None,
            },
            Err(_) => builder.clock(Clock::starting_at(start_time(value)?)),
        },
        _ if value.is_none() => builder,
        "data" => builder,
        "unix_socket" => builder.unix_socket(value.extract::<PathBuf>().ok()?),
        "rdb" => builder.rdb(value.extract::<PathBuf>().ok()?),
        "password" => builder.password(value.extract::<String>().ok()?),
        "version" => builder.version(parsed(value)?),
        _ => return None,
    })
}

/// A whole number; `True` is none.
fn number(value: &Bound<'_, PyAny>) -> Option<u64> {
    let is_bool = value.is_instance_of::<pyo3::types::PyBool>();
    if is_bool { None } else { value.extract().ok() }
}

fn parsed<T: FromStr>(value: &Bound<'_, PyAny>) -> Option<T> {
    value.extract::<String>().ok()?.parse().ok()
}

fn start_time(value: &Bound<'_, PyAny>) -> Option<Duration> {
    let is_bool = value.is_instance_of::<pyo3::types::PyBool>();
    if is_bool { None } else { convert::moment(value.extract().ok()?) }
}

/// A setting as one would write it in `redis.conf`.
fn setting(value: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Ok(truth) = value.extract::<bool>() {
        return Ok(if truth { "yes" } else { "no" }.into());
    }
    Ok(value.str()?.to_str()?.to_owned())
}
