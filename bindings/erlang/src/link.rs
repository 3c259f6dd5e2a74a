//! Links and pauses.
use crate::convert::{milliseconds, proper, tagged};
use crate::error::{Error, Outcome, Result};
use crate::handle::{Handle, Kept, Label};
use crate::rule::client;
use crate::server::Server;
use crate::spelling::{forms, shown};
use faux_redis::{Direction, LimitThen};
use rustler::{Resource, ResourceArc, Term};

/// What the bytes of some connections go through, until it is removed.
pub(crate) struct Link(Kept<faux_redis::Link>);

#[rustler::resource_impl]
impl Resource for Link {}

impl Handle for Link {
    fn title(&self) -> Option<String> {
        self.0.look(faux_redis::Link::title).flatten()
    }

    fn source(&self) -> String {
        self.0.source()
    }

    fn remove(&self) -> Result<()> {
        if let Some(link) = self.0.take() {
            link.remove();
        }
        Ok(())
    }
}

/// A new link of these connections, with effects in their order.
#[rustler::nif]
fn link(
    server: ResourceArc<Server>,
    facts: Term<'_>,
    effects: Term<'_>,
    label: Term<'_>,
) -> Outcome<ResourceArc<Link>> {
    let linked = || -> Result<_> {
        let client = client(facts, &server.asks)?;
        let effects = proper(effects).map_err(|_| bad_effect(effects))?;
        let label = Label::of(label)?;
        let source = label.source.clone();
        let link = label.named(server.faux.link(client).made_at(&source), faux_redis::Link::named);
        let made = effects.into_iter().try_fold(link.again(), with);
        if made.is_err() {
            link.remove();
        }
        Ok(ResourceArc::new(Link(Kept::new(made?, source))))
    };
    Outcome(linked())
}

/// Effects, and what each takes.
const EFFECTS: [(&str, &str); 8] = [
    ("p", "a probability from 0 to 1"),
    ("latency", "milliseconds, or {Ms, Jitter}"),
    ("slow_close", "milliseconds"),
    ("slice", "a number of bytes, or {Bytes, Gap}"),
    ("limit", "a number of bytes, or {Bytes, close}, {Bytes, reset} or {Bytes, blackhole}"),
    ("corrupt", "a probability from 0 to 1"),
    ("blackhole", "true, or milliseconds"),
    ("reset", "true, milliseconds, or {bytes, Bytes}"),
];

fn with(link: faux_redis::Link, effect: Term<'_>) -> Result<faux_redis::Link> {
    let (name, values) = tagged(effect).ok_or_else(|| bad_effect(effect))?;
    let accepts = EFFECTS.iter().find(|(effect, _)| *effect == name).map(|(_, accepts)| accepts);
    let bad = || match accepts {
        Some(accepts) => Error::option(format!("the effect {name} takes {}", forms(accepts))),
        None => bad_effect(effect),
    };
    let [values @ .., way] = &values[..] else { return Err(bad()) };
    let link = link.direction(direction(*way)?);
    let span = |term: &Term<'_>| milliseconds(*term).map_err(|_| bad());
    let count = |term: &Term<'_>| term.decode::<u64>().map_err(|_| bad());
    let size = |term: &Term<'_>| usize::try_from(count(term)?).map_err(|_| bad());
    let chance = |term: &Term<'_>| {
        let whole =
            || term.decode::<u64>().ok().filter(|n| *n < 2).map(|n| if n == 0 { 0.0 } else { 1.0 });
        term.decode().ok().or_else(whole).ok_or_else(bad)
    };
    Ok(match (&*name, values) {
        ("p", [p]) => link.p(chance(p)?)?,
        ("latency", [time, jitter]) => link.latency_with_jitter(span(time)?, span(jitter)?),
        ("bandwidth", [rate]) => link.bandwidth(count(rate)?)?,
        ("slow_close", [time]) => link.slow_close(span(time)?),
        ("slice", [length, gap]) => link.slice_with_gap(size(length)?, span(gap)?),
        ("limit", [bytes, then]) => link.limit(count(bytes)?, then_of(*then).ok_or_else(bad)?),
        ("corrupt", [rate]) => link.corrupt(chance(rate)?)?,
        ("blackhole", []) => link.blackhole(),
        ("blackhole", [time]) => link.blackhole_for(span(time)?),
        ("reset", [time]) => link.reset_after(span(time)?),
        ("reset_after_bytes", [bytes]) => link.reset_after_bytes(count(bytes)?),
        _ => return Err(bad()),
    })
}

/// Which way bytes go; none said for `nil`.
fn direction(term: Term<'_>) -> Result<Option<Direction>> {
    let bad = || bad_effect(term);
    match &*term.atom_to_string().map_err(|_| bad())? {
        "nil" => Ok(None),
        "down" => Ok(Some(Direction::Down)),
        "up" => Ok(Some(Direction::Up)),
        "both" => Ok(Some(Direction::Both)),
        _ => Err(bad()),
    }
}

fn then_of(term: Term<'_>) -> Option<LimitThen> {
    match &*term.atom_to_string().ok()? {
        "close" => Some(LimitThen::Close),
        "reset" => Some(LimitThen::Reset),
        "blackhole" => Some(LimitThen::Blackhole),
        _ => None,
    }
}

fn bad_effect(term: Term<'_>) -> Error {
    Error::option(format!("{} is no effect of a link", shown(term)))
}
