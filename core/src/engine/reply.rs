//! The end of a request: its reply goes out, whole or spoiled.
use super::World;
use super::hold::{Part, Passage};
use super::perform::{End, Performance};
use super::session::{ReplyMode, SessionId};
use super::task::Task;
use crate::command::Entry;
use crate::double::script::Emission;
use crate::resp::Reply;

impl World {
    /// The request is done: its reply goes out, unless a gate holds it back.
    pub(super) fn finish(&mut self, id: SessionId, task: Task) {
        if self.double.gates.is_empty() {
            self.send_off(id, task);
        } else if let Some(task) = self.pass(id, task, Passage::of(Part::Reply)) {
            self.send_off(id, task);
        }
    }

    /// A reply goes out.
    pub(super) fn send_off(&mut self, id: SessionId, task: Task) {
        let mut performance = task.performance;
        let reply = performance.take_reply(None);
        let Performance { faults, end, reorders, played, .. } = performance;
        let newer = self.node.persona.at_least(7, 2);
        let lends = self.clients.lends && task.entry.as_ref().is_ok_and(|entry| lends(entry));
        let session = self.clients.current(id);
        if session.is_cut_off_by(&task.entry, &reply) {
            self.double.journal.answered(task.call, reply, self.node.now);
            return self.cut_off(id);
        }
        session.request_bytes = 0;
        session.words_bytes = 0;
        let overheard = std::mem::take(&mut session.overheard);
        let (before, after) = if newer { (vec![], overheard) } else { (overheard, vec![]) };
        before.iter().for_each(|message| session.send(message));
        let mode = session.replies;
        if mode != ReplyMode::On {
            reply.pushes().into_iter().for_each(|message| session.send(message));
        }
        let mut cut = false;
        if mode == ReplyMode::On {
            if faults.is_empty() && !reorders && !session.faults.holds() {
                session.send(&reply);
                if lends {
                    session.lend(&reply);
                }
            } else {
                cut = session.send_spoiled(&reply, &faults, reorders);
            }
        } else {
            // What ends the connection does so though nothing is said.
            cut = !faults.is_empty() && session.send_spoiled(&Reply::Nothing, &faults, false);
            if mode == ReplyMode::Skip {
                session.replies = ReplyMode::On;
            }
        }
        after.iter().for_each(|message| session.send(message));
        let (quits, queues) = (session.closes, session.transaction.is_some());
        if quits || end.is_some() {
            session.send_held();
        }
        match end {
            Some(End::Reset) => session.play(vec![Emission::Reset]),
            Some(End::Hang) => session.faults.hangs = true,
            Some(End::Close) | None => {}
        }
        let ends = cut || matches!(end, Some(End::Close | End::Reset));
        self.clients.touch(id);
        self.double.journal.answered(task.call, reply, self.node.now);
        self.double.journal.spoilt(task.call, played);
        self.double.journal.went_through(task.call, self.told_of_links(id));
        if !queues {
            self.double.journal.settled(id);
        }
        if ends || (quits && mode == ReplyMode::On) {
            self.end(id);
        } else if quits {
            self.end_after_reply(id);
        } else if !self.links.is_empty() {
            self.relink(id);
        }
    }
}

/// Whether a command answers strings as they are stored or were sent, without a copy.
fn lends(entry: &Entry) -> bool {
    const LENDING: [&str; 11] =
        ["echo", "exec", "get", "getdel", "getex", "getset", "lpop", "mget", "ping", "rpop", "set"];
    LENDING.contains(&entry.name.as_str())
}
