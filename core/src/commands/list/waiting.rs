//! Lists: the commands that wait for an element.
use super::super::timeout::timeout;
use super::{Move, Pops, end_of, pop_first, popping_at};
use crate::clock::Micros;
use crate::command::{Args, Command, KeyAccess, flag, waiting};
use crate::data::list::End;
use crate::engine::{Attempt, Ctx, word};
use crate::resp::{Reply, Result};
use crate::store::Type;

#[rustfmt::skip]
pub(in super::super) const COMMANDS: &[Command] = &[
    waiting("BLMOVE source destination <LEFT|RIGHT> <LEFT|RIGHT> timeout", blmove).grows().since("6.2.0")
        .old_with(flag::NO_SCRIPT)
        .keys(&[KeyAccess::POPS, KeyAccess::INSERTS])
        .says("Moves an element from one list to another, waiting for one if there is none."),
    waiting("BLMPOP timeout numkeys key [key ...] <LEFT|RIGHT> [COUNT count]", blmpop).writes().since("7.0.0").cost("O(N+M)")
        .keys(&[KeyAccess::POPS])
        .says("Pops elements of the first list that has any, waiting for one if none has."),
    waiting("BLPOP key [key ...] timeout", |cx, args| pop(cx, args, End::Head)).writes().since("2.0.0").cost("O(N)")
        .old_with(flag::NO_SCRIPT)
        .keys(&[KeyAccess::POPS])
        .says("Pops the first element of the first list that has one, waiting for one if none has."),
    waiting("BRPOP key [key ...] timeout", |cx, args| pop(cx, args, End::Tail)).writes().since("2.0.0").cost("O(N)")
        .old_with(flag::NO_SCRIPT)
        .keys(&[KeyAccess::POPS])
        .says("Pops the last element of the first list that has one, waiting for one if none has."),
    waiting("BRPOPLPUSH source destination timeout", brpoplpush).grows().since("2.2.0")
        .old_with(flag::NO_SCRIPT)
        .keys(&[KeyAccess::POPS, KeyAccess::INSERTS])
        .deprecated("6.2.0", "`BLMOVE` with the `RIGHT` and `LEFT` arguments")
        .says("Moves a list's last element to the head of another, waiting for one if there is none."),
];

fn pop(cx: &mut Ctx<'_>, mut args: Args<'_>, end: End) -> Result<Option<Reply>> {
    let keys = args.all_but_last();
    let timeout = timeout(cx, args.bytes()?)?;
    match pop_first(cx, cx.awaited(keys), end, 1)? {
        Some((key, elements)) => {
            cx.propagate_instead(|| [popping_at(end), key.clone()]);
            let key = std::iter::once(key.clone());
            Ok(Some(Reply::bulks(key.chain(elements))))
        }
        None => cx.wait(keys, Type::List, timeout, Reply::NullArray),
    }
}

fn blmpop(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Option<Reply>> {
    let seconds = args.bytes()?;
    let pops = Pops::parse(&mut args)?;
    let timeout = timeout(cx, seconds)?;
    match pops.pop(cx, cx.awaited(pops.keys))? {
        Some(reply) => Ok(Some(reply)),
        None => cx.wait(pops.keys, Type::List, timeout, Reply::NullArray),
    }
}

fn blmove(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Option<Reply>> {
    let (source, destination) = (args.bytes()?, args.bytes()?);
    let (from, to) = (end_of(&mut args)?, end_of(&mut args)?);
    let timeout = timeout(cx, args.bytes()?)?;
    move_or_wait(cx, Move { source, destination, from, to }, timeout)
}

fn brpoplpush(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Option<Reply>> {
    let (source, destination) = (args.bytes()?, args.bytes()?);
    let timeout = timeout(cx, args.bytes()?)?;
    move_or_wait(cx, Move { source, destination, from: End::Tail, to: End::Head }, timeout)
}

/// A command that had not to wait, or no longer, propagates as the one that does not wait.
fn propagate(cx: &mut Ctx<'_>) {
    let is_old = cx.entry.name == "brpoplpush";
    let woken_of_old = !cx.at_least(7, 2) && matches!(cx.attempt, Attempt::Woken(_));
    cx.propagate_rewritten(|words| {
        if is_old {
            return [&[word("RPOPLPUSH")], &words[1..3]].concat();
        }
        let mut words = [&[word("LMOVE")], &words[1..5]].concat();
        if woken_of_old {
            words[3..].iter_mut().for_each(|end| *end = end.to_ascii_lowercase().into());
        }
        words
    });
}

fn move_or_wait(
    cx: &mut Ctx<'_>,
    wanted: Move<'_>,
    timeout: Option<Micros>,
) -> Result<Option<Reply>> {
    match wanted.run(cx)? {
        Some(element) => {
            propagate(cx);
            Ok(Some(element.into()))
        }
        None => cx.wait(std::slice::from_ref(wanted.source), Type::List, timeout, Reply::Null),
    }
}
