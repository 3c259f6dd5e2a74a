//! Sets: members under one key, each once.
use crate::command::Command;

#[rustfmt::skip]
pub(super) const COMMANDS: &[Command] = &[];
