//! Which connection's bytes go through which effects of the test's links.
use super::World;
use super::client::Clients;
use super::session::SessionId;
use crate::clock::Micros;
use crate::double::link::{Link, LinkId, Placed, Plan};
use crate::double::script::Emission;
use crate::double::{Client, Ending};
use std::sync::Arc;

/// What a session's connection goes through now.
pub(super) type Linked = Vec<Placed>;

impl World {
    /// A link for these connections, those included that come later.
    pub(crate) fn add_link(&mut self, client: Client) -> LinkId {
        self.links.add(client)
    }

    /// Changes a link; it holds at once for what is sent from now on.
    pub(crate) fn edit_link(&mut self, now: Micros, id: LinkId, edit: impl FnOnce(&mut Link)) {
        self.at(now);
        if let Some(link) = self.links.get_mut(id) {
            edit(link);
            self.relink_all();
        }
    }

    /// Takes a link away. What is under way keeps its time.
    pub(crate) fn remove_link(&mut self, id: LinkId) {
        if self.links.remove(id) {
            self.relink_all();
            self.clients.unlink_departed(id, self.node.now);
        }
    }

    /// Takes all links away, and ends at once what only they keep open.
    pub(super) fn clear_links(&mut self) {
        self.links.clear();
        self.clients.cut_departed();
    }

    /// What the bytes of a session go through now, as its calls tell it.
    pub(super) fn told_of_links(&self, id: SessionId) -> Vec<String> {
        if self.links.is_empty() {
            return Vec::new();
        }
        self.clients.get(id).map_or_else(Vec::new, |session| self.links.told(&session.linked))
    }

    fn relink_all(&mut self) {
        for id in self.clients.ids() {
            self.relink(id);
        }
    }

    /// The links have changed, or what is known of a connection, or it is new: what follows in its script goes through
    /// what is so now.
    pub(super) fn relink(&mut self, id: SessionId) {
        if let Some(plan) = self.new_plan(id) {
            self.clients.current(id).out.push(Emission::Link(plan));
            self.clients.touch(id);
        }
    }

    fn new_plan(&mut self, id: SessionId) -> Option<Arc<Plan>> {
        let session = self.clients.get_mut(id)?;
        if self.links.is_empty() && session.linked.is_empty() {
            return None;
        }
        let (info, db) = (session.info(), session.db);
        let seed = self.node.seed();
        let effects = self.links.effects_for(seed, id, |client| client.is(&info, db));
        if session.linked == effects {
            return None;
        }
        session.linked.clone_from(&effects);
        Some(Arc::new(Plan { since: self.node.now, effects }))
    }
}

impl World {
    /// Ends these connections at once: what was not sent yet is lost.
    pub(crate) fn kill(&mut self, client: &Client, ending: Ending) -> Vec<SessionId> {
        let ids = self.sessions_of(client);
        for id in &ids {
            self.cut(*id, ending);
        }
        ids
    }

    /// Ends all connections at once.
    pub(crate) fn cut_all(&mut self) -> Vec<SessionId> {
        self.clients.cut_departed();
        self.kill(&Client::any(), Ending::Close)
    }

    /// Ends a connection at once.
    pub(super) fn cut(&mut self, id: SessionId, ending: Ending) {
        self.cut_off(id);
        self.clients.cut(id, ending);
    }

    /// The connections that are meant, in the order in which they came.
    pub(super) fn sessions_of(&mut self, client: &Client) -> Vec<SessionId> {
        let clients = &mut self.clients;
        let ids = clients.ids().into_iter();
        let is_meant = |id: &SessionId| {
            let session = clients.current(*id);
            client.is(&session.info(), session.db)
        };
        ids.filter(is_meant).collect()
    }
}

/// Connections whose sessions have ended, and whose last bytes are still under way.
impl Clients {
    fn unlink_departed(&mut self, link: LinkId, now: Micros) {
        let mut changed = Vec::new();
        for (id, effects) in &mut self.departed {
            let before = effects.len();
            effects.retain(|placed| placed.link != link);
            if effects.len() < before {
                let plan = Plan { since: now, effects: effects.clone() };
                changed.push((*id, Emission::Link(Arc::new(plan))));
            }
        }
        for (id, plan) in changed {
            self.say_last(id, plan);
        }
    }

    fn cut_departed(&mut self) {
        for id in std::mem::take(&mut self.departed).into_keys() {
            self.cut(id, Ending::Close);
            self.touch(id);
        }
    }
}
