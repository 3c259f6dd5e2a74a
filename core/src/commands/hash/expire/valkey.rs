//! Lifetimes of single fields of a hash, as Valkey has them.
use super::super::super::expire::Conditions;
use super::super::super::lifetime::{Form, round_to_seconds};
use super::propagation;
use super::{
    DELETED, DONE, NO_FIELD, NO_LIFETIME, REFUSED, all, count_of, form, nulls, set_expiry,
};
use crate::command::docs::{Note, Type};
use crate::command::{Args, Command, KeyAccess, Run, command};
use crate::data::hash::{FieldTtl, Hash};
use crate::engine::Ctx;
use crate::number::parse_i64;
use crate::persona::Flavour;
use crate::resp::{Error, Reply, Result};
use bytes::Bytes;

const COUNTED: &[(&str, Note)] = &[("numfields", Note::KeySpec(0))];
const CONDITION: &[(&str, Note)] = &[
    ("condition", Note::Since("9.0.0")),
    ("numfields", Note::KeySpec(0)),
    ("unix-time-seconds", Note::Is(Type::Integer)),
    ("unix-time-milliseconds", Note::Is(Type::Integer)),
];

#[rustfmt::skip]
pub(in super::super::super) const COMMANDS: &[Command] = &[
    row("HEXPIRE key seconds [NX|XX|GT|LT] FIELDS numfields field [field ...]", |cx, args| expire(cx, args, Form::SECONDS))
        .writes()
        .says("Sets the lifetime of a hash's fields in seconds."),
    row("HEXPIREAT key unix-time-seconds [NX|XX|GT|LT] FIELDS numfields field [field ...]", |cx, args| expire(cx, args, Form::UNIX_SECONDS))
        .writes().notes(CONDITION)
        .says("Sets the second at which fields of a hash expire."),
    row("HEXPIRETIME key FIELDS numfields field [field ...]", |cx, args| time_left(cx, args, Form::UNIX_SECONDS))
        .reads().notes(COUNTED)
        .says("Answers the second at which fields of a hash expire."),
    row("HGETDEL key FIELDS numfields field [field ...]", hgetdel)
        .writes().valkey("9.1.0").since("9.1.0").notes(COUNTED).keys(&[KeyAccess::POPS])
        .says("Answers the values of a hash's fields and deletes the fields."),
    row("HGETEX key [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|PERSIST] FIELDS numfields field [field ...]", hgetex)
        .writes().notes(COUNTED).keys(&[KeyAccess::CHANGES])
        .says("Answers the values of a hash's fields and may change when they expire."),
    row("HPERSIST key FIELDS numfields field [field ...]", hpersist)
        .writes().notes(COUNTED)
        .says("Lets fields of a hash live without limit."),
    row("HPEXPIRE key milliseconds [NX|XX|GT|LT] FIELDS numfields field [field ...]", |cx, args| expire(cx, args, Form::MILLISECONDS))
        .writes().notes(CONDITION)
        .says("Sets the lifetime of a hash's fields in milliseconds."),
    row("HPEXPIREAT key unix-time-milliseconds [NX|XX|GT|LT] FIELDS numfields field [field ...]", |cx, args| expire(cx, args, Form::UNIX_MILLISECONDS))
        .writes().notes(CONDITION)
        .says("Sets the millisecond at which fields of a hash expire."),
    row("HPEXPIRETIME key FIELDS numfields field [field ...]", |cx, args| time_left(cx, args, Form::UNIX_MILLISECONDS))
        .reads().notes(COUNTED)
        .says("Answers the millisecond at which fields of a hash expire."),
    row("HPTTL key FIELDS numfields field [field ...]", |cx, args| time_left(cx, args, Form::MILLISECONDS))
        .reads().notes(COUNTED)
        .says("Answers the remaining lifetime of a hash's fields in milliseconds."),
    row("HSETEX key [NX|XX] [FNX|FXX] [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|KEEPTTL] FIELDS numfields field value [field value ...]", hsetex)
        .grows().notes(&[("NX|XX", Note::Named("key-condition")), ("FNX|FXX", Note::Named("fields-condition")), ("numfields", Note::KeySpec(0))]).keys(&[KeyAccess::INSERTS])
        .says("Sets fields of a hash, under conditions and with a lifetime if asked."),
    row("HTTL key FIELDS numfields field [field ...]", |cx, args| time_left(cx, args, Form::SECONDS))
        .reads().notes(COUNTED)
        .says("Answers the remaining lifetime of a hash's fields in seconds."),
];

const fn row(usage: &'static str, run: Run) -> Command {
    command(usage, run).fast().only(Flavour::Valkey).valkey("9.0.0").since("9.0.0").cost("O(N)")
}

/// Takes apart what stands before FIELDS and what stands behind it, which must be something.
fn split(mut args: Args<'_>) -> Result<(Args<'_>, Args<'_>)> {
    let words = args.all();
    let at = words.iter().position(|word| word.eq_ignore_ascii_case(b"FIELDS"));
    let at = at.filter(|at| at + 1 < words.len()).ok_or(Error::FIELD_COUNT_WRONG)?;
    Ok((Args::new(&words[..at]), Args::new(&words[at + 1..])))
}

/// Takes the same apart, from the key on, which the real server may take for FIELDS.
fn split_from<'a>(key: &Bytes, args: Args<'a>) -> Result<(Args<'a>, Args<'a>)> {
    if key.eq_ignore_ascii_case(b"FIELDS") { Ok((Args::new(&[]), args)) } else { split(args) }
}

/// The fields behind their number, each of this many words.
fn fields(mut args: Args<'_>, width: usize) -> Result<&[Bytes]> {
    let count = args.int()?;
    let fields = args.all();
    let fits = usize::try_from(count).ok().and_then(|count| count.checked_mul(width));
    let fits = count > 0 && fits == Some(fields.len());
    if fits { Ok(fields) } else { Err(Error::FIELD_COUNT_WRONG) }
}

/// The fields of a command that has no options.
fn only_fields<'a>(args: &mut Args<'a>) -> Result<&'a [Bytes]> {
    if args.word("FIELDS") { fields(*args, 1) } else { Err(Error::SYNTAX) }
}

fn expire(cx: &mut Ctx<'_>, mut args: Args<'_>, form: Form) -> Result<Reply> {
    let (key, time) = (args.bytes()?, args.bytes()?);
    let (mut options, behind) = split(args)?;
    let conditions = Conditions::parse(&mut options)?;
    let fields = fields(behind, 1)?;
    let ends_at_ms = ends_at_ms(cx, time, form)?;
    let now_ms = cx.now_ms();
    let Some(mut hash) = cx.db.edit::<Hash>(key)? else { return Ok(all(fields, NO_FIELD)) };
    let mut results = Vec::with_capacity(fields.len());
    for field in fields {
        let present = hash.expires_at_ms(field);
        results.push(if !hash.contains(field) {
            NO_FIELD
        } else if conditions.allow(present, ends_at_ms) {
            set_expiry(&mut hash, field, ends_at_ms, now_ms)
        } else {
            REFUSED
        });
    }
    let expired = count_of(&results, DELETED);
    if expired > 0 {
        hash.changed("hexpired");
    } else if results.contains(&DONE) {
        hash.changed("hexpire");
    }
    drop(hash);
    cx.db.store.counts.expired_fields += expired as u64;
    propagation::of_valkey_expire(cx, key, fields, &results, (form, ends_at_ms));
    Ok(results.into())
}

fn time_left(cx: &mut Ctx<'_>, mut args: Args<'_>, form: Form) -> Result<Reply> {
    let key = args.bytes()?;
    let fields = only_fields(&mut args).map_err(|error| match error {
        error if error == Error::FIELD_COUNT_WRONG => Error::SYNTAX,
        other => other,
    })?;
    let hash = cx.db.read::<Hash>(key)?;
    let from_ms = if form.absolute { 0 } else { cx.now_ms() };
    let left = |field: &Bytes| match hash.filter(|hash| hash.contains(field)) {
        None => NO_FIELD,
        Some(hash) => match hash.expires_at_ms(field) {
            None => NO_LIFETIME,
            Some(at_ms) if form.seconds => round_to_seconds(at_ms - from_ms),
            Some(at_ms) => at_ms - from_ms,
        },
    };
    Ok(fields.iter().map(left).collect::<Vec<_>>().into())
}

fn hpersist(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    let fields = only_fields(&mut args)?;
    let Some(mut hash) = cx.db.edit::<Hash>(key)? else { return Ok(all(fields, NO_FIELD)) };
    let mut persist = |field: &Bytes| match hash.contains(field) {
        false => NO_FIELD,
        true if hash.clear_expiry(field) => DONE,
        true => NO_LIFETIME,
    };
    let results: Vec<i64> = fields.iter().map(&mut persist).collect();
    if results.contains(&DONE) {
        hash.changed("hpersist");
    }
    Ok(results.into())
}

fn hgetdel(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    let fields = only_fields(&mut args)?;
    let Some(mut hash) = cx.db.edit::<Hash>(key)? else { return Ok(nulls(fields)) };
    let values: Vec<_> = fields.iter().map(|field| hash.remove(field)).collect();
    if values.iter().any(Option::is_some) {
        hash.changed("hdel");
    }
    Ok(values.into())
}

/// What becomes of the lifetimes of the fields that HGETEX and HSETEX name.
#[derive(Clone, Copy, Debug)]
enum Lifetimes<'a> {
    Ends(Form, &'a Bytes),
    /// HGETEX takes them away, HSETEX keeps them.
    Stays,
}

/// What HGETEX and HSETEX are asked before FIELDS. A word may be said again, and then the last of its values counts.
#[derive(Clone, Copy, Debug, Default)]
struct Options<'a> {
    lifetimes: Option<Lifetimes<'a>>,
    /// The key must be there, or must not.
    key: Option<bool>,
    /// All of the fields must be there, or none.
    fields: Option<bool>,
}

impl<'a> Options<'a> {
    fn of_hgetex(mut args: Args<'a>) -> Result<Options<'a>> {
        let mut options = Options::default();
        while !args.is_empty() {
            options.lifetime(&mut args, "PERSIST")?;
        }
        Ok(options)
    }

    fn of_hsetex(mut args: Args<'a>) -> Result<Options<'a>> {
        let mut options = Options::default();
        while !args.is_empty() {
            if args.word("NX") {
                require(&mut options.key, false)?;
            } else if args.word("XX") {
                require(&mut options.key, true)?;
            } else if args.word("FNX") {
                require(&mut options.fields, false)?;
            } else if args.word("FXX") {
                require(&mut options.fields, true)?;
            } else {
                options.lifetime(&mut args, "KEEPTTL")?;
            }
        }
        Ok(options)
    }

    fn lifetime(&mut self, args: &mut Args<'a>, stays: &str) -> Result<()> {
        let found = if args.word(stays) {
            Lifetimes::Stays
        } else {
            let form = form(args).ok_or(Error::SYNTAX)?;
            Lifetimes::Ends(form, args.bytes()?)
        };
        match (self.lifetimes, found) {
            (Some(Lifetimes::Ends(said, _)), Lifetimes::Ends(form, _)) if said == form => {}
            (None, _) | (Some(Lifetimes::Stays), Lifetimes::Stays) => {}
            _ => return Err(Error::SYNTAX),
        }
        self.lifetimes = Some(found);
        Ok(())
    }

    fn ends_at_ms(&self, cx: &Ctx<'_>) -> Result<Option<i64>> {
        match self.lifetimes {
            Some(Lifetimes::Ends(form, time)) => ends_at_ms(cx, time, form).map(Some),
            _ => Ok(None),
        }
    }

    fn allow_key(&self, hash: Option<&Hash>) -> bool {
        self.key.is_none_or(|wanted| wanted == hash.is_some())
    }

    fn allow_fields(&self, hash: Option<&Hash>, pairs: &[[Bytes; 2]]) -> bool {
        let is_there = |field: &Bytes| hash.is_some_and(|hash| hash.contains(field));
        self.fields.is_none_or(|wanted| pairs.iter().all(|[field, _]| is_there(field) == wanted))
    }
}

fn require(condition: &mut Option<bool>, wanted: bool) -> Result<()> {
    let before = condition.replace(wanted);
    if before.is_none_or(|before| before == wanted) { Ok(()) } else { Err(Error::SYNTAX) }
}

fn hgetex(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    let (options, behind) = split_from(key, args)?;
    let options = Options::of_hgetex(options)?;
    let fields = fields(behind, 1)?;
    cx.db.read::<Hash>(key)?;
    let ends_at_ms = options.ends_at_ms(cx)?;
    let now_ms = cx.now_ms();
    let Some(mut hash) = cx.db.edit::<Hash>(key)? else { return Ok(nulls(fields)) };
    let (mut values, mut results) = (Vec::new(), Vec::new());
    for field in fields {
        let value = hash.get(field).cloned();
        results.push(match (ends_at_ms, options.lifetimes) {
            _ if value.is_none() => NO_FIELD,
            (Some(at_ms), _) => set_expiry(&mut hash, field, at_ms, now_ms),
            (None, Some(_)) => i64::from(hash.clear_expiry(field)),
            (None, None) => REFUSED,
        });
        values.push(value);
    }
    let expired = count_of(&results, DELETED);
    if expired > 0 {
        hash.changed("hexpired");
    } else if results.contains(&DONE) {
        hash.changed(if ends_at_ms.is_some() { "hexpire" } else { "hpersist" });
    }
    drop(hash);
    cx.db.store.counts.expired_fields += expired as u64;
    propagation::of_valkey_hgetex(cx, key, fields, &results, ends_at_ms);
    Ok(values.into())
}

fn hsetex(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    let (options, behind) = split_from(key, args)?;
    let options = Options::of_hsetex(options)?;
    let (pairs, _) = fields(behind, 2)?.as_chunks::<2>();
    if !options.allow_key(cx.db.look::<Hash>(key)?) {
        return Ok(Reply::Int(0));
    }
    let ends_at_ms = options.ends_at_ms(cx)?;
    if !options.allow_fields(cx.db.look::<Hash>(key)?, pairs) {
        return Ok(Reply::Int(0));
    }
    let now_ms = cx.now_ms();
    let mut hash = cx.db.edit_or_create::<Hash>(key)?;
    let keeps = matches!(options.lifetimes, Some(Lifetimes::Stays));
    let ttl = if keeps { FieldTtl::Keep } else { FieldTtl::Clear };
    let is_over = ends_at_ms.is_some_and(|at_ms| at_ms <= now_ms);
    let mut gone = Vec::new();
    for [field, value] in pairs {
        if is_over {
            gone.extend(hash.remove(field).map(|_| field));
            continue;
        }
        hash.insert(field.clone(), value.clone(), ttl);
        if let Some(at_ms) = ends_at_ms {
            set_expiry(&mut hash, field, at_ms, now_ms);
        }
    }
    hash.changed("hset");
    let expired = if is_over { pairs.len() } else { 0 };
    if ends_at_ms.is_some() {
        hash.changed("hexpire");
    }
    if expired > 0 {
        hash.changed("hexpired");
    }
    drop(hash);
    cx.db.store.counts.expired_fields += expired as u64;
    if is_over {
        propagation::of_deleted(cx, key, &gone);
    } else {
        propagation::of_valkey_hsetex(cx, key, pairs, (ends_at_ms, keeps));
    }
    Ok(Reply::Int(1))
}

/// When a field's lifetime ends, in milliseconds since 1970. Unlike a key's, it may have ended already.
fn ends_at_ms(cx: &Ctx<'_>, time: &[u8], form: Form) -> Result<i64> {
    let time = parse_i64(time).ok_or(Error::NOT_AN_INTEGER)?;
    let ends = (time >= 0).then_some(time).and_then(|time| form.ends_at_ms(time, cx.now_ms()));
    ends.ok_or_else(|| Error::invalid_expire(&cx.entry.name))
}
