//! Stubs and expectations, and the handle that a test holds of each.
use super::FauxRedis;
use crate::double::rule::{Handled, RuleId, Source, Times};
use crate::double::{Failure, Matcher, Scenario};
use crate::engine::World;
use crate::error::{Error, ErrorKind};
use crate::net::Shared;
use crate::transcript;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

impl FauxRedis {
    /// A stub: calls that match are answered as it says. It demands nothing.
    ///
    /// # Panics
    /// The matcher asks for an option or a group of commands that the server does not have; the message names what it
    /// has. [`FauxRedis::try_stub`] returns that as an error.
    #[track_caller]
    pub fn stub(&self, matcher: impl Into<Matcher>) -> Rule {
        self.try_stub(matcher).unwrap_or_else(|error| panic!("{error}"))
    }

    /// An expectation: verification fails unless it is met, at least once if nothing else is said.
    /// With no answer given, older rules or the store answer.
    ///
    /// # Panics
    /// As [`FauxRedis::stub`].
    #[track_caller]
    pub fn expect(&self, matcher: impl Into<Matcher>) -> Rule {
        self.try_expect(matcher).unwrap_or_else(|error| panic!("{error}"))
    }

    /// A stub by a matcher that may be wrong.
    ///
    /// # Errors
    /// It asks for an option or a group of commands that the server does not have
    /// ([`ErrorKind::Option`](crate::ErrorKind::Option)).
    #[track_caller]
    pub fn try_stub(&self, matcher: impl Into<Matcher>) -> Result<Rule, Error> {
        self.rule(matcher.into(), None, Location::caller().into())
    }

    /// An expectation by a matcher that may be wrong.
    ///
    /// # Errors
    /// As [`FauxRedis::try_stub`].
    #[track_caller]
    pub fn try_expect(&self, matcher: impl Into<Matcher>) -> Result<Rule, Error> {
        self.rule(matcher.into(), Some(Times::from(1..)), Location::caller().into())
    }

    /// A rule made at a place that the caller names: for bindings to other languages.
    ///
    /// # Errors
    /// As [`FauxRedis::try_stub`].
    #[doc(hidden)]
    pub fn rule_made_at(
        &self,
        matcher: Matcher,
        expects: bool,
        source: String,
    ) -> Result<Rule, Error> {
        self.rule(matcher, expects.then(|| Times::from(1..)), Source(source))
    }

    fn rule(
        &self,
        matcher: Matcher,
        expected: Option<Times>,
        source: Source,
    ) -> Result<Rule, Error> {
        let matcher = self.resolved(matcher)?;
        let made_at = source.clone();
        let id = self.shared.with(|world| {
            let id = world.double.rules.add(matcher, expected, made_at);
            let since = world.double.journal.next_seq();
            world.double.rules.get_mut(id).expect("it was just added").since = since;
            id
        });
        Ok(Rule { shared: Arc::clone(&self.shared), id, source, scoped: false })
    }
}

/// A handle to a stub or an expectation. The rule stays when the handle is dropped, until the
/// server is reset, unless the handle is [scoped](Rule::scoped).
pub struct Rule {
    shared: Arc<Shared>,
    id: RuleId,
    source: Source,
    scoped: bool,
}

/// How often, and in which order.
impl Rule {
    /// On a stub: no more than so often. On an expectation: this often, or verification fails. `3` is exactly three
    /// times, `1..=3`, `..=3` and `2..` say at least and at most. Calls that were answered before count.
    ///
    /// A rule that has answered as often as it may lets calls pass: older rules answer, or the store.
    ///
    /// # Panics
    /// The range is empty. [`Rule::try_times`] returns that as an error.
    #[track_caller]
    pub fn times(self, times: impl Into<Times>) -> Rule {
        self.try_times(times).unwrap_or_else(|error| panic!("{error}"))
    }

    /// How often, by a range that may be empty.
    ///
    /// # Errors
    /// It is ([`ErrorKind::Option`]).
    pub fn try_times(self, times: impl Into<Times>) -> Result<Rule, Error> {
        let times = times.into();
        if !times.is_possible() {
            let message = "times takes a number or a range that is not empty";
            return Err(Error::new(ErrorKind::Option, message));
        }
        Ok(self.edit(|rule| {
            rule.limit = (times.most < u64::MAX).then_some(times.most);
            if rule.is_expectation() {
                rule.expected = Some(times);
            }
        }))
    }

    /// An expectation that must not be met.
    pub fn never(self) -> Rule {
        self.times(0)
    }

    /// Only the n-th call that matches, counted from 1.
    ///
    /// # Panics
    /// It is 0, which no call is. [`Rule::try_nth`] returns that as an error.
    #[track_caller]
    pub fn nth(self, n: u64) -> Rule {
        self.try_nth(n).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Only the n-th call that matches, by a number that may be 0.
    ///
    /// # Errors
    /// It is ([`ErrorKind::Option`]).
    pub fn try_nth(self, n: u64) -> Result<Rule, Error> {
        if n == 0 {
            return Err(Error::new(ErrorKind::Option, "nth takes 1 or more: 1 is the first call"));
        }
        Ok(self.edit(|rule| rule.nth = Some(n)))
    }

    /// Only calls after the first n that match.
    pub fn after(self, n: u64) -> Rule {
        self.edit(|rule| rule.after = n)
    }

    /// Only with this probability, from 0 to 1; else the call passes, to older rules or the store. The dice are thrown
    /// before anything happens, and are the rule's own: with the same seed and the same calls they fall the same way,
    /// whatever else is left to chance.
    ///
    /// # Panics
    /// It is no probability. [`Rule::try_p`] returns that as an error.
    #[track_caller]
    pub fn p(self, probability: f64) -> Rule {
        self.try_p(probability).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Only with this probability, which may be none.
    ///
    /// # Errors
    /// It is not from 0 to 1 ([`ErrorKind::Option`]).
    pub fn try_p(self, probability: f64) -> Result<Rule, Error> {
        if !(0.0..=1.0).contains(&probability) {
            let message = format!("p takes a probability from 0 to 1, not {probability}");
            return Err(Error::new(ErrorKind::Option, message));
        }
        self.shared.with(|world| world.double.rules.set_probability(self.id, probability));
        Ok(self)
    }

    /// Only in a state of a scenario, and moves it to another when it answers.
    pub fn scenario(self, part: Scenario) -> Rule {
        self.edit(|rule| rule.scenario = Some(part))
    }

    /// Before rules of a lower priority, whatever their age; 0 by default.
    pub fn priority(self, priority: i64) -> Rule {
        self.shared.with(|world| world.double.rules.set_priority(self.id, priority));
        self
    }

    /// In strict mode: it need not be used.
    pub fn optional(self) -> Rule {
        self.edit(|rule| rule.optional = true)
    }

    /// The name it has in messages.
    pub fn named(self, name: impl Into<String>) -> Rule {
        let name = name.into();
        self.edit(|rule| rule.name = Some(name))
    }

    pub(super) fn edit(self, edit: impl FnOnce(&mut crate::double::rule::Rule)) -> Rule {
        self.shared.with(|world| world.double.rules.get_mut(self.id).map(edit));
        self
    }
}

/// The handle itself.
impl Rule {
    /// Its identity, which its calls carry.
    pub fn id(&self) -> RuleId {
        self.id
    }

    /// Where it was made: `tests/cache.rs:12`.
    pub fn source(&self) -> &str {
        &self.source.0
    }

    /// The rule as messages show it; nothing once it is gone.
    pub fn title(&self) -> Option<String> {
        self.shared
            .with(|world| world.double.rules.get(self.id).map(crate::double::rule::Rule::title))
    }

    /// What it has done so far.
    pub fn handled(&self) -> Handled {
        let handled = |world: &World| world.double.rules.get(self.id).map(|rule| rule.handled);
        self.shared.look(handled).unwrap_or_default()
    }

    /// What is wrong with the number of calls it was to have, if anything is so far.
    pub fn failure(&self) -> Option<Failure> {
        self.shared.with(|world| world.double.failure_of(self.id))
    }

    /// Takes the rule away. An expectation is no longer verified.
    pub fn remove(self) {
        self.shared.with(|world| world.double.rules.remove(self.id));
    }

    /// The rule lasts as long as this handle. An expectation is verified at its end, which panics
    /// when it was not met, unless a panic is under way already.
    pub fn scoped(mut self) -> Rule {
        self.scoped = true;
        self
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title().as_deref().unwrap_or("rule (gone)"))
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What it belongs to is a whole server.
        f.debug_struct("Rule").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Drop for Rule {
    fn drop(&mut self) {
        if !self.scoped || !self.shared.is_at_home() {
            return;
        }
        let failure = self.shared.with(|world| {
            let failure = world.double.failure_of(self.id);
            world.double.rules.remove(self.id);
            failure.map(|failure| (failure, transcript::context(&world.double)))
        });
        if let Some((failure, context)) = failure
            && !std::thread::panicking()
        {
            panic!("{}", Error::verification(vec![failure], &context));
        }
    }
}
