//! The settings of a server, as CONFIG GET and CONFIG SET know them.
use crate::data::limits::Limits;
use crate::persona::Persona;
use std::collections::BTreeMap;

/// One setting: its name, what it takes, and what it is at the start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) takes: Takes,
    pub(crate) default: &'static str,
}

/// What a setting takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    /// `yes` or `no`.
    Flag,
    /// An integer from the first to the second.
    Number(i64, i64),
    /// A number of bytes, with units.
    Memory,
    Text,
}

const fn parameter(name: &'static str, takes: Takes, default: &'static str) -> Parameter {
    Parameter { name, takes, default }
}

#[rustfmt::skip]
const PARAMETERS: &[Parameter] = &[
    parameter("client-query-buffer-limit", Takes::Memory, "1073741824"),
    parameter("databases", Takes::Number(1, i32::MAX as i64), "16"),
    parameter("hash-max-listpack-entries", Takes::Number(0, i64::MAX), "512"),
    parameter("hash-max-listpack-value", Takes::Number(0, i64::MAX), "64"),
    parameter("list-compress-depth", Takes::Number(0, i32::MAX as i64), "0"),
    parameter("list-max-listpack-size", Takes::Number(i32::MIN as i64, i32::MAX as i64), "-2"),
    parameter("maxclients", Takes::Number(1, u32::MAX as i64), "10000"),
    parameter("maxmemory-policy", Takes::Text, "noeviction"),
    parameter("notify-keyspace-events", Takes::Text, ""),
    parameter("proto-max-bulk-len", Takes::Memory, "536870912"),
    parameter("requirepass", Takes::Text, ""),
    parameter("set-max-intset-entries", Takes::Number(0, i64::MAX), "512"),
    parameter("set-max-listpack-entries", Takes::Number(0, i64::MAX), "128"),
    parameter("set-max-listpack-value", Takes::Number(0, i64::MAX), "64"),
    parameter("zset-max-listpack-entries", Takes::Number(0, i64::MAX), "128"),
    parameter("zset-max-listpack-value", Takes::Number(0, i64::MAX), "64"),
];

/// The settings in force.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    values: BTreeMap<&'static str, String>,
    /// `notify-keyspace-events` as the classes it stands for.
    notifications: Vec<u8>,
    output_limits: OutputLimits,
}

/// `client-output-buffer-limit`: how far a client may fall behind before it is cut off.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OutputLimits {
    pub(crate) normal: OutputLimit,
    pub(crate) replica: OutputLimit,
    pub(crate) pubsub: OutputLimit,
}

/// The limit of one class of clients, in bytes; zero is no limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OutputLimit {
    pub(crate) hard: usize,
    pub(crate) soft: usize,
    /// How long a client may stay over the soft limit.
    pub(crate) soft_seconds: i64,
}

impl Default for OutputLimits {
    fn default() -> OutputLimits {
        let limit = |hard, soft, soft_seconds| OutputLimit { hard, soft, soft_seconds };
        OutputLimits {
            normal: limit(0, 0, 0),
            replica: limit(256 << 20, 64 << 20, 60),
            pubsub: limit(32 << 20, 8 << 20, 60),
        }
    }
}

impl Config {
    pub(crate) fn new(_: Persona) -> Config {
        let defaults = PARAMETERS.iter().map(|p| (p.name, p.default.to_owned()));
        Config {
            values: defaults.collect(),
            notifications: Vec::new(),
            output_limits: OutputLimits::default(),
        }
    }

    pub(crate) fn output_limits(&self) -> &OutputLimits {
        &self.output_limits
    }

    /// Sets one setting.
    ///
    /// # Errors
    /// What is wrong with the name or the value, in a sentence.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let name = name.to_ascii_lowercase();
        let Some(parameter) = PARAMETERS.iter().find(|p| p.name == name) else {
            return Err(format!("unknown setting '{name}'"));
        };
        self.values.insert(parameter.name, value.to_owned());
        if parameter.name == "notify-keyspace-events" {
            self.notifications = classes(value);
        }
        Ok(())
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        &self.values[name]
    }

    pub(crate) fn number(&self, name: &str) -> i64 {
        self.values[name].parse().expect("a number was checked when it was set")
    }

    pub(crate) fn databases(&self) -> usize {
        self.size("databases")
    }

    pub(crate) fn size(&self, name: &str) -> usize {
        usize::try_from(self.number(name)).expect("a size was checked when it was set")
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
            zset_max_listpack_entries: self.size("zset-max-listpack-entries"),
            zset_max_listpack_value: self.size("zset-max-listpack-value"),
            list_max_listpack_size: self.number("list-max-listpack-size"),
            list_compress_depth: self.size("list-compress-depth"),
            hash_listpackex: !persona.is_valkey(),
            set_listpack: newer,
            list_listpack: newer,
        }
    }

    /// The classes of events that are told, `K` and `E` among them; nothing when none is.
    pub(crate) fn notifications(&self) -> &[u8] {
        &self.notifications
    }
}

/// The letters of `notify-keyspace-events`, `A` spelled out.
fn classes(value: &str) -> Vec<u8> {
    let all = b"g$lshzxetd";
    let letters = value.bytes().flat_map(|c| if c == b'A' { all.to_vec() } else { vec![c] });
    letters.collect()
}
