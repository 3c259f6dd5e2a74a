//! The same server for tests that are not asynchronous.
use crate::double::{Answer, At, Call, Client, Matcher, Swept, Times};
use crate::error::Error;
use crate::net::runtime;
use crate::server::{Builder, Survival, Sweep};
use std::ops::{Deref, DerefMut};
use std::time::Duration;

/// A Redis that the test controls, for tests that are not asynchronous.
///
/// What may wait blocks its thread, so it must not be called from asynchronous code. All else is
/// as in [`crate::FauxRedis`], which this dereferences to.
///
/// ```
/// use faux_redis::blocking::FauxRedis;
/// use std::io::{Read, Write};
/// use std::time::Duration;
///
/// let redis = FauxRedis::start()?;
/// redis.expect("PING").reply("pong pong").times(1);
///
/// let mut client = std::net::TcpStream::connect(redis.address())?;
/// client.write_all(b"PING\r\n")?;
/// let call = redis.wait_for("PING", Duration::from_secs(5))?;
/// assert_eq!(call.conn, 1);
///
/// let mut reply = [0; 15];
/// client.read_exact(&mut reply)?;
/// assert_eq!(&reply, b"$9\r\npong pong\r\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FauxRedis(crate::FauxRedis);

impl FauxRedis {
    /// Starts a server on a free port of the loopback address.
    ///
    /// # Errors
    /// The system has no port to give.
    pub fn start() -> Result<FauxRedis, Error> {
        FauxRedis::start_with(Builder::default())
    }

    /// Starts a server that is as the builder says.
    ///
    /// # Errors
    /// An option makes no sense, or the port or socket is taken.
    pub fn start_with(builder: Builder) -> Result<FauxRedis, Error> {
        builder.in_blocking_rust().start_now().map(FauxRedis)
    }

    /// Returns the first call that matches, once there is one; a call that was made before counts.
    ///
    /// # Errors
    /// There was none in this time, or the server stopped.
    pub fn wait_for(&self, matcher: impl Into<Matcher>, timeout: Duration) -> Result<Call, Error> {
        runtime().block_on(self.0.wait_for(matcher, timeout))
    }

    /// Returns the calls that match, once there are `times` of them.
    ///
    /// # Errors
    /// There were fewer in this time, or the server stopped.
    pub fn wait_for_times(
        &self,
        matcher: impl Into<Matcher>,
        times: usize,
        timeout: Duration,
    ) -> Result<Vec<Call>, Error> {
        runtime().block_on(self.0.wait_for_times(matcher, times, timeout))
    }

    /// The calls that match, the oldest first. Predicates are asked.
    pub fn calls_of(&self, matcher: impl Into<Matcher>) -> Vec<Call> {
        runtime().block_on(self.0.calls_of(matcher))
    }

    /// Checks that a call was made so often.
    ///
    /// # Errors
    /// It was not.
    pub fn verify_called(
        &self,
        matcher: impl Into<Matcher>,
        times: impl Into<Times>,
    ) -> Result<(), Error> {
        runtime().block_on(self.0.verify_called(matcher, times))
    }

    /// Stops the server, and returns when its last connection has ended.
    pub fn stop(self) {
        runtime().block_on(self.0.stop());
    }
}

impl Deref for FauxRedis {
    type Target = crate::FauxRedis;
    fn deref(&self) -> &crate::FauxRedis {
        &self.0
    }
}

impl DerefMut for FauxRedis {
    fn deref_mut(&mut self) -> &mut crate::FauxRedis {
        &mut self.0
    }
}

/// Waiting until something is so.
impl FauxRedis {
    /// Returns once so many clients are blocked on a key, in whatever database; without a key, on any or on none.
    ///
    /// # Errors
    /// There were fewer in this time, which tells who is blocked on what; or the server stopped.
    pub fn wait_until_blocked<'k>(
        &self,
        key: impl Into<Option<&'k str>>,
        n: usize,
        timeout: Duration,
    ) -> Result<(), Error> {
        runtime().block_on(self.0.wait_until_blocked(key, n, timeout))
    }

    /// Returns once so many clients would hear what is published on a channel: because they are subscribed to it, or
    /// to a pattern that fits it. A pattern may also be named as it was subscribed to.
    ///
    /// # Errors
    /// There were fewer in this time, which tells which channels have whom; or the server stopped.
    pub fn wait_for_subscribers(
        &self,
        channel: impl AsRef<[u8]>,
        n: usize,
        timeout: Duration,
    ) -> Result<(), Error> {
        runtime().block_on(self.0.wait_for_subscribers(channel, n, timeout))
    }

    /// Returns once so many of these clients are connected; for 0, once none of them is any more.
    ///
    /// # Errors
    /// There were fewer in this time, or for 0 there were some, which tells who is connected; or the server stopped.
    pub fn wait_for_connections(
        &self,
        n: usize,
        client: impl Into<Client>,
        timeout: Duration,
    ) -> Result<(), Error> {
        runtime().block_on(self.0.wait_for_connections(n, client, timeout))
    }

    /// Returns once all is done, as [`crate::FauxRedis::wait_idle`] does.
    ///
    /// # Errors
    /// That was not so in this time, which tells what is still being worked on; or the server stopped.
    pub fn wait_idle(&self, timeout: Duration) -> Result<(), Error> {
        runtime().block_on(self.0.wait_idle(timeout))
    }
}

/// Gates.
impl FauxRedis {
    /// Holds commands that match, as [`crate::FauxRedis::hold`] does.
    pub fn hold(&self, matcher: impl Into<Matcher>, at: At) -> Gate {
        Gate(self.0.hold(matcher, at))
    }
}

/// A gate whose waiting blocks its thread. All else is as in [`crate::Gate`], which this dereferences to.
#[derive(Debug)]
#[must_use = "what is held goes on once this is dropped"]
pub struct Gate(crate::Gate);

impl Gate {
    /// Holds no more than the first so many commands.
    pub fn times(self, n: u64) -> Gate {
        Gate(self.0.times(n))
    }

    /// It stays until the server is reset, or [`crate::Gate::remove`] is called.
    pub fn lasting(self) -> Gate {
        Gate(self.0.lasting())
    }

    /// Returns the command that is held, once there is one; of several the one that came first.
    ///
    /// # Errors
    /// There was none in this time, the gate is gone because of a reset, or the server stopped.
    pub fn wait(&self, timeout: Duration) -> Result<Call, Error> {
        runtime().block_on(self.0.wait(timeout))
    }

    /// Returns the commands that are held, once there are so many, in the order in which they came.
    ///
    /// # Errors
    /// There were fewer in this time, the gate is gone because of a reset, or the server stopped.
    pub fn wait_for(&self, n: usize, timeout: Duration) -> Result<Vec<Call>, Error> {
        runtime().block_on(self.0.wait_for(n, timeout))
    }
}

impl Deref for Gate {
    type Target = crate::Gate;
    fn deref(&self) -> &crate::Gate {
        &self.0
    }
}

/// Verification, lint and the fault sweep.
impl FauxRedis {
    pub(crate) fn of(redis: crate::FauxRedis) -> FauxRedis {
        FauxRedis(redis)
    }

    /// Checks that calls came in this order, whatever came between them.
    ///
    /// # Errors
    /// They did not; the error says where the order broke.
    pub fn verify_order<M: Into<Matcher>>(
        &self,
        steps: impl IntoIterator<Item = M>,
    ) -> Result<(), Error> {
        runtime().block_on(self.0.verify_order(steps))
    }
}

/// Runs a test once for each command it sends and each fault.
///
/// # Errors
/// As [`Sweep::run`].
pub fn sweep<A: Into<Answer>, T: Survival>(
    faults: impl IntoIterator<Item = A>,
    test: impl Fn(&FauxRedis) -> T,
) -> Result<Swept, Error> {
    Sweep::of(faults).run_blocking(test)
}
