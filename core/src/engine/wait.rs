//! Commands that wait for a key, and who is served first.
use super::World;
use super::session::SessionId;
use super::task::{Ask, Stage};
use crate::clock::Micros;
use crate::resp::{Reply, Words};
use crate::store::{Change, Type};
use bytes::Bytes;
use std::collections::{BTreeSet, HashMap, VecDeque};

/// What a command waits for.
#[derive(Clone, Debug)]
pub(crate) struct Wait {
    pub(crate) db: usize,
    pub(crate) keys: Box<[Bytes]>,
    /// The type of value it wants; none, if it waits for no key.
    pub(crate) for_type: Option<Type>,
    /// One of the keys may be there and hold too little: it also looks again when that changes.
    pub(crate) for_more: bool,
    /// It looks again also when a value goes, or gives way to one of another type.
    pub(crate) or_gone: bool,
    /// The request as it is tried again, if that is not as it came.
    pub(crate) again: Option<Words>,
    /// When it looks again though nothing has changed.
    pub(crate) look_at: Option<Micros>,
    /// When it gives up; never, if there is none.
    pub(crate) deadline: Option<Micros>,
    /// What it answers then.
    pub(crate) reply: Reply,
}

impl Wait {
    fn wants(&self, here: Option<Type>) -> bool {
        self.or_gone || (here.is_some() && self.for_type == here)
    }

    fn misses(&self, here: Option<Type>) -> bool {
        self.or_gone && self.for_type != here
    }
}

type Place = (usize, Bytes);

/// Who waits for which key, first come first.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    queues: HashMap<Place, VecDeque<SessionId>>,
    waiting: HashMap<SessionId, Wait>,
    /// Keys that changed, in the order in which they did.
    ready: VecDeque<Place>,
    is_ready: BTreeSet<Place>,
    /// Who has already looked at the first ready key.
    looked: BTreeSet<SessionId>,
}

impl Waiters {
    /// How many keys are waited for.
    pub(crate) fn keys(&self) -> usize {
        self.queues.len()
    }

    /// How many keys are waited for by somebody who looks again when their value goes.
    pub(crate) fn keys_until_gone(&self) -> usize {
        let places = self.queues.keys();
        places.filter(|place| self.waits(place).any(|wait| wait.or_gone)).count()
    }

    /// What a session waits for, if it does.
    pub(super) fn of(&self, id: SessionId) -> Option<&Wait> {
        self.waiting.get(&id)
    }

    /// How many sessions wait for some time only.
    pub(crate) fn with_deadline(&self) -> usize {
        self.waiting.values().filter(|wait| wait.deadline.is_some()).count()
    }

    /// Who waits for no key, in the order of their sessions.
    pub(super) fn without_key(&self) -> BTreeSet<SessionId> {
        let waits = self.waiting.iter().filter(|(_, wait)| wait.keys.is_empty());
        waits.map(|(id, _)| *id).collect()
    }

    pub(super) fn add(&mut self, id: SessionId, wait: Wait) {
        for key in &wait.keys {
            let queue = self.queues.entry((wait.db, key.clone())).or_default();
            if !queue.contains(&id) {
                queue.push_back(id);
            }
        }
        self.waiting.insert(id, wait);
    }

    pub(super) fn forget(&mut self, id: SessionId) {
        let Some(wait) = self.waiting.remove(&id) else { return };
        for key in wait.keys {
            let place = (wait.db, key);
            if let Some(queue) = self.queues.get_mut(&place) {
                queue.retain(|waiter| *waiter != id);
                if queue.is_empty() {
                    self.queues.remove(&place);
                }
            }
        }
    }

    /// What a session is answered when it has waited long enough.
    pub(super) fn reply_at_end(&self, id: SessionId) -> Reply {
        self.waiting.get(&id).map_or(Reply::NullArray, |wait| wait.reply.clone())
    }

    /// When a session that waits looks again or gives up.
    pub(super) fn moments(&self, id: SessionId) -> impl Iterator<Item = Micros> {
        let moments = |wait: &Wait| [wait.look_at, wait.deadline];
        self.waiting.get(&id).into_iter().flat_map(moments).flatten()
    }

    /// The key for which a session looks again now, unless it has waited long enough.
    fn looks_again(&self, id: SessionId, now: Micros) -> Option<Bytes> {
        let wait = self.waiting.get(&id)?;
        let has_time = wait.deadline.is_none_or(|deadline| deadline > now);
        let looks = has_time && wait.look_at.is_some_and(|at| at <= now);
        wait.keys.first().filter(|_| looks).cloned()
    }

    /// Notes when a session that goes on waiting looks again, and what it is answered at the end.
    pub(super) fn go_on(&mut self, id: SessionId, next: Wait) {
        if let Some(wait) = self.waiting.get_mut(&id) {
            wait.look_at = next.look_at;
            wait.reply = next.reply;
        }
    }

    fn waits(&self, place: &Place) -> impl Iterator<Item = &Wait> {
        let queue = self.queues.get(place);
        queue.into_iter().flatten().filter_map(|id| self.waiting.get(id))
    }

    /// Whether somebody waits for what a key holds to become more.
    fn wants_more(&self, place: &Place) -> bool {
        self.waits(place).any(|wait| wait.for_more)
    }

    /// A key now holds this; who waits for such a value is served in the order of these words.
    fn came(&mut self, place: Place, here: Option<Type>) {
        if self.waits(&place).any(|wait| wait.wants(here)) {
            self.look(place);
        }
    }

    /// A key no longer holds what it did, but this.
    fn went(&mut self, place: Place, here: Option<Type>) {
        if self.waits(&place).any(|wait| wait.misses(here)) {
            self.look(place);
        }
    }

    fn look(&mut self, place: Place) {
        if self.is_ready.insert(place.clone()) {
            self.ready.push_back(place);
        }
    }

    fn places_in(&self, db: usize) -> Vec<Place> {
        let mut places: Vec<_> =
            self.queues.keys().filter(|place| place.0 == db).cloned().collect();
        places.sort();
        places
    }
}

impl World {
    /// Works off what handlers said of keys.
    pub(super) fn note_changes(&mut self) {
        if self.store.changes.is_empty() {
            return;
        }
        self.store.bury();
        let has_watchers = self.clients.has_watchers();
        let mut changes = self.store.changes.take();
        for change in changes.drain(..) {
            match change {
                Change::Key { db, key, event } => {
                    if has_watchers && event != "new" {
                        self.clients.void_watches(db, &key, event == "expired");
                    }
                    self.notify(db, &key, event);
                    // As on the real servers, a key that is overwritten wakes nobody but who misses its old value, or
                    // waits for more of it.
                    let place = (db, key);
                    let comes = event == "new" || self.waiters.wants_more(&place);
                    self.offer(place, if comes { Waiters::came } else { Waiters::went });
                }
                Change::Told { db, key, event } => self.notify(db, &key, event),
                Change::Silent { db, key } => {
                    if has_watchers {
                        self.clients.void_watches(db, &key, false);
                    }
                }
                Change::Ready { db, key } => self.offer((db, key), Waiters::came),
                Change::Missed { db, key } => self.notify(db, &key, "keymiss"),
                Change::Replaced { db, keys } => {
                    if has_watchers {
                        let keys: BTreeSet<_> = keys.iter().collect();
                        let now = self.store.db(db);
                        self.clients.void_all_watches(&keys, &now);
                    }
                    for place in self.waiters.places_in(db) {
                        self.offer(place, Waiters::came);
                    }
                }
            }
        }
        self.store.changes.reuse(changes);
    }

    /// What there is for who waits. Before 7.2 a dead key goes when it is looked at for that.
    fn type_at(&mut self, (db, key): &Place) -> Option<Type> {
        let removes = !self.node.persona.at_least(7, 2);
        let db = self.store.db(*db);
        if removes { db.type_of(key) } else { db.living_type_of(key) }
    }

    fn offer(&mut self, place: Place, offer: fn(&mut Waiters, Place, Option<Type>)) {
        if self.waiters.queues.contains_key(&place) {
            let here = self.type_at(&place);
            offer(&mut self.waiters, place, here);
        }
    }

    /// The next session to look again, if one may find what it waits for, and the key it does so for.
    pub(super) fn next_woken(&mut self) -> Option<(SessionId, Bytes)> {
        while let Some(place) = self.waiters.ready.front().cloned() {
            let here = self.type_at(&place);
            let queue = self.waiters.queues.get(&place);
            let next = queue.into_iter().flatten().find(|id| {
                !self.waiters.looked.contains(id)
                    && self.waiters.waiting.get(id).is_some_and(|w| w.wants(here))
            });
            if let Some(id) = next.copied() {
                self.waiters.looked.insert(id);
                return Some((id, place.1));
            }
            self.waiters.ready.pop_front();
            self.waiters.is_ready.remove(&place);
            self.waiters.looked.clear();
        }
        None
    }

    /// A session's moment has come: its delay is over, or it has waited long enough.
    pub(super) fn time_is_up(&mut self, id: SessionId, asks: &mut Vec<Ask>) {
        if let Some(key) = self.waiters.looks_again(id, self.node.now) {
            return self.run_waiting(id, key, asks);
        }
        self.deadlines.retain(|(_, waiting)| *waiting != id);
        let stage =
            self.clients.get(id).and_then(|session| session.task.as_ref()).map(|t| &t.stage);
        match stage {
            Some(Stage::Waiting) => self.end_waiting(id, None, asks),
            Some(Stage::Delayed) => self.go_on(id, asks),
            _ => {}
        }
    }
}
