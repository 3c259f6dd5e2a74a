//! An answer being carried out, from left to right, and what becomes of its reply.
use super::World;
use super::session::{Session, SessionId};
use crate::dice::Dice;
use crate::double::CallbackError;
use crate::double::answer::{Action, Answered, Callback, Chunk};
use crate::double::fault::{Fault, delay::Delay, wrong_type};
use crate::double::script::{Emission, ends};
use crate::resp::{Error, Reply, encode};
use bytes::BytesMut;
use std::collections::VecDeque;
use std::time::Duration;

/// An answer being carried out.
#[derive(Debug, Default)]
pub(crate) struct Performance {
    steps: VecDeque<Action>,
    pub(super) reply: Option<Reply>,
    pub(super) faults: Vec<Fault>,
    pub(super) end: Option<End>,
    /// What was done besides answering, for the journal.
    pub(super) played: Vec<String>,
    /// The reply comes after the next one.
    pub(super) reorders: bool,
    /// The reply comes as another type.
    twists: bool,
    made: Made,
}

/// What is known of the reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Made {
    /// It is there, or is not made yet.
    #[default]
    Known,
    /// It was made and lost.
    Lost,
    /// It is what the store answers, which is known only later.
    Stored,
}

/// How an answer ends its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Close,
    Reset,
    /// It stays open, and says nothing any more.
    Hang,
}

/// What an answer needs next.
pub(super) enum Step {
    Execute,
    Call(Callback),
    Delay(Duration),
    Done,
}

impl Performance {
    pub(super) fn of(steps: Vec<Action>) -> Performance {
        Performance { steps: steps.into(), ..Performance::default() }
    }

    /// The reply is known and nothing is done to it.
    pub(super) fn plain(reply: Reply) -> Performance {
        Performance { reply: Some(reply), ..Performance::default() }
    }

    /// Puts these steps before those that are left.
    fn insert(&mut self, steps: Vec<Action>) {
        for step in steps.into_iter().rev() {
            self.steps.push_front(step);
        }
    }

    pub(super) fn next(&mut self) -> Step {
        while let Some(action) = self.steps.pop_front() {
            self.played.extend(action.fault());
            match action {
                Action::Execute => return Step::Execute,
                Action::Call(callback) => return Step::Call(callback),
                Action::Delay(Delay::Fixed(time)) => return Step::Delay(time),
                Action::Reply(reply) => self.replies(reply),
                Action::WrongType => self.twists = true,
                Action::DropReply | Action::NoReply => self.lose(),
                Action::Partial { chunks, gap } => self.partial(chunks, gap),
                Action::Duplicate => self.faults.push(Fault::Duplicate),
                Action::Reorder => self.reorders = true,
                Action::Truncate(length) => self.faults.push(Fault::Truncate(length)),
                Action::Close => return self.ends(End::Close),
                Action::Reset => return self.ends(End::Reset),
                Action::Hang => return self.ends(End::Hang),
                Action::Delay(_) | Action::Garbage(_) | Action::Template(_) => {
                    unreachable!("chance and templates are settled when the call is decided")
                }
            }
        }
        // An answer that says nothing of the reply leaves it to the store.
        if self.reply.is_none() && self.end.is_none() { Step::Execute } else { Step::Done }
    }

    /// The reply is this, whatever it was before.
    fn replies(&mut self, reply: Reply) {
        self.reply = Some(reply);
        (self.twists, self.made) = (false, Made::Known);
    }

    /// The store has answered.
    pub(super) fn executed(&mut self, reply: Reply) {
        self.reply = Some(reply);
        self.made = Made::Known;
    }

    /// The store's reply stands here once the store is asked.
    pub(super) fn awaits_store(&mut self) {
        self.executed(Reply::Nothing);
        self.made = Made::Stored;
    }

    fn lose(&mut self) {
        self.replies(Reply::Nothing);
        self.made = Made::Lost;
    }

    fn ends(&mut self, end: End) -> Step {
        self.steps.clear();
        self.end = Some(end);
        Step::Done
    }

    fn partial(&mut self, chunks: Vec<Chunk>, gap: Duration) {
        let mut own = BytesMut::new();
        let mut lengths = Vec::with_capacity(chunks.len());
        for chunk in chunks {
            lengths.push(match &chunk {
                Chunk::Bytes(bytes) => bytes.len(),
                Chunk::Length(length) => *length,
            });
            if let Chunk::Bytes(bytes) = chunk {
                own.extend_from_slice(&bytes);
            }
        }
        if !own.is_empty() {
            self.replies(Reply::Raw(own.freeze()));
        }
        self.faults.push(Fault::Partial { lengths, gap });
    }

    /// Whether its client hears nothing of the reply, or nothing at all any more.
    pub(super) fn is_lost(&self) -> bool {
        self.made == Made::Lost
            || self.end == Some(End::Hang)
            || (self.end.is_some() && self.reply.is_none())
    }

    /// Whether there is a reply, of its own or the store's, that was not lost.
    pub(super) fn has_replied(&self) -> bool {
        self.reply.is_some() && self.made != Made::Lost
    }

    /// The reply as it is sent, given what the store answered if it was asked.
    pub(super) fn take_reply(&mut self, stored: Option<Reply>) -> Reply {
        let made = self.reply.take();
        let reply = if self.made == Made::Stored { stored } else { made }.unwrap_or(Reply::Nothing);
        if self.end == Some(End::Hang) {
            Reply::Nothing
        } else if self.twists {
            wrong_type(&reply)
        } else {
            reply
        }
    }
}

/// What faults keep of a session.
#[derive(Debug)]
pub(super) struct Faults {
    /// The chance of this session's answers: what other sessions do changes nothing in it.
    dice: Dice,
    /// What comes after the next reply.
    held: Vec<Emission>,
    /// It is read and not answered.
    pub(super) hangs: bool,
}

impl Faults {
    pub(super) fn of(seed: u64, id: SessionId) -> Faults {
        Faults { dice: Dice::stream(seed, "answer", id), held: Vec::new(), hangs: false }
    }

    pub(super) fn holds(&self) -> bool {
        !self.held.is_empty()
    }
}

impl Session {
    /// Sends a reply that is spoiled, or meets one that was held back. True if that ends the connection.
    pub(super) fn send_spoiled(&mut self, reply: &Reply, faults: &[Fault], reorders: bool) -> bool {
        if self.faults.hangs {
            return false;
        }
        let mut bytes = BytesMut::new();
        encode(reply, self.encoding, &mut bytes);
        let says = !bytes.is_empty();
        let script = if says { vec![Emission::Bytes(bytes.freeze())] } else { Vec::new() };
        let mut script = faults.iter().fold(script, |script, fault| fault.spoil(script));
        if reorders && says {
            script.append(&mut self.faults.held);
            self.faults.held = script;
            return false;
        }
        if says {
            script.append(&mut self.faults.held);
        }
        let ends = ends(&script);
        self.play(script);
        ends
    }

    /// Sends what was held back for a reply that does not come any more.
    pub(super) fn send_held(&mut self) {
        let held = std::mem::take(&mut self.faults.held);
        self.play(held);
    }
}

impl World {
    /// The answer to a call as it is to be carried out: what is left to chance is drawn here.
    pub(super) fn perform(&mut self, id: SessionId, call: u64, answer: Vec<Action>) -> Performance {
        Performance::of(self.settled(id, call, answer))
    }

    /// Puts what a callback answered in the callback's place.
    pub(super) fn answered(
        &mut self,
        id: SessionId,
        call: u64,
        performance: &mut Performance,
        answered: Answered,
    ) -> Option<CallbackError> {
        let (steps, failed) = match answered {
            Ok(answer) => (self.settled(id, call, answer.0), None),
            Err(error) => {
                let reply = Error::callback_failed(&error.message);
                (vec![Action::Reply(reply.into())], Some(error))
            }
        };
        performance.insert(steps);
        failed
    }

    fn settled(&mut self, id: SessionId, call: u64, answer: Vec<Action>) -> Vec<Action> {
        let garbage = answer.iter().filter(|action| matches!(action, Action::Garbage(_)));
        self.double.journal.spoilt(call, garbage.filter_map(Action::fault).collect());
        let dice = &mut self.clients.current(id).faults.dice;
        let call = self.double.journal.find(call);
        answer.into_iter().map(|action| action.settled(call, dice)).collect()
    }
}
