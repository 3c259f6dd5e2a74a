//! How many members sets have in common, apart, or together.
use super::read_all;
use crate::command::{Args, Command, command};
use crate::data::set::Set;
use crate::engine::Ctx;
use crate::persona::Flavour;
use crate::resp::{Error, Reply, Result};
use bytes::Bytes;
use rustc_hash::FxHashSet;

#[rustfmt::skip]
pub(in super::super) const COMMANDS: &[Command] = &[
    command("SDIFFCARD numkeys key [key ...] [LIMIT limit]", sdiffcard).reads().since("8.10.0").only(Flavour::Redis).cost("O(N)")
        .says("Counts the members of the first set that no other set has."),
    command("SUNIONCARD numkeys key [key ...] [APPROX] [LIMIT limit]", sunioncard).reads().since("8.10.0").only(Flavour::Redis).cost("O(N)")
        .says("Counts the members of all the sets together."),
];

/// Reads `numkeys key [key ...] [LIMIT limit]`: the keys, and where counting stops; zero is nowhere. An estimate may be
/// asked for where it is known, and the exact count is one.
pub(super) fn counted<'a>(args: &mut Args<'a>, knows_approx: bool) -> Result<(&'a [Bytes], usize)> {
    let numkeys = args.int_or(Error::NUMKEYS_NOT_POSITIVE)?;
    if numkeys < 1 {
        return Err(Error::NUMKEYS_NOT_POSITIVE);
    }
    let numkeys = usize::try_from(numkeys).ok().filter(|n| *n <= args.len());
    let keys = args.take(numkeys.ok_or(Error::NUMKEYS_TOO_LARGE)?)?;
    let mut limit = 0;
    while !args.is_empty() {
        if knows_approx && args.word("APPROX") {
            continue;
        }
        if args.len() < 2 || !args.word("LIMIT") {
            return Err(Error::SYNTAX);
        }
        let read = args.int_or(Error::NEGATIVE_LIMIT)?;
        limit = usize::try_from(read).map_err(|_| Error::NEGATIVE_LIMIT)?;
    }
    Ok((keys, limit))
}

fn sdiffcard(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (keys, limit) = counted(&mut args, false)?;
    let sets = read_all(&cx.db, keys)?;
    let (first, others) = sets.split_first().expect("there is one key or more");
    let is_in_another = |member: &Bytes| others.iter().flatten().any(|set| set.contains(member));
    let members = first.iter().flat_map(|set| set.iter());
    Ok(members.filter(|member| !is_in_another(member)).take(most(limit)).count().into())
}

fn sunioncard(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (keys, limit) = counted(&mut args, true)?;
    let members = read_all(&cx.db, keys)?.into_iter().flatten().flat_map(Set::iter);
    let mut seen = FxHashSet::default();
    Ok(members.filter(|member| seen.insert(member.clone())).take(most(limit)).count().into())
}

fn most(limit: usize) -> usize {
    if limit == 0 { usize::MAX } else { limit }
}
