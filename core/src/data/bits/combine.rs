//! Several strings combined bit by bit: the shorter ones go on with zeros.

/// How bits at the same place become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Combination {
    And,
    Or,
    Xor,
    /// The first string turned round; there are no others.
    Not,
    /// In the first, and in none of the others.
    Diff,
    /// In one of the others, and not in the first.
    Diff1,
    /// In the first, and in one of the others.
    AndOr,
    /// In exactly one.
    One,
}

/// Combines strings, of which there is at least one, into one as long as the longest.
pub(crate) fn combine(how: Combination, sources: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let (first, others) = sources.split_first().expect("there is at least one string");
    let len = sources.iter().map(|source| source.as_ref().len()).max().unwrap_or(0);
    let mut result = first.as_ref().to_vec();
    result.resize(len, 0);
    match how {
        Combination::And => others.iter().for_each(|other| and(&mut result, other.as_ref())),
        Combination::Or => {
            others.iter().for_each(|other| join(&mut result, other.as_ref(), |a, b| a | b));
        }
        Combination::Xor => {
            others.iter().for_each(|other| join(&mut result, other.as_ref(), |a, b| a ^ b));
        }
        Combination::Not => result.iter_mut().for_each(|byte| *byte = !*byte),
        Combination::Diff => join(&mut result, &any(others, len), |a, b| a & !b),
        Combination::Diff1 => join(&mut result, &any(others, len), |a, b| !a & b),
        Combination::AndOr => join(&mut result, &any(others, len), |a, b| a & b),
        Combination::One => {
            let mut twice = vec![0; len];
            for other in others {
                let other = other.as_ref();
                let both = result.iter().zip(other).map(|(seen, byte)| seen & byte);
                twice.iter_mut().zip(both).for_each(|(twice, both)| *twice |= both);
                join(&mut result, other, |a, b| a | b);
            }
            join(&mut result, &twice, |seen, twice| seen & !twice);
        }
    }
    result
}

fn join(result: &mut [u8], other: &[u8], how: impl Fn(u8, u8) -> u8) {
    for (byte, other) in result.iter_mut().zip(other) {
        *byte = how(*byte, *other);
    }
}

fn and(result: &mut [u8], other: &[u8]) {
    join(result, other, |a, b| a & b);
    if let Some(rest) = result.get_mut(other.len()..) {
        rest.fill(0);
    }
}

/// The bits that are set in any of several strings.
fn any(sources: &[impl AsRef<[u8]>], len: usize) -> Vec<u8> {
    let mut result = vec![0; len];
    for source in sources {
        join(&mut result, source.as_ref(), |a, b| a | b);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_combination_of_three_strings_has_its_truth_table() {
        // Each column is one of the eight combinations of three bits.
        let sources = [[0b0000_1111], [0b0011_0011], [0b0101_0101]];
        for (how, expected) in [
            (Combination::And, 0b0000_0001),
            (Combination::Or, 0b0111_1111),
            (Combination::Xor, 0b0110_1001),
            (Combination::Diff, 0b0000_1000),
            (Combination::Diff1, 0b0111_0000),
            (Combination::AndOr, 0b0000_0111),
            (Combination::One, 0b0110_1000),
        ] {
            assert_eq!(combine(how, &sources), [expected], "{how:?}");
        }
        assert_eq!(combine(Combination::Not, &sources[..1]), [0b1111_0000]);
    }

    #[test]
    fn shorter_strings_go_on_with_zeros() {
        let sources = [&b"\xff"[..], b"\x0f\xff\x01"];
        for (how, expected) in [
            (Combination::And, &b"\x0f\0\0"[..]),
            (Combination::Or, b"\xff\xff\x01"),
            (Combination::Xor, b"\xf0\xff\x01"),
            (Combination::Diff, b"\xf0\0\0"),
            (Combination::Diff1, b"\0\xff\x01"),
            (Combination::AndOr, b"\x0f\0\0"),
            (Combination::One, b"\xf0\xff\x01"),
        ] {
            assert_eq!(combine(how, &sources), expected, "{how:?}");
        }
        assert_eq!(combine(Combination::One, &[b"ab"]), b"ab");
    }
}
