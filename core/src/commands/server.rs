//! Commands about the server: its settings, statistics and time.
use crate::command::Command;

#[rustfmt::skip]
pub(super) const COMMANDS: &[Command] = &[];
