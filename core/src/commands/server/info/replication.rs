//! INFO replication: the server's part in replication, and its replicas.
use super::Facts;
use crate::engine::{Backlog, Master, Session};
use std::fmt::Write as _;

/// The lines of the section.
pub(super) fn lines(facts: &Facts<'_>, out: &mut String) {
    let replication = &facts.node.replication;
    let role = if replication.master.is_some() { "slave" } else { "master" };
    line(out, "role", role);
    if let Some(master) = &replication.master {
        as_replica(facts, master, out);
    }
    as_master(facts, out);
    line(out, "master_failover_state", "no-failover");
    line(out, "master_replid", &replication.id);
    let (before, until) = replication.before.clone().unwrap_or(("0".repeat(40), -1));
    line(out, "master_replid2", before);
    line(out, "master_repl_offset", replication.offset);
    line(out, "second_repl_offset", until);
    let backlog = replication.backlog.as_ref();
    line(out, "repl_backlog_active", u8::from(backlog.is_some()));
    line(out, "repl_backlog_size", facts.node.config.text("repl-backlog-size"));
    line(out, "repl_backlog_first_byte_offset", backlog.map_or(0, |backlog| backlog.first));
    line(out, "repl_backlog_histlen", backlog.map_or(0, Backlog::len));
}

fn line(out: &mut String, name: &str, value: impl std::fmt::Display) {
    let _ = write!(out, "{name}:{value}\r\n");
}

/// Nothing is ever heard of the master.
fn as_replica(facts: &Facts<'_>, master: &Master, out: &mut String) {
    let offset = facts.node.replication.offset;
    line(out, "master_host", String::from_utf8_lossy(&master.host));
    line(out, "master_port", master.port);
    line(out, "master_link_status", "down");
    line(out, "master_last_io_seconds_ago", -1);
    line(out, "master_sync_in_progress", 0);
    line(out, "slave_read_repl_offset", offset);
    line(out, "slave_repl_offset", offset);
    let buffer = match facts.node.persona {
        persona if persona.is_valkey() => Some("replicas_repl_buffer"),
        persona if persona.at_least(8, 0) => Some("replica_full_sync_buffer"),
        _ => None,
    };
    if let Some(name) = buffer {
        line(out, &format!("{name}_size"), 0);
        line(out, &format!("{name}_peak"), 0);
    }
    line(out, "master_link_down_since_seconds", -1);
    let is_set = |name| u8::from(facts.node.config.text(name) == "yes");
    line(out, "slave_priority", facts.node.config.text("replica-priority"));
    line(out, "slave_read_only", is_set("replica-read-only"));
    line(out, "replica_announced", is_set("replica-announced"));
}

fn as_master(facts: &Facts<'_>, out: &mut String) {
    let node = facts.node;
    line(out, "connected_slaves", node.replication.replicas.len());
    if node.config.each_request().min_replicas > 0 {
        line(out, "min_slaves_good_slaves", node.good_replicas(facts.clients));
    }
    let replicas = node.replication.replicas.iter().filter_map(|id| facts.clients.get(*id));
    for (at, session) in replicas.enumerate() {
        line(out, &format!("slave{at}"), replica(facts, session));
    }
    if node.persona.is_valkey() {
        line(out, "replicas_waiting_psync", 0);
    }
}

fn replica(facts: &Facts<'_>, session: &Session) -> String {
    let said = session.replica.clone().unwrap_or_default();
    let address = session.replica_address();
    let kind = if facts.node.persona.is_valkey() { ",type=replica" } else { "" };
    format!(
        "ip={},port={},state=online,offset={},lag={}{kind}",
        String::from_utf8_lossy(&address),
        said.port,
        said.acked,
        facts.node.lag_of(&said)
    )
}
