//! A running server, as the test that owns it sees it: a file a plane.

mod answer;
mod builder;
mod calls;
mod clock;
mod data;
mod down;
mod gate;
mod link;
mod lint;
#[cfg(test)]
mod order;
mod push;
mod rule;
mod scenario;
mod snapshot;
mod state;
mod sweep;
mod verify;
mod waiting;

pub use builder::Builder;
pub(crate) use calls::accepts;
pub use clock::PaceGuard;
pub use data::Data;
pub use down::{Down, Keep, MaxClients, Pause};
pub use gate::Gate;
pub use link::Link;
pub use rule::Rule;
pub use scenario::ScenarioState;
pub use snapshot::{Snapshot, Unchanged};
pub use state::{InState, State};
pub use sweep::{Survival, Sweep, sweep};

use crate::clock::Clock;
use crate::double::Matcher;
use crate::engine::World;
use crate::error::{Error, ErrorKind};
use crate::net::{Listening, Shared};
use crate::persona::Persona;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

/// A Redis that the test controls: a real server on a real socket.
///
/// It stops when the last handle to it is dropped. Expectations that were not met then panic,
/// unless a panic is under way already or [`FauxRedis::verify`] was called.
///
/// ```
/// # faux_redis::block_on(async {
/// use faux_redis::FauxRedis;
///
/// let redis = FauxRedis::start().await?;
/// redis.stub("GET").reply("Ada");
/// assert!(redis.url().starts_with("redis://127.0.0.1:"));
/// # Ok::<(), faux_redis::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct FauxRedis {
    pub(crate) shared: Arc<Shared>,
    listening: Listening,
    /// The certificate by which clients know the server's, if connections are encrypted.
    ca: Option<String>,
    password: Option<String>,
    /// Verification has been done, or is not wanted.
    verified: bool,
}

impl FauxRedis {
    /// Starts a server on a free port of the loopback address.
    ///
    /// # Errors
    /// The system has no port to give ([`ErrorKind::Listen`](crate::ErrorKind::Listen)).
    pub async fn start() -> Result<FauxRedis, Error> {
        FauxRedis::builder().start().await
    }

    /// Says how a server shall be before it starts.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The port; 0 on a Unix socket.
    pub fn port(&self) -> u16 {
        match &self.listening {
            Listening::Tcp(address) => address.port(),
            Listening::Unix(_) => 0,
        }
    }

    /// `127.0.0.1:6379`, or the path of the Unix socket.
    pub fn address(&self) -> String {
        match &self.listening {
            Listening::Tcp(address) => address.to_string(),
            Listening::Unix(path) => path.display().to_string(),
        }
    }

    /// The path of the Unix socket, if it listens on one.
    pub fn unix_socket(&self) -> Option<&Path> {
        if let Listening::Unix(path) = &self.listening { Some(path) } else { None }
    }

    /// What a client is given: `redis://127.0.0.1:6379`, with the password if there is one, or
    /// `unix:///path`.
    pub fn url(&self) -> String {
        let login = self.password.iter().fold(String::new(), |_, p| format!(":{}@", escaped(p)));
        match &self.listening {
            Listening::Tcp(address) if self.ca.is_some() => {
                format!("rediss://{login}{address}")
            }
            Listening::Tcp(address) => format!("redis://{login}{address}"),
            Listening::Unix(path) => format!("unix://{login}{}", in_url(path)),
        }
    }

    /// The certificate, as PEM, by which clients know that of an encrypted server; nothing, if it is none.
    #[cfg(feature = "tls")]
    pub fn tls_ca(&self) -> Option<&str> {
        self.ca.as_deref()
    }

    /// Which server is played.
    pub fn persona(&self) -> Persona {
        self.shared.look(|world| world.node.persona)
    }

    /// The time the server lives in.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// Puts everything back: no keys but those of the RDB file there was at the start, no rules or calls; settings as
    /// at the start; clients are
    /// disconnected. Time goes on as it did at the start, from where it is.
    pub fn reset(&self) {
        self.shared.with(World::reset);
        self.shared.clock.restart();
        // What cannot be listened on again is told by who connects.
        let _ = self.shared.up(None);
    }

    /// Stops the server, and returns when its last connection has ended.
    pub async fn stop(mut self) {
        self.verified = true;
        self.halt().await;
    }

    /// Stops the server through a shared handle, which can still tell what happened: for bindings
    /// to other languages.
    #[doc(hidden)]
    pub async fn halt(&self) {
        if !self.shared.is_at_home() {
            return;
        }
        self.shared.stop();
        self.shared.all_ended().await;
    }

    /// Whether the server has been stopped, by the test or by SHUTDOWN.
    pub fn is_stopped(&self) -> bool {
        self.shared.is_stopped()
    }

    /// Returns once the server has been stopped, by the test or by SHUTDOWN.
    pub async fn stopped(&self) {
        self.shared.stopped().await;
    }

    /// A matcher by this server's table.
    ///
    /// # Panics
    /// It asks for what the table does not have, such as an option of another command.
    pub(crate) fn folded(&self, matcher: Matcher) -> Matcher {
        self.resolved(matcher).unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn resolved(&self, matcher: Matcher) -> Result<Matcher, Error> {
        if matcher.name().is_some_and(str::is_empty) {
            let message =
                "a command has a name, such as GET or CLIENT KILL; Matcher::any() means all";
            return Err(Error::new(ErrorKind::Option, message));
        }
        let (table, persona) = self.shared.look(|world| (world.node.table, world.node.persona));
        matcher.resolve(table, persona)
    }

    /// Whether this server can match by it: for bindings to other languages.
    ///
    /// # Errors
    /// It asks for an option or a group that there is not ([`ErrorKind::Option`](crate::ErrorKind::Option)).
    #[doc(hidden)]
    pub fn check_matcher(&self, matcher: &Matcher) -> Result<(), Error> {
        self.resolved(matcher.clone()).map(drop)
    }
}

impl Drop for FauxRedis {
    fn drop(&mut self) {
        if !self.shared.is_at_home() {
            // This is a fork of the process the server runs in: it goes on there.
            return;
        }
        self.shared.stop();
        if self.verified || std::thread::panicking() {
            return;
        }
        let failures = self.failures();
        assert!(failures.is_empty(), "{}", self.failed(failures));
    }
}

/// A path as part of a URL, where it begins at the root.
fn in_url(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let parts: Vec<_> = path.to_string_lossy().split('/').map(escaped).collect();
    parts.join("/")
}

/// Percent-encodes what has a meaning of its own in a URL.
fn escaped(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let mut url = String::new();
    for byte in text.bytes() {
        if keep(byte) {
            url.push(char::from(byte));
        } else {
            write!(url, "%{byte:02X}").expect("a string takes all");
        }
    }
    url
}
