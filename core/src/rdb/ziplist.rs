//! Ziplists, what listpacks were before Redis 7: each entry says how long the one before it is.
use super::listpack::{Entry, little_endian};
use super::{Flaw, Read};
use crate::number::parse_i64;

const HEAD: usize = 10;
const END: u8 = 0xff;
/// The count of a ziplist with more entries than the count can say.
const UNCOUNTED: usize = 0xffff;
/// The first length of an entry before that takes five bytes.
const LONG: usize = 254;

/// A ziplist being written.
#[derive(Debug)]
pub(super) struct Ziplist {
    bytes: Vec<u8>,
    count: usize,
    /// Where the last entry starts.
    last: usize,
}

impl Ziplist {
    pub(super) fn new() -> Ziplist {
        Ziplist { bytes: vec![0; HEAD], count: 0, last: HEAD }
    }

    /// Adds an entry; a text that spells an integer becomes one.
    pub(super) fn push(&mut self, text: &[u8]) {
        let before = self.bytes.len() - self.last;
        self.last = self.bytes.len();
        self.count += 1;
        match u8::try_from(before) {
            Ok(before) if usize::from(before) < LONG => self.bytes.push(before),
            _ => self.push_wide(0xfe, &size(before).to_le_bytes()),
        }
        match parse_i64(text) {
            Some(integer) => self.push_integer(integer),
            None => self.push_text(text),
        }
    }

    fn push_integer(&mut self, integer: i64) {
        let low = integer.to_le_bytes();
        match integer {
            0..=12 => self.bytes.push(0xf1 + low[0]),
            -0x80..=0x7f => self.push_wide(0xfe, &low[..1]),
            -0x8000..=0x7fff => self.push_wide(0xc0, &low[..2]),
            -0x80_0000..=0x7f_ffff => self.push_wide(0xf0, &low[..3]),
            -0x8000_0000..=0x7fff_ffff => self.push_wide(0xd0, &low[..4]),
            _ => self.push_wide(0xe0, &low),
        }
    }

    fn push_text(&mut self, text: &[u8]) {
        let len = size(text.len());
        let high = len.to_be_bytes();
        match len {
            0..0x40 => self.bytes.push(high[3]),
            0x40..0x4000 => self.bytes.extend([0x40 | high[2], high[3]]),
            _ => self.push_wide(0x80, &high),
        }
        self.bytes.extend_from_slice(text);
    }

    fn push_wide(&mut self, kind: u8, bytes: &[u8]) {
        self.bytes.push(kind);
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.bytes.push(END);
        let count = u16::try_from(self.count.min(UNCOUNTED)).expect("it is no more than that");
        let sizes = [self.bytes.len(), self.last].map(|number| size(number).to_le_bytes()).concat();
        self.bytes[..8].copy_from_slice(&sizes);
        self.bytes[8..HEAD].copy_from_slice(&count.to_le_bytes());
        self.bytes
    }
}

fn size(number: usize) -> u32 {
    u32::try_from(number).expect("a small form holds no four gigabytes")
}

/// The entries of a ziplist, each of which is looked at closely.
pub(super) fn read(bytes: &[u8]) -> Read<Vec<Entry<'_>>> {
    let end = bytes.len().checked_sub(1).filter(|end| *end >= HEAD).ok_or(CORRUPT)?;
    let [size, tail] = [0, 4].map(|at| {
        u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes are four bytes"))
            as usize
    });
    let count = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    if size != bytes.len() || bytes[end] != END || tail > end {
        return Err(CORRUPT);
    }
    let (mut at, mut before, mut entries) = (HEAD, 0, Vec::new());
    while bytes[at] != END {
        let (said, entry, len) = entry(&bytes[at..end]).ok_or(CORRUPT)?;
        if said != before {
            return Err(CORRUPT);
        }
        entries.push(entry);
        (at, before) = (at + len, len);
    }
    let is_counted = count == UNCOUNTED || count == entries.len();
    let is_tail = entries.is_empty() || tail == at - before;
    if at == end && is_counted && is_tail { Ok(entries) } else { Err(CORRUPT) }
}

const CORRUPT: Flaw = Flaw::Corrupt("a ziplist that does not hold together");

/// What the entry at the beginning says of the one before it, the entry, and its length.
fn entry(bytes: &[u8]) -> Option<(usize, Entry<'_>, usize)> {
    let (before, start) = match *bytes.first()? {
        long @ 254.. => {
            let _ = long;
            (u32::from_le_bytes(bytes.get(1..5)?.try_into().ok()?) as usize, 5)
        }
        short => (usize::from(short), 1),
    };
    let bytes = bytes.get(start..)?;
    let first = *bytes.first()?;
    let text = |head: usize, len: usize| {
        let text = bytes.get(head..head.checked_add(len)?)?;
        Some((Entry::Text(text), head + len))
    };
    let integer = |width: usize| {
        let low = bytes.get(1..=width)?;
        Some((Entry::Integer(little_endian(low)), width + 1))
    };
    let (entry, len) = match first {
        0..0x40 => text(1, usize::from(first)),
        0x40..0x80 => text(2, usize::from(first & 0x3f) << 8 | usize::from(*bytes.get(1)?)),
        0x80..0xc0 => text(5, u32::from_be_bytes(bytes.get(1..5)?.try_into().ok()?) as usize),
        0xc0 => integer(2),
        0xd0 => integer(4),
        0xe0 => integer(8),
        0xf0 => integer(3),
        0xfe => integer(1),
        0xf1..=0xfd => Some((Entry::Integer(i64::from(first & 0x0f) - 1), 1)),
        _ => None,
    }?;
    Some((before, entry, start + len))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(texts: &[String]) -> Vec<u8> {
        let mut ziplist = Ziplist::new();
        texts.iter().for_each(|text| ziplist.push(text.as_bytes()));
        ziplist.finish()
    }

    #[test]
    fn entries_of_every_size_come_back() {
        let numbers = [0, 12, 13, -1, 127, -128, 128, 32767, -8_388_608, 8_388_608, i64::MAX];
        let mut texts: Vec<String> = numbers.iter().map(i64::to_string).collect();
        texts.extend([0, 63, 64, 251, 252, 253, 254, 16_383, 16_384].map(|len| "x".repeat(len)));
        let bytes = packed(&texts);
        let back = read(&bytes).unwrap();
        assert_eq!(back.iter().map(|entry| entry.to_bytes()).collect::<Vec<_>>(), texts);
    }

    #[test]
    fn every_truncation_is_refused() {
        let bytes = packed(&["field".to_owned(), "1234".to_owned()]);
        assert!((0..bytes.len()).all(|end| read(&bytes[..end]).is_err()));
    }
}
