//! The parts of a matcher, for who tells which of them a call does not match.
use super::options::OptionPattern;
use super::{CallPredicate, Client, Matcher, Pattern, Subject, Via};
use crate::double::journal::Call;
use crate::double::matcher::Look;

/// What a matcher says besides the command and its options.
#[derive(Clone, Copy, Debug)]
pub(in crate::double) struct Parts<'a> {
    pub(in crate::double) args: &'a [Pattern],
    pub(in crate::double) key: Option<&'a Pattern>,
    pub(in crate::double) conn: Option<&'a Client>,
    pub(in crate::double) via: Option<Via>,
    pub(in crate::double) when: Option<&'a CallPredicate>,
}

/// An option that a call has not as it was asked for.
#[derive(Debug)]
pub(in crate::double) struct UnlikeOption<'a> {
    pub(in crate::double) token: &'a str,
    /// As the matcher shows it.
    pub(in crate::double) shown: String,
    /// Where the request has it, its values behind it; nothing if it does not.
    pub(in crate::double) at: Option<Vec<usize>>,
    /// What its one value must be.
    pub(in crate::double) value: Option<&'a Pattern>,
}

impl Matcher {
    pub(in crate::double) fn parts(&self) -> Parts<'_> {
        let (key, conn) = (self.key.as_ref(), self.conn.as_ref());
        Parts { args: &self.args, key, conn, via: self.via, when: self.call.as_ref() }
    }

    /// The options that a call certainly has not as they were asked for, without asking the host.
    pub(in crate::double) fn unlike_options(&self, call: &Call) -> Vec<UnlikeOption<'_>> {
        let (subject, request) = (Subject::of(call), call.words());
        let mut unlike = Vec::new();
        for wanted in &self.options {
            let named = subject.entry().map(|entry| subject.named(entry));
            let look = named.map_or(Look::No, |named| wanted.look(named, request));
            if !matches!(look, Look::No) {
                continue;
            }
            let is_token = |at: &usize| request[*at].eq_ignore_ascii_case(wanted.token.as_bytes());
            let values = named.and_then(|named| named.option(&wanted.token).next());
            let at = values.map(|values| {
                let token = (0..request.len()).rev().find(is_token);
                token.into_iter().chain(values.iter().copied()).collect()
            });
            let value = match &wanted.pattern {
                OptionPattern::Value(pattern) => Some(pattern),
                _ => None,
            };
            unlike.push(UnlikeOption {
                token: &wanted.token,
                shown: wanted.to_string(),
                at,
                value,
            });
        }
        unlike
    }
}
