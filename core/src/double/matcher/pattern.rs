//! What one argument must be.
use super::json::{JsonHolds, JsonPattern};
use super::number::Number;
use super::predicate::Predicate;
use super::question::{Look, Question};
use super::quoted;
use crate::error::{Error, ErrorKind};
use crate::glob;
use bytes::Bytes;
use std::cmp::Ordering;
use std::fmt;
use std::ops::{BitAnd, BitOr, Not};

/// What one argument must be: of a command, of an option, a key, or a part of what is known of a connection.
///
/// Patterns are combined by `&`, `|` and `!` (in Python `~`), and print themselves as they are written in Python.
///
/// ```
/// use faux_redis::Pattern;
///
/// let pattern = Pattern::glob("user:*") & !Pattern::glob("*:tmp") | "admin";
/// assert_eq!(pattern.to_string(), r#"glob("user:*") & ~glob("*:tmp") | "admin""#);
/// ```
///
/// What is not given, such as an option that a request does not have, is matched by no pattern but those that say
/// [`Pattern::Absent`]: `!Pattern::gt(30)` is a value that is there and not greater.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Pattern {
    /// Anything that is given.
    Any,
    /// These bytes.
    Exact(Bytes),
    /// A glob, in the words of KEYS.
    Glob(Bytes),
    /// Bytes in which the expression finds a match.
    Regex(regex::bytes::Regex),
    /// A number greater than this. Like its kin, it matches nothing that is no number.
    Gt(Number),
    /// A number no less than this.
    Ge(Number),
    /// A number less than this.
    Lt(Number),
    /// A number no greater than this.
    Le(Number),
    /// A number from the first to the second, both included.
    Between(Number, Number),
    /// A JSON document that holds something at a place.
    Json(Box<JsonPattern>),
    /// Nothing: the option, the last arguments or the key are not given.
    Absent,
    /// Whatever the test's own code says.
    Predicate(Predicate),
    /// What both match.
    And(Box<Pattern>, Box<Pattern>),
    /// What one of them matches.
    Or(Box<Pattern>, Box<Pattern>),
    /// What the pattern does not match.
    Not(Box<Pattern>),
    /// Any number of arguments, to the end.
    Rest,
}

impl Pattern {
    /// These bytes.
    pub fn exact(bytes: impl AsRef<[u8]>) -> Pattern {
        Pattern::Exact(Bytes::copy_from_slice(bytes.as_ref()))
    }

    /// A glob, in the words of KEYS.
    pub fn glob(glob: impl AsRef<[u8]>) -> Pattern {
        Pattern::Glob(Bytes::copy_from_slice(glob.as_ref()))
    }

    /// Bytes in which an expression finds a match, in the notation of the crate `regex`.
    ///
    /// # Errors
    /// It is no expression ([`ErrorKind::Option`]).
    pub fn re(expression: &str) -> Result<Pattern, Error> {
        let regex = regex::bytes::Regex::new(expression).map_err(|error| {
            let message = format!("re() takes a regular expression, not '{expression}': {error}");
            Error::new(ErrorKind::Option, message)
        })?;
        Ok(Pattern::Regex(regex))
    }

    /// A number greater than this.
    pub fn gt(number: impl Into<Number>) -> Pattern {
        Pattern::Gt(number.into())
    }

    /// A number no less than this.
    pub fn ge(number: impl Into<Number>) -> Pattern {
        Pattern::Ge(number.into())
    }

    /// A number less than this.
    pub fn lt(number: impl Into<Number>) -> Pattern {
        Pattern::Lt(number.into())
    }

    /// A number no greater than this.
    pub fn le(number: impl Into<Number>) -> Pattern {
        Pattern::Le(number.into())
    }

    /// A number from one to the other, both included.
    pub fn between(least: impl Into<Number>, most: impl Into<Number>) -> Pattern {
        Pattern::Between(least.into(), most.into())
    }

    /// A JSON document in which the path (a `JSONPath` as in RFC 9535, without its functions) leads to this value, or to
    /// one that a pattern matches. With [`Pattern::Absent`] the path must lead nowhere.
    ///
    /// ```
    /// use faux_redis::Pattern;
    ///
    /// Pattern::json("$.user.id", 42)?;
    /// Pattern::json("$.items[*].price", Pattern::gt(9.5))?;
    /// assert!(Pattern::json("user.id", 42).is_err());
    /// # Ok::<(), faux_redis::Error>(())
    /// ```
    ///
    /// # Errors
    /// The path is none ([`ErrorKind::Option`]).
    pub fn json(path: &str, holds: impl Into<JsonHolds>) -> Result<Pattern, Error> {
        Ok(Pattern::Json(Box::new(JsonPattern::new(path, holds.into())?)))
    }

    /// What both match.
    pub fn and(self, other: impl Into<Pattern>) -> Pattern {
        Pattern::And(Box::new(self), Box::new(other.into()))
    }

    /// What one of them matches.
    pub fn or(self, other: impl Into<Pattern>) -> Pattern {
        Pattern::Or(Box::new(self), Box::new(other.into()))
    }

    /// What is given, or absent where the pattern speaks of that, and looks otherwise.
    #[expect(clippy::should_implement_trait, reason = "it is that trait's method, in a chain")]
    pub fn not(self) -> Pattern {
        Pattern::Not(Box::new(self))
    }

    /// Looks at an argument, or at nothing where none is given, without asking the host.
    pub(crate) fn look(&self, arg: Option<&[u8]>) -> Look {
        match (self, arg) {
            (Pattern::And(one, other), _) => Look::all([one, other].map(|part| part.look(arg))),
            (Pattern::Or(one, other), _) => Look::any([one, other].map(|part| part.look(arg))),
            (Pattern::Not(pattern), None) if !pattern.speaks_of_absence() => Look::No,
            (Pattern::Not(pattern), _) => pattern.look(arg).negated(),
            (Pattern::Absent, _) => arg.is_none().into(),
            (Pattern::Rest, _) => Look::Yes,
            (_, None) => Look::No,
            (_, Some(arg)) => self.look_at(arg),
        }
    }

    fn look_at(&self, arg: &[u8]) -> Look {
        match self {
            Pattern::Exact(bytes) => (bytes == arg).into(),
            Pattern::Glob(glob) => glob::matches(glob, arg, glob::Case::Sensitive).into(),
            Pattern::Regex(regex) => regex.is_match(arg).into(),
            Pattern::Gt(than) => is(arg, *than, |order| order == Ordering::Greater).into(),
            Pattern::Ge(than) => is(arg, *than, Ordering::is_ge).into(),
            Pattern::Lt(than) => is(arg, *than, Ordering::is_lt).into(),
            Pattern::Le(than) => is(arg, *than, Ordering::is_le).into(),
            Pattern::Between(least, most) => {
                (is(arg, *least, Ordering::is_ge) && is(arg, *most, Ordering::is_le)).into()
            }
            Pattern::Json(json) => json.look(arg),
            Pattern::Predicate(predicate) => {
                Look::Ask(Question::Arg(predicate.clone(), Bytes::copy_from_slice(arg)))
            }
            Pattern::Any
            | Pattern::Rest
            | Pattern::Absent
            | Pattern::And(..)
            | Pattern::Or(..)
            | Pattern::Not(_) => Look::Yes,
        }
    }

    /// Whether it says something of what is not given.
    pub(in crate::double) fn speaks_of_absence(&self) -> bool {
        match self {
            Pattern::Absent => true,
            Pattern::And(one, other) | Pattern::Or(one, other) => {
                one.speaks_of_absence() || other.speaks_of_absence()
            }
            Pattern::Not(pattern) => pattern.speaks_of_absence(),
            _ => false,
        }
    }

    /// Whether the host must be asked, sometimes at least.
    pub fn asks(&self) -> bool {
        match self {
            Pattern::Predicate(_) => true,
            Pattern::And(one, other) | Pattern::Or(one, other) => one.asks() || other.asks(),
            Pattern::Not(pattern) => pattern.asks(),
            Pattern::Json(json) => json.pattern().is_some_and(Pattern::asks),
            _ => false,
        }
    }

    /// The pattern for words whose case does not matter, which are held against it in capitals.
    pub(super) fn in_capitals(self) -> Pattern {
        let inner = |pattern: Box<Pattern>| Box::new(pattern.in_capitals());
        match self {
            Pattern::Exact(bytes) => Pattern::Exact(bytes.to_ascii_uppercase().into()),
            Pattern::Glob(bytes) => Pattern::Glob(bytes.to_ascii_uppercase().into()),
            Pattern::And(one, other) => Pattern::And(inner(one), inner(other)),
            Pattern::Or(one, other) => Pattern::Or(inner(one), inner(other)),
            Pattern::Not(pattern) => Pattern::Not(inner(pattern)),
            other => other,
        }
    }

    /// Writes a part of a combination, in parentheses if it binds less tightly.
    fn write_part(&self, f: &mut fmt::Formatter<'_>, binding: u8) -> fmt::Result {
        let own = match self {
            Pattern::Or(..) => 0,
            Pattern::And(..) => 1,
            _ => 2,
        };
        if own < binding { write!(f, "({self})") } else { write!(f, "{self}") }
    }
}

/// Whether an argument is a number that compares so.
fn is(arg: &[u8], than: Number, wanted: impl Fn(Ordering) -> bool) -> bool {
    Number::read(arg).and_then(|number| number.compare(than)).is_some_and(wanted)
}

macro_rules! from_bytes {
    ($($of:ty)*) => {$(
        impl From<$of> for Pattern {
            fn from(exact: $of) -> Pattern {
                Pattern::exact(exact)
            }
        }
    )*};
}

macro_rules! from_integers {
    ($($of:ty)*) => {$(
        impl From<$of> for Pattern {
            fn from(exact: $of) -> Pattern {
                Pattern::exact(exact.to_string())
            }
        }
    )*};
}

from_bytes!(&str String &String &[u8] Vec<u8> Bytes &Bytes);
from_integers!(i32 i64 u32 u64 usize);

impl<const N: usize> From<&[u8; N]> for Pattern {
    fn from(exact: &[u8; N]) -> Pattern {
        Pattern::exact(exact)
    }
}

impl<P: Into<Pattern>> BitAnd<P> for Pattern {
    type Output = Pattern;
    fn bitand(self, other: P) -> Pattern {
        self.and(other)
    }
}

impl<P: Into<Pattern>> BitOr<P> for Pattern {
    type Output = Pattern;
    fn bitor(self, other: P) -> Pattern {
        self.or(other)
    }
}

impl Not for Pattern {
    type Output = Pattern;
    fn not(self) -> Pattern {
        Pattern::not(self)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pattern::Any => f.write_str("ANY"),
            Pattern::Exact(bytes) => f.write_str(&quoted(bytes)),
            Pattern::Glob(glob) => write!(f, "glob({})", quoted(glob)),
            Pattern::Regex(regex) => write!(f, "re({})", quoted(regex.as_str().as_bytes())),
            Pattern::Gt(than) => write!(f, "gt({than})"),
            Pattern::Ge(than) => write!(f, "ge({than})"),
            Pattern::Lt(than) => write!(f, "lt({than})"),
            Pattern::Le(than) => write!(f, "le({than})"),
            Pattern::Between(least, most) => write!(f, "between({least}, {most})"),
            Pattern::Json(json) => write!(f, "{json}"),
            Pattern::Absent => f.write_str("absent"),
            Pattern::Predicate(predicate) => write!(f, "{predicate}"),
            Pattern::And(one, other) => {
                one.write_part(f, 1)?;
                f.write_str(" & ")?;
                other.write_part(f, 2)
            }
            Pattern::Or(one, other) => {
                one.write_part(f, 0)?;
                f.write_str(" | ")?;
                other.write_part(f, 1)
            }
            Pattern::Not(pattern) => {
                f.write_str("~")?;
                pattern.write_part(f, 2)
            }
            Pattern::Rest => f.write_str("REST"),
        }
    }
}
