//! What DUMP answers and RESTORE takes: a value, the version of the format, and a checksum.
use super::reader::Reader;
use super::writer::Writer;
use super::{Flaw, Form, load, save};
use crate::data::limits::Limits;
use crate::store::Value;
use bytes::Bytes;
use crc::{CRC_64_REDIS, Crc, Table};

/// The checksum of the format.
pub(super) const CHECKSUM: Crc<u64, Table<16>> = Crc::<u64, Table<16>>::new(&CRC_64_REDIS);
const VERSION_LEN: usize = 2;
const CHECKSUM_LEN: usize = 8;

/// Why a payload is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Its version is too new, or its checksum is not that of its bytes.
    Footer,
    Value(Flaw),
}

/// A value as DUMP gives it.
pub(crate) fn dump(value: &Value, form: Form) -> Bytes {
    let mut writer = Writer::new(form.compresses);
    writer.byte(save::kind_of(value, form));
    save::value(&mut writer, value, form);
    let mut out = writer.out;
    out.extend(form.version().to_le_bytes());
    let checksum = CHECKSUM.checksum(&out);
    out.extend(checksum.to_le_bytes());
    out.into()
}

/// The value that RESTORE is given. What stands between it and the footer does not matter, as on the real server.
pub(crate) fn restore(
    payload: &[u8],
    form: Form,
    limits: &Limits,
    checks: bool,
) -> Result<Value, Refusal> {
    let footer = payload.len().checked_sub(VERSION_LEN + CHECKSUM_LEN).ok_or(Refusal::Footer)?;
    let (said, checksum) = payload.split_at(footer + VERSION_LEN);
    let version = u16::from_le_bytes([said[footer], said[footer + 1]]);
    let holds = !checks || CHECKSUM.checksum(said).to_le_bytes() == *checksum;
    if !form.reads(version) || !holds {
        return Err(Refusal::Footer);
    }
    let mut reader = Reader::new(payload);
    let kind = reader.byte().map_err(Refusal::Value)?;
    load::value(kind, &mut reader, form, limits).map_err(Refusal::Value)
}
