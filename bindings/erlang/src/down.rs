//! Servers that go down, restart, kill, push, and limit their clients.
use crate::atoms;
use crate::convert::whole_reply;
use crate::error::{Done, Error, Outcome, Result};
use crate::rule::client;
use crate::server::Server;
use faux_redis::{DownMode, Ending, Keep};
use rustler::{Atom, Resource, ResourceArc, Term};
use std::sync::{Mutex, PoisonError};

/// A server that was taken down, until it is brought up.
pub(crate) struct Down(Mutex<Option<faux_redis::Down>>);

/// A limit of clients, until it is removed.
pub(crate) struct MaxClients(Mutex<Option<faux_redis::MaxClients>>);

#[rustler::resource_impl]
impl Resource for Down {}

#[rustler::resource_impl]
impl Resource for MaxClients {}

fn word(term: Term<'_>) -> String {
    term.atom_to_string().unwrap_or_else(|_| crate::convert::shown(term))
}

/// Takes the server down: `refuse`, `accept_close` or `blackhole`.
#[rustler::nif(schedule = "DirtyIo")]
fn down(server: ResourceArc<Server>, mode: Term<'_>) -> Outcome<ResourceArc<Down>> {
    let taken = || -> Result<_> {
        let mode = match &*word(mode) {
            "refuse" => DownMode::Refuse,
            "accept_close" => DownMode::AcceptClose,
            "blackhole" => DownMode::Blackhole,
            other => {
                let message =
                    format!("a server is down by refuse, accept_close or blackhole, not {other}");
                return Err(Error::option(message));
            }
        };
        Ok(ResourceArc::new(Down(Mutex::new(Some(server.faux.down(mode)?.made_at(""))))))
    };
    Outcome(taken())
}

/// Ends one reason for which the server is down.
#[rustler::nif(schedule = "DirtyIo")]
fn end_down(down: ResourceArc<Down>) -> Done {
    let taken = down.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    Done(taken.map_or(Ok(()), |down| Ok(down.up()?)))
}

/// Brings the server up again, whoever has it down.
#[rustler::nif(schedule = "DirtyIo")]
fn up(server: ResourceArc<Server>) -> Done {
    Done(server.faux.up().map_err(Error::from))
}

#[rustler::nif]
fn is_down(server: ResourceArc<Server>) -> bool {
    server.faux.is_down()
}

/// Ends the server and starts it anew, with its data or without.
#[rustler::nif(schedule = "DirtyIo")]
fn restart(server: ResourceArc<Server>, keep: bool) -> Done {
    let keep = if keep { Keep::Data } else { Keep::Nothing };
    Done(server.faux.restart(keep).map_err(Error::from))
}

/// Ends connections: `close` or `reset`; how many there were.
#[rustler::nif(schedule = "DirtyIo")]
fn kill(server: ResourceArc<Server>, facts: Term<'_>, how: Term<'_>) -> Outcome<usize> {
    let killed = || -> Result<_> {
        let how = match &*word(how) {
            "close" => Ending::Close,
            "reset" => Ending::Reset,
            other => {
                return Err(Error::option(format!(
                    "option 'how' takes close or reset, not {other}"
                )));
            }
        };
        Ok(server.faux.kill(client(facts, &server.asks)?, how))
    };
    Outcome(killed())
}

/// Sends connections what they did not ask for; how many there were.
#[rustler::nif]
fn push(server: ResourceArc<Server>, facts: Term<'_>, value: Term<'_>) -> Outcome<usize> {
    let pushed = || -> Result<_> {
        Ok(server.faux.push(client(facts, &server.asks)?, whole_reply(value)?)?)
    };
    Outcome(pushed())
}

/// Lets so many clients be connected.
#[rustler::nif]
fn max_clients(server: ResourceArc<Server>, most: u64) -> Outcome<ResourceArc<MaxClients>> {
    let limited = || -> Result<_> {
        Ok(ResourceArc::new(MaxClients(Mutex::new(Some(
            server.faux.max_clients(most)?.made_at(""),
        )))))
    };
    Outcome(limited())
}

/// Lets as many clients be connected as before.
#[rustler::nif]
fn end_max_clients(limit: ResourceArc<MaxClients>) -> Atom {
    let taken = limit.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(limit) = taken {
        limit.remove();
    }
    atoms::ok()
}
