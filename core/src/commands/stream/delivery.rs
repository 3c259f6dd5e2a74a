//! Delivering entries to a consumer.
use super::reply::{self, at_most};
use super::room::Room;
use crate::data::stream::{Fields, Group, Log, Pending, Reckoning, Stream, StreamId};
use crate::resp::Reply;
use bytes::Bytes;

/// How entries are delivered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Delivery<'a> {
    pub(super) consumer: &'a Bytes,
    /// Zero sets no limit.
    pub(super) count: usize,
    pub(super) acks_at_once: bool,
    /// Pending entries are taken over that were not acknowledged for so long.
    pub(super) claim_ms: Option<i64>,
    pub(super) now_ms: i64,
    pub(super) reckoning: Reckoning,
}

impl Delivery<'_> {
    /// Whether the group has pending entries that are to be taken over.
    pub(super) fn finds_idle(&self, group: &Group) -> bool {
        self.idle(group).next().is_some()
    }

    /// When an entry that is pending now is to be taken over, if none other comes before.
    pub(super) fn next_idle_ms(&self, group: &Group) -> Option<i64> {
        let (first, _) = group.pending_by_time().next()?;
        self.claim_ms.map(|idle| first.saturating_add(idle))
    }

    /// An entry; when some are taken over, also for how long it was idle and how often it was delivered.
    fn show(&self, entry: (StreamId, &Fields), idle_ms: i64, deliveries: u64) -> Reply {
        let mut shown = reply::entry(entry);
        if let (Reply::Array(parts), Some(_)) = (&mut shown, self.claim_ms) {
            parts.extend([idle_ms.into(), Reply::Int(deliveries.cast_signed())]);
        }
        shown
    }

    fn idle<'g>(&self, group: &'g Group) -> impl Iterator<Item = StreamId> + use<'g> {
        let latest = self.claim_ms.map(|idle| self.now_ms.saturating_sub(idle));
        let due = move |(at, _): &(i64, StreamId)| latest.is_some_and(|latest| *at <= latest);
        group.pending_by_time().take_while(due).map(|(_, id)| id)
    }
}

/// The entries the consumer is to acknowledge behind an id. What was deleted since is shown without fields.
pub(super) fn history(
    stream: &mut Stream,
    group: &Bytes,
    delivery: &Delivery<'_>,
    behind: StreamId,
    room: &mut Room,
) -> Reply {
    let Stream { log, groups, .. } = stream;
    let Some(group) = groups.get_mut(group) else { return Reply::EMPTY_ARRAY };
    let (Some(start), Some(consumer)) = (behind.next(), group.consumers().get(delivery.consumer))
    else {
        return Reply::EMPTY_ARRAY;
    };
    let ids: Vec<_> =
        consumer.pending().range(start..).take(at_most(delivery.count)).copied().collect();
    let show = |id: StreamId| match log.get(id) {
        None => Reply::Array(vec![reply::id(id), Reply::NullArray]),
        Some(fields) => {
            group.deliver_again(id, delivery.now_ms);
            reply::entry((id, fields))
        }
    };
    Reply::Array(room.fill(ids.into_iter().map(show)))
}

/// What the consumer gets: pending entries that it is to take over, and then those that no consumer got yet.
pub(super) fn news(
    stream: &mut Stream,
    group: &Bytes,
    delivery: &Delivery<'_>,
    room: &mut Room,
) -> News {
    let Stream { log, groups, .. } = stream;
    let Some(group) = groups.get_mut(group) else { return News::default() };
    let before = group.last_id;
    let (mut entries, mut assigned) = taken_over(log, group, delivery, room);
    let mut gets = !entries.is_empty();
    let start = group.last_id.next();
    let range = start.map(|start| log.range(start, StreamId::MAX));
    let more = at_most(delivery.count) - entries.len();
    let news = range.into_iter().flatten().take(more).map(|(id, fields)| {
        log.advance(group, id, delivery.reckoning);
        if !delivery.acks_at_once {
            group.assign(id, Pending::with(delivery.consumer, delivery.now_ms, 1));
            assigned.push(id);
            gets = true;
        }
        delivery.show((id, fields), 0, 0)
    });
    entries.extend(room.fill(news));
    if gets {
        group.activate(delivery.consumer, delivery.now_ms);
    }
    News { entries, assigned, before }
}

/// What a consumer gets.
#[derive(Debug, Default)]
pub(super) struct News {
    pub(super) entries: Vec<Reply>,
    /// What it has to acknowledge of that.
    pub(super) assigned: Vec<StreamId>,
    /// How far the group was before.
    pub(super) before: StreamId,
}

/// The pending entries that the consumer takes over. What was deleted since is no longer pending then.
fn taken_over(
    log: &Log,
    group: &mut Group,
    delivery: &Delivery<'_>,
    room: &mut Room,
) -> (Vec<Reply>, Vec<StreamId>) {
    let ids: Vec<_> = delivery.idle(group).collect();
    let (mut entries, mut assigned) = (Vec::new(), Vec::new());
    for id in ids {
        if entries.len() == at_most(delivery.count) || room.is_full() {
            break;
        }
        let (Some(fields), Some(before)) = (log.get(id), group.pending().get(&id)) else {
            group.forget(id);
            continue;
        };
        let (idle, deliveries) = (before.idle_ms(delivery.now_ms), before.deliveries);
        let entry = Pending::with(delivery.consumer, delivery.now_ms, before.next_deliveries());
        group.assign(id, entry);
        assigned.push(id);
        let shown = delivery.show((id, fields), idle, deliveries);
        room.add(&shown);
        entries.push(shown);
    }
    (entries, assigned)
}
