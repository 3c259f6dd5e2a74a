//! How much memory the data takes, estimated: no allocator is asked.
use super::{Entry, Store, Value};
use crate::data::array::LAST_INDEX;
use crate::data::stream::{Fields, Stream, StreamId};

/// What a real server takes before it holds anything, about.
const EMPTY_SERVER: usize = 900_000;
/// What a key takes besides its name and value, about.
const KEY: usize = 72;
/// What an element takes besides its bytes, about.
const ELEMENT: usize = 16;
/// What a consumer of a stream, or an entry it has not acknowledged, takes, about.
const PENDING: usize = 64;
/// So many keys and elements are looked at; the others are taken to be like them.
const SAMPLE: usize = 64;

impl Store {
    /// What a server takes before it holds anything.
    #[expect(clippy::unused_self, reason = "it is asked of a store")]
    pub(crate) fn bytes_at_start(&self) -> usize {
        EMPTY_SERVER
    }

    /// What it takes now, about.
    pub(crate) fn bytes(&self) -> usize {
        let spaces = (0..self.databases()).map(|db| {
            let sizes = self.entries(db).map(|(key, entry)| entry.bytes(key));
            extrapolated(sizes, self.entries(db).len())
        });
        EMPTY_SERVER + spaces.sum::<usize>()
    }
}

impl Entry {
    /// What a key and its value take, about.
    pub(crate) fn bytes(&self, key: &[u8]) -> usize {
        KEY + key.len() + of_value(&self.value)
    }
}

fn of_value(value: &Value) -> usize {
    let element = |bytes: usize| ELEMENT + bytes;
    match value {
        Value::Array(array) => {
            let elements = array.range(0..=LAST_INDEX);
            extrapolated(elements.map(|(_, v)| element(v.len())), array.used())
        }
        Value::Text(text) => text.len(),
        Value::List(list) => extrapolated(list.iter().map(|v| element(v.len())), list.len()),
        Value::Set(set) => extrapolated(set.iter().map(|v| element(v.len())), set.len()),
        Value::SortedSet(set) => {
            extrapolated(set.iter().map(|(v, _)| element(v.len() + 8)), set.len())
        }
        Value::Stream(stream) => of_stream(stream),
        Value::Hash(hash) => {
            let sizes = hash.iter().map(|(field, value, ..)| element(field.len() + value.len()));
            extrapolated(sizes, hash.len())
        }
    }
}

fn of_stream(stream: &Stream) -> usize {
    let bytes = |fields: &Fields| fields.iter().map(|word| ELEMENT + word.len()).sum::<usize>();
    let entries = stream.log.range(StreamId::MIN, StreamId::MAX);
    let entries = extrapolated(entries.map(|(_, fields)| bytes(fields)), stream.log.len());
    let groups = stream.groups.iter().map(|(name, group)| {
        let elements = group.pending().len() + group.consumers().len();
        KEY + name.len() + PENDING * elements
    });
    entries + groups.sum::<usize>()
}

/// The sum of all sizes as the first ones let expect it.
fn extrapolated(sizes: impl Iterator<Item = usize>, count: usize) -> usize {
    let looked_at = count.min(SAMPLE);
    let sum: usize = sizes.take(SAMPLE).sum();
    sum.checked_div(looked_at).map_or(0, |mean| mean * count)
}
