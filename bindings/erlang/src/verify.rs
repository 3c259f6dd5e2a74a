//! Verification, lint and exports of a server.
use crate::atoms;
use crate::callback::Raised;
use crate::convert::{binary, proper, text};
use crate::error::{Done, Error, Outcome, Result};
use crate::rule::matcher;
use crate::server::Server;
use crate::spelling::shown;
use crate::watch::{Asker, begun};
use faux_redis::{Failure, FailureKind, Format, spawn};
use rustler::{Atom, Encoder, Env, Reference, ResourceArc, Term};
use std::sync::Arc;

/// All that is not as the test wants it so far.
#[rustler::nif(schedule = "DirtyCpu")]
fn failures(server: ResourceArc<Server>) -> Vec<Found> {
    server.faux.failures().iter().map(Found::from).collect()
}

/// Something that is not as the test wants it.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    kind: FailureKind,
    message: String,
    /// What a function of the test's raised, in the external term format.
    raised: Option<Vec<u8>>,
}

impl From<&Failure> for Found {
    fn from(failure: &Failure) -> Found {
        let payload = failure.mishap.as_ref().and_then(|mishap| mishap.payload.as_ref());
        let raised = payload.and_then(|payload| payload.downcast_ref::<Raised>());
        let raised = raised.map(|Raised(bytes)| bytes.clone());
        Found { kind: failure.kind, message: failure.message.clone(), raised }
    }
}

impl Encoder for Found {
    fn encode<'a>(&self, env: Env<'a>) -> Term<'a> {
        let kind = Atom::from_str(env, self.kind.name()).expect("a kind's name is short");
        let raised = self.raised.as_ref().map(|bytes| binary(env, bytes));
        let pairs = [
            (atoms::kind(), kind.encode(env)),
            (atoms::message(), self.message.encode(env)),
            (atoms::raised(), raised.encode(env)),
        ];
        Term::map_from_pairs(env, &pairs).expect("no key stands there twice")
    }
}

/// Sends whether calls came in this order.
#[rustler::nif]
fn verify_order<'a>(
    env: Env<'a>,
    server: ResourceArc<Server>,
    steps: Term<'a>,
    reference: Reference<'a>,
) -> Outcome<Atom> {
    let begin = || -> Result<()> {
        let bad = || Error::option(format!("an order is a list of matchers, not {}", shown(steps)));
        let steps = proper(steps).map_err(|_| bad())?;
        let steps = steps.map(|step| matcher(step, &server.asks)).collect::<Result<Vec<_>>>()?;
        steps.iter().try_for_each(|step| server.faux.check_matcher(step))?;
        let asker = Asker::new(env, reference);
        let faux = Arc::clone(&server.faux);
        spawn(async move {
            let verified = faux.verify_order(steps).await;
            asker.tell(|env| Done(verified.map_err(Error::from)).encode(env));
        });
        Ok(())
    };
    begun(begin())
}

/// Checks that every call is accounted for.
#[rustler::nif(schedule = "DirtyCpu")]
fn verify_no_more(server: ResourceArc<Server>) -> Done {
    Done(server.faux.verify_no_more().map_err(Error::from))
}

/// What helps to see why something failed, as the end of a message.
#[rustler::nif(schedule = "DirtyCpu")]
fn context(server: ResourceArc<Server>) -> String {
    server.faux.context()
}

/// All calls that are remembered, for other programs.
#[rustler::nif(schedule = "DirtyCpu")]
fn export(server: ResourceArc<Server>, format: Term<'_>) -> Outcome<String> {
    let exported = || -> Result<_> {
        let format: Format =
            text("format", format)?.parse().map_err(|wrong: String| Error::option(wrong))?;
        Ok(server.faux.export(format))
    };
    Outcome(exported())
}
