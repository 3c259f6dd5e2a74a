//! All clients, what they are subscribed to and who is to be told.
use super::link::Linked;
use super::session::{Address, Session, SessionId};
use crate::clock::Micros;
use crate::double::Ending;
use crate::double::script::Emission;
use crate::persona::Persona;
use crate::resp::{Encoding, Error, Reply};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// All sessions, and who listens to what.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    pub(super) sessions: BTreeMap<SessionId, Session>,
    born: SessionId,
    /// Subscribers in the order in which they came.
    pub(crate) channels: BTreeMap<Bytes, Vec<SessionId>>,
    pub(crate) patterns: Vec<(Bytes, Vec<SessionId>)>,
    pub(crate) shard_channels: BTreeMap<Bytes, Vec<SessionId>>,
    pub(super) watchers: HashMap<(usize, Bytes), Vec<SessionId>>,
    /// Sessions whose shell must look: there is output, or they are ready, or gone.
    touched: BTreeSet<SessionId>,
    last_words: HashMap<SessionId, Vec<Emission>>,
    /// What connections go through whose sessions have ended.
    pub(super) departed: BTreeMap<SessionId, Linked>,
    /// Connections that end at once, and how.
    cuts: HashMap<SessionId, Ending>,
    /// Sessions that a command killed: they end once it is done.
    pub(super) killed: Vec<SessionId>,
    /// Sessions that end without being told why.
    pub(super) cut_off: Vec<SessionId>,
    /// Sessions whose waiting ends, and the error they are told if it is not as at the end of their time.
    pub(super) unblocked: Vec<(SessionId, Option<Error>)>,
    /// Long strings are sent from where they are, without a copy that would count as waiting to be sent.
    pub(super) lends: bool,
    /// The session whose command runs now.
    pub(super) running: Option<SessionId>,
}

impl Clients {
    pub(super) fn of(persona: Persona) -> Clients {
        Clients { lends: persona.is_valkey_from(9, 1), ..Clients::default() }
    }

    pub(crate) fn add(
        &mut self,
        address: Address,
        encoding: Encoding,
        now: Micros,
    ) -> &mut Session {
        self.born += 1;
        self.add_as(self.born, address, encoding, now)
    }

    /// A session of this id, which no other has.
    pub(super) fn add_as(
        &mut self,
        id: SessionId,
        address: Address,
        encoding: Encoding,
        now: Micros,
    ) -> &mut Session {
        let session = Session::new(id, address, encoding, now);
        self.sessions.entry(id).or_insert(session)
    }

    pub(crate) fn get(&self, id: SessionId) -> Option<&Session> {
        self.sessions.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: SessionId) -> Option<&mut Session> {
        self.sessions.get_mut(&id)
    }

    /// The session whose command runs.
    pub(crate) fn current(&mut self, id: SessionId) -> &mut Session {
        self.sessions.get_mut(&id).expect("a session lives while its command runs")
    }

    /// All sessions in the order of their ids.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Session> {
        self.sessions.values()
    }

    pub(crate) fn ids(&self) -> Vec<SessionId> {
        self.sessions.keys().copied().collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Sends something to a session that did not ask for it.
    pub(crate) fn push(&mut self, id: SessionId, reply: &Reply) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if self.running == Some(id) {
            session.overheard.push(reply.clone());
        } else {
            session.send(reply);
            if self.lends {
                session.lend(reply);
            }
            self.touched.insert(id);
        }
    }

    /// Sends a replica what comes next in the stream.
    pub(super) fn feed(&mut self, id: SessionId, bytes: &[u8]) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.feed(bytes);
        self.touched.insert(id);
    }

    /// A session ends once the running command is done; it hears nothing any more.
    pub(crate) fn kill(&mut self, id: SessionId) {
        self.unsubscribe_all(id);
        self.unwatch(id);
        self.killed.push(id);
    }

    pub(crate) fn is_killed(&self, id: SessionId) -> bool {
        self.killed.contains(&id)
    }

    /// Ends a session's waiting once the running command is done. False if it does not wait.
    pub(crate) fn unblock(&mut self, id: SessionId, error: Option<Error>) -> bool {
        let known = self.unblocked.iter().any(|(other, _)| *other == id);
        let waits = !known && self.get(id).is_some_and(Session::is_waiting);
        if waits {
            self.unblocked.push((id, error));
        }
        waits
    }

    /// A session's shell must look.
    pub(crate) fn touch(&mut self, id: SessionId) {
        self.touched.insert(id);
    }

    pub(super) fn untouch(&mut self, id: SessionId) {
        self.touched.remove(&id);
    }

    /// Sessions whose shells must look, for the shell to tell them.
    pub(crate) fn take_touched(&mut self) -> BTreeSet<SessionId> {
        std::mem::take(&mut self.touched)
    }

    /// Those of the sessions whose shells must look that are so.
    pub(super) fn touched_that(&mut self, are_so: impl Fn(&mut Session) -> bool) -> Vec<SessionId> {
        let Clients { touched, sessions, .. } = self;
        let is_so = |id: &&SessionId| sessions.get_mut(*id).is_some_and(&are_so);
        touched.iter().filter(is_so).copied().collect()
    }

    pub(crate) fn has_touched(&self) -> bool {
        !self.touched.is_empty()
    }

    /// Takes a session out, with all it listened to and watched. What it had to say is kept for
    /// its shell.
    pub(super) fn remove(&mut self, id: SessionId) -> Option<Session> {
        self.unsubscribe_all(id);
        self.unwatch(id);
        let mut session = self.sessions.remove(&id)?;
        if !session.linked.is_empty() {
            self.departed.insert(id, std::mem::take(&mut session.linked));
        }
        self.last_words.insert(id, session.out.take());
        self.touched.insert(id);
        Some(session)
    }

    /// Adds to what the connection of a session that has ended is to do.
    pub(super) fn say_last(&mut self, id: SessionId, emission: Emission) {
        self.last_words.entry(id).or_default().push(emission);
        self.touch(id);
    }

    /// The connection of a session that has ended ends at once.
    pub(super) fn cut(&mut self, id: SessionId, ending: Ending) {
        self.cuts.insert(id, ending);
    }

    pub(super) fn take_cut(&mut self, id: SessionId) -> Option<Ending> {
        self.cuts.remove(&id)
    }

    pub(super) fn take_last_words(&mut self, id: SessionId) -> Vec<Emission> {
        self.last_words.remove(&id).unwrap_or_default()
    }

    pub(crate) fn unsubscribe_all(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let channels = std::mem::take(&mut session.channels);
        let patterns = std::mem::take(&mut session.patterns);
        let shard_channels = std::mem::take(&mut session.shard_channels);
        for channel in &channels {
            leave(&mut self.channels, channel, id);
        }
        for channel in &shard_channels {
            leave(&mut self.shard_channels, channel, id);
        }
        for pattern in &patterns {
            self.leave_pattern(pattern, id);
        }
    }

    /// Takes a session off a pattern's subscribers; a pattern without any is forgotten.
    pub(super) fn leave_pattern(&mut self, pattern: &Bytes, id: SessionId) {
        let Some(at) = self.patterns.iter().position(|(known, _)| known == pattern) else { return };
        self.patterns[at].1.retain(|subscriber| *subscriber != id);
        if self.patterns[at].1.is_empty() {
            self.patterns.remove(at);
        }
    }
}

/// Takes a session off a channel's subscribers; a channel without any is forgotten.
pub(super) fn leave(
    channels: &mut BTreeMap<Bytes, Vec<SessionId>>,
    channel: &Bytes,
    id: SessionId,
) {
    if let Some(ids) = channels.get_mut(channel) {
        ids.retain(|subscriber| *subscriber != id);
        if ids.is_empty() {
            channels.remove(channel);
        }
    }
}
