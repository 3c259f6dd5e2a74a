//! The store in the host's hands: values that it reads, writes and puts back, without a client and without a call.
//!
//! Whatever is written voids watches, wakes who waits and notifies the keyspace as the command would that writes such
//! a value: SET, RPUSH, SADD, HSET, ZADD, XADD, RESTORE, after DEL if the key was there; and EXPIRE, if it shall expire.
//! Neither `maxmemory` nor any state of the server stands in the host's way.
mod write;

use super::World;
use super::persistence::Loading;
use super::task::Ask;
use crate::clock::Micros;
use crate::rdb;
use crate::store::{self, Change, Place, Removal, Then};
use crate::value::{self, Diff, Item, KeyChange, Plain, Resolved, Value};
use bytes::Bytes;
use std::time::Duration;
use write::{check, write};

/// What was done, or why not.
type Done<T = ()> = Result<T, String>;

/// The largest score of time there is: what expires later never does.
const FOREVER_MS: i64 = i64::MAX / 2;

impl World {
    /// Does something at this time that no client asked for, and what follows from it.
    pub(crate) fn by_hand<T>(
        &mut self,
        now: Micros,
        asks: &mut Vec<Ask>,
        act: impl FnOnce(&mut World) -> T,
    ) -> T {
        self.at(now);
        if self.store.expires_by_itself() {
            self.store.expire_due();
        }
        self.settle(asks);
        let done = act(self);
        self.settle(asks);
        done
    }

    /// What a key holds, and how much longer it lives.
    pub(crate) fn held(&mut self, db: usize, key: &[u8]) -> Option<(Value, Option<Duration>)> {
        let now_ms = self.store.now_ms;
        self.store.db(db).peek(key).map(|entry| held(entry, now_ms))
    }

    /// Lets a key hold a value, whatever it held.
    pub(crate) fn put_by_hand(&mut self, item: Item) -> Done {
        let Item { db, key, value, ttl } = item;
        if db >= self.store.databases() {
            let databases = self.store.databases();
            return Err(format!("there is no database {db}, but {databases}, from 0 on"));
        }
        let in_key = |why: String| format!("key '{}': {why}", key.escape_ascii());
        let ttl_ms = ttl.map(millis).transpose().map_err(in_key)?;
        check(&value).map_err(in_key)?;
        let value = match value {
            Value::Dump(payload) => {
                let (form, limits) = (self.node.rdb_form(), &self.store.limits);
                let value = rdb::restore(&payload, form, limits, true).map_err(|refusal| {
                    let why = match refusal {
                        rdb::Refusal::Footer => {
                            "its version is too new or its checksum wrong".into()
                        }
                        rdb::Refusal::Value(flaw) => flaw.to_string(),
                    };
                    in_key(format!("it is not what DUMP answers: {why}"))
                })?;
                Made::Whole(value)
            }
            value => Made::Typed(value),
        };
        let now_ms = self.store.now_ms;
        let expires_at_ms = ttl_ms.map(|ttl| now_ms.saturating_add(ttl).min(FOREVER_MS));
        let mut db = self.store.db(db);
        if !matches!(value, Made::Typed(Value::String(_))) {
            db.remove(&key, Removal::Deleted);
        }
        match value {
            Made::Whole(value) => db.put(&key, value, None, "restore"),
            Made::Typed(value) => write(&mut db, &key, value).map_err(in_key)?,
        }
        if expires_at_ms.is_some() {
            db.set_expiry(&key, expires_at_ms);
            db.changed(&key, "expire");
        }
        Ok(())
    }

    /// Lets a key expire so much later, or never; whether it is there.
    pub(crate) fn expire_by_hand(
        &mut self,
        db: usize,
        key: &Bytes,
        ttl: Option<Duration>,
    ) -> Done<bool> {
        let ttl_ms = ttl.map(millis).transpose()?;
        let now_ms = self.store.now_ms;
        let mut db = self.store.db(db);
        if !db.contains(key) {
            return Ok(false);
        }
        match ttl_ms {
            Some(ttl) => {
                db.set_expiry(key, Some(now_ms.saturating_add(ttl).min(FOREVER_MS)));
                db.changed(key, "expire");
            }
            None => drop(db.persist(key)),
        }
        Ok(true)
    }

    /// Has these keys, from now on and after each reset.
    pub(crate) fn begin_with(&mut self, items: Vec<Item>) -> Done {
        self.at(self.node.now);
        self.load_by_hand(Resolved::Items(items.clone()))?;
        self.initial_keys = items;
        Ok(())
    }

    /// Loads data. All of it or, if something is wrong with it, nothing.
    pub(crate) fn load_by_hand(&mut self, data: Resolved) -> Done {
        let snapshot = self.store.history.begin();
        let before = std::mem::take(&mut self.store.changes);
        let loaded = match data {
            Resolved::Items(items) => items.into_iter().try_for_each(|item| self.put_by_hand(item)),
            Resolved::Rdb(bytes) => self.load_rdb(&bytes),
        };
        if loaded.is_err() {
            self.store.go_back_to(snapshot);
            self.store.changes = before;
        } else {
            let mut changes = std::mem::replace(&mut self.store.changes, before);
            changes.take().into_iter().for_each(|change| self.store.changes.push(change));
        }
        self.store.history.end(snapshot);
        loaded
    }

    fn load_rdb(&mut self, bytes: &[u8]) -> Done {
        let loading = Loading { flushes: false, merges: true };
        self.load(bytes, loading).map_err(|error| error.to_string())?;
        for db in 0..self.store.databases() {
            let keys: Vec<_> = self.store.entries(db).map(|(key, _)| key.clone()).collect();
            self.store.changes.push(Change::Replaced { db, keys });
        }
        Ok(())
    }

    /// All databases as a document.
    pub(crate) fn document(&mut self) -> Plain {
        let (now_ms, form) = (self.store.now_ms, self.node.rdb_form());
        let mut databases = Vec::new();
        for index in 0..self.store.databases() {
            let db = self.store.db(index);
            let mut keys: Vec<_> = db.iter().collect();
            keys.sort_by_key(|(key, _)| *key);
            let pairs = keys.into_iter().map(|(key, entry)| {
                let (value, ttl) = held(entry, now_ms);
                let dump = || rdb::dump(&entry.value, form);
                (Plain::Bytes(key.clone()), value::item(value, ttl, dump))
            });
            let pairs: Vec<_> = pairs.collect();
            if !pairs.is_empty() {
                databases.push((index, pairs));
            }
        }
        if databases.iter().all(|(index, _)| *index == 0) {
            return Plain::Map(databases.pop().map(|(_, pairs)| pairs).unwrap_or_default());
        }
        let database =
            |(index, pairs): (usize, _)| (Plain::Text(index.to_string()), Plain::Map(pairs));
        let databases = databases.into_iter().map(database).collect();
        Plain::Map(vec![(Plain::Text("$databases".into()), Plain::Map(databases))])
    }

    /// What differs between two snapshots, or between one and now. Nothing, if one of them is no longer kept.
    pub(crate) fn difference(&mut self, a: u64, b: Option<u64>) -> Option<Diff> {
        let now_ms = self.store.now_ms;
        let places = self.store.history.changed_between(a, b)?;
        let mut changes = Vec::new();
        for place in places {
            let before = self.held_then(Some(a), &place, now_ms);
            let after = self.held_then(b, &place, now_ms);
            changes.extend(KeyChange::between(place, before, after));
        }
        Some(Diff { changes })
    }

    /// What a key held at a snapshot, or holds now.
    fn held_then(
        &mut self,
        snapshot: Option<u64>,
        place: &Place,
        now_ms: i64,
    ) -> Option<(Value, Option<Duration>)> {
        let Some(snapshot) = snapshot else { return self.held(place.0, &place.1) };
        match self.store.history.held_at(snapshot, place) {
            Then::Held(entry) => entry.map(|entry| held(entry, now_ms)),
            Then::AsNow => self.held(place.0, &place.1),
        }
    }
}

/// What is written: a value of the store's, or one that is still to be made.
enum Made {
    Whole(store::Value),
    Typed(Value),
}

fn held(entry: &store::Entry, now_ms: i64) -> (Value, Option<Duration>) {
    let left =
        |at: i64| Duration::from_millis(u64::try_from(at.saturating_sub(now_ms)).unwrap_or(0));
    (Value::read(&entry.value, now_ms), entry.expires_at_ms.map(left))
}

fn millis(ttl: Duration) -> Done<i64> {
    let ms = i64::try_from(ttl.as_millis()).unwrap_or(FOREVER_MS);
    if ms == 0 { Err("a time to live is a millisecond or more".into()) } else { Ok(ms) }
}
