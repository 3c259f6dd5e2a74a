//! Streams: what consumers are still to acknowledge.
use super::{ids, reply};
use crate::command::docs::{Note, Type};
use crate::command::{Args, Command, command};
use crate::data::stream::{Group, Stream, StreamId};
use crate::engine::Ctx;
use crate::resp::{Error, Reply, Result};
use bytes::Bytes;
use std::ops::RangeInclusive;

#[rustfmt::skip]
pub(in crate::commands) const COMMANDS: &[Command] = &[
    command("XACK key group id [id ...]", xack).writes().fast().since("5.0.0").cost("O(N)")
        .says("Acknowledges entries, which are no longer pending then."),
    command("XPENDING key group [[IDLE min-idle-time] start end count [consumer]]", xpending).reads().since("5.0.0").cost("O(N)")
        .notes(&[("IDLE", Note::Since("6.2.0")), ("start", Note::Is(Type::String)), ("end", Note::Is(Type::String))]).tips(&["nondeterministic_output"])
        .says("Answers what a group's consumers are still to acknowledge."),
];

fn xack(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, name) = (args.bytes()?, args.bytes()?);
    // A key that is not there counts as missed, though the command writes.
    cx.db.read::<Stream>(key)?;
    let stream = cx.db.edit::<Stream>(key)?;
    let Some(mut stream) = stream.filter(|stream| stream.groups.contains_key(name)) else {
        return Ok(Reply::Int(0));
    };
    let ids = ids::ids(args.all())?;
    let group = stream.groups.get_mut(name);
    let known = group.map_or(0, |group| ids.into_iter().filter(|id| group.forget(*id)).count());
    stream.count(known);
    Ok(known.into())
}

/// Which pending entries are asked for.
struct Wanted<'a> {
    idle_ms: Option<i64>,
    range: RangeInclusive<StreamId>,
    count: usize,
    consumer: Option<&'a Bytes>,
}

fn xpending(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, name) = (args.bytes()?, args.bytes()?);
    let wanted = if args.is_empty() { None } else { Some(Wanted::parse(args)?) };
    let stream = cx.db.read::<Stream>(key)?;
    let group = stream.and_then(|stream| stream.groups.get(name));
    let group = group.ok_or_else(|| Error::no_group(key, name))?;
    Ok(match wanted {
        None => summary(group),
        Some(wanted) => wanted.list(group, cx.now_ms()),
    })
}

/// How many entries are pending, between which ids, and with whom.
fn summary(group: &Group) -> Reply {
    let ids = group.pending().keys();
    let (Some(first), Some(last)) = (ids.clone().next(), ids.clone().next_back()) else {
        return Reply::Array(vec![0.into(), Reply::Null, Reply::Null, Reply::NullArray]);
    };
    let busy = group.consumers().iter().filter(|(_, consumer)| !consumer.pending().is_empty());
    let shares = busy.map(|(name, consumer)| {
        vec![name.clone().into(), Reply::from(consumer.pending().len().to_string())]
    });
    let count = group.pending().len().into();
    Reply::Array(vec![
        count,
        reply::id(*first),
        reply::id(*last),
        shares.collect::<Vec<_>>().into(),
    ])
}

impl<'a> Wanted<'a> {
    fn parse(mut args: Args<'a>) -> Result<Wanted<'a>> {
        // Six words are all there is, with IDLE or without.
        if !(3..=6).contains(&args.len()) {
            return Err(Error::SYNTAX);
        }
        let idle_ms = if args.word("IDLE") { Some(args.int()?) } else { None };
        let [first, last] = args.take(2)? else { return Err(Error::SYNTAX) };
        let count = ids::count(&mut args)?;
        let range = ids::range(first, last)?;
        Ok(Wanted { idle_ms, range, count, consumer: args.peek() })
    }

    fn list(&self, group: &Group, now_ms: i64) -> Reply {
        let pending = group.pending();
        let (start, end) = (*self.range.start(), *self.range.end());
        let ids: Box<dyn Iterator<Item = StreamId>> = match self.consumer {
            _ if start > end => Box::new(std::iter::empty()),
            None => Box::new(pending.range(start..=end).map(|(id, _)| *id)),
            Some(name) => match group.consumers().get(name) {
                Some(consumer) => Box::new(consumer.pending().range(start..=end).copied()),
                None => Box::new(std::iter::empty()),
            },
        };
        let shown = ids.filter_map(|id| {
            let entry = pending.get(&id)?;
            let idle = entry.idle_ms(now_ms);
            let long_enough = self.idle_ms.is_none_or(|least| idle >= least);
            let idle = if entry.consumer.is_some() { idle.max(0) } else { -1 };
            long_enough.then(|| {
                let [consumer, deliveries] = reply::holder(entry);
                vec![reply::id(id), consumer, idle.into(), deliveries]
            })
        });
        shown.take(self.count).collect::<Vec<_>>().into()
    }
}
