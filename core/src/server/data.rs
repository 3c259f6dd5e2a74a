//! The store in the test's hands: values read and written without a client.
use super::FauxRedis;
use crate::engine::World;
use crate::error::{Error, ErrorKind};
use crate::glob::{self, Case};
use crate::net::Shared;
use crate::value::{DataFormat, Item, Seed, Value};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;

impl FauxRedis {
    /// The data of database 0, to be read and written without a client.
    pub fn data(&self) -> Data {
        Data { shared: Arc::clone(&self.shared), db: 0 }
    }
}

/// One database, as the test that owns the server reads and writes it.
///
/// What is written goes through the server: it voids watches, wakes who waits for the key and notifies the keyspace as
/// the command would that writes such a value (SET, RPUSH, SADD, HSET, ZADD, XADD), with DEL before it where something
/// else was there, and EXPIRE after it for a time to live. No call is recorded, no stub is asked, and neither
/// `maxmemory` nor a state of the server is in the way. What is read does not count as a use of the key.
///
/// ```
/// # faux_redis::block_on(async {
/// use faux_redis::{FauxRedis, Value};
/// use std::time::Duration;
///
/// let redis = FauxRedis::start().await?;
/// let data = redis.data();
/// data.set("user:1", Value::hash([("name", "Ada")]))?;
/// data.set_for("lock", "me", Duration::from_secs(60))?;
/// assert_eq!(data.get("lock"), Some(Value::from("me")));
/// assert_eq!(data.hash("user:1")?, Some(vec![("name".into(), "Ada".into())]));
/// assert_eq!(data.keys("user:*"), ["user:1"]);
/// # Ok::<(), faux_redis::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Data {
    shared: Arc<Shared>,
    db: usize,
}

impl Data {
    /// Another database of the same server.
    ///
    /// # Errors
    /// There are not so many ([`ErrorKind::Option`]).
    pub fn db(&self, db: usize) -> Result<Data, Error> {
        let databases = self.shared.look(|world| world.store.databases());
        if db >= databases {
            return Err(option(format!(
                "option 'db': there is no database {db}, but {databases}, from 0 on"
            )));
        }
        Ok(Data { shared: Arc::clone(&self.shared), db })
    }

    /// What a key holds.
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<Value> {
        self.held(key.as_ref()).map(|(value, _)| value)
    }

    /// The string under a key.
    ///
    /// # Errors
    /// The key holds another type ([`ErrorKind::Option`]); so with the other readers of one type.
    pub fn string(&self, key: impl AsRef<[u8]>) -> Result<Option<Bytes>, Error> {
        self.typed(key.as_ref(), "string", |value| match value {
            Value::String(bytes) => Ok(bytes),
            other => Err(other),
        })
    }

    /// The list under a key, from its head to its tail.
    pub fn list(&self, key: impl AsRef<[u8]>) -> Result<Option<Vec<Bytes>>, Error> {
        self.typed(key.as_ref(), "list", |value| match value {
            Value::List(items) => Ok(items),
            other => Err(other),
        })
    }

    /// The set under a key, in the order in which SMEMBERS answers it.
    pub fn members(&self, key: impl AsRef<[u8]>) -> Result<Option<Vec<Bytes>>, Error> {
        self.typed(key.as_ref(), "set", |value| match value {
            Value::Set(members) => Ok(members),
            other => Err(other),
        })
    }

    /// The hash under a key, in the order in which HGETALL answers it.
    pub fn hash(&self, key: impl AsRef<[u8]>) -> Result<Option<Vec<(Bytes, Bytes)>>, Error> {
        self.typed(key.as_ref(), "hash", |value| match value {
            Value::Hash { fields, .. } => Ok(fields),
            other => Err(other),
        })
    }

    /// The sorted set under a key, the lowest score first.
    pub fn scores(&self, key: impl AsRef<[u8]>) -> Result<Option<Vec<(Bytes, f64)>>, Error> {
        self.typed(key.as_ref(), "zset", |value| match value {
            Value::SortedSet(members) => Ok(members),
            other => Err(other),
        })
    }

    /// The stream under a key.
    pub fn stream(&self, key: impl AsRef<[u8]>) -> Result<Option<crate::Stream>, Error> {
        self.typed(key.as_ref(), "stream", |value| match value {
            Value::Stream(stream) => Ok(stream),
            other => Err(other),
        })
    }

    /// Lets a key hold a value, for ever, whatever it held.
    ///
    /// # Errors
    /// No key can hold such a value, as an empty list ([`ErrorKind::Option`]).
    pub fn set(&self, key: impl Into<Bytes>, value: impl Into<Value>) -> Result<(), Error> {
        self.put(key.into(), value.into(), None)
    }

    /// Lets a key hold a value for so long, whatever it held.
    ///
    /// # Errors
    /// As [`Data::set`]; or the time is shorter than a millisecond.
    pub fn set_for(
        &self,
        key: impl Into<Bytes>,
        value: impl Into<Value>,
        ttl: Duration,
    ) -> Result<(), Error> {
        self.put(key.into(), value.into(), Some(ttl))
    }

    /// Lets a key hold a value as documents have it: for bindings to other languages. A time to live that is given goes
    /// over one in the document.
    #[doc(hidden)]
    pub fn set_plain(
        &self,
        key: Bytes,
        value: &crate::Plain,
        ttl: Option<Duration>,
    ) -> Result<(), Error> {
        let read = crate::value::value_of(value);
        let in_key = |why: String| option(format!("key '{}': {why}", key.escape_ascii()));
        let (value, own) = read.map_err(in_key)?;
        self.put(key, value, ttl.or(own))
    }

    /// Lets a key live so much longer, or for ever; whether it is there.
    ///
    /// # Errors
    /// The time is shorter than a millisecond ([`ErrorKind::Option`]).
    pub fn expire(&self, key: impl Into<Bytes>, ttl: Option<Duration>) -> Result<bool, Error> {
        let key = key.into();
        self.shared.by_hand(|world| world.expire_by_hand(self.db, &key, ttl)).map_err(option)
    }

    /// Removes a key; whether it was there.
    pub fn delete(&self, key: impl Into<Bytes>) -> bool {
        let key = key.into();
        self.shared.by_hand(|world| {
            let removal = crate::store::Removal::Deleted;
            world.store.db(self.db).remove(&key, removal).is_some()
        })
    }

    /// Whether a key is there.
    pub fn contains(&self, key: impl AsRef<[u8]>) -> bool {
        self.shared.by_hand(|world| world.store.db(self.db).contains(key.as_ref()))
    }

    /// How much longer a key lives; nothing, if it does so for ever or is not there.
    pub fn ttl(&self, key: impl AsRef<[u8]>) -> Option<Duration> {
        self.held(key.as_ref()).and_then(|(_, ttl)| ttl)
    }

    /// The type of a key, in the words of TYPE; nothing, if it is not there.
    pub fn type_of(&self, key: impl AsRef<[u8]>) -> Option<&'static str> {
        let type_of = |world: &mut World| world.store.db(self.db).type_of(key.as_ref());
        self.shared.by_hand(type_of).map(crate::store::Type::name)
    }

    /// The keys that match a glob in the words of KEYS, in its order.
    pub fn keys(&self, glob: impl AsRef<[u8]>) -> Vec<Bytes> {
        let glob = glob.as_ref();
        let is_wanted = |key: &Bytes| glob == b"*" || glob::matches(glob, key, Case::Sensitive);
        self.shared.by_hand(|world| {
            let db = world.store.db(self.db);
            let keys = db.iter().map(|(key, _)| key).filter(|key| is_wanted(key));
            keys.cloned().collect()
        })
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.shared.by_hand(|world| world.store.db(self.db).iter().count())
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Removes all keys of this database, as FLUSHDB does; how many there were.
    pub fn clear(&self) -> usize {
        self.shared.by_hand(|world| world.store.flush(self.db))
    }

    /// Loads data into the server, over what there is: all of it or, if something is wrong with it, nothing. A document
    /// says itself which databases its keys belong to.
    ///
    /// # Errors
    /// The data cannot be read, or a key cannot hold what it says ([`ErrorKind::Option`]).
    pub fn load(&self, data: impl Into<Seed>) -> Result<(), Error> {
        let data = data.into().resolve().map_err(option)?;
        self.shared.by_hand(|world| world.load_by_hand(data)).map_err(option)
    }

    /// All databases as a document that [`Data::load`] takes, its keys in the order of their names. What no other form
    /// tells whole, as a stream with groups, is there as DUMP answers it.
    ///
    /// # Errors
    /// None that is known; the writer of the format may have reasons of its own ([`ErrorKind::Option`]).
    pub fn dump(&self, format: DataFormat) -> Result<String, Error> {
        let plain = self.shared.by_hand(World::document);
        format.write(&plain).map_err(option)
    }

    fn held(&self, key: &[u8]) -> Option<(Value, Option<Duration>)> {
        self.shared.by_hand(|world| world.held(self.db, key))
    }

    fn put(&self, key: Bytes, value: Value, ttl: Option<Duration>) -> Result<(), Error> {
        let item = Item { db: self.db, key, value, ttl };
        self.shared
            .by_hand(|world| world.load_by_hand(crate::value::Resolved::Items(vec![item])))
            .map_err(option)
    }

    fn typed<T>(
        &self,
        key: &[u8],
        wanted: &str,
        read: impl FnOnce(Value) -> Result<T, Value>,
    ) -> Result<Option<T>, Error> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let value = read(value).map_err(|other| {
            let name = other.type_name();
            option(format!("key '{}' holds a {name}, not a {wanted}", key.escape_ascii()))
        });
        value.map(Some)
    }
}

fn option(why: String) -> Error {
    Error::new(ErrorKind::Option, why)
}
