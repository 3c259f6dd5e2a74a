//! The two lines of a connection, for as long as a link has effects on it.
use super::play::{Played, Player, send};
use crate::clock::{Clock, Micros};
use crate::double::link::{Line, Next, Plan, Way};
use crate::double::script::Ending;
use bytes::BytesMut;
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};

pub(super) const READ_SIZE: usize = 16 * 1024;

/// What a connection sends, through a line if there is one.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    pub(super) player: Player,
    line: Option<Box<Line>>,
    /// The end of the connection is under way.
    ended: bool,
}

/// What a connection has received and not read, if there is a line that it comes through.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    line: Option<Box<Line>>,
    /// The peer's end is under way, or has been read.
    ended: bool,
    /// What was read off the socket and has not gone under way yet.
    fresh: BytesMut,
}

/// What came through a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrived {
    Bytes,
    /// Nothing yet.
    UnderWay,
    /// The peer sends no more.
    PeersEnd,
    /// The peer has reset the connection.
    PeersReset,
    /// A link ends the connection.
    Broken(Ending),
}

impl Outgoing {
    /// What is sent from now on goes through these effects; what was to be sent before does not.
    pub(super) fn apply(&mut self, plan: &Plan) {
        if self.line.is_none() && plan.effects.is_empty() {
            return;
        }
        let line = self.line.get_or_insert_with(|| Box::new(Line::new(Way::Down)));
        while let Some((bytes, time)) = self.player.take_bytes() {
            line.push(bytes, time);
        }
        line.apply(plan);
    }

    /// The session is over: the connection ends once all is sent.
    pub(super) fn end(&mut self, now: Micros) -> Option<Ending> {
        self.tidy();
        match &mut self.line {
            _ if !self.player.is_done() => None,
            None => Some(Ending::Close),
            Some(line) => {
                if !std::mem::replace(&mut self.ended, true) {
                    line.end(Ending::Close, now);
                }
                None
            }
        }
    }

    /// Does the next thing, or a part of it. Dropping it unfinished loses nothing.
    pub(super) async fn step(
        &mut self,
        writer: &mut (impl AsyncWrite + Unpin),
        clock: &Clock,
    ) -> io::Result<Played> {
        self.tidy();
        let Some(line) = &mut self.line else { return self.player.step(writer, clock).await };
        while let Some((bytes, time)) = self.player.take_bytes() {
            line.push(bytes, time);
        }
        // The player has no bytes now, so that nothing is written but by the line.
        let mut nowhere = tokio::io::empty();
        tokio::select! {
            biased;
            played = self.player.step(&mut nowhere, clock) => match played? {
                Played::Ended(ending) => {
                    self.ended = true;
                    line.end(ending, clock.micros());
                    Ok(Played::Rested)
                }
                played => Ok(played),
            },
            sent = step(line, writer, clock) => match sent? {
                // What the line holds back is the end of the script, if that has come.
                Played::Ended(ending) if !self.ended => Ok(Played::Broken(ending)),
                sent => Ok(sent),
            },
        }
    }

    /// Whether something can still be sent, though perhaps not now.
    pub(super) fn has_bytes(&self) -> bool {
        self.player.has_bytes() || self.line.as_ref().is_some_and(|line| !line.is_empty())
    }

    /// Whether what can be sent waits in a line.
    pub(super) fn is_lined(&self) -> bool {
        self.line.is_some()
    }

    /// A line that does nothing is no longer needed.
    fn tidy(&mut self) {
        self.line.take_if(|line| line.is_plain() && !self.ended);
    }
}

/// Sends the next bytes of a line once they are due.
async fn step(
    line: &mut Line,
    writer: &mut (impl AsyncWrite + Unpin),
    clock: &Clock,
) -> io::Result<Played> {
    match line.next(clock.micros()) {
        Next::Bytes(bytes) => {
            let sent = send(writer, bytes).await?;
            line.moved(sent);
            Ok(Played::Sent(sent))
        }
        Next::End(ending) => Ok(Played::Ended(ending)),
        Next::At(time) => {
            clock.sleep_until(time).await;
            Ok(Played::Rested)
        }
        Next::Nothing => std::future::pending().await,
    }
}

impl Incoming {
    /// What is read from now on goes through these effects.
    pub(super) fn apply(&mut self, plan: &Plan) {
        if self.line.is_some() || !plan.effects.is_empty() {
            self.line.get_or_insert_with(|| Box::new(Line::new(Way::Up))).apply(plan);
        }
    }

    /// Reads what comes into this buffer: off the socket, or what is due of what lies between. Dropping it unfinished
    /// loses nothing.
    pub(super) async fn step(
        &mut self,
        reader: &mut (impl AsyncRead + Unpin),
        input: &mut BytesMut,
        clock: &Clock,
    ) -> Arrived {
        self.line.take_if(|line| line.is_plain() && !self.ended);
        let Some(line) = &mut self.line else {
            return match read(reader, input).await {
                Ok(1..) => Arrived::Bytes,
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Arrived::PeersReset,
                Ok(0) | Err(_) => Arrived::PeersEnd,
            };
        };
        let is_last = line.is_last();
        let due = match line.next(clock.micros()) {
            Next::Bytes(bytes) => {
                let bytes = std::mem::take(bytes);
                input.extend_from_slice(&bytes);
                line.moved(bytes.len());
                return Arrived::Bytes;
            }
            Next::End(Ending::Close) if self.ended && is_last => return Arrived::PeersEnd,
            Next::End(ending) => return Arrived::Broken(ending),
            Next::At(time) => Some(time),
            Next::Nothing => None,
        };
        let wait = async {
            match due {
                Some(time) => clock.sleep_until(time).await,
                None => std::future::pending().await,
            }
        };
        let takes = line.takes() && !self.ended;
        tokio::select! {
            biased;
            () = wait => {}
            read = read(reader, &mut self.fresh), if takes => {
                if let Ok(1..) = read {
                    line.push(self.fresh.split().freeze(), clock.micros());
                } else {
                    self.ended = true;
                    line.end(Ending::Close, clock.micros());
                }
            }
        }
        Arrived::UnderWay
    }
}

async fn read(reader: &mut (impl AsyncRead + Unpin), input: &mut BytesMut) -> io::Result<usize> {
    if input.capacity() - input.len() < READ_SIZE / 4 {
        input.reserve(READ_SIZE);
    }
    reader.read_buf(input).await
}
