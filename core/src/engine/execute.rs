//! Carrying out the answer to a request: the store, delays and callbacks, and what waits.
use super::World;
use super::admit::Admitted;
use super::call::{Attempt, Called};
use super::perform::Step;
use super::session::SessionId;
use super::task::{Ask, Asked, Stage, Task, is_waiting};
use crate::command::{Entry, Handler};
use crate::double::answer::Callback;
use crate::resp::{Error, Reply};
use bytes::Bytes;
use std::time::Duration;

/// What came of executing a command.
enum Executed {
    Answered(Reply),
    Parks(Stage),
    RunsTransaction,
}

impl World {
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
}
