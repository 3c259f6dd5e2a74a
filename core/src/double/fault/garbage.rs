//! Bytes in a reply's place that are no reply.
use crate::dice::Dice;
use bytes::Bytes;

/// The first bytes of all that RESP2 and RESP3 know, attributes and streamed types included.
const TYPES: &[u8] = b"+-:$*_#,(!=%~>|;.";

/// As many bytes as the longest reply of a real server has.
const MOST: usize = 512 * 1024 * 1024;

/// So many random bytes that no client can take for a reply: the first is none that a reply begins with, and a line
/// break comes at the end and nowhere before, so that a client which reads by lines finds out, too.
pub(crate) fn garbage(length: usize, dice: &mut Dice) -> Bytes {
    let length = length.min(MOST);
    let mut bytes = Vec::with_capacity(length);
    while bytes.len() < length {
        let byte = u8::try_from(dice.below(256)).expect("it is below 256");
        let begins_reply = bytes.is_empty() && TYPES.contains(&byte);
        if !begins_reply && !matches!(byte, b'\r' | b'\n') {
            bytes.push(byte);
        }
    }
    if let [_, .., cr, lf] = bytes.as_mut_slice() {
        (*cr, *lf) = (b'\r', b'\n');
    }
    bytes.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn garbage_begins_like_no_reply_and_is_one_line() {
        for seed in 0..500 {
            let bytes = garbage(12, &mut Dice::new(seed));
            assert_eq!(bytes.len(), 12);
            assert!(!TYPES.contains(&bytes[0]), "{bytes:?}");
            assert!(bytes.ends_with(b"\r\n"), "{bytes:?}");
            assert!(!bytes[..10].iter().any(|byte| b"\r\n".contains(byte)), "{bytes:?}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_garbage() {
        let of = |seed| garbage(32, &mut Dice::new(seed));
        assert_eq!(of(7), of(7));
        assert_ne!(of(7), of(8));
        assert_eq!(garbage(0, &mut Dice::new(7)), "");
        assert_eq!(garbage(2, &mut Dice::new(7)).len(), 2);
    }
}
