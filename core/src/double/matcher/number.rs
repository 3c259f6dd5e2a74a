//! Numbers that arguments are compared with: integers and floats as the server reads them.
use crate::number::{parse_f64, parse_i64};
use std::cmp::Ordering;
use std::fmt;

/// A number that an argument is compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// An integer: compared exactly.
    Int(i64),
    /// A floating point number.
    Float(f64),
}

impl Number {
    /// Reads an argument as the server does: an integer in its one canonical spelling, or else a float as ZADD takes it.
    pub(super) fn read(arg: &[u8]) -> Option<Number> {
        parse_i64(arg).map(Number::Int).or_else(|| parse_f64(arg).map(Number::Float))
    }

    /// How it compares with another; with NaN nothing does.
    pub(super) fn compare(self, other: Number) -> Option<Ordering> {
        match (self, other) {
            (Number::Int(one), Number::Int(other)) => Some(one.cmp(&other)),
            (Number::Float(one), Number::Float(other)) => one.partial_cmp(&other),
            (Number::Int(one), Number::Float(other)) => compare_exactly(one, other),
            (Number::Float(one), Number::Int(other)) => {
                compare_exactly(other, one).map(Ordering::reverse)
            }
        }
    }
}

/// Compares without rounding the integer to a float, which has fewer digits.
fn compare_exactly(integer: i64, float: f64) -> Option<Ordering> {
    const END: f64 = 9_223_372_036_854_775_808.0;
    if float.is_nan() {
        return None;
    }
    if float >= END {
        return Some(Ordering::Less);
    }
    if float < -END {
        return Some(Ordering::Greater);
    }
    #[expect(clippy::cast_possible_truncation, reason = "the float is in the range of an i64")]
    let whole = float.trunc() as i64;
    let fraction = float.fract().partial_cmp(&0.0)?;
    Some(integer.cmp(&whole).then(fraction.reverse()))
}

macro_rules! from_integers {
    ($($of:ty)*) => {$(
        impl From<$of> for Number {
            fn from(number: $of) -> Number {
                Number::Int(number.into())
            }
        }
    )*};
}

from_integers!(i8 i16 i32 i64 u8 u16 u32);

impl From<f32> for Number {
    fn from(number: f32) -> Number {
        Number::Float(number.into())
    }
}

impl From<f64> for Number {
    fn from(number: f64) -> Number {
        Number::Float(number)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::Int(number) => number.fmt(f),
            Number::Float(number) if number.is_finite() => write!(f, "{number:?}"),
            Number::Float(number) => write!(f, "float(\"{}\")", number.to_string().to_lowercase()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_and_floats_are_compared_to_the_last_digit() {
        let compare =
            |one: &str, other: Number| Number::read(one.as_bytes()).unwrap().compare(other);
        assert_eq!(
            compare("9007199254740993", Number::Float(9_007_199_254_740_992.0)),
            Some(Ordering::Greater)
        );
        assert_eq!(compare("9223372036854775807", Number::Float(9.3e18)), Some(Ordering::Less));
        assert_eq!(
            compare("-9223372036854775808", Number::Float(-9.3e18)),
            Some(Ordering::Greater)
        );
        assert_eq!(compare("2", Number::Float(2.5)), Some(Ordering::Less));
        assert_eq!(compare("-2", Number::Float(-2.5)), Some(Ordering::Greater));
        assert_eq!(compare("2.0", Number::Int(2)), Some(Ordering::Equal));
        assert_eq!(compare("inf", Number::Int(i64::MAX)), Some(Ordering::Greater));
        assert_eq!(compare("1", Number::Float(f64::NAN)), None);
    }

    #[test]
    fn what_the_server_does_not_take_for_a_number_is_none() {
        for text in ["", "abc", " 1", "1 ", "nan", "1,5"] {
            assert_eq!(Number::read(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(Number::read(b"1e3"), Some(Number::Float(1000.0)));
    }
}
