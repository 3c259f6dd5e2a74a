//! Streams: entries with ids under one key, and the consumer groups that read them.

mod adding;
mod claiming;
mod delivery;
mod groups;
mod idempotence;
mod ids;
mod info;
mod pending;
mod propagation;
mod ranging;
mod reading;
mod references;
mod reply;
mod room;
mod trimming;

pub(super) use adding::COMMANDS;
pub(super) use claiming::COMMANDS as CLAIMING;
pub(super) use groups::COMMANDS as GROUPS;
pub(super) use idempotence::COMMANDS as IDEMPOTENCE;
pub(super) use info::COMMANDS as INFO;
pub(super) use pending::COMMANDS as PENDING;
pub(super) use ranging::COMMANDS as RANGING;
pub(super) use reading::COMMANDS as READING;
pub(super) use references::COMMANDS as REFERENCES;

use crate::data::stream::Reckoning;
use crate::engine::Ctx;

/// How the persona reckons how far a group has come.
fn reckoning(cx: &Ctx<'_>) -> Reckoning {
    if cx.at_least(7, 4) {
        Reckoning::FromFirst
    } else if cx.node.persona.is_valkey_from(8, 0) {
        Reckoning::Careful
    } else {
        Reckoning::Old
    }
}
