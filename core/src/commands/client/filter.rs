//! Which clients CLIENT KILL and CLIENT LIST mean.
use super::line::seconds_between;
use crate::command::Args;
use crate::engine::{Ctx, Session, SessionId};
use crate::number::parse_i64;
use crate::resp::{Error, Result};
use bytes::Bytes;

/// All that is asked of a client; what is not asked holds.
#[derive(Debug, Default)]
pub(super) struct Filter<'a> {
    ids: Option<Vec<i64>>,
    kind: Option<Kind>,
    user: Option<&'a Bytes>,
    peer: Option<&'a Bytes>,
    local: Option<&'a Bytes>,
    least_age_seconds: Option<i64>,
    skips_me: bool,
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
        Filter { peer, ..Filter::default() }
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
        if let Some(id) = args.option("ID") {
            self.add_ids(cx, id, args)
        } else if let Some(name) = args.option("TYPE") {
            self.kind = Some(Kind::read(cx, name)?);
            Ok(())
        } else if let Some(address) = args.option("ADDR") {
            self.peer = Some(address);
            Ok(())
        } else if let Some(address) = args.option("LADDR") {
            self.local = Some(address);
            Ok(())
        } else if let Some(user) = args.option("USER") {
            self.user = Some(user);
            if user == "default" { Ok(()) } else { Err(Error::no_such_user(user)) }
        } else if let Some(word) = args.option("SKIPME") {
            self.skips_me = yes_or_no(word)?;
            Ok(())
        } else if let Some(age) = args.option("MAXAGE").filter(|_| knows_ages(cx)) {
            let age = parse_i64(age).ok_or(Error::MAXAGE_NOT_AN_INTEGER)?;
            self.least_age_seconds = Some(age);
            if age > 0 { Ok(()) } else { Err(Error::MAXAGE_NOT_POSITIVE) }
        } else {
            Err(Error::SYNTAX)
        }
    }

    /// Valkey takes as many ids as follow, and has further lists add to them.
    fn add_ids(&mut self, cx: &Ctx<'_>, id: &'a Bytes, args: &mut Args<'a>) -> Result<()> {
        if !cx.node.persona.is_valkey() {
            self.ids = Some(vec![positive(parse_i64(id).unwrap_or_default())?]);
            return Ok(());
        }
        let ids = self.ids.get_or_insert_default();
        ids.push(positive(parse_i64(id).ok_or(Error::SYNTAX)?)?);
        while let Some(id) = args.peek().and_then(|word| parse_i64(word)) {
            ids.push(positive(id)?);
            args.bytes()?;
        }
        Ok(())
    }

    /// Whether a client is meant.
    pub(super) fn holds(&self, cx: &Ctx<'_>, session: &Session) -> bool {
        let is = |wanted: Option<&Bytes>, value: &str| wanted.is_none_or(|wanted| wanted == value);
        let age = seconds_between(session.created, cx.now());
        !(self.skips_me && session.id == cx.id)
            && self.ids.as_ref().is_none_or(|ids| ids.iter().any(|id| is_id(*id, session.id)))
            && self.kind.is_none_or(|kind| kind == Kind::of(session))
            && is(self.user, &session.user)
            && is(self.peer, &session.address.peer)
            && is(self.local, &session.address.local)
            && self.least_age_seconds.is_none_or(|least| age >= least)
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
        if session.is_subscriber() { Kind::PubSub } else { Kind::Normal }
    }
}

pub(super) fn is_id(wanted: i64, id: SessionId) -> bool {
    u64::try_from(wanted) == Ok(id)
}

fn knows_ages(cx: &Ctx<'_>) -> bool {
    cx.at_least(7, 4) || cx.node.persona.is_valkey_from(8, 0)
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
