//! What SCAN, HSCAN, SSCAN and ZSCAN share: cursors, options and the shape of the reply.
use crate::command::Args;
use crate::glob::{self, Case};
use crate::persona::Persona;
use crate::resp::{Error, Reply, Result};
use bytes::Bytes;

/// What is walked over, which decides what options there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Walk {
    Keyspace,
    Hash,
    Set,
    SortedSet,
}

/// What a walk was asked to show.
#[derive(Clone, Copy, Debug)]
pub(super) struct Options<'a> {
    /// About how many elements to look at.
    pub(super) count: usize,
    /// Fields without their values, members without their scores.
    pub(super) names_only: bool,
    /// The name of the type of the keys to show.
    pub(super) type_name: Option<&'a Bytes>,
    pattern: Option<&'a Bytes>,
}

/// Takes the cursor off the arguments. It comes before all else, even before the key is looked up.
pub(super) fn cursor(persona: Persona, args: &mut Args<'_>) -> Result<u64> {
    let text = args.bytes()?;
    let read = if persona.at_least(7, 2) { newer_cursor } else { older_cursor };
    read(text).ok_or(Error::INVALID_CURSOR)
}

/// The reply of a walk: the cursor to go on with, and what was found.
pub(super) fn reply(cursor: u64, found: Vec<Reply>) -> Reply {
    Reply::Array(vec![cursor.to_string().into(), Reply::Array(found)])
}

/// The reply of a walk over a key that is not there. Its options are not even read.
pub(super) fn nothing() -> Reply {
    reply(0, Vec::new())
}

impl<'a> Options<'a> {
    pub(super) fn parse(persona: Persona, mut args: Args<'a>, walk: Walk) -> Result<Options<'a>> {
        let mut options = Options { count: 10, names_only: false, type_name: None, pattern: None };
        while !args.is_empty() {
            if let Some(pattern) = args.option("MATCH") {
                options.pattern = Some(pattern);
            } else if args.len() > 1 && args.word("COUNT") {
                let count = args.int()?;
                options.count =
                    usize::try_from(count).ok().filter(|n| *n > 0).ok_or(Error::SYNTAX)?;
            } else if walk == Walk::Keyspace
                && let Some(name) = args.option("TYPE")
            {
                check_type(persona, name)?;
                options.type_name = Some(name);
            } else if has_no_values(persona) && args.word("NOVALUES") {
                if walk != Walk::Hash {
                    return Err(Error::NO_VALUES_BUT_IN_HSCAN);
                }
                options.names_only = true;
            } else if persona.is_valkey_from(8, 1) && args.word("NOSCORES") {
                if walk != Walk::SortedSet {
                    return Err(Error::NO_SCORES_BUT_IN_ZSCAN);
                }
                options.names_only = true;
            } else {
                return Err(Error::SYNTAX);
            }
        }
        Ok(options)
    }

    /// Whether an element of this name is to be shown.
    pub(super) fn shows(&self, name: &[u8]) -> bool {
        self.pattern.is_none_or(|pattern| matches(pattern, name))
    }
}

/// Whether a name matches a pattern. The pattern `*` is not looked at: it lets even the empty name
/// through, which no pattern matches otherwise.
pub(super) fn matches(pattern: &[u8], name: &[u8]) -> bool {
    pattern == b"*" || glob::matches(pattern, name, Case::Sensitive)
}

fn has_no_values(persona: Persona) -> bool {
    persona.at_least(7, 4) || persona.is_valkey_from(8, 0)
}

/// Valkey refuses the name of a type that there is not; Redis finds no key of it.
fn check_type(persona: Persona, name: &[u8]) -> Result<()> {
    const NAMES: [&str; 6] = ["hash", "list", "set", "stream", "string", "zset"];
    let known = NAMES.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()));
    if persona.is_valkey_from(8, 0) && !known { Err(Error::unknown_type(name)) } else { Ok(()) }
}

/// Up to Redis 7.0 a cursor is what `strtoul` reads, nothing included, without space before it.
fn older_cursor(text: &[u8]) -> Option<u64> {
    match c_string(text) {
        [] => Some(0),
        [b'\t'..=b'\r' | b' ', ..] => None,
        text => strtoul(text),
    }
}

/// Later servers refuse plain negative numbers, but still read others as `strtoul` does.
fn newer_cursor(text: &[u8]) -> Option<u64> {
    if crate::number::parse_i64(text).is_some_and(|n| n < 0) {
        return None;
    }
    strtoul(c_string(text))
}

fn c_string(text: &[u8]) -> &[u8] {
    text.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// The number that is the whole text as C's `strtoul` reads it: a negative one wraps round.
fn strtoul(text: &[u8]) -> Option<u64> {
    let spaces = text.iter().take_while(|byte| matches!(byte, b'\t'..=b'\r' | b' ')).count();
    let (negative, digits) = match &text[spaces..] {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number: u64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some(if negative { number.wrapping_neg() } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_read_as_the_real_servers_read_them() {
        for (text, older, newer) in [
            ("0", Some(0), Some(0)),
            ("+7", Some(7), Some(7)),
            ("007", Some(7), Some(7)),
            ("-1", Some(u64::MAX), None),
            ("-007", Some(u64::MAX - 6), Some(u64::MAX - 6)),
            ("", Some(0), None),
            ("\0", Some(0), None),
            ("1\0x", Some(1), Some(1)),
            (" 1", None, Some(1)),
            ("1 ", None, None),
            ("-", None, None),
            ("18446744073709551615", Some(u64::MAX), Some(u64::MAX)),
            ("18446744073709551616", None, None),
        ] {
            assert_eq!(older_cursor(text.as_bytes()), older, "{text:?} in 7.0");
            assert_eq!(newer_cursor(text.as_bytes()), newer, "{text:?} since 7.2");
        }
    }
}
