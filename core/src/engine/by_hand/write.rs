//! Writing a value of the host's under a key, as commands would.
use super::{Done, millis};
use crate::data::array::Array;
use crate::data::hash::{FieldTtl, Hash};
use crate::data::list::{End, List};
use crate::data::set::Set;
use crate::data::sorted_set::SortedSet;
use crate::data::stream::{self, NewId, StreamId};
use crate::data::text::Text;
use crate::resp::Result as Reached;
use crate::store::{self, Db, Edit, Kind};
use crate::value::{Stream, Value};
use bytes::Bytes;

/// Whether a key can hold a value, as far as the value itself tells.
pub(super) fn check(value: &Value) -> Done {
    let is_empty = match value {
        Value::List(items) | Value::Set(items) => items.is_empty(),
        Value::Hash { fields, ttls } => {
            let is_field = |name: &Bytes| fields.iter().any(|(field, _)| field == name);
            if let Some((name, _)) = ttls.iter().find(|(name, _)| !is_field(name)) {
                return Err(format!(
                    "a time to live is given for '{}', which is no field",
                    name.escape_ascii()
                ));
            }
            fields.is_empty()
        }
        Value::SortedSet(members) => {
            if members.iter().any(|(_, score)| score.is_nan()) {
                return Err("a score is a number, and not NaN".into());
            }
            members.is_empty()
        }
        Value::Array(elements) => elements.is_empty(),
        Value::Stream(_) | Value::String(_) | Value::Dump(_) => false,
    };
    if is_empty {
        let name = value.type_name();
        return Err(format!(
            "no key can hold an empty {name}: it goes with its last element; delete it instead"
        ));
    }
    Ok(())
}

/// Writes a value under a key that is not there, or that holds a string.
pub(super) fn write(db: &mut Db<'_>, key: &Bytes, value: Value) -> Done {
    let (limits, now_ms) = (db.store.limits, db.now_ms());
    match value {
        Value::String(bytes) => db.put(key, store::Value::Text(Text::from(bytes)), None, "set"),
        Value::List(items) => {
            let mut list = new::<List>(db, key);
            let count = items.len();
            items.into_iter().for_each(|item| list.push(item, End::Tail));
            list.changed_by("rpush", count);
        }
        Value::Set(members) => {
            let mut set = new::<Set>(db, key);
            if let Some(first) = members.first().filter(|_| limits.set_listpack) {
                set.announce(first, members.len(), &limits);
            }
            let mut added = 0;
            for member in members {
                added += usize::from(set.add(member));
                set.settle(&limits);
            }
            set.changed_by("sadd", added);
        }
        Value::Hash { fields, ttls } => {
            let mut hash = new::<Hash>(db, key);
            hash.announce(fields.len());
            let count = fields.len();
            for (field, value) in fields {
                hash.insert(field, value, FieldTtl::Clear);
            }
            hash.changed_by("hset", count);
            for (field, ttl) in &ttls {
                hash.prepare_expiries();
                hash.set_expiry(field, now_ms.saturating_add(millis(*ttl)?));
            }
            if !ttls.is_empty() {
                hash.changed("hexpire");
            }
        }
        Value::SortedSet(members) => {
            let mut set = new::<SortedSet>(db, key);
            let count = members.len();
            for (member, score) in members {
                set.insert(member, score);
            }
            set.changed_by("zadd", count);
        }
        Value::Array(elements) => {
            let mut array = new::<Array>(db, key);
            for (at, element) in elements {
                array.set(at, element);
            }
            array.changed("arset");
        }
        Value::Stream(stream) => return write_stream(db, key, stream),
        Value::Dump(_) => unreachable!("a dump was made a value of the store's before"),
    }
    Ok(())
}

/// A value of this type under a key that is not there.
fn new<'d, K: Kind>(db: &'d mut Db<'_>, key: &'d Bytes) -> Edit<'d, K> {
    created(db.edit_or_create::<K>(key))
}

fn created<T>(made: Reached<T>) -> T {
    made.expect("what was there was removed, so it is of no other type")
}

fn write_stream(db: &mut Db<'_>, key: &Bytes, wanted: Stream) -> Done {
    let (limits, now_ms) = (db.store.limits, db.now_ms());
    let mut stream = new::<stream::Stream>(db, key);
    stream.exists();
    for entry in wanted.entries {
        if entry.fields.is_empty() {
            return Err(format!("entry {} of a stream has no fields", entry.id));
        }
        let id = match entry.id.as_str() {
            "*" => NewId::Auto,
            id => NewId::parse(id.as_bytes())
                .filter(|id| *id != NewId::Exactly(StreamId::MIN))
                .ok_or_else(|| {
                    format!("the id of an entry is * or like 1-1, above 0-0, not '{id}'")
                })?,
        };
        let words: Vec<Bytes> = entry.fields.into_iter().flat_map(|(f, v)| [f, v]).collect();
        if stream.log.add(id, words.into(), now_ms, &limits).is_none() {
            return Err(format!(
                "entry {} of a stream does not follow {}",
                entry.id, stream.log.last_id
            ));
        }
    }
    if let Some(last_id) = &wanted.last_id {
        let id = known_id(last_id)?;
        if id < stream.log.top_id() {
            return Err(format!(
                "the last id {last_id} is before the last entry {}",
                stream.log.top_id()
            ));
        }
        stream.log.last_id = id;
    }
    for group in wanted.groups {
        let last_id = known_id(&group.last_id)?;
        let mut made = stream::Group::new(last_id, None);
        for consumer in &group.consumers {
            made.create_consumer(consumer, now_ms);
        }
        for entry in &group.pending {
            let Some(consumer) = &entry.consumer else {
                return Err(format!("the pending entry {} has no consumer", entry.id));
            };
            made.create_consumer(consumer, now_ms);
            made.assign(
                known_id(&entry.id)?,
                stream::Pending::with(consumer, now_ms, entry.deliveries),
            );
        }
        stream.groups.insert(group.name, made);
    }
    stream.changed("xadd");
    stream.ready();
    Ok(())
}

fn known_id(text: &str) -> Done<StreamId> {
    StreamId::parse(text.as_bytes(), 0).ok_or_else(|| format!("an id is like 1-1, not '{text}'"))
}
