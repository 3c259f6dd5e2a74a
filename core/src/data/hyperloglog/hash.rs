//! Which register an element falls to, and what it raises it to.
use super::REGISTERS;

const SEED: u64 = 0xadc8_3b19;
/// How many bits of a hash tell the register.
const INDEX_BITS: u32 = REGISTERS.ilog2();

/// The register of an element, and one more than the zeros that its hash has before the first bit set.
pub(super) fn place_of(element: &[u8]) -> (usize, u8) {
    let hash = murmur64a(element, SEED);
    let register = usize::try_from(hash % REGISTERS as u64).expect("there are few registers");
    // A bit behind the last ends a hash of zeros alone.
    let rest = hash >> INDEX_BITS | 1 << (64 - INDEX_BITS);
    let value = u8::try_from(rest.trailing_zeros() + 1).expect("a hash has 64 bits");
    (register, value)
}

/// `MurmurHash64A`.
fn murmur64a(bytes: &[u8], seed: u64) -> u64 {
    const M: u64 = 0xc6a4_a793_5bd1_e995;
    let mix = |word: u64| {
        let word = word.wrapping_mul(M);
        (word ^ word >> 47).wrapping_mul(M)
    };
    let (words, tail) = bytes.as_chunks::<8>();
    let mut hash = seed ^ (bytes.len() as u64).wrapping_mul(M);
    for word in words {
        hash = (hash ^ mix(u64::from_le_bytes(*word))).wrapping_mul(M);
    }
    if !tail.is_empty() {
        let mut word = [0; 8];
        word[..tail.len()].copy_from_slice(tail);
        hash = (hash ^ u64::from_le_bytes(word)).wrapping_mul(M);
    }
    hash = (hash ^ hash >> 47).wrapping_mul(M);
    hash ^ hash >> 47
}
