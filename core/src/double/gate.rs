//! Gates: commands that a test holds back, to act before they are carried out or before they are answered.
use super::journal::Call;
use super::matcher::{Look, Matcher, Question};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// Where a gate stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum At {
    /// The command has come and was not carried out; no rule has been asked yet.
    #[default]
    Before,
    /// The command was carried out, and its reply is held back.
    After,
}

impl FromStr for At {
    type Err = String;

    fn from_str(text: &str) -> Result<At, String> {
        match text {
            "before" => Ok(At::Before),
            "after" => Ok(At::After),
            _ => Err(format!("a gate is at 'before' or 'after', not '{text}'")),
        }
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == At::Before { "before" } else { "after" })
    }
}

/// The identity of a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GateId(u64);

/// Commands of a session that is held: the call its task is for, and the call that the gate is for. They are two when
/// EXEC is held for one of its commands.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) session: u64,
    pub(crate) task: u64,
    pub(crate) call: Call,
}

#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) matcher: Matcher,
    at: At,
    /// It holds no more than so many.
    pub(crate) limit: Option<u64>,
    /// How many it has held so far.
    count: u64,
    /// In the order in which they came.
    held: Vec<Held>,
}

/// All gates, in the order in which they were made.
#[derive(Debug, Default)]
pub(crate) struct Gates {
    all: BTreeMap<GateId, Gate>,
    born: u64,
}

/// What a gate says of a call.
pub(crate) enum Passing {
    Passes,
    IsHeld,
    /// Only the host can tell.
    Ask(Question),
}

/// Which of the held commands go on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Which {
    All,
    First(usize),
    Call(u64),
}

impl Gates {
    pub(crate) fn add(&mut self, matcher: Matcher, at: At) -> GateId {
        self.born += 1;
        let id = GateId(self.born);
        self.all.insert(id, Gate { matcher, at, limit: None, count: 0, held: Vec::new() });
        id
    }

    pub(crate) fn get(&self, id: GateId) -> Option<&Gate> {
        self.all.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: GateId) -> Option<&mut Gate> {
        self.all.get_mut(&id)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.all.clear();
    }

    /// The next gate of this kind behind another.
    pub(crate) fn next(&self, at: At, behind: Option<GateId>) -> Option<GateId> {
        let from = behind.map_or(GateId(0), |GateId(n)| GateId(n + 1));
        self.all.range(from..).find(|(_, gate)| gate.at == at).map(|(id, _)| *id)
    }

    /// What a gate says of a call, as far as it can tell without the host.
    pub(crate) fn look(&self, id: GateId, call: &Call) -> Passing {
        let Some(gate) = self.all.get(&id).filter(|gate| gate.has_room()) else {
            return Passing::Passes;
        };
        match gate.matcher.look(call) {
            Look::No => Passing::Passes,
            Look::Yes => Passing::IsHeld,
            Look::Ask(question) => Passing::Ask(question),
        }
    }

    /// A gate holds this. False when it does not, as it is gone or has held all it wanted.
    pub(crate) fn hold(&mut self, id: GateId, held: Held) -> bool {
        let Some(gate) = self.all.get_mut(&id).filter(|gate| gate.has_room()) else { return false };
        gate.count += 1;
        gate.held.push(held);
        true
    }

    /// Takes out what goes on, in the order in which it came.
    pub(crate) fn take(&mut self, id: GateId, which: Which) -> Vec<Held> {
        let Some(gate) = self.all.get_mut(&id) else { return Vec::new() };
        match which {
            Which::All => std::mem::take(&mut gate.held),
            Which::First(n) => gate.held.drain(..n.min(gate.held.len())).collect(),
            Which::Call(seq) => gate.held.extract_if(.., |held| held.call.seq == seq).collect(),
        }
    }

    /// Takes a gate away; what it held.
    pub(crate) fn remove(&mut self, id: GateId) -> Vec<Held> {
        self.all.remove(&id).map(|gate| gate.held).unwrap_or_default()
    }

    /// A client has left: what was held of it is not any more.
    pub(crate) fn forget(&mut self, session: u64) {
        for gate in self.all.values_mut() {
            gate.held.retain(|held| held.session != session);
        }
    }
}

impl Gate {
    pub(crate) fn held(&self) -> impl Iterator<Item = &Call> {
        self.held.iter().map(|held| &held.call)
    }

    /// The gate as messages name it.
    pub(crate) fn title(&self) -> String {
        format!("hold {} at={}", self.matcher, self.at)
    }

    fn has_room(&self) -> bool {
        self.limit.is_none_or(|limit| self.count < limit)
    }
}
