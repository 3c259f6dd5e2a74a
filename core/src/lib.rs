//! A controllable Redis that lives inside a test.
#![forbid(unsafe_code)]

pub mod blocking;
mod clock;
mod command;
mod commands;
mod config;
mod data;
mod dice;
mod double;
mod engine;
mod error;
mod glob;
#[doc(hidden)]
pub mod host;
mod net;
mod number;
mod persona;
mod rdb;
mod resp;
mod server;
mod store;
mod transcript;

pub use clock::Clock;
pub use double::{
    Action, Answer, At, Call, CallPredicate, Callback, CallbackError, Chunk, Client, ClientInfo,
    Condition, Failure, FailureKind, Handled, JsonHolds, JsonPattern, Matcher, Mishap, Mode,
    Number, OptionPattern, Pattern, Predicate, RuleId, Scenario, Then, Times, Via,
};
pub use error::{Error, ErrorKind};
#[doc(hidden)]
pub use net::{block_on, spawn};
pub use persona::{Flavour, Persona, Version};
pub use resp::{Error as ErrorReply, Protocol, Reply};
pub use server::{Builder, FauxRedis, Gate, InState, PaceGuard, Rule, ScenarioState, State};
