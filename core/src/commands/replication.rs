//! Replication: replicas that read this server's stream, and this server as a replica.
use crate::command::docs::Note;
use crate::command::{Args, Command, command, flag};
use crate::engine::{Ctx, Master};
use crate::number::parse_i64;
use crate::resp::{Error, Reply, Result};
use bytes::Bytes;

const SYNCS: u32 = flag::ADMIN | flag::NO_SCRIPT | flag::NO_ASYNC_LOADING | flag::NO_MULTI;
const FOLLOWS: u32 = flag::ADMIN | flag::NO_SCRIPT | flag::NO_ASYNC_LOADING | flag::STALE;

#[rustfmt::skip]
pub(super) const COMMANDS: &[Command] = &[
    command("FAILOVER [TO <host port [FORCE]>] [ABORT] [TIMEOUT milliseconds]", failover)
        .with(flag::ADMIN | flag::NO_SCRIPT | flag::STALE).since("6.2.0")
        .notes(&[("TO", Note::Named("target"))])
        .says("Hands over to a replica, which this server does not do."),
    command("PSYNC replicationid offset", psync).with(SYNCS).since("2.8.0").takes_more()
        .notes(&[("replicationid", Note::Is(crate::command::docs::Type::String))])
        .says("Reads the stream of changes, all data first or what was missed of it."),
    command("REPLCONF", replconf).takes_more()
        .with(flag::ADMIN | flag::ALLOW_BUSY).always().with(flag::NO_SCRIPT).since("3.0.0")
        .says("Says what a replica is able to do, and how far it is."),
    command("REPLICAOF <host port|NO ONE>", replicaof).with(FOLLOWS).since("5.0.0")
        .says("Makes the server a replica of another, or of none."),
    command("ROLE", role).with(flag::NO_SCRIPT | flag::DANGEROUS).acl("admin").always().fast().since("2.8.12")
        .says("Tells the server's part in replication."),
    command("SLAVEOF <host port|NO ONE>", replicaof).with(FOLLOWS)
        .deprecated("5.0.0", "`REPLICAOF`")
        .says("Makes the server a replica of another, or of none."),
    command("SYNC", sync).with(SYNCS)
        .says("Reads the stream of changes, all data first."),
];

fn sync(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Reply> {
    attach(cx, None)
}

fn psync(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (id, offset) = (args.bytes()?, args.bytes()?);
    if args.word("FAILOVER") {
        return Err(Error::PSYNC_FAILOVER);
    }
    let offset = parse_i64(offset).ok_or(Error::NOT_AN_INTEGER)?;
    attach(cx, Some((id, offset)))
}

fn attach(cx: &mut Ctx<'_>, asked: Option<(&Bytes, i64)>) -> Result<Reply> {
    if cx.session().is_replica() {
        return Ok(Reply::Nothing);
    }
    if cx.node.replication.master.is_some() {
        return Err(Error::NO_MASTER_LINK);
    }
    let store = &*cx.db.store;
    let session = cx.clients.current(cx.id);
    let asked = asked.map(|(id, offset)| (&id[..], offset));
    Ok(cx.node.attach(session, asked, |node| node.snapshot(store)))
}

fn replconf(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    /// The longest address a real server keeps.
    const LONGEST_ADDRESS: usize = 255;
    if !args.len().is_multiple_of(2) {
        return Err(Error::SYNTAX);
    }
    while !args.is_empty() {
        let (option, value) = (args.bytes()?, args.bytes()?);
        let now = cx.node.now;
        let session = cx.session();
        let is_replica = session.is_replica();
        let replica = session.replica.get_or_insert_default();
        match &option.to_ascii_lowercase()[..] {
            b"listening-port" => replica.port = integer(value)?,
            b"ip-address" if value.len() > LONGEST_ADDRESS => {
                return Err(Error::replica_address_too_long(value.len()));
            }
            b"ip-address" => replica.address = Some(value.clone()),
            b"capa" => replica.renames |= value.eq_ignore_ascii_case(b"psync2"),
            b"ack" => {
                if let Some(offset) = parse_i64(value).filter(|_| is_replica) {
                    replica.acked = replica.acked.max(offset);
                    replica.acked_at = now;
                    cx.node.replication.has_acks = true;
                }
                return Ok(Reply::Nothing);
            }
            // Only a replica is asked for it, and only by its master.
            b"getack" => return Ok(Reply::Nothing),
            b"rdb-only" => {
                let said = integer(value)?;
                if !(0..=1).contains(&said) {
                    return Err(Error::not_between(0, 1));
                }
                replica.wants_only_data = said == 1;
            }
            b"version" if cx.node.persona.is_valkey_from(8, 0) => {
                let is_version = value.split(|byte| *byte == b'.').count() == 3
                    && value.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
                if !is_version {
                    return Err(Error::replica_version(value));
                }
            }
            _ => return Err(Error::replconf_option(option)),
        }
    }
    Ok(Reply::OK)
}

fn integer(word: &[u8]) -> Result<i64> {
    parse_i64(word).ok_or(Error::NOT_AN_INTEGER)
}

fn role(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Reply> {
    if let Some(master) = &cx.node.replication.master {
        let (host, port) = (master.host.clone(), i64::from(master.port));
        let (state, offset) = ("connect".into(), Reply::Int(-1));
        return Ok(Reply::Array(vec!["slave".into(), host.into(), port.into(), state, offset]));
    }
    let replicas = cx.node.replication.replicas.iter().filter_map(|id| cx.clients.get(*id));
    let told = replicas.filter_map(|session| {
        let replica = session.replica.as_ref()?;
        let (port, acked) = (replica.port.to_string(), replica.acked.to_string());
        Some(Reply::Array(vec![session.replica_address().into(), port.into(), acked.into()]))
    });
    let offset = cx.node.replication.offset.into();
    Ok(Reply::Array(vec!["master".into(), offset, Reply::Array(told.collect())]))
}

fn replicaof(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (host, port) = (args.bytes()?, args.bytes()?);
    if host.eq_ignore_ascii_case(b"NO") && port.eq_ignore_ascii_case(b"ONE") {
        if cx.node.replication.master.is_some() {
            cx.node.replicate(None);
            for id in cx.node.replication.replicas.clone() {
                cx.clients.kill(id);
            }
        }
        return Ok(Reply::OK);
    }
    if cx.session().is_replica() {
        return Err(Error::REPLICAOF_BY_REPLICA);
    }
    let port = parse_i64(port).and_then(|port| u16::try_from(port).ok());
    let port = port.ok_or(Error::INVALID_MASTER_PORT)?;
    let present = cx.node.replication.master.as_ref();
    if present.is_some_and(|known| known.host.eq_ignore_ascii_case(host) && known.port == port) {
        return Ok(Reply::status("OK Already connected to specified master"));
    }
    let master = Master { host: host.clone(), port };
    cx.node.replicate(Some(master));
    for id in cx.clients.ids() {
        cx.clients.unblock(id, Some(Error::ROLE_CHANGED));
    }
    Ok(Reply::OK)
}

/// What FAILOVER was told.
#[derive(Debug, Default)]
struct Failover<'a> {
    to: Option<(&'a Bytes, i64)>,
    has_timeout: bool,
    forces: bool,
}

impl<'a> Failover<'a> {
    fn read(mut args: Args<'a>) -> Result<Failover<'a>> {
        let mut asked = Failover::default();
        while !args.is_empty() {
            if args.len() > 1 && !asked.has_timeout && args.word("TIMEOUT") {
                if args.int()? <= 0 {
                    return Err(Error::FAILOVER_TIMEOUT);
                }
                asked.has_timeout = true;
            } else if args.len() > 2 && asked.to.is_none() && args.word("TO") {
                asked.to = Some((args.bytes()?, args.int()?));
            } else if !asked.forces && args.word("FORCE") {
                asked.forces = true;
            } else {
                return Err(Error::SYNTAX);
            }
        }
        Ok(asked)
    }
}

/// Everything is looked at as a real server does; but no replica is handed over to.
fn failover(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    if args.len() == 1 && args.word("ABORT") {
        return Err(Error::NO_FAILOVER);
    }
    let asked = Failover::read(args)?;
    if cx.node.replication.master.is_some() {
        return Err(Error::FAILOVER_OF_REPLICA);
    }
    if cx.node.replication.replicas.is_empty() {
        return Err(Error::FAILOVER_WITHOUT_REPLICAS);
    }
    if asked.forces && !(asked.has_timeout && asked.to.is_some()) {
        return Err(Error::FAILOVER_FORCE);
    }
    let mut replicas = cx.node.replication.replicas.iter().filter_map(|id| cx.clients.get(*id));
    let is_there = asked.to.is_none_or(|(host, port)| {
        replicas.any(|session| {
            let known = session.replica.as_ref().is_some_and(|replica| replica.port == port);
            known && session.replica_address() == *host
        })
    });
    Err(if is_there { Error::FAILOVER_UNSUPPORTED } else { Error::FAILOVER_NOT_A_REPLICA })
}
