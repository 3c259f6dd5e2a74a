//! Commands about clients: who is connected, and what they may do.
use super::help::help;
use crate::command::docs::{Note, Type};
use crate::command::{Args, Command, container, flag, subcommand};
use crate::engine::{Ctx, ReplyMode};
use crate::persona::Flavour;
use crate::resp::{Error, Reply, Result};
use bytes::Bytes;

mod filter;
mod kill;
mod line;
mod list;
mod pause;

const PLAIN: u32 = flag::NO_SCRIPT | flag::LOADING | flag::STALE;
const ADMIN: u32 = flag::ADMIN | PLAIN;
const ALL_NODES: &[&str] = &["request_policy:all_nodes", "response_policy:all_succeeded"];
const KILL_NOTES: &[(&str, Note)] = &[
    ("ip:port", Note::Named("old-format")),
    ("ADDR", Note::Named("addr")),
    ("LADDR", Note::Named("laddr")),
    ("ip:port", Note::DeprecatedSince("2.8.12")),
    ("ID", Note::Since("2.8.12")),
    ("TYPE", Note::Since("2.8.12")),
    ("MASTER", Note::Since("3.2.0")),
    ("REPLICA", Note::Since("5.0.0")),
    ("LADDR", Note::Since("6.2.0")),
    ("MAXAGE", Note::Since("7.4.0")),
];

#[rustfmt::skip]
const VALKEY_KILL_NOTES: &[(&str, Note)] = &[
    ("ip:port", Note::Named("old-format")), ("ip:port", Note::DeprecatedSince("2.8.12")),
    ("ADDR", Note::Named("addr")), ("LADDR", Note::Named("laddr")), ("LADDR", Note::Since("6.2.0")),
    ("ID", Note::Since("2.8.12")), ("TYPE", Note::Since("2.8.12")), ("MAXAGE", Note::Since("8.0.0")),
    ("TYPE/MASTER", Note::Since("3.2.0")), ("TYPE/PRIMARY", Note::Since("8.0.0")), ("TYPE/REPLICA", Note::Since("5.0.0")),
    ("NAME", Note::Since("9.0.0")), ("IDLE", Note::Since("9.0.0")), ("FLAGS", Note::Since("9.0.0")), ("LIB-NAME", Note::Since("9.0.0")),
    ("LIB-VER", Note::Since("9.0.0")), ("DB", Note::Since("9.0.0")), ("CAPA", Note::Since("9.0.0")), ("IP", Note::Since("9.0.0")),
    ("NOT-TYPE", Note::Since("9.0.0")), ("NOT-ID", Note::Since("9.0.0")), ("NOT-USER", Note::Since("9.0.0")), ("NOT-ADDR", Note::Since("9.0.0")),
    ("NOT-LADDR", Note::Since("9.0.0")), ("NOT-NAME", Note::Since("9.0.0")), ("NOT-FLAGS", Note::Since("9.0.0")), ("NOT-LIB-NAME", Note::Since("9.0.0")),
    ("NOT-LIB-VER", Note::Since("9.0.0")), ("NOT-DB", Note::Since("9.0.0")), ("NOT-CAPA", Note::Since("9.0.0")), ("NOT-IP", Note::Since("9.0.0")),
    ("NOT-ADDR", Note::Named("not-addr")), ("NOT-LADDR", Note::Named("not-laddr")), ("NOT-TYPE", Note::Named("not-client-type")),
    ("IDLE", Note::Is(Type::Integer)), ("NOT-ID", Note::Is(Type::Integer)), ("NOT-DB", Note::Is(Type::Integer)),
];

/// What CLIENT LIST knows since 5.0, 6.2, and Valkey 8.1 and 9.0.
#[rustfmt::skip]
const LIST_NOTES: &[(&str, Note)] = &[
    ("TYPE", Note::Since("5.0.0")), ("ID", Note::Since("6.2.0")),
    ("USER", Note::Since("8.1.0")), ("ADDR", Note::Since("8.1.0")), ("LADDR", Note::Since("8.1.0")),
    ("SKIPME", Note::Since("8.1.0")), ("MAXAGE", Note::Since("8.1.0")),
    ("NAME", Note::Since("9.0.0")), ("IDLE", Note::Since("9.0.0")), ("FLAGS", Note::Since("9.0.0")), ("LIB-NAME", Note::Since("9.0.0")),
    ("LIB-VER", Note::Since("9.0.0")), ("DB", Note::Since("9.0.0")), ("CAPA", Note::Since("9.0.0")), ("IP", Note::Since("9.0.0")),
    ("NOT-TYPE", Note::Since("9.0.0")), ("NOT-ID", Note::Since("9.0.0")), ("NOT-USER", Note::Since("9.0.0")), ("NOT-ADDR", Note::Since("9.0.0")),
    ("NOT-LADDR", Note::Since("9.0.0")), ("NOT-NAME", Note::Since("9.0.0")), ("NOT-FLAGS", Note::Since("9.0.0")), ("NOT-LIB-NAME", Note::Since("9.0.0")),
    ("NOT-LIB-VER", Note::Since("9.0.0")), ("NOT-DB", Note::Since("9.0.0")), ("NOT-CAPA", Note::Since("9.0.0")), ("NOT-IP", Note::Since("9.0.0")),
    ("ADDR", Note::Named("addr")), ("LADDR", Note::Named("laddr")),
    ("NOT-ADDR", Note::Named("not-addr")), ("NOT-LADDR", Note::Named("not-laddr")), ("NOT-TYPE", Note::Named("not-client-type")),
    ("IDLE", Note::Is(Type::Integer)), ("NOT-ID", Note::Is(Type::Integer)), ("NOT-DB", Note::Is(Type::Integer)),
];

#[rustfmt::skip]
pub(super) const COMMANDS: &[Command] = &[
    container("CLIENT").since("2.4.0").says("Holds the commands about client connections."),
    subcommand("CLIENT CAPA capability [capability ...]", capa).with(PLAIN).valkey_9_with(flag::ALLOW_BUSY).only(Flavour::Valkey).valkey("8.0.0")
        .since("8.0.0").says("Announces what the client is able to handle."),
    subcommand("CLIENT GETNAME", getname).with(PLAIN).valkey_9_with(flag::ALLOW_BUSY).since("2.6.9").says("Answers the connection's name."),
    subcommand("CLIENT HELP", help).always().since("5.0.0").says("Lists the subcommands."),
    subcommand("CLIENT ID", id).with(PLAIN).valkey_9_with(flag::ALLOW_BUSY).since("5.0.0").says("Answers the connection's id."),
    subcommand("CLIENT IMPORT-SOURCE <ON|OFF>", import_source).with(PLAIN).only(Flavour::Valkey)
        .valkey("8.1.0").since("8.1.0").says("Says whether this connection is a source of imported data."),
    subcommand("CLIENT INFO", list::info).with(PLAIN).since("6.2.0").tips(&["nondeterministic_output"])
        .says("Describes this connection in one line."),
    subcommand("CLIENT KILL <ip:port|<[ID client-id]|[TYPE <NORMAL|MASTER|SLAVE|REPLICA|PUBSUB>]|[USER username]|[ADDR ip:port]|[LADDR ip:port]|[SKIPME <YES|NO>]> [<[ID client-id]|[TYPE <NORMAL|MASTER|SLAVE|REPLICA|PUBSUB>]|[USER username]|[ADDR ip:port]|[LADDR ip:port]|[SKIPME <YES|NO>]> ...]>", kill::kill)
        .only(Flavour::Redis).until("7.4.0").with(ADMIN).since("2.4.0").cost("O(N)").notes(KILL_NOTES)
        .says("Closes the connections that match an address or filters."),
    subcommand("CLIENT KILL <ip:port|<[ID client-id]|[TYPE <NORMAL|MASTER|SLAVE|REPLICA|PUBSUB>]|[USER username]|[ADDR ip:port]|[LADDR ip:port]|[SKIPME <YES|NO>]|[MAXAGE maxage]> [<[ID client-id]|[TYPE <NORMAL|MASTER|SLAVE|REPLICA|PUBSUB>]|[USER username]|[ADDR ip:port]|[LADDR ip:port]|[SKIPME <YES|NO>]|[MAXAGE maxage]> ...]>", kill::kill)
        .only(Flavour::Redis).from("7.4.0").with(ADMIN).since("2.4.0").cost("O(N)").notes(KILL_NOTES)
        .says("Closes the connections that match an address or filters."),
    subcommand("CLIENT KILL <ip:port|<[ID client-id [client-id ...]]|[TYPE <NORMAL|MASTER|PRIMARY|SLAVE|REPLICA|PUBSUB>]|[USER username]|[ADDR ip:port]|[LADDR ip:port]|[SKIPME <YES|NO>]|[MAXAGE maxage]> [<[ID client-id [client-id ...]]|[TYPE <NORMAL|MASTER|PRIMARY|SLAVE|REPLICA|PUBSUB>]|[USER username]|[ADDR ip:port]|[LADDR ip:port]|[SKIPME <YES|NO>]|[MAXAGE maxage]> ...]>", kill::kill)
        .only(Flavour::Valkey).valkey_until("9.0.0").with(ADMIN).since("2.4.0").cost("O(N)").notes(VALKEY_KILL_NOTES)
        .says("Closes the connections that match an address or filters."),
    subcommand("CLIENT KILL <ip:port|<[ID client-id [client-id ...]]|[TYPE <NORMAL|MASTER|PRIMARY|SLAVE|REPLICA|PUBSUB>]|[USER username]|[ADDR ip:port]|[LADDR ip:port]|[SKIPME <YES|NO>]|[MAXAGE maxage]|[NAME name]|[IDLE idle]|[FLAGS flags]|[LIB-NAME lib-name]|[LIB-VER lib-ver]|[DB db]|[CAPA capa]|[IP ip]|[NOT-TYPE <NORMAL|MASTER|PRIMARY|SLAVE|REPLICA|PUBSUB>]|[NOT-ID not-client-id [not-client-id ...]]|[NOT-USER not-username]|[NOT-ADDR ip:port]|[NOT-LADDR ip:port]|[NOT-NAME not-name]|[NOT-FLAGS not-flags]|[NOT-LIB-NAME not-lib-name]|[NOT-LIB-VER not-lib-ver]|[NOT-DB not-db]|[NOT-CAPA not-capa]|[NOT-IP not-ip]> [<[ID client-id [client-id ...]]|[TYPE <NORMAL|MASTER|PRIMARY|SLAVE|REPLICA|PUBSUB>]|[USER username]|[ADDR ip:port]|[LADDR ip:port]|[SKIPME <YES|NO>]|[MAXAGE maxage]|[NAME name]|[IDLE idle]|[FLAGS flags]|[LIB-NAME lib-name]|[LIB-VER lib-ver]|[DB db]|[CAPA capa]|[IP ip]|[NOT-TYPE <NORMAL|MASTER|PRIMARY|SLAVE|REPLICA|PUBSUB>]|[NOT-ID not-client-id [not-client-id ...]]|[NOT-USER not-username]|[NOT-ADDR ip:port]|[NOT-LADDR ip:port]|[NOT-NAME not-name]|[NOT-FLAGS not-flags]|[NOT-LIB-NAME not-lib-name]|[NOT-LIB-VER not-lib-ver]|[NOT-DB not-db]|[NOT-CAPA not-capa]|[NOT-IP not-ip]> ...]>", kill::kill)
        .only(Flavour::Valkey).valkey_from("9.0.0").with(ADMIN).since("2.4.0").cost("O(N)").notes(VALKEY_KILL_NOTES)
        .says("Closes the connections that match an address or filters."),
    subcommand("CLIENT LIST [TYPE <NORMAL|MASTER|REPLICA|PUBSUB>] [ID client-id [client-id ...]]", list::list)
        .only(Flavour::Redis).with(ADMIN).since("2.4.0").cost("O(N)").tips(&["nondeterministic_output"]).notes(LIST_NOTES)
        .says("Describes the open connections, one a line."),
    subcommand("CLIENT LIST [TYPE <NORMAL|MASTER|REPLICA|PUBSUB>] [ID client-id [client-id ...]] [USER username] [ADDR ip:port] [LADDR ip:port] [SKIPME <YES|NO>] [MAXAGE maxage]", list::list_filtered)
        .only(Flavour::Valkey).valkey_until("9.0.0").with(ADMIN).since("2.4.0").cost("O(N)").tips(&["nondeterministic_output"]).notes(LIST_NOTES)
        .says("Describes the open connections, one a line."),
    subcommand("CLIENT LIST [TYPE <NORMAL|MASTER|REPLICA|PUBSUB>] [ID client-id [client-id ...]] [USER username] [ADDR ip:port] [LADDR ip:port] [SKIPME <YES|NO>] [MAXAGE maxage] [NAME name] [IDLE idle] [FLAGS flags] [LIB-NAME lib-name] [LIB-VER lib-ver] [DB db] [CAPA capa] [IP ip] [NOT-TYPE <NORMAL|MASTER|REPLICA|PUBSUB>] [NOT-ID not-client-id [not-client-id ...]] [NOT-USER not-username] [NOT-ADDR ip:port] [NOT-LADDR ip:port] [NOT-NAME not-name] [NOT-FLAGS not-flags] [NOT-LIB-NAME not-lib-name] [NOT-LIB-VER not-lib-ver] [NOT-DB not-db] [NOT-CAPA not-capa] [NOT-IP not-ip]", list::list_filtered)
        .only(Flavour::Valkey).valkey_from("9.0.0").with(ADMIN).since("2.4.0").cost("O(N)").tips(&["nondeterministic_output"]).notes(LIST_NOTES)
        .says("Describes the open connections, one a line."),
    subcommand("CLIENT NO-EVICT <ON|OFF>", no_evict).with(ADMIN).valkey_9_with(flag::ALLOW_BUSY).since("7.0.0")
        .says("Exempts the connection from client eviction, or ends that."),
    subcommand("CLIENT NO-TOUCH <ON|OFF>", no_touch).with(PLAIN).valkey_9_with(flag::ALLOW_BUSY).since("7.2.0")
        .says("Says whether this connection's commands count as accesses of their keys."),
    subcommand("CLIENT PAUSE timeout [WRITE|ALL]", pause::pause).with(ADMIN).since("3.0.0")
        .notes(&[("timeout", Note::Is(Type::Integer)), ("mode", Note::Since("6.2.0"))])
        .says("Holds back the commands of clients for a time."),
    subcommand("CLIENT REPLY <ON|OFF|SKIP>", reply).with(PLAIN).since("3.2.0").valkey_9_with(flag::NO_MULTI | flag::ALLOW_BUSY)
        .says("Says whether the connection gets replies."),
    subcommand("CLIENT SETINFO <LIB-NAME libname|LIB-VER libver>", setinfo).with(PLAIN).valkey_9_with(flag::ALLOW_BUSY).since("7.2.0").tips(ALL_NODES)
        .says("Sets the name or version of the client's library."),
    subcommand("CLIENT SETNAME connection-name", setname).with(PLAIN).valkey_9_with(flag::ALLOW_BUSY).since("2.6.9").tips(ALL_NODES).old_tips(&[])
        .says("Names the connection."),
    subcommand("CLIENT UNBLOCK client-id [TIMEOUT|ERROR]", pause::unblock).with(ADMIN).since("5.0.0").cost("O(log N)")
        .says("Wakes a client that waits in a blocking command."),
    subcommand("CLIENT UNPAUSE", pause::unpause).with(ADMIN).since("6.2.0").cost("O(N)")
        .says("Ends a pause of clients."),
];

/// Whether a client may be called so: `CLIENT LIST` separates its fields by spaces.
pub(super) fn valid_name(cx: &Ctx<'_>, name: &[u8]) -> bool {
    // From 7.2 on a name is looked at as a C string.
    let seen = if cx.at_least(7, 2) { name.split(|byte| *byte == 0).next() } else { Some(name) };
    seen.into_iter().flatten().all(|byte| matches!(byte, b'!'..=b'~'))
}

fn capa(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let words = args.all();
    cx.session().redirects |= words.iter().any(|word| word.eq_ignore_ascii_case(b"redirect"));
    Ok(Reply::OK)
}

fn getname(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Reply> {
    let name = cx.session().name.clone();
    Ok(if name.is_empty() { Reply::Null } else { name.into() })
}

fn id(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Reply> {
    Ok(Reply::from(i64::try_from(cx.id).expect("ids are counted from one")))
}

fn import_source(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let is_off = args.peek().is_some_and(|word| word.eq_ignore_ascii_case(b"off"));
    if !is_off && !cx.db.store.imports {
        return Err(Error::NOT_IN_IMPORT_MODE);
    }
    cx.session().imports = switch(&mut args)?;
    Ok(Reply::OK)
}

fn no_evict(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    cx.session().no_evict = switch(&mut args)?;
    Ok(Reply::OK)
}

fn no_touch(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    cx.session().no_touch = switch(&mut args)?;
    Ok(Reply::OK)
}

fn switch(args: &mut Args<'_>) -> Result<bool> {
    if args.word("ON") {
        Ok(true)
    } else if args.word("OFF") {
        Ok(false)
    } else {
        Err(Error::SYNTAX)
    }
}

fn reply(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let session = cx.session();
    if args.word("ON") {
        session.replies = ReplyMode::On;
        return Ok(Reply::OK);
    }
    if args.word("OFF") {
        session.replies = ReplyMode::Off;
    } else if !args.word("SKIP") {
        return Err(Error::SYNTAX);
    } else if session.replies != ReplyMode::Off {
        session.replies = ReplyMode::SkipNext;
    }
    Ok(Reply::Nothing)
}

fn setinfo(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (option, value) = (args.bytes()?, args.bytes()?);
    let is_name = option.eq_ignore_ascii_case(b"lib-name");
    if !is_name && !option.eq_ignore_ascii_case(b"lib-ver") {
        return Err(Error::unrecognized_option(option));
    }
    if !valid_name(cx, value) {
        return Err(Error::invalid_info(option));
    }
    let session = cx.session();
    *(if is_name { &mut session.library } else { &mut session.library_version }) = value.clone();
    Ok(Reply::OK)
}

fn setname(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let name: &Bytes = args.bytes()?;
    if !valid_name(cx, name) {
        return Err(Error::INVALID_NAME);
    }
    cx.session().name = name.clone();
    Ok(Reply::OK)
}
