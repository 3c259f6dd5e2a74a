//! The link: what the bytes of some connections go through, set and taken away while they are under way.
use super::FauxRedis;
use crate::double::link::{Effect, LinkId};
use crate::double::rule::Source;
use crate::double::{Client, Direction, LimitThen};
use crate::error::{Error, ErrorKind};
use crate::net::Shared;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

impl FauxRedis {
    /// A link: what the bytes of these connections go through from now on, those included that come later.
    ///
    /// Its effects are gone through in the order in which they are said; several links for a connection in the order
    /// in which they were made. Whatever is added or removed, no byte is lost or overtaken: what is under way keeps its
    /// time. Time is the server's clock.
    ///
    /// A connection is met from when it is known to be meant: one that is meant by its name from the reply to CLIENT
    /// SETNAME on.
    ///
    /// ```
    /// # use faux_redis::{Client, blocking::FauxRedis};
    /// # use std::time::Duration;
    /// let redis = FauxRedis::start()?;
    /// let link = redis.link(Client::named("web-*")).latency(Duration::from_millis(20)).slice(1);
    /// assert_eq!(link.title().unwrap(), r#"link(client(name=glob("web-*"))).latency(20ms)/down.slice(1)/down"#);
    /// link.remove();
    /// # Ok::<(), faux_redis::Error>(())
    /// ```
    ///
    /// # Panics
    /// A predicate is part of what is said of the connections: it could not be asked each time.
    /// [`FauxRedis::try_link`] returns that as an error.
    #[track_caller]
    pub fn link(&self, client: impl Into<Client>) -> Link {
        self.try_link(client).unwrap_or_else(|error| panic!("{error}"))
    }

    /// A link of connections that may not be told without asking a predicate.
    ///
    /// # Errors
    /// They may not ([`ErrorKind::Option`]).
    #[track_caller]
    pub fn try_link(&self, client: impl Into<Client>) -> Result<Link, Error> {
        let client = known(client.into())?;
        let id = self.shared.with(|world| world.add_link(client));
        Ok(Link {
            shared: Arc::clone(&self.shared),
            id,
            source: Location::caller().into(),
            direction: None,
            scoped: false,
        })
    }
}

/// A handle to a link. The link stays when the handle is dropped, until the server is reset, unless the handle is
/// [scoped](Link::scoped).
#[derive(Debug)]
pub struct Link {
    shared: Arc<Shared>,
    id: LinkId,
    source: Source,
    /// The way of the effects that are said next, if it was said.
    direction: Option<Direction>,
    scoped: bool,
}

/// What bytes go through.
impl Link {
    /// Which way the effects concern that are said after it. If none is said, or `None`, it is down (to the client), but
    /// for `blackhole` and `reset`, which concern both.
    pub fn direction(mut self, direction: impl Into<Option<Direction>>) -> Link {
        self.direction = direction.into();
        self
    }

    /// How likely a connection is to be met at all, from 0 to 1. It is asked once for each connection, from the
    /// server's seed. Say it before the effects.
    ///
    /// # Errors
    /// It is not from 0 to 1 ([`ErrorKind::Option`]).
    pub fn p(self, chance: f64) -> Result<Link, Error> {
        let chance = probability("p", chance)?;
        self.edit(|link| link.chance = chance);
        Ok(self)
    }

    /// Bytes take so long.
    pub fn latency(self, time: Duration) -> Link {
        self.latency_with_jitter(time, Duration::ZERO)
    }

    /// Bytes take so long, and by the jitter more or less: each time in between as likely as the others.
    pub fn latency_with_jitter(self, time: Duration, jitter: Duration) -> Link {
        self.add(Effect::Latency { time, jitter }, Direction::Down)
    }

    /// So many bytes come through in a second.
    ///
    /// # Errors
    /// There are none ([`ErrorKind::Option`]): that would be a blackhole.
    pub fn bandwidth(self, bytes_a_second: u64) -> Result<Link, Error> {
        if bytes_a_second == 0 {
            let message =
                "bandwidth(n) takes one byte a second or more; blackhole() lets none through";
            return Err(Error::new(ErrorKind::Option, message));
        }
        Ok(self.add(Effect::Bandwidth(bytes_a_second), Direction::Down))
    }

    /// The end of the connection takes so long to arrive: the server's to the client, or upwards the client's to the
    /// server.
    pub fn slow_close(self, time: Duration) -> Link {
        self.add(Effect::SlowClose(time), Direction::Down)
    }

    /// Bytes come in segments no longer than this; of length 1, each byte by itself.
    pub fn slice(self, size: usize) -> Link {
        self.slice_with_gap(size, Duration::ZERO)
    }

    /// Bytes come in segments no longer than this, with a gap between two of them. A size of 0 counts as 1.
    pub fn slice_with_gap(self, size: usize, gap: Duration) -> Link {
        self.add(Effect::Slice { size: size.max(1), gap }, Direction::Down)
    }

    /// So many bytes come through on each connection, counted from now on or from its start; and then what is said.
    pub fn limit(self, bytes: u64, then: LimitThen) -> Link {
        self.add(Effect::Limit { bytes, then }, Direction::Down)
    }

    /// Each byte is another one, as likely as the rate says, which is from 0 to 1.
    ///
    /// # Errors
    /// The rate is not from 0 to 1 ([`ErrorKind::Option`]).
    pub fn corrupt(self, rate: f64) -> Result<Link, Error> {
        let rate = probability("corrupt", rate)?;
        Ok(self.add(Effect::Corrupt(rate), Direction::Down))
    }

    /// The connection is half open: established and silent. Nothing is read off the socket, so that a client can send
    /// only what its system buffers, and the server does not hear that a client has gone; nothing is sent, not even an
    /// end. What was under way before still comes. When the link is removed, all that was held back comes.
    pub fn blackhole(self) -> Link {
        self.add(Effect::Blackhole { close_after: None }, Direction::Both)
    }

    /// As [`blackhole`](Link::blackhole), and the connection is closed so much later.
    pub fn blackhole_for(self, close_after: Duration) -> Link {
        self.add(Effect::Blackhole { close_after: Some(close_after) }, Direction::Both)
    }

    /// The connection is reset at once (RST), whatever is under way.
    pub fn reset(self) -> Link {
        self.reset_after(Duration::ZERO)
    }

    /// The connection is reset so much later, counted from now or from its start, whatever is under way.
    pub fn reset_after(self, time: Duration) -> Link {
        self.add(Effect::Reset(time), Direction::Both)
    }

    /// The connection is reset when so many bytes have come through.
    pub fn reset_after_bytes(self, bytes: u64) -> Link {
        self.limit(bytes, LimitThen::Reset)
    }

    fn add(self, effect: Effect, by_itself: Direction) -> Link {
        let direction = self.direction.unwrap_or(by_itself);
        self.edit(|link| link.effects.push((effect, direction)));
        self
    }

    fn edit(&self, edit: impl FnOnce(&mut crate::double::link::Link)) {
        let clock = &self.shared.clock;
        self.shared.with(|world| world.edit_link(clock.micros(), self.id, edit));
    }
}

/// The handle itself.
impl Link {
    /// The name it has in messages.
    pub fn named(self, name: impl Into<String>) -> Link {
        let name = name.into();
        self.edit(|link| link.name = Some(name));
        self
    }

    /// The link as messages show it; nothing once it is gone.
    pub fn title(&self) -> Option<String> {
        self.shared.look(|world| world.links.get(self.id).map(crate::double::link::Link::title))
    }

    /// Where it was made: `tests/cache.rs:12`.
    pub fn source(&self) -> &str {
        &self.source.0
    }

    /// It was made elsewhere, for bindings to other languages.
    #[doc(hidden)]
    #[must_use]
    pub fn made_at(mut self, source: impl Into<String>) -> Link {
        self.source = Source(source.into());
        self
    }

    /// Takes the link away. What is under way keeps its time; what it held back comes now.
    pub fn remove(self) {
        self.take_away();
    }

    /// The link lasts as long as this handle.
    pub fn scoped(mut self) -> Link {
        self.scoped = true;
        self
    }

    /// Another handle to the same link, for bindings to other languages.
    #[doc(hidden)]
    pub fn again(&self) -> Link {
        Link {
            shared: Arc::clone(&self.shared),
            id: self.id,
            source: self.source.clone(),
            direction: None,
            scoped: false,
        }
    }

    fn take_away(&self) {
        self.shared.with(|world| world.remove_link(self.id));
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title().as_deref().unwrap_or("link (gone)"))
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        if self.scoped && self.shared.is_at_home() {
            self.take_away();
        }
    }
}

/// Connections that can be told without asking the test's own code.
pub(super) fn known(client: Client) -> Result<Client, Error> {
    if client.asks() {
        let message = format!("{client} cannot ask a predicate here; a glob needs no asking");
        return Err(Error::new(ErrorKind::Option, message));
    }
    Ok(client)
}

fn probability(option: &str, chance: f64) -> Result<f64, Error> {
    if (0.0..=1.0).contains(&chance) {
        return Ok(chance);
    }
    let message = format!("{option} takes a probability from 0 to 1, not {chance}");
    Err(Error::new(ErrorKind::Option, message))
}
