//! Commands about the server: its settings, statistics and time.

mod debug;
mod info;
mod inspect;

use super::help::help;
use crate::command::docs::Note;
use crate::command::{
    Args, Command, Handler, command, container, flag, subcommand, waiting_subcommand,
};
use crate::engine::{Audience, Ctx, Errand, Purpose};
use crate::number::parse_i64;
use crate::persona::Flavour;
use crate::resp::{Error, Reply, Result};
use bytes::Bytes;
use std::path::Path;

const ADMIN: u32 = flag::ADMIN | flag::NO_SCRIPT;
const FLUSHES: &[(&str, Note)] = &[("ASYNC", Note::Since("4.0.0")), ("SYNC", Note::Since("6.2.0"))];
const SHUTDOWNS: &[(&str, Note)] = &[
    ("NOW", Note::Since("7.0.0")),
    ("FORCE", Note::Since("7.0.0")),
    ("ABORT", Note::Since("7.0.0")),
    ("SAFE", Note::Since("9.0.0")),
    ("FAILOVER", Note::Since("9.0.0")),
];
const ALL_SHARDS: &[&str] = &["request_policy:all_shards", "response_policy:all_succeeded"];
const ALL_NODES: &[&str] = &["request_policy:all_nodes", "response_policy:all_succeeded"];

#[rustfmt::skip]
pub(super) const COMMANDS: &[Command] = &[
    container("CONFIG").since("2.0.0").says("Holds the commands about the server's configuration."),
    subcommand("CONFIG GET parameter [parameter ...]", config_get).with(ADMIN).always().since("2.0.0").cost("O(N)")
        .says("Answers the parameters that match the patterns, with their values."),
    subcommand("CONFIG HELP", help).always().since("5.0.0").says("Lists the subcommands."),
    subcommand("CONFIG RESETSTAT", config_resetstat).old_tips(&[]).with(ADMIN).always().since("2.0.0").tips(ALL_NODES)
        .says("Sets the counters of INFO to zero."),
    subcommand("CONFIG REWRITE", config_rewrite).old_tips(&[]).with(ADMIN).always().since("2.8.0").tips(ALL_NODES)
        .says("Writes the configuration in force to its file."),
    waiting_subcommand("CONFIG SET parameter value [parameter value ...]", config_set).with(ADMIN).always().since("2.0.0").cost("O(N)")
        .tips(ALL_NODES).says("Changes parameters while the server runs."),
    command("DBSIZE", dbsize).with(flag::READ_ONLY).fast().acl("keyspace")
        .tips(&["request_policy:all_shards", "response_policy:agg_sum"]).says("Counts the keys of the database."),
    Command::new("DEBUG", Handler::Try(debug::debug)).with(ADMIN).always().arity(-2).cost("Depends on subcommand.")
        .says("Holds commands for those who debug the server."),
    command("FLUSHALL [ASYNC|SYNC]", flushall).with(flag::WRITE | flag::DANGEROUS).acl("keyspace").cost("O(N)")
        .tips(ALL_SHARDS).notes(FLUSHES).says("Deletes every key of every database."),
    command("FLUSHDB [ASYNC|SYNC]", flushdb).with(flag::WRITE | flag::DANGEROUS).acl("keyspace").cost("O(N)")
        .tips(ALL_SHARDS).notes(FLUSHES).says("Deletes every key of the database."),
    command("INFO [section [section ...]]", info::info).with(flag::DANGEROUS).always()
        .tips(&["nondeterministic_output", "request_policy:all_shards", "response_policy:special"])
        .says("Tells the server's statistics, section by section."),
    container("MEMORY").since("4.0.0")
        .says("Holds the commands about memory."),
    subcommand("MEMORY USAGE key [SAMPLES count]", memory_usage).looks().since("4.0.0").cost("O(N)")
        .says("Answers about how many bytes a key and its value take."),
    Command::new("SHUTDOWN [[NOSAVE|SAVE] [NOW] [FORCE] [SAFE] [FAILOVER]|ABORT]", Handler::Try(shutdown)).only(Flavour::Valkey).valkey_from("9.0.0")
        .with(ADMIN | flag::NO_MULTI | flag::ALLOW_BUSY).always().cost("O(N)").notes(SHUTDOWNS).says("Stops the server."),
    Command::new("SHUTDOWN [[NOSAVE|SAVE] [NOW] [FORCE]|ABORT]", Handler::Try(shutdown)).only(Flavour::Valkey).valkey_until("9.0.0")
        .with(ADMIN | flag::NO_MULTI | flag::ALLOW_BUSY).always().cost("O(N)").notes(SHUTDOWNS).says("Stops the server."),
    Command::new("SHUTDOWN [NOSAVE|SAVE] [NOW] [FORCE] [ABORT]", Handler::Try(shutdown)).only(Flavour::Redis)
        .with(ADMIN | flag::NO_MULTI | flag::ALLOW_BUSY).always().cost("O(N)")
        .notes(SHUTDOWNS).says("Stops the server."),
    command("SWAPDB index1 index2", swapdb).with(flag::WRITE | flag::DANGEROUS).fast().acl("keyspace").since("4.0.0")
        .cost("O(N)").says("Exchanges two databases."),
    command("TIME", time).always().fast().since("2.6.0").tips(&["nondeterministic_output"])
        .says("Answers the server's time."),
];

fn config_get(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let found = cx.node.config.matching(args.all());
    Ok(Reply::Map(found.into_iter().map(|(name, value)| (name.into(), value.into())).collect()))
}

fn config_set(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Option<Reply>> {
    let pairs = args.pairs().ok_or(Error::SYNTAX)?;
    let mut next = cx.node.config.clone();
    next.change(pairs)?;
    let (before, folder) = (cx.node.config.text("dir"), next.text("dir"));
    // A transaction waits for nobody who looks at folders.
    if folder != before && cx.may_wait() {
        let folder = Path::new(before).join(folder);
        cx.send(Errand::Find { folder }, Purpose::Configure(pairs.to_vec()));
        return Ok(None);
    }
    cx.node.change_settings(cx.db.store, pairs)?;
    Ok(Some(Reply::OK))
}

fn config_resetstat(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Reply> {
    cx.node.reset_stats();
    cx.db.store.counts.reset();
    Ok(Reply::OK)
}

fn config_rewrite(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Reply> {
    Err(Error::NO_CONFIG_FILE)
}

fn dbsize(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Reply> {
    Ok(cx.db.len().into())
}

fn flushall(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Reply> {
    flush_mode(args)?;
    cx.propagate_anyway(Audience::All);
    for db in 0..cx.db.store.databases() {
        cx.db.store.flush(db);
    }
    Ok(Reply::OK)
}

fn flushdb(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Reply> {
    flush_mode(args)?;
    cx.propagate_anyway(Audience::All);
    cx.db.store.flush(cx.db.index);
    Ok(Reply::OK)
}

/// Whether at once or in the background: nobody can tell the two apart.
fn flush_mode(mut args: Args<'_>) -> Result<()> {
    if args.word("ASYNC") || args.word("SYNC") || args.is_empty() {
        args.end()
    } else {
        Err(Error::SYNTAX)
    }
}

/// An estimate: this server asks no allocator.
fn memory_usage(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    while !args.is_empty() {
        if args.len() < 2 || !args.word("SAMPLES") || args.int()? < 0 {
            return Err(Error::SYNTAX);
        }
    }
    Ok(cx.db.peek(key).map_or(Reply::Null, |entry| entry.bytes(key).into()))
}

fn shutdown(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Option<Reply>> {
    let options = Shutdown::read(args, cx.node.persona.is_valkey_from(9, 0))?;
    if options.abort {
        return Err(Error::NO_SHUTDOWN);
    }
    if options.failover {
        return Err(Error::SHUTDOWN_FAILOVER);
    }
    let saves = options.saves.unwrap_or(!cx.node.config.text("save").is_empty());
    if let Some(path) = cx.node.save_path().filter(|_| saves) {
        let bytes = cx.node.snapshot(cx.db.store);
        cx.send(Errand::Write { path, bytes }, Purpose::Shutdown { forced: options.forced });
        return Ok(None);
    }
    cx.node.stopped = true;
    cx.session().closes = true;
    Ok(Some(Reply::Nothing))
}

/// What SHUTDOWN was told. No replica is waited for, so there is nothing to abort, and nothing to be done sooner.
#[derive(Debug, Default)]
struct Shutdown {
    /// Whether to save; if nothing was said, the settings say it.
    saves: Option<bool>,
    forced: bool,
    abort: bool,
    failover: bool,
}

impl Shutdown {
    fn read(mut args: Args<'_>, knows_failover: bool) -> Result<Shutdown> {
        let (mut save, mut nosave, mut others) = (false, false, false);
        let (mut abort, mut failover, mut forced) = (false, false, false);
        while !args.is_empty() {
            if args.word("SAVE") {
                save = true;
            } else if args.word("NOSAVE") {
                nosave = true;
            } else if args.word("FORCE") {
                (others, forced) = (true, true);
            } else if args.word("NOW") || (knows_failover && args.word("SAFE")) {
                others = true;
            } else if knows_failover && args.word("FAILOVER") {
                (others, failover) = (true, true);
            } else if args.word("ABORT") {
                abort = true;
            } else {
                return Err(Error::SYNTAX);
            }
        }
        if (abort && (save || nosave || others)) || (save && nosave) {
            return Err(Error::SYNTAX);
        }
        let saves = (save || nosave).then_some(save);
        Ok(Shutdown { saves, forced, abort, failover })
    }
}

fn swapdb(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let first = db_number(args.bytes()?, Error::INVALID_FIRST_DB)?;
    let second = db_number(args.bytes()?, Error::INVALID_SECOND_DB)?;
    let databases = cx.db.store.databases();
    let index = |number: i32| {
        let index = usize::try_from(number).ok().filter(|index| *index < databases);
        index.ok_or(Error::DB_OUT_OF_RANGE)
    };
    let (first, second) = (index(first)?, index(second)?);
    cx.db.store.swap(first, second);
    cx.db.store.counts.dirty += 1;
    Ok(Reply::OK)
}

fn db_number(word: &Bytes, error: Error) -> Result<i32> {
    parse_i64(word).and_then(|number| i32::try_from(number).ok()).ok_or(error)
}

fn time(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Reply> {
    let now = cx.now();
    let (seconds, micros) = (now.div_euclid(1_000_000), now.rem_euclid(1_000_000));
    Ok(Reply::Array(vec![seconds.to_string().into(), micros.to_string().into()]))
}
