//! Lists: elements under one key, in order.

mod several;
mod waiting;

use super::span::{place, span};
use crate::command::docs::Note;
use crate::command::{Args, Command, KeyAccess, command};
use crate::data::list::{End, List};
use crate::engine::{Ctx, word};
use crate::number::parse_i64;
use crate::resp::{Error, Reply, Result};
use crate::store::Edit;
use bytes::Bytes;

pub(super) use several::COMMANDS as SEVERAL;
pub(super) use waiting::COMMANDS as WAITING;

#[rustfmt::skip]
pub(super) const COMMANDS: &[Command] = &[
    command("LINDEX key index", lindex).reads().cost("O(N)")
        .says("Answers the element at an index of a list."),
    command("LINSERT key <BEFORE|AFTER> pivot element", linsert).grows().since("2.2.0").cost("O(N)")
        .keys(&[KeyAccess::INSERTS])
        .says("Inserts an element before or after another one of a list."),
    command("LLEN key", llen).looks().fast()
        .says("Answers the length of a list."),
    command("LMOVE source destination <LEFT|RIGHT> <LEFT|RIGHT>", lmove).grows().since("6.2.0")
        .keys(&[KeyAccess::POPS, KeyAccess::INSERTS])
        .says("Moves an element from one list to another."),
    command("LMPOP numkeys key [key ...] <LEFT|RIGHT> [COUNT count]", lmpop).writes().since("7.0.0").cost("O(N+M)")
        .keys(&[KeyAccess::POPS])
        .says("Pops elements of the first list that has any."),
    command("LPOP key [count]", |cx, args| pop(cx, args, End::Head)).writes().fast().cost("O(N)")
        .notes(&[("count", Note::Since("6.2.0"))])
        .keys(&[KeyAccess::POPS])
        .says("Pops elements from the head of a list."),
    command("LPOS key element [RANK rank] [COUNT num-matches] [MAXLEN len]", lpos).reads().since("6.0.6").cost("O(N)")
        .says("Finds where an element stands in a list."),
    command("LPUSH key element [element ...]", |cx, args| push(cx, args, End::Head)).grows().fast()
        .keys(&[KeyAccess::INSERTS])
        .says("Pushes elements onto the head of a list, creating it if missing."),
    command("LPUSHX key element [element ...]", |cx, args| push_if_there(cx, args, End::Head)).grows().fast().since("2.2.0")
        .keys(&[KeyAccess::INSERTS])
        .says("Pushes elements onto the head of a list that exists."),
    command("LRANGE key start stop", lrange).reads().cost("O(S+N)")
        .says("Answers a range of a list's elements."),
    command("LREM key count element", lrem).writes().cost("O(N+M)")
        .keys(&[KeyAccess::DELETES])
        .says("Removes elements equal to a value from a list."),
    command("LSET key index element", lset).grows().cost("O(N)")
        .says("Replaces the element at an index of a list."),
    command("LTRIM key start stop", ltrim).writes().cost("O(N)")
        .keys(&[KeyAccess::DELETES])
        .says("Keeps only a range of a list's elements."),
    command("RPOP key [count]", |cx, args| pop(cx, args, End::Tail)).writes().fast().cost("O(N)")
        .notes(&[("count", Note::Since("6.2.0"))])
        .keys(&[KeyAccess::POPS])
        .says("Pops elements from the tail of a list."),
    command("RPOPLPUSH source destination", rpoplpush).grows().since("1.2.0")
        .keys(&[KeyAccess::POPS, KeyAccess::INSERTS])
        .deprecated("6.2.0", "`LMOVE` with the `RIGHT` and `LEFT` arguments")
        .says("Moves a list's last element to the head of another."),
    command("RPUSH key element [element ...]", |cx, args| push(cx, args, End::Tail)).grows().fast()
        .keys(&[KeyAccess::INSERTS])
        .says("Pushes elements onto the tail of a list, creating it if missing."),
    command("RPUSHX key element [element ...]", |cx, args| push_if_there(cx, args, End::Tail)).grows().fast().since("2.2.0")
        .keys(&[KeyAccess::INSERTS])
        .says("Pushes elements onto the tail of a list that exists."),
];

fn push(cx: &mut Ctx<'_>, mut args: Args<'_>, end: End) -> Result<Reply> {
    let list = cx.db.edit_or_create::<List>(args.bytes()?)?;
    Ok(push_all(list, args.all(), end))
}

fn push_if_there(cx: &mut Ctx<'_>, mut args: Args<'_>, end: End) -> Result<Reply> {
    Ok(match cx.db.edit::<List>(args.bytes()?)? {
        Some(list) => push_all(list, args.all(), end),
        None => Reply::Int(0),
    })
}

fn push_all(mut list: Edit<'_, List>, elements: &[Bytes], end: End) -> Reply {
    for element in elements {
        list.push(element.clone(), end);
    }
    list.changed_by(pushed_at(end), elements.len());
    list.len().into()
}

fn pop(cx: &mut Ctx<'_>, mut args: Args<'_>, end: End) -> Result<Reply> {
    let key = args.bytes()?;
    if args.len() > 1 {
        return Err(Error::arity(&cx.entry.name));
    }
    let count = if args.is_empty() { None } else { Some(args.positive()?) };
    let Some(mut list) = cx.db.edit::<List>(key)? else {
        return Ok(if count.is_some() { Reply::NullArray } else { Reply::Null });
    };
    Ok(match count {
        Some(0) => Reply::EMPTY_ARRAY,
        Some(count) => Reply::bulks(pop_from(&mut list, end, count)),
        None => pop_from(&mut list, end, 1).pop().into(),
    })
}

/// Pops up to `count` elements, one or more, of a list to be changed.
fn pop_from(list: &mut Edit<'_, List>, end: End, count: i64) -> Vec<Bytes> {
    let count = usize::try_from(count).unwrap_or(0).min(list.len());
    let popped: Vec<_> = (0..count).filter_map(|_| list.pop(end)).collect();
    list.changed_by(popped_at(end), popped.len());
    popped
}

/// Pops up to `count` elements of the first list there is, and says which that was.
pub(super) fn pop_first<'k>(
    cx: &mut Ctx<'_>,
    keys: &'k [Bytes],
    end: End,
    count: i64,
) -> Result<Option<(&'k Bytes, Vec<Bytes>)>> {
    for key in keys {
        if let Some(mut list) = cx.db.edit::<List>(key)? {
            return Ok(Some((key, pop_from(&mut list, end, count))));
        }
    }
    Ok(None)
}

/// The command that pops at an end.
pub(super) fn popping_at(end: End) -> Bytes {
    word(if end == End::Head { "LPOP" } else { "RPOP" })
}

/// What LMPOP and BLMPOP ask for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pops<'a> {
    pub(super) keys: &'a [Bytes],
    end: End,
    count: i64,
}

impl<'a> Pops<'a> {
    pub(super) fn parse(args: &mut Args<'a>) -> Result<Pops<'a>> {
        let (keys, end, count) = counted_keys(args, end_of)?;
        Ok(Pops { keys, end, count })
    }

    /// Pops of the first list of these keys.
    pub(super) fn pop(&self, cx: &mut Ctx<'_>, keys: &[Bytes]) -> Result<Option<Reply>> {
        let popped = pop_first(cx, keys, self.end, self.count)?;
        if let Some((key, elements)) = &popped {
            let count = Bytes::from(elements.len().to_string());
            cx.propagate_instead(|| [popping_at(self.end), Bytes::clone(key), count]);
        }
        Ok(popped
            .map(|(key, elements)| Reply::Array(vec![key.clone().into(), Reply::bulks(elements)])))
    }
}

/// Reads `numkeys key [key ...] where [COUNT count]`, which lists and sorted sets have in common.
pub(super) fn counted_keys<'a, W>(
    args: &mut Args<'a>,
    side: impl FnOnce(&mut Args<'a>) -> Result<W>,
) -> Result<(&'a [Bytes], W, i64)> {
    let numkeys = args.int().ok().filter(|n| *n > 0).ok_or(Error::NUMKEYS_NOT_POSITIVE)?;
    let keys = args.take(usize::try_from(numkeys).map_err(|_| Error::SYNTAX)?)?;
    let side = side(args)?;
    let mut count = None;
    while !args.is_empty() {
        let value = args.option("COUNT").filter(|_| count.is_none()).ok_or(Error::SYNTAX)?;
        let value = parse_i64(value).filter(|n| *n > 0).ok_or(Error::COUNT_NOT_POSITIVE)?;
        count = Some(value);
    }
    Ok((keys, side, count.unwrap_or(1)))
}

fn lmpop(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let pops = Pops::parse(&mut args)?;
    Ok(pops.pop(cx, pops.keys)?.unwrap_or(Reply::NullArray))
}

fn lindex(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let Some(list) = cx.db.read::<List>(args.bytes()?)? else { return Ok(Reply::Null) };
    let place = place(args.int()?, list.len());
    Ok(place.and_then(|place| list.get(place)).cloned().into())
}

fn linsert(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    let before = args.word("BEFORE");
    if !before && !args.word("AFTER") {
        return Err(Error::SYNTAX);
    }
    let (pivot, element) = (args.bytes()?, args.bytes()?.clone());
    let Some(mut list) = cx.db.edit::<List>(key)? else { return Ok(Reply::Int(0)) };
    let inserted =
        if before { list.insert_before(pivot, element) } else { list.insert_after(pivot, element) };
    if !inserted {
        return Ok(Reply::Int(-1));
    }
    list.changed("linsert");
    Ok(list.len().into())
}

fn llen(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    Ok(cx.db.read::<List>(args.bytes()?)?.map_or(0, List::len).into())
}

fn lmove(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (source, destination) = (args.bytes()?, args.bytes()?);
    let (from, to) = (end_of(&mut args)?, end_of(&mut args)?);
    Ok(Move { source, destination, from, to }.run(cx)?.into())
}

fn rpoplpush(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (source, destination) = (args.bytes()?, args.bytes()?);
    Ok(Move { source, destination, from: End::Tail, to: End::Head }.run(cx)?.into())
}

/// An element that goes from one list to another, or from one end to the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Move<'a> {
    pub(super) source: &'a Bytes,
    pub(super) destination: &'a Bytes,
    pub(super) from: End,
    pub(super) to: End,
}

impl Move<'_> {
    /// Moves the element, which is answered; nothing happens if the source is not there.
    pub(super) fn run(self, cx: &mut Ctx<'_>) -> Result<Option<Bytes>> {
        let Move { source, destination, from, to } = self;
        let Some(list) = cx.db.look::<List>(source)? else { return Ok(None) };
        let index = if from == End::Head { 0 } else { list.len() - 1 };
        let element = list.get(index).expect("a list that is there is not empty").clone();
        if source == destination {
            let rotates = list.len() > 1;
            let mut list = cx.db.edit_or_create::<List>(source)?;
            if rotates {
                list.pop(from);
                // It takes its encoding between the two, as if it were two lists.
                drop(list);
                list = cx.db.edit_or_create::<List>(source)?;
                list.push(element.clone(), to);
            }
            list.changed(pushed_at(to));
            list.changed_by(popped_at(from), 0);
            return Ok(Some(element));
        }
        let mut list = cx.db.edit_or_create::<List>(destination)?;
        list.push(element.clone(), to);
        list.changed(pushed_at(to));
        drop(list);
        let mut list = cx.db.edit_or_create::<List>(source)?;
        list.pop(from);
        list.changed_by(popped_at(from), 0);
        Ok(Some(element))
    }
}

#[derive(Clone, Copy, Debug)]
struct Search {
    rank: i64,
    count: Option<i64>,
    compared: i64,
}

impl Search {
    fn parse(cx: &Ctx<'_>, args: &mut Args<'_>) -> Result<Search> {
        let mut search = Search { rank: 1, count: None, compared: 0 };
        while !args.is_empty() {
            if let Some(rank) = args.option("RANK") {
                search.rank = rank_of(cx, rank)?;
            } else if let Some(count) = args.option("COUNT") {
                search.count = Some(not_negative(count, Error::LPOS_NEGATIVE_COUNT)?);
            } else if let Some(len) = args.option("MAXLEN") {
                search.compared = not_negative(len, Error::LPOS_NEGATIVE_LEN)?;
            } else {
                return Err(Error::SYNTAX);
            }
        }
        Ok(search)
    }
}

fn rank_of(cx: &Ctx<'_>, rank: &Bytes) -> Result<i64> {
    match parse_i64(rank).ok_or(Error::NOT_AN_INTEGER)? {
        0 => Err(Error::LPOS_ZERO_RANK),
        // There is no positive number of this size, and 7.0 takes it for the last match.
        i64::MIN if !cx.at_least(7, 2) => Ok(-1),
        i64::MIN => Err(Error::not_between(-i64::MAX, i64::MAX)),
        rank => Ok(rank),
    }
}

fn not_negative(number: &Bytes, error: Error) -> Result<i64> {
    parse_i64(number).filter(|n| *n >= 0).ok_or(error)
}

fn lpos(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, element) = (args.bytes()?, args.bytes()?);
    let search = Search::parse(cx, &mut args)?;
    let size = |n: i64| if n == 0 { usize::MAX } else { usize::try_from(n).unwrap_or(usize::MAX) };
    let list = cx.db.read::<List>(key)?;
    let from = if search.rank < 0 { End::Tail } else { End::Head };
    let skipped = usize::try_from(search.rank.unsigned_abs() - 1).unwrap_or(usize::MAX);
    let places =
        list.into_iter().flat_map(|list| list.positions(element, from, size(search.compared)));
    let mut places = places.skip(skipped).map(Reply::from);
    Ok(match search.count {
        None => places.next().unwrap_or(Reply::Null),
        Some(count) => Reply::Array(places.take(size(count)).collect()),
    })
}

fn lrange(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, start, stop) = (args.bytes()?, args.int()?, args.int()?);
    let Some(list) = cx.db.read::<List>(key)? else { return Ok(Reply::EMPTY_ARRAY) };
    Ok(Reply::bulks(list.range(span(start, stop, list.len())).cloned()))
}

fn lrem(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, count, element) = (args.bytes()?, args.int()?, args.bytes()?);
    if count == i64::MIN && cx.at_least(7, 2) {
        return Err(Error::not_between(-i64::MAX, i64::MAX));
    }
    let Some(mut list) = cx.db.edit::<List>(key)? else { return Ok(Reply::Int(0)) };
    let from = if count < 0 { End::Tail } else { End::Head };
    let most = match count.unsigned_abs() {
        0 => usize::MAX,
        count => usize::try_from(count).unwrap_or(usize::MAX),
    };
    let removed = list.remove(element, from, most);
    if removed > 0 {
        list.changed_by("lrem", removed);
    }
    Ok(removed.into())
}

fn lset(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    let wraps = cx.at_least(7, 2);
    let mut list = cx.db.edit::<List>(key)?.ok_or(Error::NO_SUCH_KEY)?;
    let index = args.int()?;
    let index = if wraps { low_half(index) } else { index };
    let element = args.bytes()?;
    let Some(place) = place(index, list.len()) else {
        list.make_room_for(element);
        return Err(Error::OUT_OF_RANGE);
    };
    list.set(place, element.clone());
    list.changed("lset");
    Ok(Reply::OK)
}

/// Since 7.2 LSET sees no more of an index than its low 32 bits.
fn low_half(index: i64) -> i64 {
    let [a, b, c, d, ..] = index.to_le_bytes();
    i32::from_le_bytes([a, b, c, d]).into()
}

fn ltrim(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, start, stop) = (args.bytes()?, args.int()?, args.int()?);
    let sees_no_change = cx.node.persona.is_valkey_from(9, 1);
    if let Some(mut list) = cx.db.edit::<List>(key)? {
        let kept = span(start, stop, list.len());
        let trimmed = list.len() - kept.len();
        if sees_no_change && trimmed == 0 {
            list.unchanged("ltrim");
        } else {
            list.trim(kept);
            list.changed_by("ltrim", trimmed);
        }
    }
    Ok(Reply::OK)
}

/// The end of a list that the next argument names.
pub(super) fn end_of(args: &mut Args<'_>) -> Result<End> {
    if args.word("LEFT") {
        Ok(End::Head)
    } else if args.word("RIGHT") {
        Ok(End::Tail)
    } else {
        Err(Error::SYNTAX)
    }
}

pub(super) fn pushed_at(end: End) -> &'static str {
    match end {
        End::Head => "lpush",
        End::Tail => "rpush",
    }
}

pub(super) fn popped_at(end: End) -> &'static str {
    match end {
        End::Head => "lpop",
        End::Tail => "rpop",
    }
}
