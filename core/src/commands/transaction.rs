//! Transactions: several commands carried out as one.
use crate::command::{Args, Command, Handler, command, flag};
use crate::engine::{Ctx, Transaction, Watched};
use crate::resp::{Error, Reply, Result};

const AT_ONCE: u32 = flag::NO_SCRIPT | flag::LOADING | flag::STALE | flag::NOT_QUEUED;

#[rustfmt::skip]
pub(super) const COMMANDS: &[Command] = &[
    command("DISCARD", discard).with(AT_ONCE | flag::ALLOW_BUSY).fast().since("2.0.0").cost("O(N)")
        .says("Ends a transaction without carrying out what was queued."),
    Command::new("EXEC", Handler::Exec).with(AT_ONCE | flag::SKIP_SLOWLOG).since("1.2.0")
        .cost("Depends on commands in the transaction")
        .says("Carries out the queued commands as one."),
    command("MULTI", multi).with(AT_ONCE | flag::ALLOW_BUSY).valkey_with(flag::NO_MULTI).fast().since("1.2.0")
        .says("Begins a transaction: the commands that follow are queued."),
    command("UNWATCH", unwatch).with(flag::NO_SCRIPT | flag::ALLOW_BUSY).always().fast().since("2.2.0")
        .says("Watches no key any more."),
    command("WATCH key [key ...]", watch).with(AT_ONCE | flag::ALLOW_BUSY).valkey_with(flag::NO_MULTI).fast().since("2.2.0").cost("O(1) for every key.")
        .says("Watches keys: the next EXEC answers null if one of them has changed."),
];

fn discard(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Reply> {
    if cx.session().transaction.take().is_none() {
        return Err(Error::DISCARD_WITHOUT_MULTI);
    }
    cx.clients.unwatch(cx.id);
    Ok(Reply::OK)
}

fn multi(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Reply> {
    let session = cx.session();
    if session.transaction.is_some() {
        return Err(Error::NESTED_MULTI);
    }
    session.transaction = Some(Transaction::default());
    Ok(Reply::OK)
}

fn unwatch(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Reply> {
    cx.clients.unwatch(cx.id);
    Ok(Reply::OK)
}

fn watch(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    if cx.session().transaction.is_some() {
        return Err(Error::WATCH_IN_MULTI);
    }
    for key in args.all() {
        let was_expired = cx.db.has_expired(key);
        let watched = Watched { db: cx.db.index, key: key.clone(), was_expired };
        cx.clients.watch(cx.id, watched);
    }
    Ok(Reply::OK)
}
