//! A plain client for tests: it sends words, and compares bytes.
#![allow(dead_code, reason = "each test binary uses a part of it")]
use std::fmt::Write as _;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// How long a test waits for what must come. It is generous: nothing depends on it but how soon a
/// broken server is found out.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(crate) struct Client(TcpStream);

/// How a connection ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// In order, with a FIN.
    Closed,
    /// With a RST.
    Reset,
}

impl Client {
    pub(crate) fn connect(redis: &faux_redis::FauxRedis) -> Client {
        let socket = TcpStream::connect(redis.address()).expect("the server listens");
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
        Client(socket)
    }

    /// Sends one request of words separated by spaces.
    pub(crate) fn send(&mut self, line: &str) {
        let words: Vec<_> = line.split(' ').collect();
        let mut request = format!("*{}\r\n", words.len());
        for word in words {
            write!(request, "${}\r\n{word}\r\n", word.len()).expect("a string takes all");
        }
        self.send_raw(request.as_bytes());
    }

    pub(crate) fn send_raw(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).expect("the server reads");
    }

    pub(crate) fn sends_no_more(&mut self) {
        self.0.shutdown(std::net::Shutdown::Write).expect("the connection is open");
    }

    /// Exactly these bytes come next.
    #[track_caller]
    pub(crate) fn receives(&mut self, expect: &str) {
        let mut got = vec![0; expect.len()];
        let mut at = 0;
        while at < got.len() {
            match self.0.read(&mut got[at..]) {
                Ok(n @ 1..) => at += n,
                end => panic!(
                    "expected {expect:?}, got {:?} and then {end:?}",
                    String::from_utf8_lossy(&got[..at])
                ),
            }
        }
        assert_eq!(String::from_utf8_lossy(&got), expect);
    }

    /// Nothing has come that was not received yet, though the server has had its turn to send it.
    #[track_caller]
    pub(crate) fn has_nothing(&mut self) {
        assert!(self.is_silent(), "something has come, or the connection has ended");
    }

    /// Whether nothing has come that was not received yet, nor the end of the connection.
    pub(crate) fn is_silent(&mut self) -> bool {
        faux_redis::block_on(async {
            // Every task of the server that can go on does so within these turns.
            let turns = tokio::spawn(async {
                for _ in 0..256 {
                    tokio::task::yield_now().await;
                }
            });
            turns.await.expect("turns are only taken");
        });
        self.0.set_nonblocking(true).expect("a socket can be asked");
        let peeked = self.0.peek(&mut [0]).map_err(|error| error.kind());
        self.0.set_nonblocking(false).expect("a socket can be asked");
        peeked == Err(ErrorKind::WouldBlock)
    }

    /// The next line, without its end.
    pub(crate) fn line(&mut self) -> String {
        let mut line = Vec::new();
        let mut byte = [0];
        while !line.ends_with(b"\r\n") {
            self.0.read_exact(&mut byte).expect("a line comes to its end");
            line.push(byte[0]);
        }
        String::from_utf8_lossy(line.trim_ascii_end()).into_owned()
    }

    /// So many bytes as come next.
    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut got = vec![0; count];
        self.0.read_exact(&mut got).expect("they come");
        got
    }

    /// Sends a request again and again, until its reply, a bulk string, has this in it.
    pub(crate) fn until(&mut self, line: &str, part: &str) {
        loop {
            self.send(line);
            let length = self.line()[1..].parse::<usize>().expect("it is a bulk string");
            if String::from_utf8_lossy(&self.bytes(length + 2)).contains(part) {
                return;
            }
        }
    }

    /// Sends a request and compares the reply.
    #[track_caller]
    pub(crate) fn says(&mut self, line: &str, reply: &str) {
        self.send(line);
        self.receives(reply);
    }

    /// What still comes until the connection ends, and how it ends.
    pub(crate) fn rest(&mut self) -> (Vec<u8>, Ended) {
        let mut got = Vec::new();
        let mut chunk = [0; 4096];
        loop {
            match self.0.read(&mut chunk) {
                Ok(0) => return (got, Ended::Closed),
                Ok(n) => got.extend_from_slice(&chunk[..n]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => {
                    return (got, Ended::Reset);
                }
                Err(error) => panic!("the connection neither goes on nor ends: {error}"),
            }
        }
    }
}
