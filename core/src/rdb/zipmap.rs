//! Zipmaps, the small hashes of Redis before 2.6.
use super::{Flaw, Read};

const END: u8 = 0xff;
/// From here on a length takes four more bytes, and a count is not kept.
const LONG: u8 = 254;

/// The fields of a zipmap with their values.
pub(super) fn read(bytes: &[u8]) -> Read<Vec<(&[u8], &[u8])>> {
    let end =
        bytes.len().checked_sub(1).filter(|end| *end >= 1 && bytes[*end] == END).ok_or(CORRUPT)?;
    let (mut at, mut pairs) = (1, Vec::new());
    while bytes[at] != END {
        let (field, behind) = text(bytes, at, end, 0).ok_or(CORRUPT)?;
        let (value, behind) = text(bytes, behind, end, 1).ok_or(CORRUPT)?;
        pairs.push((field, value));
        at = behind;
    }
    if pairs.is_empty() || (bytes[0] < LONG && usize::from(bytes[0]) != pairs.len()) {
        return Err(CORRUPT);
    }
    Ok(pairs)
}

const CORRUPT: Flaw = Flaw::Corrupt("a zipmap that does not hold together");

/// The text at a place, and the place behind it. It may be followed by free bytes, whose number then stands before it.
fn text(bytes: &[u8], at: usize, end: usize, free: usize) -> Option<(&[u8], usize)> {
    let (len, start) = match bytes[at] {
        LONG.. => {
            (u32::from_le_bytes(bytes.get(at + 1..at + 5)?.try_into().ok()?) as usize, at + 5)
        }
        short => (usize::from(short), at + 1),
    };
    if start > end {
        return None;
    }
    let unused = if free == 1 { usize::from(bytes[start]) } else { 0 };
    let (start, behind) = (start + free, start + free + len + unused);
    (behind <= end).then(|| (&bytes[start..start + len], behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &[u8] = b"\x02\x03foo\x03\x00bar\x05hello\x05\x02world..\xff";

    #[test]
    fn fields_come_with_their_values_and_without_the_free_bytes() {
        assert_eq!(read(MAP), Ok(vec![(&b"foo"[..], &b"bar"[..]), (b"hello", b"world")]));
    }

    #[test]
    fn every_truncation_is_refused() {
        assert!((0..MAP.len()).all(|end| read(&MAP[..end]).is_err()));
    }
}
