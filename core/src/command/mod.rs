//! The machinery of the command table: what follows from a command's usage line.

pub(crate) mod keys;
mod names;
#[cfg(test)]
mod tests;
pub(crate) mod usage;
