//! Values read back, of every type since the beginnings.
use super::listpack::{self, Entry};
use super::reader::{Reader, leading_double};
use super::{Flaw, Form, Read, array, container, intset, kind, stream, ziplist, zipmap};
use crate::data::array::Array;
use crate::data::hash::Hash;
use crate::data::limits::Limits;
use crate::data::list::List;
use crate::data::set::Set;
use crate::data::sorted_set::SortedSet;
use crate::data::stream::Stream;
use crate::data::text::Text;
use crate::store::{Kind as _, Value};
use bytes::Bytes;

/// What a time may be at most, as the real server has it: 48 bits.
const LATEST_MS: u64 = 0xffff_ffff_ffff;

const DUPLICATE: Flaw = Flaw::Corrupt("an element that is there twice");
const UNPAIRED: Flaw = Flaw::Corrupt("a field without a value");

/// Reads a value of this type and gives it the encoding that the real server would.
pub(super) fn value(kind: u8, reader: &mut Reader<'_>, form: Form, limits: &Limits) -> Read<Value> {
    let is_array = kind == kind::ARRAY && form.has_arrays();
    if kind > form.highest_kind() && !is_array {
        return Err(Flaw::UnknownType(kind));
    }
    let mut loading = Loading { reader, limits };
    match kind {
        kind::ARRAY => array::read(loading.reader).map(Array::wrap),
        kind::STRING => Ok(Text::from(loading.reader.string()?).wrap()),
        kind::LIST => loading.list_of_strings().map(List::wrap),
        kind::LIST_ZIPLIST => loading.list_of_one_ziplist().map(List::wrap),
        kind::LIST_QUICKLIST => loading.list_of_ziplists().map(List::wrap),
        kind::LIST_QUICKLIST_2 => loading.list_of_nodes().map(List::wrap),
        kind::SET => loading.set_of_strings().map(Set::wrap),
        kind::SET_INTSET => loading.set_of_integers().map(Set::wrap),
        kind::SET_LISTPACK => loading.set_in_listpack().map(Set::wrap),
        kind::ZSET => loading.sorted_set(Reader::text_double).map(SortedSet::wrap),
        kind::ZSET_2 => loading.sorted_set(Reader::f64).map(SortedSet::wrap),
        kind::ZSET_ZIPLIST => loading.compact_sorted_set(ziplist::read).map(SortedSet::wrap),
        kind::ZSET_LISTPACK => loading.compact_sorted_set(listpack::read).map(SortedSet::wrap),
        kind::HASH => loading.hash_of_strings().map(Hash::wrap),
        kind::HASH_ZIPMAP => loading.hash_in_zipmap().map(Hash::wrap),
        kind::HASH_ZIPLIST => loading.compact_hash(ziplist::read).map(Hash::wrap),
        kind::HASH_LISTPACK => loading.compact_hash(listpack::read).map(Hash::wrap),
        kind::STREAM_LISTPACKS | kind::STREAM_LISTPACKS_2 | kind::STREAM_LISTPACKS_3 => {
            stream::read(loading.reader, kind, form).map(Stream::wrap)
        }
        kind::HASH_2 if form.is_valkey() => loading.hash_of_valkey().map(Hash::wrap),
        kind::HASH_METADATA_EARLY => loading.hash_with_times(Times::Absolute).map(Hash::wrap),
        kind::HASH_METADATA => loading.hash_with_times(Times::FromFirst).map(Hash::wrap),
        kind::HASH_LISTPACK_EX_EARLY => loading.compact_hash_with_times().map(Hash::wrap),
        kind::HASH_LISTPACK_EX => {
            loading.reader.i64()?;
            loading.compact_hash_with_times().map(Hash::wrap)
        }
        _ => Err(Flaw::UnknownType(kind)),
    }
}

/// How the times of a hash's fields are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Times {
    Absolute,
    FromFirst,
}

/// Reads the entries of a compact form.
type Compact = fn(&[u8]) -> Read<Vec<Entry<'_>>>;

struct Loading<'r, 'b> {
    reader: &'r mut Reader<'b>,
    limits: &'r Limits,
}

impl Loading<'_, '_> {
    /// How many elements follow.
    fn count(&mut self) -> Read<u64> {
        match self.reader.length()? {
            0 => Err(Flaw::Empty),
            count => Ok(count),
        }
    }

    /// The limits by which the real server encodes what it read in a compact form: the length of the elements is not
    /// looked at.
    fn limits_of_compact(&self) -> Limits {
        Limits {
            hash_max_listpack_value: usize::MAX,
            set_max_listpack_value: usize::MAX,
            zset_max_listpack_value: usize::MAX,
            ..*self.limits
        }
    }
}

/// Lists.
impl Loading<'_, '_> {
    fn list_of_strings(&mut self) -> Read<List> {
        let mut list = List::quicklist(self.limits);
        for _ in 0..self.count()? {
            list.push_back(self.reader.string()?);
        }
        list.become_listpack(self.limits);
        Ok(list)
    }

    fn list_of_one_ziplist(&mut self) -> Read<List> {
        let bytes = self.reader.string()?;
        let mut list = List::quicklist(self.limits);
        for entry in ziplist::read(&bytes)? {
            list.push_back(entry.to_bytes());
        }
        if list.is_empty() { Err(Flaw::Empty) } else { Ok(list) }
    }

    fn list_of_ziplists(&mut self) -> Read<List> {
        let mut list = List::quicklist(self.limits);
        for _ in 0..self.count()? {
            let bytes = self.node()?;
            list.push_node(ziplist::read(&bytes)?.into_iter().map(Entry::to_bytes));
        }
        self.finished(list)
    }

    fn list_of_nodes(&mut self) -> Read<List> {
        let mut list = List::quicklist(self.limits);
        let mut has_plain = false;
        for _ in 0..self.count()? {
            let container = self.reader.length()?;
            if container != container::PLAIN && container != container::PACKED {
                return Err(Flaw::Corrupt("a node of a list of an unknown kind"));
            }
            let bytes = self.node()?;
            if container == container::PLAIN {
                has_plain = true;
                list.push_node([bytes]);
            } else {
                list.push_node(listpack::read(&bytes)?.into_iter().map(Entry::to_bytes));
            }
        }
        if has_plain { Ok(list) } else { self.finished(list) }
    }

    fn node(&mut self) -> Read<Bytes> {
        let bytes = self.reader.string()?;
        if bytes.is_empty() { Err(Flaw::Corrupt("an empty node of a list")) } else { Ok(bytes) }
    }

    fn finished(&self, mut list: List) -> Read<List> {
        if list.is_empty() {
            return Err(Flaw::Empty);
        }
        list.become_listpack(self.limits);
        Ok(list)
    }
}

/// Sets.
impl Loading<'_, '_> {
    fn set_of_strings(&mut self) -> Read<Set> {
        let count = self.count()?;
        let mut set = Set::new();
        if count > self.limits.set_max_intset_entries as u64 {
            set = Set::table();
        }
        for _ in 0..count {
            if !set.add(self.reader.string()?) {
                return Err(DUPLICATE);
            }
            set.settle(self.limits);
        }
        Ok(set)
    }

    fn set_of_integers(&mut self) -> Read<Set> {
        let bytes = self.reader.string()?;
        let mut set = Set::of_integers(intset::read(&bytes)?);
        set.settle(self.limits);
        Ok(set)
    }

    fn set_in_listpack(&mut self) -> Read<Set> {
        let bytes = self.reader.string()?;
        let mut set = Set::compact(self.limits);
        for entry in listpack::read(&bytes)? {
            if !set.add(entry.to_bytes()) {
                return Err(DUPLICATE);
            }
        }
        if set.is_empty() {
            return Err(Flaw::Empty);
        }
        set.settle(&self.limits_of_compact());
        Ok(set)
    }
}

/// Sorted sets.
impl<'b> Loading<'_, 'b> {
    fn sorted_set(&mut self, score: fn(&mut Reader<'b>) -> Read<f64>) -> Read<SortedSet> {
        let mut set = SortedSet::new();
        for _ in 0..self.count()? {
            let member = self.reader.string()?;
            add_member(&mut set, member, score(self.reader)?)?;
        }
        set.settle(self.limits);
        Ok(set)
    }

    fn compact_sorted_set(&mut self, read: Compact) -> Read<SortedSet> {
        let bytes = self.reader.string()?;
        let mut set = SortedSet::new();
        for [member, score] in tuples(&read(&bytes)?)? {
            add_member(&mut set, member.to_bytes(), score_of(*score))?;
        }
        if set.is_empty() {
            return Err(Flaw::Empty);
        }
        set.settle(&self.limits_of_compact());
        Ok(set)
    }
}

fn add_member(set: &mut SortedSet, member: Bytes, score: f64) -> Read<()> {
    if score.is_nan() {
        return Err(Flaw::Corrupt("a score that is not a number"));
    }
    if set.insert(member, score).is_some() { Err(DUPLICATE) } else { Ok(()) }
}

/// What the real server reads as a score: a text that is no number is zero.
fn score_of(entry: Entry<'_>) -> f64 {
    match entry {
        #[expect(clippy::cast_precision_loss, reason = "the real server rounds large integers too")]
        Entry::Integer(integer) => integer as f64,
        Entry::Text(text) => leading_double(text).unwrap_or(0.0),
    }
}

/// Hashes.
impl Loading<'_, '_> {
    fn hash_of_strings(&mut self) -> Read<Hash> {
        let mut hash = Hash::default();
        for _ in 0..self.count()? {
            self.field(&mut hash, None)?;
        }
        hash.settle(self.limits);
        Ok(hash)
    }

    fn hash_in_zipmap(&mut self) -> Read<Hash> {
        let bytes = self.reader.string()?;
        let mut hash = Hash::default();
        for (field, value) in zipmap::read(&bytes)? {
            let [field, value] = [field, value].map(Bytes::copy_from_slice);
            add_field(&mut hash, field, value, None)?;
        }
        hash.settle(self.limits);
        Ok(hash)
    }

    fn compact_hash(&mut self, read: Compact) -> Read<Hash> {
        let bytes = self.reader.string()?;
        let mut hash = Hash::default();
        for [field, value] in tuples(&read(&bytes)?)? {
            add_field(&mut hash, field.to_bytes(), value.to_bytes(), None)?;
        }
        self.finished_hash(hash)
    }

    /// Fields in the order of their times, those without one last.
    fn compact_hash_with_times(&mut self) -> Read<Hash> {
        let bytes = self.reader.string()?;
        let mut hash = Hash::default();
        hash.prepare_expiries();
        let mut last = None;
        for [field, value, time] in tuples(&listpack::read(&bytes)?)? {
            let Entry::Integer(time) = *time else { return Err(WRONG_TIME) };
            let time = u64::try_from(time).map_err(|_| WRONG_TIME)?;
            let disordered = last.is_some_and(|last| last == 0 || time < last);
            if time > LATEST_MS || (time != 0 && disordered) {
                return Err(WRONG_TIME);
            }
            last = Some(time);
            add_field(&mut hash, field.to_bytes(), value.to_bytes(), deadline(time))?;
        }
        self.finished_hash(hash)
    }

    fn finished_hash(&self, mut hash: Hash) -> Read<Hash> {
        if hash.is_empty() {
            return Err(Flaw::Empty);
        }
        hash.settle(&self.limits_of_compact());
        Ok(hash)
    }

    fn hash_with_times(&mut self, times: Times) -> Read<Hash> {
        let first = match times {
            Times::Absolute => 1,
            Times::FromFirst => self.reader.u64()?,
        };
        let count = self.count()?;
        let mut fields = Vec::new();
        for _ in 0..count {
            let time = match self.reader.number()? {
                0 => 0,
                time => time.wrapping_add(first).wrapping_sub(1),
            };
            if time > LATEST_MS {
                return Err(WRONG_TIME);
            }
            fields.push((deadline(time), self.reader.string()?, self.reader.string()?));
        }
        let mut hash = Hash::default();
        hash.announce(fields.len());
        hash.prepare_expiries();
        for (expires_at_ms, field, value) in in_order_of_times(fields) {
            add_field(&mut hash, field, value, expires_at_ms)?;
        }
        hash.settle(self.limits);
        Ok(hash)
    }

    /// Valkey keeps such a hash as a table even if it is small.
    fn hash_of_valkey(&mut self) -> Read<Hash> {
        const NEVER: i64 = -1;
        let mut hash = Hash::default();
        for _ in 0..self.count()? {
            let (field, value) = (self.reader.string()?, self.reader.string()?);
            let time = self.reader.i64()?;
            if time < NEVER {
                return Err(WRONG_TIME);
            }
            add_field(&mut hash, field, value, Some(time).filter(|time| *time != NEVER))?;
        }
        hash.announce(usize::MAX);
        hash.settle(self.limits);
        Ok(hash)
    }

    fn field(&mut self, hash: &mut Hash, expires_at_ms: Option<i64>) -> Read<()> {
        let (field, value) = (self.reader.string()?, self.reader.string()?);
        add_field(hash, field, value, expires_at_ms)
    }
}

const WRONG_TIME: Flaw = Flaw::Corrupt("a field that expires at an impossible time");

/// Fields as a listpack with times has them: of those with the same time the last comes first, and those without one
/// come last, in the order in which they came.
fn in_order_of_times(
    fields: Vec<(Option<i64>, Bytes, Bytes)>,
) -> impl Iterator<Item = (Option<i64>, Bytes, Bytes)> {
    let (mut timed, untimed): (Vec<_>, Vec<_>) =
        fields.into_iter().partition(|(time, ..)| time.is_some());
    timed.reverse();
    timed.sort_by_key(|(time, ..)| *time);
    timed.into_iter().chain(untimed)
}

fn deadline(time: u64) -> Option<i64> {
    i64::try_from(time).ok().filter(|time| *time != 0)
}

fn add_field(hash: &mut Hash, field: Bytes, value: Bytes, expires_at_ms: Option<i64>) -> Read<()> {
    if hash.load(field, value, expires_at_ms) { Ok(()) } else { Err(DUPLICATE) }
}

/// The entries in groups; there must be whole ones only.
fn tuples<'e, 'b, const N: usize>(entries: &'e [Entry<'b>]) -> Read<&'e [[Entry<'b>; N]]> {
    let (tuples, rest) = entries.as_chunks();
    if rest.is_empty() { Ok(tuples) } else { Err(UNPAIRED) }
}
