//! A reply whose end is missing.
use crate::double::script::Emission;

/// Leaves so many bytes of a script, and ends the connection in order after them. A shorter reply comes whole.
pub(super) fn truncate(script: Vec<Emission>, length: usize) -> Vec<Emission> {
    let mut left = length;
    let mut short = Vec::new();
    for emission in script {
        if left == 0 {
            break;
        }
        short.push(match emission {
            Emission::Bytes(bytes) => {
                let kept = left.min(bytes.len());
                left -= kept;
                Emission::Bytes(bytes.slice(..kept))
            }
            other => other,
        });
    }
    short.push(Emission::Close);
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::double::script::testing::bytes;

    #[track_caller]
    fn check(length: usize, expect: &[Emission]) {
        let gap = Emission::Pause(std::time::Duration::from_millis(1));
        assert_eq!(truncate(vec![bytes("abc"), gap, bytes("def")], length), expect);
    }

    #[test]
    fn a_truncated_reply_ends_after_so_many_bytes() {
        let gap = Emission::Pause(std::time::Duration::from_millis(1));
        check(0, &[Emission::Close]);
        check(2, &[bytes("ab"), Emission::Close]);
        check(3, &[bytes("abc"), Emission::Close]);
        check(4, &[bytes("abc"), gap.clone(), bytes("d"), Emission::Close]);
        check(9, &[bytes("abc"), gap, bytes("def"), Emission::Close]);
    }
}
