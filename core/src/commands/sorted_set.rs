//! Sorted sets: members under one key, ordered by score.
use crate::command::Command;

#[rustfmt::skip]
pub(super) const COMMANDS: &[Command] = &[];
