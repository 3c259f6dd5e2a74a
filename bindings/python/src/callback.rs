//! Questions to the test's own code: a queue that threads of Python's work off.
use crate::call::Call;
use crate::{convert, waiting};
use bytes::Bytes;
use faux_redis::{CallPredicate, Callback, CallbackError, Predicate};
use pyo3::IntoPyObjectExt as _;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use tokio::sync::oneshot;

/// The questions of a process that wait for a thread.
#[pyclass(frozen, module = "faux_redis._core")]
#[derive(Clone)]
pub(crate) struct Asks(Arc<Queue>);

struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Ask>,
    closed: bool,
}

#[pymethods]
impl Asks {
    /// An empty queue.
    #[new]
    fn new() -> Asks {
        Asks(Arc::new(Queue { state: Mutex::default(), changed: Condvar::new() }))
    }

    /// The next question, once there is one; None once the queue is closed.
    fn next(&self, py: Python<'_>) -> Option<Ask> {
        waiting(py, || {
            let state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
            let idle = |state: &mut State| state.waiting.is_empty() && !state.closed;
            let state = self.0.changed.wait_while(state, idle);
            let mut state = state.unwrap_or_else(PoisonError::into_inner);
            if state.closed { None } else { state.waiting.pop_front() }
        })
    }

    /// Lets every thread go that waits for a question.
    fn close(&self) {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.0.changed.notify_all();
    }

    /// Stands for a callable of a host, which messages show by this name.
    fn callable(&self, host: u64, callable: u64, name: String) -> Callable {
        Callable { asks: self.clone(), host, number: callable, name }
    }
}

impl Asks {
    fn put(&self, ask: Ask) {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner).waiting.push_back(ask);
        self.0.changed.notify_one();
    }
}

/// Stands for a callable of the test's, which the core must not hold itself: what it holds the
/// garbage collector does not see.
#[pyclass(frozen, module = "faux_redis._core")]
#[derive(Clone)]
pub(crate) struct Callable {
    asks: Asks,
    host: u64,
    number: u64,
    name: String,
}

impl Callable {
    /// It answers a call.
    pub(crate) fn callback(&self) -> Callback {
        let this = self.clone();
        Callback::new(move |call| this.ask(Subject::Call(Box::new(call)), Reply::Answer))
    }

    /// It looks at an argument.
    pub(crate) fn pattern(&self) -> faux_redis::Pattern {
        let this = self.clone();
        let predicate = Predicate::new(move |arg| this.ask(Subject::Arg(arg), Reply::Matches));
        faux_redis::Pattern::Predicate(predicate.shown_as(&self.name))
    }

    /// It looks at a whole call.
    pub(crate) fn call_predicate(&self) -> CallPredicate {
        let this = self.clone();
        let ask = move |call| this.ask(Subject::Call(Box::new(call)), Reply::Matches);
        CallPredicate::new(ask).shown_as(&self.name)
    }

    fn ask<T: Send + 'static>(
        &self,
        subject: Subject,
        reply: fn(oneshot::Sender<Result<T, CallbackError>>) -> Reply,
    ) -> impl Future<Output = Result<T, CallbackError>> + Send + use<T> {
        let (sender, receiver) = oneshot::channel();
        let reply = Mutex::new(Some(reply(sender)));
        let ask = Ask { host: self.host, callable: self.number, subject, reply };
        let asks = self.asks.clone();
        async move {
            asks.put(ask);
            let answered = receiver.await;
            answered.unwrap_or_else(|_| Err(CallbackError::new("it was given up")))
        }
    }
}

/// One question, and the way back to who asked.
#[pyclass(frozen, module = "faux_redis._core")]
pub(crate) struct Ask {
    host: u64,
    callable: u64,
    subject: Subject,
    reply: Mutex<Option<Reply>>,
}

enum Subject {
    Call(Box<faux_redis::Call>),
    Arg(Bytes),
}

enum Reply {
    Answer(oneshot::Sender<Result<faux_redis::Answer, CallbackError>>),
    Matches(oneshot::Sender<Result<bool, CallbackError>>),
}

#[pymethods]
impl Ask {
    /// The server whose test is asked.
    #[getter]
    fn host(&self) -> u64 {
        self.host
    }

    /// Which callable of the test's is asked.
    #[getter]
    fn callable(&self) -> u64 {
        self.callable
    }

    /// What it is asked about: a call or an argument.
    #[getter]
    fn subject<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match &self.subject {
            Subject::Call(call) => Call((**call).clone()).into_bound_py_any(py),
            Subject::Arg(arg) => Ok(PyBytes::new(py, arg).into_any()),
        }
    }

    /// Hands back what the callable returned.
    fn answer(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let mut reply = self.reply.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever asked may have gone: nobody is left to tell.
        match reply.take() {
            None => {}
            Some(Reply::Matches(sender)) => match value.is_truthy() {
                Ok(truth) => drop(sender.send(Ok(truth))),
                Err(error) => {
                    *reply = Some(Reply::Matches(sender));
                    return Err(error);
                }
            },
            Some(Reply::Answer(sender)) => match convert::answer(value) {
                Ok(answer) => drop(sender.send(Ok(answer))),
                Err(error) => {
                    *reply = Some(Reply::Answer(sender));
                    return Err(error);
                }
            },
        }
        Ok(())
    }

    /// Says that the callable failed, and under which number the host keeps what it raised.
    fn fail(&self, message: String, raised: u64) {
        let error = CallbackError { message, payload: Some(Arc::new(raised)) };
        match self.reply.lock().unwrap_or_else(PoisonError::into_inner).take() {
            None => {}
            Some(Reply::Answer(sender)) => drop(sender.send(Err(error))),
            Some(Reply::Matches(sender)) => drop(sender.send(Err(error))),
        }
    }
}
