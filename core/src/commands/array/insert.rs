//! Arrays as logs and rings: elements go where the cursor is.
use super::{MOST_ANSWERED, edit, limit_of, number};
use crate::command::Args;
use crate::data::array::{Array, LAST_INDEX};
use crate::engine::Ctx;
use crate::number::parse_u64;
use crate::resp::{Error, Reply, Result};

/// All elements go in, or none.
pub(super) fn arinsert(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, values) = (args.bytes()?, args.all());
    let cursor = cx.db.look::<Array>(key)?.map_or(Some(0), Array::cursor);
    let last = cursor.and_then(|cursor| cursor.checked_add(values.len() as u64 - 1));
    let last = last.filter(|last| *last <= LAST_INDEX).ok_or(Error::ARRAY_CURSOR_OVERFLOW)?;
    let mut array = edit(cx, key)?;
    for value in values {
        array.insert(value.clone());
    }
    array.changed("arinsert");
    Ok(number(last))
}

pub(super) fn arring(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, size, values) = (args.bytes()?, args.bytes()?, args.all());
    let size = parse_u64(size).filter(|size| (1..=LAST_INDEX).contains(size));
    let size = size.ok_or(Error::RING_SIZE)?;
    let mut array = edit(cx, key)?;
    array.fit_ring(size);
    let mut last = 0;
    for value in values {
        last = array.insert_into_ring(size, value.clone());
    }
    array.changed("arring");
    Ok(number(last))
}

pub(super) fn arnext(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let array = cx.db.read::<Array>(args.bytes()?)?;
    Ok(array.map_or(Some(0), Array::cursor).map_or(Reply::Null, number))
}

/// The cursor may go behind the last index, where nothing can be inserted.
pub(super) fn arseek(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, index) = (args.bytes()?, args.bytes()?);
    let index = parse_u64(index).ok_or(Error::ARRAY_INDEX)?;
    let Some(mut array) = cx.db.edit::<Array>(key)? else { return Ok(Reply::Int(0)) };
    array.seek(index);
    array.changed("arseek");
    Ok(Reply::Int(1))
}

pub(super) fn arlastitems(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, count) = (args.bytes()?, limit_of(args.bytes()?)?);
    let latest_first = args.word("REV");
    args.end()?;
    let Some(array) = cx.db.read::<Array>(key)? else { return Ok(Reply::EMPTY_ARRAY) };
    if array.length().min(count as u64) > MOST_ANSWERED {
        return Err(Error::ARRAY_COUNT_TOO_LARGE);
    }
    let latest = array.latest_places().take(count);
    let mut items: Vec<Reply> = latest.map(|index| array.get(index).cloned().into()).collect();
    if !latest_first {
        items.reverse();
    }
    Ok(Reply::Array(items))
}
