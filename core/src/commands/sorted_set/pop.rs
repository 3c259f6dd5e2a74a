//! Sorted sets: taking the members of the lowest or highest scores, waiting for them or not.
use super::super::list::counted_keys;
use super::super::timeout::timeout;
use super::pair;
use crate::command::{Args, Command, KeyAccess, command, flag, waiting};
use crate::data::sorted_set::SortedSet;
use crate::engine::{Ctx, word};
use crate::resp::{Error, Protocol, Reply, Result};
use crate::store::Type;
use bytes::Bytes;

#[rustfmt::skip]
pub(in super::super) const COMMANDS: &[Command] = &[
    waiting("BZMPOP timeout numkeys key [key ...] <MIN|MAX> [COUNT count]", bzmpop).writes()
        .since("7.0.0").cost("O(K) + O(M*log(N))").keys(&[KeyAccess::POPS])
        .says("Removes members of the first sorted set that has any, waiting for one if none has."),
    waiting("BZPOPMAX key [key ...] timeout", |cx, args| pop_or_wait(cx, args, End::Max)).writes().fast()
        .old_with(flag::NO_SCRIPT)
        .since("5.0.0").cost("O(log(N))").keys(&[KeyAccess::POPS])
        .says("Removes and answers the member of the highest score, waiting for one if there is none."),
    waiting("BZPOPMIN key [key ...] timeout", |cx, args| pop_or_wait(cx, args, End::Min)).writes().fast()
        .old_with(flag::NO_SCRIPT)
        .since("5.0.0").cost("O(log(N))").keys(&[KeyAccess::POPS])
        .says("Removes and answers the member of the lowest score, waiting for one if there is none."),
    command("ZMPOP numkeys key [key ...] <MIN|MAX> [COUNT count]", zmpop).writes()
        .since("7.0.0").cost("O(K) + O(M*log(N))").keys(&[KeyAccess::POPS])
        .says("Removes and answers members of the first sorted set that has any."),
    command("ZPOPMAX key [count]", |cx, args| pop(cx, args, End::Max)).writes().fast()
        .since("5.0.0").cost("O(log(N)*M)").keys(&[KeyAccess::POPS])
        .says("Removes and answers the members of the highest scores."),
    command("ZPOPMIN key [count]", |cx, args| pop(cx, args, End::Min)).writes().fast()
        .since("5.0.0").cost("O(log(N)*M)").keys(&[KeyAccess::POPS])
        .says("Removes and answers the members of the lowest scores."),
];

/// The end of a sorted set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Min,
    Max,
}

impl End {
    /// The command that pops at this end.
    fn popping(self) -> Bytes {
        word(if self == End::Min { "ZPOPMIN" } else { "ZPOPMAX" })
    }

    fn parse(args: &mut Args<'_>) -> Result<End> {
        if args.word("MIN") {
            Ok(End::Min)
        } else if args.word("MAX") {
            Ok(End::Max)
        } else {
            Err(Error::SYNTAX)
        }
    }
}

type Popped<'k> = Option<(&'k Bytes, Vec<(Bytes, f64)>)>;

/// Pops up to `count` members of the first sorted set there is, and says which that was.
fn pop_first<'k>(cx: &mut Ctx<'_>, keys: &'k [Bytes], end: End, count: i64) -> Result<Popped<'k>> {
    for key in keys {
        let Some(mut set) = cx.db.edit::<SortedSet>(key)? else { continue };
        let count = usize::try_from(count).unwrap_or(0).min(set.len());
        if count == 0 {
            return Ok(Some((key, Vec::new())));
        }
        let len = set.len();
        let popped = if end == End::Min {
            set.delete_range(0..count)
        } else {
            let mut popped = set.delete_range(len - count..len);
            popped.reverse();
            popped
        };
        let event = if end == End::Min { "zpopmin" } else { "zpopmax" };
        set.changed_by(event, popped.len());
        return Ok(Some((key, popped)));
    }
    Ok(None)
}

/// As [`pop_first`], which propagates as a command that pops so many.
fn pop_counted<'k>(
    cx: &mut Ctx<'_>,
    keys: &'k [Bytes],
    end: End,
    count: i64,
) -> Result<Popped<'k>> {
    let popped = pop_first(cx, keys, end, count)?;
    if let Some((key, members)) = &popped {
        let count = Bytes::from(members.len().to_string());
        cx.propagate_instead(|| [end.popping(), Bytes::clone(key), count]);
    }
    Ok(popped)
}

fn pop(cx: &mut Ctx<'_>, mut args: Args<'_>, end: End) -> Result<Reply> {
    let key = args.bytes()?;
    if args.len() > 1 {
        return Err(Error::SYNTAX);
    }
    let count = if args.is_empty() { None } else { Some(args.positive()?) };
    let popped = pop_first(cx, std::slice::from_ref(key), end, count.unwrap_or(1))?;
    let members = popped.map(|(_, members)| members).unwrap_or_default();
    let paired = count.is_some() && cx.session().encoding.protocol == Protocol::Resp3;
    Ok(Reply::Array(members.iter().flat_map(|(m, score)| pair((m, *score), paired)).collect()))
}

fn pop_or_wait(cx: &mut Ctx<'_>, mut args: Args<'_>, end: End) -> Result<Option<Reply>> {
    let keys = args.all_but_last();
    let timeout = timeout(cx, args.bytes()?)?;
    let looked_at = cx.awaited(keys);
    match pop_first(cx, looked_at, end, 1)? {
        Some((key, members)) => {
            cx.propagate_instead(|| [end.popping(), key.clone()]);
            let parts = members.iter().flat_map(|(member, score)| pair((member, *score), false));
            let key = std::iter::once(Reply::from(key.clone()));
            Ok(Some(Reply::Array(key.chain(parts).collect())))
        }
        None => cx.wait(keys, Type::SortedSet, timeout, Reply::NullArray),
    }
}

fn zmpop(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (keys, end, count) = counted_keys(&mut args, End::parse)?;
    Ok(named(pop_counted(cx, keys, end, count)?).unwrap_or(Reply::NullArray))
}

fn bzmpop(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Option<Reply>> {
    let seconds = args.bytes()?;
    let (keys, end, count) = counted_keys(&mut args, End::parse)?;
    let timeout = timeout(cx, seconds)?;
    let looked_at = cx.awaited(keys);
    match named(pop_counted(cx, looked_at, end, count)?) {
        Some(reply) => Ok(Some(reply)),
        None => cx.wait(keys, Type::SortedSet, timeout, Reply::NullArray),
    }
}

/// The key and its members, in pairs in either protocol.
fn named(popped: Popped<'_>) -> Option<Reply> {
    popped.map(|(key, members)| {
        let members = members.iter().flat_map(|(member, score)| pair((member, *score), true));
        Reply::Array(vec![key.clone().into(), Reply::Array(members.collect())])
    })
}
