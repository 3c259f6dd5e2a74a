//! CLIENT PAUSE, UNPAUSE and UNBLOCK: clients that wait.
use crate::command::Args;
use crate::engine::{Ctx, PauseScope, SessionId};
use crate::resp::{Error, Reply, Result};
use bytes::Bytes;

pub(super) fn pause(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    refuse_more_than(2, cx, args)?;
    let timeout = args.bytes()?;
    let scope = match only_one_more(args) {
        None => PauseScope::All,
        Some(word) if word.eq_ignore_ascii_case(b"write") => PauseScope::Writes,
        Some(word) if word.eq_ignore_ascii_case(b"all") => PauseScope::All,
        Some(_) => return Err(Error::PAUSE_MODE),
    };
    let timeout_ms =
        Args::new(std::slice::from_ref(timeout)).int_or(Error::TIMEOUT_NOT_AN_INTEGER)?;
    if timeout_ms < 0 {
        return Err(Error::TIMEOUT_NEGATIVE);
    }
    match cx.now_ms().checked_add(timeout_ms) {
        Some(_) => cx.node.hold(timeout_ms.saturating_mul(1000), scope),
        None if cx.at_least(7, 2) => return Err(Error::TIMEOUT_OUT_OF_RANGE),
        // The end of the pause overflows into the past.
        None => {}
    }
    Ok(Reply::OK)
}

pub(super) fn unpause(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Reply> {
    cx.node.resume();
    Ok(Reply::OK)
}

pub(super) fn unblock(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    refuse_more_than(2, cx, args)?;
    let id = args.bytes()?;
    let with_error = match only_one_more(args) {
        None => false,
        Some(word) if word.eq_ignore_ascii_case(b"timeout") => false,
        Some(word) if word.eq_ignore_ascii_case(b"error") => true,
        Some(_) => return Err(Error::UNBLOCK_REASON),
    };
    let id = Args::new(std::slice::from_ref(id)).int()?;
    let waits = SessionId::try_from(id)
        .is_ok_and(|id| cx.clients.unblock(id, with_error.then_some(Error::UNBLOCKED)));
    Ok(i64::from(waits).into())
}

/// Redis takes as many words as its usage line shows; Valkey overlooks what follows.
fn refuse_more_than(most: usize, cx: &Ctx<'_>, args: Args<'_>) -> Result<()> {
    if args.len() > most && !cx.node.persona.is_valkey() {
        Err(Error::subcommand_arity(cx.words))
    } else {
        Ok(())
    }
}

/// Valkey overlooks all that follows, too, if it is more than one word.
fn only_one_more(args: Args<'_>) -> Option<&Bytes> {
    args.peek().filter(|_| args.len() == 1)
}
