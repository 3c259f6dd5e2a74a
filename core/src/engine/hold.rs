//! Commands on their way past gates, which hold them until a test lets them go on.
use super::World;
use super::session::SessionId;
use super::task::{Ask, Asked, Stage, Task};
use crate::double::gate::{At, GateId, Held, Passing, Which};

/// How far a command has come past the gates.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Passage {
    part: Part,
    /// Which of the calls it is for.
    nth: usize,
    /// The gate it came to last.
    gate: Option<GateId>,
}

/// What passes, and what comes behind the gates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// A request before anything was done about it.
    Request,
    /// EXEC before its commands are decided, for the sake of one of them.
    Transaction,
    /// A reply, before it is sent.
    Reply,
}

impl Part {
    fn at(self) -> At {
        if self == Part::Reply { At::After } else { At::Before }
    }
}

impl Passage {
    pub(super) fn of(part: Part) -> Passage {
        Passage { part, nth: 0, gate: None }
    }
}

impl World {
    /// Lets a task past the gates; nothing when one holds it, or the host is asked whether it does.
    pub(super) fn pass(&mut self, id: SessionId, mut task: Task, from: Passage) -> Option<Task> {
        if self.double.gates.is_empty() {
            return Some(task);
        }
        let mut passage = from;
        while let Some(about) = task.call_at(passage) {
            while let Some(gate) = self.double.gates.next(passage.part.at(), passage.gate) {
                passage.gate = Some(gate);
                let Some(call) = self.double.journal.find(about) else { break };
                match self.double.gates.look(gate, call) {
                    Passing::Passes => {}
                    Passing::IsHeld => match self.hold(id, task, passage) {
                        Some(free) => task = free,
                        None => return None,
                    },
                    Passing::Ask(question) => {
                        let what = Asked::Predicate(question);
                        self.asked.push(Ask { id, call: task.call, what });
                        task.stage = Stage::AtGate(passage);
                        self.park(id, task);
                        return None;
                    }
                }
            }
            passage = Passage { nth: passage.nth + 1, gate: None, ..passage };
        }
        Some(task)
    }

    /// Holds a task at the gate it has come to; the task, if that gate does not hold it after all.
    fn hold(&mut self, id: SessionId, mut task: Task, passage: Passage) -> Option<Task> {
        let about = task.call_at(passage).and_then(|seq| self.double.journal.find(seq));
        let (Some(gate), Some(call)) = (passage.gate, about) else { return Some(task) };
        let mut call = call.clone();
        if passage.part == Part::Reply && call.seq == task.call {
            call.reply.clone_from(&task.performance.reply);
        }
        if !self.double.gates.hold(gate, Held { session: id, task: task.call, call }) {
            return Some(task);
        }
        task.stage = Stage::Held(passage);
        self.park(id, task);
        None
    }

    /// The host has said whether a gate is for a command.
    pub(super) fn gate_answered(
        &mut self,
        id: SessionId,
        task: Task,
        passage: Passage,
        matches: bool,
        asks: &mut Vec<Ask>,
    ) {
        let task = if matches { self.hold(id, task, passage) } else { Some(task) };
        if let Some(task) = task.and_then(|task| self.pass(id, task, passage)) {
            self.go_past(id, task, passage.part, asks);
        }
    }

    fn go_past(&mut self, id: SessionId, task: Task, part: Part, asks: &mut Vec<Ask>) {
        match part {
            Part::Request => self.arrive(id, task, asks),
            Part::Transaction => self.go_on_preparing(id, task, None, asks),
            Part::Reply => self.send_off(id, task),
        }
    }

    /// Lets commands go on that a gate holds, in the order in which they came; how many.
    pub(crate) fn release(&mut self, gate: GateId, which: Which, asks: &mut Vec<Ask>) -> usize {
        let held = self.double.gates.take(gate, which);
        self.go_on_from_gate(&held, asks);
        held.len()
    }

    /// Takes a gate away; what it held goes on.
    pub(crate) fn remove_gate(&mut self, gate: GateId, asks: &mut Vec<Ask>) {
        let held = self.double.gates.remove(gate);
        self.go_on_from_gate(&held, asks);
    }

    fn go_on_from_gate(&mut self, held: &[Held], asks: &mut Vec<Ask>) {
        for held in held {
            let is_held =
                |task: &Task| task.call == held.task && matches!(task.stage, Stage::Held(_));
            let Some(mut task) = self.unpark(held.session, is_held) else { continue };
            let stage = std::mem::replace(&mut task.stage, Stage::Running);
            let Stage::Held(passage) = stage else { continue };
            if let Some(task) = self.pass(held.session, *task, passage) {
                self.go_past(held.session, task, passage.part, asks);
            }
            self.settle(asks);
        }
    }
}

impl Task {
    /// The call that is looked at.
    fn call_at(&self, passage: Passage) -> Option<u64> {
        match passage.part {
            Part::Request => Some(self.call).filter(|_| passage.nth == 0),
            Part::Transaction => self.within.get(passage.nth).copied(),
            Part::Reply if passage.nth == self.within.len() => Some(self.call),
            Part::Reply => self.within.get(passage.nth).copied(),
        }
    }
}
