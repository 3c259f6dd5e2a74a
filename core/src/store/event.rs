//! What happens to keys, in the words of keyspace notifications.
use bytes::Bytes;
use std::cell::RefCell;

/// Something that happened to a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// A key was changed, by an event of this name.
    Key { db: usize, key: Bytes, event: &'static str },
    /// Something happened to a key that leaves watches of it whole, as what a stream's groups do.
    Told { db: usize, key: Bytes, event: &'static str },
    /// A key was changed in a way of which the keyspace tells nothing.
    Silent { db: usize, key: Bytes },
    /// Who waits for a key may find something there now, though it is not new.
    Ready { db: usize, key: Bytes },
    /// A key was read that is not there: only who asked for such events hears of it.
    Missed { db: usize, key: Bytes },
    /// A database was emptied, or exchanged for another: these keys were in it, dead or alive.
    Replaced { db: usize, keys: Vec<Bytes> },
}

/// Something that went without a command that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lapse {
    pub(crate) db: usize,
    pub(crate) key: Bytes,
    pub(crate) what: Lapsed,
}

/// What went, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lapsed {
    Expired,
    Evicted,
    /// These fields of the hash expired.
    Fields(Vec<Bytes>),
}

/// What happened and was not told yet. Who only reads may add to it: that a key is missing is told.
#[derive(Debug, Default)]
pub(crate) struct Changes(RefCell<Vec<Change>>);

impl Changes {
    pub(crate) fn push(&self, change: Change) {
        self.0.borrow_mut().push(change);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// What happened until now, to be worked off.
    pub(crate) fn take(&mut self) -> Vec<Change> {
        std::mem::take(self.0.get_mut())
    }

    /// The room of what was worked off, for what happens next.
    pub(crate) fn reuse(&mut self, worked_off: Vec<Change>) {
        const MOST_KEPT: usize = 64;
        if self.0.get_mut().capacity() == 0 && worked_off.capacity() <= MOST_KEPT {
            *self.0.get_mut() = worked_off;
        }
    }
}

/// The class of `notify-keyspace-events` an event belongs to.
pub(crate) fn class_of(event: &str) -> u8 {
    match event {
        "append" | "set" | "setrange" | "setbit" | "incrby" | "incrbyfloat" | "decrby"
        | "pfadd" => b'$',
        "lpush" | "rpush" | "lpop" | "rpop" | "linsert" | "lset" | "lrem" | "ltrim"
        | "sortstore" => b'l',
        "sadd" | "srem" | "spop" | "sinterstore" | "sunionstore" | "sdiffstore" => b's',
        "new" => b'n',
        "expired" => b'x',
        "evicted" => b'e',
        "keymiss" => b'm',
        _ if event.starts_with('h') => b'h',
        _ if event.starts_with('z') || event.starts_with("geo") => b'z',
        _ if event.starts_with('x') => b't',
        _ => b'g',
    }
}

#[cfg(test)]
mod tests {
    use super::class_of;

    #[test]
    fn events_fall_into_the_real_classes() {
        for (event, class) in
            [("set", b'$'), ("del", b'g'), ("rename_to", b'g'), ("hincrby", b'h'), ("zadd", b'z')]
        {
            assert_eq!(class_of(event), class, "{event}");
        }
    }
}
