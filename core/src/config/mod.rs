//! The settings of a server, as CONFIG GET and CONFIG SET know them.

mod checked;
mod parameters;
mod takes;

use crate::data::limits::Limits;
use crate::glob::{self, Case};
use crate::persona::Persona;
use crate::resp::{Error, Result};
use crate::store::Pace;
use bytes::Bytes;
use parameters::{ALIASES, PARAMETERS, Parameter};
use std::borrow::Cow;
use std::collections::BTreeMap;
use takes::Takes;

pub(crate) use takes::memory as parse_memory;

/// The settings in force.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    persona: Persona,
    settings: BTreeMap<&'static str, Setting>,
    /// `notify-keyspace-events` as the classes it stands for.
    notifications: Vec<u8>,
    output_limits: OutputLimits,
    each_request: EachRequest,
}

/// What every request asks of the settings, worked out when they change.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct EachRequest {
    /// `proto-max-bulk-len`, in bytes.
    pub(crate) bulk_limit: i64,
    /// `client-query-buffer-limit`, in bytes.
    pub(crate) query_limit: usize,
    /// `maxmemory`, in bytes; zero is no limit.
    pub(crate) max_memory: usize,
    /// `min-replicas-to-write`, if `min-replicas-max-lag` lets it count.
    pub(crate) min_replicas: usize,
    /// Whether there is a `requirepass`.
    pub(crate) needs_password: bool,
}

#[derive(Clone, Debug)]
struct Setting {
    parameter: &'static Parameter,
    value: Bytes,
}

/// `client-output-buffer-limit`: how far a client may fall behind before it is cut off.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct OutputLimits {
    pub(crate) normal: OutputLimit,
    pub(crate) replica: OutputLimit,
    pub(crate) pubsub: OutputLimit,
}

/// The limit of one class of clients, in bytes; zero is no limit.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct OutputLimit {
    pub(crate) hard: usize,
    pub(crate) soft: usize,
    /// How long a client may stay over the soft limit.
    pub(crate) soft_seconds: i64,
}

impl Config {
    pub(crate) fn new(persona: Persona) -> Config {
        let rows = PARAMETERS.iter().filter(|row| row.is_on(persona));
        let setting = |row: &'static Parameter| {
            (
                row.name,
                Setting { parameter: row, value: Bytes::from_static(row.default.as_bytes()) },
            )
        };
        let mut config = Config {
            persona,
            settings: rows.map(setting).collect(),
            notifications: Vec::new(),
            output_limits: OutputLimits::default(),
            each_request: EachRequest::default(),
        };
        config.derive();
        config
    }

    /// Sets one setting before the server starts.
    ///
    /// # Errors
    /// What is wrong with the name or the value, in a sentence.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let Some((_, name)) = self.find(name.as_bytes()) else {
            return Err(format!("unknown setting '{name}'"));
        };
        let takes = match self.settings[name].parameter.takes {
            // Of what only redis.conf can say, this alone has an effect here.
            Takes::Fixed if name == "databases" => Takes::Number(1, i64::from(i32::MAX)),
            takes => takes,
        };
        let wrong = |why: Cow<'static, str>| format!("setting '{name}': {why}");
        if takes == Takes::Fixed && self.text(name) != value {
            return Err(wrong("this server knows no other value than its default".into()));
        }
        self.assign(name, takes, value.as_bytes()).map_err(wrong)?;
        self.derive();
        Ok(())
    }

    /// Sets all these settings, or none of them.
    pub(crate) fn change(&mut self, pairs: &[[Bytes; 2]]) -> Result<()> {
        let mut found: Vec<(&'static str, &'static str)> = Vec::new();
        for [said, _] in pairs {
            let (shown, name) = self.find(said).ok_or_else(|| Error::unknown_setting(said))?;
            if self.settings[name].parameter.takes == Takes::Fixed {
                return Err(Error::config_set(said, "can't set immutable config"));
            }
            if found.iter().any(|(known, _)| *known == shown) {
                return Err(Error::config_set(said, "duplicate parameter"));
            }
            found.push((shown, name));
        }
        let mut next = self.clone();
        for ((shown, name), [_, value]) in found.into_iter().zip(pairs) {
            let takes = next.settings[name].parameter.takes;
            next.assign(name, takes, value)
                .map_err(|why| Error::config_set(shown.as_bytes(), &why))?;
        }
        next.derive();
        *self = next;
        Ok(())
    }

    /// The settings that have one of these names, or match one of these patterns. One that is
    /// named is told back as it was named.
    pub(crate) fn matching(&self, patterns: &[Bytes]) -> Vec<(Bytes, Bytes)> {
        let mut told: BTreeMap<&'static str, (Bytes, Bytes)> = BTreeMap::new();
        for pattern in patterns {
            if !pattern.iter().any(|byte| b"*?[".contains(byte)) {
                if let Some((shown, name)) = self.find(pattern) {
                    told.entry(shown)
                        .or_insert_with(|| (pattern.clone(), self.bytes(name).clone()));
                }
                continue;
            }
            let told_to_all = |name: &str| !self.settings[name].parameter.hidden;
            for (shown, name) in self.names().filter(|(_, name)| told_to_all(name)) {
                if glob::matches(pattern, shown.as_bytes(), Case::Insensitive) {
                    let spelled = Bytes::from_static(shown.as_bytes());
                    told.entry(shown).or_insert_with(|| (spelled, self.bytes(name).clone()));
                }
            }
        }
        told.into_values().collect()
    }

    pub(crate) fn bytes(&self, name: &str) -> &Bytes {
        &self.settings[name].value
    }

    /// A setting as text. Only a password or a path can be something else: those that may not
    /// be are compared by [`Config::bytes`].
    pub(crate) fn text(&self, name: &str) -> &str {
        std::str::from_utf8(self.bytes(name)).unwrap_or("\u{fffd}")
    }

    pub(crate) fn number(&self, name: &str) -> i64 {
        self.text(name).parse().expect("a number was checked when it was set")
    }

    /// A setting that has no sign; where the persona does not have it, zero.
    pub(crate) fn size(&self, name: &str) -> usize {
        let value = self.settings.get(name).map_or("0", |_| self.text(name));
        value.parse().expect("a size was checked when it was set")
    }

    pub(crate) fn databases(&self) -> usize {
        self.size("databases")
    }

    pub(crate) fn each_request(&self) -> EachRequest {
        self.each_request
    }

    pub(crate) fn output_limits(&self) -> &OutputLimits {
        &self.output_limits
    }

    /// The classes of events that are told, `K` and `E` among them; nothing when none is.
    pub(crate) fn notifications(&self) -> &[u8] {
        &self.notifications
    }

    /// The thresholds at which values change their encoding.
    pub(crate) fn limits(&self, persona: Persona) -> Limits {
        let newer = persona.at_least(7, 2);
        Limits {
            hash_max_listpack_entries: self.size("hash-max-listpack-entries"),
            hash_max_listpack_value: self.size("hash-max-listpack-value"),
            set_max_intset_entries: self.size("set-max-intset-entries"),
            set_max_listpack_entries: self.size("set-max-listpack-entries"),
            set_max_listpack_value: self.size("set-max-listpack-value"),
            stream_node_max_bytes: self.size("stream-node-max-bytes"),
            stream_node_max_entries: self.size("stream-node-max-entries"),
            zset_max_listpack_entries: self.size("zset-max-listpack-entries"),
            zset_max_listpack_value: self.size("zset-max-listpack-value"),
            list_max_listpack_size: self.number("list-max-listpack-size"),
            list_compress_depth: self.size("list-compress-depth"),
            hash_listpackex: !persona.is_valkey(),
            set_listpack: newer,
            list_listpack: newer,
            strings_with_keys: match () {
                () if persona.is_valkey_from(9, 1) => 128,
                () if persona.is_valkey_from(8, 1) => 64,
                () => 0,
            },
        }
    }

    /// How fast the counters of uses climb and sink.
    pub(crate) fn pace(&self) -> Pace {
        Pace {
            log_factor: self.number("lfu-log-factor").unsigned_abs(),
            decay_minutes: self.number("lfu-decay-time"),
        }
    }

    /// The port it listens on, which only the shell knows.
    pub(crate) fn listens_on(&mut self, port: u16) {
        if let Some(setting) = self.settings.get_mut("port") {
            setting.value = port.to_string().into();
        }
    }

    /// The server that is replicated, as `replicaof` tells it.
    pub(crate) fn replicates(&mut self, master: Bytes) {
        if let Some(setting) = self.settings.get_mut("replicaof") {
            setting.value = master;
        }
    }

    fn assign(&mut self, name: &str, takes: Takes, said: &[u8]) -> Result<(), Cow<'static, str>> {
        let before = self.bytes(name).clone();
        let value = takes.read(said, &before, self.persona)?;
        self.settings.get_mut(name).expect("the name was found").value = value;
        if name == "notify-keyspace-events" {
            // What is told back hides some of the classes that were said.
            self.notifications = checked::classes(&String::from_utf8_lossy(said));
        }
        Ok(())
    }

    /// What is worked out of settings once, and not each time they are asked for.
    fn derive(&mut self) {
        self.output_limits = checked::output_limits(self.text("client-output-buffer-limit"));
        self.each_request = EachRequest {
            bulk_limit: self.number("proto-max-bulk-len"),
            query_limit: self.size("client-query-buffer-limit"),
            max_memory: self.size("maxmemory"),
            min_replicas: match self.number("min-replicas-max-lag") {
                0 => 0,
                _ => self.size("min-replicas-to-write"),
            },
            needs_password: !self.bytes("requirepass").is_empty(),
        };
    }

    /// Every name there is, and the one its setting is kept under.
    fn names(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let own = self.settings.keys().map(|name| (*name, *name));
        let aliases = ALIASES.iter().filter(|alias| alias.is_on(self.persona));
        own.chain(aliases.map(|alias| (alias.other, alias.name)))
    }

    /// A name as it is spelled, and the one its setting is kept under.
    fn find(&self, name: &[u8]) -> Option<(&'static str, &'static str)> {
        let name = std::str::from_utf8(name).ok()?.to_ascii_lowercase();
        if let Some(setting) = self.settings.get(name.as_str()) {
            return Some((setting.parameter.name, setting.parameter.name));
        }
        self.names().find(|(shown, _)| *shown == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::persona::{Flavour, Version};

    fn personas() -> Vec<Persona> {
        let persona = |flavour, version| Persona { flavour, version };
        vec![
            persona(Flavour::Redis, Version(7, 0, 15)),
            persona(Flavour::Redis, Version(8, 0, 2)),
            persona(Flavour::Valkey, Version(8, 1, 1)),
        ]
    }

    #[test]
    fn no_persona_has_two_settings_of_one_name() {
        for persona in personas() {
            let rows = PARAMETERS.iter().filter(|row| row.is_on(persona));
            let aliases = ALIASES.iter().filter(|alias| alias.is_on(persona));
            let mut names: Vec<_> =
                rows.map(|row| row.name).chain(aliases.map(|alias| alias.other)).collect();
            let count = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), count);
        }
    }

    #[test]
    fn every_default_is_a_value_its_setting_takes_and_is_told_back_as_it_is() {
        for persona in personas() {
            let config = Config::new(persona);
            for (name, setting) in &config.settings {
                let read = setting.parameter.takes.read(&setting.value, &setting.value, persona);
                assert_eq!(read.as_ref(), Ok(&setting.value), "{name}");
            }
        }
    }

    #[test]
    fn every_alias_stands_for_a_setting_of_its_persona() {
        for persona in personas() {
            let config = Config::new(persona);
            for (_, name) in config.names() {
                assert!(config.settings.contains_key(name), "{name}");
            }
        }
    }

    #[test]
    fn one_wrong_value_changes_nothing() {
        let mut config = Config::new(Persona::default());
        let pair = |name: &'static str, value: &'static str| [name.into(), value.into()];
        let result = config.change(&[pair("timeout", "5"), pair("hz", "x")]);
        assert!(result.is_err());
        assert_eq!(config.number("timeout"), 0);
    }
}
