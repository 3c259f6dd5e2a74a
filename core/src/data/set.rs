//! Distinct members; as long as all of them are integers they are kept as numbers, in ascending order.

use bytes::Bytes;

use super::{
    dict::Dict,
    limits::{Growth, Limits},
};
use crate::number::parse_i64;

/// The value of a set key.
#[derive(Clone, Debug)]
pub(crate) struct Set {
    members: Members,
    growth: Growth,
}

#[derive(Clone, Debug)]
enum Members {
    /// In ascending order.
    Integers(Vec<i64>),
    Compact(Dict<()>),
    Table(Dict<()>),
}

impl Default for Set {
    fn default() -> Set {
        Set::of(Members::Integers(Vec::new()))
    }
}

impl Set {
    pub(crate) fn new() -> Set {
        Set::default()
    }

    fn of(members: Members) -> Set {
        Set { members, growth: Growth::default() }
    }

    /// An empty set that does not become one of integers while it is filled, where the version knows such a one.
    pub(crate) fn compact(limits: &Limits) -> Set {
        if limits.set_listpack { Set::of(Members::Compact(Dict::new())) } else { Set::new() }
    }

    /// A set of these integers, which ascend.
    pub(crate) fn of_integers(integers: Vec<i64>) -> Set {
        let mut set = Set::of(Members::Integers(integers));
        set.growth.added(0);
        set
    }

    /// An empty set that is a table from the start.
    pub(crate) fn table() -> Set {
        Set::of(Members::Table(Dict::new()))
    }

    /// Makes a new set of these members, which stays as close to the old encoding as the real server lets what SPOP
    /// leaves behind.
    pub(crate) fn rebuild(&mut self, members: impl IntoIterator<Item = Bytes>, limits: &Limits) {
        *self = if self.is_integers() { Set::new() } else { Set::compact(limits) };
        for member in members {
            self.add(member);
            self.settle(limits);
        }
    }

    /// Keeps the members as numbers if all are integers and not too many.
    pub(crate) fn become_integers(&mut self, limits: &Limits) {
        if self.is_integers() || self.len() > limits.set_max_intset_entries {
            return;
        }
        let integers: Option<Vec<i64>> = self.iter().map(|member| parse_i64(&member)).collect();
        if let Some(mut integers) = integers {
            integers.sort_unstable();
            self.members = Members::Integers(integers);
        }
    }

    pub(crate) fn len(&self) -> usize {
        match &self.members {
            Members::Integers(integers) => integers.len(),
            Members::Compact(dict) | Members::Table(dict) => dict.len(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn contains(&self, member: &[u8]) -> bool {
        match &self.members {
            Members::Integers(integers) => {
                parse_i64(member).is_some_and(|member| integers.binary_search(&member).is_ok())
            }
            Members::Compact(dict) | Members::Table(dict) => dict.contains(member),
        }
    }

    /// Says how many members a command names, the first of them, which makes the real server choose the encoding before
    /// it looks at the others (from Redis 7.2 on).
    pub(crate) fn announce(&mut self, first: &[u8], count: usize, limits: &Limits) {
        let as_integers = count <= limits.set_max_intset_entries;
        let as_listpack = count <= limits.set_max_listpack_entries;
        let stays = match &self.members {
            Members::Integers(integers) if integers.is_empty() => {
                if as_listpack && !(as_integers && parse_i64(first).is_some()) {
                    self.members = Members::Compact(Dict::new());
                }
                as_listpack || (as_integers && parse_i64(first).is_some())
            }
            Members::Integers(_) => as_integers,
            Members::Compact(_) => as_listpack,
            Members::Table(_) => true,
        };
        if !stays {
            self.members = Members::Table(self.take_dict());
        }
    }

    /// Adds a member; false if it was there.
    pub(crate) fn add(&mut self, member: Bytes) -> bool {
        let len = member.len();
        let added = self.insert(member);
        if added {
            self.growth.added(len);
        }
        added
    }

    /// Removes a member; false if it was not there.
    pub(crate) fn remove(&mut self, member: &[u8]) -> bool {
        match &mut self.members {
            Members::Integers(integers) => {
                let index =
                    parse_i64(member).and_then(|member| integers.binary_search(&member).ok());
                index.map(|index| integers.remove(index)).is_some()
            }
            Members::Compact(dict) | Members::Table(dict) => dict.remove(member).is_some(),
        }
    }

    /// The member at a place; a uniform choice among `0..len()` is a uniform choice among the members.
    pub(crate) fn at(&self, index: usize) -> Option<Bytes> {
        match &self.members {
            Members::Integers(integers) => integers.get(index).copied().map(text),
            Members::Compact(dict) | Members::Table(dict) => {
                dict.at(index).map(|(member, ())| member.clone())
            }
        }
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = Bytes> + '_ {
        let (integers, dict) = match &self.members {
            Members::Integers(integers) => (Some(integers), None),
            Members::Compact(dict) | Members::Table(dict) => (None, Some(dict)),
        };
        let integers = integers.into_iter().flatten().copied().map(text);
        integers.chain(dict.into_iter().flat_map(|dict| dict.keys().cloned()))
    }

    /// A step of the walk of SSCAN; all at once while the set is small.
    pub(crate) fn scan(&self, cursor: u64, count: usize, mut visit: impl FnMut(&Bytes)) -> u64 {
        if let Members::Table(dict) = &self.members {
            return dict.scan(cursor, count, |member, ()| visit(member));
        }
        self.iter().for_each(|member| visit(&member));
        0
    }

    /// Whether it is kept in order, as small ones are.
    pub(crate) fn is_compact(&self) -> bool {
        !matches!(self.members, Members::Table(_))
    }

    /// Whether the members are kept as numbers.
    pub(crate) fn is_integers(&self) -> bool {
        matches!(self.members, Members::Integers(_))
    }

    pub(crate) fn encoding(&self) -> &'static str {
        match &self.members {
            Members::Integers(_) => "intset",
            Members::Compact(_) => "listpack",
            Members::Table(_) => "hashtable",
        }
    }

    /// Takes the encoding that the real server would have taken during the change.
    pub(crate) fn settle(&mut self, limits: &Limits) {
        let len = self.len();
        let exceeds = match &self.members {
            Members::Integers(_) => {
                self.growth.take_exceeds(len, limits.set_max_intset_entries, usize::MAX)
            }
            Members::Compact(_) => {
                let over = self.growth.take_exceeds(
                    len,
                    limits.set_max_listpack_entries,
                    limits.set_max_listpack_value,
                );
                over || !limits.set_listpack
            }
            Members::Table(_) => false,
        };
        if exceeds {
            self.members = Members::Table(self.take_dict());
        }
    }

    fn insert(&mut self, member: Bytes) -> bool {
        if let Members::Integers(integers) = &mut self.members {
            if let Some(integer) = parse_i64(&member) {
                let place = integers.binary_search(&integer);
                return place.map_err(|place| integers.insert(place, integer)).is_err();
            }
            // The longest of them are at the ends.
            for integer in integers.first().into_iter().chain(integers.last()) {
                self.growth.added(text(*integer).len());
            }
            self.members = Members::Compact(self.take_dict());
        }
        let (Members::Compact(dict) | Members::Table(dict)) = &mut self.members else {
            unreachable!("integers have just been turned into a dict");
        };
        dict.insert(member, ()).is_none()
    }

    /// The members as a dict, in their order; the set is left empty.
    fn take_dict(&mut self) -> Dict<()> {
        match std::mem::replace(&mut self.members, Members::Integers(Vec::new())) {
            Members::Compact(dict) | Members::Table(dict) => dict,
            Members::Integers(integers) => {
                let mut dict = Dict::new();
                for integer in integers {
                    dict.insert(text(integer), ());
                }
                dict
            }
        }
    }
}

fn text(integer: i64) -> Bytes {
    Bytes::from(integer.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(members: impl IntoIterator<Item = impl ToString>, limits: &Limits) -> Set {
        let mut set = Set::new();
        for member in members {
            set.add(Bytes::from(member.to_string()));
            set.settle(limits);
        }
        set
    }

    fn members(set: &Set) -> String {
        let members: Vec<_> =
            set.iter().map(|member| String::from_utf8(member.to_vec()).unwrap()).collect();
        members.join(" ")
    }

    #[test]
    fn integers_ascend_until_a_string_comes() {
        let mut set = set([3, -1, 2], &Limits::default());
        assert_eq!((members(&set).as_str(), set.encoding()), ("-1 2 3", "intset"));
        assert!(!set.contains(b"02") && set.contains(b"2"));
        set.add(Bytes::from_static(b"x"));
        set.add(Bytes::from_static(b"0"));
        set.remove(b"2");
        set.add(Bytes::from_static(b"2"));
        set.settle(&Limits::default());
        assert_eq!((members(&set).as_str(), set.encoding()), ("-1 3 x 0 2", "listpack"));
    }

    #[test]
    fn encodings_change_where_redis_8_0_changes_them() {
        let limits = Limits::default();
        assert_eq!(set(0..512, &limits).encoding(), "intset");
        assert_eq!(set(0..513, &limits).encoding(), "hashtable");
        assert_eq!(set(["x".repeat(64)], &limits).encoding(), "listpack");
        assert_eq!(set(["x".repeat(65)], &limits).encoding(), "hashtable");

        let mut mixed = set(0..127, &limits);
        mixed.add(Bytes::from_static(b"x"));
        mixed.settle(&limits);
        assert_eq!(mixed.encoding(), "listpack");
        mixed.add(Bytes::from_static(b"y"));
        mixed.settle(&limits);
        assert_eq!(mixed.encoding(), "hashtable");
    }

    #[test]
    fn a_set_of_strings_is_a_hashtable_on_redis_7_0() {
        let limits = Limits { set_listpack: false, ..Limits::default() };
        assert_eq!(set(["1", "x"], &limits).encoding(), "hashtable");
    }

    #[test]
    fn many_names_for_one_member_make_it_a_hashtable() {
        let mut set = Set::new();
        set.announce(b"1", 600, &Limits::default());
        set.add(Bytes::from_static(b"1"));
        set.settle(&Limits::default());
        assert_eq!(set.encoding(), "hashtable");
    }

    #[test]
    fn a_walk_of_a_big_set_takes_several_steps() {
        let set = set(0..1000, &Limits::default());
        let mut seen = Vec::new();
        let mut cursor = set.scan(0, 10, |member| seen.push(member.clone()));
        assert_ne!(cursor, 0);
        while cursor != 0 {
            cursor = set.scan(cursor, 10, |member| seen.push(member.clone()));
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 1000);
        assert!(
            !set.contains(b"1000") && (0..1000).all(|index| set.contains(&set.at(index).unwrap()))
        );
    }
}
