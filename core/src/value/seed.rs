//! Data to begin with: a document, a file, or keys and values.
use super::form::{self, Item};
use super::{Plain, Value};
use bytes::Bytes;
use std::path::{Path, PathBuf};

/// Data for a server to begin with, or to load while it runs.
///
/// The format of documents is told at [`Seed::json`].
///
/// ```
/// # faux_redis::block_on(async {
/// use faux_redis::{FauxRedis, Seed, Value};
///
/// let seed = Seed::json(r#"{"user:1": {"name": "Ada"}, "lock": {"$string": "me", "$ttl": 60}}"#);
/// let redis = FauxRedis::builder().data(seed).start().await?;
/// assert_eq!(redis.data().get("user:1"), Some(Value::hash([("name", "Ada")])));
/// assert_eq!(redis.data().ttl("lock").map(|ttl| ttl.as_secs() <= 60), Some(true));
/// # Ok::<(), faux_redis::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Seed(Source);

#[derive(Clone, Debug)]
enum Source {
    Json(String),
    #[cfg(feature = "yaml")]
    Yaml(String),
    File(PathBuf),
    Plain(Plain),
    Items(Vec<Item>),
}

/// How data is written down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DataFormat {
    /// JSON.
    #[default]
    Json,
    /// YAML, with the feature `yaml`.
    #[cfg(feature = "yaml")]
    Yaml,
}

/// Data that was read.
#[derive(Debug)]
pub(crate) enum Resolved {
    Items(Vec<Item>),
    Rdb(Bytes),
}

impl Seed {
    /// A document of JSON, which maps keys to values.
    ///
    /// | a value | is |
    /// |---|---|
    /// | `"text"`, `36`, `2.5` | a string |
    /// | `["a", "b"]` | a list |
    /// | `{"name": "Ada"}` | a hash |
    /// | `{"$string": …}`, `{"$list": […]}`, `{"$set": […]}`, `{"$hash": {…}}` | what it says |
    /// | `{"$zset": {"a": 1, "b": "inf"}}` | a sorted set: members and scores |
    /// | `{"$stream": {"1-1": {"field": "value"}}}` | a stream: ids and fields; or a list of fields, which get the next ids |
    /// | `{"$array": {"0": "a"}}` | an array: places and elements |
    /// | `{"$dump": "$base64:…"}` | whatever DUMP answered |
    ///
    /// Beside the value may stand `"$ttl": 60`, in seconds, and beside `$hash` also `"$field_ttl": {"name": 60}`, and
    /// beside `$stream` `"$last_id": "9-0"` and `"$groups": {"name": {"last_id": "1-1", "consumers": ["ada"], "pending":
    /// [["1-1", "ada", 1]]}}`. A
    /// text that begins with `$base64:` is the bytes that follow, in base64. Keys of several databases are
    /// `{"$databases": {"0": {…}, "1": {…}}}`.
    pub fn json(text: impl Into<String>) -> Seed {
        Seed(Source::Json(text.into()))
    }

    /// A document of YAML, of the same shape as [`Seed::json`] takes.
    #[cfg(feature = "yaml")]
    pub fn yaml(text: impl Into<String>) -> Seed {
        Seed(Source::Yaml(text.into()))
    }

    /// A file: `.json`, `.yaml` or `.yml` (with the feature `yaml`), or `.rdb`. It is read when it is used.
    pub fn file(path: impl Into<PathBuf>) -> Seed {
        Seed(Source::File(path.into()))
    }

    /// Reads the data, or says why that cannot be.
    pub(crate) fn resolve(&self) -> Result<Resolved, String> {
        let plain = match &self.0 {
            Source::Items(items) => return Ok(Resolved::Items(items.clone())),
            Source::File(path) => return file(path),
            Source::Plain(plain) => plain.clone(),
            Source::Json(text) => json(text)?,
            #[cfg(feature = "yaml")]
            Source::Yaml(text) => yaml(text)?,
        };
        form::document(&plain).map(Resolved::Items)
    }
}

impl From<Plain> for Seed {
    fn from(plain: Plain) -> Seed {
        Seed(Source::Plain(plain))
    }
}

impl<K: Into<Bytes>, V: Into<Value>> FromIterator<(K, V)> for Seed {
    fn from_iter<T: IntoIterator<Item = (K, V)>>(pairs: T) -> Seed {
        let item =
            |(key, value): (K, V)| Item { db: 0, key: key.into(), value: value.into(), ttl: None };
        Seed(Source::Items(pairs.into_iter().map(item).collect()))
    }
}

impl DataFormat {
    /// A document as a text.
    pub(crate) fn write(self, plain: &Plain) -> Result<String, String> {
        match self {
            DataFormat::Json => serde_json::to_string_pretty(plain)
                .map(|text| text + "\n")
                .map_err(|error| error.to_string()),
            #[cfg(feature = "yaml")]
            DataFormat::Yaml => serde_saphyr::to_string(plain).map_err(|error| error.to_string()),
        }
    }
}

fn json(text: &str) -> Result<Plain, String> {
    serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))
}

#[cfg(feature = "yaml")]
fn yaml(text: &str) -> Result<Plain, String> {
    serde_saphyr::from_str(text).map_err(|error| format!("it is not YAML: {error}"))
}

fn file(path: &Path) -> Result<Resolved, String> {
    let named = |why: String| format!("{}: {why}", path.display());
    let bytes = std::fs::read(path).map_err(|error| named(error.to_string()))?;
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let text = || std::str::from_utf8(&bytes).map_err(|error| named(error.to_string()));
    let plain = match extension.to_ascii_lowercase().as_str() {
        "rdb" => return Ok(Resolved::Rdb(bytes.into())),
        "json" => json(text()?),
        #[cfg(feature = "yaml")]
        "yaml" | "yml" => yaml(text()?),
        _ => {
            let kinds =
                if cfg!(feature = "yaml") { ".json, .yaml, .yml or .rdb" } else { ".json or .rdb" };
            return Err(named(format!("a data file ends in {kinds}")));
        }
    };
    plain.and_then(|plain| form::document(&plain)).map(Resolved::Items).map_err(named)
}
