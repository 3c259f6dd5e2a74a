//! What commands have done outside the engine, which does no IO: files written and read, keys sent to other servers.
use super::World;
use super::persistence::Loading;
use super::session::SessionId;
use super::task::{Ask, Asked, Stage};
use crate::resp::{Error, Reply, Result};
use crate::store::Removal;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Something to be done outside.
#[derive(Debug)]
pub(crate) enum Errand {
    Write {
        path: PathBuf,
        bytes: Bytes,
    },
    Read {
        path: PathBuf,
    },
    /// Looks whether a folder is there, and where.
    Find {
        folder: PathBuf,
    },
    Migrate(Migration),
}

/// Requests for another server.
#[derive(Debug)]
pub(crate) struct Migration {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// How long the other server may take to accept the connection, and for each of its replies.
    pub(crate) timeout: Duration,
    /// All requests, one after the other.
    pub(crate) requests: Bytes,
    pub(crate) replies: usize,
}

/// What came of an errand.
#[derive(Debug)]
pub(crate) enum Report {
    Written(std::io::Result<()>),
    Read(std::io::Result<Vec<u8>>),
    /// The folder's full name.
    Found(std::io::Result<PathBuf>),
    /// The first lines of the replies, and what went wrong before all were there.
    Migrated(Vec<Bytes>, Option<Trouble>),
}

/// Why another server did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    Connecting,
    Writing,
    Reading,
}

/// What an errand is for: with its report, the command goes on here.
#[derive(Debug)]
pub(crate) enum Purpose {
    /// A snapshot is saved, which held so many changes.
    Save {
        changes: u64,
    },
    /// As SAVE, then all is loaded back.
    SaveAndLoad {
        bytes: Bytes,
        loading: Loading,
    },
    Load(Loading),
    /// These settings are set, if the folder among them is there.
    Configure(Vec<[Bytes; 2]>),
    /// As SAVE, then the server stops: also if saving fails, if it is forced to.
    Shutdown {
        forced: bool,
    },
    Migrate(Sent),
}

/// Keys that are sent to another server.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) db: usize,
    pub(crate) keys: Vec<Bytes>,
    /// How many requests of another kind go before those for the keys.
    pub(crate) requests_before: usize,
    /// The keys stay here too.
    pub(crate) copies: bool,
}

/// Errands that are to be run, and what those that are run are for, by the call that sent them.
#[derive(Debug, Default)]
pub(super) struct Errands {
    sent: Vec<Ask>,
    purposes: BTreeMap<u64, Purpose>,
}

impl Errands {
    pub(super) fn send(&mut self, id: SessionId, call: u64, errand: Errand, purpose: Purpose) {
        self.sent.push(Ask { id, call, what: Asked::Errand(errand) });
        self.purposes.insert(call, purpose);
    }

    /// Whether none is being run.
    pub(super) fn is_empty(&self) -> bool {
        self.purposes.is_empty()
    }

    pub(super) fn take_sent(&mut self) -> Vec<Ask> {
        std::mem::take(&mut self.sent)
    }
}

impl World {
    /// An errand was run: its command goes on, if its client still waits for it.
    pub(super) fn report(&mut self, id: SessionId, call: u64, report: Report, asks: &mut Vec<Ask>) {
        let Some(purpose) = self.errands.purposes.remove(&call) else { return };
        let stops = matches!(purpose, Purpose::Shutdown { .. });
        let result = self.carry_on(purpose, report);
        if let Some(session) = self.clients.get_mut(id) {
            session.closes |= stops && result.is_ok();
        }
        self.note_changes();
        let is_away =
            |task: &super::task::Task| task.call == call && matches!(task.stage, Stage::Away);
        let Some(mut task) = self.unpark(id, is_away) else { return };
        if let Ok(entry) = task.entry.clone() {
            task.performance.executed(self.count(entry, result));
        }
        self.go(id, *task, asks);
    }

    fn carry_on(&mut self, purpose: Purpose, report: Report) -> Result<Reply> {
        match (purpose, report) {
            (Purpose::Save { changes }, Report::Written(written)) => {
                self.saved(changes, written.is_ok())?;
                Ok(Reply::OK)
            }
            (Purpose::SaveAndLoad { bytes, loading }, Report::Written(written)) => {
                self.saved(self.store.counts.dirty, written.is_ok())?;
                self.load(&bytes, loading).map_err(|_| Error::CANNOT_RELOAD)?;
                Ok(Reply::OK)
            }
            (Purpose::Load(loading), Report::Read(bytes)) => {
                let bytes = bytes.map_err(|_| Error::CANNOT_RELOAD)?;
                self.load(&bytes, loading).map_err(|_| Error::CANNOT_RELOAD)?;
                Ok(Reply::OK)
            }
            (Purpose::Configure(pairs), Report::Found(folder)) => {
                self.set_folder(pairs, folder)?;
                Ok(Reply::OK)
            }
            (Purpose::Shutdown { forced }, Report::Written(written)) => {
                if written.is_err() && !forced {
                    return Err(Error::SHUTDOWN_FAILED);
                }
                self.node.stopped = true;
                Ok(Reply::Nothing)
            }
            (Purpose::Migrate(sent), Report::Migrated(lines, trouble)) => {
                self.finish_migration(&sent, &lines, trouble)
            }
            // Every errand has a report of its own kind.
            _ => Err(Error::SYNTAX),
        }
    }

    /// Sets settings of which one is `dir`, which a real server changes into at once.
    fn set_folder(
        &mut self,
        mut pairs: Vec<[Bytes; 2]>,
        folder: std::io::Result<PathBuf>,
    ) -> Result<()> {
        let folder = folder.map_err(|error| Error::config_set(b"dir", &reason_of(&error)))?;
        for [name, value] in &mut pairs {
            if name.eq_ignore_ascii_case(b"dir") {
                *value = folder.as_os_str().as_encoded_bytes().to_vec().into();
            }
        }
        self.node.change_settings(&mut self.store, &pairs)?;
        Ok(())
    }

    /// Lets go of the keys that the other server has taken; the first error it has answered.
    fn finish_migration(
        &mut self,
        sent: &Sent,
        lines: &[Bytes],
        trouble: Option<Trouble>,
    ) -> Result<Reply> {
        let is_error = |line: &&Bytes| line.starts_with(b"-");
        let (before, replies) = lines.split_at(sent.requests_before.min(lines.len()));
        let mut error = before.iter().find(is_error);
        for (key, line) in sent.keys.iter().zip(replies) {
            error = error.or_else(|| Some(line).filter(is_error));
            if !sent.copies && before.iter().chain([line]).find(is_error).is_none() {
                self.store.db(sent.db).remove(key, Removal::Deleted);
            }
        }
        match (error.filter(|_| !replies.is_empty()), trouble) {
            (Some(line), _) => Err(Error::of_target(&line[1..])),
            (None, Some(Trouble::Connecting)) => Err(Error::TARGET_CONNECTING),
            (None, Some(Trouble::Writing)) => Err(Error::TARGET_WRITING),
            (None, Some(Trouble::Reading)) => Err(Error::TARGET_READING),
            (None, None) => Ok(Reply::OK),
        }
    }
}

/// What the system says of an error, without its number.
fn reason_of(error: &std::io::Error) -> String {
    let said = error.to_string();
    said.split(" (os error").next().unwrap_or_default().to_owned()
}
