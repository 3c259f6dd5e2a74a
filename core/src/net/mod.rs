//! The shell around the engine: sockets in, scripts played out. It decides nothing.

mod connection;
mod errand;
mod listener;
mod play;
mod runtime;
mod shared;
mod tls;

pub(crate) use listener::{Endpoint, Listening, listen};
pub use runtime::block_on;
pub(crate) use runtime::runtime;
pub(crate) use shared::Shared;
pub(crate) use tls::Secure;
