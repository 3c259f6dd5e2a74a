//! The engine: a request and the time go in, scripts for connections come out. It does no IO.

mod admit;
mod call;
mod client;
mod exec;
mod node;
mod publish;
mod task;
mod wait;

pub(crate) use call::{Attempt, Ctx};
pub(crate) use client::{Address, Clients, Queued, ReplyMode, Session, SessionId, Transaction};
pub(crate) use node::{Node, PauseScope};
pub(crate) use task::{Ask, HostSays};

use crate::clock::Micros;
use crate::double::Double;
use crate::double::script::Emission;
use crate::store::Store;
use std::collections::BTreeSet;
use wait::Waiters;

/// A whole simulated deployment behind one lock: the store, the clients, the double.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) clients: Clients,
    pub(crate) node: Node,
    pub(crate) double: Double,
    waiters: Waiters,
    /// Sessions that do something at a time: wake from a delay, give up waiting.
    deadlines: BTreeSet<(Micros, SessionId)>,
}

/// What a connection's shell does next.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) emissions: Vec<Emission>,
    /// The session is ready for its next request.
    pub(crate) ready: bool,
    /// The session is gone: the connection ends, after what is to be sent.
    pub(crate) gone: bool,
}

impl World {
    pub(crate) fn new(node: Node, double: Double) -> World {
        let mut store = Store::new(node.config.databases(), node.config.limits(node.persona));
        store.active_expiry = true;
        World {
            store,
            clients: Clients::default(),
            node,
            double,
            waiters: Waiters::default(),
            deadlines: BTreeSet::new(),
        }
    }

    /// When the world has something to do by itself.
    pub(crate) fn next_deadline(&self) -> Option<Micros> {
        let expiry = self.store.next_deadline_ms().map(|ms| ms.saturating_mul(1000));
        let task = self.deadlines.first().map(|(at, _)| *at);
        let pause = self.node.pause.map(|pause| pause.until);
        [expiry, task, pause].into_iter().flatten().min()
    }

    /// Does what is due: keys expire, delays end, waiting ends.
    pub(crate) fn tick(&mut self, now: Micros) -> Vec<Ask> {
        let mut asks = Vec::new();
        self.at(now);
        if self.store.active_expiry {
            self.store.expire_due();
        }
        self.settle(&mut asks);
        if self.node.pause.is_some_and(|pause| pause.until <= now) {
            self.node.pause = None;
            self.resume_paused(&mut asks);
        }
        while let Some((_, id)) = self.deadlines.first().filter(|(at, _)| *at <= now).copied() {
            self.time_is_up(id, &mut asks);
        }
        asks
    }

    /// What a connection has to do, taken from the world.
    pub(crate) fn output(&mut self, id: SessionId) -> Output {
        self.clients.untouch(id);
        match self.clients.get_mut(id) {
            Some(session) => Output {
                emissions: session.out.take(),
                ready: session.task.is_none(),
                gone: false,
            },
            None => Output {
                emissions: self.clients.take_last_words(id),
                ready: false,
                gone: true,
            },
        }
    }

    /// The connection has sent so many bytes.
    pub(crate) fn sent(&mut self, id: SessionId, bytes: usize) {
        if let Some(session) = self.clients.get_mut(id) {
            session.unsent = session.unsent.saturating_sub(bytes);
        }
    }

    /// The connection has ended, by itself or by its shell.
    pub(crate) fn disconnect(&mut self, id: SessionId) {
        self.end(id);
        self.clients.take_last_words(id);
    }

    /// A session ends: what waited, watched or listened for it does so no more.
    pub(crate) fn end(&mut self, id: SessionId) {
        if let Some(session) = self.clients.remove(id) {
            self.waiters.forget(id);
            self.deadlines.retain(|(_, waiting)| *waiting != id);
            drop(session);
        }
    }

    /// Everything that happens now happens at this time.
    fn at(&mut self, now: Micros) {
        self.node.now = now;
        self.store.now_ms = now.div_euclid(1000);
    }
}
