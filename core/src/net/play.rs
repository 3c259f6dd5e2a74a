//! Playing what a connection is to send: bytes, pauses, the end.
use crate::clock::{Clock, Micros, micros};
use crate::double::script::{Emission, Ending};
use bytes::{Buf as _, Bytes};
use std::collections::VecDeque;
use std::io;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

/// What is still to be sent, in order.
#[derive(Debug, Default)]
pub(super) struct Player {
    queue: VecDeque<Emission>,
    /// When the first of the queue comes about: pauses are counted from here.
    time: Micros,
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Played {
    Sent(usize),
    /// Time has passed, or bytes have gone under way.
    Rested,
    /// The script says to end the connection.
    Ended(Ending),
    /// A link ends it.
    Broken(Ending),
}

impl Player {
    /// Takes on what came about at this time.
    pub(super) fn add(&mut self, emission: Emission, now: Micros) {
        if self.queue.is_empty() {
            self.time = now;
        }
        self.queue.push_back(emission);
    }

    pub(super) fn is_done(&self) -> bool {
        self.queue.is_empty()
    }

    /// Whether the next thing to do is to send bytes.
    pub(super) fn has_bytes(&self) -> bool {
        matches!(self.queue.front(), Some(Emission::Bytes(_)))
    }

    /// The next thing to do, if it is to send bytes, and when they came about.
    pub(super) fn take_bytes(&mut self) -> Option<(Bytes, Micros)> {
        if !self.has_bytes() {
            return None;
        }
        let Some(Emission::Bytes(bytes)) = self.queue.pop_front() else { return None };
        Some((bytes, self.time))
    }

    /// Does the next thing, or a part of it. Dropping it unfinished loses nothing.
    pub(super) async fn step(
        &mut self,
        writer: &mut (impl AsyncWrite + Unpin),
        clock: &Clock,
    ) -> io::Result<Played> {
        let played = match self.queue.front_mut() {
            None => std::future::pending().await,
            Some(Emission::Bytes(bytes)) => {
                let sent = send(writer, bytes).await?;
                if bytes.is_empty() {
                    self.queue.pop_front();
                } else {
                    // The peer reads slowly: a pause behind these bytes begins when they are gone.
                    self.time = clock.micros();
                }
                return Ok(Played::Sent(sent));
            }
            Some(Emission::Pause(time)) => {
                let ends = self.time.saturating_add(micros(*time));
                clock.sleep_until(ends).await;
                self.time = ends;
                Played::Rested
            }
            Some(Emission::Close) => Played::Ended(Ending::Close),
            Some(Emission::Reset) => Played::Ended(Ending::Reset),
            // The connection has taken it before it came here.
            Some(Emission::Link(_)) => Played::Rested,
        };
        self.queue.pop_front();
        Ok(played)
    }
}

/// Writes what the peer takes at once, and takes it off.
pub(super) async fn send(
    writer: &mut (impl AsyncWrite + Unpin),
    bytes: &mut Bytes,
) -> io::Result<usize> {
    let sent = writer.write(bytes).await?;
    if sent == 0 && !bytes.is_empty() {
        return Err(io::ErrorKind::WriteZero.into());
    }
    bytes.advance(sent);
    Ok(sent)
}
