//! Conditions of a server, and the states of scenarios.
use crate::atoms;
use crate::convert::text;
use crate::error::{Error, Outcome, Result};
use crate::handle::{Handle, Label};
use crate::server::Server;
use faux_redis::Condition;
use rustler::{Atom, Resource, ResourceArc, Term};

/// A condition a server is in until it is ended, or the server is reset.
pub(crate) struct InState(faux_redis::InState);

#[rustler::resource_impl]
impl Resource for InState {}

impl Handle for InState {
    fn title(&self) -> Option<String> {
        self.0.is_in_force().then(|| self.0.to_string())
    }

    fn source(&self) -> String {
        self.0.source().to_owned()
    }

    fn remove(&self) -> Result<()> {
        self.0.end();
        Ok(())
    }
}

/// Puts the server into a condition.
#[rustler::nif]
fn enter(
    server: ResourceArc<Server>,
    condition: Term<'_>,
    label: Term<'_>,
) -> Outcome<ResourceArc<InState>> {
    let entered = || -> Result<_> {
        let condition: Condition =
            text("condition", condition)?.parse().map_err(|wrong: String| Error::option(wrong))?;
        let label = Label::of(label)?;
        let state = server.faux.state().enter(condition).made_at(&label.source).lasting();
        Ok(ResourceArc::new(InState(label.named(state, faux_redis::InState::named))))
    };
    Outcome(entered())
}

/// Ends a condition. False if it had ended before.
#[rustler::nif]
fn leave(state: ResourceArc<InState>) -> bool {
    state.0.end()
}

/// The conditions in force, in the order in which they were set.
#[rustler::nif]
fn in_force(server: ResourceArc<Server>) -> Vec<String> {
    server.faux.state().in_force()
}

/// The state that a scenario is in.
#[rustler::nif]
fn scenario(server: ResourceArc<Server>, name: Term<'_>) -> Outcome<String> {
    Outcome(text("name", name).map(|name| server.faux.scenario(name).state()))
}

/// Puts a scenario into a state.
#[rustler::nif]
fn set_scenario(server: ResourceArc<Server>, name: Term<'_>, state: Term<'_>) -> Outcome<Atom> {
    let set = || -> Result<_> {
        server.faux.scenario(text("name", name)?).set(text("state", state)?);
        Ok(atoms::ok())
    };
    Outcome(set())
}
