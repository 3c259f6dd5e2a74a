//! A cursor over the arguments of one command.
use crate::number::parse_i64;
use crate::resp::{Error, Result};
use bytes::Bytes;

/// The arguments still to be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Args<'a> {
    rest: &'a [Bytes],
}

impl<'a> Args<'a> {
    pub(crate) fn new(items: &'a [Bytes]) -> Args<'a> {
        Args { rest: items }
    }

    /// The next argument, as it came.
    pub(crate) fn bytes(&mut self) -> Result<&'a Bytes> {
        let (first, rest) = self.rest.split_first().ok_or(Error::SYNTAX)?;
        self.rest = rest;
        Ok(first)
    }

    /// The next argument as an integer.
    pub(crate) fn int(&mut self) -> Result<i64> {
        self.int_or(Error::NOT_AN_INTEGER)
    }

    /// The next argument as an integer, or this error.
    pub(crate) fn int_or(&mut self, error: Error) -> Result<i64> {
        parse_i64(self.bytes()?).ok_or(error)
    }

    /// The next argument as an integer of zero or more.
    pub(crate) fn positive(&mut self) -> Result<i64> {
        match self.int() {
            Ok(n) if n >= 0 => Ok(n),
            _ => Err(Error::NOT_POSITIVE),
        }
    }

    /// The arguments behind the next `n`.
    pub(crate) fn skip(mut self, n: usize) -> Result<Args<'a>> {
        self.take(n)?;
        Ok(self)
    }

    /// The next `n` arguments.
    pub(crate) fn take(&mut self, n: usize) -> Result<&'a [Bytes]> {
        let (taken, rest) = self.rest.split_at_checked(n).ok_or(Error::SYNTAX)?;
        self.rest = rest;
        Ok(taken)
    }

    /// Everything that is left.
    pub(crate) fn all(&mut self) -> &'a [Bytes] {
        std::mem::take(&mut self.rest)
    }

    /// Everything that is left, in pairs; `None` when one has no partner.
    pub(crate) fn pairs(&mut self) -> Option<&'a [[Bytes; 2]]> {
        let (pairs, odd) = self.all().as_chunks();
        odd.is_empty().then_some(pairs)
    }

    /// Everything but the last argument, which stays.
    pub(crate) fn all_but_last(&mut self) -> &'a [Bytes] {
        let (rest, taken) = match self.rest.len() {
            0 => (self.rest, self.rest),
            n => (&self.rest[n - 1..], &self.rest[..n - 1]),
        };
        self.rest = rest;
        taken
    }

    /// Takes the next argument if it is `word`, whatever its case.
    pub(crate) fn word(&mut self, word: &str) -> bool {
        let hit = self.peek().is_some_and(|arg| arg.eq_ignore_ascii_case(word.as_bytes()));
        if hit {
            self.rest = &self.rest[1..];
        }
        hit
    }

    /// Takes the next argument if it is `word` and another argument follows, which is returned.
    pub(crate) fn option(&mut self, word: &str) -> Option<&'a Bytes> {
        let value = self.rest.get(1)?;
        self.word(word).then(|| {
            self.rest = &self.rest[1..];
            value
        })
    }

    /// Takes the next argument if it is `word` and another argument follows, which must be an integer and is returned.
    pub(crate) fn option_int(&mut self, word: &str) -> Result<Option<i64>> {
        if self.len() > 1 && self.word(word) { self.int().map(Some) } else { Ok(None) }
    }

    /// Takes the next argument if it is `word` and another argument follows, which stays.
    pub(crate) fn option_before(&mut self, word: &str) -> bool {
        self.len() > 1 && self.word(word)
    }

    /// The next argument, left where it is.
    pub(crate) fn peek(&self) -> Option<&'a Bytes> {
        self.rest.first()
    }

    pub(crate) fn len(&self) -> usize {
        self.rest.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Nothing more may follow.
    pub(crate) fn end(&self) -> Result<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(Error::SYNTAX) }
    }
}
