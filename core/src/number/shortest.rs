//! Doubles in few digits, as Redis writes them from 7.2 on.
//!
//! The digits are those of Grisu2 (Loitsch, "Printing Floating-Point Numbers Quickly and Accurately with Integers"),
//! which now and then, when a shorter spelling lies near the border of what reads back as the same number, does not
//! find it. So does the real server.

use std::sync::LazyLock;

use num_bigint::BigUint;

use super::literal::round;

/// Doubles that are integers up to this are written as integers: half of the largest `i64`.
const LARGEST_INTEGER: f64 = 4_611_686_018_427_387_904.0;

const FIRST_POWER: i32 = -348;
const POWER_STEP: i32 = 8;
const POWERS: i32 = 87;

/// The powers of ten that bring a number to where its digits can be taken off 64 bits.
static POWERS_OF_TEN: LazyLock<Vec<Float>> = LazyLock::new(|| {
    (0..POWERS).map(|index| power_of_ten(FIRST_POWER + index * POWER_STEP)).collect()
});

/// After scaling the exponent is in this range.
const SCALED_EXPONENT: std::ops::RangeInclusive<i32> = -60..=-32;

/// A number `fraction * 2^exponent`.
#[derive(Clone, Copy, Debug)]
struct Float {
    fraction: u64,
    exponent: i32,
}

/// Writes a double as Redis does from 7.2 on, and Valkey.
pub(crate) fn format_f64(number: f64) -> String {
    let magnitude = number.abs();
    #[expect(clippy::float_cmp, reason = "an integer is exactly its own floor")]
    let integer = magnitude <= LARGEST_INTEGER && magnitude == magnitude.floor();
    if integer {
        let sign = if number.is_sign_negative() { "-" } else { "" };
        return format!("{sign}{magnitude:.0}");
    }
    format_f64_by_digits(number)
}

/// Writes a double as they do where they do not look whether it is an integer: a large one gets an exponent.
pub(crate) fn format_f64_by_digits(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    let sign = if number.is_sign_negative() { "-" } else { "" };
    let magnitude = number.abs();
    if magnitude.is_infinite() {
        return format!("{sign}inf");
    }
    if magnitude == 0.0 {
        return format!("{sign}0");
    }
    let (digits, exponent) = digits(magnitude);
    format!("{sign}{}", place_point(&digits, exponent))
}

/// Writes `digits * 10^exponent`, with an exponent where the real server does.
fn place_point(digits: &str, exponent: i32) -> String {
    let count = i32::try_from(digits.len()).expect("a double has at most 17 digits");
    let magnitude = exponent + count - 1;
    if exponent >= 0 && magnitude < count + 7 {
        let zeros = usize::try_from(exponent).expect("it is not negative");
        return format!("{digits}{:0<zeros$}", "");
    }
    if exponent < 0 && (exponent > -7 || magnitude.abs() < 4) {
        if let Ok(point @ 1..) = usize::try_from(count + exponent) {
            return format!("{}.{}", &digits[..point], &digits[point..]);
        }
        let zeros = usize::try_from(-exponent - count).expect("the point is before the digits");
        return format!("0.{:0<zeros$}{digits}", "");
    }
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    let sign = if magnitude < 0 { '-' } else { '+' };
    format!("{first}{point}{rest}e{sign}{}", magnitude.abs())
}

/// Digits and the exponent of ten of the last of them.
fn digits(number: f64) -> (String, i32) {
    let exact = Float::from_double(number);
    let (lower, upper) = exact.boundaries();
    let (power, scale) = scaling_power(upper.exponent);
    let exact = exact.normalized().times(scale);
    let (mut lower, mut upper) = (lower.times(scale), upper.times(scale));
    // A product may be off by one; within these, every digit is safe.
    lower.fraction += 1;
    upper.fraction -= 1;
    let (digits, exponent) = Cut::new(exact, lower, upper).take_digits();
    (digits, exponent - power)
}

impl Float {
    fn from_double(number: f64) -> Float {
        const HIDDEN: u64 = 1 << 52;
        let bits = number.to_bits();
        let exponent = i32::try_from(bits >> 52).expect("a positive double has 11 such bits");
        match exponent {
            0 => Float { fraction: bits, exponent: -1074 },
            _ => Float { fraction: bits % HIDDEN + HIDDEN, exponent: exponent - 1075 },
        }
    }

    fn normalized(self) -> Float {
        let places = self.fraction.leading_zeros();
        Float {
            fraction: self.fraction << places,
            exponent: self.exponent - i32::try_from(places).expect("at most 64"),
        }
    }

    /// Half way to the next number below and above, with one exponent.
    fn boundaries(self) -> (Float, Float) {
        let upper =
            Float { fraction: self.fraction * 2 + 1, exponent: self.exponent - 1 }.normalized();
        // Below a power of two the numbers are twice as dense.
        let closer = if self.fraction == 1 << 52 { 2 } else { 1 };
        let lower = (self.fraction << closer) - 1;
        let places = self.exponent - closer - upper.exponent;
        (Float { fraction: lower << places, exponent: upper.exponent }, upper)
    }

    fn times(self, other: Float) -> Float {
        let product = u128::from(self.fraction) * u128::from(other.fraction) + (1 << 63);
        let fraction = u64::try_from(product >> 64).expect("the upper half of a product");
        Float { fraction, exponent: self.exponent + other.exponent + 64 }
    }
}

/// The power of ten to scale a number of this exponent by.
fn scaling_power(exponent: i32) -> (i32, Float) {
    #[expect(clippy::cast_possible_truncation, reason = "a first guess, which is corrected below")]
    let guess = (-f64::from(exponent + POWERS) * std::f64::consts::LOG10_2) as i32;
    let mut index = (guess - FIRST_POWER) / POWER_STEP;
    loop {
        let power =
            POWERS_OF_TEN[usize::try_from(index).expect("the powers reach beyond all doubles")];
        let scaled = exponent + power.exponent + 64;
        if scaled < *SCALED_EXPONENT.start() {
            index += 1;
        } else if scaled > *SCALED_EXPONENT.end() {
            index -= 1;
        } else {
            return (FIRST_POWER + index * POWER_STEP, power);
        }
    }
}

fn power_of_ten(power: i32) -> Float {
    let magnitude = BigUint::from(10_u8).pow(power.unsigned_abs());
    let (fraction, exponent) = if power >= 0 {
        round(&magnitude, 0, 64, i64::MIN)
    } else {
        let places = magnitude.bits() + 128;
        let inverse = (BigUint::from(1_u8) << places) / magnitude;
        round(&inverse, -i64::try_from(places).expect("some 1300"), 64, i64::MIN)
    };
    Float { fraction, exponent: i32::try_from(exponent).expect("some 1300") }.normalized()
}

/// The cutting of digits off the upper boundary until what is left lies above the lower one.
struct Cut {
    /// The distance of the boundaries.
    delta: u64,
    /// The distance of the exact number from the upper boundary.
    distance: u64,
    /// The places of the binary point.
    point: u32,
    whole: u64,
    fraction: u64,
    digits: Vec<u8>,
}

impl Cut {
    fn new(exact: Float, lower: Float, upper: Float) -> Cut {
        let point = upper.exponent.unsigned_abs();
        Cut {
            delta: upper.fraction - lower.fraction,
            distance: upper.fraction - exact.fraction,
            point,
            whole: upper.fraction >> point,
            fraction: upper.fraction % (1 << point),
            digits: Vec::new(),
        }
    }

    fn take_digits(mut self) -> (String, i32) {
        let exponent = self.cut_whole().unwrap_or_else(|| self.cut_fraction());
        (String::from_utf8(self.digits).expect("digits are ASCII"), exponent)
    }

    fn cut_whole(&mut self) -> Option<i32> {
        for exponent in (0..10).rev() {
            let unit = 10_u64.pow(exponent);
            self.push(self.whole / unit);
            self.whole %= unit;
            let rest = (self.whole << self.point) + self.fraction;
            if rest <= self.delta {
                self.approach(rest, unit << self.point, self.distance);
                return i32::try_from(exponent).ok();
            }
        }
        None
    }

    fn cut_fraction(&mut self) -> i32 {
        let mut exponent = 0;
        let mut scale = 1_u64;
        loop {
            self.fraction *= 10;
            self.delta *= 10;
            scale = scale.wrapping_mul(10);
            exponent -= 1;
            self.push(self.fraction >> self.point);
            self.fraction %= 1 << self.point;
            if self.fraction < self.delta {
                self.approach(self.fraction, 1 << self.point, self.distance.wrapping_mul(scale));
                return exponent;
            }
        }
    }

    /// Leading zeros are not taken.
    fn push(&mut self, digit: u64) {
        if digit > 0 || !self.digits.is_empty() {
            self.digits.push(b'0' + u8::try_from(digit).expect("a digit"));
        }
    }

    /// Lowers the last digit as long as that comes closer to the exact number.
    fn approach(&mut self, rest: u64, unit: u64, distance: u64) {
        let mut rest = rest;
        while rest < distance
            && self.delta - rest >= unit
            && (rest + unit < distance || distance - rest > rest + unit - distance)
        {
            if let Some(last) = self.digits.last_mut() {
                *last -= 1;
            }
            rest += unit;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every line was read from Redis 8.0.2 and Valkey 8.1.
    #[test]
    fn doubles_are_written_as_the_real_server_writes_them() {
        for (number, text) in [
            (1e10, "10000000000"),
            (1e18, "1000000000000000000"),
            (9e18, "9e+18"),
            (984_591_476_092_587_136.0, "984591476092587136"),
            (9_223_372_036_854_775_807.0, "9223372036854776000"),
            (1e19, "1e+19"),
            (1.5e19, "1.5e+19"),
            (123_456_789e12, "1.23456789e+20"),
            (123_456_789_012_345_680_000.0, "123456789012345680000"),
            (1e-5, "0.00001"),
            (1e-6, "0.000001"),
            (0.000_012_34, "1.234e-5"),
            (1.5e-7, "1.5e-7"),
            (-0.000_123, "-0.000123"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (0.1, "0.1"),
            (3.000_000_000_000_000_4, "3.0000000000000004"),
            (-0.0, "-0"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(format_f64(number), text);
        }
    }

    #[test]
    fn a_shorter_spelling_may_be_missed() {
        assert_eq!(format_f64(-1.547_182_503_134_182e-78), "-1.5471825031341819e-78");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_written_reads_back_as_the_same(bits in any::<u64>()) {
            let number = f64::from_bits(bits);
            prop_assume!(number.is_finite());
            prop_assert_eq!(format_f64(number).parse::<f64>().unwrap().to_bits(), bits);
        }
    }
}
