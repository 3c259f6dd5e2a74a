//! Clients: sessions, what they are subscribed to and what they watch.
use super::link::Linked;
use super::perform::Faults;
use super::replication::Replica;
use super::task::Task;
use crate::clock::Micros;
use crate::command::Entry;
use crate::double::script::{Emission, Script};
use crate::double::{ClientInfo, Ending};
use crate::persona::Persona;
use crate::resp::{Encoding, Error, Reply, Words, encode};
use crate::store::Db;
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet, HashMap};
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

/// All sessions, and who listens to what.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    sessions: BTreeMap<SessionId, Session>,
    born: SessionId,
    /// Subscribers in the order in which they came.
    pub(crate) channels: BTreeMap<Bytes, Vec<SessionId>>,
    pub(crate) patterns: Vec<(Bytes, Vec<SessionId>)>,
    pub(crate) shard_channels: BTreeMap<Bytes, Vec<SessionId>>,
    watchers: HashMap<(usize, Bytes), Vec<SessionId>>,
    /// Sessions whose shell must look: there is output, or they are ready, or gone.
    touched: BTreeSet<SessionId>,
    last_words: HashMap<SessionId, Vec<Emission>>,
    /// What connections go through whose sessions have ended.
    pub(super) departed: BTreeMap<SessionId, Linked>,
    /// Connections that end at once, and how.
    cuts: HashMap<SessionId, Ending>,
    /// Sessions that a command killed: they end once it is done.
    pub(super) killed: Vec<SessionId>,
    /// Sessions that end without being told why.
    pub(super) cut_off: Vec<SessionId>,
    /// Sessions whose waiting ends, and the error they are told if it is not as at the end of their time.
    pub(super) unblocked: Vec<(SessionId, Option<Error>)>,
    /// Long strings are sent from where they are, without a copy that would count as waiting to be sent.
    pub(super) lends: bool,
    /// The session whose command runs now.
    pub(super) running: Option<SessionId>,
}

impl Clients {
    pub(super) fn of(persona: Persona) -> Clients {
        Clients { lends: persona.is_valkey_from(9, 1), ..Clients::default() }
    }

    pub(crate) fn add(
        &mut self,
        address: Address,
        encoding: Encoding,
        now: Micros,
    ) -> &mut Session {
        self.born += 1;
        self.add_as(self.born, address, encoding, now)
    }

    /// A session of this id, which no other has.
    pub(super) fn add_as(
        &mut self,
        id: SessionId,
        address: Address,
        encoding: Encoding,
        now: Micros,
    ) -> &mut Session {
        let session = Session {
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
        };
        self.sessions.entry(id).or_insert(session)
    }

    pub(crate) fn get(&self, id: SessionId) -> Option<&Session> {
        self.sessions.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: SessionId) -> Option<&mut Session> {
        self.sessions.get_mut(&id)
    }

    /// The session whose command runs.
    pub(crate) fn current(&mut self, id: SessionId) -> &mut Session {
        self.sessions.get_mut(&id).expect("a session lives while its command runs")
    }

    /// All sessions in the order of their ids.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Session> {
        self.sessions.values()
    }

    pub(crate) fn ids(&self) -> Vec<SessionId> {
        self.sessions.keys().copied().collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Sends something to a session that did not ask for it.
    pub(crate) fn push(&mut self, id: SessionId, reply: &Reply) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if self.running == Some(id) {
            session.overheard.push(reply.clone());
        } else {
            session.send(reply);
            if self.lends {
                session.lend(reply);
            }
            self.touched.insert(id);
        }
    }

    /// Sends a replica what comes next in the stream.
    pub(super) fn feed(&mut self, id: SessionId, bytes: &[u8]) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.out.tail().extend_from_slice(bytes);
        session.note_written(bytes.len());
        self.touched.insert(id);
    }

    /// A session ends once the running command is done; it hears nothing any more.
    pub(crate) fn kill(&mut self, id: SessionId) {
        self.unsubscribe_all(id);
        self.unwatch(id);
        self.killed.push(id);
    }

    pub(crate) fn is_killed(&self, id: SessionId) -> bool {
        self.killed.contains(&id)
    }

    /// Ends a session's waiting once the running command is done. False if it does not wait.
    pub(crate) fn unblock(&mut self, id: SessionId, error: Option<Error>) -> bool {
        let known = self.unblocked.iter().any(|(other, _)| *other == id);
        let waits = !known && self.get(id).is_some_and(Session::is_waiting);
        if waits {
            self.unblocked.push((id, error));
        }
        waits
    }

    /// A session's shell must look.
    pub(crate) fn touch(&mut self, id: SessionId) {
        self.touched.insert(id);
    }

    pub(super) fn untouch(&mut self, id: SessionId) {
        self.touched.remove(&id);
    }

    /// Sessions whose shells must look, for the shell to tell them.
    pub(crate) fn take_touched(&mut self) -> BTreeSet<SessionId> {
        std::mem::take(&mut self.touched)
    }

    /// Those of the sessions whose shells must look that are so.
    pub(super) fn touched_that(&mut self, are_so: impl Fn(&mut Session) -> bool) -> Vec<SessionId> {
        let Clients { touched, sessions, .. } = self;
        let is_so = |id: &&SessionId| sessions.get_mut(*id).is_some_and(&are_so);
        touched.iter().filter(is_so).copied().collect()
    }

    pub(crate) fn has_touched(&self) -> bool {
        !self.touched.is_empty()
    }

    /// Takes a session out, with all it listened to and watched. What it had to say is kept for
    /// its shell.
    pub(super) fn remove(&mut self, id: SessionId) -> Option<Session> {
        self.unsubscribe_all(id);
        self.unwatch(id);
        let mut session = self.sessions.remove(&id)?;
        if !session.linked.is_empty() {
            self.departed.insert(id, std::mem::take(&mut session.linked));
        }
        self.last_words.insert(id, session.out.take());
        self.touched.insert(id);
        Some(session)
    }

    /// Adds to what the connection of a session that has ended is to do.
    pub(super) fn say_last(&mut self, id: SessionId, emission: Emission) {
        self.last_words.entry(id).or_default().push(emission);
        self.touch(id);
    }

    /// The connection of a session that has ended ends at once.
    pub(super) fn cut(&mut self, id: SessionId, ending: Ending) {
        self.cuts.insert(id, ending);
    }

    pub(super) fn take_cut(&mut self, id: SessionId) -> Option<Ending> {
        self.cuts.remove(&id)
    }

    pub(super) fn take_last_words(&mut self, id: SessionId) -> Vec<Emission> {
        self.last_words.remove(&id).unwrap_or_default()
    }

    pub(crate) fn unsubscribe_all(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let channels = std::mem::take(&mut session.channels);
        let patterns = std::mem::take(&mut session.patterns);
        let shard_channels = std::mem::take(&mut session.shard_channels);
        for channel in &channels {
            leave(&mut self.channels, channel, id);
        }
        for channel in &shard_channels {
            leave(&mut self.shard_channels, channel, id);
        }
        for pattern in &patterns {
            self.leave_pattern(pattern, id);
        }
    }

    /// Takes a session off a pattern's subscribers; a pattern without any is forgotten.
    pub(super) fn leave_pattern(&mut self, pattern: &Bytes, id: SessionId) {
        let Some(at) = self.patterns.iter().position(|(known, _)| known == pattern) else { return };
        self.patterns[at].1.retain(|subscriber| *subscriber != id);
        if self.patterns[at].1.is_empty() {
            self.patterns.remove(at);
        }
    }

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

/// Whether two names are the same. Most are empty: those have no place in memory, and a processor may take a hundred times as
/// long to compare nothing there as to see that there is nothing.
fn is_same(one: &Bytes, other: &Bytes) -> bool {
    one.len() == other.len() && (one.is_empty() || one == other)
}

/// Takes a session off a channel's subscribers; a channel without any is forgotten.
pub(super) fn leave(
    channels: &mut BTreeMap<Bytes, Vec<SessionId>>,
    channel: &Bytes,
    id: SessionId,
) {
    if let Some(ids) = channels.get_mut(channel) {
        ids.retain(|subscriber| *subscriber != id);
        if ids.is_empty() {
            channels.remove(channel);
        }
    }
}
