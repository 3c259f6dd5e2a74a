//! Snapshots of the store, going back to them, and what differs between them.
use super::FauxRedis;
use crate::error::{Error, ErrorKind};
use crate::net::Shared;
use crate::value::Diff;
use std::sync::Arc;

/// All keys of a server as they were at one moment, as long as this lives.
///
/// Taking one takes the same short time however many keys there are: only what changes afterwards is kept, once for
/// each key. While none lives nothing is kept at all.
#[derive(Debug)]
pub struct Snapshot {
    shared: Arc<Shared>,
    id: u64,
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        if self.shared.is_at_home() {
            self.shared.with(|world| world.store.history.end(self.id));
        }
    }
}

impl FauxRedis {
    /// Takes a snapshot of all keys of all databases, in constant time.
    ///
    /// ```
    /// # faux_redis::block_on(async {
    /// use faux_redis::FauxRedis;
    ///
    /// let redis = FauxRedis::start().await?;
    /// redis.data().set("k", "before")?;
    /// let snapshot = redis.snapshot();
    /// redis.data().set("k", "after")?;
    /// assert_eq!(redis.diff(&snapshot)?.to_string(), "~ \"k\" string\n    \"before\" → \"after\"");
    /// redis.restore(&snapshot)?;
    /// assert_eq!(redis.data().string("k")?.as_deref(), Some(&b"before"[..]));
    /// # Ok::<(), faux_redis::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn snapshot(&self) -> Snapshot {
        let id = self.shared.by_hand(|world| world.store.history.begin());
        Snapshot { shared: Arc::clone(&self.shared), id }
    }

    /// Puts all keys back as they were at a snapshot, in time proportional to the number of keys that changed since; how
    /// many these were. It can be gone back to again, and so can others, older or newer.
    ///
    /// Values, their encodings, expiries, streams with their groups: all is as it was. Keys expire when they were to
    /// expire, so what was due meanwhile expires again. Watches of the keys are void, and who waits for one looks
    /// again; as after SWAPDB, no keyspace event tells of it. Keys that were only read keep the time of their last
    /// use, and keys that come back stand last in KEYS. What is no key stays as it is: settings, clients, rules, calls.
    ///
    /// # Errors
    /// The snapshot is of another server, or of before a reset ([`ErrorKind::Option`]).
    pub fn restore(&self, snapshot: &Snapshot) -> Result<usize, Error> {
        self.check(snapshot)?;
        self.shared.by_hand(|world| world.store.go_back_to(snapshot.id)).ok_or_else(gone)
    }

    /// What differs now from a snapshot, in time proportional to the number of keys that changed since.
    ///
    /// # Errors
    /// The snapshot is of another server, or of before a reset ([`ErrorKind::Option`]).
    pub fn diff(&self, before: &Snapshot) -> Result<Diff, Error> {
        self.check(before)?;
        self.shared.by_hand(|world| world.difference(before.id, None)).ok_or_else(gone)
    }

    /// What differs between two snapshots.
    ///
    /// # Errors
    /// One of them is of another server, or of before a reset ([`ErrorKind::Option`]).
    pub fn diff_between(&self, before: &Snapshot, after: &Snapshot) -> Result<Diff, Error> {
        self.check(before)?;
        self.check(after)?;
        let difference =
            |world: &mut crate::engine::World| world.difference(before.id, Some(after.id));
        self.shared.by_hand(difference).ok_or_else(gone)
    }

    /// From now on no key may change, until [`Unchanged::verify`] or the end of what this gives back.
    ///
    /// ```
    /// # faux_redis::block_on(async {
    /// use faux_redis::FauxRedis;
    ///
    /// let redis = FauxRedis::start().await?;
    /// let unchanged = redis.unchanged().except("cache:*");
    /// redis.data().set("cache:1", "x")?;
    /// unchanged.verify()?;
    /// # Ok::<(), faux_redis::Error>(())
    /// # }).unwrap();
    /// ```
    #[must_use = "the guard checks at its end, which is at once if it is not kept"]
    pub fn unchanged(&self) -> Unchanged {
        Unchanged { before: Some(self.snapshot()), except: Vec::new() }
    }

    fn check(&self, snapshot: &Snapshot) -> Result<(), Error> {
        if Arc::ptr_eq(&self.shared, &snapshot.shared) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Option, "the snapshot is of another server"))
    }
}

/// A guard that panics at its end if keys have changed, unless a panic is under way already.
#[derive(Debug)]
pub struct Unchanged {
    before: Option<Snapshot>,
    except: Vec<String>,
}

impl Unchanged {
    /// Keys that match this glob may change.
    pub fn except(mut self, glob: impl Into<String>) -> Unchanged {
        self.except.push(glob.into());
        self
    }

    /// Checks now that nothing has changed; the guard ends.
    ///
    /// # Errors
    /// Keys have changed; the message is the difference ([`ErrorKind::Verification`]).
    pub fn verify(mut self) -> Result<(), Error> {
        self.check()
    }

    fn check(&mut self) -> Result<(), Error> {
        let Some(before) = self.before.take() else { return Ok(()) };
        let diff = before.shared.by_hand(|world| world.difference(before.id, None));
        let diff = diff.ok_or_else(gone)?.without(&self.except);
        if diff.is_empty() {
            return Ok(());
        }
        let message = format!("keys changed that should not have:\n{diff}");
        Err(Error::new(ErrorKind::Verification, message))
    }
}

impl Drop for Unchanged {
    fn drop(&mut self) {
        let is_at_home = self.before.as_ref().is_some_and(|before| before.shared.is_at_home());
        if !is_at_home || std::thread::panicking() {
            return;
        }
        if let Err(error) = self.check() {
            panic!("{error}");
        }
    }
}

fn gone() -> Error {
    Error::new(
        ErrorKind::Option,
        "the snapshot was taken before the server was last reset or lost its data",
    )
}
