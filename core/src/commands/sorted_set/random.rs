//! Sorted sets: members by chance.
use super::super::hash::check_reply_of;
use super::pair;
use crate::command::Args;
use crate::data::sorted_set::SortedSet;
use crate::dice::Dice;
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
    let chosen = choose(set, count, &mut cx.node.dice);
    Ok(Reply::Array(if with_scores {
        chosen.into_iter().flat_map(|member| pair(member, paired)).collect()
    } else {
        chosen.into_iter().map(|(member, _)| member.clone().into()).collect()
    }))
}

/// So many different members, or, when the count is negative, so many throws. Of a small set different ones come in order.
fn choose<'s>(set: &'s SortedSet, count: i64, dice: &mut Dice) -> Vec<(&'s Bytes, f64)> {
    if usize::try_from(count).is_ok_and(|wanted| wanted >= set.len()) {
        return set.iter().rev().collect();
    }
    let in_order = set.is_compact();
    let places = dice.choose(count, set.len(), in_order);
    places.filter_map(|place| if in_order { set.at_rank(place) } else { set.at(place) }).collect()
}
