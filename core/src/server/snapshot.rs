//! Snapshots of the store, going back to them, and what differs between them.
use super::FauxRedis;
use crate::double::label::Label;
use crate::double::rule::Source;
use crate::error::{Error, ErrorKind};
use crate::net::Shared;
use crate::transcript;
use crate::value::Diff;
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Mutex};

/// All keys of a server as they were at one moment, as long as this lives.
///
/// Taking one takes the same short time however many keys there are: only what changes afterwards is kept, once for
/// each key. While none lives nothing is kept at all.
#[derive(Debug)]
pub struct Snapshot {
    shared: Arc<Shared>,
    id: u64,
    source: Source,
    name: Mutex<Option<String>>,
}

impl Snapshot {
    /// The name it has in messages.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Snapshot {
        self.rename(name);
        self
    }

    /// Names it through a shared handle, for bindings to other languages.
    #[doc(hidden)]
    pub fn rename(&self, name: impl Into<String>) {
        *self.name.lock().expect("nothing panics while a name is set") = Some(name.into());
    }

    /// Where it was taken: `tests/cache.rs:12`.
    pub fn source(&self) -> &str {
        &self.source.0
    }

    /// It was taken elsewhere, for bindings to other languages.
    #[doc(hidden)]
    #[must_use]
    pub fn made_at(mut self, source: impl Into<String>) -> Snapshot {
        self.source = Source(source.into());
        self
    }

    /// Forgets it: what changes is no longer kept for it.
    pub fn remove(self) {
        drop(self);
    }

    /// A word, and its name behind it if it has one.
    fn titled(&self, word: &str) -> String {
        let name = self.name.lock().expect("nothing panics while a name is set").clone();
        Label { name, source: self.source.clone() }.titled(word)
    }

    fn error(&self, what: &str) -> Error {
        let message = format!("the {self} {what}{}", self.source.told());
        Error::new(ErrorKind::Option, message)
    }

    fn gone(&self) -> Error {
        self.error("was taken before the server was last reset or lost its data")
    }
}

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.titled("snapshot"))
    }
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
    #[track_caller]
    pub fn snapshot(&self) -> Snapshot {
        let id = self.shared.by_hand(|world| world.store.history.begin());
        let source = Source::from(Location::caller());
        Snapshot { shared: Arc::clone(&self.shared), id, source, name: Mutex::default() }
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
        self.shared
            .by_hand(|world| world.store.go_back_to(snapshot.id))
            .ok_or_else(|| snapshot.gone())
    }

    /// What differs now from a snapshot, in time proportional to the number of keys that changed since.
    ///
    /// # Errors
    /// The snapshot is of another server, or of before a reset ([`ErrorKind::Option`]).
    pub fn diff(&self, before: &Snapshot) -> Result<Diff, Error> {
        self.check(before)?;
        self.shared.by_hand(|world| world.difference(before.id, None)).ok_or_else(|| before.gone())
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
        self.shared.by_hand(difference).ok_or_else(|| before.gone())
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
    #[track_caller]
    pub fn unchanged(&self) -> Unchanged {
        Unchanged { before: Some(self.snapshot()), except: Vec::new() }
    }

    fn check(&self, snapshot: &Snapshot) -> Result<(), Error> {
        if Arc::ptr_eq(&self.shared, &snapshot.shared) {
            return Ok(());
        }
        Err(snapshot.error("is of another server"))
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

    /// The name it has in messages.
    pub fn named(mut self, name: impl Into<String>) -> Unchanged {
        self.before = self.before.take().map(|before| before.named(name));
        self
    }

    /// Where it was made: `tests/cache.rs:12`.
    pub fn source(&self) -> &str {
        self.before.as_ref().map_or("", Snapshot::source)
    }

    /// It was made elsewhere, for bindings to other languages.
    #[doc(hidden)]
    #[must_use]
    pub fn made_at(mut self, source: impl Into<String>) -> Unchanged {
        self.before = self.before.take().map(|before| before.made_at(source));
        self
    }

    /// Takes the guard away: keys may change again, and nothing is checked.
    pub fn remove(mut self) {
        self.before = None;
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
        let diff = diff.ok_or_else(|| before.gone())?.without(&self.except);
        if diff.is_empty() {
            return Ok(());
        }
        let title = before.titled("unchanged");
        let named = if title == "unchanged" { String::new() } else { format!("{title}: ") };
        let made = before.source.told();
        let message = format!("{named}keys changed that should not have:\n{diff}{made}");
        let context = before.shared.look(|world| transcript::context(&world.double));
        Err(Error::changed(message, &context))
    }
}

impl fmt::Display for Unchanged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(before) = &self.before else { return f.write_str("unchanged (ended)") };
        f.write_str(&before.titled("unchanged"))?;
        self.except.iter().try_for_each(|glob| write!(f, " except {glob:?}"))
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
