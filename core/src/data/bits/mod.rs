//! Strings as rows of bits: the highest bit of the first byte is the first bit of all.

mod combine;
mod field;

use std::ops::Range;

pub(crate) use combine::{Combination, combine};
pub(crate) use field::{Field, Overflow};

/// The bit at an offset; behind the end all bits are 0.
pub(crate) fn get(bytes: &[u8], offset: usize) -> bool {
    bytes.get(offset / 8).is_some_and(|byte| byte & mask(offset) != 0)
}

/// Sets or clears the bit at an offset, which must be there; what it was before.
pub(crate) fn set(bytes: &mut [u8], offset: usize, on: bool) -> bool {
    let old = get(bytes, offset);
    if old != on {
        bytes[offset / 8] ^= mask(offset);
    }
    old
}

fn mask(offset: usize) -> u8 {
    0x80 >> (offset % 8)
}

/// How many bits are set in a range of bits.
pub(crate) fn count(bytes: &[u8], range: Range<usize>) -> usize {
    if range.is_empty() {
        return 0;
    }
    let (first, last) = (range.start / 8, (range.end - 1) / 8);
    let (words, rest) = bytes[first..=last].as_chunks::<8>();
    let in_words = words.iter().map(|word| u64::from_ne_bytes(*word).count_ones() as usize);
    let in_rest = rest.iter().map(|byte| byte.count_ones() as usize);
    let in_bytes = in_words.sum::<usize>() + in_rest.sum::<usize>();
    let before = (first * 8..range.start).filter(|&bit| get(bytes, bit)).count();
    let after = (range.end..(last + 1) * 8).filter(|&bit| get(bytes, bit)).count();
    in_bytes - before - after
}

/// The place of the first bit in a range of bits that is set, or clear.
pub(crate) fn position(bytes: &[u8], mut range: Range<usize>, on: bool) -> Option<usize> {
    let without = if on { 0x00 } else { 0xff };
    while let Some(bit) = range.next() {
        if get(bytes, bit) == on {
            return Some(bit);
        }
        if range.start.is_multiple_of(8) && !range.is_empty() {
            let rest = &bytes[range.start / 8..];
            let skipped = rest.iter().take_while(|&&byte| byte == without).count();
            range.start = range.end.min(range.start + skipped * 8);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYTES: [u8; 10] = [0b0000_0001, 0xff, 0x00, 0b1000_0000, 0xff, 0xff, 0, 0, 0xf0, 0x01];

    #[test]
    fn bits_are_counted_from_the_highest_of_a_byte() {
        let mut bytes = [0; 2];
        assert!(!set(&mut bytes, 7, true));
        assert!(!set(&mut bytes, 8, true));
        assert_eq!(bytes, [0x01, 0x80]);
        assert!(set(&mut bytes, 8, false));
        assert!(get(&bytes, 7));
        assert!(!get(&bytes, 8));
        assert!(!get(&bytes, usize::MAX));
    }

    #[test]
    fn every_range_is_counted_and_searched_as_one_bit_at_a_time() {
        for start in 0..=80 {
            for end in start..=80 {
                let set = (start..end).filter(|&bit| get(&BYTES, bit));
                assert_eq!(count(&BYTES, start..end), set.count(), "{start}..{end}");
                for on in [false, true] {
                    let first = (start..end).find(|&bit| get(&BYTES, bit) == on);
                    assert_eq!(position(&BYTES, start..end, on), first, "{start}..{end} {on}");
                }
            }
        }
    }
}
