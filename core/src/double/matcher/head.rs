//! What stands in the place of the command: its name, a group of commands, or any.
use super::super::journal::Call;
use super::quoted;
use crate::command::{Entry, Table, category_names, flag_names};
use crate::persona::Persona;
use std::fmt;
use std::sync::Arc;

/// Which commands are meant.
#[derive(Clone, Debug, Default)]
pub(crate) enum Head {
    #[default]
    Any,
    /// The name in capitals, a subcommand's with its container's.
    Command(String),
    /// The commands of a group, by their places in the table; nobody until a server has looked them up.
    Group(Group, Arc<[bool]>),
}

/// Commands that have something in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    /// An ACL category, without the `@`.
    Category(String),
    /// A flag, as COMMAND INFO names it.
    Flag(String),
}

impl Head {
    pub(super) fn command(name: &str) -> Head {
        let words: Vec<_> = name.split_ascii_whitespace().collect();
        Head::Command(words.join(" ").to_uppercase())
    }

    pub(super) fn group(group: Group) -> Head {
        Head::Group(group, Arc::default())
    }

    /// Whether a call is of such a command. A container's name stands for all its subcommands.
    pub(in crate::double) fn is_of(&self, call: &Call) -> bool {
        match self {
            Head::Any => true,
            Head::Command(name) => call
                .name
                .strip_prefix(name.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')),
            Head::Group(_, members) => call.entry.is_some_and(|entry| has(members, entry)),
        }
    }

    /// Looks up the group's commands in a server's table.
    pub(super) fn resolve(&mut self, table: &Table, persona: Persona) -> Result<(), String> {
        if let Head::Group(group, members) = self {
            *members = group.members(table, persona)?;
        }
        Ok(())
    }

    /// The commands that are meant; none if the server has no such command.
    pub(super) fn entries<'t>(&self, table: &'t Table) -> Vec<&'t Entry> {
        let all = table.entries();
        match self {
            Head::Any => all.iter().collect(),
            Head::Group(_, members) => all.iter().filter(|entry| has(members, entry)).collect(),
            Head::Command(name) => {
                let (name, sub) = name.split_once(' ').unwrap_or((name, ""));
                let Some(entry) = table.find(name.as_bytes()) else { return Vec::new() };
                if !sub.is_empty() {
                    return table.find_subcommand(entry, sub.as_bytes()).into_iter().collect();
                }
                let subcommands = entry.subcommands.iter().map(|index| &all[*index]);
                std::iter::once(entry).chain(subcommands).collect()
            }
        }
    }
}

/// Whether a command is among those of a group.
pub(crate) fn has(members: &[bool], entry: &Entry) -> bool {
    members.get(entry.index).copied().unwrap_or_default()
}

impl Group {
    fn members(&self, table: &Table, persona: Persona) -> Result<Arc<[bool]>, String> {
        let (kind, name, mark, known) = match self {
            Group::Category(name) => ("category", name, "@", category_names().to_vec()),
            Group::Flag(name) => ("flag", name, "", flag_names(persona)),
        };
        if !known.contains(&name.as_str()) {
            let known: Vec<_> = known.iter().map(|name| format!("{mark}{name}")).collect();
            let known = known.join(", ");
            return Err(format!("unknown {kind} '{mark}{name}'; there are {known}"));
        }
        let is_member = |entry: &Entry| match self {
            Group::Category(name) => entry.is_of(name),
            Group::Flag(name) => entry.flag_names(persona).contains(&name.as_str()),
        };
        Ok(table.entries().iter().map(is_member).collect())
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Group::Category(name) => write!(f, "category(\"@{name}\")"),
            Group::Flag(name) => write!(f, "flag({})", quoted(name.as_bytes())),
        }
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Head::Any => f.write_str("ANY"),
            Head::Command(name) => f.write_str(name),
            Head::Group(group, _) => write!(f, "{group}"),
        }
    }
}
