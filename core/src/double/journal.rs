//! What was called, by whom, and what came of it.
use super::client::ClientInfo;
use super::rule::RuleId;
use super::script::Ending;
use super::verify::is_handshake;
use crate::clock::{Micros, since_1970};
use crate::command::{Entry, name_of};
use crate::resp::{Reply, Words};
use bytes::Bytes;
use std::collections::{BTreeMap, VecDeque};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// The way a command reached the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Via {
    /// Sent and carried out at once.
    Direct,
    /// Queued by MULTI, carried out by EXEC.
    Exec,
    /// Called by a script or a function.
    Script,
}

impl Via {
    /// Its name: `direct`, `exec` or `script`.
    pub fn name(self) -> &'static str {
        match self {
            Via::Direct => "direct",
            Via::Exec => "exec",
            Via::Script => "script",
        }
    }
}

impl FromStr for Via {
    type Err = String;

    fn from_str(text: &str) -> Result<Via, String> {
        let all = [Via::Direct, Via::Exec, Via::Script];
        let found = all.into_iter().find(|via| via.name() == text);
        found.ok_or_else(|| format!("via is direct, exec or script, not '{text}'"))
    }
}

/// One call: a request as it was received, and what came of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Call {
    /// Its place among all calls of the server, from 1 on.
    pub seq: u64,
    /// When it was received, since 1970.
    pub time: Duration,
    /// The connection's id, as CLIENT ID tells it.
    pub conn: u64,
    /// What was known of the connection when the call was received.
    pub client: Arc<ClientInfo>,
    /// The command's name in capitals, a container's with its subcommand.
    pub name: Arc<str>,
    /// The database it was sent to.
    pub db: usize,
    /// The way it reached the store.
    pub via: Via,
    /// The rule that answered it.
    pub rule: Option<RuleId>,
    /// Who answered: `rule`, `store`, `unmocked`, `queued`, `hung`, `unsupported`, or nobody yet.
    pub action: &'static str,
    /// What was answered, once it was.
    pub reply: Option<Reply>,
    /// How long it took to be answered, once it was.
    pub duration: Option<Duration>,
    /// What was done besides answering, in order, as a rule's words: `delay(0.5s)`, `drop_reply()`, `reset()`; and which
    /// links its connection's bytes went through: `link.latency(20ms)`.
    pub faults: Vec<String>,
    /// Which of its connection's round trips it was part of, from 1 on: what was read together is one.
    pub trip: u64,
    /// An expectation counted it, or the test verified it or waited for it.
    pub asserted: bool,
    /// It was not even tried: the command is unknown, or a gate did not let it pass.
    pub(crate) refused: bool,
    pub(crate) words: Words,
    /// The command's entry in the table, if the server has it.
    pub(crate) entry: Option<&'static Entry>,
    /// What it weighs in the journal, in bytes, its reply included.
    pub(crate) weight: usize,
}

impl Call {
    /// The arguments, without the name.
    pub fn args(&self) -> &[Bytes] {
        &self.words[self.entry.map_or_else(|| name_of(&self.words).1, Entry::name_words)..]
    }

    /// All words as they were sent.
    pub fn words(&self) -> &[Bytes] {
        &self.words
    }

    /// Every key of the command, by the command's key positions.
    pub fn keys(&self) -> Vec<&Bytes> {
        let positions = self.entry.map(|entry| entry.key_positions(&self.words));
        positions.into_iter().flatten().filter_map(|at| self.words.get(at)).collect()
    }

    /// The first of its keys, if it has any.
    pub fn key(&self) -> Option<&Bytes> {
        self.keys().into_iter().next()
    }

    /// Whether a rule answered it, an expectation counted it, or the test asserted it.
    pub fn is_accounted_for(&self) -> bool {
        self.rule.is_some() || self.asserted
    }

    /// Whether its answer is still to come.
    fn is_being_answered(&self) -> bool {
        (self.reply.is_none() && self.action != "hung") || self.action == "queued"
    }

    /// Whether the command is one this release does not have.
    pub fn is_unsupported(&self) -> bool {
        self.action == "unsupported"
    }
}

/// The latest calls. What no longer fits is dropped, the oldest first, and counted.
#[derive(Debug)]
pub(crate) struct Journal {
    calls: VecDeque<Call>,
    /// Calls that were dropped before they were answered: rules and gates still look at them.
    unanswered: BTreeMap<u64, Call>,
    /// Which these are, by connection.
    unanswered_of: BTreeMap<u64, Vec<u64>>,
    limits: Limits,
    bytes: usize,
    next: u64,
    dropped: Dropped,
    /// Connections that the server or a link ended, the latest as many as there may be calls.
    ends: BTreeMap<u64, End>,
}

/// How a connection was ended, not by its peer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct End {
    pub(crate) time: Duration,
    pub(crate) ending: Ending,
    /// A link has ended it.
    pub(crate) by_link: bool,
}

/// How much a journal keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) calls: usize,
    /// About how much arguments and replies weigh. The latest call is kept whatever its size.
    pub(crate) bytes: usize,
}

/// How much a journal no longer has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Dropped {
    pub(crate) calls: u64,
    pub(crate) bytes: u64,
    /// Calls among these that nothing had accounted for, but for the handshake.
    pub(crate) unaccounted: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { calls: 10_000, bytes: 64 << 20 }
    }
}

impl Journal {
    pub(crate) fn new(limits: Limits) -> Journal {
        let limits = Limits { calls: limits.calls.max(1), ..limits };
        Journal {
            calls: VecDeque::new(),
            unanswered: BTreeMap::new(),
            unanswered_of: BTreeMap::new(),
            limits,
            bytes: 0,
            next: 1,
            dropped: Dropped::default(),
            ends: BTreeMap::new(),
        }
    }

    /// The number the next call gets.
    pub(crate) fn next_seq(&self) -> u64 {
        self.next
    }

    pub(crate) fn record(&mut self, mut call: Call) {
        self.next = call.seq + 1;
        call.weight = call.words.iter().map(|word| word.len() + 64).sum::<usize>() + 256;
        self.bytes += call.weight;
        self.calls.push_back(call);
        self.drop_oldest();
    }

    fn drop_oldest(&mut self) {
        let Limits { calls, bytes } = self.limits;
        while self.calls.len() > calls || (self.bytes > bytes && self.calls.len() > 1) {
            let call = self.calls.pop_front().expect("there is more than one");
            self.bytes -= call.weight;
            self.dropped.calls += 1;
            self.dropped.bytes += call.weight as u64;
            self.dropped.unaccounted += u64::from(!call.is_accounted_for() && !is_handshake(&call));
            if call.is_being_answered() {
                self.unanswered_of.entry(call.conn).or_default().push(call.seq);
                self.unanswered.insert(call.seq, call);
            }
        }
    }

    /// A call that is remembered, or still to be answered.
    pub(crate) fn find(&self, seq: u64) -> Option<&Call> {
        match self.index(seq) {
            Some(index) => self.calls.get(index),
            None => self.unanswered.get(&seq),
        }
    }

    pub(crate) fn find_mut(&mut self, seq: u64) -> Option<&mut Call> {
        match self.index(seq) {
            Some(index) => self.calls.get_mut(index),
            None => self.unanswered.get_mut(&seq),
        }
    }

    /// No call that this connection has made so far is answered any more.
    pub(crate) fn settled(&mut self, conn: u64) {
        for seq in self.unanswered_of.remove(&conn).into_iter().flatten() {
            self.unanswered.remove(&seq);
        }
    }

    /// A connection ends, and not by its peer.
    pub(crate) fn ended(&mut self, conn: u64, now: Micros, ending: Ending, by_link: bool) {
        self.ends.insert(conn, End { time: since_1970(now), ending, by_link });
        if self.ends.len() > self.limits.calls {
            self.ends.pop_first();
        }
    }

    /// How a connection was ended, if the server or a link has done so.
    pub(crate) fn end_of(&self, conn: u64) -> Option<&End> {
        self.ends.get(&conn)
    }

    /// Says what came of a call, unless it was dropped meanwhile.
    pub(crate) fn answered(&mut self, seq: u64, reply: Reply, now: Micros) {
        if let Some(call) = self.unanswered.get(&seq) {
            if call.action != "queued" {
                self.unanswered.remove(&seq);
            }
            return;
        }
        if let Some(call) = self.find_mut(seq) {
            call.duration = Some(since_1970(now).saturating_sub(call.time));
            let weight = weight_of(&reply);
            call.weight += weight;
            call.reply = Some(reply);
            self.bytes += weight;
            self.drop_oldest();
        }
    }

    /// Says what was done to a call besides answering it.
    pub(crate) fn spoilt(&mut self, seq: u64, faults: Vec<String>) {
        if faults.is_empty() {
            return;
        }
        if let Some(call) = self.find_mut(seq) {
            call.faults.extend(faults);
        }
    }

    /// Says which links a call's reply goes through: those that the call did not yet come through.
    pub(crate) fn went_through(&mut self, seq: u64, links: Vec<String>) {
        let Some(call) = (if links.is_empty() { None } else { self.find_mut(seq) }) else { return };
        for link in links {
            if !call.faults.contains(&link) {
                call.faults.push(link);
            }
        }
    }

    /// A call was not even tried.
    pub(crate) fn refused(&mut self, seq: u64) {
        if let Some(call) = self.find_mut(seq) {
            call.refused = true;
        }
    }

    /// The test has asserted this call.
    pub(crate) fn assert(&mut self, seq: u64) {
        if let Some(call) = self.find_mut(seq) {
            call.asserted = true;
        }
    }

    pub(crate) fn calls(&self) -> impl DoubleEndedIterator<Item = &Call> {
        self.calls.iter()
    }

    /// The calls after the one of this number, the oldest first.
    pub(crate) fn after(&self, seq: u64) -> Vec<Call> {
        let first = self.calls.front().map_or(self.next, |call| call.seq);
        let passed = usize::try_from((seq + 1).saturating_sub(first)).unwrap_or(usize::MAX);
        self.calls.iter().skip(passed).cloned().collect()
    }

    pub(crate) fn dropped(&self) -> Dropped {
        self.dropped
    }

    pub(crate) fn clear(&mut self) {
        self.calls.clear();
        self.unanswered.clear();
        self.unanswered_of.clear();
        self.bytes = 0;
        self.dropped = Dropped::default();
        self.ends.clear();
    }

    fn index(&self, seq: u64) -> Option<usize> {
        let first = self.calls.front()?.seq;
        usize::try_from(seq.checked_sub(first)?).ok()
    }
}

/// About how many bytes a reply holds.
fn weight_of(reply: &Reply) -> usize {
    match reply {
        Reply::Bulk(bytes) | Reply::Raw(bytes) | Reply::Verbatim(_, bytes) => bytes.len(),
        Reply::Array(items) | Reply::Set(items) | Reply::Push(items) | Reply::Many(items) => {
            items.iter().map(|item| weight_of(item) + 32).sum()
        }
        Reply::Attribute(_, reply) => weight_of(reply),
        Reply::Map(pairs) => {
            pairs.iter().map(|(key, value)| weight_of(key) + weight_of(value) + 64).sum()
        }
        _ => 0,
    }
}
