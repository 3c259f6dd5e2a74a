//! Playing what a connection is to send: bytes, pauses, the end.
use crate::clock::{Clock, Micros, micros};
use crate::double::script::Emission;
use bytes::{Buf as _, Bytes};
use std::collections::VecDeque;
use std::io;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

/// What is still to be sent, in order.
#[derive(Debug, Default)]
pub(super) struct Player {
    queue: VecDeque<Emission>,
    /// When each pause of the queue was asked for.
    asked: VecDeque<Micros>,
    /// The end of the pause that is being made.
    resting: Option<Micros>,
    /// The end of the pause before.
    rested: Micros,
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Played {
    Sent(usize),
    Rested,
    /// The script says to reset the connection.
    Reset,
}

impl Player {
    pub(super) fn add(&mut self, emissions: Vec<Emission>, clock: &Clock) {
        let pauses = emissions.iter().filter(|emission| matches!(emission, Emission::Pause(_)));
        self.asked.extend(pauses.map(|_| clock.micros()));
        self.queue.extend(emissions);
    }

    pub(super) fn is_done(&self) -> bool {
        self.queue.is_empty()
    }

    /// Whether the next thing to do is to send bytes.
    pub(super) fn has_bytes(&self) -> bool {
        matches!(self.queue.front(), Some(Emission::Bytes(_)))
    }

    /// Does the next thing, or a part of it. Dropping it unfinished loses nothing.
    pub(super) async fn step(
        &mut self,
        writer: &mut (impl AsyncWrite + Unpin),
        clock: &Clock,
    ) -> io::Result<Played> {
        match self.queue.front_mut() {
            None => std::future::pending().await,
            Some(Emission::Bytes(bytes)) => {
                let sent = send(writer, bytes).await?;
                if bytes.is_empty() {
                    self.queue.pop_front();
                }
                Ok(Played::Sent(sent))
            }
            Some(Emission::Pause(time)) => {
                // Time may have been moved on past several pauses at once: each follows the one before.
                let asked = self.asked.front().copied().expect("each pause was asked for");
                let ends = *self.resting.get_or_insert(self.rested.max(asked) + micros(*time));
                clock.sleep_until(ends).await;
                self.asked.pop_front();
                self.rested = ends;
                self.resting = None;
                self.queue.pop_front();
                Ok(Played::Rested)
            }
            Some(Emission::Reset) => Ok(Played::Reset),
        }
    }
}

async fn send(writer: &mut (impl AsyncWrite + Unpin), bytes: &mut Bytes) -> io::Result<usize> {
    let sent = writer.write(bytes).await?;
    if sent == 0 && !bytes.is_empty() {
        return Err(io::ErrorKind::WriteZero.into());
    }
    bytes.advance(sent);
    Ok(sent)
}
