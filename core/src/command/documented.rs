//! What the documentation of Redis 8.10 and Valkey 8 says of data commands, held against the table.
use super::table::Table;
use super::usage::{Argument, Kind, Usage};
use crate::persona::{Flavour, Persona, Version};
use std::collections::BTreeSet;

/// Who has a command, and its usage line in the documentation.
fn documented() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = include_str!("../../tests/facts/documented.tsv").lines();
    lines
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_once('\t').expect("two columns"))
}

fn table(flavour: Flavour, version: Version) -> &'static Table {
    Table::of(Persona { flavour, version })
}

/// The usage line of the table's command that a documented line is for.
fn ours(table: &'static Table, line: &str) -> Option<&'static Usage> {
    let usages = || table.entries().iter().map(|entry| &entry.usage);
    let is_it = |usage: &&Usage| {
        line.strip_prefix(usage.name).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    usages().filter(is_it).max_by_key(|usage| usage.name.len())
}

fn parse(line: &'static str, name: &str) -> Usage {
    let parsed =
        if name.contains(' ') { Usage::of_subcommand(line) } else { Usage::of_command(line) };
    parsed.unwrap_or_else(|error| panic!("{error}"))
}

fn tokens(arguments: &[Argument]) -> BTreeSet<&'static str> {
    let within = |argument: &Argument| match &argument.kind {
        Kind::OneOf(inner) | Kind::Block(inner) => tokens(inner),
        Kind::Value | Kind::Token => BTreeSet::new(),
    };
    arguments
        .iter()
        .flat_map(|argument| within(argument).into_iter().chain(argument.token))
        .collect()
}

#[test]
fn the_newest_redis_has_every_documented_data_command_with_every_option() {
    let table = table(Flavour::Redis, Version(8, 10, 0));
    for (_, line) in documented() {
        let ours = ours(table, line).unwrap_or_else(|| panic!("there is no `{line}`"));
        let (theirs, known) = (tokens(&parse(line, ours.name).arguments), tokens(&ours.arguments));
        // The documentation's own word for "", which a usage line here shows as it is.
        let missing: Vec<_> =
            theirs.difference(&known).filter(|token| **token != "EMPTY-STRING").collect();
        assert!(missing.is_empty(), "`{}` lacks {missing:?} of `{line}`", ours.line);
    }
}

#[test]
fn valkey_has_every_data_command_that_is_documented_as_both_servers() {
    let table = table(Flavour::Valkey, Version(8, 1, 1));
    for (_, line) in documented().filter(|(who, _)| *who == "both") {
        assert!(ours(table, line).is_some(), "there is no `{line}`");
    }
}
