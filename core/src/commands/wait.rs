//! Waiting until what was written is safe: on replicas, or in a file, which is never behind.
use super::timeout::timeout_ms;
use crate::clock::Micros;
use crate::command::{Args, Command, Handler, flag, waiting};
use crate::engine::{Attempt, Ctx};
use crate::resp::{Error, Reply, Result};

#[rustfmt::skip]
pub(super) const COMMANDS: &[Command] = &[
    Command::new("WAIT numreplicas timeout", Handler::Try(wait)).with(flag::NO_SCRIPT).since("3.0.0").until("7.2.0")
        .acl("connection").tips(TIPS)
        .says("Waits until so many replicas have what the connection wrote."),
    waiting("WAIT numreplicas timeout", wait).since("3.0.0").from("7.2.0").acl("connection").tips(TIPS)
        .says("Waits until so many replicas have what the connection wrote."),
    waiting("WAITAOF numlocal numreplicas timeout", waitaof).since("7.2.0").acl("connection").tips(TIPS)
        .says("Waits until what the connection wrote is in files, here and on so many replicas."),
];

const TIPS: &[&str] = &["request_policy:all_shards", "response_policy:agg_min"];

fn wait(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Option<Reply>> {
    if cx.node.replication.master.is_some() {
        let since = if cx.node.persona.is_valkey() { "" } else { "since Redis 4.0 " };
        return Err(Error::wait_by_replica(since));
    }
    let replicas = args.int()?;
    let timeout = timeout_ms(cx, args.bytes()?)?;
    let there = there(cx);
    let enough = usize::try_from(replicas).map_or(true, |replicas| there >= replicas);
    let reply = Reply::from(there);
    if enough {
        return Ok(Some(reply));
    }
    wait_for_replicas(cx, timeout, reply)
}

/// How many replicas have what the connection wrote.
fn there(cx: &mut Ctx<'_>) -> usize {
    let written = cx.session().wrote_up_to;
    cx.node.replicas_at(cx.clients, written)
}

/// Says "not yet", and has replicas asked how far they are.
fn wait_for_replicas(
    cx: &mut Ctx<'_>,
    timeout: Option<Micros>,
    reply: Reply,
) -> Result<Option<Reply>> {
    cx.node.replication.asks_for_acks |= cx.attempt == Attempt::MayWait;
    cx.wait_for_nothing(timeout, reply)
}

fn waitaof(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Option<Reply>> {
    let local = args.int()?;
    if !(0..=1).contains(&local) {
        return Err(Error::not_between(0, 1));
    }
    let replicas = args.positive()?;
    let timeout = timeout_ms(cx, args.bytes()?)?;
    let has_file = cx.node.config.text("appendonly") == "yes";
    if local > 0 && !has_file {
        return Err(Error::NO_APPEND_ONLY_FILE);
    }
    let reply = Reply::Array(vec![usize::from(has_file).into(), Reply::Int(0)]);
    if replicas == 0 { Ok(Some(reply)) } else { wait_for_replicas(cx, timeout, reply) }
}
