//! The journal for other programs: JSON lines, and what MONITOR would have shown.
use super::Double;
use super::journal::{Call, Via};
use crate::command::flag;
use crate::persona::Persona;
use crate::resp::Reply;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::str::FromStr;
use std::time::Duration;

/// What the journal is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// The transcript: text to read.
    Text,
    /// An object of JSON a line.
    JsonLines,
    /// What MONITOR shows.
    Monitor,
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Format, String> {
        match text {
            "text" => Ok(Format::Text),
            "jsonl" => Ok(Format::JsonLines),
            "monitor" => Ok(Format::Monitor),
            _ => Err(format!("a format is text, jsonl or monitor, not '{text}'")),
        }
    }
}

impl Double {
    /// All calls that are remembered, each an object in a line.
    pub(crate) fn json_lines(&self) -> String {
        self.journal.calls().map(|call| self.json_line(call) + "\n").collect()
    }

    fn json_line(&self, call: &Call) -> String {
        let texts = |words: &[bytes::Bytes]| words.iter().map(|word| text(word)).collect::<Value>();
        let rule = call.rule.map(|id| {
            let title = self.rules.get(id).map(super::rule::Rule::title);
            json!({"id": id.number(), "title": title})
        });
        let keys: Vec<_> = call.keys().into_iter().map(|key| text(key)).collect();
        let fields = [
            ("seq", json!(call.seq)),
            ("time", json!(call.time.as_secs_f64())),
            ("conn", json!(call.conn)),
            ("client", text(&call.client.name)),
            ("address", json!(&*call.client.address)),
            ("name", json!(&*call.name)),
            ("args", texts(call.args())),
            ("keys", Value::from(keys)),
            ("db", json!(call.db)),
            ("user", json!(&*call.client.user)),
            ("via", json!(call.via.name())),
            ("trip", json!(call.trip)),
            ("action", json!(call.action)),
            ("rule", json!(rule)),
            ("faults", json!(call.faults)),
            ("reply", call.reply.as_ref().map_or(Value::Null, value)),
            ("answered", json!(call.reply.is_some())),
            ("duration", json!(call.duration.map(|duration| duration.as_secs_f64()))),
        ];
        let fields = fields.map(|(name, value)| format!("\"{name}\":{value}"));
        format!("{{{}}}", fields.join(","))
    }

    /// What MONITOR would have shown of the calls that are remembered: all but those of administration and those that
    /// were refused, those of a transaction when EXEC ran them, passwords left out.
    pub(crate) fn monitor(&self, persona: Persona) -> String {
        let mut lines = String::new();
        let mut queued: HashMap<u64, Vec<&Call>> = HashMap::new();
        for call in self.journal.calls() {
            if call.via == Via::Exec {
                queued.entry(call.conn).or_default().push(call);
                continue;
            }
            let waiting = match &*call.name {
                "EXEC" | "DISCARD" | "MULTI" | "RESET" => queued.remove(&call.conn),
                _ => None,
            };
            let ran = waiting.into_iter().flatten().filter(|queued| queued.action != "queued");
            for shown in ran.chain([call]).filter(|call| is_shown(call, persona)) {
                lines += &monitored(shown, call.time);
            }
        }
        lines
    }
}

/// Bytes as a text, or in hexadecimal digits when they are none.
fn text(bytes: &[u8]) -> Value {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.into();
    }
    let digits = bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    json!({"hex": digits})
}

/// A reply: what JSON has a type for as it is, all else under the name of its type.
fn value(reply: &Reply) -> Value {
    let list = |items: &[Reply]| items.iter().map(value).collect::<Value>();
    match reply {
        Reply::Array(items) => list(items),
        Reply::Many(items) => json!({"many": list(items)}),
        Reply::Set(items) => json!({"set": list(items)}),
        Reply::Push(items) => json!({"push": list(items)}),
        Reply::Attribute(_, reply) => value(reply),
        Reply::BigNumber(digits) => json!({"big_number": digits}),
        Reply::Bool(truth) => json!(truth),
        Reply::Bulk(bytes) => text(bytes),
        Reply::Verbatim(_, bytes) => json!({"verbatim": text(bytes)}),
        Reply::Double(number) => json!({"double": number.to_string()}),
        Reply::Error(error) => json!({"error": error.to_string()}),
        Reply::Int(number) => json!(number),
        Reply::Map(pairs) => {
            let pairs = pairs.iter().map(|(key, held)| json!([value(key), value(held)]));
            json!({"map": pairs.collect::<Value>()})
        }
        Reply::Nothing => json!({"nothing": true}),
        Reply::Null | Reply::NullArray => Value::Null,
        Reply::Raw(bytes) => json!({"raw": text(bytes)}),
        Reply::Status(status) => json!({"status": status}),
    }
}

fn is_shown(call: &Call, persona: Persona) -> bool {
    let hidden = |entry: &crate::command::Entry| {
        entry.has_flag(flag::ADMIN, persona)
            || (entry.has_flag(flag::SKIP_MONITOR, persona) && entry.name != "exec")
    };
    !call.refused && !call.entry.is_some_and(hidden)
}

/// One line as MONITOR writes it, without the plus sign before it.
fn monitored(call: &Call, at: Duration) -> String {
    let place = match call.client.address.strip_prefix('/') {
        Some(path) => format!("unix:/{}", path.strip_suffix(":0").unwrap_or(path)),
        None => call.client.address.to_string(),
    };
    let mut line =
        format!("{}.{:06} [{} {place}]", at.as_secs(), at.subsec_micros(), database_after(call));
    for (index, word) in call.words().iter().enumerate() {
        line.push(' ');
        represent(if is_secret(call, index) { b"(redacted)" } else { word }, &mut line);
    }
    line.push('\n');
    line
}

/// MONITOR shows a command when it is done, in the database that is selected then.
fn database_after(call: &Call) -> usize {
    let selected = || {
        let index = std::str::from_utf8(call.args().first()?).ok()?;
        index.parse().ok().filter(|_| call.reply == Some(Reply::OK))
    };
    match &*call.name {
        "SELECT" => selected().unwrap_or(call.db),
        "RESET" => 0,
        _ => call.db,
    }
}

/// Whether a word is a password, or the name that goes with it.
fn is_secret(call: &Call, index: usize) -> bool {
    let after = |option: &[u8], words: usize| {
        (1..=words).any(|back| {
            let word = index.checked_sub(back).and_then(|at| call.words().get(at));
            word.is_some_and(|word| word.eq_ignore_ascii_case(option))
        })
    };
    match &*call.name {
        "AUTH" => index > 0,
        "HELLO" => after(b"AUTH", 2),
        "MIGRATE" => after(b"AUTH", 1) || after(b"AUTH2", 2),
        _ => false,
    }
}

/// Bytes in quotes, as the servers write them for people to read.
fn represent(bytes: &[u8], line: &mut String) {
    line.push('"');
    for byte in bytes {
        match byte {
            b'\\' | b'"' => line.extend(['\\', char::from(*byte)]),
            b'\n' => *line += "\\n",
            b'\r' => *line += "\\r",
            b'\t' => *line += "\\t",
            0x07 => *line += "\\a",
            0x08 => *line += "\\b",
            b' '..=b'~' => line.push(char::from(*byte)),
            _ => write!(line, "\\x{byte:02x}").expect("a string takes all"),
        }
    }
    line.push('"');
}
