//! Keys, whatever they hold.
use super::help::help;
use super::scan::{self, Walk};
use crate::command::docs::Note;
use crate::command::{Args, Command, KeyAccess, command, container, flag, subcommand};
use crate::engine::Ctx;
use crate::resp::{Error, Reply, Result};
use crate::store::{Entry, Removal};
use bytes::Bytes;

#[rustfmt::skip]
pub(super) const COMMANDS: &[Command] = &[
    command("COPY source destination [DB destination-db] [REPLACE]", copy).grows().since("6.2.0").cost("O(N)")
        .keys(&[KeyAccess::READS, KeyAccess::STORES])
        .says("Copies a key's value to another key."),
    command("DEL key [key ...]", del).writes().cost("O(N)").keys(&[KeyAccess::REMOVES])
        .tips(&["request_policy:multi_shard", "response_policy:agg_sum"])
        .says("Deletes keys."),
    command("EXISTS key [key ...]", exists).looks().fast().cost("O(N)")
        .tips(&["request_policy:multi_shard", "response_policy:agg_sum"])
        .says("Counts how many of the keys exist."),
    command("KEYS pattern", keys).looks().with(flag::DANGEROUS).cost("O(N)")
        .tips(&["request_policy:all_shards", "nondeterministic_output_order"])
        .says("Lists the keys that match a pattern."),
    command("MOVE key db", move_).writes().fast().keys(&[KeyAccess::CHANGES])
        .says("Moves a key to another database."),
    container("OBJECT").since("2.2.3")
        .says("Holds the commands that look inside a key's value."),
    subcommand("OBJECT ENCODING key", object_encoding).looks().since("2.2.3").tips(NONDETERMINISTIC)
        .says("Answers how a key's value is stored."),
    subcommand("OBJECT FREQ key", object_freq).looks().since("4.0.0").tips(NONDETERMINISTIC)
        .says("Answers how often a key is accessed, as a logarithmic counter."),
    subcommand("OBJECT HELP", help).always().since("6.2.0")
        .says("Lists the subcommands."),
    subcommand("OBJECT IDLETIME key", object_idletime).looks().since("2.2.3").tips(NONDETERMINISTIC)
        .says("Answers for how many seconds a key was not accessed."),
    subcommand("OBJECT REFCOUNT key", object_refcount).looks().since("2.2.3").tips(NONDETERMINISTIC)
        .says("Answers how many references a key's value has."),
    command("RANDOMKEY", randomkey).looks()
        .old_tips(&["request_policy:all_shards", "nondeterministic_output"])
        .tips(&["request_policy:all_shards", "response_policy:special", "nondeterministic_output"])
        .says("Answers the name of some key."),
    command("RENAME key newkey", rename).writes().keys(&[KeyAccess::POPS, KeyAccess::STORES])
        .says("Renames a key, replacing the one of the new name."),
    command("RENAMENX key newkey", renamenx).writes().fast().keys(&[KeyAccess::POPS, KeyAccess::CREATES])
        .says("Renames a key if the new name is free."),
    command("SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]", scan_keys).looks().since("2.8.0")
        .notes(&[("TYPE", Note::Since("6.0.0"))])
        .old_tips(&["nondeterministic_output", "request_policy:special"])
        .tips(&["nondeterministic_output", "request_policy:special", "response_policy:special"])
        .says("Walks over the keys of the database, some at a time."),
    command("TOUCH key [key ...]", touch).looks().fast().since("3.2.1").cost("O(N)")
        .tips(&["request_policy:multi_shard", "response_policy:agg_sum"])
        .says("Marks keys as accessed and counts those that exist."),
    command("TYPE key", type_).looks().fast()
        .says("Answers the type of a key's value."),
    command("UNLINK key [key ...]", del).writes().fast().since("4.0.0").keys(&[KeyAccess::REMOVES])
        .tips(&["request_policy:multi_shard", "response_policy:agg_sum"])
        .says("Deletes keys, freeing their values in the background."),
];

const NONDETERMINISTIC: &[&str] = &["nondeterministic_output"];

fn copy(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (from, to) = (args.bytes()?, args.bytes()?);
    let (mut db, mut replace) = (cx.db.index, false);
    while !args.is_empty() {
        if args.word("REPLACE") {
            replace = true;
        } else if args.len() > 1 && args.word("DB") {
            db = database(cx, &mut args)?;
        } else {
            return Err(Error::SYNTAX);
        }
    }
    if db == cx.db.index && from == to {
        return Err(Error::SAME_KEY);
    }
    let Some(Entry { value, expires_at_ms, .. }) = cx.db.lookup(from).cloned() else {
        return Ok(Reply::Int(0));
    };
    let mut db = cx.db.other(db);
    db.expire_if_due(to);
    if !replace && db.contains(to) {
        return Ok(Reply::Int(0));
    }
    db.take(to);
    db.place(to, value, expires_at_ms);
    db.unshare(to);
    db.tell(to, "new");
    db.changed(to, "copy_to");
    Ok(Reply::Int(1))
}

fn del(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let gone = |key: &&Bytes| cx.db.remove(key, Removal::Deleted).is_some();
    Ok(args.all().iter().filter(gone).count().into())
}

fn exists(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let here = |key: &&Bytes| cx.db.lookup_untouched(key).is_some();
    Ok(args.all().iter().filter(here).count().into())
}

fn keys(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let pattern = args.bytes()?;
    let found = cx.db.iter().map(|(key, _)| key);
    let found = found.filter(|key| scan::matches(pattern, key));
    Ok(Reply::bulks(found.cloned()))
}

fn move_(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, to) = (args.bytes()?, database(cx, &mut args)?);
    if to == cx.db.index {
        return Err(Error::SAME_KEY);
    }
    if !cx.db.touch(key) || cx.db.other(to).contains(key) {
        return Ok(Reply::Int(0));
    }
    let entry = moved(cx, key);
    let mut db = cx.db.other(to);
    db.restore(key, entry);
    db.tell(key, "new");
    cx.db.changed(key, "move_from");
    cx.db.other(to).tell(key, "move_to");
    Ok(Reply::Int(1))
}

/// Takes out a key that is there, to put it under another name or in another place. From 7.2 on its uses are forgotten.
fn moved(cx: &mut Ctx<'_>, key: &Bytes) -> Entry {
    let entry = cx.db.take(key).expect("the key is there");
    if cx.at_least(7, 2) {
        entry.renew(cx.now_ms());
    }
    entry
}

/// The next argument as the index of a database there is.
fn database(cx: &Ctx<'_>, args: &mut Args<'_>) -> Result<usize> {
    let index = args.int()?;
    let index = i32::try_from(index)
        .map_err(|_| Error::not_between(i64::from(i32::MIN), i64::from(i32::MAX)))?;
    let index = usize::try_from(index).ok().filter(|index| *index < cx.db.store.databases());
    index.ok_or(Error::DB_OUT_OF_RANGE)
}

fn object_encoding(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let entry = cx.db.inspect(args.bytes()?);
    Ok(entry.map_or(Reply::Null, |entry| entry.value.encoding().into()))
}

fn object_freq(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let Some(entry) = cx.db.inspect(args.bytes()?) else { return Ok(Reply::Null) };
    if !counts_accesses(cx) {
        return Err(Error::NO_ACCESS_FREQUENCY);
    }
    Ok(Reply::Int(entry.frequency(cx.now_ms(), cx.db.store.pace).into()))
}

fn object_idletime(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let Some(entry) = cx.db.inspect(args.bytes()?) else { return Ok(Reply::Null) };
    if counts_accesses(cx) {
        return Err(Error::NO_IDLE_TIME);
    }
    // The real server's clock for this ticks in whole seconds.
    Ok(Reply::Int(cx.now_ms() / 1000 - entry.used_at_ms.get() / 1000))
}

/// Whether keys are evicted by how often they are used, and not by when they last were.
fn counts_accesses(cx: &Ctx<'_>) -> bool {
    cx.node.config.text("maxmemory-policy").ends_with("lfu")
}

fn object_refcount(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let entry = cx.db.inspect(args.bytes()?);
    Ok(entry.map_or(Reply::Null, |entry| Reply::Int(entry.references())))
}

fn randomkey(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Reply> {
    Ok(cx.db.random_key(&mut cx.node.dice).into())
}

fn rename(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (from, to) = (args.bytes()?, args.bytes()?);
    cx.db.expire_if_due(from);
    if !cx.db.touch(from) {
        return Err(Error::NO_SUCH_KEY);
    }
    if from != to {
        cx.db.expire_if_due(to);
        rename_to(cx, from, to);
    }
    Ok(Reply::OK)
}

fn renamenx(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (from, to) = (args.bytes()?, args.bytes()?);
    cx.db.expire_if_due(from);
    if !cx.db.touch(from) {
        return Err(Error::NO_SUCH_KEY);
    }
    cx.db.expire_if_due(to);
    if cx.db.contains(to) {
        return Ok(Reply::Int(0));
    }
    rename_to(cx, from, to);
    Ok(Reply::Int(1))
}

fn rename_to(cx: &mut Ctx<'_>, from: &Bytes, to: &Bytes) {
    let entry = moved(cx, from);
    cx.db.restore(to, entry);
    // What stood there before went without a word, so the key is new even if it is not.
    cx.db.tell(to, "new");
    cx.db.changed(from, "rename_from");
    cx.db.tell(to, "rename_to");
}

fn scan_keys(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let cursor = scan::cursor(cx.node.persona, &mut args)?;
    let options = scan::Options::parse(cx.node.persona, args, Walk::Keyspace)?;
    // Of old the type of a key is looked up, and of a dead one not found.
    let looks_up = options.type_name.is_some() && !cx.at_least(7, 2);
    // In Redis the dead go, of whatever type, if their names would be shown; in Valkey those of the type.
    let any_dead = !cx.node.persona.is_valkey();
    let mut found = Vec::new();
    let cursor = cx.db.scan(cursor, options.count, |key, entry| {
        let name = entry.value.type_of().name().as_bytes();
        let of_type = options.type_name.is_none_or(|wanted| wanted.eq_ignore_ascii_case(name));
        if options.shows(key) && (of_type || (any_dead && cx.db.has_expired(key))) {
            found.push(key.clone());
        }
    });
    found.retain(|key| {
        let is_dead = cx.db.expire_if_due(key);
        if is_dead && looks_up {
            cx.db.lookup_untouched(key);
        }
        !is_dead
    });
    Ok(scan::reply(cursor, found.into_iter().map(Reply::Bulk).collect()))
}

fn touch(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let here = |key: &&Bytes| cx.db.lookup(key).is_some();
    Ok(args.all().iter().filter(here).count().into())
}

fn type_(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let entry = cx.db.lookup_untouched(args.bytes()?);
    Ok(Reply::status(entry.map_or("none", |entry| entry.value.type_of().name())))
}
