//! What a fault sweep is made of: one fault at one call, and what came of all runs.
use crate::atoms;
use crate::convert::{answer, proper, text};
use crate::error::{Error, Outcome, Result};
use crate::server::Server;
use crate::spelling::shown;
use faux_redis::{Outcome as Came, Swept};
use rustler::{Atom, ResourceArc, Term};

/// Spoils the n-th call, counted from 1; 0 for none.
#[rustler::nif]
fn inject<'a>(server: ResourceArc<Server>, at: Term<'a>, fault: Term<'a>) -> Outcome<Atom> {
    let inject = || -> Result<_> {
        let at = at.decode::<u64>().ok().and_then(|at| usize::try_from(at).ok());
        let at = at.ok_or_else(|| Error::option("a call is counted from 1"))?;
        server.faux.inject(at, answer(fault, &server.asks)?);
        Ok(atoms::ok())
    };
    Outcome(inject())
}

/// The calls that were counted by that, as text.
#[rustler::nif]
fn injected(server: ResourceArc<Server>) -> Vec<String> {
    server.faux.injected()
}

/// A line and a table about a sweep, and how many runs did not survive and should have.
#[rustler::nif]
fn swept(
    steps: Vec<String>,
    faults: Vec<String>,
    runs: Term<'_>,
    left_out: u64,
) -> Outcome<(String, String, usize)> {
    let told = || -> Result<_> {
        let bad = || Error::option(format!("runs are a list, not {}", shown(runs)));
        let mut swept = Swept::of(steps, faults);
        let runs = proper(runs).map_err(|_| bad())?;
        for run in runs {
            let (step, fault, outcome, why): (usize, usize, Atom, Term<'_>) =
                run.decode().map_err(|_| bad())?;
            swept.add(step, fault, came(outcome, text("why", why)?).ok_or_else(bad)?);
        }
        swept.left_out = usize::try_from(left_out).map_err(|_| bad())?;
        Ok((swept.summary(), swept.to_string(), swept.failed().len()))
    };
    Outcome(told())
}

fn came(outcome: Atom, why: String) -> Option<Came> {
    Some(match outcome {
        of if of == atoms::survived() => Came::Survived,
        of if of == atoms::failed() => Came::Failed(why),
        of if of == atoms::allowed() => Came::Allowed(why),
        of if of == atoms::not_reached() => Came::NotReached,
        _ => return None,
    })
}
