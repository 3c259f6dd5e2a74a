//! Listpacks: entries in a row, each with its length before and behind it.
use super::{Flaw, Read};
use crate::number::parse_i64;
use bytes::Bytes;

const HEAD: usize = 6;
const END: u8 = 0xff;
/// The count of a listpack with more entries than the count can say.
const UNCOUNTED: usize = 0xffff;

/// An entry of a compact form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry<'a> {
    Integer(i64),
    Text(&'a [u8]),
}

impl Entry<'_> {
    pub(super) fn to_bytes(self) -> Bytes {
        match self {
            Entry::Integer(integer) => integer.to_string().into(),
            Entry::Text(text) => Bytes::copy_from_slice(text),
        }
    }
}

/// A listpack being written.
#[derive(Debug)]
pub(super) struct Listpack {
    bytes: Vec<u8>,
    count: usize,
}

impl Listpack {
    pub(super) fn new() -> Listpack {
        Listpack { bytes: vec![0; HEAD], count: 0 }
    }

    /// Adds an entry; a text that spells an integer becomes one.
    pub(super) fn push(&mut self, text: &[u8]) {
        match parse_i64(text) {
            Some(integer) => self.push_integer(integer),
            None => self.push_text(text),
        }
    }

    pub(super) fn push_integer(&mut self, integer: i64) {
        let low = integer.to_le_bytes();
        let start = self.bytes.len();
        match integer {
            0..=127 => self.bytes.push(low[0]),
            -4096..=4095 => self.bytes.extend([0xc0 | low[1] & 0x1f, low[0]]),
            -0x8000..=0x7fff => self.push_wide(0xf1, &low[..2]),
            -0x80_0000..=0x7f_ffff => self.push_wide(0xf2, &low[..3]),
            -0x8000_0000..=0x7fff_ffff => self.push_wide(0xf3, &low[..4]),
            _ => self.push_wide(0xf4, &low),
        }
        self.close(start);
    }

    fn push_wide(&mut self, kind: u8, low: &[u8]) {
        self.bytes.push(kind);
        self.bytes.extend_from_slice(low);
    }

    pub(super) fn push_text(&mut self, text: &[u8]) {
        let start = self.bytes.len();
        let len = u32::try_from(text.len()).expect("a small form holds no four gigabytes");
        let low = len.to_le_bytes();
        match len {
            0..64 => self.bytes.push(0x80 | low[0]),
            64..4096 => self.bytes.extend([0xe0 | low[1], low[0]]),
            _ => self.push_wide(0xf0, &low),
        }
        self.bytes.extend_from_slice(text);
        self.close(start);
    }

    /// Writes the length of the entry that began at `start` behind it: seven bits a byte, the highest first.
    fn close(&mut self, start: usize) {
        let len = self.bytes.len() - start;
        for at in (0..back_len(len)).rev() {
            let bits = u8::try_from(len >> (7 * at) & 0x7f).expect("seven bits fit");
            self.bytes.push(bits);
        }
        let marked = self.bytes.len() - back_len(len) + 1;
        self.bytes[marked..].iter_mut().for_each(|byte| *byte |= 0x80);
        self.count += 1;
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.bytes.push(END);
        let size = u32::try_from(self.bytes.len()).expect("a small form holds no four gigabytes");
        let count = u16::try_from(self.count.min(UNCOUNTED)).expect("it is no more than that");
        self.bytes[..4].copy_from_slice(&size.to_le_bytes());
        self.bytes[4..HEAD].copy_from_slice(&count.to_le_bytes());
        self.bytes
    }
}

/// The entries of a listpack, each of which is looked at as closely as `sanitize-dump-payload` demands.
pub(super) fn read(bytes: &[u8]) -> Read<Vec<Entry<'_>>> {
    let entries = read_uncounted(bytes)?;
    let count = usize::from(u16::from_le_bytes([bytes[4], bytes[5]]));
    if count == UNCOUNTED || count == entries.len() { Ok(entries) } else { Err(CORRUPT) }
}

/// As [`read`], whatever the listpack says of how many entries it has.
pub(super) fn read_uncounted(bytes: &[u8]) -> Read<Vec<Entry<'_>>> {
    let end = bytes.len().checked_sub(1).filter(|end| *end >= HEAD).ok_or(CORRUPT)?;
    let size = u32::from_le_bytes(bytes[..4].try_into().expect("four bytes are four bytes"));
    if size as usize != bytes.len() || bytes[end] != END {
        return Err(CORRUPT);
    }
    let (mut at, mut entries) = (HEAD, Vec::new());
    while bytes[at] != END {
        let (entry, len) = entry(&bytes[at..end]).ok_or(CORRUPT)?;
        let behind = at + len + back_len(len);
        if behind > end || len_before(&bytes[..behind]) != Some(len) {
            return Err(CORRUPT);
        }
        entries.push(entry);
        at = behind;
    }
    if at == end { Ok(entries) } else { Err(CORRUPT) }
}

const CORRUPT: Flaw = Flaw::Corrupt("a listpack that does not hold together");

/// The entry at the beginning, and its length.
fn entry(bytes: &[u8]) -> Option<(Entry<'_>, usize)> {
    let first = *bytes.first()?;
    let text = |head: usize, len: usize| {
        let text = bytes.get(head..head.checked_add(len)?)?;
        Some((Entry::Text(text), head + len))
    };
    let integer = |width: usize| {
        let low = bytes.get(1..=width)?;
        Some((Entry::Integer(little_endian(low)), width + 1))
    };
    match first {
        0..0x80 => Some((Entry::Integer(first.into()), 1)),
        0x80..0xc0 => text(1, usize::from(first & 0x3f)),
        0xc0..0xe0 => {
            let bits = i64::from(first & 0x1f) << 8 | i64::from(*bytes.get(1)?);
            Some((Entry::Integer(if bits < 1 << 12 { bits } else { bits - (1 << 13) }), 2))
        }
        0xe0..0xf0 => text(2, usize::from(first & 0x0f) << 8 | usize::from(*bytes.get(1)?)),
        0xf0 => text(5, u32::from_le_bytes(bytes.get(1..5)?.try_into().ok()?) as usize),
        0xf1 => integer(2),
        0xf2 => integer(3),
        0xf3 => integer(4),
        0xf4 => integer(8),
        0xf5.. => None,
    }
}

/// A signed integer of up to eight bytes, the lowest first.
pub(super) fn little_endian(low: &[u8]) -> i64 {
    let unsigned = low.iter().rev().fold(0_i64, |number, byte| number << 8 | i64::from(*byte));
    let unused = 64 - 8 * low.len();
    unsigned << unused >> unused
}

/// How many bytes say the length of an entry backwards.
fn back_len(len: usize) -> usize {
    match len {
        0..=127 => 1,
        128..=16_382 => 2,
        16_383..=2_097_150 => 3,
        2_097_151..=268_435_454 => 4,
        _ => 5,
    }
}

/// The length of the entry that ends here, as it says it backwards.
fn len_before(bytes: &[u8]) -> Option<usize> {
    const MOST: usize = 5;
    let mut len = 0;
    for (at, byte) in bytes.iter().rev().take(MOST).enumerate() {
        len |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some(len);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(texts: &[&str]) -> Vec<u8> {
        let mut listpack = Listpack::new();
        texts.iter().for_each(|text| listpack.push(text.as_bytes()));
        listpack.finish()
    }

    #[test]
    fn a_small_one_is_that_of_the_real_server() {
        let expected = b"\x11\x00\x00\x00\x04\x00\x81a\x02\x01\x01\x81b\x02\x02\x01\xff";
        assert_eq!(packed(&["a", "1", "b", "2"]), expected);
    }

    #[test]
    fn entries_of_every_size_come_back() {
        let numbers = [
            0,
            127,
            128,
            -1,
            4095,
            -4096,
            4096,
            -32768,
            8_388_607,
            -8_388_608,
            i32::MAX.into(),
            i64::MIN,
        ];
        let mut texts: Vec<String> = numbers.iter().map(i64::to_string).collect();
        texts.extend([0, 63, 64, 127, 4095, 4096, 16_380, 70_000].map(|len| "x".repeat(len)));
        let bytes = packed(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        let back = read(&bytes).unwrap();
        assert_eq!(back.iter().map(|entry| entry.to_bytes()).collect::<Vec<_>>(), texts);
    }

    #[test]
    fn every_truncation_and_most_changes_are_refused() {
        let bytes = packed(&["field", "1234", "x"]);
        for end in 0..bytes.len() {
            assert_eq!(read(&bytes[..end]), Err(CORRUPT));
        }
        for at in 0..HEAD {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert_eq!(read(&changed), Err(CORRUPT));
        }
    }
}
