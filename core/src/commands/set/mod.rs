//! Sets: members under one key, each once.

mod count;

use super::hash::{check_reply_of, random_count};
use super::scan::{self, Walk};
use crate::command::docs::Note;
use crate::command::{Args, Command, KeyAccess, command};
use crate::data::limits::Limits;
use crate::data::set::Set;
use crate::engine::{Ctx, Membership, word};
use crate::resp::{Reply, Result};
use crate::store::{Db, Kind as _, Removal};
use bytes::Bytes;
use count::counted;
use std::cmp::Reverse;

pub(super) use count::COMMANDS as COUNTING;

#[rustfmt::skip]
pub(super) const COMMANDS: &[Command] = &[
    command("SADD key member [member ...]", sadd).grows().fast()
        .keys(&[KeyAccess::INSERTS])
        .says("Adds members to a set, creating it if missing."),
    command("SCARD key", scard).looks().fast()
        .says("Counts the members of a set."),
    command("SDIFF key [key ...]", |cx, args| answer(cx, args, Operation::Difference)).reads().cost("O(N)")
        .tips(&["nondeterministic_output_order"])
        .says("Answers the members of the first set that no other set has."),
    command("SDIFFSTORE destination key [key ...]", |cx, args| store(cx, args, Operation::Difference)).grows().cost("O(N)")
        .keys(&[KeyAccess::STORES, KeyAccess::READS])
        .says("Stores the members of the first set that no other set has."),
    command("SINTER key [key ...]", |cx, args| answer(cx, args, Operation::Intersection)).reads().cost("O(N*M)")
        .tips(&["nondeterministic_output_order"])
        .says("Answers the members that all sets share."),
    command("SINTERCARD numkeys key [key ...] [LIMIT limit]", sintercard).reads().since("7.0.0").cost("O(N*M)")
        .says("Counts the members that all sets share."),
    command("SINTERSTORE destination key [key ...]", |cx, args| store(cx, args, Operation::Intersection)).grows().cost("O(N*M)")
        .holds("1.0.0", "7.2.0").keys(&[KeyAccess::UPDATES, KeyAccess::READS])
        .says("Stores the members that all sets share."),
    command("SINTERSTORE destination key [key ...]", |cx, args| store(cx, args, Operation::Intersection)).grows().cost("O(N*M)")
        .holds("7.2.0", "99.0.0").keys(&[KeyAccess::STORES, KeyAccess::READS])
        .says("Stores the members that all sets share."),
    command("SISMEMBER key member", sismember).looks().fast()
        .says("Tells whether a set has a member."),
    command("SMEMBERS key", smembers).reads().cost("O(N)")
        .tips(&["nondeterministic_output_order"])
        .says("Answers all members of a set."),
    command("SMISMEMBER key member [member ...]", smismember).reads().fast().since("6.2.0").cost("O(N)")
        .says("Tells for each of several members whether a set has it."),
    command("SMOVE source destination member", smove).writes().fast()
        .keys(&[KeyAccess::POPS, KeyAccess::INSERTS])
        .says("Moves a member from one set to another."),
    command("SPOP key [count]", spop).writes().fast()
        .notes(&[("count", Note::Since("3.2.0"))])
        .cost("Without the count argument O(1), otherwise O(N) where N is the value of the passed count.")
        .keys(&[KeyAccess::POPS]).tips(&["nondeterministic_output"])
        .says("Removes and answers random members of a set."),
    command("SRANDMEMBER key [count]", srandmember).reads()
        .notes(&[("count", Note::Since("2.6.0"))])
        .cost("Without the count argument O(1), otherwise O(N) where N is the absolute value of the passed count.")
        .tips(&["nondeterministic_output"])
        .says("Answers random members of a set."),
    command("SREM key member [member ...]", srem).writes().fast().cost("O(N)")
        .keys(&[KeyAccess::DELETES])
        .says("Removes members from a set."),
    command("SSCAN key cursor [MATCH pattern] [COUNT count]", sscan).reads().since("2.8.0")
        .tips(&["nondeterministic_output"])
        .says("Walks over the members of a set, some at a time."),
    command("SUNION key [key ...]", |cx, args| answer(cx, args, Operation::Union)).reads().cost("O(N)")
        .tips(&["nondeterministic_output_order"])
        .says("Answers the members of all the sets together."),
    command("SUNIONSTORE destination key [key ...]", |cx, args| store(cx, args, Operation::Union)).grows().cost("O(N)")
        .keys(&[KeyAccess::STORES, KeyAccess::READS])
        .says("Stores the members of all the sets together."),
];

fn sadd(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, members) = (args.bytes()?, args.all());
    let limits = cx.db.store.limits;
    let mut set = cx.db.edit_or_create::<Set>(key)?;
    announce(&mut set, members, &limits);
    let mut added = 0;
    for member in members {
        added += usize::from(set.add(member.clone()));
        set.settle(&limits);
    }
    if added > 0 {
        set.changed_by("sadd", added);
    }
    Ok(added.into())
}

/// From Redis 7.2 on a set takes its encoding for all that a command names.
fn announce(set: &mut Set, members: &[Bytes], limits: &Limits) {
    if let Some(first) = members.first().filter(|_| limits.set_listpack) {
        set.announce(first, members.len(), limits);
    }
}

fn scard(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    Ok(cx.db.read::<Set>(args.bytes()?)?.map_or(0, Set::len).into())
}

fn sismember(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let set = cx.db.read::<Set>(args.bytes()?)?;
    let is_member = is_member(set, args.bytes()?);
    Ok(match is_member {
        Reply::Int(n) if cx.node.membership == Membership::Text => Reply::bulk(n.to_string()),
        reply => reply,
    })
}

fn smembers(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let set = cx.db.read::<Set>(args.bytes()?)?;
    Ok(members(set.into_iter().flat_map(Set::iter)))
}

fn smismember(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let set = cx.db.read::<Set>(args.bytes()?)?;
    Ok(Reply::Array(args.all().iter().map(|member| is_member(set, member)).collect()))
}

fn is_member(set: Option<&Set>, member: &[u8]) -> Reply {
    usize::from(set.is_some_and(|set| set.contains(member))).into()
}

fn smove(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (source, destination, member) = (args.bytes()?, args.bytes()?, args.bytes()?);
    let Some(set) = cx.db.look::<Set>(source)? else { return Ok(Reply::Int(0)) };
    let is_there = set.contains(member);
    cx.db.look::<Set>(destination)?;
    if source == destination || !is_there {
        return Ok(usize::from(is_there).into());
    }
    if let Some(mut set) = cx.db.edit::<Set>(source)? {
        set.remove(member);
        set.changed("srem");
    }
    let limits = cx.db.store.limits;
    let mut set = cx.db.edit_or_create::<Set>(destination)?;
    if set.is_empty() {
        announce(&mut set, std::slice::from_ref(member), &limits);
    }
    if set.add(member.clone()) {
        set.changed("sadd");
    }
    Ok(Reply::Int(1))
}

fn spop(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    if !args.is_empty() {
        return spop_many(cx, key, args);
    }
    let Some(mut set) = cx.db.edit::<Set>(key)? else { return Ok(Reply::Null) };
    let member = set.at(cx.node.dice.below(set.len())).expect("the place is below the length");
    set.remove(&member);
    set.changed("spop");
    drop(set);
    cx.propagate_instead(|| [word("SREM"), key.clone(), member.clone()]);
    Ok(member.into())
}

/// How many times cheaper it is to take a member out than to move it to a new set, as the real server reckons.
const MOVE_COST: usize = 5;

fn spop_many(cx: &mut Ctx<'_>, key: &Bytes, mut args: Args<'_>) -> Result<Reply> {
    args.skip(1)?.end()?;
    let count = usize::try_from(args.positive()?).expect("it is positive");
    let limits = cx.db.store.limits;
    let Some(mut set) = cx.db.edit::<Set>(key)? else { return Ok(Reply::Set(Vec::new())) };
    if count == 0 {
        return Ok(Reply::Set(Vec::new()));
    }
    let left = set.len().saturating_sub(count);
    let popped: Vec<Bytes> = if left == 0 {
        set.iter().collect()
    } else {
        let places = cx.node.dice.distinct(count, set.len());
        places.into_iter().filter_map(|place| set.at(place)).collect()
    };
    for member in &popped {
        set.remove(member);
    }
    if left > 0 && left * MOVE_COST <= count {
        // So few are left that the real server makes a new set of them.
        let members: Vec<Bytes> = set.iter().collect();
        set.rebuild(members, &limits);
    }
    set.changed_by("spop", popped.len());
    drop(set);
    propagate_pops(cx, key, &popped, left == 0);
    Ok(members(popped))
}

/// Popping all members propagates as the removal of the key, popping some as their removal: before 7.2 one by one.
fn propagate_pops(cx: &mut Ctx<'_>, key: &Bytes, popped: &[Bytes], are_all: bool) {
    const MOST_AT_ONCE: usize = 1024;
    let at_once = if cx.at_least(7, 2) { MOST_AT_ONCE } else { 1 };
    if !cx.is_followed() {
        return;
    }
    if are_all {
        let name = if cx.at_least(7, 2) { cx.removal() } else { word("DEL") };
        return cx.propagate_instead(|| [name, key.clone()]);
    }
    for some in popped.chunks(at_once) {
        cx.propagate_also(|| [&[word("SREM"), key.clone()], some].concat());
    }
    cx.propagate_not();
}

fn srandmember(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    if args.is_empty() {
        let Some(set) = cx.db.read::<Set>(key)? else { return Ok(Reply::Null) };
        return Ok(set.at(cx.node.dice.below(set.len())).into());
    }
    args.skip(1)?.end()?;
    let count = random_count(&mut args)?;
    let Some(set) = cx.db.read::<Set>(key)? else { return Ok(Reply::EMPTY_ARRAY) };
    check_reply_of(count)?;
    let chosen = cx.node.dice.choose(count, set.len(), set.is_compact());
    Ok(Reply::bulks(chosen.filter_map(|place| set.at(place))))
}

fn srem(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, members) = (args.bytes()?, args.all());
    let Some(mut set) = cx.db.edit::<Set>(key)? else { return Ok(Reply::Int(0)) };
    let gone = members.iter().filter(|member| set.remove(member)).count();
    if gone > 0 {
        set.changed_by("srem", gone);
    }
    Ok(gone.into())
}

fn sscan(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    let cursor = scan::cursor(cx.node.persona, &mut args)?;
    let Some(set) = cx.db.read::<Set>(key)? else { return Ok(scan::nothing()) };
    let options = scan::Options::parse(cx.node.persona, args, Walk::Set)?;
    let mut found = Vec::new();
    let next = set.scan(cursor, options.count, |member| {
        if options.shows(member) {
            found.push(member.clone().into());
        }
    });
    Ok(scan::reply(next, found))
}

fn members(members: impl IntoIterator<Item = Bytes>) -> Reply {
    Reply::Set(members.into_iter().map(Reply::Bulk).collect())
}

/// What is made of several sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Difference,
    Intersection,
    Union,
}

impl Operation {
    fn of(self, db: &Db<'_>, keys: &[Bytes]) -> Result<Set> {
        let (sets, limits) = (read_all(db, keys)?, db.store.limits);
        Ok(match self {
            Operation::Difference => difference(sets, &limits),
            Operation::Intersection => intersection(sets, &limits),
            Operation::Union => union(sets, &limits),
        })
    }
}

/// The sets under these keys. One of another type is an error even if the result is known before.
pub(super) fn read_all<'a>(db: &'a Db<'_>, keys: &[Bytes]) -> Result<Vec<Option<&'a Set>>> {
    keys.iter().map(|key| db.read::<Set>(key)).collect()
}

fn answer(cx: &mut Ctx<'_>, mut args: Args<'_>, operation: Operation) -> Result<Reply> {
    let keys = args.all();
    if operation != Operation::Intersection {
        return Ok(members(operation.of(&cx.db, keys)?.iter()));
    }
    // The members come in the order of the smallest set.
    let mut found = Vec::new();
    shared(read_all(&cx.db, keys)?, |member| {
        found.push(member);
        true
    });
    Ok(members(found))
}

fn store(cx: &mut Ctx<'_>, mut args: Args<'_>, operation: Operation) -> Result<Reply> {
    let (destination, keys) = (args.bytes()?, args.all());
    let result = operation.of(&cx.db, keys)?;
    let count = result.len();
    if count == 0 {
        cx.db.remove(destination, Removal::Deleted);
        return Ok(Reply::Int(0));
    }
    let event = match operation {
        Operation::Difference => "sdiffstore",
        Operation::Intersection => "sinterstore",
        Operation::Union => "sunionstore",
    };
    cx.db.put(destination, result.wrap(), None, event);
    Ok(count.into())
}

fn sintercard(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (keys, limit) = counted(&mut args, false)?;
    let mut count = 0;
    shared(read_all(&cx.db, keys)?, |_| {
        count += 1;
        count != limit
    });
    Ok(count.into())
}

/// Visits the members that all sets share, as long as the visitor wants more: the smallest set is gone through, and the
/// others are asked, from the smallest to the largest.
fn shared(sets: Vec<Option<&Set>>, mut visit: impl FnMut(Bytes) -> bool) {
    let Some(mut sets) = sets.into_iter().collect::<Option<Vec<_>>>() else { return };
    sets.sort_by_key(|set| set.len());
    let Some((smallest, others)) = sets.split_first() else { return };
    for member in smallest.iter() {
        if others.iter().all(|set| set.contains(&member)) && !visit(member) {
            return;
        }
    }
}

fn intersection(sets: Vec<Option<&Set>>, limits: &Limits) -> Set {
    let smallest = sets.iter().flatten().min_by_key(|set| set.len());
    let is_integers = smallest.is_some_and(|set| set.is_integers());
    let mut result = if is_integers { Set::new() } else { Set::compact(limits) };
    shared(sets, |member| {
        result.add(member);
        result.settle(limits);
        true
    });
    result.become_integers(limits);
    result
}

fn union(sets: Vec<Option<&Set>>, limits: &Limits) -> Set {
    let mut result = Set::new();
    for member in sets.into_iter().flatten().flat_map(Set::iter) {
        result.add(member);
        result.settle(limits);
    }
    result
}

/// What the first of the sets has and no other one has, found in the cheaper of two ways. Each leaves the result in an
/// encoding of its own, as in the real server.
fn difference(sets: Vec<Option<&Set>>, limits: &Limits) -> Set {
    let mut result = Set::new();
    let mut sets = sets.into_iter();
    let Some(first) = sets.next().flatten() else { return result };
    let mut others: Vec<&Set> = sets.flatten().collect();
    let asking = first.len() * (others.len() + 1) / 2;
    let removing = first.len() + others.iter().map(|set| set.len()).sum::<usize>();
    // The larger a set is, the likelier it has a member.
    others.sort_by_key(|set| Reverse(set.len()));
    let by_asking = asking <= removing;
    let is_in_another = |member: &Bytes| others.iter().any(|set| set.contains(member));
    for member in first.iter().filter(|member| !by_asking || !is_in_another(member)) {
        result.add(member);
        result.settle(limits);
    }
    if !by_asking {
        for member in others.into_iter().flat_map(Set::iter) {
            result.remove(&member);
            if result.is_empty() {
                break;
            }
        }
    }
    result
}
