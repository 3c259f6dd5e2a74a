//! The nodes a real server keeps a stream in. Only what is seen of them is kept: how many there are, and where they end.
use super::{Fields, StreamId};
use crate::data::limits::Limits;
use crate::data::listpack::{self, size_of, size_of_int};
use bytes::Bytes;

/// A piece of a stream. It is removed as a whole, once none of its entries is left.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) first: StreamId,
    /// The last entry it ever had, which may be deleted.
    pub(super) last: StreamId,
    pub(super) live: usize,
    deleted: usize,
    /// The first entry, deleted or not. An entry with the same fields does not spell them again.
    master: Fields,
    /// Its size in bytes without the two counts.
    size: usize,
}

/// A node as it is written: what it is found by, the fields of its first entry, and the entries that are there.
#[derive(Debug)]
pub(crate) struct NodeView<'a> {
    pub(crate) first: StreamId,
    pub(crate) names: Vec<&'a Bytes>,
    pub(crate) entries: Vec<(StreamId, &'a Fields)>,
}

/// No node is larger, whatever the limits say.
const LARGEST: usize = 1 << 30;

impl Node {
    pub(super) fn of(id: StreamId, fields: &Fields) -> Node {
        let names = fields.iter().step_by(2).map(|name| size_of(name)).sum::<usize>();
        let master = size_of_count(fields.len() / 2) + names + size_of_int(0);
        let mut node = Node {
            first: id,
            last: id,
            live: 0,
            deleted: 0,
            master: Fields::clone(fields),
            size: listpack::OVERHEAD + master,
        };
        node.append(id, fields);
        node
    }

    /// A node that is read back, with so many entries there and deleted.
    pub(super) fn loaded(
        first: StreamId,
        last: StreamId,
        names: &[Bytes],
        (live, deleted): (usize, usize),
        size: usize,
    ) -> Node {
        let master = names.iter().flat_map(|name| [name.clone(), Bytes::new()]).collect();
        let size = size.saturating_sub(size_of_count(live) + size_of_count(deleted));
        Node { first, last, live, deleted, master, size }
    }

    /// The fields of its first entry, by which others are compared.
    pub(super) fn names(&self) -> impl Iterator<Item = &Bytes> {
        self.master.iter().step_by(2)
    }

    /// Whether an entry may still be appended.
    pub(super) fn has_room(&self, fields: &Fields, limits: &Limits) -> bool {
        let entry: usize = fields.iter().map(Bytes::len).sum();
        let size = self.size + size_of_count(self.live) + size_of_count(self.deleted);
        let max_size = match limits.stream_node_max_bytes {
            1..LARGEST => limits.stream_node_max_bytes,
            _ => LARGEST,
        };
        let max_entries = limits.stream_node_max_entries;
        size + entry < max_size && (max_entries == 0 || self.live + self.deleted < max_entries)
    }

    pub(super) fn append(&mut self, id: StreamId, fields: &Fields) {
        let same = self.has_same_fields(fields);
        let words = fields.iter().skip(usize::from(same)).step_by(1 + usize::from(same));
        let count = fields.len() / 2;
        let (flags, elements) = if same { (2, count + 3) } else { (0, 2 * count + 4) };
        let distance = |from: u64, to: u64| size_of_int(to.wrapping_sub(from).cast_signed());
        self.size += size_of_int(flags)
            + distance(self.first.ms, id.ms)
            + distance(self.first.seq, id.seq)
            + if same { 0 } else { size_of_count(count) }
            + words.map(|word| size_of(word)).sum::<usize>()
            + size_of_count(elements);
        self.live += 1;
        self.last = id;
    }

    pub(super) fn delete(&mut self, count: usize) {
        self.live -= count;
        self.deleted += count;
    }

    fn has_same_fields(&self, fields: &Fields) -> bool {
        let names = |fields: &Fields| fields.iter().step_by(2).cloned().collect::<Vec<_>>();
        fields.len() == self.master.len() && names(fields) == names(&self.master)
    }
}

fn size_of_count(count: usize) -> usize {
    size_of_int(i64::try_from(count).expect("a count of entries is small"))
}

/// How many nodes a compressed radix tree has whose keys are these, in order and each of them once: a piece of key that
/// has no branch is one node, and so is each branch and each end.
pub(super) fn radix_nodes(keys: &[[u8; 16]]) -> usize {
    if keys.is_empty() { 1 } else { radix_nodes_below(keys, 0) }
}

fn radix_nodes_below(keys: &[[u8; 16]], depth: usize) -> usize {
    let (first, last) = (keys[0], keys[keys.len() - 1]);
    let shared = (depth..16).take_while(|at| first[*at] == last[*at]).count();
    if depth + shared == 16 {
        return 1 + usize::from(shared > 0);
    }
    let branch = depth + shared;
    let children = keys.chunk_by(|a, b| a[branch] == b[branch]);
    let below: usize = children.map(|keys| radix_nodes_below(keys, branch + 1)).sum();
    usize::from(shared > 0) + 1 + below
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_radix_tree_has_a_node_for_each_shared_piece_branch_and_end() {
        let keys = |ids: &[(u64, u64)]| {
            let keys = ids.iter().map(|(ms, seq)| StreamId { ms: *ms, seq: *seq }.key());
            radix_nodes(&keys.collect::<Vec<_>>())
        };
        assert_eq!(keys(&[]), 1);
        assert_eq!(keys(&[(1, 1)]), 2);
        // The shared piece, the branch, and two ends.
        assert_eq!(keys(&[(1, 1), (1, 2)]), 4);
        // Behind the branch the two have a piece of their own each.
        assert_eq!(keys(&[(1, 1), (2, 1)]), 6);
    }
}
