//! Which keys clients watch, and whose EXEC a change voids.
use super::client::Clients;
use super::session::{SessionId, Watched};
use crate::store::Db;
use bytes::Bytes;
use std::collections::BTreeSet;

impl Clients {
    /// How many keys are watched, by however many sessions.
    pub(crate) fn watched_keys(&self) -> usize {
        self.watchers.len()
    }

    /// EXEC of this session answers null once this key changes.
    pub(crate) fn watch(&mut self, id: SessionId, watched: Watched) {
        let session = self.current(id);
        let same = |known: &Watched| known.db == watched.db && known.key == watched.key;
        if session.watched.iter().any(same) {
            return;
        }
        session.watched.push(watched.clone());
        self.watchers.entry((watched.db, watched.key)).or_default().push(id);
    }

    /// The session watches nothing any more.
    pub(crate) fn unwatch(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.void = false;
        for watched in std::mem::take(&mut session.watched) {
            let place = (watched.db, watched.key);
            if let Some(ids) = self.watchers.get_mut(&place) {
                ids.retain(|watcher| *watcher != id);
                if ids.is_empty() {
                    self.watchers.remove(&place);
                }
            }
        }
    }

    pub(super) fn has_watchers(&self) -> bool {
        !self.watchers.is_empty()
    }

    /// A key changed: whoever watches it will not EXEC.
    pub(super) fn void_watches(&mut self, db: usize, key: &Bytes, expired: bool) {
        let Some(ids) = self.watchers.get(&(db, key.clone())) else { return };
        for id in ids {
            let session = self.sessions.get_mut(id).expect("a watcher is a session");
            let was_expired = |w: &Watched| w.db == db && w.key == *key && w.was_expired;
            if !(expired && session.watched.iter().any(was_expired)) {
                session.void = true;
            }
        }
    }

    /// A whole database that had these keys changed: whoever watches one of them, or one that lives now, will not EXEC. A
    /// key that was dead when WATCH named it counts as one that was not there.
    pub(super) fn void_all_watches(&mut self, keys: &BTreeSet<&Bytes>, now: &Db<'_>) {
        for session in self.sessions.values_mut() {
            for watched in session.watched.iter_mut().filter(|watched| watched.db == now.index) {
                let key = &watched.key;
                let was_there = !watched.was_expired && keys.contains(key);
                session.void |= was_there || now.contains(key);
                watched.was_expired = now.has_expired(key);
            }
        }
    }
}
