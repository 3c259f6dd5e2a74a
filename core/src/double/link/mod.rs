//! The link: what the bytes of a connection go through, in either direction.
//!
//! The engine decides which connection has which effects and says so in a [`Plan`]; a [`Line`] for each direction holds
//! the bytes as long as they say; the shell moves what a line lets go. What waits in a line keeps its time whatever is
//! added or taken away later, and what comes after it never overtakes it.

mod bandwidth;
mod corrupt;
mod effect;
mod latency;
mod limit;
mod line;
mod slice;

pub use effect::{Direction, LimitThen};
pub(crate) use effect::{Effect, Way};
pub(crate) use line::{Line, Next};

use super::client::Client;
use crate::clock::Micros;
use crate::dice::Dice;
use std::collections::BTreeMap;

/// The identity of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LinkId(u64);

/// What a test said of some connections' link.
#[derive(Debug)]
pub(crate) struct Link {
    /// Its place among the links since the last reset: chance follows from it.
    ordinal: u64,
    pub(crate) client: Client,
    pub(crate) effects: Vec<(Effect, Direction)>,
    /// How likely a connection is to be met.
    pub(crate) chance: f64,
    pub(crate) name: Option<String>,
}

/// All links, in the order in which they were made: bytes go through their effects in this order.
#[derive(Debug, Default)]
pub(crate) struct Links {
    all: BTreeMap<LinkId, Link>,
    born: u64,
    since_reset: u64,
}

/// What a connection's bytes go through from now on.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Plan {
    /// Since when: what ends a connection after a time is counted from here.
    pub(crate) since: Micros,
    pub(crate) effects: Vec<Placed>,
}

/// An effect in its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Placed {
    pub(crate) link: LinkId,
    /// Its place among the effects of its link.
    pub(crate) at: usize,
    pub(crate) effect: Effect,
    pub(crate) direction: Direction,
    /// What its chance is derived from.
    seed: u64,
}

impl Links {
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(crate) fn add(&mut self, client: Client) -> LinkId {
        self.born += 1;
        self.since_reset += 1;
        let link = Link {
            ordinal: self.since_reset,
            client,
            effects: Vec::new(),
            chance: 1.0,
            name: None,
        };
        self.all.insert(LinkId(self.born), link);
        LinkId(self.born)
    }

    pub(crate) fn get(&self, id: LinkId) -> Option<&Link> {
        self.all.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: LinkId) -> Option<&mut Link> {
        self.all.get_mut(&id)
    }

    pub(crate) fn remove(&mut self, id: LinkId) -> bool {
        self.all.remove(&id).is_some()
    }

    pub(crate) fn clear(&mut self) {
        self.all.clear();
        self.since_reset = 0;
    }

    /// What the bytes of a connection go through. Whether chance spares it is the same each time it is asked.
    pub(crate) fn effects_for(
        &self,
        seed: u64,
        connection: u64,
        is_meant: impl Fn(&Client) -> bool,
    ) -> Vec<Placed> {
        let mut placed = Vec::new();
        for (id, link) in self.all.iter().filter(|(_, link)| is_meant(&link.client)) {
            let seed = Dice::stream(seed, "link", link.ordinal).next();
            let mut dice = Dice::stream(seed, "connection", connection);
            if !dice.chance(link.chance) {
                continue;
            }
            for (at, (effect, direction)) in link.effects.iter().enumerate() {
                let (effect, direction, seed) = (effect.clone(), *direction, dice.next());
                placed.push(Placed { link: *id, at, effect, direction, seed });
            }
        }
        placed
    }

    /// What a connection goes through, for the calls it makes: each link with its effects.
    pub(crate) fn told(&self, placed: &[Placed]) -> Vec<String> {
        let links = placed.chunk_by(|one, other| one.link == other.link);
        let told = |effects: &[Placed]| {
            let name = self.get(effects[0].link).map(Link::named).unwrap_or_default();
            let effects = effects.iter().map(|placed| shown(&placed.effect, placed.direction));
            format!("link{name}{}", effects.collect::<String>())
        };
        links.map(told).collect()
    }
}

impl Link {
    /// The link as messages show it.
    pub(crate) fn title(&self) -> String {
        let effects = self.effects.iter().map(|(effect, direction)| shown(effect, *direction));
        format!("link{}({}){}", self.named(), self.client, effects.collect::<String>())
    }

    fn named(&self) -> String {
        self.name.as_ref().map(|name| format!(" '{name}'")).unwrap_or_default()
    }
}

fn shown(effect: &Effect, direction: Direction) -> String {
    match direction {
        Direction::Both => format!(".{effect}"),
        way => format!(".{effect}/{way}"),
    }
}
