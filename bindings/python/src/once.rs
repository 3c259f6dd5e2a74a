//! What a handle of Python's holds until it is ended, in the process that it belongs to.
use crate::waiting;
use pyo3::prelude::*;
use std::fmt::Display;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) struct Once<H> {
    process: u32,
    /// Nothing once it has ended.
    held: Mutex<Option<H>>,
}

impl<H: Send> Once<H> {
    pub(crate) fn new(handle: H) -> Once<H> {
        Once { process: std::process::id(), held: Mutex::new(Some(handle)) }
    }

    /// Whether this is the process that it belongs to.
    pub(crate) fn is_at_home(&self) -> bool {
        self.process == std::process::id()
    }

    /// Ends it, once.
    pub(crate) fn end<T: Send>(
        &self,
        py: Python<'_>,
        end: impl FnOnce(H) -> T + Send,
    ) -> Option<T> {
        if !self.is_at_home() {
            return None;
        }
        waiting(py, || self.lock().take().map(end))
    }

    /// Changes it, unless it has ended.
    pub(crate) fn edit(&self, py: Python<'_>, edit: impl FnOnce(H) -> H + Send) {
        if self.is_at_home() {
            waiting(py, || {
                let mut held = self.lock();
                *held = held.take().map(edit);
            });
        }
    }

    /// Looks at it, unless it has ended.
    pub(crate) fn look<T: Send>(
        &self,
        py: Python<'_>,
        look: impl FnOnce(&H) -> T + Send,
    ) -> Option<T> {
        if !self.is_at_home() {
            return None;
        }
        waiting(py, || self.lock().as_ref().map(look))
    }

    /// What is held, for its own end.
    pub(crate) fn take(&mut self) -> Option<H> {
        self.held.get_mut().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn lock(&self) -> MutexGuard<'_, Option<H>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<H: Display + Send> Once<H> {
    /// It as messages show it, unless it has ended.
    pub(crate) fn show(&self, py: Python<'_>) -> Option<String> {
        self.look(py, ToString::to_string)
    }
}
