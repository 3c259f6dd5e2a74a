//! What a rule does when it matches: actions, carried out from left to right.
use super::fault::delay::Delay;
use super::fault::garbage;
use super::journal::Call;
use super::template::Template;
use crate::dice::Dice;
use crate::resp::{Error, Reply};
use bytes::Bytes;
use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// One step of an answer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Action {
    /// The reply is this.
    Reply(Reply),
    /// The reply is what the store answers; the command takes effect here.
    Execute,
    /// What the callback returns takes this step's place.
    Call(Callback),
    /// The reply is this text with what the call holds in its places.
    Template(Template),
    /// So many random bytes, from the server's seed, come in the reply's place; no client can take them for a reply.
    Garbage(usize),
    /// The reply made so far, which is the store's if there is none, comes as another type: an array in place of one
    /// value, an integer in place of several.
    WrongType,
    /// Waits; what follows happens later. The connection's later requests wait too.
    Delay(Delay),
    /// The reply comes in pieces, with a pause between them.
    Partial {
        /// The pieces: bytes of one's own, or how many bytes of the reply.
        chunks: Vec<Chunk>,
        /// The pause between two pieces.
        gap: Duration,
    },
    /// The reply comes twice.
    Duplicate,
    /// The reply comes after the next reply of its connection: the one exception to replies being in the order of
    /// their requests. If no reply follows, it comes when the server ends the connection in order.
    Reorder,
    /// The reply's first bytes come, so many, and then the end of the connection (FIN).
    Truncate(usize),
    /// The reply that was made so far is lost: the client waits for it in vain.
    DropReply,
    /// Nothing is sent, and nothing executed.
    NoReply,
    /// Sends what reply there is, then ends the connection in order (FIN).
    Close,
    /// Sends what reply there is, then ends the connection with a RST.
    Reset,
    /// The connection stays open and says nothing any more: this request and all later ones are read and not answered.
    /// Later ones are not carried out either, and no rule is asked about them; their calls have the action `hung`.
    Hang,
}

impl Action {
    /// The action for one call: what depends on chance or on the call is decided here.
    pub(crate) fn settled(self, call: Option<&Call>, dice: &mut Dice) -> Action {
        match self {
            Action::Delay(delay) => Action::Delay(Delay::Fixed(delay.draw(dice))),
            Action::Garbage(length) => Action::Reply(Reply::Raw(garbage(length, dice))),
            Action::Template(template) => Action::Reply(call.map_or_else(
                || Error::call_forgotten().into(),
                |call| Reply::Bulk(template.fill(call)),
            )),
            other => other,
        }
    }
}

/// A piece of a partial reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chunk {
    /// These bytes, sent in the reply's place.
    Bytes(Bytes),
    /// This many bytes of the reply.
    Length(usize),
}

/// What comes after the last answer of a sequence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Then {
    /// The last answer, again and again.
    #[default]
    Last,
    /// The sequence from its start.
    Cycle,
    /// The rule no longer matches: older rules answer, or the store.
    Store,
    /// An error that says the sequence is over.
    Error,
}

/// Actions, carried out from left to right. A reply of any type converts into one.
///
/// An answer that says neither what the reply is nor that there is none ends with `execute`.
#[derive(Clone, Debug, Default)]
pub struct Answer(pub(crate) Vec<Action>);

impl Answer {
    /// An answer of one action.
    pub fn of(action: Action) -> Answer {
        Answer(vec![action])
    }

    /// This answer, and then another action.
    pub fn then(mut self, action: Action) -> Answer {
        self.0.push(action);
        self
    }

    /// This answer, and then what another does.
    pub fn and(mut self, answer: impl Into<Answer>) -> Answer {
        self.0.extend(answer.into().0);
        self
    }

    /// The actions in order.
    pub fn actions(&self) -> &[Action] {
        &self.0
    }
}

impl From<Action> for Answer {
    fn from(action: Action) -> Answer {
        Answer::of(action)
    }
}

impl<T: Into<Reply>> From<T> for Answer {
    fn from(reply: T) -> Answer {
        Answer::of(Action::Reply(reply.into()))
    }
}

impl From<Error> for Reply {
    fn from(error: Error) -> Reply {
        Reply::Error(error)
    }
}

/// What a callback's future gives.
pub(crate) type Answered = Result<Answer, CallbackError>;
type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Code of the test that answers a call. It runs outside the server's lock, so it may use the
/// server it belongs to.
#[derive(Clone)]
pub struct Callback(Arc<dyn Fn(Call) -> Work<Answered> + Send + Sync>);

impl Callback {
    /// A callback that may block, run on a thread of its own.
    pub fn blocking<A, F>(callback: F) -> Callback
    where
        A: Into<Answer>,
        F: Fn(&Call) -> A + Send + Sync + 'static,
    {
        let callback = Arc::new(callback);
        Callback::new(move |call| {
            let callback = Arc::clone(&callback);
            async move {
                let work = tokio::task::spawn_blocking(move || callback(&call).into());
                work.await.map_err(|error| CallbackError::from_panic(error.into_panic()))
            }
        })
    }

    /// A callback that gives a future.
    pub fn new<F, W>(callback: F) -> Callback
    where
        F: Fn(Call) -> W + Send + Sync + 'static,
        W: Future<Output = Result<Answer, CallbackError>> + Send + 'static,
    {
        Callback(Arc::new(move |call| Box::pin(callback(call))))
    }

    pub(crate) fn ask(&self, call: Call) -> Work<Answered> {
        let callback = Arc::clone(&self.0);
        Box::pin(guarded(async move { callback(call).await }))
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Callback")
    }
}

/// A callback or predicate that failed.
#[derive(Clone)]
pub struct CallbackError {
    /// What went wrong, in one line: the client sees it too.
    pub message: String,
    /// What the host knows of it, such as its own exception.
    pub payload: Option<Arc<dyn Any + Send + Sync>>,
}

impl CallbackError {
    /// An error with a message alone.
    pub fn new(message: impl Into<String>) -> CallbackError {
        CallbackError { message: message.into(), payload: None }
    }

    #[expect(clippy::needless_pass_by_value, reason = "a panic is handed over as a box")]
    pub(crate) fn from_panic(panic: Box<dyn Any + Send>) -> CallbackError {
        CallbackError::new(panic_text(&*panic))
    }
}

/// Lets the test's code panic without taking along whoever asked it.
pub(super) async fn guarded<T>(
    work: impl Future<Output = Result<T, CallbackError>>,
) -> Result<T, CallbackError> {
    let mut work = std::pin::pin!(work);
    std::future::poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)));
        polled.unwrap_or_else(|panic| Poll::Ready(Err(CallbackError::from_panic(panic))))
    })
    .await
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panic: {}", text.unwrap_or("of an unknown kind"))
}

impl fmt::Debug for CallbackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallbackError").field("message", &self.message).finish_non_exhaustive()
    }
}
