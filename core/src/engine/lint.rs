//! What lint must know that the journal does not tell: which keys last, and who is still connected.
use super::World;
use crate::command::flag;
use crate::double::Failure;
use crate::double::lint::{Facts, Finding, Lint};
use bytes::Bytes;
use std::collections::BTreeMap;

impl World {
    /// What a lint finds.
    pub(crate) fn lint(&mut self, lint: &Lint) -> Vec<Finding> {
        let facts = self.facts();
        self.double.lint(lint, &facts)
    }

    /// What the lint the server was started with fails for.
    pub(crate) fn lint_failures(&mut self) -> Vec<Failure> {
        if self.double.lint.is_none() {
            return Vec::new();
        }
        let facts = self.facts();
        self.double.lint_failures(&facts)
    }

    fn facts(&mut self) -> Facts {
        let open = self.clients.ids().into_iter().filter_map(|id| {
            let session = self.clients.get_mut(id)?;
            Some((session.info(), session.unsent))
        });
        Facts { persona: self.node.persona, open: open.collect(), lasting: self.lasting() }
    }

    /// Keys that a call has written and that have no time to live, each with the last call that wrote it.
    fn lasting(&mut self) -> Vec<(usize, Bytes, u64)> {
        let mut written: BTreeMap<(usize, Bytes), u64> = BTreeMap::new();
        for call in self.double.journal.calls() {
            if call.entry.is_some_and(|entry| entry.command.is(flag::WRITE)) {
                let keys = call.keys().into_iter().cloned();
                written.extend(keys.map(|key| ((call.db, key), call.seq)));
            }
        }
        let mut lasting: Vec<_> = written
            .into_iter()
            .filter(|((db, key), _)| {
                *db < self.store.databases() && {
                    let db = self.store.db(*db);
                    db.contains(key) && db.expires_at_ms(key).is_none()
                }
            })
            .map(|((db, key), seq)| (db, key, seq))
            .collect();
        lasting.sort_by_key(|(_, _, seq)| *seq);
        lasting
    }
}
