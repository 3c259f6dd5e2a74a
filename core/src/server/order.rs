//! Requests of several connections are carried out in the order in which they came.
//!
//! The connections are those of a Unix socket: what is written to one lies at the server when the write is done. Over
//! TCP the system delivers later, and now and then in another order than things were sent in.
use crate::blocking::FauxRedis;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

const WRITERS: usize = 8;
const ROUNDS: usize = 100;
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug)]
struct Client(BufReader<UnixStream>);

impl Client {
    fn connect(path: &Path) -> Client {
        let socket = UnixStream::connect(path).expect("the server listens");
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
        Client(BufReader::new(socket))
    }

    fn send(&mut self, line: &str) {
        self.0.get_mut().write_all(format!("{line}\r\n").as_bytes()).expect("the server reads");
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("a line comes");
        line.trim_end().to_owned()
    }
}

/// Comes back when the server has taken note of all that has happened to its sockets so far.
fn every_task_had_its_turn() {
    crate::block_on(async {
        let turns = tokio::spawn(async {
            for _ in 0..256 {
                tokio::task::yield_now().await;
            }
        });
        turns.await.expect("turns are only taken");
    });
}

#[test]
fn a_request_is_not_overtaken_by_one_that_came_after_it_elsewhere() {
    let path = std::env::temp_dir().join(format!("faux-redis-order-{}", std::process::id()));
    let builder = crate::FauxRedis::builder().unix_socket(&path);
    let redis = FauxRedis::start_with(builder).expect("the path is free");
    let mut writers: Vec<_> = (0..WRITERS).map(|_| Client::connect(&path)).collect();
    let mut reader = Client::connect(&path);
    for client in writers.iter_mut().chain([&mut reader]) {
        client.send("PING");
        assert_eq!(client.line(), "+PONG");
    }
    for round in 0..ROUNDS {
        // That replies were read is an event too: it is taken note of before, not in between.
        every_task_had_its_turn();
        // No request is carried out until all have come.
        let held = redis.shared.lock();
        // Another order each time: none follows from the order in which they connected.
        writers.rotate_left(round % WRITERS);
        for writer in &mut writers {
            writer.send("APPEND log x");
        }
        reader.send("STRLEN log");
        drop(held);
        let got: Vec<_> = writers.iter_mut().chain([&mut reader]).map(Client::line).collect();
        let in_order = (1..=WRITERS).chain([WRITERS]);
        let expect: Vec<_> = in_order.map(|nth| format!(":{}", round * WRITERS + nth)).collect();
        assert_eq!(got, expect, "round {round}");
    }
}
