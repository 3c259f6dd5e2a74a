//! The format of data files: keys and what they hold, as a document of JSON or YAML.
//!
//! A document maps keys to values. A text or a number is a string, a list a list, a mapping a hash. What needs more
//! words is a mapping whose names begin with `$`: `$string`, `$list`, `$set`, `$hash`, `$zset` (members and scores),
//! `$stream` (ids and fields), `$array` (places and elements) or `$dump` (what DUMP answers); beside it `$ttl`, in
//! seconds, for a hash `$field_ttl`, its fields and theirs, and for a stream `$last_id` and `$groups` (see
//! `stream_form`). A document of several databases is
//! `{"$databases": {"0": {…}, "1": {…}}}`. A text that begins with `$base64:` is the bytes that follow, in base64.
use super::{Plain, Stream, StreamEntry, Value, stream_form};
use crate::number::{format_f64, parse_f64};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use std::time::Duration;

/// A key and what it shall hold.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) db: usize,
    pub(crate) key: Bytes,
    pub(crate) value: Value,
    pub(crate) ttl: Option<Duration>,
}

pub(super) type Read<T> = Result<T, String>;

const BASE64_MARK: &str = "$base64:";
const ACCEPTED: &str = "a text, a number, a list (a list), a mapping (a hash), or a mapping with one of $string, $list, \
     $set, $hash, $zset, $stream, $array and $dump, and perhaps $ttl and $field_ttl";

/// The keys of a document.
pub(crate) fn document(plain: &Plain) -> Read<Vec<Item>> {
    let Plain::Map(pairs) = plain else {
        return Err(format!("a document is a mapping of keys to values, not {plain}"));
    };
    if let [(Plain::Text(name), databases)] = &pairs[..]
        && name == "$databases"
    {
        let Plain::Map(databases) = databases else {
            return Err(format!(
                "$databases takes a mapping of databases to keys, not {databases}"
            ));
        };
        let mut items = Vec::new();
        for (db, keys) in databases {
            let index = text(db)?;
            let index = std::str::from_utf8(&index).ok().and_then(|index| index.parse().ok());
            let index = index.ok_or_else(|| format!("a database is a number, not {db}"))?;
            let Plain::Map(keys) = keys else {
                return Err(format!(
                    "database {index} takes a mapping of keys to values, not {keys}"
                ));
            };
            items.extend(keys_of(index, keys)?);
        }
        return Ok(items);
    }
    keys_of(0, pairs)
}

fn keys_of(db: usize, pairs: &[(Plain, Plain)]) -> Read<Vec<Item>> {
    let item = |(key, value): &(Plain, Plain)| {
        let key = text(key)?;
        let (value, ttl) =
            value_of(value).map_err(|why| format!("key '{}': {why}", key.escape_ascii()))?;
        Ok(Item { db, key, value, ttl })
    };
    pairs.iter().map(item).collect()
}

/// A value, and how long it lives.
pub(crate) fn value_of(plain: &Plain) -> Read<(Value, Option<Duration>)> {
    match plain {
        Plain::Text(_) | Plain::Bytes(_) | Plain::Int(_) | Plain::Float(_) => {
            Ok((Value::String(text(plain)?), None))
        }
        Plain::List(items) => Ok((Value::List(texts(items)?), None)),
        Plain::Map(pairs) if pairs.iter().any(|(name, _)| mark(name).is_some()) => marked(pairs),
        Plain::Map(pairs) => Ok((Value::hash(fields(pairs)?), None)),
        Plain::Null | Plain::Bool(_) => Err(format!("a value is {ACCEPTED}; not {plain}")),
    }
}

fn mark(name: &Plain) -> Option<&str> {
    if let Plain::Text(name) = name {
        return Some(&**name)
            .filter(|name| name.starts_with('$') && !name.starts_with(BASE64_MARK));
    }
    None
}

fn marked(pairs: &[(Plain, Plain)]) -> Read<(Value, Option<Duration>)> {
    let (mut value, mut ttl, mut field_ttls) = (None, None, Vec::new());
    let (mut last_id, mut groups) = (None, Vec::new());
    for (name, plain) in pairs {
        let Some(name) = mark(name) else {
            return Err(format!(
                "{name} stands beside a name that begins with $; a hash with such fields is {{\"$hash\": {{…}}}}"
            ));
        };
        match name {
            "$ttl" => ttl = Some(seconds(plain)?),
            "$field_ttl" => {
                for (field, plain) in map("$field_ttl", plain)? {
                    field_ttls.push((text(field)?, seconds(plain)?));
                }
            }
            "$last_id" => last_id = Some(stream_form::id(plain)?),
            "$groups" => groups = stream_form::groups(plain)?,
            name => {
                if value.replace(typed(name, plain)?).is_some() {
                    return Err(format!("{name} stands beside another value; a key has one"));
                }
            }
        }
    }
    let mut value =
        value.ok_or_else(|| format!("a value is missing beside $ttl; it is {ACCEPTED}"))?;
    if last_id.is_some() || !groups.is_empty() {
        let name = value.type_name();
        let Value::Stream(stream) = &mut value else {
            return Err(format!("$last_id and $groups are for a $stream, not for a {name}"));
        };
        (stream.last_id, stream.groups) = (last_id, groups);
    }
    let value = match (value, field_ttls) {
        (value, ttls) if ttls.is_empty() => value,
        (Value::Hash { fields, .. }, ttls) => Value::Hash { fields, ttls },
        (value, _) => {
            let name = value.type_name();
            return Err(format!("$field_ttl is for the fields of a $hash, not of a {name}"));
        }
    };
    Ok((value, ttl))
}

fn typed(name: &str, plain: &Plain) -> Read<Value> {
    Ok(match name {
        "$string" => Value::String(text(plain)?),
        "$list" => Value::List(texts(list(name, plain)?)?),
        "$set" => Value::Set(texts(list(name, plain)?)?),
        "$hash" => Value::hash(fields(map(name, plain)?)?),
        "$zset" => {
            let member = |(member, score): &(Plain, Plain)| Ok((text(member)?, number(score)?));
            Value::SortedSet(map(name, plain)?.iter().map(member).collect::<Read<_>>()?)
        }
        "$stream" => {
            Value::Stream(Stream { entries: stream_form::entries(plain)?, ..Stream::default() })
        }
        "$array" => {
            let element = |(at, element): &(Plain, Plain)| {
                let place = std::str::from_utf8(&text(at)?).ok().and_then(|at| at.parse().ok());
                let place = place.ok_or_else(|| format!("a place in $array is a number, not {at}"));
                Ok((place?, text(element)?))
            };
            Value::Array(map(name, plain)?.iter().map(element).collect::<Read<_>>()?)
        }
        "$dump" => Value::Dump(text(plain)?),
        _ => return Err(format!("there is no {name}; a value is {ACCEPTED}")),
    })
}

pub(super) fn list<'a>(name: &str, plain: &'a Plain) -> Read<&'a [Plain]> {
    let Plain::List(items) = plain else { return Err(format!("{name} takes a list, not {plain}")) };
    Ok(items)
}

pub(super) fn map<'a>(name: &str, plain: &'a Plain) -> Read<&'a [(Plain, Plain)]> {
    let Plain::Map(pairs) = plain else {
        return Err(format!("{name} takes a mapping, not {plain}"));
    };
    Ok(pairs)
}

pub(super) fn fields(pairs: &[(Plain, Plain)]) -> Read<Vec<(Bytes, Bytes)>> {
    pairs.iter().map(|(field, value)| Ok((text(field)?, text(value)?))).collect()
}

pub(super) fn texts(items: &[Plain]) -> Read<Vec<Bytes>> {
    items.iter().map(text).collect()
}

pub(super) fn text(plain: &Plain) -> Read<Bytes> {
    match plain {
        Plain::Bytes(bytes) => Ok(bytes.clone()),
        Plain::Int(number) => Ok(number.to_string().into()),
        Plain::Float(number) => Ok(format_f64(*number).into()),
        Plain::Text(text) => match text.strip_prefix(BASE64_MARK) {
            None => Ok(text.clone().into()),
            Some(coded) => BASE64
                .decode(coded)
                .map(Bytes::from)
                .map_err(|error| format!("'{text}' is not base64: {error}")),
        },
        _ => Err(format!(
            "a text or a number is wanted, not {plain}; write \"{plain}\" if it is a text"
        )),
    }
}

fn number(plain: &Plain) -> Read<f64> {
    let number = parse_f64(&text(plain)?).filter(|number| !number.is_nan());
    number.ok_or_else(|| format!("a score is a number, inf or -inf, not {plain}"))
}

fn seconds(plain: &Plain) -> Read<Duration> {
    let seconds = parse_f64(&text(plain)?).filter(|seconds| *seconds > 0.0);
    let seconds = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.ok_or_else(|| format!("a time to live is a number of seconds above zero, not {plain}"))
}

/// A value as a document has it. What no other form tells whole is given as DUMP answers it.
pub(crate) fn item(value: Value, ttl: Option<Duration>, dump: impl FnOnce() -> Bytes) -> Plain {
    let mut marks = Vec::new();
    let mut plain = match value {
        Value::String(bytes) => Plain::Bytes(bytes),
        Value::List(items) => Plain::List(items.into_iter().map(Plain::Bytes).collect()),
        Value::Set(members) => {
            marks.push(("$set", Plain::List(members.into_iter().map(Plain::Bytes).collect())));
            Plain::Null
        }
        Value::Hash { fields, ttls } => {
            let is_marked = |field: &Bytes| field.starts_with(b"$");
            let needs_mark = !ttls.is_empty() || fields.iter().any(|(field, _)| is_marked(field));
            let hash = Plain::Map(pairs(fields));
            if !ttls.is_empty() {
                let ttl = |(field, ttl): (Bytes, Duration)| (Plain::Bytes(field), in_seconds(ttl));
                marks.push(("$field_ttl", Plain::Map(ttls.into_iter().map(ttl).collect())));
            }
            if needs_mark {
                marks.insert(0, ("$hash", hash));
                Plain::Null
            } else {
                hash
            }
        }
        Value::SortedSet(members) => {
            let pair = |(member, score): (Bytes, f64)| (Plain::Bytes(member), scored(score));
            marks.push(("$zset", Plain::Map(members.into_iter().map(pair).collect())));
            Plain::Null
        }
        Value::Array(elements) => {
            let pair =
                |(at, element): (u64, Bytes)| (Plain::Text(at.to_string()), Plain::Bytes(element));
            marks.push(("$array", Plain::Map(elements.into_iter().map(pair).collect())));
            Plain::Null
        }
        Value::Stream(stream) if stream.is_plain() => {
            marks.push(("$stream", Plain::Map(stream.entries.into_iter().map(entry).collect())));
            Plain::Null
        }
        Value::Stream(_) | Value::Dump(_) => {
            marks.push(("$dump", coded(&dump())));
            Plain::Null
        }
    };
    if let Some(ttl) = ttl {
        if plain != Plain::Null {
            let name = match plain {
                Plain::Bytes(_) => "$string",
                Plain::List(_) => "$list",
                _ => "$hash",
            };
            marks.push((name, std::mem::replace(&mut plain, Plain::Null)));
        }
        marks.push(("$ttl", in_seconds(ttl)));
    }
    if marks.is_empty() {
        return plain;
    }
    Plain::Map(marks.into_iter().map(|(name, plain)| (Plain::Text(name.into()), plain)).collect())
}

impl Stream {
    /// Whether its entries are all there is to tell of it.
    fn is_plain(&self) -> bool {
        let last = self.entries.last().map(|entry| &entry.id);
        self.groups.is_empty() && last.is_some() && self.last_id.as_ref() == last
    }
}

fn entry(entry: StreamEntry) -> (Plain, Plain) {
    let mut names: Vec<_> = entry.fields.iter().map(|(field, _)| field).collect();
    names.sort();
    let repeats = names.windows(2).any(|pair| pair[0] == pair[1]);
    let fields = if repeats {
        let words = entry.fields.into_iter().flat_map(|(field, value)| [field, value]);
        Plain::List(words.map(Plain::Bytes).collect())
    } else {
        Plain::Map(pairs(entry.fields))
    };
    (Plain::Text(entry.id), fields)
}

fn pairs(fields: Vec<(Bytes, Bytes)>) -> Vec<(Plain, Plain)> {
    fields.into_iter().map(|(field, value)| (Plain::Bytes(field), Plain::Bytes(value))).collect()
}

fn scored(score: f64) -> Plain {
    if score.is_finite() { Plain::Float(score) } else { Plain::Text(format_f64(score)) }
}

fn in_seconds(ttl: Duration) -> Plain {
    Plain::Float(ttl.as_secs_f64())
}

/// Bytes as a text of a document.
pub(super) fn spelled(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.starts_with('$') && !text.chars().any(is_unprintable) => text.to_owned(),
        _ => code(bytes),
    }
}

/// What YAML takes in no text, however it is quoted.
fn is_unprintable(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t' | '\r')
        || matches!(c, '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn coded(bytes: &[u8]) -> Plain {
    Plain::Text(code(bytes))
}

fn code(bytes: &[u8]) -> String {
    format!("{BASE64_MARK}{}", BASE64.encode(bytes))
}
