//! The format of RDB files and of what DUMP answers: values as bytes, without keys' owners or clients.

mod array;
mod file;
mod form;
mod intset;
mod listpack;
mod load;
mod lzf;
mod payload;
mod reader;
mod save;
mod stream;
#[cfg(test)]
mod tests;
mod writer;
mod ziplist;
mod zipmap;

pub(crate) use file::{Fault, Record, Snapshot, read as read_file};
pub(crate) use form::Form;
pub(crate) use payload::{Refusal, dump, restore};

use std::fmt;

/// What is wrong with bytes that were to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// The value has no elements, which no key can have.
    Empty,
    /// They end too early.
    Truncated,
    /// A type of value that the version which is played does not have.
    UnknownType(u8),
    Corrupt(&'static str),
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Flaw::Empty => f.write_str("a value without elements"),
            Flaw::Truncated => f.write_str("it ends too early"),
            Flaw::UnknownType(kind) => write!(f, "a value of the unknown type {kind}"),
            Flaw::Corrupt(what) => f.write_str(what),
        }
    }
}

/// The result of reading something.
type Read<T> = Result<T, Flaw>;

/// The types of value, by their numbers in the format.
mod kind {
    pub(super) const STRING: u8 = 0;
    pub(super) const LIST: u8 = 1;
    pub(super) const SET: u8 = 2;
    /// Scores are texts.
    pub(super) const ZSET: u8 = 3;
    pub(super) const HASH: u8 = 4;
    /// Scores are eight bytes.
    pub(super) const ZSET_2: u8 = 5;
    pub(super) const MODULE_2: u8 = 7;
    pub(super) const HASH_ZIPMAP: u8 = 9;
    pub(super) const LIST_ZIPLIST: u8 = 10;
    pub(super) const SET_INTSET: u8 = 11;
    pub(super) const ZSET_ZIPLIST: u8 = 12;
    pub(super) const HASH_ZIPLIST: u8 = 13;
    /// A list of ziplists.
    pub(super) const LIST_QUICKLIST: u8 = 14;
    pub(super) const STREAM_LISTPACKS: u8 = 15;
    pub(super) const HASH_LISTPACK: u8 = 16;
    pub(super) const ZSET_LISTPACK: u8 = 17;
    /// A list of listpacks and of large single elements.
    pub(super) const LIST_QUICKLIST_2: u8 = 18;
    /// Also what was ever added and deleted, and how much of it groups have read.
    pub(super) const STREAM_LISTPACKS_2: u8 = 19;
    pub(super) const SET_LISTPACK: u8 = 20;
    /// Also when consumers were last active.
    pub(super) const STREAM_LISTPACKS_3: u8 = 21;
    /// On Valkey: fields with the times at which they expire.
    pub(super) const HASH_2: u8 = 22;
    /// On Redis: as [`HASH_METADATA`], from before its release, with absolute times.
    pub(super) const HASH_METADATA_EARLY: u8 = 22;
    /// On Redis: as [`HASH_LISTPACK_EX`], from before its release, without the first of the times.
    pub(super) const HASH_LISTPACK_EX_EARLY: u8 = 23;
    /// Fields with the times at which they expire, counted from the first of them.
    pub(super) const HASH_METADATA: u8 = 24;
    pub(super) const HASH_LISTPACK_EX: u8 = 25;
    /// A number of this project's own, which no server's is.
    pub(super) const ARRAY: u8 = 200;
}

/// What a node of a quicklist is.
mod container {
    /// One large element.
    pub(super) const PLAIN: u64 = 1;
    /// A listpack.
    pub(super) const PACKED: u64 = 2;
}
