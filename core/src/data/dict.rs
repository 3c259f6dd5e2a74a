//! A hash table that remembers the order of insertion and can be walked with Redis's stateless cursor.

use std::hash::Hasher;

use bytes::Bytes;
use rustc_hash::FxHasher;

/// Up to this many entries a removal keeps the order of the rest; above it the last entry takes the free place.
///
/// It is the largest of the default thresholds below which the real server keeps a collection in a listpack, where
/// the order can be seen.
const ORDERED_ENTRIES: usize = 512;

const SMALLEST_TABLE: usize = 4;

/// The table shrinks when fewer than one bucket in this many is needed.
const SPARSE: usize = 8;

/// The end of a chain.
const NONE: u32 = u32::MAX;

/// Entries in the order of their insertion, found by key through chained buckets.
///
/// The hash has a fixed seed, so that two runs walk the same keys in the same order.
#[derive(Clone, Debug)]
pub(crate) struct Dict<V> {
    entries: Vec<Entry<V>>,
    /// For each bucket the place of its first entry; empty, or as many as a power of two.
    buckets: Vec<u32>,
}

#[derive(Clone, Debug)]
struct Entry<V> {
    key: Bytes,
    value: V,
    hash: u32,
    /// The place of the next entry of the same bucket.
    next: u32,
}

impl<V> Default for Dict<V> {
    fn default() -> Dict<V> {
        Dict { entries: Vec::new(), buckets: Vec::new() }
    }
}

impl<V> Dict<V> {
    pub(crate) fn new() -> Dict<V> {
        Dict::default()
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn contains(&self, key: &[u8]) -> bool {
        self.position(key).is_some()
    }

    pub(crate) fn get(&self, key: &[u8]) -> Option<&V> {
        self.position(key).map(|index| &self.entries[index].value)
    }

    pub(crate) fn get_mut(&mut self, key: &[u8]) -> Option<&mut V> {
        self.position(key).map(|index| &mut self.entries[index].value)
    }

    /// The entry at a place; a uniform choice among `0..len()` is a uniform choice among the entries.
    pub(crate) fn at(&self, index: usize) -> Option<(&Bytes, &V)> {
        self.entries.get(index).map(|entry| (&entry.key, &entry.value))
    }

    /// The place of a key, valid until the next insertion or removal.
    pub(crate) fn at_mut(&mut self, index: usize) -> Option<&mut V> {
        self.entries.get_mut(index).map(|entry| &mut entry.value)
    }

    pub(crate) fn position(&self, key: &[u8]) -> Option<usize> {
        self.find(key, hash(key))
    }

    /// Sets the value of a key and returns the one it had; a key that is there already is kept as it is.
    pub(crate) fn insert(&mut self, key: Bytes, value: V) -> Option<V> {
        let hash = hash(&key);
        if let Some(index) = self.find(&key, hash) {
            return Some(std::mem::replace(&mut self.entries[index].value, value));
        }
        self.push(key, value, hash);
        None
    }

    pub(crate) fn remove(&mut self, key: &[u8]) -> Option<(Bytes, V)> {
        let index = self.position(key)?;
        self.unlink(index);
        let entry = if self.entries.len() <= ORDERED_ENTRIES {
            self.take_in_order(index)
        } else {
            self.take_and_fill(index)
        };
        self.shrink_if_sparse();
        Some((entry.key, entry.value))
    }

    /// Moves the entry at one place to another, as if it had been inserted there.
    pub(crate) fn reposition(&mut self, from: usize, to: usize) {
        if from != to {
            let entry = self.entries.remove(from);
            self.entries.insert(to, entry);
            self.rebuild(self.buckets.len());
        }
    }

    pub(crate) fn iter(
        &self,
    ) -> impl DoubleEndedIterator<Item = (&Bytes, &V)> + ExactSizeIterator + Clone {
        self.entries.iter().map(|entry| (&entry.key, &entry.value))
    }

    pub(crate) fn iter_mut(
        &mut self,
    ) -> impl DoubleEndedIterator<Item = (&Bytes, &mut V)> + ExactSizeIterator {
        self.entries.iter_mut().map(|entry| (&entry.key, &mut entry.value))
    }

    pub(crate) fn keys(
        &self,
    ) -> impl DoubleEndedIterator<Item = &Bytes> + ExactSizeIterator + Clone {
        self.entries.iter().map(|entry| &entry.key)
    }

    /// Visits whole buckets from the cursor on until `count` entries were visited or, as the real server does, ten
    /// times as many buckets; returns the next cursor, 0 when the walk is over.
    ///
    /// The cursor counts in bits reversed, from the highest bit of the table down. So what a bucket splits into when
    /// the table grows, or falls into when it shrinks, stays on its side of the cursor: an entry that is there during
    /// the whole walk is visited at least once, whatever happens between the calls.
    pub(crate) fn scan(&self, cursor: u64, count: usize, mut visit: impl FnMut(&Bytes, &V)) -> u64 {
        let mut cursor = cursor;
        let mut visited = 0;
        for _ in 0..=count.saturating_mul(10) {
            visited += self.visit_bucket(cursor, &mut visit);
            cursor = self.next_cursor(cursor);
            if cursor == 0 || visited >= count {
                break;
            }
        }
        cursor
    }

    fn visit_bucket(&self, cursor: u64, visit: &mut impl FnMut(&Bytes, &V)) -> usize {
        let mut visited = 0;
        let mut next = self.buckets.get(self.bucket_of_cursor(cursor)).copied().unwrap_or(NONE);
        while let Some(entry) = self.entries.get(next as usize) {
            visit(&entry.key, &entry.value);
            visited += 1;
            next = entry.next;
        }
        visited
    }

    fn bucket_of_cursor(&self, cursor: u64) -> usize {
        let in_table = cursor & self.mask();
        usize::try_from(in_table).expect("the table has at most 2^32 buckets")
    }

    fn next_cursor(&self, cursor: u64) -> u64 {
        if self.buckets.is_empty() {
            return 0;
        }
        (cursor | !self.mask()).reverse_bits().wrapping_add(1).reverse_bits()
    }

    fn mask(&self) -> u64 {
        (self.buckets.len() as u64).saturating_sub(1)
    }

    fn bucket_of(&self, hash: u32) -> usize {
        hash as usize & (self.buckets.len() - 1)
    }

    fn find(&self, key: &[u8], hash: u32) -> Option<usize> {
        if self.buckets.is_empty() {
            return None;
        }
        let mut next = self.buckets[self.bucket_of(hash)];
        while let Some(entry) = self.entries.get(next as usize) {
            if entry.hash == hash && entry.key == key {
                return Some(next as usize);
            }
            next = entry.next;
        }
        None
    }

    fn push(&mut self, key: Bytes, value: V, hash: u32) -> usize {
        if self.entries.len() == self.buckets.len() {
            self.rebuild((self.buckets.len() * 2).max(SMALLEST_TABLE));
        }
        let index = self.entries.len();
        let bucket = self.bucket_of(hash);
        let next = std::mem::replace(&mut self.buckets[bucket], place(index));
        self.entries.push(Entry { key, value, hash, next });
        index
    }

    fn unlink(&mut self, index: usize) {
        let next = self.entries[index].next;
        *self.link_to(index) = next;
    }

    /// The one link, in a bucket or an entry, that leads to the entry at this place.
    fn link_to(&mut self, index: usize) -> &mut u32 {
        let bucket = self.bucket_of(self.entries[index].hash);
        let wanted = place(index);
        if self.buckets[bucket] == wanted {
            return &mut self.buckets[bucket];
        }
        let mut before = self.buckets[bucket] as usize;
        while self.entries[before].next != wanted {
            before = self.entries[before].next as usize;
        }
        &mut self.entries[before].next
    }

    fn take_in_order(&mut self, index: usize) -> Entry<V> {
        let entry = self.entries.remove(index);
        if index == self.entries.len() {
            return entry;
        }
        let removed = place(index);
        let links =
            self.buckets.iter_mut().chain(self.entries.iter_mut().map(|entry| &mut entry.next));
        for link in links {
            if *link != NONE && *link > removed {
                *link -= 1;
            }
        }
        entry
    }

    fn take_and_fill(&mut self, index: usize) -> Entry<V> {
        let last = self.entries.len() - 1;
        if index != last {
            *self.link_to(last) = place(index);
        }
        self.entries.swap_remove(index)
    }

    fn shrink_if_sparse(&mut self) {
        let needed = self.entries.len();
        if self.buckets.len() > SMALLEST_TABLE && needed * SPARSE < self.buckets.len() {
            self.rebuild(needed.next_power_of_two().max(SMALLEST_TABLE));
            self.entries.shrink_to(needed * 2);
        }
    }

    fn rebuild(&mut self, buckets: usize) {
        self.buckets.clear();
        self.buckets.resize(buckets, NONE);
        self.buckets.shrink_to(buckets);
        for index in 0..self.entries.len() {
            let bucket = self.bucket_of(self.entries[index].hash);
            let next = std::mem::replace(&mut self.buckets[bucket], place(index));
            self.entries[index].next = next;
        }
    }
}

fn place(index: usize) -> u32 {
    u32::try_from(index)
        .ok()
        .filter(|&place| place != NONE)
        .expect("no test holds four thousand million entries")
}

fn hash(key: &[u8]) -> u32 {
    let mut hasher = FxHasher::default();
    hasher.write(key);
    let hash = hasher.finish();
    #[expect(clippy::cast_possible_truncation, reason = "the lower half of a hash is a hash")]
    let folded = (hash ^ (hash >> 32)) as u32;
    folded
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    fn key(number: u32) -> Bytes {
        Bytes::from(format!("key:{number}"))
    }

    fn filled(count: u32) -> Dict<u32> {
        let mut dict = Dict::new();
        for number in 0..count {
            dict.insert(key(number), number);
        }
        dict
    }

    #[test]
    fn an_empty_dict_has_nothing() {
        let mut dict: Dict<u32> = Dict::new();
        assert_eq!(dict.get(b"a"), None);
        assert_eq!(dict.remove(b"a"), None);
        assert_eq!(dict.at(0), None);
        assert_eq!(dict.scan(0, 10, |_, _| unreachable!()), 0);
        assert_eq!(dict.scan(77, 10, |_, _| unreachable!()), 0);
    }

    #[test]
    fn an_overwrite_keeps_the_key_and_its_place() {
        let mut dict = filled(3);
        assert_eq!(dict.insert(key(1), 100), Some(1));
        assert_eq!(dict.iter().map(|(_, &value)| value).collect::<Vec<_>>(), [0, 100, 2]);
    }

    #[test]
    fn a_removal_from_a_small_dict_keeps_the_order() {
        let mut dict = filled(10);
        dict.remove(b"key:3");
        dict.insert(key(3), 3);
        assert_eq!(
            dict.iter().map(|(_, &value)| value).collect::<Vec<_>>(),
            [0, 1, 2, 4, 5, 6, 7, 8, 9, 3]
        );
    }

    #[test]
    fn a_repositioned_entry_is_still_found() {
        let mut dict = filled(6);
        dict.reposition(5, 1);
        assert_eq!(dict.iter().map(|(_, &value)| value).collect::<Vec<_>>(), [0, 5, 1, 2, 3, 4]);
        assert!((0..6).all(|number| dict.get(&key(number)) == Some(&number)));
    }

    #[test]
    fn a_walk_in_peace_visits_each_entry_once() {
        let dict = filled(1000);
        let mut seen = Vec::new();
        let mut cursor = 0;
        loop {
            cursor = dict.scan(cursor, 10, |_, &value| seen.push(value));
            if cursor == 0 {
                break;
            }
        }
        seen.sort_unstable();
        assert_eq!(seen, (0..1000).collect::<Vec<_>>());
    }

    #[test]
    fn a_big_dict_shrinks_when_it_is_emptied() {
        let mut dict = filled(10_000);
        for number in 0..10_000 {
            assert_eq!(dict.remove(&key(number)), Some((key(number), number)));
        }
        assert!(dict.is_empty());
        assert_eq!(dict.buckets.len(), SMALLEST_TABLE);
    }

    #[derive(Clone, Debug)]
    enum Step {
        Insert(u32),
        Remove(u32),
        Grow(u32),
        Shrink(u32),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0..1500u32).prop_map(Step::Insert),
            4 => (0..1500u32).prop_map(Step::Remove),
            1 => (0..1500u32).prop_map(Step::Grow),
            1 => (0..1500u32).prop_map(Step::Shrink),
        ]
    }

    /// Applies a step to the dict alone; `spared` numbers stay.
    fn apply(dict: &mut Dict<u32>, step: &Step, spared: &BTreeSet<u32>) {
        match *step {
            Step::Insert(number) => {
                dict.insert(key(number), number);
            }
            Step::Grow(from) => {
                for number in from..from + 700 {
                    dict.insert(key(number), number);
                }
            }
            Step::Remove(number) => {
                if !spared.contains(&number) {
                    dict.remove(&key(number));
                }
            }
            Step::Shrink(from) => {
                for number in (from..from + 1400).filter(|number| !spared.contains(number)) {
                    dict.remove(&key(number));
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn it_behaves_as_a_map_does(steps in prop::collection::vec(step(), 0..60)) {
            let mut dict = Dict::new();
            let mut model: BTreeMap<Bytes, u32> = BTreeMap::new();
            for step in &steps {
                apply(&mut dict, step, &BTreeSet::new());
                match *step {
                    Step::Insert(number) => model.extend([(key(number), number)]),
                    Step::Remove(removed) => model.retain(|_, number| *number != removed),
                    Step::Grow(from) => model.extend((from..from + 700).map(|number| (key(number), number))),
                    Step::Shrink(from) => model.retain(|_, number| !(from..from + 1400).contains(number)),
                }
                prop_assert_eq!(dict.len(), model.len());
            }
            for number in 0..3000 {
                prop_assert_eq!(dict.get(&key(number)), model.get(&key(number)));
            }
            let all: BTreeMap<_, _> = dict.iter().map(|(key, value)| (key.clone(), *value)).collect();
            prop_assert_eq!(all, model);
        }

        #[test]
        fn a_walk_misses_nothing_that_is_there_throughout(
            spared in prop::collection::btree_set(0..1500u32, 0..40),
            start in 0..1500u32,
            steps in prop::collection::vec(step(), 1..200),
            count in 1..20usize,
        ) {
            let mut dict = filled(start);
            for &number in &spared {
                dict.insert(key(number), number);
            }
            let mut seen = BTreeSet::new();
            let mut cursor = 0;
            for step in steps.iter().cycle().take(5000) {
                cursor = dict.scan(cursor, count, |_, &value| seen.extend([value]));
                if cursor == 0 {
                    break;
                }
                apply(&mut dict, step, &spared);
            }
            prop_assert_eq!(cursor, 0, "the walk must end");
            prop_assert!(seen.is_superset(&spared));
        }
    }
}
