//! Stubs and expectations, and the handle that a test holds of each.
use super::FauxRedis;
use crate::double::rule::{Handled, RuleId, Source, Times};
use crate::double::{Action, Answer, Call, Callback, Chunk, Failure, Matcher, Then};
use crate::engine::World;
use crate::error::Error;
use crate::net::Shared;
use bytes::Bytes;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

impl FauxRedis {
    /// A stub: calls that match are answered as it says. It demands nothing.
    #[track_caller]
    pub fn stub(&self, matcher: impl Into<Matcher>) -> Rule {
        self.rule(matcher.into(), None, Location::caller().into())
    }

    /// An expectation: verification fails unless it is met, at least once if nothing else is said.
    /// With no answer given, older rules or the store answer.
    #[track_caller]
    pub fn expect(&self, matcher: impl Into<Matcher>) -> Rule {
        self.rule(matcher.into(), Some(Times::from(1..)), Location::caller().into())
    }

    /// A rule made at a place that the caller names: for bindings to other languages.
    #[doc(hidden)]
    pub fn rule_made_at(&self, matcher: Matcher, expects: bool, source: String) -> Rule {
        self.rule(matcher, expects.then(|| Times::from(1..)), Source(source))
    }

    fn rule(&self, matcher: Matcher, expected: Option<Times>, source: Source) -> Rule {
        let id = self.shared.with(|world| {
            let table = world.node.table;
            let is_container = |name: &str| {
                table.find(name.as_bytes()).is_some_and(|entry| !entry.subcommands.is_empty())
            };
            world.double.rules.add(matcher.fold_subcommand(is_container), expected, source)
        });
        Rule { shared: Arc::clone(&self.shared), id, scoped: false }
    }
}

/// A handle to a stub or an expectation. The rule stays when the handle is dropped, until the
/// server is reset, unless the handle is [scoped](Rule::scoped).
#[derive(Debug)]
pub struct Rule {
    shared: Arc<Shared>,
    id: RuleId,
    scoped: bool,
}

/// What happens to a call that matches, from left to right.
impl Rule {
    /// The reply is this.
    pub fn reply(self, reply: impl Into<crate::Reply>) -> Rule {
        self.then_do(Action::Reply(reply.into()))
    }

    /// The reply is this error: its line, with its code.
    pub fn error(self, line: impl Into<Bytes>) -> Rule {
        self.then_do(Action::Reply(crate::Reply::error(line)))
    }

    /// The answers in turn, one a call; the last repeats.
    pub fn replies<A: Into<Answer>>(self, answers: impl IntoIterator<Item = A>) -> Rule {
        self.replies_then(answers, Then::Last)
    }

    /// The answers in turn, one a call, and what comes after the last.
    pub fn replies_then<A: Into<Answer>>(
        self,
        answers: impl IntoIterator<Item = A>,
        then: Then,
    ) -> Rule {
        let answers: Vec<Answer> = answers.into_iter().map(Into::into).collect();
        self.edit(|rule| {
            rule.answers = answers;
            rule.then = then;
        })
    }

    /// The callback answers. It may block, and may use this server.
    pub fn call<A, F>(self, callback: F) -> Rule
    where
        A: Into<Answer>,
        F: Fn(&Call) -> A + Send + Sync + 'static,
    {
        self.then_do(Action::Call(Callback::blocking(callback)))
    }

    /// The command is carried out on the store, whose reply is the reply.
    pub fn execute(self) -> Rule {
        self.then_do(Action::Execute)
    }

    /// What follows happens so much later.
    pub fn delay(self, time: Duration) -> Rule {
        self.then_do(Action::Delay(time))
    }

    /// These bytes are sent as they are.
    pub fn raw(self, bytes: impl Into<Bytes>) -> Rule {
        self.then_do(Action::Reply(crate::Reply::Raw(bytes.into())))
    }

    /// The reply comes in pieces, with a pause between them.
    pub fn partial(self, chunks: impl IntoIterator<Item = Chunk>, gap: Duration) -> Rule {
        self.then_do(Action::Partial { chunks: chunks.into_iter().collect(), gap })
    }

    /// The reply made so far is lost.
    pub fn drop_reply(self) -> Rule {
        self.then_do(Action::DropReply)
    }

    /// Nothing is sent, and nothing carried out.
    pub fn no_reply(self) -> Rule {
        self.then_do(Action::NoReply)
    }

    /// Sends what reply there is, then ends the connection in order (FIN).
    pub fn close(self) -> Rule {
        self.then_do(Action::Close)
    }

    /// Sends what reply there is, then ends the connection with a RST.
    pub fn reset(self) -> Rule {
        self.then_do(Action::Reset)
    }

    /// Adds any action.
    pub fn then_do(self, action: Action) -> Rule {
        self.edit(|rule| match rule.answers.last_mut() {
            Some(answer) => answer.0.push(action),
            None => rule.answers.push(Answer::of(action)),
        })
    }
}

/// How often, and in which order.
impl Rule {
    /// On a stub: no more than so often. On an expectation: this often, or verification fails.
    pub fn times(self, times: impl Into<Times>) -> Rule {
        let times = times.into();
        self.edit(|rule| {
            rule.limit = (times.most < u64::MAX).then_some(times.most);
            if rule.is_expectation() {
                rule.expected = Some(times);
            }
        })
    }

    /// An expectation that must not be met.
    pub fn never(self) -> Rule {
        self.times(0)
    }

    /// Only the n-th call that matches, counted from 1.
    pub fn nth(self, n: u64) -> Rule {
        self.edit(|rule| rule.nth = Some(n))
    }

    /// Only calls after the first n that match.
    pub fn after(self, n: u64) -> Rule {
        self.edit(|rule| rule.after = n)
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

    fn edit(self, edit: impl FnOnce(&mut crate::double::rule::Rule)) -> Rule {
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

impl Drop for Rule {
    fn drop(&mut self) {
        if !self.scoped || !self.shared.is_at_home() {
            return;
        }
        let failure = self.shared.with(|world| {
            let failure = world.double.failure_of(self.id);
            world.double.rules.remove(self.id);
            failure
        });
        if let Some(failure) = failure
            && !std::thread::panicking()
        {
            panic!("{}", Error::verification(vec![failure]));
        }
    }
}
