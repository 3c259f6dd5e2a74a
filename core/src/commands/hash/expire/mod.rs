//! Lifetimes of single fields of a hash.
mod propagation;
mod valkey;

use super::super::lifetime::{self, Form};
use crate::command::{Args, Command, KeyAccess, command};
use crate::data::hash::{FieldTtl, Hash};
use crate::engine::{Ctx, word};
use crate::number::parse_i64;
use crate::persona::{Flavour, Version};
use crate::resp::{Error, Reply, Result};
use bytes::Bytes;

pub(in super::super) use valkey::COMMANDS as OF_VALKEY;

#[rustfmt::skip]
pub(in super::super) const COMMANDS: &[Command] = &[
    command("HEXPIRE key seconds [NX|XX|GT|LT] FIELDS numfields field [field ...]", |cx, args| expire(cx, args, SECONDS))
        .writes().fast().since("7.4.0").only(Flavour::Redis).cost("O(N)")
        .says("Sets the lifetime of a hash's fields in seconds."),
    command("HEXPIREAT key unix-time-seconds [NX|XX|GT|LT] FIELDS numfields field [field ...]", |cx, args| expire(cx, args, UNIX_SECONDS))
        .writes().fast().since("7.4.0").only(Flavour::Redis).cost("O(N)")
        .says("Sets the second at which fields of a hash expire."),
    command("HEXPIRETIME key FIELDS numfields field [field ...]", |cx, args| time_left(cx, args, UNIX_SECONDS))
        .reads().fast().since("7.4.0").only(Flavour::Redis).cost("O(N)")
        .says("Answers the second at which fields of a hash expire."),
    command("HGETDEL key FIELDS numfields field [field ...]", hgetdel)
        .writes().fast().since("8.0.0").only(Flavour::Redis).cost("O(N)").keys(&[KeyAccess::POPS])
        .says("Answers the values of a hash's fields and deletes the fields."),
    command("HGETEX key [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|PERSIST] FIELDS numfields field [field ...]", hgetex)
        .key_note("RW and UPDATE because it changes the TTL")
        .writes().fast().since("8.0.0").only(Flavour::Redis).cost("O(N)").keys(&[KeyAccess::CHANGES])
        .says("Answers the values of a hash's fields and may change when they expire."),
    command("HPERSIST key FIELDS numfields field [field ...]", hpersist)
        .writes().fast().since("7.4.0").only(Flavour::Redis).cost("O(N)")
        .says("Lets fields of a hash live without limit."),
    command("HPEXPIRE key milliseconds [NX|XX|GT|LT] FIELDS numfields field [field ...]", |cx, args| expire(cx, args, MILLISECONDS))
        .writes().fast().since("7.4.0").only(Flavour::Redis).cost("O(N)")
        .says("Sets the lifetime of a hash's fields in milliseconds."),
    command("HPEXPIREAT key unix-time-milliseconds [NX|XX|GT|LT] FIELDS numfields field [field ...]", |cx, args| expire(cx, args, UNIX_MILLISECONDS))
        .writes().fast().since("7.4.0").only(Flavour::Redis).cost("O(N)")
        .says("Sets the millisecond at which fields of a hash expire."),
    command("HPEXPIRETIME key FIELDS numfields field [field ...]", |cx, args| time_left(cx, args, UNIX_MILLISECONDS))
        .reads().fast().since("7.4.0").only(Flavour::Redis).cost("O(N)")
        .says("Answers the millisecond at which fields of a hash expire."),
    command("HPTTL key FIELDS numfields field [field ...]", |cx, args| time_left(cx, args, MILLISECONDS))
        .reads().fast().since("7.4.0").only(Flavour::Redis).cost("O(N)").tips(&["nondeterministic_output"])
        .says("Answers the remaining lifetime of a hash's fields in milliseconds."),
    command("HSETEX key [FNX|FXX] [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|KEEPTTL] FIELDS numfields field value [field value ...]", hsetex)
        .grows().fast().since("8.0.0").only(Flavour::Redis).cost("O(N)")
        .says("Sets fields of a hash, under conditions and with a lifetime if asked."),
    command("HTTL key FIELDS numfields field [field ...]", |cx, args| time_left(cx, args, SECONDS))
        .reads().fast().since("7.4.0").only(Flavour::Redis).cost("O(N)").tips(&["nondeterministic_output"])
        .says("Answers the remaining lifetime of a hash's fields in seconds."),
];

const SECONDS: Form = Form { absolute: false, seconds: true };
const MILLISECONDS: Form = Form { absolute: false, seconds: false };
const UNIX_SECONDS: Form = Form { absolute: true, seconds: true };
const UNIX_MILLISECONDS: Form = Form { absolute: true, seconds: false };

/// The last moment a field can expire at.
const LATEST_MS: i64 = (1 << 46) - 1;

/// What the replies about a field say instead of a time.
const NO_FIELD: i64 = -2;
const NO_LIFETIME: i64 = -1;
const REFUSED: i64 = 0;
const DONE: i64 = 1;
const DELETED: i64 = 2;

/// When a field gets its lifetime, as NX, XX, GT and LT say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    Always,
    Endless,
    Ending,
    Later,
    Earlier,
}

impl Condition {
    fn parse(args: &mut Args<'_>) -> Condition {
        const WORDS: [(&str, Condition); 4] = [
            ("NX", Condition::Endless),
            ("XX", Condition::Ending),
            ("GT", Condition::Later),
            ("LT", Condition::Earlier),
        ];
        let found = WORDS.into_iter().find(|(word, _)| args.word(word));
        found.map_or(Condition::Always, |(_, condition)| condition)
    }

    fn allows(self, present: Option<i64>, ends_at_ms: i64) -> bool {
        match self {
            Condition::Always => true,
            Condition::Endless => present.is_none(),
            Condition::Ending => present.is_some(),
            Condition::Later => present.is_some_and(|present| present < ends_at_ms),
            // What never ends, ends later than anything.
            Condition::Earlier => present.is_none_or(|present| present > ends_at_ms),
        }
    }
}

fn expire(cx: &mut Ctx<'_>, mut args: Args<'_>, form: Form) -> Result<Reply> {
    let key = args.bytes()?;
    cx.db.look::<Hash>(key)?;
    let ends_at_ms = ends_at_ms(cx, args.bytes()?, form)?;
    let condition = Condition::parse(&mut args);
    let fields = fields(&mut args, &Error::FIELD_COUNT_TOO_SMALL)?;
    let now_ms = cx.now_ms();
    let Some(mut hash) = cx.db.edit::<Hash>(key)? else { return Ok(all(fields, NO_FIELD)) };
    hash.prepare_expiries();
    let results: Vec<i64> = fields
        .iter()
        .map(|field| {
            let present = hash.expires_at_ms(field);
            if !hash.contains(field) {
                NO_FIELD
            } else if condition.allows(present, ends_at_ms) {
                set_expiry(&mut hash, field, ends_at_ms, now_ms)
            } else {
                REFUSED
            }
        })
        .collect();
    let deleted = count_of(&results, DELETED);
    if deleted > 0 {
        hash.changed_by("hdel", deleted);
    } else if results.contains(&DONE) {
        hash.changed_by("hexpire", count_of(&results, DONE));
    }
    drop(hash);
    cx.db.store.counts.expired_fields += deleted as u64;
    propagation::of_expire(cx, key, fields, &results, (form, ends_at_ms));
    Ok(results.into())
}

/// Lets a field that is there expire at this time, or deletes it when the time has passed.
fn set_expiry(hash: &mut Hash, field: &[u8], ends_at_ms: i64, now_ms: i64) -> i64 {
    if ends_at_ms <= now_ms {
        hash.remove(field);
        return DELETED;
    }
    hash.set_expiry(field, ends_at_ms);
    DONE
}

fn time_left(cx: &mut Ctx<'_>, mut args: Args<'_>, form: Form) -> Result<Reply> {
    let hash = cx.db.read::<Hash>(args.bytes()?)?;
    let fields = fields(&mut args, &Error::FIELD_COUNT_NOT_POSITIVE)?;
    let now_ms = cx.now_ms();
    let from_ms = if form.absolute { 0 } else { now_ms };
    // In the last millisecond of its life a field is gone already for who asks this of a listpack.
    let is_here = |hash: &&Hash, field: &[u8]| {
        hash.contains(field) && !hash.has_lapsed(field, now_ms + i64::from(hash.is_compact()))
    };
    let left = |field: &Bytes| match hash.filter(|hash| is_here(hash, field)) {
        None => NO_FIELD,
        Some(hash) => match hash.expires_at_ms(field) {
            None => NO_LIFETIME,
            Some(at_ms) if form.seconds => (at_ms + 999 - from_ms) / 1000,
            Some(at_ms) => at_ms - from_ms,
        },
    };
    Ok(fields.iter().map(left).collect::<Vec<_>>().into())
}

fn hpersist(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    cx.db.look::<Hash>(key)?;
    let fields = fields(&mut args, &Error::FIELD_COUNT_NOT_POSITIVE)?;
    let now_ms = cx.now_ms();
    let Some(mut hash) = cx.db.edit::<Hash>(key)? else { return Ok(all(fields, NO_FIELD)) };
    let mut persist = |field: &Bytes| match hash.contains(field) && !hash.has_lapsed(field, now_ms)
    {
        false => NO_FIELD,
        true if hash.clear_expiry(field) => DONE,
        true => NO_LIFETIME,
    };
    let results: Vec<i64> = fields.iter().map(&mut persist).collect();
    if results.contains(&DONE) {
        hash.changed_by("hpersist", count_of(&results, DONE));
    }
    Ok(results.into())
}

fn hgetdel(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    cx.db.look::<Hash>(key)?;
    let fields = fields(&mut args, &Error::FIELD_COUNT_NOT_POSITIVE)?;
    let Some(mut hash) = cx.db.edit::<Hash>(key)? else { return Ok(nulls(fields)) };
    let values: Vec<_> = fields.iter().map(|field| hash.remove(field)).collect();
    let gone = values.iter().flatten().count();
    if gone > 0 {
        hash.changed_by("hdel", gone);
    }
    drop(hash);
    cx.propagate_rewritten(|_| [&[word("HDEL"), key.clone()], fields].concat());
    Ok(values.into())
}

/// What HGETEX does to the lifetimes of the fields it reads.
#[derive(Clone, Copy, Debug)]
enum Lifetimes {
    End(i64),
    Persist,
}

fn hgetex(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    cx.db.look::<Hash>(key)?;
    let lifetimes = if args.word("PERSIST") {
        Some(Lifetimes::Persist)
    } else if let Some(form) = form(&mut args) {
        let ends_at_ms = ends_at_ms(cx, args.bytes()?, form)?;
        // Redis 8.0.6 looks whether there is anything behind the time, 8.0.2 does not.
        if args.len() < 2 && cx.node.persona.version >= Version(8, 0, 6) {
            return Err(Error::arity(&cx.entry.name));
        }
        Some(Lifetimes::End(ends_at_ms))
    } else {
        None
    };
    let fields = fields(&mut args, &Error::FIELD_COUNT_NOT_POSITIVE)?;
    let Some(lifetimes) = lifetimes else {
        let hash = cx.db.look::<Hash>(key)?;
        let value = |field: &Bytes| hash.and_then(|hash| hash.get(field)).cloned();
        return Ok(fields.iter().map(value).collect::<Vec<_>>().into());
    };
    let now_ms = cx.now_ms();
    let Some(mut hash) = cx.db.edit::<Hash>(key)? else { return Ok(nulls(fields)) };
    hash.prepare_expiries();
    let (mut values, mut results) = (Vec::new(), Vec::new());
    for field in fields {
        let value = hash.get(field).cloned();
        results.push(match lifetimes {
            _ if value.is_none() => NO_FIELD,
            Lifetimes::End(ends_at_ms) => set_expiry(&mut hash, field, ends_at_ms, now_ms),
            Lifetimes::Persist => i64::from(hash.clear_expiry(field)),
        });
        values.push(value);
    }
    let deleted = count_of(&results, DELETED);
    if deleted > 0 {
        hash.changed_by("hdel", deleted);
    } else if results.contains(&DONE) {
        let persists = matches!(lifetimes, Lifetimes::Persist);
        let event = if persists { "hpersist" } else { "hexpire" };
        hash.changed_by(event, count_of(&results, DONE));
    }
    drop(hash);
    cx.db.store.counts.expired_fields += deleted as u64;
    let ends_at_ms = match lifetimes {
        Lifetimes::Persist => None,
        Lifetimes::End(ends_at_ms) => Some(ends_at_ms),
    };
    propagation::of_hgetex(cx, key, fields, &results, ends_at_ms);
    Ok(values.into())
}

/// What HSETEX asks of the fields before it sets any of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Present {
    None,
    All,
}

#[derive(Clone, Copy, Debug, Default)]
struct HsetexOptions {
    present: Option<Present>,
    ends_at_ms: Option<i64>,
    keep_ttl: bool,
}

impl HsetexOptions {
    /// Reads the options up to FIELDS, which ends them.
    fn parse(cx: &Ctx<'_>, args: &mut Args<'_>) -> Result<HsetexOptions> {
        let mut options = HsetexOptions::default();
        while !args.word("FIELDS") {
            if args.word("FXX") {
                options.require(Present::All)?;
            } else if args.word("FNX") {
                options.require(Present::None)?;
            } else if args.word("KEEPTTL") {
                options.check_timeless()?;
                options.keep_ttl = true;
            } else if let Some(form) = form(args) {
                options.check_timeless()?;
                let value = args.bytes().map_err(|_| Error::EXPIRE_MISSING)?;
                options.ends_at_ms = Some(ends_at_ms(cx, value, form)?);
            } else {
                return Err(Error::unknown_argument(args.bytes()?));
            }
        }
        Ok(options)
    }

    fn require(&mut self, present: Present) -> Result<()> {
        let old = self.present.replace(present);
        if old.is_some() { Err(Error::HSETEX_CONDITIONS) } else { Ok(()) }
    }

    fn check_timeless(&self) -> Result<()> {
        if self.keep_ttl || self.ends_at_ms.is_some() {
            Err(Error::HSETEX_LIFETIMES)
        } else {
            Ok(())
        }
    }

    fn allow(&self, hash: Option<&Hash>, pairs: &[[Bytes; 2]]) -> bool {
        let is_there = |field: &Bytes| hash.is_some_and(|hash| hash.contains(field));
        match self.present {
            None => true,
            Some(Present::All) => pairs.iter().all(|[field, _]| is_there(field)),
            Some(Present::None) => !pairs.iter().any(|[field, _]| is_there(field)),
        }
    }
}

fn hsetex(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    let options = HsetexOptions::parse(cx, &mut args)?;
    let arity = || Error::arity(&cx.entry.name);
    if args.len() < 3 {
        return Err(arity());
    }
    let count = args.int_or(Error::FIELD_COUNT_INVALID)?;
    let count = i32::try_from(count).ok().filter(|count| *count > 0);
    let count = count.ok_or(Error::FIELD_COUNT_INVALID)?;
    let pairs = args.pairs().filter(|pairs| i32::try_from(pairs.len()) == Ok(count));
    let pairs = pairs.ok_or_else(arity)?;
    if !options.allow(cx.db.look::<Hash>(key)?, pairs) {
        return Ok(Reply::Int(0));
    }
    let now_ms = cx.now_ms();
    let mut hash = cx.db.edit_or_create::<Hash>(key)?;
    hash.announce(pairs.len());
    let timeless = !options.keep_ttl && options.ends_at_ms.is_none();
    let ttl = if timeless { FieldTtl::Clear } else { FieldTtl::Keep };
    let mut results = Vec::new();
    for [field, value] in pairs {
        hash.insert(field.clone(), value.clone(), ttl);
        // There was room for it, even if it goes at once.
        let len = hash.len();
        hash.announce(len);
        let ends = options.ends_at_ms;
        results.extend(ends.map(|at_ms| set_expiry(&mut hash, field, at_ms, now_ms)));
    }
    hash.changed_by("hset", pairs.len());
    let deleted = count_of(&results, DELETED);
    if options.ends_at_ms.is_some() {
        hash.prepare_expiries();
        hash.changed_by(if deleted > 0 { "hdel" } else { "hexpire" }, 0);
    }
    drop(hash);
    cx.db.store.counts.expired_fields += deleted as u64;
    if deleted > 0 {
        let fields: Vec<_> = pairs.iter().map(|[field, _]| field.clone()).collect();
        propagation::of_deletions(cx, key, &fields, &results);
        cx.propagate_not();
    } else if let Some(ends_at_ms) = options.ends_at_ms {
        cx.propagate_rewritten(|words| lifetime::ending_at(words, 2, ends_at_ms));
    }
    Ok(Reply::Int(1))
}

/// Takes one of EX, PX, EXAT and PXAT off the arguments, if it is next.
fn form(args: &mut Args<'_>) -> Option<Form> {
    const FORMS: [(&str, Form); 4] = [
        ("EX", SECONDS),
        ("PX", MILLISECONDS),
        ("EXAT", UNIX_SECONDS),
        ("PXAT", UNIX_MILLISECONDS),
    ];
    FORMS.into_iter().find(|(word, _)| args.word(word)).map(|(_, form)| form)
}

/// When a field's lifetime ends, in milliseconds since 1970. Unlike a key's, it may have ended already.
fn ends_at_ms(cx: &Ctx<'_>, value: &[u8], form: Form) -> Result<i64> {
    let value = parse_i64(value).ok_or(Error::NOT_AN_INTEGER)?;
    if value < 0 {
        return Err(Error::EXPIRE_NEGATIVE);
    }
    let from_ms = if form.absolute { 0 } else { cx.now_ms() };
    let ends = value.checked_mul(if form.seconds { 1000 } else { 1 });
    let ends = ends.filter(|ms| *ms <= LATEST_MS - from_ms).map(|ms| ms + from_ms);
    ends.ok_or_else(|| Error::invalid_expire(&cx.entry.name))
}

/// Takes `FIELDS numfields field [field ...]`, with which the arguments end.
fn fields<'a>(args: &mut Args<'a>, wrong_count: &Error) -> Result<&'a [Bytes]> {
    if !args.word("FIELDS") {
        return Err(Error::FIELDS_MISSING);
    }
    let count = args.int_or(wrong_count.clone()).ok().filter(|count| *count > 0);
    let count = count.ok_or_else(|| wrong_count.clone())?;
    let fields = args.all();
    if i64::try_from(fields.len()) == Ok(count) {
        Ok(fields)
    } else {
        Err(Error::FIELD_COUNT_MISMATCH)
    }
}

fn all(fields: &[Bytes], result: i64) -> Reply {
    vec![result; fields.len()].into()
}

fn nulls(fields: &[Bytes]) -> Reply {
    vec![(); fields.len()].into()
}

fn count_of(results: &[i64], wanted: i64) -> usize {
    results.iter().filter(|result| **result == wanted).count()
}
