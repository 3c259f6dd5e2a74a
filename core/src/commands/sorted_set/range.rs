//! Sorted sets: ranges of ranks, scores or names, to be read, counted, kept or removed.
use super::super::span::span;
use super::{Zeros, pair};
use crate::command::docs::{Note, Type};
use crate::command::{Args, Command, KeyAccess, command};
use crate::data::sorted_set::{LexRange, ScoreRange, SortedSet};
use crate::engine::Ctx;
use crate::number::{RangeReader, parse_i64, parse_range_f64};
use crate::resp::{Error, Protocol, Reply, Result};
use crate::store::{Kind as _, Removal};
use bytes::Bytes;
use std::ops::{Bound, Range};

#[rustfmt::skip]
pub(in super::super) const COMMANDS: &[Command] = &[
    command("ZCOUNT key min max", |cx, args| count(cx, args, By::Score)).reads().fast().since("2.0.0").cost("O(log(N))")
        .says("Counts the members whose scores lie in a range."),
    command("ZLEXCOUNT key min max", |cx, args| count(cx, args, By::Name)).reads().fast().since("2.8.9").cost("O(log(N))")
        .notes(&[("min", Note::Is(Type::String)), ("max", Note::Is(Type::String))])
        .says("Counts the members whose names lie in a range."),
    command("ZRANGE key start stop [BYSCORE|BYLEX] [REV] [LIMIT offset count] [WITHSCORES]", |cx, args| range(cx, args, Asked::ZRANGE))
        .notes(&[("start", Note::Is(Type::String)), ("stop", Note::Is(Type::String)), ("sortby", Note::Since("6.2.0")), ("REV", Note::Since("6.2.0")), ("LIMIT", Note::Since("6.2.0"))])
        .reads().since("1.2.0").cost("O(log(N)+M)")
        .says("Answers the members within a range of ranks, scores or names."),
    command("ZRANGEBYLEX key min max [LIMIT offset count]", |cx, args| range(cx, args, Asked::of(By::Name, false)))
        .notes(&[("min", Note::Is(Type::String)), ("max", Note::Is(Type::String))])
        .reads().since("2.8.9").cost("O(log(N)+M)")
        .deprecated("6.2.0", "`ZRANGE` with the `BYLEX` argument")
        .says("Answers the members whose names lie in a range."),
    command("ZRANGEBYSCORE key min max [WITHSCORES] [LIMIT offset count]", |cx, args| range(cx, args, Asked::of(By::Score, false)))
        .notes(&[("WITHSCORES", Note::Since("2.0.0"))])
        .reads().since("1.0.5").cost("O(log(N)+M)")
        .deprecated("6.2.0", "`ZRANGE` with the `BYSCORE` argument")
        .says("Answers the members whose scores lie in a range."),
    command("ZRANGESTORE dst src min max [BYSCORE|BYLEX] [REV] [LIMIT offset count]", zrangestore)
        .notes(&[("min", Note::Is(Type::String)), ("max", Note::Is(Type::String))])
        .grows().since("6.2.0").cost("O(log(N)+M)")
        .keys(&[KeyAccess::STORES, KeyAccess::READS])
        .says("Stores the members within a range of ranks, scores or names under another key."),
    command("ZREMRANGEBYLEX key min max", |cx, args| remove(cx, args, By::Name, "zremrangebylex"))
        .notes(&[("min", Note::Is(Type::String)), ("max", Note::Is(Type::String))])
        .writes().since("2.8.9").cost("O(log(N)+M)").keys(&[KeyAccess::DELETES])
        .says("Removes the members whose names lie in a range."),
    command("ZREMRANGEBYRANK key start stop", |cx, args| remove(cx, args, By::Rank, "zremrangebyrank"))
        .writes().since("2.0.0").cost("O(log(N)+M)").keys(&[KeyAccess::DELETES])
        .says("Removes the members within a range of ranks."),
    command("ZREMRANGEBYSCORE key min max", |cx, args| remove(cx, args, By::Score, "zremrangebyscore"))
        .writes().since("1.2.0").cost("O(log(N)+M)").keys(&[KeyAccess::DELETES])
        .says("Removes the members whose scores lie in a range."),
    command("ZREVRANGE key start stop [WITHSCORES]", |cx, args| range(cx, args, Asked::of(By::Rank, true)))
        .reads().since("1.2.0").cost("O(log(N)+M)")
        .deprecated("6.2.0", "`ZRANGE` with the `REV` argument")
        .says("Answers the members within a range of ranks, the highest score first."),
    command("ZREVRANGEBYLEX key max min [LIMIT offset count]", |cx, args| range(cx, args, Asked::of(By::Name, true)))
        .notes(&[("min", Note::Is(Type::String)), ("max", Note::Is(Type::String))])
        .reads().since("2.8.9").cost("O(log(N)+M)")
        .deprecated("6.2.0", "`ZRANGE` with the `REV` and `BYLEX` arguments")
        .says("Answers the members whose names lie in a range, the last first."),
    command("ZREVRANGEBYSCORE key max min [WITHSCORES] [LIMIT offset count]", |cx, args| range(cx, args, Asked::of(By::Score, true)))
        .reads().since("2.2.0").cost("O(log(N)+M)")
        .deprecated("6.2.0", "`ZRANGE` with the `REV` and `BYSCORE` arguments")
        .says("Answers the members whose scores lie in a range, the highest first."),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Rank,
    Score,
    Name,
}

/// What a command's name leaves open is `None`: then an option may say it.
#[derive(Clone, Copy, Debug)]
struct Asked {
    by: Option<By>,
    reverse: Option<bool>,
    stores: bool,
}

impl Asked {
    const ZRANGE: Asked = Asked { by: None, reverse: None, stores: false };

    const fn of(by: By, reverse: bool) -> Asked {
        Asked { by: Some(by), reverse: Some(reverse), stores: false }
    }
}

#[derive(Debug)]
struct Query {
    interval: Interval,
    reverse: bool,
    offset: i64,
    limit: i64,
    with_scores: bool,
    /// The server finds an offset by the skiplist's links instead of step by step.
    jumps: bool,
}

impl Query {
    /// Reads a range's two ends and the options behind them.
    fn parse(cx: &Ctx<'_>, args: &mut Args<'_>, mut asked: Asked) -> Result<Query> {
        let (first, second) = (args.bytes()?, args.bytes()?);
        let (mut offset, mut limit, mut with_scores) = (0, -1, false);
        while !args.is_empty() {
            if !asked.stores && args.word("WITHSCORES") {
                with_scores = true;
            } else if args.len() > 2 && args.word("LIMIT") {
                (offset, limit) = (args.int()?, args.int()?);
            } else if asked.reverse.is_none() && args.word("REV") {
                asked.reverse = Some(true);
            } else if asked.by.is_none() && args.word("BYLEX") {
                asked.by = Some(By::Name);
            } else if asked.by.is_none() && args.word("BYSCORE") {
                asked.by = Some(By::Score);
            } else {
                return Err(Error::SYNTAX);
            }
        }
        let (by, reverse) = (asked.by.unwrap_or(By::Rank), asked.reverse.unwrap_or(false));
        if limit != -1 && by == By::Rank {
            return Err(Error::ZRANGE_LIMIT_OF_RANKS);
        }
        if with_scores && by == By::Name {
            return Err(Error::ZRANGE_SCORES_OF_NAMES);
        }
        let swapped = reverse && by != By::Rank;
        let (min, max) = if swapped { (second, first) } else { (first, second) };
        let interval = Interval::parse(cx, by, min, max)?;
        let jumps = cx.at_least(7, 4) || cx.node.persona.is_valkey_from(8, 0);
        Ok(Query { interval, reverse, offset, limit, with_scores, jumps })
    }

    /// The members asked for, in the order asked for.
    fn of<'s>(&self, set: &'s SortedSet) -> Vec<(&'s Bytes, f64)> {
        let ranks = self.interval.ranks(set, self.reverse);
        let (skipped, taken) = match self.interval {
            Interval::Ranks(..) => (0, usize::MAX),
            // A negative limit is none.
            _ => {
                (self.skipped(set, ranks.len()), usize::try_from(self.limit).unwrap_or(usize::MAX))
            }
        };
        let members = set.range(ranks);
        if self.reverse {
            members.rev().skip(skipped).take(taken).collect()
        } else {
            members.skip(skipped).take(taken).collect()
        }
    }

    /// How many of the members in the range the offset passes over. A negative one passes over all of
    /// them, but where later servers jump along a skiplist: there it counts from the range's end.
    fn skipped(&self, set: &SortedSet, len: usize) -> usize {
        let from_end = usize::try_from(self.offset.unsigned_abs()).unwrap_or(usize::MAX);
        match usize::try_from(self.offset) {
            Ok(offset) => offset,
            Err(_) if self.jumps && set.encoding() == "skiplist" => {
                len.checked_sub(from_end).unwrap_or(usize::MAX)
            }
            Err(_) => usize::MAX,
        }
    }
}

/// A range of members.
#[derive(Debug)]
enum Interval {
    Ranks(i64, i64),
    Scores(ScoreRange),
    Names(LexRange),
}

impl Interval {
    fn parse(cx: &Ctx<'_>, by: By, min: &Bytes, max: &Bytes) -> Result<Interval> {
        Ok(match by {
            By::Rank => Interval::Ranks(rank(min)?, rank(max)?),
            By::Score => {
                let min = score(cx, min)?;
                Interval::Scores(ScoreRange { min, max: score(cx, max)? })
            }
            By::Name => Interval::Names(names(min, max)?),
        })
    }

    /// The ranks it covers; `reverse` counts ranks from the highest score.
    fn ranks(&self, set: &SortedSet, reverse: bool) -> Range<usize> {
        match self {
            Interval::Ranks(start, stop) => {
                let Range { start, end } = span(*start, *stop, set.len());
                if reverse { set.len() - end..set.len() - start } else { start..end }
            }
            Interval::Scores(range) => set.score_range(range),
            Interval::Names(range) => set.lex_range(range),
        }
    }
}

fn rank(text: &[u8]) -> Result<i64> {
    parse_i64(text).ok_or(Error::NOT_AN_INTEGER)
}

/// Reads one end of a range of scores; a parenthesis before it leaves the score itself out.
fn score(cx: &Ctx<'_>, text: &[u8]) -> Result<Bound<f64>> {
    let (number, bound): (_, fn(f64) -> Bound<f64>) = match text {
        [b'(', number @ ..] => (number, Bound::Excluded),
        number => (number, Bound::Included),
    };
    let fast = cx.at_least(8, 0) || cx.node.persona.is_valkey_from(9, 1);
    let reader = if fast { RangeReader::FastFloat } else { RangeReader::Strtod };
    let number = parse_range_f64(number, reader).filter(|number| !number.is_nan());
    number.map(bound).ok_or(Error::NOT_A_RANGE_OF_SCORES)
}

fn names(min: &[u8], max: &[u8]) -> Result<LexRange> {
    let (min, max) = (name(min)?, name(max)?);
    Ok(match (min, max) {
        (Name::Last, _) | (_, Name::First) => LexRange::nothing(),
        (min, max) => LexRange { min: min.bound(), max: max.bound() },
    })
}

/// One end of a range of names.
enum Name {
    First,
    Last,
    Bound(Bound<Bytes>),
}

impl Name {
    fn bound(self) -> Bound<Bytes> {
        if let Name::Bound(bound) = self { bound } else { Bound::Unbounded }
    }
}

fn name(text: &[u8]) -> Result<Name> {
    match text {
        b"-" => Ok(Name::First),
        b"+" => Ok(Name::Last),
        [b'(', name @ ..] => Ok(Name::Bound(Bound::Excluded(Bytes::copy_from_slice(name)))),
        [b'[', name @ ..] => Ok(Name::Bound(Bound::Included(Bytes::copy_from_slice(name)))),
        _ => Err(Error::NOT_A_RANGE_OF_NAMES),
    }
}

fn count(cx: &mut Ctx<'_>, mut args: Args<'_>, by: By) -> Result<Reply> {
    let (key, min, max) = (args.bytes()?, args.bytes()?, args.bytes()?);
    let interval = Interval::parse(cx, by, min, max)?;
    let set = cx.db.read::<SortedSet>(key)?;
    Ok(set.map_or(0, |set| interval.ranks(set, false).len()).into())
}

fn range(cx: &mut Ctx<'_>, mut args: Args<'_>, asked: Asked) -> Result<Reply> {
    let key = args.bytes()?;
    let query = Query::parse(cx, &mut args, asked)?;
    let paired = cx.session().encoding.protocol == Protocol::Resp3;
    let Some(set) = cx.db.read::<SortedSet>(key)? else { return Ok(Reply::EMPTY_ARRAY) };
    let members = query.of(set).into_iter();
    Ok(Reply::Array(if query.with_scores {
        members.flat_map(|member| pair(member, paired)).collect()
    } else {
        members.map(|(member, _)| member.clone().into()).collect()
    }))
}

fn zrangestore(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (destination, source) = (args.bytes()?, args.bytes()?);
    let query = Query::parse(cx, &mut args, Asked { stores: true, ..Asked::ZRANGE })?;
    let set = cx.db.read::<SortedSet>(source)?;
    let members = set.map(|set| query.of(set)).unwrap_or_default();
    // They are added one by one, and in a listpack lose the sign of -0 at once.
    let mut zeros = Zeros::made_for(cx, members.len());
    let added = members.into_iter().map(|(member, score)| {
        zeros.note_new(member);
        (member.clone(), zeros.keep(score))
    });
    let members = added.collect();
    Ok(store(cx, destination, members, "zrangestore"))
}

/// Puts members under a key, whatever was there, or removes it if there are none; how many they are.
pub(in super::super) fn store(
    cx: &mut Ctx<'_>,
    key: &Bytes,
    members: Vec<(Bytes, f64)>,
    event: &'static str,
) -> Reply {
    let len = members.len();
    if members.is_empty() {
        cx.db.remove(key, Removal::Deleted);
    } else {
        let mut set = SortedSet::new();
        for (member, score) in members {
            set.insert(member, score);
        }
        set.settle(&cx.db.store.limits);
        cx.db.put(key, set.wrap(), None, event);
    }
    len.into()
}

fn remove(cx: &mut Ctx<'_>, mut args: Args<'_>, by: By, event: &'static str) -> Result<Reply> {
    let (key, min, max) = (args.bytes()?, args.bytes()?, args.bytes()?);
    let interval = Interval::parse(cx, by, min, max)?;
    let Some(mut set) = cx.db.edit::<SortedSet>(key)? else { return Ok(Reply::Int(0)) };
    let ranks = interval.ranks(&set, false);
    let removed = set.delete_range(ranks).len();
    if removed > 0 {
        set.changed_by(event, removed);
    }
    Ok(removed.into())
}
