//! What keys held when snapshots were taken, as far as they have changed since.
//!
//! A snapshot is a layer that is empty at first. Before a key changes, what it holds goes into the newest layer, unless
//! something of it is there already. So what a key held at a snapshot stands in the first layer from there on that
//! knows the key; if none does, the key has not changed since.
use super::{Change, Entry, Store};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};

/// A database and a key of it.
pub(crate) type Place = (usize, Bytes);

/// What keys held before they changed; nothing, if they were not there.
type Firsts = BTreeMap<Place, Option<Entry>>;

/// The snapshots that are kept, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct History {
    layers: Vec<Layer>,
    /// How many snapshots were ever taken, which is the name of the next.
    taken: u64,
}

/// What a key held at a snapshot.
#[derive(Debug)]
pub(crate) enum Then<'a> {
    /// What it holds now: it has not changed since.
    AsNow,
    /// This; or it was not there.
    Held(Option<&'a Entry>),
}

#[derive(Debug)]
struct Layer {
    id: u64,
    firsts: Firsts,
}

impl History {
    /// Begins a snapshot, in constant time; its name.
    pub(crate) fn begin(&mut self) -> u64 {
        let id = self.taken;
        self.taken += 1;
        self.layers.push(Layer { id, firsts: Firsts::new() });
        id
    }

    /// Lets go of a snapshot. What it knew is known to the one before from now on, if that does not know better.
    pub(crate) fn end(&mut self, id: u64) {
        let Some(at) = self.position(id) else { return };
        let gone = self.layers.remove(at);
        if let Some(before) = at.checked_sub(1).map(|at| &mut self.layers[at]) {
            for (place, entry) in gone.firsts {
                before.firsts.entry(place).or_insert(entry);
            }
        }
    }

    /// Lets go of all snapshots; none of their names comes again.
    pub(crate) fn cleared(&self) -> History {
        History { layers: Vec::new(), taken: self.taken }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }

    /// Whether nothing of a key is known since the newest snapshot.
    pub(super) fn lacks(&self, place: &Place) -> bool {
        self.layers.last().is_some_and(|newest| !newest.firsts.contains_key(place))
    }

    pub(super) fn learn(&mut self, place: Place, entry: Option<Entry>) {
        if let Some(newest) = self.layers.last_mut() {
            newest.firsts.insert(place, entry);
        }
    }

    /// The keys that changed since the older of two snapshots, until the newer, or until now. Nothing, if one of them is
    /// no longer kept.
    pub(crate) fn changed_between(&self, a: u64, b: Option<u64>) -> Option<BTreeSet<Place>> {
        let a = self.position(a)?;
        let b = b.map_or(Some(self.layers.len()), |b| self.position(b))?;
        let layers = &self.layers[a.min(b)..a.max(b)];
        Some(layers.iter().flat_map(|layer| layer.firsts.keys().cloned()).collect())
    }

    /// What a key held at a snapshot that is kept.
    pub(crate) fn held_at(&self, id: u64, place: &Place) -> Then<'_> {
        let layers = self.position(id).map(|at| &self.layers[at..]).unwrap_or_default();
        match layers.iter().find_map(|layer| layer.firsts.get(place)) {
            Some(entry) => Then::Held(entry.as_ref()),
            None => Then::AsNow,
        }
    }

    fn position(&self, id: u64) -> Option<usize> {
        self.layers.binary_search_by_key(&id, |layer| layer.id).ok()
    }

    /// What the keys held at a snapshot that changed since. What only the newest snapshot knew, it forgets.
    fn since(&mut self, at: usize) -> Firsts {
        if at + 1 == self.layers.len() {
            return std::mem::take(&mut self.layers[at].firsts);
        }
        let mut wanted = Firsts::new();
        for (place, entry) in self.layers[at..].iter().flat_map(|layer| &layer.firsts) {
            wanted.entry(place.clone()).or_insert_with(|| entry.clone());
        }
        wanted
    }
}

impl Store {
    /// Notes what a key holds before it changes, if a snapshot wants to know.
    pub(super) fn remember(&mut self, db: usize, key: &Bytes) {
        if self.history.is_empty() {
            return;
        }
        let place = (db, key.clone());
        if self.history.lacks(&place) {
            let entry = self.spaces[db].keys.get(key).cloned();
            self.history.learn(place, entry);
        }
    }

    /// Notes what all keys of a database hold.
    pub(super) fn remember_all(&mut self, db: usize) {
        if !self.history.is_empty() {
            let names = self.spaces[db].names();
            self.remember_each(db, &names);
        }
    }

    /// Notes what keys hold, of which some may not be there.
    pub(super) fn remember_each(&mut self, db: usize, keys: &[Bytes]) {
        if self.history.is_empty() {
            return;
        }
        keys.iter().for_each(|key| self.remember(db, key));
    }

    /// Puts everything back as it was at a snapshot, in time proportional to the number of keys that changed since. How
    /// many these are; nothing, if the snapshot is no longer kept.
    ///
    /// Keys that were only read keep the time of their last use, and keys that come back are the last of KEYS.
    pub(crate) fn go_back_to(&mut self, snapshot: u64) -> Option<usize> {
        self.bury();
        let at = self.history.position(snapshot)?;
        let is_newest = at + 1 == self.history.layers.len();
        let wanted = self.history.since(at);
        let mut changed: BTreeMap<usize, Vec<Bytes>> = BTreeMap::new();
        for ((db, key), entry) in wanted {
            if !is_newest {
                self.remember(db, &key);
            }
            self.spaces[db].put_back(&key, entry);
            changed.entry(db).or_default().push(key);
        }
        let count = changed.values().map(Vec::len).sum();
        self.counts.dirty += count as u64;
        for (db, keys) in changed {
            self.changes.push(Change::Replaced { db, keys });
        }
        Some(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::text::Text;
    use crate::store::{Removal, Value};

    fn store() -> Store {
        Store::new(2)
    }

    fn set(store: &mut Store, key: &'static str, value: &'static str) {
        let key = Bytes::from_static(key.as_bytes());
        let value = Value::Text(Text::from(Bytes::from_static(value.as_bytes())));
        store.db(0).put(&key, value, None, "set");
    }

    fn shown(store: &mut Store) -> String {
        let db = store.db(0);
        let mut pairs: Vec<_> = db
            .iter()
            .map(|(key, entry)| {
                let Value::Text(text) = &entry.value else { panic!("all are texts") };
                format!("{}={}", key.escape_ascii(), text.as_bytes().escape_ascii())
            })
            .collect();
        pairs.sort();
        pairs.join(" ")
    }

    #[test]
    fn any_snapshot_can_be_gone_back_to_in_any_order_and_again() {
        let mut store = store();
        set(&mut store, "a", "1");
        let first = store.history.begin();
        set(&mut store, "a", "2");
        set(&mut store, "b", "2");
        let second = store.history.begin();
        store.db(0).remove(&Bytes::from_static(b"a"), Removal::Deleted);
        set(&mut store, "b", "3");
        for (snapshot, expect, changed) in
            [(first, "a=1", 2), (second, "a=2 b=2", 2), (first, "a=1", 2), (second, "a=2 b=2", 2)]
        {
            assert_eq!(store.go_back_to(snapshot), Some(changed));
            assert_eq!(shown(&mut store), expect);
        }
    }

    #[test]
    fn the_newest_snapshot_forgets_what_was_put_back() {
        let mut store = store();
        let snapshot = store.history.begin();
        set(&mut store, "a", "1");
        assert_eq!(store.go_back_to(snapshot), Some(1));
        assert_eq!(store.go_back_to(snapshot), Some(0), "nothing has changed since");
    }

    #[test]
    fn a_snapshot_that_is_let_go_leaves_the_others_whole() {
        let mut store = store();
        set(&mut store, "a", "1");
        let first = store.history.begin();
        set(&mut store, "a", "2");
        let second = store.history.begin();
        set(&mut store, "a", "3");
        set(&mut store, "b", "3");
        store.history.end(second);
        assert_eq!(store.go_back_to(second), None);
        assert_eq!(store.go_back_to(first), Some(2));
        assert_eq!(shown(&mut store), "a=1");
        store.history.end(first);
        set(&mut store, "a", "4");
        assert!(store.history.is_empty(), "and nobody remembers any more");
    }

    #[test]
    fn databases_that_were_emptied_or_exchanged_come_back() {
        let mut store = store();
        set(&mut store, "a", "1");
        let snapshot = store.history.begin();
        store.swap(0, 1);
        set(&mut store, "b", "1");
        store.flush(1);
        assert_eq!(store.go_back_to(snapshot), Some(3), "a of both databases, and b");
        assert_eq!(shown(&mut store), "a=1");
        assert_eq!(store.db(1).len(), 0);
    }
}
