//! Commands about the connection itself.
use crate::command::{Args, Command, command};
use crate::engine::Ctx;
use crate::resp::{Error, Protocol, Reply, Result};

#[rustfmt::skip]
pub(super) const COMMANDS: &[Command] = &[
    command("PING [message]", ping).fast().cost("O(1)")
        .tips(&["request_policy:all_shards", "response_policy:all_succeeded"])
        .says("Answers PONG, or the message it was given."),
    command("SELECT index", select).always().fast()
        .says("Switches the connection to another database."),
];

/// Over RESP2 a subscriber is answered as if by a message, for it cannot tell otherwise.
fn ping(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    if args.len() > 1 {
        return Err(Error::arity(&cx.entry.name));
    }
    let message = args.bytes().ok().cloned();
    let session = cx.session();
    if session.encoding.protocol == Protocol::Resp2 && session.is_subscriber() {
        let message = message.unwrap_or_default();
        return Ok(Reply::Array(vec!["pong".into(), message.into()]));
    }
    Ok(message.map_or(Reply::status("PONG"), Reply::Bulk))
}

fn select(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let index = args.int_or(Error::INVALID_DB)?;
    let index = usize::try_from(index).map_err(|_| Error::DB_OUT_OF_RANGE)?;
    if index >= cx.db.store.databases() {
        return Err(Error::DB_OUT_OF_RANGE);
    }
    cx.session().db = index;
    Ok(Reply::OK)
}
