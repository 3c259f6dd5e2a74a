//! Streams: taking over what other consumers have not acknowledged.
use super::{ids, propagation, reply};
use crate::command::docs::{Note, Type};
use crate::command::{Args, Command, KeyAccess, command};
use crate::data::stream::{Group, Log, Pending, Stream, StreamId};
use crate::engine::Ctx;
use crate::number::parse_i64;
use crate::resp::{Error, Reply, Result};
use bytes::Bytes;
use std::ops::Bound;

#[rustfmt::skip]
pub(in crate::commands) const COMMANDS: &[Command] = &[
    command("XAUTOCLAIM key group consumer min-idle-time start [COUNT count] [JUSTID]", xautoclaim).writes().fast().since("6.2.0")
        .keys(&[KeyAccess::DELETES]).tips(&["nondeterministic_output"])
        .notes(&[("min-idle-time", Note::Is(Type::String)), ("start", Note::Is(Type::String))])
        .says("Takes over entries that other consumers have not acknowledged for some time."),
    command("XCLAIM key group consumer min-idle-time id [id ...] [IDLE ms] [TIME unix-time-milliseconds] [RETRYCOUNT count] [FORCE] [JUSTID] [LASTID lastid]", xclaim).writes().fast().since("5.0.0")
        .cost("O(log N)").tips(&["nondeterministic_output"])
        .notes(&[("min-idle-time", Note::Is(Type::String))])
        .says("Takes over entries, by their ids, that other consumers have not acknowledged."),
];

/// How entries are taken over.
#[derive(Debug)]
struct Claim<'a> {
    consumer: &'a Bytes,
    /// Only what was not acknowledged for so long.
    idle_ms: i64,
    now_ms: i64,
    delivered_at_ms: i64,
    deliveries: Option<i64>,
    /// Also what is not pending.
    force: bool,
    shown: Shown,
    /// A consumer is made before it gets something: from 7.2 on.
    early: bool,
    /// The consumer had to be made.
    created: bool,
    /// What became of entries, for replicas: as they are now, or were when they went.
    changed: Vec<(StreamId, Pending)>,
}

/// What is answered of entries that were claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Entries,
    /// Their ids alone, which does not count as a delivery.
    Ids,
}

/// What came of claiming an entry.
enum Outcome {
    Claimed(Reply),
    /// It was deleted, and is no longer pending.
    Gone,
    /// It is not pending, or not for long enough.
    Left,
}

fn xclaim(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, name, consumer) = (args.bytes()?, args.bytes()?, args.bytes()?);
    cx.db.lookup(key);
    check_group(cx, key, name)?;
    let mut claim = Claim::new(cx, consumer, args.int_or(Error::XCLAIM_IDLE_TIME)?);
    let ids = leading_ids(&mut args);
    let last_id = claim.parse(args)?;
    let Some(mut stream) = cx.db.edit::<Stream>(key)? else { return Ok(Reply::EMPTY_ARRAY) };
    let Stream { log, groups, .. } = &mut *stream;
    let Some(group) = groups.get_mut(name) else { return Ok(Reply::EMPTY_ARRAY) };
    let moves_on = last_id > group.last_id;
    group.last_id = group.last_id.max(last_id);
    claim.begin(group);
    let mut claimed = Vec::new();
    for id in ids {
        if let Outcome::Claimed(entry) = claim.claim(log, group, id) {
            claimed.push(entry);
        }
    }
    let progress =
        (moves_on && claim.changed.is_empty()).then(|| propagation::progress([key, name], group));
    let last_id = group.last_id;
    if claim.created {
        stream.told("xgroup-createconsumer");
    }
    stream.count(claim.changed.len() + usize::from(progress.is_some()));
    drop(stream);
    claim.propagate(cx, [key, name], last_id);
    progress.into_iter().for_each(|progress| cx.propagate_also(|| progress));
    Ok(Reply::Array(claimed))
}

/// XAUTOCLAIM looks at so many pending entries for each that it may claim.
const LOOKS: usize = 10;

fn xautoclaim(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, name, consumer) = (args.bytes()?, args.bytes()?, args.bytes()?);
    // The key is looked for, and missed, before the other words are.
    cx.db.lookup(key);
    let mut claim = Claim::new(cx, consumer, args.int_or(Error::XAUTOCLAIM_IDLE_TIME)?);
    let start = ids::start(args.bytes()?)?;
    let mut count = 100;
    while !args.is_empty() {
        if args.option_before("COUNT") {
            count = auto_count(args.bytes()?)?;
        } else if args.word("JUSTID") {
            claim.shown = Shown::Ids;
        } else {
            return Err(Error::SYNTAX);
        }
    }
    check_group(cx, key, name)?;
    let Some(mut stream) = cx.db.edit::<Stream>(key)? else { return Ok(Reply::EMPTY_ARRAY) };
    let Stream { log, groups, .. } = &mut *stream;
    let Some(group) = groups.get_mut(name) else { return Ok(Reply::EMPTY_ARRAY) };
    claim.begin(group);
    let (mut claimed, mut deleted) = (Vec::new(), Vec::new());
    let mut next = first_from(group, Bound::Included(start));
    for _ in 0..count.saturating_mul(LOOKS) {
        let Some(id) = next.filter(|_| claimed.len() + deleted.len() < count) else { break };
        match claim.claim(log, group, id) {
            Outcome::Claimed(entry) => claimed.push(entry),
            Outcome::Gone => deleted.push(reply::id(id)),
            Outcome::Left => {}
        }
        next = first_from(group, Bound::Excluded(id));
    }
    let last_id = group.last_id;
    if claim.created {
        stream.told("xgroup-createconsumer");
    }
    stream.count(claim.changed.len());
    drop(stream);
    claim.propagate(cx, [key, name], last_id);
    let next = reply::id(next.unwrap_or_default());
    Ok(Reply::Array(vec![next, claimed.into(), deleted.into()]))
}

/// The first pending entry from there on.
fn first_from(group: &Group, start: Bound<StreamId>) -> Option<StreamId> {
    group.pending().range((start, Bound::Unbounded)).next().map(|(id, _)| *id)
}

/// So many that what XAUTOCLAIM may look at can be counted, and the ids of what is gone held in memory.
fn auto_count(text: &[u8]) -> Result<usize> {
    const MOST: i64 = i64::MAX / 16;
    let count = parse_i64(text).filter(|count| (1..=MOST).contains(count));
    count.and_then(|count| usize::try_from(count).ok()).ok_or(Error::XAUTOCLAIM_COUNT)
}

fn check_group(cx: &Ctx<'_>, key: &Bytes, name: &Bytes) -> Result<()> {
    let stream = cx.db.look::<Stream>(key)?;
    let there = stream.is_some_and(|stream| stream.groups.contains_key(name));
    if there { Ok(()) } else { Err(Error::no_group(key, name)) }
}

/// The ids up to the first word that is none.
fn leading_ids(args: &mut Args<'_>) -> Vec<StreamId> {
    let mut ids = Vec::new();
    while let Some(id) = args.peek().and_then(|text| StreamId::parse(text, 0)) {
        ids.push(id);
        *args = args.skip(1).expect("an argument was there");
    }
    ids
}

impl<'a> Claim<'a> {
    fn new(cx: &Ctx<'_>, consumer: &'a Bytes, idle_ms: i64) -> Claim<'a> {
        let now_ms = cx.now_ms();
        Claim {
            consumer,
            idle_ms: idle_ms.max(0),
            now_ms,
            delivered_at_ms: now_ms,
            deliveries: None,
            force: false,
            shown: Shown::Entries,
            early: cx.at_least(7, 2),
            created: false,
            changed: Vec::new(),
        }
    }

    /// It propagates as what came of it.
    fn propagate(&self, cx: &mut Ctx<'_>, place: [&Bytes; 2], last_id: StreamId) {
        for (id, entry) in &self.changed {
            cx.propagate_also(|| propagation::claim(place, *id, entry, last_id));
        }
        cx.propagate_not();
    }

    /// Reads the options of XCLAIM; the id the group has come to at least.
    fn parse(&mut self, mut args: Args<'_>) -> Result<StreamId> {
        let mut last_id = StreamId::MIN;
        let mut delivered_at_ms = None;
        while !args.is_empty() {
            if args.word("FORCE") {
                self.force = true;
            } else if args.word("JUSTID") {
                self.shown = Shown::Ids;
            } else if args.option_before("IDLE") {
                let idle = args.int_or(Error::XCLAIM_IDLE)?;
                delivered_at_ms = Some(self.now_ms.wrapping_sub(idle));
            } else if args.option_before("TIME") {
                delivered_at_ms = Some(args.int_or(Error::XCLAIM_TIME)?);
            } else if args.option_before("RETRYCOUNT") {
                self.deliveries = Some(args.int_or(Error::XCLAIM_RETRYCOUNT)?);
            } else if args.option_before("LASTID") {
                last_id = ids::id(args.bytes()?)?;
            } else {
                return Err(Error::xclaim_option(args.bytes()?));
            }
        }
        // A time that cannot be is taken to be now.
        let sane = delivered_at_ms.filter(|at| (0..=self.now_ms).contains(at));
        self.delivered_at_ms = sane.unwrap_or(self.now_ms);
        Ok(last_id)
    }

    fn applies_to(&self, group: &Group, id: StreamId) -> bool {
        match group.pending().get(&id) {
            None => self.force,
            Some(entry) => self.idle_ms == 0 || entry.is_idle_for(self.idle_ms, self.now_ms),
        }
    }

    /// Makes the consumer, unless it has to get something first.
    fn begin(&mut self, group: &mut Group) {
        self.created = self.early && group.see(self.consumer, self.now_ms);
    }

    fn claim(&mut self, log: &Log, group: &mut Group, id: StreamId) -> Outcome {
        let Some(fields) = log.get(id) else {
            self.changed.extend(group.pending().get(&id).map(|entry| (id, entry.clone())));
            group.forget(id);
            return Outcome::Gone;
        };
        if !self.applies_to(group, id) {
            return Outcome::Left;
        }
        self.take(group, id);
        Outcome::Claimed(match self.shown {
            Shown::Entries => reply::entry((id, fields)),
            Shown::Ids => reply::id(id),
        })
    }

    fn take(&mut self, group: &mut Group, id: StreamId) {
        self.created |= group.see(self.consumer, self.now_ms);
        let given = self.deliveries.and_then(|deliveries| u64::try_from(deliveries).ok());
        let deliveries = given.unwrap_or_else(|| match (group.pending().get(&id), self.shown) {
            (Some(entry), Shown::Ids) => entry.deliveries,
            (Some(entry), Shown::Entries) => entry.next_deliveries(),
            (None, Shown::Ids) => 1,
            (None, Shown::Entries) => 2,
        });
        let entry = Pending::with(self.consumer, self.delivered_at_ms, deliveries);
        group.assign(id, entry.clone());
        self.changed.push((id, entry));
        group.activate(self.consumer, self.now_ms);
    }
}
