//! The value of a string key: an integer or bytes.

use bytes::{Bytes, BytesMut};

use crate::number::parse_i64;

/// The longest text that the real server puts into one allocation with its object.
const EMBEDDED_LEN: usize = 44;

/// Bytes, or an integer in its one canonical spelling, which is kept as a number.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    value: Value,
}

#[derive(Clone, Debug)]
enum Value {
    Integer(i64),
    /// Set as a whole: `embstr` or `raw` by length.
    Whole(Bytes),
    /// Stored beside its key, whatever its length: always `embstr`.
    Beside(Bytes),
    /// Changed in place since it was set: always `raw`.
    Raw(Bytes),
}

impl Default for Text {
    fn default() -> Text {
        Text { value: Value::Whole(Bytes::new()) }
    }
}

impl From<Bytes> for Text {
    fn from(bytes: Bytes) -> Text {
        Text { value: parse_i64(&bytes).map_or(Value::Whole(bytes), Value::Integer) }
    }
}

impl From<i64> for Text {
    fn from(integer: i64) -> Text {
        Text { value: Value::Integer(integer) }
    }
}

impl Text {
    /// A text that is not looked through for an integer: what INCRBYFLOAT leaves.
    pub(crate) fn unparsed(bytes: Bytes) -> Text {
        Text { value: Value::Whole(bytes) }
    }

    /// A text that was made by changing bytes: what SETRANGE, SETBIT and BITOP leave.
    pub(crate) fn raw(bytes: Bytes) -> Text {
        Text { value: Value::Raw(bytes) }
    }

    /// The text; bytes are shared, not copied.
    pub(crate) fn as_bytes(&self) -> Bytes {
        match &self.value {
            Value::Integer(integer) => Bytes::from(integer.to_string()),
            Value::Whole(bytes) | Value::Beside(bytes) | Value::Raw(bytes) => bytes.clone(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        match &self.value {
            Value::Integer(integer) => {
                let digits = integer.unsigned_abs().checked_ilog10().unwrap_or(0) as usize + 1;
                digits + usize::from(*integer < 0)
            }
            Value::Whole(bytes) | Value::Beside(bytes) | Value::Raw(bytes) => bytes.len(),
        }
    }

    /// The integer that the text spells.
    pub(crate) fn as_int(&self) -> Option<i64> {
        match &self.value {
            Value::Integer(integer) => Some(*integer),
            Value::Whole(bytes) | Value::Beside(bytes) | Value::Raw(bytes) => parse_i64(bytes),
        }
    }

    pub(crate) fn set_int(&mut self, integer: i64) {
        self.value = Value::Integer(integer);
    }

    /// Appends and returns the new length. The bytes are copied only if a reply that shares them is still on its way.
    pub(crate) fn append(&mut self, more: &[u8]) -> usize {
        self.change(|bytes| bytes.extend_from_slice(more))
    }

    /// Overwrites from an offset on, filling a gap with zeros, and returns the new length.
    pub(crate) fn set_range(&mut self, offset: usize, patch: &[u8]) -> usize {
        self.change(|bytes| {
            let end = offset + patch.len();
            if bytes.len() < end {
                bytes.resize(end, 0);
            }
            bytes[offset..end].copy_from_slice(patch);
        })
    }

    /// Changes the bytes in place as bit commands do, and returns the new length.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut BytesMut)) -> usize {
        self.change_and(|bytes| {
            change(bytes);
            bytes.len()
        })
    }

    /// Changes the bytes in place, and returns what came of it.
    pub(crate) fn change_and<T>(&mut self, change: impl FnOnce(&mut BytesMut) -> T) -> T {
        let bytes = match std::mem::replace(&mut self.value, Value::Integer(0)) {
            Value::Integer(integer) => Bytes::from(integer.to_string()),
            Value::Whole(bytes) | Value::Beside(bytes) | Value::Raw(bytes) => bytes,
        };
        let mut bytes = bytes.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&shared[..]));
        let result = change(&mut bytes);
        self.value = Value::Raw(bytes.freeze());
        result
    }

    /// Makes the text at least this long, with zeros at its end, and ready for `change`; whether it became longer.
    pub(crate) fn grow(&mut self, len: usize) -> bool {
        let old = self.len();
        let grow = |bytes: &mut BytesMut| {
            if bytes.is_empty() {
                // Zeros that nobody has written to cost no memory.
                *bytes = BytesMut::zeroed(len);
            } else if bytes.len() < len {
                bytes.resize(len, 0);
            }
        };
        self.change(grow) > old
    }

    /// The bytes from one index to another, both included and, when negative, counted from the end, as by GETRANGE.
    pub(crate) fn range(&self, start: i64, end: i64) -> Bytes {
        let bytes = self.as_bytes();
        if start < 0 && end < 0 && start > end {
            return Bytes::new();
        }
        let from_start = |index: i64| match usize::try_from(index) {
            Ok(index) => Some(index),
            Err(_) => {
                bytes.len().checked_sub(usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX))
            }
        };
        let start = from_start(start).unwrap_or(0);
        let end = from_start(end).unwrap_or(0).saturating_add(1).min(bytes.len());
        if start >= end { Bytes::new() } else { bytes.slice(start..end) }
    }

    /// Lets the text be `raw` from now on if there is no room for it beside what it is stored with. What has room may
    /// be longer than what stands alone.
    pub(crate) fn embed(&mut self, room: Option<usize>, at_any_length: bool) {
        let (Value::Whole(bytes) | Value::Beside(bytes)) = &self.value else { return };
        if room.is_none_or(|room| bytes.len() > room) {
            self.value = Value::Raw(bytes.clone());
        } else if at_any_length {
            self.value = Value::Beside(bytes.clone());
        }
    }

    pub(crate) fn encoding(&self) -> &'static str {
        match &self.value {
            Value::Integer(_) => "int",
            Value::Beside(_) => "embstr",
            Value::Whole(bytes) if bytes.len() <= EMBEDDED_LEN => "embstr",
            Value::Whole(_) | Value::Raw(_) => "raw",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Text {
        Text::from(Bytes::copy_from_slice(text.as_bytes()))
    }

    #[test]
    fn encodings_are_those_of_the_real_server() {
        assert_eq!(text("-12").encoding(), "int");
        assert_eq!(text("9223372036854775807").encoding(), "int");
        assert_eq!(text("9223372036854775808").encoding(), "embstr");
        assert_eq!(text("012").encoding(), "embstr");
        assert_eq!(text(&"x".repeat(44)).encoding(), "embstr");
        assert_eq!(text(&"x".repeat(45)).encoding(), "raw");
        assert_eq!(Text::unparsed(Bytes::from_static(b"5")).encoding(), "embstr");
        let mut appended = text("1");
        appended.append(b"2");
        assert_eq!((appended.encoding(), appended.as_int()), ("raw", Some(12)));
        appended.set_int(13);
        assert_eq!(appended.encoding(), "int");
    }

    #[test]
    fn an_integer_knows_its_length() {
        for integer in [0, 9, 10, -1, -10, i64::MAX, i64::MIN] {
            assert_eq!(Text::from(integer).len(), integer.to_string().len(), "{integer}");
        }
    }

    #[test]
    fn an_unshared_text_is_appended_to_in_place() {
        let mut text = Text::raw(Bytes::new());
        let mut moves = 0;
        let mut place = std::ptr::null();
        for _ in 0..10_000 {
            text.append(b"0123456789");
            let bytes = text.as_bytes();
            moves += usize::from(bytes.as_ptr() != place);
            place = bytes.as_ptr();
        }
        assert_eq!(text.len(), 100_000);
        assert!(moves < 30, "{moves}");
    }

    #[test]
    fn a_shared_text_is_not_changed_behind_its_reader() {
        let mut text = text("hello");
        let read = text.as_bytes();
        text.set_range(1, b"u");
        assert_eq!((read, text.as_bytes()), (Bytes::from("hello"), Bytes::from("hullo")));
    }

    #[test]
    fn a_patch_behind_the_end_is_padded_with_zeros() {
        let mut text = text("ab");
        assert_eq!(text.set_range(4, b"c"), 5);
        assert_eq!(text.as_bytes(), &b"ab\0\0c"[..]);
    }

    #[test]
    fn ranges_count_from_both_ends() {
        let text = text("This is a string");
        for (start, end, expected) in [
            (0, 3, "This"),
            (-3, -1, "ing"),
            (0, -1, "This is a string"),
            (10, 100, "string"),
            (5, 3, ""),
            (100, 200, ""),
            (-1, -3, ""),
            (-100, -17, "T"),
            (-100, 0, "T"),
            (i64::MIN, i64::MAX, "This is a string"),
        ] {
            assert_eq!(text.range(start, end), expected, "{start} {end}");
        }
    }
}
