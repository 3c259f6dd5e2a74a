//! HIMPORT: many hashes of the same fields, whose names a connection says once.
use crate::command::{Args, Command, KeyAccess, container, flag, subcommand};
use crate::data::hash::{FieldTtl, Hash};
use crate::engine::{Ctx, word};
use crate::persona::Flavour;
use crate::resp::{Error, Reply, Result};
use crate::store::Kind as _;
use bytes::Bytes;
use std::collections::BTreeSet;

const SINCE: &str = "8.10.0";

#[rustfmt::skip]
pub(in super::super) const COMMANDS: &[Command] = &[
    container("HIMPORT").since(SINCE).only(Flavour::Redis).acl("hash")
        .says("Holds the commands that make many hashes of the same fields."),
    subcommand("HIMPORT DISCARD fieldset-name", discard).since(SINCE).only(Flavour::Redis)
        .says("Forgets a set of fields that this connection prepared."),
    subcommand("HIMPORT DISCARDALL", discard_all).since(SINCE).only(Flavour::Redis).cost("O(N)")
        .says("Forgets all sets of fields that this connection prepared."),
    subcommand("HIMPORT PREPARE fieldset-name field [field ...]", prepare).since(SINCE).only(Flavour::Redis).with(flag::DENY_OOM).cost("O(N)")
        .says("Names the fields of hashes to be made by this connection."),
    subcommand("HIMPORT SET key fieldset-name value [value ...]", set).grows().since(SINCE).only(Flavour::Redis).keys(&[KeyAccess::STORES]).cost("O(N)")
        .says("Makes a hash of fields that were prepared, in place of the hash that was there."),
];

fn prepare(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (name, fields) = (args.bytes()?, args.all());
    if fields.iter().collect::<BTreeSet<_>>().len() < fields.len() {
        return Err(Error::FIELDSET_DUPLICATE);
    }
    cx.session().fieldsets.insert(name.clone(), fields.into());
    Ok(Reply::OK)
}

fn set(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, name, values) = (args.bytes()?, args.bytes()?, args.all());
    let fields = cx.session().fieldsets.get(name).cloned().ok_or(Error::NO_SUCH_FIELDSET)?;
    if fields.len() != values.len() {
        return Err(Error::FIELDSET_VALUE_COUNT);
    }
    cx.db.look::<Hash>(key)?;
    let limits = cx.db.store.limits;
    let mut hash = Hash::default();
    hash.announce(fields.len());
    for (field, value) in fields.iter().zip(values) {
        hash.insert(field.clone(), value.clone(), FieldTtl::Clear);
    }
    hash.settle(&limits);
    cx.db.put(key, hash.wrap(), None, "hset");
    // Those who follow know nothing of the fields that this connection has prepared.
    cx.propagate_also(|| vec![word("DEL"), key.clone()]);
    cx.propagate_rewritten(|_| {
        let pairs = fields.iter().zip(values).flat_map(|(field, value)| [field, value]);
        [word("HSET"), key.clone()].into_iter().chain(pairs.cloned()).collect()
    });
    Ok(Reply::OK)
}

fn discard(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let name: &Bytes = args.bytes()?;
    Ok(usize::from(cx.session().fieldsets.remove(name).is_some()).into())
}

fn discard_all(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Reply> {
    Ok(std::mem::take(&mut cx.session().fieldsets).len().into())
}
