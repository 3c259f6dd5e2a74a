//! The machinery of the command table: what follows from a command's usage line.

pub(crate) mod docs;
mod key_specs;
pub(crate) mod keys;
pub(crate) mod named;
mod names;
#[cfg(test)]
mod tests;
pub(crate) mod usage;
