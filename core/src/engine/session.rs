//! One connection as the engine knows it.
use super::link::Linked;
use super::perform::Faults;
use super::replication::Replica;
use super::task::Task;
use crate::clock::Micros;
use crate::command::Entry;
use crate::double::ClientInfo;
use crate::double::script::{Emission, Script};
use crate::resp::{Encoding, Reply, Words, encode};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A client's id, as CLIENT ID tells it.
pub(crate) type SessionId = u64;

/// Where a connection comes from and where it arrived.
#[derive(Clone, Debug, Default)]
pub(crate) struct Address {
    /// `127.0.0.1:50123`, or `/path/to/socket:0` over a Unix socket.
    pub(crate) peer: Arc<str>,
    pub(crate) local: String,
    pub(crate) unix: bool,
    pub(crate) fd: i64,
}

/// One connection.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "a connection has many independent switches")]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) address: Address,
    /// What calls tell of it, made anew when some of it has changed.
    info: Option<Arc<ClientInfo>>,
    pub(crate) encoding: Encoding,
    pub(crate) db: usize,
    pub(crate) user: Arc<str>,
    pub(crate) authenticated: bool,
    pub(crate) name: Bytes,
    pub(crate) library: Bytes,
    pub(crate) library_version: Bytes,
    pub(crate) created: Micros,
    pub(crate) used: Micros,
    pub(crate) no_evict: bool,
    pub(crate) no_touch: bool,
    /// It understands redirections, as CLIENT CAPA said.
    pub(crate) redirects: bool,
    /// It is a source of imported data, as CLIENT IMPORT-SOURCE said.
    pub(crate) imports: bool,
    pub(crate) replies: ReplyMode,
    pub(crate) transaction: Option<Transaction>,
    pub(crate) watched: Vec<Watched>,
    /// A watched key was changed: EXEC answers null.
    pub(crate) void: bool,
    pub(crate) channels: BTreeSet<Bytes>,
    /// In the order in which they were subscribed to.
    pub(crate) patterns: Vec<Bytes>,
    pub(crate) shard_channels: BTreeSet<Bytes>,
    /// What HIMPORT prepared: fields by the name of their set.
    pub(crate) fieldsets: BTreeMap<Bytes, Arc<[Bytes]>>,
    pub(crate) last_command: Option<&'static Entry>,
    pub(crate) commands: u64,
    pub(crate) input_bytes: u64,
    pub(crate) output_bytes: u64,
    /// Bytes encoded that the connection has not sent yet.
    pub(crate) unsent: usize,
    /// Since when `unsent` has been over the soft limit.
    pub(crate) over_soft_limit: Option<Micros>,
    pub(crate) out: Script,
    /// What the running command has the session hear: it is sent before or after the reply.
    pub(super) overheard: Vec<Reply>,
    /// Which round trip the request that is worked on is part of.
    pub(crate) trip: u64,
    /// The size of the request that is worked on, as it was read.
    pub(crate) request_bytes: usize,
    /// The size of its words.
    pub(super) words_bytes: usize,
    /// What the session is busy with; its next request waits until it is done.
    pub(crate) task: Option<Box<Task>>,
    pub(super) faults: Faults,
    pub(super) linked: Linked,
    /// What it said of itself as a replica.
    pub(crate) replica: Option<Box<Replica>>,
    /// How long the stream for replicas was after its last command.
    pub(crate) wrote_up_to: i64,
    /// After the running command nothing more is read or sent.
    pub(crate) closes: bool,
    /// It was to close after a reply that CLIENT REPLY withheld: it stays open, and neither hears nor says anything more.
    pub(crate) is_mute: bool,
}

/// A key that WATCH named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Watched {
    pub(crate) db: usize,
    pub(crate) key: Bytes,
    /// It was there but expired when WATCH was said: its removal changes nothing.
    pub(crate) was_expired: bool,
}

/// What MULTI began.
#[derive(Debug, Default)]
pub(crate) struct Transaction {
    pub(crate) queued: Vec<Queued>,
    /// A command could not be queued: EXEC answers EXECABORT.
    pub(crate) aborted: bool,
}

/// A command that waits for EXEC.
#[derive(Clone, Debug)]
pub(crate) struct Queued {
    pub(crate) words: Words,
    pub(crate) entry: &'static Entry,
    /// Its call in the journal.
    pub(crate) call: u64,
}

/// What CLIENT REPLY said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ReplyMode {
    #[default]
    On,
    Off,
    /// The next command is not answered.
    SkipNext,
    /// This command is not answered.
    Skip,
}

impl Session {
    pub(super) fn new(id: SessionId, address: Address, encoding: Encoding, now: Micros) -> Session {
        Session {
            id,
            address,
            info: None,
            encoding,
            db: 0,
            user: "default".into(),
            authenticated: false,
            name: Bytes::new(),
            library: Bytes::new(),
            library_version: Bytes::new(),
            created: now,
            used: now,
            no_evict: false,
            no_touch: false,
            redirects: false,
            imports: false,
            replies: ReplyMode::On,
            transaction: None,
            watched: Vec::new(),
            void: false,
            channels: BTreeSet::new(),
            patterns: Vec::new(),
            shard_channels: BTreeSet::new(),
            fieldsets: BTreeMap::new(),
            last_command: None,
            commands: 0,
            input_bytes: 0,
            output_bytes: 0,
            unsent: 0,
            over_soft_limit: None,
            out: Script::default(),
            overheard: Vec::new(),
            trip: 0,
            request_bytes: 0,
            words_bytes: 0,
            task: None,
            faults: Faults::of(0, id),
            linked: Linked::new(),
            replica: None,
            wrote_up_to: 0,
            closes: false,
            is_mute: false,
        }
    }

    pub(crate) fn subscriptions(&self) -> usize {
        self.channels.len() + self.patterns.len()
    }

    /// What is known of it now.
    pub(crate) fn info(&mut self) -> Arc<ClientInfo> {
        if let Some(info) = self.info.as_ref().filter(|info| self.is_still(info)) {
            return Arc::clone(info);
        }
        let info = Arc::new(self.described());
        Arc::clone(self.info.insert(info))
    }

    /// What is known of it now, made anew.
    pub(crate) fn described(&self) -> ClientInfo {
        ClientInfo {
            id: self.id,
            name: self.name.clone(),
            user: Arc::clone(&self.user),
            protocol: self.encoding.protocol,
            library: self.library.clone(),
            library_version: self.library_version.clone(),
            address: Arc::clone(&self.address.peer),
        }
    }

    fn is_still(&self, info: &ClientInfo) -> bool {
        is_same(&self.name, &info.name)
            && Arc::ptr_eq(&self.user, &info.user)
            && self.encoding.protocol == info.protocol
            && is_same(&self.library, &info.library)
            && is_same(&self.library_version, &info.library_version)
    }

    /// Whether it counts among pub/sub clients.
    pub(crate) fn is_subscriber(&self) -> bool {
        self.subscriptions() + self.shard_channels.len() > 0
    }

    /// How much the words of the request take that is worked on.
    pub(crate) fn argument_bytes(&self) -> usize {
        self.words_bytes
    }

    /// How much the words of queued commands take, each with a pointer to it.
    pub(crate) fn queued_bytes(&self) -> usize {
        let queued = self.transaction.iter().flat_map(|transaction| &transaction.queued);
        queued.flat_map(|queued| queued.words.iter()).map(|word| word.len() + 8).sum()
    }

    /// How many bytes the connection has sent.
    pub(crate) fn sent_bytes(&self) -> u64 {
        self.output_bytes - self.unsent as u64
    }

    /// Appends a reply as this session reads it.
    pub(crate) fn send(&mut self, reply: &Reply) {
        if self.is_mute || self.faults.hangs {
            return;
        }
        let tail = self.out.tail();
        let before = tail.len();
        encode(reply, self.encoding, tail);
        let written = tail.len() - before;
        self.note_written(written);
    }

    /// Appends bytes as they are.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.out.tail().extend_from_slice(bytes);
        self.note_written(bytes.len());
    }

    /// Appends what is more than bytes.
    pub(crate) fn play(&mut self, emissions: Vec<Emission>) {
        for emission in emissions {
            if let Emission::Bytes(bytes) = &emission {
                self.note_written(bytes.len());
            }
            self.out.push(emission);
        }
    }

    /// The long strings of a reply that was appended are lent by the store: they do not count as waiting to be sent.
    pub(crate) fn lend(&mut self, reply: &Reply) {
        self.unsent = self.unsent.saturating_sub(reply.lent_bytes());
    }

    fn note_written(&mut self, bytes: usize) {
        self.unsent += bytes;
        self.output_bytes += bytes as u64;
    }
}

/// Whether two names are the same. Most are empty: those have no place in memory, and a processor may take a hundred times as
/// long to compare nothing there as to see that there is nothing.
fn is_same(one: &Bytes, other: &Bytes) -> bool {
    one.len() == other.len() && (one.is_empty() || one == other)
}
