//! Gates of a server.
use crate::call;
use crate::call::Records;
use crate::convert::text;
use crate::error::{Error, Outcome, Result};
use crate::handle::{Handle, Label};
use crate::rule::matcher;
use crate::server::Server;
use crate::watch::{Asker, begun};
use faux_redis::{At, spawn};
use rustler::{Atom, Encoder, Env, Reference, Resource, ResourceArc, Term};
use std::sync::Arc;
use std::time::Duration;

/// What holds commands until they are let go on.
pub(crate) struct Gate {
    gate: Arc<faux_redis::Gate>,
    records: Records,
}

#[rustler::resource_impl]
impl Resource for Gate {}

impl Handle for Gate {
    fn title(&self) -> Option<String> {
        self.gate.title()
    }

    fn source(&self) -> String {
        self.gate.source().to_owned()
    }

    fn remove(&self) -> Result<()> {
        self.gate.remove();
        Ok(())
    }
}

/// A new gate; it holds no more commands than `times` says, if that is not 0.
#[rustler::nif]
fn hold(
    server: ResourceArc<Server>,
    conditions: Term<'_>,
    at: Term<'_>,
    times: u64,
    label: Term<'_>,
) -> Outcome<ResourceArc<Gate>> {
    let held = || -> Result<_> {
        let matcher = matcher(conditions, &server.asks)?;
        server.faux.check_matcher(&matcher)?;
        let at: At = text("at", at)?.parse().map_err(|wrong: String| Error::option(wrong))?;
        let label = Label::of(label)?;
        let gate = server.faux.hold(matcher, at).made_at(&label.source).lasting();
        let gate = label.named(gate, faux_redis::Gate::named);
        let gate = if times > 0 { gate.times(times) } else { gate };
        let records = server.asks.records.clone();
        Ok(ResourceArc::new(Gate { gate: Arc::new(gate), records }))
    };
    Outcome(held())
}

/// Sends the commands that are held, once there are so many.
#[rustler::nif]
fn gate_wait<'a>(
    env: Env<'a>,
    gate: ResourceArc<Gate>,
    count: usize,
    timeout_ms: u64,
    reference: Reference<'a>,
) -> Outcome<Atom> {
    let asker = Asker::new(env, reference);
    let (held, records) = (Arc::clone(&gate.gate), gate.records.clone());
    spawn(async move {
        let calls = held.wait_for(count, Duration::from_millis(timeout_ms)).await;
        asker.tell(|env| {
            let calls = calls.map(|calls| call::list(env, &calls, &records));
            Outcome(calls.map_err(Error::from)).encode(env)
        });
    });
    begun(Ok(()))
}

/// The commands that are held.
#[rustler::nif]
fn gate_held(env: Env<'_>, gate: ResourceArc<Gate>) -> Term<'_> {
    call::list(env, &gate.gate.held(), &gate.records)
}

/// Lets so many commands go on, those that came first; all for 0. How many that were.
#[rustler::nif]
fn gate_release(gate: ResourceArc<Gate>, count: usize) -> usize {
    if count > 0 { gate.gate.release_first(count) } else { gate.gate.release() }
}

/// Lets one call go on, by its number. False if it is not held.
#[rustler::nif]
fn gate_release_call(gate: ResourceArc<Gate>, seq: u64) -> bool {
    gate.gate.release_seq(seq)
}
