//! A call as a map, and who answered it as a reference.
use crate::atoms;
use crate::convert::{Read, binary};
use crate::rule::Rule;
use faux_redis::{Protocol, Via};
use rustler::{Atom, Encoder, Env, ResourceArc, Term};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How a server's calls are told, and the rules they were answered by.
#[derive(Clone)]
pub(crate) struct Records {
    /// They are structs of Elixir's.
    pub(crate) structs: bool,
    /// A subcommand is the first argument, as in version 1.
    pub(crate) split_subcommands: bool,
    pub(crate) rules: Arc<Rules>,
}

/// The rules made so far, by their numbers, so that a call carries the very reference its rule has.
#[derive(Default)]
pub(crate) struct Rules(Mutex<HashMap<u64, ResourceArc<Rule>>>);

impl Rules {
    pub(crate) fn add(&self, number: u64, rule: ResourceArc<Rule>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(number, rule);
    }

    pub(crate) fn clear(&self) {
        // What was in it is dropped when it is unlocked again.
        let _rules = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn find(&self, number: u64) -> Option<ResourceArc<Rule>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&number).cloned()
    }
}

/// One call: a request as it was received, and what had come of it when it was looked at.
pub(crate) struct Call<'c> {
    pub(crate) call: &'c faux_redis::Call,
    pub(crate) records: &'c Records,
}

impl Encoder for Call<'_> {
    fn encode<'a>(&self, env: Env<'a>) -> Term<'a> {
        let call = self.call;
        let list = |words: &[bytes::Bytes]| -> Term<'a> {
            words.iter().map(|word| binary(env, word)).collect::<Vec<_>>().encode(env)
        };
        let keys: Vec<_> = call.keys().into_iter().map(|key| binary(env, key)).collect();
        let (name, args) = if self.records.split_subcommands {
            let name = call.name.split(' ').next().unwrap_or_default();
            (name, list(&call.words()[1..]))
        } else {
            (&*call.name, list(call.args()))
        };
        let mut pairs = vec![
            (atoms::seq(), call.seq.encode(env)),
            (atoms::name(), name.encode(env)),
            (atoms::args(), args),
            (atoms::key(), keys.first().copied().encode(env)),
            (atoms::keys(), keys.encode(env)),
            (atoms::conn_id(), call.conn.encode(env)),
            (atoms::client_name(), binary(env, &call.client.name)),
            (atoms::db(), call.db.encode(env)),
            (atoms::user(), call.client.user.encode(env)),
            (atoms::protocol(), protocol(call.client.protocol).encode(env)),
            (atoms::library(), binary(env, &call.client.library)),
            (atoms::library_version(), binary(env, &call.client.library_version)),
            (atoms::address(), call.client.address.encode(env)),
            (atoms::via(), via(call.via).encode(env)),
            (atoms::timestamp(), milliseconds(call.time).encode(env)),
            (atoms::rule_id(), self.rule().encode(env)),
            (atoms::action(), action(env, call.action)),
            (atoms::reply(), call.reply.as_ref().map(Read).encode(env)),
            (atoms::faults(), call.faults.encode(env)),
            (atoms::trip(), call.trip.encode(env)),
            (atoms::asserted(), call.asserted.encode(env)),
            (atoms::duration_us(), call.duration.map(microseconds).encode(env)),
        ];
        if self.records.structs {
            pairs.push((atoms::__struct__(), atoms::call_struct().encode(env)));
        }
        Term::map_from_pairs(env, &pairs).expect("no key stands there twice")
    }
}

impl Call<'_> {
    fn rule(&self) -> Option<ResourceArc<Rule>> {
        self.records.rules.find(self.call.rule?.number())
    }
}

/// Several calls.
pub(crate) fn list<'a>(env: Env<'a>, calls: &[faux_redis::Call], records: &Records) -> Term<'a> {
    calls.iter().map(|call| Call { call, records }).collect::<Vec<_>>().encode(env)
}

fn protocol(protocol: Protocol) -> u8 {
    match protocol {
        Protocol::Resp2 => 2,
        Protocol::Resp3 => 3,
    }
}

fn milliseconds(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn microseconds(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn via(via: Via) -> Atom {
    match via {
        Via::Exec => atoms::exec(),
        Via::Script => atoms::script(),
        _ => atoms::direct(),
    }
}

/// Who answered; nil as long as nobody has. The core's words for it are few, and known beforehand.
fn action<'a>(env: Env<'a>, action: &str) -> Term<'a> {
    match action {
        "" | "pending" => atoms::nil().encode(env),
        word => Atom::from_str(env, word).expect("the word is short").encode(env),
    }
}
