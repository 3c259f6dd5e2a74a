//! A controllable Redis that lives inside a test.
#![forbid(unsafe_code)]

mod clock;
mod command;
mod commands;
mod config;
mod data;
mod dice;
mod double;
mod engine;
mod glob;
mod net;
mod number;
mod persona;
mod resp;
mod store;

pub use clock::Clock;
pub use double::{
    Action, Answer, Call, CallPredicate, Callback, CallbackError, Chunk, Failure, FailureKind,
    Handled, Matcher, Mishap, Mode, Pattern, Predicate, RuleId, Then, Times, Via,
};
pub use persona::{Flavour, Persona, Version};
pub use resp::{Error as ErrorReply, Reply};
