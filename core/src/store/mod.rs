//! Keys: databases, expiry, and the guards through which values change.

mod db;
mod digest;
mod edit;
mod event;
mod frequency;
mod history;
mod memory;
mod value;

pub(crate) use db::{Db, Removal};
pub(crate) use digest::DigestStyle;
pub(crate) use edit::Edit;
pub(crate) use event::{Change, Changes, Lapse, Lapsed, class_of};
pub(crate) use history::{History, Place, Then};
pub(crate) use value::{Kind, Type, Value};

use crate::data::dict::Dict;
use crate::data::limits::Limits;
use bytes::Bytes;
use frequency::Frequency;
pub(crate) use frequency::Pace;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

/// All databases of a server.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct Store {
    spaces: Vec<Keyspace>,
    /// What is kept for snapshots.
    pub(crate) history: History,
    /// What changed since the engine last looked: it voids watches, wakes waiters, notifies.
    pub(crate) changes: Changes,
    /// Whether anybody is to hear of what goes without a command that says so.
    pub(crate) is_followed: bool,
    /// What went without a command that says so, since this was last asked.
    lapsed: RefCell<Vec<Lapse>>,
    /// Keys that were looked for and found dead: that was told, and they go when the command is done.
    found_dead: RefCell<Vec<(usize, Bytes)>>,
    pub(crate) limits: Limits,
    pub(crate) pace: Pace,
    /// Whether small integers are shared, which they are not when each key's use is to be told apart.
    pub(crate) shares_integers: bool,
    /// The time at which the running command began.
    pub(crate) now_ms: i64,
    /// Whether keys expire at their moment, or only when they are next touched.
    pub(crate) active_expiry: bool,
    /// Data is being imported, and what has expired stays until whoever imports it says otherwise.
    pub(crate) imports: bool,
    /// What the running command makes of keys whose time has come.
    pub(crate) overdue: Overdue,
    /// What has expired stays until the server that is replicated says otherwise.
    pub(crate) is_replica: bool,
    /// Nothing changes while CLIENT PAUSE holds clients back.
    pub(crate) is_paused: bool,
    /// Whether the running command's accesses do not count, as CLIENT NO-TOUCH wants it.
    pub(crate) leaves_untouched: bool,
    pub(crate) counts: Counts,
}

/// What becomes of a key whose time has come when a command meets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overdue {
    Goes,
    /// It stays, and is not seen.
    Stays,
    /// It is a key like others.
    Lives,
}

/// What INFO tells of the keyspace.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) hits: Cell<u64>,
    pub(crate) misses: Cell<u64>,
    pub(crate) expired: u64,
    pub(crate) expired_fields: u64,
    pub(crate) evicted: u64,
    /// Changes since the last save, for `rdb_changes_since_last_save`.
    pub(crate) dirty: u64,
}

impl Counts {
    /// Forgets what CONFIG RESETSTAT forgets.
    pub(crate) fn reset(&mut self) {
        *self = Counts { dirty: self.dirty, ..Counts::default() };
    }
}

/// One database.
#[derive(Debug, Default)]
pub(crate) struct Keyspace {
    keys: Dict<Entry>,
    /// Keys that expire, the first to do so first.
    expiries: BTreeSet<(i64, Bytes)>,
    /// Hashes with fields that expire, by the earliest of them.
    field_expiries: BTreeSet<(i64, Bytes)>,
}

/// What stands under a key.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) value: Value,
    pub(crate) expires_at_ms: Option<i64>,
    /// When a field of the value expires next, as the index knows it.
    field_deadline_ms: Option<i64>,
    pub(crate) used_at_ms: Cell<i64>,
    frequency: Cell<Frequency>,
    /// It is one of the small integers that all keys share.
    is_shared: bool,
}

/// Whether an entry keeps room for when it expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    None,
    /// It is to get room.
    Added,
    /// It has room.
    Kept,
}

impl Slot {
    fn added(expires_at_ms: Option<i64>) -> Slot {
        if expires_at_ms.is_some() { Slot::Added } else { Slot::None }
    }
}

impl Entry {
    pub(crate) fn new(value: Value, expires_at_ms: Option<i64>) -> Entry {
        Entry {
            value,
            expires_at_ms,
            field_deadline_ms: None,
            used_at_ms: Cell::new(0),
            frequency: Cell::default(),
            is_shared: false,
        }
    }

    /// Lets a string be stored beside its key and, if that is to be so, its expiry, in so many bytes for all of it.
    fn embed(&mut self, key_len: usize, expiry: Slot, block: usize) {
        const EXPIRY: usize = 8;
        const LONG_KEY: usize = 32;
        let Value::Text(text) = &mut self.value else { return };
        // For a long key what is allocated leaves room for an expiry, unless it would be less.
        let (room, large) = match (block, key_len >= LONG_KEY) {
            (..=64, is_long) => (41_usize, is_long && key_len + text.len() >= 40),
            (_, false) => (113, false),
            (_, true) => (111, key_len >= 108),
        };
        let needs_more = expiry == Slot::Kept || (expiry == Slot::Added && !large);
        let room = room.checked_sub(key_len + if needs_more { EXPIRY } else { 0 });
        text.embed(room, block > 64);
    }

    /// The value is used now.
    pub(crate) fn use_at(&self, now_ms: i64, pace: Pace) {
        self.frequency.set(self.frequency_at(now_ms, pace).used(pace));
        self.used_at_ms.set(now_ms);
    }

    /// The value was used so often, on the scale of OBJECT FREQ.
    pub(crate) fn set_frequency(&self, counter: u8) {
        self.frequency.set(Frequency::of(counter));
    }

    /// How often the value is used, on the logarithmic scale of OBJECT FREQ.
    pub(crate) fn frequency(&self, now_ms: i64, pace: Pace) -> u8 {
        self.frequency_at(now_ms, pace).counter
    }

    /// How often it was used when it last was.
    pub(crate) fn raw_frequency(&self) -> u8 {
        self.frequency.get().counter
    }

    /// A minute is over when the clock says so, and not sixty seconds after the last use.
    fn frequency_at(&self, now_ms: i64, pace: Pace) -> Frequency {
        let minute = |ms: i64| ms.div_euclid(60_000);
        self.frequency.get().decayed(minute(now_ms) - minute(self.used_at_ms.get()), pace)
    }

    /// It counts as new, as what came from another key does from Redis 7.2 on.
    pub(crate) fn renew(&self, now_ms: i64) {
        self.frequency.take();
        self.used_at_ms.set(now_ms);
    }

    /// How many references the real server counts: to what it shares it counts none.
    pub(crate) fn references(&self) -> i64 {
        if self.is_shared { i32::MAX.into() } else { 1 }
    }

    /// Takes the shared value of a small integer, if there is one.
    fn share(&mut self, shares: bool) {
        /// The real server shares the small integers.
        const SHARED: std::ops::Range<i64> = 0..10_000;
        let Value::Text(text) = &self.value else { return };
        self.is_shared = shares
            && text.as_int().is_some_and(|n| SHARED.contains(&n))
            && text.encoding() == "int";
    }
}

impl Store {
    pub(crate) fn new(databases: usize) -> Store {
        Store {
            spaces: std::iter::repeat_with(Keyspace::default).take(databases).collect(),
            history: History::default(),
            changes: Changes::default(),
            is_followed: false,
            lapsed: RefCell::default(),
            found_dead: RefCell::default(),
            limits: Limits::default(),
            pace: Pace::default(),
            shares_integers: false,
            now_ms: 0,
            active_expiry: true,
            imports: false,
            overdue: Overdue::Goes,
            is_replica: false,
            is_paused: false,
            leaves_untouched: false,
            counts: Counts::default(),
        }
    }

    pub(crate) fn databases(&self) -> usize {
        self.spaces.len()
    }

    pub(crate) fn db(&mut self, index: usize) -> Db<'_> {
        Db::new(self, index)
    }

    /// Keys, keys that expire, and the mean time they have left, for each database in use.
    pub(crate) fn sizes(&self) -> impl Iterator<Item = (usize, usize, usize, i64)> {
        self.spaces.iter().enumerate().filter(|(_, space)| !space.keys.is_empty()).map(
            |(index, space)| {
                let volatile = space.expiries.len();
                let left = space.expiries.iter().map(|(at, _)| at.saturating_sub(self.now_ms));
                let left = left.fold(0, i64::saturating_add);
                let mean = left / i64::try_from(volatile.max(1)).expect("a count of keys is small");
                (index, space.keys.len(), volatile, mean.max(0))
            },
        )
    }

    /// Keys of a database, and keys of it that expire.
    pub(crate) fn size_of(&self, db: usize) -> (usize, usize) {
        (self.spaces[db].keys.len(), self.spaces[db].expiries.len())
    }

    /// How many hashes of a database have fields that expire.
    pub(crate) fn hashes_that_expire(&self, db: usize) -> usize {
        self.spaces[db].field_expiries.len()
    }

    /// All keys of a database and what they hold, dead ones included.
    pub(crate) fn entries(
        &self,
        db: usize,
    ) -> impl ExactSizeIterator<Item = (&Bytes, &Entry)> + Clone {
        self.spaces[db].keys.iter()
    }

    /// Whether keys go at their moment.
    pub(crate) fn expires_by_itself(&self) -> bool {
        self.active_expiry && !self.imports && !self.is_replica && !self.is_paused
    }

    /// When the next key or field expires by itself.
    pub(crate) fn next_deadline_ms(&self) -> Option<i64> {
        if !self.expires_by_itself() {
            return None;
        }
        let in_use = self.spaces.iter().filter(|space| !space.keys.is_empty());
        let firsts = in_use.flat_map(|space| {
            [space.expiries.first(), space.field_expiries.first()].into_iter().flatten()
        });
        firsts.map(|(at, _)| at.saturating_add(1)).min()
    }

    /// Lets go of all whose time has come, in the order of their times.
    pub(crate) fn expire_due(&mut self) {
        for index in 0..self.spaces.len() {
            while let Some(key) = self.spaces[index].first_due(self.now_ms) {
                let mut db = self.db(index);
                db.expire_if_due(&key);
                db.expire_fields_if_due(&key);
            }
        }
    }

    /// Notes that something went without a command that says so, if anybody is to hear of it.
    fn lapses(&self, db: usize, key: &Bytes, what: Lapsed) {
        if self.is_followed {
            self.lapsed.borrow_mut().push(Lapse { db, key: key.clone(), what });
        }
    }

    /// What went without a command that says so, since this was last asked.
    pub(crate) fn take_lapsed(&mut self) -> Vec<Lapse> {
        std::mem::take(self.lapsed.get_mut())
    }

    /// Removes the keys that were found dead.
    pub(crate) fn bury(&mut self) {
        for (index, key) in self.found_dead.take() {
            self.counts.expired += 1;
            let mut db = self.db(index);
            if db.has_expired(&key) {
                db.take(&key);
            }
        }
    }

    /// Exchanges two databases. Whoever waits for or watches a key of either looks again.
    pub(crate) fn swap(&mut self, a: usize, b: usize) {
        if a == b {
            return;
        }
        let keys = [a, b].map(|db| self.spaces[db].names());
        for keys in &keys {
            self.remember_each(a, keys);
            self.remember_each(b, keys);
        }
        self.spaces.swap(a, b);
        for (db, keys) in [a, b].into_iter().zip(keys) {
            self.changes.push(Change::Replaced { db, keys });
        }
    }

    /// Empties one database; the number of keys it held.
    pub(crate) fn flush(&mut self, db: usize) -> usize {
        self.remember_all(db);
        let space = std::mem::take(&mut self.spaces[db]);
        let count = space.keys.len();
        self.counts.dirty += count as u64;
        self.changes.push(Change::Replaced { db, keys: space.names() });
        count
    }
}

impl Keyspace {
    /// All keys, dead ones included.
    fn names(&self) -> Vec<Bytes> {
        self.keys.iter().map(|(key, _)| key.clone()).collect()
    }

    fn first_due(&self, now_ms: i64) -> Option<Bytes> {
        // The millisecond a key expires at is the last it lives in.
        let key = self.expiries.first().filter(|(at, _)| *at < now_ms);
        let field = self.field_expiries.first().filter(|(at, _)| *at < now_ms);
        match (key, field) {
            (Some(key), Some(field)) => Some(key.min(field).1.clone()),
            (Some(one), None) | (None, Some(one)) => Some(one.1.clone()),
            (None, None) => None,
        }
    }
}
