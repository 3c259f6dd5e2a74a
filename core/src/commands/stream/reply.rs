//! Entries and ids as replies show them.
use crate::data::stream::{Fields, Log, Pending, StreamId};
use crate::resp::Reply;
use std::ops::RangeInclusive;

pub(super) fn id(id: StreamId) -> Reply {
    id.to_string().into()
}

/// An entry: its id, and its fields and values in turn.
pub(super) fn entry((id, fields): (StreamId, &Fields)) -> Reply {
    Reply::Array(vec![self::id(id), Reply::bulks(fields.iter().cloned())])
}

/// Who has a pending entry, and how often it was delivered.
pub(super) fn holder(entry: &Pending) -> [Reply; 2] {
    let consumer = entry.consumer.clone().unwrap_or_default();
    [consumer.into(), Reply::Int(entry.deliveries.cast_signed())]
}

/// The entries of a range, at most as many as `count`; zero sets no limit.
pub(super) fn entries(log: &Log, range: RangeInclusive<StreamId>, count: usize) -> Reply {
    let entries = log.range(*range.start(), *range.end());
    Reply::Array(entries.take(at_most(count)).map(entry).collect())
}

/// A count of which zero sets no limit.
pub(super) fn at_most(count: usize) -> usize {
    if count == 0 { usize::MAX } else { count }
}
