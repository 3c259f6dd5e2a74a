//! What differs between two states of the store, and how that is told.
use super::{Group, Stream, Value};
use crate::glob::{self, Case};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::fmt::{self, Display, Write as _};
use std::time::Duration;

/// What a key held, and how much longer it lives.
type Held = (Value, Option<Duration>);

/// What differs between two states of the store, key by key.
///
/// Printed, it has a line for each key that was added (`+`), removed (`-`) or changed (`~`), and below it a line for
/// each field, member, element or entry in which the key differs.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Diff {
    /// The keys that differ, in the order of their databases and names.
    pub changes: Vec<KeyChange>,
}

/// A key that differs.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct KeyChange {
    /// The database it is in.
    pub db: usize,
    /// Its name.
    pub key: Bytes,
    /// What it held, and how much longer it had to live; nothing, if it was added.
    pub before: Option<Held>,
    /// What it holds, and how much longer it has to live; nothing, if it was removed.
    pub after: Option<Held>,
}

impl Diff {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Without the keys that match one of these globs, in the words of KEYS.
    pub fn without<G: AsRef<[u8]>>(mut self, globs: &[G]) -> Diff {
        let is_left_out = |key: &[u8]| {
            globs.iter().any(|glob| glob::matches(glob.as_ref(), key, Case::Sensitive))
        };
        self.changes.retain(|change| !is_left_out(&change.key));
        self
    }
}

impl KeyChange {
    /// How a key differs, if it does. A time to live that has only run on is the same.
    pub(crate) fn between(
        (db, key): (usize, Bytes),
        before: Option<Held>,
        after: Option<Held>,
    ) -> Option<KeyChange> {
        (before != after).then_some(KeyChange { db, key, before, after })
    }
}

impl Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("nothing differs");
        }
        for (at, change) in self.changes.iter().enumerate() {
            let line_end = if at == 0 { "" } else { "\n" };
            write!(f, "{line_end}{change}")?;
        }
        Ok(())
    }
}

impl Display for KeyChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match (&self.before, &self.after) {
            (None, _) => '+',
            (_, None) => '-',
            _ => '~',
        };
        write!(f, "{sign} {}", quoted(&self.key))?;
        if self.db != 0 {
            write!(f, " (db {})", self.db)?;
        }
        match (&self.before, &self.after) {
            (Some((before, _)), Some((after, _))) if before.type_name() != after.type_name() => {
                write!(f, ": {} → {}", told(before), told(after))?;
            }
            (Some((before, _)), Some((after, _))) => {
                write!(f, " {}", before.type_name())?;
                inside(before, after).iter().try_for_each(|line| write!(f, "\n    {line}"))?;
            }
            (Some((value, _)), None) | (None, Some((value, _))) => write!(f, " {}", told(value))?,
            (None, None) => {}
        }
        let ttl = |held: &Option<Held>| held.as_ref().map(|(_, ttl)| *ttl);
        match (ttl(&self.before), ttl(&self.after)) {
            (Some(before), Some(after)) if before != after => {
                write!(f, "\n    TTL: {} → {}", lasting(before), lasting(after))
            }
            (None, Some(ttl @ Some(_))) | (Some(ttl @ Some(_)), None) => {
                write!(f, ", TTL {}", lasting(ttl))
            }
            _ => Ok(()),
        }
    }
}

/// What differs inside of two values of one type, a line each.
fn inside(before: &Value, after: &Value) -> Vec<String> {
    match (before, after) {
        (Value::String(a), Value::String(b)) if a != b => {
            vec![format!("{} → {}", quoted(a), quoted(b))]
        }
        (Value::Hash { fields: a, ttls: s }, Value::Hash { fields: b, ttls: t }) => {
            let mut lines = pairs(
                a,
                b,
                |field, value| format!("{}: {}", quoted(field), quoted(value)),
                |v| quoted(v),
            );
            let show = |ttl: &Duration| lasting(Some(*ttl));
            lines.extend(pairs(
                s,
                t,
                |field, ttl| format!("TTL of {}: {}", quoted(field), show(ttl)),
                show,
            ));
            lines
        }
        (Value::SortedSet(a), Value::SortedSet(b)) => {
            pairs(a, b, |member, score| format!("{}: {score}", quoted(member)), f64::to_string)
        }
        (Value::Set(a), Value::Set(b)) => {
            let unit =
                |members: &[Bytes]| members.iter().map(|m| (m.clone(), ())).collect::<Vec<_>>();
            pairs(&unit(a), &unit(b), |member, ()| quoted(member), |()| String::new())
        }
        (Value::Array(a), Value::Array(b)) => {
            pairs(a, b, |at, element| format!("{at}: {}", quoted(element)), |e| quoted(e))
        }
        (Value::List(a), Value::List(b)) => elements(a, b),
        (Value::Stream(a), Value::Stream(b)) => streams(a, b),
        _ => Vec::new(),
    }
}

/// What was added, removed or changed in a mapping.
fn pairs<K: Ord, V: PartialEq>(
    before: &[(K, V)],
    after: &[(K, V)],
    show: impl Fn(&K, &V) -> String,
    show_value: impl Fn(&V) -> String,
) -> Vec<String> {
    let (a, b) = (index(before), index(after));
    let mut lines = Vec::new();
    for (key, value) in &a {
        match b.get(key) {
            None => lines.push(format!("- {}", show(key, value))),
            Some(new) if new != value => {
                lines.push(format!("~ {} → {}", show(key, value), show_value(new)));
            }
            Some(_) => {}
        }
    }
    lines.extend(
        b.iter()
            .filter(|(key, _)| !a.contains_key(*key))
            .map(|(key, value)| format!("+ {}", show(key, value))),
    );
    lines
}

fn index<K: Ord, V>(pairs: &[(K, V)]) -> BTreeMap<&K, &V> {
    pairs.iter().map(|(key, value)| (key, value)).collect()
}

/// Where two lists differ: between what they have in common at their head and at their tail.
fn elements(before: &[Bytes], after: &[Bytes]) -> Vec<String> {
    let head = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    let (a, b) = (&before[head..], &after[head..]);
    let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    let (gone, new) = (&a[..a.len() - tail], &b[..b.len() - tail]);
    match (gone, new) {
        ([], []) => Vec::new(),
        ([], new) => vec![format!("+ at {head}: {}", listed(new))],
        (gone, []) => vec![format!("- at {head}: {}", listed(gone))],
        (gone, new) => vec![format!("~ at {head}: {} → {}", listed(gone), listed(new))],
    }
}

fn streams(before: &Stream, after: &Stream) -> Vec<String> {
    let entries = |stream: &Stream| -> Vec<_> {
        let entry = |e: &super::StreamEntry| (order(&e.id), (e.id.clone(), e.fields.clone()));
        stream.entries.iter().map(entry).collect()
    };
    let mut lines = pairs(
        &entries(before),
        &entries(after),
        |_, (id, fields)| format!("{id}: {}", mapped(fields)),
        |(_, fields)| mapped(fields),
    );
    if before.last_id != after.last_id {
        let id = |stream: &Stream| stream.last_id.clone().unwrap_or_default();
        lines.push(format!("last id: {} → {}", id(before), id(after)));
    }
    let groups = |stream: &Stream| -> Vec<_> {
        stream.groups.iter().map(|group| (group.name.clone(), group.clone())).collect()
    };
    let show = |group: &Group| {
        let consumers: Vec<_> = group.consumers.iter().map(|name| quoted(name)).collect();
        let pending: Vec<_> = group
            .pending
            .iter()
            .map(|entry| {
                let whose = entry.consumer.as_ref().map_or("nobody".into(), |name| quoted(name));
                format!("{} ({whose}, {}x)", entry.id, entry.deliveries)
            })
            .collect();
        let (last, consumers) = (&group.last_id, consumers.join(" "));
        format!("read to {last}, consumers [{consumers}], pending [{}]", pending.join(" "))
    };
    let named = |name: &Bytes, group: &Group| format!("group {}: {}", quoted(name), show(group));
    lines.extend(pairs(&groups(before), &groups(after), named, show));
    lines
}

/// An id, as ids are ordered.
fn order(id: &str) -> (u64, u64) {
    let (ms, seq) = id.split_once('-').unwrap_or((id, ""));
    (ms.parse().unwrap_or_default(), seq.parse().unwrap_or_default())
}

/// A value in one line.
fn told(value: &Value) -> String {
    let inside = match value {
        Value::String(bytes) | Value::Dump(bytes) => quoted(bytes),
        Value::List(items) => listed(items),
        Value::Set(members) => {
            let mut members = members.clone();
            members.sort();
            listed(&members)
        }
        Value::Hash { fields, .. } => mapped(fields),
        Value::SortedSet(members) => {
            shortened(members, |(m, score)| format!("{}: {score}", quoted(m)))
        }
        Value::Array(elements) => shortened(elements, |(at, e)| format!("{at}: {}", quoted(e))),
        Value::Stream(stream) => {
            shortened(&stream.entries, |e| format!("{}: {}", e.id, mapped(&e.fields)))
        }
    };
    format!("{} {inside}", value.type_name())
}

fn listed(items: &[Bytes]) -> String {
    shortened(items, |item| quoted(item))
}

fn mapped(fields: &[(Bytes, Bytes)]) -> String {
    shortened(fields, |(field, value)| format!("{}: {}", quoted(field), quoted(value)))
}

/// The first parts, and how many more there are.
fn shortened<T>(parts: &[T], show: impl Fn(&T) -> String) -> String {
    const SHOWN: usize = 10;
    let mut shown: Vec<_> = parts.iter().take(SHOWN).map(show).collect();
    if parts.len() > SHOWN {
        shown.push(format!("… {} more", parts.len() - SHOWN));
    }
    format!("[{}]", shown.join(", "))
}

/// Bytes as a text in quotation marks, cut when it is long.
fn quoted(bytes: &[u8]) -> String {
    const SHOWN: usize = 80;
    let mut text = String::from("\"");
    match std::str::from_utf8(bytes) {
        Ok(utf8) => utf8.chars().take(SHOWN).for_each(|c| {
            if c.is_control() || matches!(c, '"' | '\\') {
                text.extend(c.escape_default());
            } else {
                text.push(c);
            }
        }),
        Err(_) => {
            write!(text, "{}", bytes[..bytes.len().min(SHOWN)].escape_ascii())
                .expect("a string takes all");
        }
    }
    text.push('"');
    if bytes.len() > SHOWN {
        write!(text, "… {} bytes", bytes.len()).expect("a string takes all");
    }
    text
}

fn lasting(ttl: Option<Duration>) -> String {
    ttl.map_or_else(|| "none".into(), |ttl| format!("{} s", ttl.as_secs_f64()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(before: Option<Value>, after: Option<Value>) -> String {
        let held = |value: Option<Value>| value.map(|value| (value, None));
        let place = (0, Bytes::from_static(b"k"));
        let change = KeyChange::between(place, held(before), held(after));
        change.map_or_else(String::new, |change| change.to_string())
    }

    #[test]
    fn a_difference_is_told_in_the_terms_of_its_type() {
        let hash = |pairs: &[(&'static str, &'static str)]| Some(Value::hash(pairs.to_vec()));
        let list = |items: &[&'static str]| Some(Value::list(items.to_vec()));
        let zset = |items: &[(&'static str, f64)]| Some(Value::sorted_set(items.to_vec()));
        let set = |items: &[&'static str]| Some(Value::set(items.to_vec()));
        for (before, after, expect) in [
            (None, Some(Value::from("x\n")), r#"+ "k" string "x\n""#),
            (list(&["a"]), None, r#"- "k" list ["a"]"#),
            (Some(Value::from("a")), Some(Value::from("b")), "~ \"k\" string\n    \"a\" → \"b\""),
            (Some(Value::from("a")), list(&["b"]), r#"~ "k": string "a" → list ["b"]"#),
            (
                hash(&[("a", "1"), ("b", "1")]),
                hash(&[("b", "2"), ("c", "1")]),
                "~ \"k\" hash\n    - \"a\": \"1\"\n    ~ \"b\": \"1\" → \"2\"\n    + \"c\": \"1\"",
            ),
            (
                list(&["a", "b", "c", "d"]),
                list(&["a", "x", "d"]),
                "~ \"k\" list\n    ~ at 1: [\"b\", \"c\"] → [\"x\"]",
            ),
            (zset(&[("m", 1.0)]), zset(&[("m", 2.5)]), "~ \"k\" zset\n    ~ \"m\": 1 → 2.5"),
            (set(&["a", "b"]), set(&["b"]), "~ \"k\" set\n    - \"a\""),
            (set(&["a", "b"]), set(&["b", "a"]), ""),
        ] {
            assert_eq!(change(before, after), expect);
        }
    }

    #[test]
    fn streams_differ_in_entries_and_in_groups() {
        let stream = |ids: &[&'static str]| {
            let entries: Vec<_> = ids.iter().map(|id| (*id, [("f", "v")])).collect();
            let Value::Stream(stream) = Value::stream(entries) else { unreachable!() };
            stream
        };
        let mut after = stream(&["9-0", "10-0"]);
        after.groups.push(Group {
            name: "g".into(),
            last_id: "9-0".into(),
            consumers: vec!["c".into()],
            pending: vec![super::super::Pending {
                id: "9-0".into(),
                consumer: Some("c".into()),
                deliveries: 2,
            }],
        });
        assert_eq!(
            change(Some(Value::Stream(stream(&["9-0"]))), Some(Value::Stream(after))),
            "~ \"k\" stream\n    + 10-0: [\"f\": \"v\"]\n    + group \"g\": read to 9-0, consumers [\"c\"], \
             pending [9-0 (\"c\", 2x)]"
        );
    }
}
