//! Which server is played: its flavour and version.
use crate::number::{parse_decimal_f64, parse_f64};
use std::fmt;
use std::str::FromStr;

/// Redis or Valkey.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Flavour {
    /// Redis.
    #[default]
    Redis,
    /// Valkey.
    Valkey,
}

impl FromStr for Flavour {
    type Err = String;

    fn from_str(text: &str) -> Result<Flavour, String> {
        match text {
            "redis" => Ok(Flavour::Redis),
            "valkey" => Ok(Flavour::Valkey),
            _ => Err(format!("flavour is redis or valkey, not '{text}'")),
        }
    }
}

/// A version such as `7.0.15`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u16, pub u16, pub u16);

impl Version {
    /// A version written in a table row.
    pub(crate) fn known(text: &'static str) -> Version {
        text.parse().expect("a row's version has three numbers")
    }
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Version, String> {
        let mut numbers = text.split('.').map(str::parse);
        let version = match [numbers.next(), numbers.next(), numbers.next(), numbers.next()] {
            [Some(Ok(major)), minor, patch, None] => minor
                .unwrap_or(Ok(0))
                .and_then(|minor| Ok(Version(major, minor, patch.unwrap_or(Ok(0))?))),
            _ => return Err(wrong(text)),
        };
        version.map_err(|_| wrong(text))
    }
}

fn wrong(text: &str) -> String {
    format!("a version has up to three numbers, such as 7.0.15, not '{text}'")
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// The server that is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Persona {
    /// Redis or Valkey.
    pub flavour: Flavour,
    /// Its version.
    pub version: Version,
}

impl fmt::Display for Persona {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flavour = if self.flavour == Flavour::Valkey { "valkey" } else { "redis" };
        write!(f, "{flavour} {}", self.version)
    }
}

impl Persona {
    /// The version of `flavour` that is played when none is asked for.
    pub const fn newest(flavour: Flavour) -> Persona {
        let version = match flavour {
            Flavour::Redis => Version(8, 0, 2),
            Flavour::Valkey => Version(8, 1, 1),
        };
        Persona { flavour, version }
    }

    /// A persona this release can play.
    ///
    /// # Errors
    /// A sentence that names the version and what is accepted.
    pub fn new(flavour: Flavour, version: Version) -> Result<Persona, String> {
        let (least, below) = match flavour {
            Flavour::Redis => (Version(6, 2, 0), Version(9, 0, 0)),
            Flavour::Valkey => (Version(7, 2, 4), Version(10, 0, 0)),
        };
        if version >= least && version < below {
            Ok(Persona { flavour, version })
        } else {
            Err(format!(
                "version {version} is not played: {flavour:?} from {least} to below {below} is"
            ))
        }
    }

    /// The version of Redis it is compatible with: Valkey parted from Redis at 7.2.4.
    pub fn redis_version(self) -> Version {
        match self.flavour {
            Flavour::Redis => self.version,
            Flavour::Valkey => Version(7, 2, 4),
        }
    }

    /// Whether it does what Redis did from this version on.
    pub(crate) fn at_least(self, major: u16, minor: u16) -> bool {
        self.redis_version() >= Version(major, minor, 0)
    }

    /// Reads a floating point number as ZADD does.
    pub(crate) fn parse_f64(self, text: &[u8]) -> Option<f64> {
        if self.is_valkey_from(9, 1) { parse_decimal_f64(text) } else { parse_f64(text) }
    }

    pub(crate) fn is_valkey(self) -> bool {
        self.flavour == Flavour::Valkey
    }

    /// Whether it is Valkey of this version or later.
    pub(crate) fn is_valkey_from(self, major: u16, minor: u16) -> bool {
        self.is_valkey() && self.version >= Version(major, minor, 0)
    }
}

/// Sets of servers, for facts that differ between them.
pub(crate) mod servers {
    use super::Persona;

    /// Redis before 7.2.
    pub(crate) const OLD: u8 = 1;
    /// Redis from 7.2 on.
    pub(crate) const NEW: u8 = 1 << 1;
    pub(crate) const VALKEY: u8 = 1 << 2;
    /// Valkey before 9.1.
    pub(crate) const VALKEY_8: u8 = 1 << 3;
    /// Valkey from 9.1 on.
    pub(crate) const VALKEY_9: u8 = 1 << 4;
    /// Redis from 8.8 on.
    pub(crate) const REDIS_8_8: u8 = 1 << 5;
    pub(crate) const EVERYWHERE: u8 = OLD | NEW | VALKEY;

    /// Whether the persona is one of these servers.
    pub(crate) fn has(servers: u8, persona: Persona) -> bool {
        let own = match (persona.is_valkey(), persona.at_least(7, 2)) {
            (true, _) if persona.is_valkey_from(9, 1) => VALKEY | VALKEY_9,
            (true, _) => VALKEY | VALKEY_8,
            (false, true) if persona.at_least(8, 8) => NEW | REDIS_8_8,
            (false, true) => NEW,
            (false, false) => OLD,
        };
        servers & own != 0
    }
}

impl Default for Persona {
    fn default() -> Persona {
        Persona::newest(Flavour::Redis)
    }
}
