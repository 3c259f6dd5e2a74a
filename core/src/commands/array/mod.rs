//! Arrays: strings under integers, most of which may be unused.

mod aggregate;
mod grep;
mod insert;

use crate::command::docs::{Note, Type};
use crate::command::{Args, Command, KeyAccess, Run, command};
use crate::data::array::{Array, LAST_INDEX, Shape};
use crate::engine::Ctx;
use crate::number::{parse_i64, parse_u64};
use crate::persona::Flavour;
use crate::resp::{Error, Reply, Result};
use crate::store::Edit;
use bytes::Bytes;
use std::ops::RangeInclusive;

const SINCE: &str = "8.8.0";
/// How many elements one reply may hold, empty places included.
const MOST_ANSWERED: u64 = 1_000_000;
const RANGE: &[(&str, Note)] =
    &[("start", Note::Is(Type::Integer)), ("end", Note::Is(Type::Integer))];

#[rustfmt::skip]
pub(super) const COMMANDS: &[Command] = &[
    row("ARCOUNT key", arcount).reads().fast()
        .says("Counts the elements of an array."),
    row("ARDEL key index [index ...]", ardel).writes().fast().keys(&[KeyAccess::DELETES]).cost("O(N)")
        .says("Deletes elements of an array."),
    row("ARDELRANGE key start end [start end ...]", ardelrange).writes().keys(&[KeyAccess::DELETES]).cost("O(N)")
        .says("Deletes the elements of an array that are in ranges of indexes."),
    row("ARGET key index", arget).reads().fast()
        .says("Answers an element of an array."),
    row("ARGETRANGE key start end", argetrange).reads().notes(RANGE).cost("O(N)")
        .says("Answers what is in a range of an array, unused places included."),
    row("ARGREP key start end <EXACT string|MATCH string|GLOB pattern|RE pattern> [<EXACT string|MATCH string|GLOB pattern|RE pattern> ...] [AND|OR|LIMIT limit|WITHVALUES|NOCASE [AND|OR|LIMIT limit|WITHVALUES|NOCASE ...]]", grep::argrep)
        .reads().notes(&[("start", Note::Is(Type::String)), ("end", Note::Is(Type::String))]).arity(-6).cost("O(N)")
        .says("Finds the elements of an array that match patterns."),
    row("ARINFO key [FULL]", arinfo).reads()
        .says("Tells how an array is stored."),
    row("ARINSERT key value [value ...]", insert::arinsert).grows().fast()
        .says("Puts elements where an array's cursor is, and moves the cursor on."),
    row("ARLASTITEMS key count [REV]", insert::arlastitems).reads().cost("O(N)")
        .says("Answers the elements that were inserted last."),
    row("ARLEN key", arlen).reads().fast()
        .says("Answers the last index in use, plus one."),
    row("ARMGET key index [index ...]", armget).reads().fast().cost("O(N)")
        .says("Answers several elements of an array."),
    row("ARMSET key index value [index value ...]", armset).grows().fast().cost("O(N)")
        .says("Puts elements under several indexes of an array."),
    row("ARNEXT key", insert::arnext).reads().fast()
        .says("Answers where an array's cursor is."),
    row("AROP key start end <SUM|MIN|MAX|AND|OR|XOR|MATCH value|USED>", aggregate::arop).reads().notes(RANGE).arity(-5).cost("O(N)")
        .says("Reckons with the elements in a range of an array."),
    row("ARRING key size value [value ...]", insert::arring).grows().notes(&[("size", Note::Is(Type::Integer))]).cost("O(M)")
        .says("Puts elements into an array that is a ring of so many places."),
    row("ARSCAN key start end [LIMIT limit]", arscan).reads().notes(RANGE).cost("O(N)")
        .says("Answers the elements in a range of an array with their indexes."),
    row("ARSEEK key index", insert::arseek).writes().fast()
        .says("Moves an array's cursor."),
    row("ARSET key index value [value ...]", arset).grows().fast().cost("O(N)")
        .says("Puts elements under indexes of an array that follow each other."),
];

const fn row(usage: &'static str, run: Run) -> Command {
    command(usage, run).since(SINCE).only(Flavour::Redis)
}

/// An index of an array.
fn index(args: &mut Args<'_>) -> Result<u64> {
    index_of(args.bytes()?)
}

fn index_of(word: &[u8]) -> Result<u64> {
    parse_u64(word).filter(|index| *index <= LAST_INDEX).ok_or(Error::ARRAY_INDEX)
}

/// Two indexes, in whichever order, as a range, and whether it is to be gone through backwards.
fn span(start: u64, end: u64) -> (RangeInclusive<u64>, bool) {
    if start <= end { (start..=end, false) } else { (end..=start, true) }
}

/// An index as a reply, which may be larger than other integers.
fn number(index: u64) -> Reply {
    match i64::try_from(index) {
        Ok(index) => Reply::Int(index),
        Err(_) => Reply::Raw(format!(":{index}\r\n").into()),
    }
}

/// An array to be changed, laid out as the server is set.
fn edit<'e>(cx: &'e mut Ctx<'_>, key: &'e Bytes) -> Result<Edit<'e, Array>> {
    let shape = shape(cx);
    let mut array = cx.db.edit_or_create::<Array>(key)?;
    array.take_shape(shape);
    Ok(array)
}

fn shape(cx: &Ctx<'_>) -> Shape {
    let size = |name| cx.node.config.size(name);
    Shape {
        slice_size: size("array-slice-size") as u64,
        sparse_max: size("array-sparse-kmax"),
        sparse_min: size("array-sparse-kmin"),
    }
}

fn arcount(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    Ok(cx.db.read::<Array>(args.bytes()?)?.map_or(0, Array::used).into())
}

fn arlen(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    Ok(number(cx.db.read::<Array>(args.bytes()?)?.map_or(0, Array::length)))
}

fn ardel(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    let indexes = args.all().iter().map(|word| index_of(word)).collect::<Result<Vec<_>>>()?;
    let Some(mut array) = cx.db.edit::<Array>(key)? else { return Ok(Reply::Int(0)) };
    let gone = indexes.into_iter().filter(|index| array.remove(*index).is_some()).count();
    if gone > 0 {
        array.changed("ardel");
    }
    Ok(gone.into())
}

fn ardelrange(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    let pairs = args.pairs().ok_or_else(|| Error::arity(&cx.entry.name))?;
    let span = |[start, end]: &[Bytes; 2]| Ok(span(index_of(start)?, index_of(end)?).0);
    let ranges = pairs.iter().map(span).collect::<Result<Vec<_>>>()?;
    let Some(mut array) = cx.db.edit::<Array>(key)? else { return Ok(Reply::Int(0)) };
    let gone: usize = ranges.into_iter().map(|range| array.remove_range(range)).sum();
    if gone > 0 {
        array.changed("ardelrange");
    }
    Ok(gone.into())
}

fn arget(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let array = cx.db.read::<Array>(args.bytes()?)?;
    let index = index(&mut args)?;
    Ok(array.and_then(|array| array.get(index)).cloned().into())
}

fn armget(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let array = cx.db.read::<Array>(args.bytes()?)?;
    let get = |word: &Bytes| {
        let index = index_of(word)?;
        Ok(array.and_then(|array| array.get(index)).cloned().into())
    };
    Ok(Reply::Array(args.all().iter().map(get).collect::<Result<_>>()?))
}

fn argetrange(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, start, end) = (args.bytes()?, index(&mut args)?, index(&mut args)?);
    let (range, backwards) = span(start, end);
    if range.end() - range.start() >= MOST_ANSWERED {
        return Err(Error::ARRAY_RANGE_TOO_LONG);
    }
    let array = cx.db.read::<Array>(key)?;
    let get = |index| Reply::from(array.and_then(|array| array.get(index)).cloned());
    Ok(Reply::Array(if backwards {
        range.rev().map(get).collect()
    } else {
        range.map(get).collect()
    }))
}

fn armset(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    let pairs = args.pairs().ok_or_else(|| Error::arity(&cx.entry.name))?;
    let read = |[index, value]: &[Bytes; 2]| Ok((index_of(index)?, value.clone()));
    let pairs = pairs.iter().map(read).collect::<Result<Vec<_>>>()?;
    set_all(cx, key, pairs, "armset")
}

fn arset(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, first) = (args.bytes()?, index(&mut args)?);
    let values = args.all();
    let last = first.checked_add(values.len() as u64 - 1);
    let last = last.filter(|last| *last <= LAST_INDEX).ok_or(Error::ARRAY_INDEX)?;
    let pairs = (first..=last).zip(values.iter().cloned()).collect();
    set_all(cx, key, pairs, "arset")
}

/// Puts elements in their places; how many of the places were unused.
fn set_all(
    cx: &mut Ctx<'_>,
    key: &Bytes,
    pairs: Vec<(u64, Bytes)>,
    event: &'static str,
) -> Result<Reply> {
    let mut array = edit(cx, key)?;
    let before = array.used();
    for (index, value) in pairs {
        array.set(index, value);
    }
    array.changed(event);
    Ok((array.used() - before).into())
}

fn arscan(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, start, end) = (args.bytes()?, index(&mut args)?, index(&mut args)?);
    let limit = args.option("LIMIT").map(|limit| limit_of(limit)).transpose()?;
    args.end()?;
    let (range, backwards) = span(start, end);
    let Some(array) = cx.db.read::<Array>(key)? else { return Ok(Reply::EMPTY_ARRAY) };
    let most = limit.unwrap_or(usize::MAX);
    let elements = array.range(range);
    Ok(Reply::Array(if backwards {
        elements.rev().take(most).map(pair).collect()
    } else {
        elements.take(most).map(pair).collect()
    }))
}

/// An index with its element.
fn pair((index, element): (u64, &Bytes)) -> Reply {
    Reply::Array(vec![number(index), element.clone().into()])
}

/// How many elements are asked for.
fn limit_of(word: &[u8]) -> Result<usize> {
    let limit = parse_i64(word).filter(|limit| *limit > 0).ok_or(Error::NOT_POSITIVE)?;
    Ok(usize::try_from(limit).unwrap_or(usize::MAX))
}

/// Slices stand in a directory; from so many on, in blocks of a directory of directories.
const BLOCK: u64 = 2048;

#[expect(clippy::cast_precision_loss, reason = "these are averages")]
fn arinfo(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    let full = args.word("FULL");
    args.end()?;
    let array = cx.db.read::<Array>(key)?.ok_or(Error::NO_SUCH_KEY)?;
    let last = array.last_slice().unwrap_or_default();
    let blocks = if last < BLOCK { 0 } else { last / BLOCK + 1 };
    let directory = if blocks == 0 { (last + 1).next_power_of_two() } else { blocks };
    let mut told: Vec<(Reply, Reply)> = vec![
        ("count".into(), array.used().into()),
        ("len".into(), number(array.length())),
        ("next-insert-index".into(), number(array.cursor().unwrap_or(u64::MAX))),
        ("slices".into(), array.slices().into()),
        ("directory-size".into(), number(directory)),
        ("super-dir-entries".into(), number(blocks)),
        ("slice-size".into(), number(array.shape().slice_size)),
    ];
    if full {
        let all = array.statistics();
        let mean =
            |sum: usize, count: usize| if count == 0 { 0.0 } else { sum as f64 / count as f64 };
        told.extend([
            ("dense-slices".into(), all.dense.into()),
            ("sparse-slices".into(), all.sparse.into()),
            ("avg-dense-size".into(), mean(all.dense_slots, all.dense).into()),
            ("avg-dense-fill".into(), mean(all.dense_used, all.dense_slots).into()),
            ("avg-sparse-size".into(), mean(all.sparse_slots, all.sparse).into()),
        ]);
    }
    Ok(Reply::Map(told))
}
