//! Waiting until what was written is safe: on replicas, of which there are none, or in a file, which is never behind.
use super::timeout::timeout_ms;
use crate::command::{Args, Command, Handler, flag, waiting};
use crate::engine::Ctx;
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
    let replicas = args.int()?;
    let timeout = timeout_ms(cx, args.bytes()?)?;
    let reply = Reply::Int(0);
    if replicas <= 0 { Ok(Some(reply)) } else { cx.wait_for_nothing(timeout, reply) }
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
    if replicas == 0 { Ok(Some(reply)) } else { cx.wait_for_nothing(timeout, reply) }
}
