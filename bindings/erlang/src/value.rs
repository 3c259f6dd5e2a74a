//! What keys hold, as terms: documents that are read, and values that are written.
use crate::atoms;
use crate::convert::{binary, bytes, proper, tagged};
use crate::error::{Error, Result};
use crate::spelling::{forms, shown};
use bytes::Bytes;
use faux_redis::{Group, Pending, Plain, StreamEntry, Value};
use rustler::types::tuple::get_tuple;
use rustler::{Encoder, Env, MapIterator, Term, TermType};

/// Documents deeper than this are none.
const DEEPEST: usize = 100;

/// The types that a value may be said to have.
const TYPES: [&str; 8] = ["string", "list", "set", "hash", "zset", "stream", "array", "dump"];

/// A value or a document as the core takes it.
pub(crate) fn plain(term: Term<'_>) -> Result<Plain> {
    read(term, DEEPEST)
}

fn read(term: Term<'_>, depth: usize) -> Result<Plain> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Error::option("a value is nested too deeply"));
    };
    match term.get_type() {
        TermType::Binary => bytes(term).map(Plain::Bytes).ok_or_else(|| bad(term)),
        // What does not fit is printed in decimal digits.
        TermType::Integer => {
            Ok(term.decode().map_or_else(|_| Plain::Text(format!("{term:?}")), Plain::Int))
        }
        TermType::Float => term.decode().map(Plain::Float).map_err(|_| bad(term)),
        TermType::Atom => word(term),
        TermType::List => Ok(Plain::List(items(term, depth)?)),
        TermType::Map => map(term, depth),
        TermType::Tuple => typed(term, depth),
        _ => Err(bad(term)),
    }
}

fn word(term: Term<'_>) -> Result<Plain> {
    let name = term.atom_to_string().map_err(|_| bad(term))?;
    Ok(match &*name {
        "nil" | "undefined" => Plain::Null,
        "true" => Plain::Bool(true),
        "false" => Plain::Bool(false),
        _ => Plain::Text(name),
    })
}

fn items(term: Term<'_>, depth: usize) -> Result<Vec<Plain>> {
    let items = proper(term).map_err(|_| bad(term))?;
    items.map(|item| read(item, depth)).collect()
}

fn map(term: Term<'_>, depth: usize) -> Result<Plain> {
    if let Ok(name) = term.map_get(atoms::__struct__()) {
        if name.decode::<rustler::Atom>().ok() != Some(atoms::map_set()) {
            return Err(bad(term));
        }
        let members = term.map_get(atoms::map()).map_err(|_| bad(term))?;
        let members = pairs(members, |key, _| read(key, depth))?;
        return Ok(marked("$set", Plain::List(sorted(members, ToString::to_string))));
    }
    let pairs = pairs(term, |key, value| Ok((name(key, depth)?, read(value, depth)?)))?;
    // A map of the virtual machine's has no order to speak of.
    Ok(Plain::Map(sorted(pairs, |(key, _)| key.to_string())))
}

fn pairs<'a, T>(term: Term<'a>, read: impl Fn(Term<'a>, Term<'a>) -> Result<T>) -> Result<Vec<T>> {
    let pairs = MapIterator::new(term).ok_or_else(|| bad(term))?;
    pairs.map(|(key, value)| read(key, value)).collect()
}

fn sorted<T>(mut items: Vec<T>, key: impl Fn(&T) -> String) -> Vec<T> {
    items.sort_by_cached_key(key);
    items
}

/// The name of a key or a field, or a word of documents such as `$ttl`.
fn name(term: Term<'_>, depth: usize) -> Result<Plain> {
    let name = read(term, depth)?;
    Ok(match &name {
        Plain::Bytes(bytes) if bytes.starts_with(b"$") && !bytes.starts_with(b"$base64:") => {
            String::from_utf8(bytes.to_vec()).map_or(name, Plain::Text)
        }
        _ => name,
    })
}

/// A value whose type is said: `{zset, …}`.
fn typed(term: Term<'_>, depth: usize) -> Result<Plain> {
    let (kind, values) = tagged(term).ok_or_else(|| bad(term))?;
    if !TYPES.contains(&&*kind) {
        return Err(bad(term));
    }
    let mark = format!("${kind}");
    match (&*kind, &values[..]) {
        ("hash" | "zset" | "array", [values]) => Ok(marked(&mark, mapping(*values, depth)?)),
        ("stream", [entries]) => Ok(marked(&mark, stream(*entries, depth)?)),
        ("stream", [entries, told]) => {
            let mut parts = vec![(Plain::Text(mark), stream(*entries, depth)?)];
            for (name, value) in
                pairs(*told, |name, value| Ok((read(name, depth)?, read(value, depth)?)))?
            {
                parts.push((Plain::Text(format!("${}", word_of(&name))), value));
            }
            Ok(Plain::Map(parts))
        }
        (_, [value]) => Ok(marked(&mark, read(*value, depth)?)),
        _ => Err(bad(term)),
    }
}

/// Pairs in a list, or a map, in which no name is a word of documents.
fn mapping(term: Term<'_>, depth: usize) -> Result<Plain> {
    if term.is_map() {
        let pairs = pairs(term, |key, value| Ok((read(key, depth)?, read(value, depth)?)))?;
        return Ok(Plain::Map(sorted(pairs, |(key, _)| key.to_string())));
    }
    let pairs = proper(term).map_err(|_| bad(term))?;
    pairs.map(|pair| pair_of(pair, depth)).collect::<Result<_>>().map(Plain::Map)
}

fn pair_of(term: Term<'_>, depth: usize) -> Result<(Plain, Plain)> {
    match get_tuple(term).as_deref() {
        Ok([name, value]) => Ok((read(*name, depth)?, read(*value, depth)?)),
        _ => Err(bad(term)),
    }
}

/// Entries: `{Id, Fields}`, or fields alone, which get the next id.
fn stream(term: Term<'_>, depth: usize) -> Result<Plain> {
    let entries = proper(term).map_err(|_| bad(term))?;
    let entry = |entry: Term<'_>| match get_tuple(entry).as_deref() {
        Ok([id, fields]) => Ok(Plain::List(vec![read(*id, depth)?, words(*fields, depth)?])),
        _ => words(entry, depth),
    };
    entries.map(entry).collect::<Result<_>>().map(Plain::List)
}

/// The fields of an entry; those of a list of pairs may be there twice.
fn words(term: Term<'_>, depth: usize) -> Result<Plain> {
    match mapping(term, depth)? {
        Plain::Map(pairs) if !term.is_map() => {
            Ok(Plain::List(pairs.into_iter().flat_map(|(name, value)| [name, value]).collect()))
        }
        fields => Ok(fields),
    }
}

fn word_of(name: &Plain) -> String {
    match name {
        Plain::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Plain::Text(text) => text.clone(),
        other => other.to_string(),
    }
}

fn marked(name: &str, value: Plain) -> Plain {
    Plain::Map(vec![(Plain::Text(name.into()), value)])
}

fn bad(term: Term<'_>) -> Error {
    let accepts = "a binary, a number, a list, a map (a hash), a set, {zset, Pairs}, {stream, Entries}, {array, Map} or another \
                   type that is said";
    Error::option(format!("a value is {}, not {}", forms(accepts), shown(term)))
}

/// What a key holds, as it may be written back.
pub(crate) struct Held<'v>(pub(crate) &'v Value);

impl Encoder for Held<'_> {
    fn encode<'a>(&self, env: Env<'a>) -> Term<'a> {
        match self.0 {
            Value::String(bytes) => binary(env, bytes),
            Value::List(items) => binaries(env, items),
            Value::Set(members) => (atoms::set(), binaries(env, members)).encode(env),
            Value::Hash { fields, .. } => Term::map_from_pairs(env, &fields_of(env, fields))
                .expect("a hash has each field once"),
            Value::SortedSet(members) => {
                let pair = |(member, score): &(Bytes, f64)| {
                    (binary(env, member), self::score(env, *score))
                };
                (atoms::zset(), members.iter().map(pair).collect::<Vec<_>>()).encode(env)
            }
            Value::Array(elements) => {
                let pair = |(at, element): &(u64, Bytes)| (at.encode(env), binary(env, element));
                let pairs: Vec<_> = elements.iter().map(pair).collect();
                let map = Term::map_from_pairs(env, &pairs).expect("each place is there once");
                (atoms::array(), map).encode(env)
            }
            Value::Stream(stream) => {
                let entries = stream.entries.iter().map(|entry| self::entry(env, entry));
                let groups: Vec<_> =
                    stream.groups.iter().map(|group| group_of(env, group)).collect();
                let groups = Term::map_from_pairs(env, &groups).expect("each name is there once");
                let told = [
                    (atoms::last_id().encode(env), stream.last_id.encode(env)),
                    (atoms::groups().encode(env), groups),
                ];
                let told = Term::map_from_pairs(env, &told).expect("two names");
                (atoms::stream(), entries.collect::<Vec<_>>(), told).encode(env)
            }
            Value::Dump(bytes) => (atoms::dump(), binary(env, bytes)).encode(env),
            other => other.type_name().encode(env),
        }
    }
}

/// The virtual machine has no number that is infinite.
fn score(env: Env<'_>, score: f64) -> Term<'_> {
    if score == f64::INFINITY {
        atoms::inf().encode(env)
    } else if score == f64::NEG_INFINITY {
        atoms::minus_inf().encode(env)
    } else {
        score.encode(env)
    }
}

fn binaries<'a>(env: Env<'a>, items: &[Bytes]) -> Term<'a> {
    items.iter().map(|item| binary(env, item)).collect::<Vec<_>>().encode(env)
}

fn fields_of<'a>(env: Env<'a>, fields: &[(Bytes, Bytes)]) -> Vec<(Term<'a>, Term<'a>)> {
    fields.iter().map(|(field, value)| (binary(env, field), binary(env, value))).collect()
}

fn entry<'a>(env: Env<'a>, entry: &StreamEntry) -> Term<'a> {
    (entry.id.as_str(), fields_of(env, &entry.fields)).encode(env)
}

fn group_of<'a>(env: Env<'a>, group: &Group) -> (Term<'a>, Term<'a>) {
    let pending = |entry: &Pending| {
        let consumer = entry.consumer.as_ref().map(|name| binary(env, name));
        vec![entry.id.encode(env), consumer.encode(env), entry.deliveries.encode(env)]
    };
    let told = [
        (atoms::last_id().encode(env), group.last_id.encode(env)),
        (atoms::consumers().encode(env), binaries(env, &group.consumers)),
        (
            atoms::pending().encode(env),
            group.pending.iter().map(pending).collect::<Vec<_>>().encode(env),
        ),
    ];
    let told = Term::map_from_pairs(env, &told).expect("three names");
    (binary(env, &group.name), told)
}
