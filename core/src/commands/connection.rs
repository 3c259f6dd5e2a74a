//! Commands about the connection itself.
use super::client::valid_name;
use crate::command::docs::Note;
use crate::command::{Args, Command, command, flag};
use crate::double::Condition;
use crate::engine::{Ctx, ReplyMode};
use crate::resp::{Error, Protocol, Reply, Result};
use bytes::Bytes;

const HANDSHAKE: u32 = flag::NO_SCRIPT | flag::NO_AUTH | flag::ALLOW_BUSY;

#[rustfmt::skip]
pub(super) const COMMANDS: &[Command] = &[
    command("PING [message]", ping).fast()
        .tips(&["request_policy:all_shards", "response_policy:all_succeeded"])
        .says("Answers PONG, or the message it was given."),
    command("ECHO message", echo).always().fast()
        .says("Answers the message it was given."),
    command("AUTH [username] password", auth).with(HANDSHAKE).always().fast().cost("O(N)")
        .notes(&[("username", Note::Since("6.0.0"))])
        .says("Logs the connection in as a user."),
    command("HELLO [protover [AUTH username password] [SETNAME clientname]]", hello)
        .with(HANDSHAKE).always().fast().since("6.0.0")
        .says("Chooses the protocol's version, may log in and name the connection, and tells about the server."),
    command("SELECT index", select).always().fast().valkey_9_with(flag::ALLOW_BUSY)
        .says("Switches the connection to another database."),
    command("QUIT", quit).with(HANDSHAKE | flag::NOT_QUEUED).always().fast().takes_more()
        .deprecated("7.2.0", "just closing the connection")
        .says("Answers OK and closes the connection."),
    command("RESET", reset).with(HANDSHAKE | flag::NOT_QUEUED).always().fast().since("6.2.0")
        .says("Puts the connection back into the state it had when it was opened."),
];

/// Over RESP2 a subscriber is answered as if by a message, for it cannot tell otherwise.
fn ping(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    if args.len() > 1 {
        return Err(Error::arity(&cx.entry.name));
    }
    let message = args.bytes().ok().cloned();
    let session = cx.session();
    if session.encoding.protocol == Protocol::Resp2 && session.is_subscriber() {
        let message = message.unwrap_or_default();
        return Ok(Reply::Array(vec!["pong".into(), message.into()]));
    }
    Ok(message.map_or(Reply::status("PONG"), Reply::Bulk))
}

fn echo(_: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    Ok(args.bytes()?.clone().into())
}

fn auth(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let words = args.all();
    match words {
        [_] if !wants_password(cx) => Err(Error::NO_PASSWORD_SET),
        [password] => log_in(cx, b"default", password),
        [user, password] => log_in(cx, user, password),
        _ => Err(Error::SYNTAX),
    }
}

/// Whether the server has a password, or is in the condition of one that has.
fn wants_password(cx: &Ctx<'_>) -> bool {
    cx.node.config.each_request().needs_password || cx.node.is_in(Condition::NoAuth)
}

/// The default user is the only one, and without a password any will do.
fn log_in(cx: &mut Ctx<'_>, user: &[u8], password: &[u8]) -> Result<Reply> {
    let wanted = cx.node.config.text("requirepass").as_bytes();
    let fits = wanted.is_empty() || wanted == password;
    if user != b"default" || !fits || cx.node.is_in(Condition::NoAuth) {
        return Err(Error::WRONG_PASSWORD);
    }
    let session = cx.session();
    session.authenticated = true;
    session.user = "default".into();
    Ok(Reply::OK)
}

fn hello(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let protocol = if args.is_empty() { None } else { Some(protocol(&mut args)?) };
    let Greeting { login, name } = greeting(cx, args)?;
    if let Some((user, password)) = login {
        log_in(cx, user, password)?;
    }
    let is_trusted = cx.session().authenticated && !cx.node.is_in(Condition::NoAuth);
    if wants_password(cx) && !is_trusted {
        let newer = cx.at_least(7, 2);
        return Err(if newer { Error::HELLO_WITHOUT_AUTH } else { Error::HELLO_WITHOUT_AUTH_7_0 });
    }
    let session = cx.session();
    if let Some(name) = name {
        session.name = name.clone();
    }
    session.encoding.protocol = protocol.unwrap_or(session.encoding.protocol);
    Ok(about_the_server(cx))
}

fn protocol(args: &mut Args<'_>) -> Result<Protocol> {
    match args.int_or(Error::PROTOCOL_NOT_AN_INTEGER)? {
        2 => Ok(Protocol::Resp2),
        3 => Ok(Protocol::Resp3),
        _ => Err(Error::NO_PROTOCOL),
    }
}

/// What HELLO says besides the version.
#[derive(Default)]
struct Greeting<'a> {
    login: Option<(&'a Bytes, &'a Bytes)>,
    name: Option<&'a Bytes>,
}

/// Until Redis 7.0 each option took effect as soon as it was read.
fn greeting<'a>(cx: &mut Ctx<'_>, mut args: Args<'a>) -> Result<Greeting<'a>> {
    let mut greeting = Greeting::default();
    let at_once = !cx.at_least(7, 2);
    while let Some(option) = args.peek() {
        if args.len() >= 3 && args.word("AUTH") {
            let (user, password) = (args.bytes()?, args.bytes()?);
            if at_once {
                log_in(cx, user, password)?;
            }
            greeting.login = Some((user, password));
        } else if let Some(name) = args.option("SETNAME") {
            if !valid_name(cx, name) {
                return Err(Error::INVALID_NAME);
            }
            if at_once {
                cx.session().name = name.clone();
            }
            greeting.name = Some(name);
        } else {
            return Err(Error::hello_option(option));
        }
    }
    Ok(greeting)
}

fn about_the_server(cx: &mut Ctx<'_>) -> Reply {
    let persona = cx.node.persona;
    let id = cx.id;
    let protocol = cx.session().encoding.protocol.number();
    let mut about = vec![
        ("server".into(), if persona.is_valkey() { "valkey" } else { "redis" }.into()),
        ("version".into(), persona.version.to_string().into()),
        ("proto".into(), protocol.into()),
        ("id".into(), i64::try_from(id).expect("ids are counted from one").into()),
        ("mode".into(), "standalone".into()),
        ("role".into(), "master".into()),
        ("modules".into(), Reply::Array(module(cx).into_iter().collect())),
    ];
    if persona.is_valkey_from(8, 1) {
        let zone = cx.node.config.text("availability-zone");
        if !zone.is_empty() {
            about.push(("availability_zone".into(), zone.to_owned().into()));
        }
    }
    Reply::Map(about)
}

/// The module that a server is built with, as HELLO tells of it.
fn module(cx: &Ctx<'_>) -> Option<Reply> {
    let (name, path) = if cx.at_least(8, 0) {
        ("vectorset", "")
    } else if cx.node.persona.is_valkey_from(9, 1) {
        ("lua", "lua")
    } else {
        return None;
    };
    Some(Reply::Map(vec![
        ("name".into(), name.into()),
        ("ver".into(), Reply::Int(1)),
        ("path".into(), path.into()),
        ("args".into(), Reply::EMPTY_ARRAY),
    ]))
}

fn select(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let index = args.int()?;
    let (least, most) = (i64::from(i32::MIN), i64::from(i32::MAX));
    if !(least..=most).contains(&index) {
        return Err(Error::not_between(least, most));
    }
    let index = usize::try_from(index).map_err(|_| Error::DB_OUT_OF_RANGE)?;
    if index >= cx.db.store.databases() {
        return Err(Error::DB_OUT_OF_RANGE);
    }
    cx.session().db = index;
    Ok(Reply::OK)
}

fn quit(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Reply> {
    cx.session().closes = true;
    Ok(Reply::OK)
}

fn reset(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Reply> {
    let needs_password = cx.node.config.each_request().needs_password;
    let clears_flags = cx.at_least(7, 2);
    cx.clients.unwatch(cx.id);
    cx.clients.unsubscribe_all(cx.id);
    let session = cx.session();
    session.transaction = None;
    session.fieldsets.clear();
    session.db = 0;
    session.encoding.protocol = Protocol::Resp2;
    session.name = Bytes::new();
    session.user = "default".into();
    session.authenticated = !needs_password;
    session.replies = ReplyMode::On;
    if clears_flags {
        session.no_evict = false;
        session.no_touch = false;
    }
    Ok(Reply::status("RESET"))
}
