//! Code of the test that looks at an argument or at a call. It runs outside the server's lock.
use super::super::answer::{CallbackError, guarded};
use super::super::journal::Call;
use super::pattern::Pattern;
use bytes::Bytes;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

type Work = Pin<Box<dyn Future<Output = Result<bool, CallbackError>> + Send>>;

/// Code of the test that looks at one argument. It runs outside the server's lock.
#[derive(Clone)]
pub struct Predicate {
    ask: Arc<dyn Fn(Bytes) -> Work + Send + Sync>,
    name: Arc<str>,
}

/// Code of the test that looks at a whole call. It runs outside the server's lock.
#[derive(Clone)]
pub struct CallPredicate {
    ask: Arc<dyn Fn(Call) -> Work + Send + Sync>,
    name: Arc<str>,
}

impl Predicate {
    /// A predicate that may block, run on a thread of its own.
    pub fn blocking(predicate: impl Fn(&[u8]) -> bool + Send + Sync + 'static) -> Predicate {
        let predicate = Arc::new(predicate);
        Predicate::new(move |bytes| {
            let predicate = Arc::clone(&predicate);
            on_a_thread(move || predicate(&bytes))
        })
    }

    /// The predicate as a pattern for an argument or a key.
    pub fn into_pattern(self) -> Pattern {
        Pattern::Predicate(self)
    }

    /// A predicate that gives a future.
    pub fn new<F, W>(predicate: F) -> Predicate
    where
        F: Fn(Bytes) -> W + Send + Sync + 'static,
        W: Future<Output = Result<bool, CallbackError>> + Send + 'static,
    {
        let ask = Arc::new(move |bytes| -> Work { Box::pin(predicate(bytes)) });
        Predicate { ask, name: "predicate".into() }
    }

    /// How messages show it.
    pub fn shown_as(mut self, name: &str) -> Predicate {
        self.name = name.into();
        self
    }

    pub(super) async fn asked(self, arg: Bytes) -> Result<bool, CallbackError> {
        guarded(async move { (self.ask)(arg).await }).await
    }
}

impl From<Predicate> for Pattern {
    fn from(predicate: Predicate) -> Pattern {
        Pattern::Predicate(predicate)
    }
}

impl CallPredicate {
    /// A predicate that may block, run on a thread of its own.
    pub fn blocking(predicate: impl Fn(&Call) -> bool + Send + Sync + 'static) -> CallPredicate {
        let predicate = Arc::new(predicate);
        CallPredicate::new(move |call| {
            let predicate = Arc::clone(&predicate);
            on_a_thread(move || predicate(&call))
        })
    }

    /// A predicate that gives a future.
    pub fn new<F, W>(predicate: F) -> CallPredicate
    where
        F: Fn(Call) -> W + Send + Sync + 'static,
        W: Future<Output = Result<bool, CallbackError>> + Send + 'static,
    {
        let ask = Arc::new(move |call| -> Work { Box::pin(predicate(call)) });
        CallPredicate { ask, name: "predicate".into() }
    }

    /// How messages show it.
    pub fn shown_as(mut self, name: &str) -> CallPredicate {
        self.name = name.into();
        self
    }

    pub(super) async fn asked(self, call: Call) -> Result<bool, CallbackError> {
        guarded(async move { (self.ask)(call).await }).await
    }
}

async fn on_a_thread(work: impl FnOnce() -> bool + Send + 'static) -> Result<bool, CallbackError> {
    let work = tokio::task::spawn_blocking(work);
    work.await.map_err(|error| CallbackError::from_panic(error.into_panic()))
}

impl fmt::Debug for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl fmt::Display for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl fmt::Debug for CallPredicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl fmt::Display for CallPredicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
