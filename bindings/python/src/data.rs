//! The store in the test's hands, and snapshots of it.
use crate::convert;
use crate::error::{OptionError, StoppedError, raised};
use crate::once::Once;
use crate::server::Server;
use crate::waiting;
use bytes::Bytes;
use faux_redis::{Data, DataFormat, KeyChange, Plain, Seed, Value};
use pyo3::IntoPyObjectExt as _;
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyByteArray, PyBytes, PyDict, PyFloat, PyFrozenSet, PyInt, PyList, PySet, PyString,
    PyTuple,
};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Documents deeper than this are taken for documents that hold themselves.
const DEEPEST: usize = 100;

/// All keys of a server as they were at one moment.
#[pyclass(frozen, module = "faux_redis._core")]
pub(crate) struct Snapshot(Once<Arc<faux_redis::Snapshot>>);

/// A guard that no key changes.
#[pyclass(frozen, module = "faux_redis._core")]
pub(crate) struct Unchanged(Once<faux_redis::Unchanged>);

/// What differs between two states of the store.
#[pyclass(frozen, module = "faux_redis._core")]
pub(crate) struct Diff(faux_redis::Diff);

#[pymethods]
impl Snapshot {
    /// The name it has in messages.
    fn named(&self, py: Python<'_>, name: String) -> PyResult<()> {
        let snapshot = self.kept(py)?;
        waiting(py, || snapshot.rename(name));
        Ok(())
    }

    /// Forgets it.
    fn remove(&self, py: Python<'_>) {
        self.0.end(py, drop);
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        self.0.show(py).unwrap_or_else(|| "snapshot (gone)".into())
    }
}

impl Snapshot {
    fn kept(&self, py: Python<'_>) -> PyResult<Arc<faux_redis::Snapshot>> {
        let kept = self.0.look(py, Arc::clone);
        kept.ok_or_else(|| StoppedError::new_err("the snapshot has been removed"))
    }
}

/// Forgotten, it checks nothing: what it would say could reach nobody here. The package warns of it.
impl Drop for Unchanged {
    fn drop(&mut self) {
        if let Some(unchanged) = self.0.take() {
            unchanged.remove();
        }
    }
}

#[pymethods]
impl Unchanged {
    /// The name it has in messages.
    fn named(&self, py: Python<'_>, name: String) {
        self.0.edit(py, |unchanged| unchanged.named(name));
    }

    /// Takes the guard away, without a look.
    fn remove(&self, py: Python<'_>) {
        self.0.end(py, faux_redis::Unchanged::remove);
    }

    /// Checks that nothing has changed; the guard ends.
    fn verify(&self, py: Python<'_>) -> PyResult<()> {
        if !self.0.is_at_home() {
            return Err(crate::server::not_at_home());
        }
        self.0.end(py, faux_redis::Unchanged::verify).map_or(Ok(()), |same| same.map_err(raised))
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        self.0.show(py).unwrap_or_else(|| "unchanged (ended)".into())
    }
}

#[pymethods]
impl Diff {
    /// The keys that differ: database, name, and what it held and holds, each with its time to live.
    #[getter]
    fn changes<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        self.0.changes.iter().map(|change| key_change(py, change)).collect()
    }

    /// Without the keys that match one of these globs.
    #[expect(clippy::needless_pass_by_value, reason = "it is what Python hands over")]
    fn without(&self, globs: Vec<String>) -> Diff {
        Diff(self.0.clone().without(&globs))
    }

    fn __len__(&self) -> usize {
        self.0.changes.len()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }
}

#[pymethods]
impl Server {
    /// What a key holds: the name of its type, and the value.
    fn data_get<'py>(
        &self,
        py: Python<'py>,
        db: usize,
        key: &Bound<'py, PyAny>,
    ) -> PyResult<Option<(&'static str, Bound<'py, PyAny>)>> {
        let key = key_of(key)?;
        let value = self.data(py, db, |data| data.get(&key))?;
        value.map(|value| Ok((value.type_name(), python(py, &value)?))).transpose()
    }

    /// The fields of a hash that have a time to live, and theirs in seconds.
    fn data_field_ttls<'py>(
        &self,
        py: Python<'py>,
        db: usize,
        key: &Bound<'py, PyAny>,
    ) -> PyResult<Vec<(Bound<'py, PyBytes>, f64)>> {
        let key = key_of(key)?;
        match self.data(py, db, |data| data.get(&key))? {
            Some(Value::Hash { ttls, .. }) => {
                let ttl =
                    |(field, ttl): &(Bytes, Duration)| (PyBytes::new(py, field), ttl.as_secs_f64());
                Ok(ttls.iter().map(ttl).collect())
            }
            _ => Ok(Vec::new()),
        }
    }

    /// Lets a key hold a value.
    fn data_set(
        &self,
        py: Python<'_>,
        db: usize,
        key: &Bound<'_, PyAny>,
        value: &Bound<'_, PyAny>,
        ttl: Option<f64>,
    ) -> PyResult<()> {
        let (key, value) = (key_of(key)?, plain(value, DEEPEST)?);
        let ttl = lasting(ttl)?;
        self.data(py, db, |data| data.set_plain(key, &value, ttl))?.map_err(raised)
    }

    /// Lets a key live so much longer, or for ever.
    fn data_expire(
        &self,
        py: Python<'_>,
        db: usize,
        key: &Bound<'_, PyAny>,
        ttl: Option<f64>,
    ) -> PyResult<bool> {
        let (key, ttl) = (key_of(key)?, lasting(ttl)?);
        self.data(py, db, |data| data.expire(key, ttl))?.map_err(raised)
    }

    /// Removes a key; whether it was there.
    fn data_delete(&self, py: Python<'_>, db: usize, key: &Bound<'_, PyAny>) -> PyResult<bool> {
        let key = key_of(key)?;
        self.data(py, db, |data| data.delete(key))
    }

    /// How much longer a key lives, in seconds.
    fn data_ttl(&self, py: Python<'_>, db: usize, key: &Bound<'_, PyAny>) -> PyResult<Option<f64>> {
        let key = key_of(key)?;
        Ok(self.data(py, db, |data| data.ttl(&key))?.map(|ttl| ttl.as_secs_f64()))
    }

    /// The type of a key.
    fn data_type(
        &self,
        py: Python<'_>,
        db: usize,
        key: &Bound<'_, PyAny>,
    ) -> PyResult<Option<&'static str>> {
        let key = key_of(key)?;
        self.data(py, db, |data| data.type_of(&key))
    }

    /// The keys that match a glob.
    fn data_keys<'py>(
        &self,
        py: Python<'py>,
        db: usize,
        glob: &Bound<'py, PyAny>,
    ) -> PyResult<Vec<Bound<'py, PyBytes>>> {
        let glob = key_of(glob)?;
        let keys = self.data(py, db, |data| data.keys(&glob))?;
        Ok(keys.iter().map(|key| PyBytes::new(py, key)).collect())
    }

    /// How many keys there are.
    fn data_len(&self, py: Python<'_>, db: usize) -> PyResult<usize> {
        self.data(py, db, Data::len)
    }

    /// Removes all keys of a database.
    fn data_clear(&self, py: Python<'_>, db: usize) -> PyResult<usize> {
        self.data(py, db, Data::clear)
    }

    /// Loads data: a `document`, a `file`, or a text of `json` or `yaml`.
    fn data_load(&self, py: Python<'_>, kind: &str, data: &Bound<'_, PyAny>) -> PyResult<()> {
        let seed = match kind {
            "json" => Seed::json(data.extract::<String>()?),
            "yaml" => Seed::yaml(data.extract::<String>()?),
            "file" => Seed::file(data.extract::<PathBuf>()?),
            _ => Seed::from(plain(data, DEEPEST)?),
        };
        self.data(py, 0, |data| data.load(seed))?.map_err(raised)
    }

    /// All databases as a text of `json` or `yaml`.
    fn data_dump(&self, py: Python<'_>, format: &str) -> PyResult<String> {
        let format = match format {
            "json" => DataFormat::Json,
            "yaml" => DataFormat::Yaml,
            _ => {
                let message = format!("option 'format' takes 'json' or 'yaml', not '{format}'");
                return Err(OptionError::new_err(message));
            }
        };
        self.data(py, 0, |data| data.dump(format))?.map_err(raised)
    }

    /// Takes a snapshot.
    fn snapshot(&self, py: Python<'_>, source: String) -> PyResult<Snapshot> {
        self.with(py, |faux| Snapshot(Once::new(Arc::new(faux.snapshot().made_at(source)))))
    }

    /// A guard that no key changes but those that match a glob.
    fn unchanged(
        &self,
        py: Python<'_>,
        except_: Vec<String>,
        source: String,
    ) -> PyResult<Unchanged> {
        self.with(py, |faux| {
            let unchanged = faux.unchanged().made_at(source);
            Unchanged(Once::new(except_.into_iter().fold(unchanged, faux_redis::Unchanged::except)))
        })
    }

    /// Goes back to a snapshot; how many keys had changed.
    fn restore(&self, py: Python<'_>, snapshot: &Snapshot) -> PyResult<usize> {
        self.check_home()?;
        let snapshot = snapshot.kept(py)?;
        self.with(py, |faux| faux.restore(&snapshot))?.map_err(raised)
    }

    /// What differs between two snapshots, or between one and now.
    fn diff(&self, py: Python<'_>, before: &Snapshot, after: Option<&Snapshot>) -> PyResult<Diff> {
        self.check_home()?;
        let before = before.kept(py)?;
        let after = after.map(|after| after.kept(py)).transpose()?;
        let diff = self.with(py, |faux| match after {
            Some(after) => faux.diff_between(&before, &after),
            None => faux.diff(&before),
        })?;
        diff.map(Diff).map_err(raised)
    }
}

impl Server {
    fn data<T: Send>(
        &self,
        py: Python<'_>,
        db: usize,
        work: impl FnOnce(&Data) -> T + Send,
    ) -> PyResult<T> {
        self.with(py, |faux| faux.data().db(db).map(|data| work(&data)))?.map_err(raised)
    }
}

/// Data for a server to begin with: a dict, or the path of a file.
pub(crate) fn seed(value: &Bound<'_, PyAny>) -> PyResult<Option<Seed>> {
    if value.is_instance_of::<PyDict>() {
        return Ok(Some(Seed::from(plain(value, DEEPEST)?)));
    }
    Ok(value.extract::<PathBuf>().ok().map(Seed::file))
}

fn lasting(ttl: Option<f64>) -> PyResult<Option<Duration>> {
    ttl.map(|seconds| convert::duration("ttl", seconds)).transpose()
}

fn key_of(key: &Bound<'_, PyAny>) -> PyResult<Bytes> {
    convert::exact(key)?.ok_or_else(|| {
        let message = format!("a key is a str, bytes, int or float, not {}", shown(key));
        OptionError::new_err(message)
    })
}

/// A Python value as documents have it.
fn plain(value: &Bound<'_, PyAny>, depth: usize) -> PyResult<Plain> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(OptionError::new_err("a value is nested too deeply, or holds itself"));
    };
    if value.is_none() {
        Ok(Plain::Null)
    } else if let Ok(truth) = value.cast::<PyBool>() {
        Ok(Plain::Bool(truth.is_true()))
    } else if let Ok(number) = value.cast::<PyInt>() {
        Ok(number.extract().map_or_else(|_| Plain::Text(number.to_string()), Plain::Int))
    } else if let Ok(number) = value.cast::<PyFloat>() {
        Ok(Plain::Float(number.value()))
    } else if let Ok(text) = value.cast::<PyString>() {
        let text = text.to_str().map_err(|_| {
            OptionError::new_err(format!("a text is one of UTF-8, or bytes, not {}", shown(value)))
        })?;
        Ok(Plain::Text(text.to_owned()))
    } else if let Ok(bytes) = value.cast::<PyBytes>() {
        Ok(Plain::Bytes(Bytes::copy_from_slice(bytes.as_bytes())))
    } else if let Ok(bytes) = value.cast::<PyByteArray>() {
        Ok(Plain::Bytes(bytes.to_vec().into()))
    } else if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        Ok(Plain::List(items(value, depth)?))
    } else if let Ok(dict) = value.cast::<PyDict>() {
        let pairs =
            dict.iter().map(|(key, value)| Ok((plain(&key, depth)?, plain(&value, depth)?)));
        Ok(Plain::Map(pairs.collect::<PyResult<_>>()?))
    } else if value.is_instance_of::<PySet>() || value.is_instance_of::<PyFrozenSet>() {
        let mut members = items(value, depth)?;
        // A set of Python's has another order in every run.
        members.sort_by_cached_key(ToString::to_string);
        Ok(Plain::Map(vec![(Plain::Text("$set".into()), Plain::List(members))]))
    } else {
        let message = format!(
            "a value is a str, bytes, int, float, list, dict, set, zset({{...}}), stream([...]) or \
             array({{...}}), not {}",
            shown(value)
        );
        Err(OptionError::new_err(message))
    }
}

fn items(values: &Bound<'_, PyAny>, depth: usize) -> PyResult<Vec<Plain>> {
    values.try_iter()?.map(|value| plain(&value?, depth)).collect()
}

fn shown(value: &Bound<'_, PyAny>) -> String {
    value.repr().map_or_else(|_| "what cannot be shown".into(), |repr| repr.to_string())
}

/// A value as Python has it, its type aside.
fn python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    let bytes = |bytes: &Bytes| PyBytes::new(py, bytes);
    let fields = |pairs: &[(Bytes, Bytes)]| -> Vec<_> {
        pairs.iter().map(|(field, value)| (bytes(field), bytes(value))).collect()
    };
    match value {
        Value::String(text) | Value::Dump(text) => Ok(bytes(text).into_any()),
        Value::List(items) | Value::Set(items) => {
            items.iter().map(bytes).collect::<Vec<_>>().into_bound_py_any(py)
        }
        Value::Hash { fields: pairs, .. } => fields(pairs).into_bound_py_any(py),
        Value::SortedSet(members) => {
            let members: Vec<_> = members.iter().map(|(m, score)| (bytes(m), *score)).collect();
            members.into_bound_py_any(py)
        }
        Value::Array(elements) => {
            let elements: Vec<_> = elements.iter().map(|(at, e)| (*at, bytes(e))).collect();
            elements.into_bound_py_any(py)
        }
        Value::Stream(stream) => {
            let entries: Vec<_> = stream
                .entries
                .iter()
                .map(|entry| (entry.id.clone(), fields(&entry.fields)))
                .collect();
            let groups: Vec<_> = stream
                .groups
                .iter()
                .map(|group| {
                    let consumers: Vec<_> = group.consumers.iter().map(bytes).collect();
                    let pending: Vec<_> = group
                        .pending
                        .iter()
                        .map(|entry| {
                            let consumer = entry.consumer.as_ref().map(bytes);
                            (entry.id.clone(), consumer, entry.deliveries)
                        })
                        .collect();
                    (bytes(&group.name), group.last_id.clone(), consumers, pending)
                })
                .collect();
            (entries, stream.last_id.clone(), groups).into_bound_py_any(py)
        }
        other => Ok(PyString::new(py, other.type_name()).into_any()),
    }
}

fn key_change<'py>(py: Python<'py>, change: &KeyChange) -> PyResult<Bound<'py, PyAny>> {
    let held = |held: &Option<(Value, Option<Duration>)>| {
        let held = held.as_ref();
        held.map(|(value, ttl)| {
            Ok((value.type_name(), python(py, value)?, ttl.map(|ttl| ttl.as_secs_f64())))
        })
        .transpose()
    };
    let held: (PyResult<_>, PyResult<_>) = (held(&change.before), held(&change.after));
    (change.db, PyBytes::new(py, &change.key), held.0?, held.1?).into_bound_py_any(py)
}
