//! Places on earth, kept in sorted sets by their scores.

mod options;
mod search;

use super::sorted_set;
use crate::command::docs::Note;
use crate::command::{Args, Command, command};
use crate::data::geo::Point;
use crate::data::sorted_set::SortedSet;
use crate::engine::{Ctx, word};
use crate::persona::Persona;
use crate::resp::{Error, Protocol, Reply, Result};
use bytes::Bytes;

pub(super) use search::COMMANDS as SEARCHING;

#[rustfmt::skip]
pub(super) const COMMANDS: &[Command] = &[
    command("GEOADD key [NX|XX] [CH] longitude latitude member [longitude latitude member ...]", geoadd)
        .notes(&[("condition", Note::Since("6.2.0")), ("CH", Note::Since("6.2.0"))])
        .grows().since("3.2.0").cost("O(log(N))")
        .says("Adds members to a sorted set by where they are."),
    command("GEODIST key member1 member2 [M|KM|FT|MI]", geodist).reads().since("3.2.0")
        .says("Answers how far two members are from each other."),
    command("GEOHASH key member [member ...]", geohash).until("7.2.0").arity(-2).reads().since("3.2.0").cost("O(N)")
        .says("Answers the geohashes of members."),
    command("GEOHASH key [member [member ...]]", geohash).from("7.2.0").reads().since("3.2.0").cost("O(N)")
        .says("Answers the geohashes of members."),
    command("GEOPOS key member [member ...]", geopos).until("7.2.0").arity(-2).reads().since("3.2.0").cost("O(N)")
        .says("Answers the longitudes and latitudes of members."),
    command("GEOPOS key [member [member ...]]", geopos).from("7.2.0").reads().since("3.2.0").cost("O(N)")
        .says("Answers the longitudes and latitudes of members."),
];

fn geoadd(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    let mut words = vec![key.clone()];
    let (mut only_new, mut only_known) = (false, false);
    while let Some(word) = args.peek() {
        if args.word("NX") {
            only_new = true;
        } else if args.word("XX") {
            only_known = true;
        } else if !args.word("CH") {
            break;
        }
        words.push(word.clone());
    }
    if !args.len().is_multiple_of(3) || (only_new && only_known) {
        return Err(Error::SYNTAX);
    }
    while !args.is_empty() {
        let score = position(cx.node.persona, &mut args)?.score();
        words.extend([score.to_string().into(), args.bytes()?.clone()]);
    }
    let reply = sorted_set::zadd(cx, &words);
    let name = if cx.node.persona.is_valkey_from(9, 0) { "ZADD" } else { "zadd" };
    cx.propagate_rewritten(|_| [&[word(name)], &words[..]].concat());
    reply
}

fn geodist(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, one, other) = (args.bytes()?, args.bytes()?, args.bytes()?);
    let metres = match args.all() {
        [] => 1.0,
        [unit] => metres_of(unit)?,
        _ => return Err(Error::SYNTAX),
    };
    let Some(set) = cx.db.read::<SortedSet>(key)? else { return Ok(Reply::Null) };
    let (Some(one), Some(other)) = (place_of(set, one), place_of(set, other)) else {
        return Ok(Reply::Null);
    };
    Ok(distance_reply(one.distance(other) / metres))
}

fn geohash(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let set = cx.db.read::<SortedSet>(args.bytes()?)?;
    let geohash = |member: &Bytes| match set.and_then(|set| place_of(set, member)) {
        Some(place) => place.geohash().into(),
        None => Reply::Null,
    };
    Ok(Reply::Array(args.all().iter().map(geohash).collect()))
}

fn geopos(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let style = Coordinates::of(cx);
    let set = cx.db.read::<SortedSet>(args.bytes()?)?;
    let position = |member: &Bytes| match set.and_then(|set| place_of(set, member)) {
        Some(place) => style.reply(place),
        None => Reply::NullArray,
    };
    Ok(Reply::Array(args.all().iter().map(position).collect()))
}

/// Where a member is, if it is in the set.
fn place_of(set: &SortedSet, member: &[u8]) -> Option<Point> {
    set.score(member).map(Point::of_score)
}

/// Reads a longitude and a latitude.
fn position(persona: Persona, args: &mut Args<'_>) -> Result<Point> {
    let (longitude, latitude) = (args.bytes()?, args.bytes()?);
    let read = |word| persona.parse_f64(word).ok_or(Error::NOT_A_FLOAT);
    let point = Point { longitude: read(longitude)?, latitude: read(latitude)? };
    if point.is_valid() {
        Ok(point)
    } else {
        Err(Error::geo_position_invalid(point.longitude, point.latitude))
    }
}

/// How many metres a unit has.
fn metres_of(unit: &[u8]) -> Result<f64> {
    const UNITS: [(&str, f64); 4] = [("M", 1.0), ("KM", 1000.0), ("FT", 0.3048), ("MI", 1609.34)];
    let found = UNITS.into_iter().find(|(name, _)| unit.eq_ignore_ascii_case(name.as_bytes()));
    found.map(|(_, metres)| metres).ok_or(Error::GEO_UNIT_INVALID)
}

/// A distance with four decimals, which is a bulk string in both protocols.
fn distance_reply(distance: f64) -> Reply {
    let rounded = (distance * 10_000.0).round_ties_even();
    #[expect(clippy::cast_possible_truncation, reason = "the earth is small")]
    let rounded = rounded as i64;
    format!("{}.{:04}", rounded / 10_000, rounded % 10_000).into()
}

/// How longitudes and latitudes are spelled.
#[derive(Clone, Copy, Debug)]
enum Coordinates {
    /// As all doubles: Redis from 7.4 on.
    Doubles,
    /// With 17 decimals but for zeros at the end, in bulk strings or, over RESP3, as doubles.
    Decimals(Protocol),
}

impl Coordinates {
    fn of(cx: &mut Ctx<'_>) -> Coordinates {
        if cx.at_least(7, 4) {
            Coordinates::Doubles
        } else {
            Coordinates::Decimals(cx.session().encoding.protocol)
        }
    }

    fn reply(self, place: Point) -> Reply {
        let one = |coordinate: f64| {
            let Coordinates::Decimals(protocol) = self else { return Reply::Double(coordinate) };
            let text = format!("{coordinate:.17}");
            let text = text.trim_end_matches('0').trim_end_matches('.');
            match protocol {
                Protocol::Resp2 => text.to_owned().into(),
                Protocol::Resp3 => Reply::Raw(format!(",{text}\r\n").into()),
            }
        };
        Reply::Array(vec![one(place.longitude), one(place.latitude)])
    }
}
