//! LZF: literal runs and references to what came before, as liblzf writes them at its default speed.
use super::{Flaw, Read};

/// As many bits of a hash find a place in the table.
const HASH_BITS: u32 = 16;
const LONGEST_LITERAL: usize = 1 << 5;
const FARTHEST: usize = 1 << 13;
const LONGEST_MATCH: usize = (1 << 8) + (1 << 3);
/// liblzf compares so many bytes before it looks at the end.
const UNCHECKED: usize = 16;

/// Compresses into at most `room` bytes; `None` if it takes more.
pub(super) fn compress(input: &[u8], room: usize) -> Option<Vec<u8>> {
    if input.is_empty() || room == 0 {
        return None;
    }
    let mut run = Run { out: vec![0], literals: 0, room };
    // Where three bytes of a hash were last seen, counted from 1.
    let mut seen = vec![0_u32; 1 << HASH_BITS];
    let last = input.len().saturating_sub(2);
    let mut at = 0;
    while at < last {
        let slot = &mut seen[slot(&input[at..])];
        let before = std::mem::replace(slot, place(at));
        let Some((start, len)) = matching(input, before as usize, at) else {
            run.literal(input[at])?;
            at += 1;
            continue;
        };
        run.refer(at - start - 1, len)?;
        at += len;
        if at >= last {
            break;
        }
        for behind in [at - 2, at - 1] {
            seen[self::slot(&input[behind..])] = place(behind);
        }
    }
    run.tail(&input[at..])
}

/// Decompresses into exactly `len` bytes.
pub(super) fn decompress(input: &[u8], len: usize) -> Read<Vec<u8>> {
    let output = expand(input, len);
    // The real server takes an error for no bytes, which is right if none are expected.
    output.filter(|output| output.len() == len).or((len == 0).then(Vec::new)).ok_or(CORRUPT)
}

const CORRUPT: Flaw = Flaw::Corrupt("a compressed string that cannot be decompressed");

fn expand(mut input: &[u8], len: usize) -> Option<Vec<u8>> {
    let mut output = Vec::new();
    while let Some((&control, rest)) = input.split_first() {
        let control = usize::from(control);
        if control < LONGEST_LITERAL {
            let (literals, rest) = rest.split_at_checked(control + 1)?;
            output.extend_from_slice(literals);
            input = rest;
        } else {
            let (mut run, mut rest) = (control >> 5, rest);
            if run == 7 {
                let (&more, behind) = rest.split_first()?;
                (run, rest) = (run + usize::from(more), behind);
            }
            let (&low, behind) = rest.split_first()?;
            input = behind;
            let distance = ((control & 0x1f) << 8) + usize::from(low) + 1;
            let start = output.len().checked_sub(distance)?;
            for place in start..start + run + 2 {
                output.push(output[place]);
            }
        }
        if output.len() > len {
            return None;
        }
    }
    Some(output)
}

fn slot(bytes: &[u8]) -> usize {
    let hash = bytes[..3].iter().fold(0_u32, |hash, &byte| hash << 8 | u32::from(byte));
    let slot = (hash >> (24 - HASH_BITS)).wrapping_sub(hash.wrapping_mul(5));
    slot as usize & ((1 << HASH_BITS) - 1)
}

fn place(at: usize) -> u32 {
    u32::try_from(at + 1).unwrap_or(0)
}

/// The start and length of what is repeated from `at` on, if the place seen before, counted from 1, is a match.
fn matching(input: &[u8], before: usize, at: usize) -> Option<(usize, usize)> {
    let start = before.checked_sub(1).filter(|start| *start > 0 && at - start - 1 < FARTHEST)?;
    if input[start..start + 3] != input[at..at + 3] {
        return None;
    }
    let most = (input.len() - at - 2).min(LONGEST_MATCH);
    let mut len = 2;
    if most > UNCHECKED {
        for _ in 0..UNCHECKED {
            len += 1;
            if input[start + len] != input[at + len] {
                return Some((start, len));
            }
        }
    }
    loop {
        len += 1;
        if len >= most || input[start + len] != input[at + len] {
            return Some((start, len));
        }
    }
}

/// What is written so far, the last of it a run of literals whose length is not filled in yet.
struct Run {
    out: Vec<u8>,
    literals: usize,
    room: usize,
}

impl Run {
    fn literal(&mut self, byte: u8) -> Option<()> {
        if self.out.len() >= self.room {
            return None;
        }
        self.push(byte);
        Some(())
    }

    fn push(&mut self, byte: u8) {
        self.out.push(byte);
        self.literals += 1;
        if self.literals == LONGEST_LITERAL {
            self.close();
            self.out.push(0);
        }
    }

    /// Fills in the length of the run; one without literals goes.
    fn close(&mut self) {
        let head = self.out.len() - self.literals - 1;
        match self.literals.checked_sub(1) {
            Some(length) => self.out[head] = low_byte(length),
            None => self.out.truncate(head),
        }
        self.literals = 0;
    }

    fn refer(&mut self, distance: usize, len: usize) -> Option<()> {
        let empty = usize::from(self.literals == 0);
        if self.out.len() - empty + 4 >= self.room {
            return None;
        }
        self.close();
        let len = len - 2;
        let high = low_byte(distance >> 8);
        if len < 7 {
            self.out.push(high + low_byte(len << 5));
        } else {
            self.out.extend([high + (7 << 5), low_byte(len - 7)]);
        }
        self.out.extend([low_byte(distance), 0]);
        Some(())
    }

    fn tail(mut self, rest: &[u8]) -> Option<Vec<u8>> {
        if self.out.len() + 3 > self.room {
            return None;
        }
        rest.iter().for_each(|byte| self.push(*byte));
        self.close();
        Some(self.out)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "only the low byte is meant")]
fn low_byte(number: usize) -> u8 {
    number as u8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_compresses_as_the_real_server_does() {
        let text = b"x".repeat(70);
        let expected = b"\x01xx\xe0\x39\x00\x01xx";
        assert_eq!(compress(&text, 66).unwrap(), expected);
        assert_eq!(decompress(expected, 70).unwrap(), text);
    }

    #[test]
    fn what_would_not_shrink_is_left_alone() {
        let text: Vec<u8> = (0..=255).collect();
        assert_eq!(compress(&text, 252), None);
    }

    #[test]
    fn bad_input_is_refused() {
        for input in [&b"\x05ab"[..], b"\x20\x00", b"\xe0", b"\xe0\x00", b"\x00a\x20\x05"] {
            assert_eq!(decompress(input, 5), Err(CORRUPT), "{input:?}");
        }
        assert_eq!(decompress(b"\x00a", 2), Err(CORRUPT));
        assert_eq!(decompress(b"\x01ab", 1), Err(CORRUPT));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_compressed_comes_back(text in prop::collection::vec(0..3_u8, 1..3000), room in 1..4000_usize) {
            if let Some(packed) = compress(&text, room) {
                prop_assert!(packed.len() <= room);
                prop_assert_eq!(decompress(&packed, text.len()).unwrap(), text);
            }
        }
    }
}
