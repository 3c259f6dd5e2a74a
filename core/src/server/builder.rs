//! How a server shall be, said before it starts.
use super::FauxRedis;
use crate::clock::Clock;
use crate::config::Config;
use crate::double::journal::Limits;
use crate::double::{Double, Lint, Mode, Spelling, Strict};
use crate::engine::{Membership, Node, World};
use crate::error::{Error, ErrorKind};
use crate::net::{Endpoint, Listening, Secure, Shared, listen, runtime};
use crate::persona::{Flavour, Persona, Version};
use crate::value::{Resolved, Seed};
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

/// How a server shall be.
#[derive(Clone, Debug)]
pub struct Builder {
    ip: Option<IpAddr>,
    port: u16,
    unix_socket: Option<PathBuf>,
    mode: Mode,
    password: Option<String>,
    flavour: Flavour,
    version: Option<Version>,
    config: Vec<(String, String)>,
    strict: Strict,
    lint: Option<Lint>,
    spelling: Spelling,
    seed: u64,
    clock: Option<Clock>,
    journal: Limits,
    rdb: Option<PathBuf>,
    membership: Membership,
    data: Option<Seed>,
    tls: bool,
}

impl Default for Builder {
    fn default() -> Builder {
        Builder {
            ip: None,
            port: 0,
            unix_socket: None,
            mode: Mode::default(),
            password: None,
            flavour: Flavour::default(),
            version: None,
            config: Vec::new(),
            strict: Strict::Off,
            lint: None,
            spelling: Spelling::default(),
            seed: 0,
            clock: None,
            journal: Limits::default(),
            rdb: None,
            membership: Membership::default(),
            data: None,
            tls: false,
        }
    }
}

impl Builder {
    /// The address to listen on; the loopback address by default.
    pub fn ip(mut self, ip: IpAddr) -> Builder {
        self.ip = Some(ip);
        self
    }

    /// The port to listen on; 0, the default, takes one that is free.
    pub fn port(mut self, port: u16) -> Builder {
        self.port = port;
        self
    }

    /// Listens on a Unix socket at this path, and not on a port: then neither `port`, `ip` nor `tls` can be said.
    pub fn unix_socket(mut self, path: impl Into<PathBuf>) -> Builder {
        self.unix_socket = Some(path.into());
        self
    }

    /// Who answers: the rules, the store, or both.
    pub fn mode(mut self, mode: Mode) -> Builder {
        self.mode = mode;
        self
    }

    /// Clients must AUTH with this password.
    pub fn password(mut self, password: impl Into<String>) -> Builder {
        self.password = Some(password.into());
        self
    }

    /// The same as [`Builder::password`].
    pub fn require_auth(self, password: impl Into<String>) -> Builder {
        self.password(password)
    }

    /// Which server is played: Redis or Valkey.
    pub fn flavour(mut self, flavour: Flavour) -> Builder {
        self.flavour = flavour;
        self
    }

    /// Which version is played; the newest this release knows, by default.
    pub fn version(mut self, version: Version) -> Builder {
        self.version = Some(version);
        self
    }

    /// A setting as in `redis.conf`; the last one of a name counts.
    pub fn config(mut self, name: impl Into<String>, value: impl Into<String>) -> Builder {
        self.config.push((name.into(), value.into()));
        self
    }

    /// How many databases there are; 16 by default.
    pub fn databases(self, databases: usize) -> Builder {
        self.config("databases", databases.to_string())
    }

    /// Whether verification also fails for calls no rule answered and stubs no call used, and with [`Strict::All`] for
    /// calls never asserted.
    pub fn strict(mut self, strict: impl Into<Strict>) -> Builder {
        self.strict = strict.into();
        self
    }

    /// Verification also looks at how the server was used.
    pub fn lint(mut self, lint: Lint) -> Builder {
        self.lint = Some(lint);
        self
    }

    /// The language in which failures propose code: for bindings to other languages.
    #[doc(hidden)]
    pub fn spelling(mut self, spelling: Spelling) -> Builder {
        self.spelling = spelling;
        self
    }

    /// Unless it was said otherwise, failures propose code that blocks.
    pub(crate) fn in_blocking_rust(mut self) -> Builder {
        if self.spelling == Spelling::Rust {
            self.spelling = Spelling::BlockingRust;
        }
        self
    }

    /// The seed of all chance; 0 by default.
    pub fn seed(mut self, seed: u64) -> Builder {
        self.seed = seed;
        self
    }

    /// The time the server lives in; the system's by default. Servers that are given the same clock live in the same
    /// time.
    pub fn clock(mut self, clock: Clock) -> Builder {
        self.clock = Some(clock);
        self
    }

    /// How many calls are remembered; 10,000 by default. Older ones are dropped and counted.
    pub fn journal_limit(mut self, calls: usize) -> Builder {
        self.journal.calls = calls;
        self
    }

    /// About how many bytes of arguments and replies are remembered; 64 MiB by default. Older calls are dropped and
    /// counted; the latest stays, whatever its size.
    pub fn journal_limit_bytes(mut self, bytes: usize) -> Builder {
        self.journal.bytes = bytes;
        self
    }

    /// An RDB file whose data the server has from the start, and again after each reset. The file is only read.
    ///
    /// Without it, a server whose setting `dir` names a folder loads the file of `dbfilename` there, if there is one,
    /// as a real server does; and SAVE writes it. A server without that setting keeps in memory what is saved.
    pub fn rdb(mut self, path: impl Into<PathBuf>) -> Builder {
        self.rdb = Some(path.into());
        self
    }

    /// SISMEMBER answers with a text, as version 1 of the Elixir package did: for tests that rely on it.
    #[doc(hidden)]
    pub fn membership_as_text(mut self) -> Builder {
        self.membership = Membership::Text;
        self
    }

    /// Connections are encrypted, with a certificate that is made at the start: for `localhost`, the loopback addresses
    /// and the one that is listened on. [`FauxRedis::tls_ca`] is what clients know it by.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: bool) -> Builder {
        self.tls = tls;
        self
    }

    /// Data that the server has from the start, and again after each reset; it goes over that of an RDB file.
    pub fn data(mut self, data: impl Into<Seed>) -> Builder {
        self.data = Some(data.into());
        self
    }

    /// Starts the server; it answers as soon as this returns.
    ///
    /// # Errors
    /// An option makes no sense or an RDB file cannot be loaded ([`ErrorKind::Option`]), or the port or socket is taken
    /// ([`ErrorKind::Listen`]).
    #[expect(
        clippy::unused_async,
        reason = "starting may come to wait, and is written so in tests"
    )]
    pub async fn start(self) -> Result<FauxRedis, Error> {
        self.start_now()
    }

    pub(crate) fn start_now(self) -> Result<FauxRedis, Error> {
        self.check_place()?;
        let version = self.version.unwrap_or(Persona::newest(self.flavour).version);
        let option = |message| Error::new(ErrorKind::Option, message);
        let persona = Persona::new(self.flavour, version).map_err(option)?;
        let mut config = Config::new(persona);
        for (name, value) in &self.config {
            config.set(name, value).map_err(option)?;
        }
        if let Some(password) = &self.password {
            config.set("requirepass", password).map_err(option)?;
        }
        let ip = self.ip_or_loopback();
        let secure = self.secure()?;
        let ca = secure.as_ref().map(|secure| secure.ca().to_owned());
        let clock = self.clock.unwrap_or_else(Clock::system);
        let mut node = Node::new(persona, config, self.seed, clock.micros());
        node.membership = self.membership;
        let mut double = Double::new(self.mode, self.strict, self.journal).seeded(self.seed);
        (double.lint, double.spelling, double.seed) = (self.lint, self.spelling, self.seed);
        let mut world = World::new(node, double);
        load_data(&mut world, self.rdb.as_deref())?;
        self.data.iter().try_for_each(|seed| load_seed(&mut world, seed))?;
        let shared = Arc::new(Shared::new(world, clock));
        let endpoint = match &self.unix_socket {
            Some(path) => Endpoint::Unix(path.clone()),
            None => Endpoint::Tcp(ip, self.port, secure),
        };
        let listening = listen(&shared, &endpoint)
            .map_err(|error| Error::listen(&endpoint.to_string(), error))?;
        if let Listening::Tcp(address) = &listening {
            shared.with(|world| world.node.listens_on(address.port()));
        }
        let follower: Weak<Shared> = Arc::downgrade(&shared);
        shared.clock.lead(follower);
        runtime().spawn(Arc::clone(&shared).keep_time());
        Ok(FauxRedis { shared, listening, ca, password: self.password, verified: false })
    }
}

impl Builder {
    /// A server listens on a port or on a Unix socket, and what is for the one is not for the other.
    fn check_place(&self) -> Result<(), Error> {
        let Some(path) = &self.unix_socket else { return Ok(()) };
        let option = |message: String| Err(Error::new(ErrorKind::Option, message));
        if path.as_os_str().is_empty() {
            return option("option 'unix_socket' takes a path, not ''".into());
        }
        let ip = self.ip.is_some_and(|ip| ip != IpAddr::from(Ipv4Addr::LOCALHOST));
        let of_a_port = [("port", self.port != 0), ("ip", ip), ("tls", self.tls)];
        match of_a_port.iter().find(|(_, is_said)| *is_said) {
            Some((name, _)) => {
                option(format!("option '{name}' is for a port, and 'unix_socket' takes its place"))
            }
            None => Ok(()),
        }
    }

    fn ip_or_loopback(&self) -> IpAddr {
        self.ip.unwrap_or(Ipv4Addr::LOCALHOST.into())
    }

    #[cfg(feature = "tls")]
    fn secure(&self) -> Result<Option<Secure>, Error> {
        let made = self.tls.then(|| Secure::new(self.ip_or_loopback())).transpose();
        made.map_err(|error| Error::listen("an encrypted port", error))
    }

    #[cfg(not(feature = "tls"))]
    #[expect(clippy::unnecessary_wraps, reason = "with the feature it can fail")]
    fn secure(&self) -> Result<Option<Secure>, Error> {
        debug_assert!(!self.tls, "nobody can ask for it");
        Ok(None)
    }
}

/// Loads the file that the host has named, or the one a server with such settings finds.
fn load_data(world: &mut World, named: Option<&Path>) -> Result<(), Error> {
    let found = || world.node.save_path().filter(|path| path.exists());
    let Some(path) = named.map(Path::to_owned).or_else(found) else { return Ok(()) };
    let wrong = |why: String| {
        let message = format!("cannot load the RDB file {}: {why}", path.display());
        Error::new(ErrorKind::Option, message)
    };
    let bytes = std::fs::read(&path).map_err(|error| wrong(error.to_string()))?;
    world.start_with(bytes.into()).map_err(|error| wrong(error.to_string()))
}

/// Loads the data that the host has given.
fn load_seed(world: &mut World, seed: &Seed) -> Result<(), Error> {
    let option = |why: String| Error::new(ErrorKind::Option, format!("option 'data': {why}"));
    match seed.resolve().map_err(option)? {
        Resolved::Rdb(bytes) => world.start_with(bytes).map_err(|error| option(error.to_string())),
        Resolved::Items(items) => world.begin_with(items).map_err(option),
    }
}
