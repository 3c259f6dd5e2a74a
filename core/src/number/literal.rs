//! The grammar of C's floating point literals, and their exact values.

use num_bigint::BigUint;

use super::{ascii, long_double::LongDouble};

/// A number as it is spelt; NaN is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Literal<'a> {
    pub(super) negative: bool,
    pub(super) magnitude: Magnitude<'a>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Magnitude<'a> {
    Infinity,
    /// The exponent is one of ten.
    Decimal {
        whole: &'a [u8],
        fraction: &'a [u8],
        exponent: i64,
    },
    /// The exponent is one of two.
    Hexadecimal {
        whole: &'a [u8],
        fraction: &'a [u8],
        exponent: i64,
    },
}

impl<'a> Literal<'a> {
    /// Reads the whole text as a number.
    pub(super) fn parse(text: &'a [u8]) -> Option<Literal<'a>> {
        let (negative, text) = sign(text);
        let magnitude =
            if text.eq_ignore_ascii_case(b"inf") || text.eq_ignore_ascii_case(b"infinity") {
                Magnitude::Infinity
            } else if let [b'0', b'x' | b'X', text @ ..] = text {
                let (whole, fraction, exponent) = parts(text, u8::is_ascii_hexdigit, b'p')?;
                Magnitude::Hexadecimal { whole, fraction, exponent }
            } else {
                let (whole, fraction, exponent) = parts(text, u8::is_ascii_digit, b'e')?;
                Magnitude::Decimal { whole, fraction, exponent }
            };
        Some(Literal { negative, magnitude })
    }

    pub(super) fn is_zero(&self) -> bool {
        match self.magnitude {
            Magnitude::Infinity => false,
            Magnitude::Decimal { whole, fraction, .. }
            | Magnitude::Hexadecimal { whole, fraction, .. } => {
                whole.iter().chain(fraction).all(|&digit| digit == b'0')
            }
        }
    }

    /// The nearest double, which may be infinite or zero; `text` is what the literal was parsed from.
    pub(super) fn to_f64(&self, text: &[u8]) -> Option<f64> {
        match self.magnitude {
            Magnitude::Hexadecimal { whole, fraction, exponent } => {
                let number = hexadecimal_to_f64(whole, fraction, exponent);
                Some(if self.negative { -number } else { number })
            }
            Magnitude::Infinity | Magnitude::Decimal { .. } => ascii(text)?.parse().ok(),
        }
    }

    /// The nearest long double, which may be infinite or zero.
    pub(super) fn to_long_double(&self) -> LongDouble {
        let (numerator, denominator, exponent) = match self.magnitude {
            Magnitude::Infinity => return LongDouble::infinite(self.negative),
            Magnitude::Decimal { whole, fraction, exponent } => {
                decimal_ratio(whole, fraction, exponent)
            }
            Magnitude::Hexadecimal { whole, fraction, exponent } => {
                let exponent = exponent.saturating_sub(length(fraction) * 4);
                (digits(whole, fraction, 16), BigUint::from(1_u8), exponent)
            }
        };
        LongDouble::from_ratio(self.negative, &numerator, &denominator, exponent)
    }
}

fn sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

/// Splits digits, a point, more digits and an exponent; there must be a digit, and nothing may follow.
fn parts(text: &[u8], is_digit: fn(&u8) -> bool, exponent_mark: u8) -> Option<(&[u8], &[u8], i64)> {
    let run = |text: &[u8]| text.iter().take_while(|byte| is_digit(byte)).count();
    let (whole, rest) = text.split_at(run(text));
    let (fraction, rest) = match rest {
        [b'.', rest @ ..] => rest.split_at(run(rest)),
        _ => rest.split_at(0),
    };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let exponent = match rest {
        [] => 0,
        [mark, rest @ ..] if mark.eq_ignore_ascii_case(&exponent_mark) => exponent(rest)?,
        _ => return None,
    };
    Some((whole, fraction, exponent))
}

/// Reads an exponent; one too large to matter is as good as any other such.
fn exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = sign(text);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let magnitude = digits
        .iter()
        .fold(0_i64, |value, digit| (value * 10 + i64::from(digit - b'0')).min(1 << 40));
    Some(if negative { -magnitude } else { magnitude })
}

/// A numerator and a denominator (and an exponent of two, which is 0).
fn decimal_ratio(whole: &[u8], fraction: &[u8], exponent: i64) -> (BigUint, BigUint, i64) {
    let digits = digits(whole, fraction, 10);
    // Beyond these bounds everything is infinite or zero anyway, and the power would be huge.
    let reach = 5_000 + length(whole) + length(fraction);
    let exponent = exponent.saturating_sub(length(fraction)).clamp(-reach, reach);
    let power = BigUint::from(10_u8)
        .pow(u32::try_from(exponent.unsigned_abs()).expect("it has just been clamped"));
    if exponent < 0 { (digits, power, 0) } else { (digits * power, BigUint::from(1_u8), 0) }
}

fn hexadecimal_to_f64(whole: &[u8], fraction: &[u8], exponent: i64) -> f64 {
    const DIGITS: u64 = 53;
    const LOWEST_EXPONENT: i64 = -1074;
    let digits = digits(whole, fraction, 16);
    let exponent = exponent.saturating_sub(length(fraction) * 4);
    let (mantissa, exponent) = round(&digits, exponent, DIGITS, LOWEST_EXPONENT);
    #[expect(clippy::cast_precision_loss, reason = "the mantissa has been rounded to fit")]
    let mut number = mantissa as f64;
    let mut exponent = exponent;
    while exponent > 0 && number != 0.0 && number.is_finite() {
        number *= 2.0;
        exponent -= 1;
    }
    // Every step is exact, since the lowest exponent was heeded when rounding.
    while exponent < 0 && number != 0.0 {
        number /= 2.0;
        exponent += 1;
    }
    number
}

fn digits(whole: &[u8], fraction: &[u8], radix: u32) -> BigUint {
    BigUint::parse_bytes(&[whole, fraction].concat(), radix)
        .expect("the grammar lets only digits through")
}

fn length(text: &[u8]) -> i64 {
    i64::try_from(text.len()).expect("a slice is not that long")
}

/// Rounds `integer * 2^exponent` to a mantissa of so many bits and an exponent not below the lowest: to the nearest,
/// and between two to the even one.
pub(super) fn round(
    integer: &BigUint,
    exponent: i64,
    bits: u64,
    lowest_exponent: i64,
) -> (u64, i64) {
    let excess = i64::try_from(integer.bits()).expect("no integer is that long")
        - i64::try_from(bits).expect("few");
    let shift = excess.max(lowest_exponent.saturating_sub(exponent)).max(0);
    if shift == 0 {
        return (u64::try_from(integer).expect("it has at most `bits` bits"), exponent);
    }
    let places = shift.unsigned_abs();
    if places > integer.bits() {
        return (0, lowest_exponent);
    }
    let mut mantissa = integer >> places;
    let half = integer.bit(places - 1);
    let more_than_half = integer.trailing_zeros().is_some_and(|zeros| zeros < places - 1);
    if half && (more_than_half || mantissa.bit(0)) {
        mantissa += 1_u8;
    }
    let carried = u64::from(mantissa.bits() > bits);
    mantissa >>= carried;
    (
        u64::try_from(&mantissa).expect("it has at most `bits` bits"),
        exponent + shift + i64::from(carried > 0),
    )
}
