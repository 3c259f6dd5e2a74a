//! ARGREP: the elements of an array that match patterns.
use super::{index_of, limit_of, number, pair, span};
use crate::command::Args;
use crate::data::array::{Array, LAST_INDEX};
use crate::engine::Ctx;
use crate::glob::{self, Case};
use crate::resp::{Error, Reply, Result};
use bytes::Bytes;
use regex::bytes::{Regex, RegexBuilder};

const MOST_PATTERNS: usize = 250;
const LONGEST_EXPRESSION: usize = 2048;

/// A pattern as it was said.
#[derive(Clone, Copy, Debug)]
enum Said<'a> {
    Exact(&'a Bytes),
    Part(&'a Bytes),
    Glob(&'a Bytes),
    Expression(&'a Bytes),
}

/// A pattern that is ready to be held against elements.
#[derive(Debug)]
enum Pattern<'a> {
    Exact(&'a Bytes),
    Part(&'a Bytes),
    Glob(&'a Bytes),
    Expression(Regex),
}

/// What ARGREP is asked. What is said again takes the place of what was said before.
#[derive(Debug, Default)]
struct Options<'a> {
    patterns: Vec<Said<'a>>,
    /// All patterns must match, and not just one.
    all: bool,
    limit: Option<usize>,
    with_values: bool,
    any_case: bool,
}

impl<'a> Options<'a> {
    fn parse(mut args: Args<'a>) -> Result<Options<'a>> {
        let mut options = Options::default();
        while !args.is_empty() {
            if let Some(said) = Said::option(&mut args) {
                options.patterns.push(said);
            } else if args.word("AND") {
                options.all = true;
            } else if args.word("OR") {
                options.all = false;
            } else if let Some(limit) = args.option("LIMIT") {
                options.limit = Some(limit_of(limit)?);
            } else if args.word("WITHVALUES") {
                options.with_values = true;
            } else if args.word("NOCASE") {
                options.any_case = true;
            } else {
                return Err(Error::SYNTAX);
            }
        }
        match options.patterns.len() {
            0 => Err(Error::SYNTAX),
            1..=MOST_PATTERNS => Ok(options),
            _ => Err(Error::TOO_MANY_PATTERNS),
        }
    }

    fn matches(&self, patterns: &[Pattern<'_>], element: &[u8]) -> bool {
        let mut each = patterns.iter().map(|pattern| pattern.matches(element, self.any_case));
        if self.all { each.all(|matches| matches) } else { each.any(|matches| matches) }
    }
}

impl<'a> Said<'a> {
    fn option(args: &mut Args<'a>) -> Option<Said<'a>> {
        let exact = args.option("EXACT").map(Said::Exact);
        exact
            .or_else(|| args.option("MATCH").map(Said::Part))
            .or_else(|| args.option("GLOB").map(Said::Glob))
            .or_else(|| args.option("RE").map(Said::Expression))
    }

    fn ready(self, any_case: bool) -> Result<Pattern<'a>> {
        Ok(match self {
            Said::Exact(text) => Pattern::Exact(text),
            Said::Part(text) => Pattern::Part(text),
            Said::Glob(pattern) => Pattern::Glob(pattern),
            Said::Expression(text) => Pattern::Expression(expression(text, any_case)?),
        })
    }
}

impl Pattern<'_> {
    fn matches(&self, element: &[u8], any_case: bool) -> bool {
        match self {
            Pattern::Exact(text) if any_case => element.eq_ignore_ascii_case(text),
            Pattern::Exact(text) => element == &text[..],
            Pattern::Part(text) => contains(element, text, any_case),
            Pattern::Glob(pattern) => {
                let case = if any_case { Case::Insensitive } else { Case::Sensitive };
                glob::matches(pattern, element, case)
            }
            Pattern::Expression(expression) => expression.is_match(element),
        }
    }
}

fn contains(element: &[u8], text: &[u8], any_case: bool) -> bool {
    let is_it = |part: &[u8]| if any_case { part.eq_ignore_ascii_case(text) } else { part == text };
    text.is_empty() || element.windows(text.len()).any(is_it)
}

/// A regular expression without references to what was matched before.
fn expression(text: &[u8], any_case: bool) -> Result<Regex> {
    if text.is_empty() {
        return Err(Error::EXPRESSION_EMPTY);
    }
    if text.len() > LONGEST_EXPRESSION {
        return Err(Error::EXPRESSION_TOO_LONG);
    }
    if text.windows(2).any(|pair| pair[0] == b'\\' && matches!(pair[1], b'1'..=b'9')) {
        return Err(Error::EXPRESSION_REFERS_BACK);
    }
    let text = std::str::from_utf8(text).map_err(|_| Error::EXPRESSION_INVALID)?;
    let mut builder = RegexBuilder::new(text);
    let built = builder.unicode(false).case_insensitive(any_case).build();
    built.map_err(|_| Error::EXPRESSION_INVALID)
}

/// One end of the range, where `-` is the first index and `+` the last.
fn end(word: &[u8], length: u64) -> Result<u64> {
    match word {
        b"-" => Ok(0),
        b"+" => Ok(length.saturating_sub(1)),
        word => index_of(word),
    }
}

pub(super) fn argrep(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, start, stop) = (args.bytes()?, args.bytes()?, args.bytes()?);
    for word in [start, stop] {
        end(word, LAST_INDEX)?;
    }
    let options = Options::parse(args)?;
    let patterns = options.patterns.iter().map(|said| said.ready(options.any_case));
    let patterns = patterns.collect::<Result<Vec<_>>>()?;
    let Some(array) = cx.db.read::<Array>(key)? else { return Ok(Reply::EMPTY_ARRAY) };
    let length = array.length();
    let (range, backwards) = span(end(start, length)?, end(stop, length)?);
    let shown = |(index, element): (u64, &Bytes)| {
        if options.with_values { pair((index, element)) } else { number(index) }
    };
    let most = options.limit.unwrap_or(usize::MAX);
    let elements = array.range(range);
    let matches = |(_, element): &(u64, &Bytes)| options.matches(&patterns, element);
    Ok(Reply::Array(if backwards {
        elements.rev().filter(matches).take(most).map(shown).collect()
    } else {
        elements.filter(matches).take(most).map(shown).collect()
    }))
}
