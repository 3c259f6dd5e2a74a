//! Transactions: queueing commands, and running them as one.
//!
//! EXEC decides the rules of all its commands before it runs the first: a callback may take its
//! time without anything coming between two commands of a transaction.
//!
//! A transaction has one reply, so what an answer does to a command's reply is done to that one:
//! - a reply, an error, a template, `raw`, `garbage` and `wrong_type` stand where the command's reply would;
//! - a `delay` is made before the first command runs, and delays add up;
//! - `partial`, `duplicate`, `truncate` and `reorder` are done to the whole reply;
//! - `execute().drop_reply()` and `execute().hang()` carry the whole transaction out and lose its whole reply; with
//!   `execute().close()`, `execute().reset()` or `reply(x).close()` it is sent before the end;
//! - `close()`, `reset()`, `hang()`, `drop_reply()` and `no_reply()` by themselves lose the request before it was
//!   applied: no command of the transaction is carried out, and nothing is answered.
use super::call::{Attempt, Called};
use super::hold::{Part, Passage};
use super::perform::{Performance, Step};
use super::session::{Queued, SessionId};
use super::task::{Asked, HostSays, Stage, Task};
use super::{Ask, World, admit::Admitted};
use crate::command::Handler;
use crate::double::rule::{Decision, Resumed};
use crate::resp::{Encoding, Error, Reply, Words, encode};
use bytes::BytesMut;
use std::sync::Arc;
use std::time::Duration;

/// What EXEC has found out about its commands so far.
#[derive(Debug, Default)]
pub(super) struct Exec {
    commands: Vec<Prepared>,
    /// The first command that is not decided yet.
    at: usize,
    delay: Duration,
    /// It did not run at once: what admitted it then may not do so any more.
    pub(super) has_waited: bool,
}

/// Whether this is a line of an HTTP request: a web page may have been made to send it.
fn is_http(words: &Words) -> bool {
    let first = words[0].split(|byte| *byte == 0).next().unwrap_or_default();
    first.eq_ignore_ascii_case(b"post") || first.eq_ignore_ascii_case(b"host:")
}

/// The replies of a transaction so far.
#[derive(Debug)]
struct Replies {
    count: usize,
    each: Vec<Reply>,
    encoding: Option<Encoding>,
    /// A command has ended the session: nothing is said any more.
    ended: bool,
}

impl Replies {
    fn of(count: usize) -> Replies {
        Replies { count, each: Vec::with_capacity(count), encoding: None, ended: false }
    }

    /// Adds a command's reply, and remembers whether the command was the session's last.
    fn add(&mut self, reply: Reply, encoding: Encoding, ends: bool) {
        if self.ended {
            return;
        }
        if let Some(before) = self.encoding.replace(encoding).filter(|before| *before != encoding) {
            fix(&mut self.each, before);
        }
        self.each.push(reply);
        self.ended = ends;
    }

    fn whole(self) -> Reply {
        if self.each.len() == self.count {
            return Reply::Array(self.each);
        }
        let head = format!("*{}\r\n", self.count);
        Reply::Many(std::iter::once(Reply::Raw(head.into())).chain(self.each).collect())
    }
}

/// What was said before HELLO chose another protocol stays as it was said.
fn fix(replies: &mut [Reply], encoding: Encoding) {
    for reply in replies {
        let mut bytes = BytesMut::new();
        encode(reply, encoding, &mut bytes);
        *reply = Reply::Raw(bytes.freeze());
    }
}

#[derive(Debug)]
struct Prepared {
    queued: Queued,
    performance: Performance,
    decided: bool,
    executes: bool,
}

impl Prepared {
    /// Whether its answer ends the request before it was applied.
    fn is_lost_before(&self) -> bool {
        self.performance.is_lost() && !self.executes && !self.performance.has_replied()
    }
}

impl World {
    /// Whether a request is put aside until EXEC.
    pub(super) fn is_queueing(&self, id: SessionId, task: &Task) -> bool {
        let in_transaction =
            self.clients.get(id).is_some_and(|session| session.transaction.is_some());
        in_transaction && !task.entry.as_ref().is_ok_and(|entry| entry.is_not_queued())
    }

    /// Puts a command aside until EXEC, or says why it cannot be.
    pub(super) fn queue(&mut self, id: SessionId, mut task: Task) {
        let admitted = task
            .entry
            .clone()
            .and_then(|entry| self.admit(id, entry, &task.words).map(|admitted| (entry, admitted)));
        let reply = match admitted {
            Ok((_, Admitted::Paused)) => {
                task.stage = Stage::Paused;
                return self.park(id, task);
            }
            Ok((entry, Admitted::Now)) => {
                self.note(task.call, "queued", None);
                let queued = Queued { words: Arc::clone(&task.words), entry, call: task.call };
                let session = self.clients.current(id);
                let transaction = session.transaction.as_mut().expect("MULTI began one");
                transaction.queued.push(queued);
                Reply::QUEUED
            }
            Err(error) => {
                self.double.journal.refused(task.call);
                if let Ok(entry) = &task.entry {
                    self.node.stats.calls[entry.index].rejected += 1;
                }
                self.refused(id, &task.words, error).into()
            }
        };
        task.performance = Performance::plain(reply);
        self.send_off(id, task);
    }

    /// A request was not even tried, which spoils the transaction it stands in, and ends it and all
    /// watching if the request was EXEC. What the client is told.
    pub(super) fn refused(&mut self, id: SessionId, words: &Words, error: Error) -> Error {
        if is_http(words) {
            self.clients.cut_off.push(id);
        }
        let entry = self.node.table.lookup(words).ok();
        let is_exec = entry.is_some_and(|entry| matches!(entry.command.handler, Handler::Exec));
        let session = self.clients.get(id).expect("a request comes from a session");
        let error = if self.keeps_silent(session, entry) { Error::NO_AUTH } else { error };
        let session = self.clients.current(id);
        let error = if is_exec {
            session.transaction = None;
            self.clients.unwatch(id);
            // Where a cluster would send it is told as it is.
            if error == Error::CLUSTER_DOWN { error } else { Error::exec_aborted_by(&error) }
        } else {
            if let Some(transaction) = &mut session.transaction {
                transaction.aborted = true;
            }
            error
        };
        self.node.count_error(&error);
        error
    }

    /// EXEC was admitted: finds out what its commands do, then runs them.
    pub(super) fn prepare_exec(&mut self, id: SessionId, mut task: Task, asks: &mut Vec<Ask>) {
        let session = self.clients.current(id);
        let Some(transaction) = &session.transaction else {
            return self.end_exec(id, task, Error::EXEC_WITHOUT_MULTI.into(), asks);
        };
        if transaction.aborted {
            return self.end_exec(id, task, Error::EXEC_ABORTED.into(), asks);
        }
        if self.is_void(id) {
            return self.end_exec(id, task, Reply::NullArray, asks);
        }
        let queued = self.clients.current(id).transaction.as_ref().map(|t| t.queued.clone());
        let prepare = |queued| Prepared {
            queued,
            performance: Performance::default(),
            decided: false,
            executes: false,
        };
        let commands: Vec<_> = queued.into_iter().flatten().map(prepare).collect();
        self.note_within(&mut task, &commands);
        task.exec = Some(Box::new(Exec { commands, ..Exec::default() }));
        if let Some(task) = self.pass(id, task, Passage::of(Part::Transaction)) {
            self.go_on_preparing(id, task, None, asks);
        }
    }

    /// The host has said what it was asked about one of the commands.
    pub(super) fn resume_exec(
        &mut self,
        id: SessionId,
        mut task: Task,
        stage: Stage,
        says: HostSays,
        asks: &mut Vec<Ask>,
    ) {
        let mut exec = task.exec.take().expect("EXEC asked");
        let command = &mut exec.commands[exec.at];
        let call = command.queued.call;
        let resumed = match (stage, says) {
            (Stage::Matching(mut resumed), HostSays::Matches(says)) => {
                resumed.says = self.believe(call, Some(resumed.rule()), says);
                Some(resumed)
            }
            (_, HostSays::Answers(answered)) => {
                let failed = self.answered(id, call, &mut command.performance, answered);
                let rule = self.double.journal.find(call).and_then(|call| call.rule);
                self.note_failure(call, rule, failed);
                None
            }
            (_, HostSays::Matches(_) | HostSays::Reports(_)) => None,
        };
        task.exec = Some(exec);
        self.go_on_preparing(id, task, resumed, asks);
    }

    pub(super) fn go_on_preparing(
        &mut self,
        id: SessionId,
        mut task: Task,
        mut resumed: Option<Resumed>,
        asks: &mut Vec<Ask>,
    ) {
        let mut exec = task.exec.take().expect("EXEC prepares");
        while let Some(command) = exec.commands.get_mut(exec.at) {
            match self.prepare(id, command, resumed.take().as_ref(), &mut exec.delay) {
                None => exec.at += 1,
                Some((what, stage)) => {
                    asks.push(Ask { id, call: task.call, what });
                    task.stage = stage;
                    task.exec = Some(exec);
                    return self.park(id, task);
                }
            }
        }
        let delay = exec.delay;
        task.exec = Some(exec);
        if delay.is_zero() { self.run_exec(id, task, asks) } else { self.delay(id, task, delay) }
    }

    /// Notes which calls EXEC is for, if there are gates that may be for them.
    fn note_within(&self, task: &mut Task, commands: &[Prepared]) {
        if !self.double.gates.is_empty() {
            task.within = commands.iter().map(|command| command.queued.call).collect();
        }
    }

    /// Goes as far as possible with one command; what to ask when that is not to its end.
    fn prepare(
        &mut self,
        id: SessionId,
        command: &mut Prepared,
        resumed: Option<&Resumed>,
        delay: &mut Duration,
    ) -> Option<(Asked, Stage)> {
        let call = command.queued.call;
        if !command.decided {
            match self.double.decide(call, resumed) {
                Decision::Ask { question, resume } => {
                    return Some((Asked::Predicate(question), Stage::Matching(resume)));
                }
                Decision::Rule { rule, answer } => {
                    self.note(call, "rule", Some(rule));
                    command.performance = self.perform(id, call, answer);
                }
                Decision::NoRule => {
                    command.performance = self.without_rule(call, &Ok(command.queued.entry));
                }
            }
            command.decided = true;
        }
        loop {
            match command.performance.next() {
                Step::Done => return None,
                Step::Delay(time) => *delay = delay.saturating_add(time),
                Step::Execute => {
                    command.executes = true;
                    command.performance.awaits_store();
                }
                Step::Call(callback) => {
                    let call = self.double.journal.find(call)?.clone();
                    return Some((Asked::Callback(callback, Box::new(call)), Stage::Calling));
                }
            }
        }
    }

    /// Whether EXEC may still run though it has waited: what has changed meanwhile counts. Nothing when it may not.
    fn admit_again(&mut self, id: SessionId, mut task: Task, asks: &mut Vec<Ask>) -> Option<Task> {
        let entry = task.entry.clone().expect("EXEC is a command");
        match self.admit(id, entry, &task.words) {
            Ok(Admitted::Now) => return Some(task),
            Ok(Admitted::Paused) => {
                task.stage = Stage::Paused;
                self.park(id, task);
            }
            Err(error) => {
                let reply = self.refuse(id, Some(entry), &task, error);
                task.exec = None;
                // None of its commands is carried out.
                task.within.clear();
                task.performance.executed(reply);
                self.go(id, task, asks);
            }
        }
        None
    }

    /// Runs the commands, with nothing in between.
    pub(super) fn run_exec(&mut self, id: SessionId, task: Task, asks: &mut Vec<Ask>) {
        let has_waited = task.exec.as_ref().is_some_and(|exec| exec.has_waited);
        let task = if has_waited { self.admit_again(id, task, asks) } else { Some(task) };
        let Some(mut task) = task else { return };
        if self.is_void(id) {
            return self.end_exec(id, task, Reply::NullArray, asks);
        }
        let exec = task.exec.take().expect("EXEC was prepared");
        // A gate may have come since.
        self.note_within(&mut task, &exec.commands);
        self.clients.current(id).transaction = None;
        self.clients.unwatch(id);
        if exec.commands.iter().any(Prepared::is_lost_before) {
            return self.lose_exec(id, task, *exec);
        }
        self.propagate_lapsed();
        let mut replies = Replies::of(exec.commands.len());
        let mut is_lost = false;
        for command in exec.commands {
            let Prepared { queued, mut performance, executes, .. } = command;
            is_lost |= performance.is_lost();
            let stored = executes.then(|| self.run_queued(id, &queued));
            let reply = performance.take_reply(stored);
            // What spoils one command's reply spoils the one reply there is.
            task.performance.faults.extend(performance.faults);
            task.performance.reorders |= performance.reorders;
            task.performance.end = task.performance.end.or(performance.end);
            self.double.journal.answered(queued.call, reply.clone(), self.node.now);
            self.double.journal.spoilt(queued.call, performance.played);
            self.gather(id, &mut replies, reply);
        }
        self.propagate(None);
        self.count_exec(&task);
        let whole = if is_lost { Reply::Nothing } else { replies.whole() };
        task.performance.executed(whole);
        // What is said of EXEC itself may go on.
        self.go(id, task, asks);
    }

    /// The request was lost before anything was applied: nothing is carried out or answered.
    fn lose_exec(&mut self, id: SessionId, mut task: Task, exec: Exec) {
        task.performance.end = exec.commands.iter().find_map(|command| command.performance.end);
        for command in exec.commands {
            let call = command.queued.call;
            self.double.journal.answered(call, Reply::Nothing, self.node.now);
            self.double.journal.spoilt(call, command.performance.played);
        }
        task.performance.executed(Reply::Nothing);
        self.finish(id, task);
    }

    /// Adds a reply to those before it. Before 7.2 a session hears its own messages in between.
    fn gather(&mut self, id: SessionId, replies: &mut Replies, reply: Reply) {
        let newer = self.node.persona.at_least(7, 2);
        let session = self.clients.current(id);
        if let Some(before) = replies.encoding.filter(|before| *before != session.encoding) {
            fix(&mut session.overheard, before);
        }
        let reply = if newer || session.overheard.is_empty() {
            reply
        } else {
            session.overheard.push(reply);
            Reply::Many(std::mem::take(&mut session.overheard))
        };
        replies.add(reply, session.encoding, session.closes);
    }

    fn run_queued(&mut self, id: SessionId, queued: &Queued) -> Reply {
        match self.call(id, queued.entry, &queued.words, Attempt::Last, queued.call) {
            Called::Answered(reply) => reply,
            Called::Waits(_) | Called::IsAway => Reply::Null,
        }
    }

    /// EXEC ends without running anything.
    fn end_exec(&mut self, id: SessionId, mut task: Task, reply: Reply, asks: &mut Vec<Ask>) {
        self.count_exec(&task);
        if let Reply::Error(error) = &reply {
            self.node.count_error(error);
        }
        let session = self.clients.current(id);
        if session.transaction.take().is_some() {
            self.clients.unwatch(id);
        }
        task.exec = None;
        // None of its commands was carried out.
        task.within.clear();
        task.performance.executed(reply);
        self.go(id, task, asks);
    }

    fn count_exec(&mut self, task: &Task) {
        if let Ok(entry) = &task.entry {
            self.node.stats.calls[entry.index].calls += 1;
            self.node.stats.commands += 1;
        }
    }

    /// Whether a watched key changed, or was there at WATCH and has expired since.
    fn is_void(&mut self, id: SessionId) -> bool {
        self.note_changes();
        let session = self.clients.current(id);
        if session.void {
            return true;
        }
        let watched = session.watched.clone();
        watched.iter().filter(|watched| !watched.was_expired).any(|watched| {
            let db = self.store.db(watched.db);
            db.has_expired(&watched.key)
        })
    }
}
