//! The guard through which a value changes.
use super::{Change, Kind, Store};
use bytes::Bytes;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

/// A value being changed. Borrowing it changes nothing that anybody hears of: `changed` does.
///
/// At its end an emptied collection removes its key, and the rest settles into its encoding.
#[derive(Debug)]
pub(crate) struct Edit<'a, K: Kind> {
    store: &'a mut Store,
    db: usize,
    key: &'a Bytes,
    /// Where the entry stands in the keyspace; nothing moves it while the guard lives.
    position: usize,
    /// The value was made for this edit, and nobody has heard of it yet.
    is_new: bool,
    kind: PhantomData<K>,
}

impl<'a, K: Kind> Edit<'a, K> {
    pub(super) fn new(
        store: &'a mut Store,
        db: usize,
        key: &'a Bytes,
        position: usize,
        is_new: bool,
    ) -> Edit<'a, K> {
        Edit { store, db, key, position, is_new, kind: PhantomData }
    }

    /// Says that the value changed, and by which event: this voids watches, wakes who waits for
    /// the key and notifies the keyspace.
    pub(crate) fn changed(&mut self, event: &'static str) {
        self.changed_by(event, 1);
    }

    /// Says that the value changed in so many parts, as the changes since the last save are counted.
    pub(crate) fn changed_by(&mut self, event: &'static str, parts: usize) {
        self.exists();
        self.store.counts.dirty += parts as u64;
        self.tell(event);
    }

    /// Notifies the keyspace of an event that left the value as it was.
    pub(crate) fn unchanged(&mut self, event: &'static str) {
        self.store.changes.push(Change::Told { db: self.db, key: self.key.clone(), event });
    }

    /// Counts parts that changed in a way of which nobody hears.
    pub(crate) fn count(&mut self, parts: usize) {
        self.store.counts.dirty += parts as u64;
    }

    /// Says that the value changed in a way of which the keyspace tells nothing.
    pub(crate) fn changed_silently(&mut self) {
        self.store.counts.dirty += 1;
        self.store.changes.push(Change::Silent { db: self.db, key: self.key.clone() });
    }

    /// Says that the key is there now, though nothing came of it but zeros.
    pub(crate) fn exists(&mut self) {
        if std::mem::take(&mut self.is_new) {
            self.tell("new");
        }
    }

    /// Says by which event the value changed in a way that watches pass over.
    pub(crate) fn told(&mut self, event: &'static str) {
        if self.is_new {
            return self.changed(event);
        }
        self.store.counts.dirty += 1;
        self.store.changes.push(Change::Told { db: self.db, key: self.key.clone(), event });
    }

    /// Lets who waits for the key look again.
    pub(crate) fn ready(&mut self) {
        self.store.changes.push(Change::Ready { db: self.db, key: self.key.clone() });
    }

    fn tell(&mut self, event: &'static str) {
        self.store.changes.push(Change::Key { db: self.db, key: self.key.clone(), event });
    }
}

impl<K: Kind> Deref for Edit<'_, K> {
    type Target = K;
    fn deref(&self) -> &K {
        let (_, entry) = self.store.spaces[self.db].keys.at(self.position).expect("it stays put");
        K::of(&entry.value).expect("the kind was checked when the edit began")
    }
}

impl<K: Kind> DerefMut for Edit<'_, K> {
    fn deref_mut(&mut self) -> &mut K {
        let entry = self.store.spaces[self.db].keys.at_mut(self.position).expect("it stays put");
        K::of_mut(&mut entry.value).expect("the kind was checked when the edit began")
    }
}

impl<K: Kind> Drop for Edit<'_, K> {
    fn drop(&mut self) {
        if self.is_gone() {
            let known = !self.is_new;
            self.store.db(self.db).take(self.key);
            if known {
                self.tell("del");
            }
            return;
        }
        let limits = self.store.limits;
        self.settle(&limits);
        let shares = self.store.shares_integers;
        let entry = self.store.spaces[self.db].keys.at_mut(self.position);
        entry.expect("it stays put").share(shares);
        let block = limits.strings_with_keys;
        if block > 0 {
            self.store.spaces[self.db].embed(self.key, self.position, block);
        }
        self.store.spaces[self.db].index_fields(self.key, self.position);
    }
}
