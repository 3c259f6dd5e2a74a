//! Streams: making, changing and removing consumer groups.
use super::ids;
use crate::command::docs::Note;
use crate::command::{Args, Command, KeyAccess, container, flag, subcommand};
use crate::commands::help::help;
use crate::data::stream::{Group, Stream};
use crate::engine::Ctx;
use crate::resp::{Error, Reply, Result};
use crate::store::Edit;
use bytes::Bytes;

#[rustfmt::skip]
pub(in crate::commands) const COMMANDS: &[Command] = &[
    container("XGROUP").since("5.0.0").cost("Depends on subcommand.")
        .says("Makes, changes and removes consumer groups of streams."),
    subcommand("XGROUP CREATE key group <id|$> [MKSTREAM] [ENTRIESREAD entries-read]", create).grows().since("5.0.0")
        .notes(&[("ENTRIESREAD", Note::Named("entriesread"))])
        .keys(&[KeyAccess::INSERTS])
        .says("Makes a consumer group."),
    subcommand("XGROUP CREATECONSUMER key group consumer", create_consumer).grows().since("6.2.0")
        .keys(&[KeyAccess::INSERTS])
        .says("Makes a consumer in a group."),
    subcommand("XGROUP DELCONSUMER key group consumer", delete_consumer).writes().since("5.0.0")
        .keys(&[KeyAccess::DELETES])
        .says("Removes a consumer from a group."),
    subcommand("XGROUP DESTROY key group", destroy).writes().since("5.0.0").cost("O(N)")
        .keys(&[KeyAccess::DELETES])
        .says("Removes a consumer group."),
    subcommand("XGROUP HELP", help).with(flag::LOADING | flag::STALE).since("5.0.0")
        .says("Lists the subcommands."),
    subcommand("XGROUP SETID key group <id|$> [ENTRIESREAD entries-read]", set_id).writes().since("5.0.0")
        .notes(&[("ENTRIESREAD", Note::Named("entriesread"))])
        .says("Sets the id behind which a consumer group reads on."),
];

fn create(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, name, id) = (args.bytes()?, args.bytes()?, args.bytes()?);
    let options = Options::parse(cx, args, Creates::Maybe)?;
    let last_id = cx.db.look::<Stream>(key)?.map(|stream| stream.log.last_id);
    if last_id.is_none() && !options.makes_stream {
        return Err(Error::XGROUP_WITHOUT_KEY);
    }
    if options.has_too_many {
        return Err(Error::subcommand_arity(cx.words));
    }
    let id = match &id[..] {
        b"$" => last_id.unwrap_or_default(),
        id => ids::id(id)?,
    };
    let caps = caps_entries_read(cx);
    let mut stream = cx.db.edit_or_create::<Stream>(key)?;
    if stream.groups.contains_key(name) {
        return Err(Error::GROUP_EXISTS);
    }
    let most = if caps { stream.log.entries_added } else { u64::MAX };
    let entries_read = options.entries_read.map(|read| read.min(most));
    stream.groups.insert(name.clone(), Group::new(id, entries_read));
    stream.told("xgroup-create");
    Ok(Reply::OK)
}

fn create_consumer(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, name, consumer) = (args.bytes()?, args.bytes()?, args.bytes()?);
    let now_ms = cx.now_ms();
    let mut stream = existing(cx, key)?;
    let created = group_in(&mut stream, key, name)?.create_consumer(consumer, now_ms);
    if created {
        stream.told("xgroup-createconsumer");
    }
    Ok(usize::from(created).into())
}

fn delete_consumer(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, name, consumer) = (args.bytes()?, args.bytes()?, args.bytes()?);
    let mut stream = existing(cx, key)?;
    let pending = group_in(&mut stream, key, name)?.delete_consumer(consumer);
    if pending.is_some() {
        stream.told("xgroup-delconsumer");
    }
    Ok(pending.unwrap_or(0).into())
}

fn destroy(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, name) = (args.bytes()?, args.bytes()?);
    let mut stream = existing(cx, key)?;
    let destroyed = stream.groups.remove(name).is_some();
    if destroyed {
        stream.told("xgroup-destroy");
        // Who waits for the group learns that it is gone.
        stream.ready();
    }
    Ok(usize::from(destroyed).into())
}

fn set_id(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, name, id) = (args.bytes()?, args.bytes()?, args.bytes()?);
    let options = Options::parse(cx, args, Creates::Never)?;
    let (caps, too_many) = (caps_entries_read(cx), Error::subcommand_arity(cx.words));
    let mut stream = existing(cx, key)?;
    let last_id = stream.log.last_id;
    let most = if caps { stream.log.entries_added } else { u64::MAX };
    let group = group_in(&mut stream, key, name)?;
    if options.has_too_many {
        return Err(too_many);
    }
    group.last_id = match &id[..] {
        b"$" => last_id,
        id => ids::id_or_end(id, 0)?,
    };
    group.entries_read = options.entries_read.map(|read| read.min(most));
    stream.told("xgroup-setid");
    Ok(Reply::OK)
}

/// Whether a group cannot have read more entries than there ever were.
fn caps_entries_read(cx: &Ctx<'_>) -> bool {
    cx.at_least(8, 2)
}

/// The stream that a subcommand needs.
fn existing<'e>(cx: &'e mut Ctx<'_>, key: &'e Bytes) -> Result<Edit<'e, Stream>> {
    cx.db.edit::<Stream>(key)?.ok_or(Error::XGROUP_WITHOUT_KEY)
}

fn group_in<'s>(stream: &'s mut Stream, key: &Bytes, name: &Bytes) -> Result<&'s mut Group> {
    stream.groups.get_mut(name).ok_or_else(|| Error::no_group_for_key(key, name))
}

/// Whether MKSTREAM may be given.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Creates {
    Never,
    Maybe,
}

/// What follows the id.
#[derive(Debug, Default)]
struct Options {
    makes_stream: bool,
    entries_read: Option<u64>,
    /// An option comes again, which is told only when the key and the group are there.
    has_too_many: bool,
}

impl Options {
    fn parse(cx: &Ctx<'_>, mut args: Args<'_>, creates: Creates) -> Result<Options> {
        let mut options = Options::default();
        let most = if creates == Creates::Maybe { 3 } else { 2 };
        options.has_too_many = args.len() > most;
        while !args.is_empty() {
            if creates == Creates::Maybe && args.word("MKSTREAM") {
                options.makes_stream = true;
            } else if let Some(read) = args.option_int("ENTRIESREAD")? {
                if read < -1 {
                    return Err(Error::ENTRIES_READ_NEGATIVE);
                }
                options.entries_read = u64::try_from(read).ok();
            } else {
                return Err(Error::subcommand_arity(cx.words));
            }
        }
        Ok(options)
    }
}
