//! Sorted sets: members by chance.
use super::super::hash::check_reply_of;
use super::pair;
use crate::command::Args;
use crate::data::sorted_set::SortedSet;
use crate::engine::Ctx;
use crate::resp::{Error, Protocol, Reply, Result};
use bytes::Bytes;

pub(super) fn zrandmember(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    if args.is_empty() {
        let Some(set) = cx.db.read::<SortedSet>(key)? else { return Ok(Reply::Null) };
        let index = cx.node.dice.below(set.len());
        return Ok(set.at(index).map(|(member, _)| member.clone()).into());
    }
    let count = args.int()?;
    if count == i64::MIN {
        return Err(Error::not_between(-i64::MAX, i64::MAX));
    }
    let with_scores = args.word("WITHSCORES");
    args.end()?;
    if with_scores && !(-i64::MAX / 2..=i64::MAX / 2).contains(&count) {
        return Err(Error::VALUE_OUT_OF_RANGE);
    }
    let paired = cx.session().encoding.protocol == Protocol::Resp3;
    let Some(set) = cx.db.read::<SortedSet>(key)? else { return Ok(Reply::EMPTY_ARRAY) };
    check_reply_of(count)?;
    let chosen = choose(set, count, |below| cx.node.dice.below(below));
    Ok(Reply::Array(if with_scores {
        chosen.into_iter().flat_map(|member| pair(member, paired)).collect()
    } else {
        chosen.into_iter().map(|(member, _)| member.clone().into()).collect()
    }))
}

/// So many different members, or, when the count is negative, so many throws.
fn choose(
    set: &SortedSet,
    count: i64,
    mut below: impl FnMut(usize) -> usize,
) -> Vec<(&Bytes, f64)> {
    let wanted = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    if count < 0 {
        return (0..wanted).filter_map(|_| set.at(below(set.len()))).collect();
    }
    if wanted >= set.len() {
        return set.iter().rev().collect();
    }
    let mut left: Vec<usize> = (0..set.len()).collect();
    (0..wanted).filter_map(|_| set.at(left.swap_remove(below(left.len())))).collect()
}
