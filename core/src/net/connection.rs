//! One connection: whole requests off the socket, scripts onto it.
use super::link::{Arrived, Incoming, Outgoing, READ_SIZE};
use super::play::Played;
use super::shared::Registered;
use super::{Shared, runtime};
use crate::clock::Micros;
use crate::double::script::{Emission, Ending};
use crate::engine::{Address, SessionId, World};
use crate::resp::Decoder;
use bytes::BytesMut;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::Notify;

/// Requests carried out before the lock is given up, so that others get their turn.
const BATCH: usize = 512;

/// Starts to serve a socket that was just accepted, by who listens since all connections were cut so often.
pub(super) fn start(shared: &Arc<Shared>, socket: Socket, address: Address, cuts: u64) {
    let (registered, socket) = {
        let mut inner = shared.lock();
        let Some(socket) = inner.doors.admit(socket, cuts) else { return };
        let id = inner.world.connect(shared.clock.micros(), address);
        (shared.register(&mut inner, id), socket)
    };
    let connection = Connection {
        id: registered.id,
        shared: Arc::clone(shared),
        waker: Arc::clone(&registered.waker),
        decoder: Decoder::default(),
        input: BytesMut::with_capacity(READ_SIZE),
        incoming: Incoming::default(),
        outgoing: Outgoing::default(),
        trips: Trips::default(),
        peer_ended: false,
        gone: false,
        cut: None,
    };
    runtime().spawn(connection.serve(registered, socket));
}

/// Counts round trips: requests that were read together were sent without waiting for a reply.
#[derive(Debug, Default)]
struct Trips {
    count: u64,
    /// What was read last filled the room there was: more of it is under way.
    filled: bool,
    /// A part of what was read is not carried out yet.
    has_rest: bool,
}

impl Trips {
    fn read(&mut self, input: &BytesMut) {
        self.count += u64::from(!self.filled && !self.has_rest);
        self.filled = input.len() == input.capacity();
    }
}

/// A connected socket of either kind.
#[derive(Debug)]
pub(super) enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
    #[cfg(feature = "tls")]
    Tls(super::tls::Stream),
}

/// How a conversation is over.
#[derive(Clone, Copy, Debug)]
enum Over {
    /// The peer has left, or the server stops.
    Left,
    /// The server ends the connection.
    Ends(Ending),
    /// A link ends it.
    Breaks(Ending),
}

#[derive(Debug)]
struct Connection {
    id: SessionId,
    shared: Arc<Shared>,
    waker: Arc<Notify>,
    decoder: Decoder,
    input: BytesMut,
    incoming: Incoming,
    outgoing: Outgoing,
    trips: Trips,
    /// The peer sends no more, and waits for what is under way.
    peer_ended: bool,
    /// The session has ended: what is left is played, then the socket is closed.
    gone: bool,
    /// The socket is closed whatever is left.
    cut: Option<Ending>,
}

impl Connection {
    /// The connection counts as served until its socket is closed, also if something panics.
    async fn serve(mut self, registered: Registered, socket: Socket) {
        let _registered = registered;
        let mut socket = socket;
        let shared = Arc::clone(&self.shared);
        let over = tokio::select! {
            over = self.converse(&mut socket) => over,
            () = shared.stopped() => Over::Left,
        };
        match over {
            Over::Left => {}
            Over::Ends(ending) => self.tell_end(ending, false),
            Over::Breaks(ending) => self.tell_end(ending, true),
        }
        match over {
            Over::Ends(Ending::Reset) | Over::Breaks(Ending::Reset) => socket.reset(),
            // A fork of this process may hold the socket too: closing alone would not end it.
            Over::Left | Over::Ends(Ending::Close) | Over::Breaks(Ending::Close) => {
                let _ = socket.shutdown().await;
                socket.forget_unread();
            }
        }
    }

    async fn converse(&mut self, socket: &mut Socket) -> Over {
        loop {
            let more = self.work();
            if let Some(ending) = self.cut {
                return Over::Ends(ending);
            }
            if self.peer_ended && !self.outgoing.has_bytes() {
                return Over::Left;
            }
            if self.gone
                && let Some(ending) = self.outgoing.end(self.now())
            {
                return Over::Ends(ending);
            }
            let (mut reader, mut writer) = tokio::io::split(&mut *socket);
            let clock = &self.shared.clock;
            let arrived = tokio::select! {
                biased;
                played = self.outgoing.step(&mut writer, clock) => match played {
                    Ok(Played::Sent(bytes)) => { self.sent(bytes); None }
                    Ok(Played::Rested) => None,
                    Ok(Played::Ended(ending)) => return Over::Ends(ending),
                    Ok(Played::Broken(ending)) => return Over::Breaks(ending),
                    Err(_) => {
                        self.left_unread();
                        return Over::Left;
                    }
                },
                () = self.waker.notified() => None,
                () = std::future::ready(()), if more => None,
                arrived = self.incoming.step(&mut reader, &mut self.input, clock),
                    if !self.peer_ended => Some(arrived),
            };
            match arrived {
                // What is under way still arrives.
                Some(Arrived::PeersEnd) if self.outgoing.is_lined() => self.peer_ended = true,
                Some(Arrived::PeersReset) => {
                    self.left_unread();
                    return Over::Left;
                }
                Some(Arrived::PeersEnd) => {
                    self.say_last_words(&mut writer).await;
                    return Over::Left;
                }
                Some(Arrived::Broken(ending)) => return Over::Breaks(ending),
                Some(Arrived::Bytes) => self.trips.read(&self.input),
                Some(Arrived::UnderWay) | None => {}
            }
        }
    }

    fn now(&self) -> Micros {
        self.shared.clock.micros()
    }

    /// Takes on what the engine said at this time.
    fn add(&mut self, emissions: Vec<Emission>, now: Micros) {
        for emission in emissions {
            if let Emission::Link(plan) = emission {
                self.outgoing.apply(&plan);
                self.incoming.apply(&plan);
            } else {
                self.outgoing.player.add(emission, now);
            }
        }
    }

    /// Carries out what has come, and takes what is to be sent. True when there is more to do.
    fn work(&mut self) -> bool {
        if self.gone {
            self.input.clear();
            if self.outgoing.is_lined() {
                self.look_after_the_end();
            }
            return false;
        }
        let mut inner = self.shared.lock();
        let mut asks = Vec::new();
        let mut budget = BATCH;
        while budget > 0 && inner.world.is_ready(self.id) {
            budget -= 1;
            let limits = inner.world.decode_limits(self.id);
            let before = self.input.len();
            let next = self.decoder.next(&mut self.input, limits);
            if self.decoder.has_passed_over() {
                inner.world.passed_over(self.id);
            }
            match next {
                Ok(Some(words)) => {
                    let now = self.shared.clock.micros();
                    inner.world.received(self.id, before - self.input.len(), self.trips.count);
                    let (id, handle) =
                        (self.id, |world: &mut World| world.handle(now, self.id, words));
                    asks.extend(inner.world.drive(Some(id), handle).unwrap_or_default());
                }
                Ok(None) => {
                    budget = usize::MAX;
                    break;
                }
                Err(error) => inner.world.protocol_error(self.id, error),
            }
        }
        self.trips.has_rest = !self.input.is_empty();
        inner.world.check_input(self.id, self.input.len());
        let output = inner.world.output(self.id);
        // The time at which the engine said so, and not that at which the shell comes to it: a clock that is moved by
        // hand may have been moved in between.
        let now = if output.emissions.is_empty() { 0 } else { self.shared.clock.micros() };
        self.shared.tell(&mut inner, asks);
        drop(inner);
        (self.gone, self.cut) = (output.gone, output.cut);
        self.add(output.emissions, now);
        budget == 0
    }

    /// The connection ends, and not by its peer.
    fn tell_end(&self, ending: Ending, by_link: bool) {
        self.shared.lock().world.double.journal.ended(self.id, self.now(), ending, by_link);
    }

    /// The peer has reset the connection, or was gone when it was to be sent something.
    fn left_unread(&self) {
        self.shared.lock().world.left_unread(self.id);
    }

    /// The session has ended, and its last bytes are under way: its links may still change, or it may be cut.
    fn look_after_the_end(&mut self) {
        let mut inner = self.shared.lock();
        let output = inner.world.output(self.id);
        let now = self.shared.clock.micros();
        drop(inner);
        self.cut = output.cut;
        self.add(output.emissions, now);
    }

    fn sent(&self, bytes: usize) {
        let mut inner = self.shared.lock();
        if inner.world.sent(self.id, bytes) {
            inner.told += 1;
            self.shared.progress.notify_waiters();
        }
    }

    /// The peer sends no more: it still gets what can be sent at once.
    async fn say_last_words(&mut self, writer: &mut (impl AsyncWrite + Unpin)) {
        while self.outgoing.has_bytes() {
            tokio::select! {
                biased;
                played = self.outgoing.step(writer, &self.shared.clock) => {
                    if played.is_err() {
                        return;
                    }
                }
                () = std::future::ready(()) => return,
            }
        }
    }
}

impl Socket {
    /// Reads what has come and was not read: a socket that is closed before would send a RST after its FIN.
    fn forget_unread(&self) {
        let mut bytes = [0; 4096];
        let mut read = || match self {
            Socket::Tcp(socket) => socket.try_read(&mut bytes),
            Socket::Unix(socket) => socket.try_read(&mut bytes),
            #[cfg(feature = "tls")]
            Socket::Tls(stream) => stream.get_ref().0.try_read(&mut bytes),
        };
        // A peer that sends on and on is not waited for.
        for _ in 0..1024 {
            if !matches!(read(), Ok(1..)) {
                break;
            }
        }
    }

    /// Ends the connection with a RST.
    fn reset(&self) {
        let zero = Some(std::time::Duration::ZERO);
        // A Unix socket knows no RST: its peer sees the end of the stream.
        let _ = match self {
            Socket::Tcp(socket) => socket2::SockRef::from(socket).set_linger(zero),
            Socket::Unix(socket) => socket2::SockRef::from(socket).set_linger(zero),
            #[cfg(feature = "tls")]
            Socket::Tls(stream) => socket2::SockRef::from(stream.get_ref().0).set_linger(zero),
        };
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Tcp(socket) => Pin::new(socket).poll_read(cx, buffer),
            Socket::Unix(socket) => Pin::new(socket).poll_read(cx, buffer),
            #[cfg(feature = "tls")]
            Socket::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Socket::Tcp(socket) => Pin::new(socket).poll_write(cx, bytes),
            Socket::Unix(socket) => Pin::new(socket).poll_write(cx, bytes),
            #[cfg(feature = "tls")]
            Socket::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Tcp(socket) => Pin::new(socket).poll_flush(cx),
            Socket::Unix(socket) => Pin::new(socket).poll_flush(cx),
            #[cfg(feature = "tls")]
            Socket::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Tcp(socket) => Pin::new(socket).poll_shutdown(cx),
            Socket::Unix(socket) => Pin::new(socket).poll_shutdown(cx),
            #[cfg(feature = "tls")]
            Socket::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
