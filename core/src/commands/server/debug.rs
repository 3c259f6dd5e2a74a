//! DEBUG: what the suites of the real servers ask of it, as far as there is something to ask.
use super::super::help::heading;
use super::inspect;
use crate::clock::micros;
use crate::command::Args;
use crate::config::parse_memory;
use crate::data::text::Text;
use crate::double::script::Emission;
use crate::engine::{Attempt, Ctx, Errand, Loading, Purpose};
use crate::number::{format_f64_17_digits, format_f64_by_digits, parse_f64, parse_i64};
use crate::resp::{Error, Protocol, Reply, Result};
use crate::store::{Change, DigestStyle, Value};
use bytes::Bytes;
use std::time::Duration;

/// A subcommand: its name, its arguments, what it does, how many words follow it at least and at
/// most, and what carries it out.
struct Sub {
    name: &'static str,
    arguments: &'static str,
    summary: &'static str,
    least: usize,
    most: usize,
    run: fn(&mut Ctx<'_>, Args<'_>) -> Result<Reply>,
}

const fn sub(
    usage: (&'static str, &'static str),
    words: (usize, usize),
    run: fn(&mut Ctx<'_>, Args<'_>) -> Result<Reply>,
    summary: &'static str,
) -> Sub {
    Sub { name: usage.0, arguments: usage.1, summary, least: words.0, most: words.1, run }
}

const SUBCOMMANDS: &[Sub] = &[
    sub(("DIGEST", ""), (0, 0), digest, "Answers a digest of all keys and values."),
    sub(
        ("DIGEST-VALUE", "<key> [<key> ...]"),
        (1, usize::MAX),
        digest_value,
        "Answers a digest of each key's value.",
    ),
    sub(("ERROR", "<string>"), (1, 1), error, "Answers an error of this text."),
    sub(
        ("CHANGE-REPL-ID", ""),
        (0, 0),
        change_history,
        "Gives the history of changes another name, so that replicas that come back get all data.",
    ),
    sub(
        ("DICT-RESIZING", "<0|1>"),
        (1, 1),
        dict_resizing,
        "Does nothing: tables are as large as they need to be.",
    ),
    sub(
        ("HTSTATS", "<dbid> [full]"),
        (1, 2),
        inspect::htstats,
        "Tells how large a database's tables would be.",
    ),
    sub(
        ("HTSTATS-KEY", "<key> [full]"),
        (1, 2),
        inspect::htstats_key,
        "Tells how large a value's table would be.",
    ),
    sub(("LISTPACK", "<key>"), (1, 1), inspect::listpack, "Tells whether a value is a listpack."),
    sub(("LEAK", "<string>"), (1, 1), nothing_to_do, "Does nothing: no memory leaks."),
    sub(("LOADAOF", ""), (0, 0), load_aof, "Reads all data back from the append only file."),
    sub(("LOG", "<message>"), (1, 1), nothing_to_do, "Does nothing: there is no log."),
    sub(("OBJECT", "<key> [fast]"), (1, 2), inspect::object, "Tells how a key's value is stored."),
    sub(("PROTOCOL", "<type>"), (1, 1), protocol, "Answers an example of a type of reply."),
    sub(
        ("PAUSE-CRON", "<0|1>"),
        (1, 1),
        nothing_to_do,
        "Does nothing: nothing is done by the clock.",
    ),
    sub(
        ("POPULATE", "<count> [<prefix>] [<size>]"),
        (1, 3),
        populate,
        "Makes so many strings, under names of this prefix and with values of this size.",
    ),
    sub(
        ("QUICKLIST", "<key> [<0|1>]"),
        (1, 2),
        inspect::quicklist,
        "Tells whether a value is a quicklist.",
    ),
    sub(
        ("QUICKLIST-PACKED-THRESHOLD", "<size>"),
        (1, 1),
        packed_threshold,
        "Checks the size: elements are stored alike, however large they are.",
    ),
    sub(
        ("REPLYBUFFER", "<PEAK-RESET-TIME|RESIZING> <value>"),
        (2, 2),
        reply_buffer,
        "Does nothing: buffers of replies are as large as they need to be.",
    ),
    sub(
        ("RELOAD", "[MERGE] [NOFLUSH] [NOSAVE]"),
        (0, usize::MAX),
        reload,
        "Saves all databases and loads them back. NOSAVE loads what was saved before; NOFLUSH leaves the keys there \
         are, and MERGE lets the loaded ones replace them.",
    ),
    sub(
        ("SET-SKIP-CHECKSUM-VALIDATION", "<0|1>"),
        (1, 1),
        skip_checksums,
        "Says whether RESTORE takes payloads with wrong checksums.",
    ),
    sub(
        ("SET-DISABLE-DENY-SCRIPTS", "<0|1>"),
        (1, 1),
        nothing_to_do,
        "Does nothing: there are no scripts to deny commands to.",
    ),
    sub(
        ("SET-ACTIVE-EXPIRE", "<0|1>"),
        (1, 1),
        set_active_expire,
        "Says whether keys expire by themselves, or only when they are touched.",
    ),
    sub(
        ("SDSLEN", "<key>"),
        (1, 1),
        inspect::sdslen,
        "Tells how much would be allocated for a key and its string.",
    ),
    sub(("SLEEP", "<seconds>"), (1, 1), sleep, "Serves no client for a time."),
    sub(("STRUCTSIZE", ""), (0, 0), struct_size, "Tells how large the parts of a real server are."),
    sub(("HELP", ""), (0, 0), help, "Lists the subcommands."),
];

/// Carries out one of the subcommands.
pub(super) fn debug(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Option<Reply>> {
    let name = args.bytes()?;
    let found = SUBCOMMANDS.iter().find(|sub| {
        name.eq_ignore_ascii_case(sub.name.as_bytes())
            && (sub.least..=sub.most).contains(&args.len())
    });
    match found {
        Some(sub) => {
            let reply = (sub.run)(cx, args)?;
            Ok((reply != Reply::Nothing || !cx.is_away()).then_some(reply))
        }
        None => Err(Error::unknown_debug(name)),
    }
}

fn digest(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Reply> {
    let style = digest_style(cx);
    Ok(Reply::Status(cx.db.store.digest(style).into()))
}

fn digest_value(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let style = digest_style(cx);
    let digest = |key: &Bytes| Reply::Status(cx.db.digest(key, style).into());
    Ok(Reply::Array(args.all().iter().map(digest).collect()))
}

fn digest_style(cx: &Ctx<'_>) -> DigestStyle {
    let scores = if cx.at_least(7, 2) { format_f64_by_digits } else { format_f64_17_digits };
    DigestStyle { scores, marks_fields: !cx.node.persona.is_valkey() }
}

fn error(_: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    Err(Error::asked_for(args.bytes()?))
}

#[expect(clippy::unnecessary_wraps, reason = "it stands among handlers that can fail")]
fn nothing_to_do(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Reply> {
    Ok(Reply::OK)
}

/// There is such a thing since 7.2.
fn dict_resizing(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Reply> {
    if cx.at_least(7, 2) {
        nothing_to_do(cx, args)
    } else {
        Err(Error::unknown_debug(&cx.words[1]))
    }
}

fn reply_buffer(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    if args.word("PEAK-RESET-TIME") || args.word("RESIZING") {
        nothing_to_do(cx, args)
    } else {
        Err(Error::unknown_debug(&cx.words[1]))
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it stands among handlers that can fail")]
fn struct_size(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Reply> {
    Ok(inspect::SIZES.into())
}

fn packed_threshold(_: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let size = parse_memory(&String::from_utf8_lossy(args.bytes()?));
    if size.is_some_and(|size| size <= 1 << 32) {
        Ok(Reply::OK)
    } else {
        Err(Error::PACKED_THRESHOLD)
    }
}

/// Makes strings where there is nothing yet, without a word.
fn populate(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let count = args.positive()?;
    let prefix = args.bytes().cloned().unwrap_or_else(|_| Bytes::from_static(b"key"));
    let size = if args.is_empty() { None } else { Some(args.positive()?) };
    for n in 0..count {
        let key: Bytes = [&prefix[..], format!(":{n}").as_bytes()].concat().into();
        if cx.db.contains(&key) {
            continue;
        }
        let mut value = format!("value:{n}").into_bytes();
        if let Some(size) = size.filter(|size| *size > 0) {
            value.resize(usize::try_from(size).map_err(|_| Error::NOT_POSITIVE)?, 0);
        }
        cx.db.place(&key, Value::Text(Text::raw(value.into())), None);
        cx.db.store.changes.push(Change::Key { db: cx.db.index, key, event: "new" });
    }
    Ok(Reply::OK)
}

fn protocol(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let numbers = || (0..3).map(Reply::Int);
    let reply = match args.bytes()?.to_ascii_lowercase().as_slice() {
        b"string" => "Hello World".into(),
        b"integer" => Reply::Int(12345),
        b"double" => Reply::Double(3141.0 / 1000.0),
        b"bignum" => Reply::BigNumber("1234567999999999999999999999999999999".into()),
        b"null" => Reply::Null,
        b"attrib" => Reply::Attribute(
            vec![("key-popularity".into(), Reply::Array(vec!["key:123".into(), Reply::Int(90)]))],
            Box::new("Some real reply following the attribute".into()),
        ),
        b"push" => return pushed(cx),
        b"array" => Reply::Array(numbers().collect()),
        b"set" => Reply::Set(numbers().collect()),
        b"map" => {
            Reply::Map(numbers().map(|n| (n.clone(), Reply::Bool(n == Reply::Int(1)))).collect())
        }
        b"verbatim" => Reply::Verbatim("txt", Bytes::from_static(b"This is a verbatim\nstring")),
        b"true" => Reply::Bool(true),
        b"false" => Reply::Bool(false),
        _ => return Err(Error::UNKNOWN_PROTOCOL_TYPE),
    };
    Ok(reply)
}

/// A push and a reply. Before 7.2 the push comes first.
fn pushed(cx: &mut Ctx<'_>) -> Result<Reply> {
    if cx.session().encoding.protocol == Protocol::Resp2 {
        return Err(Error::NEEDS_RESP3);
    }
    let push = Reply::Push(vec!["server-cpu-usage".into(), Reply::Int(42)]);
    let reply = "Some real reply following the push reply".into();
    Ok(Reply::Many(if cx.at_least(7, 2) { vec![reply, push] } else { vec![push, reply] }))
}

/// Where there is no folder for files, what would be in one is kept in memory.
fn reload(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (mut loading, mut saves) = (Loading { flushes: true, merges: false }, true);
    while !args.is_empty() {
        if args.word("MERGE") {
            loading.merges = true;
        } else if args.word("NOFLUSH") {
            loading.flushes = false;
        } else if args.word("NOSAVE") {
            saves = false;
        } else {
            return Err(Error::RELOAD_OPTIONS);
        }
    }
    // A transaction waits for no file.
    let path = cx.node.save_path().filter(|_| cx.attempt != Attempt::Last);
    let snapshot = saves.then(|| cx.node.snapshot(cx.db.store));
    match (path, snapshot) {
        (Some(path), Some(bytes)) => {
            let purpose = Purpose::SaveAndLoad { bytes: bytes.clone(), loading };
            cx.send(Errand::Write { path, bytes }, purpose);
            return Ok(Reply::Nothing);
        }
        (Some(path), None) => {
            cx.send(Errand::Read { path }, Purpose::Load(loading));
            return Ok(Reply::Nothing);
        }
        (None, Some(bytes)) => {
            cx.node.persistence.snapshot = Some(bytes);
            cx.node.note_save(true)?;
            cx.db.store.counts.dirty = 0;
        }
        (None, None) => {}
    }
    let bytes = cx.node.persistence.snapshot.clone().ok_or(Error::CANNOT_RELOAD)?;
    cx.node.load(cx.db.store, &bytes, loading).map_err(|_| Error::CANNOT_RELOAD)?;
    Ok(Reply::OK)
}

#[expect(clippy::unnecessary_wraps, reason = "it stands among handlers that can fail")]
fn change_history(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Reply> {
    cx.node.replication.id = cx.node.new_history();
    cx.node.replication.before = None;
    Ok(Reply::OK)
}

/// Without a file nothing is left on a real server, which then ends.
fn load_aof(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Reply> {
    if !cx.node.aof.is_there() {
        return Err(Error::AOF_CANNOT_LOAD);
    }
    cx.node.aof.is_to_be_loaded = true;
    Ok(Reply::OK)
}

fn set_active_expire(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    cx.db.store.active_expiry = parse_i64(args.bytes()?).is_some_and(|said| said != 0);
    Ok(Reply::OK)
}

fn skip_checksums(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    cx.node.skips_checksums = parse_i64(args.bytes()?).is_some_and(|said| said != 0);
    Ok(Reply::OK)
}

/// Nobody is served for a time, and what else a transaction does is done after it. What is no number is no time.
fn sleep(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let seconds = parse_f64(args.bytes()?).unwrap_or_default();
    if let Ok(time) = Duration::try_from_secs_f64(seconds)
        && !time.is_zero()
    {
        cx.node.now = cx.node.now.saturating_add(micros(time));
        cx.node.asleep_until = Some(cx.node.now);
        cx.db.store.now_ms = cx.node.now.div_euclid(1000);
        cx.session().play(vec![Emission::Pause(time)]);
    }
    Ok(Reply::OK)
}

fn help(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Reply> {
    let mut lines = vec![heading("DEBUG")];
    for sub in SUBCOMMANDS {
        lines.push(format!("{} {}", sub.name, sub.arguments).trim_end().to_owned());
        lines.push(format!("    {}", sub.summary));
    }
    Ok(Reply::Array(lines.into_iter().map(|line| Reply::Status(line.into())).collect()))
}
