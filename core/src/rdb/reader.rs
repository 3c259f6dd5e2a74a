//! Lengths, strings and numbers, read from bytes that may be anything.
use super::{Flaw, Read, lzf};
use crate::number::{RangeReader, parse_range_f64};
use bytes::Bytes;

/// A place in bytes. Nothing is allocated that is longer than what it is read from, but for what is compressed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// A length, or how a string is encoded that has none.
enum Length {
    Plain(u64),
    Encoded(u8),
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes, at: 0 }
    }

    /// How many bytes were read.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn take(&mut self, count: usize) -> Read<&'a [u8]> {
        let taken = self.bytes[self.at..].get(..count).ok_or(Flaw::Truncated)?;
        self.at += count;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Read<[u8; N]> {
        Ok(self.take(N)?.try_into().expect("as many were taken"))
    }

    pub(super) fn byte(&mut self) -> Read<u8> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    pub(super) fn i32(&mut self) -> Read<i32> {
        Ok(i32::from_le_bytes(self.array()?))
    }

    /// Also a time in milliseconds.
    pub(super) fn i64(&mut self) -> Read<i64> {
        Ok(i64::from_le_bytes(self.array()?))
    }

    pub(super) fn u64(&mut self) -> Read<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub(super) fn f64(&mut self) -> Read<f64> {
        Ok(f64::from_le_bytes(self.array()?))
    }

    /// A length or a count. What would be the encoding of a string counts as a small one, as on the real server.
    pub(super) fn length(&mut self) -> Read<u64> {
        match self.length_or_encoding()? {
            // The real server has this number for "none".
            Length::Plain(u64::MAX) => Err(Flaw::Truncated),
            Length::Plain(length) => Ok(length),
            Length::Encoded(encoding) => Ok(encoding.into()),
        }
    }

    /// As [`Reader::length`], but every number is one.
    pub(super) fn number(&mut self) -> Read<u64> {
        Ok(match self.length_or_encoding()? {
            Length::Plain(number) => number,
            Length::Encoded(encoding) => encoding.into(),
        })
    }

    /// As [`Reader::number`]; one of an unknown form is the highest, as where the real server does not look.
    pub(super) fn loose_number(&mut self) -> Read<u64> {
        match self.number() {
            Err(Flaw::Corrupt(_)) => Ok(u64::MAX),
            number => number,
        }
    }

    fn length_or_encoding(&mut self) -> Read<Length> {
        let first = self.byte()?;
        let low = first & 0x3f;
        Ok(match (first >> 6, first) {
            (0, _) => Length::Plain(low.into()),
            (1, _) => Length::Plain(u64::from(low) << 8 | u64::from(self.byte()?)),
            (3, _) => Length::Encoded(low),
            (_, 0x80) => Length::Plain(u32::from_be_bytes(self.array()?).into()),
            (_, 0x81) => Length::Plain(u64::from_be_bytes(self.array()?)),
            _ => return Err(Flaw::Corrupt("a length of an unknown form")),
        })
    }

    fn size(&mut self) -> Read<usize> {
        usize::try_from(self.length()?).map_err(|_| Flaw::Truncated)
    }

    /// A string, which may be written as an integer or compressed.
    pub(super) fn string(&mut self) -> Read<Bytes> {
        let encoding = match self.length_or_encoding()? {
            Length::Plain(length) => {
                let length = usize::try_from(length).map_err(|_| Flaw::Truncated)?;
                return Ok(Bytes::copy_from_slice(self.take(length)?));
            }
            Length::Encoded(encoding) => encoding,
        };
        let integer: i32 = match encoding {
            0 => i8::from_le_bytes(self.array()?).into(),
            1 => i16::from_le_bytes(self.array()?).into(),
            2 => self.i32()?,
            3 => {
                let (compressed, length) = (self.size()?, self.size()?);
                return Ok(lzf::decompress(self.take(compressed)?, length)?.into());
            }
            _ => return Err(Flaw::Corrupt("a string of an unknown encoding")),
        };
        Ok(integer.to_string().into())
    }

    /// A double written as a text behind its length.
    pub(super) fn text_double(&mut self) -> Read<f64> {
        match self.byte()? {
            255 => Ok(f64::NEG_INFINITY),
            254 => Ok(f64::INFINITY),
            253 => Ok(f64::NAN),
            len => leading_double(self.take(len.into())?)
                .ok_or(Flaw::Corrupt("a score that is no number")),
        }
    }
}

/// The number at the beginning of a text, as C's `strtod` finds it.
pub(super) fn leading_double(text: &[u8]) -> Option<f64> {
    /// More of a text the real server does not look at.
    const MOST: usize = 255;
    let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
    let text = &text[..text.len().min(MOST)];
    let prefixes = (1..=text.len()).rev().map(|end| &text[..end]);
    prefixes
        .filter(|prefix| !prefix.trim_ascii().is_empty())
        .find_map(|prefix| parse_range_f64(prefix, RangeReader::Strtod))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_four_forms() {
        for (bytes, length) in [
            (&b"\x3f"[..], 63),
            (b"\x41\x02", 258),
            (b"\x80\x00\x01\x00\x00", 65536),
            (b"\x81\x00\x00\x00\x01\x00\x00\x00\x00", 1 << 32),
            (b"\xc5", 5),
        ] {
            assert_eq!(Reader::new(bytes).length(), Ok(length));
        }
        assert!(Reader::new(b"\x82").length().is_err());
        assert_eq!(Reader::new(b"\x80\x00").length(), Err(Flaw::Truncated));
    }

    #[test]
    fn a_bad_length_allocates_nothing() {
        assert_eq!(
            Reader::new(b"\x81\x7f\xff\xff\xff\xff\xff\xff\xffx").string(),
            Err(Flaw::Truncated)
        );
        let compressed = b"\xc3\x02\x81\x7f\xff\xff\xff\xff\xff\xff\xff\x00a";
        assert!(matches!(Reader::new(compressed).string(), Err(Flaw::Corrupt(_))));
    }

    #[test]
    fn a_double_ends_where_it_is_no_number_any_more() {
        assert_eq!(leading_double(b" 1.5e3x"), Some(1500.0));
        assert_eq!(leading_double(b"-inf!"), Some(f64::NEG_INFINITY));
        assert_eq!(leading_double(b"x1"), None);
        assert_eq!(leading_double(b""), None);
        assert_eq!(leading_double(b" "), None);
    }
}
