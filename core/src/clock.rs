//! The time a server lives in: the system's, or one a test moves by hand.
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Microseconds since 1970, the unit of time in the core.
pub(crate) type Micros = i64;

/// A clock, shared by all who read it.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Source>);

#[derive(Debug)]
enum Source {
    /// The system's time at the start, moved on by a clock that never goes back.
    System {
        start: Micros,
        since: Instant,
    },
    Manual {
        now: AtomicI64,
        watchers: Mutex<Vec<Arc<tokio::sync::Notify>>>,
    },
}

impl Clock {
    /// The system's time. It never goes back while the server lives.
    #[expect(clippy::disallowed_methods, reason = "this is the clock that all others ask")]
    pub fn system() -> Clock {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Clock(Arc::new(Source::System { start: micros(since_1970), since: Instant::now() }))
    }

    /// A clock that stands at this time since 1970 until it is moved.
    pub fn starting_at(since_1970: Duration) -> Clock {
        Clock(Arc::new(Source::Manual {
            now: AtomicI64::new(micros(since_1970)),
            watchers: Mutex::default(),
        }))
    }

    /// Moves a manual clock on. The system's clock moves by itself, so this is false for it.
    pub fn advance(&self, by: Duration) -> bool {
        let Source::Manual { now, watchers } = &*self.0 else { return false };
        now.fetch_add(micros(by), Ordering::SeqCst);
        let watchers = watchers.lock().unwrap_or_else(PoisonError::into_inner);
        watchers.iter().for_each(|watcher| watcher.notify_one());
        true
    }

    /// The time since 1970.
    pub fn now(&self) -> Duration {
        Duration::from_micros(u64::try_from(self.micros()).unwrap_or_default())
    }

    pub(crate) fn micros(&self) -> Micros {
        match &*self.0 {
            Source::System { start, since } => start + micros(since.elapsed()),
            Source::Manual { now, .. } => now.load(Ordering::SeqCst),
        }
    }

    /// Returns at the deadline.
    pub(crate) async fn sleep_until(&self, deadline: Micros) {
        let Source::Manual { now, watchers } = &*self.0 else {
            let left = deadline - self.micros();
            if let Ok(left @ 1..) = u64::try_from(left) {
                tokio::time::sleep(Duration::from_micros(left)).await;
            }
            return;
        };
        let moved = Arc::new(tokio::sync::Notify::new());
        let _registered = Registered::new(watchers, &moved);
        while now.load(Ordering::SeqCst) < deadline {
            moved.notified().await;
        }
    }
}

/// A sleeper's entry among the watchers of a manual clock.
struct Registered<'a> {
    watchers: &'a Mutex<Vec<Arc<tokio::sync::Notify>>>,
    moved: &'a Arc<tokio::sync::Notify>,
}

impl<'a> Registered<'a> {
    fn new(
        watchers: &'a Mutex<Vec<Arc<tokio::sync::Notify>>>,
        moved: &'a Arc<tokio::sync::Notify>,
    ) -> Registered<'a> {
        watchers.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(moved));
        Registered { watchers, moved }
    }
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        let mut watchers = self.watchers.lock().unwrap_or_else(PoisonError::into_inner);
        watchers.retain(|watcher| !Arc::ptr_eq(watcher, self.moved));
    }
}

pub(crate) fn micros(duration: Duration) -> Micros {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX / 4)
}
