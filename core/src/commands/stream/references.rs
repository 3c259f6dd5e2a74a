//! Streams: deleting entries in regard to the groups that refer to them, and giving them back to a group.
use super::ids;
use super::trimming::references;
use crate::command::{Args, Command, KeyAccess, command};
use crate::data::stream::{Deleted, References, Stream, StreamId};
use crate::engine::Ctx;
use crate::persona::Flavour;
use crate::resp::{Error, Reply, Result};

#[rustfmt::skip]
pub(in crate::commands) const COMMANDS: &[Command] = &[
    command("XACKDEL key group [KEEPREF|DELREF|ACKED] IDS numids id [id ...]", xackdel).writes().fast().since("8.2.0").only(Flavour::Redis).cost("O(N)")
        .keys(&[KeyAccess::UPDATES.and(KeyAccess::DELETES)])
        .says("Acknowledges entries, and deletes them if they are no longer needed."),
    command("XDELEX key [KEEPREF|DELREF|ACKED] IDS numids id [id ...]", xdelex).writes().fast().since("8.2.0").only(Flavour::Redis).cost("O(N)")
        .keys(&[KeyAccess::DELETES])
        .says("Deletes entries of a stream in regard to the groups that refer to them."),
    command("XNACK key group <SILENT|FAIL|FATAL> IDS numids id [id ...] [RETRYCOUNT count] [FORCE]", xnack).writes().fast().since("8.8.0").only(Flavour::Redis).cost("O(N)")
        .says("Gives pending entries back to their group for other consumers."),
];

/// What is answered for an entry.
mod outcome {
    pub(super) const MISSING: i64 = -1;
    pub(super) const DELETED: i64 = 1;
    pub(super) const KEPT: i64 = 2;
}

fn xdelex(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    let deletion = Deletion::parse(args)?;
    let Some(mut stream) = cx.db.edit::<Stream>(key)? else { return Ok(deletion.of_nothing()) };
    let mut outcomes = Vec::new();
    for id in &deletion.ids {
        outcomes.push(match stream.delete(*id, deletion.references) {
            Deleted::Missing => outcome::MISSING,
            Deleted::Done => outcome::DELETED,
            Deleted::Kept => outcome::KEPT,
        });
    }
    if outcomes.contains(&outcome::DELETED) {
        stream.changed("xdel");
    }
    Ok(outcomes.into())
}

fn xackdel(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, name) = (args.bytes()?, args.bytes()?);
    let deletion = Deletion::parse(args)?;
    let stream = cx.db.edit::<Stream>(key)?;
    let Some(mut stream) = stream.filter(|stream| stream.groups.contains_key(name)) else {
        return Ok(deletion.of_nothing());
    };
    let (mut outcomes, mut any_deleted) = (Vec::new(), false);
    for id in &deletion.ids {
        let was_pending = stream.groups.get_mut(name).is_some_and(|group| group.forget(*id));
        let deletes = was_pending.then(|| stream.delete(*id, deletion.references));
        any_deleted |= deletes == Some(Deleted::Done);
        outcomes.push(match deletes {
            None => outcome::MISSING,
            Some(Deleted::Kept) => outcome::KEPT,
            // It was acknowledged, though another group may have deleted it before.
            Some(Deleted::Done | Deleted::Missing) => outcome::DELETED,
        });
    }
    if any_deleted {
        stream.changed("xdel");
    }
    Ok(outcomes.into())
}

/// Which entries are deleted, and what becomes of those that groups refer to.
struct Deletion {
    references: References,
    ids: Vec<StreamId>,
}

impl Deletion {
    fn parse(mut args: Args<'_>) -> Result<Deletion> {
        let (mut found, mut ids) = (None, None);
        while !args.is_empty() {
            if found.is_none()
                && let Some(references) = references(&mut args)
            {
                found = Some(references);
            } else if ids.is_none() && args.option_before("IDS") {
                let count = args.int_or(Error::NUMIDS_NOT_POSITIVE)?;
                let count = usize::try_from(count).ok().filter(|count| *count > 0);
                let count = count.ok_or(Error::NUMIDS_NOT_POSITIVE)?;
                ids = Some(ids::ids(args.take(count).map_err(|_| Error::NUMIDS_MISMATCH)?)?);
            } else {
                return Err(Error::SYNTAX);
            }
        }
        let ids = ids.ok_or(Error::SYNTAX)?;
        Ok(Deletion { references: found.unwrap_or_default(), ids })
    }

    /// The reply where there is no stream, or no group.
    fn of_nothing(&self) -> Reply {
        vec![outcome::MISSING; self.ids.len()].into()
    }
}

/// Why entries are given back.
#[derive(Clone, Copy)]
enum Mode {
    /// They were not really delivered.
    Silent,
    Fail,
    /// They can never be processed.
    Fatal,
}

/// What XNACK does to entries.
struct Release {
    mode: Mode,
    ids: Vec<StreamId>,
    deliveries: Option<u64>,
    /// Also what is not pending.
    force: bool,
}

fn xnack(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, name) = (args.bytes()?, args.bytes()?);
    let there = cx.db.look::<Stream>(key)?.is_some_and(|stream| stream.groups.contains_key(name));
    if !there {
        return Err(Error::no_group(key, name));
    }
    let release = Release::parse(args)?;
    let Some(mut stream) = cx.db.edit::<Stream>(key)? else { return Ok(Reply::Int(0)) };
    let Stream { log, groups, .. } = &mut *stream;
    let Some(group) = groups.get_mut(name) else { return Ok(Reply::Int(0)) };
    let mut released = 0;
    for id in &release.ids {
        let before = group.pending().get(id).map(|entry| entry.deliveries);
        if before.is_some() || (release.force && log.contains(*id)) {
            group.release(*id, release.deliveries_after(before.unwrap_or(0)));
            released += 1;
        }
    }
    // Who waits to take them over may do so at once.
    stream.ready();
    Ok(Reply::Int(released))
}

impl Release {
    fn parse(mut args: Args<'_>) -> Result<Release> {
        let modes = [("SILENT", Mode::Silent), ("FAIL", Mode::Fail), ("FATAL", Mode::Fatal)];
        let mode = modes.into_iter().find(|(word, _)| args.word(word)).map(|(_, mode)| mode);
        let mode = mode.ok_or(Error::XNACK_MODE)?;
        let (mut ids, mut deliveries, mut force) = (None, None, false);
        while !args.is_empty() {
            if args.word("FORCE") {
                force = true;
            } else if let Some(count) = args.option_int("RETRYCOUNT")? {
                let count = u64::try_from(count).map_err(|_| Error::XNACK_RETRYCOUNT)?;
                deliveries = Some(count);
            } else if ids.is_none() && args.option_before("IDS") {
                let count = args.int_or(Error::XNACK_NUMIDS)?;
                let count = usize::try_from(count).ok().filter(|count| *count > 0);
                let count = count.ok_or(Error::XNACK_NUMIDS)?;
                ids = Some(ids::ids(args.take(count).map_err(|_| Error::XNACK_IDS_MISMATCH)?)?);
            } else {
                return Err(Error::xnack_option(args.bytes()?));
            }
        }
        Ok(Release { mode, ids: ids.ok_or(Error::XNACK_WITHOUT_IDS)?, deliveries, force })
    }

    fn deliveries_after(&self, before: u64) -> u64 {
        self.deliveries.unwrap_or(match self.mode {
            Mode::Silent => before.saturating_sub(1),
            Mode::Fail => before,
            Mode::Fatal => i64::MAX as u64,
        })
    }
}
