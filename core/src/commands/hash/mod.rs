//! Hashes: fields with values under one key.

mod expire;
mod import;

use super::scan::{self, Walk};
use crate::command::docs::{Note, Type};
use crate::command::{Args, Command, KeyAccess, command};
use crate::data::hash::{FieldTtl, Hash};
use crate::engine::{Ctx, word};
use crate::number::{LongDouble, parse_i64};
use crate::persona::{Flavour, Version};
use crate::resp::{Error, Protocol, Reply, Result};
use bytes::Bytes;

pub(super) use expire::{COMMANDS as EXPIRING, OF_VALKEY as EXPIRING_OF_VALKEY};
pub(super) use import::COMMANDS as IMPORTING;

#[rustfmt::skip]
pub(super) const COMMANDS: &[Command] = &[
    command("HDEL key field [field ...]", hdel).writes().fast().since("2.0.0").cost("O(N)")
        .keys(&[KeyAccess::DELETES])
        .says("Deletes fields of a hash."),
    command("HEXISTS key field", hexists).looks().fast().since("2.0.0")
        .says("Tells whether a hash has a field."),
    command("HGET key field", hget).reads().fast().since("2.0.0")
        .says("Answers the value of a hash's field."),
    command("HGETALL key", hgetall).reads().since("2.0.0").cost("O(N)")
        .tips(&["nondeterministic_output_order"])
        .says("Answers all fields and values of a hash."),
    command("HINCRBY key field increment", hincrby).grows().fast().since("2.0.0")
        .keys(&[KeyAccess::CHANGES])
        .says("Raises an integer field of a hash by an amount."),
    command("HINCRBYFLOAT key field increment", hincrbyfloat).grows().fast().since("2.6.0")
        .notes(&[("increment", Note::Is(Type::Double))])
        .keys(&[KeyAccess::CHANGES])
        .says("Raises a floating point field of a hash by an amount."),
    command("HKEYS key", hkeys).reads().since("2.0.0").cost("O(N)")
        .tips(&["nondeterministic_output_order"])
        .says("Answers all fields of a hash."),
    command("HLEN key", hlen).looks().fast().since("2.0.0")
        .says("Counts the fields of a hash."),
    command("HMGET key field [field ...]", hmget).reads().fast().since("2.0.0").cost("O(N)")
        .says("Answers the values of several fields of a hash."),
    command("HMSET key field value [field value ...]", hmset).grows().fast().since("2.0.0").cost("O(N)")
        .deprecated("4.0.0", "`HSET` with multiple field-value pairs")
        .says("Sets several fields of a hash."),
    command("HRANDFIELD key [count [WITHVALUES]]", hrandfield).reads().since("6.2.0").cost("O(N)")
        .tips(&["nondeterministic_output"])
        .says("Answers one or more random fields of a hash."),
    command("HSCAN key cursor [MATCH pattern] [COUNT count]", hscan).reads().since("2.8.0")
        .only(Flavour::Redis).holds("2.8.0", "7.4.0").tips(&["nondeterministic_output"])
        .says("Walks over the fields of a hash, some at a time."),
    command("HSCAN key cursor [MATCH pattern] [COUNT count] [NOVALUES]", hscan).reads().since("2.8.0")
        .only(Flavour::Redis).holds("7.4.0", "99.0.0").tips(&["nondeterministic_output"])
        .says("Walks over the fields of a hash, some at a time."),
    command("HSCAN key cursor [MATCH pattern] [COUNT count] [NOVALUES]", hscan).reads().since("2.8.0")
        .only(Flavour::Valkey).tips(&["nondeterministic_output"])
        .says("Walks over the fields of a hash, some at a time."),
    command("HSET key field value [field value ...]", hset).grows().fast().since("2.0.0")
        .says("Sets fields of a hash."),
    command("HSETNX key field value", hsetnx).grows().fast().since("2.0.0")
        .keys(&[KeyAccess::INSERTS])
        .says("Sets a field of a hash if the field does not exist."),
    command("HSTRLEN key field", hstrlen).looks().fast().since("3.2.0")
        .says("Answers the length of a hash field's value."),
    command("HVALS key", hvals).reads().since("2.0.0").cost("O(N)")
        .tips(&["nondeterministic_output_order"])
        .says("Answers all values of a hash."),
];

fn hdel(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, fields) = (args.bytes()?, args.all());
    let Some(mut hash) = cx.db.edit::<Hash>(key)? else { return Ok(Reply::Int(0)) };
    let gone = fields.iter().filter(|field| hash.remove(field).is_some()).count();
    if gone > 0 {
        hash.changed_by("hdel", gone);
    }
    Ok(gone.into())
}

fn hexists(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let hash = cx.db.read::<Hash>(args.bytes()?)?;
    let field = args.bytes()?;
    Ok(usize::from(hash.is_some_and(|hash| hash.contains(field))).into())
}

fn hget(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let hash = cx.db.read::<Hash>(args.bytes()?)?;
    let field = args.bytes()?;
    Ok(hash.and_then(|hash| hash.get(field)).cloned().into())
}

fn hgetall(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let hash = cx.db.read::<Hash>(args.bytes()?)?;
    Ok(Reply::Map(
        living(cx, hash)
            .map(|(field, value)| (field.clone().into(), value.clone().into()))
            .collect(),
    ))
}

/// The fields of a hash that are to be seen.
fn living<'h>(
    cx: &Ctx<'_>,
    hash: Option<&'h Hash>,
) -> impl Iterator<Item = (&'h Bytes, &'h Bytes)> {
    let now_ms = cx.now_ms();
    hash.into_iter().flat_map(move |hash| hash.living(now_ms))
}

fn hincrby(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, field, by) = (args.bytes()?, args.bytes()?, args.int()?);
    let value = match cx.db.look::<Hash>(key)?.and_then(|hash| hash.get(field)) {
        Some(value) => parse_i64(value).ok_or(Error::HASH_VALUE_NOT_AN_INTEGER)?,
        None => 0,
    };
    let value = value.checked_add(by).ok_or(Error::INCREMENT_OVERFLOW)?;
    let text = Bytes::from(value.to_string());
    let mut hash = cx.db.edit_or_create::<Hash>(key)?;
    hash.insert(field.clone(), text.clone(), FieldTtl::Keep);
    hash.changed("hincrby");
    let (ends_at_ms, expires) = (hash.expires_at_ms(field), hash.has_expiries());
    drop(hash);
    if expires && cx.node.persona.is_valkey() {
        propagate_value(cx, key, &[field.clone(), text], ends_at_ms);
    }
    Ok(value.into())
}

fn hincrbyfloat(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, field, by) = (args.bytes()?, args.bytes()?, args.bytes()?);
    let by = LongDouble::parse(by).ok_or(Error::NOT_A_FLOAT)?;
    if !by.is_finite() {
        return Err(Error::INCREMENT_NOT_FINITE);
    }
    let value = match cx.db.look::<Hash>(key)?.and_then(|hash| hash.get(field)) {
        Some(value) => LongDouble::parse(value).ok_or(Error::HASH_VALUE_NOT_A_FLOAT)?,
        None => LongDouble::from(0),
    };
    let sum = value + by;
    if !sum.is_finite() {
        return Err(Error::INCREMENT_NAN);
    }
    let sum = Bytes::from(sum.to_string());
    let mut hash = cx.db.edit_or_create::<Hash>(key)?;
    hash.insert(field.clone(), sum.clone(), FieldTtl::Keep);
    hash.changed("hincrbyfloat");
    let ends_at_ms = hash.expires_at_ms(field);
    drop(hash);
    propagate_value(cx, key, &[field.clone(), sum.clone()], ends_at_ms);
    Ok(sum.into())
}

/// A field that became another number propagates with its value. HSET would take away its lifetime, which Redis has minded
/// since 8.0.4.
fn propagate_value(cx: &mut Ctx<'_>, key: &Bytes, pair: &[Bytes; 2], ends_at_ms: Option<i64>) {
    let persona = cx.node.persona;
    let lifetime = match ends_at_ms {
        Some(at_ms) if persona.is_valkey() => vec![word("PXAT"), at_ms.to_string().into()],
        _ if !persona.is_valkey() && persona.version >= Version(8, 0, 4) => vec![word("KEEPTTL")],
        _ => Vec::new(),
    };
    cx.propagate_rewritten(|_| {
        if lifetime.is_empty() {
            return [&[word("HSET"), key.clone()], &pair[..]].concat();
        }
        let fields = ["FIELDS", "1"].map(word);
        [&[word("HSETEX"), key.clone()], &lifetime[..], &fields, pair].concat()
    });
}

fn hkeys(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let hash = cx.db.read::<Hash>(args.bytes()?)?;
    Ok(Reply::bulks(living(cx, hash).map(|(field, _)| field.clone())))
}

fn hlen(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    Ok(cx.db.read::<Hash>(args.bytes()?)?.map_or(0, Hash::len).into())
}

fn hmget(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let hash = cx.db.read::<Hash>(args.bytes()?)?;
    let value = |field: &Bytes| hash.and_then(|hash| hash.get(field)).cloned().into();
    Ok(Reply::Array(args.all().iter().map(value).collect()))
}

fn hmset(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Reply> {
    set_fields(cx, args)?;
    Ok(Reply::OK)
}

fn hset(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Reply> {
    Ok(set_fields(cx, args)?.into())
}

/// Sets fields; how many of them are new.
fn set_fields(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<usize> {
    let key = args.bytes()?;
    let pairs = args.pairs().ok_or_else(|| Error::arity(&cx.entry.name))?;
    let announces = cx.at_least(7, 2);
    let mut hash = cx.db.edit_or_create::<Hash>(key)?;
    if announces {
        hash.announce(pairs.len());
    }
    let mut added = 0;
    for [field, value] in pairs {
        let old = hash.insert(field.clone(), value.clone(), FieldTtl::Clear);
        added += usize::from(old.is_none());
    }
    hash.changed_by("hset", pairs.len());
    Ok(added)
}

/// How random fields are shown.
#[derive(Clone, Copy, Debug)]
enum Shown {
    Fields,
    /// With their values, one after the other.
    Flat,
    /// With their values, in pairs.
    Pairs,
}

fn hrandfield(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    if args.is_empty() {
        let Some(hash) = cx.db.read::<Hash>(key)? else { return Ok(Reply::Null) };
        let chosen = hash.at(cx.node.dice.below(hash.len()));
        return Ok(chosen.map(|(field, _)| field.clone()).into());
    }
    let count = random_count(&mut args)?;
    let with_values = args.word("WITHVALUES");
    args.end()?;
    if with_values && !(-i64::MAX / 2..=i64::MAX / 2).contains(&count) {
        return Err(Error::VALUE_OUT_OF_RANGE);
    }
    let shown = match (with_values, cx.session().encoding.protocol) {
        (false, _) => Shown::Fields,
        (true, Protocol::Resp2) => Shown::Flat,
        (true, Protocol::Resp3) => Shown::Pairs,
    };
    let Some(hash) = cx.db.read::<Hash>(key)? else { return Ok(Reply::EMPTY_ARRAY) };
    check_reply_of(count)?;
    let chosen = cx.node.dice.choose(count, hash.len(), hash.is_compact());
    let mut replies = Vec::new();
    for (field, value) in chosen.filter_map(|place| hash.at(place)) {
        let (field, value) = (field.clone(), value.clone());
        match shown {
            Shown::Fields => replies.push(field.into()),
            Shown::Flat => replies.extend([Reply::Bulk(field), Reply::Bulk(value)]),
            Shown::Pairs => replies.push(vec![field, value].into()),
        }
    }
    Ok(Reply::Array(replies))
}

/// How many random elements are asked for; of less than none, the same may come several times.
pub(super) fn random_count(args: &mut Args<'_>) -> Result<i64> {
    let count = args.int()?;
    if count == i64::MIN { Err(Error::not_between(-i64::MAX, i64::MAX)) } else { Ok(count) }
}

/// A reply of more random elements would take more memory than there may be. A real server would go on until it has run
/// out of it.
pub(super) fn check_reply_of(count: i64) -> Result<()> {
    const MOST: i64 = 1 << 23;
    if count < -MOST { Err(Error::OUT_OF_MEMORY) } else { Ok(()) }
}

fn hscan(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    let cursor = scan::cursor(cx.node.persona, &mut args)?;
    let Some(hash) = cx.db.read::<Hash>(key)? else { return Ok(scan::nothing()) };
    let options = scan::Options::parse(cx.node.persona, args, Walk::Hash)?;
    let now_ms = cx.now_ms();
    let mut found = Vec::new();
    let next = hash.scan(cursor, options.count, |field, value| {
        if options.shows(field) && !hash.has_lapsed(field, now_ms) {
            found.push(field.clone().into());
            if !options.names_only {
                found.push(value.clone().into());
            }
        }
    });
    Ok(scan::reply(next, found))
}

fn hsetnx(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, field, value) = (args.bytes()?, args.bytes()?, args.bytes()?);
    if cx.db.look::<Hash>(key)?.is_some_and(|hash| hash.contains(field)) {
        return Ok(Reply::Int(0));
    }
    let mut hash = cx.db.edit_or_create::<Hash>(key)?;
    hash.insert(field.clone(), value.clone(), FieldTtl::Clear);
    hash.changed("hset");
    let expires = hash.has_expiries();
    drop(hash);
    // Where fields expire, a replica might still have what is gone here.
    if expires && cx.node.persona.is_valkey() {
        cx.propagate_instead(|| [word("HSET"), key.clone(), field.clone(), value.clone()]);
    }
    Ok(Reply::Int(1))
}

fn hstrlen(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let hash = cx.db.read::<Hash>(args.bytes()?)?;
    let field = args.bytes()?;
    Ok(hash.and_then(|hash| hash.get(field)).map_or(0, Bytes::len).into())
}

fn hvals(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let hash = cx.db.read::<Hash>(args.bytes()?)?;
    Ok(Reply::bulks(living(cx, hash).map(|(_, value)| value.clone())))
}
