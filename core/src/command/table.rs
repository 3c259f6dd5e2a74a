//! The command table: every row, and what follows from it, by name.
use super::keys::{KeySpec, keys_of};
use super::row::{Command, Handler, flag};
use super::usage::{Arity, Usage};
use crate::commands;
use crate::persona::Persona;
use crate::resp::{Error, Result};
use bytes::Bytes;
use once_cell::sync::Lazy;
use rustc_hash::FxHashMap;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The commands of one group, in the words of COMMAND DOCS.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Family {
    pub(crate) group: &'static str,
    pub(crate) commands: &'static [Command],
}

/// A row and what follows from it.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) command: &'static Command,
    pub(crate) group: &'static str,
    /// The name in lower case, a subcommand's after a bar: `get`, `client|kill`.
    pub(crate) name: String,
    /// The name in capitals, a subcommand's after a space, as calls are recorded.
    pub(crate) title: Arc<str>,
    pub(crate) usage: Usage,
    pub(crate) arity: Arity,
    pub(crate) keys: Vec<KeySpec>,
    /// Its place in the table, by which its statistics are kept.
    pub(crate) index: usize,
    /// The places of its subcommands, in the order of their rows.
    pub(crate) subcommands: Vec<usize>,
}

impl Entry {
    fn new(command: &'static Command, group: &'static str, index: usize) -> Entry {
        let read = if command.is_subcommand { Usage::of_subcommand } else { Usage::of_command };
        let usage = read(command.usage).expect("a test reads every row's usage line");
        let arity = command.arity.map_or_else(|| usage.arity(), Arity::from_redis);
        Entry {
            command,
            group,
            name: usage.name.to_ascii_lowercase().replace(' ', "|"),
            title: usage.name.to_ascii_uppercase().into(),
            arity: Arity { exact: arity.exact && !command.takes_more, ..arity },
            keys: match command.own_keys {
                Some(own) => own.iter().map(|(spec, _)| *spec).collect(),
                None => usage.key_specs(command.accesses),
            },
            usage,
            index,
            subcommands: Vec::new(),
        }
    }

    /// How many words a request spends on the name.
    pub(crate) fn name_words(&self) -> usize {
        self.usage.name_words()
    }

    /// Whether MULTI lets it run at once.
    pub(crate) fn is_not_queued(&self) -> bool {
        self.command.is(flag::NOT_QUEUED)
    }

    /// What COMMAND INFO notes of one of its key specs.
    pub(crate) fn key_note(&self, nth: usize) -> Option<&'static str> {
        match self.command.own_keys {
            Some(own) => own[nth].1,
            None => self.command.key_note,
        }
    }

    /// Where a request's keys stand.
    pub(crate) fn key_positions(&self, words: &[Bytes]) -> Vec<usize> {
        let positions = keys_of(&self.keys, words).unwrap_or_default();
        positions.into_iter().map(|position| position.index).collect()
    }

    /// The error of a request with too few or too many words, if it has.
    pub(crate) fn check_arity(&self, words: &[Bytes]) -> Result<()> {
        let is_container = matches!(self.command.handler, Handler::Container);
        if self.arity.accepts(words.len()) && !is_container {
            Ok(())
        } else {
            Err(Error::arity(&self.name))
        }
    }
}

/// Every command of one persona.
#[derive(Debug)]
pub(crate) struct Table {
    entries: Vec<Entry>,
    /// By name in capitals.
    names: FxHashMap<&'static [u8], usize>,
    subcommands: HashMap<(usize, String), usize>,
}

/// The longest name there is: a longer word is no command's.
const LONGEST_NAME: usize = 32;

impl Table {
    /// The table of a persona, made once a process.
    pub(crate) fn of(persona: Persona) -> &'static Table {
        static TABLES: Lazy<Mutex<HashMap<Persona, &'static Table>>> = Lazy::new(Mutex::default);
        let mut tables = TABLES.lock().unwrap_or_else(PoisonError::into_inner);
        tables.entry(persona).or_insert_with(|| Box::leak(Box::new(Table::new(persona))))
    }

    fn new(persona: Persona) -> Table {
        let mut table =
            Table { entries: Vec::new(), names: FxHashMap::default(), subcommands: HashMap::new() };
        let rows = commands::FAMILIES
            .iter()
            .flat_map(|family| family.commands.iter().map(|command| (family.group, command)));
        for (group, command) in rows.filter(|(_, command)| command.exists_in(persona)) {
            table.add(command, group);
        }
        table
    }

    fn add(&mut self, command: &'static Command, group: &'static str) {
        let index = self.entries.len();
        let entry = Entry::new(command, group, index);
        match entry.usage.name.split_once(' ') {
            None => {
                self.names.insert(entry.usage.name.as_bytes(), index);
            }
            Some((container, name)) => {
                let container = self.names[container.as_bytes()];
                self.entries[container].subcommands.push(index);
                self.subcommands.insert((container, name.to_owned()), index);
            }
        }
        self.entries.push(entry);
    }

    /// All entries, subcommands included, in the order of their rows.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The command of this name, whatever its case.
    pub(crate) fn find(&self, name: &[u8]) -> Option<&Entry> {
        let mut capitals = [0; LONGEST_NAME];
        let capitals = capitals.get_mut(..name.len())?;
        capitals.copy_from_slice(name);
        capitals.make_ascii_uppercase();
        self.names.get(&*capitals).map(|index| &self.entries[*index])
    }

    /// A container's subcommand of this name, whatever its case.
    pub(crate) fn find_subcommand(&self, container: &Entry, name: &[u8]) -> Option<&Entry> {
        let name = String::from_utf8_lossy(name).to_uppercase();
        self.subcommands.get(&(container.index, name)).map(|index| &self.entries[*index])
    }

    /// The command a request is for.
    pub(crate) fn lookup(&self, words: &[Bytes]) -> Result<&Entry> {
        let name = words.first().expect("a request has a name");
        let entry = self.find(name).ok_or_else(|| Error::unknown_command(words))?;
        match words.get(1) {
            Some(sub) if !entry.subcommands.is_empty() => self
                .find_subcommand(entry, sub)
                .ok_or_else(|| Error::unknown_subcommand(&entry.name, sub)),
            _ => Ok(entry),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::persona::{Flavour, Version};

    fn rows() -> impl Iterator<Item = &'static Command> {
        commands::FAMILIES.iter().flat_map(|family| family.commands)
    }

    #[test]
    fn every_usage_line_can_be_read() {
        for (at, command) in rows().enumerate() {
            let entry = Entry::new(command, "", at);
            assert!(entry.name.len() <= LONGEST_NAME, "{}", entry.name);
        }
    }

    #[test]
    fn summaries_are_sentences() {
        for command in rows() {
            assert!(command.summary.ends_with('.'), "{}: {}", command.usage, command.summary);
        }
    }

    #[test]
    fn a_command_reads_or_writes_but_not_both() {
        for command in rows() {
            assert!(!(command.is(flag::READ_ONLY) && command.is(flag::WRITE)), "{}", command.usage);
        }
    }

    #[test]
    fn no_persona_has_two_commands_of_one_name() {
        for (flavour, version) in [
            (Flavour::Redis, Version(6, 2, 0)),
            (Flavour::Redis, Version(7, 0, 15)),
            (Flavour::Redis, Version(8, 0, 2)),
            (Flavour::Redis, Version(8, 10, 0)),
            (Flavour::Valkey, Version(8, 1, 1)),
            (Flavour::Valkey, Version(9, 1, 2)),
        ] {
            let table = Table::of(Persona { flavour, version });
            let mut names: Vec<_> = table.entries().iter().map(|entry| &entry.name).collect();
            let count = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), count, "{flavour:?} {version}");
        }
    }
}
