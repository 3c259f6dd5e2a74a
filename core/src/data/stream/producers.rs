//! What a stream remembers of what its producers added, so that nothing that is sent twice is added twice.
use super::{Fields, StreamId};
use bytes::Bytes;
use std::collections::{BTreeMap, VecDeque};

/// The producers of a stream.
#[derive(Clone, Debug)]
pub(crate) struct Producers {
    /// For how long a message is remembered.
    pub(crate) duration_s: i64,
    /// How many messages of each producer are remembered.
    pub(crate) max_size: usize,
    /// How many messages were added, and how many were not because they were known.
    pub(crate) added: u64,
    pub(crate) duplicates: u64,
    by_name: BTreeMap<Bytes, Producer>,
}

/// What tells a message of a producer from its others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Message {
    /// An id that the producer gave it.
    Named(Bytes),
    /// Its fields and values, in whatever order.
    Content(Vec<[Bytes; 2]>),
}

/// The messages of a producer that are remembered.
#[derive(Clone, Debug, Default)]
struct Producer {
    ids: BTreeMap<Message, StreamId>,
    /// The same messages, the oldest first, and when they were added.
    order: VecDeque<(i64, Message)>,
}

impl Message {
    pub(crate) fn of(fields: &Fields) -> Message {
        let (pairs, _) = fields.as_chunks();
        let mut pairs = pairs.to_vec();
        pairs.sort_unstable();
        Message::Content(pairs)
    }
}

impl Default for Producers {
    fn default() -> Producers {
        Producers {
            duration_s: 100,
            max_size: 100,
            added: 0,
            duplicates: 0,
            by_name: BTreeMap::new(),
        }
    }
}

impl Producers {
    /// The entry that a message was added as, if it is still known.
    pub(crate) fn find(
        &mut self,
        name: &Bytes,
        message: &Message,
        now_ms: i64,
    ) -> Option<StreamId> {
        let oldest_ms = self.oldest_ms(now_ms);
        let producer = self.by_name.get_mut(name)?;
        producer.forget_before(oldest_ms);
        producer.ids.get(message).copied()
    }

    /// Remembers what a message was added as.
    pub(crate) fn remember(&mut self, name: &Bytes, message: Message, id: StreamId, now_ms: i64) {
        let oldest_ms = self.oldest_ms(now_ms);
        let producer = self.by_name.entry(name.clone()).or_default();
        producer.forget_before(oldest_ms);
        producer.order.push_back((now_ms, message.clone()));
        producer.ids.insert(message, id);
        while producer.order.len() > self.max_size {
            producer.forget_oldest();
        }
        self.added += 1;
    }

    /// Forgets all messages.
    pub(crate) fn clear(&mut self) {
        self.by_name.clear();
    }

    /// How many producers and messages are known.
    pub(crate) fn counts(&self, now_ms: i64) -> (usize, usize) {
        let oldest_ms = self.oldest_ms(now_ms);
        let known = |producer: &Producer| {
            producer.order.len() - producer.order.partition_point(|(at, _)| *at <= oldest_ms)
        };
        let counts = self.by_name.values().map(known).filter(|count| *count > 0);
        counts.fold((0, 0), |(producers, messages), count| (producers + 1, messages + count))
    }

    /// What was added then or before is known no more.
    fn oldest_ms(&self, now_ms: i64) -> i64 {
        now_ms.saturating_sub(self.duration_s.saturating_mul(1000))
    }
}

impl Producer {
    fn forget_before(&mut self, oldest_ms: i64) {
        while self.order.front().is_some_and(|(at, _)| *at <= oldest_ms) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, message)) = self.order.pop_front() {
            self.ids.remove(&message);
        }
    }
}
