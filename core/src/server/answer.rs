//! What happens to a call that a rule matches, as a test says it, from left to right.
use super::Rule;
use crate::double::{Action, Answer, Call, Callback, Chunk, Delay, Template, Then};
use crate::error::{Error, ErrorKind};
use bytes::Bytes;
use std::time::Duration;

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

    /// The answers in turn, one a call; the last repeats. On a rule that has answers already, they take their place.
    ///
    /// # Panics
    /// There is none. [`Rule::try_replies`] returns that as an error.
    #[track_caller]
    pub fn replies<A: Into<Answer>>(self, answers: impl IntoIterator<Item = A>) -> Rule {
        self.replies_then(answers, Then::Last)
    }

    /// The answers in turn, one a call, and what comes after the last.
    ///
    /// # Panics
    /// As [`Rule::replies`].
    #[track_caller]
    pub fn replies_then<A: Into<Answer>>(
        self,
        answers: impl IntoIterator<Item = A>,
        then: Then,
    ) -> Rule {
        self.try_replies(answers, then).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The answers in turn, of which there may be none, and what comes after the last.
    ///
    /// # Errors
    /// There is no answer ([`ErrorKind::Option`]).
    pub fn try_replies<A: Into<Answer>>(
        self,
        answers: impl IntoIterator<Item = A>,
        then: Then,
    ) -> Result<Rule, Error> {
        let answers: Vec<Answer> = answers.into_iter().map(Into::into).collect();
        if answers.is_empty() {
            let message = "replies() takes an answer or more: values, actions or callbacks";
            return Err(Error::new(ErrorKind::Option, message));
        }
        Ok(self.edit(|rule| rule.answer_anew(answers, then)))
    }

    /// This answer in place of what it answered so far, at once: for a rule that is in use. All else stays: its
    /// identity, its place, its limits and what it has counted. What is said after it is added to this answer.
    pub fn replace(self, answer: impl Into<Answer>) -> Rule {
        self.replies([answer])
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

    /// `OK`.
    pub fn ok(self) -> Rule {
        self.reply(crate::Reply::OK)
    }

    /// Null: a null bulk string over RESP2.
    pub fn null(self) -> Rule {
        self.reply(crate::Reply::Null)
    }

    /// A text with what the call holds in its places, such as `{key} was {arg1}`: see [`Template`].
    ///
    /// # Errors
    /// The text has a place that a call does not know ([`ErrorKind::Option`](crate::ErrorKind::Option)).
    pub fn template(self, text: &str) -> Result<Rule, Error> {
        let template: Template = text.parse()?;
        Ok(self.then_do(Action::Template(template)))
    }

    /// What follows happens so much later: always the same time, or a [`Delay`] that is drawn for each call.
    pub fn delay(self, delay: impl Into<Delay>) -> Rule {
        self.then_do(Action::Delay(delay.into()))
    }

    /// These bytes are sent as they are.
    pub fn raw(self, bytes: impl Into<Bytes>) -> Rule {
        self.then_do(Action::Reply(crate::Reply::Raw(bytes.into())))
    }

    /// The reply comes in pieces, with a pause between them.
    pub fn partial(self, chunks: impl IntoIterator<Item = Chunk>, gap: Duration) -> Rule {
        self.then_do(Action::Partial { chunks: chunks.into_iter().collect(), gap })
    }

    /// The reply comes twice.
    pub fn duplicate(self) -> Rule {
        self.then_do(Action::Duplicate)
    }

    /// The reply comes after the next reply of its connection.
    pub fn reorder(self) -> Rule {
        self.then_do(Action::Reorder)
    }

    /// The reply's first bytes come, so many, and then the end of the connection (FIN).
    pub fn truncate(self, length: usize) -> Rule {
        self.then_do(Action::Truncate(length))
    }

    /// So many random bytes come in the reply's place, 512 MiB at most; no client can take them for a reply.
    pub fn garbage(self, length: usize) -> Rule {
        self.then_do(Action::Garbage(length))
    }

    /// The reply made so far, or the store's, comes as another type.
    pub fn wrong_type(self) -> Rule {
        self.then_do(Action::WrongType)
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

    /// The connection stays open; this request and all later ones are read and not answered.
    pub fn hang(self) -> Rule {
        self.then_do(Action::Hang)
    }

    /// Adds any action.
    pub fn then_do(self, action: Action) -> Rule {
        self.edit(|rule| match rule.answers.last_mut() {
            Some(answer) => answer.0.push(action),
            None => rule.answers.push(Answer::of(action)),
        })
    }
}
