//! Faults: what spoils a reply, one a file, each a pure function from script to script.

pub(crate) mod delay;
mod duplicate;
mod garbage;
mod partial;
mod truncate;
mod wrong_type;

pub(crate) use garbage::garbage;
pub(crate) use wrong_type::wrong_type;

use super::script::Emission;
use std::time::Duration;

/// A rewriting of what one reply sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The reply comes in pieces of these lengths, the rest last, with a pause between them.
    Partial { lengths: Vec<usize>, gap: Duration },
    /// The reply comes twice.
    Duplicate,
    /// So many bytes of the reply come, and then the end of the connection.
    Truncate(usize),
}

impl Fault {
    /// Rewrites a script. Faults stack: each spoils what the one before it left.
    pub(crate) fn spoil(&self, script: Vec<Emission>) -> Vec<Emission> {
        match self {
            Fault::Partial { lengths, gap } => partial::partial(script, lengths, *gap),
            Fault::Duplicate => duplicate::duplicate(script),
            Fault::Truncate(length) => truncate::truncate(script, *length),
        }
    }
}
