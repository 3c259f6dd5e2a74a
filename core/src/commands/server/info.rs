//! INFO: what the server tells about itself, section by section.

mod fields;
mod replication;

use crate::command::Args;
use crate::engine::{Clients, Ctx, Node, Waiters};
use crate::persona::servers::{self, EVERYWHERE, NEW, VALKEY, VALKEY_9};
use crate::resp::{Reply, Result};
use crate::store::{Store, Type};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What there is to be told of.
struct Facts<'a> {
    clients: &'a Clients,
    node: &'a Node,
    store: &'a Store,
    waiters: &'a Waiters,
}

/// One line of a section.
struct Field {
    name: &'static str,
    servers: u8,
    tells: Tells,
}

enum Tells {
    /// What is always so here.
    Always(&'static str),
    Now(fn(&Facts<'_>) -> String),
    /// While there is an append only file.
    OfAof(fn(&Facts<'_>) -> String),
}

/// What a section consists of.
enum Body {
    Fields(&'static [Field]),
    Lines(fn(&Facts<'_>, &mut String)),
}

/// A section: its name, its heading, and when it is told.
struct Section {
    name: &'static str,
    heading: &'static str,
    servers: u8,
    when: When,
    body: Body,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    /// Also when nothing is asked for.
    Default,
    /// Also when all is asked for.
    All,
    /// When it is asked for by its name.
    Named,
}

const fn section(name: &'static str, heading: &'static str, body: Body) -> Section {
    Section { name, heading, servers: EVERYWHERE, when: When::Default, body }
}

impl Section {
    const fn on(self, servers: u8) -> Section {
        Section { servers, ..self }
    }

    const fn when(self, when: When) -> Section {
        Section { when, ..self }
    }

    fn is_asked_for(&self, asked: &[String]) -> bool {
        let all = self.when != When::Named;
        asked.iter().any(|word| match word.as_str() {
            "default" => self.when == When::Default,
            "all" | "everything" => all,
            "module_list" => self.name == "modules",
            name => name == self.name,
        })
    }

    fn write(&self, facts: &Facts<'_>, out: &mut String) {
        if !out.is_empty() {
            out.push_str("\r\n");
        }
        let _ = write!(out, "# {}\r\n", self.heading);
        match self.body {
            Body::Lines(lines) => lines(facts, out),
            Body::Fields(fields) => fields.iter().for_each(|field| field.write(facts, out)),
        }
    }
}

impl Field {
    const fn on(self, servers: u8) -> Field {
        Field { name: self.name, servers, tells: self.tells }
    }

    fn write(&self, facts: &Facts<'_>, out: &mut String) {
        if !servers::has(self.servers, facts.node.persona) {
            return;
        }
        let _ = match self.tells {
            Tells::Always(value) => write!(out, "{}:{value}\r\n", self.name),
            Tells::OfAof(_) if !facts.node.aof.is_on() => return,
            Tells::Now(tell) | Tells::OfAof(tell) => {
                write!(out, "{}:{}\r\n", self.name, tell(facts))
            }
        };
    }
}

const SECTIONS: &[Section] = &[
    section("server", "Server", Body::Fields(fields::SERVER)),
    section("tls", "TLS", Body::Fields(fields::TLS)).on(VALKEY_9).when(When::All),
    section("clients", "Clients", Body::Fields(fields::CLIENTS)),
    section("memory", "Memory", Body::Fields(fields::MEMORY)),
    section("persistence", "Persistence", Body::Fields(fields::PERSISTENCE)),
    section("threads", "Threads", Body::Fields(fields::THREADS)).on(NEW),
    section("stats", "Stats", Body::Fields(fields::STATS)),
    section("replication", "Replication", Body::Lines(replication::lines)),
    section("cpu", "CPU", Body::Fields(fields::CPU)),
    section("modules", "Modules", Body::Fields(fields::MODULES)),
    section("commandstats", "Commandstats", Body::Lines(command_stats)).when(When::All),
    section("errorstats", "Errorstats", Body::Lines(error_stats)),
    section("latencystats", "Latencystats", Body::Lines(latency_stats)).when(When::All),
    section("cluster", "Cluster", Body::Fields(fields::CLUSTER)),
    section("cluster_info", "Cluster Info", Body::Fields(&[])).on(VALKEY_9).when(When::All),
    section("scriptingengines", "Scripting Engines", Body::Fields(fields::ENGINES))
        .on(VALKEY_9)
        .when(When::All),
    section("keyspace", "Keyspace", Body::Lines(keyspace)),
    section("keysizes", "Keysizes", Body::Lines(key_sizes)).on(NEW),
    section("debug", "Debug", Body::Fields(fields::DEBUG)).on(NEW | VALKEY).when(When::Named),
];

/// Tells the sections that are asked for, each once and in their own order.
pub(super) fn info(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let asked = args.all().iter().map(|word| String::from_utf8_lossy(word).to_lowercase());
    let mut asked: Vec<String> = asked.collect();
    if asked.is_empty() {
        asked.push("default".to_owned());
    }
    let facts =
        Facts { clients: cx.clients, node: cx.node, store: cx.db.store, waiters: cx.waiters };
    let mut out = String::new();
    let known = SECTIONS.iter().filter(|section| servers::has(section.servers, cx.node.persona));
    for section in known.filter(|section| section.is_asked_for(&asked)) {
        section.write(&facts, &mut out);
    }
    Ok(Reply::Verbatim("txt", out.into()))
}

/// Commands take no time here: nothing is measured, as the engine reads no clock.
fn command_stats(facts: &Facts<'_>, out: &mut String) {
    for entry in facts.node.table.entries() {
        let stats = facts.node.stats.calls[entry.index];
        if stats.calls + stats.rejected + stats.failed == 0 {
            continue;
        }
        let (calls, rejected, failed) = (stats.calls, stats.rejected, stats.failed);
        let _ = write!(
            out,
            "cmdstat_{}:calls={calls},usec=0,usec_per_call=0.00,rejected_calls={rejected},failed_calls={failed}\r\n",
            entry.name
        );
    }
}

fn error_stats(facts: &Facts<'_>, out: &mut String) {
    for (code, count) in &facts.node.stats.errors {
        let _ = write!(out, "errorstat_{}:count={count}\r\n", String::from_utf8_lossy(code));
    }
}

fn latency_stats(facts: &Facts<'_>, out: &mut String) {
    if facts.node.config.text("latency-tracking") != "yes" {
        return;
    }
    let percentiles = facts.node.config.text("latency-tracking-info-percentiles");
    for entry in facts.node.table.entries() {
        if facts.node.stats.calls[entry.index].calls == 0 {
            continue;
        }
        let told = percentiles.split_ascii_whitespace().map(|p| format!("p{p}=0.000"));
        let told = told.collect::<Vec<_>>().join(",");
        let _ = write!(out, "latency_percentiles_usec_{}:{told}\r\n", entry.name);
    }
}

fn keyspace(facts: &Facts<'_>, out: &mut String) {
    for (db, keys, expires, mean_ms) in facts.store.sizes() {
        let _ = write!(out, "db{db}:keys={keys},expires={expires},avg_ttl={mean_ms}");
        if servers::has(NEW, facts.node.persona) {
            let _ = write!(out, ",subexpiry={}", facts.store.hashes_that_expire(db));
        }
        if facts.node.persona.is_valkey_from(9, 0) {
            let hashes = facts.store.hashes_that_expire(db);
            let _ = write!(out, ",keys_with_volatile_items={hashes}");
        }
        out.push_str("\r\n");
    }
}

/// How many values there are of each size, the sizes being powers of two.
fn key_sizes(facts: &Facts<'_>, out: &mut String) {
    const KINDS: [(Type, &str); 5] = [
        (Type::Text, "strings_sizes"),
        (Type::List, "lists_items"),
        (Type::Set, "sets_items"),
        (Type::SortedSet, "zsets_items"),
        (Type::Hash, "hashes_items"),
    ];
    for db in 0..facts.store.databases() {
        for (kind, name) in KINDS {
            let mut bins: BTreeMap<u32, usize> = BTreeMap::new();
            let values = facts.store.entries(db).map(|(_, entry)| &entry.value);
            for value in values.filter(|value| value.type_of() == kind) {
                *bins
                    .entry(value.len().checked_ilog2().map_or(0, |power| power + 1))
                    .or_default() += 1;
            }
            if !bins.is_empty() {
                let told = bins.iter().map(|(bin, count)| format!("{}={count}", bin_name(*bin)));
                let told = told.collect::<Vec<_>>().join(",");
                let _ = write!(out, "db{db}_distrib_{name}:{told}\r\n");
            }
        }
    }
}

/// The least size of a bin: 0, 1, 2, 4 … 512, 1K, 2K …
fn bin_name(bin: u32) -> String {
    const UNITS: [&str; 7] = ["", "K", "M", "G", "T", "P", "E"];
    match bin.checked_sub(1) {
        None => "0".to_owned(),
        Some(power) => format!("{}{}", 1_u64 << (power % 10), UNITS[power as usize / 10]),
    }
}
