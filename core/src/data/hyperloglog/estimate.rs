//! The count of different elements that registers tell: the estimator of Otmar Ertl's "New cardinality estimation
//! algorithms for `HyperLogLog` sketches", with the rounding of the real servers.
use super::{REGISTERS, Registers};

/// The highest value that a register can be raised to is one more.
const Q: usize = 50;
/// 1 / (2 ln 2)
const ALPHA: f64 = 0.721_347_520_444_481_7;
#[expect(clippy::cast_precision_loss, reason = "it is a small power of two")]
const M: f64 = REGISTERS as f64;

/// About how many different elements the registers have seen.
pub(super) fn count(registers: &Registers) -> u64 {
    let mut having = [0_u32; 64];
    for value in registers {
        having[usize::from(*value)] += 1;
    }
    let having = having.map(f64::from);
    let mut z = M * tau((M - having[Q + 1]) / M);
    for value in (1..=Q).rev() {
        z = (z + having[value]) * 0.5;
    }
    z += M * sigma(having[0] / M);
    rounded(ALPHA * M * M / z)
}

/// What cannot be an integer of 63 bits is the lowest of 64, as on the real servers.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is neither negative nor too large"
)]
fn rounded(estimate: f64) -> u64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    let estimate = estimate.round();
    if estimate < LIMIT { estimate as u64 } else { 1 << 63 }
}

/// What the registers without a value add.
#[expect(clippy::float_cmp, reason = "the sum ends where its terms no longer change it")]
fn sigma(mut x: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z == before {
            return z;
        }
    }
}

/// What the registers with the highest value add.
#[expect(clippy::float_cmp, reason = "the sum ends where its terms no longer change it")]
fn tau(mut x: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x) * (1.0 - x) * y;
        if z == before {
            return z / 3.0;
        }
    }
}
