//! The protocol: bytes to requests, replies to bytes.

mod decode;
mod encode;
mod error;
mod parse;
mod reply;

pub(crate) use decode::{DecodeLimits, Decoder};
pub use encode::Protocol;
pub(crate) use encode::{DoubleStyle, Encoding, encode, encode_request};
pub use error::Error;
pub(crate) use error::ProtocolError;
pub(crate) use error::Result;
pub(crate) use parse::parse;
pub use parse::{Malformed, Parsed};
pub use reply::Reply;

use bytes::Bytes;
use std::sync::Arc;

/// One request: the command's name and its arguments, shared by all who keep it.
pub(crate) type Words = Arc<[Bytes]>;
