//! The time a server lives in: the system's, until a test takes it into its own hands.
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::Notify;

/// Microseconds since 1970, the unit of time in the core.
pub(crate) type Micros = i64;

/// The last moment there is, some seventy thousand years from now: what is reckoned from it still fits a number.
pub(crate) const LAST: Micros = Micros::MAX / 4;

/// A clock, shared by all who read it. It never goes back.
///
/// It runs with the system's, stands until it is moved, or stands and leaps by itself when nothing else is left to
/// happen. It can be changed from one to another at any time, and is moved while it runs as well as while it stands.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Source>);

#[derive(Debug)]
struct Source {
    state: Mutex<State>,
    /// Held by whoever moves the time: one at a time.
    moving: Mutex<()>,
    /// Time was moved, stopped or let go: whoever sleeps looks again.
    moved: Notify,
    /// How it went at the start.
    initial: Pace,
}

#[derive(Debug)]
struct State {
    at: Micros,
    /// When it was `at`, if it has run since.
    since: Option<Instant>,
    leaps: bool,
    /// How it goes when nobody wants it otherwise.
    base: Pace,
    /// Who wants it to go in another way, the latest last: it goes as the latest wants who has not ended.
    wanted: Vec<(u64, Pace)>,
    wants: u64,
    followers: Vec<Weak<dyn Follower>>,
    /// The moments that somebody sleeps until.
    sleepers: BTreeSet<(Micros, u64)>,
    slept: u64,
}

/// How time goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    Runs,
    Stands,
    /// It stands, and leaps to the next deadline when everybody waits.
    Leaps,
}

/// Somebody who lives by a clock.
pub(crate) trait Follower: fmt::Debug + Send + Sync {
    /// When it has something to do next.
    fn next_due(&self) -> Option<Micros>;
    /// Does what is due, now.
    fn catch_up(self: Arc<Self>);
}

impl Clock {
    /// The system's time.
    #[expect(clippy::disallowed_methods, reason = "this is the clock that all others ask")]
    pub fn system() -> Clock {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Clock::new(micros(since_1970), Pace::Runs)
    }

    /// A clock that stands at this time since 1970 until it is moved.
    pub fn starting_at(since_1970: Duration) -> Clock {
        Clock::new(micros(since_1970), Pace::Stands)
    }

    /// A clock that stands at the system's time until it is moved.
    pub fn standing() -> Clock {
        Clock::new(Clock::system().micros(), Pace::Stands)
    }

    /// A clock that leaps to the next deadline when every client waits, from the system's time on. See [`Clock::auto`].
    pub fn leaping() -> Clock {
        Clock::new(Clock::system().micros(), Pace::Leaps)
    }

    fn new(at: Micros, pace: Pace) -> Clock {
        let state = State {
            at,
            since: (pace == Pace::Runs).then(real),
            leaps: pace == Pace::Leaps,
            base: pace,
            wanted: Vec::new(),
            wants: 0,
            followers: Vec::new(),
            sleepers: BTreeSet::new(),
            slept: 0,
        };
        Clock(Arc::new(Source {
            state: Mutex::new(state),
            moving: Mutex::default(),
            moved: Notify::new(),
            initial: pace,
        }))
    }

    /// The time since 1970.
    pub fn now(&self) -> Duration {
        since_1970(self.micros())
    }

    pub(crate) fn micros(&self) -> Micros {
        self.state().now()
    }

    /// Moves the time to a moment that follows from the present one. What becomes due on the way is done in its order,
    /// each at its own time, before this returns. The present moment, if the other lies before it.
    pub(crate) fn move_to(&self, to: impl FnOnce(Micros) -> Micros) -> Result<(), Micros> {
        let _one_at_a_time = self.0.moving.lock().unwrap_or_else(PoisonError::into_inner);
        let (start, ran) = self.stop();
        let target = to(start).min(LAST);
        if target >= start {
            let mut at = start;
            loop {
                at = self.next_due_after(at).map_or(target, |next| next.min(target));
                self.stand_at(at);
                self.followers().into_iter().for_each(Follower::catch_up);
                if at == target {
                    break;
                }
            }
        }
        if ran {
            self.state().since = Some(real());
            self.0.moved.notify_waiters();
        }
        if target >= start { Ok(()) } else { Err(start) }
    }

    /// Changes how time goes, from where it is, until whoever had the last word on it ends; how it went before.
    pub(crate) fn go(&self, pace: Pace) -> Pace {
        self.change(|state| match state.wanted.last_mut() {
            Some((_, wanted)) => *wanted = pace,
            None => state.base = pace,
        })
    }

    /// Has time go in a way until this is [ended](Clock::end); which is told by a number.
    pub(crate) fn want(&self, pace: Pace) -> u64 {
        let mut number = 0;
        self.change(|state| {
            state.wants += 1;
            number = state.wants;
            state.wanted.push((number, pace));
        });
        number
    }

    /// One who wanted time to go in a way wants it no longer; nothing happens if that is known.
    pub(crate) fn end(&self, number: u64) {
        self.change(|state| state.wanted.retain(|(other, _)| *other != number));
    }

    /// Lets time go as it did at the start, from where it is, whoever wants it otherwise.
    pub(crate) fn restart(&self) {
        self.change(|state| {
            state.wanted.clear();
            state.base = self.0.initial;
        });
    }

    /// Changes what is wanted, and lets time go so; how it went before.
    fn change(&self, change: impl FnOnce(&mut State)) -> Pace {
        let _one_at_a_time = self.0.moving.lock().unwrap_or_else(PoisonError::into_inner);
        let mut state = self.state();
        let before = state.pace();
        change(&mut state);
        let pace = state.wanted.last().map_or(state.base, |(_, pace)| *pace);
        state.at = state.now();
        state.since = (pace == Pace::Runs).then(real);
        state.leaps = pace == Pace::Leaps;
        drop(state);
        self.0.moved.notify_waiters();
        before
    }

    pub(crate) fn pace(&self) -> Pace {
        self.state().pace()
    }

    /// The next moment that somebody sleeps until.
    pub(crate) fn next_waking(&self) -> Option<Micros> {
        self.state().sleepers.first().map(|(at, _)| *at)
    }

    /// From now on this one is told when time has moved.
    pub(crate) fn lead(&self, follower: Weak<dyn Follower>) {
        let mut state = self.state();
        state.followers.retain(|known| known.strong_count() > 0);
        state.followers.push(follower);
    }

    /// Returns at the deadline. Whoever moves the time, or waits for it to leap, knows of it.
    pub(crate) async fn sleep_until(&self, deadline: Micros) {
        let _sleeper = Sleeper::new(self, deadline);
        self.reach(deadline).await;
    }

    /// Returns at the deadline.
    pub(crate) async fn reach(&self, deadline: Micros) {
        loop {
            let moved = self.0.moved.notified();
            tokio::pin!(moved);
            // From here on no move is missed, so the time is looked at after.
            moved.as_mut().enable();
            let (left, runs) = {
                let state = self.state();
                (deadline.saturating_sub(state.now()), state.since.is_some())
            };
            let Ok(left @ 1..) = u64::try_from(left) else { return };
            if runs {
                tokio::select! {
                    () = tokio::time::sleep(Duration::from_micros(left)) => {}
                    () = moved => {}
                }
            } else {
                moved.await;
            }
        }
    }

    /// Returns when the time was moved, stopped or let go after this was polled first.
    pub(crate) fn moved(&self) -> tokio::sync::futures::Notified<'_> {
        self.0.moved.notified()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops the time; where, and whether it ran.
    fn stop(&self) -> (Micros, bool) {
        let mut state = self.state();
        state.at = state.now();
        (state.at, state.since.take().is_some())
    }

    fn stand_at(&self, at: Micros) {
        self.state().at = at;
        self.0.moved.notify_waiters();
    }

    fn followers(&self) -> Vec<Arc<dyn Follower>> {
        self.state().followers.iter().filter_map(Weak::upgrade).collect()
    }

    /// The next moment after this at which something is to be done.
    fn next_due_after(&self, at: Micros) -> Option<Micros> {
        let followers = self.followers();
        let due = followers.iter().filter_map(|follower| follower.next_due());
        let waking = self.state().sleepers.range((at + 1, 0)..).next().map(|(at, _)| *at);
        due.filter(|due| *due > at).chain(waking).min()
    }
}

impl State {
    fn now(&self) -> Micros {
        let ran = self.since.map_or(0, |since| micros(since.elapsed()));
        self.at.saturating_add(ran).min(LAST)
    }

    fn pace(&self) -> Pace {
        match self.since {
            Some(_) => Pace::Runs,
            None if self.leaps => Pace::Leaps,
            None => Pace::Stands,
        }
    }
}

/// A moment among those that somebody sleeps until.
struct Sleeper<'a>(&'a Clock, (Micros, u64));

impl Sleeper<'_> {
    fn new(clock: &Clock, deadline: Micros) -> Sleeper<'_> {
        let mut state = clock.state();
        state.slept += 1;
        let entry = (deadline, state.slept);
        state.sleepers.insert(entry);
        drop(state);
        // Whoever waits for time to leap may have to take this into account.
        clock.0.moved.notify_waiters();
        Sleeper(clock, entry)
    }
}

impl Drop for Sleeper<'_> {
    fn drop(&mut self) {
        self.0.state().sleepers.remove(&self.1);
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the clock that all others ask")]
fn real() -> Instant {
    Instant::now()
}

/// A moment as hosts are told it.
pub(crate) fn since_1970(moment: Micros) -> Duration {
    Duration::from_micros(u64::try_from(moment).unwrap_or_default())
}

pub(crate) fn micros(duration: Duration) -> Micros {
    i64::try_from(duration.as_micros()).map_or(LAST, |micros: Micros| micros.min(LAST))
}
