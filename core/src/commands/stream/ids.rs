//! Ids and ranges of ids as arguments give them.
use crate::command::Args;
use crate::data::stream::StreamId;
use crate::resp::{Error, Result};
use bytes::Bytes;
use std::ops::RangeInclusive;

/// Reads an id that names one entry.
pub(super) fn id(text: &[u8]) -> Result<StreamId> {
    StreamId::parse(text, 0).ok_or(Error::INVALID_STREAM_ID)
}

/// Reads several ids.
pub(super) fn ids(texts: &[Bytes]) -> Result<Vec<StreamId>> {
    texts.iter().map(|text| id(text)).collect()
}

/// Reads an id, or `-` or `+`.
pub(super) fn id_or_end(text: &[u8], missing_seq: u64) -> Result<StreamId> {
    match text {
        b"-" => Ok(StreamId::MIN),
        b"+" => Ok(StreamId::MAX),
        text => StreamId::parse(text, missing_seq).ok_or(Error::INVALID_STREAM_ID),
    }
}

/// Reads the start of a range, which a `(` leaves out.
pub(super) fn start(text: &[u8]) -> Result<StreamId> {
    match bound(text, 0)? {
        Bound::Included(id) => Ok(id),
        Bound::Excluded(id) => id.next().ok_or(Error::INVALID_RANGE_START),
    }
}

/// Reads the end of a range, which a `(` leaves out.
fn end(text: &[u8]) -> Result<StreamId> {
    match bound(text, u64::MAX)? {
        Bound::Included(id) => Ok(id),
        Bound::Excluded(id) => id.previous().ok_or(Error::INVALID_RANGE_END),
    }
}

/// Reads both ends of a range; the first is complained of first.
pub(super) fn range(first: &[u8], last: &[u8]) -> Result<RangeInclusive<StreamId>> {
    Ok(start(first)?..=end(last)?)
}

/// A count of which those below zero are none.
pub(super) fn count(args: &mut Args<'_>) -> Result<usize> {
    let count = args.int()?.max(0);
    Ok(usize::try_from(count).expect("it is not negative"))
}

enum Bound {
    Included(StreamId),
    Excluded(StreamId),
}

fn bound(text: &[u8], missing_seq: u64) -> Result<Bound> {
    match text {
        [b'(', rest @ ..] if !rest.is_empty() => {
            let id = StreamId::parse(rest, missing_seq).ok_or(Error::INVALID_STREAM_ID)?;
            Ok(Bound::Excluded(id))
        }
        text => id_or_end(text, missing_seq).map(Bound::Included),
    }
}
