//! A server that is down, restarts, pauses, or has too many clients.
use super::link::known;
use super::{FauxRedis, Link};
use crate::double::label::Label;
use crate::double::rule::Source;
use crate::double::{Client, Ending};
use crate::error::{Error, ErrorKind};
use crate::net::{DownMode, Shared};
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What becomes of the data when a server restarts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// It is there again, as if it had been saved.
    #[default]
    Data,
    /// It is lost, but for that of the RDB file the server was started with.
    Nothing,
}

impl FauxRedis {
    /// Takes the server down: its connections are cut, and new ones meet what the mode says. It comes up again on the
    /// same port, with its data; to lose that, [restart](FauxRedis::restart) it meanwhile.
    ///
    /// Several may have it down at a time: it is up when none has any more, and the last of them decides how.
    ///
    /// ```
    /// # use faux_redis::{DownMode, blocking::FauxRedis};
    /// let redis = FauxRedis::start()?;
    /// let down = redis.down(DownMode::Refuse)?;
    /// assert!(std::net::TcpStream::connect(redis.address()).is_err());
    /// down.up()?;
    /// assert!(std::net::TcpStream::connect(redis.address()).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The system does not let the port be closed ([`ErrorKind::Listen`]).
    #[track_caller]
    pub fn down(&self, mode: DownMode) -> Result<Down, Error> {
        let number = self.shared.down(mode).map_err(|error| self.cannot_listen(error))?;
        let place = self.address();
        let label = Label::from(Location::caller());
        Ok(Down { shared: Arc::clone(&self.shared), place, mode, label, number, scoped: false })
    }

    /// Brings the server up again, whoever has it down.
    ///
    /// # Errors
    /// The port can no longer be listened on ([`ErrorKind::Listen`]).
    pub fn up(&self) -> Result<(), Error> {
        self.shared.up(None).map_err(|error| self.cannot_listen(error))
    }

    /// Whether the server is down.
    pub fn is_down(&self) -> bool {
        self.shared.lock().doors.is_down()
    }

    /// Does what clients see when the server's process ends and starts anew: connections are cut, what waits or is
    /// queued or watched is gone, settings are as at the start, INFO has another `run_id` and counts from zero. The
    /// data is kept or lost. Stubs, links and calls stay, as they are the test's; connections are counted on.
    ///
    /// # Errors
    /// The port can no longer be listened on ([`ErrorKind::Listen`]).
    pub fn restart(&self, keep: Keep) -> Result<(), Error> {
        let restarted = self.shared.with_cut(|world| world.restart(keep == Keep::Data));
        restarted.map_err(|error| self.cannot_listen(error))
    }

    /// Stops serving these connections, those included that come later: nothing is read and nothing answered, as by a
    /// process that is stopped by a signal. When the pause is removed, all that came meanwhile is read and answered.
    ///
    /// # Panics
    /// As [`FauxRedis::link`].
    #[track_caller]
    pub fn pause(&self, client: impl Into<Client>) -> Pause {
        Pause(self.link(client).named("pause").blackhole())
    }

    /// Ends these connections at once; what was not sent yet is lost. How many there were: when this returns, they have
    /// been told.
    ///
    /// # Panics
    /// As [`FauxRedis::link`].
    #[track_caller]
    pub fn kill(&self, client: impl Into<Client>, how: Ending) -> usize {
        let client = known(client.into()).unwrap_or_else(|error| panic!("{error}"));
        self.shared.kill(|world| world.kill(&client, how))
    }

    /// Lets so many clients be connected at a time; those above get the real server's error and are closed. As CONFIG
    /// SET maxclients does, and until the handle is removed.
    ///
    /// # Errors
    /// It is not from 1 to 4294967295, as for a real server ([`ErrorKind::Option`]).
    #[track_caller]
    pub fn max_clients(&self, most: u64) -> Result<MaxClients, Error> {
        let number = LIMITS.fetch_add(1, Ordering::Relaxed);
        let set = self.shared.with(|world| {
            let before = world.node.config.text("maxclients").to_owned();
            world.node.config.set("maxclients", &most.to_string())?;
            world.node.client_limits.push((number, before));
            Ok(())
        });
        set.map_err(|_: String| {
            let message = format!("max_clients takes a number from 1 to 4294967295, not {most}");
            Error::new(ErrorKind::Option, message)
        })?;
        let label = Label::from(Location::caller());
        Ok(MaxClients { shared: Arc::clone(&self.shared), most, label, number, scoped: false })
    }

    fn cannot_listen(&self, error: std::io::Error) -> Error {
        Error::listen(&self.address(), error)
    }
}

/// A handle to a server that was taken down. It stays down when the handle is dropped, unless the handle is
/// [scoped](Down::scoped).
#[derive(Debug)]
pub struct Down {
    shared: Arc<Shared>,
    place: String,
    mode: DownMode,
    label: Label,
    number: u64,
    scoped: bool,
}

impl Down {
    /// Brings the server up again.
    ///
    /// # Errors
    /// The port can no longer be listened on ([`ErrorKind::Listen`]).
    pub fn up(mut self) -> Result<(), Error> {
        self.scoped = false;
        self.go_up()
    }

    /// The name it has in messages.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Down {
        self.label.name = Some(name.into());
        self
    }

    /// Where it was made: `tests/cache.rs:12`.
    pub fn source(&self) -> &str {
        &self.label.source.0
    }

    /// It was made elsewhere, for bindings to other languages.
    #[doc(hidden)]
    #[must_use]
    pub fn made_at(mut self, source: impl Into<String>) -> Down {
        self.label.source = Source(source.into());
        self
    }

    /// Brings the server up again, as [`Down::up`] does.
    ///
    /// # Errors
    /// As [`Down::up`].
    pub fn remove(self) -> Result<(), Error> {
        self.up()
    }

    fn go_up(&self) -> Result<(), Error> {
        self.shared.up(Some(self.number)).map_err(|error| {
            Error::listen(&self.place, error).about(&self.to_string(), &self.label.source.told())
        })
    }

    /// The server is down as long as this handle lasts. If its end cannot bring the server up, it panics, unless a
    /// panic is under way already.
    pub fn scoped(mut self) -> Down {
        self.scoped = true;
        self
    }
}

impl fmt::Display for Down {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} mode={}", self.label.titled("down"), self.mode)
    }
}

impl Drop for Down {
    fn drop(&mut self) {
        if !self.scoped || !self.shared.is_at_home() {
            return;
        }
        if let Err(error) = self.go_up()
            && !std::thread::panicking()
        {
            panic!("{error}");
        }
    }
}

/// A handle to a pause. It lasts when the handle is dropped, until the server is reset, unless the handle is
/// [scoped](Pause::scoped).
#[derive(Debug)]
pub struct Pause(Link);

impl Pause {
    /// Serves the connections again: what came meanwhile is read and answered.
    pub fn resume(self) {
        self.0.remove();
    }

    /// Serves the connections again, as [`Pause::resume`] does.
    pub fn remove(self) {
        self.resume();
    }

    /// The name it has in messages.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Pause {
        Pause(self.0.named(name))
    }

    /// Where it was made: `tests/cache.rs:12`.
    pub fn source(&self) -> &str {
        self.0.source()
    }

    /// The pause lasts as long as this handle.
    pub fn scoped(self) -> Pause {
        Pause(self.0.scoped())
    }
}

impl fmt::Display for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Limits of clients have numbers, which a server that was reset does not know any more.
static LIMITS: AtomicU64 = AtomicU64::new(0);

/// A handle to a limit of clients. The limit lasts when the handle is dropped, until the server is reset, unless the
/// handle is [scoped](MaxClients::scoped). Of several, the latest counts that has not ended.
#[derive(Debug)]
pub struct MaxClients {
    shared: Arc<Shared>,
    most: u64,
    label: Label,
    number: u64,
    scoped: bool,
}

impl MaxClients {
    /// Lets as many clients be connected as before.
    pub fn remove(mut self) {
        self.scoped = false;
        self.take_away();
    }

    /// The name it has in messages.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> MaxClients {
        self.label.name = Some(name.into());
        self
    }

    /// Where it was made: `tests/cache.rs:12`.
    pub fn source(&self) -> &str {
        &self.label.source.0
    }

    /// It was made elsewhere, for bindings to other languages.
    #[doc(hidden)]
    #[must_use]
    pub fn made_at(mut self, source: impl Into<String>) -> MaxClients {
        self.label.source = Source(source.into());
        self
    }

    /// The limit lasts as long as this handle.
    pub fn scoped(mut self) -> MaxClients {
        self.scoped = true;
        self
    }

    fn take_away(&self) {
        self.shared.with(|world| {
            let limits = &mut world.node.client_limits;
            let Some(at) = limits.iter().position(|(number, _)| *number == self.number) else {
                return;
            };
            let (_, before) = limits.remove(at);
            if let Some((_, later)) = limits.get_mut(at) {
                // A later one is in force, and what comes after it is what came after this.
                *later = before;
            } else {
                let set = world.node.config.set("maxclients", &before);
                set.expect("the value was in force before");
            }
        });
    }
}

impl fmt::Display for MaxClients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.label.titled("max_clients"), self.most)
    }
}

impl Drop for MaxClients {
    fn drop(&mut self) {
        if self.scoped && self.shared.is_at_home() {
            self.take_away();
        }
    }
}
