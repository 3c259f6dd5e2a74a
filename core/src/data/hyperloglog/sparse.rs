//! Registers as runs of equal ones, a byte each, or two for a long run of zeros.
use super::{Corrupted, HEADER_LEN};
use bytes::BytesMut;
use std::ops::Range;

/// The highest value a run can have, and the lengths it can have.
const MAX_VALUE: u8 = 32;
const MAX_VALUES: usize = 4;
const MAX_ZEROS: usize = 64;

/// Registers that follow each other and have the same value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Run {
    /// At most 64 zeros, in one byte: `00` and the length.
    Zeros(usize),
    /// Any number of zeros, in two bytes: `01` and the length.
    ManyZeros(usize),
    /// At most four registers of a value of at most 32, in one byte: `1`, the value and the length.
    Values(u8, usize),
}

impl Run {
    /// Reads the run that begins at a byte. Half of a long run of zeros is read as if a zero byte followed.
    fn at(bytes: &[u8], at: usize) -> Option<Run> {
        let byte = *bytes.get(at)?;
        let low = usize::from(byte & 0x3f);
        Some(match byte >> 6 {
            0 => Run::Zeros(low + 1),
            1 => {
                let next = bytes.get(at + 1).copied().unwrap_or(0);
                Run::ManyZeros((low << 8 | usize::from(next)) + 1)
            }
            _ => Run::Values((byte >> 2 & 0x1f) + 1, usize::from(byte & 3) + 1),
        })
    }

    /// How many registers it covers.
    pub(crate) fn len(self) -> usize {
        match self {
            Run::Zeros(len) | Run::ManyZeros(len) | Run::Values(_, len) => len,
        }
    }

    /// The value of each of them.
    pub(crate) fn value(self) -> u8 {
        if let Run::Values(value, _) = self { value } else { 0 }
    }

    /// How many bytes it takes.
    fn width(self) -> usize {
        if matches!(self, Run::ManyZeros(_)) { 2 } else { 1 }
    }
}

/// The runs of a sparse `HyperLogLog`.
pub(crate) fn runs(bytes: &[u8]) -> impl Iterator<Item = Run> {
    let mut at = HEADER_LEN;
    std::iter::from_fn(move || {
        let run = Run::at(bytes, at)?;
        at += run.width();
        Some(run)
    })
}

/// Appends a run of zeros, in as few bytes as it takes.
pub(super) fn push_zeros(bytes: &mut BytesMut, len: usize) {
    let [.., high, low] = (len - 1).to_be_bytes();
    if len > MAX_ZEROS {
        bytes.extend_from_slice(&[0x40 | high, low]);
    } else {
        bytes.extend_from_slice(&[low]);
    }
}

fn values(value: u8, len: usize) -> u8 {
    let [.., len] = (len - 1).to_be_bytes();
    0x80 | (value - 1) << 2 | len
}

/// What became of raising a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Raised {
    Not,
    InPlace,
    /// There are no runs for it, or no room for them.
    NeedsDense,
}

/// The run that covers a register.
struct Covering {
    run: Run,
    /// The byte it begins at, and that of the run before it.
    at: usize,
    before: usize,
    /// The first register it covers.
    first: usize,
}

impl Covering {
    fn of(bytes: &[u8], register: usize) -> Option<Covering> {
        let mut here = Covering {
            run: Run::at(bytes, HEADER_LEN)?,
            at: HEADER_LEN,
            before: HEADER_LEN,
            first: 0,
        };
        while register >= here.first + here.run.len() {
            let at = here.at + here.run.width();
            let first = here.first + here.run.len();
            here = Covering { run: Run::at(bytes, at)?, at, before: here.at, first };
        }
        Some(here)
    }

    /// The runs that take its place when a register of it has this value.
    fn split(&self, register: usize, value: u8) -> BytesMut {
        let mut parts = BytesMut::with_capacity(5);
        let push_rest = |parts: &mut BytesMut, len: usize| match self.run {
            _ if len == 0 => {}
            Run::Values(old, _) => parts.extend_from_slice(&[values(old, len)]),
            Run::Zeros(_) | Run::ManyZeros(_) => push_zeros(parts, len),
        };
        push_rest(&mut parts, register - self.first);
        parts.extend_from_slice(&[values(value, 1)]);
        push_rest(&mut parts, self.first + self.run.len() - register - 1);
        parts
    }
}

/// Raises a register where its run stands, which may take up to three bytes more.
pub(super) fn raise(
    bytes: &mut BytesMut,
    register: usize,
    value: u8,
    max_len: usize,
) -> Result<Raised, Corrupted> {
    if value > MAX_VALUE {
        return Ok(Raised::NeedsDense);
    }
    let covering = Covering::of(bytes, register).ok_or(Corrupted)?;
    if covering.run.value() >= value {
        return Ok(Raised::Not);
    }
    let parts = covering.split(register, value);
    let width = covering.run.width();
    if parts.len() > width && bytes.len() + parts.len() - width > max_len {
        return Ok(Raised::NeedsDense);
    }
    let len = bytes.len() + parts.len() - width;
    let end = bytes.len().min(covering.at + width);
    splice(bytes, covering.at..end, &parts);
    // Half of a run at the end loses a byte of what takes its place, as on the real servers.
    bytes.truncate(len);
    join(bytes, covering.before);
    Ok(Raised::InPlace)
}

/// Joins runs of the same value, looking at five runs from here on.
fn join(bytes: &mut BytesMut, mut at: usize) {
    for _ in 0..5 {
        let (Some(run), next) = (Run::at(bytes, at), Run::at(bytes, at + 1)) else { return };
        match (run, next) {
            (Run::Values(value, len), Some(Run::Values(next, more)))
                if value == next && len + more <= MAX_VALUES =>
            {
                splice(bytes, at..at + 2, &[values(value, len + more)]);
            }
            _ => at += run.width(),
        }
    }
}

/// Puts bytes in the place of others.
fn splice(bytes: &mut BytesMut, range: Range<usize>, new: &[u8]) {
    let (old_len, end) = (bytes.len(), range.start + new.len());
    let len = old_len - range.len() + new.len();
    bytes.resize(len.max(old_len), 0);
    bytes.copy_within(range.end..old_len, end);
    bytes[range.start..end].copy_from_slice(new);
    bytes.truncate(len);
}

#[cfg(test)]
mod tests {
    use super::super::{MAGIC, empty};
    use super::*;

    fn decoded(bytes: &[u8]) -> Vec<Run> {
        runs(bytes).collect()
    }

    #[test]
    fn runs_are_split_and_joined() {
        let mut bytes = empty();
        assert!(bytes.starts_with(MAGIC));
        for register in [100, 103, 101, 102] {
            assert_eq!(raise(&mut bytes, register, 3, 100), Ok(Raised::InPlace));
        }
        let rest = Run::ManyZeros(16384 - 104);
        assert_eq!(decoded(&bytes), [Run::ManyZeros(100), Run::Values(3, 4), rest]);
        assert_eq!(raise(&mut bytes, 101, 2, 100), Ok(Raised::Not));
        assert_eq!(raise(&mut bytes, 101, 5, 100), Ok(Raised::InPlace));
        let split = [Run::Values(3, 1), Run::Values(5, 1), Run::Values(3, 2)];
        assert_eq!(decoded(&bytes)[1..4], split);
        let len = bytes.len();
        assert_eq!(raise(&mut bytes, 50, 1, len), Ok(Raised::NeedsDense));
        assert_eq!(raise(&mut bytes, 0, 33, 100), Ok(Raised::NeedsDense));
    }

    #[test]
    fn short_and_long_runs_of_zeros_take_one_byte_and_two() {
        let mut bytes = empty();
        raise(&mut bytes, 64, 1, 100).unwrap();
        raise(&mut bytes, 16383, 32, 100).unwrap();
        let expected =
            [Run::Zeros(64), Run::Values(1, 1), Run::ManyZeros(16318), Run::Values(32, 1)];
        assert_eq!(decoded(&bytes), expected);
    }
}
