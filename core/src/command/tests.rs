//! What follows from usage lines, held against what a real server says of the same commands.

use super::keys::{Begin, Find, KeyRange, KeySpec};
use super::usage::Usage;

/// What a real server says of one command.
struct Fact {
    kind: &'static str,
    arity: i64,
    range: &'static str,
    movable: bool,
    specs: &'static str,
    usage: &'static str,
}

/// Commands that accept other counts of words than their usage line shows.
const OTHER_ARITY: &[&str] = &[
    "DEBUG",
    "PSYNC",
    "QUIT",
    "REPLCONF",
    "CLUSTER SLOT-STATS",
    "SENTINEL SIMULATE-FAILURE",
    "HOTKEYS START",
];

/// Commands whose keys cannot be seen in their usage line: two only name keys and shard channels without touching them.
const OTHER_KEYS: &[&str] =
    &["CLUSTER KEYSLOT", "MIGRATE", "PUBSUB SHARDNUMSUB", "SORT", "SORT_RO"];

fn facts() -> Vec<Fact> {
    let lines = include_str!("../../tests/facts/commands.tsv").lines();
    lines.filter(|line| !line.starts_with('#')).map(fact).collect()
}

fn fact(line: &'static str) -> Fact {
    let columns: Vec<&str> = line.split('\t').collect();
    let [kind, arity, range, movable, specs, usage] = columns[..] else {
        panic!("six columns: {line}")
    };
    let arity = arity.parse().expect("a number");
    Fact { kind, arity, range, movable: movable == "movable", specs, usage }
}

fn parse(fact: &Fact) -> Usage {
    match fact.kind {
        "sub" => Usage::of_subcommand(fact.usage).unwrap(),
        _ => Usage::of_command(fact.usage).unwrap(),
    }
}

#[test]
fn arity_follows_from_the_usage_line() {
    let facts = facts();
    let other: Vec<&str> = facts
        .iter()
        .filter(|fact| fact.kind != "container")
        .map(|fact| (fact, parse(fact)))
        .filter(|(fact, usage)| usage.arity().as_redis() != fact.arity)
        .map(|(_, usage)| usage.name)
        .collect();
    assert_eq!(other, OTHER_ARITY);
}

#[test]
fn key_specs_follow_from_the_usage_line() {
    let facts = facts();
    let other: Vec<&str> = facts
        .iter()
        .map(|fact| (fact, parse(fact)))
        .filter(|(fact, usage)| shown(&usage.key_specs(&[])) != fact.specs)
        .map(|(_, usage)| usage.name)
        .collect();
    assert_eq!(other, OTHER_KEYS);
}

#[test]
fn first_and_last_key_follow_from_the_key_specs() {
    for fact in facts() {
        let usage = parse(&fact);
        let specs = usage.key_specs(&[]);
        if shown(&specs) == fact.specs && fact.range != "?" {
            let range = KeyRange::of(&specs);
            let shown = format!("{} {} {}", range.first, range.last, range.step);
            assert_eq!(
                (shown.as_str(), range.movable),
                (fact.range, fact.movable),
                "{}",
                fact.usage
            );
        }
    }
}

/// Key specs in the notation of the facts.
fn shown(specs: &[KeySpec]) -> String {
    let show = |spec: &KeySpec| {
        let begin = match spec.begin {
            Begin::Index(index) => index.to_string(),
            Begin::Keyword { keyword, start } => format!("{keyword}@{start}"),
            Begin::Unknown => "?".to_owned(),
        };
        match spec.find {
            Find::Range { last, step, limit } => format!("{begin}:{last}/{step}/{limit}"),
            Find::KeyNum { count, first, step, .. } => format!("{begin}:#{count}/{first}/{step}"),
            Find::Unknown => format!("{begin}:?"),
        }
    };
    if specs.is_empty() {
        "-".to_owned()
    } else {
        specs.iter().map(show).collect::<Vec<_>>().join(" ")
    }
}
