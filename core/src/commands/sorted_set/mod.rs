//! Sorted sets: members under one key, ordered by score.

mod combine;
mod pop;
mod random;
mod range;

use super::scan::{self, Walk};
use crate::command::docs::Note;
use crate::command::{Args, Command, KeyAccess, command};
use crate::data::sorted_set::SortedSet;
use crate::engine::Ctx;
use crate::number::format_f64_17_digits;
use crate::persona::Flavour;
use crate::resp::{DoubleStyle, Error, Reply, Result};
use bytes::Bytes;

pub(super) use combine::COMMANDS as COMBINING;
pub(super) use pop::COMMANDS as POPPING;
pub(super) use range::{COMMANDS as RANGING, store};

#[rustfmt::skip]
pub(super) const COMMANDS: &[Command] = &[
    command("ZADD key [NX|XX] [GT|LT] [CH] [INCR] score member [score member ...]", |cx, args| add(cx, args, Verb::Set))
        .notes(&[("condition", Note::Since("3.0.2")), ("comparison", Note::Since("6.2.0")), ("CH", Note::Since("3.0.2")), ("INCR", Note::Since("3.0.2"))])
        .grows().fast().since("1.2.0").cost("O(log(N))")
        .says("Adds members to a sorted set, or changes their scores."),
    command("ZCARD key", zcard).looks().fast().since("1.2.0")
        .says("Counts the members of a sorted set."),
    command("ZINCRBY key increment member", |cx, args| add(cx, args, Verb::Increment))
        .grows().fast().since("1.2.0").cost("O(log(N))").keys(&[KeyAccess::CHANGES])
        .says("Raises a member's score by an amount."),
    command("ZMSCORE key member [member ...]", zmscore).reads().fast().since("6.2.0").cost("O(N)")
        .says("Answers the scores of several members."),
    command("ZRANDMEMBER key [count [WITHSCORES]]", random::zrandmember).reads().since("6.2.0").cost("O(N)")
        .tips(&["nondeterministic_output"])
        .says("Answers one or more random members of a sorted set."),
    command("ZRANK key member", |cx, args| rank(cx, args, SortedSet::rank)).until("7.2.0")
        .reads().fast().since("2.0.0").cost("O(log(N))")
        .says("Answers a member's place, counted from the lowest score."),
    command("ZRANK key member [WITHSCORE]", |cx, args| rank(cx, args, SortedSet::rank)).from("7.2.0")
        .reads().fast().since("2.0.0").cost("O(log(N))")
        .says("Answers a member's place, counted from the lowest score."),
    command("ZREM key member [member ...]", zrem).writes().fast().since("1.2.0").cost("O(M*log(N))")
        .keys(&[KeyAccess::DELETES])
        .says("Removes members from a sorted set."),
    command("ZREVRANK key member", |cx, args| rank(cx, args, SortedSet::reverse_rank)).until("7.2.0")
        .reads().fast().since("2.0.0").cost("O(log(N))")
        .says("Answers a member's place, counted from the highest score."),
    command("ZREVRANK key member [WITHSCORE]", |cx, args| rank(cx, args, SortedSet::reverse_rank)).from("7.2.0")
        .reads().fast().since("2.0.0").cost("O(log(N))")
        .says("Answers a member's place, counted from the highest score."),
    command("ZSCAN key cursor [MATCH pattern] [COUNT count]", zscan).reads().since("2.8.0").only(Flavour::Redis)
        .tips(&["nondeterministic_output"])
        .says("Walks over the members of a sorted set, some at a time."),
    command("ZSCAN key cursor [MATCH pattern] [COUNT count] [NOSCORES]", zscan).reads().since("2.8.0").only(Flavour::Valkey)
        .tips(&["nondeterministic_output"])
        .says("Walks over the members of a sorted set, some at a time."),
    command("ZSCORE key member", zscore).reads().fast().since("1.2.0")
        .says("Answers a member's score."),
];

/// Whether a score given takes the place of the one there is, or is added to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Set,
    Increment,
}

/// Which members ZADD changes.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of ZADD by its own name")]
struct AddOptions {
    verb: Verb,
    only_new: bool,
    only_known: bool,
    only_greater: bool,
    only_less: bool,
    count_changed: bool,
}

/// What became of one member.
enum Added {
    New,
    Changed,
    Same,
    /// An option forbade it.
    Refused,
}

impl AddOptions {
    fn parse(args: &mut Args<'_>, verb: Verb) -> AddOptions {
        let mut options = AddOptions {
            verb,
            only_new: false,
            only_known: false,
            only_greater: false,
            only_less: false,
            count_changed: false,
        };
        loop {
            if args.word("NX") {
                options.only_new = true;
            } else if args.word("XX") {
                options.only_known = true;
            } else if args.word("GT") {
                options.only_greater = true;
            } else if args.word("LT") {
                options.only_less = true;
            } else if args.word("CH") {
                options.count_changed = true;
            } else if args.word("INCR") {
                options.verb = Verb::Increment;
            } else {
                return options;
            }
        }
    }

    fn check(self, members: usize) -> Result<()> {
        let AddOptions { only_new, only_known, only_greater, only_less, .. } = self;
        if only_new && only_known {
            return Err(Error::ZADD_NX_AND_XX);
        }
        if (only_new && (only_greater || only_less)) || (only_greater && only_less) {
            return Err(Error::ZADD_GT_LT_NX);
        }
        if self.verb == Verb::Increment && members > 1 {
            return Err(Error::ZADD_INCR_SEVERAL);
        }
        Ok(())
    }

    /// Gives a member a score, unless an option forbids it; the score it has then.
    fn add(
        self,
        set: &mut SortedSet,
        member: &Bytes,
        given: f64,
        zeros: &Zeros,
    ) -> Result<(Added, f64)> {
        let Some(old) = set.score(member) else {
            if self.only_known {
                return Ok((Added::Refused, given));
            }
            set.insert(member.clone(), zeros.keep(given));
            return Ok((Added::New, given));
        };
        if self.only_new {
            return Ok((Added::Refused, old));
        }
        let score = if self.verb == Verb::Increment { old + given } else { given };
        if score.is_nan() {
            return Err(Error::SCORE_NAN);
        }
        if (self.only_less && score >= old) || (self.only_greater && score <= old) {
            return Ok((Added::Refused, old));
        }
        set.insert(member.clone(), zeros.keep(score));
        Ok((
            if old.total_cmp(&score).is_eq() || (old == 0.0 && score == 0.0) {
                Added::Same
            } else {
                Added::Changed
            },
            score,
        ))
    }
}

/// Does what ZADD does with the words behind its name.
pub(super) fn zadd(cx: &mut Ctx<'_>, words: &[Bytes]) -> Result<Reply> {
    add(cx, Args::new(words), Verb::Set)
}

fn add(cx: &mut Ctx<'_>, mut args: Args<'_>, verb: Verb) -> Result<Reply> {
    let key = args.bytes()?;
    let options = AddOptions::parse(&mut args, verb);
    let pairs = args.pairs().filter(|pairs| !pairs.is_empty()).ok_or(Error::SYNTAX)?;
    options.check(pairs.len())?;
    let persona = cx.node.persona;
    let read = |[score, member]: &[Bytes; 2]| {
        Ok((persona.parse_f64(score).ok_or(Error::NOT_A_FLOAT)?, member.clone()))
    };
    let pairs = pairs.iter().map(read).collect::<Result<Vec<_>>>()?;
    let nothing = if options.verb == Verb::Increment { Reply::Null } else { Reply::Int(0) };
    if options.only_known && cx.db.look::<SortedSet>(key)?.is_none() {
        return Ok(nothing);
    }
    let mut zeros = Zeros::of(cx, key, &pairs);
    let mut set = cx.db.edit_or_create::<SortedSet>(key)?;
    if !zeros.in_listpack {
        set.announce_too_much();
    }
    let (mut new, mut changed, mut last) = (0, 0, nothing);
    for (score, member) in pairs {
        zeros.note(&set, &member);
        let (added, score) = options.add(&mut set, &member, score, &zeros)?;
        match added {
            Added::New => new += 1,
            Added::Changed => changed += 1,
            Added::Same => {}
            Added::Refused => continue,
        }
        last = score.into();
    }
    if new + changed > 0 {
        let event = if options.verb == Verb::Increment { "zincr" } else { "zadd" };
        set.changed_by(event, new + changed);
    }
    Ok(match options.verb {
        Verb::Increment => last,
        Verb::Set if options.count_changed => (new + changed).into(),
        Verb::Set => new.into(),
    })
}

/// Whether -0 keeps its sign: in a listpack it does not, and a set is in one until it is given too much.
struct Zeros {
    in_listpack: bool,
    most_members: usize,
    longest: usize,
}

impl Zeros {
    /// From Redis 7.2 on a set gets ready for as many members as a command names, before it looks at them; in Valkey for
    /// their lengths too.
    fn of(cx: &Ctx<'_>, key: &Bytes, pairs: &[(f64, Bytes)]) -> Zeros {
        let zeros = Zeros::made_for(cx, if cx.at_least(7, 2) { pairs.len() } else { 0 });
        let too_long = |(_, member): &(f64, Bytes)| member.len() > zeros.longest;
        let in_listpack = zeros.in_listpack
            && cx.db.peek(key).is_none_or(|entry| entry.value.encoding() == "listpack")
            && !(cx.node.persona.is_valkey() && pairs.iter().any(too_long));
        Zeros { in_listpack, ..zeros }
    }

    /// Of a new set that is made for so many members.
    fn made_for(cx: &Ctx<'_>, members: usize) -> Zeros {
        let limits = &cx.db.store.limits;
        Zeros {
            in_listpack: members <= limits.zset_max_listpack_entries,
            most_members: limits.zset_max_listpack_entries,
            longest: limits.zset_max_listpack_value,
        }
    }

    /// This member is about to be added.
    fn note(&mut self, set: &SortedSet, member: &Bytes) {
        if !set.contains(member) {
            self.in_listpack &= set.len() < self.most_members;
            self.note_new(member);
        }
    }

    /// This member is about to be added to a set that was made for as many as come.
    fn note_new(&mut self, member: &Bytes) {
        self.in_listpack &= member.len() <= self.longest;
    }

    fn keep(&self, score: f64) -> f64 {
        if self.in_listpack && score == 0.0 { 0.0 } else { score }
    }
}

fn zcard(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    Ok(cx.db.read::<SortedSet>(args.bytes()?)?.map_or(0, SortedSet::len).into())
}

fn zscore(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let set = cx.db.read::<SortedSet>(args.bytes()?)?;
    Ok(score_of(set, args.bytes()?))
}

fn zmscore(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let set = cx.db.read::<SortedSet>(args.bytes()?)?;
    Ok(Reply::Array(args.all().iter().map(|member| score_of(set, member)).collect()))
}

fn score_of(set: Option<&SortedSet>, member: &[u8]) -> Reply {
    set.and_then(|set| set.score(member)).map_or(Reply::Null, Reply::Double)
}

fn rank(
    cx: &mut Ctx<'_>,
    mut args: Args<'_>,
    rank: fn(&SortedSet, &[u8]) -> Option<usize>,
) -> Result<Reply> {
    let (key, member) = (args.bytes()?, args.bytes()?);
    if args.len() > 1 {
        return Err(Error::arity(&cx.entry.name));
    }
    let with_score = args.word("WITHSCORE");
    args.end()?;
    let set = cx.db.read::<SortedSet>(key)?;
    let found = set.and_then(|set| Some((rank(set, member)?, set.score(member)?)));
    Ok(match found {
        Some((rank, score)) if with_score => Reply::Array(vec![rank.into(), score.into()]),
        Some((rank, _)) => rank.into(),
        None if with_score => Reply::NullArray,
        None => Reply::Null,
    })
}

fn zrem(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let Some(mut set) = cx.db.edit::<SortedSet>(args.bytes()?)? else { return Ok(Reply::Int(0)) };
    let removed = args.all().iter().filter(|member| set.remove(member).is_some()).count();
    if removed > 0 {
        set.changed_by("zrem", removed);
    }
    Ok(removed.into())
}

fn zscan(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    let cursor = scan::cursor(cx.node.persona, &mut args)?;
    let Some(set) = cx.db.read::<SortedSet>(key)? else { return Ok(scan::nothing()) };
    let options = scan::Options::parse(cx.node.persona, args, Walk::SortedSet)?;
    let mut found = Vec::new();
    let in_listpack = set.encoding() == "listpack";
    let style = cx.node.encoding().doubles;
    let next = set.scan(cursor, options.count, |member, score| {
        if !options.shows(member) {
            return;
        }
        found.push(member.clone().into());
        if !options.names_only {
            let score =
                if in_listpack { listpack_text(score, style) } else { format_f64_17_digits(score) };
            found.push(score.into());
        }
    });
    Ok(scan::reply(next, found))
}

/// A score as a listpack holds it: in digits if it is an integer of less than 62 bits or so. ZSCAN shows it as it stands
/// there, in RESP3 too, and what is not in a listpack in 17 digits.
fn listpack_text(score: f64, style: DoubleStyle) -> String {
    const MOST: f64 = 4_611_686_018_427_387_904.0;
    if score.abs() <= MOST && score.fract() == 0.0 {
        format!("{score:.0}")
    } else {
        style.format(score)
    }
}

/// A member and its score, as one pair or one after the other.
fn pair((member, score): (&Bytes, f64), paired: bool) -> Vec<Reply> {
    let parts = vec![member.clone().into(), Reply::Double(score)];
    if paired { vec![Reply::Array(parts)] } else { parts }
}
