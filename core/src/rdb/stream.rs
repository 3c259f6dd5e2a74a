//! Streams: nodes of entries in listpacks, and the groups with what their consumers are to acknowledge.
use super::listpack::{self, Entry, Listpack};
use super::reader::Reader;
use super::writer::Writer;
use super::{Flaw, Form, Read, kind};
use crate::data::stream::{Fields, Group, NodeView, Pending, Reckoning, Stream, StreamId};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};

const DELETED: i64 = 1;
/// The entry has the fields of the node's first one, which are not spelled again.
const SAME_FIELDS: i64 = 2;

const CORRUPT: Flaw = Flaw::Corrupt("a node of a stream that does not hold together");

/// Writes what follows the number of the type, which says how much of it there is.
pub(super) fn write(writer: &mut Writer, stream: &Stream, kind: u8) {
    let log = &stream.log;
    let nodes = log.nodes();
    writer.count(nodes.len());
    for node in nodes {
        writer.string(&node.first.key());
        writer.string(&listpack_of(&node));
    }
    writer.count(log.len());
    write_id(writer, log.last_id);
    if kind >= kind::STREAM_LISTPACKS_2 {
        write_id(writer, log.first_id());
        write_id(writer, log.max_deleted_id);
        writer.length(log.entries_added);
    }
    writer.count(stream.groups.len());
    for (name, group) in &stream.groups {
        writer.string(name);
        write_group(writer, group, kind);
    }
}

fn write_id(writer: &mut Writer, id: StreamId) {
    writer.length(id.ms);
    writer.length(id.seq);
}

/// A node without the entries that were deleted: nobody sees those any more.
fn listpack_of(node: &NodeView<'_>) -> Vec<u8> {
    let mut listpack = Listpack::new();
    push_count(&mut listpack, node.entries.len());
    push_count(&mut listpack, 0);
    push_count(&mut listpack, node.names.len());
    node.names.iter().for_each(|name| listpack.push(name));
    push_count(&mut listpack, 0);
    for (id, fields) in &node.entries {
        let names = fields.iter().step_by(2);
        let same = names.eq(node.names.iter().copied());
        listpack.push_integer(if same { SAME_FIELDS } else { 0 });
        listpack.push_integer(id.ms.wrapping_sub(node.first.ms).cast_signed());
        listpack.push_integer(id.seq.wrapping_sub(node.first.seq).cast_signed());
        let count = fields.len() / 2;
        if same {
            fields.iter().skip(1).step_by(2).for_each(|value| listpack.push(value));
            push_count(&mut listpack, count + 3);
        } else {
            push_count(&mut listpack, count);
            fields.iter().for_each(|word| listpack.push(word));
            push_count(&mut listpack, 2 * count + 4);
        }
    }
    listpack.finish()
}

fn push_count(listpack: &mut Listpack, count: usize) {
    listpack.push_integer(i64::try_from(count).unwrap_or(i64::MAX));
}

fn write_group(writer: &mut Writer, group: &Group, kind: u8) {
    write_id(writer, group.last_id);
    if kind >= kind::STREAM_LISTPACKS_2 {
        writer.length(group.entries_read.unwrap_or(u64::MAX));
    }
    writer.count(group.pending().len());
    for (id, pending) in group.pending() {
        writer.out.extend(id.key());
        writer.i64(pending.delivered_at_ms);
        writer.length(pending.deliveries);
    }
    writer.count(group.consumers().len());
    for (name, consumer) in group.consumers() {
        writer.string(name);
        writer.i64(consumer.seen_at_ms);
        if kind >= kind::STREAM_LISTPACKS_3 {
            writer.i64(consumer.active_at_ms.unwrap_or(-1));
        }
        writer.count(consumer.pending().len());
        consumer.pending().iter().for_each(|id| writer.out.extend(id.key()));
    }
}

/// Reads what [`write`] has written.
pub(super) fn read(reader: &mut Reader<'_>, kind: u8, form: Form) -> Read<Stream> {
    let mut stream = Stream::default();
    let mut entries = 0_u64;
    for _ in 0..reader.length()? {
        entries += read_node(reader, &mut stream)?;
    }
    let length = reader.loose_number()?;
    stream.log.last_id = read_id(reader)?;
    if kind >= kind::STREAM_LISTPACKS_2 {
        // The first id follows from the entries.
        read_id(reader)?;
        stream.log.max_deleted_id = read_id(reader)?;
        stream.log.entries_added = reader.loose_number()?;
    } else {
        stream.log.entries_added = length;
    }
    let is_miscounted = form.counts_entries() && length != entries;
    if is_miscounted || (length != 0 && stream.log.nodes().len() == 0) {
        return Err(CORRUPT);
    }
    for _ in 0..reader.length()? {
        let name = reader.string()?;
        let group = read_group(reader, &stream, kind)?;
        if stream.groups.insert(name, group).is_some() {
            return Err(Flaw::Corrupt("a group of a stream that is there twice"));
        }
    }
    Ok(stream)
}

fn read_id(reader: &mut Reader<'_>) -> Read<StreamId> {
    Ok(StreamId { ms: reader.loose_number()?, seq: reader.loose_number()? })
}

/// An id as sixteen bytes.
fn id_of(bytes: &[u8]) -> Option<StreamId> {
    let (ms, seq) = bytes.split_at_checked(8)?;
    let number = |bytes: &[u8]| Some(u64::from_be_bytes(bytes.try_into().ok()?));
    Some(StreamId { ms: number(ms)?, seq: number(seq)? })
}

/// Reads a node; how many entries it has that are not deleted.
fn read_node(reader: &mut Reader<'_>, stream: &mut Stream) -> Read<u64> {
    let first = id_of(&reader.string()?).ok_or(CORRUPT)?;
    let bytes = reader.string()?;
    let entries = listpack::read_uncounted(&bytes)?;
    let mut words = Words(entries.iter());
    let (live, deleted) = (words.integer()?, words.integer()?);
    let master = words.integer()?;
    let names = words.texts(master)?;
    if words.integer()? != 0 {
        return Err(CORRUPT);
    }
    let mut found = Vec::new();
    let mut count = live.wrapping_add(deleted);
    while count != 0 {
        let (id, fields, is_deleted) = read_entry(&mut words, first, master, &names)?;
        found.push((id, Some(fields).filter(|_| !is_deleted)));
        count = count.wrapping_sub(1);
    }
    if words.0.next().is_some() {
        return Err(CORRUPT);
    }
    let entries = found.iter().filter(|(_, fields)| fields.is_some()).count() as u64;
    let is_new = stream.log.load_node(first, &names, found, bytes.len());
    if is_new { Ok(entries) } else { Err(CORRUPT) }
}

fn read_entry(
    words: &mut Words<'_, '_>,
    first: StreamId,
    master: i64,
    names: &[Bytes],
) -> Read<(StreamId, Fields, bool)> {
    let flags = words.integer()?;
    let ms = first.ms.wrapping_add(words.integer()?.cast_unsigned());
    let seq = first.seq.wrapping_add(words.integer()?.cast_unsigned());
    let same = flags & SAME_FIELDS != 0;
    let (fields, elements): (Fields, i64) = if same {
        let values = words.texts(master)?;
        let fields = names.iter().cloned().zip(values).flat_map(<[Bytes; 2]>::from);
        (fields.collect(), master.wrapping_add(3))
    } else {
        let count = words.integer()?;
        let words_of_pairs = if count > 0 { count.saturating_mul(2) } else { 0 };
        (words.texts(words_of_pairs)?.into(), count.wrapping_mul(2).wrapping_add(4))
    };
    if words.integer()? != elements {
        return Err(CORRUPT);
    }
    Ok((StreamId { ms, seq }, fields, flags & DELETED != 0))
}

/// The elements of a listpack that are still to be read.
#[derive(Clone)]
struct Words<'e, 'b>(std::slice::Iter<'e, Entry<'b>>);

impl Words<'_, '_> {
    fn integer(&mut self) -> Read<i64> {
        let integer = match self.0.next().ok_or(CORRUPT)? {
            Entry::Integer(integer) => Some(*integer),
            Entry::Text(text) => crate::number::parse_i64(text),
        };
        integer.ok_or(CORRUPT)
    }

    /// The next texts, as many as are said to be there.
    fn texts(&mut self, count: i64) -> Read<Vec<Bytes>> {
        let count = usize::try_from(count).unwrap_or(0);
        if count > self.0.len() {
            return Err(CORRUPT);
        }
        Ok(self.0.by_ref().take(count).map(|entry| entry.to_bytes()).collect())
    }
}

fn read_group(reader: &mut Reader<'_>, stream: &Stream, kind: u8) -> Read<Group> {
    let last_id = read_id(reader)?;
    let entries_read = if kind >= kind::STREAM_LISTPACKS_2 {
        Some(reader.loose_number()?).filter(|read| *read != u64::MAX)
    } else {
        stream.log.entries_up_to(last_id, Reckoning::Old)
    };
    let mut group = Group::new(last_id, entries_read);
    let mut pending = BTreeMap::new();
    for _ in 0..reader.length()? {
        let id = id_of(reader.take(16)?).ok_or(CORRUPT)?;
        if pending.insert(id, (reader.i64()?, reader.loose_number()?)).is_some() {
            return Err(CORRUPT_GROUP);
        }
    }
    let mut names = BTreeSet::new();
    for _ in 0..reader.length()? {
        let name = read_consumer(reader, &mut group, &pending, kind)?;
        if !names.insert(name) {
            return Err(CORRUPT_GROUP);
        }
    }
    if group.pending().len() == pending.len() { Ok(group) } else { Err(CORRUPT_GROUP) }
}

const CORRUPT_GROUP: Flaw = Flaw::Corrupt("a group of a stream that does not hold together");

fn read_consumer(
    reader: &mut Reader<'_>,
    group: &mut Group,
    pending: &BTreeMap<StreamId, (i64, u64)>,
    kind: u8,
) -> Read<Bytes> {
    let name = reader.string()?;
    let seen_at_ms = reader.i64()?;
    let active_at_ms = if kind >= kind::STREAM_LISTPACKS_3 { reader.i64()? } else { seen_at_ms };
    if !group.create_consumer(&name, seen_at_ms) {
        return Err(CORRUPT_GROUP);
    }
    if active_at_ms != -1 {
        group.activate(&name, active_at_ms);
    }
    let mut own = BTreeSet::new();
    for _ in 0..reader.length()? {
        let id = id_of(reader.take(16)?).ok_or(CORRUPT_GROUP)?;
        let (delivered_at_ms, deliveries) = *pending.get(&id).ok_or(CORRUPT_GROUP)?;
        if !own.insert(id) {
            return Err(CORRUPT_GROUP);
        }
        group.assign(id, Pending::with(&name, delivered_at_ms, deliveries));
    }
    Ok(name)
}
