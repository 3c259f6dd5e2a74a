//! Lifetimes of fields as replicas are told them: as moments, and of what has changed.
use super::super::super::expire::at_moment;
use super::super::super::lifetime::Form;
use super::{DELETED, DONE};
use crate::engine::{Ctx, word};
use bytes::Bytes;

/// HEXPIRE and its like propagate for the fields that got the lifetime.
pub(super) fn of_expire(
    cx: &mut Ctx<'_>,
    key: &Bytes,
    fields: &[Bytes],
    results: &[i64],
    (form, ends_at_ms): (Form, i64),
) {
    of_deletions(cx, key, fields, results);
    if !results.contains(&DONE) {
        return cx.propagate_not();
    }
    cx.propagate_rewritten(|words| {
        let start = words.len() - fields.len();
        let mut head = at_moment(&words[..start], 2, "HPEXPIREAT", form, ends_at_ms);
        let set: Vec<_> = those(fields, results, DONE).cloned().collect();
        head[start - 1] = set.len().to_string().into();
        [head, set].concat()
    });
}

/// HGETEX propagates as the command that does to lifetimes what it did, or takes them away.
pub(super) fn of_hgetex(
    cx: &mut Ctx<'_>,
    key: &Bytes,
    fields: &[Bytes],
    results: &[i64],
    ends_at_ms: Option<i64>,
) {
    of_deletions(cx, key, fields, results);
    if !results.contains(&DONE) {
        return cx.propagate_not();
    }
    cx.propagate_rewritten(|words| match ends_at_ms {
        None => [&[word("HPERSIST"), key.clone()], &words[3..]].concat(),
        Some(ends_at_ms) => {
            let ends = Bytes::from(ends_at_ms.to_string());
            [&[word("HPEXPIREAT"), key.clone(), ends], &words[4..]].concat()
        }
    });
}

/// In Valkey, HEXPIRE and its like propagate as they came, but for the time.
pub(super) fn of_valkey_expire(
    cx: &mut Ctx<'_>,
    key: &Bytes,
    fields: &[Bytes],
    results: &[i64],
    (form, ends_at_ms): (Form, i64),
) {
    if results.contains(&DELETED) {
        return of_deleted(cx, key, &those(fields, results, DELETED).collect::<Vec<_>>());
    }
    cx.propagate_rewritten(|words| at_moment(words, 2, "HPEXPIREAT", form, ends_at_ms));
}

/// In Valkey, HGETEX propagates for the fields of which it has changed the lifetime.
pub(super) fn of_valkey_hgetex(
    cx: &mut Ctx<'_>,
    key: &Bytes,
    fields: &[Bytes],
    results: &[i64],
    ends_at_ms: Option<i64>,
) {
    if results.contains(&DELETED) {
        return of_deleted(cx, key, &those(fields, results, DELETED).collect::<Vec<_>>());
    }
    cx.propagate_rewritten(|_| {
        let set: Vec<_> = those(fields, results, DONE).cloned().collect();
        let mut words = vec![word(if ends_at_ms.is_some() { "HPEXPIREAT" } else { "HPERSIST" })];
        words.push(key.clone());
        words.extend(ends_at_ms.map(|at| Bytes::from(at.to_string())));
        words.extend([word("FIELDS"), set.len().to_string().into()]);
        [words, set].concat()
    });
}

/// In Valkey, HSETEX propagates without its conditions, which were met.
pub(super) fn of_valkey_hsetex(
    cx: &mut Ctx<'_>,
    key: &Bytes,
    pairs: &[[Bytes; 2]],
    (ends_at_ms, keeps): (Option<i64>, bool),
) {
    cx.propagate_rewritten(|_| {
        let mut words = vec![word("HSETEX"), key.clone()];
        words.extend(keeps.then_some(word("KEEPTTL")));
        words.extend(ends_at_ms.into_iter().flat_map(|at| [word("PXAT"), at.to_string().into()]));
        words.extend([word("FIELDS"), pairs.len().to_string().into()]);
        [&words, pairs.as_flattened()].concat()
    });
}

/// In Valkey, the fields that a command has deleted instead of letting them expire propagate together.
pub(super) fn of_deleted(cx: &mut Ctx<'_>, key: &Bytes, fields: &[&Bytes]) {
    if fields.is_empty() {
        return cx.propagate_not();
    }
    let fields = fields.iter().copied();
    cx.propagate_rewritten(|_| {
        [word("HDEL"), key.clone()].into_iter().chain(fields.cloned()).collect()
    });
}

/// A field that is to have ended already propagates as one that is deleted.
pub(super) fn of_deletions(cx: &mut Ctx<'_>, key: &Bytes, fields: &[Bytes], results: &[i64]) {
    for field in those(fields, results, DELETED) {
        cx.propagate_also(|| vec![word("HDEL"), key.clone(), field.clone()]);
    }
}

/// The fields of which the result was this.
fn those<'a>(
    fields: &'a [Bytes],
    results: &'a [i64],
    wanted: i64,
) -> impl Iterator<Item = &'a Bytes> {
    fields.iter().zip(results).filter(move |(_, result)| **result == wanted).map(|(field, _)| field)
}
