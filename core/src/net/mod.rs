//! The shell around the engine: sockets in, scripts played out. It decides nothing.

mod connection;
mod door;
mod errand;
mod leap;
mod link;
mod listener;
mod play;
mod runtime;
mod shared;
mod tls;
mod wait;

pub use door::DownMode;
pub(crate) use listener::{Endpoint, Listening, listen};
pub(crate) use runtime::runtime;
pub use runtime::{block_on, spawn};
pub(crate) use shared::Shared;
pub(crate) use tls::Secure;
pub(crate) use wait::within;
