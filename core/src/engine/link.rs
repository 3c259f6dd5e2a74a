//! Which connection's bytes go through which effects of the test's links.
use super::World;
use super::client::SessionId;
use crate::clock::Micros;
use crate::double::link::{Link, LinkId, Plan};
use crate::double::script::Emission;
use crate::double::{Client, Ending};
use std::sync::Arc;

/// What a session's connection goes through now.
#[derive(Debug, Default)]
pub(super) struct Linked {
    /// The links and how many effects each has: no two states of the links look the same to a connection.
    seen: Vec<(LinkId, usize)>,
}

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
        }
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
        if self.links.is_empty() && session.linked.seen.is_empty() {
            return None;
        }
        let (info, db) = (session.info(), session.db);
        let seed = self.node.seed();
        let effects = self.links.effects_for(seed, id, |client| client.is(&info, db));
        let mut counts: Vec<(LinkId, usize)> = Vec::new();
        for placed in &effects {
            match counts.last_mut().filter(|(link, _)| *link == placed.link) {
                Some((_, count)) => *count += 1,
                None => counts.push((placed.link, 1)),
            }
        }
        if session.linked.seen == counts {
            return None;
        }
        session.linked.seen = counts;
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
