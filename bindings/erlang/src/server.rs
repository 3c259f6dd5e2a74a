//! A server: its beginning, where it is, what happened, its end.
use crate::call::{self, Records, Rules};
use crate::callback::Asks;
use crate::convert::bytes;
use crate::error::{Done, Error, Outcome, Result};
use crate::handle::Handle as _;
use crate::rule::{Rule, matcher};
use crate::{atoms, options};
use faux_redis::{ErrorKind, FauxRedis, Flavour, Spelling, block_on};
use rustler::{Atom, Encoder, Env, LocalPid, Monitor, Resource, ResourceArc, Term};
use std::sync::Arc;
use std::time::Duration;

/// A server that runs, or has run.
pub(crate) struct Server {
    pub(crate) faux: Arc<FauxRedis>,
    pub(crate) asks: Arc<Asks>,
}

#[rustler::resource_impl]
impl Resource for Server {
    const IMPLEMENTS_DOWN: bool = true;

    /// Whoever owned it is gone. Nothing may wait in here.
    fn down<'a>(&'a self, _: Env<'a>, _: LocalPid, _: Monitor) {
        let faux = Arc::clone(&self.faux);
        faux_redis::spawn(async move { faux.halt().await });
    }
}

impl Server {
    fn start(env: Env<'_>, owner: LocalPid, options: Term<'_>, host: Term<'_>) -> Result<Server> {
        let (limit, records) = Server::host(host)?;
        let spelling = if records.structs { Spelling::Elixir } else { Spelling::Erlang };
        let builder = options::builder(options, spelling)?;
        let mut started = block_on(builder.clone().start());
        if started.as_ref().is_err_and(|error| error.kind() == ErrorKind::Listen) {
            // A server whose owner has just been killed may still be about to leave the port.
            orphans::end(env);
            started = block_on(builder.start());
        }
        let faux = Arc::new(started?.without_verification());
        orphans::note(&faux, owner);
        let asks = Arc::new(Asks::new(owner, limit, records));
        Ok(Server { faux, asks })
    }

    /// What the host wants: how long a callable may take, and what calls look like.
    fn host(host: Term<'_>) -> Result<(Duration, Records)> {
        let bad = || Error::option("option 'callback_timeout' takes milliseconds, 1 or more");
        let (limit, style): (u64, Vec<Atom>) = host.decode().map_err(|_| bad())?;
        let has = |name| style.contains(&name);
        let records = Records {
            structs: has(atoms::__struct__()),
            split_subcommands: has(atoms::args()),
            rules: Arc::new(Rules::default()),
        };
        Ok((Duration::from_millis(limit.max(1)), records))
    }

    fn add_rule(
        &self,
        source: Term<'_>,
        conditions: Term<'_>,
        expects: bool,
        edits: Term<'_>,
    ) -> Result<ResourceArc<Rule>> {
        let matcher = matcher(conditions, &self.asks)?;
        let source = bytes(source).ok_or_else(|| Error::option("a source is a binary"))?;
        let source = String::from_utf8_lossy(&source).into_owned();
        let rule = Rule::new(self.faux.rule_made_at(matcher, expects, source)?, &self.asks);
        if let Err(error) = rule.edit_all(edits) {
            rule.remove()?;
            return Err(error);
        }
        self.asks.records.rules.add(rule.number(), rule.clone());
        Ok(rule)
    }
}

#[rustler::nif(schedule = "DirtyIo")]
fn start(
    env: Env<'_>,
    owner: LocalPid,
    options: Term<'_>,
    host: Term<'_>,
) -> Outcome<ResourceArc<Server>> {
    Outcome(Server::start(env, owner, options, host).and_then(|server| {
        let server = ResourceArc::new(server);
        match server.monitor(Some(env), &owner) {
            Some(_) => Ok(server),
            None => Err(Error::stopped("the process that owns the server is gone")),
        }
    }))
}

#[rustler::nif(schedule = "DirtyIo")]
fn stop(server: ResourceArc<Server>) -> Atom {
    block_on(server.faux.halt());
    atoms::ok()
}

/// How many servers are in memory: those that run, and those whose handles somebody has.
#[rustler::nif]
fn servers() -> usize {
    crate::callback::alive()
}

#[rustler::nif]
fn info(env: Env<'_>, server: ResourceArc<Server>) -> Term<'_> {
    let faux = &server.faux;
    let persona = faux.persona();
    let flavour = if persona.flavour == Flavour::Valkey { "valkey" } else { "redis" };
    let socket = faux.unix_socket().map(|path| path.to_string_lossy().into_owned());
    let pairs = [
        (atoms::port(), faux.port().encode(env)),
        (atoms::address(), faux.address().encode(env)),
        (atoms::url(), faux.url().encode(env)),
        (atoms::unix_socket(), socket.encode(env)),
        (atoms::persona(), format!("{flavour} {}", persona.version).encode(env)),
        (atoms::tls_ca(), faux.tls_ca().encode(env)),
        (atoms::stopped(), faux.is_stopped().encode(env)),
    ];
    Term::map_from_pairs(env, &pairs).expect("no key stands there twice")
}

/// A new stub or expectation.
#[rustler::nif]
fn rule(
    server: ResourceArc<Server>,
    kind: Atom,
    matcher: Term<'_>,
    source: Term<'_>,
    edits: Term<'_>,
) -> Outcome<ResourceArc<Rule>> {
    Outcome(server.add_rule(source, matcher, kind == atoms::expect(), edits))
}

#[rustler::nif(schedule = "DirtyCpu")]
fn calls(env: Env<'_>, server: ResourceArc<Server>) -> Term<'_> {
    call::list(env, &server.faux.calls(), &server.asks.records)
}

#[rustler::nif(schedule = "DirtyCpu")]
fn unmatched(env: Env<'_>, server: ResourceArc<Server>) -> Term<'_> {
    call::list(env, &server.faux.unmatched(), &server.asks.records)
}

#[rustler::nif(schedule = "DirtyCpu")]
fn unused(server: ResourceArc<Server>) -> Vec<String> {
    server.faux.unused()
}

#[rustler::nif]
fn dropped_calls(server: ResourceArc<Server>) -> u64 {
    server.faux.dropped_calls()
}

#[rustler::nif]
fn dropped_bytes(server: ResourceArc<Server>) -> u64 {
    server.faux.dropped_bytes()
}

#[rustler::nif(schedule = "DirtyCpu")]
fn transcript(server: ResourceArc<Server>) -> String {
    server.faux.transcript()
}

#[rustler::nif(schedule = "DirtyCpu")]
fn reset(server: ResourceArc<Server>) -> Atom {
    server.faux.reset();
    server.asks.records.rules.clear();
    atoms::ok()
}

/// Hands back what a callable has answered.
#[rustler::nif]
fn answer(server: ResourceArc<Server>, id: u64, actions: Term<'_>) -> Outcome<bool> {
    Outcome(server.asks.answer(id, actions))
}

/// Hands back what a predicate says.
#[rustler::nif]
fn matches(server: ResourceArc<Server>, id: u64, says: bool) -> bool {
    server.asks.matches(id, says)
}

/// Says that a callable has failed.
#[rustler::nif]
fn fail(server: ResourceArc<Server>, id: u64, message: Term<'_>, raised: Term<'_>) -> Done {
    let parts = bytes(message).zip(bytes(raised));
    let parts = parts.ok_or_else(|| Error::option("what was raised is told in binaries"));
    Done(parts.map(|(message, raised)| {
        let message = String::from_utf8_lossy(&message).into_owned();
        server.asks.fail(id, message, raised.to_vec());
    }))
}

/// Servers and their owners.
mod orphans {
    use super::{Arc, Env, FauxRedis, LocalPid, block_on};
    use std::sync::{Mutex, PoisonError, Weak};

    static SERVERS: Mutex<Vec<(Weak<FauxRedis>, LocalPid)>> = Mutex::new(Vec::new());

    pub(super) fn note(faux: &Arc<FauxRedis>, owner: LocalPid) {
        let mut servers = SERVERS.lock().unwrap_or_else(PoisonError::into_inner);
        servers.retain(|(faux, _)| faux.strong_count() > 0);
        servers.push((Arc::downgrade(faux), owner));
    }

    /// Stops those whose owner is no more, and returns when they have ended.
    pub(super) fn end(env: Env<'_>) {
        let servers = SERVERS.lock().unwrap_or_else(PoisonError::into_inner);
        let orphans = servers.iter().filter(|(_, owner)| !owner.is_alive(env));
        let orphans: Vec<_> = orphans.filter_map(|(faux, _)| faux.upgrade()).collect();
        drop(servers);
        orphans.iter().for_each(|faux| block_on(faux.halt()));
    }
}
