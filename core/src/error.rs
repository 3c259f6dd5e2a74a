//! What a host is told when something cannot be done.
use crate::double::{Failure, FailureKind};
use std::fmt::{self, Write as _};

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An option that is unknown or makes no sense.
    Option,
    /// The port or socket cannot be listened on.
    Listen,
    /// What was waited for did not happen in time.
    Timeout,
    /// The server does not run any more.
    Stopped,
    /// What a test expected is not what happened.
    Verification,
    /// A test did not survive a fault sweep.
    Sweep,
}

/// An error of the host's interface: it names what was wrong and what is accepted.
#[derive(thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: ErrorKind,
    message: String,
    failures: Vec<Failure>,
    source: Option<std::io::Error>,
}

/// What `unwrap` shows, and a test that returns the error: the message as it is to be read, over its lines.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind, self.message)
    }
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error { kind, message: message.into(), failures: Vec::new(), source: None }
    }

    pub(crate) fn listen(place: &str, source: std::io::Error) -> Error {
        let message = format!("cannot listen on {place}: {source}");
        Error { kind: ErrorKind::Listen, message, failures: Vec::new(), source: Some(source) }
    }

    /// The same error, of a handle: what this is called, and the line on where it was made.
    pub(crate) fn about(mut self, handle: &str, made: &str) -> Error {
        self.message = format!("{handle}: {}{made}", self.message);
        self
    }

    /// What verification found, and what helps to see why.
    pub(crate) fn verification(failures: Vec<Failure>, context: &str) -> Error {
        let messages: Vec<_> = failures.iter().map(ToString::to_string).collect();
        let message = told(&messages, context);
        Error { kind: ErrorKind::Verification, message, failures, source: None }
    }

    /// What has changed that must not, and what helps to see why.
    pub(crate) fn changed(message: String, context: &str) -> Error {
        Error {
            kind: ErrorKind::Verification,
            message: format!("{message}{context}"),
            failures: vec![Failure::new(FailureKind::Changed, message)],
            source: None,
        }
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What verification found, one by one.
    pub fn failures(&self) -> &[Failure] {
        &self.failures
    }
}

/// So many failures are told in a message.
const TOLD: usize = 20;

/// What verification found, as text to read: the first of it, and how much more there is.
pub(crate) fn told(messages: &[String], context: &str) -> String {
    let mut text = String::from("verification failed");
    for message in messages.iter().take(TOLD) {
        write!(text, "\n- {message}").expect("a string takes all");
    }
    if messages.len() > TOLD {
        write!(text, "\n({} more failures)", messages.len() - TOLD).expect("a string takes all");
    }
    text + context
}
