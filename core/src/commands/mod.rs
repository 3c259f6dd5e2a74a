//! The families. A new command is a row and a function in one of these files.
use crate::command::Family;

mod lifetime;
mod string;

/// Every command, family by family, in the order in which COMMAND lists them.
pub(crate) const FAMILIES: &[Family] =
    &[Family { group: "string", commands: string::COMMANDS }];
