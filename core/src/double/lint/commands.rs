//! Smells of commands: what one call does, whoever sends it.
use super::{Finding, Smell, counted, finding};
use crate::command::slot;
use crate::double::journal::{Call, Via};
use crate::double::matcher::quoted;
use crate::persona::{Persona, Version};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn keys(calls: &[&Call]) -> Vec<Finding> {
    let found = of_commands(calls, &["KEYS"]);
    let say = |found: Vec<&Call>| {
        finding(
            Smell::Keys,
            counted(found.len(), "call") + " of KEYS",
            &found,
            "it looks at every key there is, and nobody else is served meanwhile",
            "iterate with SCAN, or keep the names in a set of their own",
        )
    };
    found.map(say).into_iter().collect()
}

pub(super) fn flush(calls: &[&Call]) -> Vec<Finding> {
    let found = of_commands(calls, &["FLUSHALL", "FLUSHDB"]);
    let say = |found: Vec<&Call>| {
        finding(
            Smell::Flush,
            counted(found.len(), "call") + " of FLUSHALL or FLUSHDB",
            &found,
            "it removes what others keep in the same server, too",
            "remove keys by name or prefix, or let them expire",
        )
    };
    found.map(say).into_iter().collect()
}

fn of_commands<'a>(calls: &[&'a Call], names: &[&str]) -> Option<Vec<&'a Call>> {
    let found: Vec<_> = calls.iter().copied().filter(|call| names.contains(&&*call.name)).collect();
    (!found.is_empty()).then_some(found)
}

pub(super) fn no_ttl(calls: &[&Call], lasting: &[(usize, Bytes, u64)]) -> Vec<Finding> {
    if lasting.is_empty() {
        return Vec::new();
    }
    let writers: BTreeSet<_> = lasting.iter().map(|(_, _, seq)| *seq).collect();
    let found: Vec<_> = calls.iter().copied().filter(|call| writers.contains(&call.seq)).collect();
    let mut names: Vec<_> = lasting.iter().take(5).map(|(_, key, _)| quoted(key)).collect();
    if lasting.len() > names.len() {
        names.push(format!("and {} more", lasting.len() - names.len()));
    }
    vec![finding(
        Smell::NoTtl,
        format!("{} without a time to live: {}", counted(lasting.len(), "key"), names.join(", ")),
        &found,
        "nothing removes such a key: memory grows until the server evicts or refuses",
        "give it a time to live with EX or EXPIRE, or remove it when it is no longer needed",
    )]
}

pub(super) fn cross_slot(calls: &[&Call]) -> Vec<Finding> {
    let mut found: Vec<Vec<&Call>> = Vec::new();
    let mut queued: BTreeMap<u64, Vec<&Call>> = BTreeMap::new();
    for call in calls {
        if call.via == Via::Exec && call.action != "queued" {
            queued.entry(call.conn).or_default().push(call);
        } else if &*call.name == "EXEC" {
            found.push(queued.remove(&call.conn).unwrap_or_default());
        }
        if spans_slots(&[call]) {
            found.push(vec![call]);
        }
    }
    found.retain(|calls| calls.len() == 1 || spans_slots(calls));
    found.retain(|calls| spans_slots(calls));
    let say = |calls: Vec<&Call>| {
        let place = if calls.len() == 1 { "command" } else { "transaction" };
        let keys: Vec<_> = calls.iter().flat_map(|call| call.keys()).collect();
        let shown =
            keys.iter().take(4).map(|key| format!("{} is of slot {}", quoted(key), slot(key)));
        finding(
            Smell::CrossSlot,
            format!(
                "one {place}, keys of different slots: {}",
                shown.collect::<Vec<_>>().join(", ")
            ),
            &calls,
            "a cluster answers it with CROSSSLOT",
            "give the keys a common hash tag such as {user:1}, or send one command for each slot",
        )
    };
    found.into_iter().map(say).collect()
}

fn spans_slots(calls: &[&Call]) -> bool {
    let keys = calls.iter().flat_map(|call| call.keys());
    keys.map(|key| slot(key)).collect::<BTreeSet<_>>().len() > 1
}

pub(super) fn deprecated(calls: &[&Call], persona: Persona) -> Vec<Finding> {
    let mut found: BTreeMap<&str, (Vec<&Call>, &str, &str)> = BTreeMap::new();
    for &call in calls {
        let Some((since, instead)) = call.entry.and_then(|entry| entry.command.deprecated) else {
            continue;
        };
        let is_older = since
            .parse::<Version>()
            .is_ok_and(|since| persona.is_valkey() || persona.at_least(since.0, since.1));
        if is_older {
            found.entry(&call.name).or_insert((Vec::new(), since, instead)).0.push(call);
        }
    }
    let say = |(name, (calls, since, instead)): (&str, (Vec<&Call>, &str, &str))| {
        finding(
            Smell::Deprecated,
            format!("{} of {name}, deprecated since {since}", counted(calls.len(), "call")),
            &calls,
            "a later server may no longer have it",
            // A bang stands before a word that the documentation does not link.
            format!("use {}", instead.replace("`!", "`")),
        )
    };
    found.into_iter().map(say).collect()
}
