//! How much room elements take in a listpack, to the byte: real servers size their nodes by it.
use crate::number::parse_i64;

/// What a listpack takes besides its elements.
pub(super) const OVERHEAD: usize = 7;

/// What a string takes in a listpack. One that spells an integer is stored as that integer.
pub(super) fn size_of(value: &[u8]) -> usize {
    let forward = match parse_i64(value) {
        Some(number) => return size_of_int(number),
        None => match value.len() {
            len @ 0..=63 => 1 + len,
            len @ 64..=4095 => 2 + len,
            len => 5 + len,
        },
    };
    with_backward(forward)
}

/// What an integer takes in a listpack.
pub(super) fn size_of_int(number: i64) -> usize {
    with_backward(match number {
        0..=127 => 1,
        -4096..=4095 => 2,
        -0x8000..=0x7fff => 3,
        -0x80_0000..=0x7f_ffff => 4,
        -0x8000_0000..=0x7fff_ffff => 5,
        _ => 9,
    })
}

/// Behind each element stands its length, so that a listpack can be read backwards.
fn with_backward(forward: usize) -> usize {
    let backward = match forward {
        0..=127 => 1,
        128..=16_382 => 2,
        16_383..=2_097_150 => 3,
        2_097_151..=268_435_454 => 4,
        _ => 5,
    };
    forward + backward
}
