//! The fault sweep: a test, run again for each of its calls and each fault.
use super::{Builder, FauxRedis};
use crate::blocking;
use crate::double::sweep::Injection;
use crate::double::verify::step_of;
use crate::double::{Answer, Outcome, Swept};
use crate::error::{Error, ErrorKind};
use crate::net::runtime;
use std::any::Any;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// What a test says at its end: nothing, or whether it failed.
pub trait Survival {
    /// Why it failed, if it did.
    fn failure(self) -> Option<String>;
}

impl Survival for () {
    fn failure(self) -> Option<String> {
        None
    }
}

impl<T, E: Display> Survival for Result<T, E> {
    fn failure(self) -> Option<String> {
        self.err().map(|error| error.to_string())
    }
}

/// A fault sweep: which faults, how often, and what need not survive.
///
/// The test runs once without a fault, to see which commands it sends; those of a connection's handshake do not count.
/// Then it runs once for each command and each fault, each time on a new server, whose rules the fault goes before. A
/// test survives when it neither panics nor fails, the server's expectations are met, and it ends in time.
///
/// ```
/// use faux_redis::{Action, Sweep};
/// use std::io::{Read, Write};
///
/// let swept = Sweep::of([Action::Close]).run_blocking(|redis| -> std::io::Result<()> {
///     let mut client = std::net::TcpStream::connect(redis.address())?;
///     client.write_all(b"PING\r\n")?;
///     let mut reply = [0; 7];
///     client.read_exact(&mut reply)
/// });
/// let message = swept.unwrap_err().to_string();
/// assert!(message.starts_with("fault sweep: 1 of 1 run not survived (1 command, 1 fault)"));
/// ```
#[derive(Clone, Debug)]
pub struct Sweep {
    faults: Vec<Answer>,
    allowed: Vec<(String, Option<String>)>,
    limit: usize,
    timeout: Duration,
    builder: Builder,
}

/// A run that takes longer waits for something that does not come.
const TIMEOUT: Duration = Duration::from_secs(5);

/// More runs than these are left out, and that is said.
const LIMIT: usize = 200;

impl Sweep {
    /// A sweep of these faults.
    pub fn of<A: Into<Answer>>(faults: impl IntoIterator<Item = A>) -> Sweep {
        Sweep {
            faults: faults.into_iter().map(Into::into).collect(),
            allowed: Vec::new(),
            limit: LIMIT,
            timeout: TIMEOUT,
            builder: Builder::default(),
        }
    }

    /// The test need not survive a fault at this command.
    pub fn allow(mut self, command: &str) -> Sweep {
        self.allowed.push((command.to_uppercase(), None));
        self
    }

    /// The test need not survive this fault at this command.
    pub fn allow_fault(mut self, command: &str, fault: impl Into<Answer>) -> Sweep {
        self.allowed.push((command.to_uppercase(), Some(fault.into().to_string())));
        self
    }

    /// No more runs than these; 200 by default. What is left out is said.
    pub fn limit(mut self, runs: usize) -> Sweep {
        self.limit = runs;
        self
    }

    /// How long a run may take; 5 s by default. Its server is stopped then, so that a client that waits for a reply
    /// sees the end of its connection.
    pub fn timeout(mut self, timeout: Duration) -> Sweep {
        self.timeout = timeout;
        self
    }

    /// How the servers shall be.
    pub fn builder(mut self, builder: Builder) -> Sweep {
        self.builder = builder;
        self
    }

    /// Runs an asynchronous test.
    ///
    /// # Errors
    /// The test fails without any fault, it sends no command, or a run did not survive ([`ErrorKind::Sweep`]); there is
    /// no fault, or no run is allowed ([`ErrorKind::Option`]); or a server did not start.
    pub async fn run<T: Survival>(
        self,
        test: impl AsyncFn(&FauxRedis) -> T,
    ) -> Result<Swept, Error> {
        self.check()?;
        let mut progress = Progress::default();
        while let Some((at, fault)) = progress.next(&self) {
            let mut redis = self.server(at, fault)?;
            let failed = {
                let test = unwinding(test(&redis));
                let mut test = pin!(test);
                let time = runtime().spawn(tokio::time::sleep(self.timeout));
                let mut time = pin!(time);
                std::future::poll_fn(|cx| match test.as_mut().poll(cx) {
                    Poll::Ready(failed) => Poll::Ready(failed),
                    Poll::Pending => time.as_mut().poll(cx).map(|_| Some(self.too_long())),
                })
                .await
            };
            progress.ran(&self, at, fault, &mut redis, failed)?;
        }
        progress.end(&self)
    }

    /// Runs a test that blocks its thread.
    ///
    /// # Errors
    /// As [`Sweep::run`].
    pub fn run_blocking<T: Survival>(
        self,
        test: impl Fn(&blocking::FauxRedis) -> T,
    ) -> Result<Swept, Error> {
        self.check()?;
        let sweep = Sweep { builder: self.builder.clone().in_blocking_rust(), ..self };
        let mut progress = Progress::default();
        while let Some((at, fault)) = progress.next(&sweep) {
            let mut redis = blocking::FauxRedis::of(sweep.server(at, fault)?);
            redis.stop_after(sweep.timeout);
            let failed = match catch_unwind(AssertUnwindSafe(|| test(&redis))) {
                Ok(survival) => survival.failure(),
                Err(panic) => Some(said(&*panic)),
            };
            let failed = if redis.is_overdue() { Some(sweep.too_long()) } else { failed };
            progress.ran(&sweep, at, fault, &mut redis, failed)?;
        }
        progress.end(&sweep)
    }

    /// A sweep that makes no run shows nothing.
    fn check(&self) -> Result<(), Error> {
        let message = if self.faults.is_empty() {
            "a sweep takes one fault or more"
        } else if self.limit == 0 {
            "'limit' of a sweep takes 1 or more"
        } else {
            return Ok(());
        };
        Err(Error::new(ErrorKind::Option, message))
    }

    fn too_long(&self) -> String {
        format!(
            "it still ran after {:?}, and its server was stopped: does it wait without a timeout?",
            self.timeout
        )
    }

    fn server(&self, at: usize, fault: usize) -> Result<FauxRedis, Error> {
        let redis = self.builder.clone().start_now()?;
        let fault = if at == 0 { None } else { self.faults.get(fault) };
        redis.inject(at, fault.cloned().unwrap_or_default());
        Ok(redis)
    }

    fn allows(&self, step: &str, fault: &Answer) -> bool {
        self.allowed.iter().any(|(command, only)| {
            let rest = step.strip_prefix(command.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
                && only.as_ref().is_none_or(|only| *only == fault.to_string())
        })
    }
}

/// Which runs have been made.
#[derive(Debug, Default)]
struct Progress {
    /// Nothing before the run without a fault.
    swept: Option<Swept>,
    made: usize,
}

impl Progress {
    /// The next run: the step from 1 on, or 0 for none, and which fault.
    fn next(&self, sweep: &Sweep) -> Option<(usize, usize)> {
        let Some(swept) = &self.swept else { return Some((0, 0)) };
        let count = sweep.faults.len();
        let all = (swept.steps.len() * count).min(sweep.limit);
        (self.made < all).then(|| (self.made / count + 1, self.made % count))
    }

    fn ran(
        &mut self,
        sweep: &Sweep,
        at: usize,
        fault: usize,
        redis: &mut FauxRedis,
        failed: Option<String>,
    ) -> Result<(), Error> {
        let steps = redis.injected();
        let failed = failed.or_else(|| redis.verify().err().map(|error| first_failure(&error)));
        redis.forgo_verification();
        let Some(swept) = &mut self.swept else {
            if let Some(why) = failed {
                let message = format!("the test fails without any fault: {why}");
                return Err(Error::new(ErrorKind::Sweep, message));
            }
            if steps.is_empty() {
                let message = "the test sends no command, so there is nothing to spoil";
                return Err(Error::new(ErrorKind::Sweep, message));
            }
            let faults = sweep.faults.iter().map(ToString::to_string).collect();
            self.swept = Some(Swept::of(steps, faults));
            return Ok(());
        };
        self.made += 1;
        let outcome = match failed.map(|why| first_line(&why)) {
            Some(why) if sweep.allows(&swept.steps[at - 1], &sweep.faults[fault]) => {
                Outcome::Allowed(why)
            }
            Some(why) => Outcome::Failed(why),
            None if steps.len() < at => Outcome::NotReached,
            None => Outcome::Survived,
        };
        swept.add(at - 1, fault, outcome);
        Ok(())
    }

    fn end(self, sweep: &Sweep) -> Result<Swept, Error> {
        let mut swept = self.swept.expect("the run without a fault comes first");
        swept.left_out = swept.steps.len() * sweep.faults.len() - swept.runs.len();
        if swept.failed().is_empty() {
            Ok(swept)
        } else {
            Err(Error::new(ErrorKind::Sweep, swept.to_string()))
        }
    }
}

fn first_failure(error: &Error) -> String {
    error.failures().first().map_or_else(|| error.to_string(), ToString::to_string)
}

fn first_line(text: &str) -> String {
    text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().to_owned()
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic of an unknown kind").to_owned()
}

/// Runs a future to its end, or to its panic; why it failed.
async fn unwinding<T: Survival>(test: impl Future<Output = T>) -> Option<String> {
    let mut test = pin!(test);
    std::future::poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| test.as_mut().poll(cx))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(survival)) => Poll::Ready(survival.failure()),
        Err(panic) => Poll::Ready(Some(said(&*panic))),
    })
    .await
}

/// Runs an asynchronous test once for each command it sends and each fault.
///
/// # Errors
/// As [`Sweep::run`].
pub async fn sweep<A: Into<Answer>, T: Survival>(
    faults: impl IntoIterator<Item = A>,
    test: impl AsyncFn(&FauxRedis) -> T,
) -> Result<Swept, Error> {
    Sweep::of(faults).run(test).await
}

/// What one run is made of: for bindings to other languages, too.
impl FauxRedis {
    /// Spoils the `at`-th call from now on, counted from 1; 0 for none. It goes before all rules, and survives a reset.
    #[doc(hidden)]
    pub fn inject(&self, at: usize, answer: Answer) {
        let injection = Injection { at, answer: answer.0, steps: Vec::new() };
        self.shared.with(|world| world.double.injection = Some(injection));
    }

    /// The calls that were counted by that, as text.
    #[doc(hidden)]
    pub fn injected(&self) -> Vec<String> {
        self.shared.look(|world| {
            let steps = world.double.injection.iter().flat_map(|injection| &injection.steps);
            steps
                .map(|seq| world.double.journal.find(*seq).map(step_of).unwrap_or_default())
                .collect()
        })
    }

    /// Stops the server after this time, if it still runs.
    #[doc(hidden)]
    pub fn stop_after(&self, timeout: Duration) {
        let shared = Arc::clone(&self.shared);
        runtime().spawn(async move {
            tokio::select! {
                () = tokio::time::sleep(timeout) => {
                    shared.with(|world| world.double.overdue = true);
                    shared.stop();
                }
                () = shared.stopped() => {}
            }
        });
    }

    /// Whether it was stopped for that.
    #[doc(hidden)]
    pub fn is_overdue(&self) -> bool {
        self.shared.look(|world| world.double.overdue)
    }

    fn forgo_verification(&mut self) {
        self.verified = true;
    }
}
