//! How two values differ, in words a user of Redis would choose.
use super::matcher::{Look, Pattern, quoted};
use std::borrow::Cow;

/// How a value differs from what was expected of it.
#[derive(Debug, PartialEq)]
pub(super) struct Explained {
    /// What is to be said of it, if there is something.
    pub(super) note: Option<String>,
    /// From 0, where nothing differs, to 1.
    pub(super) distance: f64,
}

/// Values that mean the same are this near, however many of their letters differ.
const SAME_MEANING: f64 = 0.1;

/// Longer values are compared up to here.
const LONGEST: usize = 256;

/// Whether an argument is certainly not what a pattern wants, as far as that can be known without the host.
pub(super) fn differs(expected: &Pattern, got: &[u8]) -> bool {
    matches!(expected.look(Some(got)), Look::No)
}

/// Whether an argument must be given for a pattern to match.
pub(super) fn is_needed(expected: &Pattern) -> bool {
    matches!(expected.look(None), Look::No)
}

/// How an argument differs from what a pattern wants, given that it does.
pub(super) fn explain(expected: &Pattern, got: &[u8]) -> Explained {
    if let Pattern::Exact(expected) = expected {
        return exact(expected, got);
    }
    if let Pattern::And(one, other) = expected {
        return explain(if differs(one, got) { one } else { other }, got);
    }
    let matches = |got: &[u8]| !differs(expected, got);
    let note = if matches(&got.to_ascii_lowercase()) || matches(&got.to_ascii_uppercase()) {
        Some("it would match but for upper and lower case".to_owned())
    } else if matches(got.trim_ascii()) {
        Some("it would match but for the white space at its ends".to_owned())
    } else {
        None
    };
    let distance = if note.is_some() { SAME_MEANING } else { 1.0 };
    Explained { note: note.or_else(|| of_kind(expected, got)), distance }
}

/// What to say of bytes that are not even of the kind that a pattern is about, or of what it looked for in them.
fn of_kind(expected: &Pattern, got: &[u8]) -> Option<String> {
    match expected {
        Pattern::Json(json) => Some(json.explained(got)),
        Pattern::Gt(_)
        | Pattern::Ge(_)
        | Pattern::Lt(_)
        | Pattern::Le(_)
        | Pattern::Between(..) => {
            let is_number = std::str::from_utf8(got).is_ok_and(|text| text.parse::<f64>().is_ok());
            (!is_number).then(|| "it is no number".to_owned())
        }
        _ => None,
    }
}

/// How bytes differ from those that were expected.
pub(super) fn exact(expected: &[u8], got: &[u8]) -> Explained {
    if let Some(note) = same_meaning(expected, got) {
        return Explained { note: Some(note.into_owned()), distance: SAME_MEANING };
    }
    let (expected_text, got_text) = (shortened(expected), shortened(got));
    let edits = strsim::levenshtein(&expected_text, &got_text);
    let length = expected_text.chars().count().max(got_text.chars().count()).max(1);
    #[expect(clippy::cast_precision_loss, reason = "both are no more than 256")]
    let distance = (edits as f64 / length as f64).clamp(SAME_MEANING, 1.0);
    let note = thousandfold(expected, got)
        .map(str::to_owned)
        .or_else(|| prefixed(expected, got))
        .or_else(|| json_difference(expected, got))
        .or_else(|| misspelt(&expected_text, &got_text, edits).map(str::to_owned));
    Explained { note, distance }
}

/// What to say of a command's name that was misspelt.
pub(super) fn of_name(expected: &str, got: &str) -> Option<&'static str> {
    misspelt(expected, got, strsim::levenshtein(expected, got))
}

/// What to say of bytes that mean what was expected and are written otherwise.
fn same_meaning(expected: &[u8], got: &[u8]) -> Option<Cow<'static, str>> {
    let say = |text: &'static str| Some(Cow::Borrowed(text));
    let is_lower = lower(expected).is_some_and(|text| Some(text) == lower(got));
    if expected.eq_ignore_ascii_case(got) || is_lower {
        return say("the same but for upper and lower case");
    }
    if !expected.is_empty() && expected.trim_ascii() == got.trim_ascii() {
        return Some(white_space(expected, got));
    }
    if unquoted(got) == Some(expected) {
        return say("the same in quotes, as JSON and repr() write it");
    }
    if unquoted(expected) == Some(got) {
        return say("the same without the quotes");
    }
    if got.strip_prefix(b"b").and_then(unquoted) == Some(expected) {
        return say("what str() makes of Python's bytes; decode() was meant");
    }
    if is_python_word(expected, got) {
        return say("how Python writes it");
    }
    if let (Some(a), Some(b)) = (number(expected), number(got))
        && a.total_cmp(&b).is_eq()
    {
        return say("the same number, written otherwise");
    }
    if without_leading_zeros(expected) == without_leading_zeros(got) {
        return say("the same but for leading zeros");
    }
    if is_latin1_of(expected, got) {
        return say("the same text in Latin-1, not UTF-8");
    }
    let json = (json(expected), json(got));
    if json.0.is_some() && json.0 == json.1 {
        return say("the same JSON, written otherwise");
    }
    None
}

fn lower(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes).ok().map(str::to_lowercase)
}

fn white_space(expected: &[u8], got: &[u8]) -> Cow<'static, str> {
    let (at_start, at_end) = (
        expected.trim_ascii_end() != got.trim_ascii_end(),
        expected.trim_ascii_start() != got.trim_ascii_start(),
    );
    let place = match (at_start, at_end) {
        (true, true) => "its ends",
        (true, false) => "its start",
        _ => "its end",
    };
    format!("the same but for the white space at {place}").into()
}

fn unquoted(bytes: &[u8]) -> Option<&[u8]> {
    let (first, last) = (bytes.first()?, bytes.last()?);
    let is_quoted = bytes.len() >= 2 && first == last && matches!(first, b'"' | b'\'');
    is_quoted.then(|| &bytes[1..bytes.len() - 1])
}

fn is_python_word(expected: &[u8], got: &[u8]) -> bool {
    matches!(
        (expected, got),
        (b"1" | b"true", b"True") | (b"0" | b"false", b"False") | (b"" | b"null", b"None")
    )
}

fn number(bytes: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(bytes).ok()?;
    let begins = text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
    if begins { text.parse().ok() } else { None }
}

/// The bytes with each number in them written without leading zeros.
fn without_leading_zeros(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut before_is_digit = false;
    for (at, byte) in bytes.iter().enumerate() {
        let more_digits = bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
        if *byte == b'0' && !before_is_digit && more_digits {
            continue;
        }
        before_is_digit = byte.is_ascii_digit();
        plain.push(*byte);
    }
    plain
}

fn is_latin1_of(expected: &[u8], got: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(expected) else { return false };
    let latin1: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    !text.is_ascii() && latin1.as_deref() == Some(got)
}

/// JSON that is more than a number or a word.
fn json(bytes: &[u8]) -> Option<serde_json::Value> {
    let is_compound = matches!(bytes.trim_ascii().first(), Some(b'{' | b'['));
    if is_compound { serde_json::from_slice(bytes).ok() } else { None }
}

/// Where two JSON texts differ first.
fn json_difference(expected: &[u8], got: &[u8]) -> Option<String> {
    let (path, expected, got) = differing(&json(expected)?, &json(got)?, String::from("$"))?;
    let shown = |value: Option<serde_json::Value>| {
        value.map_or_else(|| "nothing".to_owned(), |value| value.to_string())
    };
    Some(format!("JSON that has {} at {path}, not {}", shown(got), shown(expected)))
}

type Differing = (String, Option<serde_json::Value>, Option<serde_json::Value>);

fn differing(
    expected: &serde_json::Value,
    got: &serde_json::Value,
    path: String,
) -> Option<Differing> {
    use serde_json::Value;
    match (expected, got) {
        _ if expected == got => None,
        (Value::Object(a), Value::Object(b)) => {
            let keys: std::collections::BTreeSet<_> = a.keys().chain(b.keys()).collect();
            keys.into_iter().find_map(|key| {
                let path = format!("{path}.{key}");
                match (a.get(key), b.get(key)) {
                    (Some(a), Some(b)) => differing(a, b, path),
                    (a, b) => Some((path, a.cloned(), b.cloned())),
                }
            })
        }
        (Value::Array(a), Value::Array(b)) => (0..a.len().max(b.len())).find_map(|at| {
            let path = format!("{path}[{at}]");
            match (a.get(at), b.get(at)) {
                (Some(a), Some(b)) => differing(a, b, path),
                (a, b) => Some((path, a.cloned(), b.cloned())),
            }
        }),
        _ => Some((path, Some(expected.clone()), Some(got.clone()))),
    }
}

/// What to say of bytes that are a part of what was expected, or have it as a part.
fn prefixed(expected: &[u8], got: &[u8]) -> Option<String> {
    let long_enough = |part: &[u8]| part.len() >= 2;
    if let Some(prefix) = got.strip_suffix(expected).filter(|_| long_enough(expected)) {
        return Some(format!("with the prefix {}", quoted(prefix)));
    }
    if let Some(prefix) = expected.strip_suffix(got).filter(|_| long_enough(got)) {
        return Some(format!("without the prefix {}", quoted(prefix)));
    }
    if let Some(rest) = got.strip_prefix(expected).filter(|_| long_enough(expected)) {
        return Some(format!("with {} after it", quoted(rest)));
    }
    let rest = expected.strip_prefix(got).filter(|_| long_enough(got))?;
    Some(format!("without {} at its end", quoted(rest)))
}

fn thousandfold(expected: &[u8], got: &[u8]) -> Option<&'static str> {
    let whole = |bytes: &[u8]| std::str::from_utf8(bytes).ok()?.parse::<i64>().ok();
    let (expected, got) = (whole(expected)?, whole(got)?);
    if expected == 0 || got == 0 {
        None
    } else if expected.checked_mul(1000) == Some(got) {
        Some("a thousand times as much: milliseconds in place of seconds?")
    } else if got.checked_mul(1000) == Some(expected) {
        Some("a thousandth: seconds in place of milliseconds?")
    } else {
        None
    }
}

fn misspelt(expected: &str, got: &str, edits: usize) -> Option<&'static str> {
    let (expected_length, got_length) = (expected.chars().count(), got.chars().count());
    let is_number = |text: &str| text.parse::<f64>().is_ok();
    if expected_length.min(got_length) < 3 || (is_number(expected) && is_number(got)) {
        return None;
    }
    if edits == 2 && expected_length == got_length && strsim::osa_distance(expected, got) == 1 {
        return Some("two letters exchanged");
    }
    if edits != 1 {
        return None;
    }
    Some(match got_length.cmp(&expected_length) {
        std::cmp::Ordering::Less => "one letter missing",
        std::cmp::Ordering::Equal => "one letter differs",
        std::cmp::Ordering::Greater => "one letter too many",
    })
}

fn shortened(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(LONGEST)]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{Explained, exact, explain};
    use crate::double::Pattern;

    fn note(expected: &str, got: &str) -> String {
        exact(expected.as_bytes(), got.as_bytes()).note.unwrap_or_default()
    }

    #[test]
    fn what_means_the_same_is_said_to() {
        for (expected, got, said) in [
            ("Lock", "LOCK", "the same but for upper and lower case"),
            ("Ä", "ä", "the same but for upper and lower case"),
            ("v", "v\n", "the same but for the white space at its end"),
            ("v", " v", "the same but for the white space at its start"),
            ("v", " v ", "the same but for the white space at its ends"),
            ("v", "\"v\"", "the same in quotes, as JSON and repr() write it"),
            ("'v'", "v", "the same without the quotes"),
            ("v", "b'v'", "what str() makes of Python's bytes; decode() was meant"),
            ("1", "True", "how Python writes it"),
            ("1", "1.0", "the same number, written otherwise"),
            ("0.1", "0.10000000000000001", "the same number, written otherwise"),
            ("user:1", "user:01", "the same but for leading zeros"),
            (r#"{"a":1,"b":[2]}"#, r#"{"b": [2], "a": 1}"#, "the same JSON, written otherwise"),
        ] {
            assert_eq!(note(expected, got), said, "{expected} {got}");
        }
        assert_eq!(
            exact("é".as_bytes(), b"\xe9").note.unwrap(),
            "the same text in Latin-1, not UTF-8"
        );
        assert_eq!(exact(b"\xff\x00bin", b"\xff\x01bin").note.unwrap(), "one letter differs");
    }

    #[test]
    fn what_means_something_else_is_told_as_far_as_it_can_be() {
        for (expected, got, said) in [
            ("user:1", "app:user:1", "with the prefix \"app:\""),
            ("app:user:1", "user:1", "without the prefix \"app:\""),
            ("user", "user:1", "with \":1\" after it"),
            ("user:1", "user", "without \":1\" at its end"),
            ("60", "60000", "a thousand times as much: milliseconds in place of seconds?"),
            ("60000", "60", "a thousandth: seconds in place of milliseconds?"),
            ("lock", "lokc", "two letters exchanged"),
            ("lock", "lick", "one letter differs"),
            ("lock", "lck", "one letter missing"),
            ("lock", "clock", "with the prefix \"c\""),
            ("lock", "loock", "one letter too many"),
            (r#"{"a":{"b":1}}"#, r#"{"a":{"b":2}}"#, "JSON that has 2 at $.a.b, not 1"),
            (r#"{"a":[1]}"#, r#"{"a":[]}"#, "JSON that has nothing at $.a[0], not 1"),
            ("10", "20", ""),
            ("apple", "orange", ""),
        ] {
            assert_eq!(note(expected, got), said, "{expected} {got}");
        }
    }

    #[test]
    fn a_pattern_says_when_it_would_nearly_match() {
        let glob = Pattern::Glob("user:*".into());
        assert_eq!(
            explain(&glob, b"USER:1").note.unwrap(),
            "it would match but for upper and lower case"
        );
        assert_eq!(explain(&glob, b"x"), Explained { note: None, distance: 1.0 });
        let note = |pattern: Pattern, got: &str| explain(&pattern, got.as_bytes()).note.unwrap();
        let id = || Pattern::json("$.user.id", 42).unwrap();
        assert_eq!(note(id(), r#"{"user":{"id":41}}"#), "JSON that has 41 at $.user.id");
        assert_eq!(note(id(), r#"{"user":{}}"#), "JSON that has nothing at $.user.id");
        assert_eq!(note(id(), "user 42"), "it is no JSON");
        let all = Pattern::json("$.user", Pattern::Any).unwrap() & id();
        assert_eq!(note(all, r#"{"user":1}"#), "JSON that has nothing at $.user.id");
        assert_eq!(note(Pattern::gt(3), "three"), "it is no number");
        assert_eq!(explain(&Pattern::gt(3), b"2").note, None);
    }

    #[test]
    fn the_nearer_value_has_the_smaller_distance() {
        let distance = |got: &str| exact(b"user:100", got.as_bytes()).distance;
        assert!(distance("USER:100") < distance("user:101") + 0.1);
        assert!(distance("user:101") < distance("user:999"));
        assert!(distance("user:999") < distance("nothing like it"));
    }
}
