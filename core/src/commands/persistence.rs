//! Saving everything to a file.
use crate::command::{Args, Command, Handler, command, flag};
use crate::engine::{Attempt, Ctx, Errand, Purpose};
use crate::resp::{Error, Reply, Result};

const ADMIN: u32 = flag::ADMIN | flag::NO_SCRIPT | flag::NO_ASYNC_LOADING;

#[rustfmt::skip]
pub(super) const COMMANDS: &[Command] = &[
    command("BGREWRITEAOF", bgrewriteaof).with(ADMIN)
        .says("Begins the append only file anew in the background."),
    Command::new("BGSAVE [SCHEDULE]", Handler::Try(bgsave)).with(ADMIN)
        .notes(&[("SCHEDULE", crate::command::docs::Note::Since("3.2.2"))])
        .says("Saves all databases to a file in the background."),
    command("LASTSAVE", lastsave).with(flag::DANGEROUS).acl("admin").always().fast()
        .tips(&["nondeterministic_output"])
        .says("Answers when all databases were last saved."),
    Command::new("SAVE", Handler::Try(save)).with(ADMIN | flag::NO_MULTI).cost("O(N)")
        .says("Saves all databases to a file."),
];

/// It is done at once.
fn bgrewriteaof(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Reply> {
    cx.node.rewrite_aof(cx.db.store);
    Ok(Reply::status(if cx.attempt == Attempt::Last {
        "Background append only file rewriting scheduled"
    } else {
        "Background append only file rewriting started"
    }))
}

fn save(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Option<Reply>> {
    if cx.node.persistence.is_saving {
        return Err(Error::BGSAVE_UNDER_WAY);
    }
    let is_away = save_all(cx)?;
    Ok((!is_away).then_some(Reply::OK))
}

/// A snapshot is taken at once, whatever becomes of it.
fn bgsave(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Option<Reply>> {
    if !args.is_empty() && !args.word("SCHEDULE") {
        return Err(Error::SYNTAX);
    }
    args.end()?;
    if cx.node.persistence.is_saving {
        return Err(Error::BGSAVE_UNDER_WAY);
    }
    cx.node.persistence.is_saving = save_all(cx)?;
    cx.node.persistence.has_saved_aside = true;
    let in_transaction = cx.attempt == Attempt::Last;
    let said =
        if in_transaction { "Background saving scheduled" } else { "Background saving started" };
    Ok(Some(Reply::status(said)))
}

/// Saves everything; whether a file is still to be written.
fn save_all(cx: &mut Ctx<'_>) -> Result<bool> {
    let bytes = cx.node.snapshot(cx.db.store);
    let changes = cx.db.store.counts.dirty;
    cx.node.persistence.saves += 1;
    if let Some(path) = cx.node.save_path() {
        cx.send(Errand::Write { path, bytes }, Purpose::Save { changes });
        return Ok(true);
    }
    cx.node.persistence.snapshot = Some(bytes);
    cx.db.store.counts.dirty = 0;
    cx.node.note_save(true)?;
    Ok(false)
}

fn lastsave(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Reply> {
    Ok(Reply::Int(cx.node.saved_at_s()))
}
