//! Terms as values of the core's, and the other way round: patterns, answers, replies.
use crate::atoms;
use crate::callback::{Asks, Callable};
use crate::error::{Error, Result};
use crate::spelling::{forms, shown};
use bytes::Bytes;
use faux_redis::{Action, Answer, Chunk, Delay, Reply};
use rustler::types::tuple::get_tuple;
use rustler::{Atom, Binary, Encoder, Env, ListIterator, NewBinary, NifResult, Term, TermType};
use std::sync::Arc;
use std::time::Duration;

/// Lists deeper than this are no answers.
const DEEPEST: usize = 100;

/// What a rule does: a list of actions, from left to right.
pub(crate) fn answer(term: Term<'_>, asks: &Arc<Asks>) -> Result<Answer> {
    let actions = proper(term).map_err(|_| bad_answer(term))?;
    actions
        .map(|action| self::action(action, asks))
        .try_fold(Answer::default(), |answer, action| Ok(answer.then(action?)))
}

fn action(term: Term<'_>, asks: &Arc<Asks>) -> Result<Action> {
    let (name, values) = tagged(term).ok_or_else(|| bad_answer(term))?;
    match (&*name, &values[..]) {
        ("execute", []) => Ok(Action::Execute),
        ("drop_reply", []) => Ok(Action::DropReply),
        ("no_reply", []) => Ok(Action::NoReply),
        ("close", []) => Ok(Action::Close),
        ("reset", []) => Ok(Action::Reset),
        ("reply", [value]) => Ok(Action::Reply(whole_reply(*value)?)),
        ("callable", [number, name]) => {
            Ok(Action::Call(Callable::new(*number, *name, asks)?.callback()))
        }
        ("delay", [time]) => Ok(Action::Delay(delay(*time)?)),
        ("hang", []) => Ok(Action::Hang),
        ("duplicate", []) => Ok(Action::Duplicate),
        ("reorder", []) => Ok(Action::Reorder),
        ("wrong_type", []) => Ok(Action::WrongType),
        ("truncate", [length]) => {
            Ok(Action::Truncate(length.decode().map_err(|_| bad_answer(term))?))
        }
        ("garbage", [length]) => {
            Ok(Action::Garbage(length.decode().map_err(|_| bad_answer(term))?))
        }
        ("template", [template]) => Ok(Action::Template(text("template", *template)?.parse()?)),
        ("partial", [chunks, gap]) => {
            let chunks = proper(*chunks).map_err(|_| bad_answer(term))?;
            let chunks = chunks.map(chunk).collect::<Result<_>>()?;
            Ok(Action::Partial { chunks, gap: milliseconds(*gap)? })
        }
        _ => Err(bad_answer(term)),
    }
}

/// How long an answer takes: milliseconds, or what they are drawn from.
fn delay(term: Term<'_>) -> Result<Delay> {
    let Some((name, values)) = tagged(term) else { return Ok(milliseconds(term)?.into()) };
    match (&*name, &values[..]) {
        ("uniform", [least, most]) => {
            Ok(Delay::uniform(milliseconds(*least)?, milliseconds(*most)?)?)
        }
        ("lognormal", [median, sigma]) => {
            let whole = || sigma.decode::<u32>().ok().map(f64::from);
            let sigma = sigma.decode().ok().or_else(whole).ok_or_else(|| bad_answer(term))?;
            Ok(Delay::lognormal(milliseconds(*median)?, sigma)?)
        }
        _ => Err(bad_answer(term)),
    }
}

/// A time span that was given in milliseconds.
pub(crate) fn milliseconds(term: Term<'_>) -> Result<Duration> {
    if let Ok(ms) = term.decode::<u64>() {
        return Ok(Duration::from_millis(ms));
    }
    let seconds = term.decode::<f64>().ok().map(|ms| ms / 1000.0);
    let span = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    span.ok_or_else(|| {
        Error::answer(format!("a delay or gap is milliseconds, zero or more, not {}", shown(term)))
    })
}

fn chunk(term: Term<'_>) -> Result<Chunk> {
    let length = || term.decode().ok().map(Chunk::Length);
    bytes(term).map(Chunk::Bytes).or_else(length).ok_or_else(|| {
        let message = "a piece of a partial reply is iodata, or a length of zero or more, not ";
        Error::answer(format!("{message}{}", shown(term)))
    })
}

/// A reply of the type its term has.
pub(crate) fn reply(term: Term<'_>, depth: usize) -> Result<Reply> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Error::answer("an answer is nested too deeply"));
    };
    match term.get_type() {
        TermType::Binary => bytes(term).map(Reply::Bulk).ok_or_else(|| bad_answer(term)),
        TermType::Integer => Ok(integer(term)),
        TermType::Float => term.decode().map(Reply::Double).map_err(|_| bad_answer(term)),
        TermType::List => Ok(Reply::Array(replies(term, depth)?)),
        TermType::Map => map_or_set(term, depth),
        TermType::Atom => word(term),
        TermType::Tuple => typed(term, depth),
        _ => Err(bad_answer(term)),
    }
}

/// One as deep as an answer may be.
pub(crate) fn whole_reply(term: Term<'_>) -> Result<Reply> {
    reply(term, DEEPEST)
}

fn integer(term: Term<'_>) -> Reply {
    // What does not fit is printed in decimal digits, which is how it is sent.
    term.decode().map_or_else(|_| Reply::BigNumber(format!("{term:?}").into()), Reply::Int)
}

fn word(term: Term<'_>) -> Result<Reply> {
    let name = term.atom_to_string().map_err(|_| bad_answer(term))?;
    Ok(match &*name {
        "nil" | "null" | "undefined" => Reply::Null,
        "null_array" => Reply::NullArray,
        "true" => Reply::Bool(true),
        "false" => Reply::Bool(false),
        "ok" => Reply::OK,
        _ => return Err(bad_answer(term)),
    })
}

fn typed(term: Term<'_>, depth: usize) -> Result<Reply> {
    let bad = || bad_answer(term);
    let text = |term: &Term<'_>| bytes(*term).ok_or_else(bad);
    let (kind, values) = tagged(term).ok_or_else(bad)?;
    Ok(match (&*kind, &values[..]) {
        ("error", [line]) => Reply::error(text(line)?),
        ("status" | "simple_string", [line]) => {
            Reply::Status(String::from_utf8_lossy(&text(line)?).into_owned().into())
        }
        ("raw", [payload]) => Reply::Raw(text(payload)?),
        ("bulk", [value]) => match bytes(*value) {
            Some(bytes) => Reply::Bulk(bytes),
            None => match reply(*value, depth)? {
                Reply::Null => Reply::Null,
                _ => return Err(bad()),
            },
        },
        ("integer", [n]) if n.is_integer() => integer(*n),
        ("big_number", [n]) if n.is_integer() => Reply::BigNumber(format!("{n:?}").into()),
        ("double", [n]) => Reply::Double(double(*n).ok_or_else(bad)?),
        ("array", [items]) => Reply::Array(replies(*items, depth)?),
        ("set", [items]) => Reply::Set(replies(*items, depth)?),
        ("push", [items]) => Reply::Push(replies(*items, depth)?),
        ("message", [channel, payload]) => Reply::message(text(channel)?, text(payload)?),
        ("invalidate", [keys]) => Reply::invalidate(keys_of(*keys)?),
        ("map", [pairs]) => Reply::Map(pairs_of(*pairs, depth)?),
        ("attribute", [pairs, value]) => {
            Reply::Attribute(pairs_of(*pairs, depth)?, Box::new(reply(*value, depth)?))
        }
        ("verbatim", [value]) => Reply::Verbatim("txt", text(value)?),
        ("verbatim", [format, value]) => {
            let format = match &*text(format)? {
                b"txt" => "txt",
                b"mkd" => "mkd",
                _ => return Err(Error::answer("a verbatim string's format is txt or mkd")),
            };
            Reply::Verbatim(format, text(value)?)
        }
        _ => return Err(bad()),
    })
}

/// A number, or one that the virtual machine does not have, by its name.
fn double(term: Term<'_>) -> Option<f64> {
    let whole = || term.decode::<i64>().ok()?.to_string().parse().ok();
    let text = || Some(String::from_utf8_lossy(&bytes(term)?).into_owned());
    let named = || match &*term.atom_to_string().ok().or_else(text)?.to_lowercase() {
        "inf" => Some(f64::INFINITY),
        "-inf" => Some(f64::NEG_INFINITY),
        "nan" => Some(f64::NAN),
        _ => None,
    };
    term.decode().ok().or_else(whole).or_else(named)
}

/// Keys in a list, or one.
fn keys_of(term: Term<'_>) -> Result<Vec<Bytes>> {
    if let Some(key) = bytes(term) {
        return Ok(vec![key]);
    }
    let bad = || bad_answer(term);
    proper(term).map_err(|_| bad())?.map(|key| bytes(key).ok_or_else(bad)).collect()
}

fn replies(term: Term<'_>, depth: usize) -> Result<Vec<Reply>> {
    let items = proper(term).map_err(|_| bad_answer(term))?;
    items.map(|item| reply(item, depth)).collect()
}

fn pairs_of(term: Term<'_>, depth: usize) -> Result<Vec<(Reply, Reply)>> {
    if term.is_map() {
        return match map_or_set(term, depth)? {
            Reply::Map(pairs) => Ok(pairs),
            _ => Err(bad_answer(term)),
        };
    }
    let pairs = proper(term).map_err(|_| bad_answer(term))?;
    let pairs = pairs.map(|pair| {
        let (key, value) = pair.decode().map_err(|_| bad_answer(term))?;
        Ok((key_of(key, depth)?, reply(value, depth)?))
    });
    pairs.collect()
}

/// A key of a map: an answer, or an atom that is none as the text of its name.
fn key_of(term: Term<'_>, depth: usize) -> Result<Reply> {
    match term.atom_to_string() {
        Ok(name) => Ok(word(term).unwrap_or_else(|_| Reply::Bulk(name.into()))),
        Err(_) => reply(term, depth),
    }
}

fn map_or_set(term: Term<'_>, depth: usize) -> Result<Reply> {
    let pairs = || rustler::MapIterator::new(term).into_iter().flatten();
    if let Ok(name) = term.map_get(atoms::__struct__()) {
        if name.decode::<Atom>().ok() != Some(atoms::map_set()) {
            return Err(bad_answer(term));
        }
        let members = term.map_get(atoms::map()).map_err(|_| bad_answer(term))?;
        let members = rustler::MapIterator::new(members).into_iter().flatten();
        let members =
            members.map(|(member, _)| reply(member, depth)).collect::<Result<Vec<_>>>()?;
        return Ok(Reply::Set(sorted(members, |member| format!("{member:?}"))));
    }
    let pairs = pairs().map(|(key, value)| Ok((key_of(key, depth)?, reply(value, depth)?)));
    let pairs = pairs.collect::<Result<Vec<_>>>()?;
    Ok(Reply::Map(sorted(pairs, |(key, _)| format!("{key:?}"))))
}

/// A map of the virtual machine's has no order to speak of.
fn sorted<T>(mut items: Vec<T>, key: impl Fn(&T) -> String) -> Vec<T> {
    items.sort_by_cached_key(key);
    items
}

/// A reply as the term one would write to get it, a list for an array.
pub(crate) struct Read<'r>(pub(crate) &'r Reply);

impl Encoder for Read<'_> {
    fn encode<'a>(&self, env: Env<'a>) -> Term<'a> {
        let list = |items: &[Reply]| items.iter().map(Read).collect::<Vec<_>>().encode(env);
        match self.0 {
            Reply::Array(items) | Reply::Many(items) => list(items),
            Reply::Push(items) => (tag(env, "push"), list(items)).encode(env),
            Reply::Set(items) => (tag(env, "set"), list(items)).encode(env),
            Reply::Attribute(_, reply) => Read(reply).encode(env),
            Reply::BigNumber(digits) => (tag(env, "big_number"), &**digits).encode(env),
            Reply::Bool(truth) => truth.encode(env),
            Reply::Bulk(bytes) | Reply::Verbatim(_, bytes) => binary(env, bytes),
            Reply::Double(number) if number.is_finite() => number.encode(env),
            // The virtual machine has no such number.
            Reply::Double(number) => (tag(env, "double"), number.to_string()).encode(env),
            Reply::Error(error) => (atoms::error(), binary(env, error.as_bytes())).encode(env),
            Reply::Int(number) => number.encode(env),
            Reply::Map(pairs) => {
                let pairs: Vec<_> = pairs
                    .iter()
                    .map(|(key, value)| (Read(key).encode(env), Read(value).encode(env)))
                    .collect();
                // Two keys may be the same: then it stays a list of pairs.
                Term::map_from_pairs(env, &pairs)
                    .unwrap_or_else(|_| (tag(env, "map"), pairs).encode(env))
            }
            Reply::Nothing => tag(env, "no_reply"),
            Reply::Null | Reply::NullArray => atoms::nil().encode(env),
            Reply::Raw(bytes) => (atoms::raw(), binary(env, bytes)).encode(env),
            Reply::Status(text) if text == "OK" => atoms::ok().encode(env),
            Reply::Status(text) => (atoms::status(), &**text).encode(env),
            other => format!("{other:?}").encode(env),
        }
    }
}

/// A binary with these bytes.
pub(crate) fn binary<'a>(env: Env<'a>, bytes: &[u8]) -> Term<'a> {
    let mut binary = NewBinary::new(env, bytes.len());
    binary.as_mut_slice().copy_from_slice(bytes);
    binary.into()
}

/// A binary's bytes.
pub(crate) fn bytes(term: Term<'_>) -> Option<Bytes> {
    let binary: Binary<'_> = term.decode().ok()?;
    Some(Bytes::copy_from_slice(binary.as_slice()))
}

/// What is in a list. One with an improper tail is none.
pub(crate) fn proper(term: Term<'_>) -> NifResult<ListIterator<'_>> {
    term.list_length()?;
    term.decode()
}

/// A text that an option takes.
pub(crate) fn text(name: &str, term: Term<'_>) -> Result<String> {
    let text = bytes(term).and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
    text.ok_or_else(|| Error::option(format!("option '{name}' takes a text, not {}", shown(term))))
}

/// An atom's name, or that at the begin of a tuple, and what follows there.
pub(crate) fn tagged(term: Term<'_>) -> Option<(String, Vec<Term<'_>>)> {
    if let Ok(name) = term.atom_to_string() {
        return Some((name, Vec::new()));
    }
    let mut terms = get_tuple(term).ok()?.into_iter();
    let name = terms.next()?.atom_to_string().ok()?;
    Some((name, terms.collect()))
}

fn tag<'a>(env: Env<'a>, name: &str) -> Term<'a> {
    Atom::from_str(env, name).expect("the name is short").encode(env)
}

fn bad_answer(term: Term<'_>) -> Error {
    let accepts = "a binary, integer, float, boolean, nil, ok, {array, List}, a map, a typed value such as {error, Line} or \
                   {set, List}, an action such as {delay, Ms, Answer}, close or execute, or a function of one argument";
    Error::answer(format!("an answer is {}, not {}", forms(accepts), shown(term)))
}
