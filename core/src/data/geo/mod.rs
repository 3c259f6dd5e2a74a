//! Places on earth: as scores of sorted sets, as geohashes, and how far they are from each other.
//!
//! A score interleaves 26 bits each of longitude and latitude. All arithmetic is done in the order of the real servers, so
//! that it rounds as theirs does.

mod cell;
mod search;

use cell::{Cell, Grid};

pub(crate) use search::{Search, Shape};

const MAX_LONGITUDE: f64 = 180.0;
/// The map is a square, and ends before the poles.
const MAX_LATITUDE: f64 = 85.051_128_78;
/// How finely a score tells a place.
const FINEST: u32 = 26;

const EARTH_RADIUS: f64 = 6_372_797.560_856;
const RADIANS: f64 = std::f64::consts::PI / 180.0;

/// A place, in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    pub(crate) longitude: f64,
    pub(crate) latitude: f64,
}

impl Point {
    /// Whether it is on the map.
    pub(crate) fn is_valid(self) -> bool {
        (-MAX_LONGITUDE..=MAX_LONGITUDE).contains(&self.longitude)
            && (-MAX_LATITUDE..=MAX_LATITUDE).contains(&self.latitude)
    }

    /// The score that a sorted set keeps it by, before it is a double: at the edge of the map it has a bit more.
    pub(crate) fn score(self) -> u64 {
        Cell::around(self, FINEST, &Grid::MAP).bits()
    }

    /// The middle of the square that a score stands for.
    pub(crate) fn of_score(score: f64) -> Point {
        let (min, max) = Cell::of_bits(bits_of(score), FINEST).corners();
        let middle = |a: f64, b: f64, most: f64| f64::midpoint(a, b).min(most).max(-most);
        Point {
            longitude: middle(min.longitude, max.longitude, MAX_LONGITUDE),
            latitude: middle(min.latitude, max.latitude, MAX_LATITUDE),
        }
    }

    /// The geohash that others know it by, of eleven digits, the last of which is always 0.
    pub(crate) fn geohash(self) -> String {
        const DIGITS: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";
        let bits = Cell::around(self, FINEST, &Grid::GLOBE).bits();
        let digit = |at: u32| {
            char::from(DIGITS[usize::from((bits >> (47 - 5 * at)).to_le_bytes()[0] & 31)])
        };
        (0..10).map(digit).chain(['0']).collect()
    }

    /// The distance along a great circle, in metres.
    pub(crate) fn distance(self, other: Point) -> f64 {
        let v = ((other.longitude * RADIANS - self.longitude * RADIANS) / 2.0).sin();
        if v == 0.0 {
            return self.distance_of_latitudes(other);
        }
        let (here, there) = (self.latitude * RADIANS, other.latitude * RADIANS);
        let u = ((there - here) / 2.0).sin();
        let a = u * u + here.cos() * there.cos() * v * v;
        2.0 * EARTH_RADIUS * a.sqrt().asin()
    }

    /// The distance along a meridian, in metres.
    fn distance_of_latitudes(self, other: Point) -> f64 {
        EARTH_RADIUS * (other.latitude * RADIANS - self.latitude * RADIANS).abs()
    }
}

/// The integer that the processor of a real server makes of a score, which may be any number.
#[expect(clippy::cast_possible_truncation, reason = "what is out of range is dealt with")]
fn bits_of(score: f64) -> u64 {
    const HALF: f64 = 9_223_372_036_854_775_808.0;
    if score < HALF {
        (score as i64).cast_unsigned()
    } else if score < 2.0 * HALF {
        ((score - HALF) as i64).cast_unsigned() | 1 << 63
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PALERMO: Point = Point { longitude: 13.361_389, latitude: 38.115_556 };
    const CATANIA: Point = Point { longitude: 15.087_269, latitude: 37.502_669 };

    /// A place as a sorted set keeps it.
    #[expect(clippy::cast_precision_loss, reason = "a score is a double")]
    fn kept(place: Point) -> Point {
        Point::of_score(place.score() as f64)
    }

    #[test]
    fn a_score_stands_for_the_square_around_a_place() {
        let near = kept(PALERMO);
        assert_eq!(
            near,
            Point { longitude: 13.361_389_338_970_184, latitude: 38.115_556_395_496_3 }
        );
        assert!(near.distance(PALERMO) < 0.6);
        assert_eq!(PALERMO.score().to_string(), "3479099956230698");
    }

    #[test]
    fn distances_and_geohashes_are_those_of_the_real_servers() {
        let [a, b] = [PALERMO, CATANIA].map(kept);
        assert_eq!(format!("{:.4}", a.distance(b)), "166274.1516");
        assert_eq!(a.geohash(), "sqc8b49rny0");
        assert_eq!(b.geohash(), "sqdtr74hyu0");
    }

    #[test]
    fn any_number_is_a_score() {
        for score in [-1.0, 1e300, -1e300, f64::INFINITY, f64::NEG_INFINITY, 0.5, 1e19] {
            assert!(Point::of_score(score).is_valid(), "{score}");
        }
        assert_eq!(bits_of(-1.0), u64::MAX);
        assert_eq!(bits_of(1e19), 10_000_000_000_000_000_000);
        assert_eq!(bits_of(f64::INFINITY), 0);
    }
}
