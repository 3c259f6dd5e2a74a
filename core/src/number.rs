//! Numbers as the real server reads and writes them, to the last digit.

mod literal;
mod long_double;
mod shortest;

pub(crate) use long_double::LongDouble;
pub(crate) use shortest::{format_f64, format_f64_by_digits};

use literal::{Literal, Magnitude};

/// Reads an integer in its one canonical spelling: no plus sign, no leading zeros, no spaces, no `-0`.
pub(crate) fn parse_i64(text: &[u8]) -> Option<i64> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    match digits {
        [b'0'] if digits.len() == text.len() => Some(0),
        [b'1'..=b'9', ..] if digits.len() < 20 => {
            // Below zero there is one more of them.
            let add = |number: i64, byte: &u8| {
                let digit = byte.is_ascii_digit().then(|| i64::from(byte - b'0'))?;
                number.checked_mul(10)?.checked_sub(digit)
            };
            let negative = digits.iter().try_fold(0, add)?;
            if digits.len() < text.len() { Some(negative) } else { negative.checked_neg() }
        }
        _ => None,
    }
}

/// Reads an unsigned integer in its one canonical spelling.
pub(crate) fn parse_u64(text: &[u8]) -> Option<u64> {
    match text {
        [b'0'] => Some(0),
        [b'1'..=b'9', ..] if text.len() <= 20 => ascii(text)?.parse().ok(),
        _ => None,
    }
}

/// Reads an unsigned integer as stream ids have it: canonical, or else as C's `strtoull` takes it, with spaces, a sign
/// or zeros in front. What has a sign there wraps around; a canonical negative number is none.
pub(crate) fn parse_u64_loosely(text: &[u8]) -> Option<u64> {
    if let Some(number) = parse_i64(text) {
        return u64::try_from(number).ok();
    }
    let spaces = text.iter().take_while(|byte| matches!(byte, b' ' | 9..=13)).count();
    let text = &text[spaces..];
    let (digits, negative) = match text {
        [b'-', digits @ ..] => (digits, true),
        [b'+', digits @ ..] => (digits, false),
        digits => (digits, false),
    };
    // A second sign would be taken by `parse` itself.
    let number: u64 = ascii(digits)?.parse().ok().filter(|_| digits[0].is_ascii_digit())?;
    Some(if negative { number.wrapping_neg() } else { number })
}

/// Reads a double as ZADD does: hexadecimals and infinities are numbers; NaN, spaces and what is too large or too
/// small for a double are not.
pub(crate) fn parse_f64(text: &[u8]) -> Option<f64> {
    let literal = Literal::parse(text)?;
    let number = literal.to_f64(text)?;
    let infinite = literal.magnitude == Magnitude::Infinity;
    let out_of_range = number.is_infinite() != infinite || (number == 0.0 && !literal.is_zero());
    (!out_of_range).then_some(number)
}

/// Reads a double as ZADD of Valkey 9.1 does, to which hexadecimals are no numbers.
pub(crate) fn parse_decimal_f64(text: &[u8]) -> Option<f64> {
    let literal = Literal::parse(text)?;
    let hexadecimal = matches!(literal.magnitude, Magnitude::Hexadecimal { .. });
    if hexadecimal { None } else { parse_f64(text) }
}

/// Whose way of reading the end of a range of scores it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RangeReader {
    /// Redis before 8 and Valkey before 9.1: what C's `strtod` takes, with spaces in front, and hexadecimals.
    Strtod,
    /// Those after them: neither of these.
    FastFloat,
}

/// Reads the end of a range of scores as ZRANGEBYSCORE does (without its parenthesis): up to the first zero byte,
/// nothing being 0, and what is too large being infinite.
pub(crate) fn parse_range_f64(text: &[u8], reader: RangeReader) -> Option<f64> {
    let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
    if text.is_empty() {
        return Some(0.0);
    }
    let text = match reader {
        RangeReader::Strtod => trim_spaces(text),
        RangeReader::FastFloat => text,
    };
    let literal = Literal::parse(text)?;
    let hexadecimal = matches!(literal.magnitude, Magnitude::Hexadecimal { .. });
    if hexadecimal && reader == RangeReader::FastFloat {
        return None;
    }
    literal.to_f64(text)
}

/// Whose way of reading what SORT sorts by it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WeightReader {
    /// Redis before 8 and Valkey before 9: what C's `strtod` takes and says to be in its range.
    Strtod,
    /// Redis 8: what is too large is infinite, what is too small zero, and nothing is zero too.
    FastFloat,
    /// Valkey from 9 on: neither of these.
    CheckedFastFloat,
}

/// Reads what SORT sorts by, up to the first zero byte.
pub(crate) fn parse_weight_f64(text: &[u8], reader: WeightReader) -> Option<f64> {
    let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
    match reader {
        WeightReader::Strtod if text.is_empty() => Some(0.0),
        WeightReader::Strtod => {
            parse_f64(trim_spaces(text)).filter(|number| !number.is_subnormal())
        }
        WeightReader::FastFloat => parse_range_f64(text, RangeReader::FastFloat),
        WeightReader::CheckedFastFloat => {
            parse_range_f64(text, RangeReader::FastFloat).and(parse_f64(text))
        }
    }
}

/// Writes a double as Redis 7.0 does: in 17 significant digits, needed or not (C's `%.17g`).
pub(crate) fn format_f64_17_digits(number: f64) -> String {
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = format!("{number:.16e}");
    let (digits, exponent) =
        scientific.split_once('e').expect("this is how `e` formats a finite number");
    let exponent: i32 = exponent.parse().expect("this is how `e` formats a finite number");
    if (-4..17).contains(&exponent) {
        let decimals = usize::try_from(16 - exponent).expect("the exponent is less than 17");
        return without_trailing_zeros(&format!("{number:.decimals$}")).to_owned();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", without_trailing_zeros(digits), exponent.abs())
}

/// Takes the zeros off the end of a fraction, and the point if nothing is left behind it.
fn without_trailing_zeros(decimal: &str) -> &str {
    if decimal.contains('.') {
        decimal.trim_end_matches('0').trim_end_matches('.')
    } else {
        decimal
    }
}

/// Takes off the front what C's `isspace` calls a space.
fn trim_spaces(text: &[u8]) -> &[u8] {
    let spaces = text.iter().take_while(|byte| matches!(byte, b' ' | b'\t'..=b'\r')).count();
    &text[spaces..]
}

fn ascii(text: &[u8]) -> Option<&str> {
    std::str::from_utf8(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_have_one_spelling() {
        for number in [0, 1, -1, 10, i64::MAX, i64::MIN] {
            assert_eq!(parse_i64(number.to_string().as_bytes()), Some(number));
        }
        for text in [
            "",
            "-",
            "-0",
            "+1",
            "01",
            "-01",
            " 1",
            "1 ",
            "1.0",
            "1e1",
            "9223372036854775808",
            "1-",
            "--1",
        ] {
            assert_eq!(parse_i64(text.as_bytes()), None, "{text}");
        }
        assert_eq!(parse_u64(b"18446744073709551615"), Some(u64::MAX));
        for text in ["", "-1", "+1", "00", "18446744073709551616", "1 "] {
            assert_eq!(parse_u64(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn doubles_are_read_as_zadd_reads_them() {
        for (text, number) in [
            ("1", 1.0),
            ("+1", 1.0),
            ("01", 1.0),
            ("1.", 1.0),
            (".5", 0.5),
            ("-.5e-3", -0.0005),
            ("1E5", 1e5),
            ("1e0000000000000000000005", 1e5),
            ("4.9e-324", 5e-324),
            ("+inf", f64::INFINITY),
            ("-Infinity", f64::NEG_INFINITY),
            ("0x10", 16.0),
            ("-0X1.8p1", -3.0),
            ("0x.8", 0.5),
            ("0x1p-1074", 5e-324),
            ("9007199254740993", 9_007_199_254_740_992.0),
            ("0x20000000000001", 9_007_199_254_740_992.0),
            ("0x20000000000003", 9_007_199_254_740_996.0),
        ] {
            assert_eq!(parse_f64(text.as_bytes()), Some(number), "{text}");
        }
        for text in [
            "",
            ".",
            "-",
            "+",
            "--1",
            "+-1",
            "e5",
            "1e",
            "1e+",
            "1e5.5",
            " 1",
            "1 ",
            "1\n",
            "1\0",
            "1_0",
            "1f",
            "0x",
            "0xg",
            "0b1",
            "infin",
            "infx",
            "nan",
            "-nan",
            "nan(1)",
            "1e400",
            "-1e400",
            "1e-400",
            "0x1p-1080",
            "0x1p5000",
        ] {
            assert_eq!(parse_f64(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn ends_of_ranges_are_read_more_kindly() {
        for text in ["", " 1", "\t1", "1\0", "\x001", "1e400", "1e-400", "0x10", "inf"] {
            assert!(parse_range_f64(text.as_bytes(), RangeReader::Strtod).is_some(), "{text}");
        }
        for text in ["1 ", "nan", "1e", "."] {
            assert!(parse_range_f64(text.as_bytes(), RangeReader::Strtod).is_none(), "{text}");
        }
        for text in [" 1", "0x10", "nan"] {
            assert!(parse_range_f64(text.as_bytes(), RangeReader::FastFloat).is_none(), "{text}");
        }
        for text in ["", "+1", "1\0", "1e400"] {
            assert!(parse_range_f64(text.as_bytes(), RangeReader::FastFloat).is_some(), "{text}");
        }
    }

    #[test]
    fn each_server_sorts_by_other_spellings() {
        use WeightReader::{CheckedFastFloat, FastFloat, Strtod};
        let readers_of = |text: &str| {
            let reads = |reader: &_| parse_weight_f64(text.as_bytes(), *reader).is_some();
            [Strtod, FastFloat, CheckedFastFloat].iter().filter(|r| reads(r)).count()
        };
        for (text, readers) in [
            ("1\0x", 3),
            ("", 2),
            (" 1", 1),
            ("1 ", 0),
            ("0x10", 1),
            ("1e400", 1),
            ("1e-400", 1),
            ("1e-310", 2),
            ("+inf", 3),
            ("nan", 0),
            ("-", 0),
        ] {
            assert_eq!(readers_of(text), readers, "{text}");
        }
    }

    #[test]
    fn redis_7_0_writes_17_digits() {
        for (number, text) in [
            (1e10, "10000000000"),
            (9_007_199_254_740_992.0, "9007199254740992"),
            (1e17, "1e+17"),
            (123_456_789_012_345_680_000.0, "1.2345678901234568e+20"),
            (1e-5, "1.0000000000000001e-05"),
            (0.0001, "0.0001"),
            (0.1, "0.10000000000000001"),
            (5e-324, "4.9406564584124654e-324"),
            (-0.000_123, "-0.00012300000000000001"),
            (-0.0, "-0"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(format_f64_17_digits(number), text);
        }
    }
}
