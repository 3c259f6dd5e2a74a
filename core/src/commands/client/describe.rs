//! A client in one line, as CLIENT LIST shows it.
use crate::engine::{Node, Session};
use std::fmt::Write as _;

/// The line of a session, its line end included. What this server has no buffer for is 0.
pub(super) fn describe(session: &Session, node: &Node) -> Vec<u8> {
    let persona = node.persona;
    let newer = persona.at_least(7, 2);
    let seconds = |since: i64| (node.now - since) / 1_000_000;
    let mut line = format!("id={} addr={}", session.id, session.address.peer).into_bytes();
    add(&mut line, "laddr", &session.address.local);
    add(&mut line, "fd", session.address.fd);
    line.extend_from_slice(b" name=");
    line.extend_from_slice(&session.name);
    add(&mut line, "age", seconds(session.created));
    add(&mut line, "idle", seconds(session.used));
    add(&mut line, "flags", flags(session, newer));
    if persona.is_valkey_from(8, 0) {
        add(&mut line, "capa", "");
    }
    add(&mut line, "db", session.db);
    add(&mut line, "sub", session.channels.len());
    add(&mut line, "psub", session.patterns.len());
    add(&mut line, "ssub", session.shard_channels.len());
    let queued = session.transaction.as_ref();
    add(&mut line, "multi", queued.map_or("-1".into(), |t| t.queued.len().to_string()));
    if persona.is_valkey() || persona.at_least(7, 4) {
        add(&mut line, "watch", session.watched.len());
    }
    for name in ["qbuf", "qbuf-free", "argv-mem", "multi-mem", "rbs", "rbp"] {
        add(&mut line, name, 0);
    }
    add(&mut line, "obl", 0);
    add(&mut line, "oll", 0);
    add(&mut line, "omem", session.unsent);
    add(&mut line, "tot-mem", session.unsent);
    add(&mut line, "events", "r");
    let command = session.last_command.map_or("NULL", |entry| entry.name.as_str());
    add(&mut line, "cmd", command);
    add(&mut line, "user", &session.user);
    add(&mut line, "redir", -1);
    add(&mut line, "resp", session.encoding.protocol.number());
    if newer {
        line.extend_from_slice(b" lib-name=");
        line.extend_from_slice(&session.library);
        line.extend_from_slice(b" lib-ver=");
        line.extend_from_slice(&session.library_version);
    }
    if persona.is_valkey_from(8, 1) {
        add(&mut line, "tot-net-in", session.input_bytes);
        add(&mut line, "tot-net-out", session.output_bytes);
        add(&mut line, "tot-cmds", session.commands.saturating_sub(1));
    } else if persona.at_least(8, 0) {
        add(&mut line, "io-thread", 0);
    }
    line.push(b'\n');
    line
}

fn add(line: &mut Vec<u8>, name: &str, value: impl std::fmt::Display) {
    let mut text = String::new();
    write!(text, " {name}={value}").expect("a string takes all");
    line.extend_from_slice(text.as_bytes());
}

fn flags(session: &Session, newer: bool) -> String {
    let all = [
        ('P', session.is_subscriber()),
        ('x', session.transaction.is_some()),
        ('b', session.waits()),
        ('d', session.void),
        ('c', session.closes),
        ('U', session.address.unix),
        ('e', session.no_evict),
        ('T', newer && session.no_touch),
    ];
    let flags: String = all.iter().filter(|(_, has)| *has).map(|(flag, _)| *flag).collect();
    if flags.is_empty() { "N".into() } else { flags }
}
