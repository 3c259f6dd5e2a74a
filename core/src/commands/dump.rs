//! Values as bytes: DUMP, and RESTORE which takes them back.
use crate::command::docs::Note;
use crate::command::{Args, Command, KeyAccess, command, flag};
use crate::engine::{Ctx, word};
use crate::rdb;
use crate::resp::{Error, Reply, Result};
use crate::store::{Entry, Value};
use bytes::Bytes;

const OPTIONS: &[(&str, Note)] = &[
    ("REPLACE", Note::Since("3.0.0")),
    ("ABSTTL", Note::Since("5.0.0")),
    ("IDLETIME", Note::Since("5.0.0")),
    ("FREQ", Note::Since("5.0.0")),
];

#[rustfmt::skip]
pub(super) const COMMANDS: &[Command] = &[
    command("DUMP key", dump).reads().since("2.6.0").cost("O(N)").tips(&["nondeterministic_output"])
        .says("Answers a key's value in the format of RDB files."),
    command("RESTORE key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]", restore)
        .grows().with(flag::DANGEROUS).since("2.6.0").cost("O(N)").keys(&[KeyAccess::STORES]).notes(OPTIONS)
        .says("Makes a key of what DUMP has answered."),
];

#[rustfmt::skip]
pub(super) const SERVER_COMMANDS: &[Command] = &[
    command("RESTORE-ASKING key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]", restore)
        .grows().with(flag::DANGEROUS | flag::ASKING).acl("keyspace").since("3.0.0").cost("O(N)")
        .keys(&[KeyAccess::STORES]).notes(OPTIONS)
        .says("Makes a key of what DUMP has answered, on its way from one node of a cluster to another."),
];

fn dump(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let form = cx.node.rdb_form();
    let entry = cx.db.lookup(args.bytes()?);
    Ok(entry.map(|entry| rdb::dump(&entry.value, form)).into())
}

/// What RESTORE was told beside the payload.
#[derive(Debug, Default)]
struct Options {
    replaces: bool,
    is_absolute: bool,
    idle_s: Option<i64>,
    frequency: Option<u8>,
}

impl Options {
    fn read(mut args: Args<'_>) -> Result<Options> {
        let mut options = Options::default();
        while !args.is_empty() {
            if args.word("REPLACE") {
                options.replaces = true;
            } else if args.word("ABSTTL") {
                options.is_absolute = true;
            } else if args.len() > 1 && options.frequency.is_none() && args.word("IDLETIME") {
                let seconds = args.int()?;
                if seconds < 0 {
                    return Err(Error::INVALID_IDLE_TIME);
                }
                options.idle_s = Some(seconds);
            } else if args.len() > 1 && options.idle_s.is_none() && args.word("FREQ") {
                let frequency = args.int()?;
                let frequency = u8::try_from(frequency).map_err(|_| Error::INVALID_FREQUENCY)?;
                options.frequency = Some(frequency);
            } else {
                return Err(Error::SYNTAX);
            }
        }
        Ok(options)
    }
}

fn restore(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, ttl, payload) = (args.bytes()?, args.bytes()?, args.bytes()?);
    let options = Options::read(args)?;
    cx.db.expire_if_due(key);
    if !options.replaces && cx.db.contains(key) {
        return Err(Error::BUSY_KEY);
    }
    let ttl = crate::number::parse_i64(ttl).ok_or(Error::NOT_AN_INTEGER)?;
    if ttl < 0 {
        return Err(Error::INVALID_TTL);
    }
    let value = read(cx, payload)?;
    let was_there = cx.db.take(key).is_some();
    let start_ms = if options.is_absolute { 0 } else { cx.now_ms() };
    let expires_at_ms = (ttl != 0).then(|| ttl.wrapping_add(start_ms));
    if expires_at_ms.is_some_and(|at| at <= cx.now_ms()) {
        if was_there {
            cx.db.changed(key, "del");
            // Of old it is removed at once, whatever the settings say.
            let name = if cx.at_least(7, 2) { cx.removal() } else { word("DEL") };
            cx.propagate_instead(|| [name, key.clone()]);
        }
        return Ok(Reply::OK);
    }
    place(cx, key, Entry::new(value, expires_at_ms), &options);
    if let Some(at) = expires_at_ms.filter(|_| !options.is_absolute) {
        cx.propagate_rewritten(|words| {
            let at = Bytes::from(at.to_string());
            [&words[..2], &[at], &words[3..], &[word("ABSTTL")]].concat()
        });
    }
    Ok(Reply::OK)
}

fn read(cx: &Ctx<'_>, payload: &[u8]) -> Result<Value> {
    let (form, limits) = (cx.node.rdb_form(), &cx.db.store.limits);
    rdb::restore(payload, form, limits, !cx.node.skips_checksums).map_err(|refusal| match refusal {
        rdb::Refusal::Footer => Error::DUMP_FOOTER,
        rdb::Refusal::Value(_) => Error::BAD_FORMAT,
    })
}

fn place(cx: &mut Ctx<'_>, key: &Bytes, entry: Entry, options: &Options) {
    let idle_ms = options.idle_s.unwrap_or(0).saturating_mul(1000);
    entry.used_at_ms.set(cx.now_ms().saturating_sub(idle_ms));
    options.frequency.into_iter().for_each(|frequency| entry.set_frequency(frequency));
    cx.db.restore(key, entry);
    cx.db.changed(key, "new");
    cx.db.changed(key, "restore");
}
