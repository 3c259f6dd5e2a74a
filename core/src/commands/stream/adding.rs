//! Streams: adding and deleting entries.
use super::idempotence::Sent;
use super::trimming::Options;
use super::{ids, propagation, reply};
use crate::command::docs::Note;
use crate::command::{Args, Command, KeyAccess, command};
use crate::data::stream::{Fields, Keep, Log, NewId, Stream, StreamId, Trim};
use crate::engine::Ctx;
use crate::resp::{Error, Reply, Result};
use bytes::Bytes;

#[rustfmt::skip]
pub(in crate::commands) const COMMANDS: &[Command] = &[
    command("XADD key [NOMKSTREAM] [<MAXLEN|MINID> [=|~] threshold [LIMIT count]] <*|id> field value [field value ...]", xadd).until("8.2.0").grows().fast().since("5.0.0")
        .cost("O(N)").notes(TRIM_NOTES).tips(NONDETERMINISTIC).key_note(TRIMS)
        .says("Appends an entry to a stream, and makes the stream if there is none."),
    command("XADD key [NOMKSTREAM] [KEEPREF|DELREF|ACKED] [<MAXLEN|MINID> [=|~] threshold [LIMIT count]] <*|id> field value [field value ...]", xadd).holds("8.2.0", "8.6.0").grows().fast().since("5.0.0")
        .cost("O(N)").notes(TRIM_NOTES).tips(NONDETERMINISTIC).key_note(TRIMS)
        .says("Appends an entry to a stream, and makes the stream if there is none."),
    command("XADD key [NOMKSTREAM] [KEEPREF|DELREF|ACKED] [IDMPAUTO pid|IDMP pid iid] [<MAXLEN|MINID> [=|~] threshold [LIMIT count]] <*|id> field value [field value ...]", xadd).from("8.6.0").grows().fast().since("5.0.0")
        .cost("O(N)").notes(TRIM_NOTES).tips(NONDETERMINISTIC).key_note(TRIMS)
        .says("Appends an entry to a stream, and makes the stream if there is none."),
    command("XDEL key id [id ...]", xdel).writes().fast().since("5.0.0").cost("O(N)")
        .keys(&[KeyAccess::DELETES])
        .says("Deletes entries of a stream by their ids."),
    command("XLEN key", xlen).looks().fast().since("5.0.0")
        .says("Counts the entries of a stream."),
    command("XSETID key last-id [ENTRIESADDED entries-added] [MAXDELETEDID max-deleted-id]", xsetid).grows().fast().since("5.0.0")
        .notes(&[("ENTRIESADDED", Note::Since("7.0.0")), ("MAXDELETEDID", Note::Since("7.0.0"))])
        .says("Sets the last id of a stream, and what it remembers of entries that are gone."),
    command("XTRIM key <MAXLEN|MINID> [=|~] threshold [LIMIT count]", xtrim).until("8.2.0").writes().since("5.0.0").cost("O(N)")
        .keys(&[KeyAccess::DELETES]).notes(TRIM_NOTES).tips(NONDETERMINISTIC)
        .says("Removes entries from the head of a stream until it is as asked for."),
    command("XTRIM key <MAXLEN|MINID> [=|~] threshold [LIMIT count] [KEEPREF|DELREF|ACKED]", xtrim).from("8.2.0").writes().since("5.0.0").cost("O(N)")
        .keys(&[KeyAccess::DELETES]).notes(TRIM_NOTES).tips(NONDETERMINISTIC)
        .says("Removes entries from the head of a stream until it is as asked for."),
];

const NONDETERMINISTIC: &[&str] = &["nondeterministic_output"];
const TRIMS: &str = "UPDATE instead of INSERT because of the optional trimming feature";
const TRIM_NOTES: &[(&str, Note)] = &[
    ("NOMKSTREAM", Note::Since("6.2.0")),
    ("MINID", Note::Since("6.2.0")),
    ("LIMIT", Note::Since("6.2.0")),
];

/// What XADD is told.
struct Addition<'a> {
    id: NewId,
    fields: Fields,
    creates: bool,
    sent: Option<Sent<'a>>,
    trim: Option<Trim>,
}

fn xadd(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    let Addition { id, fields, creates, sent, trim } = Addition::parse(cx, args)?;
    if cx.db.look::<Stream>(key)?.is_none() && !creates {
        return Ok(Reply::Null);
    }
    let (limits, now_ms, newer) = (cx.db.store.limits, cx.now_ms(), cx.at_least(7, 2));
    let mut stream = cx.db.edit_or_create::<Stream>(key)?;
    if let Some(known) = sent.as_ref().and_then(|sent| sent.known(&mut stream, &fields, now_ms)) {
        return Ok(reply::id(known));
    }
    if stream.log.is_exhausted() {
        return Err(Error::STREAM_EXHAUSTED);
    }
    let last_id = stream.log.last_id;
    let is_whole = matches!(id, NewId::Exactly(_));
    let added = stream.log.add(id, Fields::clone(&fields), now_ms, &limits);
    let id = added.ok_or(match id {
        // It says so when no number is left within the millisecond.
        NewId::Within(ms) if ms == last_id.ms && !newer => Error::STREAM_ENTRY_TOO_LARGE,
        _ => Error::STREAM_ID_TOO_SMALL,
    })?;
    if let Some(sent) = sent {
        sent.added(&mut stream, &fields, id, now_ms);
    }
    stream.changed("xadd");
    stream.ready();
    if trim.is_some_and(|trim| stream.trim(&trim) > 0) {
        stream.changed_by("xtrim", 0);
    }
    let left = trim.map(|trim| left_of(&stream.log, &trim));
    drop(stream);
    let at = cx.words.len() - fields.len() - 1;
    cx.propagate_rewritten(|words| {
        let mut words = match left {
            Some(left) => propagation::trimmed(words, at, &left),
            None => words.to_vec(),
        };
        if !is_whole {
            words[at] = id.to_string().into();
        }
        words
    });
    Ok(reply::id(id))
}

/// What trimming has left, in the words in which it was asked for.
fn left_of(log: &Log, trim: &Trim) -> Bytes {
    match trim.keep {
        Keep::MaxLen(_) => log.len().to_string().into(),
        Keep::MinId(_) if log.is_empty() => StreamId::MAX.to_string().into(),
        Keep::MinId(_) => log.first_id().to_string().into(),
    }
}

impl<'a> Addition<'a> {
    fn parse(cx: &Ctx<'_>, mut args: Args<'a>) -> Result<Addition<'a>> {
        let (mut options, mut creates) = (Options::default(), true);
        let (mut id, mut sent) = (None, None);
        while id.is_none() && !args.is_empty() {
            if args.word("*") {
                id = Some(NewId::Auto);
            } else if args.word("NOMKSTREAM") {
                creates = false;
            } else if let Some(found) = Sent::take(cx, &mut args)? {
                if sent.replace(found).is_some() {
                    return Err(Error::IDMP_TWICE);
                }
            } else if !options.take(cx, &mut args)? {
                id = Some(NewId::parse(args.bytes()?).ok_or(Error::INVALID_STREAM_ID)?);
                if sent.is_some() && !cx.is_replaying() {
                    return Err(Error::IDMP_WITH_ID);
                }
            }
        }
        let trim = options.trim(cx)?;
        let fields = args.all();
        let (Some(id), false) = (id, fields.is_empty() || !fields.len().is_multiple_of(2)) else {
            return Err(Error::arity(&cx.entry.name));
        };
        if id == NewId::Exactly(StreamId::MIN) {
            return Err(Error::STREAM_ID_ZERO);
        }
        Ok(Addition { id, fields: fields.into(), creates, sent, trim })
    }
}

fn xdel(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    let Some(mut stream) = cx.db.edit::<Stream>(key)? else { return Ok(Reply::Int(0)) };
    let ids = ids::ids(args.all())?;
    let gone = ids.into_iter().filter(|id| stream.log.delete(*id)).count();
    if gone > 0 {
        stream.changed("xdel");
    }
    Ok(gone.into())
}

fn xlen(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    Ok(cx.db.read::<Stream>(args.bytes()?)?.map_or(0, |stream| stream.log.len()).into())
}

fn xsetid(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, id) = (args.bytes()?, ids::id(args.bytes()?)?);
    let (mut entries_added, mut max_deleted_id) = (None, StreamId::MIN);
    while !args.is_empty() {
        if let Some(added) = args.option_int("ENTRIESADDED")? {
            let added = u64::try_from(added).map_err(|_| Error::ENTRIES_ADDED_NEGATIVE)?;
            entries_added = Some(added);
        } else if let Some(deleted) = args.option("MAXDELETEDID") {
            max_deleted_id = ids::id(deleted)?;
            if id < max_deleted_id {
                return Err(Error::XSETID_BELOW_GIVEN_DELETED);
            }
        } else {
            return Err(Error::SYNTAX);
        }
    }
    let newer = cx.at_least(7, 2);
    let mut stream = cx.db.edit::<Stream>(key)?.ok_or(Error::NO_SUCH_KEY)?;
    let log = &mut stream.log;
    if newer && id < log.max_deleted_id {
        return Err(Error::XSETID_BELOW_DELETED);
    }
    if id < log.top_id() {
        return Err(Error::XSETID_BELOW_TOP);
    }
    if entries_added.is_some_and(|added| added < log.len() as u64) {
        return Err(Error::XSETID_TOO_FEW_ADDED);
    }
    log.last_id = id;
    log.entries_added = entries_added.unwrap_or(log.entries_added);
    if max_deleted_id != StreamId::MIN {
        log.max_deleted_id = max_deleted_id;
    }
    stream.told("xsetid");
    Ok(Reply::OK)
}

fn xtrim(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    let mut options = Options::default();
    while !args.is_empty() {
        if !options.take(cx, &mut args)? {
            return Err(Error::SYNTAX);
        }
    }
    if options.say_nothing() {
        return Err(Error::TRIM_MISSING);
    }
    let Some(trim) = options.trim(cx)? else { return Ok(Reply::Int(0)) };
    let Some(mut stream) = cx.db.edit::<Stream>(key)? else { return Ok(Reply::Int(0)) };
    let gone = stream.trim(&trim);
    if gone > 0 {
        stream.changed_by("xtrim", gone);
    }
    let left = left_of(&stream.log, &trim);
    drop(stream);
    cx.propagate_rewritten(|words| propagation::trimmed(words, words.len() - 1, &left));
    Ok(gone.into())
}
