//! Messages: publishing to channels and subscribing to them.
use super::help::help;
use crate::command::{Args, Command, KeyAccess, command, container, flag, subcommand};
use crate::engine::{Audience, Ctx};
use crate::glob::{self, Case};
use crate::resp::{Error, Reply, Result};
use bytes::Bytes;

const LISTENS: u32 = flag::PUBSUB | flag::NO_SCRIPT;

#[rustfmt::skip]
pub(super) const COMMANDS: &[Command] = &[
    command("PSUBSCRIBE pattern [pattern ...]", psubscribe).with(LISTENS).always().since("2.0.0").cost("O(N)")
        .says("Listens to the channels that match patterns."),
    command("PUBLISH channel message", publish).with(flag::PUBSUB).always().fast().since("2.0.0").cost("O(N+M)")
        .says("Sends a message to a channel."),
    container("PUBSUB").since("2.8.0").says("Holds the commands that look at channels and their subscribers."),
    subcommand("PUBSUB CHANNELS [pattern]", channels).with(flag::PUBSUB).always().since("2.8.0").cost("O(N)")
        .says("Lists the channels that have subscribers."),
    subcommand("PUBSUB HELP", help).always().since("6.2.0").says("Lists the subcommands."),
    subcommand("PUBSUB NUMPAT", numpat).with(flag::PUBSUB).always().since("2.8.0")
        .says("Counts the patterns that are subscribed to."),
    subcommand("PUBSUB NUMSUB [channel [channel ...]]", numsub).with(flag::PUBSUB).always().since("2.8.0").cost("O(N)")
        .says("Counts the subscribers of channels."),
    subcommand("PUBSUB SHARDCHANNELS [pattern]", shardchannels).with(flag::PUBSUB).always().since("7.0.0").cost("O(N)")
        .says("Lists the shard channels that have subscribers."),
    subcommand("PUBSUB SHARDNUMSUB [shardchannel [shardchannel ...]]", shardnumsub).keyless()
        .with(flag::PUBSUB).always().since("7.0.0").cost("O(N)").says("Counts the subscribers of shard channels."),
    command("PUNSUBSCRIBE [pattern [pattern ...]]", punsubscribe).with(LISTENS).always().since("2.0.0").cost("O(N)")
        .says("Stops listening to patterns, to all if none is named."),
    command("SPUBLISH shardchannel message", spublish).keys(&[KeyAccess::NOT_KEY]).with(flag::PUBSUB).always().fast()
        .since("7.0.0").cost("O(N)").says("Sends a message to a shard channel."),
    command("SSUBSCRIBE shardchannel [shardchannel ...]", ssubscribe).keys(&[KeyAccess::NOT_KEY]).with(LISTENS).always()
        .since("7.0.0").cost("O(N)").says("Listens to shard channels."),
    command("SUBSCRIBE channel [channel ...]", subscribe).with(LISTENS).always().since("2.0.0").cost("O(N)")
        .says("Listens to channels."),
    command("SUNSUBSCRIBE [shardchannel [shardchannel ...]]", sunsubscribe).keys(&[KeyAccess::NOT_KEY]).with(LISTENS)
        .always().since("7.0.0").cost("O(N)").says("Stops listening to shard channels, to all if none is named."),
    command("UNSUBSCRIBE [channel [channel ...]]", unsubscribe).with(LISTENS).always().since("2.0.0").cost("O(N)")
        .says("Stops listening to channels, to all if none is named."),
];

fn publish(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    cx.propagate_anyway(Audience::Replicas);
    let (channel, message) = (args.bytes()?, args.bytes()?);
    Ok(cx.clients.publish(channel, message).into())
}

fn spublish(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    cx.propagate_anyway(Audience::Replicas);
    let (channel, message) = (args.bytes()?, args.bytes()?);
    Ok(cx.clients.publish_to_shard(channel, message).into())
}

fn subscribe(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let each = args.all().iter().map(|channel| {
        cx.clients.subscribe(cx.id, channel);
        said("subscribe", channel.clone().into(), cx.session().subscriptions())
    });
    Ok(Reply::Many(each.collect()))
}

fn psubscribe(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let each = args.all().iter().map(|pattern| {
        cx.clients.subscribe_to_pattern(cx.id, pattern);
        said("psubscribe", pattern.clone().into(), cx.session().subscriptions())
    });
    Ok(Reply::Many(each.collect()))
}

fn ssubscribe(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    if !cx.may_wait() {
        return Err(Error::SSUBSCRIBE_IN_MULTI);
    }
    let each = args.all().iter().map(|channel| {
        cx.clients.subscribe_to_shard(cx.id, channel);
        said("ssubscribe", channel.clone().into(), cx.session().shard_channels.len())
    });
    Ok(Reply::Many(each.collect()))
}

fn unsubscribe(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Reply> {
    let all = cx.session().channels.iter().cloned().collect();
    let left = named_or_all(args, all);
    if left.is_empty() {
        return Ok(said("unsubscribe", Reply::Null, cx.session().subscriptions()));
    }
    let each = left.into_iter().map(|channel| {
        cx.clients.unsubscribe(cx.id, &channel);
        said("unsubscribe", channel.into(), cx.session().subscriptions())
    });
    Ok(Reply::Many(each.collect()))
}

fn punsubscribe(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Reply> {
    let all = cx.session().patterns.clone();
    let left = named_or_all(args, all);
    if left.is_empty() {
        return Ok(said("punsubscribe", Reply::Null, cx.session().subscriptions()));
    }
    let each = left.into_iter().map(|pattern| {
        cx.clients.unsubscribe_from_pattern(cx.id, &pattern);
        said("punsubscribe", pattern.into(), cx.session().subscriptions())
    });
    Ok(Reply::Many(each.collect()))
}

fn sunsubscribe(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Reply> {
    let all = cx.session().shard_channels.iter().cloned().collect();
    let left = named_or_all(args, all);
    if left.is_empty() {
        return Ok(said("sunsubscribe", Reply::Null, cx.session().shard_channels.len()));
    }
    let each = left.into_iter().map(|channel| {
        cx.clients.unsubscribe_from_shard(cx.id, &channel);
        said("sunsubscribe", channel.into(), cx.session().shard_channels.len())
    });
    Ok(Reply::Many(each.collect()))
}

fn named_or_all(mut args: Args<'_>, all: Vec<Bytes>) -> Vec<Bytes> {
    if args.is_empty() { all } else { args.all().to_vec() }
}

/// What a subscriber is told of one change, with how much it listens to now.
fn said(what: &'static str, channel: Reply, count: usize) -> Reply {
    Reply::Push(vec![what.into(), channel, count.into()])
}

fn channels(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Reply> {
    matching(cx, args, cx.clients.channels.keys())
}

fn shardchannels(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Reply> {
    matching(cx, args, cx.clients.shard_channels.keys())
}

fn matching<'a>(
    cx: &Ctx<'_>,
    args: Args<'_>,
    channels: impl Iterator<Item = &'a Bytes>,
) -> Result<Reply> {
    if args.len() > 1 {
        return Err(Error::subcommand_arity(cx.words));
    }
    let is_meant = |channel: &&Bytes| {
        args.peek().is_none_or(|pattern| glob::matches(pattern, channel, Case::Sensitive))
    };
    Ok(Reply::bulks(channels.filter(is_meant).cloned()))
}

fn numpat(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Reply> {
    Ok(cx.clients.patterns.len().into())
}

fn numsub(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let count = |channel: &Bytes| cx.clients.channels.get(channel).map_or(0, Vec::len);
    Ok(counted(args.all(), count))
}

fn shardnumsub(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let count = |channel: &Bytes| cx.clients.shard_channels.get(channel).map_or(0, Vec::len);
    Ok(counted(args.all(), count))
}

fn counted(channels: &[Bytes], count: impl Fn(&Bytes) -> usize) -> Reply {
    let each = channels.iter().flat_map(|channel| [channel.clone().into(), count(channel).into()]);
    Reply::Array(each.collect())
}
