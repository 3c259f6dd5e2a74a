//! A stream: a log of entries, and the groups of consumers that share it out among themselves.

mod group;
mod id;
mod lag;
mod log;
mod node;
mod producers;
#[cfg(test)]
mod tests;
mod trim;

pub(crate) use group::{Consumer, Group, Pending};
pub(crate) use id::{NewId, StreamId};
pub(crate) use lag::Reckoning;
pub(crate) use log::Log;
pub(crate) use node::NodeView;
pub(crate) use producers::{Message, Producers};
pub(crate) use trim::{Keep, Trim};

use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The fields and values of an entry, in turn.
pub(crate) type Fields = Arc<[Bytes]>;

/// The value of a stream key. It may be empty.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stream {
    pub(crate) log: Log,
    pub(crate) groups: BTreeMap<Bytes, Group>,
    pub(crate) producers: Producers,
}

/// What becomes of the references that groups hold to an entry to be deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum References {
    /// They stay, and point at nothing.
    #[default]
    Keep,
    /// They go with the entry.
    Delete,
    /// The entry stays until every group has read and acknowledged it. Without a group it can be trimmed, not deleted.
    Acked,
}

/// What came of deleting an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deleted {
    Missing,
    Done,
    /// It is still referred to.
    Kept,
}

impl Stream {
    /// Whether a group is yet to read an entry, or has it pending.
    pub(crate) fn is_referenced(&self, id: StreamId) -> bool {
        self.groups.values().any(|group| id > group.last_id || group.pending().contains_key(&id))
    }

    /// Lets every group forget an entry.
    pub(crate) fn forget(&mut self, id: StreamId) {
        for group in self.groups.values_mut() {
            group.forget(id);
        }
    }

    /// Deletes an entry in regard to who refers to it.
    pub(crate) fn delete(&mut self, id: StreamId, references: References) -> Deleted {
        if references == References::Delete {
            self.forget(id);
        }
        if !self.log.contains(id) {
            Deleted::Missing
        } else if references == References::Acked
            && (self.groups.is_empty() || self.is_referenced(id))
        {
            Deleted::Kept
        } else {
            self.log.delete(id);
            Deleted::Done
        }
    }
}
