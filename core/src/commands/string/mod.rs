//! Strings: bytes under a key, read and written whole, in part, or as a number.

mod compare;
mod increx;
mod lcs;
mod several;

use super::lifetime::{self, Form, Lifetime};
use crate::command::docs::{Note, Type};
use crate::command::{Args, Command, KeyAccess, command};
use crate::data::text::Text;
use crate::engine::{Ctx, word};
use crate::number::LongDouble;
use crate::persona::Flavour;
use crate::resp::{Error, Reply, Result};
use crate::store::{Kind as _, Removal};
use bytes::Bytes;
use compare::Expected;

pub(super) use compare::COMMANDS as COMPARING;
pub(super) use increx::COMMANDS as INCREASING;
pub(super) use lcs::COMMANDS as SUBSEQUENCES;
pub(super) use several::COMMANDS as SEVERAL;

#[rustfmt::skip]
pub(super) const COMMANDS: &[Command] = &[
    command("APPEND key value", append).grows().fast().since("2.0.0")
        .keys(&[KeyAccess::INSERTS])
        .says("Adds to the end of a string, creating it if missing."),
    command("DECR key", |cx, args| increment(cx, args, -1)).grows().fast()
        .keys(&[KeyAccess::CHANGES])
        .says("Lowers an integer by one, taking a missing key as 0."),
    command("DECRBY key decrement", decrby).grows().fast()
        .keys(&[KeyAccess::CHANGES])
        .says("Lowers an integer by an amount, taking a missing key as 0."),
    command("GET key", get).reads().fast()
        .says("Answers a key's string."),
    command("GETDEL key", getdel).writes().fast().since("6.2.0")
        .keys(&[KeyAccess::POPS])
        .says("Answers a key's string and deletes the key."),
    command("GETEX key [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|PERSIST]", getex)
        .key_note("RW and UPDATE because it changes the TTL")
        .writes().fast().since("6.2.0").keys(&[KeyAccess::CHANGES])
        .says("Answers a key's string and may change when it expires."),
    command("GETRANGE key start end", getrange).reads().since("2.4.0").cost("O(N)")
        .says("Answers a part of a string."),
    command("GETSET key value", getset).grows().fast().deprecated("6.2.0", "`SET` with the `!GET` argument")
        .keys(&[KeyAccess::CHANGES])
        .says("Sets a key's string and answers the one before."),
    command("INCR key", |cx, args| increment(cx, args, 1)).grows().fast()
        .keys(&[KeyAccess::CHANGES])
        .says("Raises an integer by one, taking a missing key as 0."),
    command("INCRBY key increment", incrby).grows().fast()
        .keys(&[KeyAccess::CHANGES])
        .says("Raises an integer by an amount, taking a missing key as 0."),
    command("INCRBYFLOAT key increment", incrbyfloat).grows().fast().since("2.6.0")
        .notes(&[("increment", Note::Is(Type::Double))])
        .keys(&[KeyAccess::CHANGES])
        .says("Raises a floating point number by an amount, taking a missing key as 0."),
    command("MGET key [key ...]", mget).reads().fast().cost("O(N)")
        .tips(&["request_policy:multi_shard"])
        .says("Answers the strings of several keys."),
    command("MSET key value [key value ...]", mset).grows().since("1.0.1").cost("O(N)")
        .keys(&[KeyAccess::STORES])
        .tips(&["request_policy:multi_shard", "response_policy:all_succeeded"])
        .says("Sets the strings of several keys at once."),
    command("MSETNX key value [key value ...]", msetnx).grows().since("1.0.1").cost("O(N)")
        .old_tips(&["request_policy:multi_shard", "response_policy:agg_min"])
        .keys(&[KeyAccess::CREATES])
        .says("Sets the strings of several keys if none of the keys exists."),
    command("PSETEX key milliseconds value", |cx, args| setex(cx, args, Form::MILLISECONDS)).grows().since("2.6.0")
        .deprecated("2.6.12", "`SET` with the `PX` argument").keys(&[KeyAccess::STORES])
        .says("Sets a key's string with a lifetime in milliseconds."),
    command("SET key value [NX|XX] [GET] [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|KEEPTTL]", set)
        .notes(&[("condition", Note::Since("2.6.12")), ("GET", Note::Since("6.2.0")), ("EX", Note::Since("2.6.12")), ("PX", Note::Since("2.6.12")), ("EXAT", Note::Since("6.2.0")), ("PXAT", Note::Since("6.2.0")), ("KEEPTTL", Note::Since("6.0.0"))])
        .key_note("RW and ACCESS due to the optional `GET` argument")
        .grows().only(Flavour::Redis).until("8.4.0").keys(&[KeyAccess::CHANGES.and(KeyAccess::VARIABLE)])
        .says("Sets a key's string, whatever the key held, under conditions and with a lifetime if asked."),
    command("SET key value [NX|XX|IFEQ ifeq-value|IFNE ifne-value|IFDEQ ifdeq-digest|IFDNE ifdne-digest] [GET] [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|KEEPTTL]", set)
        .notes(&[("NX|XX|IFEQ|IFNE|IFDEQ|IFDNE", Note::Since("2.6.12")), ("IFEQ", Note::Since("8.4.0")), ("IFNE", Note::Since("8.4.0")), ("IFDEQ", Note::Since("8.4.0")), ("IFDNE", Note::Since("8.4.0")), ("GET", Note::Since("6.2.0")), ("EX", Note::Since("2.6.12")), ("PX", Note::Since("2.6.12")), ("EXAT", Note::Since("6.2.0")), ("PXAT", Note::Since("6.2.0")), ("KEEPTTL", Note::Since("6.0.0"))])
        .key_note("RW and ACCESS due to the optional `GET` argument")
        .grows().only(Flavour::Redis).from("8.4.0").keys(&[KeyAccess::CHANGES.and(KeyAccess::VARIABLE)])
        .says("Sets a key's string, whatever the key held, under conditions and with a lifetime if asked."),
    command("SET key value [NX|XX|IFEQ comparison-value] [GET] [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|KEEPTTL]", set)
        .notes(&[("NX", Note::Since("2.6.12")), ("XX", Note::Since("2.6.12")), ("IFEQ", Note::Since("8.1.0")), ("GET", Note::Since("6.2.0")), ("EX", Note::Since("2.6.12")), ("PX", Note::Since("2.6.12")), ("EXAT", Note::Since("6.2.0")), ("PXAT", Note::Since("6.2.0")), ("KEEPTTL", Note::Since("6.0.0"))])
        .key_note("RW and ACCESS due to the optional `GET` argument")
        .grows().only(Flavour::Valkey).keys(&[KeyAccess::CHANGES.and(KeyAccess::VARIABLE)])
        .says("Sets a key's string, whatever the key held, under conditions and with a lifetime if asked."),
    command("SETEX key seconds value", |cx, args| setex(cx, args, Form::SECONDS)).grows().since("2.0.0")
        .deprecated("2.6.12", "`SET` with the `EX` argument").keys(&[KeyAccess::STORES])
        .says("Sets a key's string with a lifetime in seconds."),
    command("SETNX key value", setnx).grows().fast()
        .deprecated("2.6.12", "`SET` with the `NX` argument").keys(&[KeyAccess::CREATES])
        .says("Sets a key's string if the key does not exist."),
    command("SETRANGE key offset value", setrange).grows().since("2.2.0")
        .says("Overwrites a part of a string, padding it with zero bytes if it is too short."),
    command("STRLEN key", strlen).looks().fast().since("2.2.0")
        .says("Answers the length of a string."),
    command("SUBSTR key start end", getrange).reads().cost("O(N)")
        .deprecated("2.0.0", "`GETRANGE`")
        .says("Answers a part of a string."),
];

fn append(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, value) = (args.bytes()?, args.bytes()?);
    let Some(len) = cx.db.look::<Text>(key)?.map(Text::len) else {
        cx.db.put(key, Text::from(value.clone()).wrap(), None, "append");
        return Ok(value.len().into());
    };
    check_length(cx, len, value.len())?;
    let mut text = cx.db.edit_or_create::<Text>(key)?;
    let len = text.append(value);
    text.changed("append");
    Ok(len.into())
}

fn decrby(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Reply> {
    let (key, by) = (args, args.skip(1)?.int()?);
    let by = by.checked_neg().ok_or(Error::DECREMENT_OVERFLOW)?;
    increment(cx, key, by)
}

fn get(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    Ok(cx.db.read::<Text>(args.bytes()?)?.map(Text::as_bytes).into())
}

fn getdel(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    let text = cx.db.read::<Text>(key)?.map(Text::as_bytes);
    cx.db.remove(key, Removal::Deleted);
    // Since 7.2 it is removed at once, whatever the settings say.
    let is_lazy = !cx.at_least(7, 2) && cx.node.config.text("lazyfree-lazy-user-del") == "yes";
    cx.propagate_instead(|| [word(if is_lazy { "UNLINK" } else { "DEL" }), key.clone()]);
    Ok(text.into())
}

fn getex(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    let (mut lifetime, mut persist) = (None, false);
    while !args.is_empty() {
        // The same option may be said twice, a second one not.
        if lifetime.is_none() && args.word("PERSIST") {
            persist = true;
        } else if !persist && let Some(found) = Lifetime::option(&mut args) {
            lifetime = Some(found.instead_of(lifetime)?);
        } else {
            return Err(Error::SYNTAX);
        }
    }
    let ends = lifetime.map(|l| l.ends_at_ms(cx.now_ms(), &cx.entry.name)).transpose();
    if cx.node.persona.is_valkey_from(9, 1) {
        ends.clone()?;
    }
    let Some(text) = cx.db.read::<Text>(key)?.map(Text::as_bytes) else { return Ok(Reply::Null) };
    let ends = ends?;
    if let Some(ends) = ends {
        lifetime::expire_at(cx, key, ends);
    } else if persist {
        cx.db.persist(key);
        cx.propagate_instead(|| [word("PERSIST"), key.clone()]);
    }
    Ok(text.into())
}

fn getrange(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, start, end) = (args.bytes()?, args.int()?, args.int()?);
    let text = cx.db.read::<Text>(key)?;
    Ok(text.map_or(Bytes::new(), |text| text.range(start, end)).into())
}

fn getset(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, value) = (args.bytes()?, args.bytes()?);
    let old = cx.db.read::<Text>(key)?.map(Text::as_bytes);
    cx.db.put(key, Text::from(value.clone()).wrap(), None, "set");
    cx.propagate_instead(|| [word("SET"), key.clone(), value.clone()]);
    Ok(old.into())
}

fn incrby(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Reply> {
    let (key, by) = (args, args.skip(1)?.int()?);
    increment(cx, key, by)
}

fn increment(cx: &mut Ctx<'_>, mut args: Args<'_>, by: i64) -> Result<Reply> {
    let key = args.bytes()?;
    let value = match cx.db.look::<Text>(key)? {
        Some(text) => text.as_int().ok_or(Error::NOT_AN_INTEGER)?,
        None => 0,
    };
    let value = value.checked_add(by).ok_or(Error::INCREMENT_OVERFLOW)?;
    let mut text = cx.db.edit_or_create::<Text>(key)?;
    text.set_int(value);
    text.changed("incrby");
    Ok(value.into())
}

fn incrbyfloat(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, by) = (args.bytes()?, args.bytes()?);
    let value = cx.db.look::<Text>(key)?.map_or(Bytes::from_static(b"0"), Text::as_bytes);
    let value = LongDouble::parse(&value).ok_or(Error::NOT_A_FLOAT)?;
    let by = LongDouble::parse(by).ok_or(Error::NOT_A_FLOAT)?;
    let sum = value + by;
    if !sum.is_finite() {
        return Err(Error::INCREMENT_NAN);
    }
    let sum = Bytes::from(sum.to_string());
    let mut text = cx.db.edit_or_create::<Text>(key)?;
    *text = Text::unparsed(sum.clone());
    text.changed("incrbyfloat");
    drop(text);
    let set = [word("SET"), key.clone(), sum.clone(), word("KEEPTTL")];
    cx.propagate_instead(|| set);
    Ok(sum.into())
}

fn mget(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    // A key of another type answers as a missing one does.
    let read = |key: &Bytes| cx.db.read::<Text>(key).ok().flatten().map(Text::as_bytes).into();
    Ok(Reply::Array(args.all().iter().map(read).collect()))
}

fn mset(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let pairs = args.pairs().ok_or_else(|| Error::arity(&cx.entry.name))?;
    for [key, value] in pairs {
        cx.db.put(key, Text::from(value.clone()).wrap(), None, "set");
    }
    Ok(Reply::OK)
}

fn msetnx(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let pairs = args.pairs().ok_or_else(|| Error::arity(&cx.entry.name))?;
    if pairs.iter().any(|[key, _]| cx.db.touch(key)) {
        return Ok(Reply::Int(0));
    }
    for [key, value] in pairs {
        cx.db.put(key, Text::from(value.clone()).wrap(), None, "set");
    }
    Ok(Reply::Int(1))
}

/// When SET sets.
#[derive(Clone, Copy, Debug, Default)]
enum Condition<'a> {
    #[default]
    Always,
    Absent,
    Present,
    /// The key holds a string that is as expected.
    Holds(Expected<'a>),
}

#[derive(Clone, Copy, Debug, Default)]
struct SetOptions<'a> {
    condition: Condition<'a>,
    get: bool,
    keep_ttl: bool,
    lifetime: Option<Lifetime<'a>>,
}

impl<'a> SetOptions<'a> {
    fn parse(cx: &Ctx<'_>, args: &mut Args<'a>) -> Result<SetOptions<'a>> {
        let mut options = SetOptions::default();
        while !args.is_empty() {
            if args.word("GET") {
                options.get = true;
            } else if options.lifetime.is_none() && args.word("KEEPTTL") {
                options.keep_ttl = true;
            } else if !options.keep_ttl
                && let Some(lifetime) = Lifetime::option(args)
            {
                options.lifetime = Some(lifetime.instead_of(options.lifetime)?);
            } else {
                options.condition(cx, args)?;
            }
        }
        Ok(options)
    }

    fn condition(&mut self, cx: &Ctx<'_>, args: &mut Args<'a>) -> Result<()> {
        let found = if args.word("NX") {
            Condition::Absent
        } else if args.word("XX") {
            Condition::Present
        } else if let Some(expected) = Expected::option(cx, args) {
            Condition::Holds(expected)
        } else {
            return Err(Error::SYNTAX);
        };
        match (self.condition, found) {
            // The same condition may be said twice.
            (Condition::Always, _)
            | (Condition::Absent, Condition::Absent)
            | (Condition::Present, Condition::Present) => self.condition = found,
            _ => return Err(Error::SYNTAX),
        }
        Ok(())
    }
}

fn set(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, value) = (args.bytes()?, args.bytes()?);
    let options = SetOptions::parse(cx, &mut args)?;
    let ends = options.lifetime.map(|l| l.ends_at_ms(cx.now_ms(), &cx.entry.name)).transpose()?;
    let old = if options.get { cx.db.read::<Text>(key)?.map(Text::as_bytes) } else { None };
    let refused = match options.condition {
        Condition::Always => false,
        Condition::Absent => cx.db.touch(key),
        Condition::Present => !cx.db.contains(key),
        Condition::Holds(expected) => {
            !expected.is_met_by(cx.db.look::<Text>(key)?.map(Text::as_bytes).as_deref())
        }
    };
    if refused {
        return Ok(old.into());
    }
    if ends.is_some_and(|ends| ends <= cx.now_ms()) && cx.node.persona.is_valkey_from(8, 1) {
        // Valkey does not set what would be dead at once, and lets go of what was there.
        let was_there = cx.db.remove(key, Removal::Expired).is_some();
        cx.db.store.counts.dirty += u64::from(was_there);
        lifetime::propagate_expiry(cx, key);
        return Ok(if options.get { old.into() } else { Reply::OK });
    }
    let kept = if options.keep_ttl { cx.db.expires_at_ms(key) } else { None };
    cx.db.put(key, Text::from(value.clone()).wrap(), ends.or(kept), "set");
    if let Some(ends) = ends {
        cx.db.tell(key, "expire");
        propagate_set(cx, key, value, ends, &options);
    } else if options.get {
        cx.propagate_rewritten(without_get);
    }
    Ok(if options.get { old.into() } else { Reply::OK })
}

/// A lifetime propagates as the moment of its end. Since 7.2, what was said as such a moment goes on as it came.
fn propagate_set(
    cx: &mut Ctx<'_>,
    key: &Bytes,
    value: &Bytes,
    ends: i64,
    options: &SetOptions<'_>,
) {
    let is_moment =
        options.lifetime.is_some_and(|lifetime| lifetime.form == Form::UNIX_MILLISECONDS);
    if is_moment && cx.at_least(7, 2) {
        return;
    }
    let ends = Bytes::from(ends.to_string());
    let pxat = word("PXAT");
    cx.propagate_instead(|| [word("SET"), key.clone(), value.clone(), pxat, ends]);
}

/// What SET answers is of no interest to who follows.
fn without_get(words: &[Bytes]) -> Vec<Bytes> {
    let (start, options) = words.split_at(3);
    let is_kept = |word: &&Bytes| !word.eq_ignore_ascii_case(b"GET");
    start.iter().chain(options.iter().filter(is_kept)).cloned().collect()
}

fn setex(cx: &mut Ctx<'_>, mut args: Args<'_>, form: Form) -> Result<Reply> {
    let (key, time, value) = (args.bytes()?, args.bytes()?, args.bytes()?);
    let lifetime = Lifetime::new(form, time);
    let ends = lifetime.ends_at_ms(cx.now_ms(), &cx.entry.name)?;
    cx.db.put(key, Text::from(value.clone()).wrap(), Some(ends), "set");
    cx.db.tell(key, "expire");
    propagate_set(cx, key, value, ends, &SetOptions::default());
    Ok(Reply::OK)
}

fn setnx(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, value) = (args.bytes()?, args.bytes()?);
    if cx.db.touch(key) {
        return Ok(Reply::Int(0));
    }
    cx.db.put(key, Text::from(value.clone()).wrap(), None, "set");
    Ok(Reply::Int(1))
}

fn setrange(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, offset, value) = (args.bytes()?, args.int()?, args.bytes()?);
    let offset = usize::try_from(offset).map_err(|_| Error::OFFSET_OUT_OF_RANGE)?;
    let len = cx.db.look::<Text>(key)?.map_or(0, Text::len);
    if value.is_empty() {
        return Ok(len.into());
    }
    check_length(cx, offset, value.len())?;
    let mut text = cx.db.edit_or_create::<Text>(key)?;
    let len = text.set_range(offset, value);
    text.changed("setrange");
    Ok(len.into())
}

fn strlen(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    Ok(cx.db.read::<Text>(args.bytes()?)?.map_or(0, Text::len).into())
}

/// Refuses a string that would grow past what a client could ever send.
fn check_length(cx: &Ctx<'_>, len: usize, more: usize) -> Result<()> {
    let limit = cx.node.config.size("proto-max-bulk-len");
    if len.checked_add(more).is_some_and(|total| total <= limit) {
        Ok(())
    } else {
        Err(Error::STRING_TOO_LONG)
    }
}
