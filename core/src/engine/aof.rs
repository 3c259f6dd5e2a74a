//! The append only file: a snapshot, and every command that has changed something since.
//!
//! It is kept in memory. A server that lives inside a test writes no file that nobody has asked for.
use super::World;
use super::call::Attempt;
use super::node::Node;
use super::persistence::Loading;
use super::replication::select;
use super::session::{Address, SessionId};
use crate::resp::{DecodeLimits, Decoder, Words, encode_request};
use crate::store::Store;
use bytes::{Bytes, BytesMut};

/// The session that carries out what the file says; no client is given its id.
pub(super) const READER: SessionId = SessionId::MAX;

#[derive(Debug, Default)]
pub(crate) struct Aof {
    /// Commands are written as they come.
    is_on: bool,
    /// What there is, which stays when no more is written.
    file: Option<File>,
    pub(crate) rewrites: u64,
    /// DEBUG LOADAOF was said: all is read back once the command is done.
    pub(crate) is_to_be_loaded: bool,
}

#[derive(Debug, Default)]
struct File {
    base: Bytes,
    commands: BytesMut,
    /// The database that was last selected in it.
    selected: Option<usize>,
}

impl Aof {
    pub(crate) fn is_on(&self) -> bool {
        self.is_on
    }

    /// Whether there is something to be read back.
    pub(crate) fn is_there(&self) -> bool {
        self.file.is_some()
    }

    /// The size of the snapshot, and of it and all commands.
    pub(crate) fn sizes(&self) -> (usize, usize) {
        let file = self.file.as_ref();
        file.map_or((0, 0), |file| (file.base.len(), file.base.len() + file.commands.len()))
    }

    pub(super) fn write(&mut self, db: Option<usize>, words: &[Bytes]) {
        let Some(file) = self.file.as_mut().filter(|_| self.is_on) else { return };
        if db.is_some() && db != file.selected {
            file.selected = db;
            encode_request(&select(db), &mut file.commands);
        }
        encode_request(words, &mut file.commands);
    }
}

impl Node {
    /// Begins to write a file, or ends it, as the settings want it.
    pub(crate) fn keep_aof(&mut self, store: &Store) {
        let wanted = self.config.text("appendonly") == "yes";
        if wanted && !self.aof.is_on() {
            self.rewrite_aof(store);
        }
        self.aof.is_on = wanted;
    }

    /// Begins the file anew with all there is.
    pub(crate) fn rewrite_aof(&mut self, store: &Store) {
        self.aof.rewrites += 1;
        let base = self.snapshot(store);
        self.aof.file = Some(File { base, ..File::default() });
    }
}

impl World {
    /// Empties all databases and carries out what the file says, if the last command has asked for it.
    pub(super) fn load_aof_if_asked_to(&mut self) {
        if std::mem::take(&mut self.node.aof.is_to_be_loaded) {
            self.load_aof();
        }
    }

    fn load_aof(&mut self) {
        let Some(mut file) = self.node.aof.file.take() else { return };
        let (stats, running) = (std::mem::take(&mut self.node.stats), self.clients.running);
        self.node.reset_stats();
        let is_followed = std::mem::take(&mut self.store.is_followed);
        self.load(&file.base, Loading { flushes: true, merges: false })
            .expect("the server has written it itself");
        self.clients.add_as(READER, Address::default(), self.node.encoding(), self.node.now);
        for words in requests(&file.commands) {
            self.replay(&words);
        }
        self.clients.remove(READER);
        self.clients.take_last_words(READER);
        self.clients.running = running;
        self.store.is_followed = is_followed;
        self.store.take_lapsed();
        self.effects.clear();
        self.store.counts.dirty = 0;
        self.node.stats = stats;
        file.selected = None;
        self.node.aof.file = Some(file);
    }

    fn replay(&mut self, words: &Words) {
        let Ok(entry) = self.node.table.lookup(words) else { return };
        // Nothing comes between the commands of a transaction: its beginning and its end say nothing.
        if !matches!(entry.name.as_str(), "multi" | "exec") {
            self.call(READER, entry, words, Attempt::Last, 0);
        }
    }
}

fn requests(commands: &BytesMut) -> Vec<Words> {
    let limits = DecodeLimits { bulk: i64::MAX, authenticated: true, valkey_9_1: false };
    let (mut decoder, mut rest) = (Decoder::default(), commands.clone());
    std::iter::from_fn(|| decoder.next(&mut rest, limits).ok().flatten()).collect()
}
