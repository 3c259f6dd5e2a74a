//! The core of the Erlang and Elixir application `faux_redis`: it converts and delegates, and decides nothing.
//!
//! No code of the test's runs in here: a question to it is a message to the process that owns the server
//! ([`callback`]), which answers through a function of this library.

#![expect(
    clippy::needless_pass_by_value,
    reason = "a function of the library is given its arguments by value"
)]
#![expect(
    clippy::mem_forget,
    reason = "Rustler keeps the table of the library's functions as long as the library is there"
)]

mod atoms;
mod call;
mod callback;
mod clock;
mod convert;
mod data;
mod down;
mod error;
mod gate;
mod handle;
mod link;
mod options;
mod pattern;
mod rule;
mod server;
mod state;
mod sweep;
mod value;
mod verify;
mod waiting;
mod watch;
mod wire;

use rustler::{Env, Term};

/// A panic is answered where it happens, so it need not be told to the terminal too.
fn load(_: Env<'_>, _: Term<'_>) -> bool {
    std::panic::set_hook(Box::new(|_| {}));
    true
}

rustler::init!("faux_redis_nif", load = load);
