//! The gates a request passes before it runs, asked in one place and one order.
use super::World;
use super::condition::Applicant;
use super::node::{Pause, PauseScope};
use super::session::{Session, SessionId};
use crate::command::{Entry, flag};
use crate::double::Condition;
use crate::persona::Persona;
use crate::resp::{Error, Protocol, Result};
use bytes::Bytes;

/// What the gates say of a request they do not refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admitted {
    Now,
    /// CLIENT PAUSE holds it back.
    Paused,
}

impl World {
    /// Whether what is wrong with a request is kept from a client that has not said the password, as Valkey 9.1 does.
    pub(super) fn keeps_silent(&self, session: &Session, entry: Option<&Entry>) -> bool {
        self.node.persona.is_valkey_from(9, 1)
            && !self.trusts(session)
            && !entry.is_some_and(|entry| entry.command.is(flag::NO_AUTH))
    }

    pub(super) fn admit(
        &mut self,
        id: SessionId,
        entry: &Entry,
        words: &[Bytes],
    ) -> Result<Admitted> {
        let persona = self.node.persona;
        let session = self.clients.get(id).expect("a request comes from a session");
        multi_allows(session, entry, persona)?;
        self.authenticated(session, entry)?;
        self.node.slot_is_served(Applicant { session, entry, words, persona })?;
        self.make_room_for(id, entry)?;
        let session = self.clients.get(id).expect("a request comes from a session");
        let request = Applicant { session, entry, words, persona };
        self.node.write_is_safe(request)?;
        self.allow_writes(session, entry)?;
        subscribed(session, entry)?;
        self.node.is_available(request)?;
        self.allow_stale(session, entry)?;
        World::allow_replica(session, entry)?;
        let paused = !session.is_replica()
            && self.node.pause.is_some_and(|pause| is_held(session, entry, pause));
        let held = paused || self.node.asleep_until.is_some();
        Ok(if held { Admitted::Paused } else { Admitted::Now })
    }

    fn authenticated(&self, session: &Session, entry: &Entry) -> Result<()> {
        let admitted = entry.command.is(flag::NO_AUTH) || self.trusts(session);
        if admitted { Ok(()) } else { Err(Error::NO_AUTH) }
    }

    /// Whether a session has said the password, if there is one.
    pub(super) fn trusts(&self, session: &Session) -> bool {
        !self.node.is_in(Condition::NoAuth)
            && (session.authenticated || !self.node.config.each_request().needs_password)
    }
}

/// Some commands cannot be part of a transaction.
fn multi_allows(session: &Session, entry: &Entry, persona: Persona) -> Result<()> {
    if session.transaction.is_some() && entry.has_flag(flag::NO_MULTI, persona) {
        Err(if persona.is_valkey_from(9, 1) {
            Error::not_in_multi(&entry.name)
        } else {
            Error::NOT_IN_MULTI
        })
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
        // PFCOUNT may keep what it counted.
        let tells = matches!(entry.name.as_str(), "pfcount" | "publish" | "spublish");
        entry.command.is(flag::WRITE) || tells
    };
    let queued = session.transaction.iter().flat_map(|transaction| &transaction.queued);
    match pause.scope {
        PauseScope::All => true,
        PauseScope::Writes => {
            writes(entry) || (entry.name == "exec" && queued.into_iter().any(|q| writes(q.entry)))
        }
    }
}
