//! A controllable Redis that lives inside a test.
#![forbid(unsafe_code)]
#[cfg_attr(not(test), expect(dead_code, reason = "the table that reads it is on its way"))]
mod command;
pub mod data;
pub mod glob;
pub mod number;
pub mod resp;
