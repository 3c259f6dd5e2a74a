//! A consumer group: what it has read, and what its consumers are still to acknowledge.
use super::StreamId;
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};

/// A consumer group of a stream.
#[derive(Clone, Debug, Default)]
pub(crate) struct Group {
    /// The last entry that was delivered to any of its consumers.
    pub(crate) last_id: StreamId,
    /// How many of the stream's entries it has read, if that is known.
    pub(crate) entries_read: Option<u64>,
    pending: BTreeMap<StreamId, Pending>,
    /// The pending entries, that delivered longest ago first, and before them those that were released.
    by_time: BTreeSet<Turn>,
    consumers: BTreeMap<Bytes, Consumer>,
    /// How many entries were released so far.
    releases: u64,
}

/// Since when an entry waits to be taken over, which of all releases it was if it was released, and its id.
type Turn = (i64, u64, StreamId);

/// An entry that was delivered and not acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pending {
    /// Who has it; nobody, if it was released.
    pub(crate) consumer: Option<Bytes>,
    pub(crate) delivered_at_ms: i64,
    pub(crate) deliveries: u64,
    release: u64,
}

impl Pending {
    /// An entry that a consumer gets.
    pub(crate) fn with(consumer: &Bytes, delivered_at_ms: i64, deliveries: u64) -> Pending {
        Pending { consumer: Some(consumer.clone()), delivered_at_ms, deliveries, release: 0 }
    }

    /// How long ago it was delivered.
    pub(crate) fn idle_ms(&self, now_ms: i64) -> i64 {
        now_ms.saturating_sub(self.delivered_at_ms)
    }

    /// Whether it was not acknowledged for so long.
    pub(crate) fn is_idle_for(&self, idle_ms: i64, now_ms: i64) -> bool {
        now_ms.saturating_sub(self.since_ms()) >= idle_ms
    }

    /// How often it will have been delivered after the next time. What was released for good stays so.
    pub(crate) fn next_deliveries(&self) -> u64 {
        match self.consumer {
            None => (self.deliveries + 1).min(i64::MAX.cast_unsigned()),
            Some(_) => self.deliveries.wrapping_add(1),
        }
    }

    /// When it was delivered, as far as taking it over goes: what was released is always old enough.
    fn since_ms(&self) -> i64 {
        if self.consumer.is_some() { self.delivered_at_ms } else { i64::MIN }
    }

    fn turn(&self, id: StreamId) -> Turn {
        (self.since_ms(), self.release, id)
    }
}

/// A consumer of a group.
#[derive(Clone, Debug)]
pub(crate) struct Consumer {
    /// When it last asked for entries.
    pub(crate) seen_at_ms: i64,
    /// When it last got some, if it ever did.
    pub(crate) active_at_ms: Option<i64>,
    pending: BTreeSet<StreamId>,
}

impl Consumer {
    /// The ids of the entries it is to acknowledge.
    pub(crate) fn pending(&self) -> &BTreeSet<StreamId> {
        &self.pending
    }
}

impl Group {
    pub(crate) fn new(last_id: StreamId, entries_read: Option<u64>) -> Group {
        Group { last_id, entries_read, ..Group::default() }
    }

    /// What its consumers are to acknowledge.
    pub(crate) fn pending(&self) -> &BTreeMap<StreamId, Pending> {
        &self.pending
    }

    /// The pending entries in the order in which they are to be taken over, and since when they wait for that: what was
    /// released does for ever.
    pub(crate) fn pending_by_time(&self) -> impl Iterator<Item = (i64, StreamId)> {
        self.by_time.iter().map(|(at, _, id)| (*at, *id))
    }

    /// How many of the pending entries nobody has.
    pub(crate) fn released(&self) -> usize {
        self.pending.values().filter(|entry| entry.consumer.is_none()).count()
    }

    /// Its consumers, in the order of their names.
    pub(crate) fn consumers(&self) -> &BTreeMap<Bytes, Consumer> {
        &self.consumers
    }

    /// Makes a consumer that was seen now, if there is none of this name; whether there was none.
    pub(crate) fn create_consumer(&mut self, name: &Bytes, now_ms: i64) -> bool {
        let is_new = !self.consumers.contains_key(name);
        if is_new {
            let consumer =
                Consumer { seen_at_ms: now_ms, active_at_ms: None, pending: BTreeSet::new() };
            self.consumers.insert(name.clone(), consumer);
        }
        is_new
    }

    /// Notes that a consumer asks for entries; whether it was made for that.
    pub(crate) fn see(&mut self, name: &Bytes, now_ms: i64) -> bool {
        let is_new = self.create_consumer(name, now_ms);
        self.consumer_mut(name).seen_at_ms = now_ms;
        is_new
    }

    /// Notes that a consumer, which must be there, got entries.
    pub(crate) fn activate(&mut self, name: &Bytes, now_ms: i64) {
        self.consumer_mut(name).active_at_ms = Some(now_ms);
    }

    /// Removes a consumer with all it was to acknowledge; how much that was, if it was there.
    pub(crate) fn delete_consumer(&mut self, name: &[u8]) -> Option<usize> {
        let consumer = self.consumers.remove(name)?;
        for id in &consumer.pending {
            if let Some(entry) = self.pending.remove(id) {
                self.by_time.remove(&entry.turn(*id));
            }
        }
        Some(consumer.pending.len())
    }

    /// Makes an entry pending, whosever it was before. A consumer that gets it is there.
    pub(crate) fn assign(&mut self, id: StreamId, entry: Pending) {
        self.forget(id);
        if let Some(name) = &entry.consumer {
            self.consumer_mut(name).pending.insert(id);
        }
        self.by_time.insert(entry.turn(id));
        self.pending.insert(id, entry);
    }

    /// Makes an entry pending with nobody, the last of those that were released.
    pub(crate) fn release(&mut self, id: StreamId, deliveries: u64) {
        self.releases += 1;
        let release = self.releases;
        self.assign(id, Pending { consumer: None, delivered_at_ms: 0, deliveries, release });
    }

    /// A pending entry is delivered to its consumer once more.
    pub(crate) fn deliver_again(&mut self, id: StreamId, now_ms: i64) {
        let Some(entry) = self.pending.get_mut(&id) else { return };
        self.by_time.remove(&entry.turn(id));
        entry.delivered_at_ms = now_ms;
        entry.deliveries = entry.deliveries.wrapping_add(1);
        self.by_time.insert(entry.turn(id));
    }

    /// Lets a pending entry go; whether there was one.
    pub(crate) fn forget(&mut self, id: StreamId) -> bool {
        let Some(entry) = self.pending.remove(&id) else { return false };
        self.by_time.remove(&entry.turn(id));
        if let Some(name) = &entry.consumer {
            self.consumer_mut(name).pending.remove(&id);
        }
        true
    }

    fn consumer_mut(&mut self, name: &[u8]) -> &mut Consumer {
        self.consumers.get_mut(name).expect("a consumer that is named is there")
    }
}
