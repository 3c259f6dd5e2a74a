//! How far a group has come, counted in entries.
use super::{Group, Log, StreamId};

/// How a real server reckons, which differs between versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reckoning {
    /// Redis before 7.4, and Valkey before 8.0.
    Old,
    /// Valkey: what a group has read is told only if nothing was deleted behind it, and counted only from the first entry
    /// on.
    Careful,
    /// Redis: also, a group that stands before the first entry is yet to read all that is there.
    FromFirst,
}

impl Log {
    /// How many entries a group has not read yet, if that can be told. What XSETID or ENTRIESREAD made up can be negative.
    pub(crate) fn lag(&self, group: &Group, how: Reckoning) -> Option<i64> {
        if self.entries_added == 0 {
            return Some(0);
        }
        if how == Reckoning::FromFirst {
            if self.is_empty() {
                return Some(0);
            }
            let first = self.first_id();
            if group.last_id < first && self.max_deleted_id < first {
                return Some(i64::try_from(self.len()).expect("a length fits in 63 bits"));
            }
        }
        let valid = group.entries_read.filter(|_| !self.has_tombstone_from(group.last_id, how));
        let read = valid.or_else(|| self.entries_up_to(group.last_id, how))?;
        Some(self.entries_added.wrapping_sub(read).cast_signed())
    }

    /// Moves a group on to an entry that it reads, and counts.
    pub(crate) fn advance(&self, group: &mut Group, id: StreamId, how: Reckoning) {
        let counts = match how {
            Reckoning::Old => !self.has_tombstone_from(id, how),
            Reckoning::Careful | Reckoning::FromFirst => {
                group.last_id >= self.first_id() && !self.has_tombstone_from(group.last_id, how)
            }
        };
        group.entries_read = match group.entries_read {
            Some(read) if counts => Some(read.wrapping_add(1)),
            read if self.entries_added == 0 => read,
            _ => self.entries_up_to(id, how),
        };
        group.last_id = id;
    }

    /// Whether an entry from this id on was deleted, so that counting over it would be wrong.
    fn has_tombstone_from(&self, id: StreamId, how: Reckoning) -> bool {
        let last = self.max_deleted_id;
        let counts = how != Reckoning::Old || self.first_id() <= last;
        !self.is_empty() && last != StreamId::MIN && counts && id <= last
    }

    /// How many entries were ever added up to this id, if that can be told.
    pub(crate) fn entries_up_to(&self, id: StreamId, how: Reckoning) -> Option<u64> {
        if self.entries_added == 0 {
            return Some(0);
        }
        if self.is_empty() && id <= self.last_id {
            return Some(self.entries_added);
        }
        if how != Reckoning::Old && id != StreamId::MIN && id < self.max_deleted_id {
            return None;
        }
        if id >= self.last_id {
            return (id == self.last_id).then_some(self.entries_added);
        }
        let first = self.first_id();
        let whole = self.max_deleted_id == StreamId::MIN || self.max_deleted_id < first;
        let before = self.entries_added.wrapping_sub(self.len() as u64);
        match id.cmp(&first) {
            std::cmp::Ordering::Less if whole => Some(before),
            std::cmp::Ordering::Equal if whole => Some(before.wrapping_add(1)),
            _ => None,
        }
    }
}
