//! The machinery of the command table: rows, usage lines, arguments.

mod args;
mod table;

pub(crate) use args::Args;
pub(crate) use table::{Command, Entry, Family, Handler, Table, command, container, flag, waiting};
