//! Streams: ranges of entries.
use super::{ids, reply};
use crate::command::docs::{Note, Type};
use crate::command::{Args, Command, command};
use crate::data::stream::Stream;
use crate::engine::Ctx;
use crate::resp::{Error, Reply, Result};

#[rustfmt::skip]
pub(in crate::commands) const COMMANDS: &[Command] = &[
    command("XRANGE key start end [COUNT count]", xrange).reads().since("5.0.0").cost("O(N)").notes(ENDS)
        .says("Answers the entries of a stream between two ids."),
    command("XREVRANGE key end start [COUNT count]", xrevrange).reads().since("5.0.0").cost("O(N)").notes(ENDS)
        .says("Answers the entries of a stream between two ids, the last one first."),
];

const ENDS: &[(&str, Note)] = &[("start", Note::Is(Type::String)), ("end", Note::Is(Type::String))];

fn xrange(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    let range = ids::range(args.bytes()?, args.bytes()?)?;
    let count = count(&mut args)?;
    let Some(stream) = cx.db.read::<Stream>(key)? else { return Ok(Reply::EMPTY_ARRAY) };
    Ok(match count {
        Some(0) => Reply::NullArray,
        count => reply::entries(&stream.log, range, count.unwrap_or(0)),
    })
}

fn xrevrange(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, end) = (args.bytes()?, args.bytes()?);
    let range = ids::range(args.bytes()?, end)?;
    let count = count(&mut args)?;
    let Some(stream) = cx.db.read::<Stream>(key)? else { return Ok(Reply::EMPTY_ARRAY) };
    if count == Some(0) {
        return Ok(Reply::NullArray);
    }
    let entries = stream.log.range(*range.start(), *range.end()).rev();
    let count = reply::at_most(count.unwrap_or(0));
    Ok(Reply::Array(entries.take(count).map(reply::entry).collect()))
}

/// The last COUNT that is given.
fn count(args: &mut Args<'_>) -> Result<Option<usize>> {
    let mut count = None;
    while !args.is_empty() {
        if args.len() < 2 || !args.word("COUNT") {
            return Err(Error::SYNTAX);
        }
        count = Some(ids::count(args)?);
    }
    Ok(count)
}
