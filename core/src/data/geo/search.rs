//! Which places are in a circle, a box or a polygon, and in which cells they are looked for.
use super::cell::{Cell, Grid};
use super::{EARTH_RADIUS, FINEST, Point, RADIANS};
use std::ops::Range;

/// What is searched, with its lengths in the unit they were given in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    Circle { radius: f64 },
    Box { width: f64, height: f64 },
    Polygon(Vec<Point>),
}

/// A shape around its centre.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Search {
    pub(crate) centre: Point,
    pub(crate) shape: Shape,
    /// How many metres the unit of its lengths has.
    pub(crate) metres: f64,
}

/// The south-western and the north-eastern corner of what has to be searched.
type Bounds = (Point, Point);

/// The order in which cells are looked through: the one in the middle, and those so many to the east and the north.
const ORDER: [(i32, i32); 9] =
    [(0, 0), (0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, 1), (1, -1), (-1, -1)];

impl Search {
    /// A polygon is searched around the middle of its corners.
    pub(crate) fn polygon(corners: Vec<Point>) -> Search {
        let (mut x, mut y, mut z) = (0.0, 0.0, 0.0);
        for corner in &corners {
            let (longitude, latitude) = (corner.longitude * RADIANS, corner.latitude * RADIANS);
            x += latitude.cos() * longitude.cos();
            y += latitude.cos() * longitude.sin();
            z += latitude.sin();
        }
        let longitude = y.atan2(x) / RADIANS;
        let latitude = z.atan2((x * x + y * y).sqrt()) / RADIANS;
        let centre = Point { longitude, latitude };
        Search { centre, shape: Shape::Polygon(corners), metres: 1.0 }
    }

    /// How far from the centre a place is, in metres, if it is in the shape.
    pub(crate) fn distance(&self, point: Point) -> Option<f64> {
        let is_inside = match &self.shape {
            Shape::Circle { radius } => {
                let distance = self.centre.distance(point);
                return (distance <= radius * self.metres).then_some(distance);
            }
            Shape::Box { width, height } => {
                let level = Point { longitude: self.centre.longitude, ..point };
                self.centre.distance_of_latitudes(point) <= height * self.metres / 2.0
                    && point.distance(level) <= width * self.metres / 2.0
            }
            Shape::Polygon(corners) => surrounds(corners, point),
        };
        is_inside.then(|| self.centre.distance(point))
    }

    /// The ranges of scores to look through, one after the other. Around a pole, which a polygon can have for its
    /// centre, there are none.
    pub(crate) fn scores(&self) -> Vec<Range<f64>> {
        if !self.centre.is_valid() {
            return Vec::new();
        }
        self.cells().into_iter().map(Cell::scores).collect()
    }

    fn cells(&self) -> Vec<Cell> {
        let bounds = self.bounds();
        let mut step = step_for(self.reach(bounds), self.centre.latitude);
        let mut middle = Cell::around(self.centre, step, &Grid::MAP);
        if step > 1 && falls_short(middle, bounds) {
            step -= 1;
            middle = Cell::around(self.centre, step, &Grid::MAP);
        }
        let is_useless = useless_sides(middle, bounds);
        let (mut cells, mut last) = (Vec::new(), None);
        for (east, north) in ORDER {
            let cell = middle.moved(east, north);
            // Where the map is small two neighbours may be one.
            if (step >= 2 && is_useless(east, north)) || last == Some(cell) {
                continue;
            }
            cells.push(cell);
            last = ((east, north) != (0, 0)).then_some(cell);
        }
        cells
    }

    fn bounds(&self) -> Bounds {
        let (width, height) = match &self.shape {
            Shape::Circle { radius } => (self.metres * radius, self.metres * radius),
            Shape::Box { width, height } => {
                (self.metres * (width / 2.0), self.metres * (height / 2.0))
            }
            Shape::Polygon(corners) => return bounds_of(corners),
        };
        let Point { longitude, latitude } = self.centre;
        let up = height / EARTH_RADIUS / RADIANS;
        // Meridians are closest together at the end that is nearer to a pole.
        let widest = if latitude < 0.0 { latitude - up } else { latitude + up };
        let aside = width / EARTH_RADIUS / (widest * RADIANS).cos() / RADIANS;
        (
            Point { longitude: longitude - aside, latitude: latitude - up },
            Point { longitude: longitude + aside, latitude: latitude + up },
        )
    }

    /// How far from the centre its furthest place may be, in metres.
    fn reach(&self, (low, high): Bounds) -> f64 {
        let reach = match &self.shape {
            Shape::Circle { radius } => *radius,
            Shape::Box { width, height } => {
                ((width / 2.0) * (width / 2.0) + (height / 2.0) * (height / 2.0)).sqrt()
            }
            Shape::Polygon(_) => {
                let longitudes = [low.longitude, high.longitude];
                let corners = longitudes.into_iter().flat_map(|longitude| {
                    [low, high].map(|corner| Point { longitude, latitude: corner.latitude })
                });
                corners.map(|corner| self.centre.distance(corner)).fold(0.0, f64::max)
            }
        };
        reach * self.metres
    }
}

/// The step at which a cell and its neighbours are about as large as what has to be searched.
fn step_for(mut reach: f64, latitude: f64) -> u32 {
    const HALF_MAP: f64 = 20_037_726.37;
    if reach == 0.0 {
        return FINEST;
    }
    let mut step = -1;
    while reach < HALF_MAP {
        reach *= 2.0;
        step += 1;
    }
    // Towards the poles cells are narrower.
    if latitude.abs() > 66.0 {
        step -= 1;
    }
    if latitude.abs() > 80.0 {
        step -= 1;
    }
    u32::try_from(step.max(1)).expect("it is positive").min(FINEST)
}

/// Whether the neighbours of a cell do not reach as far as has to be searched.
fn falls_short(middle: Cell, (low, high): Bounds) -> bool {
    let corners = |east, north| middle.moved(east, north).corners();
    corners(0, 1).1.latitude < high.latitude
        || corners(0, -1).0.latitude > low.latitude
        || corners(1, 0).1.longitude < high.longitude
        || corners(-1, 0).0.longitude > low.longitude
}

/// Which neighbours need not be searched, as the cell itself reaches further.
fn useless_sides(middle: Cell, (low, high): Bounds) -> impl Fn(i32, i32) -> bool {
    let (south_west, north_east) = middle.corners();
    let west = south_west.longitude < low.longitude;
    let south = south_west.latitude < low.latitude;
    let east = north_east.longitude > high.longitude;
    let north = north_east.latitude > high.latitude;
    move |x, y| (x < 0 && west) || (x > 0 && east) || (y < 0 && south) || (y > 0 && north)
}

fn bounds_of(corners: &[Point]) -> Bounds {
    let of = |coordinate: fn(&Point) -> f64| {
        let all = || corners.iter().map(coordinate);
        (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max))
    };
    let (west, east) = of(|corner| corner.longitude);
    let (south, north) = of(|corner| corner.latitude);
    (Point { longitude: west, latitude: south }, Point { longitude: east, latitude: north })
}

/// Whether a ray from a place to the east crosses the sides of a polygon an odd number of times.
fn surrounds(corners: &[Point], point: Point) -> bool {
    let mut is_inside = false;
    let before = corners.iter().cycle().skip(corners.len().saturating_sub(1));
    for (a, b) in corners.iter().zip(before) {
        if (a.latitude > point.latitude) == (b.latitude > point.latitude) {
            continue;
        }
        let crossing = (b.longitude - a.longitude) * (point.latitude - a.latitude)
            / (b.latitude - a.latitude)
            + a.longitude;
        is_inside ^= point.longitude < crossing;
    }
    is_inside
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(longitude: f64, latitude: f64) -> Point {
        Point { longitude, latitude }
    }

    fn circle(centre: Point, radius: f64) -> Search {
        Search { centre, shape: Shape::Circle { radius }, metres: 1.0 }
    }

    #[test]
    fn the_cells_hold_every_place_of_the_shape() {
        for latitude in [-70.0, -10.0, 0.0, 45.0, 84.0] {
            for radius in [1.0, 100.0, 10_000.0, 1e6] {
                let search = circle(point(10.0, latitude), radius);
                let cells = search.cells();
                assert!(cells.len() <= 9);
                let (low, high) = search.bounds();
                for at in 0..=20 {
                    let share = f64::from(at) / 20.0;
                    let place =
                        point(low.longitude + (high.longitude - low.longitude) * share, latitude);
                    if place.is_valid() && search.distance(place).is_some() {
                        #[expect(clippy::cast_precision_loss, reason = "as a sorted set keeps it")]
                        let score = place.score() as f64;
                        let is_in = |cell: &Cell| cell.scores().contains(&score);
                        assert!(cells.iter().any(is_in), "{latitude} {radius} {at}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_polygon_holds_what_is_between_its_sides() {
        let square = [point(0.0, 0.0), point(0.0, 10.0), point(10.0, 10.0), point(10.0, 0.0)];
        let search = Search::polygon(square.to_vec());
        assert!((search.centre.longitude - 5.0).abs() < 1e-9);
        assert!(search.distance(point(5.0, 5.0)).is_some());
        assert!(search.distance(point(11.0, 5.0)).is_none());
        assert!(search.distance(point(5.0, -1.0)).is_none());
        let bow = [point(0.0, 0.0), point(10.0, 10.0), point(10.0, 0.0), point(0.0, 10.0)];
        assert!(surrounds(&bow, point(1.0, 5.0)));
        assert!(!surrounds(&bow, point(5.0, 1.0)));
    }
}
