//! What a connection is to send, and when: a list of emissions that faults rewrite.
use bytes::{Bytes, BytesMut};
use std::time::Duration;

/// One thing a connection does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Emission {
    Bytes(Bytes),
    Pause(Duration),
    /// Ends the connection with a RST.
    Reset,
}

/// What one connection still has to send.
#[derive(Debug, Default)]
pub(crate) struct Script {
    emissions: Vec<Emission>,
    /// Bytes that follow the emissions, grown in place as replies are encoded.
    tail: BytesMut,
}

impl Script {
    /// Where plain replies are appended.
    pub(crate) fn tail(&mut self) -> &mut BytesMut {
        &mut self.tail
    }

    pub(crate) fn push(&mut self, emission: Emission) {
        if !self.tail.is_empty() {
            self.emissions.push(Emission::Bytes(self.tail.split().freeze()));
        }
        self.emissions.push(emission);
    }

    /// All there is to do, which is then no longer here.
    pub(crate) fn take(&mut self) -> Vec<Emission> {
        if !self.tail.is_empty() {
            self.emissions.push(Emission::Bytes(self.tail.split().freeze()));
        }
        std::mem::take(&mut self.emissions)
    }
}

/// A rewriting of what one reply sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The reply comes in pieces of these lengths, the rest last, with a pause between them.
    Partial { lengths: Vec<usize>, gap: Duration },
}

impl Fault {
    /// Rewrites a script. Faults stack: each spoils what the one before it left.
    pub(crate) fn spoil(&self, script: Vec<Emission>) -> Vec<Emission> {
        match self {
            Fault::Partial { lengths, gap } => slice(script, lengths, *gap),
        }
    }
}

fn slice(script: Vec<Emission>, lengths: &[usize], gap: Duration) -> Vec<Emission> {
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

    #[test]
    fn a_partial_reply_comes_in_the_lengths_asked_for_and_the_rest_last() {
        let gap = Duration::from_millis(5);
        let fault = Fault::Partial { lengths: vec![1, 2], gap };
        let bytes = |text: &'static str| Emission::Bytes(Bytes::from_static(text.as_bytes()));
        assert_eq!(
            fault.spoil(vec![bytes("abcdef")]),
            [bytes("a"), Emission::Pause(gap), bytes("bc"), Emission::Pause(gap), bytes("def")]
        );
        assert_eq!(fault.spoil(vec![bytes("a"), Emission::Reset]), [bytes("a"), Emission::Reset]);
    }
}
