//! The errors a client can see: each text stands in this room.

mod condition;
mod fixed;
mod naming;

use bytes::Bytes;

/// The result of carrying out a command.
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

/// An error reply: one line whose first word is its code, such as `ERR` or `WRONGTYPE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Bytes);

impl Error {
    /// An error reply from its whole line, `CODE message`.
    pub fn line(line: impl Into<Bytes>) -> Error {
        Error(line.into())
    }

    /// The whole line, without the leading dash. A client's own bytes may stand in it.
    pub fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// The first word.
    pub fn code(&self) -> &[u8] {
        self.0.split(|byte| *byte == b' ').next().unwrap_or_default()
    }

    pub(crate) const fn fixed(line: &'static str) -> Error {
        Error(Bytes::from_static(line.as_bytes()))
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

impl std::error::Error for Error {}

/// What ends a connection that breaks the protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProtocolError(Bytes);

impl ProtocolError {
    pub(crate) const BIG_COUNT: ProtocolError = fixed("Protocol error: too big mbulk count string");
    pub(crate) const BIG_INLINE: ProtocolError = fixed("Protocol error: too big inline request");
    pub(crate) const BIG_LENGTH: ProtocolError = fixed("Protocol error: too big bulk count string");
    pub(crate) const COUNT: ProtocolError = fixed("Protocol error: invalid multibulk length");
    pub(crate) const LINE_END: ProtocolError = fixed("Protocol error: invalid CRLF in request");
    pub(crate) const LENGTH: ProtocolError = fixed("Protocol error: invalid bulk length");
    pub(crate) const QUOTES: ProtocolError = fixed("Protocol error: unbalanced quotes in request");
    pub(crate) const UNAUTHENTICATED_COUNT: ProtocolError =
        fixed("Protocol error: unauthenticated multibulk length");
    pub(crate) const UNAUTHENTICATED_LENGTH: ProtocolError =
        fixed("Protocol error: unauthenticated bulk length");

    pub(crate) fn no_dollar(found: Option<u8>) -> ProtocolError {
        let found = [found.unwrap_or(b'\r')];
        ProtocolError([&b"Protocol error: expected '$', got '"[..], &found, b"'"].concat().into())
    }

    #[cfg(test)]
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }
}

const fn fixed(text: &'static str) -> ProtocolError {
    ProtocolError(Bytes::from_static(text.as_bytes()))
}

impl From<ProtocolError> for Error {
    fn from(error: ProtocolError) -> Error {
        Error::line([b"ERR ", &error.0[..]].concat())
    }
}
