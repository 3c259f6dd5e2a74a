//! A piece of a list, as large as a node of the real server's quicklist may be.
use super::End;
use crate::data::listpack;
use bytes::Bytes;
use std::collections::VecDeque;

/// What the real server adds to a length when it asks whether an entry still fits into a node.
pub(super) const ENTRY_ESTIMATE: usize = 8;

/// Nodes limited by their number of entries must not be larger than this, in bytes.
const SAFETY_LIMIT: usize = 8192;

/// Entries and the size that a listpack of them would have.
#[derive(Clone, Debug)]
pub(super) struct Chunk {
    pub(super) entries: VecDeque<Bytes>,
    pub(super) size: usize,
}

/// A piece of a list, as the real server stores it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node<'a> {
    pub(super) chunk: &'a Chunk,
    pub(super) fill: i64,
}

impl<'a> Node<'a> {
    pub(crate) fn entries(&self) -> impl Iterator<Item = &'a Bytes> + use<'a> {
        self.chunk.entries.iter()
    }

    /// Whether it is one large value by itself.
    pub(crate) fn is_plain(&self) -> bool {
        self.chunk.is_large(self.fill)
    }
}

impl Chunk {
    pub(super) fn new() -> Chunk {
        Chunk { entries: VecDeque::new(), size: listpack::OVERHEAD }
    }

    pub(super) fn of(value: Bytes) -> Chunk {
        let mut chunk = Chunk::new();
        chunk.insert(0, value);
        chunk
    }

    /// Whether it is a node of one large value, to which nothing is added.
    pub(super) fn is_large(&self, fill: i64) -> bool {
        self.entries.len() == 1 && is_large(fill, &self.entries[0])
    }

    pub(super) fn insert(&mut self, offset: usize, value: Bytes) {
        self.size += listpack::size_of(&value);
        self.entries.insert(offset, value);
    }

    pub(super) fn replace(&mut self, offset: usize, value: Bytes) {
        self.size += listpack::size_of(&value);
        let old = std::mem::replace(&mut self.entries[offset], value);
        self.size -= listpack::size_of(&old);
    }

    pub(super) fn take(&mut self, offset: usize) -> Option<Bytes> {
        let value = self.entries.remove(offset)?;
        self.size -= listpack::size_of(&value);
        Some(value)
    }

    pub(super) fn remove(&mut self, value: &[u8], from: End, count: usize) -> usize {
        let equal = self.entries.iter().filter(|entry| *entry == value).count();
        let removed = equal.min(count);
        // Seen from the tail, the first of the equal ones are those that stay.
        let mut spared = if from == End::Tail { equal - removed } else { 0 };
        let mut left = removed;
        self.entries.retain(|entry| {
            if entry != value || left == 0 {
                return true;
            }
            if spared > 0 {
                spared -= 1;
                return true;
            }
            left -= 1;
            false
        });
        self.size -= removed * listpack::size_of(value);
        removed
    }

    pub(super) fn drop_from(&mut self, end: End, count: usize) {
        let dropped = match end {
            End::Head => self.entries.drain(..count),
            End::Tail => self.entries.drain(self.entries.len() - count..),
        };
        self.size -= dropped.map(|value| listpack::size_of(&value)).sum::<usize>();
    }

    pub(super) fn split_off(&mut self, offset: usize) -> Chunk {
        let entries = self.entries.split_off(offset);
        let size = entries.iter().map(|value| listpack::size_of(value)).sum::<usize>();
        self.size -= size;
        Chunk { entries, size: size + listpack::OVERHEAD }
    }
}

pub(super) enum NodeLimit {
    Size(usize),
    Entries(usize),
}

/// What `list-max-listpack-size` says of a node.
pub(super) fn node_limit(fill: i64) -> NodeLimit {
    match fill {
        0.. => NodeLimit::Entries(usize::try_from(fill).unwrap_or(usize::MAX).max(1)),
        -1 => NodeLimit::Size(4096),
        -2 => NodeLimit::Size(8192),
        -3 => NodeLimit::Size(16384),
        -4 => NodeLimit::Size(32768),
        _ => NodeLimit::Size(65536),
    }
}

pub(super) fn is_large(fill: i64, value: &[u8]) -> bool {
    match node_limit(fill) {
        NodeLimit::Size(limit) => value.len() > limit,
        NodeLimit::Entries(_) => value.len() > SAFETY_LIMIT,
    }
}

pub(super) fn node_exceeds(fill: i64, size: usize, entries: usize) -> bool {
    match node_limit(fill) {
        NodeLimit::Size(limit) => size > limit,
        NodeLimit::Entries(limit) => size > SAFETY_LIMIT || entries > limit,
    }
}
