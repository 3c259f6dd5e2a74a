//! The gates a request passes before it runs, asked in one place and one order.
use super::World;
use super::client::{Session, SessionId};
use super::node::{Pause, PauseScope};
use crate::command::{Entry, flag};
use crate::persona::Persona;
use crate::resp::{Error, Protocol, Result};

/// What the gates say of a request they do not refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admitted {
    Now,
    /// CLIENT PAUSE holds it back.
    Paused,
}

impl World {
    pub(super) fn admit(&mut self, id: SessionId, entry: &Entry) -> Result<Admitted> {
        let session = self.clients.get(id).expect("a request comes from a session");
        multi_allows(session, entry, self.node.persona)?;
        self.authenticated(session, entry)?;
        self.make_room_for(id, entry)?;
        let session = self.clients.get(id).expect("a request comes from a session");
        subscribed(session, entry)?;
        let held = self.node.pause.is_some_and(|pause| is_held(session, entry, pause));
        Ok(if held { Admitted::Paused } else { Admitted::Now })
    }

    fn authenticated(&self, session: &Session, entry: &Entry) -> Result<()> {
        let free = session.authenticated || !self.node.config.each_request().needs_password;
        if free || entry.command.is(flag::NO_AUTH) { Ok(()) } else { Err(Error::NO_AUTH) }
    }
}

/// Some commands cannot be part of a transaction.
fn multi_allows(session: &Session, entry: &Entry, persona: Persona) -> Result<()> {
    if session.transaction.is_some() && entry.has_flag(flag::NO_MULTI, persona) {
        Err(Error::NOT_IN_MULTI)
    } else {
        Ok(())
    }
}

/// Over RESP2 a subscriber's replies could not be told from its messages.
fn subscribed(session: &Session, entry: &Entry) -> Result<()> {
    const ALLOWED: [&str; 9] = [
        "ping",
        "subscribe",
        "ssubscribe",
        "unsubscribe",
        "sunsubscribe",
        "psubscribe",
        "punsubscribe",
        "quit",
        "reset",
    ];
    let over_resp2 = session.encoding.protocol == Protocol::Resp2;
    if over_resp2 && session.is_subscriber() && !ALLOWED.contains(&entry.name.as_str()) {
        return Err(Error::subscribe_mode(&entry.name));
    }
    Ok(())
}

fn is_held(session: &Session, entry: &Entry, pause: Pause) -> bool {
    let writes = |entry: &Entry| {
        entry.command.is(flag::WRITE) || matches!(entry.name.as_str(), "publish" | "spublish")
    };
    let queued = session.transaction.iter().flat_map(|transaction| &transaction.queued);
    match pause.scope {
        PauseScope::All => true,
        PauseScope::Writes => {
            writes(entry) || (entry.name == "exec" && queued.into_iter().any(|q| writes(q.entry)))
        }
    }
}
