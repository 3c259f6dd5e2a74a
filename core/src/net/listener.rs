//! Where clients connect: TCP ports and Unix sockets.
use super::connection::{self, Socket};
use super::shared::Holder;
use super::{Shared, runtime};
use crate::engine::Address;
use socket2::{Domain, SockAddr, Type};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::{TcpListener, UnixListener};

/// As many connects may wait as the system lets: a burst of clients is never turned away.
const BACKLOG: i32 = 4096;

/// Where to listen.
#[derive(Clone, Debug)]
pub(crate) enum Endpoint {
    Tcp(IpAddr, u16),
    Unix(PathBuf),
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Endpoint::Tcp(ip, port) => write!(f, "port {port} of {ip}"),
            Endpoint::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Where a server listens.
#[derive(Debug)]
pub(crate) enum Listening {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

/// Listens, and serves whoever connects until the server stops.
pub(crate) fn listen(shared: &Arc<Shared>, endpoint: &Endpoint) -> io::Result<Listening> {
    // Sockets register with the runtime they will be served on.
    let _context = runtime().enter();
    match endpoint {
        Endpoint::Tcp(ip, port) => {
            let address = SocketAddr::new(*ip, *port);
            let socket = bind(Domain::for_address(address), &address.into())?;
            let listener = TcpListener::from_std(socket.into())?;
            let address = listener.local_addr()?;
            runtime().spawn(accept_tcp(shared.hold(), listener, Arc::clone(shared)));
            Ok(Listening::Tcp(address))
        }
        Endpoint::Unix(path) => {
            remove_stale(path);
            let socket = bind(Domain::UNIX, &SockAddr::unix(path)?)?;
            let listener = UnixListener::from_std(socket.into())?;
            let serving = accept_unix(shared.hold(), listener, path.clone(), Arc::clone(shared));
            runtime().spawn(serving);
            Ok(Listening::Unix(path.clone()))
        }
    }
}

fn bind(domain: Domain, address: &SockAddr) -> io::Result<socket2::Socket> {
    let socket = socket2::Socket::new(domain, Type::STREAM, None)?;
    if domain != Domain::UNIX {
        // A port whose last connections still linger can be used again at once.
        socket.set_reuse_address(true)?;
    }
    socket.bind(address)?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// A socket file nobody listens on is left over from a process that was killed.
fn remove_stale(path: &Path) {
    let refused = std::os::unix::net::UnixStream::connect(path)
        .is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused);
    if refused {
        // If it cannot be removed, binding says so.
        let _ = std::fs::remove_file(path);
    }
}

async fn accept_tcp(holder: Holder, listener: TcpListener, shared: Arc<Shared>) {
    let local = listener.local_addr().map(|address| address.to_string()).unwrap_or_default();
    loop {
        tokio::select! {
            () = shared.stopped() => break,
            accepted = listener.accept() => {
                let Ok((socket, peer)) = accepted else { pause_after_error().await; continue };
                let _ = socket.set_nodelay(true);
                let address = Address {
                    peer: peer.to_string().into(),
                    local: local.clone(),
                    unix: false,
                    fd: i64::from(socket.as_raw_fd()),
                };
                connection::start(&shared, Socket::Tcp(socket), address);
            }
        }
    }
    // A fork of this process may hold the socket too: closing alone would leave the port open.
    let _ = socket2::SockRef::from(&listener).shutdown(std::net::Shutdown::Both);
    drop(listener);
    drop(holder);
}

async fn accept_unix(holder: Holder, listener: UnixListener, path: PathBuf, shared: Arc<Shared>) {
    let name = format!("{}:0", path.display());
    loop {
        tokio::select! {
            () = shared.stopped() => break,
            accepted = listener.accept() => {
                let Ok((socket, _)) = accepted else { pause_after_error().await; continue };
                let address = Address {
                    peer: name.as_str().into(),
                    local: name.clone(),
                    unix: true,
                    fd: i64::from(socket.as_raw_fd()),
                };
                connection::start(&shared, Socket::Unix(socket), address);
            }
        }
    }
    let _ = std::fs::remove_file(path);
    drop(listener);
    drop(holder);
}

/// The process has run out of file descriptors: some other connection must end first.
async fn pause_after_error() {
    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
}
