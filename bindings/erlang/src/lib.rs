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
mod lint;
mod options;
mod pattern;
mod rule;
mod server;
mod spelling;
mod state;
mod sweep;
mod value;
mod verify;
mod waiting;
mod watch;
mod wire;

use rustler::{Env, Term};

/// A panic is answered where it happens, so it need not be told to the terminal too.
/// Whoever loads it says whether it is for Elixir.
fn load(_: Env<'_>, is_for_elixir: Term<'_>) -> bool {
    spelling::is_for_elixir(is_for_elixir.decode().unwrap_or(false));
    std::panic::set_hook(Box::new(|_| {}));
    true
}

rustler::init!("faux_redis_nif", load = load);
