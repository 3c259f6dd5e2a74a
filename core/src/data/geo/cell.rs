//! The squares of a grid laid over the map, finer and finer, and their numbers.
use super::{MAX_LATITUDE, MAX_LONGITUDE, Point};
use std::ops::Range;

/// What a grid covers: from the negative of each to itself.
pub(super) struct Grid {
    longitude: f64,
    latitude: f64,
}

impl Grid {
    pub(super) const MAP: Grid = Grid { longitude: MAX_LONGITUDE, latitude: MAX_LATITUDE };
    /// With the poles, as geohashes have it.
    pub(super) const GLOBE: Grid = Grid { longitude: 180.0, latitude: 90.0 };
}

/// One of 2^step times 2^step squares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    /// Counted from the west.
    x: u32,
    /// Counted from the south.
    y: u32,
    step: u32,
}

impl Cell {
    pub(super) fn around(point: Point, step: u32, grid: &Grid) -> Cell {
        let x = place(point.longitude, grid.longitude, step);
        let y = place(point.latitude, grid.latitude, step);
        Cell { x, y, step }
    }

    pub(super) fn of_bits(bits: u64, step: u32) -> Cell {
        Cell { x: every_second(bits >> 1), y: every_second(bits), step }
    }

    /// Its number: the bits of longitude and latitude by turns.
    pub(super) fn bits(self) -> u64 {
        spread(self.x) << 1 | spread(self.y)
    }

    /// The scores of the places in it.
    pub(super) fn scores(self) -> Range<f64> {
        let unit = 52 - 2 * self.step;
        #[expect(clippy::cast_precision_loss, reason = "a double holds its bits")]
        let score = |bits: u64| (bits << unit) as f64;
        score(self.bits())..score(self.bits() + 1)
    }

    /// The cell so many to the east and to the north; the map has no edges.
    pub(super) fn moved(self, east: i32, north: i32) -> Cell {
        let step = |place: u32, by: i32| match by {
            0 => place,
            by => place.wrapping_add_signed(by) & ((1 << self.step) - 1),
        };
        Cell { x: step(self.x, east), y: step(self.y, north), ..self }
    }

    /// Its south-western and its north-eastern corner.
    pub(super) fn corners(self) -> (Point, Point) {
        let corner = |x, y| Point {
            longitude: self.degrees(x, MAX_LONGITUDE),
            latitude: self.degrees(y, MAX_LATITUDE),
        };
        (corner(self.x, self.y), corner(self.x.wrapping_add(1), self.y.wrapping_add(1)))
    }

    fn degrees(self, place: u32, most: f64) -> f64 {
        -most + f64::from(place) / f64::from(1_u32 << self.step) * (most - -most)
    }
}

/// Which of 2^step columns or rows a coordinate lies in.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the offset is between 0 and 1, and the step less than 32"
)]
fn place(coordinate: f64, most: f64, step: u32) -> u32 {
    let offset = (coordinate - -most) / (most - -most);
    (offset * f64::from(1_u32 << step)) as u32
}

/// Makes room for another bit before each.
fn spread(number: u32) -> u64 {
    let mut bits = u64::from(number);
    for (shift, mask) in SPREADING {
        bits = (bits | bits << shift) & mask;
    }
    bits
}

/// Takes every second bit, from the lowest on.
fn every_second(bits: u64) -> u32 {
    let mut bits = bits & 0x5555_5555_5555_5555;
    let masks = SPREADING.iter().rev().skip(1).map(|(_, mask)| mask).chain([&0xffff_ffff]);
    for ((shift, _), mask) in SPREADING.iter().rev().zip(masks) {
        bits = (bits | bits >> shift) & mask;
    }
    u32::try_from(bits).expect("the mask leaves 32 bits")
}

const SPREADING: [(u32, u64); 5] = [
    (16, 0x0000_ffff_0000_ffff),
    (8, 0x00ff_00ff_00ff_00ff),
    (4, 0x0f0f_0f0f_0f0f_0f0f),
    (2, 0x3333_3333_3333_3333),
    (1, 0x5555_5555_5555_5555),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_bits_by_turns() {
        assert_eq!(Cell { x: 0b11, y: 0b01, step: 2 }.bits(), 0b1011);
        for (x, y) in
            [(0, 0), (1, 0), (0, 1), (0x1234_5678, 0x9abc_def0), (u32::MAX, 0), (0, u32::MAX)]
        {
            let cell = Cell { x, y, step: 26 };
            assert_eq!(Cell::of_bits(cell.bits(), 26), cell);
        }
    }

    #[test]
    fn neighbours_go_round_the_map() {
        let corner = Cell { x: 0, y: 3, step: 2 };
        assert_eq!(corner.moved(-1, 1), Cell { x: 3, y: 0, step: 2 });
        assert_eq!(corner.moved(1, 0), Cell { x: 1, y: 3, step: 2 });
    }
}
