//! Conditions a test puts its server in, which a real one gets into by itself.
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

/// A condition in which a server refuses commands, or connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Condition {
    /// It loads its data: `LOADING`.
    Loading,
    /// It is a replica, and takes no writes: `READONLY`.
    ReadOnly,
    /// Its memory has run out: `OOM`.
    Oom,
    /// It could not save its data to disk: `MISCONF`.
    Misconf,
    /// A script runs that does not end: `BUSY`.
    Busy,
    /// It is a replica that has lost its master: `MASTERDOWN`.
    MasterDown,
    /// Too few replicas would get what is written: `NOREPLICAS`.
    NoReplicas,
    /// Its cluster is down: `CLUSTERDOWN`.
    ClusterDown,
    /// It has as many clients as it takes: another is told so, and turned away.
    MaxClients,
    /// It wants a password that no client has said: `NOAUTH`.
    NoAuth,
    /// It is in protected mode, and takes clients as coming from elsewhere: `DENIED`, and the connection is closed.
    Protected,
}

/// The conditions and their names.
const NAMES: [(Condition, &str); 11] = [
    (Condition::Loading, "loading"),
    (Condition::ReadOnly, "readonly"),
    (Condition::Oom, "oom"),
    (Condition::Misconf, "misconf"),
    (Condition::Busy, "busy"),
    (Condition::MasterDown, "masterdown"),
    (Condition::NoReplicas, "noreplicas"),
    (Condition::ClusterDown, "clusterdown"),
    (Condition::MaxClients, "maxclients"),
    (Condition::NoAuth, "noauth"),
    (Condition::Protected, "protected"),
];

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(condition, _)| condition == self);
        f.write_str(name.expect("every condition has its name").1)
    }
}

impl FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Condition, String> {
        let found = NAMES.iter().find(|(_, name)| *name == text);
        found.map(|(condition, _)| *condition).ok_or_else(|| {
            let names: Vec<_> = NAMES.iter().map(|(_, name)| *name).collect();
            format!("a condition is one of {}, not '{text}'", names.join(", "))
        })
    }
}

/// The identity of a condition that was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ConditionId(u64);

/// The conditions a server is in. One may be set several times, and is in force until each was ended.
#[derive(Debug, Default)]
pub(crate) struct Conditions {
    set: Vec<Set>,
    /// A bit each.
    in_force: u16,
}

#[derive(Debug)]
struct Set {
    id: ConditionId,
    condition: Condition,
    name: Option<String>,
}

impl Conditions {
    /// Whether this one is in force.
    pub(crate) fn has(&self, condition: Condition) -> bool {
        self.in_force & (1 << condition as u16) != 0
    }

    pub(crate) fn set(&mut self, condition: Condition) -> ConditionId {
        // No server's reset lets an identity come back, so an old handle ends nothing of another's.
        static BORN: AtomicU64 = AtomicU64::new(0);
        let id = ConditionId(BORN.fetch_add(1, Ordering::Relaxed));
        self.set.push(Set { id, condition, name: None });
        self.note();
        id
    }

    pub(crate) fn name(&mut self, id: ConditionId, name: String) {
        if let Some(set) = self.set.iter_mut().find(|set| set.id == id) {
            set.name = Some(name);
        }
    }

    /// Ends a condition. False if it has ended before.
    pub(crate) fn end(&mut self, id: ConditionId) -> bool {
        let before = self.set.len();
        self.set.retain(|set| set.id != id);
        self.note();
        self.set.len() < before
    }

    /// What is in force, in the order in which it was set: `readonly`, or `readonly 'failover'`.
    pub(crate) fn titles(&self) -> Vec<String> {
        let named = |set: &Set| set.name.as_ref().map(|name| format!(" '{name}'"));
        let title = |set: &Set| format!("{}{}", set.condition, named(set).unwrap_or_default());
        self.set.iter().map(title).collect()
    }

    pub(crate) fn title(&self, id: ConditionId) -> Option<String> {
        let at = self.set.iter().position(|set| set.id == id)?;
        self.titles().into_iter().nth(at)
    }

    fn note(&mut self) {
        self.in_force = self.set.iter().fold(0, |bits, set| bits | (1 << set.condition as u16));
    }
}
