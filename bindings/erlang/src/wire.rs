//! The codec and the globs, for whoever speaks the protocol in a test.
use crate::atoms;
use crate::convert::{Read, binary, whole_reply};
use crate::error::{Error, Outcome};
use faux_redis::host::{Malformed, Parsed, decoded, encoded, glob_matches};
use faux_redis::{Protocol, Reply};
use rustler::{Atom, Binary, Encoder, Env, Term};

/// A term as a reply of RESP2 or RESP3.
#[rustler::nif]
fn encode<'a>(env: Env<'a>, term: Term<'a>, version: u64) -> Outcome<Term<'a>> {
    let protocol = match version {
        2 => Ok(Protocol::Resp2),
        3 => Ok(Protocol::Resp3),
        _ => Err(Error::option(format!("the protocol's version is 2 or 3, not {version}"))),
    };
    let reply = protocol.and_then(|protocol| Ok((whole_reply(term)?, protocol)));
    Outcome(reply.map(|(reply, protocol)| binary(env, &encoded(&reply, protocol))))
}

/// `{ok, Reply, Rest}`, `more`, or `{error, Reason}`.
#[rustler::nif]
fn decode<'a>(env: Env<'a>, input: Binary<'a>) -> Term<'a> {
    match decoded(input.as_slice()) {
        Parsed::Reply(reply, length) => {
            let rest = input.make_subbinary(length, input.len() - length).ok();
            (atoms::ok(), Plain(&reply), rest.map(|rest| rest.to_term(env))).encode(env)
        }
        Parsed::Unfinished => atoms::more().encode(env),
        Parsed::Malformed(wrong) => (atoms::error(), reason(wrong)).encode(env),
    }
}

/// Whether the whole text matches the pattern.
#[rustler::nif]
fn glob(text: Binary<'_>, pattern: Binary<'_>) -> bool {
    glob_matches(pattern.as_slice(), text.as_slice())
}

/// A reply as clients give it: a simple string is a binary.
struct Plain<'r>(&'r Reply);

impl Encoder for Plain<'_> {
    fn encode<'a>(&self, env: Env<'a>) -> Term<'a> {
        match self.0 {
            Reply::Status(text) => text.encode(env),
            Reply::Array(items) => items.iter().map(Plain).collect::<Vec<_>>().encode(env),
            other => Read(other).encode(env),
        }
    }
}

fn reason(wrong: Malformed) -> Atom {
    match wrong {
        Malformed::Prefix => atoms::invalid_prefix(),
        Malformed::Integer => atoms::invalid_integer(),
        Malformed::BulkLength => atoms::invalid_bulk_length(),
        Malformed::ArrayLength => atoms::invalid_array_length(),
        Malformed::LineEnd => atoms::invalid_line_end(),
        Malformed::Value => atoms::invalid_value(),
        Malformed::Nesting => atoms::invalid_nesting(),
    }
}
