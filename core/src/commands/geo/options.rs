//! The words of a search for places: around what, how far, and what is done with what is found.
use super::{metres_of, place_of, position};
use crate::command::Args;
use crate::data::geo::{Point, Search, Shape};
use crate::data::sorted_set::SortedSet;
use crate::number::{parse_f64, parse_i64};
use crate::persona::Persona;
use crate::resp::{Error, Result};
use bytes::Bytes;

/// Which command it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// GEORADIUS, which may store what it finds.
    Around { stores: bool },
    /// GEORADIUSBYMEMBER, which may store what it finds.
    AroundMember { stores: bool },
    /// GEOSEARCH
    Search,
    /// GEOSEARCHSTORE
    SearchInto,
}

impl Kind {
    fn is_search(self) -> bool {
        matches!(self, Kind::Search | Kind::SearchInto)
    }

    fn may_store(self) -> bool {
        matches!(self, Kind::Around { stores: true } | Kind::AroundMember { stores: true })
    }
}

/// The order of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Nearest,
    Furthest,
}

/// What the words are read by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading<'a> {
    pub(super) kind: Kind,
    pub(super) persona: Persona,
    /// The name of the command, as the client wrote it.
    pub(super) name: &'a Bytes,
    /// The places that are searched.
    pub(super) set: Option<&'a SortedSet>,
}

/// What a search asks for.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option by its own name")]
pub(super) struct Options<'a> {
    centre: Option<Centre>,
    shape: Option<(Shape, f64)>,
    polygon: Option<Vec<Point>>,
    pub(super) with_distance: bool,
    pub(super) with_score: bool,
    pub(super) with_position: bool,
    pub(super) order: Option<Order>,
    /// At most so many.
    pub(super) count: Option<usize>,
    /// Any that are found first, and not the nearest.
    pub(super) any: bool,
    pub(super) destination: Option<&'a Bytes>,
    /// Distances are stored, and not scores.
    pub(super) store_distances: bool,
}

#[derive(Clone, Copy, Debug)]
enum Centre {
    Position(Point),
    /// Nothing if there is no set to look for it.
    Member(Option<Point>),
}

impl<'a> Options<'a> {
    pub(super) fn read(reading: Reading<'_>, mut args: Args<'a>) -> Result<Options<'a>> {
        let mut options = Options::default();
        match reading.kind {
            Kind::Around { .. } => {
                options.centre = Some(Centre::Position(position(&mut args)?));
                options.shape = Some(circle(&mut args)?);
            }
            // What follows is not looked at either if there is no set.
            Kind::AroundMember { .. } if reading.set.is_none() => args = args.skip(3)?,
            Kind::AroundMember { .. } => {
                options.centre = Some(member(reading, args.bytes()?)?);
                options.shape = Some(circle(&mut args)?);
            }
            Kind::Search | Kind::SearchInto => {}
        }
        while !args.is_empty() {
            let known = options.shown(reading.kind, &mut args)?
                || (reading.kind.is_search() && options.area(reading, &mut args)?);
            if !known {
                return Err(Error::SYNTAX);
            }
        }
        Ok(options)
    }

    /// Reads an option that says what is shown or stored, if the next is one.
    fn shown(&mut self, kind: Kind, args: &mut Args<'a>) -> Result<bool> {
        if args.word("WITHDIST") {
            self.with_distance = true;
        } else if args.word("WITHHASH") {
            self.with_score = true;
        } else if args.word("WITHCOORD") {
            self.with_position = true;
        } else if args.word("ANY") {
            self.any = true;
        } else if args.word("ASC") {
            self.order = Some(Order::Nearest);
        } else if args.word("DESC") {
            self.order = Some(Order::Furthest);
        } else if let Some(count) = args.option("COUNT") {
            let count = parse_i64(count).ok_or(Error::NOT_AN_INTEGER)?;
            let count = usize::try_from(count).ok().filter(|count| *count > 0);
            self.count = Some(count.ok_or(Error::GEO_COUNT_NOT_POSITIVE)?);
        } else if kind.may_store()
            && let Some(key) = args.option("STORE")
        {
            (self.destination, self.store_distances) = (Some(key), false);
        } else if kind.may_store()
            && let Some(key) = args.option("STOREDIST")
        {
            (self.destination, self.store_distances) = (Some(key), true);
        } else if kind == Kind::SearchInto && args.word("STOREDIST") {
            self.store_distances = true;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// Reads an option that says what is searched, if the next is one. There is one centre, of one kind, and one shape;
    /// a polygon is its own centre.
    fn area(&mut self, reading: Reading<'_>, args: &mut Args<'a>) -> Result<bool> {
        let (by_member, by_position) = match self.centre {
            None => (self.polygon.is_none(), self.polygon.is_none()),
            Some(Centre::Member(_)) => (true, false),
            Some(Centre::Position(_)) => (false, true),
        };
        let (by_circle, by_box) = match self.shape {
            None => (self.polygon.is_none(), self.polygon.is_none()),
            Some((Shape::Circle { .. }, _)) => (true, false),
            Some(_) => (false, true),
        };
        let words = args.len();
        if by_member && let Some(name) = args.option("FROMMEMBER") {
            self.centre = Some(member(reading, name)?);
        } else if by_position && words > 2 && args.word("FROMLONLAT") {
            self.centre = Some(Centre::Position(position(args)?));
        } else if by_circle && words > 2 && args.word("BYRADIUS") {
            self.shape = Some(circle(args)?);
        } else if by_box && words > 3 && args.word("BYBOX") {
            self.shape = Some(rectangle(args)?);
        } else if reading.persona.is_valkey_from(9, 0)
            && self.centre.is_none()
            && self.shape.is_none()
            && words > 2
            && let Some(count) = args.option("BYPOLYGON")
        {
            self.polygon = Some(polygon(count, args)?);
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// Refuses options that do not go together, and a search that does not say what it searches.
    pub(super) fn check(&self, reading: Reading<'_>) -> Result<()> {
        let stores = self.destination.is_some() || reading.kind == Kind::SearchInto;
        if stores && (self.with_distance || self.with_score || self.with_position) {
            return Err(if reading.kind == Kind::SearchInto {
                Error::GEO_STORE_AND_SHOW_IN_SEARCH
            } else {
                Error::GEO_STORE_AND_SHOW
            });
        }
        if reading.kind.is_search() && self.polygon.is_none() {
            if self.centre.is_none() {
                return Err(Error::geo_centre_missing(reading.name));
            }
            if self.shape.is_none() {
                let knows_polygons = reading.persona.is_valkey_from(9, 0);
                let shapes = if knows_polygons {
                    "BYRADIUS, BYBOX and BYPOLYGON"
                } else {
                    "BYRADIUS and BYBOX"
                };
                return Err(Error::geo_shape_missing(shapes, reading.name));
            }
        }
        if self.any && self.count.is_none() {
            return Err(Error::GEO_ANY_WITHOUT_COUNT);
        }
        Ok(())
    }

    /// What is searched, if there is a set to search.
    pub(super) fn search(&mut self) -> Option<Search> {
        if let Some(corners) = self.polygon.take() {
            return Some(Search::polygon(corners));
        }
        let (Centre::Position(centre) | Centre::Member(Some(centre))) = self.centre? else {
            return None;
        };
        let (shape, metres) = self.shape.take()?;
        Some(Search { centre, shape, metres })
    }
}

fn member(reading: Reading<'_>, name: &Bytes) -> Result<Centre> {
    let Some(set) = reading.set else { return Ok(Centre::Member(None)) };
    match place_of(set, name) {
        Some(place) => Ok(Centre::Member(Some(place))),
        None if reading.persona.is_valkey_from(9, 0) => Err(Error::geo_member_missing(name)),
        None => Err(Error::GEO_NO_SUCH_MEMBER),
    }
}

/// Reads a radius and its unit.
fn circle(args: &mut Args<'_>) -> Result<(Shape, f64)> {
    let radius = parse_f64(args.bytes()?).ok_or(Error::GEO_RADIUS_NOT_A_NUMBER)?;
    if radius < 0.0 {
        return Err(Error::GEO_RADIUS_NEGATIVE);
    }
    Ok((Shape::Circle { radius }, metres_of(args.bytes()?)?))
}

/// Reads a width, a height and their unit.
fn rectangle(args: &mut Args<'_>) -> Result<(Shape, f64)> {
    let width = parse_f64(args.bytes()?).ok_or(Error::GEO_WIDTH_NOT_A_NUMBER)?;
    let height = parse_f64(args.bytes()?).ok_or(Error::GEO_HEIGHT_NOT_A_NUMBER)?;
    if width < 0.0 || height < 0.0 {
        return Err(Error::GEO_BOX_NEGATIVE);
    }
    Ok((Shape::Box { width, height }, metres_of(args.bytes()?)?))
}

/// Reads as many corners as there are said to be.
fn polygon(count: &Bytes, args: &mut Args<'_>) -> Result<Vec<Point>> {
    let count = parse_i64(count).and_then(|count| i32::try_from(count).ok());
    let count = usize::try_from(count.ok_or(Error::GEO_VERTICES_NOT_AN_INTEGER)?).unwrap_or(0);
    if count < 3 || args.len() / 2 < count {
        return Err(Error::GEO_FEW_VERTICES);
    }
    (0..count).map(|_| position(args)).collect()
}
