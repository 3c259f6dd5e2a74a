//! The engine: a request and the time go in, scripts for connections come out. It does no IO.

mod admit;
mod aof;
mod by_hand;
mod call;
mod client;
mod condition;
mod errand;
mod exec;
mod execute;
mod hold;
mod link;
mod lint;
mod memory;
mod node;
mod perform;
mod persistence;
mod propagation;
mod publish;
mod record;
mod replication;
mod reply;
mod rest;
mod session;
mod task;
#[cfg(test)]
mod tests;
mod wait;
mod watch;

pub(crate) use call::{Attempt, Ctx};
pub(crate) use client::Clients;
pub(crate) use errand::{Errand, Migration, Purpose, Report, Sent, Trouble};
pub(crate) use node::{Membership, Node, PauseScope};
pub(crate) use persistence::Loading;
pub(crate) use propagation::{Audience, word};
pub(crate) use replication::{Backlog, Master};
pub(crate) use session::{Address, ReplyMode, Session, SessionId, Transaction, Watched};
pub(crate) use task::{Ask, Asked, HostSays};
pub(crate) use wait::{Wait, Waiters};

use crate::clock::Micros;
use crate::double::answer::panic_text;
use crate::double::link::Links;
use crate::double::script::Emission;
use crate::double::{Double, Ending, Mishap};
use crate::resp::{DecodeLimits, Error, ProtocolError};
use crate::store::Store;
use crate::value::{Item, Resolved};
use bytes::Bytes;
use errand::Errands;
use perform::Faults;
use propagation::Effect;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A whole simulated deployment behind one lock: the store, the clients, the double.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) clients: Clients,
    pub(crate) node: Node,
    pub(crate) double: Double,
    pub(crate) links: Links,
    waiters: Waiters,
    errands: Errands,
    /// What the host is asked about gates.
    asked: Vec<Ask>,
    /// What replicas and the append only file are to be told once the command or transaction is done.
    effects: Vec<Effect>,
    /// The file that the host has given, which is loaded again at each reset.
    initial_data: Option<Bytes>,
    /// The keys that the host has given, likewise; after the file.
    pub(crate) initial_keys: Vec<Item>,
    /// Sessions that do something at a time: wake from a delay, give up waiting.
    deadlines: BTreeSet<(Micros, SessionId)>,
}

/// What a connection's shell does next.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) emissions: Vec<Emission>,
    /// The session is gone: the connection ends, after what is to be sent.
    pub(crate) gone: bool,
    /// The connection ends at once, whatever is still to be sent.
    pub(crate) cut: Option<Ending>,
}

impl World {
    pub(crate) fn new(node: Node, double: Double) -> World {
        let mut store = Store::new(node.config.databases());
        node.configure(&mut store);
        store.active_expiry = true;
        let mut node = node;
        node.keep_aof(&store);
        World {
            store,
            clients: Clients::of(node.persona),
            node,
            double,
            links: Links::default(),
            waiters: Waiters::default(),
            errands: Errands::default(),
            asked: Vec::new(),
            effects: Vec::new(),
            initial_data: None,
            initial_keys: Vec::new(),
            deadlines: BTreeSet::new(),
        }
    }

    /// When the world has something to do by itself.
    pub(crate) fn next_deadline(&self) -> Option<Micros> {
        let expiry = self.store.next_deadline_ms().map(|ms| ms.saturating_mul(1000));
        let task = self.deadlines.first().map(|(at, _)| *at);
        [expiry, task, self.node.next_deadline()].into_iter().flatten().min()
    }

    /// Lets the world do something, for a session or by itself. Should it panic, which would be a
    /// mistake of this project, the test hears of it and the session ends: nobody shall wait for
    /// what does not come any more. Nothing comes back then.
    pub(crate) fn drive(
        &mut self,
        id: Option<SessionId>,
        act: impl FnOnce(&mut World) -> Vec<Ask>,
    ) -> Option<Vec<Ask>> {
        let done = catch_unwind(AssertUnwindSafe(|| act(self)));
        done.map_err(|panic| {
            let message = format!("failed inside the server: {}", panic_text(&*panic));
            self.double.mishaps.push(Mishap { message, call: 0, of: None, payload: None });
            id.into_iter().for_each(|id| self.end(id));
        })
        .ok()
    }

    /// Does something at this time that a test asks for, and lets all settle that follows from it.
    pub(crate) fn act<T>(
        &mut self,
        now: Micros,
        act: impl FnOnce(&mut World, &mut Vec<Ask>) -> T,
    ) -> (T, Vec<Ask>) {
        let mut asks = Vec::new();
        self.at(now);
        let result = act(self, &mut asks);
        self.settle(&mut asks);
        (result, asks)
    }

    /// Does what is due: keys expire, delays end, waiting ends.
    pub(crate) fn tick(&mut self, now: Micros) -> Vec<Ask> {
        let mut asks = Vec::new();
        self.at(now);
        if self.store.expires_by_itself() {
            self.store.expire_due();
        }
        self.settle(&mut asks);
        self.ping_replicas();
        if self.node.end_due() {
            self.resume_paused(&mut asks);
        }
        while let Some((_, id)) = self.deadlines.first().filter(|(at, _)| *at <= now).copied() {
            self.time_is_up(id, &mut asks);
            self.settle(&mut asks);
        }
        asks
    }

    /// Puts everything back as it was at the start, the host's file included, and ends every session.
    pub(crate) fn reset(&mut self) {
        for id in self.clients.ids() {
            self.end(id);
        }
        self.node.restart();
        self.drop_work();
        self.double.clear();
        self.clear_links();
        self.begin_with_initial_data();
    }

    /// Does what is seen when a server process ends and starts anew: connections are cut, settings are as at the start.
    /// The data is kept, or is that of the host's file. Rules, links and calls are the test's, and stay.
    pub(crate) fn restart(&mut self, keeps_data: bool) {
        self.cut_all();
        let snapshot = self.node.persistence.snapshot.take();
        self.node.start_anew();
        self.node.persistence.snapshot = snapshot;
        self.drop_work();
        if keeps_data {
            self.node.configure(&mut self.store);
        } else {
            self.begin_with_initial_data();
        }
    }

    /// Nobody waits for anything any more.
    fn drop_work(&mut self) {
        self.waiters = Waiters::default();
        self.errands = Errands::default();
        self.asked.clear();
        self.effects.clear();
        self.deadlines.clear();
    }

    /// The data is what the host has given, in its file and by keys.
    fn begin_with_initial_data(&mut self) {
        let history = self.store.history.cleared();
        self.store = Store::new(self.node.config.databases());
        self.store.history = history;
        self.node.configure(&mut self.store);
        self.at(self.node.now);
        if let Some(bytes) = self.initial_data.clone() {
            self.load(&bytes, Loading { flushes: false, merges: false })
                .expect("the same bytes were loaded at the start");
        }
        let keys = Resolved::Items(self.initial_keys.clone());
        self.load_by_hand(keys).expect("the same keys were loaded at the start");
        self.node.keep_aof(&self.store);
    }

    /// A client connects; its session's id.
    pub(crate) fn connect(&mut self, now: Micros, address: Address) -> SessionId {
        self.at(now);
        self.node.stats.connections += 1;
        let session = self.clients.add(address, self.node.encoding(), now);
        session.faults = Faults::of(self.node.seed(), session.id);
        session.authenticated = !self.node.config.each_request().needs_password;
        let id = session.id;
        if let Some(error) = self.node.turns_away(self.clients.len()) {
            self.node.stats.rejected_connections += 1;
            self.clients.push(id, &error.into());
            self.end(id);
        } else {
            self.relink(id);
        }
        id
    }

    /// Whether a session can take its next request.
    pub(crate) fn is_ready(&self, id: SessionId) -> bool {
        self.clients.get(id).is_some_and(|session| session.task.is_none() && !session.is_mute)
    }

    /// What a session may send.
    pub(crate) fn decode_limits(&self, id: SessionId) -> DecodeLimits {
        let session = self.clients.get(id);
        DecodeLimits {
            bulk: self.node.config.each_request().bulk_limit,
            authenticated: session.is_none_or(|session| self.trusts(session)),
            valkey_9_1: self.node.persona.is_valkey_from(9, 1),
        }
    }

    /// A client broke the protocol: it is told, and its session ends.
    pub(crate) fn protocol_error(&mut self, id: SessionId, error: ProtocolError) {
        let error = Error::from(error);
        self.node.count_error(&error);
        if self.clients.get(id).is_some_and(|session| session.replies == ReplyMode::On) {
            self.clients.push(id, &error.into());
        }
        self.end_after_reply(id);
    }

    /// A session ends with what it is still to be sent. As on the real servers, nothing to send keeps it open.
    fn end_after_reply(&mut self, id: SessionId) {
        match self.clients.get_mut(id) {
            Some(session) if session.unsent == 0 => session.is_mute = true,
            _ => self.end(id),
        }
    }

    /// A request of so many bytes was read, in this round trip of its connection.
    pub(crate) fn received(&mut self, id: SessionId, bytes: usize, trip: u64) {
        self.node.stats.input_bytes += bytes as u64;
        if let Some(session) = self.clients.get_mut(id) {
            session.input_bytes += bytes as u64;
            session.request_bytes = bytes;
            session.trip = trip;
        }
    }

    /// An empty request came: CLIENT REPLY SKIP skips its reply, though it has none.
    pub(crate) fn passed_over(&mut self, id: SessionId) {
        if let Some(session) = self.clients.get_mut(id)
            && session.replies == ReplyMode::SkipNext
        {
            session.replies = ReplyMode::On;
        }
    }

    /// So many bytes have come that are not a whole request yet.
    pub(crate) fn check_input(&mut self, id: SessionId, waiting: usize) {
        if waiting > self.node.config.each_request().query_limit {
            self.end(id);
        }
    }

    /// What a connection has to do, taken from the world.
    pub(crate) fn output(&mut self, id: SessionId) -> Output {
        self.clients.untouch(id);
        if let Some(session) = self.clients.get_mut(id) {
            return Output { emissions: session.out.take(), gone: false, cut: None };
        }
        let cut = self.clients.take_cut(id);
        Output { emissions: self.clients.take_last_words(id), gone: true, cut }
    }

    /// The connection has sent so many bytes; whether that was all.
    pub(crate) fn sent(&mut self, id: SessionId, bytes: usize) -> bool {
        self.node.stats.output_bytes += bytes as u64;
        let Some(session) = self.clients.get_mut(id) else { return false };
        session.unsent = session.unsent.saturating_sub(bytes);
        session.unsent == 0
    }

    /// The client has ended the connection although there were replies that it had not read.
    pub(crate) fn left_unread(&mut self, id: SessionId) {
        if let Some(session) = self.clients.get_mut(id) {
            self.double.note_unread(session.info());
        }
    }

    /// The connection has ended, by itself or by its shell.
    pub(crate) fn disconnect(&mut self, id: SessionId) {
        self.end(id);
        self.clients.take_last_words(id);
        self.clients.take_cut(id);
        self.clients.departed.remove(&id);
    }

    /// A session ends: what waited, watched or listened for it does so no more.
    pub(crate) fn end(&mut self, id: SessionId) {
        if let Some(session) = self.clients.remove(id) {
            self.waiters.forget(id);
            self.double.gates.forget(id);
            self.double.journal.settled(id);
            self.node.replication.replicas.retain(|replica| *replica != id);
            self.deadlines.retain(|(_, waiting)| *waiting != id);
            drop(session);
        }
    }

    /// A session ends, and what it has not been sent yet is not sent any more.
    fn cut_off(&mut self, id: SessionId) {
        if let Some(session) = self.clients.get_mut(id) {
            session.out.take();
        }
        self.end(id);
    }

    /// Everything that happens now happens at this time.
    fn at(&mut self, now: Micros) {
        self.node.now = now;
        self.store.now_ms = now.div_euclid(1000);
        self.store.is_followed = self.node.is_followed();
        self.store.is_replica = self.node.replication.master.is_some();
        self.store.is_paused = self.node.pause.is_some_and(|pause| pause.until > now);
    }
}
