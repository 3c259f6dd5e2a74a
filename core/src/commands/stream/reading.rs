//! Streams: reading what is new, alone or as a consumer of a group, and waiting for it.
use super::delivery::{self, Delivery, News};
use super::reply::{self, at_most};
use super::room::{Limits, Room};
use super::{ids, propagation};
use crate::clock::Micros;
use crate::command::docs::Note;
use crate::command::{Args, Command, KeyAccess, waiting};
use crate::data::stream::{Log, Stream, StreamId};
use crate::engine::{Attempt, Ctx, Wait};
use crate::number::parse_i64;
use crate::resp::{Error, Protocol, Reply, Result, Words};
use crate::store::Type;
use bytes::Bytes;

#[rustfmt::skip]
pub(in crate::commands) const COMMANDS: &[Command] = &[
    waiting("XREAD [COUNT count] [BLOCK milliseconds] STREAMS key [key ...] id [id ...]", read).until("8.10.0").reads().since("5.0.0").cost("O(N)")
        .says("Answers the entries of streams behind given ids, waiting for some if there are none."),
    waiting("XREAD [COUNT count] [MAXCOUNT maxcount] [MAXSIZE maxsize] [BLOCK milliseconds] STREAMS key [key ...] id [id ...]", read).from("8.10.0").reads().since("5.0.0").cost("O(N)")
        .notes(&[("MAXCOUNT", Note::Since("8.10.0")), ("MAXSIZE", Note::Since("8.10.0"))])
        .says("Answers the entries of streams behind given ids, waiting for some if there are none."),
    waiting("XREADGROUP GROUP group consumer [COUNT count] [BLOCK milliseconds] [NOACK] STREAMS key [key ...] id [id ...]", read).until("8.4.0").writes().since("5.0.0").cost("O(M)")
        .keys(&[KeyAccess::READS]).notes(&[("GROUP", Note::Named("group-block"))])
        .says("Answers entries of streams that no other consumer of a group got, waiting for some if there are none."),
    waiting("XREADGROUP GROUP group consumer [COUNT count] [BLOCK milliseconds] [CLAIM min-idle-time] [NOACK] STREAMS key [key ...] id [id ...]", read).from("8.4.0").until("8.10.0").writes().since("5.0.0").cost("O(M)")
        .keys(&[KeyAccess::READS]).notes(&[("GROUP", Note::Named("group-block")), ("CLAIM", Note::Since("8.4.0"))])
        .says("Answers entries of streams that no other consumer of a group got, waiting for some if there are none."),
    waiting("XREADGROUP GROUP group consumer [COUNT count] [MAXCOUNT maxcount] [MAXSIZE maxsize] [BLOCK milliseconds] [CLAIM min-idle-time] [NOACK] STREAMS key [key ...] id [id ...]", read).from("8.10.0").writes().since("5.0.0").cost("O(M)")
        .keys(&[KeyAccess::READS]).notes(&[("GROUP", Note::Named("group-block")), ("CLAIM", Note::Since("8.4.0")), ("MAXCOUNT", Note::Since("8.10.0")), ("MAXSIZE", Note::Since("8.10.0"))])
        .says("Answers entries of streams that no other consumer of a group got, waiting for some if there are none."),
];

/// What a request asks for.
#[derive(Debug, Default)]
struct Reading<'a> {
    keys: &'a [Bytes],
    ids: &'a [Bytes],
    /// Zero sets no limit.
    count: usize,
    block: Block,
    group: Option<Membership<'a>>,
    acks_at_once: bool,
    /// Pending entries are taken over that were not acknowledged for so long.
    claim_ms: Option<i64>,
    limits: Limits,
}

/// How long a request waits for entries.
#[derive(Clone, Copy, Debug, Default)]
enum Block {
    #[default]
    Never,
    For(Micros),
    Forever,
}

/// Who reads for which group.
#[derive(Clone, Copy, Debug)]
struct Membership<'a> {
    group: &'a Bytes,
    consumer: &'a Bytes,
}

/// Where reading a stream begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    Behind(StreamId),
    /// What no consumer of the group got yet: `>`, or the largest id there is.
    New,
}

fn read(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Option<Reply>> {
    let reading = Reading::parse(cx, args)?;
    if reading.group.is_some() {
        reading.check_still_there(cx)?;
    }
    let starts = reading.starts(cx)?;
    let mut found = Vec::new();
    let mut room = reading.limits.room(cx.session().encoding);
    for &(key, start) in &starts {
        if room.is_full() {
            break;
        }
        room.begin(key);
        let entries = match reading.group {
            Some(member) => reading.deliver(cx, key, start, member, &mut room)?,
            None => reading.peek(cx, key, start, &mut room)?,
        };
        found.extend(entries.map(|entries| (key.clone().into(), entries)));
    }
    if !found.is_empty() {
        return Ok(Some(by_key(cx, found)));
    }
    let timeout = match reading.block {
        Block::Never => return Ok(Some(Reply::NullArray)),
        Block::For(time) => Some(time),
        Block::Forever => None,
    };
    let wait = Wait {
        for_type: Some(Type::Stream),
        for_more: false,
        or_gone: reading.group.is_some() && cx.at_least(7, 0),
        again: reading.again(cx, &starts),
        look_at: reading.next_idle(cx),
        ..cx.wait_of(reading.keys, timeout)
    };
    Ok(cx.wait_for(wait, Reply::NullArray))
}

/// The key that woke the command, if it looks only at that one: before 7.2.
fn only_key<'c>(cx: &'c Ctx<'_>) -> Option<&'c Bytes> {
    match &cx.attempt {
        Attempt::Woken(key) if !cx.at_least(7, 2) => Some(key),
        _ => None,
    }
}

/// The last entry that there is to be read. Before 7.2, who was woken counts also what was deleted since.
fn last_entry(cx: &Ctx<'_>, log: &Log) -> StreamId {
    if only_key(cx).is_some() { log.last_id } else { log.top_id() }
}

/// What was found, as a map, or as pairs where there are no maps.
fn by_key(cx: &mut Ctx<'_>, found: Vec<(Reply, Reply)>) -> Reply {
    match cx.session().encoding.protocol {
        Protocol::Resp3 => Reply::Map(found),
        Protocol::Resp2 => {
            found.into_iter().map(|(key, entries)| vec![key, entries]).collect::<Vec<_>>().into()
        }
    }
}

impl Block {
    fn parse(cx: &Ctx<'_>, text: &[u8]) -> Result<Block> {
        let ms = parse_i64(text).ok_or(Error::BLOCK_NOT_AN_INTEGER)?;
        if ms < 0 {
            return Err(Error::TIMEOUT_NEGATIVE);
        }
        if cx.at_least(7, 2) && ms.checked_add(cx.now_ms()).is_none() {
            return Err(Error::TIMEOUT_OUT_OF_RANGE);
        }
        Ok(if ms == 0 { Block::Forever } else { Block::For(ms.saturating_mul(1000)) })
    }
}

impl<'a> Reading<'a> {
    fn parse(cx: &Ctx<'_>, mut args: Args<'a>) -> Result<Reading<'a>> {
        let for_group = cx.entry.name == "xreadgroup";
        let mut reading = Reading::default();
        while reading.keys.is_empty() {
            let more = args.len() > 1;
            if more && args.word("BLOCK") {
                reading.block = Block::parse(cx, args.bytes()?)?;
            } else if more && args.word("COUNT") {
                reading.count = ids::count(&mut args)?;
            } else if more && args.word("STREAMS") {
                if !args.len().is_multiple_of(2) {
                    return Err(unbalanced(cx));
                }
                reading.keys = args.take(args.len() / 2)?;
            } else if args.len() > 2 && args.word("GROUP") {
                if !for_group {
                    return Err(Error::only_xreadgroup("GROUP"));
                }
                let (group, consumer) = (args.bytes()?, args.bytes()?);
                reading.group = Some(Membership { group, consumer });
            } else if args.word("NOACK") {
                if !for_group {
                    return Err(Error::only_xreadgroup("NOACK"));
                }
                reading.acks_at_once = true;
            } else if more && cx.at_least(8, 4) && args.word("CLAIM") {
                if !for_group {
                    return Err(Error::only_xreadgroup("CLAIM"));
                }
                reading.claim_ms = Some(claim_ms(&mut args)?);
            } else if cx.at_least(8, 10) && reading.limits.parse(&mut args)? {
                // It has been taken.
            } else {
                return Err(Error::SYNTAX);
            }
        }
        reading.ids = args.all();
        if for_group && reading.group.is_none() {
            return Err(Error::XREADGROUP_WITHOUT_GROUP);
        }
        reading.limits.check(reading.count)?;
        Ok(reading)
    }

    /// Before 7.2, whoever waited for a group learns by an error of its own that the stream or the group went.
    fn check_still_there(&self, cx: &Ctx<'_>) -> Result<()> {
        let Some(key) = only_key(cx) else { return Ok(()) };
        match cx.db.look::<Stream>(key) {
            Ok(Some(stream)) => {
                let name = self.group.map(|member| member.group);
                let there = name.is_some_and(|name| stream.groups.contains_key(name));
                if there { Ok(()) } else { Err(Error::GROUP_GONE) }
            }
            _ => Err(Error::STREAM_GONE),
        }
    }

    /// Where reading each stream that is looked at begins.
    fn starts(&self, cx: &Ctx<'_>) -> Result<Vec<(&'a Bytes, Start)>> {
        let mut pairs = self.keys.iter().zip(self.ids);
        let start = |(key, id)| Ok((key, self.start_in(cx, key, id)?));
        match only_key(cx) {
            Some(only) => pairs.find(|(key, _)| *key == only).into_iter().map(start).collect(),
            None => pairs.map(start).collect(),
        }
    }

    fn start_in(&self, cx: &Ctx<'_>, key: &Bytes, id: &Bytes) -> Result<Start> {
        let stream = cx.db.read::<Stream>(key)?;
        if let Some(Membership { group, .. }) = self.group {
            let there = stream.is_some_and(|stream| stream.groups.contains_key(group));
            if !there {
                return Err(Error::no_group_to_read(key, group));
            }
        }
        let log = stream.map(|stream| &stream.log);
        match (&id[..], self.group.is_some()) {
            (b"$", true) => Err(Error::meaningless_id('$')),
            (b"$", false) => Ok(Start::Behind(log.map(|log| log.last_id).unwrap_or_default())),
            (b"+", true) if reads_last(cx) => Err(Error::meaningless_id('+')),
            (b"+", false) if reads_last(cx) => before_last(cx, log).map(Start::Behind),
            (b">", true) => Ok(Start::New),
            (b">", false) => Err(Error::NEW_WITHOUT_GROUP),
            (id, group) => match ids::id(id)? {
                StreamId::MAX if group => Ok(Start::New),
                id => Ok(Start::Behind(id)),
            },
        }
    }

    /// The entries behind an id, if there are any.
    fn peek(
        &self,
        cx: &Ctx<'_>,
        key: &Bytes,
        start: Start,
        room: &mut Room,
    ) -> Result<Option<Reply>> {
        let Some(stream) = cx.db.read::<Stream>(key)? else { return Ok(None) };
        let Start::Behind(id) = start else { return Ok(None) };
        let last = last_entry(cx, &stream.log);
        let Some(start) = id.next().filter(|_| last > id) else { return Ok(None) };
        let entries = stream.log.range(start, StreamId::MAX).take(at_most(self.count));
        Ok(Some(Reply::Array(room.fill(entries.map(reply::entry)))))
    }

    /// What the consumer gets of a stream, if it gets anything: new entries, or those it is to acknowledge.
    fn deliver(
        &self,
        cx: &mut Ctx<'_>,
        key: &Bytes,
        start: Start,
        Membership { group, consumer }: Membership<'_>,
        room: &mut Room,
    ) -> Result<Option<Reply>> {
        // It propagates as what it does.
        cx.propagate_not();
        let delivery = self.delivery(cx, consumer);
        let early = cx.at_least(7, 2);
        // Who waits to take over what is not acknowledged has something new to wait for.
        let wakes = cx.at_least(8, 4);
        let Some(log) = cx.db.look::<Stream>(key)?.map(|stream| &stream.log) else {
            return Ok(None);
        };
        let last = last_entry(cx, log);
        let Some(mut stream) = cx.db.edit::<Stream>(key)? else { return Ok(None) };
        let Some(members) = stream.groups.get_mut(group) else { return Ok(None) };
        let serves = match start {
            Start::Behind(_) => true,
            Start::New => last > members.last_id || delivery.finds_idle(members),
        };
        let creates = (serves || early) && members.see(consumer, delivery.now_ms);
        if creates {
            stream.told("xgroup-createconsumer");
        }
        if !serves {
            drop(stream);
            self.propagate_creation(cx, [key, group], creates.then_some(consumer));
            return Ok(None);
        }
        stream.count(1);
        let Start::Behind(id) = start else {
            if wakes {
                stream.ready();
            }
            let News { entries, assigned, before, .. } =
                delivery::news(&mut stream, group, &delivery, room);
            drop(stream);
            self.propagate_creation(cx, [key, group], creates.then_some(consumer));
            self.propagate_news(cx, [key, group], &assigned, before);
            // What was to be taken over may all have been deleted.
            let found = !entries.is_empty() || self.claim_ms.is_none();
            return Ok(found.then_some(Reply::Array(entries)));
        };
        let history = delivery::history(&mut stream, group, &delivery, id, room);
        drop(stream);
        self.propagate_creation(cx, [key, group], creates.then_some(consumer));
        Ok(Some(history))
    }

    /// Of a consumer that acknowledges at once nothing else would tell.
    fn propagate_creation(&self, cx: &mut Ctx<'_>, place: [&Bytes; 2], created: Option<&Bytes>) {
        if let Some(consumer) = created.filter(|_| self.acks_at_once) {
            cx.propagate_also(|| propagation::creation(place, consumer));
        }
    }

    /// The group was at `before` when it got these entries.
    fn propagate_news(
        &self,
        cx: &mut Ctx<'_>,
        place: [&Bytes; 2],
        assigned: &[StreamId],
        before: StreamId,
    ) {
        if !cx.is_followed() {
            return;
        }
        let [key, name] = place;
        let stream = cx.db.look::<Stream>(key).ok().flatten();
        let Some(group) = stream.and_then(|stream| stream.groups.get(name)) else { return };
        let claim = |id: &StreamId| {
            let entry = group.pending().get(id)?;
            Some(propagation::claim(place, *id, entry, before.max(*id)))
        };
        let mut effects: Vec<_> = assigned.iter().filter_map(claim).collect();
        // Since 7.2 a claim alone does not tell how far the group has come.
        if group.last_id > before && (self.acks_at_once || cx.at_least(7, 2)) {
            effects.push(propagation::progress(place, group));
        }
        effects.into_iter().for_each(|effect| cx.propagate_also(|| effect));
    }

    fn delivery<'d>(&self, cx: &Ctx<'_>, consumer: &'d Bytes) -> Delivery<'d> {
        Delivery {
            consumer,
            count: self.count,
            acks_at_once: self.acks_at_once,
            claim_ms: self.claim_ms,
            now_ms: cx.now_ms(),
            reckoning: super::reckoning(cx),
        }
    }

    /// When a pending entry is to be taken over, if nothing happens before.
    fn next_idle(&self, cx: &Ctx<'_>) -> Option<Micros> {
        let member = self.group.filter(|_| self.claim_ms.is_some())?;
        let delivery = self.delivery(cx, member.consumer);
        let streams = self.keys.iter().filter_map(|key| cx.db.look::<Stream>(key).ok().flatten());
        let groups = streams.filter_map(|stream| stream.groups.get(member.group));
        let next = groups.filter_map(|group| delivery.next_idle_ms(group)).min()?;
        Some(next.saturating_mul(1000))
    }

    /// The request as it is tried again: what `$` meant is settled by then.
    fn again(&self, cx: &Ctx<'_>, starts: &[(&Bytes, Start)]) -> Option<Words> {
        if cx.attempt != Attempt::MayWait || self.group.is_some() {
            return None;
        }
        let words = &cx.words[..cx.words.len() - self.ids.len()];
        let ids = self.ids.iter().zip(starts).map(|(word, (_, start))| match (&word[..], start) {
            (b"$", Start::Behind(id)) => id.to_string().into(),
            _ => word.clone(),
        });
        Some(words.iter().cloned().chain(ids).collect())
    }
}

/// Whether `+` stands for the last entry.
fn reads_last(cx: &Ctx<'_>) -> bool {
    cx.at_least(7, 4) || cx.node.persona.is_valkey_from(8, 0)
}

/// The id behind which only the last entry stands. Valkey goes by the last id that was given.
fn before_last(cx: &Ctx<'_>, log: Option<&Log>) -> Result<StreamId> {
    let Some(log) = log else { return Ok(StreamId::MIN) };
    let persona = cx.node.persona;
    let last = if persona.is_valkey() { log.last_id } else { log.top_id() };
    match last.previous() {
        None if persona.is_valkey() && !persona.is_valkey_from(9, 0) => {
            Err(Error::STREAM_LAST_ID_ZERO)
        }
        before => Ok(before.unwrap_or(log.last_id)),
    }
}

fn claim_ms(args: &mut Args<'_>) -> Result<i64> {
    let ms = args.int_or(Error::CLAIM_NOT_AN_INTEGER)?;
    if ms < 0 { Err(Error::CLAIM_NEGATIVE) } else { Ok(ms) }
}

fn unbalanced(cx: &Ctx<'_>) -> Error {
    if !cx.at_least(7, 2) {
        return Error::UNBALANCED_STREAMS_7_0;
    }
    let ids = match (cx.entry.name.as_str(), cx.at_least(7, 4)) {
        ("xreadgroup", _) => "or '>'",
        (_, true) => ", '+', or '$'",
        (_, false) => "or '$'",
    };
    Error::unbalanced_streams(&cx.entry.name, ids)
}
