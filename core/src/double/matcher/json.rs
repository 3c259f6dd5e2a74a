//! Patterns for what a JSON document holds.
use super::pattern::Pattern;
use super::question::Look;
use crate::error::{Error, ErrorKind};
use serde_json::Value;
use serde_json_path::JsonPath;
use std::fmt;

/// Longer values are cut short in messages.
const LONGEST_SHOWN: usize = 64;

/// What a document must hold at a place.
#[derive(Clone, Debug)]
pub struct JsonPattern {
    path: JsonPath,
    /// The path as it was written.
    written: String,
    holds: JsonHolds,
}

/// What is looked for: a value of JSON, or what a pattern says of a value's text.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum JsonHolds {
    /// This value, of this type: `42` is not `"42"`; numbers are equal by what they are worth.
    Value(Value),
    /// A value that the pattern matches: of a string its text, of anything else how JSON writes it.
    Pattern(Box<Pattern>),
}

impl JsonPattern {
    pub(super) fn new(path: &str, holds: JsonHolds) -> Result<JsonPattern, Error> {
        let parsed = JsonPath::parse(path).map_err(|error| {
            let message =
                format!("json() takes a JSONPath such as $.user.id, not '{path}': {error}");
            Error::new(ErrorKind::Option, message)
        })?;
        Ok(JsonPattern { path: parsed, written: path.to_owned(), holds })
    }

    pub(super) fn pattern(&self) -> Option<&Pattern> {
        match &self.holds {
            JsonHolds::Value(_) => None,
            JsonHolds::Pattern(pattern) => Some(pattern),
        }
    }

    /// Whether one of the values at the place is what is looked for; when there is none, whether none is.
    pub(super) fn look(&self, arg: &[u8]) -> Look {
        let Ok(document) = serde_json::from_slice::<Value>(arg) else { return Look::No };
        let found = self.path.query(&document);
        match &self.holds {
            JsonHolds::Value(value) => found.iter().any(|found| equal(found, value)).into(),
            JsonHolds::Pattern(pattern) if found.is_empty() => pattern.look(None),
            JsonHolds::Pattern(pattern) => {
                Look::any(found.iter().map(|found| pattern.look(Some(text_of(found).as_bytes()))))
            }
        }
    }
}

impl JsonPattern {
    /// What a document that is not what was wanted has at the place.
    pub(in crate::double) fn explained(&self, arg: &[u8]) -> String {
        let Ok(document) = serde_json::from_slice::<Value>(arg) else {
            return "it is no JSON".to_owned();
        };
        let found = self.path.query(&document).all();
        let Some((first, more)) = found.split_first() else {
            return format!("JSON that has nothing at {}", self.written);
        };
        let more =
            if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
        format!("JSON that has {}{more} at {}", shortened(&first.to_string()), self.written)
    }
}

/// A text to be shown, as long as a line may be.
fn shortened(text: &str) -> String {
    let more = if text.chars().count() > LONGEST_SHOWN { "…" } else { "" };
    text.chars().take(LONGEST_SHOWN).collect::<String>() + more
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one == other || one.as_f64() == other.as_f64()
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(name, one)| other.get(name).is_some_and(|other| equal(one, other)))
        }
        _ => one == other,
    }
}

impl<T: Into<Value>> From<T> for JsonHolds {
    fn from(value: T) -> JsonHolds {
        JsonHolds::Value(value.into())
    }
}

impl From<Pattern> for JsonHolds {
    fn from(pattern: Pattern) -> JsonHolds {
        JsonHolds::Pattern(Box::new(pattern))
    }
}

impl fmt::Display for JsonPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "json({}, ", super::quoted(self.written.as_bytes()))?;
        match &self.holds {
            JsonHolds::Value(value) => show(value, f)?,
            JsonHolds::Pattern(pattern) => write!(f, "{pattern}")?,
        }
        f.write_str(")")
    }
}

/// A value as it is written in Python.
fn show(value: &Value, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match value {
        Value::Null => f.write_str("None"),
        Value::Bool(true) => f.write_str("True"),
        Value::Bool(false) => f.write_str("False"),
        Value::Array(items) => {
            f.write_str("[")?;
            for (nth, item) in items.iter().enumerate() {
                f.write_str(if nth == 0 { "" } else { ", " })?;
                show(item, f)?;
            }
            f.write_str("]")
        }
        Value::Object(pairs) => {
            f.write_str("{")?;
            for (nth, (name, item)) in pairs.iter().enumerate() {
                write!(
                    f,
                    "{}{}: ",
                    if nth == 0 { "" } else { ", " },
                    super::quoted(name.as_bytes())
                )?;
                show(item, f)?;
            }
            f.write_str("}")
        }
        Value::Number(_) | Value::String(_) => write!(f, "{value}"),
    }
}
