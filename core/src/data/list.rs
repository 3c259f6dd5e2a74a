//! A list in chunks, cut as the real server cuts the nodes of its quicklist.

use std::{collections::VecDeque, ops::Range};

use bytes::Bytes;

use super::limits::Limits;
use super::listpack;

/// What the real server adds to a length when it asks whether an entry still fits into a node.
const ENTRY_ESTIMATE: usize = 8;

/// Nodes limited by their number of entries must not be larger than this, in bytes.
const SAFETY_LIMIT: usize = 8192;

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

/// Entries and the size that a listpack of them would have.
#[derive(Clone, Debug)]
struct Chunk {
    entries: VecDeque<Bytes>,
    size: usize,
}

/// A piece of a list, as the real server stores it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node<'a> {
    chunk: &'a Chunk,
    fill: i64,
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Listpack,
    Quicklist,
}

/// What happened since the encoding was last settled.
#[derive(Clone, Copy, Debug)]
struct Change {
    /// The size and length that the real server would have looked at: those before, plus what was added.
    size: usize,
    len: usize,
    settled_len: usize,
    added_at: Option<End>,
    removed: bool,
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

    fn insert_beside(&mut self, pivot: &[u8], side: End, value: Bytes) -> bool {
        // The real server makes room before it looks for the pivot.
        self.make_room(&value, End::Tail);
        let found =
            self.iter().position(|other| other == pivot).and_then(|index| self.locate(index));
        let Some((chunk, offset)) = found else {
            return false;
        };
        self.len += 1;
        let offset = if side == End::Tail { offset + 1 } else { offset };
        if self.has_room(&self.chunks[chunk], &value) {
            self.chunks[chunk].insert(offset, value);
        } else if offset == 0 {
            self.insert_at_seam(chunk, side, value);
        } else if offset == self.chunks[chunk].entries.len() && side == End::Tail {
            self.insert_at_seam(chunk + 1, side, value);
        } else {
            self.insert_into_full(chunk, offset, side, value);
        }
        true
    }

    /// Inserts between a chunk and the one before it: into the one beyond the seam, if that has room.
    fn insert_at_seam(&mut self, seam: usize, side: End, value: Bytes) {
        let beyond = match side {
            End::Head => seam.checked_sub(1),
            End::Tail => Some(seam),
        };
        match beyond.filter(|&chunk| {
            self.chunks.get(chunk).is_some_and(|chunk| self.has_room(chunk, &value))
        }) {
            Some(chunk) => {
                let offset = if side == End::Head { self.chunks[chunk].entries.len() } else { 0 };
                self.chunks[chunk].insert(offset, value);
            }
            None => self.chunks.insert(seam, Chunk::of(value)),
        }
    }

    /// Splits a chunk, inserts between the halves, and joins what then fits into one.
    fn insert_into_full(&mut self, chunk: usize, offset: usize, side: End, value: Bytes) {
        let behind = self.chunks[chunk].split_off(offset);
        self.chunks.insert(chunk + 1, behind);
        if self.is_large(&value) {
            self.chunks.insert(chunk + 1, Chunk::of(value));
            return self.merge_around(if side == End::Tail { chunk } else { chunk + 2 });
        }
        if side == End::Tail {
            self.chunks[chunk + 1].insert(0, value);
            self.merge_around(chunk);
        } else {
            self.chunks[chunk].insert(offset, value);
            self.merge_around(chunk + 1);
        }
    }

    /// Joins neighbours as the real server does after a split, from the outside in.
    fn merge_around(&mut self, center: usize) {
        let mut center = center;
        if center >= 2 && self.merge(center - 2) {
            center -= 1;
        }
        self.merge(center + 1);
        if center >= 1 && self.merge(center - 1) {
            center -= 1;
        }
        self.merge(center);
    }

    /// Joins a chunk with the next, if they fit into one.
    fn merge(&mut self, chunk: usize) -> bool {
        let (Some(first), Some(second)) = (self.chunks.get(chunk), self.chunks.get(chunk + 1))
        else {
            return false;
        };
        let size = first.size + second.size - listpack::OVERHEAD;
        let entries = first.entries.len() + second.entries.len();
        if node_exceeds(self.fill, size, entries)
            || first.is_large(self.fill)
            || second.is_large(self.fill)
        {
            return false;
        }
        let second = self.chunks.remove(chunk + 1).expect("it has just been looked at");
        self.chunks[chunk].entries.extend(second.entries);
        self.chunks[chunk].size = size;
        true
    }

    /// Replaces a value where either the old or the new one takes a node of its own.
    fn replace_large(&mut self, chunk: usize, offset: usize, value: Bytes) {
        if self.chunks[chunk].is_large(self.fill) {
            self.chunks.remove(chunk);
            return self.insert_at_seam(chunk, End::Tail, value);
        }
        let behind = self.chunks[chunk].split_off(offset + 1);
        if !behind.entries.is_empty() {
            self.chunks.insert(chunk + 1, behind);
        }
        self.chunks.insert(chunk + 1, Chunk::of(value));
        self.chunks[chunk].take(offset);
        if self.chunks[chunk].entries.is_empty() {
            self.chunks.remove(chunk);
        } else {
            self.merge_around(chunk + 1);
        }
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

    fn has_room(&self, chunk: &Chunk, value: &[u8]) -> bool {
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

    fn added(&mut self, value: &[u8], end: End) {
        self.len += 1;
        self.make_room(value, end);
    }

    fn make_room(&mut self, value: &[u8], end: End) {
        self.change.size += value.len();
        self.change.len += 1;
        self.change.added_at = Some(end);
    }

    fn removed(&mut self, count: usize) {
        self.chunks.retain(|chunk| !chunk.entries.is_empty());
        self.len -= count;
        self.change.removed |= count > 0;
    }
}

impl Chunk {
    fn new() -> Chunk {
        Chunk { entries: VecDeque::new(), size: listpack::OVERHEAD }
    }

    fn of(value: Bytes) -> Chunk {
        let mut chunk = Chunk::new();
        chunk.insert(0, value);
        chunk
    }

    /// Whether it is a node of one large value, to which nothing is added.
    fn is_large(&self, fill: i64) -> bool {
        self.entries.len() == 1 && is_large(fill, &self.entries[0])
    }

    fn insert(&mut self, offset: usize, value: Bytes) {
        self.size += listpack::size_of(&value);
        self.entries.insert(offset, value);
    }

    fn replace(&mut self, offset: usize, value: Bytes) {
        self.size += listpack::size_of(&value);
        let old = std::mem::replace(&mut self.entries[offset], value);
        self.size -= listpack::size_of(&old);
    }

    fn take(&mut self, offset: usize) -> Option<Bytes> {
        let value = self.entries.remove(offset)?;
        self.size -= listpack::size_of(&value);
        Some(value)
    }

    fn remove(&mut self, value: &[u8], from: End, count: usize) -> usize {
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

    fn drop_from(&mut self, end: End, count: usize) {
        let dropped = match end {
            End::Head => self.entries.drain(..count),
            End::Tail => self.entries.drain(self.entries.len() - count..),
        };
        self.size -= dropped.map(|value| listpack::size_of(&value)).sum::<usize>();
    }

    fn split_off(&mut self, offset: usize) -> Chunk {
        let entries = self.entries.split_off(offset);
        let size = entries.iter().map(|value| listpack::size_of(value)).sum::<usize>();
        self.size -= size;
        Chunk { entries, size: size + listpack::OVERHEAD }
    }
}

enum NodeLimit {
    Size(usize),
    Entries(usize),
}

/// What `list-max-listpack-size` says of a node.
fn node_limit(fill: i64) -> NodeLimit {
    match fill {
        0.. => NodeLimit::Entries(usize::try_from(fill).unwrap_or(usize::MAX).max(1)),
        -1 => NodeLimit::Size(4096),
        -2 => NodeLimit::Size(8192),
        -3 => NodeLimit::Size(16384),
        -4 => NodeLimit::Size(32768),
        _ => NodeLimit::Size(65536),
    }
}

fn is_large(fill: i64, value: &[u8]) -> bool {
    match node_limit(fill) {
        NodeLimit::Size(limit) => value.len() > limit,
        NodeLimit::Entries(_) => value.len() > SAFETY_LIMIT,
    }
}

fn node_exceeds(fill: i64, size: usize, entries: usize) -> bool {
    match node_limit(fill) {
        NodeLimit::Size(limit) => size > limit,
        NodeLimit::Entries(limit) => size > SAFETY_LIMIT || entries > limit,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value(number: u8) -> Bytes {
        Bytes::from(number.to_string())
    }

    fn filled(count: usize, len: usize, end: End) -> List {
        let mut list = List::new();
        for _ in 0..count {
            list.push(Bytes::from(vec![b'x'; len]), end);
            list.settle(&Limits::default());
        }
        list
    }

    #[test]
    fn it_becomes_a_quicklist_where_redis_8_0_makes_it_one() {
        assert_eq!(filled(79, 100, End::Tail).encoding(), "listpack");
        assert_eq!(filled(81, 100, End::Tail).encoding(), "quicklist");
        assert_eq!(filled(1, 8185, End::Tail).encoding(), "listpack");
        assert_eq!(filled(1, 8186, End::Tail).encoding(), "quicklist");
    }

    #[test]
    fn it_shrinks_back_when_one_node_is_left_and_half_empty() {
        let mut list = List::new();
        for _ in 0..80 {
            list.push(Bytes::from(vec![b'x'; 100]), End::Tail);
        }
        list.settle(&Limits::default());
        assert_eq!(list.encoding(), "listpack");
        list.push(Bytes::from(vec![b'x'; 100]), End::Tail);
        list.settle(&Limits::default());
        while list.encoding() == "quicklist" {
            list.pop(End::Head);
            list.settle(&Limits::default());
        }
        assert_eq!(list.len(), 1);
    }

    #[test]
    fn on_redis_7_0_every_list_is_a_quicklist() {
        let mut list = List::new();
        list.push(value(1), End::Tail);
        list.settle(&Limits { list_listpack: false, ..Limits::default() });
        assert_eq!(list.encoding(), "quicklist");
    }

    #[test]
    fn a_limit_of_entries_holds_for_each_node() {
        let limits = Limits { list_max_listpack_size: 3, ..Limits::default() };
        let mut list = List::new();
        for number in 0..10 {
            list.push(value(number), End::Tail);
            list.settle(&limits);
        }
        assert_eq!(
            list.chunks.iter().map(|chunk| chunk.entries.len()).collect::<Vec<_>>(),
            [3, 3, 3, 1]
        );
    }

    #[derive(Clone, Debug)]
    enum Step {
        Push(u8, bool),
        Pop(bool),
        Set(usize, u8),
        Insert(u8, u8, bool),
        Remove(u8, bool, usize),
        Trim(usize, usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            20 => (0..10u8, any::<bool>()).prop_map(|(value, head)| Step::Push(value, head)),
            4 => any::<bool>().prop_map(Step::Pop),
            4 => (0..60usize, 0..10u8).prop_map(|(index, value)| Step::Set(index, value)),
            8 => (0..10u8, 0..10u8, any::<bool>()).prop_map(|(pivot, value, before)| Step::Insert(pivot, value, before)),
            2 => (0..10u8, any::<bool>(), 0..4usize).prop_map(|(value, head, count)| Step::Remove(value, head, count)),
            1 => (0..10usize, 0..100usize).prop_map(|(start, end)| Step::Trim(start, end)),
        ]
    }

    fn end(head: bool) -> End {
        if head { End::Head } else { End::Tail }
    }

    fn apply(list: &mut List, model: &mut Vec<Bytes>, step: &Step) {
        match *step {
            Step::Push(number, head) => {
                list.push(value(number), end(head));
                model.insert(if head { 0 } else { model.len() }, value(number));
            }
            Step::Pop(head) => {
                let expected =
                    if head && !model.is_empty() { Some(model.remove(0)) } else { model.pop() };
                assert_eq!(list.pop(end(head)), expected);
            }
            Step::Set(index, number) => {
                assert_eq!(list.set(index, value(number)), index < model.len());
                if let Some(entry) = model.get_mut(index) {
                    *entry = value(number);
                }
            }
            Step::Insert(pivot, number, before) => {
                let index = model.iter().position(|entry| *entry == value(pivot));
                let inserted = if before {
                    list.insert_before(&value(pivot), value(number))
                } else {
                    list.insert_after(&value(pivot), value(number))
                };
                assert_eq!(inserted, index.is_some());
                if let Some(index) = index {
                    model.insert(index + usize::from(!before), value(number));
                }
            }
            Step::Remove(number, head, count) => {
                let equal: Vec<_> =
                    (0..model.len()).filter(|&index| model[index] == value(number)).collect();
                let count = count.min(equal.len());
                let doomed = if head { &equal[..count] } else { &equal[equal.len() - count..] };
                doomed.iter().rev().for_each(|&index| drop(model.remove(index)));
                assert_eq!(list.remove(&value(number), end(head), count), count);
            }
            Step::Trim(start, end) => {
                list.trim(start..end);
                model.truncate(end);
                model.drain(..start.min(model.len()));
            }
        }
    }

    fn check_reads(list: &List, model: &[Bytes]) -> Result<(), TestCaseError> {
        prop_assert_eq!(list.len(), model.len());
        prop_assert_eq!(list.iter().collect::<Vec<_>>(), model.iter().collect::<Vec<_>>());
        for index in 0..=model.len() {
            prop_assert_eq!(list.get(index), model.get(index));
            let range: Vec<_> = list.range(index..index + 5).collect();
            prop_assert_eq!(range, model[index..].iter().take(5).collect::<Vec<_>>());
        }
        let mut forward: Vec<_> = list.positions(&value(3), End::Head, usize::MAX).collect();
        prop_assert!(forward.iter().all(|&index| model[index] == value(3)));
        forward.reverse();
        prop_assert_eq!(
            list.positions(&value(3), End::Tail, usize::MAX).collect::<Vec<_>>(),
            forward
        );
        for chunk in &list.chunks {
            prop_assert!(!chunk.entries.is_empty());
            let entries: usize = chunk.entries.iter().map(|entry| listpack::size_of(entry)).sum();
            prop_assert_eq!(chunk.size, entries + listpack::OVERHEAD);
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn it_behaves_as_a_vector_does(steps in prop::collection::vec(step(), 0..150), fill in 1..6_i64) {
            let limits = Limits { list_max_listpack_size: fill, ..Limits::default() };
            let (mut list, mut model) = (List::new(), Vec::new());
            for step in &steps {
                apply(&mut list, &mut model, step);
                list.settle(&limits);
            }
            check_reads(&list, &model)?;
        }
    }
}
