//! The clock of a server.
use crate::atoms;
use crate::convert::bytes;
use crate::error::{Done, Error, Outcome};
use crate::server::Server;
use crate::spelling::shown;
use rustler::{Atom, ResourceArc, Term};
use std::time::Duration;

/// The server's time, in seconds since 1970.
#[rustler::nif]
fn now(server: ResourceArc<Server>) -> f64 {
    server.faux.clock().now().as_secs_f64()
}

/// Moves the server's time on by milliseconds. What becomes due is done before this returns.
#[rustler::nif(schedule = "DirtyCpu")]
fn advance(server: ResourceArc<Server>, by_ms: u64) -> Atom {
    server.faux.clock().advance(Duration::from_millis(by_ms));
    atoms::ok()
}

/// Moves the server's time on to a moment, in seconds since 1970.
#[rustler::nif(schedule = "DirtyCpu")]
fn set_time(server: ResourceArc<Server>, seconds: f64) -> Done {
    let moment = Duration::try_from_secs_f64(seconds)
        .map_err(|_| Error::option(format!("a time is in seconds since 1970, not {seconds}")));
    Done(moment.and_then(|moment| Ok(server.faux.clock().set(moment)?)))
}

/// Has time stand until the number that this gives is ended.
#[rustler::nif(schedule = "DirtyCpu")]
fn freeze(server: ResourceArc<Server>) -> Outcome<u64> {
    Outcome(server.faux.clock().hold_pace("stands").map_err(Error::option))
}

/// Ends what `freeze` has begun.
#[rustler::nif(schedule = "DirtyCpu")]
fn thaw(server: ResourceArc<Server>, number: u64) -> Atom {
    server.faux.clock().end_pace(number);
    atoms::ok()
}

/// Changes how time goes: `runs`, `stands` or `leaps`. How it went before.
#[rustler::nif(schedule = "DirtyCpu")]
fn pace(server: ResourceArc<Server>, how: Term<'_>) -> Outcome<&'static str> {
    let bad = || Error::option(format!("time runs, stands or leaps, not {}", shown(how)));
    let how = bytes(how).and_then(|how| String::from_utf8(how.to_vec()).ok()).ok_or_else(bad);
    Outcome(how.and_then(|how| server.faux.clock().pace_named(&how).map_err(Error::option)))
}
