//! What settings take, and how it is read.
use crate::number::parse_i64;
use crate::persona::Persona;
use bytes::Bytes;
use std::borrow::Cow;

/// A setting as it will be told back, or what is wrong with what was said.
pub(super) type Read<T = String> = Result<T, Cow<'static, str>>;

/// Reads a value, given the one before it.
pub(super) type Check = fn(said: &str, before: &str, persona: Persona) -> Read;

/// What a setting takes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Takes {
    /// `yes` or `no`.
    Flag,
    /// An integer from the first to the second.
    Number(i64, i64),
    /// A number of bytes from the first to the second, with units.
    Memory(u64, u64),
    OneOf(&'static [&'static str]),
    /// A text, up to its first zero byte.
    Text,
    /// Any bytes.
    Bytes,
    /// What has rules of its own.
    Checked(Check),
    /// It is said when the server starts, and not after.
    Fixed,
}

impl PartialEq for Takes {
    /// Whether it is the same kind: what is asked is only whether one is [`Takes::Fixed`].
    fn eq(&self, other: &Takes) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

impl Takes {
    pub(super) fn read(self, said: &[u8], before: &Bytes, persona: Persona) -> Read<Bytes> {
        // Most values are read as C strings, which end at a zero byte.
        let c_string = said.split(|byte| *byte == 0).next().unwrap_or_default();
        let text = String::from_utf8_lossy(c_string);
        let value = match self {
            Takes::Text => return Ok(Bytes::copy_from_slice(c_string)),
            Takes::Bytes | Takes::Fixed => return Ok(Bytes::copy_from_slice(said)),
            Takes::Flag => one_of(&text, &["yes", "no"])
                .ok_or(Cow::Borrowed("argument must be 'yes' or 'no'"))?
                .to_owned(),
            Takes::OneOf(words) => {
                one_of(&text, words).ok_or_else(|| not_one_of(words))?.to_owned()
            }
            Takes::Number(least, most) => {
                number(&String::from_utf8_lossy(said), least, most)?.to_string()
            }
            Takes::Memory(least, most) => {
                let bytes = memory_of(persona, &text).ok_or("argument must be a memory value")?;
                within(bytes, least, most)?.to_string()
            }
            Takes::Checked(check) => check(&text, &String::from_utf8_lossy(before), persona)?,
        };
        Ok(value.into())
    }
}

/// The word of these that this is, whatever its case.
pub(super) fn one_of(said: &str, words: &'static [&'static str]) -> Option<&'static str> {
    words.iter().copied().find(|word| word.eq_ignore_ascii_case(said))
}

pub(super) fn not_one_of(words: &[&str]) -> Cow<'static, str> {
    format!("argument(s) must be one of the following: {}", words.join(", ")).into()
}

pub(super) fn number(said: &str, least: i64, most: i64) -> Read<i64> {
    let number = parse_i64(said.as_bytes()).ok_or("argument couldn't be parsed into an integer")?;
    within(number, least, most)
}

pub(super) fn within<N: Copy + PartialOrd + std::fmt::Display>(
    number: N,
    least: N,
    most: N,
) -> Read<N> {
    if least <= number && number <= most {
        Ok(number)
    } else {
        Err(format!("argument must be between {least} and {most} inclusive").into())
    }
}

/// A number of bytes, with or without a unit. No digits are zero, and what is too large either
/// stays the largest there is or, when only its unit makes it so, wraps around: as on a real server.
pub(crate) fn memory(said: &str) -> Option<u64> {
    let digits = said.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, unit) = said.split_at(digits);
    let factor: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" => 1000,
        "kb" => 1 << 10,
        "m" => 1_000_000,
        "mb" => 1 << 20,
        "g" => 1_000_000_000,
        "gb" => 1 << 30,
        _ => return None,
    };
    let number = if digits.is_empty() { 0 } else { digits.parse().unwrap_or(u64::MAX) };
    Some(number.wrapping_mul(factor))
}

/// A number of bytes as the persona reads it: Valkey 9.1 takes no digits for a number that is too large.
pub(super) fn memory_of(persona: Persona, said: &str) -> Option<u64> {
    let end = said.find(|c: char| !c.is_ascii_digit()).unwrap_or(said.len());
    let is_too_large = end > 0 && said[..end].parse::<u64>().is_err();
    memory(said).filter(|_| !(is_too_large && persona.is_valkey_from(9, 1)))
}

/// An integer as C reads it: nothing at all is zero.
pub(super) fn c_integer(said: &str) -> Option<i64> {
    if said.is_empty() { Some(0) } else { said.trim_ascii_start().parse().ok() }
}
