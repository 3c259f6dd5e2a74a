//! The machinery of the command table: rows, usage lines, arguments.

mod args;
pub(crate) mod docs;
#[cfg(test)]
mod documented;
mod facts;
mod key_specs;
pub(crate) mod keys;
mod known;
pub(crate) mod named;
mod names;
pub(crate) mod options;
mod row;
mod slot;
mod table;
#[cfg(test)]
mod tests;
pub(crate) mod usage;

pub(crate) use args::Args;
pub(crate) use facts::{category_names, flag_names};
pub(crate) use keys::KeyAccess;
pub(crate) use known::{is_container, is_known, name_of, subcommand_of};
pub(crate) use row::{
    Command, Handler, Run, command, container, flag, subcommand, waiting, waiting_subcommand,
};
pub(crate) use slot::slot;
pub(crate) use table::{Entry, Family, Table};
