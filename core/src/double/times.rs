//! How often a call is to be made.
use std::fmt;
use std::ops::{RangeFrom, RangeInclusive, RangeToInclusive};

/// How often an expectation must be met: exactly, or at least and at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// At least so often.
    pub least: u64,
    /// At most so often; `u64::MAX` for no limit.
    pub most: u64,
}

impl From<u64> for Times {
    fn from(n: u64) -> Times {
        Times { least: n, most: n }
    }
}

impl From<RangeInclusive<u64>> for Times {
    fn from(range: RangeInclusive<u64>) -> Times {
        Times { least: *range.start(), most: *range.end() }
    }
}

impl From<RangeFrom<u64>> for Times {
    fn from(range: RangeFrom<u64>) -> Times {
        Times { least: range.start, most: u64::MAX }
    }
}

impl From<RangeToInclusive<u64>> for Times {
    fn from(range: RangeToInclusive<u64>) -> Times {
        Times { least: 0, most: range.end }
    }
}

impl Times {
    /// Whether it can be at all: no range that ends before it begins.
    pub(crate) fn is_possible(self) -> bool {
        self.least <= self.most
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.least, self.most) {
            (0, 0) => f.write_str("never"),
            (1, 1) => f.write_str("once"),
            (n, m) if n == m => write!(f, "{n} times"),
            (1, u64::MAX) => f.write_str("at least once"),
            (0, u64::MAX) => f.write_str("any number of times"),
            (0, 1) => f.write_str("at most once"),
            (0, m) => write!(f, "at most {m} times"),
            (n, u64::MAX) => write!(f, "at least {n} times"),
            (n, m) => write!(f, "{n} to {m} times"),
        }
    }
}
