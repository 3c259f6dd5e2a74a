//! Which clients CLIENT LIST and CLIENT KILL are about.
use crate::command::Args;
use crate::engine::{Ctx, Node, Session, SessionId};
use crate::number::parse_i64;
use crate::resp::{Error, Result};
use bytes::Bytes;

/// Everything a client must be.
#[derive(Debug, Default)]
pub(super) struct Filter {
    ids: Option<Vec<SessionId>>,
    kind: Option<Class>,
    user: Option<Bytes>,
    address: Option<Bytes>,
    local_address: Option<Bytes>,
    /// At least so many seconds old.
    least_age: Option<i64>,
    skips_me: bool,
}

/// The classes of clients. Nobody connects as a master or a replica yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Normal,
    Pubsub,
    Replication,
}

impl Filter {
    pub(super) fn of_address(address: &Bytes) -> Filter {
        Filter { address: Some(address.clone()), ..Filter::default() }
    }

    pub(super) fn of_list(cx: &Ctx<'_>, args: &mut Args<'_>) -> Result<Filter> {
        let mut filter = Filter::default();
        if cx.node.persona.is_valkey_from(8, 1) {
            filter.options(cx, args)?;
            return Ok(filter);
        }
        match args.len() {
            0 => {}
            2 if args.word("TYPE") => filter.kind = Some(class(cx, args.bytes()?)?),
            2.. if args.word("ID") => {
                let ids = args.all().iter().map(|id| parse_i64(id).ok_or(Error::INVALID_CLIENT_ID));
                let ids = ids.collect::<Result<Vec<_>>>()?;
                filter.ids = Some(ids.into_iter().filter_map(|id| id.try_into().ok()).collect());
            }
            _ => return Err(Error::SYNTAX),
        }
        Ok(filter)
    }

    pub(super) fn of_kill(cx: &Ctx<'_>, args: &mut Args<'_>) -> Result<Filter> {
        let mut filter = Filter { skips_me: true, ..Filter::default() };
        filter.options(cx, args)?;
        Ok(filter)
    }

    fn options(&mut self, cx: &Ctx<'_>, args: &mut Args<'_>) -> Result<()> {
        while !args.is_empty() {
            if args.len() < 2 {
                return Err(Error::SYNTAX);
            }
            self.option(cx, args)?;
        }
        Ok(())
    }

    fn option(&mut self, cx: &Ctx<'_>, args: &mut Args<'_>) -> Result<()> {
        if args.word("ID") {
            self.ids = Some(ids(cx, args)?);
        } else if args.word("TYPE") {
            self.kind = Some(class(cx, args.bytes()?)?);
        } else if args.word("USER") {
            let user = args.bytes()?;
            if user != "default" {
                return Err(Error::no_such_user(user));
            }
            self.user = Some(user.clone());
        } else if args.word("ADDR") {
            self.address = Some(args.bytes()?.clone());
        } else if args.word("LADDR") {
            self.local_address = Some(args.bytes()?.clone());
        } else if args.word("SKIPME") {
            self.skips_me = match (args.word("YES"), args.word("NO")) {
                (true, _) => true,
                (_, true) => false,
                _ => return Err(Error::SYNTAX),
            };
        } else if has_age(cx) && args.word("MAXAGE") {
            let age = args.int_or(Error::MAXAGE_NOT_AN_INTEGER)?;
            if age <= 0 {
                return Err(Error::MAXAGE_NOT_POSITIVE);
            }
            self.least_age = Some(age);
        } else {
            return Err(Error::SYNTAX);
        }
        Ok(())
    }

    pub(super) fn matches(&self, session: &Session, me: SessionId, node: &Node) -> bool {
        let class = if session.is_subscriber() { Class::Pubsub } else { Class::Normal };
        let age = (node.now - session.created) / 1_000_000;
        let is = |wanted: &Option<Bytes>, text: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted == text.as_bytes())
        };
        self.ids.as_ref().is_none_or(|ids| ids.contains(&session.id))
            && self.kind.is_none_or(|kind| kind == class)
            && is(&self.user, &session.user)
            && is(&self.address, &session.address.peer)
            && is(&self.local_address, &session.address.local)
            && self.least_age.is_none_or(|least| age >= least)
            && !(self.skips_me && session.id == me)
    }
}

fn has_age(cx: &Ctx<'_>) -> bool {
    cx.node.persona.is_valkey() || cx.at_least(7, 4)
}

/// The id of CLIENT KILL; Valkey takes several.
fn ids(cx: &Ctx<'_>, args: &mut Args<'_>) -> Result<Vec<SessionId>> {
    let positive = |id: i64| SessionId::try_from(id).ok().filter(|id| *id > 0);
    if !cx.node.persona.is_valkey_from(8, 1) {
        let id = parse_i64(args.bytes()?).and_then(positive).ok_or(Error::CLIENT_ID_NOT_POSITIVE)?;
        return Ok(vec![id]);
    }
    let mut ids = Vec::new();
    while let Some(id) = args.peek().and_then(|word| parse_i64(word)) {
        args.bytes()?;
        ids.push(positive(id).ok_or(Error::CLIENT_ID_NOT_POSITIVE)?);
    }
    if ids.is_empty() { Err(Error::SYNTAX) } else { Ok(ids) }
}

fn class(cx: &Ctx<'_>, word: &Bytes) -> Result<Class> {
    let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
    if is("normal") {
        Ok(Class::Normal)
    } else if is("pubsub") {
        Ok(Class::Pubsub)
    } else if is("master") || is("slave") || is("replica") {
        Ok(Class::Replication)
    } else if cx.node.persona.is_valkey() && is("primary") {
        Ok(Class::Replication)
    } else {
        Err(Error::unknown_client_type(word))
    }
}
