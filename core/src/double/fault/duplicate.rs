//! A reply that comes twice.
use crate::double::script::Emission;

/// Plays a script twice: pauses too. A connection ends at the first of its ends.
pub(super) fn duplicate(script: Vec<Emission>) -> Vec<Emission> {
    let again = script.clone();
    script.into_iter().chain(again).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::double::script::testing::bytes;

    #[test]
    fn a_duplicated_reply_comes_twice() {
        assert_eq!(duplicate(vec![bytes("ab")]), [bytes("ab"), bytes("ab")]);
        assert_eq!(duplicate(Vec::new()), []);
    }
}
