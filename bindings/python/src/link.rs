//! Links and pauses.
use crate::convert::duration;
use crate::error::{OptionError, StoppedError, raised};
use crate::pattern::Client;
use crate::server::Server;
use crate::waiting;
use faux_redis::{Direction, Error, LimitThen};
use pyo3::prelude::*;
use std::sync::{Mutex, PoisonError};

/// The handle of a link.
#[pyclass(frozen, module = "faux_redis._core")]
pub(crate) struct Link {
    process: u32,
    /// Nothing once it is removed.
    mounted: Mutex<Option<faux_redis::Link>>,
}

#[pymethods]
impl Server {
    /// A new link of these connections.
    fn link(&self, py: Python<'_>, client: &Client) -> PyResult<Link> {
        let client = client.0.clone();
        let link = self.with(py, |faux| faux.link(client))?;
        Ok(Link { process: std::process::id(), mounted: Mutex::new(Some(link)) })
    }
}

#[pymethods]
impl Link {
    /// How likely a connection is to be met.
    fn p(&self, py: Python<'_>, chance: f64) -> PyResult<()> {
        self.edit(py, None, |link| link.p(chance))
    }

    /// Bytes take so many seconds, by the jitter more or less.
    fn latency(
        &self,
        py: Python<'_>,
        seconds: f64,
        jitter: f64,
        direction: Option<&str>,
    ) -> PyResult<()> {
        let (time, jitter) = (duration("latency", seconds)?, duration("jitter", jitter)?);
        self.edit(py, direction, |link| Ok(link.latency_with_jitter(time, jitter)))
    }

    /// So many bytes come through in a second.
    fn bandwidth(&self, py: Python<'_>, rate: u64, direction: Option<&str>) -> PyResult<()> {
        self.edit(py, direction, |link| link.bandwidth(rate))
    }

    /// The end of the connection takes so many seconds.
    fn slow_close(&self, py: Python<'_>, seconds: f64, direction: Option<&str>) -> PyResult<()> {
        let time = duration("slow_close", seconds)?;
        self.edit(py, direction, |link| Ok(link.slow_close(time)))
    }

    /// Bytes come in segments no longer than this.
    fn slice(
        &self,
        py: Python<'_>,
        size: usize,
        gap: f64,
        direction: Option<&str>,
    ) -> PyResult<()> {
        let gap = duration("gap", gap)?;
        self.edit(py, direction, |link| Ok(link.slice_with_gap(size, gap)))
    }

    /// So many bytes come through, and then it is closed, reset, or a blackhole.
    fn limit(
        &self,
        py: Python<'_>,
        bytes: u64,
        then: &str,
        direction: Option<&str>,
    ) -> PyResult<()> {
        let then = match then {
            "close" => LimitThen::Close,
            "reset" => LimitThen::Reset,
            "blackhole" => LimitThen::Blackhole,
            _ => {
                let message =
                    format!("option 'then' takes 'close', 'reset' or 'blackhole', not '{then}'");
                return Err(OptionError::new_err(message));
            }
        };
        self.edit(py, direction, |link| Ok(link.limit(bytes, then)))
    }

    /// Each byte is another one with this probability.
    fn corrupt(&self, py: Python<'_>, rate: f64, direction: Option<&str>) -> PyResult<()> {
        self.edit(py, direction, |link| link.corrupt(rate))
    }

    /// The connection is half open, and closed after so many seconds.
    fn blackhole(
        &self,
        py: Python<'_>,
        close_after: Option<f64>,
        direction: Option<&str>,
    ) -> PyResult<()> {
        let close_after = close_after.map(|time| duration("close_after", time)).transpose()?;
        self.edit(py, direction, |link| {
            Ok(match close_after {
                Some(time) => link.blackhole_for(time),
                None => link.blackhole(),
            })
        })
    }

    /// The connection is reset so many seconds later.
    fn reset(&self, py: Python<'_>, after: f64) -> PyResult<()> {
        let after = duration("after", after)?;
        self.edit(py, None, |link| Ok(link.reset_after(after)))
    }

    /// The connection is reset after so many bytes.
    fn reset_after_bytes(
        &self,
        py: Python<'_>,
        bytes: u64,
        direction: Option<&str>,
    ) -> PyResult<()> {
        self.edit(py, direction, |link| Ok(link.reset_after_bytes(bytes)))
    }

    /// The same link as a pause of its connections.
    fn paused(slf: Bound<'_, Self>, py: Python<'_>) -> PyResult<Py<Link>> {
        slf.get().edit(py, None, |link| Ok(link.named("pause").blackhole()))?;
        Ok(slf.unbind())
    }

    /// The name it has in messages.
    fn named(&self, py: Python<'_>, name: String) -> PyResult<()> {
        self.edit(py, None, |link| Ok(link.named(name)))
    }

    /// Takes the link away.
    fn remove(&self, py: Python<'_>) {
        if self.process != std::process::id() {
            return;
        }
        waiting(py, || {
            if let Some(link) = self.mounted.lock().unwrap_or_else(PoisonError::into_inner).take() {
                link.remove();
            }
        });
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        let title = || {
            let link = self.mounted.lock().unwrap_or_else(PoisonError::into_inner);
            link.as_ref().and_then(faux_redis::Link::title)
        };
        let at_home = self.process == std::process::id();
        let title = if at_home { waiting(py, title) } else { None };
        title.unwrap_or_else(|| "link (gone)".into())
    }
}

impl Link {
    fn edit(
        &self,
        py: Python<'_>,
        direction: Option<&str>,
        edit: impl FnOnce(faux_redis::Link) -> Result<faux_redis::Link, Error> + Send,
    ) -> PyResult<()> {
        if self.process != std::process::id() {
            return Err(crate::server::not_at_home());
        }
        let direction = direction.map(way).transpose()?;
        let edited = waiting(py, || {
            let mut mounted = self.mounted.lock().unwrap_or_else(PoisonError::into_inner);
            let link = mounted.as_ref().map(faux_redis::Link::again)?;
            // A server that was reset has it no more.
            link.title()?;
            Some(edit(link.direction(direction)).map(|link| *mounted = Some(link)))
        });
        match edited {
            Some(edited) => edited.map_err(raised),
            None => Err(StoppedError::new_err("the link has been removed")),
        }
    }
}

fn way(direction: &str) -> PyResult<Direction> {
    match direction {
        "down" => Ok(Direction::Down),
        "up" => Ok(Direction::Up),
        "both" => Ok(Direction::Both),
        _ => {
            let message =
                format!("option 'direction' takes 'down', 'up' or 'both', not '{direction}'");
            Err(OptionError::new_err(message))
        }
    }
}
