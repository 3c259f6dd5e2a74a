//! Commands about clients: who is connected, and what they may do.
use crate::command::Command;

#[rustfmt::skip]
pub(super) const COMMANDS: &[Command] = &[];
