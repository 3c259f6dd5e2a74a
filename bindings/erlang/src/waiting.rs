//! Waiting until something is so. The answer is a message.
use crate::convert::{bytes, tagged};
use crate::error::{Done, Error, Outcome, Result};
use crate::rule::client;
use crate::server::Server;
use crate::spelling::shown;
use crate::watch::{Asker, begun};
use bytes::Bytes;
use faux_redis::{Client, FauxRedis, spawn};
use rustler::{Atom, Encoder, Env, Reference, ResourceArc, Term};
use std::sync::Arc;
use std::time::Duration;

/// What is waited for.
enum Until {
    /// So many clients are blocked: on a key, or at all.
    Blocked(Option<Bytes>),
    /// So many clients would hear what is published on a channel.
    Subscribed(Bytes),
    /// There are so many of these connections; none for 0.
    Connected(Client),
    /// All is done.
    Idle,
}

impl Until {
    fn of(term: Term<'_>, server: &Server) -> Result<Until> {
        let bad = || Error::option(format!("{} is nothing to wait for", shown(term)));
        let (what, values) = tagged(term).ok_or_else(bad)?;
        Ok(match (&*what, &values[..]) {
            ("blocked", [key]) if is_absent(*key) => Until::Blocked(None),
            ("blocked", [key]) => Until::Blocked(Some(bytes_of("key", *key)?)),
            ("subscribed", [channel]) => Until::Subscribed(bytes_of("channel", *channel)?),
            ("connected", [facts]) => Until::Connected(client(*facts, &server.asks)?),
            ("idle", []) => Until::Idle,
            _ => return Err(bad()),
        })
    }

    async fn wait(
        self,
        faux: &FauxRedis,
        n: usize,
        timeout: Duration,
    ) -> std::result::Result<(), faux_redis::Error> {
        match self {
            Until::Blocked(key) => faux.wait_until_blocked_on(key, n, timeout).await,
            Until::Subscribed(channel) => faux.wait_for_subscribers(channel, n, timeout).await,
            Until::Connected(client) => faux.wait_for_connections(n, client, timeout).await,
            Until::Idle => faux.wait_idle(timeout).await,
        }
    }
}

fn is_absent(term: Term<'_>) -> bool {
    term.atom_to_string().is_ok_and(|word| ["nil", "undefined", "any"].contains(&&*word))
}

fn bytes_of(name: &str, term: Term<'_>) -> Result<Bytes> {
    bytes(term).ok_or_else(|| Error::option(format!("a {name} is a binary, not {}", shown(term))))
}

/// Sends `ok`, or why not, once a wait is over.
#[rustler::nif]
fn wait<'a>(
    env: Env<'a>,
    server: ResourceArc<Server>,
    until: Term<'a>,
    count: usize,
    timeout_ms: u64,
    reference: Reference<'a>,
) -> Outcome<Atom> {
    begun(Until::of(until, &server).map(|until| {
        let asker = Asker::new(env, reference);
        let faux = Arc::clone(&server.faux);
        spawn(async move {
            let waited = until.wait(&faux, count, Duration::from_millis(timeout_ms)).await;
            asker.tell(|env| Done(waited.map_err(Error::from)).encode(env));
        });
    }))
}
