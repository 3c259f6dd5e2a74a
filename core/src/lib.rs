//! A controllable Redis that lives inside a test.
#![forbid(unsafe_code)]
pub mod data;
pub mod glob;
pub mod number;
pub mod resp;
