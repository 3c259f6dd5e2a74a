//! When keys expire.
use crate::command::Command;

#[rustfmt::skip]
pub(super) const COMMANDS: &[Command] = &[];
