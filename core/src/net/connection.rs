//! One connection: whole requests off the socket, scripts onto it.
use super::play::{Played, Player};
use super::shared::Registered;
use super::{Shared, runtime};
use crate::engine::{Address, SessionId, World};
use crate::resp::Decoder;
use bytes::BytesMut;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::Notify;

/// Requests carried out before the lock is given up, so that others get their turn.
const BATCH: usize = 512;
const READ_SIZE: usize = 16 * 1024;

/// Starts to serve a socket that was just accepted.
pub(super) fn start(shared: &Arc<Shared>, socket: Socket, address: Address) {
    let registered = {
        let mut inner = shared.lock();
        let id = inner.world.connect(shared.clock.micros(), address);
        shared.register(&mut inner, id)
    };
    let connection = Connection {
        id: registered.id,
        shared: Arc::clone(shared),
        waker: Arc::clone(&registered.waker),
        decoder: Decoder::default(),
        input: BytesMut::with_capacity(READ_SIZE),
        player: Player::default(),
        gone: false,
    };
    runtime().spawn(connection.serve(registered, socket));
}

/// A connected socket of either kind.
#[derive(Debug)]
pub(super) enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

#[derive(Debug)]
struct Connection {
    id: SessionId,
    shared: Arc<Shared>,
    waker: Arc<Notify>,
    decoder: Decoder,
    input: BytesMut,
    player: Player,
    /// The session has ended: what is left is played, then the socket is closed.
    gone: bool,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Close,
    Reset,
}

impl Connection {
    /// The connection counts as served until its socket is closed, also if something panics.
    async fn serve(mut self, registered: Registered, socket: Socket) {
        let _registered = registered;
        let mut socket = socket;
        let shared = Arc::clone(&self.shared);
        let ending = tokio::select! {
            ending = self.converse(&mut socket) => ending,
            () = shared.stopped() => Ending::Close,
        };
        match ending {
            Ending::Reset => socket.reset(),
            // A fork of this process may hold the socket too: closing alone would not end it.
            Ending::Close => {
                let _ = socket.shutdown().await;
            }
        }
    }

    async fn converse(&mut self, socket: &mut Socket) -> Ending {
        loop {
            let more = self.work();
            if self.gone && self.player.is_done() {
                return Ending::Close;
            }
            let (mut reader, mut writer) = tokio::io::split(&mut *socket);
            tokio::select! {
                biased;
                played = self.player.step(&mut writer, &self.shared.clock) => match played {
                    Ok(Played::Sent(bytes)) => self.sent(bytes),
                    Ok(Played::Rested) => {}
                    Ok(Played::Reset) => return Ending::Reset,
                    Err(_) => return Ending::Close,
                },
                () = self.waker.notified() => {}
                () = std::future::ready(()), if more => {}
                read = read(&mut reader, &mut self.input) => {
                    if !matches!(read, Ok(1..)) {
                        self.say_last_words(&mut writer).await;
                        return Ending::Close;
                    }
                }
            }
        }
    }

    /// Carries out what has come, and takes what is to be sent. True when there is more to do.
    fn work(&mut self) -> bool {
        if self.gone {
            self.input.clear();
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
                    inner.world.received(self.id, before - self.input.len());
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
        inner.world.check_input(self.id, self.input.len());
        let output = inner.world.output(self.id);
        self.player.add(output.emissions, &self.shared.clock);
        self.gone = output.gone;
        self.shared.tell(&mut inner, asks);
        budget == 0
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
        while self.player.has_bytes() {
            tokio::select! {
                biased;
                played = self.player.step(writer, &self.shared.clock) => {
                    if played.is_err() {
                        return;
                    }
                }
                () = std::future::ready(()) => return,
            }
        }
    }
}

async fn read(reader: &mut (impl AsyncRead + Unpin), input: &mut BytesMut) -> io::Result<usize> {
    if input.capacity() - input.len() < READ_SIZE / 4 {
        input.reserve(READ_SIZE);
    }
    reader.read_buf(input).await
}

impl Socket {
    /// Ends the connection with a RST.
    fn reset(&self) {
        let zero = Some(std::time::Duration::ZERO);
        // A Unix socket knows no RST: its peer sees the end of the stream.
        let _ = match self {
            Socket::Tcp(socket) => socket2::SockRef::from(socket).set_linger(zero),
            Socket::Unix(socket) => socket2::SockRef::from(socket).set_linger(zero),
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
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Tcp(socket) => Pin::new(socket).poll_flush(cx),
            Socket::Unix(socket) => Pin::new(socket).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Tcp(socket) => Pin::new(socket).poll_shutdown(cx),
            Socket::Unix(socket) => Pin::new(socket).poll_shutdown(cx),
        }
    }
}
