//! Streams in data files: `$stream` with its entries, and beside it `$last_id` and `$groups`.
//!
//! A group is `{"last_id": "1-1", "consumers": ["ada"], "pending": [["1-1", "ada", 1]]}`: what it was given last, who
//! reads it, and which entries were delivered to whom, how often, and not acknowledged.
use super::form::{Read, fields, list, map, text, texts};
use super::{Group, Pending, Plain, StreamEntry};
use bytes::Bytes;

/// A mapping of ids to fields, or a list of such pairs or of fields alone, which get the next ids.
pub(super) fn entries(plain: &Plain) -> Read<Vec<StreamEntry>> {
    let entry = |id: &Plain, plain: &Plain| {
        let id = String::from_utf8_lossy(&text(id)?).into_owned();
        Ok(StreamEntry { id, fields: entry_fields(plain)? })
    };
    match plain {
        Plain::Map(pairs) => pairs.iter().map(|(id, fields)| entry(id, fields)).collect(),
        Plain::List(items) => items
            .iter()
            .map(|item| match item {
                Plain::List(pair) if pair.len() == 2 => entry(&pair[0], &pair[1]),
                fields => Ok(StreamEntry { id: "*".into(), fields: entry_fields(fields)? }),
            })
            .collect(),
        _ => Err(format!(
            "$stream takes a mapping of ids to fields, or a list of fields, not {plain}"
        )),
    }
}

fn entry_fields(plain: &Plain) -> Read<Vec<(Bytes, Bytes)>> {
    match plain {
        Plain::Map(pairs) => fields(pairs),
        Plain::List(words) if words.len().is_multiple_of(2) => {
            let words = texts(words)?;
            Ok(words.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect())
        }
        _ => Err(format!(
            "an entry of $stream is a mapping of fields, or a list of fields and values in turn, not {plain}"
        )),
    }
}

/// An id of a stream's.
pub(super) fn id(plain: &Plain) -> Read<String> {
    Ok(String::from_utf8_lossy(&text(plain)?).into_owned())
}

/// The groups of a stream, by their names.
pub(super) fn groups(plain: &Plain) -> Read<Vec<Group>> {
    let group = |(name, plain): &(Plain, Plain)| {
        let mut group = Group {
            name: text(name)?,
            last_id: "0-0".into(),
            consumers: Vec::new(),
            pending: Vec::new(),
        };
        for (part, plain) in map("a group", plain)? {
            match &text(part)?[..] {
                b"last_id" => group.last_id = id(plain)?,
                b"consumers" => group.consumers = texts(list("consumers", plain)?)?,
                b"pending" => {
                    group.pending =
                        list("pending", plain)?.iter().map(pending).collect::<Read<_>>()?;
                }
                _ => return Err(format!("a group has last_id, consumers and pending, not {part}")),
            }
        }
        Ok(group)
    };
    map("$groups", plain)?.iter().map(group).collect()
}

fn pending(plain: &Plain) -> Read<Pending> {
    let wrong =
        || format!("a pending entry is a list of an id, a consumer and how often, not {plain}");
    let Plain::List(parts) = plain else { return Err(wrong()) };
    let [entry, consumer, deliveries] = &parts[..] else { return Err(wrong()) };
    let deliveries = std::str::from_utf8(&text(deliveries)?).ok().and_then(|n| n.parse().ok());
    Ok(Pending {
        id: id(entry)?,
        consumer: Some(text(consumer)?),
        deliveries: deliveries.ok_or_else(wrong)?,
    })
}
