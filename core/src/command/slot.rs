//! The slot of a cluster that a key belongs to.
use crc::{CRC_16_XMODEM, Crc};

const CRC16: Crc<u16> = Crc::<u16>::new(&CRC_16_XMODEM);

/// How many slots there are.
const SLOTS: u16 = 16_384;

/// The slot of a key: of what stands between its first braces, if something does.
pub(crate) fn slot(key: &[u8]) -> u16 {
    CRC16.checksum(hash_tag(key).unwrap_or(key)) % SLOTS
}

fn hash_tag(key: &[u8]) -> Option<&[u8]> {
    let open = key.iter().position(|byte| *byte == b'{')?;
    let behind = &key[open + 1..];
    let close = behind.iter().position(|byte| *byte == b'}')?;
    (close > 0).then(|| &behind[..close])
}

#[cfg(test)]
mod tests {
    use super::{hash_tag, slot};

    /// Slots as the cluster specification and CLUSTER KEYSLOT of a real server tell them.
    #[test]
    fn a_key_belongs_to_the_slot_that_the_servers_say() {
        assert_eq!(slot(b"123456789"), 0x31c3);
        assert_eq!(slot(b"foo"), 12_182);
        assert_eq!(slot(b"{foo}.bar"), 12_182);
        assert_eq!(slot(b""), 0);
    }

    #[test]
    fn only_what_stands_between_the_first_braces_counts() {
        assert_eq!(hash_tag(b"{user1000}.following"), Some(&b"user1000"[..]));
        assert_eq!(hash_tag(b"foo{}{bar}"), None);
        assert_eq!(hash_tag(b"foo{{bar}}zap"), Some(&b"{bar"[..]));
        assert_eq!(hash_tag(b"foo{bar}{zap}"), Some(&b"bar"[..]));
        assert_eq!(hash_tag(b"foo{bar"), None);
    }
}
