//! Waiting until something is so. The answer is a message.
use crate::convert::{bytes, shown};
use crate::error::{Done, Error, Outcome, Result};
use crate::rule::client;
use crate::server::Server;
use crate::watch::{Asker, begun};
use bytes::Bytes;
use faux_redis::{FauxRedis, spawn};
use rustler::{Atom, Encoder, Env, Reference, ResourceArc, Term};
use std::sync::Arc;
use std::time::Duration;

/// Sends `ok`, or why not, once a wait is over.
fn wait<'a, W>(
    env: Env<'a>,
    server: &Server,
    reference: Reference<'a>,
    work: impl FnOnce(Arc<FauxRedis>) -> W,
) -> Outcome<Atom>
where
    W: Future<Output = std::result::Result<(), faux_redis::Error>> + Send + 'static,
{
    let asker = Asker::new(env, reference);
    let work = work(Arc::clone(&server.faux));
    spawn(async move {
        let waited = work.await;
        asker.tell(|env| Done(waited.map_err(Error::from)).encode(env));
    });
    begun(Ok(()))
}

fn bytes_of(name: &str, term: Term<'_>) -> Result<Bytes> {
    bytes(term).ok_or_else(|| Error::option(format!("a {name} is a binary, not {}", shown(term))))
}

/// So many clients are blocked, on a key or, for `nil`, at all.
#[rustler::nif]
fn wait_until_blocked<'a>(
    env: Env<'a>,
    server: ResourceArc<Server>,
    key: Term<'a>,
    count: usize,
    timeout_ms: u64,
    reference: Reference<'a>,
) -> Outcome<Atom> {
    let key = if key.is_atom() { Ok(None) } else { bytes_of("key", key).map(Some) };
    let timeout = Duration::from_millis(timeout_ms);
    match key {
        Ok(key) => wait(env, &server, reference, |faux| async move {
            faux.wait_until_blocked_on(key, count, timeout).await
        }),
        Err(error) => Outcome(Err(error)),
    }
}

/// So many clients would hear what is published on a channel.
#[rustler::nif]
fn wait_for_subscribers<'a>(
    env: Env<'a>,
    server: ResourceArc<Server>,
    channel: Term<'a>,
    count: usize,
    timeout_ms: u64,
    reference: Reference<'a>,
) -> Outcome<Atom> {
    let timeout = Duration::from_millis(timeout_ms);
    match bytes_of("channel", channel) {
        Ok(channel) => wait(env, &server, reference, |faux| async move {
            faux.wait_for_subscribers(channel, count, timeout).await
        }),
        Err(error) => Outcome(Err(error)),
    }
}

/// There are so many of these connections; none for 0.
#[rustler::nif]
fn wait_for_connections<'a>(
    env: Env<'a>,
    server: ResourceArc<Server>,
    facts: Term<'a>,
    count: usize,
    timeout_ms: u64,
    reference: Reference<'a>,
) -> Outcome<Atom> {
    let timeout = Duration::from_millis(timeout_ms);
    match client(facts, &server.asks) {
        Ok(client) => wait(env, &server, reference, |faux| async move {
            faux.wait_for_connections(count, client, timeout).await
        }),
        Err(error) => Outcome(Err(error)),
    }
}

/// All is done.
#[rustler::nif]
fn wait_idle<'a>(
    env: Env<'a>,
    server: ResourceArc<Server>,
    timeout_ms: u64,
    reference: Reference<'a>,
) -> Outcome<Atom> {
    let timeout = Duration::from_millis(timeout_ms);
    wait(env, &server, reference, |faux| async move { faux.wait_idle(timeout).await })
}
