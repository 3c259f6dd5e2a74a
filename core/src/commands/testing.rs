//! A command for our own tests alone: it fails as no real one should.
use crate::command::{Args, Command, command};
use crate::engine::Ctx;
use crate::resp::{Reply, Result};

pub(super) const COMMANDS: &[Command] =
    &[command("TESTING.PANIC key", panics).grows().says("Changes a key and then panics.")];

fn panics(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    cx.db.changed(key, "set");
    panic!("as the test wants it");
}
