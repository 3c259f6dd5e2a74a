//! Digests of values and of whole servers, by which two can be compared.
use super::{Db, Entry, Store, Type, Value};
use crate::data::array::LAST_INDEX;
use crate::data::stream::StreamId;
use sha1::{Digest as _, Sha1};
use std::fmt::Write as _;

/// In what the digests of the servers differ.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DigestStyle {
    /// How scores are spelled.
    pub(crate) scores: fn(f64) -> String,
    /// Whether it is part of a hash's digest which of its fields expire.
    pub(crate) marks_fields: bool,
}

/// What grows as more is mixed into it.
#[derive(Clone, Copy, Debug, Default)]
struct Digest([u8; 20]);

impl Digest {
    /// Adds bytes, whatever their order among others that are added.
    fn add(&mut self, bytes: &[u8]) {
        let hash = Sha1::digest(bytes);
        self.0.iter_mut().zip(hash).for_each(|(byte, other)| *byte ^= other);
    }

    /// Adds bytes that come behind what was mixed in before.
    fn mix(&mut self, bytes: &[u8]) {
        self.add(bytes);
        self.0 = Sha1::digest(self.0).into();
    }

    fn of(parts: &[&[u8]]) -> Digest {
        let mut digest = Digest::default();
        parts.iter().for_each(|part| digest.mix(part));
        digest
    }

    fn hex(self) -> String {
        let mut hex = String::new();
        for byte in self.0 {
            write!(hex, "{byte:02x}").expect("a string takes all");
        }
        hex
    }

    fn mix_entry(&mut self, entry: &Entry, style: DigestStyle) {
        self.mix(&type_number(entry.value.type_of()).to_be_bytes());
        match &entry.value {
            Value::Array(array) => {
                for (index, element) in array.range(0..=LAST_INDEX) {
                    self.add(&Digest::of(&[index.to_string().as_bytes(), element]).0);
                }
            }
            Value::Text(text) => self.mix(&text.as_bytes()),
            Value::List(list) => list.iter().for_each(|value| self.mix(value)),
            Value::Stream(stream) => {
                for (id, fields) in stream.log.range(StreamId::MIN, StreamId::MAX) {
                    self.mix(format!("{}.{}", id.ms, id.seq).as_bytes());
                    fields.iter().for_each(|word| self.mix(word));
                }
            }
            Value::Set(set) => set.iter().for_each(|member| self.add(&member)),
            Value::SortedSet(set) => {
                for (member, score) in set.iter() {
                    self.add(&Digest::of(&[member, (style.scores)(score).as_bytes()]).0);
                }
            }
            Value::Hash(hash) => {
                for (field, value) in hash.iter() {
                    let mut pair = Digest::of(&[field, value]);
                    if style.marks_fields && hash.expires_at_ms(field).is_some() {
                        pair.add(b"!!hexpire!!");
                    }
                    self.add(&pair.0);
                }
            }
        }
        if entry.expires_at_ms.is_some() {
            self.add(b"!!expire!!");
        }
    }
}

/// The number by which real servers know a type.
fn type_number(kind: Type) -> u32 {
    match kind {
        Type::Array => 7,
        Type::Text => 0,
        Type::List => 1,
        Type::Set => 2,
        Type::SortedSet => 3,
        Type::Hash => 4,
        Type::Stream => 6,
    }
}

impl Store {
    /// The digest of all databases, the same as a real server's with the same data.
    pub(crate) fn digest(&self, style: DigestStyle) -> String {
        let mut whole = Digest::default();
        for (db, space) in (0_u32..).zip(&self.spaces).filter(|(_, space)| !space.keys.is_empty()) {
            whole.mix(&db.to_be_bytes());
            for (key, entry) in space.keys.iter() {
                let mut digest = Digest::of(&[key]);
                digest.mix_entry(entry, style);
                whole.add(&digest.0);
            }
        }
        whole.hex()
    }
}

impl Db<'_> {
    /// The digest of a key's value; zero if there is none.
    pub(crate) fn digest(&self, key: &[u8], style: DigestStyle) -> String {
        let mut digest = Digest::default();
        if let Some(entry) = self.peek(key) {
            digest.mix_entry(entry, style);
        }
        digest.hex()
    }
}
