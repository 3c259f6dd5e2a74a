//! Which of the format's forms a server writes and reads.
use super::kind;
use crate::persona::Persona;

/// The format as one server has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    persona: Persona,
    /// `rdbcompression`: whether long strings are compressed when that makes them shorter.
    pub(super) compresses: bool,
    /// `rdb-version-check`: whether versions that are not known are tried.
    is_relaxed: bool,
}

impl Form {
    pub(crate) fn new(persona: Persona, compresses: bool, is_relaxed: bool) -> Form {
        Form { persona, compresses, is_relaxed }
    }

    /// The version of the format that it writes, and the newest it reads.
    pub(crate) fn version(self) -> u16 {
        if self.persona.is_valkey_from(9, 0) {
            return 80;
        }
        match () {
            () if self.persona.at_least(7, 4) => 12,
            () if self.persona.at_least(7, 2) => 11,
            () if self.persona.at_least(7, 0) => 10,
            () => 9,
        }
    }

    /// Whether it reads this version. Valkey reads none that Redis made after the two had parted.
    pub(crate) fn reads(self, version: u16) -> bool {
        let foreign = self.persona.is_valkey() && (version == 0 || (12..80).contains(&version));
        self.is_relaxed || (version <= self.version() && !foreign)
    }

    pub(super) fn persona(self) -> Persona {
        self.persona
    }

    pub(super) fn is_valkey(self) -> bool {
        self.persona.is_valkey()
    }

    /// Whether small collections are written as listpacks; before, they were ziplists.
    pub(super) fn has_listpacks(self) -> bool {
        self.persona.at_least(7, 0)
    }

    /// Whether a large element of a list is written by itself. Before 7.2 it would have to be of a gigabyte.
    pub(super) fn has_large_elements(self) -> bool {
        self.persona.at_least(7, 2)
    }

    /// Whether scores in listpacks are written with as few digits as needed, or always with 17.
    pub(super) fn has_short_doubles(self) -> bool {
        self.persona.at_least(7, 2)
    }

    pub(super) fn kind_of_streams(self) -> u8 {
        match self.version() {
            ..=9 => kind::STREAM_LISTPACKS,
            10 => kind::STREAM_LISTPACKS_2,
            11.. => kind::STREAM_LISTPACKS_3,
        }
    }

    /// Whether it has arrays.
    pub(super) fn has_arrays(self) -> bool {
        self.persona.at_least(8, 8)
    }

    /// Whether a stream must have as many entries as it says.
    pub(super) fn counts_entries(self) -> bool {
        self.persona.is_valkey_from(9, 0)
    }

    /// The highest number of a type of value.
    pub(super) fn highest_kind(self) -> u8 {
        match self.version() {
            ..=9 => 15,
            10 => 19,
            11 => 21,
            12..80 => 25,
            80.. => 22,
        }
    }
}
