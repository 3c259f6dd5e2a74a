//! Streams: what XINFO tells of them.
use super::{ids, reply};
use crate::command::{Args, Command, container, flag, subcommand};
use crate::commands::help::help;
use crate::data::stream::{Consumer, Group, Log, Producers, Stream, StreamId};
use crate::engine::Ctx;
use crate::resp::{Error, Reply, Result};
use bytes::Bytes;

#[rustfmt::skip]
pub(in crate::commands) const COMMANDS: &[Command] = &[
    container("XINFO").since("5.0.0").cost("Depends on subcommand.")
        .says("Tells of streams, their groups and their consumers."),
    subcommand("XINFO CONSUMERS key group", consumers).reads().since("5.0.0")
        .tips(&["nondeterministic_output"])
        .says("Tells of a group's consumers."),
    subcommand("XINFO GROUPS key", groups).reads().since("5.0.0")
        .says("Tells of a stream's groups."),
    subcommand("XINFO HELP", help).with(flag::LOADING | flag::STALE).since("5.0.0")
        .says("Lists the subcommands."),
    subcommand("XINFO STREAM key [FULL [COUNT count]]", stream).reads().since("5.0.0")
        .says("Tells of a stream."),
];

type Facts = Vec<(Reply, Reply)>;

fn consumers(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, name) = (args.bytes()?, args.bytes()?);
    let stream = cx.db.read::<Stream>(key)?.ok_or(Error::NO_SUCH_KEY)?;
    let group = stream.groups.get(name).ok_or_else(|| Error::no_group_for_key(key, name))?;
    let since = |at: i64| Reply::Int((cx.now_ms() - at).max(0));
    let told = group.consumers().iter().map(|(name, consumer)| {
        let mut facts: Facts = vec![
            ("name".into(), name.clone().into()),
            ("pending".into(), consumer.pending().len().into()),
            ("idle".into(), since(consumer.seen_at_ms)),
        ];
        if cx.at_least(7, 2) {
            let inactive = consumer.active_at_ms.map_or(Reply::Int(-1), since);
            facts.push(("inactive".into(), inactive));
        }
        Reply::Map(facts)
    });
    Ok(Reply::Array(told.collect()))
}

fn groups(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let stream = cx.db.read::<Stream>(args.bytes()?)?.ok_or(Error::NO_SUCH_KEY)?;
    let told = stream.groups.iter().map(|(name, group)| {
        let mut facts: Facts = vec![
            ("name".into(), name.clone().into()),
            ("consumers".into(), group.consumers().len().into()),
            ("pending".into(), group.pending().len().into()),
        ];
        facts.extend(progress(cx, &stream.log, group));
        Reply::Map(facts)
    });
    Ok(Reply::Array(told.collect()))
}

/// How far a group has come.
fn progress(cx: &Ctx<'_>, log: &Log, group: &Group) -> Facts {
    let mut facts: Facts = vec![("last-delivered-id".into(), reply::id(group.last_id))];
    if cx.at_least(7, 0) {
        let read = group.entries_read.map_or(Reply::Null, |read| Reply::Int(read.cast_signed()));
        let lag = log.lag(group, super::reckoning(cx)).map_or(Reply::Null, Reply::Int);
        facts.extend([("entries-read".into(), read), ("lag".into(), lag)]);
    }
    facts
}

fn stream(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let stream = cx.db.read::<Stream>(args.bytes()?)?.ok_or(Error::NO_SUCH_KEY)?;
    if args.is_empty() {
        return Ok(Reply::Map(overview(cx, stream)));
    }
    let count = match full_count(args) {
        Some(count) => count?,
        None => return Err(Error::subcommand_arity(cx.words)),
    };
    Ok(Reply::Map(in_full(cx, stream, count)))
}

/// How much FULL shows of each list, if that is what is asked for.
fn full_count(mut args: Args<'_>) -> Option<Result<usize>> {
    /// What is shown unless a count is given.
    const USUAL: usize = 10;
    if !args.word("FULL") {
        return None;
    }
    match args.len() {
        0 => Some(Ok(USUAL)),
        2 if args.word("COUNT") => {
            let negative = args.peek().is_some_and(|count| count.starts_with(b"-"));
            let count = ids::count(&mut args);
            Some(count.map(|count| if negative { USUAL } else { count }))
        }
        _ => None,
    }
}

/// What both forms begin with.
fn of_stream(cx: &Ctx<'_>, stream: &Stream) -> Facts {
    let log = &stream.log;
    let (nodes, tree_nodes) = log.tree_size();
    let mut facts: Facts = vec![
        ("length".into(), log.len().into()),
        ("radix-tree-keys".into(), nodes.into()),
        ("radix-tree-nodes".into(), tree_nodes.into()),
        ("last-generated-id".into(), reply::id(log.last_id)),
    ];
    if cx.at_least(7, 0) {
        facts.extend([
            ("max-deleted-entry-id".into(), reply::id(log.max_deleted_id)),
            ("entries-added".into(), Reply::Int(log.entries_added.cast_signed())),
            ("recorded-first-entry-id".into(), reply::id(log.first_id())),
        ]);
    }
    if cx.at_least(8, 6) {
        facts.extend(of_producers(cx, &stream.producers));
    }
    facts
}

fn of_producers(cx: &Ctx<'_>, producers: &Producers) -> Facts {
    let (known, messages) = producers.counts(cx.now_ms());
    vec![
        ("idmp-duration".into(), producers.duration_s.into()),
        ("idmp-maxsize".into(), producers.max_size.into()),
        ("pids-tracked".into(), known.into()),
        ("iids-tracked".into(), messages.into()),
        ("iids-added".into(), Reply::Int(producers.added.cast_signed())),
        ("iids-duplicates".into(), Reply::Int(producers.duplicates.cast_signed())),
    ]
}

fn overview(cx: &Ctx<'_>, stream: &Stream) -> Facts {
    let log = &stream.log;
    let entry = |id| log.get(id).map_or(Reply::Null, |fields| reply::entry((id, fields)));
    let mut facts = of_stream(cx, stream);
    facts.extend([
        ("groups".into(), stream.groups.len().into()),
        ("first-entry".into(), entry(log.first_id())),
        ("last-entry".into(), entry(log.top_id())),
    ]);
    facts
}

fn in_full(cx: &Ctx<'_>, stream: &Stream, count: usize) -> Facts {
    let entries = reply::entries(&stream.log, StreamId::MIN..=StreamId::MAX, count);
    let groups = stream.groups.iter().map(|(name, group)| {
        let mut facts: Facts = vec![("name".into(), name.clone().into())];
        facts.extend(progress(cx, &stream.log, group));
        facts.extend([
            ("pel-count".into(), group.pending().len().into()),
            ("pending".into(), pending_of_group(group, count)),
        ]);
        if cx.at_least(8, 8) {
            facts.push(("nacked-count".into(), group.released().into()));
        }
        let consumers = group.consumers().iter();
        let consumers = consumers.map(|(name, member)| consumer(cx, group, name, member, count));
        facts.push(("consumers".into(), Reply::Array(consumers.collect())));
        Reply::Map(facts)
    });
    let mut facts = of_stream(cx, stream);
    facts.extend([("entries".into(), entries), ("groups".into(), Reply::Array(groups.collect()))]);
    facts
}

fn pending_of_group(group: &Group, count: usize) -> Reply {
    let entries = group.pending().iter().take(reply::at_most(count));
    let shown = entries.map(|(id, entry)| {
        let [consumer, deliveries] = reply::holder(entry);
        vec![reply::id(*id), consumer, entry.delivered_at_ms.into(), deliveries]
    });
    shown.collect::<Vec<_>>().into()
}

fn consumer(cx: &Ctx<'_>, group: &Group, name: &Bytes, consumer: &Consumer, count: usize) -> Reply {
    let ids = consumer.pending().iter().take(reply::at_most(count));
    let pending = ids.filter_map(|id| {
        let entry = group.pending().get(id)?;
        let [_, deliveries] = reply::holder(entry);
        Some(vec![reply::id(*id), entry.delivered_at_ms.into(), deliveries])
    });
    let mut facts: Facts = vec![
        ("name".into(), name.clone().into()),
        ("seen-time".into(), consumer.seen_at_ms.into()),
    ];
    if cx.at_least(7, 2) {
        facts.push(("active-time".into(), consumer.active_at_ms.unwrap_or(-1).into()));
    }
    facts.extend([
        ("pel-count".into(), consumer.pending().len().into()),
        ("pending".into(), pending.collect::<Vec<_>>().into()),
    ]);
    Reply::Map(facts)
}
