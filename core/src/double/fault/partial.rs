//! A reply in pieces.
use crate::double::script::Emission;
use std::time::Duration;

/// Cuts a script's bytes into these lengths, the rest last, with a pause between two pieces.
pub(super) fn partial(script: Vec<Emission>, lengths: &[usize], gap: Duration) -> Vec<Emission> {
    let mut sliced = Vec::new();
    let mut lengths = lengths.iter();
    for emission in script {
        let Emission::Bytes(mut bytes) = emission else {
            sliced.push(emission);
            continue;
        };
        for length in lengths.by_ref() {
            if *length >= bytes.len() {
                break;
            }
            sliced.extend([Emission::Bytes(bytes.split_to(*length)), Emission::Pause(gap)]);
        }
        sliced.push(Emission::Bytes(bytes));
    }
    sliced
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::double::script::testing::bytes;

    const GAP: Duration = Duration::from_millis(5);

    #[test]
    fn a_partial_reply_comes_in_the_lengths_asked_for_and_the_rest_last() {
        assert_eq!(
            partial(vec![bytes("abcdef")], &[1, 2], GAP),
            [bytes("a"), Emission::Pause(GAP), bytes("bc"), Emission::Pause(GAP), bytes("def")]
        );
    }

    #[test]
    fn the_end_of_the_connection_stays_at_the_end() {
        let script = vec![bytes("a"), Emission::Reset];
        assert_eq!(partial(script.clone(), &[1, 2], GAP), script);
    }
}
