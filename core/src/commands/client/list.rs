//! CLIENT LIST and CLIENT INFO: connections described, one a line.
use super::filter::{Filter, Kind, is_id};
use super::line::line;
use crate::command::Args;
use crate::engine::{Ctx, Session};
use crate::number::parse_i64;
use crate::resp::{Error, Reply, Result};

pub(super) fn info(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Reply> {
    let id = cx.id;
    Ok(lines(cx, cx.clients.get(id)))
}

/// Redis lists everybody, those of one type, or those with these ids, in their order.
pub(super) fn list(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    if args.is_empty() {
        return Ok(lines(cx, living(cx)));
    }
    if args.len() == 2 && args.word("TYPE") {
        let kind = Kind::read(cx, args.bytes()?)?;
        return Ok(lines(cx, living(cx).filter(|session| Kind::of(session) == kind)));
    }
    if args.len() < 2 || !args.word("ID") {
        return Err(Error::SYNTAX);
    }
    let ids = args.all().iter().map(|word| parse_i64(word).ok_or(Error::INVALID_CLIENT_ID));
    let ids = ids.collect::<Result<Vec<_>>>()?;
    let named = ids.iter().filter_map(|id| living(cx).find(|session| is_id(*id, session.id)));
    Ok(lines(cx, named))
}

/// Valkey lists those for whom all filters hold.
pub(super) fn list_filtered(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Reply> {
    let filter = Filter::read(cx, args, false)?;
    Ok(lines(cx, living(cx).filter(|session| filter.holds(cx, session))))
}

fn living<'a>(cx: &'a Ctx<'_>) -> impl Iterator<Item = &'a Session> {
    cx.clients.iter().filter(|session| !cx.clients.is_killed(session.id))
}

fn lines<'a>(cx: &Ctx<'_>, sessions: impl IntoIterator<Item = &'a Session>) -> Reply {
    let mut text = Vec::new();
    for session in sessions {
        text.extend(line(session, cx.node.persona, cx.now()));
        text.push(b'\n');
    }
    Reply::Verbatim("txt", text.into())
}
