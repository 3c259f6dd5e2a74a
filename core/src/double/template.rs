//! Texts with places for what a call holds.
use super::journal::Call;
use crate::error::{Error, ErrorKind};
use bytes::{Bytes, BytesMut};
use std::fmt;
use std::str::FromStr;

/// A text that is filled with what the call holds, such as `{key} was {arg1}`.
///
/// | place | what stands there |
/// |---|---|
/// | `{name}` | the command's name in capitals |
/// | `{key}`, `{key1}`, `{key2}` … | its first key, its keys from 1 on |
/// | `{arg1}`, `{arg2}` … | its arguments from 1 on, without the name |
/// | `{args}` | all arguments, with a space between them |
/// | `{conn}`, `{client}`, `{user}`, `{db}` | the connection's id, its name, its user and its database |
/// | `{seq}` | the call's number among all of the server |
/// | `{{`, `}}` | a brace |
///
/// What the call does not have is left empty. Keys and arguments stand as the bytes they are.
///
/// ```
/// use faux_redis::Template;
///
/// let template: Template = "{key} was {arg2}".parse()?;
/// assert_eq!(template.to_string(), "{key} was {arg2}");
/// assert!("{nothing}".parse::<Template>().unwrap_err().to_string().contains("{nothing}"));
/// # Ok::<(), faux_redis::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Place(Place),
}

/// What stands in a place; keys and arguments are counted from 0 here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Name,
    Key(usize),
    Arg(usize),
    Args,
    Conn,
    Client,
    User,
    Db,
    Seq,
}

const ACCEPTS: &str = "{name}, {key}, {key1}, {arg1}, {args}, {conn}, {client}, {user}, {db}, \
                       {seq}, and {{ or }} for a brace";

impl FromStr for Template {
    type Err = Error;

    fn from_str(text: &str) -> Result<Template, Error> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                plain.push_str(brace);
                rest = after;
                continue;
            }
            let closed = rest.find('}').filter(|_| brace == "{");
            let Some(end) = closed else {
                return Err(bad(&format!("has a single '{brace}'")));
            };
            let place = Place::named(&rest[..end])
                .ok_or_else(|| bad(&format!("knows no place {{{}}}", &rest[..end])))?;
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain)));
            }
            parts.push(Part::Place(place));
            rest = &rest[end + 1..];
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Template(parts))
    }
}

fn bad(what: &str) -> Error {
    Error::new(ErrorKind::Option, format!("a template {what}; there are {ACCEPTS}"))
}

impl Template {
    /// The text with what this call holds.
    pub(crate) fn fill(&self, call: &Call) -> Bytes {
        let mut filled = BytesMut::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => filled.extend_from_slice(text.as_bytes()),
                Part::Place(place) => filled.extend_from_slice(&place.of(call)),
            }
        }
        filled.freeze()
    }
}

impl Place {
    fn named(name: &str) -> Option<Place> {
        let counted = |word: &str| {
            let digits = name.strip_prefix(word)?;
            let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse::<usize>().ok().filter(|_| is_number)?.checked_sub(1)
        };
        Some(match name {
            "name" => Place::Name,
            "key" => Place::Key(0),
            "args" => Place::Args,
            "conn" => Place::Conn,
            "client" => Place::Client,
            "user" => Place::User,
            "db" => Place::Db,
            "seq" => Place::Seq,
            _ => counted("key").map(Place::Key).or_else(|| counted("arg").map(Place::Arg))?,
        })
    }

    fn of(self, call: &Call) -> Bytes {
        match self {
            Place::Name => Bytes::copy_from_slice(call.name.as_bytes()),
            Place::Key(at) => call.keys().get(at).map_or_else(Bytes::new, |key| (*key).clone()),
            Place::Arg(at) => call.args().get(at).cloned().unwrap_or_default(),
            Place::Args => call.args().join(&b' ').into(),
            Place::Conn => call.conn.to_string().into(),
            Place::Client => call.client.name.clone(),
            Place::User => Bytes::copy_from_slice(call.client.user.as_bytes()),
            Place::Db => call.db.to_string().into(),
            Place::Seq => call.seq.to_string().into(),
        }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.0 {
            match part {
                Part::Text(text) => {
                    f.write_str(&text.replace('{', "{{").replace('}', "}}"))?;
                }
                Part::Place(place) => write!(f, "{{{place}}}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Name => f.write_str("name"),
            Place::Key(0) => f.write_str("key"),
            Place::Key(at) => write!(f, "key{}", at + 1),
            Place::Arg(at) => write!(f, "arg{}", at + 1),
            Place::Args => f.write_str("args"),
            Place::Conn => f.write_str("conn"),
            Place::Client => f.write_str("client"),
            Place::User => f.write_str("user"),
            Place::Db => f.write_str("db"),
            Place::Seq => f.write_str("seq"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_can_be_said_and_what_is_wrong_is_named() {
        let shown = |text: &str| text.parse::<Template>().map(|template| template.to_string());
        assert_eq!(shown("a {{b}} {key1}{arg2}").unwrap(), "a {{b}} {key}{arg2}");
        for (text, wrong) in [
            ("a { b", "a template has a single '{'"),
            ("a } b", "a template has a single '}'"),
            ("{argument}", "a template knows no place {argument}"),
            ("{arg0}", "a template knows no place {arg0}"),
            ("{arg+1}", "a template knows no place {arg+1}"),
        ] {
            let message = shown(text).unwrap_err().to_string();
            assert!(message.starts_with(wrong), "{message}");
            assert!(message.ends_with("{seq}, and {{ or }} for a brace"), "{message}");
        }
    }
}
