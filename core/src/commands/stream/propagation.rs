//! Streams: how what happens to a group reaches replicas, which cannot tell when it happened, nor to whom.
use crate::data::stream::{Group, Pending, StreamId};
use crate::engine::word;
use bytes::Bytes;

/// That a consumer now has an entry. The claim has the same outcome however often it is carried out.
pub(super) fn claim(
    [key, group]: [&Bytes; 2],
    id: StreamId,
    entry: &Pending,
    last_id: StreamId,
) -> Vec<Bytes> {
    let consumer = entry.consumer.clone().unwrap_or_default();
    vec![
        word("XCLAIM"),
        key.clone(),
        group.clone(),
        consumer,
        word("0"),
        id.to_string().into(),
        word("TIME"),
        entry.delivered_at_ms.to_string().into(),
        word("RETRYCOUNT"),
        entry.deliveries.cast_signed().to_string().into(),
        word("FORCE"),
        word("JUSTID"),
        word("LASTID"),
        last_id.to_string().into(),
    ]
}

/// How far a group has come.
pub(super) fn progress([key, name]: [&Bytes; 2], group: &Group) -> Vec<Bytes> {
    let read = group.entries_read.map_or(-1, u64::cast_signed);
    let head = [word("XGROUP"), word("SETID"), key.clone(), name.clone()];
    let last = Bytes::from(group.last_id.to_string());
    [&head[..], &[last, word("ENTRIESREAD"), read.to_string().into()]].concat()
}

/// That a consumer was made which got nothing that it has to acknowledge.
pub(super) fn creation([key, group]: [&Bytes; 2], consumer: &Bytes) -> Vec<Bytes> {
    vec![word("XGROUP"), word("CREATECONSUMER"), key.clone(), group.clone(), consumer.clone()]
}

/// A command with its trimming as it came out, which replicas could not know: so much is left, and no less.
pub(super) fn trimmed(words: &[Bytes], options: usize, left: &Bytes) -> Vec<Bytes> {
    let mut words = words.to_vec();
    let is_trim =
        |word: &Bytes| word.eq_ignore_ascii_case(b"MAXLEN") || word.eq_ignore_ascii_case(b"MINID");
    let trim = (2..options).find(|at| is_trim(&words[*at]) && words[at + 1] == "~");
    if let Some(at) = trim {
        words[at + 1] = word("=");
        words[at + 2] = left.clone();
    }
    words
}
