//! What the journal is told of a request.
use super::World;
use super::session::SessionId;
use crate::clock::since_1970;
use crate::command::{Entry, is_known, name_of};
use crate::double::journal::{Call, Via};
use crate::double::rule::RuleId;
use crate::resp::Words;
use std::sync::Arc;

impl World {
    pub(super) fn record(
        &mut self,
        id: SessionId,
        words: &Words,
        entry: Option<&'static Entry>,
        queued: bool,
    ) -> u64 {
        let seq = self.double.journal.next_seq();
        let faults = self.told_of_links(id);
        let session = self.clients.current(id);
        let name = entry.map_or_else(|| name_of(words).0.into(), |entry| Arc::clone(&entry.title));
        let is_known = || name.split(' ').next().is_some_and(is_known);
        let action = match entry {
            None if is_known() => "unsupported",
            None => "unknown",
            Some(_) => "pending",
        };
        self.double.journal.record(Call {
            seq,
            time: since_1970(self.node.now),
            conn: id,
            client: session.info(),
            name,
            db: session.db,
            via: if queued { Via::Exec } else { Via::Direct },
            rule: None,
            action,
            reply: None,
            duration: None,
            faults,
            trip: session.trip,
            asserted: false,
            refused: false,
            words: Arc::clone(words),
            entry,
            weight: 0,
        });
        seq
    }

    pub(super) fn note(&mut self, call: u64, action: &'static str, rule: Option<RuleId>) {
        if let Some(call) = self.double.journal.find_mut(call) {
            call.action = action;
            call.rule = rule;
        }
    }
}
