//! Values as a host writes and reads them, by their types.

mod diff;
mod form;
mod plain;
mod seed;
mod stream_form;

pub use diff::{Diff, KeyChange};
pub(crate) use form::Item;
pub(crate) use form::{item, value_of};
pub use plain::Plain;
pub(crate) use seed::Resolved;
pub use seed::{DataFormat, Seed};

use crate::data::array::LAST_INDEX;
use crate::data::stream::{self, StreamId};
use crate::store;
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::BuildHasher;
use std::time::Duration;

/// What a key holds.
///
/// Two hashes, sets or sorted sets are equal whatever the order of what is in them.
///
/// ```
/// use faux_redis::Value;
///
/// assert_eq!(Value::from("36"), Value::from(36));
/// assert_eq!(Value::hash([("name", "Ada"), ("age", "36")]), Value::hash([("age", "36"), ("name", "Ada")]));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Value {
    /// A string.
    String(Bytes),
    /// A list, from its head to its tail.
    List(Vec<Bytes>),
    /// A set. What is there twice counts once.
    Set(Vec<Bytes>),
    /// A hash.
    #[non_exhaustive]
    Hash {
        /// Its fields and their values; the last value of a field counts.
        fields: Vec<(Bytes, Bytes)>,
        /// How much longer fields live that have a time to live of their own.
        ttls: Vec<(Bytes, Duration)>,
    },
    /// A sorted set: its members and their scores.
    SortedSet(Vec<(Bytes, f64)>),
    /// A stream.
    Stream(Stream),
    /// A sparse array: its elements by their places.
    Array(Vec<(u64, Bytes)>),
    /// Any value, as DUMP answers it. It is written and never read: what is read has its type.
    Dump(Bytes),
}

/// A stream: its entries, and the groups that read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stream {
    /// The entries, the first first.
    pub entries: Vec<StreamEntry>,
    /// The last id that was given; when it is written, that of the last entry if there is none.
    pub last_id: Option<String>,
    /// The groups in the order of their names.
    pub groups: Vec<Group>,
}

/// An entry of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamEntry {
    /// Its id, such as `1-1`; `*` takes the next one when it is written.
    pub id: String,
    /// Its fields in their order; a field may be there twice.
    pub fields: Vec<(Bytes, Bytes)>,
}

/// A group of a stream's consumers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: Bytes,
    /// The id of the last entry it was given.
    pub last_id: String,
    /// Its consumers in the order of their names.
    pub consumers: Vec<Bytes>,
    /// What was delivered and not acknowledged.
    pub pending: Vec<Pending>,
}

/// An entry that was delivered and not acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The entry's id.
    pub id: String,
    /// Who has it; nobody, if it was released.
    pub consumer: Option<Bytes>,
    /// How often it was delivered.
    pub deliveries: u64,
}

impl Value {
    /// A list.
    pub fn list<T: Into<Bytes>>(elements: impl IntoIterator<Item = T>) -> Value {
        Value::List(elements.into_iter().map(Into::into).collect())
    }

    /// A set.
    pub fn set<T: Into<Bytes>>(members: impl IntoIterator<Item = T>) -> Value {
        Value::Set(members.into_iter().map(Into::into).collect())
    }

    /// A hash.
    pub fn hash<K: Into<Bytes>, V: Into<Bytes>>(fields: impl IntoIterator<Item = (K, V)>) -> Value {
        let fields = fields.into_iter().map(|(field, value)| (field.into(), value.into()));
        Value::Hash { fields: fields.collect(), ttls: Vec::new() }
    }

    /// A sorted set.
    pub fn sorted_set<T: Into<Bytes>>(members: impl IntoIterator<Item = (T, f64)>) -> Value {
        Value::SortedSet(members.into_iter().map(|(m, score)| (m.into(), score)).collect())
    }

    /// A stream of entries, each with its id, or `*`, and its fields.
    pub fn stream<K: Into<Bytes>, V: Into<Bytes>, F: IntoIterator<Item = (K, V)>>(
        entries: impl IntoIterator<Item = (impl Into<String>, F)>,
    ) -> Value {
        let entry = |(id, fields): (_, F)| StreamEntry {
            id: Into::into(id),
            fields: fields.into_iter().map(|(k, v)| (k.into(), v.into())).collect(),
        };
        Value::Stream(Stream {
            entries: entries.into_iter().map(entry).collect(),
            ..Stream::default()
        })
    }

    /// Its type, in the words of TYPE.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::String(_) => "string",
            Value::List(_) => "list",
            Value::Set(_) => "set",
            Value::Hash { .. } => "hash",
            Value::SortedSet(_) => "zset",
            Value::Stream(_) => "stream",
            Value::Array(_) => "array",
            Value::Dump(_) => "dump",
        }
    }

    /// What a key of the store holds at this time.
    pub(crate) fn read(value: &store::Value, now_ms: i64) -> Value {
        match value {
            store::Value::Text(text) => Value::String(text.as_bytes()),
            store::Value::List(list) => Value::List(list.iter().cloned().collect()),
            store::Value::Set(set) => Value::Set(set.iter().collect()),
            store::Value::SortedSet(set) => Value::SortedSet(
                set.iter().map(|(member, score)| (member.clone(), score)).collect(),
            ),
            store::Value::Array(array) => {
                let elements = array.range(0..=LAST_INDEX);
                Value::Array(elements.map(|(at, element)| (at, element.clone())).collect())
            }
            store::Value::Hash(hash) => {
                let fields: Vec<_> =
                    hash.living(now_ms).map(|(f, v)| (f.clone(), v.clone())).collect();
                let ttl = |(field, _): &(Bytes, Bytes)| {
                    let left = hash.expires_at_ms(field)?.saturating_sub(now_ms);
                    Some((field.clone(), Duration::from_millis(u64::try_from(left).unwrap_or(0))))
                };
                let ttls = fields.iter().filter_map(ttl).collect();
                Value::Hash { fields, ttls }
            }
            store::Value::Stream(stream) => Value::Stream(Stream::read(stream)),
        }
    }
}

impl Stream {
    fn read(stream: &stream::Stream) -> Stream {
        let entries = stream.log.range(StreamId::MIN, StreamId::MAX).map(|(id, words)| {
            let fields = words.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone()));
            StreamEntry { id: id.to_string(), fields: fields.collect() }
        });
        let groups = stream.groups.iter().map(|(name, group)| Group {
            name: name.clone(),
            last_id: group.last_id.to_string(),
            consumers: group.consumers().keys().cloned().collect(),
            pending: group
                .pending()
                .iter()
                .map(|(id, entry)| Pending {
                    id: id.to_string(),
                    consumer: entry.consumer.clone(),
                    deliveries: entry.deliveries,
                })
                .collect(),
        });
        Stream {
            entries: entries.collect(),
            last_id: Some(stream.log.last_id.to_string()),
            groups: groups.collect(),
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        fn set(members: &[Bytes]) -> BTreeSet<&Bytes> {
            members.iter().collect()
        }
        fn map<V>(pairs: &[(Bytes, V)]) -> BTreeMap<&Bytes, &V> {
            pairs.iter().map(|(key, value)| (key, value)).collect()
        }
        match (self, other) {
            (Value::String(a), Value::String(b)) | (Value::Dump(a), Value::Dump(b)) => a == b,
            (Value::List(a), Value::List(b)) => a == b,
            (Value::Set(a), Value::Set(b)) => set(a) == set(b),
            (Value::Hash { fields: a, ttls: s }, Value::Hash { fields: b, ttls: t }) => {
                map(a) == map(b) && map(s) == map(t)
            }
            (Value::SortedSet(a), Value::SortedSet(b)) => map(a) == map(b),
            (Value::Stream(a), Value::Stream(b)) => a == b,
            (Value::Array(a), Value::Array(b)) => a == b,
            _ => false,
        }
    }
}

macro_rules! strings {
    ($($from:ty => $bytes:expr),* $(,)?) => {$(
        impl From<$from> for Value {
            fn from(value: $from) -> Value {
                let bytes: fn($from) -> Bytes = $bytes;
                Value::String(bytes(value))
            }
        }
    )*};
}

strings! {
    &str => |text| Bytes::copy_from_slice(text.as_bytes()),
    String => Bytes::from,
    &[u8] => Bytes::copy_from_slice,
    Bytes => |bytes| bytes,
    i32 => |number| number.to_string().into(),
    i64 => |number| number.to_string().into(),
    u64 => |number| number.to_string().into(),
}

impl<T: Into<Bytes>> From<Vec<T>> for Value {
    fn from(elements: Vec<T>) -> Value {
        Value::list(elements)
    }
}

impl<K: Into<Bytes>, V: Into<Bytes>> From<BTreeMap<K, V>> for Value {
    fn from(fields: BTreeMap<K, V>) -> Value {
        Value::hash(fields)
    }
}

impl<K: Into<Bytes>, V: Into<Bytes>, S: BuildHasher> From<HashMap<K, V, S>> for Value {
    fn from(fields: HashMap<K, V, S>) -> Value {
        // A map of the standard library's has another order in every run.
        let fields: BTreeMap<Bytes, Bytes> =
            fields.into_iter().map(|(field, value)| (field.into(), value.into())).collect();
        Value::hash(fields)
    }
}

impl<T: Into<Bytes>> From<BTreeSet<T>> for Value {
    fn from(members: BTreeSet<T>) -> Value {
        Value::set(members)
    }
}

impl<T: Into<Bytes>, S: BuildHasher> From<HashSet<T, S>> for Value {
    fn from(members: HashSet<T, S>) -> Value {
        let members: BTreeSet<Bytes> = members.into_iter().map(Into::into).collect();
        Value::set(members)
    }
}
