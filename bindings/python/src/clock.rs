//! The clock of a server.
use crate::convert;
use crate::error::{OptionError, raised};
use crate::server::Server;
use pyo3::prelude::*;

#[pymethods]
impl Server {
    /// The server's time, in seconds since 1970.
    fn now(&self) -> f64 {
        self.faux.clock().now().as_secs_f64()
    }

    /// Moves the server's time on.
    fn advance(&self, py: Python<'_>, seconds: f64) -> PyResult<()> {
        let by = convert::duration("advance", seconds)?;
        self.with(py, |faux| faux.clock().advance(by))
    }

    /// Moves the server's time on to a moment in seconds since 1970.
    fn set_time(&self, py: Python<'_>, seconds: f64) -> PyResult<()> {
        let to = convert::moment(seconds).ok_or_else(|| {
            OptionError::new_err(format!("a time is in seconds since 1970, not {seconds}"))
        })?;
        self.with(py, |faux| faux.clock().set(to))?.map_err(raised)
    }

    /// Has time go in a way, `stands` or `leaps`, until the number that this gives is ended.
    fn hold_pace(&self, py: Python<'_>, pace: &str) -> PyResult<u64> {
        let pace = pace.to_owned();
        self.with(py, move |faux| faux.clock().hold_pace(&pace))?.map_err(OptionError::new_err)
    }

    /// Ends what `hold_pace` has begun.
    fn end_pace(&self, py: Python<'_>, number: u64) -> PyResult<()> {
        self.with(py, move |faux| faux.clock().end_pace(number))
    }

    /// Changes how time goes: `runs`, `stands` or `leaps`. How it went before.
    fn pace(&self, py: Python<'_>, pace: &str) -> PyResult<&'static str> {
        let pace = pace.to_owned();
        self.with(py, move |faux| faux.clock().pace_named(&pace))?.map_err(OptionError::new_err)
    }
}
