//! A controllable Redis that lives inside a test.
#![forbid(unsafe_code)]

/// The examples of the page on the planes, which run as this crate's own do.
#[cfg(doctest)]
#[doc = include_str!("../../docs/planes.md")]
mod planes {}

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
mod value;

pub use clock::Clock;
pub use double::{
    Action, Answer, At, Call, CallPredicate, Callback, CallbackError, Chunk, Client, ClientInfo,
    Condition, Delay, Direction, Ending, Failure, FailureKind, Finding, Format, Handled, JsonHolds,
    JsonPattern, LimitThen, Lint, Matcher, Mishap, Mode, Number, OptionPattern, Outcome, Pattern,
    Predicate, RuleId, Run, Scenario, Smell, Spelling, Strict, Swept, Template, Then, Times, Via,
};
pub use error::{Error, ErrorKind};
pub use net::DownMode;
#[doc(hidden)]
pub use net::{block_on, spawn};
pub use persona::{Flavour, Persona, Version};
pub use resp::{Error as ErrorReply, Protocol, Reply};
pub use server::{
    Builder, Data, Down, FauxRedis, Gate, InState, Keep, Link, MaxClients, PaceGuard, Pause, Rule,
    ScenarioState, Snapshot, State, Survival, Sweep, Unchanged, sweep,
};
pub use value::{
    DataFormat, Diff, Group, KeyChange, Pending, Plain, Seed, Stream, StreamEntry, Value,
};
