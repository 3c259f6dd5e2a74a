//! What a connection is to send, and when: a list of emissions that faults rewrite.
use super::link::Plan;
use bytes::{Bytes, BytesMut};
use std::sync::Arc;
use std::time::Duration;

/// How a connection ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// In order, with a FIN.
    #[default]
    Close,
    /// With a RST.
    Reset,
}

/// One thing a connection does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Emission {
    Bytes(Bytes),
    Pause(Duration),
    /// Ends the connection in order, with a FIN.
    Close,
    /// Ends the connection with a RST.
    Reset,
    /// What follows goes through this, and what is received from now on.
    Link(Arc<Plan>),
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

/// Whether playing this ends the connection.
pub(crate) fn ends(script: &[Emission]) -> bool {
    script.iter().any(|emission| matches!(emission, Emission::Close | Emission::Reset))
}

#[cfg(test)]
pub(crate) mod testing {
    use super::{Bytes, Emission};

    pub(crate) fn bytes(text: &'static str) -> Emission {
        Emission::Bytes(Bytes::from_static(text.as_bytes()))
    }
}
