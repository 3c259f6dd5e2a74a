//! `HyperLogLog`s: counts of different elements, kept in strings whose bytes are those of the real servers.
//!
//! A header of magic, encoding and cached count is followed by 16384 registers, each the longest run of zeros seen in the
//! hashes that fell to it: dense, in six bits each, or sparse, as runs of equal ones.

mod dense;
mod estimate;
mod hash;
mod sparse;

use bytes::BytesMut;

pub(crate) use sparse::{Run, runs};

pub(crate) const REGISTERS: usize = 1 << 14;
const HEADER_LEN: usize = 16;
const DENSE_LEN: usize = HEADER_LEN + REGISTERS * 6 / 8;
const MAGIC: &[u8] = b"HYLL";

/// The registers in a byte each.
pub(crate) type Registers = [u8; REGISTERS];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Dense,
    Sparse,
}

/// The runs of a sparse `HyperLogLog` do not add up to its registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Corrupted;

/// The encoding of a string, if it is a `HyperLogLog` by its header.
pub(crate) fn encoding(bytes: &[u8]) -> Option<Encoding> {
    if bytes.len() < HEADER_LEN || !bytes.starts_with(MAGIC) {
        return None;
    }
    match bytes[MAGIC.len()] {
        0 => (bytes.len() == DENSE_LEN).then_some(Encoding::Dense),
        1 => Some(Encoding::Sparse),
        _ => None,
    }
}

fn is_dense(bytes: &[u8]) -> bool {
    bytes[MAGIC.len()] == 0
}

/// One that has seen no element.
pub(crate) fn empty() -> BytesMut {
    let mut bytes = BytesMut::with_capacity(HEADER_LEN + 2);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&[1, 0, 0, 0]);
    bytes.extend_from_slice(&[0; 8]);
    sparse::push_zeros(&mut bytes, REGISTERS);
    bytes
}

/// The count that was found last, if nothing was added since.
pub(crate) fn cached_count(bytes: &[u8]) -> Option<u64> {
    let cached = bytes[8..HEADER_LEN].try_into().expect("it is eight bytes");
    let count = u64::from_le_bytes(cached);
    (count >> 63 == 0).then_some(count)
}

/// Keeps a count for the next time it is asked for.
pub(crate) fn cache_count(bytes: &mut [u8], count: u64) {
    bytes[8..HEADER_LEN].copy_from_slice(&count.to_le_bytes());
}

/// Forgets the count that was kept.
pub(crate) fn forget_count(bytes: &mut [u8]) {
    bytes[HEADER_LEN - 1] |= 0x80;
}

/// Sees an element; whether that changed a register. A sparse one that would become longer than so many bytes turns
/// dense.
pub(crate) fn add(
    bytes: &mut BytesMut,
    element: &[u8],
    max_sparse_len: usize,
) -> Result<bool, Corrupted> {
    let (register, value) = hash::place_of(element);
    raise(bytes, register, value, max_sparse_len)
}

/// Gives a register a value, unless the one it has is at least as high; whether it was raised.
pub(crate) fn raise(
    bytes: &mut BytesMut,
    register: usize,
    value: u8,
    max_sparse_len: usize,
) -> Result<bool, Corrupted> {
    if is_dense(bytes) {
        return Ok(dense::raise(&mut bytes[HEADER_LEN..], register, value));
    }
    match sparse::raise(bytes, register, value, max_sparse_len)? {
        sparse::Raised::Not => Ok(false),
        sparse::Raised::InPlace => {
            forget_count(bytes);
            Ok(true)
        }
        sparse::Raised::NeedsDense => {
            make_dense(bytes)?;
            Ok(dense::raise(&mut bytes[HEADER_LEN..], register, value))
        }
    }
}

/// Turns a sparse one into a dense one.
pub(crate) fn make_dense(bytes: &mut BytesMut) -> Result<(), Corrupted> {
    if is_dense(bytes) {
        return Ok(());
    }
    let mut registers = [0; REGISTERS];
    merge(&mut registers, bytes)?;
    let mut dense = BytesMut::zeroed(DENSE_LEN);
    dense[..HEADER_LEN].copy_from_slice(&bytes[..HEADER_LEN]);
    dense[MAGIC.len()] = 0;
    for (register, value) in registers.into_iter().enumerate() {
        dense::raise(&mut dense[HEADER_LEN..], register, value);
    }
    *bytes = dense;
    Ok(())
}

/// Raises registers to those of a `HyperLogLog`. One that is corrupted may have raised some of them.
pub(crate) fn merge(registers: &mut Registers, bytes: &[u8]) -> Result<(), Corrupted> {
    if is_dense(bytes) {
        for (at, register) in registers.iter_mut().enumerate() {
            *register = dense::get(&bytes[HEADER_LEN..], at).max(*register);
        }
        return Ok(());
    }
    let mut at = 0;
    for run in runs(bytes) {
        let covered = registers.get_mut(at..at + run.len()).ok_or(Corrupted)?;
        for register in covered {
            *register = run.value().max(*register);
        }
        at += run.len();
    }
    if at == REGISTERS { Ok(()) } else { Err(Corrupted) }
}

/// About how many different elements it has seen.
pub(crate) fn count(bytes: &[u8]) -> Result<u64, Corrupted> {
    let mut registers = [0; REGISTERS];
    merge(&mut registers, bytes)?;
    Ok(count_of(&registers))
}

/// About how many different elements these registers have seen.
pub(crate) fn count_of(registers: &Registers) -> u64 {
    estimate::count(registers)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: usize = 3000;

    fn seen(elements: std::ops::Range<u32>, max_sparse_len: usize) -> BytesMut {
        let mut bytes = empty();
        for element in elements {
            add(&mut bytes, element.to_string().as_bytes(), max_sparse_len).unwrap();
        }
        bytes
    }

    #[test]
    fn sparse_and_dense_see_the_same() {
        for most in [0, 1, 10, 100, 1000] {
            let (sparse, dense) = (seen(0..most, MAX), seen(0..most, 0));
            assert_eq!(encoding(&sparse), Some(Encoding::Sparse));
            let (mut one, mut other) = ([0; REGISTERS], [0; REGISTERS]);
            merge(&mut one, &sparse).unwrap();
            merge(&mut other, &dense).unwrap();
            assert!(one == other, "{most}");
            assert_eq!(count(&sparse), count(&dense));
        }
    }

    #[test]
    fn counts_are_near_the_truth() {
        for most in [1, 10, 100, 1000, 10_000, 100_000] {
            let found = f64::from(u32::try_from(count(&seen(0..most, MAX)).unwrap()).unwrap());
            let error = (found - f64::from(most)).abs() / f64::from(most);
            assert!(error < 0.03, "{most}: {found}");
        }
    }

    #[test]
    fn a_long_or_high_one_turns_dense() {
        let mut bytes = seen(0..2000, MAX);
        assert!(bytes.len() > 2000);
        raise(&mut bytes, 5, 33, MAX).unwrap();
        assert_eq!(encoding(&bytes), Some(Encoding::Dense));
        assert_eq!(encoding(&seen(0..2000, 100)), Some(Encoding::Dense));
    }

    #[test]
    fn a_count_is_kept_until_a_register_is_raised() {
        let mut bytes = empty();
        assert_eq!(cached_count(&bytes), Some(0));
        add(&mut bytes, b"a", MAX).unwrap();
        assert_eq!(cached_count(&bytes), None);
        cache_count(&mut bytes, 1);
        assert_eq!(add(&mut bytes, b"a", MAX), Ok(false));
        assert_eq!(cached_count(&bytes), Some(1));
    }

    #[test]
    fn runs_that_do_not_add_up_are_found() {
        let good = empty();
        for bytes in [&good[..16], &good[..17], &[&good[..], &[0]].concat()] {
            assert_eq!(count(bytes), Err(Corrupted));
            assert_eq!(make_dense(&mut BytesMut::from(bytes)), Err(Corrupted));
        }
        assert_eq!(add(&mut BytesMut::from(&good[..16]), b"a", MAX), Err(Corrupted));
    }

    #[test]
    fn strings_are_known_by_their_header() {
        assert_eq!(encoding(&empty()), Some(Encoding::Sparse));
        for bytes in
            [&b"HYLL"[..], b"HYLL\x02\0\0\0\0\0\0\0\0\0\0\0", b"HYLL\0\0\0\0\0\0\0\0\0\0\0\0"]
        {
            assert_eq!(encoding(bytes), None);
        }
    }
}
