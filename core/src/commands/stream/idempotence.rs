//! Streams: adding each message of a producer once.
use super::ids;
use crate::command::{Args, Command, command};
use crate::data::stream::{Fields, Message, Stream, StreamId};
use crate::engine::Ctx;
use crate::persona::Flavour;
use crate::resp::{Error, Reply, Result};
use bytes::Bytes;
use std::ops::RangeInclusive;

#[rustfmt::skip]
pub(in crate::commands) const COMMANDS: &[Command] = &[
    command("XCFGSET key [IDMP-DURATION idmp-duration] [IDMP-MAXSIZE idmp-maxsize]", xcfgset).writes().fast().since("8.6.0").only(Flavour::Redis)
        .says("Sets how many messages of its producers a stream remembers, and for how long."),
    command("XIDMPRECORD key pid iid stream-id", xidmprecord).grows().fast().since("8.6.2").only(Flavour::Redis)
        .says("Lets a stream remember that a message was added as an entry."),
];

/// Who sends an entry, and as which message.
#[derive(Debug)]
pub(super) struct Sent<'a> {
    producer: &'a Bytes,
    /// What the producer calls it; none, if it is known by its content.
    name: Option<&'a Bytes>,
}

impl<'a> Sent<'a> {
    /// Takes IDMP or IDMPAUTO, if it stands there.
    pub(super) fn take(cx: &Ctx<'_>, args: &mut Args<'a>) -> Result<Option<Sent<'a>>> {
        if !cx.at_least(8, 6) {
            return Ok(None);
        }
        let filled = |text: &'a Bytes, error| if text.is_empty() { Err(error) } else { Ok(text) };
        if args.len() > 2 && args.word("IDMP") {
            let producer = filled(args.bytes()?, Error::IDMP_NO_PRODUCER)?;
            let name = filled(args.bytes()?, Error::IDMP_NO_NAME)?;
            return Ok(Some(Sent { producer, name: Some(name) }));
        }
        let Some(producer) = args.option("IDMPAUTO") else { return Ok(None) };
        let producer = filled(producer, Error::IDMPAUTO_NO_PRODUCER)?;
        Ok(Some(Sent { producer, name: None }))
    }

    /// The entry it was added as before, if it was.
    pub(super) fn known(&self, stream: &mut Stream, fields: &Fields, now: i64) -> Option<StreamId> {
        let known = stream.producers.find(self.producer, &self.message(fields), now);
        stream.producers.duplicates += u64::from(known.is_some());
        known
    }

    /// Notes what it was added as.
    pub(super) fn added(&self, stream: &mut Stream, fields: &Fields, id: StreamId, now: i64) {
        stream.producers.remember(self.producer, self.message(fields), id, now);
    }

    fn message(&self, fields: &Fields) -> Message {
        self.name.map_or_else(|| Message::of(fields), |name| Message::Named(name.clone()))
    }
}

fn xcfgset(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    const DURATIONS: RangeInclusive<i64> = 1..=86_400;
    const SIZES: RangeInclusive<i64> = 1..=10_000;
    let key = args.bytes()?;
    let (mut duration, mut size) = (None, None);
    while !args.is_empty() {
        if let Some(seconds) = args.option_int("IDMP-DURATION")? {
            if !DURATIONS.contains(&seconds) {
                return Err(Error::IDMP_DURATION);
            }
            duration = Some(seconds);
        } else if let Some(most) = args.option_int("IDMP-MAXSIZE")? {
            let most = Some(most).filter(|most| SIZES.contains(most));
            size =
                Some(most.and_then(|most| usize::try_from(most).ok()).ok_or(Error::IDMP_MAXSIZE)?);
        } else {
            return Err(Error::SYNTAX);
        }
    }
    if duration.is_none() && size.is_none() {
        return Err(Error::IDMP_NOTHING_SET);
    }
    let mut stream = cx.db.edit::<Stream>(key)?.ok_or(Error::NO_SUCH_KEY)?;
    let producers = &mut stream.producers;
    producers.duration_s = duration.unwrap_or(producers.duration_s);
    producers.max_size = size.unwrap_or(producers.max_size);
    producers.clear();
    Ok(Reply::OK)
}

fn xidmprecord(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, producer, name) = (args.bytes()?, args.bytes()?, args.bytes()?);
    if producer.is_empty() || name.is_empty() {
        return Err(Error::IDMP_EMPTY);
    }
    let id = ids::id(args.bytes()?)?;
    let now_ms = cx.now_ms();
    let mut stream = cx.db.edit::<Stream>(key)?.ok_or(Error::NO_SUCH_KEY)?;
    if !stream.log.contains(id) {
        return Err(Error::IDMP_NO_ENTRY);
    }
    let message = Message::Named(name.clone());
    match stream.producers.find(producer, &message, now_ms) {
        Some(known) if known != id => return Err(Error::IDMP_OTHER_ENTRY),
        Some(_) => {}
        None => stream.producers.remember(producer, message, id, now_ms),
    }
    Ok(Reply::OK)
}
