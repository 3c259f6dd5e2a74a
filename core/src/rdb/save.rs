//! Values written in the forms of their encodings.
use super::listpack::Listpack;
use super::writer::Writer;
use super::ziplist::Ziplist;
use super::{Form, array, container, intset, kind, stream};
use crate::data::hash::Hash;
use crate::data::list::List;
use crate::data::set::Set;
use crate::data::sorted_set::SortedSet;
use crate::data::text::Text;
use crate::number::{format_f64, format_f64_17_digits, parse_i64};
use crate::store::Value;

/// The number of the type that the value is written as.
pub(super) fn kind_of(value: &Value, form: Form) -> u8 {
    let listpacks = form.has_listpacks();
    match value {
        Value::Array(_) => kind::ARRAY,
        Value::Text(_) => kind::STRING,
        Value::List(_) if listpacks => kind::LIST_QUICKLIST_2,
        Value::List(_) => kind::LIST_QUICKLIST,
        Value::Set(set) => match set.encoding() {
            "intset" => kind::SET_INTSET,
            "listpack" => kind::SET_LISTPACK,
            _ => kind::SET,
        },
        Value::SortedSet(set) => match set.encoding() {
            "listpack" if listpacks => kind::ZSET_LISTPACK,
            "listpack" => kind::ZSET_ZIPLIST,
            _ => kind::ZSET_2,
        },
        Value::Hash(hash) => kind_of_hash(hash, form),
        Value::Stream(_) => form.kind_of_streams(),
    }
}

fn kind_of_hash(hash: &Hash, form: Form) -> u8 {
    match hash.encoding() {
        "listpackex" => kind::HASH_LISTPACK_EX,
        "listpack" if form.has_listpacks() => kind::HASH_LISTPACK,
        "listpack" => kind::HASH_ZIPLIST,
        _ if !hash.has_expiries() => kind::HASH,
        _ if form.is_valkey() => kind::HASH_2,
        _ => kind::HASH_METADATA,
    }
}

/// Writes what follows the number of the type.
pub(super) fn value(writer: &mut Writer, value: &Value, form: Form) {
    match value {
        Value::Array(array) => array::write(writer, array),
        Value::Text(text) => write_text(writer, text),
        Value::List(list) => write_list(writer, list, form),
        Value::Set(set) => write_set(writer, set),
        Value::SortedSet(set) => write_sorted_set(writer, set, form),
        Value::Hash(hash) => write_hash(writer, hash, form),
        Value::Stream(log) => stream::write(writer, log, form.kind_of_streams()),
    }
}

fn write_text(writer: &mut Writer, text: &Text) {
    match text.as_int().filter(|_| text.encoding() == "int") {
        Some(integer) => writer.integer(integer),
        None => writer.string(&text.as_bytes()),
    }
}

fn write_list(writer: &mut Writer, list: &List, form: Form) {
    let nodes = list.nodes();
    writer.count(nodes.len());
    for node in nodes {
        let mut entries = node.entries();
        match entries.next().filter(|_| form.has_large_elements() && node.is_plain()) {
            Some(large) => {
                writer.length(container::PLAIN);
                writer.string(large);
            }
            None if form.has_listpacks() => {
                writer.length(container::PACKED);
                writer.string(&listpack(node.entries()));
            }
            None => writer.string(&ziplist(node.entries())),
        }
    }
}

fn write_set(writer: &mut Writer, set: &Set) {
    match set.encoding() {
        "intset" => {
            let integers: Vec<i64> = set.iter().filter_map(|member| parse_i64(&member)).collect();
            writer.string(&intset::write(&integers));
        }
        "listpack" => writer.string(&listpack(set.iter())),
        _ => {
            writer.count(set.len());
            set.iter().for_each(|member| writer.string(&member));
        }
    }
}

fn write_sorted_set(writer: &mut Writer, set: &SortedSet, form: Form) {
    if set.encoding() != "listpack" {
        writer.count(set.len());
        // From the last to the first: whoever reads it puts each before all others.
        for (member, score) in set.iter().rev() {
            writer.string(member);
            writer.f64(score);
        }
        return;
    }
    let entries = set.iter().flat_map(|(member, score)| [member.to_vec(), score_text(score, form)]);
    writer.string(&if form.has_listpacks() { listpack(entries) } else { ziplist(entries) });
}

/// A score as the compact forms have it: an integer where it is one.
fn score_text(score: f64, form: Form) -> Vec<u8> {
    /// Beyond this the real server does not look for an integer.
    const LARGEST: f64 = 4_611_686_018_427_387_903.0;
    if score.fract() == 0.0 && score.abs() <= LARGEST {
        #[expect(clippy::cast_possible_truncation, reason = "it is whole and within the range")]
        let integer = score as i64;
        return integer.to_string().into();
    }
    let text =
        if form.has_short_doubles() { format_f64(score) } else { format_f64_17_digits(score) };
    text.into()
}

fn write_hash(writer: &mut Writer, hash: &Hash, form: Form) {
    match kind_of_hash(hash, form) {
        kind::HASH_LISTPACK_EX => {
            writer.i64(hash.earliest_expiry_ms().unwrap_or(0));
            let mut listpack = Listpack::new();
            for (field, value) in hash.iter() {
                listpack.push(field);
                listpack.push(value);
                listpack.push_integer(hash.expires_at_ms(field).unwrap_or(0));
            }
            writer.string(&listpack.finish());
        }
        kind::HASH_LISTPACK => writer.string(&listpack(pairs(hash))),
        kind::HASH_ZIPLIST => writer.string(&ziplist(pairs(hash))),
        kind => write_table(writer, hash, kind),
    }
}

fn write_table(writer: &mut Writer, hash: &Hash, kind: u8) {
    let first = hash.earliest_expiry_ms().unwrap_or(0);
    if kind == kind::HASH_METADATA {
        writer.i64(first);
    }
    writer.count(hash.len());
    for (field, value) in hash.iter() {
        let time = hash.expires_at_ms(field);
        if kind == kind::HASH_METADATA {
            writer.length(time.map_or(0, |time| time.abs_diff(first) + 1));
        }
        writer.string(field);
        writer.string(value);
        if kind == kind::HASH_2 {
            writer.i64(time.unwrap_or(-1));
        }
    }
}

fn pairs(hash: &Hash) -> impl Iterator<Item = &bytes::Bytes> {
    hash.iter().flat_map(|(field, value)| [field, value])
}

fn listpack(entries: impl Iterator<Item = impl AsRef<[u8]>>) -> Vec<u8> {
    let mut listpack = Listpack::new();
    entries.for_each(|entry| listpack.push(entry.as_ref()));
    listpack.finish()
}

fn ziplist(entries: impl Iterator<Item = impl AsRef<[u8]>>) -> Vec<u8> {
    let mut ziplist = Ziplist::new();
    entries.for_each(|entry| ziplist.push(entry.as_ref()));
    ziplist.finish()
}
