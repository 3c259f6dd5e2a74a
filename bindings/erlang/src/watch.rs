//! What may take time: looking through calls, waiting for them, hearing of each. The answer is a message.
use crate::call::{Call, Records};
use crate::error::{Error, Outcome, Result};
use crate::rule::{matcher, times};
use crate::server::Server;
use crate::{atoms, call};
use faux_redis::{FauxRedis, Matcher, spawn};
use rustler::{Atom, Encoder, Env, LocalPid, OwnedEnv, Reference, ResourceArc, Term};
use std::sync::Arc;
use std::time::Duration;

/// Whoever waits for an answer, and under which reference.
pub(crate) struct Asker {
    pid: LocalPid,
    env: OwnedEnv,
    reference: rustler::env::SavedTerm,
}

impl Asker {
    pub(crate) fn new(env: Env<'_>, reference: Reference<'_>) -> Asker {
        let own = OwnedEnv::new();
        let reference = own.save(reference);
        Asker { pid: env.pid(), env: own, reference }
    }

    /// Sends `{Reference, Answer}`.
    pub(crate) fn tell(mut self, answer: impl for<'a> FnOnce(Env<'a>) -> Term<'a>) {
        let reference = self.reference;
        // Who does not live any more needs no answer.
        let _ = self.env.send_and_clear(&self.pid, |env| (reference.load(env), answer(env)));
    }
}

/// Something to find out about a server, with what is needed to tell it.
struct Search {
    faux: Arc<FauxRedis>,
    records: Records,
    matcher: Matcher,
    asker: Asker,
}

impl Search {
    fn new(
        env: Env<'_>,
        server: &Server,
        matches: Term<'_>,
        reference: Reference<'_>,
    ) -> Result<Search> {
        Ok(Search {
            faux: Arc::clone(&server.faux),
            records: server.asks.records.clone(),
            matcher: matcher(matches, &server.asks)?,
            asker: Asker::new(env, reference),
        })
    }

    fn tell(self, found: std::result::Result<Vec<faux_redis::Call>, faux_redis::Error>) {
        let records = self.records;
        self.asker.tell(|env| {
            let found = found.map(|calls| call::list(env, &calls, &records));
            Outcome(found.map_err(Error::from)).encode(env)
        });
    }
}

pub(crate) fn begun(begun: Result<()>) -> Outcome<Atom> {
    Outcome(begun.map(|()| atoms::ok()))
}

/// Sends the calls that match.
#[rustler::nif]
fn calls_of<'a>(
    env: Env<'a>,
    server: ResourceArc<Server>,
    conditions: Term<'a>,
    reference: Reference<'a>,
) -> Outcome<Atom> {
    begun(Search::new(env, &server, conditions, reference).map(|search| {
        spawn(async move {
            let calls = search.faux.calls_of(search.matcher.clone()).await;
            search.tell(Ok(calls));
        });
    }))
}

/// Sends the calls that match, once there are so many.
#[rustler::nif]
fn wait_for<'a>(
    env: Env<'a>,
    server: ResourceArc<Server>,
    conditions: Term<'a>,
    count: usize,
    timeout_ms: u64,
    reference: Reference<'a>,
) -> Outcome<Atom> {
    begun(Search::new(env, &server, conditions, reference).map(|search| {
        spawn(async move {
            let timeout = Duration::from_millis(timeout_ms);
            let calls = search.faux.wait_for_times(search.matcher.clone(), count, timeout).await;
            search.tell(calls);
        });
    }))
}

/// Sends whether a call was made so often.
#[rustler::nif]
fn verify_called<'a>(
    env: Env<'a>,
    server: ResourceArc<Server>,
    conditions: Term<'a>,
    least: Term<'a>,
    most: Term<'a>,
    reference: Reference<'a>,
) -> Outcome<Atom> {
    let checked = times(least, most).and_then(|times| {
        let search = Search::new(env, &server, conditions, reference)?;
        spawn(async move {
            let verified = search.faux.verify_called(search.matcher.clone(), times).await;
            search.tell(verified.map(|()| Vec::new()));
        });
        Ok(())
    });
    begun(checked)
}

/// Sends `{faux_redis, call, Call}` for each call that matches from now on, until the server stops or the process ends.
#[rustler::nif]
fn subscribe(
    server: ResourceArc<Server>,
    subscriber: LocalPid,
    conditions: Term<'_>,
) -> Outcome<Atom> {
    let begin = || -> Result<()> {
        let faux = Arc::clone(&server.faux);
        let matcher = faux.as_meant(matcher(conditions, &server.asks)?)?;
        let records = server.asks.records.clone();
        let mut last = faux.last_call();
        spawn(async move {
            while let Some((calls, seen)) = faux.news(&matcher, last).await {
                last = seen;
                if !calls.iter().all(|call| tell_of(call, &records, subscriber)) {
                    return;
                }
            }
        });
        Ok(())
    };
    begun(begin())
}

fn tell_of(call: &faux_redis::Call, records: &Records, subscriber: LocalPid) -> bool {
    let told = OwnedEnv::new().send_and_clear(&subscriber, |env| {
        (atoms::faux_redis(), atoms::faux_redis_call(), Call { call, records }).encode(env)
    });
    told.is_ok()
}
