//! Which clients CLIENT KILL and CLIENT LIST mean.
use super::line::{FLAGS, flags, seconds_between};
use crate::command::Args;
use crate::engine::{Ctx, Session, SessionId};
use crate::number::parse_i64;
use crate::resp::{Error, Result};
use bytes::Bytes;
use std::mem::discriminant;

/// All that is asked of a client; what is not asked holds.
#[derive(Debug, Default)]
pub(super) struct Filter<'a> {
    traits: Vec<(Trait<'a>, Wanted)>,
    skips_me: bool,
}

/// Whether a client must have a trait, or must not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Has,
    Lacks,
}

/// One thing that can be asked of a client.
#[derive(Debug)]
enum Trait<'a> {
    Ids(Vec<i64>),
    Kind(Kind),
    User(&'a Bytes),
    Peer(&'a Bytes),
    Local(&'a Bytes),
    /// The seconds it has been connected, or more.
    Age(i64),
    /// The seconds it has sent nothing, or more.
    Idle(i64),
    Name(&'a Bytes),
    Library(&'a Bytes),
    LibraryVersion(&'a Bytes),
    /// All of these letters of its flags.
    Flags(&'a Bytes),
    Db(usize),
    /// All of these letters of what it is able to handle.
    Capabilities(&'a Bytes),
    Ip(&'a Bytes),
}

/// A client's type, as `TYPE` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Normal,
    /// The server this one replicates.
    Primary,
    Replica,
    PubSub,
}

impl<'a> Filter<'a> {
    /// The clients that connected from an address.
    pub(super) fn by_address(peer: Option<&'a Bytes>) -> Filter<'a> {
        let traits = peer.map(|peer| (Trait::Peer(peer), Wanted::Has));
        Filter { traits: traits.into_iter().collect(), skips_me: false }
    }

    /// Reads options and their values to the end.
    pub(super) fn read(cx: &Ctx<'_>, mut args: Args<'a>, skips_me: bool) -> Result<Filter<'a>> {
        let mut filter = Filter { skips_me, ..Filter::default() };
        while !args.is_empty() {
            filter.option(cx, &mut args)?;
        }
        Ok(filter)
    }

    fn option(&mut self, cx: &Ctx<'_>, args: &mut Args<'a>) -> Result<()> {
        if let Some(word) = args.option("SKIPME") {
            self.skips_me = yes_or_no(word)?;
            return Ok(());
        }
        let (word, value) = (args.bytes()?, args.bytes()?);
        let negation = word.get(..4).filter(|start| start.eq_ignore_ascii_case(b"NOT-"));
        let (wanted, name) = match negation {
            Some(_) if knows_more(cx) => (Wanted::Lacks, &word[4..]),
            _ => (Wanted::Has, &word[..]),
        };
        let asked = match &name.to_ascii_uppercase()[..] {
            b"ID" => Trait::Ids(self.ids(cx, wanted, value, args)?),
            b"MAXAGE" if wanted == Wanted::Has && knows_ages(cx) => {
                let age = parse_i64(value).ok_or(Error::MAXAGE_NOT_AN_INTEGER)?;
                Trait::Age(if age > 0 { age } else { return Err(Error::MAXAGE_NOT_POSITIVE) })
            }
            b"IDLE" if wanted == Wanted::Lacks => return Err(Error::SYNTAX),
            b"DB" if knows_more(cx) => Trait::Db(database(cx, wanted, value)?),
            name => Trait::read(cx, name, value)?,
        };
        // What is said again takes the place of what was said before.
        let same = |(old, how): &(Trait<'_>, Wanted)| {
            *how == wanted && discriminant(old) == discriminant(&asked)
        };
        self.traits.retain(|old| !same(old));
        self.traits.push((asked, wanted));
        Ok(())
    }

    /// Valkey takes as many ids as follow, and has further lists add to them.
    fn ids(
        &self,
        cx: &Ctx<'_>,
        wanted: Wanted,
        id: &Bytes,
        args: &mut Args<'a>,
    ) -> Result<Vec<i64>> {
        if !cx.node.persona.is_valkey() {
            return Ok(vec![positive(parse_i64(id).unwrap_or_default())?]);
        }
        let before = self.traits.iter().find_map(|said| match said {
            (Trait::Ids(ids), how) if *how == wanted => Some(ids.clone()),
            _ => None,
        });
        let mut ids = before.unwrap_or_default();
        ids.push(positive(parse_i64(id).ok_or(Error::SYNTAX)?)?);
        while let Some(id) = args.peek().and_then(|word| parse_i64(word)) {
            ids.push(positive(id)?);
            args.bytes()?;
        }
        Ok(ids)
    }

    /// Whether a client is meant.
    pub(super) fn holds(&self, cx: &Ctx<'_>, session: &Session) -> bool {
        !(self.skips_me && session.id == cx.id)
            && self
                .traits
                .iter()
                .all(|(asked, wanted)| asked.is_of(cx, session) == (*wanted == Wanted::Has))
    }
}

impl<'a> Trait<'a> {
    /// Reads the value of an option by the option's name, in capitals.
    fn read(cx: &Ctx<'_>, name: &[u8], value: &'a Bytes) -> Result<Trait<'a>> {
        Ok(match name {
            b"TYPE" => Trait::Kind(Kind::read(cx, value)?),
            b"ADDR" => Trait::Peer(value),
            b"LADDR" => Trait::Local(value),
            b"USER" if value == "default" => Trait::User(value),
            b"USER" => return Err(Error::no_such_user(value)),
            _ if !knows_more(cx) => return Err(Error::SYNTAX),
            b"NAME" => Trait::Name(value),
            b"LIB-NAME" => Trait::Library(value),
            b"LIB-VER" => Trait::LibraryVersion(value),
            b"IP" => Trait::Ip(value),
            b"FLAGS" if value.iter().all(|flag| FLAGS.contains(flag)) => Trait::Flags(value),
            b"FLAGS" => return Err(Error::unknown_client_flags(value)),
            b"CAPA" if value.iter().all(|letter| *letter == b'r') => Trait::Capabilities(value),
            b"CAPA" => return Err(Error::unknown_capabilities(value)),
            b"IDLE" => Trait::Idle(match integer(value).ok_or(Error::IDLE_NOT_AN_INTEGER)? {
                idle @ 1.. => idle,
                _ => return Err(Error::IDLE_NOT_POSITIVE),
            }),
            _ => return Err(Error::SYNTAX),
        })
    }

    /// Whether a client has it. Nobody has an empty name, but everybody has all of no flags.
    fn is_of(&self, cx: &Ctx<'_>, session: &Session) -> bool {
        let seconds_since = |since| seconds_between(since, cx.now());
        match self {
            Trait::Ids(ids) => ids.iter().any(|id| is_id(*id, session.id)),
            Trait::Kind(kind) => *kind == Kind::of(session),
            Trait::User(user) => **user == *session.user,
            Trait::Peer(peer) => **peer == *session.address.peer.as_bytes(),
            Trait::Local(local) => **local == session.address.local,
            Trait::Age(age) => seconds_since(session.created) >= *age,
            Trait::Idle(idle) => seconds_since(session.used) >= *idle,
            Trait::Name(name) => !name.is_empty() && **name == session.name,
            Trait::Library(name) => !name.is_empty() && **name == session.library,
            Trait::LibraryVersion(name) => !name.is_empty() && **name == session.library_version,
            Trait::Flags(wanted) => {
                let own = flags(session);
                wanted.iter().all(|flag| own.as_bytes().contains(flag))
            }
            Trait::Db(index) => *index == session.db,
            Trait::Capabilities(wanted) => wanted.is_empty() || session.redirects,
            Trait::Ip(ip) => {
                let peer = &*session.address.peer;
                peer.rsplit_once(':').is_some_and(|(host, _)| **ip == *host)
            }
        }
    }
}

impl Kind {
    pub(super) fn read(cx: &Ctx<'_>, name: &[u8]) -> Result<Kind> {
        Ok(match &name.to_ascii_lowercase()[..] {
            b"normal" => Kind::Normal,
            b"master" => Kind::Primary,
            b"primary" if cx.node.persona.is_valkey() => Kind::Primary,
            b"slave" | b"replica" => Kind::Replica,
            b"pubsub" => Kind::PubSub,
            _ => return Err(Error::unknown_client_type(name)),
        })
    }

    pub(super) fn of(session: &Session) -> Kind {
        match session {
            session if session.is_replica() => Kind::Replica,
            session if session.is_subscriber() => Kind::PubSub,
            _ => Kind::Normal,
        }
    }
}

pub(super) fn is_id(wanted: i64, id: SessionId) -> bool {
    u64::try_from(wanted) == Ok(id)
}

fn knows_ages(cx: &Ctx<'_>) -> bool {
    cx.at_least(7, 4) || cx.node.persona.is_valkey_from(8, 0)
}

/// Whether it knows of what Valkey 9 can ask.
fn knows_more(cx: &Ctx<'_>) -> bool {
    cx.node.persona.is_valkey_from(9, 0)
}

fn database(cx: &Ctx<'_>, wanted: Wanted, word: &[u8]) -> Result<usize> {
    let option = if wanted == Wanted::Has { "DB" } else { "NOT-DB" };
    let index = integer(word).ok_or_else(|| Error::not_an_integer(option))?;
    let last = cx.db.store.databases() - 1;
    let index = usize::try_from(index).ok().filter(|index| *index <= last);
    index.ok_or_else(|| Error::no_such_client_db(option, last))
}

fn integer(word: &[u8]) -> Option<i64> {
    parse_i64(word).filter(|number| i32::try_from(*number).is_ok())
}

fn positive(id: i64) -> Result<i64> {
    if id > 0 { Ok(id) } else { Err(Error::CLIENT_ID_NOT_POSITIVE) }
}

fn yes_or_no(word: &[u8]) -> Result<bool> {
    if word.eq_ignore_ascii_case(b"yes") {
        Ok(true)
    } else if word.eq_ignore_ascii_case(b"no") {
        Ok(false)
    } else {
        Err(Error::SYNTAX)
    }
}
