//! Sorted sets: unions, intersections and differences. Sets take part too, their members scoring 1.
use super::pair;
use super::range::store;
use crate::command::docs::Note;
use crate::command::{Args, Command, KeyAccess, command};
use crate::data::dict::Dict;
use crate::data::set::Set;
use crate::data::sorted_set::SortedSet;
use crate::engine::Ctx;
use crate::number::parse_i64;
use crate::persona::Persona;
use crate::resp::{Error, Protocol, Reply, Result};
use crate::store::Value;
use bytes::Bytes;

const COUNTS: &[(&str, Note)] = &[("COUNT", Note::Since("8.8.0"))];

#[rustfmt::skip]
pub(in super::super) const COMMANDS: &[Command] = &[
    command("ZDIFF numkeys key [key ...] [WITHSCORES]", |cx, args| combine(cx, args, How::Difference))
        .reads().since("6.2.0").cost("O(L + (N-K)log(N))")
        .says("Answers the members of the first sorted set that no other has."),
    command("ZDIFFSTORE destination numkeys key [key ...]", |cx, args| combine_into(cx, args, How::Difference, "zdiffstore"))
        .grows().since("6.2.0").cost("O(L + (N-K)log(N))")
        .keys(&[KeyAccess::STORES, KeyAccess::READS])
        .says("Stores the members of the first sorted set that no other has."),
    command("ZINTER numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM|MIN|MAX>] [WITHSCORES]", |cx, args| combine(cx, args, How::Intersection))
        .until("8.8.0").reads().since("6.2.0").cost("O(N*K)+O(M*log(M))")
        .says("Answers the members that all sorted sets share."),
    command("ZINTER numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM|MIN|MAX|COUNT>] [WITHSCORES]", |cx, args| combine(cx, args, How::Intersection))
        .from("8.8.0").reads().since("6.2.0").notes(COUNTS).cost("O(N*K)+O(M*log(M))")
        .says("Answers the members that all sorted sets share."),
    command("ZINTERCARD numkeys key [key ...] [LIMIT limit]", zintercard)
        .reads().since("7.0.0").cost("O(N*K)")
        .says("Counts the members that all sorted sets share."),
    command("ZINTERSTORE destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM|MIN|MAX>]", |cx, args| combine_into(cx, args, How::Intersection, "zinterstore"))
        .until("8.8.0").grows().since("2.0.0").cost("O(N*K)+O(M*log(M))")
        .keys(&[KeyAccess::STORES, KeyAccess::READS])
        .says("Stores the members that all sorted sets share."),
    command("ZINTERSTORE destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM|MIN|MAX|COUNT>]", |cx, args| combine_into(cx, args, How::Intersection, "zinterstore"))
        .from("8.8.0").grows().since("2.0.0").notes(COUNTS).cost("O(N*K)+O(M*log(M))")
        .keys(&[KeyAccess::STORES, KeyAccess::READS])
        .says("Stores the members that all sorted sets share."),
    command("ZUNION numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM|MIN|MAX>] [WITHSCORES]", |cx, args| combine(cx, args, How::Union))
        .until("8.8.0").reads().since("6.2.0").cost("O(N)+O(M*log(M))")
        .says("Answers the members of all the sorted sets together."),
    command("ZUNION numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM|MIN|MAX|COUNT>] [WITHSCORES]", |cx, args| combine(cx, args, How::Union))
        .from("8.8.0").reads().since("6.2.0").notes(COUNTS).cost("O(N)+O(M*log(M))")
        .says("Answers the members of all the sorted sets together."),
    command("ZUNIONSTORE destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM|MIN|MAX>]", |cx, args| combine_into(cx, args, How::Union, "zunionstore"))
        .until("8.8.0").grows().since("2.0.0").cost("O(N)+O(M*log(M))")
        .keys(&[KeyAccess::STORES, KeyAccess::READS])
        .says("Stores the members of all the sorted sets together."),
    command("ZUNIONSTORE destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM|MIN|MAX|COUNT>]", |cx, args| combine_into(cx, args, How::Union, "zunionstore"))
        .from("8.8.0").grows().since("2.0.0").notes(COUNTS).cost("O(N)+O(M*log(M))")
        .keys(&[KeyAccess::STORES, KeyAccess::READS])
        .says("Stores the members of all the sorted sets together."),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Union,
    Intersection,
    Difference,
}

/// How several scores of one member become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aggregate {
    Sum,
    Min,
    Max,
    /// How many of the sets have the member, each by its weight.
    Count,
}

impl Aggregate {
    /// What a score is taken for.
    fn counts(self, score: f64) -> f64 {
        if self == Aggregate::Count { 1.0 } else { score }
    }

    fn join(self, one: f64, other: f64) -> f64 {
        match self {
            // Infinities of both signs together are taken for nothing.
            Aggregate::Sum | Aggregate::Count => number_or_zero(one + other),
            Aggregate::Min => {
                if other < one {
                    other
                } else {
                    one
                }
            }
            Aggregate::Max => {
                if other > one {
                    other
                } else {
                    one
                }
            }
        }
    }
}

fn number_or_zero(score: f64) -> f64 {
    if score.is_nan() { 0.0 } else { score }
}

/// One of the sets that are combined.
#[derive(Clone, Copy, Debug)]
struct Source<'a> {
    members: Members<'a>,
    weight: f64,
}

#[derive(Clone, Copy, Debug)]
enum Members<'a> {
    None,
    Plain(&'a Set),
    Scored(&'a SortedSet),
}

impl<'a> Members<'a> {
    fn of(value: Option<&'a Value>) -> Result<Members<'a>> {
        match value {
            None => Ok(Members::None),
            Some(Value::Set(set)) => Ok(Members::Plain(set)),
            Some(Value::SortedSet(set)) => Ok(Members::Scored(set)),
            Some(_) => Err(Error::WRONG_TYPE),
        }
    }

    fn len(self) -> usize {
        match self {
            Members::None => 0,
            Members::Plain(set) => set.len(),
            Members::Scored(set) => set.len(),
        }
    }

    fn score(self, member: &[u8]) -> Option<f64> {
        match self {
            Members::None => None,
            Members::Plain(set) => set.contains(member).then_some(1.0),
            Members::Scored(set) => set.score(member),
        }
    }

    fn all(self) -> Vec<(Bytes, f64)> {
        match self {
            Members::None => Vec::new(),
            Members::Plain(set) => set.iter().map(|member| (member, 1.0)).collect(),
            Members::Scored(set) => {
                set.iter().map(|(member, score)| (member.clone(), score)).collect()
            }
        }
    }
}

/// The options behind the keys.
#[derive(Debug)]
struct Options {
    weights: Vec<f64>,
    aggregate: Aggregate,
    with_scores: bool,
    limit: usize,
}

/// Which options a command has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Answers,
    Stores,
    Counts,
}

impl Options {
    fn parse(
        persona: Persona,
        args: &mut Args<'_>,
        sets: usize,
        how: How,
        purpose: Purpose,
    ) -> Result<Options> {
        let mut options = Options {
            weights: vec![1.0; sets],
            aggregate: Aggregate::Sum,
            with_scores: false,
            limit: 0,
        };
        let weighs = how != How::Difference && purpose != Purpose::Counts;
        while !args.is_empty() {
            if weighs && args.len() > sets && args.word("WEIGHTS") {
                let read =
                    |weight: &Bytes| persona.parse_f64(weight).ok_or(Error::WEIGHT_NOT_A_FLOAT);
                options.weights = args.take(sets)?.iter().map(read).collect::<Result<_>>()?;
            } else if weighs && let Some(word) = args.option("AGGREGATE") {
                options.aggregate = aggregate(persona, word)?;
            } else if purpose == Purpose::Answers && args.word("WITHSCORES") {
                options.with_scores = true;
            } else if purpose == Purpose::Counts
                && let Some(limit) = args.option("LIMIT")
            {
                let limit = parse_i64(limit).and_then(|limit| usize::try_from(limit).ok());
                options.limit = limit.ok_or(Error::NEGATIVE_LIMIT)?;
            } else {
                return Err(Error::SYNTAX);
            }
        }
        Ok(options)
    }
}

fn aggregate(persona: Persona, word: &Bytes) -> Result<Aggregate> {
    const WORDS: [(&str, Aggregate); 4] = [
        ("SUM", Aggregate::Sum),
        ("MIN", Aggregate::Min),
        ("MAX", Aggregate::Max),
        ("COUNT", Aggregate::Count),
    ];
    let known = if persona.at_least(8, 8) { 4 } else { 3 };
    let mut words = WORDS.into_iter().take(known);
    let found = words.find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes()));
    found.map(|(_, aggregate)| aggregate).ok_or(Error::SYNTAX)
}

/// Reads the keys and options, and combines the sets.
fn result(
    cx: &Ctx<'_>,
    mut args: Args<'_>,
    how: How,
    purpose: Purpose,
) -> Result<(Vec<(Bytes, f64)>, Options)> {
    let sets = args.int()?;
    if sets < 1 {
        return Err(Error::no_input_key(&cx.entry.name));
    }
    let keys = args.take(usize::try_from(sets).map_err(|_| Error::SYNTAX)?)?;
    let members = |key: &Bytes| Members::of(cx.db.lookup(key).map(|entry| &entry.value));
    let members = keys.iter().map(members).collect::<Result<Vec<_>>>()?;
    let options = Options::parse(cx.node.persona, &mut args, keys.len(), how, purpose)?;
    let weighted = members.into_iter().zip(&options.weights);
    let mut sources: Vec<_> =
        weighted.map(|(members, &weight)| Source { members, weight }).collect();
    if how != How::Difference {
        // Where scores are not exact their order shows.
        sources.sort_by_key(|source| source.members.len());
    }
    let combined = match how {
        How::Union => union(&sources, options.aggregate),
        How::Intersection => intersection(&sources, options.aggregate),
        How::Difference => difference(&sources),
    };
    Ok((combined, options))
}

fn union(sources: &[Source<'_>], aggregate: Aggregate) -> Vec<(Bytes, f64)> {
    let mut scores: Dict<f64> = Dict::new();
    for source in sources {
        for (member, score) in source.members.all() {
            let score = number_or_zero(source.weight * aggregate.counts(score));
            let score = scores.get(&member).map_or(score, |old| aggregate.join(*old, score));
            scores.insert(member, score);
        }
    }
    scores.iter().map(|(member, score)| (member.clone(), *score)).collect()
}

fn intersection(sources: &[Source<'_>], aggregate: Aggregate) -> Vec<(Bytes, f64)> {
    let (first, others) = sources.split_first().expect("there is at least one key");
    let shared = |(member, score): (Bytes, f64)| {
        let mut score = number_or_zero(first.weight * aggregate.counts(score));
        for other in others {
            let found = other.members.score(&member)?;
            score = aggregate.join(score, other.weight * aggregate.counts(found));
        }
        Some((member, score))
    };
    first.members.all().into_iter().filter_map(shared).collect()
}

fn difference(sources: &[Source<'_>]) -> Vec<(Bytes, f64)> {
    let (first, others) = sources.split_first().expect("there is at least one key");
    let mut left = first.members.all();
    left.retain(|(member, _)| others.iter().all(|other| other.members.score(member).is_none()));
    left
}

fn combine(cx: &mut Ctx<'_>, args: Args<'_>, how: How) -> Result<Reply> {
    let (mut members, options) = result(cx, args, how, Purpose::Answers)?;
    // Not by way of a sorted set, which would lose the sign of -0.
    members.sort_by(|(a, one), (b, other)| {
        one.partial_cmp(other).expect("NaN never enters").then_with(|| a.cmp(b))
    });
    let paired = cx.session().encoding.protocol == Protocol::Resp3;
    Ok(Reply::Array(if options.with_scores {
        members.iter().flat_map(|(member, score)| pair((member, *score), paired)).collect()
    } else {
        members.into_iter().map(|(member, _)| member.into()).collect()
    }))
}

fn combine_into(
    cx: &mut Ctx<'_>,
    mut args: Args<'_>,
    how: How,
    event: &'static str,
) -> Result<Reply> {
    let destination = args.bytes()?;
    let (members, _) = result(cx, args, how, Purpose::Stores)?;
    Ok(store(cx, destination, members, event))
}

fn zintercard(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Reply> {
    let (members, options) = result(cx, args, How::Intersection, Purpose::Counts)?;
    let limit = if options.limit == 0 { usize::MAX } else { options.limit };
    Ok(members.len().min(limit).into())
}
