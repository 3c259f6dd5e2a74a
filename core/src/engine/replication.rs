//! Replication: this server as the master of replicas that read its stream, or as one whose master does not answer.
use super::client::Clients;
use super::node::Node;
use super::propagation::Audience;
use super::session::{Session, SessionId};
use super::{Ask, World};
use crate::clock::Micros;
use crate::command::{Entry, flag};
use crate::resp::{Error, Reply, Result, encode_request};
use bytes::{Buf as _, Bytes, BytesMut};

const SECOND: Micros = 1_000_000;

/// What a server knows of its part in replication.
#[derive(Debug)]
pub(crate) struct Replication {
    /// The name of the history of changes.
    pub(crate) id: String,
    /// The history this server has followed before it had its own, up to this offset.
    pub(crate) before: Option<(String, i64)>,
    /// How many bytes of the stream there were.
    pub(crate) offset: i64,
    pub(crate) backlog: Option<Backlog>,
    /// The database that was last selected in the stream.
    selected: Option<usize>,
    /// Sessions of replicas, in the order in which they came.
    pub(crate) replicas: Vec<SessionId>,
    /// The server this one replicates.
    pub(crate) master: Option<Master>,
    /// When replicas are next shown that this server lives.
    next_ping: Option<Micros>,
    /// WAIT was said, and replicas are to be asked how far they are.
    pub(crate) asks_for_acks: bool,
    /// A replica has said how far it is: who waits for that looks again.
    pub(crate) has_acks: bool,
    pub(crate) syncs: Syncs,
}

/// How often replicas were sent all data, or what they had missed, or could not be sent only that.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Syncs {
    pub(crate) whole: u64,
    pub(crate) partial: u64,
    pub(crate) refused: u64,
}

/// The end of the stream, for replicas that come back.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    bytes: BytesMut,
    /// The offset of the first of these bytes.
    pub(crate) first: i64,
}

/// A server that is replicated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Master {
    pub(crate) host: Bytes,
    pub(crate) port: u16,
}

/// What a session said of itself as a replica, and how far it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Replica {
    /// It was sent all data, and reads the stream.
    pub(crate) is_attached: bool,
    pub(crate) port: i64,
    pub(crate) address: Option<Bytes>,
    pub(crate) acked: i64,
    pub(crate) acked_at: Micros,
    /// It knows a new name for an old history.
    pub(crate) renames: bool,
    /// It wants all data, and then nothing more.
    pub(crate) wants_only_data: bool,
}

impl Backlog {
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    fn push(&mut self, bytes: &[u8], most: usize) {
        self.bytes.extend_from_slice(bytes);
        let over = self.bytes.len().saturating_sub(most);
        self.bytes.advance(over);
        self.first += length(over);
    }

    /// What comes from this offset on, if all of it is still there.
    fn from(&self, offset: i64) -> Option<&[u8]> {
        usize::try_from(offset - self.first).ok().and_then(|at| self.bytes.get(at..))
    }
}

impl Replication {
    pub(super) fn new(id: String) -> Replication {
        Replication {
            id,
            before: None,
            offset: 0,
            backlog: None,
            selected: None,
            replicas: Vec::new(),
            master: None,
            next_ping: None,
            asks_for_acks: false,
            has_acks: false,
            syncs: Syncs::default(),
        }
    }

    /// Whether a stream is written.
    fn streams(&self) -> bool {
        self.backlog.is_some() && self.master.is_none()
    }

    pub(super) fn next_deadline(&self) -> Option<Micros> {
        self.next_ping.filter(|_| !self.replicas.is_empty())
    }
}

impl Node {
    /// Whether anybody hears of what changes.
    pub(crate) fn is_followed(&self) -> bool {
        self.replication.streams() || self.aof.is_on()
    }

    /// A name for a history, which nobody else has.
    pub(crate) fn new_history(&mut self) -> String {
        (0..5).fold(String::new(), |id, _| format!("{id}{:08x}", self.dice.next() >> 32))
    }

    /// Has a session read the stream; what it is sent before: all data, or what it has missed.
    pub(crate) fn attach(
        &mut self,
        session: &mut Session,
        asked: Option<(&[u8], i64)>,
        snapshot: impl FnOnce(&Node) -> Bytes,
    ) -> Reply {
        let replica = session.replica.get_or_insert_default();
        replica.is_attached = !replica.wants_only_data;
        replica.acked_at = self.now;
        let (renames, reads_on) = (replica.renames, replica.is_attached);
        if let Some(missed) = asked.and_then(|(id, offset)| self.missed_since(id, offset)) {
            let id = if renames { format!(" {}", self.replication.id) } else { String::new() };
            let head = Bytes::from(format!("+CONTINUE{id}\r\n"));
            self.add_replica(session.id);
            self.replication.syncs.partial += 1;
            return Reply::Raw([&head[..], &missed].concat().into());
        }
        self.replication.syncs.whole += 1;
        self.replication.syncs.refused += u64::from(asked.is_some_and(|(id, _)| id != b"?"));
        if self.replication.backlog.is_none() && reads_on {
            self.replication.id = self.new_history();
            self.replication.before = None;
            let first = self.replication.offset + 1;
            self.replication.backlog = Some(Backlog { first, ..Backlog::default() });
        }
        if reads_on {
            self.replication.selected = None;
            self.add_replica(session.id);
        }
        let Replication { id, offset, .. } = &self.replication;
        let head = match asked {
            Some(_) => format!("+FULLRESYNC {id} {offset}\r\n"),
            None => String::new(),
        };
        let data = snapshot(self);
        let head = format!("{head}${}\r\n", data.len());
        Reply::Raw([head.as_bytes(), &data].concat().into())
    }

    fn add_replica(&mut self, id: SessionId) {
        self.replication.replicas.push(id);
        self.replication.next_ping.get_or_insert(self.now + self.ping_period());
    }

    fn ping_period(&self) -> Micros {
        self.config.number("repl-ping-replica-period").saturating_mul(SECOND)
    }

    /// What a replica that has this history up to before this offset has missed, if that is known.
    fn missed_since(&self, id: &[u8], offset: i64) -> Option<Bytes> {
        let Replication { id: own, before, backlog, .. } = &self.replication;
        let is_own = id == own.as_bytes();
        let was_own = before
            .as_ref()
            .is_some_and(|(before, until)| id == before.as_bytes() && offset <= *until);
        let missed = backlog.as_ref().filter(|_| is_own || was_own)?.from(offset)?;
        Some(Bytes::copy_from_slice(missed))
    }

    /// Follows a master, or nobody any more.
    pub(crate) fn replicate(&mut self, master: Option<Master>) {
        let followed = self.replication.master.is_some();
        if master.is_none() && followed {
            let until = self.replication.offset + 1;
            let id = self.new_history();
            let before = std::mem::replace(&mut self.replication.id, id);
            self.replication.before = Some((before, until));
            self.replication.selected = None;
        }
        let said = master.as_ref().map(|master| {
            [&master.host[..], format!(" {}", master.port).as_bytes()].concat().into()
        });
        self.config.replicates(said.unwrap_or_default());
        self.replication.master = master;
    }

    /// How many replicas keep up, as `min-replicas-max-lag` wants it.
    pub(crate) fn good_replicas(&self, clients: &Clients) -> usize {
        let most = self.config.number("min-replicas-max-lag");
        let replicas = self.replication.replicas.iter().filter_map(|id| clients.get(*id));
        let lags = replicas.filter_map(|session| session.replica.as_ref());
        lags.filter(|replica| self.lag_of(replica) <= most).count()
    }

    /// The seconds since a replica has said how far it is.
    pub(crate) fn lag_of(&self, replica: &Replica) -> i64 {
        self.now.div_euclid(SECOND) - replica.acked_at.div_euclid(SECOND)
    }

    /// How many replicas have all that was written up to here.
    pub(crate) fn replicas_at(&self, clients: &Clients, offset: i64) -> usize {
        let replicas = self.replication.replicas.iter().filter_map(|id| clients.get(*id));
        let all = replicas.filter_map(|session| session.replica.as_ref());
        all.filter(|replica| replica.acked >= offset).count()
    }
}

impl Session {
    /// A replica that asks for replies would find them in the stream: a real server rather ends the connection.
    pub(super) fn is_cut_off_by(&self, entry: &Result<&'static Entry>, reply: &Reply) -> bool {
        let attaches =
            entry.as_ref().is_ok_and(|entry| matches!(entry.name.as_str(), "sync" | "psync"));
        self.is_replica() && !attaches && *reply != Reply::Nothing
    }

    /// Where it is to be found as a replica: as it has said itself, or where it connected from.
    pub(crate) fn replica_address(&self) -> Bytes {
        let said = self.replica.as_ref().and_then(|replica| replica.address.clone());
        let host = self.address.peer.rsplit_once(':').map_or("", |(host, _)| host);
        said.unwrap_or_else(|| Bytes::copy_from_slice(host.as_bytes()))
    }

    /// Whether it reads the stream.
    pub(crate) fn is_replica(&self) -> bool {
        self.replica.as_ref().is_some_and(|replica| replica.is_attached)
    }
}

/// Whether a request, or the transaction it ends, has a command that is so.
fn any(session: &Session, entry: &Entry, is_so: impl Fn(&Entry) -> bool) -> bool {
    let queued = session.transaction.iter().flat_map(|transaction| &transaction.queued);
    is_so(entry) || (entry.name == "exec" && queued.into_iter().any(|q| is_so(q.entry)))
}

impl World {
    /// Writes are refused while too few replicas keep up, and by a server that only follows another.
    pub(super) fn allow_writes(&self, session: &Session, entry: &Entry) -> Result<()> {
        let settings = self.node.config.each_request();
        let is_read_only = self.node.replication.master.is_some();
        let has_failed = self.node.persistence.has_failed;
        if settings.min_replicas == 0 && !is_read_only && !has_failed {
            return Ok(());
        }
        let is_write = any(session, entry, |entry| entry.command.is(flag::WRITE));
        if has_failed && (is_write || entry.name == "ping") {
            self.node.saves_well()?;
        }
        if !is_write {
            return Ok(());
        }
        if settings.min_replicas > self.node.good_replicas(&self.clients) {
            return Err(Error::NO_REPLICAS);
        }
        if is_read_only && self.node.config.text("replica-read-only") == "yes" {
            return Err(Error::READ_ONLY);
        }
        Ok(())
    }

    /// A server whose master does not answer may keep silent about data that may be old.
    pub(super) fn allow_stale(&self, session: &Session, entry: &Entry) -> Result<()> {
        let is_stale = self.node.replication.master.is_some()
            && self.node.config.text("replica-serve-stale-data") == "no";
        let refuses = is_stale && any(session, entry, |entry| !entry.command.is(flag::STALE));
        if refuses { Err(Error::MASTER_DOWN) } else { Ok(()) }
    }

    /// A replica reads the stream and nothing else.
    pub(super) fn allow_replica(session: &Session, entry: &Entry) -> Result<()> {
        let asks = |entry: &Entry| {
            entry.command.is(flag::WRITE | flag::READ_ONLY)
                || matches!(entry.name.as_str(), "publish" | "spublish")
        };
        let refuses = session.is_replica() && any(session, entry, asks);
        if refuses { Err(Error::REPLICA_KEYSPACE) } else { Ok(()) }
    }

    /// Writes a command into the stream and the append only file.
    pub(super) fn tell_followers(&mut self, db: Option<usize>, words: &[Bytes], to: Audience) {
        if to == Audience::All {
            self.node.aof.write(db, words);
        }
        if self.node.replication.streams() {
            let mut bytes = BytesMut::new();
            if db.is_some() && db != self.node.replication.selected {
                self.node.replication.selected = db;
                encode_request(&select(db), &mut bytes);
            }
            encode_request(words, &mut bytes);
            self.stream(&bytes);
        } else if self.node.persona.at_least(7, 2) && self.node.replication.master.is_none() {
            self.node.replication.offset += 1;
        }
    }

    fn stream(&mut self, bytes: &[u8]) {
        let most = self.node.config.size("repl-backlog-size");
        let replication = &mut self.node.replication;
        replication.offset += length(bytes.len());
        if let Some(backlog) = &mut replication.backlog {
            backlog.push(bytes, most);
        }
        for id in replication.replicas.clone() {
            self.clients.feed(id, bytes);
        }
    }

    /// Shows replicas that this server lives, when it is time to.
    pub(super) fn ping_replicas(&mut self) {
        if self.node.replication.next_deadline().is_some_and(|at| at <= self.node.now) {
            self.node.replication.next_ping = Some(self.node.now + self.node.ping_period());
            self.tell_followers(None, &[Bytes::from_static(b"PING")], Audience::Replicas);
        }
    }

    /// Asks replicas how far they are if somebody waits for it, and lets who waits look again when one has said it.
    pub(super) fn settle_replication(&mut self, asks: &mut Vec<Ask>) {
        if std::mem::take(&mut self.node.replication.asks_for_acks) {
            let words = [&b"REPLCONF"[..], b"GETACK", b"*"].map(Bytes::from_static);
            self.tell_followers(None, &words, Audience::Replicas);
        }
        if std::mem::take(&mut self.node.replication.has_acks) {
            for id in self.waiters.without_key() {
                self.run_waiting(id, Bytes::new(), asks);
            }
        }
    }
}

/// SELECT of a database.
pub(super) fn select(db: Option<usize>) -> [Bytes; 2] {
    [Bytes::from_static(b"SELECT"), db.unwrap_or(0).to_string().into()]
}

/// A length as a distance in the stream.
fn length(bytes: usize) -> i64 {
    i64::try_from(bytes).expect("what is in memory is shorter")
}
