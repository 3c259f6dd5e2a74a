//! The store in the test's hands, and snapshots of it.
use crate::atoms;
use crate::convert::{binary, bytes, milliseconds, proper, text};
use crate::error::{Error, Outcome, Result};
use crate::handle::{Handle, Kept, Label};
use crate::server::Server;
use crate::spelling::shown;
use crate::value::{Held, plain};
use bytes::Bytes;
use faux_redis::{Data, DataFormat, KeyChange, Seed, Value};
use rustler::{Atom, Encoder, Env, Resource, ResourceArc, Term};
use std::sync::Arc;
use std::time::Duration;

/// All keys of a server as they were at one moment.
pub(crate) struct Snapshot(Kept<Arc<faux_redis::Snapshot>>);

#[rustler::resource_impl]
impl Resource for Snapshot {}

/// The snapshot that a handle is for.
fn held(handle: Term<'_>) -> Result<Arc<faux_redis::Snapshot>> {
    let bad = || Error::option(format!("a snapshot was expected here, not {}", shown(handle)));
    let snapshot: ResourceArc<Snapshot> = handle.decode().map_err(|_| bad())?;
    let removed = || Error::option("the snapshot has been removed");
    snapshot.0.look(Arc::clone).ok_or_else(removed)
}

impl Handle for Snapshot {
    fn title(&self) -> Option<String> {
        self.0.look(ToString::to_string)
    }

    fn source(&self) -> String {
        self.0.source()
    }

    fn remove(&self) -> Result<()> {
        drop(self.0.take());
        Ok(())
    }
}

impl Server {
    fn data(&self, db: Term<'_>) -> Result<Data> {
        let number = db.decode::<u64>().ok().and_then(|db| usize::try_from(db).ok());
        let number = number.ok_or_else(|| {
            let message = "option 'db' takes an integer of 0 or more, not ";
            Error::option(format!("{message}{}", shown(db)))
        })?;
        Ok(self.faux.data().db(number)?)
    }
}

/// `{ok, Value}` with what a key holds, or `{ok, nil}`.
#[rustler::nif(schedule = "DirtyCpu")]
fn data_get<'a>(
    env: Env<'a>,
    server: ResourceArc<Server>,
    db: Term<'a>,
    key: Term<'a>,
) -> Outcome<Term<'a>> {
    of_key(&server, db, key, |data, key| Ok(data.get(key).as_ref().map(Held).encode(env)))
}

/// Lets a key hold a value, for so many milliseconds or for ever.
#[rustler::nif(schedule = "DirtyCpu")]
fn data_put<'a>(
    server: ResourceArc<Server>,
    db: Term<'a>,
    key: Term<'a>,
    value: Term<'a>,
    ttl: Term<'a>,
) -> Outcome<Atom> {
    of_key(&server, db, key, |data, key| {
        data.set_plain(key, &plain(value)?, lasting(ttl)?)?;
        Ok(atoms::ok())
    })
}

/// Lets a key live so much longer, or for ever; whether it is there.
#[rustler::nif(schedule = "DirtyCpu")]
fn data_expire<'a>(
    server: ResourceArc<Server>,
    db: Term<'a>,
    key: Term<'a>,
    ttl: Term<'a>,
) -> Outcome<bool> {
    of_key(&server, db, key, |data, key| Ok(data.expire(key, lasting(ttl)?)?))
}

/// Removes a key; whether it was there.
#[rustler::nif(schedule = "DirtyCpu")]
fn data_delete<'a>(server: ResourceArc<Server>, db: Term<'a>, key: Term<'a>) -> Outcome<bool> {
    of_key(&server, db, key, |data, key| Ok(data.delete(key)))
}

/// How many milliseconds longer a key lives; nothing, if for ever or not at all.
#[rustler::nif(schedule = "DirtyCpu")]
fn data_ttl<'a>(server: ResourceArc<Server>, db: Term<'a>, key: Term<'a>) -> Outcome<Option<u64>> {
    of_key(&server, db, key, |data, key| Ok(data.ttl(key).map(in_milliseconds)))
}

/// The fields of a hash that have a time to live, and theirs in milliseconds.
#[rustler::nif(schedule = "DirtyCpu")]
fn data_field_ttls<'a>(
    env: Env<'a>,
    server: ResourceArc<Server>,
    db: Term<'a>,
    key: Term<'a>,
) -> Outcome<Term<'a>> {
    let pair =
        |(field, ttl): &(Bytes, Duration)| (binary(env, field), in_milliseconds(*ttl).encode(env));
    of_key(&server, db, key, |data, key| {
        let pairs: Vec<_> = match data.get(key) {
            Some(Value::Hash { ttls, .. }) => ttls.iter().map(pair).collect(),
            _ => Vec::new(),
        };
        Ok(Term::map_from_pairs(env, &pairs).expect("each field is there once"))
    })
}

/// The type of a key in the words of TYPE.
#[rustler::nif(schedule = "DirtyCpu")]
fn data_type<'a>(
    server: ResourceArc<Server>,
    db: Term<'a>,
    key: Term<'a>,
) -> Outcome<Option<&'static str>> {
    of_key(&server, db, key, |data, key| Ok(data.type_of(key)))
}

/// The keys that match a glob.
#[rustler::nif(schedule = "DirtyCpu")]
fn data_keys<'a>(
    env: Env<'a>,
    server: ResourceArc<Server>,
    db: Term<'a>,
    glob: Term<'a>,
) -> Outcome<Term<'a>> {
    of_key(&server, db, glob, |data, glob| {
        let keys: Vec<_> = data.keys(glob).iter().map(|key| binary(env, key)).collect();
        Ok(keys.encode(env))
    })
}

/// Removes all keys of a database; how many there were.
#[rustler::nif(schedule = "DirtyCpu")]
fn data_clear(server: ResourceArc<Server>, db: Term<'_>) -> Outcome<usize> {
    Outcome(server.data(db).map(|data| data.clear()))
}

/// Loads a `document`, a `file`, or a text of `json` or `yaml`.
#[rustler::nif(schedule = "DirtyIo")]
fn data_load<'a>(server: ResourceArc<Server>, kind: Term<'a>, data: Term<'a>) -> Outcome<Atom> {
    let load = || -> Result<_> {
        let seed = match &*text("data", kind)? {
            "json" => Seed::json(text("json", data)?),
            "yaml" => Seed::yaml(text("yaml", data)?),
            "file" => Seed::file(text("file", data)?),
            _ => Seed::from(plain(data)?),
        };
        server.faux.data().load(seed)?;
        Ok(atoms::ok())
    };
    Outcome(load())
}

/// All databases as a text of `json` or `yaml`.
#[rustler::nif(schedule = "DirtyCpu")]
fn data_dump(server: ResourceArc<Server>, format: Term<'_>) -> Outcome<String> {
    let dump = || -> Result<_> {
        let format = match &*text("format", format)? {
            "json" => DataFormat::Json,
            "yaml" => DataFormat::Yaml,
            _ => {
                let message = "option 'format' takes json or yaml, not ";
                return Err(Error::option(format!("{message}{}", shown(format))));
            }
        };
        Ok(server.faux.data().dump(format)?)
    };
    Outcome(dump())
}

/// Takes a snapshot, in constant time.
#[rustler::nif]
fn snapshot(server: ResourceArc<Server>, label: Term<'_>) -> Outcome<ResourceArc<Snapshot>> {
    let taken = || -> Result<_> {
        let label = Label::of(label)?;
        let source = label.source.clone();
        let snapshot = server.faux.snapshot().made_at(&source);
        let snapshot = label.named(snapshot, faux_redis::Snapshot::named);
        Ok(ResourceArc::new(Snapshot(Kept::new(Arc::new(snapshot), source))))
    };
    Outcome(taken())
}

/// Goes back to a snapshot; how many keys had changed.
#[rustler::nif(schedule = "DirtyCpu")]
fn restore(server: ResourceArc<Server>, snapshot: Term<'_>) -> Outcome<usize> {
    Outcome(held(snapshot).and_then(|snapshot| Ok(server.faux.restore(&snapshot)?)))
}

/// What differs between two snapshots, or for `nil` between one and now, but for keys that match one of these globs:
/// a text, and each key.
#[rustler::nif(schedule = "DirtyCpu")]
fn diff<'a>(
    env: Env<'a>,
    server: ResourceArc<Server>,
    before: Term<'a>,
    after: Term<'a>,
    except: Term<'a>,
) -> Outcome<Term<'a>> {
    let differ = || -> Result<_> {
        let diff = if is_nil(after) {
            server.faux.diff(&*held(before)?)?
        } else {
            server.faux.diff_between(&*held(before)?, &*held(after)?)?
        };
        let bad = || Error::option(format!("option 'except' takes globs, not {}", shown(except)));
        let globs = proper(except).map_err(|_| bad())?;
        let globs = globs.map(|glob| bytes(glob).ok_or_else(bad)).collect::<Result<Vec<_>>>()?;
        let diff = diff.without(&globs);
        let changes = diff.changes.iter().map(|change| changed(env, change)).collect::<Vec<_>>();
        Ok((diff.to_string(), changes).encode(env))
    };
    Outcome(differ())
}

fn changed<'a>(env: Env<'a>, change: &KeyChange) -> Term<'a> {
    let held = |held: &Option<(Value, Option<Duration>)>| {
        let value = held.as_ref().map(|(value, _)| Held(value)).encode(env);
        let ttl = held.as_ref().and_then(|(_, ttl)| ttl.map(in_milliseconds)).encode(env);
        (value, ttl)
    };
    let ((before, ttl_before), (after, ttl_after)) = (held(&change.before), held(&change.after));
    let pairs = [
        (atoms::db(), change.db.encode(env)),
        (atoms::key(), binary(env, &change.key)),
        (atoms::before(), before),
        (atoms::after(), after),
        (atoms::ttl_before(), ttl_before),
        (atoms::ttl_after(), ttl_after),
    ];
    Term::map_from_pairs(env, &pairs).expect("no key stands there twice")
}

/// Asks a database about a key.
fn of_key<T>(
    server: &Server,
    db: Term<'_>,
    key: Term<'_>,
    ask: impl FnOnce(Data, Bytes) -> Result<T>,
) -> Outcome<T> {
    Outcome(server.data(db).and_then(|data| ask(data, key_of(key)?)))
}

fn key_of(key: Term<'_>) -> Result<Bytes> {
    bytes(key).ok_or_else(|| Error::option(format!("a key is a binary, not {}", shown(key))))
}

fn is_nil(term: Term<'_>) -> bool {
    term.decode::<Atom>().is_ok_and(|none| none == atoms::nil())
}

fn lasting(ttl: Term<'_>) -> Result<Option<Duration>> {
    if is_nil(ttl) {
        return Ok(None);
    }
    milliseconds(ttl).map(Some).map_err(|_| {
        let message = "option 'ttl' takes milliseconds, more than zero, not ";
        Error::option(format!("{message}{}", shown(ttl)))
    })
}

/// A time to live is told as PTTL tells it.
fn in_milliseconds(ttl: Duration) -> u64 {
    u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX)
}
