//! `maxmemory`: what is evicted when memory runs short, and what is refused then.
use super::World;
use super::session::{Session, SessionId};
use crate::command::{Entry, flag};
use crate::resp::{Error, Result};
use crate::store::{Removal, Store};
use bytes::Bytes;

/// Which keys go first, as `maxmemory-policy` says.
#[derive(Clone, Copy)]
enum Order {
    Any,
    LeastRecentlyUsed,
    LeastFrequentlyUsed,
    FirstToExpire,
}

impl World {
    /// Makes room, as far as the policy allows; what may need more memory is refused if that
    /// was not enough.
    pub(super) fn make_room_for(&mut self, id: SessionId, entry: &Entry) -> Result<()> {
        let limit = self.node.config.each_request().max_memory;
        let fits = limit == 0 || self.make_room(limit);
        if fits && !self.node.is_short_of_memory() {
            return Ok(());
        }
        let session = self.clients.get(id).expect("a request comes from a session");
        let queues_anything = !self.node.persona.at_least(7, 2);
        if may_need_memory(session, entry, queues_anything) {
            Err(Error::OUT_OF_MEMORY)
        } else {
            Ok(())
        }
    }

    /// A limit that CONFIG SET lowers is obeyed at once.
    pub(super) fn obey_memory_limit_after(&mut self, entry: &Entry) {
        if entry.name == "config|set" {
            let limit = self.node.config.each_request().max_memory;
            let _fits = limit == 0 || self.make_room(limit);
        }
    }

    /// Evicts keys until the rest takes no more than this; whether it came so far.
    fn make_room(&mut self, limit: usize) -> bool {
        let policy = self.node.config.text("maxmemory-policy");
        let order = match policy {
            "allkeys-random" | "volatile-random" => Some(Order::Any),
            "allkeys-lru" | "volatile-lru" => Some(Order::LeastRecentlyUsed),
            "allkeys-lfu" | "volatile-lfu" => Some(Order::LeastFrequentlyUsed),
            "volatile-ttl" => Some(Order::FirstToExpire),
            _ => None,
        };
        let volatile = policy.starts_with("volatile");
        while self.store.bytes() > limit {
            let next = order.and_then(|order| self.next_to_go(order, volatile));
            let Some((db, key)) = next else { return false };
            self.store.db(db).remove(&key, Removal::Evicted);
        }
        true
    }

    /// The key to evict. Among many, a few are looked at, as a real server does.
    fn next_to_go(&mut self, order: Order, volatile: bool) -> Option<(usize, Bytes)> {
        let samples = self.node.config.size("maxmemory-samples");
        let mut best: Option<(i64, usize, Bytes)> = None;
        for db in 0..self.store.databases() {
            let count = self.store.entries(db).len();
            let start = if count > samples { self.node.dice.below(count) } else { 0 };
            let from = self.store.entries(db).cycle().skip(start).take(count);
            let fit = from.filter(|(_, entry)| !volatile || entry.expires_at_ms.is_some());
            for (key, entry) in fit.take(samples) {
                let rank = rank(&self.store, order, entry);
                if best.as_ref().is_none_or(|(least, ..)| rank < *least) {
                    best = Some((rank, db, key.clone()));
                }
            }
        }
        best.map(|(_, db, key)| (db, key))
    }
}

/// The lower, the sooner it goes.
fn rank(store: &Store, order: Order, entry: &crate::store::Entry) -> i64 {
    match order {
        Order::Any => 0,
        Order::LeastRecentlyUsed => entry.used_at_ms.get(),
        Order::LeastFrequentlyUsed => i64::from(entry.frequency(store.now_ms, store.pace)),
        Order::FirstToExpire => entry.expires_at_ms.unwrap_or(i64::MAX),
    }
}

/// Whether a command may make the data larger; a transaction may if one of its commands does, and of old whatever is said
/// in it but what ends it.
fn may_need_memory(session: &Session, entry: &Entry, queues_anything: bool) -> bool {
    let queued = session.transaction.iter().flat_map(|transaction| &transaction.queued);
    let ends_it = matches!(entry.name.as_str(), "discard" | "exec" | "quit" | "reset");
    entry.command.is(flag::DENY_OOM)
        || (queues_anything && session.transaction.is_some() && !ends_it)
        || (entry.name == "exec" && queued.into_iter().any(|q| q.entry.command.is(flag::DENY_OOM)))
}
