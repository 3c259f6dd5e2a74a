//! Questions to the test's own code: messages to the process that owns the server, and the ways back to who asked.
use crate::atoms;
use crate::call::{Call, Records};
use crate::convert::{self, binary, bytes};
use crate::error::{Error, Result};
use bytes::Bytes;
use faux_redis::{Answer, CallPredicate, Callback, CallbackError, Predicate};
use rustler::{Encoder, Env, LocalPid, OwnedEnv, Term};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::oneshot;

/// How many there are of what each server has one of, and what its rules and calls hang on.
static ALIVE: AtomicUsize = AtomicUsize::new(0);

pub(crate) fn alive() -> usize {
    ALIVE.load(Ordering::SeqCst)
}

/// The questions of one server that wait for an answer.
pub(crate) struct Asks {
    owner: LocalPid,
    /// A callable that has not answered by then has failed.
    limit: Duration,
    pub(crate) records: Records,
    next: AtomicU64,
    pending: Mutex<HashMap<u64, Sender>>,
}

/// The way back to who asked.
enum Sender {
    Answer(oneshot::Sender<std::result::Result<Answer, CallbackError>>),
    Matches(oneshot::Sender<std::result::Result<bool, CallbackError>>),
}

impl Asks {
    pub(crate) fn new(owner: LocalPid, limit: Duration, records: Records) -> Asks {
        ALIVE.fetch_add(1, Ordering::SeqCst);
        let (next, pending) = (AtomicU64::new(1), Mutex::default());
        Asks { owner, limit, records, next, pending }
    }

    /// Hands back what a callable has answered. False when nobody waits for it any more.
    pub(crate) fn answer(self: &Arc<Self>, id: u64, actions: Term<'_>) -> Result<bool> {
        let answer = convert::answer(actions, self)?;
        Ok(match self.take(id) {
            Some(Sender::Answer(sender)) => sender.send(Ok(answer)).is_ok(),
            _ => false,
        })
    }

    /// Hands back what a predicate says.
    pub(crate) fn matches(&self, id: u64, says: bool) -> bool {
        match self.take(id) {
            Some(Sender::Matches(sender)) => sender.send(Ok(says)).is_ok(),
            _ => false,
        }
    }

    /// Says that a callable has failed: the message, and what it raised in the external term format.
    pub(crate) fn fail(&self, id: u64, message: String, raised: Vec<u8>) -> bool {
        let error = CallbackError { message, payload: Some(Arc::new(Raised(raised))) };
        match self.take(id) {
            Some(Sender::Answer(sender)) => sender.send(Err(error)).is_ok(),
            Some(Sender::Matches(sender)) => sender.send(Err(error)).is_ok(),
            None => false,
        }
    }

    fn put(&self, id: u64, sender: Sender) {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).insert(id, sender);
    }

    fn take(&self, id: u64) -> Option<Sender> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).remove(&id)
    }

    fn tell(&self, message: impl for<'a> FnOnce(Env<'a>) -> Term<'a>) -> bool {
        OwnedEnv::new().send_and_clear(&self.owner, message).is_ok()
    }
}

impl Drop for Asks {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What a callable raised, in the external term format.
pub(crate) struct Raised(pub(crate) Vec<u8>);

/// Stands for a function of the test's, which its server's process knows by this number.
#[derive(Clone)]
pub(crate) struct Callable {
    /// The rules of a server hold this, and the server's questions know its rules: one of them must let go.
    asks: Weak<Asks>,
    number: u64,
    name: Arc<str>,
}

enum Subject {
    Call(Box<faux_redis::Call>),
    Arg(Bytes),
}

impl Callable {
    pub(crate) fn new(number: Term<'_>, name: Term<'_>, asks: &Arc<Asks>) -> Result<Callable> {
        let bad = || Error::option("a callable is a number and a name");
        let number = number.decode().map_err(|_| bad())?;
        let name = bytes(name).ok_or_else(bad)?;
        let name = String::from_utf8_lossy(&name).into();
        Ok(Callable { asks: Arc::downgrade(asks), number, name })
    }

    /// It answers a call.
    pub(crate) fn callback(&self) -> Callback {
        let this = self.clone();
        Callback::new(move |call| this.clone().ask(Subject::Call(Box::new(call)), Sender::Answer))
    }

    /// It looks at an argument.
    pub(crate) fn pattern(&self) -> faux_redis::Pattern {
        let this = self.clone();
        let ask = move |arg| this.clone().ask(Subject::Arg(arg), Sender::Matches);
        Predicate::new(ask).shown_as(&self.name).into_pattern()
    }

    /// It looks at a whole call.
    pub(crate) fn call_predicate(&self) -> CallPredicate {
        let this = self.clone();
        let ask = move |call| this.clone().ask(Subject::Call(Box::new(call)), Sender::Matches);
        CallPredicate::new(ask).shown_as(&self.name)
    }

    async fn ask<T>(
        self,
        subject: Subject,
        way_back: fn(oneshot::Sender<std::result::Result<T, CallbackError>>) -> Sender,
    ) -> std::result::Result<T, CallbackError> {
        let gone = || CallbackError::new("the process that owns the server is gone");
        let asks = self.asks.upgrade().ok_or_else(gone)?;
        let (sender, receiver) = oneshot::channel();
        let id = asks.next.fetch_add(1, Ordering::Relaxed);
        let _question = Question { asks: &asks, id };
        asks.put(id, way_back(sender));
        let asked = asks.tell(|env| {
            let subject = match &subject {
                Subject::Call(call) => Call { call, records: &asks.records }.encode(env),
                Subject::Arg(arg) => binary(env, arg),
            };
            (atoms::faux_redis_ask(), id, self.number, subject).encode(env)
        });
        if !asked {
            return Err(gone());
        }
        let Ok(answered) = tokio::time::timeout(asks.limit, receiver).await else {
            let ms = asks.limit.as_millis();
            return Err(CallbackError::new(format!("it took longer than {ms} ms")));
        };
        answered.unwrap_or_else(|_| Err(CallbackError::new("it was given up")))
    }
}

/// A question that is asked. Once it is given up, whoever works on the answer may stop.
struct Question<'a> {
    asks: &'a Asks,
    id: u64,
}

impl Drop for Question<'_> {
    fn drop(&mut self) {
        if self.asks.take(self.id).is_some() {
            self.asks.tell(|env| (atoms::faux_redis_late(), self.id).encode(env));
        }
    }
}
