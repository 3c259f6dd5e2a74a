//! A document as JSON, YAML and a host's own literals have it, of which values are made.
use bytes::Bytes;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use std::fmt;

/// Part of a document as JSON and YAML have it. Mappings keep their order.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Plain {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// A text, in which `$base64:` begins what is no text.
    Text(String),
    /// Bytes, taken as they are.
    Bytes(Bytes),
    /// A list.
    List(Vec<Plain>),
    /// A mapping.
    Map(Vec<(Plain, Plain)>),
}

impl fmt::Display for Plain {
    /// What it is, as messages tell it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Plain::Null => f.write_str("null"),
            Plain::Bool(truth) => write!(f, "{truth}"),
            Plain::Int(number) => write!(f, "{number}"),
            Plain::Float(number) => write!(f, "{number}"),
            Plain::Text(text) => write!(f, "'{}'", text.escape_debug()),
            Plain::Bytes(bytes) => write!(f, "'{}'", bytes.escape_ascii()),
            Plain::List(items) => write!(f, "a list of {}", items.len()),
            Plain::Map(pairs) => write!(f, "a mapping of {}", pairs.len()),
        }
    }
}

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Plain, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Plain;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number, a list or a mapping")
    }

    fn visit_unit<E>(self) -> Result<Plain, E> {
        Ok(Plain::Null)
    }

    fn visit_none<E>(self) -> Result<Plain, E> {
        Ok(Plain::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Plain, D::Error> {
        Plain::deserialize(deserializer)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Plain, E> {
        Ok(Plain::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Plain, E> {
        Ok(Plain::Int(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Plain, E> {
        // What is larger is a text anyhow: no number of Redis's is.
        Ok(i64::try_from(number).map_or_else(|_| Plain::Text(number.to_string()), Plain::Int))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Plain, E> {
        Ok(Plain::Float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Plain, E> {
        Ok(Plain::Text(text.to_owned()))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Plain, E> {
        Ok(Plain::Bytes(Bytes::copy_from_slice(bytes)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Plain, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Plain::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Plain, A::Error> {
        let mut map = Vec::new();
        while let Some(pair) = pairs.next_entry()? {
            map.push(pair);
        }
        Ok(Plain::Map(map))
    }
}

impl Serialize for Plain {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Plain::Null => serializer.serialize_unit(),
            Plain::Bool(truth) => serializer.serialize_bool(*truth),
            Plain::Int(number) => serializer.serialize_i64(*number),
            Plain::Float(number) => serializer.serialize_f64(*number),
            Plain::Text(text) => serializer.serialize_str(text),
            Plain::Bytes(bytes) => serializer.serialize_str(&super::form::spelled(bytes)),
            Plain::List(items) => serializer.collect_seq(items),
            Plain::Map(pairs) => {
                let mut map = serializer.serialize_map(Some(pairs.len()))?;
                for (key, value) in pairs {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}
