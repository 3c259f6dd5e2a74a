//! The compact form of sets of integers: as many bytes each as the largest needs.
use super::{Flaw, Read};

const HEAD: usize = 8;

/// Integers in ascending order, as an intset.
pub(super) fn write(integers: &[i64]) -> Vec<u8> {
    let width = integers.iter().map(|integer| width_of(*integer)).max().unwrap_or(2);
    let head = [width, u32::try_from(integers.len()).unwrap_or(u32::MAX)];
    let mut out: Vec<u8> = head.iter().flat_map(|number| number.to_le_bytes()).collect();
    for integer in integers {
        out.extend(&integer.to_le_bytes()[..width as usize]);
    }
    out
}

/// The integers of an intset, ascending and distinct.
pub(super) fn read(bytes: &[u8]) -> Read<Vec<i64>> {
    let (head, body) = bytes.split_at_checked(HEAD).ok_or(CORRUPT)?;
    let [width, count] = [0, 4].map(|at| {
        u32::from_le_bytes(head[at..at + 4].try_into().expect("four bytes are four bytes"))
    });
    let width = width as usize;
    if !matches!(width, 2 | 4 | 8) || count == 0 || body.len() != count as usize * width {
        return Err(CORRUPT);
    }
    let integers: Vec<i64> = body.chunks_exact(width).map(super::listpack::little_endian).collect();
    if integers.is_sorted_by(|a, b| a < b) { Ok(integers) } else { Err(CORRUPT) }
}

const CORRUPT: Flaw = Flaw::Corrupt("an intset that is not in order");

fn width_of(integer: i64) -> u32 {
    if i16::try_from(integer).is_ok() {
        2
    } else if i32::try_from(integer).is_ok() {
        4
    } else {
        8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_come_back_and_disorder_is_refused() {
        for integers in [vec![-1, 2], vec![i64::MIN, 0, i64::MAX], vec![-40_000, 7]] {
            assert_eq!(read(&write(&integers)), Ok(integers));
        }
        for integers in [vec![], vec![2, 1], vec![1, 1]] {
            assert_eq!(read(&write(&integers)), Err(CORRUPT));
        }
        assert_eq!(read(b"\x03\0\0\0\x01\0\0\0abc"), Err(CORRUPT));
    }
}
