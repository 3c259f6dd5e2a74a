//! A running server, as the test that owns it sees it.
use crate::clock::Clock;
use crate::config::Config;
use crate::double::rule::{Handled, RuleId, Source, Times};
use crate::double::{Action, Answer, Call, Callback, Chunk, Double, Failure, Matcher, Mode, Then};
use crate::engine::{Node, World};
use crate::error::{Error, ErrorKind};
use crate::net::{Endpoint, Listening, Shared, listen, runtime};
use crate::persona::{Flavour, Persona, Version};
use crate::transcript;
use bytes::Bytes;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

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
    password: Option<String>,
    /// Verification has been done, or is not wanted.
    verified: bool,
}

/// How a server shall be.
#[derive(Clone, Debug)]
pub struct Builder {
    ip: IpAddr,
    port: u16,
    unix_socket: Option<PathBuf>,
    mode: Mode,
    password: Option<String>,
    flavour: Flavour,
    version: Option<Version>,
    config: Vec<(String, String)>,
    strict: bool,
    seed: u64,
    clock: Clock,
    journal_limit: usize,
    rdb: Option<PathBuf>,
    membership_as_text: bool,
}

impl Default for Builder {
    fn default() -> Builder {
        Builder {
            ip: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            unix_socket: None,
            mode: Mode::default(),
            password: None,
            flavour: Flavour::default(),
            version: None,
            config: Vec::new(),
            strict: false,
            seed: 0,
            clock: Clock::system(),
            journal_limit: 10_000,
            rdb: None,
            membership_as_text: false,
        }
    }
}

impl Builder {
    /// The address to listen on; the loopback address by default.
    pub fn ip(mut self, ip: IpAddr) -> Builder {
        self.ip = ip;
        self
    }

    /// The port to listen on; 0, the default, takes one that is free.
    pub fn port(mut self, port: u16) -> Builder {
        self.port = port;
        self
    }

    /// Listens on a Unix socket at this path, and not on a port.
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

    /// Whether verification also fails for calls no rule answered and stubs no call used.
    pub fn strict(mut self, strict: bool) -> Builder {
        self.strict = strict;
        self
    }

    /// The seed of all chance; 0 by default.
    pub fn seed(mut self, seed: u64) -> Builder {
        self.seed = seed;
        self
    }

    /// The time the server lives in; the system's by default.
    pub fn clock(mut self, clock: Clock) -> Builder {
        self.clock = clock;
        self
    }

    /// How many calls are remembered; 10,000 by default. Older ones are dropped and counted.
    pub fn journal_limit(mut self, calls: usize) -> Builder {
        self.journal_limit = calls;
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
    pub fn membership_as_text(mut self, as_text: bool) -> Builder {
        self.membership_as_text = as_text;
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
        let mut node = Node::new(persona, config, self.seed, self.clock.micros());
        node.tells_membership_as_text = self.membership_as_text;
        let double = Double::new(self.mode, self.strict, self.journal_limit);
        let mut world = World::new(node, double);
        load_data(&mut world, self.rdb.as_deref())?;
        let shared = Arc::new(Shared::new(world, self.clock));
        let endpoint = match &self.unix_socket {
            Some(path) => Endpoint::Unix(path.clone()),
            None => Endpoint::Tcp(self.ip, self.port),
        };
        let listening = listen(&shared, &endpoint)
            .map_err(|error| Error::listen(&endpoint.to_string(), error))?;
        if let Listening::Tcp(address) = &listening {
            shared.with(|world| world.node.listens_on(address.port()));
        }
        runtime().spawn(Arc::clone(&shared).keep_time());
        Ok(FauxRedis { shared, listening, password: self.password, verified: false })
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

impl FauxRedis {
    /// Starts a server on a free port of the loopback address.
    ///
    /// # Errors
    /// The system has no port to give ([`ErrorKind::Listen`]).
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
            Listening::Tcp(address) => format!("redis://{login}{address}"),
            Listening::Unix(path) => format!("unix://{login}{}", path.display()),
        }
    }

    /// Which server is played.
    pub fn persona(&self) -> Persona {
        self.shared.look(|world| world.node.persona)
    }

    /// The time the server lives in.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// A stub: calls that match are answered as it says. It demands nothing.
    #[track_caller]
    pub fn stub(&self, matcher: impl Into<Matcher>) -> Rule {
        self.rule(matcher.into(), None, Location::caller().into())
    }

    /// An expectation: verification fails unless it is met, at least once if nothing else is said.
    /// With no answer given, older rules or the store answer.
    #[track_caller]
    pub fn expect(&self, matcher: impl Into<Matcher>) -> Rule {
        self.rule(matcher.into(), Some(Times::from(1..)), Location::caller().into())
    }

    /// A rule made at a place that the caller names: for bindings to other languages.
    #[doc(hidden)]
    pub fn rule_made_at(&self, matcher: Matcher, expects: bool, source: String) -> Rule {
        self.rule(matcher, expects.then(|| Times::from(1..)), Source(source))
    }

    fn rule(&self, matcher: Matcher, expected: Option<Times>, source: Source) -> Rule {
        let id = self.shared.with(|world| {
            let table = world.node.table;
            let is_container = |name: &str| {
                table.find(name.as_bytes()).is_some_and(|entry| !entry.subcommands.is_empty())
            };
            world.double.rules.add(matcher.fold_subcommand(is_container), expected, source)
        });
        Rule { shared: Arc::clone(&self.shared), id, scoped: false }
    }

    /// All calls that are remembered, the oldest first.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.look(|world| world.double.journal.calls().cloned().collect())
    }

    /// The calls that match, the oldest first. Predicates are asked.
    pub async fn calls_of(&self, matcher: impl Into<Matcher>) -> Vec<Call> {
        let matcher = self.folded(matcher.into());
        let shared = Arc::clone(&self.shared);
        let calls = runtime().spawn(async move { calls_of(&shared, &matcher).await });
        calls.await.unwrap_or_default()
    }

    /// How many calls the journal has dropped because it was full.
    pub fn dropped_calls(&self) -> u64 {
        self.shared.look(|world| world.double.journal.dropped())
    }

    /// Calls that no rule answered, but for the handshake of connections.
    pub fn unmatched(&self) -> Vec<Call> {
        self.shared.look(|world| world.double.unmatched().into_iter().cloned().collect())
    }

    /// Stubs that no call has used, as text.
    pub fn unused(&self) -> Vec<String> {
        self.shared.look(|world| world.double.unused().iter().map(|rule| rule.title()).collect())
    }

    /// Returns the first call that matches, once there is one; a call that was made before counts.
    ///
    /// # Errors
    /// There was none in this time ([`ErrorKind::Timeout`]), or the server stopped.
    pub async fn wait_for(
        &self,
        matcher: impl Into<Matcher>,
        timeout: Duration,
    ) -> Result<Call, Error> {
        Ok(self.wait_for_times(matcher, 1, timeout).await?.remove(0))
    }

    /// Returns the calls that match, once there are `times` of them.
    ///
    /// # Errors
    /// There were fewer in this time ([`ErrorKind::Timeout`]), or the server stopped.
    pub async fn wait_for_times(
        &self,
        matcher: impl Into<Matcher>,
        times: usize,
        timeout: Duration,
    ) -> Result<Vec<Call>, Error> {
        let matcher = self.folded(matcher.into());
        let wait = wait_for_calls(Arc::clone(&self.shared), matcher.clone(), times.max(1));
        // The server's own runtime keeps the time, whatever runtime the test uses.
        let wait = runtime().spawn(async move { tokio::time::timeout(timeout, wait).await });
        match wait.await {
            Ok(Ok(found)) => found,
            _ => Err(self.waited_in_vain(&matcher, times, timeout)),
        }
    }

    fn waited_in_vain(&self, matcher: &Matcher, times: usize, timeout: Duration) -> Error {
        let seen = self.shared.look(|world| world.double.seen_instead(matcher));
        let message = format!("waited {timeout:?} for {matcher} ({times}x), in vain{seen}");
        Error::new(ErrorKind::Timeout, message)
    }

    /// Checks that a call was made so often.
    ///
    /// # Errors
    /// It was not ([`ErrorKind::Verification`]).
    pub async fn verify_called(
        &self,
        matcher: impl Into<Matcher>,
        times: impl Into<Times>,
    ) -> Result<(), Error> {
        let (matcher, times) = (self.folded(matcher.into()), times.into());
        let got = self.calls_of(matcher.clone()).await.len() as u64;
        let failure = self.shared.look(|world| world.double.check(&matcher, times, got));
        failure.map_or(Ok(()), |failure| Err(Error::verification(vec![failure])))
    }

    /// Checks everything the test has said: expectations, callbacks, and in strict mode what was
    /// not said. Dropping the server then checks no more.
    ///
    /// # Errors
    /// All that is not as it should be ([`ErrorKind::Verification`]).
    pub fn verify(&mut self) -> Result<(), Error> {
        self.verified = true;
        let failures = self.failures();
        if failures.is_empty() { Ok(()) } else { Err(Error::verification(failures)) }
    }

    /// All that is not as it should be so far.
    pub fn failures(&self) -> Vec<Failure> {
        self.shared.look(|world| world.double.failures())
    }

    /// Does no verification when the server is dropped.
    pub fn without_verification(mut self) -> FauxRedis {
        self.verified = true;
        self
    }

    /// What happened on each connection, in order, as text to read.
    pub fn transcript(&self) -> String {
        self.shared.look(transcript::of)
    }

    /// Puts everything back: no keys but those of the RDB file there was at the start, no rules or calls; settings as
    /// at the start; clients are
    /// disconnected.
    pub fn reset(&self) {
        self.shared.with(World::reset);
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

    pub(crate) fn folded(&self, matcher: Matcher) -> Matcher {
        let table = self.shared.look(|world| world.node.table);
        matcher.fold_subcommand(|name| {
            table.find(name.as_bytes()).is_some_and(|entry| !entry.subcommands.is_empty())
        })
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
        assert!(failures.is_empty(), "{}", Error::verification(failures));
    }
}

async fn calls_of(shared: &Arc<Shared>, matcher: &Matcher) -> Vec<Call> {
    let calls = shared.look(|world| world.double.calls(matcher));
    let mut found = Vec::new();
    for call in calls {
        if matcher.accepts(&call).await {
            found.push(call);
        }
    }
    found
}

async fn wait_for_calls(
    shared: Arc<Shared>,
    matcher: Matcher,
    times: usize,
) -> Result<Vec<Call>, Error> {
    loop {
        let progress = shared.progress.notified();
        tokio::pin!(progress);
        // From here on no call is missed, so the calls are looked at after.
        progress.as_mut().enable();
        let found = calls_of(&shared, &matcher).await;
        if found.len() >= times {
            return Ok(found);
        }
        if shared.is_stopped() {
            return Err(Error::new(ErrorKind::Stopped, "the server has stopped"));
        }
        progress.await;
    }
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

/// A handle to a stub or an expectation. The rule stays when the handle is dropped, until the
/// server is reset, unless the handle is [scoped](Rule::scoped).
#[derive(Debug)]
pub struct Rule {
    shared: Arc<Shared>,
    id: RuleId,
    scoped: bool,
}

/// What happens to a call that matches, from left to right.
impl Rule {
    /// The reply is this.
    pub fn reply(self, reply: impl Into<crate::Reply>) -> Rule {
        self.then_do(Action::Reply(reply.into()))
    }

    /// The reply is this error: its line, with its code.
    pub fn error(self, line: impl Into<Bytes>) -> Rule {
        self.then_do(Action::Reply(crate::Reply::error(line)))
    }

    /// The answers in turn, one a call; the last repeats.
    pub fn replies<A: Into<Answer>>(self, answers: impl IntoIterator<Item = A>) -> Rule {
        self.replies_then(answers, Then::Last)
    }

    /// The answers in turn, one a call, and what comes after the last.
    pub fn replies_then<A: Into<Answer>>(
        self,
        answers: impl IntoIterator<Item = A>,
        then: Then,
    ) -> Rule {
        let answers: Vec<Answer> = answers.into_iter().map(Into::into).collect();
        self.edit(|rule| {
            rule.answers = answers;
            rule.then = then;
        })
    }

    /// The callback answers. It may block, and may use this server.
    pub fn call<A, F>(self, callback: F) -> Rule
    where
        A: Into<Answer>,
        F: Fn(&Call) -> A + Send + Sync + 'static,
    {
        self.then_do(Action::Call(Callback::blocking(callback)))
    }

    /// The command is carried out on the store, whose reply is the reply.
    pub fn execute(self) -> Rule {
        self.then_do(Action::Execute)
    }

    /// What follows happens so much later.
    pub fn delay(self, time: Duration) -> Rule {
        self.then_do(Action::Delay(time))
    }

    /// These bytes are sent as they are.
    pub fn raw(self, bytes: impl Into<Bytes>) -> Rule {
        self.then_do(Action::Reply(crate::Reply::Raw(bytes.into())))
    }

    /// The reply comes in pieces, with a pause between them.
    pub fn partial(self, chunks: impl IntoIterator<Item = Chunk>, gap: Duration) -> Rule {
        self.then_do(Action::Partial { chunks: chunks.into_iter().collect(), gap })
    }

    /// The reply made so far is lost.
    pub fn drop_reply(self) -> Rule {
        self.then_do(Action::DropReply)
    }

    /// Nothing is sent, and nothing carried out.
    pub fn no_reply(self) -> Rule {
        self.then_do(Action::NoReply)
    }

    /// Sends what reply there is, then ends the connection in order (FIN).
    pub fn close(self) -> Rule {
        self.then_do(Action::Close)
    }

    /// Sends what reply there is, then ends the connection with a RST.
    pub fn reset(self) -> Rule {
        self.then_do(Action::Reset)
    }

    /// Adds any action.
    pub fn then_do(self, action: Action) -> Rule {
        self.edit(|rule| match rule.answers.last_mut() {
            Some(answer) => answer.0.push(action),
            None => rule.answers.push(Answer::of(action)),
        })
    }
}

/// How often, and in which order.
impl Rule {
    /// On a stub: no more than so often. On an expectation: this often, or verification fails.
    pub fn times(self, times: impl Into<Times>) -> Rule {
        let times = times.into();
        self.edit(|rule| {
            rule.limit = (times.most < u64::MAX).then_some(times.most);
            if rule.is_expectation() {
                rule.expected = Some(times);
            }
        })
    }

    /// An expectation that must not be met.
    pub fn never(self) -> Rule {
        self.times(0)
    }

    /// Only the n-th call that matches, counted from 1.
    pub fn nth(self, n: u64) -> Rule {
        self.edit(|rule| rule.nth = Some(n))
    }

    /// Only calls after the first n that match.
    pub fn after(self, n: u64) -> Rule {
        self.edit(|rule| rule.after = n)
    }

    /// Before rules of a lower priority, whatever their age; 0 by default.
    pub fn priority(self, priority: i64) -> Rule {
        self.shared.with(|world| world.double.rules.set_priority(self.id, priority));
        self
    }

    /// In strict mode: it need not be used.
    pub fn optional(self) -> Rule {
        self.edit(|rule| rule.optional = true)
    }

    /// The name it has in messages.
    pub fn named(self, name: impl Into<String>) -> Rule {
        let name = name.into();
        self.edit(|rule| rule.name = Some(name))
    }

    fn edit(self, edit: impl FnOnce(&mut crate::double::rule::Rule)) -> Rule {
        self.shared.with(|world| world.double.rules.get_mut(self.id).map(edit));
        self
    }
}

/// The handle itself.
impl Rule {
    /// Its identity, which its calls carry.
    pub fn id(&self) -> RuleId {
        self.id
    }

    /// The rule as messages show it; nothing once it is gone.
    pub fn title(&self) -> Option<String> {
        self.shared
            .with(|world| world.double.rules.get(self.id).map(super::double::rule::Rule::title))
    }

    /// What it has done so far.
    pub fn handled(&self) -> Handled {
        let handled = |world: &World| world.double.rules.get(self.id).map(|rule| rule.handled);
        self.shared.look(handled).unwrap_or_default()
    }

    /// What is wrong with the number of calls it was to have, if anything is so far.
    pub fn failure(&self) -> Option<Failure> {
        self.shared.with(|world| world.double.failure_of(self.id))
    }

    /// Takes the rule away. An expectation is no longer verified.
    pub fn remove(self) {
        self.shared.with(|world| world.double.rules.remove(self.id));
    }

    /// The rule lasts as long as this handle. An expectation is verified at its end, which panics
    /// when it was not met, unless a panic is under way already.
    pub fn scoped(mut self) -> Rule {
        self.scoped = true;
        self
    }
}

impl Drop for Rule {
    fn drop(&mut self) {
        if !self.scoped || !self.shared.is_at_home() {
            return;
        }
        let failure = self.shared.with(|world| {
            let failure = world.double.failure_of(self.id);
            world.double.rules.remove(self.id);
            failure
        });
        if let Some(failure) = failure
            && !std::thread::panicking()
        {
            panic!("{}", Error::verification(vec![failure]));
        }
    }
}
