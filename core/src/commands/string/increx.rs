//! INCREX: a number that changes within bounds, and its lifetime with it.
use super::super::lifetime::{self, Lifetime};
use crate::command::docs::{Note, Type};
use crate::command::{Args, Command, KeyAccess, command};
use crate::data::text::Text;
use crate::engine::{Ctx, word};
use crate::number::{LongDouble, parse_i64};
use crate::persona::Flavour;
use crate::resp::{Error, Protocol, Reply, Result};
use crate::store::Removal;
use bytes::Bytes;

#[rustfmt::skip]
pub(in super::super) const COMMANDS: &[Command] = &[
    command("INCREX key [BYFLOAT float|BYINT integer] [SATURATE] [LBOUND lowerbound] [UBOUND upperbound] [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|PERSIST] [ENX]", increx)
        .grows().fast().since("8.8.0").only(Flavour::Redis).keys(&[KeyAccess::CHANGES])
        .notes(&[("BYFLOAT|BYINT", Note::Named("increment")), ("BYFLOAT", Note::Is(Type::Double)), ("BYINT", Note::Is(Type::Integer))])
        .says("Raises a number within bounds, and may change when its key expires."),
];

/// By how much the number changes, as it was written.
#[derive(Clone, Copy, Debug)]
enum Increment<'a> {
    One,
    Integer(&'a Bytes),
    Float(&'a Bytes),
}

/// What INCREX is asked. Each may be said once.
#[derive(Debug)]
struct Options<'a> {
    by: Increment<'a>,
    least: Option<&'a Bytes>,
    most: Option<&'a Bytes>,
    saturates: bool,
    lifetime: Option<Lifetime<'a>>,
    persists: bool,
    /// ENX: a lifetime that is there stays.
    only_endless: bool,
}

impl<'a> Options<'a> {
    fn parse(mut args: Args<'a>) -> Result<Options<'a>> {
        let mut options = Options {
            by: Increment::One,
            least: None,
            most: None,
            saturates: false,
            lifetime: None,
            persists: false,
            only_endless: false,
        };
        while !args.is_empty() {
            options.option(&mut args)?;
        }
        if options.persists && (options.lifetime.is_some() || options.only_endless) {
            return Err(Error::SYNTAX);
        }
        if options.only_endless && options.lifetime.is_none() {
            return Err(Error::ENX_WITHOUT_LIFETIME);
        }
        Ok(options)
    }

    fn option(&mut self, args: &mut Args<'a>) -> Result<()> {
        let is_new = if let Some(by) = args.option("BYINT") {
            let before = std::mem::replace(&mut self.by, Increment::Integer(by));
            matches!(before, Increment::One)
        } else if let Some(by) = args.option("BYFLOAT") {
            let before = std::mem::replace(&mut self.by, Increment::Float(by));
            matches!(before, Increment::One)
        } else if let Some(bound) = args.option("LBOUND") {
            self.least.replace(bound).is_none()
        } else if let Some(bound) = args.option("UBOUND") {
            self.most.replace(bound).is_none()
        } else if args.word("SATURATE") {
            !std::mem::replace(&mut self.saturates, true)
        } else if args.word("PERSIST") {
            !std::mem::replace(&mut self.persists, true)
        } else if args.word("ENX") {
            !std::mem::replace(&mut self.only_endless, true)
        } else if let Some(lifetime) = Lifetime::option(args) {
            self.lifetime.replace(lifetime).is_none()
        } else {
            false
        };
        if is_new { Ok(()) } else { Err(Error::SYNTAX) }
    }
}

/// A number that became another: what it is now, and by how much it changed.
#[derive(Debug)]
enum Outcome<N> {
    /// It would leave its bounds, and stays as it is.
    Refused(N),
    Changed {
        to: N,
        by: N,
    },
}

fn increx(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    let options = Options::parse(args)?;
    match options.by {
        Increment::Float(by) => by_float(cx, key, &options, by),
        Increment::Integer(by) => {
            let by = parse_i64(by).ok_or(Error::INCREMENT_NOT_AN_INTEGER)?;
            by_integer(cx, key, &options, by)
        }
        Increment::One => by_integer(cx, key, &options, 1),
    }
}

fn by_integer(cx: &mut Ctx<'_>, key: &Bytes, options: &Options<'_>, by: i64) -> Result<Reply> {
    let bound = |bound: Option<&Bytes>, type_limit| match bound {
        Some(bound) => parse_i64(bound).ok_or(Error::NOT_AN_INTEGER),
        None => Ok(type_limit),
    };
    let (least, most) = (bound(options.least, i64::MIN)?, bound(options.most, i64::MAX)?);
    if least > most {
        return Err(Error::BOUNDS_EXCHANGED);
    }
    let ends = ends_at_ms(cx, options)?;
    let old = match cx.db.look::<Text>(key)? {
        Some(text) => text.as_int().ok_or(Error::NOT_AN_INTEGER)?,
        None => 0,
    };
    let sum = i128::from(old) + i128::from(by);
    let within = sum.clamp(i128::from(least), i128::from(most));
    let outcome = if sum != within && !options.saturates {
        Outcome::Refused(old)
    } else {
        let to = i64::try_from(within).expect("both bounds are integers of this size");
        let by = to.checked_sub(old).ok_or(Error::APPLIED_INCREMENT_OVERFLOW)?;
        Outcome::Changed { to, by }
    };
    let Outcome::Changed { to, by } = outcome else {
        return Ok(Reply::Array(vec![old.into(), Reply::Int(0)]));
    };
    store(cx, key, options, ends, |text| text.set_int(to), "incrby")?;
    Ok(Reply::Array(vec![to.into(), by.into()]))
}

fn by_float(cx: &mut Ctx<'_>, key: &Bytes, options: &Options<'_>, by: &[u8]) -> Result<Reply> {
    let by = LongDouble::parse(by).ok_or(Error::INCREMENT_NOT_A_FLOAT)?;
    if !by.is_finite() {
        return Err(Error::BYFLOAT_INFINITE);
    }
    let bound = |bound: Option<&Bytes>| {
        bound.map(|bound| LongDouble::parse(bound).ok_or(Error::NOT_A_FLOAT)).transpose()
    };
    let (least, most) = (bound(options.least)?, bound(options.most)?);
    if least.zip(most).is_some_and(|(least, most)| most.is_less_than(least)) {
        return Err(Error::BOUNDS_EXCHANGED);
    }
    let ends = ends_at_ms(cx, options)?;
    let old = match cx.db.look::<Text>(key)? {
        Some(text) => LongDouble::parse(&text.as_bytes()).ok_or(Error::NOT_A_FLOAT)?,
        None => LongDouble::from(0),
    };
    if !old.is_finite() {
        return Err(Error::FLOAT_VALUE_INFINITE);
    }
    let sum = old + by;
    let within = match (least, most) {
        (Some(least), _) if sum.is_less_than(least) => least,
        (_, Some(most)) if most.is_less_than(sum) => most,
        _ => sum,
    };
    let protocol = cx.session().encoding.protocol;
    let shown = move |number: LongDouble| shown(number, protocol);
    if sum != within && !options.saturates {
        return Ok(Reply::Array(vec![shown(old), shown(LongDouble::from(0))]));
    }
    if !within.is_finite() {
        return Err(Error::INCREMENT_NAN);
    }
    let text = Bytes::from(within.to_string());
    let by = if sum == within { by } else { within + -old };
    store(cx, key, options, ends, |stored| *stored = Text::unparsed(text), "incrbyfloat")?;
    Ok(Reply::Array(vec![shown(within), shown(by)]))
}

/// A number as this protocol has it: a double of RESP3, or a string.
fn shown(number: LongDouble, protocol: Protocol) -> Reply {
    let digits = number.to_string();
    match protocol {
        Protocol::Resp3 => digits.parse().map_or(Reply::Null, Reply::Double),
        Protocol::Resp2 => digits.into(),
    }
}

fn ends_at_ms(cx: &Ctx<'_>, options: &Options<'_>) -> Result<Option<i64>> {
    options.lifetime.map(|l| l.ends_at_ms(cx.now_ms(), &cx.entry.name)).transpose()
}

/// Puts the number in its place, and gives the key its lifetime. What would be dead at once is deleted instead.
fn store(
    cx: &mut Ctx<'_>,
    key: &Bytes,
    options: &Options<'_>,
    ends: Option<i64>,
    change: impl FnOnce(&mut Text),
    event: &'static str,
) -> Result<()> {
    let keeps = options.only_endless && cx.db.expires_at_ms(key).is_some();
    let ends = ends.filter(|_| !keeps);
    if ends.is_some_and(|ends| ends <= cx.now_ms()) {
        cx.db.remove(key, Removal::Deleted);
        cx.propagate_instead(|| [word("DEL"), key.clone()]);
        return Ok(());
    }
    let mut text = cx.db.edit_or_create::<Text>(key)?;
    change(&mut text);
    text.changed(event);
    drop(text);
    if let Some(ends) = ends {
        lifetime::expire_at(cx, key, ends);
    } else if options.persists {
        cx.db.persist(key);
    }
    propagate(cx, key)
}

/// It propagates as what it has left.
fn propagate(cx: &mut Ctx<'_>, key: &Bytes) -> Result<()> {
    let value = cx.db.look::<Text>(key)?.map(Text::as_bytes).unwrap_or_default();
    let ends = cx.db.expires_at_ms(key);
    cx.propagate_rewritten(|_| {
        let lifetime = ends.map(|at| [word("PXAT"), at.to_string().into()]);
        let set = [word("SET"), key.clone(), value];
        set.into_iter().chain(lifetime.into_iter().flatten()).collect()
    });
    Ok(())
}
