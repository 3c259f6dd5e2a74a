//! Fields with values, each of which may have a time to live of its own.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::{
    dict::Dict,
    limits::{Growth, Limits},
};

/// What becomes of a field's time to live when the field gets a new value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldTtl {
    Clear,
    Keep,
}

/// The value of a hash key. Its fields are in the order of the real server's while it is small: by insertion, and once
/// a field had a time to live, by that time, those without one last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hash {
    fields: Dict<Field>,
    /// The fields that have a time to live.
    times: BTreeSet<(i64, Bytes)>,
    encoding: Encoding,
    growth: Growth,
}

#[derive(Clone, Debug)]
struct Field {
    value: Bytes,
    expires_at_ms: Option<i64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Encoding {
    #[default]
    Listpack,
    /// A listpack with times to live; it stays one when the last of them is gone.
    ListpackEx,
    Hashtable,
}

impl Hash {
    #[cfg(test)]
    pub(crate) fn new() -> Hash {
        Hash::default()
    }

    pub(crate) fn len(&self) -> usize {
        self.fields.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    pub(crate) fn contains(&self, field: &[u8]) -> bool {
        self.fields.contains(field)
    }

    pub(crate) fn get(&self, field: &[u8]) -> Option<&Bytes> {
        self.fields.get(field).map(|field| &field.value)
    }

    /// The field and value at a place; a uniform choice among `0..len()` is a uniform choice among the fields.
    pub(crate) fn at(&self, index: usize) -> Option<(&Bytes, &Bytes)> {
        self.fields.at(index).map(|(name, field)| (name, &field.value))
    }

    /// Says how many fields a command names, which makes the real server choose the encoding before it looks at them
    /// (from Redis 7.2 on).
    pub(crate) fn announce(&mut self, fields: usize) {
        self.growth.announced(fields);
    }

    /// Sets a field and returns the value it had.
    pub(crate) fn insert(&mut self, field: Bytes, value: Bytes, ttl: FieldTtl) -> Option<Bytes> {
        self.growth.added(field.len().max(value.len()));
        if ttl == FieldTtl::Clear {
            self.clear_expiry(&field);
        }
        if let Some(present) = self.fields.get_mut(&field) {
            return Some(std::mem::replace(&mut present.value, value));
        }
        self.fields.insert(field, Field { value, expires_at_ms: None });
        None
    }

    /// Adds a field behind the others, whatever its time: those of a hash that is read back come in their order. False
    /// if it is there already.
    pub(crate) fn load(&mut self, field: Bytes, value: Bytes, expires_at_ms: Option<i64>) -> bool {
        self.growth.added(field.len().max(value.len()));
        self.times.extend(expires_at_ms.map(|time| (time, field.clone())));
        self.fields.insert(field, Field { value, expires_at_ms }).is_none()
    }

    /// Removes a field and returns the value it had.
    pub(crate) fn remove(&mut self, field: &[u8]) -> Option<Bytes> {
        let (name, Field { value, expires_at_ms }) = self.fields.remove(field)?;
        if let Some(time) = expires_at_ms {
            self.times.remove(&(time, name));
        }
        Some(value)
    }

    pub(crate) fn iter(
        &self,
    ) -> impl DoubleEndedIterator<Item = (&Bytes, &Bytes)> + ExactSizeIterator + Clone {
        self.fields.iter().map(|(name, field)| (name, &field.value))
    }

    /// A step of the walk of HSCAN; all at once while the hash is small.
    pub(crate) fn scan(
        &self,
        cursor: u64,
        count: usize,
        mut visit: impl FnMut(&Bytes, &Bytes),
    ) -> u64 {
        if self.encoding != Encoding::Hashtable {
            self.iter().for_each(|(name, value)| visit(name, value));
            return 0;
        }
        self.fields.scan(cursor, count, |name, field| visit(name, &field.value))
    }

    /// When a field expires; `None` if it has no time to live or is not there.
    pub(crate) fn expires_at_ms(&self, field: &[u8]) -> Option<i64> {
        self.fields.get(field)?.expires_at_ms
    }

    /// Makes room for times to live, which changes the encoding even when no field gets one.
    pub(crate) fn prepare_expiries(&mut self) {
        if self.encoding == Encoding::Listpack {
            self.encoding = Encoding::ListpackEx;
        }
    }

    /// Gives a field a time to live; false if there is no such field, which changes the encoding nevertheless.
    pub(crate) fn set_expiry(&mut self, field: &[u8], expires_at_ms: i64) -> bool {
        self.prepare_expiries();
        let changed = self.change_expiry(field, Some(expires_at_ms));
        self.move_by_expiry(field);
        changed
    }

    /// Takes a field's time to live away; false if it has none.
    pub(crate) fn clear_expiry(&mut self, field: &[u8]) -> bool {
        if self.expires_at_ms(field).is_none() {
            return false;
        }
        self.change_expiry(field, None);
        self.move_by_expiry(field);
        true
    }

    /// When the first of the fields expires.
    pub(crate) fn earliest_expiry_ms(&self) -> Option<i64> {
        self.times.first().map(|&(time, _)| time)
    }

    /// Whether any field has a time to live.
    pub(crate) fn has_expiries(&self) -> bool {
        !self.times.is_empty()
    }

    /// Removes the fields whose time is before now and returns them in the order of their times.
    pub(crate) fn take_expired(&mut self, now_ms: i64) -> Vec<Bytes> {
        let mut expired = Vec::new();
        while let Some((time, _)) = self.times.first()
            && *time < now_ms
        {
            let (_, field) = self.times.pop_first().expect("there is a first one");
            self.fields.remove(&field);
            expired.push(field);
        }
        expired
    }

    /// Whether a field is still there though its time has come.
    pub(crate) fn has_lapsed(&self, field: &[u8], now_ms: i64) -> bool {
        self.expires_at_ms(field).is_some_and(|at| at < now_ms)
    }

    /// The fields whose time has not come.
    pub(crate) fn living(&self, now_ms: i64) -> impl Iterator<Item = (&Bytes, &Bytes)> {
        let lives = move |field: &Field| field.expires_at_ms.is_none_or(|at| at >= now_ms);
        let living = self.fields.iter().filter(move |(_, field)| lives(field));
        living.map(|(name, field)| (name, &field.value))
    }

    /// Whether it is kept in order, as small ones are.
    pub(crate) fn is_compact(&self) -> bool {
        self.encoding != Encoding::Hashtable
    }

    pub(crate) fn encoding(&self) -> &'static str {
        match self.encoding {
            Encoding::Listpack => "listpack",
            Encoding::ListpackEx => "listpackex",
            Encoding::Hashtable => "hashtable",
        }
    }

    /// Takes the encoding that the real server would have taken during the change.
    pub(crate) fn settle(&mut self, limits: &Limits) {
        let exceeds = self.growth.take_exceeds(
            self.len(),
            limits.hash_max_listpack_entries,
            limits.hash_max_listpack_value,
        );
        if exceeds {
            self.encoding = Encoding::Hashtable;
        } else if self.encoding == Encoding::ListpackEx && !limits.hash_listpackex {
            self.encoding =
                if self.has_expiries() { Encoding::Hashtable } else { Encoding::Listpack };
        }
    }

    fn change_expiry(&mut self, field: &[u8], expires_at_ms: Option<i64>) -> bool {
        let Some(index) = self.fields.position(field) else {
            return false;
        };
        let (name, _) = self.fields.at(index).expect("a key was found here");
        let name = name.clone();
        let field = self.fields.get_mut(&name).expect("a key was found here");
        let old = std::mem::replace(&mut field.expires_at_ms, expires_at_ms);
        if let Some(time) = old {
            self.times.remove(&(time, name.clone()));
        }
        if let Some(time) = expires_at_ms {
            self.times.insert((time, name));
        }
        true
    }

    /// Puts a field whose time has changed where a listpack with times keeps it: before the first of the others that
    /// expires no earlier, or last if it does not expire.
    fn move_by_expiry(&mut self, field: &[u8]) {
        if self.encoding != Encoding::ListpackEx {
            return;
        }
        let Some(from) = self.fields.position(field) else {
            return;
        };
        let time = self.expires_at_ms(field);
        let goes_before = |other: &Field| {
            time.is_some() && other.expires_at_ms.is_none_or(|other| Some(other) >= time)
        };
        let others = self.fields.iter().enumerate().filter(|&(index, _)| index != from);
        let to = others.take_while(|(_, (_, other))| !goes_before(other)).count();
        self.fields.reposition(from, to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Bytes {
        Bytes::copy_from_slice(text.as_bytes())
    }

    fn hash(fields: &str) -> Hash {
        let mut hash = Hash::new();
        for field in fields.split(' ') {
            hash.insert(bytes(field), bytes("1"), FieldTtl::Clear);
        }
        hash
    }

    fn fields(hash: &Hash) -> String {
        let names: Vec<_> =
            hash.iter().map(|(name, _)| std::str::from_utf8(name).unwrap()).collect();
        names.join(" ")
    }

    #[test]
    fn fields_are_ordered_by_expiry_as_on_redis_8_0() {
        let mut hash = hash("a b c d");
        hash.set_expiry(b"c", 100);
        assert_eq!(fields(&hash), "c a b d");
        hash.set_expiry(b"d", 50);
        assert_eq!(fields(&hash), "d c a b");
        hash.set_expiry(b"a", 100);
        assert_eq!(fields(&hash), "d a c b");
        hash.insert(bytes("c"), bytes("new"), FieldTtl::Clear);
        assert_eq!(fields(&hash), "d a b c");
        hash.clear_expiry(b"d");
        assert_eq!(fields(&hash), "a b c d");
        hash.insert(bytes("e"), bytes("5"), FieldTtl::Clear);
        hash.clear_expiry(b"a");
        assert_eq!(fields(&hash), "b c d e a");
        assert_eq!(hash.encoding(), "listpackex");
    }

    #[test]
    fn a_new_value_clears_the_time_to_live_unless_told_to_keep_it() {
        let mut hash = hash("a b");
        hash.set_expiry(b"a", 7);
        hash.set_expiry(b"b", 7);
        hash.insert(bytes("a"), bytes("2"), FieldTtl::Keep);
        hash.insert(bytes("b"), bytes("2"), FieldTtl::Clear);
        assert_eq!((hash.expires_at_ms(b"a"), hash.expires_at_ms(b"b")), (Some(7), None));
    }

    #[test]
    fn expired_fields_are_taken_in_the_order_of_their_times() {
        let mut hash = hash("a b c d");
        hash.set_expiry(b"a", 30);
        hash.set_expiry(b"b", 10);
        hash.set_expiry(b"c", 20);
        assert_eq!(hash.earliest_expiry_ms(), Some(10));
        assert_eq!(hash.take_expired(10), Vec::<Bytes>::new());
        assert_eq!(hash.take_expired(21), ["b", "c"]);
        assert_eq!(hash.earliest_expiry_ms(), Some(30));
        assert_eq!(hash.remove(b"a"), Some(bytes("1")));
        assert_eq!((hash.has_expiries(), hash.len()), (false, 1));
    }

    #[test]
    fn the_513th_field_or_a_value_of_65_bytes_makes_it_a_hashtable() {
        let mut hash = Hash::new();
        for number in 0..512 {
            hash.insert(bytes(&number.to_string()), bytes("1"), FieldTtl::Clear);
        }
        hash.settle(&Limits::default());
        assert_eq!(hash.encoding(), "listpack");
        hash.insert(bytes("x"), bytes("1"), FieldTtl::Clear);
        hash.settle(&Limits::default());
        assert_eq!(hash.encoding(), "hashtable");

        let mut hash = Hash::new();
        hash.insert(bytes("x"), Bytes::from(vec![b'x'; 65]), FieldTtl::Clear);
        hash.settle(&Limits::default());
        assert_eq!(hash.encoding(), "hashtable");
        hash.insert(bytes("x"), bytes("short"), FieldTtl::Clear);
        hash.settle(&Limits::default());
        assert_eq!(hash.encoding(), "hashtable");
    }

    #[test]
    fn a_lowered_limit_waits_for_the_next_insertion() {
        let limits = Limits { hash_max_listpack_entries: 1, ..Limits::default() };
        let mut hash = hash("a b c");
        hash.settle(&Limits::default());
        hash.remove(b"c");
        hash.settle(&limits);
        assert_eq!(hash.encoding(), "listpack");
        hash.insert(bytes("a"), bytes("2"), FieldTtl::Clear);
        hash.settle(&limits);
        assert_eq!(hash.encoding(), "hashtable");
    }

    #[test]
    fn on_valkey_a_time_to_live_makes_it_a_hashtable() {
        let mut hash = hash("a");
        hash.set_expiry(b"a", 1);
        hash.settle(&Limits { hash_listpackex: false, ..Limits::default() });
        assert_eq!(hash.encoding(), "hashtable");
    }
}
