//! Where clients connect: TCP ports and Unix sockets.
use super::connection::{self, Socket};
use super::shared::Holder;
use super::tls::Secure;
use super::{Shared, runtime};
use crate::engine::Address;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsRawFd as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::net::{TcpListener, TcpStream, UnixListener};

/// Where to listen.
#[derive(Clone, Debug)]
pub(crate) enum Endpoint {
    Tcp(IpAddr, u16, Option<Secure>),
    Unix(PathBuf),
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Endpoint::Tcp(ip, port, _) => write!(f, "port {port} of {ip}"),
            Endpoint::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Where a server listens.
#[derive(Clone, Debug)]
pub(crate) enum Listening {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

/// Listens, and serves whoever connects until the server stops.
pub(crate) fn listen(shared: &Arc<Shared>, endpoint: &Endpoint) -> io::Result<Listening> {
    let doors = &mut shared.lock().doors;
    let mut secure = None;
    let listening = match endpoint {
        Endpoint::Tcp(ip, port, encrypts) => {
            secure.clone_from(encrypts);
            Listening::Tcp(doors.open_tcp(SocketAddr::new(*ip, *port))?)
        }
        Endpoint::Unix(path) => {
            doors.open_unix(path)?;
            Listening::Unix(path.clone())
        }
    };
    runtime().spawn(accept(shared.hold(), listening.clone(), Arc::clone(shared), secure));
    Ok(listening)
}

async fn accept(holder: Holder, place: Listening, shared: Arc<Shared>, secure: Option<Secure>) {
    let name = match &place {
        Listening::Tcp(address) => address.to_string(),
        Listening::Unix(path) => format!("{}:0", path.display()),
    };
    'open: loop {
        let moved = shared.door.notified();
        tokio::pin!(moved);
        // From here on it is not missed when the door is opened or closed, so it is looked at after.
        moved.as_mut().enable();
        let listener = match shared.lock().doors.listener() {
            Some((socket, cuts)) => {
                socket.and_then(|socket| Ok((Listener::of(socket, &place)?, cuts)))
            }
            None => Err(io::ErrorKind::NotConnected.into()),
        };
        let Ok((listener, cuts)) = listener else {
            tokio::select! {
                () = shared.stopped() => break,
                () = moved => continue,
            }
        };
        loop {
            tokio::select! {
                biased;
                () = shared.stopped() => break 'open,
                () = &mut moved => continue 'open,
                accepted = listener.accept(&name, &shared, cuts) => match accepted {
                    Ok((socket, address)) => match (&secure, socket) {
                        (Some(secure), Socket::Tcp(socket)) => {
                            start_secure(&shared, secure, socket, address, cuts);
                        }
                        (_, socket) => connection::start(&shared, socket, address, cuts),
                    },
                    Err(_) => pause_after_error().await,
                },
            }
        }
    }
    shared.lock().doors.close_for_good();
    drop(holder);
}

/// A listening socket that the runtime knows.
#[derive(Debug)]
enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    fn of(socket: socket2::Socket, place: &Listening) -> io::Result<Listener> {
        Ok(match place {
            Listening::Tcp(_) => Listener::Tcp(TcpListener::from_std(socket.into())?),
            Listening::Unix(_) => Listener::Unix(UnixListener::from_std(socket.into())?),
        })
    }

    /// The next connection. None is taken while the lock is held that all connections are cut under: so one that came
    /// after that is not taken for one from before.
    async fn accept(
        &self,
        name: &str,
        shared: &Shared,
        cuts: u64,
    ) -> io::Result<(Socket, Address)> {
        let socket = std::future::poll_fn(|cx| {
            let inner = shared.lock();
            if inner.doors.cuts() == cuts { self.poll_accept(cx) } else { Poll::Pending }
        });
        let (socket, peer) = socket.await?;
        let unix = matches!(socket, Socket::Unix(_));
        let fd = i64::from(match &socket {
            Socket::Tcp(socket) => socket.as_raw_fd(),
            Socket::Unix(socket) => socket.as_raw_fd(),
            #[cfg(feature = "tls")]
            Socket::Tls(stream) => stream.get_ref().0.as_raw_fd(),
        });
        let peer = peer.map_or_else(|| name.into(), |peer| peer.to_string().into());
        Ok((socket, Address { peer, local: name.to_owned(), unix, fd }))
    }

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(Socket, Option<SocketAddr>)>> {
        match self {
            Listener::Tcp(listener) => listener.poll_accept(cx).map_ok(|(socket, peer)| {
                let _ = socket.set_nodelay(true);
                (Socket::Tcp(socket), Some(peer))
            }),
            Listener::Unix(listener) => {
                listener.poll_accept(cx).map_ok(|(socket, _)| (Socket::Unix(socket), None))
            }
        }
    }
}

/// Starts to serve a socket once its client has agreed on how to encrypt; one that does not is let go.
#[cfg(feature = "tls")]
fn start_secure(
    shared: &Arc<Shared>,
    secure: &Secure,
    socket: TcpStream,
    address: Address,
    cuts: u64,
) {
    let (shared, secure) = (Arc::clone(shared), secure.clone());
    let holder = shared.hold();
    runtime().spawn(async move {
        tokio::select! {
            () = shared.stopped() => {}
            agreed = secure.accept(socket) => {
                if let Ok(stream) = agreed {
                    connection::start(&shared, Socket::Tls(stream), address, cuts);
                }
            }
        }
        drop(holder);
    });
}

#[cfg(not(feature = "tls"))]
fn start_secure(_: &Arc<Shared>, secure: &Secure, _: TcpStream, _: Address, _: u64) {
    match *secure {}
}

/// The process has run out of file descriptors: some other connection must end first. Or the door was closed just now,
/// which is seen next.
async fn pause_after_error() {
    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
}
