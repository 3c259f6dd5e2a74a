//! What a session is busy with, one request at a time: it is taken in, and what answers it is found.
use super::World;
use super::errand::{Errand, Report};
use super::exec::Exec;
use super::hold::{Part, Passage};
use super::perform::Performance;
use super::session::{ReplyMode, Session, SessionId};
use crate::clock::Micros;
use crate::command::Entry;
use crate::double::answer::{Answered, Callback};
use crate::double::journal::Call;
use crate::double::matcher::Question;
use crate::double::rule::{Decision, Resumed, RuleId};
use crate::double::{CallbackError, Mishap, Mode, verify};
use crate::resp::{Error, Words};
use bytes::Bytes;

/// One request being worked on.
#[derive(Debug)]
pub(crate) struct Task {
    pub(super) call: u64,
    pub(super) words: Words,
    pub(super) entry: Result<&'static Entry, Error>,
    pub(super) performance: Performance,
    pub(super) stage: Stage,
    /// What EXEC has found out about its commands.
    pub(super) exec: Option<Box<Exec>>,
    /// The calls of EXEC's commands, if there are gates that may be for them.
    pub(super) within: Vec<u64>,
}

/// Why a session cannot take its next request.
#[derive(Debug)]
pub(crate) enum Stage {
    /// It does not wait: it is being worked on.
    Running,
    /// A predicate of the host is asked whether a rule matches.
    Matching(Resumed),
    /// A callback of the host is asked for an answer.
    Calling,
    Delayed,
    /// The command waits for a key.
    Waiting,
    /// CLIENT PAUSE holds the command back.
    Paused,
    /// Something is done outside for the command.
    Away,
    /// A predicate of the host is asked whether a gate is for the command.
    AtGate(Passage),
    /// A gate holds the command.
    Held(Passage),
}

/// Something only the host can say, or that is done outside. It is asked with no lock held.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) id: SessionId,
    pub(crate) call: u64,
    pub(crate) what: Asked,
}

#[derive(Debug)]
pub(crate) enum Asked {
    Predicate(Question),
    Callback(Callback, Box<Call>),
    Errand(Errand),
}

/// What the host said.
#[derive(Debug)]
pub(crate) enum HostSays {
    Matches(Result<bool, CallbackError>),
    Answers(Answered),
    Reports(Report),
}

impl Session {
    /// Whether its command waits for a key.
    pub(crate) fn is_waiting(&self) -> bool {
        self.task.as_deref().is_some_and(is_waiting)
    }

    /// Whether its command waits for a key, or is held back by a pause.
    pub(crate) fn is_blocked(&self) -> bool {
        let stage = self.task.as_ref().map(|task| &task.stage);
        matches!(stage, Some(Stage::Waiting | Stage::Paused))
    }
}

impl World {
    /// One request of one session, which must be ready for it. What is to be sent, to whomever,
    /// is in the sessions' scripts; what only the host can say is in the answer.
    pub(crate) fn handle(&mut self, now: Micros, id: SessionId, words: Words) -> Vec<Ask> {
        self.at(now);
        let mut asks = Vec::new();
        let found = self.node.table.lookup(&words);
        let known = found.as_ref().ok().copied();
        let entry = found.and_then(|entry| entry.check_arity(&words).map(|()| entry));
        let Some(session) = self.clients.get_mut(id) else { return asks };
        session.used = now;
        session.words_bytes = words.iter().map(Bytes::len).sum();
        session.last_command = known;
        if session.replies == ReplyMode::SkipNext {
            session.replies = ReplyMode::Skip;
        }
        let hangs = session.faults.hangs;
        let queues = session.transaction.is_some()
            && !entry.as_ref().is_ok_and(|entry| entry.is_not_queued());
        let call = self.record(id, &words, known, queues);
        if hangs {
            self.note(call, "hung", None);
            return asks;
        }
        let task = Task {
            call,
            words,
            entry,
            performance: Performance::default(),
            stage: Stage::Running,
            exec: None,
            within: Vec::new(),
        };
        if queues {
            self.queue(id, task);
        } else if self.double.gates.is_empty() {
            self.arrive(id, task, &mut asks);
        } else if let Some(task) = self.pass(id, task, Passage::of(Part::Request)) {
            self.arrive(id, task, &mut asks);
        }
        self.settle(&mut asks);
        asks
    }

    /// A request has passed the gates: what answers it is found, and carried out.
    pub(super) fn arrive(&mut self, id: SessionId, mut task: Task, asks: &mut Vec<Ask>) {
        if self.decide(id, &mut task, None, asks) {
            self.go(id, task, asks);
        } else {
            self.park(id, task);
        }
    }

    /// The host has said what it was asked.
    pub(crate) fn resume(
        &mut self,
        now: Micros,
        id: SessionId,
        call: u64,
        says: HostSays,
    ) -> Vec<Ask> {
        self.at(now);
        let mut asks = Vec::new();
        let says = match says {
            HostSays::Reports(report) => {
                self.report(id, call, report, &mut asks);
                self.settle(&mut asks);
                return asks;
            }
            says => says,
        };
        let Some(mut task) = self.unpark(id, |task| task.call == call) else { return asks };
        let stage = std::mem::replace(&mut task.stage, Stage::Running);
        if let (Stage::AtGate(passage), HostSays::Matches(says)) = (&stage, &says) {
            let matches = self.believe(call, None, says.clone());
            self.gate_answered(id, *task, *passage, matches, &mut asks);
        } else if task.exec.is_some() {
            self.resume_exec(id, *task, stage, says, &mut asks);
        } else {
            match (stage, says) {
                (Stage::Matching(mut resumed), HostSays::Matches(says)) => {
                    resumed.says = self.believe(call, Some(resumed.rule()), says);
                    if self.decide(id, &mut task, Some(&resumed), &mut asks) {
                        self.go(id, *task, &mut asks);
                    } else {
                        self.park(id, *task);
                    }
                }
                (_, HostSays::Answers(answered)) => {
                    let failed = self.answered(id, call, &mut task.performance, answered);
                    let rule = self.double.journal.find(call).and_then(|call| call.rule);
                    self.note_failure(call, rule, failed);
                    self.go(id, *task, &mut asks);
                }
                (_, HostSays::Matches(_) | HostSays::Reports(_)) => self.go(id, *task, &mut asks),
            }
        }
        self.settle(&mut asks);
        asks
    }

    /// The word of a predicate, of a rule or of a gate; one that failed does not match.
    pub(super) fn believe(
        &mut self,
        call: u64,
        rule: Option<RuleId>,
        says: Result<bool, CallbackError>,
    ) -> bool {
        says.unwrap_or_else(|error| {
            self.note_failure(call, rule, Some(error));
            false
        })
    }

    pub(super) fn note_failure(
        &mut self,
        call: u64,
        rule: Option<RuleId>,
        failed: Option<CallbackError>,
    ) {
        let of = rule.and_then(|id| self.double.rules.get(id));
        let of = of.map(|rule| format!("{}\n  made at {}", rule.title(), rule.source.0));
        self.double.mishaps.extend(failed.map(|error| Mishap {
            message: format!("callback failed: {}", error.message),
            call,
            of,
            payload: error.payload,
        }));
    }

    /// Finds the rule that answers. False when the host must be asked first.
    fn decide(
        &mut self,
        id: SessionId,
        task: &mut Task,
        resumed: Option<&Resumed>,
        asks: &mut Vec<Ask>,
    ) -> bool {
        match self.double.decide(task.call, resumed) {
            Decision::Rule { rule, answer } => {
                self.note(task.call, "rule", Some(rule));
                task.performance = self.perform(id, task.call, answer);
            }
            Decision::NoRule => task.performance = self.without_rule(task.call, &task.entry),
            Decision::Ask { question, resume } => {
                task.stage = Stage::Matching(resume);
                asks.push(Ask { id, call: task.call, what: Asked::Predicate(question) });
                return false;
            }
        }
        true
    }

    /// What happens to a call no rule answers.
    pub(super) fn without_rule(
        &mut self,
        call: u64,
        entry: &Result<&'static Entry, Error>,
    ) -> Performance {
        if self.double.mode == Mode::MockOnly
            && let Some(recorded) = self.double.journal.find_mut(call)
            && !verify::is_handshake(recorded)
        {
            recorded.action = "unmocked";
            return Performance::plain(Error::unmocked(&recorded.name).into());
        }
        if entry.is_ok() {
            self.note(call, "store", None);
        }
        Performance::default()
    }

    /// The session can do nothing but wait with it.
    pub(super) fn park(&mut self, id: SessionId, mut task: Task) {
        if let Some(exec) = &mut task.exec {
            exec.has_waited = true;
        }
        self.clients.current(id).task = Some(Box::new(task));
    }

    /// Takes back what the session waits with, if it is the one that is meant.
    pub(super) fn unpark(
        &mut self,
        id: SessionId,
        is_it: impl Fn(&Task) -> bool,
    ) -> Option<Box<Task>> {
        let session = self.clients.get_mut(id)?;
        let task = session.task.take_if(|task| is_it(task));
        if task.is_some() {
            self.clients.touch(id);
        }
        task
    }
}

pub(super) fn is_waiting(task: &Task) -> bool {
    matches!(task.stage, Stage::Waiting)
}
