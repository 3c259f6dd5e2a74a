//! What a command answers, before any protocol version shapes it.
use super::Error;
use bytes::Bytes;
use std::borrow::Cow;

/// A reply in the terms of RESP3. Over RESP2 each type takes the older shape a real server gives
/// it: a map becomes a flat array, a double or a verbatim text a bulk string, a boolean an integer.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Reply {
    /// An array of replies.
    Array(Vec<Reply>),
    /// Something told of a reply, and the reply itself, which is all there is over RESP2.
    Attribute(Vec<(Reply, Reply)>, Box<Reply>),
    /// An integer of any size, in decimal digits.
    BigNumber(Cow<'static, str>),
    /// A boolean; `1` or `0` over RESP2.
    Bool(bool),
    /// A bulk string, of any bytes.
    Bulk(Bytes),
    /// A floating point number.
    Double(f64),
    /// An error: its first word is its code.
    Error(Error),
    /// A signed 64-bit integer.
    Int(i64),
    /// Several replies to one request, one after the other, as SUBSCRIBE gives them.
    Many(Vec<Reply>),
    /// Pairs of keys and values, in order.
    Map(Vec<(Reply, Reply)>),
    /// Nothing at all is sent.
    Nothing,
    /// Null: a null bulk string over RESP2.
    Null,
    /// Null: a null array over RESP2.
    NullArray,
    /// An out-of-band message; an array over RESP2.
    Push(Vec<Reply>),
    /// Bytes sent as they are, valid or not.
    Raw(Bytes),
    /// A set of replies, in the order given; an array over RESP2.
    Set(Vec<Reply>),
    /// A simple string such as `OK`: one line.
    Status(Cow<'static, str>),
    /// A text with its three-letter format, `txt` or `mkd`.
    Verbatim(&'static str, Bytes),
}

impl Reply {
    /// `OK`.
    pub const OK: Reply = Reply::status("OK");
    pub(crate) const EMPTY_ARRAY: Reply = Reply::Array(Vec::new());
    pub(crate) const QUEUED: Reply = Reply::status("QUEUED");

    /// A simple string known beforehand.
    pub const fn status(text: &'static str) -> Reply {
        Reply::Status(Cow::Borrowed(text))
    }

    /// A bulk string.
    pub fn bulk(bytes: impl Into<Bytes>) -> Reply {
        Reply::Bulk(bytes.into())
    }

    /// What a subscriber hears of a message to a channel.
    pub fn message(channel: impl Into<Bytes>, payload: impl Into<Bytes>) -> Reply {
        Reply::Push(vec!["message".into(), Reply::bulk(channel), Reply::bulk(payload)])
    }

    /// What a client with tracking hears when these keys have changed; if none is named, all have.
    pub fn invalidate<K: Into<Bytes>>(keys: impl IntoIterator<Item = K>) -> Reply {
        let keys: Vec<_> = keys.into_iter().map(Reply::bulk).collect();
        let keys = if keys.is_empty() { Reply::Null } else { Reply::Array(keys) };
        Reply::Push(vec!["invalidate".into(), keys])
    }

    /// An array of bulk strings.
    pub(crate) fn bulks(items: impl IntoIterator<Item = Bytes>) -> Reply {
        Reply::Array(items.into_iter().map(Reply::Bulk).collect())
    }

    /// The messages in it, which CLIENT REPLY does not silence.
    pub(crate) fn pushes(&self) -> Vec<&Reply> {
        match self {
            Reply::Push(_) => vec![self],
            Reply::Array(items) | Reply::Many(items) => {
                items.iter().flat_map(Reply::pushes).collect()
            }
            _ => Vec::new(),
        }
    }

    /// How much of it is strings so long that a server which avoids copies sends them from where they are.
    pub(crate) fn lent_bytes(&self) -> usize {
        const LEAST: usize = 16 * 1024;
        match self {
            Reply::Bulk(bytes) if bytes.len() >= LEAST => bytes.len(),
            Reply::Array(items) | Reply::Many(items) | Reply::Push(items) => {
                items.iter().map(Reply::lent_bytes).sum()
            }
            _ => 0,
        }
    }

    /// An error reply from its whole line, `CODE message`.
    pub fn error(line: impl Into<Bytes>) -> Reply {
        Reply::Error(Error::line(line))
    }

    /// The error inside, if it is one.
    pub fn as_error(&self) -> Option<&Error> {
        if let Reply::Error(error) = self { Some(error) } else { None }
    }
}

impl From<Bytes> for Reply {
    fn from(bytes: Bytes) -> Reply {
        Reply::Bulk(bytes)
    }
}

impl From<&'static str> for Reply {
    fn from(text: &'static str) -> Reply {
        Reply::Bulk(Bytes::from_static(text.as_bytes()))
    }
}

impl From<String> for Reply {
    fn from(text: String) -> Reply {
        Reply::Bulk(text.into())
    }
}

impl From<Option<Bytes>> for Reply {
    fn from(value: Option<Bytes>) -> Reply {
        value.map_or(Reply::Null, Reply::Bulk)
    }
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl From<$integer> for Reply {
            fn from(n: $integer) -> Reply {
                Reply::Int(i64::from(n))
            }
        }
    )*};
}

integers!(i32, i64, u32);

impl From<bool> for Reply {
    fn from(truth: bool) -> Reply {
        Reply::Bool(truth)
    }
}

impl From<usize> for Reply {
    fn from(n: usize) -> Reply {
        Reply::Int(i64::try_from(n).expect("lengths fit in 63 bits"))
    }
}

impl From<f64> for Reply {
    fn from(n: f64) -> Reply {
        Reply::Double(n)
    }
}

impl From<()> for Reply {
    fn from((): ()) -> Reply {
        Reply::Null
    }
}

impl<T: Into<Reply>> From<Vec<T>> for Reply {
    fn from(items: Vec<T>) -> Reply {
        Reply::Array(items.into_iter().map(Into::into).collect())
    }
}
