//! One database, as a handler sees it.
use super::{Change, Edit, Entry, Keyspace, Kind, Lapsed, Overdue, Slot, Store, Type, Value};
use crate::data::hash::Hash;
use crate::dice::Dice;
use crate::resp::{Error, Result};
use bytes::Bytes;

/// A view of one database. A key whose time has come is not there, removed or not.
#[derive(Debug)]
pub(crate) struct Db<'a> {
    pub(crate) store: &'a mut Store,
    pub(crate) index: usize,
}

/// Why a key is removed, which is also the event that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Removal {
    Deleted,
    Evicted,
    Expired,
}

impl<'a> Db<'a> {
    pub(super) fn new(store: &'a mut Store, index: usize) -> Db<'a> {
        Db { store, index }
    }

    /// Another database of the same server.
    pub(crate) fn other(&mut self, index: usize) -> Db<'_> {
        Db { store: self.store, index }
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.store.now_ms
    }

    /// The value of a key, which counts as a use of it.
    pub(crate) fn read<K: Kind>(&self, key: &[u8]) -> Result<Option<&K>> {
        self.lookup(key).map(|entry| K::of(&entry.value).ok_or(Error::WRONG_TYPE)).transpose()
    }

    /// The value of a key, without counting as a use of it: for commands that write.
    pub(crate) fn look<K: Kind>(&self, key: &[u8]) -> Result<Option<&K>> {
        self.peek(key).map(|entry| K::of(&entry.value).ok_or(Error::WRONG_TYPE)).transpose()
    }

    /// What stands under a key, which counts as a use of it.
    pub(crate) fn lookup(&self, key: &[u8]) -> Option<&Entry> {
        let entry = self.lookup_untouched(key);
        if let Some(entry) = entry.filter(|_| !self.store.leaves_untouched) {
            entry.use_at(self.store.now_ms, self.store.pace);
        }
        entry
    }

    /// What stands under a key, for commands that ask of it and do not use it.
    pub(crate) fn lookup_untouched(&self, key: &[u8]) -> Option<&Entry> {
        let entry = self.inspect(key);
        if entry.is_none() {
            let key = Bytes::copy_from_slice(key);
            self.store.changes.push(Change::Missed { db: self.index, key });
        }
        entry
    }

    /// What stands under a key, for OBJECT: that it is not there is counted, but is no event.
    pub(crate) fn inspect(&self, key: &[u8]) -> Option<&Entry> {
        let entry = self.peek(key);
        let counts = &self.store.counts;
        let count = if entry.is_some() { &counts.hits } else { &counts.misses };
        count.set(count.get() + 1);
        entry
    }

    /// What stands under a key, without using it.
    pub(crate) fn peek(&self, key: &[u8]) -> Option<&Entry> {
        let entry = self.space().keys.get(key)?;
        if !self.lives(entry) {
            self.find_dead(key);
            return None;
        }
        Some(entry)
    }

    /// What was found dead under a key has made room for what now stands there.
    fn forget_dead(&mut self, key: &Bytes) {
        let index = self.index;
        let dead = self.store.found_dead.get_mut();
        if dead.is_empty() {
            return;
        }
        let found = dead.len();
        dead.retain(|(db, other)| (*db, other) != (index, key));
        self.store.counts.expired += (found - dead.len()) as u64;
    }

    /// Tells that a key has expired. Who only looks removes nothing, so that it stays until the command is done.
    fn find_dead(&self, key: &[u8]) {
        if self.store.overdue != Overdue::Goes {
            return;
        }
        let mut dead = self.store.found_dead.borrow_mut();
        if dead.iter().any(|(db, other)| *db == self.index && other == key) {
            return;
        }
        let key = Bytes::copy_from_slice(key);
        self.store.lapses(self.index, &key, Lapsed::Expired);
        dead.push((self.index, key.clone()));
        self.store.changes.push(Change::Key { db: self.index, key, event: "expired" });
    }

    pub(crate) fn contains(&self, key: &[u8]) -> bool {
        self.peek(key).is_some()
    }

    /// Counts a use of a key that a command is about to change; whether it is there.
    pub(crate) fn touch(&self, key: &[u8]) -> bool {
        let entry = self.peek(key);
        if let Some(entry) = entry.filter(|_| !self.store.leaves_untouched) {
            entry.use_at(self.store.now_ms, self.store.pace);
        }
        entry.is_some()
    }

    /// As [`Db::type_of`], for who only watches: a dead key stays, and nobody hears of it.
    pub(crate) fn living_type_of(&self, key: &[u8]) -> Option<Type> {
        let entry = self.space().keys.get(key).filter(|entry| self.lives(entry));
        entry.map(|entry| entry.value.type_of())
    }

    pub(crate) fn type_of(&self, key: &[u8]) -> Option<Type> {
        self.peek(key).map(|entry| entry.value.type_of())
    }

    /// A value to be changed, if the key is there.
    pub(crate) fn edit<'e, K: Kind>(&'e mut self, key: &'e Bytes) -> Result<Option<Edit<'e, K>>> {
        let Some(position) = self.position(key) else { return Ok(None) };
        self.edit_at(key, position, false).map(Some)
    }

    /// Changes how a value is stored and not what it is, of which nobody hears.
    pub(crate) fn reshape<K: Kind>(&mut self, key: &Bytes, reshape: impl FnOnce(&mut K)) {
        self.store.remember(self.index, key);
        let entry = self.space_mut().keys.get_mut(key);
        if let Some(value) = entry.and_then(|entry| K::of_mut(&mut entry.value)) {
            reshape(value);
        }
    }

    /// A value to be changed, empty if the key is not there.
    pub(crate) fn edit_or_create<'e, K: Kind>(&'e mut self, key: &'e Bytes) -> Result<Edit<'e, K>> {
        if let Some(position) = self.position(key) {
            return self.edit_at(key, position, false);
        }
        // What is there but dead makes room first.
        self.expire_if_due(key);
        self.store.remember(self.index, key);
        let entry = Entry::new(K::default().wrap(), None);
        let now_ms = self.store.now_ms;
        let space = self.space_mut();
        entry.used_at_ms.set(now_ms);
        space.keys.insert(key.clone(), entry);
        let position = space.keys.len() - 1;
        self.edit_at(key, position, true)
    }

    fn edit_at<'e, K: Kind>(
        &'e mut self,
        key: &'e Bytes,
        position: usize,
        is_new: bool,
    ) -> Result<Edit<'e, K>> {
        self.store.remember(self.index, key);
        let (_, entry) = self.space().keys.at(position).expect("the entry was just found");
        entry.use_at(self.store.now_ms, self.store.pace);
        if K::of(&entry.value).is_none() {
            return Err(Error::WRONG_TYPE);
        }
        Ok(Edit::new(self.store, self.index, key, position, is_new))
    }

    fn position(&self, key: &[u8]) -> Option<usize> {
        let position = self.space().keys.position(key)?;
        let (_, entry) = self.space().keys.at(position)?;
        if !self.lives(entry) {
            self.find_dead(key);
            return None;
        }
        Some(position)
    }

    /// Puts a value under a key, whatever was there, and says by which event.
    pub(crate) fn put(
        &mut self,
        key: &Bytes,
        value: Value,
        expires_at_ms: Option<i64>,
        event: &'static str,
    ) {
        let was_there = self.place(key, value, expires_at_ms);
        if !was_there {
            self.tell(key, "new");
        }
        self.changed(key, event);
    }

    /// Puts a value under a key without a word; whether one was there.
    pub(crate) fn place(&mut self, key: &Bytes, value: Value, expires_at_ms: Option<i64>) -> bool {
        let mut entry = Entry::new(value, expires_at_ms);
        entry.share(self.store.shares_integers);
        entry.used_at_ms.set(self.store.now_ms);
        let old = self.peek(key);
        let was_there = old.is_some();
        if let Some(old) = old {
            old.use_at(self.store.now_ms, self.store.pace);
            entry.frequency.set(old.frequency.get());
            // The new value takes over the room for an expiry, whether it needs it or not.
            let block = self.store.limits.strings_with_keys;
            if block > 0 && old.expires_at_ms.is_some() {
                entry.embed(key.len(), Slot::Kept, block);
            }
        }
        self.restore(key, entry);
        was_there
    }

    /// What stands under a key is a copy, which is never one of the shared integers.
    pub(crate) fn unshare(&mut self, key: &Bytes) {
        self.store.remember(self.index, key);
        if let Some(entry) = self.space_mut().keys.get_mut(key) {
            entry.is_shared = false;
        }
    }

    /// Puts an entry that was taken elsewhere under a key without a word.
    pub(crate) fn restore(&mut self, key: &Bytes, mut entry: Entry) {
        self.forget_dead(key);
        self.store.remember(self.index, key);
        entry.field_deadline_ms = entry.value.next_deadline_ms();
        let block = self.store.limits.strings_with_keys;
        if block > 0 {
            entry.embed(key.len(), Slot::added(entry.expires_at_ms), block);
        }
        self.space_mut().insert(key, entry);
    }

    /// Takes a key out without a word, alive or not.
    pub(crate) fn take(&mut self, key: &Bytes) -> Option<Entry> {
        self.store.remember(self.index, key);
        self.space_mut().take(key)
    }

    /// Removes a key and says so; what was there.
    pub(crate) fn remove(&mut self, key: &Bytes, why: Removal) -> Option<Entry> {
        if why == Removal::Deleted && self.expire_if_due(key) {
            return None;
        }
        let entry = self.take(key)?;
        let event = match why {
            Removal::Deleted => "del",
            Removal::Evicted => {
                self.store.counts.evicted += 1;
                self.store.lapses(self.index, &key.clone(), Lapsed::Evicted);
                "evicted"
            }
            Removal::Expired => {
                self.store.counts.expired += 1;
                "expired"
            }
        };
        self.store.counts.dirty += u64::from(why == Removal::Deleted);
        self.tell(key, event);
        Some(entry)
    }

    /// Sets when a key expires, or that it never does. It must be there.
    pub(crate) fn set_expiry(&mut self, key: &Bytes, expires_at_ms: Option<i64>) {
        self.store.remember(self.index, key);
        let block = self.store.limits.strings_with_keys;
        let space = self.space_mut();
        let Some(entry) = space.keys.get_mut(key) else { return };
        if block > 0 {
            entry.embed(key.len(), Slot::added(expires_at_ms), block);
        }
        let old = std::mem::replace(&mut entry.expires_at_ms, expires_at_ms);
        space.unindex_key(key, old);
        space.expiries.extend(expires_at_ms.map(|at| (at, key.clone())));
    }

    /// When a key expires, if it does.
    pub(crate) fn expires_at_ms(&self, key: &[u8]) -> Option<i64> {
        self.peek(key)?.expires_at_ms
    }

    /// Lets a key stay for ever; whether it would have expired.
    pub(crate) fn persist(&mut self, key: &Bytes) -> bool {
        let expires = self.expires_at_ms(key).is_some();
        if expires {
            self.set_expiry(key, None);
            self.changed(key, "persist");
        }
        expires
    }

    /// Says that a key changed, and by which event.
    pub(crate) fn changed(&mut self, key: &Bytes, event: &'static str) {
        self.store.counts.dirty += 1;
        self.tell(key, event);
    }

    /// Says by which further event a key changed, which is no further change.
    pub(crate) fn tell(&self, key: &Bytes, event: &'static str) {
        self.store.changes.push(Change::Key { db: self.index, key: key.clone(), event });
    }

    /// Removes the key if its time has come, unless it is to stay; whether its time has come.
    pub(crate) fn expire_if_due(&mut self, key: &Bytes) -> bool {
        let is_due = self.has_expired(key);
        if is_due && self.store.overdue == Overdue::Goes {
            self.find_dead(key);
            self.take(key);
        }
        is_due
    }

    /// Removes the fields of a hash whose time has come, and the hash with the last of them.
    pub(crate) fn expire_fields_if_due(&mut self, key: &Bytes) {
        let now_ms = self.store.now_ms;
        let entry = self.space().keys.get(key).filter(|entry| self.lives(entry));
        if entry.and_then(|entry| entry.field_deadline_ms).is_none_or(|at| at >= now_ms) {
            return;
        }
        let mut hash = self.edit::<Hash>(key).ok().flatten().expect("only a hash has fields");
        let gone = hash.take_expired(now_ms);
        hash.changed_by("hexpired", 0);
        drop(hash);
        self.store.counts.expired_fields += gone.len() as u64;
        self.store.lapses(self.index, key, Lapsed::Fields(gone));
    }

    /// Removes those of the named fields of a hash whose time has come, and the hash with the last of its fields.
    pub(crate) fn expire_named_fields(&mut self, key: &Bytes, named: &[Bytes], is_heard: bool) {
        let now_ms = self.store.now_ms;
        let entry = self.space().keys.get(key).filter(|entry| self.lives(entry));
        if entry.and_then(|entry| entry.field_deadline_ms).is_none_or(|at| at >= now_ms) {
            return;
        }
        let mut hash = self.edit::<Hash>(key).ok().flatten().expect("only a hash has fields");
        let lapsed = |hash: &Hash, field: &&Bytes| hash.has_lapsed(field, now_ms);
        let gone: Vec<_> = named.iter().filter(|field| lapsed(&hash, field)).collect();
        for field in &gone {
            hash.remove(field);
        }
        if !gone.is_empty() && is_heard {
            hash.changed_by("hexpired", 0);
        }
        drop(hash);
        self.store.counts.expired_fields += gone.len() as u64;
        if !gone.is_empty() {
            let gone = gone.into_iter().cloned().collect();
            self.store.lapses(self.index, key, Lapsed::Fields(gone));
        }
    }

    /// The number of keys, those included that are dead but not yet removed, as DBSIZE has it.
    pub(crate) fn len(&self) -> usize {
        self.space().keys.len()
    }

    /// The living keys and what they hold, in a settled order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Bytes, &Entry)> {
        self.space().keys.iter().filter(|(_, entry)| self.lives(entry))
    }

    /// Walks some buckets of the keyspace, dead keys included; the cursor to go on with.
    pub(crate) fn scan(&self, cursor: u64, count: usize, visit: impl FnMut(&Bytes, &Entry)) -> u64 {
        self.space().keys.scan(cursor, count, visit)
    }

    /// A living key, each as likely as the others. Dead ones that come up on the way go, or, after many that stay, one of
    /// them it is.
    pub(crate) fn random_key(&mut self, dice: &mut Dice) -> Option<Bytes> {
        const MOST_THAT_STAY: u32 = 100;
        let mut stayed = 0;
        loop {
            let keys = &self.space().keys;
            let (key, _) = keys.at(dice.below(keys.len()))?;
            let key = key.clone();
            if stayed == MOST_THAT_STAY || !self.expire_if_due(&key) {
                return Some(key);
            }
            stayed += u32::from(self.store.overdue == Overdue::Stays);
        }
    }

    /// Whether a key is still in the keyspace though its time has come.
    pub(crate) fn has_expired(&self, key: &[u8]) -> bool {
        self.space().keys.get(key).is_some_and(|entry| !self.lives(entry))
    }

    fn lives(&self, entry: &Entry) -> bool {
        self.store.overdue == Overdue::Lives
            || entry.expires_at_ms.is_none_or(|at| at >= self.store.now_ms)
    }

    fn space(&self) -> &Keyspace {
        &self.store.spaces[self.index]
    }

    fn space_mut(&mut self) -> &mut Keyspace {
        &mut self.store.spaces[self.index]
    }
}

impl Keyspace {
    /// Puts an entry under a key, whatever was there.
    fn insert(&mut self, key: &Bytes, entry: Entry) {
        let (expires_at_ms, field_at_ms) = (entry.expires_at_ms, entry.field_deadline_ms);
        self.expiries.extend(expires_at_ms.map(|at| (at, key.clone())));
        self.field_expiries.extend(field_at_ms.map(|at| (at, key.clone())));
        if let Some(old) = self.keys.insert(key.clone(), entry) {
            // The deadlines of the two may be the same.
            if old.expires_at_ms != expires_at_ms {
                self.unindex_key(key, old.expires_at_ms);
            }
            if old.field_deadline_ms != field_at_ms {
                self.unindex_field(key, old.field_deadline_ms);
            }
        }
    }

    fn take(&mut self, key: &[u8]) -> Option<Entry> {
        let (key, entry) = self.keys.remove(key)?;
        self.unindex_key(&key, entry.expires_at_ms);
        self.unindex_field(&key, entry.field_deadline_ms);
        Some(entry)
    }

    /// Lets a key hold what it once held, or be gone.
    pub(super) fn put_back(&mut self, key: &Bytes, entry: Option<Entry>) {
        match entry {
            Some(entry) => self.insert(key, entry),
            None => drop(self.take(key)),
        }
    }

    fn unindex_key(&mut self, key: &Bytes, at_ms: Option<i64>) {
        if let Some(at) = at_ms {
            self.expiries.remove(&(at, key.clone()));
        }
    }

    fn unindex_field(&mut self, key: &Bytes, at_ms: Option<i64>) {
        if let Some(at) = at_ms {
            self.field_expiries.remove(&(at, key.clone()));
        }
    }

    /// Lets the string at `position` be stored beside its key.
    pub(super) fn embed(&mut self, key: &Bytes, position: usize, block: usize) {
        let entry = self.keys.at_mut(position).expect("an edited entry stays put");
        let slot = if entry.expires_at_ms.is_some() { Slot::Kept } else { Slot::None };
        entry.embed(key.len(), slot, block);
    }

    /// Notes when the next field of the value at `position` expires.
    pub(super) fn index_fields(&mut self, key: &Bytes, position: usize) {
        let entry = self.keys.at_mut(position).expect("an edited entry stays put");
        let next = entry.value.next_deadline_ms();
        if next == entry.field_deadline_ms {
            return;
        }
        let old = std::mem::replace(&mut entry.field_deadline_ms, next);
        self.unindex_field(key, old);
        self.field_expiries.extend(next.map(|at| (at, key.clone())));
    }
}
