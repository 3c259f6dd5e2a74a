//! What the server tells about its own commands.
use super::help::help;
use crate::command::docs::{ArgumentDocs, Type};
use crate::command::keys::{Begin, Find, KeyAccess, KeyPosition, KeyRange, KeySpec, keys_of};
use crate::command::{Args, Command, Entry, command, subcommand};
use crate::engine::Ctx;
use crate::glob::{self, Case};
use crate::persona::Version;
use crate::resp::{Error, Reply, Result};
use bytes::Bytes;

const UNORDERED: &[&str] = &["nondeterministic_output_order"];

#[rustfmt::skip]
pub(super) const COMMANDS: &[Command] = &[
    command("COMMAND", all_commands).always().arity(-1).acl("connection").since("2.8.13").cost("O(N)")
        .tips(UNORDERED).says("Describes all commands."),
    subcommand("COMMAND COUNT", count).always().acl("connection").since("2.8.13").says("Counts the commands."),
    subcommand("COMMAND DOCS [command-name [command-name ...]]", docs).always().acl("connection").since("7.0.0")
        .cost("O(N)").tips(UNORDERED)
        .says("Documents one, some or all commands."),
    subcommand("COMMAND GETKEYS", get_keys).arity(-4).until("7.2.0").always().acl("connection").since("2.8.13")
        .cost("O(N)").says("Finds the keys in a full command."),
    subcommand("COMMAND GETKEYSANDFLAGS", get_keys_and_flags).arity(-4).until("7.2.0").always().acl("connection").since("7.0.0")
        .cost("O(N)").says("Finds the keys in a full command, and what it does to each."),
    subcommand("COMMAND GETKEYS command [arg [arg ...]]", get_keys).from("7.2.0").always().acl("connection").since("2.8.13")
        .cost("O(N)").says("Finds the keys in a full command."),
    subcommand("COMMAND GETKEYSANDFLAGS command [arg [arg ...]]", get_keys_and_flags).from("7.2.0").always().acl("connection").since("7.0.0")
        .cost("O(N)")
        .says("Finds the keys in a full command, and what it does to each."),
    subcommand("COMMAND HELP", help).always().acl("connection").since("5.0.0").says("Lists the subcommands."),
    subcommand("COMMAND INFO [command-name [command-name ...]]", info).always().acl("connection").since("2.8.13")
        .cost("O(N)").tips(UNORDERED)
        .says("Describes one, some or all commands."),
    subcommand("COMMAND LIST [FILTERBY <MODULE module-name|ACLCAT category|PATTERN pattern>]", list).always()
        .acl("connection").since("7.0.0").cost("O(N)").tips(UNORDERED)
        .says("Lists the names of commands."),
];

fn all_commands(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Reply> {
    Ok(Reply::Array(top_level(cx).map(|entry| described(cx, entry)).collect()))
}

fn count(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Reply> {
    Ok(top_level(cx).count().into())
}

fn info(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    if args.is_empty() {
        return all_commands(cx, args);
    }
    let described = |name: &Bytes| find(cx, name).map_or(Reply::Null, |entry| described(cx, entry));
    Ok(Reply::Array(args.all().iter().map(described).collect()))
}

fn docs(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let entries: Vec<&Entry> = if args.is_empty() {
        top_level(cx).collect()
    } else {
        args.all().iter().filter_map(|name| find(cx, name)).collect()
    };
    Ok(Reply::Map(entries.into_iter().map(|entry| documented(cx, entry)).collect()))
}

fn list(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let filter = Filter::read(&mut args)?;
    let entries = cx.node.table.entries().iter().filter(|entry| filter.lets_pass(entry));
    Ok(Reply::Array(entries.map(|entry| entry.name.clone().into()).collect()))
}

/// What COMMAND LIST is asked for.
enum Filter<'a> {
    None,
    /// Of a module: there is none.
    Module,
    Category(String),
    Pattern(&'a Bytes),
}

impl<'a> Filter<'a> {
    fn read(args: &mut Args<'a>) -> Result<Filter<'a>> {
        if args.is_empty() {
            return Ok(Filter::None);
        }
        if !args.word("FILTERBY") {
            return Err(Error::SYNTAX);
        }
        let filter = if args.option("MODULE").is_some() {
            Filter::Module
        } else if let Some(category) = args.option("ACLCAT") {
            Filter::Category(String::from_utf8_lossy(category).to_lowercase())
        } else if let Some(pattern) = args.option("PATTERN") {
            Filter::Pattern(pattern)
        } else {
            return Err(Error::SYNTAX);
        };
        args.end()?;
        Ok(filter)
    }

    fn lets_pass(&self, entry: &Entry) -> bool {
        match self {
            Filter::None => true,
            Filter::Module => false,
            Filter::Category(category) => entry.is_of(category),
            Filter::Pattern(pattern) => {
                glob::matches(pattern, entry.name.as_bytes(), Case::Insensitive)
            }
        }
    }
}

fn get_keys(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let request = args.all();
    let keys = keys_in(cx, request)?;
    Ok(Reply::bulks(keys.into_iter().map(|key| request[key.index].clone())))
}

fn get_keys_and_flags(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let request = args.all();
    let keys = keys_in(cx, request)?.into_iter().map(|key| {
        let flags = key.access.names().map(Reply::status).collect();
        Reply::Array(vec![request[key.index].clone().into(), Reply::Set(flags)])
    });
    Ok(Reply::Array(keys.collect()))
}

fn keys_in(cx: &Ctx<'_>, request: &[Bytes]) -> Result<Vec<KeyPosition>> {
    let entry = cx.node.table.lookup(request).map_err(|_| Error::INVALID_COMMAND)?;
    if entry.keys.iter().all(|spec| spec.access.has(KeyAccess::NOT_KEY)) {
        return Err(Error::NO_KEY_ARGUMENTS);
    }
    if !entry.arity.accepts(request.len()) {
        return Err(Error::INVALID_ARGUMENT_COUNT);
    }
    let mut keys = keys_of(&entry.keys, request).map_err(|_| Error::INVALID_ARGUMENTS)?;
    for key in &mut keys {
        if key.access.has(KeyAccess::VARIABLE) {
            key.access = match entry.name.as_str() {
                "bitfield" => of_this_bitfield(request),
                _ => of_this_request(request),
            };
        }
    }
    Ok(keys)
}

/// What SET does to its key, which depends on whether it also answers the old value, and what DELEX does, which
/// depends on whether it looks first.
fn of_this_request(request: &[Bytes]) -> KeyAccess {
    if request[0].eq_ignore_ascii_case(b"DELEX") {
        return if request.len() == 2 { KeyAccess::REMOVES } else { KeyAccess::DELETES };
    }
    let gets = request.iter().skip(3).any(|word| word.eq_ignore_ascii_case(b"GET"));
    if gets { KeyAccess::CHANGES } else { KeyAccess::STORES }
}

/// What BITFIELD does to its key, which it may only read. What cannot be understood is taken for a change.
fn of_this_bitfield(request: &[Bytes]) -> KeyAccess {
    let mut words = Args::new(&request[2..]);
    while !words.is_empty() {
        let gets = words.len() > 2 && words.word("GET") && words.take(2).is_ok();
        if !gets && words.option("OVERFLOW").is_none() {
            return KeyAccess::CHANGES;
        }
    }
    KeyAccess::READS
}

fn top_level(cx: &Ctx<'_>) -> impl Iterator<Item = &'static Entry> + use<> {
    cx.node.table.entries().iter().filter(|entry| !entry.command.is_subcommand)
}

/// A command by its full name, as `get` or `client|kill`.
fn find(cx: &Ctx<'_>, name: &[u8]) -> Option<&'static Entry> {
    let table = cx.node.table;
    match name.iter().position(|byte| *byte == b'|') {
        None => table.find(name),
        Some(bar) => table.find_subcommand(table.find(&name[..bar])?, &name[bar + 1..]),
    }
}

fn subcommands(cx: &Ctx<'_>, entry: &Entry) -> Vec<&'static Entry> {
    let table = cx.node.table;
    entry.subcommands.iter().map(|index| &table.entries()[*index]).collect()
}

/// A command as COMMAND INFO tells it.
fn described(cx: &Ctx<'_>, entry: &Entry) -> Reply {
    let range = KeyRange::of(&entry.keys);
    let number = |n: usize| Reply::from(n);
    let statuses = |names: Vec<&'static str>| names.into_iter().map(Reply::status).collect();
    let categories =
        entry.categories().into_iter().map(|name| Reply::Status(format!("@{name}").into()));
    let specs = entry.keys.iter().enumerate();
    let specs = specs.map(|(nth, spec)| key_spec(spec, entry.key_note(nth))).collect();
    let subcommands: Vec<_> =
        subcommands(cx, entry).into_iter().map(|sub| described(cx, sub)).collect();
    let plain = subcommands.is_empty() && cx.node.persona.is_valkey_from(9, 1);
    Reply::Array(vec![
        entry.name.clone().into(),
        entry.arity.as_redis().into(),
        Reply::Set(statuses(entry.flag_names(cx.node.persona))),
        number(range.first),
        Reply::Int(i64::try_from(range.last).expect("a usage line is short")),
        number(range.step),
        Reply::Set(categories.collect()),
        Reply::Set(entry.tips(cx.node.persona).iter().map(|tip| (*tip).into()).collect()),
        Reply::Set(specs),
        if plain { Reply::Array(subcommands) } else { Reply::Set(subcommands) },
    ])
}

fn key_spec(spec: &KeySpec, note: Option<&'static str>) -> Reply {
    let mut told: Vec<(Reply, Reply)> = Vec::new();
    if let Some(note) = note {
        told.push(("notes".into(), note.into()));
    }
    told.push(("flags".into(), Reply::Set(spec.access.names().map(Reply::status).collect())));
    told.push(("begin_search".into(), begin_search(spec.begin)));
    let is_known = !matches!(spec.begin, Begin::Option { .. });
    told.push(("find_keys".into(), find_keys(if is_known { spec.find } else { Find::Unknown })));
    Reply::Map(told)
}

fn begin_search(begin: Begin) -> Reply {
    match begin {
        Begin::Index(index) | Begin::IndexUnless { index, .. } => {
            typed("index", vec![("index".into(), index.into())])
        }
        Begin::Keyword { keyword, start, .. } => typed(
            "keyword",
            vec![("keyword".into(), keyword.into()), ("startfrom".into(), signed(start))],
        ),
        Begin::Option { .. } | Begin::Unknown => typed("unknown", Vec::new()),
    }
}

fn find_keys(find: Find) -> Reply {
    match find {
        Find::Range { last, step, limit } => typed(
            "range",
            vec![
                ("lastkey".into(), signed(last)),
                ("keystep".into(), step.into()),
                ("limit".into(), limit.into()),
            ],
        ),
        Find::KeyNum { count, first, step, .. } => typed(
            "keynum",
            vec![
                ("keynumidx".into(), count.into()),
                ("firstkey".into(), first.into()),
                ("keystep".into(), step.into()),
            ],
        ),
        Find::Unknown => typed("unknown", Vec::new()),
    }
}

fn typed(kind: &'static str, spec: Vec<(Reply, Reply)>) -> Reply {
    Reply::Map(vec![("type".into(), kind.into()), ("spec".into(), Reply::Map(spec))])
}

fn signed(n: isize) -> Reply {
    Reply::Int(i64::try_from(n).expect("a usage line is short"))
}

/// A command as COMMAND DOCS tells it, under its name.
fn documented(cx: &Ctx<'_>, entry: &Entry) -> (Reply, Reply) {
    let command = entry.command;
    let mut told: Vec<(Reply, Reply)> = vec![
        ("summary".into(), command.summary.into()),
        ("since".into(), since(cx, entry).into()),
        ("group".into(), entry.group.into()),
        ("complexity".into(), command.cost.into()),
    ];
    let mut flags = Vec::new();
    let deprecated = deprecation(cx, entry);
    if deprecated.is_some() {
        flags.push(Reply::status("deprecated"));
    }
    if matches!(entry.name.as_str(), "debug" | "pfdebug" | "pfselftest" | "replconf") {
        flags.push(Reply::status("syscmd"));
    }
    if !flags.is_empty() {
        told.push(("doc_flags".into(), Reply::Set(flags)));
    }
    if let Some((since, instead)) = deprecated {
        told.push(("deprecated_since".into(), since.into()));
        told.push(("replaced_by".into(), instead.into()));
    }
    let arguments = entry.usage.docs(command.notes);
    if !arguments.is_empty() {
        told.push(("arguments".into(), arguments_of(cx, &arguments)));
    }
    let subcommands = subcommands(cx, entry);
    if !subcommands.is_empty() {
        let subcommands = subcommands.into_iter().map(|sub| documented(cx, sub)).collect();
        told.push(("subcommands".into(), Reply::Map(subcommands)));
    }
    (entry.name.clone().into(), Reply::Map(told))
}

/// Since when a command is deprecated, and what to use instead, as far as the persona knows.
fn deprecation(cx: &Ctx<'_>, entry: &Entry) -> Option<(&'static str, &'static str)> {
    let (since, instead) = entry.command.deprecated?;
    // Valkey 9.1 has taken back what Redis deprecated.
    if cx.node.persona.is_valkey_from(9, 1) && entry.name != "slaveof" {
        return None;
    }
    // What SET took over in 2.6.12 is said to be deprecated only since 7.2.
    let told_since = if since == "2.6.12" { "7.2.0" } else { since };
    (cx.node.persona.redis_version() >= Version::known(told_since)).then_some((since, instead))
}

fn since(cx: &Ctx<'_>, entry: &Entry) -> &'static str {
    let valkey = entry.command.valkey_since.filter(|_| cx.node.persona.is_valkey());
    valkey.unwrap_or(entry.command.since)
}

fn arguments_of(cx: &Ctx<'_>, arguments: &[ArgumentDocs]) -> Reply {
    Reply::Array(arguments.iter().map(|argument| argument_of(cx, argument)).collect())
}

/// Its name. Before 7.2 most blocks, and some choices, are named after their parts.
fn name_of(cx: &Ctx<'_>, argument: &ArgumentDocs) -> String {
    let parts = argument.arguments.iter().map(|part| part.name.as_str());
    let by_parts = argument.kind == Type::Block || argument.name == "save-selector";
    match argument.name.as_str() {
        own @ ("box" | "circle" | "end_index" | "host-port" | "index" | "no-one" | "options"
        | "target" | "write") => own.to_owned(),
        "count-block" if !cx.at_least(7, 2) => "count".to_owned(),
        _ if by_parts && !cx.at_least(7, 2) => parts.collect::<Vec<_>>().join("_"),
        "flush-type" if !cx.at_least(7, 2) => "async".to_owned(),
        "by-pattern" | "get-pattern" if !cx.at_least(7, 2) => "pattern".to_owned(),
        name => name.to_owned(),
    }
}

fn argument_of(cx: &Ctx<'_>, argument: &ArgumentDocs) -> Reply {
    let mut told: Vec<(Reply, Reply)> = vec![
        ("name".into(), name_of(cx, argument).into()),
        ("type".into(), argument.kind.word().into()),
    ];
    let mut tell = |name: &'static str, value: Option<Reply>| {
        told.extend(value.map(|value| (name.into(), value)));
    };
    // Redis tells what a usage line shows since 7.2.
    let shown = argument.display_text.clone().filter(|_| cx.at_least(7, 2));
    tell("display_text", shown.map(Reply::from));
    tell("key_spec_index", argument.key_spec.map(Reply::from));
    tell("token", argument.token.map(Reply::from));
    tell("since", argument.since.map(Reply::from));
    tell("deprecated_since", argument.deprecated_since.map(Reply::from));
    let flags: Vec<Reply> = argument.flags().map(Reply::status).collect();
    tell("flags", (!flags.is_empty()).then_some(Reply::Set(flags)));
    let parts = &argument.arguments;
    tell("arguments", (!parts.is_empty()).then(|| arguments_of(cx, parts)));
    Reply::Map(told)
}
