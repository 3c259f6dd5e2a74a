//! Requests of several connections are carried out in the order in which they were sent.
use faux_redis::blocking::FauxRedis;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;

/// A client over a Unix socket: what it has sent is there for the server when `send` returns. Over TCP it need not be.
/// There the system may deliver the first of several packets last, even within one machine, if it was sent from
/// another processor than the rest.
struct Client(UnixStream);

impl Client {
    fn connect(path: &Path) -> Client {
        Client(UnixStream::connect(path).expect("the server listens"))
    }

    fn send(&mut self, line: &str) {
        self.0.write_all(format!("{line}\r\n").as_bytes()).expect("the server reads");
    }

    #[track_caller]
    fn receives(&mut self, expect: &str) {
        let mut got = vec![0; expect.len()];
        self.0.read_exact(&mut got).expect("a reply comes");
        assert_eq!(String::from_utf8_lossy(&got), expect);
    }
}

#[test]
fn a_request_is_not_overtaken_by_one_that_was_sent_after_it_elsewhere() {
    let folder = std::env::temp_dir().join(format!("faux-redis-order-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("there is a folder for temporary files");
    let path = folder.join("redis.sock");
    let redis = FauxRedis::start_with(faux_redis::FauxRedis::builder().unix_socket(&path))
        .expect("the path is free");
    let mut writers: Vec<_> = (0..8).map(|_| Client::connect(&path)).collect();
    let mut reader = Client::connect(&path);
    let mut other = Client::connect(&path);
    for client in writers.iter_mut().chain([&mut reader]) {
        client.send("PING");
        client.receives("+PONG\r\n");
    }
    for round in 0..100 {
        // That a client has read is news of its connection, too, and what is news already keeps its place when a request
        // comes: so the server has heard of all that was read before the next requests are sent.
        other.send("PING");
        other.receives("+PONG\r\n");
        for writer in &mut writers {
            writer.send(&format!("APPEND log {round},"));
        }
        reader.send("STRLEN log");
        let digits = if round < 10 { 1 } else { 2 };
        let before = (0..round).map(|round| if round < 10 { 2 } else { 3 } * 8).sum::<usize>();
        let length = |writers: usize| before + writers * (digits + 1);
        for (nth, writer) in writers.iter_mut().enumerate() {
            writer.receives(&format!(":{}\r\n", length(nth + 1)));
        }
        reader.receives(&format!(":{}\r\n", length(8)));
    }
    drop(redis);
    let _ = std::fs::remove_dir_all(folder);
}
