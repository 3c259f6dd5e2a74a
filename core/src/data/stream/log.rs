//! The entries of a stream in the order of their ids, and what is remembered of those that are gone.
use super::node::{Node, NodeView, radix_nodes};
use super::{Fields, NewId, StreamId};
use crate::data::limits::Limits;
use bytes::Bytes;
use std::collections::BTreeMap;

/// The log of a stream. An entry is found, added or removed in logarithmic time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    entries: BTreeMap<StreamId, Fields>,
    /// By the first id each of them had.
    pub(super) nodes: BTreeMap<StreamId, Node>,
    /// The largest id ever given, or what XSETID made of it.
    pub(crate) last_id: StreamId,
    /// The largest id that was deleted; trimming does not count.
    pub(crate) max_deleted_id: StreamId,
    /// How many entries were ever added.
    pub(crate) entries_added: u64,
}

impl Log {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn contains(&self, id: StreamId) -> bool {
        self.entries.contains_key(&id)
    }

    pub(crate) fn get(&self, id: StreamId) -> Option<&Fields> {
        self.entries.get(&id)
    }

    /// The id of the first entry that is there, or zero.
    pub(crate) fn first_id(&self) -> StreamId {
        self.entries.keys().next().copied().unwrap_or_default()
    }

    /// The id of the last entry that is there, or zero.
    pub(crate) fn top_id(&self) -> StreamId {
        self.entries.keys().next_back().copied().unwrap_or_default()
    }

    /// Whether no id is left for another entry.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.last_id == StreamId::MAX
    }

    /// The entries from one id to another, both included.
    pub(crate) fn range(
        &self,
        start: StreamId,
        end: StreamId,
    ) -> impl DoubleEndedIterator<Item = (StreamId, &Fields)> {
        let range = (start <= end).then(|| self.entries.range(start..=end));
        range.into_iter().flatten().map(|(id, fields)| (*id, fields))
    }

    /// Appends an entry; its id, if one is left that is larger than all before.
    pub(crate) fn add(
        &mut self,
        id: NewId,
        fields: Fields,
        now_ms: i64,
        limits: &Limits,
    ) -> Option<StreamId> {
        let id = id.after(self.last_id, u64::try_from(now_ms).unwrap_or(0))?;
        let last = self.nodes.last_entry();
        match last.filter(|node| node.get().has_room(&fields, limits)) {
            Some(mut node) => node.get_mut().append(id, &fields),
            None => {
                self.nodes.insert(id, Node::of(id, &fields));
            }
        }
        self.entries.insert(id, fields);
        self.last_id = id;
        self.entries_added = self.entries_added.wrapping_add(1);
        Some(id)
    }

    /// Deletes an entry, and remembers that there was one; whether it was there.
    pub(crate) fn delete(&mut self, id: StreamId) -> bool {
        let was_there = self.remove(id);
        if was_there {
            self.max_deleted_id = self.max_deleted_id.max(id);
        }
        was_there
    }

    /// Removes an entry without a trace, and its node with the last of them; whether it was there.
    pub(super) fn remove(&mut self, id: StreamId) -> bool {
        if !self.strike(id) {
            return false;
        }
        let (first, node) =
            self.nodes.range(..=id).next_back().expect("every entry stands in a node");
        if node.live == 0 {
            let first = *first;
            self.nodes.remove(&first);
        }
        true
    }

    /// Removes an entry without a trace and leaves its node, though none of its entries may be left; whether it was there.
    pub(super) fn strike(&mut self, id: StreamId) -> bool {
        if self.entries.remove(&id).is_none() {
            return false;
        }
        let node = self.nodes.range_mut(..=id).next_back();
        node.expect("every entry stands in a node").1.delete(1);
        true
    }

    /// Its nodes, from the first to the last.
    pub(crate) fn nodes(&self) -> impl ExactSizeIterator<Item = NodeView<'_>> {
        self.nodes.iter().map(|(first, node)| NodeView {
            first: *first,
            names: node.names().collect(),
            entries: self.range(*first, node.last).collect(),
        })
    }

    /// Adds a node that is read back: the id it is found by, the fields of its first entry, its entries, without fields
    /// those that were deleted, and how many bytes a real server keeps it in. False if one is found by this id already.
    pub(crate) fn load_node(
        &mut self,
        first: StreamId,
        names: &[Bytes],
        entries: Vec<(StreamId, Option<Fields>)>,
        size: usize,
    ) -> bool {
        let ids = entries.iter().map(|(id, _)| *id);
        let last = ids.max().unwrap_or(first);
        let live = entries.iter().filter(|(_, fields)| fields.is_some()).count();
        let node = Node::loaded(first, last, names, (live, entries.len() - live), size);
        let found = entries.into_iter().filter_map(|(id, fields)| Some((id, fields?)));
        self.entries.extend(found);
        self.nodes.insert(first, node).is_none()
    }

    /// How many nodes there are, and how many the tree has in which a real server keeps them.
    pub(crate) fn tree_size(&self) -> (usize, usize) {
        let keys: Vec<_> = self.nodes.keys().map(|id| id.key()).collect();
        (keys.len(), radix_nodes(&keys))
    }
}
