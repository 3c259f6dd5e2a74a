//! Waiting: in a thread that may be interrupted, or for a file descriptor that an event loop watches.
use crate::call::Call;
use crate::error::{OptionError, StoppedError, raised};
use crate::pattern::Client;
use crate::rule::Matcher;
use crate::server::Server;
use crate::{convert, waiting};
use bytes::Bytes;
use faux_redis::{Error, block_on};
use pyo3::IntoPyObjectExt as _;
use pyo3::prelude::*;
use std::future::Future;
use std::io::Write as _;
use std::os::fd::AsRawFd as _;
use std::os::unix::net::UnixStream;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// How long a wait goes on before it looks whether somebody pressed Ctrl-C.
const LOOK_UP: Duration = Duration::from_millis(50);

/// What was waited for.
pub(crate) enum Waited {
    Calls(Vec<faux_redis::Call>),
    Nothing,
}

type Work = Pin<Box<dyn Future<Output = Result<Waited, Error>> + Send>>;

/// Something that is waited for, in one of two ways: `result` blocks its thread; `start` gives a file descriptor that
/// can be read from once `result` returns at once.
#[pyclass(frozen, module = "faux_redis._core")]
pub(crate) struct Wait(Mutex<State>);

enum State {
    New(Work),
    Started(Started),
    Over,
}

struct Started {
    /// Can be read from once there is a result.
    _done: UnixStream,
    result: oneshot::Receiver<Result<Waited, Error>>,
    /// Dropped when nobody waits any more, which ends the work.
    _abandoned: oneshot::Sender<()>,
}

#[pymethods]
impl Wait {
    /// What was waited for, once it is there.
    fn result(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let state = std::mem::replace(
            &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner),
            State::Over,
        );
        let mut work: Work = match state {
            State::New(work) => work,
            State::Started(mut started) => {
                let early = || StoppedError::new_err("what is waited for is not there yet");
                return shown(py, started.result.try_recv().map_err(|_| early())?);
            }
            State::Over => return Err(StoppedError::new_err("this wait is over")),
        };
        loop {
            let waited = waiting(py, || {
                block_on(async {
                    tokio::select! {
                        biased;
                        result = &mut work => Some(result),
                        () = tokio::time::sleep(LOOK_UP) => None,
                    }
                })
            });
            if let Some(result) = waited {
                return shown(py, result);
            }
            py.check_signals()?;
        }
    }

    /// Begins to wait; the file descriptor that can be read from when that is over.
    fn start(&self) -> PyResult<i32> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let State::New(work) = std::mem::replace(&mut *state, State::Over) else {
            return Err(StoppedError::new_err("this wait has begun before"));
        };
        let (done, mut end) = UnixStream::pair()?;
        let (sender, result) = oneshot::channel();
        let (alive, abandoned) = oneshot::channel::<()>();
        faux_redis::spawn(async move {
            tokio::select! {
                result = work => {
                    // Whoever waited may have left.
                    let _ = sender.send(result);
                    let _ = end.write_all(b".");
                }
                _ = abandoned => {}
            }
        });
        let descriptor = done.as_raw_fd();
        *state = State::Started(Started { _done: done, result, _abandoned: alive });
        Ok(descriptor)
    }

    /// Waits no more.
    fn cancel(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = State::Over;
    }
}

impl Wait {
    pub(crate) fn of(work: impl Future<Output = Result<Waited, Error>> + Send + 'static) -> Wait {
        Wait(Mutex::new(State::New(Box::pin(work))))
    }
}

fn shown(py: Python<'_>, result: Result<Waited, Error>) -> PyResult<Py<PyAny>> {
    match result.map_err(raised)? {
        Waited::Calls(calls) => calls.into_iter().map(Call).collect::<Vec<_>>().into_py_any(py),
        Waited::Nothing => Ok(py.None()),
    }
}

#[pymethods]
impl Server {
    /// A wait for so many calls that match.
    fn wait_for(&self, matcher: &Matcher, times: usize, timeout: f64) -> PyResult<Wait> {
        let matcher = matcher.0.clone();
        self.wait(timeout, move |faux, timeout| async move {
            faux.wait_for_times(matcher, times, timeout).await.map(Waited::Calls)
        })
    }

    /// A wait for so many clients that are blocked, on a key or at all.
    fn wait_until_blocked(
        &self,
        key: Option<&Bound<'_, PyAny>>,
        n: usize,
        timeout: f64,
    ) -> PyResult<Wait> {
        let key = key.map(|key| bytes_of("key", key)).transpose()?;
        self.wait(timeout, move |faux, timeout| async move {
            faux.wait_until_blocked_on(key, n, timeout).await.map(|()| Waited::Nothing)
        })
    }

    /// A wait for so many subscribers of a channel.
    fn wait_for_subscribers(
        &self,
        channel: &Bound<'_, PyAny>,
        n: usize,
        timeout: f64,
    ) -> PyResult<Wait> {
        let channel = bytes_of("channel", channel)?;
        self.wait(timeout, move |faux, timeout| async move {
            faux.wait_for_subscribers(channel, n, timeout).await.map(|()| Waited::Nothing)
        })
    }

    /// A wait for so many of these connections.
    fn wait_for_connections(&self, n: usize, client: &Client, timeout: f64) -> PyResult<Wait> {
        let client = client.0.clone();
        self.wait(timeout, move |faux, timeout| async move {
            faux.wait_for_connections(n, client, timeout).await.map(|()| Waited::Nothing)
        })
    }

    /// A wait until all is done.
    fn wait_idle(&self, timeout: f64) -> PyResult<Wait> {
        self.wait(timeout, |faux, timeout| async move {
            faux.wait_idle(timeout).await.map(|()| Waited::Nothing)
        })
    }
}

impl Server {
    fn wait<W>(
        &self,
        timeout: f64,
        work: impl FnOnce(Arc<faux_redis::FauxRedis>, Duration) -> W,
    ) -> PyResult<Wait>
    where
        W: Future<Output = Result<Waited, Error>> + Send + 'static,
    {
        self.check_home()?;
        let timeout = convert::duration("timeout", timeout)?;
        Ok(Wait::of(work(Arc::clone(&self.faux), timeout)))
    }
}

fn bytes_of(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Bytes> {
    let bytes = convert::exact(value)?;
    bytes.ok_or_else(|| {
        OptionError::new_err(format!(
            "option '{name}' takes a str or bytes, not {}",
            crate::error::shown(value)
        ))
    })
}
