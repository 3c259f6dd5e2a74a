//! The arguments of a command as `COMMAND DOCS` tells them: typed by the custom of their names.

use super::key_specs::is_key_name;
use super::usage::{Argument, Kind, Repeat, Usage};

/// One argument as `COMMAND DOCS` tells it, with its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ArgumentDocs {
    pub(crate) name: String,
    pub(crate) kind: Type,
    /// What a usage line shows for it; choices and blocks have none.
    pub(crate) display_text: Option<String>,
    /// The spec that finds the key, if it is a key.
    pub(crate) key_spec: Option<usize>,
    pub(crate) token: Option<&'static str>,
    pub(crate) since: Option<&'static str>,
    pub(crate) deprecated_since: Option<&'static str>,
    pub(crate) optional: bool,
    pub(crate) multiple: bool,
    pub(crate) multiple_token: bool,
    pub(crate) arguments: Vec<ArgumentDocs>,
}

/// The types of arguments that the servers know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    String,
    Integer,
    Double,
    Key,
    Pattern,
    UnixTime,
    PureToken,
    OneOf,
    Block,
}

/// What a row says of an argument where custom is not enough. The argument is called by its token, or else by its name, or
/// by the tokens it offers, with bars between them; what it is a part of may stand before it, as in `TYPE/MASTER`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Note {
    Since(&'static str),
    DeprecatedSince(&'static str),
    Is(Type),
    Named(&'static str),
    /// It is told to belong to this key spec, though it is no key.
    KeySpec(usize),
}

impl Type {
    /// The word of `COMMAND DOCS`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Type::String => "string",
            Type::Integer => "integer",
            Type::Double => "double",
            Type::Key => "key",
            Type::Pattern => "pattern",
            Type::UnixTime => "unix-time",
            Type::PureToken => "pure-token",
            Type::OneOf => "oneof",
            Type::Block => "block",
        }
    }
}

impl ArgumentDocs {
    /// A token's own name is also what a usage line shows for it.
    fn rename(&mut self, name: &str) {
        name.clone_into(&mut self.name);
        if self.kind == Type::PureToken {
            self.display_text = Some(name.to_owned());
        }
    }

    /// The words under `flags` in `COMMAND DOCS`.
    pub(crate) fn flags(&self) -> impl Iterator<Item = &'static str> {
        let all = [
            ("optional", self.optional),
            ("multiple", self.multiple),
            ("multiple_token", self.multiple_token),
        ];
        all.into_iter().filter(|(_, has)| *has).map(|(word, _)| word)
    }
}

impl Usage {
    /// The command's arguments, with what its row notes about them.
    pub(crate) fn docs(&self, notes: &[(&str, Note)]) -> Vec<ArgumentDocs> {
        let mut keys = KeySpecs { next: 0, last: None };
        self.arguments.iter().map(|argument| docs(argument, "", notes, &mut keys)).collect()
    }
}

fn docs(
    argument: &Argument,
    within: &str,
    notes: &[(&str, Note)],
    keys: &mut KeySpecs,
) -> ArgumentDocs {
    let called = argument.token.unwrap_or(&argument.name);
    let kind = typed(argument);
    let mut told = ArgumentDocs {
        name: argument.name.clone(),
        kind,
        display_text: argument.parts().is_empty().then(|| argument.name.clone()),
        key_spec: (kind == Type::Key).then(|| keys.of(&argument.name)),
        token: argument.token,
        since: None,
        deprecated_since: None,
        optional: argument.optional,
        multiple: argument.repeat != Repeat::Once,
        multiple_token: argument.repeat == Repeat::ManyWithToken,
        arguments: argument.parts().iter().map(|part| docs(part, called, notes, keys)).collect(),
    };
    let tokens: Vec<&str> = argument.parts().iter().filter_map(|part| part.token).collect();
    let offers = (kind == Type::OneOf && tokens.len() > 1).then(|| tokens.join("|"));
    let place = format!("{within}/{called}");
    let about =
        |subject: &str| subject == called || subject == place || offers.as_deref() == Some(subject);
    for (_, note) in notes.iter().filter(|(subject, _)| about(subject)) {
        match *note {
            Note::Since(version) => told.since = Some(version),
            Note::DeprecatedSince(version) => told.deprecated_since = Some(version),
            Note::Is(kind) => told.kind = kind,
            Note::Named(name) => told.rename(name),
            Note::KeySpec(index) => told.key_spec = Some(index),
        }
    }
    told
}

/// Hands out the indexes of key specs in the order of the usage line; `key1` and `key2` share one.
struct KeySpecs {
    next: usize,
    last: Option<String>,
}

impl KeySpecs {
    fn of(&mut self, name: &str) -> usize {
        let stem = name.trim_end_matches(|last: char| last.is_ascii_digit());
        if stem == name || self.last.as_deref() != Some(stem) {
            self.next += 1;
        }
        self.last = Some(stem.to_owned());
        self.next - 1
    }
}

fn typed(argument: &Argument) -> Type {
    match argument.kind {
        Kind::Token => Type::PureToken,
        Kind::OneOf(_) => Type::OneOf,
        Kind::Block(_) => Type::Block,
        Kind::Value => by_name(&argument.name),
    }
}

/// The type that arguments of a name usually have.
fn by_name(name: &str) -> Type {
    let stem = name.trim_end_matches(|last: char| last.is_ascii_digit());
    match stem {
        key if is_key_name(key) => Type::Key,
        "pattern" => Type::Pattern,
        "timeout" | "score" | "min" | "max" | "longitude" | "latitude" | "radius" | "width"
        | "height" => Type::Double,
        "unix-time-seconds" | "unix-time-milliseconds" => Type::UnixTime,
        "bit" | "bits" | "client-id" | "cluster-bus-port" | "config-epoch" | "count" | "cursor"
        | "db" | "decrement" | "destination-db" | "end" | "end-slot" | "entries-added"
        | "entries-read" | "frequency" | "increment" | "index" | "len" | "limit" | "maxage"
        | "milliseconds" | "min-idle-time" | "min-match-len" | "ms" | "num-matches"
        | "numfields" | "numkeys" | "numlocal" | "numreplicas" | "offset" | "port" | "protover"
        | "rank" | "seconds" | "slot" | "start" | "start-slot" | "stop" | "ttl" | "version"
        | "weight" => Type::Integer,
        _ => Type::String,
    }
}
