//! Messages: who hears what is published, and what the keyspace tells of itself.
use super::World;
use super::client::{Clients, leave};
use super::session::{Session, SessionId};
use crate::clock::Micros;
use crate::config::OutputLimits;
use crate::double::Client;
use crate::glob::{self, Case};
use crate::resp::{Error, Protocol, Reply};
use crate::store::class_of;
use bytes::Bytes;

impl Clients {
    /// Sends a message to a channel's subscribers, then to those of matching patterns; how many.
    pub(crate) fn publish(&mut self, channel: &Bytes, message: &Bytes) -> usize {
        let direct = self.channels.get(channel).cloned().unwrap_or_default();
        let said =
            Reply::Push(vec!["message".into(), channel.clone().into(), message.clone().into()]);
        for id in &direct {
            self.push(*id, &said);
        }
        let mut heard = direct.len();
        for at in 0..self.patterns.len() {
            let (pattern, ids) = &self.patterns[at];
            if !glob::matches(pattern, channel, Case::Sensitive) {
                continue;
            }
            let said = Reply::Push(vec![
                "pmessage".into(),
                pattern.clone().into(),
                channel.clone().into(),
                message.clone().into(),
            ]);
            for id in ids.clone() {
                self.push(id, &said);
                heard += 1;
            }
        }
        heard
    }

    /// Sends a message to a shard channel's subscribers; how many.
    pub(crate) fn publish_to_shard(&mut self, channel: &Bytes, message: &Bytes) -> usize {
        let ids = self.shard_channels.get(channel).cloned().unwrap_or_default();
        let said =
            Reply::Push(vec!["smessage".into(), channel.clone().into(), message.clone().into()]);
        for id in &ids {
            self.push(*id, &said);
        }
        ids.len()
    }
}

impl Clients {
    pub(crate) fn subscribe(&mut self, id: SessionId, channel: &Bytes) {
        if self.current(id).channels.insert(channel.clone()) {
            self.channels.entry(channel.clone()).or_default().push(id);
        }
    }

    pub(crate) fn unsubscribe(&mut self, id: SessionId, channel: &Bytes) {
        if self.current(id).channels.remove(channel) {
            leave(&mut self.channels, channel, id);
        }
    }

    pub(crate) fn subscribe_to_shard(&mut self, id: SessionId, channel: &Bytes) {
        if self.current(id).shard_channels.insert(channel.clone()) {
            self.shard_channels.entry(channel.clone()).or_default().push(id);
        }
    }

    pub(crate) fn unsubscribe_from_shard(&mut self, id: SessionId, channel: &Bytes) {
        if self.current(id).shard_channels.remove(channel) {
            leave(&mut self.shard_channels, channel, id);
        }
    }

    pub(crate) fn subscribe_to_pattern(&mut self, id: SessionId, pattern: &Bytes) {
        let session = self.current(id);
        if session.patterns.contains(pattern) {
            return;
        }
        session.patterns.push(pattern.clone());
        match self.patterns.iter_mut().find(|(known, _)| known == pattern) {
            Some((_, ids)) => ids.push(id),
            None => self.patterns.push((pattern.clone(), vec![id])),
        }
    }

    pub(crate) fn unsubscribe_from_pattern(&mut self, id: SessionId, pattern: &Bytes) {
        let session = self.current(id);
        if let Some(at) = session.patterns.iter().position(|known| known == pattern) {
            session.patterns.remove(at);
            self.leave_pattern(pattern, id);
        }
    }
}

impl Clients {
    /// Sessions that read so slowly that what waits for them has grown past its limit.
    fn too_slow(&mut self, limits: &OutputLimits, now: Micros) -> Vec<SessionId> {
        self.touched_that(|session| session.reads_too_slowly(limits, now))
    }
}

impl Session {
    fn reads_too_slowly(&mut self, limits: &OutputLimits, now: Micros) -> bool {
        let limit = if self.is_replica() {
            limits.replica
        } else if self.is_subscriber() {
            limits.pubsub
        } else {
            limits.normal
        };
        if limit.soft == 0 || self.unsent < limit.soft {
            self.over_soft_limit = None;
        }
        let since = *self.over_soft_limit.get_or_insert(now);
        let too_long = now - since > limit.soft_seconds.saturating_mul(1_000_000);
        (limit.hard > 0 && self.unsent >= limit.hard)
            || (limit.soft > 0 && self.unsent >= limit.soft && too_long)
    }
}

impl World {
    /// Tells subscribers of an event of a key, if the server is set to.
    pub(super) fn notify(&mut self, db: usize, key: &Bytes, event: &'static str) {
        let wanted = self.node.config.notifications();
        if wanted.is_empty() || !wanted.contains(&class_of(event)) {
            return;
        }
        if wanted.contains(&b'K') {
            let channel = [format!("__keyspace@{db}__:").as_bytes(), key].concat().into();
            self.clients.publish(&channel, &Bytes::from_static(event.as_bytes()));
        }
        if wanted.contains(&b'E') {
            let channel = format!("__keyevent@{db}__:{event}").into();
            self.clients.publish(&channel, key);
        }
    }

    /// Ends sessions that were killed while a command ran, and those that read too slowly.
    pub(super) fn end_killed(&mut self) {
        for id in std::mem::take(&mut self.clients.killed) {
            self.end(id);
        }
        let slow = self.clients.too_slow(self.node.config.output_limits(), self.node.now);
        for id in slow.into_iter().chain(std::mem::take(&mut self.clients.cut_off)) {
            self.cut_off(id);
        }
    }

    /// Ends a session's waiting, as CLIENT UNBLOCK asks.
    pub(super) fn end_unblocked(&mut self, asks: &mut Vec<super::Ask>) {
        for (id, error) in std::mem::take(&mut self.clients.unblocked) {
            if let Some(session) = self.clients.get_mut(id) {
                session.closes |= error == Some(Error::ROLE_CHANGED);
            }
            self.end_waiting(id, error, asks);
        }
    }
}

/// Where a real server sends invalidations to those who speak RESP2.
const INVALIDATIONS: &[u8] = b"__redis__:invalidate";

impl World {
    /// Sends a message of the host's to these sessions, if all of them can take it; how many there were.
    pub(crate) fn push(&mut self, client: &Client, items: &[Reply]) -> Result<usize, String> {
        let ids = self.sessions_of(client);
        let said: Vec<_> =
            ids.iter().map(|id| self.push_for(*id, items)).collect::<Result<_, _>>()?;
        for (id, push) in ids.iter().zip(&said) {
            self.clients.push(*id, push);
        }
        Ok(ids.len())
    }

    /// What a session hears of a push.
    fn push_for(&mut self, id: SessionId, items: &[Reply]) -> Result<Reply, String> {
        let session = self.clients.current(id);
        if session.encoding.protocol == Protocol::Resp3 {
            return Ok(Reply::Push(items.to_vec()));
        }
        let kind =
            |word: &[u8]| matches!(items.first(), Some(Reply::Bulk(kind)) if kind[..] == *word);
        let is_message = [&b"message"[..], b"pmessage", b"smessage"].iter().any(|word| kind(word));
        if is_message && session.is_subscriber() {
            return Ok(Reply::Push(items.to_vec()));
        }
        if let [_, keys] = items
            && kind(b"invalidate")
            && session.channels.contains(INVALIDATIONS)
        {
            let channel = Reply::bulk(INVALIDATIONS);
            return Ok(Reply::Push(vec!["message".into(), channel, keys.clone()]));
        }
        Err(format!(
            "connection {id} speaks RESP2, where only subscribers hear what they did not ask for, and only messages; \
             it has {} subscriptions. Let it say HELLO 3",
            session.subscriptions()
        ))
    }
}
