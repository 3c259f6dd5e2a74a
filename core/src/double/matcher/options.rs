//! Options by name: what the words in capitals of a command's usage line must be.
use super::head::Head;
use super::pattern::Pattern;
use super::question::Look;
use super::{without_rest, words};
use crate::command::Table;
use crate::command::named::Named;
use crate::command::options::{OptionFact, merged};
use crate::persona::Persona;
use bytes::Bytes;
use std::fmt;

/// What an option of a command must be: `true` for given, `false` for not given, a pattern for its value, or several
/// for the values of one that has several.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum OptionPattern {
    /// It is given, with whatever values.
    Given,
    /// It is not given.
    Missing,
    /// It has one value, and this is how it must be.
    Value(Pattern),
    /// It has these values, in this order; [`Pattern::Rest`] may be the last.
    Values(Vec<Pattern>),
}

/// An option that is asked for.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) token: String,
    pub(super) pattern: OptionPattern,
    /// Its value is one of several words, whose case does not matter.
    takes_word: bool,
}

/// What the grammar of the commands that are meant makes of the options. Of several commands one must have each.
pub(super) fn resolved(
    options: Vec<Wanted>,
    head: &Head,
    table: &Table,
    persona: Persona,
) -> Result<Vec<Wanted>, String> {
    let Some(first) = options.first() else { return Ok(options) };
    let entries = head.entries(table);
    if entries.is_empty() {
        let token = &first.token;
        return Err(format!(
            "option '{token}' needs the command's grammar, and {persona} has no command '{head}'"
        ));
    }
    let facts = merged(entries.iter().flat_map(|entry| entry.usage.options()));
    let resolved = options.into_iter().map(|wanted| {
        let found = wanted.find(&facts);
        let fact = found.ok_or_else(|| unknown(&wanted.token, &facts, head, persona))?;
        wanted.by(fact).map_err(|why| format!("option {why} ({head})"))
    });
    resolved.collect()
}

fn unknown(token: &str, facts: &[OptionFact], head: &Head, persona: Persona) -> String {
    let known: Vec<_> = facts.iter().map(|fact| fact.token).collect();
    match head {
        Head::Command(_) if known.is_empty() => {
            format!("unknown option '{token}' of {head}, which has none in {persona}")
        }
        Head::Command(_) => {
            let known = known.join(", ");
            format!("unknown option '{token}' of {head} in {persona}; there are {known}")
        }
        // All options of all commands are no help to anybody.
        Head::Any | Head::Group(..) => {
            format!("unknown option '{token}': no command of {head} has it in {persona}")
        }
    }
}

impl Wanted {
    pub(super) fn new(token: &str, pattern: OptionPattern) -> Wanted {
        Wanted { token: token.to_uppercase(), pattern, takes_word: false }
    }

    /// What the grammar says of the option. What Python cannot write in a name is written with `_`.
    fn find(&self, facts: &[OptionFact]) -> Option<OptionFact> {
        let with_hyphens = self.token.replace('_', "-");
        let named = |name: &str| facts.iter().find(|fact| fact.token == name).copied();
        named(&self.token).or_else(|| named(&with_hyphens))
    }

    /// The same, by what the command's grammar says of it. An error says what it takes.
    fn by(mut self, fact: OptionFact) -> Result<Wanted, String> {
        if !self.pattern.fits(fact) {
            let (token, n) = (fact.token, fact.values.least);
            return Err(match (n, fact.values.exact) {
                (0, true) => format!("'{token}' takes no value; say True, False, ANY or absent"),
                (1, true) => format!("'{token}' takes one value"),
                (n, true) => format!("'{token}' takes {n} values, as a tuple of {n}"),
                (n, false) => format!("'{token}' takes {n} values or more, as a tuple"),
            });
        }
        fact.token.clone_into(&mut self.token);
        self.takes_word = fact.takes_word;
        if fact.takes_word {
            self.pattern = self.pattern.in_capitals();
        }
        Ok(self)
    }

    /// Whether the request has a word that might be the option, which saves reading it by the grammar if not.
    pub(super) fn may_be_in(&self, request: &[Bytes]) -> bool {
        request.iter().any(|word| word.eq_ignore_ascii_case(self.token.as_bytes()))
    }

    /// Looks at a request that does not have the option.
    pub(super) fn look_at_none(&self) -> Look {
        match &self.pattern {
            OptionPattern::Given | OptionPattern::Values(_) => Look::No,
            OptionPattern::Missing => Look::Yes,
            OptionPattern::Value(pattern) => pattern.look(None),
        }
    }

    pub(super) fn look(&self, named: &Named, request: &[Bytes]) -> Look {
        let mut times = named.option(&self.token).peekable();
        if times.peek().is_none() {
            return self.look_at_none();
        }
        // One that may come several times is as wanted when it is so once.
        Look::any(times.map(|values| {
            let values: Vec<_> = values.iter().map(|at| self.value(&request[*at])).collect();
            self.pattern.look(&values)
        }))
    }

    fn value(&self, word: &Bytes) -> Bytes {
        if self.takes_word { word.to_ascii_uppercase().into() } else { word.clone() }
    }
}

impl OptionPattern {
    fn look(&self, values: &[Bytes]) -> Look {
        match (self, values) {
            (OptionPattern::Given, _) => Look::Yes,
            (OptionPattern::Missing, _) => Look::No,
            (OptionPattern::Value(pattern), [value]) => pattern.look(Some(value)),
            (OptionPattern::Value(_), _) => Look::No,
            (OptionPattern::Values(patterns), _) => words(without_rest(patterns), values),
        }
    }

    fn fits(&self, fact: OptionFact) -> bool {
        let (least, exact) = (fact.values.least, fact.values.exact);
        match self {
            OptionPattern::Given | OptionPattern::Missing => true,
            OptionPattern::Value(_) => least == 1 || least == 0 && !exact,
            OptionPattern::Values(patterns) => match patterns.as_slice() {
                [before @ .., Pattern::Rest] => !exact || before.len() <= least,
                patterns => patterns.len() == least || !exact && patterns.len() > least,
            },
        }
    }

    fn in_capitals(self) -> OptionPattern {
        match self {
            OptionPattern::Value(pattern) => OptionPattern::Value(pattern.in_capitals()),
            other => other,
        }
    }

    pub(super) fn asks(&self) -> bool {
        match self {
            OptionPattern::Given | OptionPattern::Missing => false,
            OptionPattern::Value(pattern) => pattern.asks(),
            OptionPattern::Values(patterns) => patterns.iter().any(Pattern::asks),
        }
    }
}

impl From<bool> for OptionPattern {
    fn from(given: bool) -> OptionPattern {
        if given { OptionPattern::Given } else { OptionPattern::Missing }
    }
}

impl<P: Into<Pattern>> From<P> for OptionPattern {
    fn from(pattern: P) -> OptionPattern {
        match pattern.into() {
            Pattern::Any => OptionPattern::Given,
            Pattern::Absent => OptionPattern::Missing,
            pattern => OptionPattern::Value(pattern),
        }
    }
}

impl<P: Into<Pattern>, const N: usize> From<[P; N]> for OptionPattern {
    fn from(patterns: [P; N]) -> OptionPattern {
        OptionPattern::Values(patterns.into_iter().map(Into::into).collect())
    }
}

impl<A: Into<Pattern>, B: Into<Pattern>> From<(A, B)> for OptionPattern {
    fn from((first, second): (A, B)) -> OptionPattern {
        OptionPattern::Values(vec![first.into(), second.into()])
    }
}

impl<A: Into<Pattern>, B: Into<Pattern>, C: Into<Pattern>> From<(A, B, C)> for OptionPattern {
    fn from((first, second, third): (A, B, C)) -> OptionPattern {
        OptionPattern::Values(vec![first.into(), second.into(), third.into()])
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=", self.token.replace('-', "_"))?;
        match &self.pattern {
            OptionPattern::Given => f.write_str("True"),
            OptionPattern::Missing => f.write_str("False"),
            OptionPattern::Value(pattern) => write!(f, "{pattern}"),
            OptionPattern::Values(patterns) => {
                let shown: Vec<_> = patterns.iter().map(ToString::to_string).collect();
                let end = if shown.len() == 1 { "," } else { "" };
                write!(f, "({}{end})", shown.join(", "))
            }
        }
    }
}
