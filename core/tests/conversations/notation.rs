//! Replies as one line of text: decoded off the wire, written down, read back with placeholders, and compared.

use std::fmt;

/// A reply, or a pattern of replies. A map holds its pairs as arrays of two.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Simple(Vec<u8>),
    Error(Vec<u8>),
    Integer(i64),
    Bulk(Vec<u8>),
    BulkError(Vec<u8>),
    Verbatim(Vec<u8>, Vec<u8>),
    Double(String),
    Big(String),
    True,
    False,
    Nil,
    NilArray,
    Null,
    Array(Vec<Value>),
    Set(Vec<Value>),
    Push(Vec<Value>),
    Map(Vec<Value>),
    Attribute(Vec<Value>, Box<Value>),
    /// The request waits.
    Waits,
    /// Nothing comes back.
    NoReply,
    /// The connection is closed.
    Closed,
    Any,
    AnyOf(String),
    Range(Option<i64>, Option<i64>),
    Like(Box<Value>),
    AnyOrder(Box<Value>),
    PairsInAnyOrder(Box<Value>),
    Rest,
}

/// The values that are written as words in parentheses.
const WORDS: &[(&str, Value)] = &[
    ("nil", Value::Nil),
    ("nil array", Value::NilArray),
    ("null", Value::Null),
    ("true", Value::True),
    ("false", Value::False),
    ("any", Value::Any),
    ("waits", Value::Waits),
    ("no reply", Value::NoReply),
    ("closed", Value::Closed),
];

/// A bulk of one byte again and again is written with a count from this length on.
const LONG: usize = 40;

// ---- the wire ----

/// The first reply of a buffer and how long it is, nothing if it has not come to its end.
pub(crate) fn decode(buffer: &[u8]) -> Option<(Value, usize)> {
    let mut wire = Wire { buffer, at: 0 };
    let value = wire.value()?;
    Some((value, wire.at))
}

/// A request, as clients send it.
pub(crate) fn encode(words: &[Vec<u8>]) -> Vec<u8> {
    let mut request = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        request.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        request.extend_from_slice(word);
        request.extend_from_slice(b"\r\n");
    }
    request
}

struct Wire<'a> {
    buffer: &'a [u8],
    at: usize,
}

impl Wire<'_> {
    fn value(&mut self) -> Option<Value> {
        let line = self.line()?;
        let (mark, text) = line.split_first().expect("a reply begins with its mark");
        let text = text.to_vec();
        let spelled = String::from_utf8_lossy(&text).into_owned();
        let number = || spelled.parse::<i64>().expect("a reply's length is a number");
        Some(match mark {
            b'+' => Value::Simple(text),
            b'-' => Value::Error(text),
            b':' => Value::Integer(number()),
            b',' => Value::Double(spelled),
            b'(' => Value::Big(spelled),
            b'#' if text == b"t" => Value::True,
            b'#' => Value::False,
            b'_' => Value::Null,
            b'$' | b'*' if number() < 0 => {
                [Value::Nil, Value::NilArray][usize::from(*mark == b'*')].clone()
            }
            b'$' => Value::Bulk(self.bytes(number())?),
            b'!' => Value::BulkError(self.bytes(number())?),
            b'=' => {
                let payload = self.bytes(number())?;
                Value::Verbatim(payload[..3].to_vec(), payload[4..].to_vec())
            }
            b'*' => Value::Array(self.values(number())?),
            b'~' => Value::Set(self.values(number())?),
            b'>' => Value::Push(self.values(number())?),
            b'%' => Value::Map(self.pairs(number())?),
            b'|' => Value::Attribute(self.pairs(number())?, Box::new(self.value()?)),
            _ => panic!("not a reply: {}", text.escape_ascii()),
        })
    }

    fn line(&mut self) -> Option<Vec<u8>> {
        let rest = &self.buffer[self.at..];
        let length = rest.windows(2).position(|pair| pair == b"\r\n")?;
        self.at += length + 2;
        Some(rest[..length].to_vec())
    }

    fn bytes(&mut self, length: i64) -> Option<Vec<u8>> {
        let end = self.at + usize::try_from(length).expect("a negative length was handled before");
        let payload = self.buffer.get(self.at..end + 2)?;
        self.at = end + 2;
        Some(payload[..payload.len() - 2].to_vec())
    }

    fn values(&mut self, count: i64) -> Option<Vec<Value>> {
        (0..count).map(|_| self.value()).collect()
    }

    fn pairs(&mut self, count: i64) -> Option<Vec<Value>> {
        (0..count).map(|_| Some(Value::Array(self.values(2)?))).collect()
    }
}

// ---- writing ----

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Simple(text) => write!(f, "+{}", quoted(text)),
            Value::Error(text) => write!(f, "-{}", quoted(text)),
            Value::Integer(number) => write!(f, ":{number}"),
            Value::Bulk(text) => write!(f, "{}", quoted(text)),
            Value::BulkError(text) => write!(f, "!{}", quoted(text)),
            Value::Verbatim(kind, text) => write!(f, "={}{}", kind.escape_ascii(), quoted(text)),
            Value::Double(text) => write!(f, "(double {text})"),
            Value::Big(text) => write!(f, "(big {text})"),
            Value::Array(items) => write!(f, "[{}]", listed(items)),
            Value::Set(items) => write!(f, "~[{}]", listed(items)),
            Value::Push(items) => write!(f, ">[{}]", listed(items)),
            Value::Map(pairs) => write!(f, "{{{}}}", listed_pairs(pairs)),
            Value::Attribute(pairs, value) => write!(f, "|{{{}}} {value}", listed_pairs(pairs)),
            other => {
                let word = WORDS
                    .iter()
                    .find(|(_, value)| value == other)
                    .map_or("a pattern", |(word, _)| word);
                write!(f, "({word})")
            }
        }
    }
}

fn listed(items: &[Value]) -> String {
    items.iter().map(Value::to_string).collect::<Vec<_>>().join(", ")
}

fn listed_pairs(pairs: &[Value]) -> String {
    let one = |pair: &Value| match pair {
        Value::Array(two) => format!("{}: {}", two[0], two[1]),
        other => other.to_string(),
    };
    pairs.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn quoted(text: &[u8]) -> String {
    if text.len() >= LONG && text.iter().all(|byte| *byte == text[0]) {
        return format!("{}*{}", quoted(&text[..1]), text.len());
    }
    format!("\"{}\"", text.escape_ascii().to_string().replace("\\'", "'"))
}

// ---- reading ----

/// The reply, or the pattern, that a line stands for.
pub(crate) fn read(line: &str) -> Value {
    match line.split_at_checked(1) {
        Some(("+", text)) if !text.starts_with('"') => Value::Simple(text.as_bytes().to_vec()),
        Some(("-", text)) if !text.starts_with('"') => Value::Error(text.as_bytes().to_vec()),
        _ => {
            let mut reader = Reader { line, at: 0 };
            let value = reader.value();
            assert!(reader.rest().trim().is_empty(), "more than one reply: {line}");
            value
        }
    }
}

/// The words of a request, quoted as redis-cli quotes them.
pub(crate) fn words(line: &str) -> Vec<Vec<u8>> {
    let mut reader = Reader { line, at: 0 };
    let mut found = Vec::new();
    while reader.skip_spaces() {
        found.push(reader.word());
    }
    found
}

/// A cursor over one line.
struct Reader<'a> {
    line: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self) -> Value {
        for (opening, closing, kind) in [
            ("[", "]", Value::Array as fn(Vec<Value>) -> Value),
            ("~[", "]", Value::Set),
            (">[", "]", Value::Push),
            ("{", "}", Value::Map),
        ] {
            if self.take(opening) {
                return kind(self.items(closing));
            }
        }
        if self.take("...") {
            Value::Rest
        } else if self.take("|{") {
            let pairs = self.items("}");
            self.skip_spaces();
            Value::Attribute(pairs, Box::new(self.value()))
        } else if self.take("+") {
            Value::Simple(self.status())
        } else if self.take("-") {
            Value::Error(self.status())
        } else if self.take(":") {
            self.integer()
        } else if self.take("!") {
            Value::BulkError(self.quoted())
        } else if self.take("=") {
            Value::Verbatim(
                self.taken_while(|c| c.is_ascii_alphanumeric()).as_bytes().to_vec(),
                self.quoted(),
            )
        } else if self.take("(") {
            self.parenthesis()
        } else {
            Value::Bulk(self.quoted())
        }
    }

    fn word(&mut self) -> Vec<u8> {
        if self.rest().starts_with('"') {
            return self.quoted();
        }
        if !self.take("'") {
            return self.taken_while(|c| !c.is_whitespace()).as_bytes().to_vec();
        }
        let mut word = String::new();
        while !self.take("'") {
            self.take_escaped_quote();
            word.push_str(self.one());
        }
        word.into_bytes()
    }

    fn items(&mut self, closing: &str) -> Vec<Value> {
        let mut items = Vec::new();
        loop {
            self.skip_spaces();
            if self.take(closing) {
                return items;
            }
            if !items.is_empty() {
                self.expect(",");
                self.skip_spaces();
            }
            let item = self.value();
            items.push(if closing == "}" && item != Value::Rest { self.pair(item) } else { item });
        }
    }

    fn pair(&mut self, key: Value) -> Value {
        self.expect(":");
        self.skip_spaces();
        Value::Array(vec![key, self.value()])
    }

    fn status(&mut self) -> Vec<u8> {
        if self.rest().starts_with('"') {
            return self.quoted();
        }
        self.taken_while(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-').as_bytes().to_vec()
    }

    fn integer(&mut self) -> Value {
        let low = self.number();
        if self.take("..") {
            return Value::Range(low, self.number());
        }
        Value::Integer(low.unwrap_or_else(|| panic!("a number is expected: {}", self.line)))
    }

    fn number(&mut self) -> Option<i64> {
        self.taken_while(|c| c.is_ascii_digit() || c == '-').parse().ok()
    }

    fn quoted(&mut self) -> Vec<u8> {
        self.expect("\"");
        let mut text = Vec::new();
        while !self.take("\"") {
            if self.take("\\x") {
                let digits = self.taken(2);
                text.push(
                    u8::from_str_radix(digits, 16).expect("two hexadecimal digits follow `\\x`"),
                );
            } else if self.take("\\") {
                text.push(unescaped(self.one().as_bytes()[0]));
            } else {
                text.extend_from_slice(self.one().as_bytes());
            }
        }
        if self.take("*") {
            let times = self.number().expect("a count follows `*`");
            return text.repeat(usize::try_from(times).expect("a count is not negative"));
        }
        text
    }

    fn parenthesis(&mut self) -> Value {
        if self.take("double ") {
            Value::Double(self.until_parenthesis().to_owned())
        } else if self.take("big ") {
            Value::Big(self.until_parenthesis().to_owned())
        } else if self.take("like ") {
            let pattern = self.value();
            self.expect(")");
            Value::Like(Box::new(pattern))
        } else if self.take("any order) ") {
            Value::AnyOrder(Box::new(self.value()))
        } else if self.take("pairs in any order) ") {
            Value::PairsInAnyOrder(Box::new(self.value()))
        } else if self.take("any ") {
            Value::AnyOf(self.until_parenthesis().to_owned())
        } else {
            let word = self.until_parenthesis();
            let found = WORDS.iter().find(|(known, _)| *known == word);
            found.unwrap_or_else(|| panic!("there is no ({word})")).1.clone()
        }
    }

    fn until_parenthesis(&mut self) -> &'a str {
        let text = self.taken_while(|c| c != ')');
        self.expect(")");
        text
    }

    fn rest(&self) -> &'a str {
        &self.line[self.at..]
    }

    fn take(&mut self, prefix: &str) -> bool {
        let found = self.rest().starts_with(prefix);
        self.at += if found { prefix.len() } else { 0 };
        found
    }

    fn take_escaped_quote(&mut self) {
        if self.rest().starts_with("\\'") {
            self.at += 1;
        }
    }

    fn expect(&mut self, prefix: &str) {
        assert!(
            self.take(prefix),
            "{prefix} is expected at column {} of: {}",
            self.at + 1,
            self.line
        );
    }

    fn taken(&mut self, length: usize) -> &'a str {
        let text = &self.rest()[..length];
        self.at += length;
        text
    }

    fn one(&mut self) -> &'a str {
        let next = self.rest().chars().next();
        self.taken(
            next.unwrap_or_else(|| panic!("a quote is not closed: {}", self.line)).len_utf8(),
        )
    }

    fn taken_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let length = self.rest().find(|c| !wanted(c)).unwrap_or(self.rest().len());
        self.taken(length)
    }

    fn skip_spaces(&mut self) -> bool {
        self.taken_while(char::is_whitespace);
        !self.rest().is_empty()
    }
}

fn unescaped(letter: u8) -> u8 {
    match letter {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'a' => 7,
        b'b' => 8,
        other => other,
    }
}

// ---- comparing ----

/// Whether a reply is what the pattern promises.
pub(crate) fn matches(pattern: &Value, value: &Value) -> bool {
    match (pattern, value) {
        (Value::Any, _) => true,
        (Value::AnyOf(kind), _) => kind == kind_of(value),
        (Value::Range(low, high), Value::Integer(number)) => {
            low.is_none_or(|low| low <= *number) && high.is_none_or(|high| *number <= high)
        }
        (Value::Like(like), _) => {
            kind_of(like) == kind_of(value) && is_like(text_of(like), text_of(value))
        }
        (Value::AnyOrder(pattern), _) => match (items_of(pattern), items_of(value)) {
            (Some(patterns), Some(values)) => {
                kind_of(pattern) == kind_of(value) && in_any_order(patterns, values)
            }
            _ => false,
        },
        (Value::PairsInAnyOrder(pattern), Value::Array(values)) => match &**pattern {
            Value::Array(patterns) => in_any_order(&by_two(patterns), &by_two(values)),
            _ => false,
        },
        (Value::Attribute(patterns, pattern), Value::Attribute(values, value)) => {
            in_order(patterns, values) && matches(pattern, value)
        }
        _ => match (items_of(pattern), items_of(value)) {
            (Some(patterns), Some(values)) => {
                kind_of(pattern) == kind_of(value) && in_order(patterns, values)
            }
            _ => pattern == value,
        },
    }
}

fn in_order(patterns: &[Value], values: &[Value]) -> bool {
    let (patterns, values) = match patterns.split_last() {
        Some((Value::Rest, patterns)) => (patterns, &values[..patterns.len().min(values.len())]),
        _ => (patterns, values),
    };
    patterns.len() == values.len()
        && patterns.iter().zip(values).all(|(pattern, value)| matches(pattern, value))
}

/// Whether each pattern has a value of its own; with `...` at the end there may be more values.
fn in_any_order(patterns: &[Value], values: &[Value]) -> bool {
    let (patterns, open_ended) = match patterns.split_last() {
        Some((Value::Rest, patterns)) => (patterns, true),
        _ => (patterns, false),
    };
    let mut left: Vec<&Value> = values.iter().collect();
    for pattern in patterns {
        let Some(found) = left.iter().position(|value| matches(pattern, value)) else {
            return false;
        };
        left.remove(found);
    }
    open_ended || left.is_empty()
}

fn by_two(values: &[Value]) -> Vec<Value> {
    let pair =
        |two: &[Value]| if two == [Value::Rest] { Value::Rest } else { Value::Array(two.to_vec()) };
    values.chunks(2).map(pair).collect()
}

fn items_of(value: &Value) -> Option<&[Value]> {
    match value {
        Value::Array(items) | Value::Set(items) | Value::Push(items) | Value::Map(items) => {
            Some(items)
        }
        _ => None,
    }
}

fn text_of(value: &Value) -> &[u8] {
    match value {
        Value::Simple(text) | Value::Error(text) | Value::Bulk(text) | Value::Verbatim(_, text) => {
            text
        }
        _ => b"",
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Simple(_) => "simple",
        Value::Error(_) => "error",
        Value::Integer(_) => "integer",
        Value::Bulk(_) => "bulk",
        Value::Verbatim(..) => "verbatim",
        Value::Double(_) => "double",
        Value::Array(_) => "array",
        Value::Set(_) => "set",
        Value::Push(_) => "push",
        Value::Map(_) => "map",
        _ => "other",
    }
}

/// Whether the text fits the pattern, in which `*` stands for anything.
fn is_like(pattern: &[u8], text: &[u8]) -> bool {
    let parts: Vec<&[u8]> = pattern.split(|byte| *byte == b'*').collect();
    let [first, middle @ .., last] = &parts[..] else { return pattern == text };
    let Some(mut rest) = text.strip_prefix(*first).and_then(|rest| rest.strip_suffix(*last)) else {
        return false;
    };
    for part in middle {
        let found = (0..=rest.len()).find(|at| rest[*at..].starts_with(part));
        let Some(at) = found else { return false };
        rest = &rest[at + part.len()..];
    }
    true
}
