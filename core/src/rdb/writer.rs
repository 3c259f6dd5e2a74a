//! Lengths, strings and numbers, written as the real server writes them.
use super::lzf;
use crate::number::parse_i64;

/// The longest text that is looked through for an integer.
const LONGEST_INTEGER: usize = 11;
/// The longest string that is not worth compressing.
const SHORT: usize = 20;
/// What compressing must at least save.
const LEAST_SAVING: usize = 4;

const INT8: u8 = 0xc0;
const INT16: u8 = 0xc1;
const INT32: u8 = 0xc2;
const LZF: u8 = 0xc3;

/// Bytes being written.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) out: Vec<u8>,
    compresses: bool,
}

impl Writer {
    pub(super) fn new(compresses: bool) -> Writer {
        Writer { out: Vec::new(), compresses }
    }

    pub(super) fn byte(&mut self, byte: u8) {
        self.out.push(byte);
    }

    /// Also a time in milliseconds.
    pub(super) fn i64(&mut self, number: i64) {
        self.out.extend(number.to_le_bytes());
    }

    pub(super) fn f64(&mut self, number: f64) {
        self.out.extend(number.to_le_bytes());
    }

    pub(super) fn count(&mut self, count: usize) {
        self.length(count as u64);
    }

    pub(super) fn length(&mut self, length: u64) {
        let low = length.to_be_bytes();
        match length {
            0..0x40 => self.out.push(low[7]),
            0x40..0x4000 => self.out.extend([0x40 | low[6], low[7]]),
            0x4000..=0xffff_ffff => {
                self.out.push(0x80);
                self.out.extend(&low[4..]);
            }
            _ => {
                self.out.push(0x81);
                self.out.extend(low);
            }
        }
    }

    /// A string: as an integer if it spells one that is short, compressed if that is worth it.
    pub(super) fn string(&mut self, text: &[u8]) {
        let spelled = if text.len() <= LONGEST_INTEGER { parse_i64(text) } else { None };
        if spelled.is_some_and(|integer| self.short_integer(integer)) {
            return;
        }
        if self.compresses
            && text.len() > SHORT
            && let Some(packed) = lzf::compress(text, text.len() - LEAST_SAVING)
        {
            self.byte(LZF);
            self.count(packed.len());
            self.count(text.len());
            self.out.extend(packed);
            return;
        }
        self.verbatim(text);
    }

    /// A string that is kept as an integer, however long.
    pub(super) fn integer(&mut self, integer: i64) {
        if !self.short_integer(integer) {
            self.verbatim(integer.to_string().as_bytes());
        }
    }

    fn verbatim(&mut self, text: &[u8]) {
        self.count(text.len());
        self.out.extend_from_slice(text);
    }

    fn short_integer(&mut self, integer: i64) -> bool {
        if let Ok(short) = i8::try_from(integer) {
            self.byte(INT8);
            self.out.extend(short.to_le_bytes());
        } else if let Ok(short) = i16::try_from(integer) {
            self.byte(INT16);
            self.out.extend(short.to_le_bytes());
        } else if let Ok(short) = i32::try_from(integer) {
            self.byte(INT32);
            self.out.extend(short.to_le_bytes());
        } else {
            return false;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::reader::Reader;
    use super::*;

    #[test]
    fn lengths_come_back() {
        for length in [0, 63, 64, 16383, 16384, u32::MAX.into(), 1 << 32, u64::MAX - 1] {
            let mut writer = Writer::new(true);
            writer.length(length);
            assert_eq!(Reader::new(&writer.out).length(), Ok(length));
        }
    }

    #[test]
    fn strings_come_back_in_the_form_the_real_server_gives_them() {
        let long = "ab".repeat(100);
        for (text, first) in [
            ("", 0),
            ("0", INT8),
            ("-128", INT8),
            ("128", INT16),
            ("32768", INT32),
            ("-2147483648", INT32),
            ("2147483648", 10),
            ("007", 3),
            ("aaaaaaaaaaaaaaaaaaaa", 20),
            (long.as_str(), LZF),
        ] {
            let mut writer = Writer::new(true);
            writer.string(text.as_bytes());
            assert_eq!(writer.out[0], first, "{text}");
            assert_eq!(Reader::new(&writer.out).string().unwrap(), text);
        }
    }
}
