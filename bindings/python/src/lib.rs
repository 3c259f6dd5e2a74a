//! The core of the Python package `faux_redis`: it converts and delegates, and decides nothing.
//!
//! No code of the test's runs on a thread of the core's: a question to it is put into a queue
//! ([`callback`]), and threads that Python started take it from there. So no frame of ours lies
//! below a frame of Python's, and the interpreter may end such a thread when it exits.

mod call;
mod callback;
mod clock;
mod convert;
mod data;
mod down;
mod error;
mod gate;
mod link;
mod pattern;
mod rule;
mod scenario;
mod server;
mod state;
mod verify;
mod waiting;

use pyo3::prelude::*;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What the package `faux_redis` is made of.
#[pymodule(gil_used = true)]
mod _core {
    #[pymodule_export]
    use super::call::Call;
    #[pymodule_export]
    use super::callback::{Ask, Asks, Callable};
    #[pymodule_export]
    use super::convert::{Answer, Delay};
    #[pymodule_export]
    use super::data::{Diff, Snapshot};
    #[pymodule_export]
    use super::down::{Down, MaxClients};
    #[pymodule_export]
    use super::gate::Gate;
    #[pymodule_export]
    use super::link::Link;
    #[pymodule_export]
    use super::pattern::{Client, Pattern};
    #[pymodule_export]
    use super::rule::{Matcher, Rule};
    #[pymodule_export]
    use super::server::{Builder, Server};
    #[pymodule_export]
    use super::state::InState;
    #[pymodule_export]
    use super::verify::Swept;
    #[pymodule_export]
    use super::waiting::Wait;
    #[pymodule_export]
    use super::{after_fork, close, waiting_threads};
}

/// Threads that have let go of the interpreter in one of our functions.
static WAITING: AtomicUsize = AtomicUsize::new(0);

/// The interpreter is about to exit.
static CLOSING: AtomicBool = AtomicBool::new(false);

/// Does what may wait while other threads use the interpreter.
///
/// Once the interpreter is about to exit nobody lets go of it any more: to come back might be
/// impossible by then. What would wait long returns at once, as every server is stopped.
pub(crate) fn waiting<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> T {
    if CLOSING.load(Ordering::SeqCst) {
        return work();
    }
    WAITING.fetch_add(1, Ordering::SeqCst);
    let _waiting = Waiting;
    py.detach(work)
}

/// A thread in [`waiting`].
struct Waiting;

impl Drop for Waiting {
    fn drop(&mut self) {
        WAITING.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Says that the interpreter is about to exit.
#[pyfunction]
fn close() {
    CLOSING.store(true, Ordering::SeqCst);
}

/// How many threads have let go of the interpreter in here.
#[pyfunction]
fn waiting_threads() -> usize {
    WAITING.load(Ordering::SeqCst)
}

/// Forgets the threads that a fork left behind in its parent.
#[pyfunction]
fn after_fork() {
    WAITING.store(0, Ordering::SeqCst);
}
