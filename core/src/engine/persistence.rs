//! Saving all databases and loading them back, as bytes: whoever has files reads and writes them.
use super::{Node, World};
use crate::rdb::{self, Record};
use crate::resp::{Error, Result};
use crate::store::{Entry, Store};
use bytes::Bytes;
use std::fmt;
use std::path::{Path, PathBuf};

/// What INFO and LASTSAVE tell of saving and loading.
#[derive(Clone, Debug, Default)]
pub(crate) struct Persistence {
    /// When all was saved last, if it was; in seconds.
    pub(crate) saved_at_s: Option<i64>,
    pub(crate) saves: u64,
    /// A file is being written for BGSAVE.
    pub(crate) is_saving: bool,
    pub(crate) has_failed: bool,
    /// BGSAVE was carried out.
    pub(crate) has_saved_aside: bool,
    /// Of the last load: how many keys there were, and how many had expired.
    pub(crate) loaded: u64,
    pub(crate) expired: u64,
    /// What was saved last while there is no folder for files.
    pub(crate) snapshot: Option<Bytes>,
    /// The libraries of functions that came with what was loaded; they are saved again.
    functions: Vec<Bytes>,
}

/// How loaded keys meet those there are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Loading {
    /// What is there goes first.
    pub(crate) flushes: bool,
    /// A key that is there already is replaced.
    pub(crate) merges: bool,
}

/// Why bytes cannot be loaded.
#[derive(Debug)]
pub(crate) enum LoadError {
    Fault(rdb::Fault),
    /// They have a database of this number, of which there are not so many.
    Database {
        db: usize,
        databases: usize,
    },
    Duplicate(Bytes),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::Fault(fault) => fault.fmt(f),
            LoadError::Database { db, databases } => {
                write!(f, "it has keys in database {db}, and the server has {databases} databases")
            }
            LoadError::Duplicate(key) => {
                write!(f, "the key '{}' is there twice", key.escape_ascii())
            }
        }
    }
}

impl Node {
    /// Where SAVE writes, if `dir` names a folder. Until somebody says where, nothing is written: a server that lives
    /// inside a test must not leave files where the test was started.
    pub(crate) fn save_path(&self) -> Option<PathBuf> {
        const NONE: &str = "/";
        let dir = self.config.text("dir");
        (dir != NONE).then(|| Path::new(dir).join(self.config.text("dbfilename")))
    }

    /// All databases as a file.
    pub(crate) fn snapshot(&self, store: &Store) -> Bytes {
        let now_s = self.now.div_euclid(1_000_000);
        let mut snapshot = rdb::Snapshot::new(self.rdb_form(), now_s, store.bytes());
        self.persistence.functions.iter().for_each(|source| snapshot.function(source));
        let policy = self.config.text("maxmemory-policy");
        let sizes: Vec<_> = store.sizes().collect();
        for (db, keys, volatile, _) in sizes {
            snapshot.select(db, keys, volatile);
            for (key, entry) in store.entries(db) {
                if policy.ends_with("lru") {
                    let idle_s = (store.now_ms - entry.used_at_ms.get()).div_euclid(1000);
                    snapshot.idle(u64::try_from(idle_s).unwrap_or(0));
                } else if policy.ends_with("lfu") {
                    snapshot.frequency(entry.frequency(store.now_ms, store.pace));
                }
                snapshot.key(key, &entry.value, entry.expires_at_ms);
            }
        }
        snapshot.finish().into()
    }

    /// Refuses what would change something, as `stop-writes-on-bgsave-error` wants it once a BGSAVE has failed.
    pub(super) fn saves_well(&self) -> Result<()> {
        let minds = self.config.text("stop-writes-on-bgsave-error") == "yes";
        if !(self.persistence.has_failed && minds && !self.config.text("save").is_empty()) {
            return Ok(());
        }
        Err(self.cannot_persist())
    }

    /// Why nothing is written while it could not be saved.
    pub(super) fn cannot_persist(&self) -> Error {
        let is_valkey =
            self.persona.is_valkey() && self.config.text("extended-redis-compatibility") != "yes";
        Error::cannot_persist(if is_valkey { "Valkey" } else { "Redis" })
    }

    /// Notes whether all was saved. That SAVE has failed is told to who said it, and nobody else.
    pub(crate) fn note_save(&mut self, succeeded: bool) -> Result<()> {
        let persistence = &mut self.persistence;
        let was_aside = std::mem::take(&mut persistence.is_saving);
        persistence.has_failed = !succeeded && (was_aside || persistence.has_failed);
        if !succeeded {
            return Err(Error::CANNOT_SAVE);
        }
        persistence.saved_at_s = Some(self.now.div_euclid(1_000_000));
        Ok(())
    }

    /// Loads what a file holds. Nothing has changed if it cannot be read.
    pub(crate) fn load(
        &mut self,
        store: &mut Store,
        bytes: &[u8],
        loading: Loading,
    ) -> Result<(), LoadError> {
        let contents =
            rdb::read_file(bytes, self.rdb_form(), &store.limits).map_err(LoadError::Fault)?;
        let databases = store.databases();
        if let Some(record) = contents.records.iter().find(|record| record.db >= databases) {
            return Err(LoadError::Database { db: record.db, databases });
        }
        let dirty = store.counts.dirty;
        if loading.flushes {
            for db in 0..databases {
                store.flush(db);
            }
        }
        store.counts.dirty = dirty;
        self.persistence.functions = contents.functions;
        (self.persistence.loaded, self.persistence.expired) = (0, 0);
        let now_ms = store.now_ms;
        for record in contents.records {
            if record.expires_at_ms.is_some_and(|at| at < now_ms) {
                self.persistence.expired += 1;
                continue;
            }
            let mut db = store.db(record.db);
            if !loading.merges && db.peek(&record.key).is_some() {
                return Err(LoadError::Duplicate(record.key));
            }
            let (key, entry) = entry_of(record, now_ms);
            db.take(&key);
            db.restore(&key, entry);
            self.persistence.loaded += 1;
        }
        Ok(())
    }
}

fn entry_of(record: Record, now_ms: i64) -> (Bytes, Entry) {
    let entry = Entry::new(record.value, record.expires_at_ms);
    let idle_ms =
        i64::try_from(record.idle_s.unwrap_or(0)).unwrap_or(i64::MAX).saturating_mul(1000);
    entry.used_at_ms.set(now_ms.saturating_sub(idle_ms));
    record.frequency.into_iter().for_each(|frequency| entry.set_frequency(frequency));
    (record.key, entry)
}

impl World {
    /// What the file of a host holds, from now on and after each reset.
    pub(crate) fn start_with(&mut self, bytes: Bytes) -> Result<(), LoadError> {
        self.at(self.node.now);
        self.load(&bytes, Loading { flushes: true, merges: false })?;
        self.initial_data = Some(bytes);
        if self.node.aof.is_on() {
            self.node.rewrite_aof(&self.store);
        }
        Ok(())
    }

    pub(super) fn load(&mut self, bytes: &[u8], loading: Loading) -> Result<(), LoadError> {
        self.node.load(&mut self.store, bytes, loading)
    }

    /// All was saved, or not; what changed meanwhile is not saved yet.
    pub(super) fn saved(&mut self, changes: u64, succeeded: bool) -> Result<()> {
        self.node.note_save(succeeded)?;
        self.store.counts.dirty = self.store.counts.dirty.saturating_sub(changes);
        Ok(())
    }
}
