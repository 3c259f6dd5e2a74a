//! Handles: whatever a test sets up has a title, knows the line that made it, and can be taken away.
use crate::convert::{bytes, text};
use crate::data::Snapshot;
use crate::down::{Down, MaxClients};
use crate::error::{Done, Error, Outcome, Result};
use crate::gate::Gate;
use crate::link::Link;
use crate::rule::Rule;
use crate::spelling::shown;
use crate::state::InState;
use rustler::{Resource, ResourceArc, Term};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What the core gives a handle for, until it is taken away.
pub(crate) struct Kept<H> {
    source: String,
    /// Nothing once it is taken away.
    held: Mutex<Option<H>>,
}

impl<H> Kept<H> {
    pub(crate) fn new(held: H, source: impl Into<String>) -> Kept<H> {
        Kept { source: source.into(), held: Mutex::new(Some(held)) }
    }

    /// The line that made it: `test/cache_test.exs:12`.
    pub(crate) fn source(&self) -> String {
        self.source.clone()
    }

    pub(crate) fn take(&self) -> Option<H> {
        self.lock().take()
    }

    pub(crate) fn look<T>(&self, look: impl FnOnce(&H) -> T) -> Option<T> {
        self.lock().as_ref().map(look)
    }

    /// Changes it. False if it was taken away.
    pub(crate) fn edit(&self, edit: impl FnOnce(H) -> H) -> bool {
        let mut held = self.lock();
        *held = held.take().map(edit);
        held.is_some()
    }

    fn lock(&self) -> MutexGuard<'_, Option<H>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What all handles have in common.
pub(crate) trait Handle {
    /// As messages show it; nothing once it is gone.
    fn title(&self) -> Option<String>;
    /// The line that made it.
    fn source(&self) -> String;
    /// Takes it away, once.
    fn remove(&self) -> Result<()>;
}

/// What is said of a handle where it is made: `{Line, Name}`, where the name may be `nil`.
pub(crate) struct Label {
    pub(crate) source: String,
    name: Option<String>,
}

impl Label {
    pub(crate) fn of(term: Term<'_>) -> Result<Label> {
        let bad = || Error::option(format!("a label is a line and a name, not {}", shown(term)));
        let (source, name): (Term<'_>, Term<'_>) = term.decode().map_err(|_| bad())?;
        let source = bytes(source).ok_or_else(bad)?;
        let name = if name.is_atom() { None } else { Some(text("name", name)?) };
        Ok(Label { source: String::from_utf8_lossy(&source).into_owned(), name })
    }

    /// The handle with its name, if it has one.
    pub(crate) fn named<H>(self, handle: H, named: impl FnOnce(H, String) -> H) -> H {
        match self.name {
            Some(name) => named(handle, name),
            None => handle,
        }
    }
}

/// Asks a handle, of whatever it is one.
fn ask<T>(term: Term<'_>, ask: impl Fn(&dyn Handle) -> T) -> Result<T> {
    fn of<H: Handle + Resource>(term: Term<'_>) -> Option<ResourceArc<H>> {
        term.decode().ok()
    }
    let asked = of::<Rule>(term)
        .map(|rule| ask(&*rule))
        .or_else(|| of::<Link>(term).map(|link| ask(&*link)))
        .or_else(|| of::<InState>(term).map(|state| ask(&*state)))
        .or_else(|| of::<Gate>(term).map(|gate| ask(&*gate)))
        .or_else(|| of::<Down>(term).map(|down| ask(&*down)))
        .or_else(|| of::<MaxClients>(term).map(|limit| ask(&*limit)))
        .or_else(|| of::<Snapshot>(term).map(|snapshot| ask(&*snapshot)));
    asked.ok_or_else(|| {
        let what = "a handle is a stub, an expectation, a link, a state, a gate, a server's being \
                    down, a limit of clients or a snapshot";
        Error::option(format!("{what}, not {}", shown(term)))
    })
}

/// A handle as messages show it; `nil` once it is gone.
#[rustler::nif]
fn title(handle: Term<'_>) -> Outcome<Option<String>> {
    Outcome(ask(handle, |handle| handle.title()))
}

/// The line that made a handle.
#[rustler::nif]
fn source(handle: Term<'_>) -> Outcome<String> {
    Outcome(ask(handle, |handle| handle.source()))
}

/// Takes away what a handle is for.
#[rustler::nif(schedule = "DirtyIo")]
fn remove(handle: Term<'_>) -> Done {
    Done(ask(handle, |handle| handle.remove()).and_then(|removed| removed))
}
