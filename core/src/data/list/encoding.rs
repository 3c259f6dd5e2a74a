//! When a list is a listpack and when a quicklist.
use super::chunk::{ENTRY_ESTIMATE, NodeLimit, is_large, node_exceeds, node_limit};
use super::{Chunk, End, List};
use crate::data::limits::Limits;
use crate::data::listpack;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Listpack,
    Quicklist,
}

/// What happened since the encoding was last settled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    /// The size and length that the real server would have looked at: those before, plus what was added.
    pub(super) size: usize,
    pub(super) len: usize,
    pub(super) settled_len: usize,
    pub(super) added_at: Option<End>,
    pub(super) removed: bool,
}

impl List {
    pub(crate) fn encoding(&self) -> &'static str {
        match self.encoding {
            Encoding::Listpack => "listpack",
            Encoding::Quicklist => "quicklist",
        }
    }

    /// Takes the encoding that the real server would have taken during the change.
    ///
    /// A listpack grows into a quicklist before what is added would exceed a node. A quicklist shrinks back when a
    /// removal leaves a single node of at most half that size, so that it does not flip to and fro.
    pub(crate) fn settle(&mut self, limits: &Limits) {
        self.fill = limits.list_max_listpack_size;
        let Change { size, len, added_at, removed, .. } = self.change;
        if self.encoding == Encoding::Listpack {
            let grown = added_at.is_some() && node_exceeds(self.fill, size, len);
            if grown || !limits.list_listpack {
                self.cut(added_at.unwrap_or(End::Tail));
            }
        }
        if removed && limits.list_listpack && self.fits_half_a_node() {
            self.encoding = Encoding::Listpack;
        }
        let size = self.chunks.front().map_or(listpack::OVERHEAD, |chunk| chunk.size);
        self.change =
            Change { size, len: self.len, settled_len: self.len, added_at: None, removed: false };
    }

    pub(super) fn has_room(&self, chunk: &Chunk, value: &[u8]) -> bool {
        self.encoding == Encoding::Listpack
            || !node_exceeds(
                self.fill,
                chunk.size + value.len() + ENTRY_ESTIMATE,
                chunk.entries.len() + 1,
            )
    }

    /// Turns the listpack into a quicklist: what was there becomes a node, what was added at an end is pushed to it.
    fn cut(&mut self, end: End) {
        self.encoding = Encoding::Quicklist;
        let Some(mut settled) = self.chunks.pop_front() else {
            return;
        };
        let before = self.change.settled_len.min(settled.entries.len());
        let added = match end {
            End::Head => {
                let behind = settled.split_off(settled.entries.len() - before);
                std::mem::replace(&mut settled, behind)
            }
            End::Tail => settled.split_off(before),
        };
        let change = self.change;
        self.len = before;
        self.chunks.extend((before > 0).then_some(settled));
        self.set_large_apart();
        let entries = added.entries.into_iter();
        match end {
            End::Head => entries.rev().for_each(|value| self.push(value, end)),
            End::Tail => entries.for_each(|value| self.push(value, end)),
        }
        self.change = change;
    }

    /// Gives a large value that was set in a listpack a node of its own, as if it had been set after the change.
    fn set_large_apart(&mut self) {
        let Some(chunk) = self.chunks.front().filter(|chunk| chunk.entries.len() > 1) else {
            return;
        };
        if let Some(offset) = chunk.entries.iter().position(|value| is_large(self.fill, value)) {
            let value = chunk.entries[offset].clone();
            self.replace_large(0, offset, value);
        }
    }

    fn fits_half_a_node(&self) -> bool {
        let Some(chunk) = self
            .chunks
            .front()
            .filter(|chunk| self.chunks.len() == 1 && !chunk.is_large(self.fill))
        else {
            return false;
        };
        match node_limit(self.fill) {
            NodeLimit::Size(size) => chunk.size <= size / 2,
            NodeLimit::Entries(entries) => chunk.entries.len() <= entries / 2,
        }
    }

    pub(super) fn added(&mut self, value: &[u8], end: End) {
        self.len += 1;
        self.make_room(value, end);
    }

    pub(super) fn make_room(&mut self, value: &[u8], end: End) {
        self.change.size += value.len();
        self.change.len += 1;
        self.change.added_at = Some(end);
    }

    pub(super) fn removed(&mut self, count: usize) {
        self.chunks.retain(|chunk| !chunk.entries.is_empty());
        self.len -= count;
        self.change.removed |= count > 0;
    }
}
