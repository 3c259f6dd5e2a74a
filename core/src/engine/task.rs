//! What a session is busy with: deciding, performing, waiting, one request at a time.
use super::call::{Attempt, Called};
use super::client::{ReplyMode, Session, SessionId};
use super::errand::{Errand, Report};
use super::exec::Exec;
use super::hold::{Part, Passage};
use super::perform::{End, Performance, Step};
use super::{World, admit::Admitted};
use crate::clock::Micros;
use crate::command::{Entry, Handler, is_known};
use crate::double::answer::{Answered, Callback};
use crate::double::journal::{Call, Via};
use crate::double::matcher::Question;
use crate::double::rule::{Decision, Resumed, RuleId};
use crate::double::script::Emission;
use crate::double::{CallbackError, Mishap, Mode, verify};
use crate::resp::{Error, Reply, Words};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;

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

    pub(super) fn note(&mut self, call: u64, action: &'static str, rule: Option<RuleId>) {
        if let Some(call) = self.double.journal.find_mut(call) {
            call.action = action;
            call.rule = rule;
        }
    }

    /// Carries out an answer until it is done or something must be waited for.
    pub(super) fn go(&mut self, id: SessionId, mut task: Task, asks: &mut Vec<Ask>) {
        loop {
            match task.performance.next() {
                Step::Done => return self.finish(id, task),
                Step::Delay(time) => return self.delay(id, task, time),
                Step::Call(callback) => {
                    self.ask(id, &task, callback, task.call, asks);
                    task.stage = Stage::Calling;
                    return self.park(id, task);
                }
                Step::Execute => match self.execute(id, &mut task) {
                    Executed::Answered(reply) => task.performance.executed(reply),
                    Executed::Parks(stage) => {
                        task.stage = stage;
                        return self.park(id, task);
                    }
                    Executed::RunsTransaction => return self.prepare_exec(id, task, asks),
                },
            }
        }
    }

    pub(super) fn ask(
        &mut self,
        id: SessionId,
        task: &Task,
        callback: Callback,
        about: u64,
        asks: &mut Vec<Ask>,
    ) {
        if let Some(call) = self.double.journal.find(about) {
            let call = Box::new(call.clone());
            asks.push(Ask { id, call: task.call, what: Asked::Callback(callback, call) });
        }
    }

    pub(super) fn delay(&mut self, id: SessionId, mut task: Task, time: Duration) {
        self.deadlines.insert((self.node.now + crate::clock::micros(time), id));
        task.stage = Stage::Delayed;
        self.park(id, task);
    }

    /// A session goes on after a delay.
    pub(super) fn go_on(&mut self, id: SessionId, asks: &mut Vec<Ask>) {
        let Some(task) = self.unpark(id, |_| true) else { return };
        if task.exec.is_some() { self.run_exec(id, *task, asks) } else { self.go(id, *task, asks) }
    }

    /// Runs the command on the store, if the session's gates let it pass.
    fn execute(&mut self, id: SessionId, task: &mut Task) -> Executed {
        let entry = match task.entry.clone() {
            Ok(entry) => entry,
            Err(error) => return Executed::Answered(self.refuse(id, None, task, error)),
        };
        match self.admit(id, entry, &task.words) {
            Err(error) => return Executed::Answered(self.refuse(id, Some(entry), task, error)),
            Ok(Admitted::Paused) => return Executed::Parks(Stage::Paused),
            Ok(Admitted::Now) => {}
        }
        if matches!(entry.command.handler, Handler::Exec) {
            return Executed::RunsTransaction;
        }
        match self.call(id, entry, &task.words, Attempt::MayWait, task.call) {
            Called::Answered(reply) => Executed::Answered(reply),
            Called::Waits(mut wait) => {
                if let Some(words) = wait.again.take() {
                    task.words = words;
                }
                self.waiters.add(id, wait);
                self.deadlines.extend(self.waiters.moments(id).map(|at| (at, id)));
                Executed::Parks(Stage::Waiting)
            }
            Called::IsAway => Executed::Parks(Stage::Away),
        }
    }

    /// A request that is not even tried. It spoils the transaction it stands in.
    pub(super) fn refuse(
        &mut self,
        id: SessionId,
        entry: Option<&'static Entry>,
        task: &Task,
        error: Error,
    ) -> Reply {
        self.double.journal.refused(task.call);
        if let Some(entry) = entry {
            self.node.stats.calls[entry.index].rejected += 1;
        }
        self.refused(id, &task.words, error).into()
    }

    /// A waiting command looks again, because a key changed.
    pub(super) fn run_waiting(&mut self, id: SessionId, key: Bytes, asks: &mut Vec<Ask>) {
        let Some(mut task) = self.unpark(id, is_waiting) else { return };
        let entry = task.entry.clone().expect("only a known command waits");
        match self.call(id, entry, &task.words, Attempt::Woken(key), task.call) {
            Called::IsAway => self.park(id, *task),
            Called::Waits(wait) => {
                self.forget_moments(id);
                self.waiters.go_on(id, wait);
                self.deadlines.extend(self.waiters.moments(id).map(|at| (at, id)));
                self.park(id, *task);
            }
            Called::Answered(reply) => {
                self.stop_waiting(id);
                task.performance.executed(reply);
                self.go(id, *task, asks);
            }
        }
    }

    /// Ends a session's waiting, if it does wait: with this error, or as at the end of its timeout.
    /// The command does not look again then: what it would find was not there when its time was up.
    pub(super) fn end_waiting(&mut self, id: SessionId, error: Option<Error>, asks: &mut Vec<Ask>) {
        let Some(mut task) = self.unpark(id, is_waiting) else { return };
        let result = error.map_or_else(|| Ok(self.waiters.reply_at_end(id)), Err);
        self.stop_waiting(id);
        let entry = task.entry.clone().expect("only a known command waits");
        self.clients.current(id).commands += 1;
        task.performance.executed(self.count(entry, result));
        self.go(id, *task, asks);
    }

    fn stop_waiting(&mut self, id: SessionId) {
        self.forget_moments(id);
        self.waiters.forget(id);
    }

    fn forget_moments(&mut self, id: SessionId) {
        for at in self.waiters.moments(id) {
            self.deadlines.remove(&(at, id));
        }
    }

    /// Commands that a pause held back are tried again, in the order of their sessions.
    pub(super) fn resume_paused(&mut self, asks: &mut Vec<Ask>) {
        self.store.is_paused = self.node.pause.is_some();
        for id in self.clients.ids() {
            let paused = |task: &Task| matches!(task.stage, Stage::Paused);
            let Some(task) = self.unpark(id, paused) else { continue };
            if self.is_queueing(id, &task) {
                self.queue(id, *task);
            } else if task.exec.is_some() {
                self.run_exec(id, *task, asks);
            } else {
                self.go(id, *task, asks);
            }
            self.settle(asks);
        }
    }

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

    pub(super) fn park(&mut self, id: SessionId, mut task: Task) {
        if let Some(exec) = &mut task.exec {
            exec.has_waited = true;
        }
        self.clients.current(id).task = Some(Box::new(task));
    }

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

    fn record(
        &mut self,
        id: SessionId,
        words: &Words,
        entry: Option<&'static Entry>,
        queued: bool,
    ) -> u64 {
        let seq = self.double.journal.next_seq();
        let session = self.clients.current(id);
        let name = entry.map_or_else(
            || String::from_utf8_lossy(&words[0]).to_uppercase().into(),
            |entry| Arc::clone(&entry.title),
        );
        let action = match entry {
            None if is_known(&name) => "unsupported",
            None => "unknown",
            Some(_) => "pending",
        };
        self.double.journal.record(Call {
            seq,
            time: Duration::from_micros(u64::try_from(self.node.now).unwrap_or_default()),
            conn: id,
            client: session.info(),
            name,
            db: session.db,
            via: if queued { Via::Exec } else { Via::Direct },
            rule: None,
            action,
            reply: None,
            duration: None,
            faults: Vec::new(),
            trip: session.trip,
            asserted: false,
            refused: false,
            words: Arc::clone(words),
            entry,
            weight: 0,
        });
        seq
    }
}

/// Whether a command answers strings as they are stored or were sent, without a copy.
fn lends(entry: &Entry) -> bool {
    const LENDING: [&str; 11] =
        ["echo", "exec", "get", "getdel", "getex", "getset", "lpop", "mget", "ping", "rpop", "set"];
    LENDING.contains(&entry.name.as_str())
}

fn is_waiting(task: &Task) -> bool {
    matches!(task.stage, Stage::Waiting)
}

/// What came of executing a command.
enum Executed {
    Answered(Reply),
    Parks(Stage),
    RunsTransaction,
}
