//! A list in chunks, cut as the real server cuts the nodes of its quicklist.

mod chunk;
mod encoding;
mod insert;
#[cfg(test)]
mod tests;

use std::{collections::VecDeque, ops::Range};

use bytes::Bytes;

use super::limits::Limits;
use super::listpack;
pub(crate) use chunk::Node;
use chunk::{Chunk, is_large, node_exceeds};
use encoding::{Change, Encoding};

/// An end of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Head,
    Tail,
}

/// The value of a list key. Both ends are at hand; an index is found by skipping chunks.
#[derive(Clone, Debug)]
pub(crate) struct List {
    /// None is empty; while the list is a listpack there is at most one.
    chunks: VecDeque<Chunk>,
    len: usize,
    encoding: Encoding,
    /// What `list-max-listpack-size` was when the encoding was last settled.
    fill: i64,
    change: Change,
}

impl Default for List {
    fn default() -> List {
        List {
            chunks: VecDeque::new(),
            len: 0,
            encoding: Encoding::Listpack,
            fill: Limits::default().list_max_listpack_size,
            change: Change {
                size: listpack::OVERHEAD,
                len: 0,
                settled_len: 0,
                added_at: None,
                removed: false,
            },
        }
    }
}

impl List {
    #[cfg(test)]
    pub(crate) fn new() -> List {
        List::default()
    }

    /// An empty list that is filled node by node or value by value, as one that is read back.
    pub(crate) fn quicklist(limits: &Limits) -> List {
        let fill = limits.list_max_listpack_size;
        List { encoding: Encoding::Quicklist, fill, ..List::default() }
    }

    /// Adds a value to the last node, or to a new one if it has no room there.
    pub(crate) fn push_back(&mut self, value: Bytes) {
        self.push(value, End::Tail);
    }

    /// Adds a node of these values as it is, if there are any.
    pub(crate) fn push_node(&mut self, values: impl IntoIterator<Item = Bytes>) {
        let mut chunk = Chunk::new();
        values.into_iter().for_each(|value| chunk.insert(chunk.entries.len(), value));
        self.len += chunk.entries.len();
        self.chunks.extend((!chunk.entries.is_empty()).then_some(chunk));
    }

    /// Makes a quicklist a listpack if it is small enough, as the real server does with what it has read.
    pub(crate) fn become_listpack(&mut self, limits: &Limits) {
        self.settle(limits);
        let [chunk] = self.chunks.make_contiguous() else { return };
        let fits = !node_exceeds(self.fill, chunk.size, chunk.entries.len());
        if limits.list_listpack && fits && !chunk.is_large(self.fill) {
            self.encoding = Encoding::Listpack;
        }
    }

    /// Its nodes, from the first to the last.
    pub(crate) fn nodes(&self) -> impl ExactSizeIterator<Item = Node<'_>> {
        self.chunks.iter().map(|chunk| Node { chunk, fill: self.fill })
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) fn push(&mut self, value: Bytes, end: End) {
        self.added(&value, end);
        let chunk = match end {
            End::Head => self.chunks.front(),
            End::Tail => self.chunks.back(),
        };
        if chunk.is_none_or(|chunk| !self.has_room(chunk, &value)) {
            match end {
                End::Head => self.chunks.push_front(Chunk::new()),
                End::Tail => self.chunks.push_back(Chunk::new()),
            }
        }
        match end {
            End::Head => self.chunks.front_mut().map(|chunk| chunk.insert(0, value)),
            End::Tail => {
                self.chunks.back_mut().map(|chunk| chunk.insert(chunk.entries.len(), value))
            }
        };
    }

    pub(crate) fn pop(&mut self, end: End) -> Option<Bytes> {
        let index = match end {
            End::Head => 0,
            End::Tail => self.len.checked_sub(1)?,
        };
        self.take(index)
    }

    pub(crate) fn get(&self, index: usize) -> Option<&Bytes> {
        let (chunk, offset) = self.locate(index)?;
        self.chunks[chunk].entries.get(offset)
    }

    /// Makes room for a value that finds no place: the real server makes it before it looks.
    pub(crate) fn make_room_for(&mut self, value: &[u8]) {
        self.make_room(value, End::Tail);
    }

    /// Replaces the value at an index; false if there is none.
    pub(crate) fn set(&mut self, index: usize, value: Bytes) -> bool {
        let Some((chunk, offset)) = self.locate(index) else {
            return false;
        };
        self.change.size += value.len();
        self.change.len += 1;
        self.change.added_at = self.change.added_at.or(Some(End::Tail));
        self.change.removed = true;
        let was_large =
            self.encoding == Encoding::Quicklist && self.chunks[chunk].is_large(self.fill);
        if self.is_large(&value) == was_large {
            self.chunks[chunk].replace(offset, value);
        } else {
            self.replace_large(chunk, offset, value);
        }
        true
    }

    /// Inserts before the first value that equals the pivot; false if there is none.
    pub(crate) fn insert_before(&mut self, pivot: &[u8], value: Bytes) -> bool {
        self.insert_beside(pivot, End::Head, value)
    }

    /// Inserts after the first value that equals the pivot; false if there is none.
    pub(crate) fn insert_after(&mut self, pivot: &[u8], value: Bytes) -> bool {
        self.insert_beside(pivot, End::Tail, value)
    }

    /// Removes up to `count` values that equal this one, the first of them seen from an end; returns how many.
    pub(crate) fn remove(&mut self, value: &[u8], from: End, count: usize) -> usize {
        let mut left = count;
        let chunks: &mut dyn Iterator<Item = &mut Chunk> = match from {
            End::Head => &mut self.chunks.iter_mut(),
            End::Tail => &mut self.chunks.iter_mut().rev(),
        };
        for chunk in chunks {
            if left == 0 {
                break;
            }
            left -= chunk.remove(value, from, left);
        }
        self.removed(count - left);
        count - left
    }

    /// Keeps only the values at these indexes.
    pub(crate) fn trim(&mut self, keep: Range<usize>) {
        let end = keep.end.min(self.len);
        let start = keep.start.min(end);
        self.drop_from(End::Tail, self.len - end);
        self.drop_from(End::Head, start);
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Bytes> + Clone {
        self.chunks.iter().flat_map(|chunk| &chunk.entries)
    }

    /// The values at these indexes; what of the range is not there is left out.
    pub(crate) fn range(&self, indexes: Range<usize>) -> impl Iterator<Item = &Bytes> + Clone {
        let (chunk, offset) = self.locate(indexes.start).unwrap_or((self.chunks.len(), 0));
        let from_chunk = self.chunks.range(chunk..).flat_map(|chunk| &chunk.entries);
        from_chunk.skip(offset).take(indexes.len())
    }

    /// The indexes of the values that equal this one, in the order met from an end, among the first `compared` values
    /// from there.
    pub(crate) fn positions(
        &self,
        value: &[u8],
        from: End,
        compared: usize,
    ) -> impl Iterator<Item = usize> {
        let mut values = self.iter();
        let met = std::iter::from_fn(move || match from {
            End::Head => values.next(),
            End::Tail => values.next_back(),
        });
        let equal = met.take(compared).enumerate().filter(move |(_, other)| **other == value);
        equal.map(move |(distance, _)| match from {
            End::Head => distance,
            End::Tail => self.len - 1 - distance,
        })
    }

    /// How many bytes the nodes would hold that the real server keeps it in.
    pub(crate) fn node_bytes(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.size).sum()
    }

    /// Whether a value is so large that it takes a node of its own.
    fn is_large(&self, value: &[u8]) -> bool {
        self.encoding == Encoding::Quicklist && is_large(self.fill, value)
    }

    fn take(&mut self, index: usize) -> Option<Bytes> {
        let (chunk, offset) = self.locate(index)?;
        let value = self.chunks[chunk].take(offset);
        if self.chunks[chunk].entries.is_empty() {
            self.chunks.remove(chunk);
        }
        self.len -= 1;
        self.change.removed = true;
        value
    }

    fn drop_from(&mut self, end: End, count: usize) {
        let mut left = count;
        while left > 0 {
            let chunk = match end {
                End::Head => self.chunks.front_mut(),
                End::Tail => self.chunks.back_mut(),
            };
            let chunk = chunk.expect("no more is dropped than there is");
            let dropped = left.min(chunk.entries.len());
            chunk.drop_from(end, dropped);
            left -= dropped;
            if chunk.entries.is_empty() {
                match end {
                    End::Head => self.chunks.pop_front(),
                    End::Tail => self.chunks.pop_back(),
                };
            }
        }
        self.removed(count);
    }

    /// The chunk of an index and the place in it, sought from the nearer end.
    fn locate(&self, index: usize) -> Option<(usize, usize)> {
        if index >= self.len {
            return None;
        }
        if index < self.len / 2 {
            let mut offset = index;
            for (place, chunk) in self.chunks.iter().enumerate() {
                if offset < chunk.entries.len() {
                    return Some((place, offset));
                }
                offset -= chunk.entries.len();
            }
        }
        let mut end = self.len;
        for (place, chunk) in self.chunks.iter().enumerate().rev() {
            end -= chunk.entries.len();
            if index >= end {
                return Some((place, index - end));
            }
        }
        None
    }
}
