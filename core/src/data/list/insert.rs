//! Values put between others, where nodes are split and joined as the real server does it.
use super::chunk::node_exceeds;
use super::{Chunk, End, List};
use crate::data::listpack;
use bytes::Bytes;

impl List {
    pub(super) fn insert_beside(&mut self, pivot: &[u8], side: End, value: Bytes) -> bool {
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
    pub(super) fn replace_large(&mut self, chunk: usize, offset: usize, value: Bytes) {
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
}
