//! What of a command reaches those who follow: replicas, and the append only file.
//!
//! A command that changed something propagates as it came. Where that would not do the same elsewhere or later, its
//! handler says what propagates instead. What one command or transaction propagates reaches its readers as one.
use super::World;
use super::aof::READER;
use super::call::{Attempt, Ctx};
use super::session::SessionId;
use crate::command::Entry;
use crate::resp::Words;
use crate::store::{Lapse, Lapsed};
use bytes::Bytes;
use std::sync::Arc;

/// Who is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    All,
    Replicas,
}

/// What the handler of a command says about its propagation.
#[derive(Debug, Default)]
pub(crate) struct Propagation {
    /// Whether anybody follows. If nobody does, nothing that is said costs anything.
    is_on: bool,
    /// Commands that go before its own.
    also: Vec<Words>,
    own: Own,
    /// It propagates though nothing has changed.
    anyway: Option<Audience>,
}

/// How a command itself propagates.
#[derive(Debug, Default)]
enum Own {
    #[default]
    AsItCame,
    Instead(Words),
    Nothing,
}

/// A command on its way to who follows.
#[derive(Debug)]
pub(super) struct Effect {
    pub(super) db: usize,
    pub(super) words: Words,
    pub(super) audience: Audience,
}

impl Propagation {
    pub(super) fn new(is_on: bool) -> Propagation {
        Propagation { is_on, ..Propagation::default() }
    }
}

impl Ctx<'_> {
    /// Another command propagates in place of this one, if this one has changed something.
    pub(crate) fn propagate_instead<const N: usize>(&mut self, words: impl FnOnce() -> [Bytes; N]) {
        if self.propagation.is_on {
            self.propagation.own = Own::Instead(words().into());
        }
    }

    /// As [`Ctx::propagate_instead`], of words that are made of those that came.
    pub(crate) fn propagate_rewritten(&mut self, rewrite: impl FnOnce(&[Bytes]) -> Vec<Bytes>) {
        if self.propagation.is_on {
            self.propagation.own = Own::Instead(rewrite(self.words).into());
        }
    }

    /// A command propagates besides this one, before it.
    pub(crate) fn propagate_also(&mut self, words: impl FnOnce() -> Vec<Bytes>) {
        if self.propagation.is_on {
            self.propagation.also.push(words().into());
        }
    }

    /// This command does not propagate itself.
    pub(crate) fn propagate_not(&mut self) {
        self.propagation.own = Own::Nothing;
    }

    /// This command propagates, whether it has changed something or not.
    pub(crate) fn propagate_anyway(&mut self, audience: Audience) {
        self.propagation.anyway = Some(audience);
    }

    /// Whether anybody follows what this server does.
    pub(crate) fn is_followed(&self) -> bool {
        self.propagation.is_on
    }

    /// Whether it is the append only file that says this command.
    pub(crate) fn is_replaying(&self) -> bool {
        self.id == READER
    }

    /// The command by which a key that this command lets go of is removed elsewhere.
    pub(crate) fn removal(&self) -> Bytes {
        removal(self.node.config.text("lazyfree-lazy-server-del") == "yes")
    }

    /// The command by which a key that this command lets expire is removed elsewhere.
    pub(crate) fn expiry(&self) -> Bytes {
        removal(self.node.config.text("lazyfree-lazy-expire") == "yes")
    }
}

/// A word of a command that propagates.
pub(crate) const fn word(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

/// The command that removes a key, at once or in the background.
fn removal(is_lazy: bool) -> Bytes {
    Bytes::from_static(if is_lazy { b"UNLINK" } else { b"DEL" })
}

/// What was so before a command ran.
pub(super) struct Before {
    pub(super) is_followed: bool,
    dirty: u64,
    in_transaction: bool,
    was_woken: bool,
}

impl World {
    /// What went by itself is told before the command is. In a transaction it is part of that.
    pub(super) fn before_call(&mut self, attempt: &Attempt) -> Before {
        let in_transaction = *attempt == Attempt::Last;
        let is_followed = self.store.is_followed;
        if is_followed && !in_transaction {
            self.propagate_lapsed();
        }
        let was_woken = matches!(attempt, Attempt::Woken(_));
        Before { is_followed, dirty: self.store.counts.dirty, in_transaction, was_woken }
    }

    /// Tells what a command did, or keeps it until its transaction is done.
    pub(super) fn after_call(
        &mut self,
        id: SessionId,
        entry: &Entry,
        words: &Words,
        propagation: Propagation,
        before: &Before,
    ) {
        let db = self.clients.current(id).db;
        let changed = self.store.counts.dirty != before.dirty;
        self.gather_effects(propagation, db, words, changed);
        if !before.in_transaction {
            self.propagate(Some(entry));
        }
        // Who waits for replicas waits for what was written before.
        if changed || !before.was_woken {
            self.clients.current(id).wrote_up_to = self.node.replication.offset;
        }
    }

    /// Adds what a command that was carried out propagates to what is to be told.
    fn gather_effects(
        &mut self,
        propagation: Propagation,
        db: usize,
        words: &Words,
        changed: bool,
    ) {
        let Propagation { also, own, anyway, .. } = propagation;
        let lapsed = self.take_lapsed();
        self.effects.extend(lapsed);
        let effect = |words| Effect { db, words, audience: Audience::All };
        self.effects.extend(also.into_iter().map(effect));
        let Some(audience) = changed.then_some(Audience::All).or(anyway) else { return };
        let words = match own {
            Own::AsItCame => Arc::clone(words),
            Own::Instead(words) => words,
            Own::Nothing => return,
        };
        self.effects.push(Effect { db, words, audience });
    }

    /// Tells those who follow what was gathered: more than one command as a transaction, unless each stands for itself.
    pub(super) fn propagate(&mut self, entry: Option<&Entry>) {
        let effects = std::mem::take(&mut self.effects);
        let (Some(first), Some(last)) = (effects.first(), effects.last()) else { return };
        // Keys that a command like these happens upon are removed one by one.
        let happens_upon =
            entry.is_some_and(|entry| matches!(entry.name.as_str(), "scan" | "randomkey"));
        let as_one = effects.len() > 1 && !happens_upon;
        // Before 7.2 the database is chosen before the transaction begins.
        let places = if self.node.persona.at_least(7, 2) {
            (None, None)
        } else {
            (Some(first.db), Some(last.db))
        };
        if as_one {
            self.tell_followers(places.0, &[Bytes::from_static(b"MULTI")], Audience::All);
        }
        for effect in effects {
            self.tell_followers(Some(effect.db), &effect.words, effect.audience);
        }
        if as_one {
            self.tell_followers(places.1, &[Bytes::from_static(b"EXEC")], Audience::All);
        }
    }

    /// Tells those who follow of what went by itself, each for itself.
    pub(super) fn propagate_lapsed(&mut self) {
        for Effect { db, words, audience } in self.take_lapsed() {
            self.tell_followers(Some(db), &words, audience);
        }
    }

    fn take_lapsed(&mut self) -> Vec<Effect> {
        let lapsed = self.store.take_lapsed();
        lapsed.into_iter().flat_map(|lapse| self.effects_of(lapse)).collect()
    }

    fn effects_of(&self, Lapse { db, key, what }: Lapse) -> Vec<Effect> {
        let is_set = |name| self.node.config.text(name) == "yes";
        let effect = |words: Words| Effect { db, words, audience: Audience::All };
        let hdel = || [Bytes::from_static(b"HDEL"), key.clone()].into_iter();
        match what {
            Lapsed::Expired => {
                vec![effect([removal(is_set("lazyfree-lazy-expire")), key].into())]
            }
            Lapsed::Evicted => {
                vec![effect([removal(is_set("lazyfree-lazy-eviction")), key].into())]
            }
            // Valkey names all fields at once, Redis one after the other.
            Lapsed::Fields(fields) if self.node.persona.is_valkey() => {
                vec![effect(hdel().chain(fields).collect())]
            }
            Lapsed::Fields(fields) => {
                fields.into_iter().map(|field| effect(hdel().chain([field]).collect())).collect()
            }
        }
    }
}
