//! Whether clients can connect: the listening socket, closed and opened again by the test.
use super::connection::Socket;
use socket2::{Domain, SockAddr, Type};
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::path::{Path, PathBuf};

/// As many connects may wait as the system lets: a burst of clients is never turned away.
const BACKLOG: i32 = 4096;

/// What becomes of a client that connects while the server is down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DownMode {
    /// It is refused: nobody listens. The port stays taken, so that no other process gets it meanwhile.
    #[default]
    Refuse,
    /// It is accepted, and its connection closed at once.
    AcceptClose,
    /// It is accepted, and nothing it sends is ever read. When the server is up again, its connection is closed.
    Blackhole,
}

/// The door of a server.
#[derive(Debug, Default)]
pub(crate) struct Doors {
    /// Nothing once the server has stopped.
    base: Option<Base>,
    /// Who has the server down, the last of them deciding how.
    downs: Vec<(u64, DownMode)>,
    born: u64,
    /// How often all connections were cut: one that was accepted before the last time is not served.
    cuts: u64,
    /// Connections that are accepted and not read.
    held: Vec<Socket>,
}

#[derive(Debug)]
struct Base {
    socket: socket2::Socket,
    /// Where a Unix socket is.
    path: Option<PathBuf>,
    listens: bool,
}

impl Doors {
    /// Listens at an address; where it is.
    pub(super) fn open_tcp(&mut self, address: SocketAddr) -> io::Result<SocketAddr> {
        let domain = Domain::for_address(address);
        let chosen = bind(domain, &address.into())?;
        let bound = chosen.local_addr()?.as_socket().ok_or(io::ErrorKind::AddrNotAvailable)?;
        // Only a port that a socket has asked for by its number stays bound to it when it is shut down. The socket that
        // got the number from the system holds it until then.
        let socket = if address.port() == 0 { bind(domain, &bound.into())? } else { chosen };
        listen(&socket)?;
        self.base = Some(Base { socket, path: None, listens: true });
        Ok(bound)
    }

    pub(super) fn open_unix(&mut self, path: &Path) -> io::Result<()> {
        remove_stale(path);
        let socket = bind(Domain::UNIX, &SockAddr::unix(path)?)?;
        listen(&socket)?;
        self.base = Some(Base { socket, path: Some(path.to_owned()), listens: true });
        Ok(())
    }

    /// The socket for whoever accepts connections, and how often all were cut until now; nothing while nobody does.
    pub(super) fn listener(&self) -> Option<(io::Result<socket2::Socket>, u64)> {
        let base = self.base.as_ref().filter(|base| base.listens)?;
        Some((base.socket.try_clone(), self.cuts))
    }

    /// How often all connections were cut.
    pub(super) fn cuts(&self) -> u64 {
        self.cuts
    }

    /// A connection, if it is to be served, from whoever accepts since all were cut so often.
    pub(super) fn admit(&mut self, socket: Socket, cuts: u64) -> Option<Socket> {
        match self.downs.last() {
            None if cuts == self.cuts => return Some(socket),
            None => drop(socket),
            Some((_, DownMode::Blackhole)) => self.held.push(socket),
            Some((_, DownMode::Refuse | DownMode::AcceptClose)) => drop(socket),
        }
        None
    }

    /// Takes the server down; the number under which it goes up again.
    pub(super) fn down(&mut self, mode: DownMode) -> io::Result<u64> {
        (self.born, self.cuts) = (self.born + 1, self.cuts + 1);
        self.downs.push((self.born, mode));
        self.settle().inspect_err(|_| self.downs.truncate(self.downs.len() - 1))?;
        Ok(self.born)
    }

    /// Who has the server down under this number does so no more; without a number, nobody does.
    pub(super) fn up(&mut self, number: Option<u64>) -> io::Result<()> {
        self.downs.retain(|(other, _)| number.is_some_and(|number| number != *other));
        self.settle()
    }

    /// Whoever has connected and is not served yet is cut off.
    pub(super) fn cut(&mut self) -> io::Result<()> {
        self.cuts += 1;
        match &mut self.base {
            Some(base) if base.listens => base.close().and_then(|()| base.listen_again()),
            _ => Ok(()),
        }
    }

    pub(crate) fn is_down(&self) -> bool {
        !self.downs.is_empty()
    }

    /// The server has stopped.
    pub(super) fn close_for_good(&mut self) {
        self.held.clear();
        let Some(base) = self.base.take() else { return };
        // A fork of this process may hold the socket too: closing alone would leave the port open.
        let _ = base.socket.shutdown(Shutdown::Both);
        if let Some(path) = base.path {
            let _ = std::fs::remove_file(path);
        }
    }

    fn settle(&mut self) -> io::Result<()> {
        let mode = self.downs.last().map(|(_, mode)| *mode);
        if mode != Some(DownMode::Blackhole) {
            self.held.clear();
        }
        let Some(base) = &mut self.base else { return Ok(()) };
        match mode == Some(DownMode::Refuse) {
            true if base.listens => base.close(),
            false if !base.listens => base.listen_again(),
            _ => Ok(()),
        }
    }
}

impl Base {
    /// Stops listening, and keeps the port: a socket that is shut down stays bound.
    fn close(&mut self) -> io::Result<()> {
        if self.path.is_none() {
            // Two sockets may be bound to a port if both say so and neither listens.
            self.socket.set_reuse_address(false)?;
        }
        self.socket.shutdown(Shutdown::Both)?;
        self.listens = false;
        Ok(())
    }

    fn listen_again(&mut self) -> io::Result<()> {
        if let Some(path) = &self.path {
            // A Unix socket that was shut down stays so. The one bound next takes its place.
            remove_stale(path);
            self.socket = bind(Domain::UNIX, &SockAddr::unix(path)?)?;
        } else {
            // Connections of before may linger.
            self.socket.set_reuse_address(true)?;
        }
        listen(&self.socket)?;
        self.listens = true;
        Ok(())
    }
}

fn bind(domain: Domain, address: &SockAddr) -> io::Result<socket2::Socket> {
    let socket = socket2::Socket::new(domain, Type::STREAM, None)?;
    if domain != Domain::UNIX {
        // A port whose last connections still linger can be used again at once.
        socket.set_reuse_address(true)?;
    }
    socket.bind(address)?;
    Ok(socket)
}

fn listen(socket: &socket2::Socket) -> io::Result<()> {
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)
}

/// A socket file nobody listens on is left over from a process that was killed, or from before the server went down.
fn remove_stale(path: &Path) {
    let refused = std::os::unix::net::UnixStream::connect(path)
        .is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused);
    if refused {
        // If it cannot be removed, binding says so.
        let _ = std::fs::remove_file(path);
    }
}
