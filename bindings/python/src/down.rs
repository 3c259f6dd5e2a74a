//! Servers that go down, restart, kill, push, and limit their clients.
use crate::error::{OptionError, raised};
use crate::pattern::Client;
use crate::server::Server;
use crate::{convert, waiting};
use faux_redis::{DownMode, Ending, Keep};
use pyo3::prelude::*;
use std::sync::{Mutex, PoisonError};

/// The handle of a server that was taken down.
#[pyclass(frozen, module = "faux_redis._core")]
pub(crate) struct Down(u32, Mutex<Option<faux_redis::Down>>);

/// The handle of a limit of clients.
#[pyclass(frozen, module = "faux_redis._core")]
pub(crate) struct MaxClients(u32, Mutex<Option<faux_redis::MaxClients>>);

#[pymethods]
impl Server {
    /// Takes the server down: `refuse`, `accept_close` or `blackhole`.
    fn down(&self, py: Python<'_>, mode: &str) -> PyResult<Down> {
        let mode = match mode {
            "refuse" => DownMode::Refuse,
            "accept_close" => DownMode::AcceptClose,
            "blackhole" => DownMode::Blackhole,
            _ => {
                let message = format!(
                    "option 'mode' of down() takes 'refuse', 'accept_close' or 'blackhole', not '{mode}'"
                );
                return Err(OptionError::new_err(message));
            }
        };
        let down = self.with(py, |faux| faux.down(mode))?.map_err(raised)?;
        Ok(Down(std::process::id(), Mutex::new(Some(down))))
    }

    /// Brings the server up again, whoever has it down.
    fn up(&self, py: Python<'_>) -> PyResult<()> {
        self.with(py, faux_redis::FauxRedis::up)?.map_err(raised)
    }

    /// Whether the server is down.
    fn is_down(&self, py: Python<'_>) -> PyResult<bool> {
        self.with(py, faux_redis::FauxRedis::is_down)
    }

    /// Ends the server and starts it anew, with its data or without.
    fn restart(&self, py: Python<'_>, keep: bool) -> PyResult<()> {
        let keep = if keep { Keep::Data } else { Keep::Nothing };
        self.with(py, |faux| faux.restart(keep))?.map_err(raised)
    }

    /// Ends connections: `close` or `reset`; how many there were.
    fn kill(&self, py: Python<'_>, client: &Client, how: &str) -> PyResult<usize> {
        let how = match how {
            "close" => Ending::Close,
            "reset" => Ending::Reset,
            _ => {
                let message =
                    format!("option 'how' of kill() takes 'close' or 'reset', not '{how}'");
                return Err(OptionError::new_err(message));
            }
        };
        let client = client.0.clone();
        self.with(py, |faux| faux.kill(client, how))
    }

    /// Sends connections what they did not ask for; how many there were.
    fn push(&self, py: Python<'_>, client: &Client, value: &Bound<'_, PyAny>) -> PyResult<usize> {
        let (client, value) = (client.0.clone(), convert::plain_reply(value)?);
        self.with(py, |faux| faux.push(client, value))?.map_err(raised)
    }

    /// Lets so many clients be connected.
    fn max_clients(&self, py: Python<'_>, most: u64) -> PyResult<MaxClients> {
        let limit = self.with(py, |faux| faux.max_clients(most))?.map_err(raised)?;
        Ok(MaxClients(std::process::id(), Mutex::new(Some(limit))))
    }
}

#[pymethods]
impl Down {
    /// Brings the server up again.
    fn up(&self, py: Python<'_>) -> PyResult<()> {
        let taken = take(py, self.0, &self.1, faux_redis::Down::up);
        taken.map_or(Ok(()), |up| up.map_err(raised))
    }
}

#[pymethods]
impl MaxClients {
    /// Lets as many clients be connected as before.
    fn remove(&self, py: Python<'_>) {
        take(py, self.0, &self.1, faux_redis::MaxClients::remove);
    }
}

/// Ends what a handle is of, once, and in the process that it belongs to.
fn take<H: Send, T: Send>(
    py: Python<'_>,
    process: u32,
    held: &Mutex<Option<H>>,
    end: impl FnOnce(H) -> T + Send,
) -> Option<T> {
    if process != std::process::id() {
        return None;
    }
    waiting(py, || held.lock().unwrap_or_else(PoisonError::into_inner).take().map(end))
}
