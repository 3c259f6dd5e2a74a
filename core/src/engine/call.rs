//! Carrying out one command, and what a handler may touch.
use super::World;
use super::client::Clients;
use super::errand::{Errand, Purpose};
use super::node::Node;
use super::propagation::Propagation;
use super::session::{Session, SessionId};
use super::task::Ask;
use super::wait::{Wait, Waiters};
use crate::clock::Micros;
use crate::command::{Args, Entry, Handler, flag};
use crate::double::Mishap;
use crate::double::answer::panic_text;
use crate::resp::{Error, Reply, Result, Words};
use crate::store::{Db, Overdue, Type};
use bytes::Bytes;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Whether a command may wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// It may: it was just received.
    MayWait,
    /// It has waited and looks again, because this key changed.
    Woken(Bytes),
    /// It may not: it runs in a transaction.
    Last,
}

/// What a handler may touch.
#[derive(Debug)]
pub(crate) struct Ctx<'a> {
    /// The session's database.
    pub(crate) db: Db<'a>,
    pub(crate) clients: &'a mut Clients,
    pub(crate) node: &'a mut Node,
    /// The session whose command runs.
    pub(crate) id: SessionId,
    pub(crate) entry: &'static Entry,
    /// The whole request.
    pub(crate) words: &'a Words,
    pub(crate) attempt: Attempt,
    /// Who waits for what.
    pub(crate) waiters: &'a Waiters,
    /// What replicas and the append only file are told.
    pub(super) propagation: Propagation,
    wait: Option<Wait>,
    errand: Option<(Errand, Purpose)>,
}

impl Ctx<'_> {
    pub(crate) fn session(&mut self) -> &mut Session {
        self.clients.current(self.id)
    }

    pub(crate) fn now(&self) -> Micros {
        self.node.now
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.db.now_ms()
    }

    /// Whether the persona does what Redis did from this version on.
    pub(crate) fn at_least(&self, major: u16, minor: u16) -> bool {
        self.node.persona.at_least(major, minor)
    }

    /// Whether the command may be left waiting: in a transaction none is.
    pub(crate) fn may_wait(&self) -> bool {
        self.attempt != Attempt::Last
    }

    /// Which of a waiting command's keys it looks at. One that was woken looks at all of them again;
    /// before 7.2 it is served from the key that woke it, whatever became of the others.
    pub(crate) fn awaited<'k>(&self, keys: &'k [Bytes]) -> &'k [Bytes] {
        match &self.attempt {
            Attempt::Woken(key) if !self.at_least(7, 2) => {
                let at = keys.iter().position(|other| other == key);
                at.map_or(keys, |at| &keys[at..=at])
            }
            _ => keys,
        }
    }

    /// Has something done outside. A handler that then says "not yet" goes on when it is done.
    pub(crate) fn send(&mut self, errand: Errand, purpose: Purpose) {
        self.errand = Some((errand, purpose));
    }

    /// Whether something is done outside for this command.
    pub(crate) fn is_away(&self) -> bool {
        self.errand.is_some()
    }

    /// Says "not yet": the command looks again when one of the keys changes and holds this type.
    /// When it may not wait the reply is this one. No timeout waits for ever.
    pub(crate) fn wait(
        &mut self,
        keys: &[Bytes],
        for_type: Type,
        timeout: Option<Micros>,
        without_waiting: Reply,
    ) -> Result<Option<Reply>> {
        let wait = Wait { for_type: Some(for_type), ..self.wait_of(keys, timeout) };
        Ok(self.wait_for(wait, without_waiting))
    }

    /// Says "not yet", though no key will change that: this is the reply at the end of the timeout.
    pub(crate) fn wait_for_nothing(
        &mut self,
        timeout: Option<Micros>,
        reply: Reply,
    ) -> Result<Option<Reply>> {
        let wait = Wait { reply: reply.clone(), ..self.wait_of(&[], timeout) };
        Ok(self.wait_for(wait, reply))
    }

    /// A wait for these keys, for a command to describe further.
    pub(crate) fn wait_of(&self, keys: &[Bytes], timeout: Option<Micros>) -> Wait {
        Wait {
            db: self.db.index,
            keys: keys.into(),
            for_type: None,
            for_more: false,
            or_gone: false,
            again: None,
            look_at: None,
            deadline: timeout.map(|timeout| self.node.now.saturating_add(timeout)),
            reply: Reply::NullArray,
        }
    }

    /// Says "not yet", or what the reply is when the command may not wait.
    pub(crate) fn wait_for(&mut self, wait: Wait, without_waiting: Reply) -> Option<Reply> {
        if !self.may_wait() {
            return Some(without_waiting);
        }
        self.wait = Some(wait);
        None
    }

    /// Says "not yet" of a key that may be there and hold too little.
    pub(crate) fn wait_for_more(
        &mut self,
        key: &Bytes,
        for_type: Type,
        timeout: Option<Micros>,
        without_waiting: Reply,
    ) -> Result<Option<Reply>> {
        let wait = self.wait_of(std::slice::from_ref(key), timeout);
        let wait = Wait { for_type: Some(for_type), for_more: true, ..wait };
        Ok(self.wait_for(wait, without_waiting))
    }
}

/// What came of carrying out a command.
pub(super) enum Called {
    Answered(Reply),
    Waits(Wait),
    /// Something is done outside first.
    IsAway,
}

impl World {
    /// Carries out a command that was admitted.
    pub(super) fn call(
        &mut self,
        id: SessionId,
        entry: &'static Entry,
        words: &Words,
        attempt: Attempt,
        call: u64,
    ) -> Called {
        self.clients.running = Some(id);
        self.store.overdue = self.overdue_for(id, entry);
        self.expire_before(id, entry, words);
        // What has expired did so before the command: a key that WATCH names now is not touched.
        self.note_changes();
        let before = self.before_call(&attempt);
        let session = self.clients.current(id);
        self.store.leaves_untouched = session.no_touch && entry.name != "touch";
        let index = session.db;
        let args = Args::new(&words[entry.name_words()..]);
        let mut cx = Ctx {
            db: self.store.db(index),
            clients: &mut self.clients,
            node: &mut self.node,
            id,
            entry,
            words,
            attempt,
            waiters: &self.waiters,
            propagation: Propagation::new(before.is_followed),
            wait: None,
            errand: None,
        };
        // A handler that panics must not take the server down: its client gets an error, the
        // test hears of it, and the next command finds a usable store.
        let result = catch_unwind(AssertUnwindSafe(|| match entry.command.handler {
            Handler::Run(run) => run(&mut cx, args).map(Some),
            Handler::Try(attempt) => attempt(&mut cx, args),
            Handler::Container | Handler::Exec => Err(Error::SYNTAX),
        }));
        let (wait, errand) = (cx.wait.take(), cx.errand.take());
        let propagation = std::mem::take(&mut cx.propagation);
        if before.is_followed {
            self.after_call(id, entry, words, propagation, &before);
        }
        self.store.overdue = Overdue::Goes;
        let is_away = errand.is_some();
        if let Some((errand, purpose)) = errand {
            self.errands.send(id, call, errand, purpose);
        }
        self.note_changes();
        self.clients.running = None;
        self.obey_memory_limit_after(entry);
        self.load_aof_if_asked_to();
        if wait.is_none() {
            self.clients.current(id).commands += 1;
        }
        match (result, wait) {
            (Ok(Ok(None)), Some(wait)) => Called::Waits(wait),
            (Ok(Ok(None)), None) if is_away => Called::IsAway,
            (Ok(Ok(reply)), _) => {
                Called::Answered(self.count(entry, Ok(reply.unwrap_or(Reply::Nothing))))
            }
            (Ok(Err(error)), _) => Called::Answered(self.count(entry, Err(error))),
            (Err(panic), _) => {
                let message =
                    format!("{} failed inside the server: {}", entry.title, panic_text(&*panic));
                self.double.mishaps.push(Mishap { message, call, of: None, payload: None });
                Called::Answered(self.count(entry, Err(Error::panicked(&entry.name))))
            }
        }
    }

    /// Counts a command that is done; its reply.
    pub(super) fn count(&mut self, entry: &Entry, result: Result<Reply>) -> Reply {
        let stats = &mut self.node.stats.calls[entry.index];
        stats.calls += 1;
        self.node.stats.commands += 1;
        let reply = match result {
            Ok(reply) => reply,
            Err(error) => Reply::Error(error),
        };
        if let Reply::Error(error) = &reply {
            self.node.stats.calls[entry.index].failed += 1;
            self.node.count_error(error);
        }
        reply
    }

    /// While data is imported, what has expired is there for who imports it, and goes only when others write. While
    /// clients are paused, it is gone for all and goes later.
    fn overdue_for(&self, id: SessionId, entry: &Entry) -> Overdue {
        let is_source = self.clients.get(id).is_some_and(|session| session.imports);
        match (self.store.imports, is_source) {
            (true, true) => Overdue::Lives,
            (true, false) if !entry.command.is(flag::WRITE) => Overdue::Stays,
            _ if self.store.is_paused || self.store.is_replica => Overdue::Stays,
            _ => Overdue::Goes,
        }
    }

    /// Removes what has expired before a command looks: everything, or, when nothing expires by
    /// itself, the fields the command is about to touch; keys go when they are looked for.
    fn expire_before(&mut self, id: SessionId, entry: &Entry, words: &Words) {
        if self.store.expires_by_itself() {
            if self.store.next_deadline_ms().is_some_and(|at| at <= self.store.now_ms) {
                self.store.expire_due();
            }
            return;
        }
        let mut db = self.store.db(self.clients.current(id).db);
        for at in entry.key_positions(words) {
            match fields_of(entry, &words[at + 1..]) {
                Lapsed::Go => db.expire_fields_if_due(&words[at]),
                Lapsed::GoIf(named) => db.expire_named_fields(&words[at], &named, true),
                Lapsed::GoQuietlyIf(named) => db.expire_named_fields(&words[at], &named, false),
                Lapsed::Stay => {}
            }
        }
    }

    /// Works off what changed: watches, notifications, and those who wait.
    pub(super) fn settle(&mut self, asks: &mut Vec<Ask>) {
        loop {
            self.note_changes();
            self.end_killed();
            if std::mem::take(&mut self.node.resumes) {
                self.resume_paused(asks);
            }
            self.end_unblocked(asks);
            asks.extend(self.errands.take_sent());
            asks.append(&mut self.asked);
            if self.store.is_followed {
                self.propagate_lapsed();
                self.settle_replication(asks);
            }
            let Some((id, key)) = self.next_woken() else { return };
            self.run_waiting(id, key, asks);
        }
    }
}

/// What a command does about fields whose time has come, when they do not go by themselves.
enum Lapsed {
    /// They stay, whether it sees them or not.
    Stay,
    /// They go.
    Go,
    /// Those that it names go.
    GoIf(Vec<Bytes>),
    /// Those that it names go, and nobody hears of it.
    GoQuietlyIf(Vec<Bytes>),
}

/// What a command does about lapsed fields; `args` are its words behind the key.
fn fields_of(entry: &Entry, args: &[Bytes]) -> Lapsed {
    let listed = || {
        let is_list = |word: &Bytes| word.eq_ignore_ascii_case(b"FIELDS");
        let start = args.iter().position(is_list).map_or(args.len(), |at| at + 2);
        args.get(start..).unwrap_or_default()
    };
    match entry.name.as_str() {
        "hget" | "hexists" | "hstrlen" | "hincrby" | "hincrbyfloat" | "hsetnx" => {
            Lapsed::GoIf(args.iter().take(1).cloned().collect())
        }
        "hmget" => Lapsed::GoIf(args.to_vec()),
        "hgetex" | "hgetdel" => Lapsed::GoIf(listed().to_vec()),
        "hsetex" if args.iter().any(is_condition) => {
            Lapsed::GoQuietlyIf(listed().iter().step_by(2).cloned().collect())
        }
        "hrandfield" => Lapsed::Go,
        _ => Lapsed::Stay,
    }
}

fn is_condition(word: &Bytes) -> bool {
    word.eq_ignore_ascii_case(b"FNX") || word.eq_ignore_ascii_case(b"FXX")
}
