//! Errors: `{error, {Kind, Message}}`, one kind for each of the core's and two of this library's own. One of verification
//! has a third part, what it found.
use crate::atoms;
use crate::verify::Found;
use faux_redis::ErrorKind;
use rustler::{Atom, Encoder, Env, Term};

/// What went wrong, as the host is told.
#[derive(Debug)]
pub(crate) struct Error {
    kind: Kind,
    message: String,
    /// What verification found.
    failures: Vec<Found>,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Core(ErrorKind),
    Answer,
    Pattern,
}

pub(crate) type Result<T> = std::result::Result<T, Error>;

impl Error {
    fn new(kind: Kind, message: impl Into<String>) -> Error {
        Error { kind, message: message.into(), failures: Vec::new() }
    }

    /// An option that is unknown or makes no sense.
    pub(crate) fn option(message: impl Into<String>) -> Error {
        Error::new(Kind::Core(ErrorKind::Option), message)
    }

    /// A value that no reply can be made of.
    pub(crate) fn answer(message: impl Into<String>) -> Error {
        Error::new(Kind::Answer, message)
    }

    /// Something that no argument can be matched against.
    pub(crate) fn pattern(message: impl Into<String>) -> Error {
        Error::new(Kind::Pattern, message)
    }

    /// The server or the rule is no more.
    pub(crate) fn stopped(message: impl Into<String>) -> Error {
        Error::new(Kind::Core(ErrorKind::Stopped), message)
    }
}

impl From<faux_redis::Error> for Error {
    fn from(error: faux_redis::Error) -> Error {
        let failures = error.failures().iter().map(Found::from).collect();
        Error { failures, ..Error::new(Kind::Core(error.kind()), error.to_string()) }
    }
}

impl Kind {
    fn atom(self) -> Atom {
        match self {
            Kind::Answer => atoms::answer(),
            Kind::Pattern => atoms::pattern(),
            Kind::Core(ErrorKind::Option) => atoms::option(),
            Kind::Core(ErrorKind::Listen) => atoms::listen(),
            Kind::Core(ErrorKind::Timeout) => atoms::timeout(),
            Kind::Core(ErrorKind::Stopped) => atoms::stopped(),
            Kind::Core(ErrorKind::Verification) => atoms::verification(),
            Kind::Core(ErrorKind::Sweep) => atoms::sweep(),
            Kind::Core(_) => atoms::faux_redis(),
        }
    }
}

impl Encoder for Error {
    fn encode<'a>(&self, env: Env<'a>) -> Term<'a> {
        let (kind, message) = (self.kind.atom(), self.message.as_str());
        if kind != atoms::verification() {
            return (kind, message).encode(env);
        }
        (kind, message, &self.failures).encode(env)
    }
}

/// `{ok, Value}` or `{error, {Kind, Message}}`.
pub(crate) struct Outcome<T>(pub(crate) Result<T>);

impl<T: Encoder> Encoder for Outcome<T> {
    fn encode<'a>(&self, env: Env<'a>) -> Term<'a> {
        match &self.0 {
            Ok(value) => (atoms::ok(), value).encode(env),
            Err(error) => (atoms::error(), error).encode(env),
        }
    }
}

/// `ok` or `{error, {Kind, Message}}`.
pub(crate) struct Done(pub(crate) Result<()>);

impl Encoder for Done {
    fn encode<'a>(&self, env: Env<'a>) -> Term<'a> {
        match &self.0 {
            Ok(()) => atoms::ok().encode(env),
            Err(error) => (atoms::error(), error).encode(env),
        }
    }
}
