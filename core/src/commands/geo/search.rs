//! Looking for places in a circle, a box or a polygon.
use super::options::{Kind, Options, Order, Reading};
use super::{Coordinates, distance_reply};
use crate::command::docs::Note;
use crate::command::{Args, Command, KeyAccess, command};
use crate::commands::sorted_set::store;
use crate::data::geo::{Point, Search};
use crate::data::partial_sort::sort_part;
use crate::data::sorted_set::{ScoreRange, SortedSet};
use crate::engine::Ctx;
use crate::resp::{Reply, Result};
use bytes::Bytes;
use std::cmp::Ordering;
use std::ops::Bound;

const RADIUS_NOTES: &[(&str, Note)] = &[
    ("ANY", Note::Since("6.2.0")),
    ("STORE", Note::Named("storekey")),
    ("STOREDIST", Note::Named("storedistkey")),
];
const STORES: &[KeyAccess] = &[KeyAccess::READS, KeyAccess::STORES];

#[rustfmt::skip]
pub(in super::super) const COMMANDS: &[Command] = &[
    command("GEORADIUS key longitude latitude radius <M|KM|FT|MI> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC|DESC] [STORE key] [STOREDIST key]", georadius).until("7.2.0")
        .notes(&[("ANY", Note::Since("6.2.0"))])
        .grows().since("3.2.0").cost("O(N+log(M))").keys(STORES)
        .deprecated("6.2.0", "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument")
        .says("Finds members around a place, and may store them."),
    command("GEORADIUS key longitude latitude radius <M|KM|FT|MI> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC|DESC] [STORE key|STOREDIST key]", georadius).from("7.2.0")
        .notes(RADIUS_NOTES)
        .grows().since("3.2.0").cost("O(N+log(M))").keys(STORES)
        .deprecated("6.2.0", "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument")
        .says("Finds members around a place, and may store them."),
    command("GEORADIUS_RO key longitude latitude radius <M|KM|FT|MI> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC|DESC]", georadius_ro)
        .notes(&[("ANY", Note::Since("6.2.0"))])
        .reads().since("3.2.10").cost("O(N+log(M))")
        .deprecated("6.2.0", "`GEOSEARCH` with the `BYRADIUS` argument")
        .says("Finds members around a place."),
    command("GEORADIUSBYMEMBER key member radius <M|KM|FT|MI> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC|DESC] [STORE key] [STOREDIST key]", georadiusbymember).until("7.2.0")
        .grows().since("3.2.0").cost("O(N+log(M))").keys(STORES)
        .deprecated("6.2.0", "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments")
        .says("Finds members around another, and may store them."),
    command("GEORADIUSBYMEMBER key member radius <M|KM|FT|MI> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC|DESC] [STORE key|STOREDIST key]", georadiusbymember).from("7.2.0")
        .notes(&[("STORE", Note::Named("storekey")), ("STOREDIST", Note::Named("storedistkey"))])
        .grows().since("3.2.0").cost("O(N+log(M))").keys(STORES)
        .deprecated("6.2.0", "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments")
        .says("Finds members around another, and may store them."),
    command("GEORADIUSBYMEMBER_RO key member radius <M|KM|FT|MI> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC|DESC]", georadiusbymember_ro)
        .reads().since("3.2.10").cost("O(N+log(M))")
        .deprecated("6.2.0", "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments")
        .says("Finds members around another."),
    command("GEOSEARCH key <FROMMEMBER member|FROMLONLAT longitude latitude> <<BYRADIUS radius> <M|KM|FT|MI>|<BYBOX width> height <M|KM|FT|MI>> [ASC|DESC] [COUNT count [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH]", geosearch)
        .reads().since("6.2.0").cost("O(N+log(M))")
        .says("Finds members in a circle or a box."),
    command("GEOSEARCHSTORE destination source <FROMMEMBER member|FROMLONLAT longitude latitude> <<BYRADIUS radius> <M|KM|FT|MI>|<BYBOX width> height <M|KM|FT|MI>> [ASC|DESC] [COUNT count [ANY]] [STOREDIST]", geosearchstore)
        .grows().since("6.2.0").cost("O(N+log(M))").keys(&[KeyAccess::STORES, KeyAccess::READS])
        .says("Stores the members found in a circle or a box."),
];

fn georadius(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Reply> {
    search(cx, args, Kind::Around { stores: true })
}

fn georadius_ro(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Reply> {
    search(cx, args, Kind::Around { stores: false })
}

fn georadiusbymember(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Reply> {
    search(cx, args, Kind::AroundMember { stores: true })
}

fn georadiusbymember_ro(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Reply> {
    search(cx, args, Kind::AroundMember { stores: false })
}

fn geosearch(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Reply> {
    search(cx, args, Kind::Search)
}

fn geosearchstore(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Reply> {
    search(cx, args, Kind::SearchInto)
}

/// A member that was found.
struct Found {
    member: Bytes,
    place: Point,
    score: f64,
    /// In metres, and later in the unit of the request.
    distance: f64,
}

fn search(cx: &mut Ctx<'_>, mut args: Args<'_>, kind: Kind) -> Result<Reply> {
    let destination = if kind == Kind::SearchInto { Some(args.bytes()?) } else { None };
    let coordinates = Coordinates::of(cx);
    let set = cx.db.read::<SortedSet>(args.bytes()?)?;
    let reading = Reading { kind, persona: cx.node.persona, name: &cx.words[0], set };
    let mut options = Options::read(reading, args)?;
    options.check(reading)?;
    let found = match (set, options.search()) {
        (Some(set), Some(search)) => find(set, &search, &options),
        _ => Vec::new(),
    };
    let Some(destination) = destination.or(options.destination) else {
        let show = |found| shown(found, &options, coordinates);
        return Ok(Reply::Array(found.into_iter().map(show).collect()));
    };
    let score = |found: Found| if options.store_distances { found.distance } else { found.score };
    let members = found.into_iter().map(|found| (found.member.clone(), score(found))).collect();
    let is_search = kind == Kind::SearchInto;
    Ok(store(cx, destination, members, if is_search { "geosearchstore" } else { "georadiusstore" }))
}

/// The members that are asked for, in their order.
fn find(set: &SortedSet, search: &Search, options: &Options<'_>) -> Vec<Found> {
    let mut found = all_within(set, search, options.count.filter(|_| options.any));
    let wanted = options.count.unwrap_or(usize::MAX).min(found.len());
    // Only the nearest are worth counting, unless any will do.
    let nearest = options.count.filter(|_| !options.any).map(|_| Order::Nearest);
    if let Some(order) = options.order.or(nearest) {
        let compare = |a: &Found, b: &Found| {
            let rises = a.distance.partial_cmp(&b.distance).unwrap_or(Ordering::Less);
            if order == Order::Nearest { rises } else { rises.reverse() }
        };
        if wanted == found.len() {
            found.sort_by(compare);
        } else {
            sort_part(&mut found, &(0..wanted), compare);
        }
    }
    found.truncate(wanted);
    for found in &mut found {
        found.distance /= search.metres;
    }
    found
}

/// The members in the shape, cell by cell and by score within each; no more than `limit` if there is one.
fn all_within(set: &SortedSet, search: &Search, limit: Option<usize>) -> Vec<Found> {
    let limit = limit.unwrap_or(usize::MAX);
    let in_cells = search.scores().into_iter().flat_map(|scores| {
        let range =
            ScoreRange { min: Bound::Included(scores.start), max: Bound::Excluded(scores.end) };
        set.range(set.score_range(&range))
    });
    let found = in_cells.filter_map(|(member, score)| {
        let place = Point::of_score(score);
        let distance = search.distance(place)?;
        Some(Found { member: member.clone(), place, score, distance })
    });
    found.take(limit).collect()
}

/// A member, with what else is asked for.
fn shown(found: Found, options: &Options<'_>, coordinates: Coordinates) -> Reply {
    let Found { member, place, score, distance } = found;
    let mut parts = Vec::new();
    if options.with_distance {
        parts.push(distance_reply(distance));
    }
    if options.with_score {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a score in a cell has 54 bits at most"
        )]
        parts.push(Reply::Int(score as i64));
    }
    if options.with_position {
        parts.push(coordinates.reply(place));
    }
    if parts.is_empty() {
        return member.into();
    }
    parts.insert(0, member.into());
    Reply::Array(parts)
}
