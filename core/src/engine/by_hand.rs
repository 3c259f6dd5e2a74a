//! The store in the host's hands: values that it reads, writes and puts back, without a client and without a call.
//!
//! Whatever is written voids watches, wakes who waits and notifies the keyspace as the command would that writes such
//! a value: SET, RPUSH, SADD, HSET, ZADD, XADD, RESTORE, after DEL if the key was there; and EXPIRE, if it shall expire.
//! Neither `maxmemory` nor any state of the server stands in the host's way.
use super::World;
use super::persistence::Loading;
use super::task::Ask;
use crate::clock::Micros;
use crate::data::array::Array;
use crate::data::hash::{FieldTtl, Hash};
use crate::data::list::{End, List};
use crate::data::set::Set;
use crate::data::sorted_set::SortedSet;
use crate::data::stream::{self, NewId, StreamId};
use crate::data::text::Text;
use crate::rdb;
use crate::resp::Result as Reached;
use crate::store::{self, Change, Db, Edit, Kind, Place, Removal, Then};
use crate::value::{self, Diff, Item, KeyChange, Plain, Resolved, Stream, Value};
use bytes::Bytes;
use std::time::Duration;

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
            let changes = std::mem::replace(&mut self.store.changes, before);
            changes.into_iter().for_each(|change| self.store.changes.push(change));
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

/// Whether a key can hold a value, as far as the value itself tells.
fn check(value: &Value) -> Done {
    let is_empty = match value {
        Value::List(items) | Value::Set(items) => items.is_empty(),
        Value::Hash { fields, ttls } => {
            let is_field = |name: &Bytes| fields.iter().any(|(field, _)| field == name);
            if let Some((name, _)) = ttls.iter().find(|(name, _)| !is_field(name)) {
                return Err(format!(
                    "a time to live is given for '{}', which is no field",
                    name.escape_ascii()
                ));
            }
            fields.is_empty()
        }
        Value::SortedSet(members) => {
            if members.iter().any(|(_, score)| score.is_nan()) {
                return Err("a score is a number, and not NaN".into());
            }
            members.is_empty()
        }
        Value::Array(elements) => elements.is_empty(),
        Value::Stream(_) | Value::String(_) | Value::Dump(_) => false,
    };
    if is_empty {
        let name = value.type_name();
        return Err(format!(
            "no key can hold an empty {name}: it goes with its last element; delete it instead"
        ));
    }
    Ok(())
}

/// Writes a value under a key that is not there, or that holds a string.
fn write(db: &mut Db<'_>, key: &Bytes, value: Value) -> Done {
    let (limits, now_ms) = (db.store.limits, db.now_ms());
    match value {
        Value::String(bytes) => db.put(key, store::Value::Text(Text::from(bytes)), None, "set"),
        Value::List(items) => {
            let mut list = new::<List>(db, key);
            let count = items.len();
            items.into_iter().for_each(|item| list.push(item, End::Tail));
            list.changed_by("rpush", count);
        }
        Value::Set(members) => {
            let mut set = new::<Set>(db, key);
            if let Some(first) = members.first().filter(|_| limits.set_listpack) {
                set.announce(first, members.len(), &limits);
            }
            let mut added = 0;
            for member in members {
                added += usize::from(set.add(member));
                set.settle(&limits);
            }
            set.changed_by("sadd", added);
        }
        Value::Hash { fields, ttls } => {
            let mut hash = new::<Hash>(db, key);
            hash.announce(fields.len());
            let count = fields.len();
            for (field, value) in fields {
                hash.insert(field, value, FieldTtl::Clear);
            }
            hash.changed_by("hset", count);
            for (field, ttl) in &ttls {
                hash.prepare_expiries();
                hash.set_expiry(field, now_ms.saturating_add(millis(*ttl)?));
            }
            if !ttls.is_empty() {
                hash.changed("hexpire");
            }
        }
        Value::SortedSet(members) => {
            let mut set = new::<SortedSet>(db, key);
            let count = members.len();
            for (member, score) in members {
                set.insert(member, score);
            }
            set.changed_by("zadd", count);
        }
        Value::Array(elements) => {
            let mut array = new::<Array>(db, key);
            for (at, element) in elements {
                array.set(at, element);
            }
            array.changed("arset");
        }
        Value::Stream(stream) => return write_stream(db, key, stream),
        Value::Dump(_) => unreachable!("a dump was made a value of the store's before"),
    }
    Ok(())
}

/// A value of this type under a key that is not there.
fn new<'d, K: Kind>(db: &'d mut Db<'_>, key: &'d Bytes) -> Edit<'d, K> {
    created(db.edit_or_create::<K>(key))
}

fn created<T>(made: Reached<T>) -> T {
    made.expect("what was there was removed, so it is of no other type")
}

fn write_stream(db: &mut Db<'_>, key: &Bytes, wanted: Stream) -> Done {
    let (limits, now_ms) = (db.store.limits, db.now_ms());
    let mut stream = new::<stream::Stream>(db, key);
    stream.exists();
    for entry in wanted.entries {
        if entry.fields.is_empty() {
            return Err(format!("entry {} of a stream has no fields", entry.id));
        }
        let id = match entry.id.as_str() {
            "*" => NewId::Auto,
            id => NewId::parse(id.as_bytes())
                .filter(|id| *id != NewId::Exactly(StreamId::MIN))
                .ok_or_else(|| {
                    format!("the id of an entry is * or like 1-1, above 0-0, not '{id}'")
                })?,
        };
        let words: Vec<Bytes> = entry.fields.into_iter().flat_map(|(f, v)| [f, v]).collect();
        if stream.log.add(id, words.into(), now_ms, &limits).is_none() {
            return Err(format!(
                "entry {} of a stream does not follow {}",
                entry.id, stream.log.last_id
            ));
        }
    }
    if let Some(last_id) = &wanted.last_id {
        let id = known_id(last_id)?;
        if id < stream.log.top_id() {
            return Err(format!(
                "the last id {last_id} is before the last entry {}",
                stream.log.top_id()
            ));
        }
        stream.log.last_id = id;
    }
    for group in wanted.groups {
        let last_id = known_id(&group.last_id)?;
        let mut made = stream::Group::new(last_id, None);
        for consumer in &group.consumers {
            made.create_consumer(consumer, now_ms);
        }
        for entry in &group.pending {
            let Some(consumer) = &entry.consumer else {
                return Err(format!("the pending entry {} has no consumer", entry.id));
            };
            made.create_consumer(consumer, now_ms);
            made.assign(
                known_id(&entry.id)?,
                stream::Pending::with(consumer, now_ms, entry.deliveries),
            );
        }
        stream.groups.insert(group.name, made);
    }
    stream.changed("xadd");
    stream.ready();
    Ok(())
}

fn known_id(text: &str) -> Done<StreamId> {
    StreamId::parse(text.as_bytes(), 0).ok_or_else(|| format!("an id is like 1-1, not '{text}'"))
}
