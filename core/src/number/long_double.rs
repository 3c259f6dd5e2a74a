//! The x87 extended double in which INCRBYFLOAT, HINCRBYFLOAT and timeouts are reckoned.

use std::{cmp::Ordering, fmt};

use num_bigint::{BigInt, BigUint, Sign};

use super::{
    literal::{Literal, Magnitude, round},
    without_trailing_zeros,
};

const BITS: u64 = 64;

/// The exponent of the last bit of the smallest numbers.
const LOWEST_EXPONENT: i64 = -16_445;

/// Numbers from two to this power on are infinite.
const OVERFLOW_EXPONENT: i64 = 16_384;

/// The real server copies what it reads into a buffer of five kilobytes, which must hold a zero byte too.
const LONGEST_TEXT: usize = 5 * 1024 - 1;

/// The real server writes 17 decimals.
const DECIMALS: u32 = 17;

/// A number with a mantissa of 64 bits, rounded to the nearest after every operation; the real server's results come
/// out of it digit by digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LongDouble {
    negative: bool,
    value: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    Nan,
    Infinite,
    /// `mantissa * 2^exponent`; the mantissa need not be normalised.
    Finite {
        mantissa: u64,
        exponent: i64,
    },
}

impl From<i64> for LongDouble {
    fn from(integer: i64) -> LongDouble {
        LongDouble {
            negative: integer < 0,
            value: Value::Finite { mantissa: integer.unsigned_abs(), exponent: 0 },
        }
    }
}

impl LongDouble {
    /// Reads a number as INCRBYFLOAT does: hexadecimals and infinities are numbers; NaN, spaces and what is out of
    /// range, more than 1.2e4932 or less than 1.8e-4951, are not.
    pub(crate) fn parse(text: &[u8]) -> Option<LongDouble> {
        if text.len() > LONGEST_TEXT {
            return None;
        }
        let literal = Literal::parse(text)?;
        let number = literal.to_long_double();
        let infinite = literal.magnitude == Magnitude::Infinity;
        let out_of_range =
            number.is_finite() == infinite || (number.is_zero() && !literal.is_zero());
        (!out_of_range).then_some(number)
    }

    /// Whether it is neither infinite nor NaN.
    pub(crate) fn is_finite(self) -> bool {
        matches!(self.value, Value::Finite { .. })
    }

    pub(crate) fn is_nan(self) -> bool {
        self.value == Value::Nan
    }

    /// Whether it is less than zero.
    pub(crate) fn is_negative(self) -> bool {
        self.negative && !self.is_zero() && !self.is_nan()
    }

    /// The smallest integer not below it, if an `i64` holds it: how a timeout becomes milliseconds.
    pub(crate) fn ceil_to_i64(self) -> Option<i64> {
        let (integer, exponent) = self.as_integer()?;
        let places = exponent.unsigned_abs();
        if exponent >= 0 {
            let fits = places < 64 || integer.sign() == Sign::NoSign;
            return if fits { i64::try_from(integer << places.min(64)).ok() } else { None };
        }
        // Shifting to the right rounds down, so the ceiling is what it does to the opposite.
        i64::try_from(-(-integer >> places)).ok()
    }

    /// Whether it is less than another; neither may be NaN.
    pub(crate) fn is_less_than(self, other: LongDouble) -> bool {
        (self + -other).is_negative()
    }

    pub(super) fn infinite(negative: bool) -> LongDouble {
        LongDouble { negative, value: Value::Infinite }
    }

    /// The number nearest to `numerator / denominator * 2^exponent`.
    pub(super) fn from_ratio(
        negative: bool,
        numerator: &BigUint,
        denominator: &BigUint,
        exponent: i64,
    ) -> LongDouble {
        // Two bits more than the mantissa has, the last of them set if anything is left over, decide the rounding.
        let places = (BITS + 2 + denominator.bits()).saturating_sub(numerator.bits());
        let shifted = numerator << places;
        let mut quotient = &shifted / denominator;
        let is_exact = &quotient * denominator == shifted;
        quotient <<= 1_u8;
        quotient.set_bit(0, !is_exact);
        let places = i64::try_from(places).expect("texts are not that long") + 1;
        LongDouble::rounded(negative, &quotient, exponent.saturating_sub(places))
    }

    fn rounded(negative: bool, integer: &BigUint, exponent: i64) -> LongDouble {
        let (mantissa, exponent) = round(integer, exponent, BITS, LOWEST_EXPONENT);
        let bits = BITS - u64::from(mantissa.leading_zeros());
        let magnitude =
            exponent.saturating_add(i64::try_from(bits).expect("a mantissa has 64 bits"));
        if mantissa != 0 && magnitude > OVERFLOW_EXPONENT {
            return LongDouble::infinite(negative);
        }
        let exponent = if mantissa == 0 { 0 } else { exponent };
        LongDouble { negative, value: Value::Finite { mantissa, exponent } }
    }

    fn is_zero(self) -> bool {
        matches!(self.value, Value::Finite { mantissa: 0, .. })
    }

    /// The number as an integer and an exponent of two, if it is finite.
    fn as_integer(self) -> Option<(BigInt, i64)> {
        let Value::Finite { mantissa, exponent } = self.value else {
            return None;
        };
        let integer = BigInt::from(mantissa);
        Some((if self.negative { -integer } else { integer }, exponent))
    }
}

impl std::ops::Neg for LongDouble {
    type Output = LongDouble;

    fn neg(self) -> LongDouble {
        LongDouble { negative: !self.negative, ..self }
    }
}

impl std::ops::Add for LongDouble {
    type Output = LongDouble;

    fn add(self, other: LongDouble) -> LongDouble {
        let (Some((a, a_exponent)), Some((b, b_exponent))) =
            (self.as_integer(), other.as_integer())
        else {
            return match (self.value, other.value) {
                (Value::Infinite, Value::Infinite) if self.negative != other.negative => {
                    LongDouble { negative: true, value: Value::Nan }
                }
                (Value::Finite { .. }, _) | (_, Value::Nan) => other,
                _ => self,
            };
        };
        let exponent = a_exponent.min(b_exponent);
        let sum = (a << (a_exponent - exponent).unsigned_abs())
            + (b << (b_exponent - exponent).unsigned_abs());
        let negative = match sum.sign() {
            Sign::Minus => true,
            Sign::Plus => false,
            Sign::NoSign => self.negative && other.negative,
        };
        LongDouble::rounded(negative, sum.magnitude(), exponent)
    }
}

impl std::ops::Mul for LongDouble {
    type Output = LongDouble;

    fn mul(self, other: LongDouble) -> LongDouble {
        let negative = self.negative != other.negative;
        if let (Some((a, a_exponent)), Some((b, b_exponent))) =
            (self.as_integer(), other.as_integer())
        {
            return LongDouble::rounded(negative, (a * b).magnitude(), a_exponent + b_exponent);
        }
        if self.is_nan() || other.is_nan() || self.is_zero() || other.is_zero() {
            return LongDouble { negative: true, value: Value::Nan };
        }
        LongDouble::infinite(negative)
    }
}

/// Writes 17 decimals without the zeros at their end, as INCRBYFLOAT does.
impl fmt::Display for LongDouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Value::Finite { mantissa, exponent } = self.value else {
            let sign = if self.negative { "-" } else { "" };
            return write!(f, "{sign}{}", if self.is_nan() { "nan" } else { "inf" });
        };
        let scaled = BigUint::from(mantissa) * BigUint::from(10_u8).pow(DECIMALS);
        let places = exponent.unsigned_abs();
        let units =
            if exponent >= 0 { scaled << places } else { shift_right_to_nearest(&scaled, places) };
        let decimals = DECIMALS as usize;
        let digits = format!("{:0>width$}", units.to_string(), width = decimals + 1);
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        let decimal = format!("{whole}.{fraction}");
        let text = without_trailing_zeros(&decimal);
        // A zero is written without its sign.
        let sign = if self.negative && text != "0" { "-" } else { "" };
        write!(f, "{sign}{text}")
    }
}

fn shift_right_to_nearest(integer: &BigUint, places: u64) -> BigUint {
    let down = integer >> places;
    let rest = integer - (&down << places);
    let up = match (rest << 1_u8).cmp(&(BigUint::from(1_u8) << places)) {
        Ordering::Less => false,
        Ordering::Equal => down.bit(0),
        Ordering::Greater => true,
    };
    if up { down + 1_u8 } else { down }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> LongDouble {
        LongDouble::parse(text.as_bytes()).unwrap()
    }

    fn sum(a: &str, b: &str) -> String {
        (number(a) + number(b)).to_string()
    }

    /// Every line was read from Redis 7.0.15 and 8.0.2.
    #[test]
    fn sums_are_those_of_the_real_server() {
        for (a, b, expected) in [
            ("0", "0.1", "0.1"),
            ("0", "1e-400", "0"),
            ("0", "-.5e-3", "-0.0005"),
            ("-0", "-0", "0"),
            ("0", "-0.0000000000000000000001", "0"),
            ("0", "9007199254740993", "9007199254740993"),
            ("0", "0x11111111111111111111", "80595054640975278317568"),
            ("0", "0x1.8p1", "3"),
        ] {
            assert_eq!(sum(a, b), expected, "{a} + {b}");
        }
        assert!(sum("0", "1e400").starts_with("1000000000000000000028188068394758651458645"));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        let long = "1".repeat(5000);
        let zeros = "0".repeat(5120);
        for text in
            ["", " 1", "1 ", "nan", "1e", "1e5000", "1e-5000", "1\0", long.as_str(), zeros.as_str()]
        {
            assert_eq!(LongDouble::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn infinities_are_seen() {
        assert!(!number("inf").is_finite());
        assert!(!(number("1.1e4932") + number("1.1e4932")).is_finite());
        assert!((number("inf") + number("-inf")).is_nan());
        assert!(number("-inf").is_negative() && !number("-0").is_negative());
    }

    #[test]
    fn timeouts_are_rounded_up_to_milliseconds() {
        let milliseconds = |text| (number(text) * LongDouble::from(1000)).ceil_to_i64();
        assert_eq!(milliseconds("0.1"), Some(100));
        assert_eq!(milliseconds("0.0001"), Some(1));
        assert_eq!(milliseconds("-0.0001"), Some(0));
        assert_eq!(milliseconds("9223372036854775.807"), Some(i64::MAX));
        assert_eq!(milliseconds("9223372036854776"), None);
        assert_eq!(milliseconds("1e400"), None);
        assert_eq!(milliseconds("inf"), None);
    }
}
