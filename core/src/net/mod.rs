//! The shell around the engine: sockets in, scripts played out. It decides nothing.

mod connection;
mod door;
mod errand;
mod link;
mod listener;
mod play;
mod runtime;
mod shared;

pub use door::DownMode;
pub(crate) use listener::{Endpoint, Listening, listen};
pub use runtime::block_on;
pub(crate) use runtime::runtime;
pub(crate) use shared::Shared;
