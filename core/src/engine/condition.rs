//! What a server refuses in which condition: each gate of this room asks about one, for the commands whose flags say so.
use super::node::Node;
use super::session::Session;
use crate::command::{Entry, flag};
use crate::double::Condition;
use crate::persona::Persona;
use crate::resp::{Error, Result};
use bytes::Bytes;

/// A request that asks to be admitted.
#[derive(Clone, Copy)]
pub(super) struct Applicant<'a> {
    pub(super) session: &'a Session,
    pub(super) entry: &'a Entry,
    pub(super) words: &'a [Bytes],
    pub(super) persona: Persona,
}

impl Applicant<'_> {
    /// Whether this is so of the command, or, if it is EXEC, of one of those that it would carry out.
    fn any(&self, is_so: impl Fn(&Entry) -> bool) -> bool {
        let queued = self.session.transaction.iter().flat_map(|transaction| &transaction.queued);
        is_so(self.entry)
            || (self.entry.name == "exec" && queued.into_iter().any(|queued| is_so(queued.entry)))
    }

    /// Whether it writes.
    pub(super) fn writes(&self) -> bool {
        self.any(|entry| entry.has_flag(flag::WRITE, self.persona))
    }

    /// Whether it, or one of its commands, has not got this flag.
    fn lacks(&self, flag: u32) -> bool {
        self.any(|entry| !entry.has_flag(flag, self.persona))
    }

    /// Whether it names keys of the cluster.
    fn has_keys(&self) -> bool {
        let queued = self.session.transaction.iter().flat_map(|transaction| &transaction.queued);
        let has_keys = |entry: &Entry, words: &[Bytes]| names_keys(entry, words, self.persona);
        has_keys(self.entry, self.words)
            || (self.entry.name == "exec"
                && queued.into_iter().any(|queued| has_keys(queued.entry, &queued.words)))
    }
}

/// Whether a cluster that is down refuses a request for the keys it names. Channels of shards are none, though Redis 8 takes
/// SUNSUBSCRIBE's for keys, and Valkey does not look at those of MSETEX.
fn names_keys(entry: &Entry, words: &[Bytes], persona: Persona) -> bool {
    match entry.name.as_str() {
        "sunsubscribe" => !persona.is_valkey() && persona.at_least(8, 0),
        "msetex" => !persona.is_valkey(),
        // What it names first is a key, whether or not others follow.
        "pfmerge" => true,
        _ => entry.group != "pubsub" && !entry.key_positions(words).is_empty(),
    }
}

impl Node {
    /// Whether a condition is in force.
    pub(crate) fn is_in(&self, condition: Condition) -> bool {
        self.conditions.has(condition)
    }

    /// Whether memory is said to have run out. A server that loads, or is busy, does not look.
    pub(super) fn is_short_of_memory(&self) -> bool {
        let looks = !self.is_in(Condition::Loading) && !self.is_in(Condition::Busy);
        looks && self.is_in(Condition::Oom)
    }

    /// Keys belong to slots, and a cluster that is down serves none.
    pub(super) fn slot_is_served(&self, request: Applicant<'_>) -> Result<()> {
        let refused = self.is_in(Condition::ClusterDown) && request.has_keys();
        if refused { Err(Error::CLUSTER_DOWN) } else { Ok(()) }
    }

    /// Data that cannot be saved, or cannot be replicated, is not written.
    pub(super) fn write_is_safe(&self, request: Applicant<'_>) -> Result<()> {
        if self.is_in(Condition::Misconf) && (request.writes() || request.entry.name == "ping") {
            return Err(self.cannot_persist());
        }
        if self.is_in(Condition::NoReplicas) && request.writes() {
            return Err(Error::NO_REPLICAS);
        }
        let refused = self.is_in(Condition::ReadOnly) && request.writes();
        if refused { Err(Error::READ_ONLY) } else { Ok(()) }
    }

    /// Data that is not as it should be is not told, and a server that is busy hears of nothing but how to end that.
    pub(super) fn is_available(&self, request: Applicant<'_>) -> Result<()> {
        if self.is_in(Condition::MasterDown) && request.lacks(flag::STALE) {
            return Err(Error::MASTER_DOWN);
        }
        let valkey = self.persona.is_valkey();
        if self.is_in(Condition::Loading) && request.lacks(flag::LOADING) {
            return Err(if valkey { Error::LOADING_VALKEY } else { Error::LOADING });
        }
        let may_interrupt = request.entry.has_flag(flag::ALLOW_BUSY, self.persona);
        if self.is_in(Condition::Busy) && !may_interrupt {
            return Err(if valkey { Error::BUSY_VALKEY } else { Error::BUSY });
        }
        Ok(())
    }

    /// Why a client that connects is turned away, if it is.
    pub(super) fn turns_away(&self, clients: usize) -> Option<Error> {
        if self.is_in(Condition::MaxClients) || clients > self.config.size("maxclients") {
            return Some(Error::MAX_CLIENTS);
        }
        self.is_in(Condition::Protected).then(|| match (self.persona.is_valkey(), self.persona) {
            (true, _) => Error::DENIED_VALKEY,
            (false, persona) if persona.at_least(7, 2) => Error::DENIED,
            _ => Error::DENIED_7_0,
        })
    }
}
