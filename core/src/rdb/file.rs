//! Whole files: the databases of a server with their keys, and what else it kept.
use super::payload::CHECKSUM;
use super::reader::Reader;
use super::writer::Writer;
use super::{Flaw, Form, Read, kind, load, save};
use crate::data::limits::Limits;
use crate::store::Value;
use bytes::Bytes;
use std::fmt;

const MAGIC: &[u8] = b"REDIS";
/// Of Valkey 9 and later.
const VALKEY_MAGIC: &[u8] = b"VALKEY";
/// The length of the magic word and the version.
const HEAD: usize = 9;

/// The first version with a checksum.
const CHECKED: u16 = 5;

/// What stands where the type of a value could.
mod opcode {
    pub(super) const SLOT_IMPORT: u8 = 243;
    pub(super) const SLOT_INFO: u8 = 244;
    pub(super) const FUNCTION: u8 = 245;
    pub(super) const FUNCTION_EARLY: u8 = 246;
    pub(super) const MODULE_AUX: u8 = 247;
    pub(super) const IDLE: u8 = 248;
    pub(super) const FREQUENCY: u8 = 249;
    pub(super) const AUX: u8 = 250;
    pub(super) const RESIZE: u8 = 251;
    pub(super) const EXPIRY_MS: u8 = 252;
    pub(super) const EXPIRY: u8 = 253;
    pub(super) const SELECT: u8 = 254;
    pub(super) const END: u8 = 255;
}

/// A key of a file.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) db: usize,
    pub(crate) key: Bytes,
    pub(crate) value: Value,
    pub(crate) expires_at_ms: Option<i64>,
    /// For how many seconds it was not used.
    pub(crate) idle_s: Option<u64>,
    /// How often it was used, on the scale of OBJECT FREQ.
    pub(crate) frequency: Option<u8>,
}

/// What a file holds.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    pub(crate) records: Vec<Record>,
    /// The source of each library of functions.
    pub(crate) functions: Vec<Bytes>,
}

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Magic,
    Version { found: u16, newest: u16 },
    Checksum,
    At { byte: usize, flaw: Flaw },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Magic => f.write_str("it is no RDB file"),
            Fault::Version { found, newest } => {
                write!(
                    f,
                    "it is of version {found} of the RDB format, and the server that is played reads up to {newest}"
                )
            }
            Fault::Checksum => f.write_str("its checksum is not that of its bytes"),
            Fault::At { byte, flaw } => write!(f, "before byte {byte}: {flaw}"),
        }
    }
}

/// Reads a whole file.
pub(crate) fn read(bytes: &[u8], form: Form, limits: &Limits) -> Result<Contents, Fault> {
    let version = version_of(bytes)?;
    if !form.reads(version) {
        return Err(Fault::Version { found: version, newest: form.version() });
    }
    let mut reader = Reader::new(bytes);
    let contents =
        records(&mut reader, form, limits).map_err(|flaw| Fault::At { byte: reader.at(), flaw })?;
    if version >= CHECKED {
        let expected = CHECKSUM.checksum(&bytes[..reader.at()]);
        let found = reader.u64().map_err(|flaw| Fault::At { byte: reader.at(), flaw })?;
        // It is zero if the server that wrote it was told not to work it out.
        if found != 0 && found != expected {
            return Err(Fault::Checksum);
        }
    }
    Ok(contents)
}

fn version_of(bytes: &[u8]) -> Result<u16, Fault> {
    let head = bytes.get(..HEAD).ok_or(Fault::Magic)?;
    let digits = head.strip_prefix(VALKEY_MAGIC).or_else(|| head.strip_prefix(MAGIC));
    let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
    digits.and_then(|digits| digits.parse().ok()).filter(|version| *version > 0).ok_or(Fault::Magic)
}

fn records(reader: &mut Reader<'_>, form: Form, limits: &Limits) -> Read<Contents> {
    let mut contents = Contents::default();
    let (mut db, mut noted) = (0, Noted::default());
    reader.take(HEAD)?;
    loop {
        match reader.byte()? {
            opcode::END => return Ok(contents),
            opcode::SELECT => {
                db = usize::try_from(reader.length()?)
                    .map_err(|_| Flaw::Corrupt("a database of an impossible number"))?;
            }
            opcode::EXPIRY => noted.expires_at_ms = Some(i64::from(reader.i32()?) * 1000),
            opcode::EXPIRY_MS => noted.expires_at_ms = Some(reader.i64()?),
            opcode::IDLE => noted.idle_s = Some(reader.length()?),
            opcode::FREQUENCY => noted.frequency = Some(reader.byte()?),
            opcode::RESIZE => skip_lengths(reader, 2)?,
            opcode::SLOT_INFO => skip_lengths(reader, 3)?,
            opcode::SLOT_IMPORT => {
                reader.string()?;
                let ranges = reader.length()?;
                (0..ranges).try_for_each(|_| skip_lengths(reader, 2))?;
            }
            opcode::AUX => {
                reader.string()?;
                reader.string()?;
            }
            opcode::FUNCTION => contents.functions.push(reader.string()?),
            opcode::FUNCTION_EARLY => {
                return Err(Flaw::Corrupt("a function in the form of a release candidate"));
            }
            opcode::MODULE_AUX => {
                skip_lengths(reader, 3)?;
                skip_module_value(reader)?;
            }
            kind::MODULE_2 => return Err(Flaw::Corrupt("a value of a module")),
            kind => {
                let key = reader.string()?;
                let Noted { expires_at_ms, idle_s, frequency } = std::mem::take(&mut noted);
                match load::value(kind, reader, form, limits) {
                    Ok(value) => {
                        let record = Record { db, key, value, expires_at_ms, idle_s, frequency };
                        contents.records.push(record);
                    }
                    // Old servers could leave such a key behind; it is passed over.
                    Err(Flaw::Empty) => {}
                    Err(flaw) => return Err(flaw),
                }
            }
        }
    }
}

/// What was said of the next key.
#[derive(Default)]
struct Noted {
    expires_at_ms: Option<i64>,
    idle_s: Option<u64>,
    frequency: Option<u8>,
}

fn skip_lengths(reader: &mut Reader<'_>, count: usize) -> Read<()> {
    (0..count).try_for_each(|_| reader.length().map(drop))
}

/// Passes over what a module has written, which says of each of its parts what it is.
fn skip_module_value(reader: &mut Reader<'_>) -> Read<()> {
    loop {
        match reader.length()? {
            0 => return Ok(()),
            1 | 2 => drop(reader.length()?),
            3 => drop(reader.take(4)?),
            4 => drop(reader.take(8)?),
            5 => drop(reader.string()?),
            _ => return Err(Flaw::Corrupt("a part of a module's value of an unknown kind")),
        }
    }
}

/// A file being written.
#[derive(Debug)]
pub(crate) struct Snapshot {
    writer: Writer,
    form: Form,
}

impl Snapshot {
    /// Begins a file written at a time, in seconds.
    pub(crate) fn new(form: Form, now_s: i64, used_memory: usize) -> Snapshot {
        let mut writer = Writer::new(form.compresses);
        let version = form.version();
        let magic = if version < 80 { MAGIC } else { VALKEY_MAGIC };
        let digits = HEAD - magic.len();
        writer.out.extend_from_slice(magic);
        writer.out.extend(format!("{version:0digits$}").bytes());
        let mut snapshot = Snapshot { writer, form };
        let persona = form.persona();
        let name = if persona.is_valkey() { "valkey-ver" } else { "redis-ver" };
        snapshot.aux(name, &persona.version.to_string());
        snapshot.aux("redis-bits", &usize::BITS.to_string());
        snapshot.aux("ctime", &now_s.to_string());
        snapshot.aux("used-mem", &used_memory.to_string());
        snapshot.aux(if persona.at_least(7, 0) { "aof-base" } else { "aof-preamble" }, "0");
        snapshot
    }

    fn aux(&mut self, name: &str, value: &str) {
        self.writer.byte(opcode::AUX);
        self.writer.string(name.as_bytes());
        self.writer.string(value.as_bytes());
    }

    pub(crate) fn function(&mut self, source: &[u8]) {
        self.writer.byte(opcode::FUNCTION);
        self.writer.string(source);
    }

    /// What follows is of this database, with so many keys, and so many that expire.
    pub(crate) fn select(&mut self, db: usize, keys: usize, volatile: usize) {
        self.writer.byte(opcode::SELECT);
        self.writer.count(db);
        self.writer.byte(opcode::RESIZE);
        self.writer.count(keys);
        self.writer.count(volatile);
    }

    pub(crate) fn key(&mut self, key: &[u8], value: &Value, expires_at_ms: Option<i64>) {
        if let Some(at) = expires_at_ms {
            self.writer.byte(opcode::EXPIRY_MS);
            self.writer.i64(at);
        }
        self.writer.byte(save::kind_of(value, self.form));
        self.writer.string(key);
        save::value(&mut self.writer, value, self.form);
    }

    /// Says that the next key was not used for so many seconds.
    pub(crate) fn idle(&mut self, seconds: u64) {
        self.writer.byte(opcode::IDLE);
        self.writer.length(seconds);
    }

    /// Says how often the next key was used.
    pub(crate) fn frequency(&mut self, frequency: u8) {
        self.writer.byte(opcode::FREQUENCY);
        self.writer.byte(frequency);
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.writer.byte(opcode::END);
        let checksum = CHECKSUM.checksum(&self.writer.out);
        self.writer.out.extend(checksum.to_le_bytes());
        self.writer.out
    }
}
