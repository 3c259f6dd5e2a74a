//! Whatever bytes a client sends, the server answers or closes, and serves the next client.
mod support;

use faux_redis::blocking::FauxRedis;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use support::{Client, PATIENCE};

const VALID: [&[u8]; 9] = [
    b"*1\r\n$4\r\nPING\r\n",
    b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n",
    b"SET k \"a b\\x00\" 'c'\r\n",
    b"MULTI\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\n1\r\nEXEC\r\n",
    b"*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\nGET none\r\n",
    b"*3\r\n$9\r\nSUBSCRIBE\r\n$1\r\na\r\n$1\r\nb\r\n*1\r\n$4\r\nPING\r\n",
    b"*3\r\n$6\r\nCLIENT\r\n$5\r\nREPLY\r\n$4\r\nSKIP\r\nPING\r\n",
    b"*2\r\n$4\r\nECHO\r\n$4\r\n\r\n\r\n\r\n",
    b"*1\r\n$4\r\nQUIT\r\n*1\r\n$4\r\nPING\r\n",
];

const PIECES: [&[u8]; 36] = [
    b"*",
    b"$",
    b"\r\n",
    b"\n",
    b"\r",
    b"0",
    b"1",
    b"-1",
    b"4",
    b"PING",
    b"ECHO",
    b"\"",
    b"'",
    b"\\x41",
    b"\\",
    b" ",
    b"\0",
    b"\t",
    b"\x0b",
    b"*1\r\n",
    b"$4\r\n",
    b"*2\r\n$4\r\nECHO\r\n",
    b"+",
    b":",
    b"99999999999",
    b"2147483648",
    b"*1048577\r\n",
    b"\xff",
    b"$-1\r\n",
    b"*0\r\n",
    b"$536870913\r\n",
    b"QUIT",
    b"RESET",
    b"MULTI\r\n",
    b"EXEC\r\n",
    b"CLIENT REPLY OFF\r\n",
];

/// Numbers that look random, and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits fit") % end
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).expect("it is below 256")
    }

    fn bytes(&mut self) -> Vec<u8> {
        let len = 1 + self.below(80);
        (0..len).map(|_| self.byte()).collect()
    }

    fn pieces(&mut self) -> Vec<u8> {
        let count = 1 + self.below(14);
        (0..count).flat_map(|_| PIECES[self.below(PIECES.len())]).copied().collect()
    }

    fn spoilt(&mut self) -> Vec<u8> {
        let mut bytes = [VALID[self.below(VALID.len())], VALID[self.below(VALID.len())]].concat();
        for _ in 0..=self.below(3) {
            let at = self.below(bytes.len());
            bytes[at] = self.byte();
        }
        bytes
    }
}

/// Sends these bytes and no more, and reads to the end.
#[track_caller]
fn check(redis: &FauxRedis, bytes: &[u8]) {
    let mut socket = TcpStream::connect(redis.address()).expect("the server listens");
    socket.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
    // The server may have closed before all was sent.
    let _sent = socket.write_all(bytes).and_then(|()| socket.shutdown(Shutdown::Write));
    let mut chunk = [0; 4096];
    loop {
        match socket.read(&mut chunk) {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
            Err(error) => {
                panic!("neither an end nor an answer to {}: {error}", bytes.escape_ascii())
            }
        }
    }
    Client::connect(redis).says("PING", "+PONG\r\n");
    assert!(redis.failures().is_empty(), "{}: {:?}", bytes.escape_ascii(), redis.failures());
}

#[test]
fn random_bytes_leave_the_server_usable() {
    let redis = FauxRedis::start().expect("it starts");
    let mut numbers = Numbers(1);
    for _ in 0..1000 {
        check(&redis, &numbers.bytes());
        check(&redis, &numbers.pieces());
        check(&redis, &numbers.spoilt());
    }
}

#[test]
fn requests_cut_short_anywhere_leave_the_server_usable() {
    let redis = FauxRedis::start().expect("it starts");
    for request in VALID {
        for end in 0..request.len() {
            check(&redis, &request[..end]);
        }
    }
}
