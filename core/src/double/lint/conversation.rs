//! Smells of conversations: what a connection's calls show when seen together.
use super::{Finding, Smell, counted, finding};
use crate::double::client::ClientInfo;
use crate::double::journal::Call;
use crate::double::verify::is_handshake;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Each connection's calls, the oldest first.
fn by_connection<'a>(calls: &[&'a Call]) -> BTreeMap<u64, Vec<&'a Call>> {
    let mut connections: BTreeMap<u64, Vec<&Call>> = BTreeMap::new();
    for call in calls {
        connections.entry(call.conn).or_default().push(call);
    }
    connections
}

pub(super) fn round_trips(calls: &[&Call], most: usize) -> Option<Finding> {
    let trips: BTreeMap<_, _> = calls
        .iter()
        .rev()
        .filter(|call| !is_handshake(call))
        .map(|call| ((call.conn, call.trip), *call))
        .collect();
    if trips.len() <= most {
        return None;
    }
    let mut firsts: Vec<_> = trips.into_values().collect();
    firsts.sort_by_key(|call| call.seq);
    Some(finding(
        Smell::RoundTrips,
        format!("{}, no more than {most} allowed", counted(firsts.len(), "round trip")),
        &firsts,
        "each waits for the network once more",
        "send what needs no earlier reply as one pipeline, or use commands for several keys",
    ))
}

pub(super) fn n_plus_one(calls: &[&Call], least: usize) -> Vec<Finding> {
    let mut found = Vec::new();
    for calls in by_connection(calls).into_values() {
        let mut calls = calls.into_iter().peekable();
        while let Some(first) = calls.next() {
            let mut row = vec![first];
            while let Some(next) = calls.next_if(|next| goes_on(&row, next)) {
                row.push(next);
            }
            if row.len() >= least {
                found.push(row);
            }
        }
    }
    found.sort_by_key(|row| row[0].seq);
    found.into_iter().map(|row| one_by_one(&row)).collect()
}

/// Whether a call does for another key what those before it did, a round trip later.
fn goes_on(row: &[&Call], next: &Call) -> bool {
    let last = row[row.len() - 1];
    next.name == last.name
        && next.trip > last.trip
        && next.via == last.via
        && next.keys().len() == 1
        && last.keys().len() == 1
        && row.iter().all(|call| call.key() != next.key())
}

fn one_by_one(row: &[&Call]) -> Finding {
    let name = &*row[0].name;
    let pipeline = "send them as one pipeline";
    let advice = match several(name) {
        Some(several) => format!("name all keys at once with {several}, or {pipeline}"),
        None => pipeline.to_owned(),
    };
    finding(
        Smell::NPlusOne,
        format!(
            "{} of {name} one after the other, each for another key, on conn {}",
            counted(row.len(), "call"),
            row[0].conn
        ),
        row,
        "each waits for a round trip of its own",
        advice,
    )
}

/// The command that does for several keys what this one does for one.
fn several(name: &str) -> Option<&'static str> {
    Some(match name {
        "GET" => "MGET",
        "SET" => "MSET",
        "DEL" => "DEL",
        "UNLINK" => "UNLINK",
        "EXISTS" => "EXISTS",
        "TOUCH" => "TOUCH",
        "JSON.GET" => "JSON.MGET",
        "JSON.SET" => "JSON.MSET",
        "SMEMBERS" => "SUNION",
        _ => return None,
    })
}

pub(super) fn watch(calls: &[&Call]) -> Vec<Finding> {
    let mut found = Vec::new();
    for calls in by_connection(calls).into_values() {
        let mut open: Vec<&Call> = Vec::new();
        for call in calls {
            match &*call.name {
                "WATCH" => open.push(call),
                "EXEC" | "DISCARD" | "UNWATCH" | "RESET" => open.clear(),
                _ => {}
            }
        }
        if !open.is_empty() {
            found.push(open);
        }
    }
    let say = |calls: Vec<&Call>| {
        finding(
            Smell::Watch,
            format!("WATCH on conn {} was ended by nothing", calls[0].conn),
            &calls,
            "the connection goes on watching: whoever gets it next may see its EXEC fail",
            "end it with EXEC, DISCARD or UNWATCH, also when an exception comes between",
        )
    };
    found.into_iter().map(say).collect()
}

pub(super) fn left_open(calls: &[&Call], open: &[(Arc<ClientInfo>, usize)]) -> Vec<Finding> {
    let say = |(client, _): &(Arc<ClientInfo>, usize)| {
        let last: Vec<_> =
            calls.iter().copied().rfind(|call| call.conn == client.id).into_iter().collect();
        finding(
            Smell::LeftOpen,
            format!("{} is still open", described(client)),
            &last,
            "connections that nobody closes use up the server's and the process's limits",
            "close the client, or use it as a context manager",
        )
    };
    open.iter().map(say).collect()
}

pub(super) fn unread(
    calls: &[&Call],
    reset: &[Arc<ClientInfo>],
    open: &[(Arc<ClientInfo>, usize)],
) -> Vec<Finding> {
    let last = |id: u64| -> Vec<&Call> {
        calls.iter().copied().rfind(|call| call.conn == id).into_iter().collect()
    };
    let say = |client: &Arc<ClientInfo>, what: &str| {
        finding(
            Smell::Unread,
            format!("{} {what}", described(client)),
            &last(client.id),
            "a reply that is not read is the reply to the next request, if the connection is used again",
            "read the reply of every request, or close the connection when one is given up",
        )
    };
    let closed =
        reset.iter().map(|client| say(client, "was closed with replies that were not read"));
    let waiting = open.iter().filter(|(_, unsent)| *unsent > 0).map(|(client, unsent)| {
        say(client, &format!("does not read: {unsent} bytes wait to be sent"))
    });
    let mut seen = BTreeSet::new();
    closed.chain(waiting).filter(|found| seen.insert(found.message.clone())).collect()
}

fn described(client: &ClientInfo) -> String {
    let name = String::from_utf8_lossy(&client.name);
    let name = if name.is_empty() { String::new() } else { format!(" '{name}'") };
    format!("conn {}{name}", client.id)
}
