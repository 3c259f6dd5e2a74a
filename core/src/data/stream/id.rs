//! The ids of stream entries: a time in milliseconds and a number within it.
use crate::number::parse_u64_loosely;
use std::fmt;

/// An id. Ids grow from entry to entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct StreamId {
    pub(crate) ms: u64,
    pub(crate) seq: u64,
}

/// The id that a new entry asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NewId {
    /// `*`: the time, or the id after the last one if the clock went back.
    Auto,
    /// `ms-*`: the next number within this millisecond.
    Within(u64),
    Exactly(StreamId),
}

/// Real servers take no id that is longer.
const LONGEST: usize = 127;

impl StreamId {
    pub(crate) const MIN: StreamId = StreamId { ms: 0, seq: 0 };
    pub(crate) const MAX: StreamId = StreamId { ms: u64::MAX, seq: u64::MAX };

    /// Reads `ms-seq`, or `ms` alone with this number.
    pub(crate) fn parse(text: &[u8], missing_seq: u64) -> Option<StreamId> {
        let (ms, seq) = halves(text)?;
        let seq = seq.map_or(Some(missing_seq), parse_u64_loosely)?;
        Some(StreamId { ms, seq })
    }

    /// The id after this one.
    pub(crate) fn next(self) -> Option<StreamId> {
        match self {
            StreamId { ms, seq: u64::MAX } => Some(StreamId { ms: ms.checked_add(1)?, seq: 0 }),
            StreamId { ms, seq } => Some(StreamId { ms, seq: seq + 1 }),
        }
    }

    /// The id before this one.
    pub(crate) fn previous(self) -> Option<StreamId> {
        match self {
            StreamId { ms, seq: 0 } => Some(StreamId { ms: ms.checked_sub(1)?, seq: u64::MAX }),
            StreamId { ms, seq } => Some(StreamId { ms, seq: seq - 1 }),
        }
    }

    /// Its bytes in the order in which ids are sorted.
    pub(crate) fn key(self) -> [u8; 16] {
        (u128::from(self.ms) << 64 | u128::from(self.seq)).to_be_bytes()
    }
}

impl NewId {
    /// Reads what XADD takes for an id, except `*`.
    pub(crate) fn parse(text: &[u8]) -> Option<NewId> {
        match halves(text)? {
            (ms, Some(b"*")) => Some(NewId::Within(ms)),
            _ => StreamId::parse(text, 0).map(NewId::Exactly),
        }
    }

    /// The id that is meant at this time, if one is left that is larger than the last.
    pub(super) fn after(self, last: StreamId, now_ms: u64) -> Option<StreamId> {
        let next = last.next()?;
        let id = match self {
            NewId::Auto => next.max(StreamId { ms: now_ms, seq: 0 }),
            NewId::Within(ms) if ms == last.ms => next,
            NewId::Within(ms) => StreamId { ms, seq: 0 },
            NewId::Exactly(id) => id,
        };
        let is_within = !matches!(self, NewId::Within(ms) if ms != id.ms);
        (is_within && id > last).then_some(id)
    }
}

/// The milliseconds, and what stands behind the first dash.
fn halves(text: &[u8]) -> Option<(u64, Option<&[u8]>)> {
    if text.len() > LONGEST {
        return None;
    }
    let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
    let (ms, seq) = match text.iter().position(|byte| *byte == b'-') {
        Some(dash) => (&text[..dash], Some(&text[dash + 1..])),
        None => (text, None),
    };
    Some((parse_u64_loosely(ms)?, seq))
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.ms, self.seq)
    }
}

#[cfg(test)]
mod tests {
    use super::{NewId, StreamId};

    fn id(ms: u64, seq: u64) -> StreamId {
        StreamId { ms, seq }
    }

    #[test]
    fn ids_are_read_as_the_real_servers_read_them() {
        for (text, expected) in [
            ("5", Some(id(5, 9))),
            ("5-3", Some(id(5, 3))),
            ("005- +3", Some(id(5, 3))),
            ("1--03", Some(id(1, u64::MAX - 2))),
            ("18446744073709551615-18446744073709551615", Some(StreamId::MAX)),
            ("1\x002", Some(id(1, 9))),
            ("18446744073709551616", None),
            ("1-1-1", None),
            ("1-", None),
            ("-1", None),
            ("1--3", None),
            ("", None),
            ("+ 1", None),
            ("++1", None),
        ] {
            assert_eq!(StreamId::parse(text.as_bytes(), 9), expected, "{text:?}");
        }
        assert_eq!(StreamId::parse(&[b'0'; 128], 0), None);
    }

    #[test]
    fn ids_grow_also_when_the_clock_goes_back() {
        let last = id(5, 3);
        assert_eq!(NewId::Auto.after(last, 6), Some(id(6, 0)));
        assert_eq!(NewId::Auto.after(last, 5), Some(id(5, 4)));
        assert_eq!(NewId::Auto.after(last, 1), Some(id(5, 4)));
        assert_eq!(NewId::Auto.after(id(5, u64::MAX), 1), Some(id(6, 0)));
        assert_eq!(NewId::Auto.after(StreamId::MAX, 1), None);
    }

    #[test]
    fn a_number_within_a_millisecond_is_the_next_one_there() {
        assert_eq!(NewId::Within(5).after(id(5, 3), 0), Some(id(5, 4)));
        assert_eq!(NewId::Within(6).after(id(5, 3), 0), Some(id(6, 0)));
        assert_eq!(NewId::Within(4).after(id(5, 3), 0), None);
        assert_eq!(NewId::Within(5).after(id(5, u64::MAX), 0), None);
    }

    #[test]
    fn neighbours_of_an_id_cross_milliseconds() {
        assert_eq!(id(1, u64::MAX).next(), Some(id(2, 0)));
        assert_eq!(id(2, 0).previous(), Some(id(1, u64::MAX)));
        assert_eq!(StreamId::MIN.previous(), None);
        assert_eq!(StreamId::MAX.next(), None);
    }
}
