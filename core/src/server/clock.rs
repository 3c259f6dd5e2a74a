//! The clock in the hands of a test: stopping, moving and letting go of the time.
use crate::clock::{Clock, LAST, Micros, Pace, micros};
use crate::double::label::Label;
use crate::error::{Error, ErrorKind};
use std::fmt;
use std::panic::Location;
use std::time::Duration;

/// Time that goes as the test wants it as long as this lives; then it goes as before, from where it is. Of several, it
/// goes as the latest has it that still lives.
#[derive(Debug)]
#[must_use = "time goes as before once this is dropped"]
pub struct PaceGuard {
    clock: Clock,
    word: &'static str,
    label: Label,
    number: u64,
}

impl PaceGuard {
    /// The name it has in messages.
    pub fn named(mut self, name: impl Into<String>) -> PaceGuard {
        self.label.name = Some(name.into());
        self
    }

    /// Where it was made: `tests/cache.rs:12`.
    pub fn source(&self) -> &str {
        &self.label.source.0
    }

    /// Lets time go as before, from where it is.
    pub fn remove(self) {
        drop(self);
    }
}

impl fmt::Display for PaceGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label.titled(self.word))
    }
}

impl Drop for PaceGuard {
    fn drop(&mut self) {
        self.clock.end(self.number);
    }
}

/// What moves time. Whoever is waited for in the meantime, such as in [`wait_for`](crate::FauxRedis::wait_for), is
/// waited for by the system's time, however this clock goes.
impl Clock {
    /// Moves the time on. What becomes due is done before this returns, in its order and each at its own time: keys
    /// expire and their events are published, blocked clients are answered, delays end. What the test's own code is
    /// asked for meanwhile is not waited for. A clock that runs goes on running from there. Time ends some seventy
    /// thousand years from now.
    ///
    /// ```
    /// # faux_redis::block_on(async {
    /// use faux_redis::FauxRedis;
    /// use std::time::Duration;
    ///
    /// let redis = FauxRedis::start().await?;
    /// let _frozen = redis.clock().frozen();
    /// let before = redis.clock().now();
    /// redis.clock().advance(Duration::from_secs(61));
    /// assert_eq!(redis.clock().now() - before, Duration::from_secs(61));
    /// # Ok::<(), faux_redis::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn advance(&self, by: Duration) {
        let by = micros(by);
        self.move_to(|now| now.saturating_add(by)).expect("time that passes does not go back");
    }

    /// Moves the time on to a moment since 1970, as [`Clock::advance`] does.
    ///
    /// # Errors
    /// It lies before the present one, or after the end of time ([`ErrorKind::Option`]): time does not go back. A server
    /// that shall live in the past is started there, with [`Clock::starting_at`].
    pub fn set(&self, since_1970: Duration) -> Result<(), Error> {
        let to = micros(since_1970);
        if to == LAST {
            let message = format!(
                "time ends {} after 1970, which is before {} s",
                seconds(LAST),
                since_1970.as_secs()
            );
            return Err(Error::new(ErrorKind::Option, message));
        }
        self.move_to(|_| to).map_err(|now: Micros| {
            let message = format!(
                "time does not go back: it is {} since 1970, which is after {}; start the server \
                 with a clock that stands at the time it shall have",
                seconds(now),
                seconds(to)
            );
            Error::new(ErrorKind::Option, message)
        })
    }

    /// Stops the time as long as what comes back lives.
    #[track_caller]
    pub fn frozen(&self) -> PaceGuard {
        self.going(Pace::Stands, "clock frozen", Location::caller().into())
    }

    /// Lets time stand and leap as long as what comes back lives. It leaps to the next deadline whenever every client
    /// waits and at least one of them waits for time to pass.
    ///
    /// A client waits when its command is blocked, its reply is delayed or comes in pieces, a pause holds its command
    /// back, or it has sent no command at all; not when its command is held at a gate, or the test's own code is asked
    /// how to answer. What has reached the server by then is carried out first. Keys that will expire are no reason
    /// to leap, but do expire on the way. When someone is to act at a moment of his own, stop the time instead, and
    /// [advance](Clock::advance) it.
    #[track_caller]
    pub fn auto(&self) -> PaceGuard {
        self.going(Pace::Leaps, "clock auto", Location::caller().into())
    }

    /// Stops the time.
    pub fn freeze(&self) {
        self.go(Pace::Stands);
    }

    /// Lets the time run with the system's, from where it is.
    pub fn resume(&self) {
        self.go(Pace::Runs);
    }

    /// Changes how time goes, to `runs`, `stands` or `leaps`, and tells how it went before, for bindings to other
    /// languages.
    #[doc(hidden)]
    pub fn pace_named(&self, pace: &str) -> Result<&'static str, String> {
        let before = self.go(named(pace)?);
        let name = NAMES.iter().find(|(_, pace)| *pace == before);
        Ok(name.expect("each way to go has its name").0)
    }

    /// Has time go in a way, `stands` or `leaps`, until the number that this gives is [ended](Clock::end_pace), for
    /// bindings to other languages.
    #[doc(hidden)]
    pub fn hold_pace(&self, pace: &str) -> Result<u64, String> {
        Ok(self.want(named(pace)?))
    }

    /// Ends what [`Clock::hold_pace`] has begun.
    #[doc(hidden)]
    pub fn end_pace(&self, number: u64) {
        self.end(number);
    }

    fn going(&self, pace: Pace, word: &'static str, label: Label) -> PaceGuard {
        PaceGuard { number: self.want(pace), clock: self.clone(), word, label }
    }

    /// Whether the time stands, but for leaps of its own.
    pub fn is_standing(&self) -> bool {
        self.pace() != Pace::Runs
    }
}

const NAMES: [(&str, Pace); 3] =
    [("runs", Pace::Runs), ("stands", Pace::Stands), ("leaps", Pace::Leaps)];

fn named(pace: &str) -> Result<Pace, String> {
    let found = NAMES.iter().find(|(name, _)| *name == pace);
    let (_, pace) = found.ok_or_else(|| format!("time runs, stands or leaps, not '{pace}'"))?;
    Ok(*pace)
}

fn seconds(at: Micros) -> String {
    format!("{}.{:06} s", at.div_euclid(1_000_000), at.rem_euclid(1_000_000))
}
