//! Servers that go down, restart, kill, push, and limit their clients.
use crate::convert::whole_reply;
use crate::error::{Done, Error, Outcome, Result};
use crate::handle::{Handle, Kept, Label};
use crate::rule::client;
use crate::server::Server;
use crate::spelling::shown;
use faux_redis::{DownMode, Ending, Keep};
use rustler::{Resource, ResourceArc, Term};

/// A server that was taken down, until it is brought up.
pub(crate) struct Down(Kept<faux_redis::Down>);

/// A limit of clients, until it is removed.
pub(crate) struct MaxClients(Kept<faux_redis::MaxClients>);

#[rustler::resource_impl]
impl Resource for Down {}

#[rustler::resource_impl]
impl Resource for MaxClients {}

impl Handle for Down {
    fn title(&self) -> Option<String> {
        self.0.look(ToString::to_string)
    }

    fn source(&self) -> String {
        self.0.source()
    }

    fn remove(&self) -> Result<()> {
        Ok(self.0.take().map_or(Ok(()), faux_redis::Down::up)?)
    }
}

impl Handle for MaxClients {
    fn title(&self) -> Option<String> {
        self.0.look(ToString::to_string)
    }

    fn source(&self) -> String {
        self.0.source()
    }

    fn remove(&self) -> Result<()> {
        if let Some(limit) = self.0.take() {
            limit.remove();
        }
        Ok(())
    }
}

fn word(term: Term<'_>) -> String {
    term.atom_to_string().unwrap_or_else(|_| shown(term))
}

/// Takes the server down: `refuse`, `accept_close` or `blackhole`.
#[rustler::nif(schedule = "DirtyIo")]
fn down(
    server: ResourceArc<Server>,
    mode: Term<'_>,
    label: Term<'_>,
) -> Outcome<ResourceArc<Down>> {
    let taken = || -> Result<_> {
        let mode = match &*word(mode) {
            "refuse" => DownMode::Refuse,
            "accept_close" => DownMode::AcceptClose,
            "blackhole" => DownMode::Blackhole,
            _ => {
                let message = "a server is down by refuse, accept_close or blackhole, not ";
                return Err(Error::option(format!("{message}{}", shown(mode))));
            }
        };
        let label = Label::of(label)?;
        let source = label.source.clone();
        let down = server.faux.down(mode)?.made_at(&source);
        let down = label.named(down, faux_redis::Down::named);
        Ok(ResourceArc::new(Down(Kept::new(down, source))))
    };
    Outcome(taken())
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
fn restart(server: ResourceArc<Server>, keep: Term<'_>) -> Done {
    let bad = |_| Error::option(format!("option 'keep' takes true or false, not {}", shown(keep)));
    let keep = keep.decode().map(|keep| if keep { Keep::Data } else { Keep::Nothing }).map_err(bad);
    Done(keep.and_then(|keep| Ok(server.faux.restart(keep)?)))
}

/// Ends connections: `close` or `reset`; how many there were.
#[rustler::nif(schedule = "DirtyIo")]
fn kill(server: ResourceArc<Server>, facts: Term<'_>, how: Term<'_>) -> Outcome<usize> {
    let killed = || -> Result<_> {
        let how = match &*word(how) {
            "close" => Ending::Close,
            "reset" => Ending::Reset,
            _ => {
                let message = "option 'how' takes close or reset, not ";
                return Err(Error::option(format!("{message}{}", shown(how))));
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
fn max_clients(
    server: ResourceArc<Server>,
    most: u64,
    label: Term<'_>,
) -> Outcome<ResourceArc<MaxClients>> {
    let limited = || -> Result<_> {
        let label = Label::of(label)?;
        let source = label.source.clone();
        let limit = server.faux.max_clients(most)?.made_at(&source);
        let limit = label.named(limit, faux_redis::MaxClients::named);
        Ok(ResourceArc::new(MaxClients(Kept::new(limit, source))))
    };
    Outcome(limited())
}
