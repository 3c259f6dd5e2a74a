//! A server with the connections of one block, and one more that looks on.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::notation::{Value, decode, encode, matches};
use super::script::{Action, Block, Expected, Step};

/// How long a reply may take before it counts as missing; only a failing conversation ever waits so long.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long to look for what should not come.
const GLANCE: Duration = Duration::from_millis(2);

/// How often the server is asked whether a client waits.
const MOST_QUESTIONS: usize = 3000;

/// Plays one block to a new server and returns what differs from what is written for `recorded`.
pub(crate) fn play(block: &Block, address: SocketAddr, recorded: &str) -> Vec<String> {
    let mut stage =
        Stage { address, onlooker: Connection::open(address), connections: BTreeMap::new() };
    let mut differences = Vec::new();
    for step in &block.steps {
        stage.perform(step);
        for line in step.expected_of(recorded) {
            let got = stage.receive(line);
            if !got.as_ref().is_some_and(|got| matches(&line.pattern, got)) {
                differences.push(difference(block, step, line, got.as_ref(), recorded));
            }
            if got.is_none() {
                return differences;
            }
        }
    }
    let left = stage.leftovers();
    differences.extend(
        left.iter().map(|left| format!("{} [{recorded}]: at the end there is {left}", block.title)),
    );
    differences
}

fn difference(
    block: &Block,
    step: &Step,
    line: &Expected,
    got: Option<&Value>,
    recorded: &str,
) -> String {
    let got = got.map_or_else(|| "(nothing)".to_owned(), Value::to_string);
    format!(
        "line {}: {} [{recorded}]\n    {}\n    expected  {}< {}\n    got       {got}",
        step.number, block.title, step.source, line.connection, line.text
    )
}

struct Stage {
    address: SocketAddr,
    onlooker: Connection,
    connections: BTreeMap<u32, Connection>,
}

impl Stage {
    fn connection(&mut self, name: u32) -> &mut Connection {
        self.connections.entry(name).or_insert_with(|| Connection::open(self.address))
    }

    fn perform(&mut self, step: &Step) {
        let request = match &step.action {
            Action::Sends(words) => encode(&self.meant(words)),
            Action::SendsRaw(words) => self.meant(words).concat(),
            Action::Closes => return self.close(step.connection),
            Action::Directive => {
                unreachable!("blocks with directives are not played over the port")
            }
        };
        self.connection(step.connection).send(&request);
    }

    /// The words of a request, with what only a running server knows of a connection filled in.
    fn meant(&mut self, words: &[Vec<u8>]) -> Vec<Vec<u8>> {
        words.iter().map(|word| self.filled_in(word).unwrap_or_else(|| word.clone())).collect()
    }

    fn filled_in(&mut self, word: &[u8]) -> Option<Vec<u8>> {
        let word = std::str::from_utf8(word).ok()?.strip_prefix('<')?.strip_suffix('>')?;
        let (what, name) = word.split_once("-of-")?;
        let port = self.connection(name.parse().ok()?).port;
        match what {
            "address" => Some(format!("127.0.0.1:{port}").into_bytes()),
            "id" => Some(self.listed(port, "id").unwrap_or_default().into_bytes()),
            _ => None,
        }
    }

    /// Closes a connection and awaits that the server has noticed.
    fn close(&mut self, name: u32) {
        let port = self.connection(name).port;
        self.connections.remove(&name);
        for _ in 0..MOST_QUESTIONS {
            if self.listed(port, "id").is_none() {
                return;
            }
        }
    }

    /// What comes back where a line expects it, nothing if it does not come.
    fn receive(&mut self, line: &Expected) -> Option<Value> {
        match line.pattern {
            Value::NoReply => return Some(Value::NoReply),
            Value::Waits if self.waits(line.connection) => return Some(Value::Waits),
            _ => {}
        }
        let got = self.connection(line.connection).receive(PATIENCE);
        if got == Some(Value::Closed) {
            self.connections.remove(&line.connection);
        }
        got
    }

    /// Whether the server holds the request of a connection back, found out by asking again and again.
    fn waits(&mut self, name: u32) -> bool {
        let port = self.connection(name).port;
        for _ in 0..MOST_QUESTIONS {
            if self.listed(port, "flags").is_some_and(|flags| flags.contains('b')) {
                return true;
            }
            let connection = self.connection(name);
            connection.early = connection.receive(GLANCE);
            if connection.early.is_some() {
                return false;
            }
        }
        false
    }

    /// A field of a client as CLIENT LIST shows it, nothing if the server has no such client.
    fn listed(&mut self, port: u16, field: &str) -> Option<String> {
        let Some(Value::Bulk(text)) = self.ask(&["CLIENT", "LIST"]) else { return None };
        let text = String::from_utf8_lossy(&text).into_owned();
        let line = text.lines().find(|line| line.contains(&format!(" addr=127.0.0.1:{port} ")))?;
        line.split(' ')
            .find_map(|pair| Some(pair.strip_prefix(field)?.strip_prefix('=')?.to_owned()))
    }

    /// Asks on the onlooker's connection, on a new one if a request has ended it.
    fn ask(&mut self, words: &[&str]) -> Option<Value> {
        let request =
            encode(&words.iter().map(|word| word.as_bytes().to_vec()).collect::<Vec<_>>());
        self.onlooker.send(&request);
        match self.onlooker.receive(PATIENCE) {
            Some(Value::Closed) => {}
            reply => return reply,
        }
        self.onlooker = Connection::open(self.address);
        self.onlooker.send(&request);
        self.onlooker.receive(PATIENCE)
    }

    /// What has come without being awaited.
    fn leftovers(&mut self) -> Vec<String> {
        self.onlooker.send(&encode(&[b"PING".to_vec()]));
        self.onlooker.receive(PATIENCE);
        let mut left = Vec::new();
        for (name, connection) in &mut self.connections {
            while let Some(value) = connection.receive(GLANCE) {
                left.push(format!("{name}< {value}"));
                if value == Value::Closed {
                    break;
                }
            }
        }
        left
    }
}

/// One client's socket.
struct Connection {
    stream: TcpStream,
    port: u16,
    buffer: Vec<u8>,
    early: Option<Value>,
}

impl Connection {
    fn open(address: SocketAddr) -> Connection {
        let stream = TcpStream::connect(address).expect("the server accepts connections");
        stream.set_nodelay(true).expect("a TCP socket has this option");
        let port = stream.local_addr().expect("a connected socket has an address").port();
        Connection { stream, port, buffer: Vec::new(), early: None }
    }

    /// Sends all of it; whether that failed shows in what comes back, for then the connection is closed.
    fn send(&mut self, request: &[u8]) {
        let _ = self.stream.write_all(request);
    }

    /// The next reply, `Closed`, or nothing if none comes in time.
    fn receive(&mut self, patience: Duration) -> Option<Value> {
        if let Some(early) = self.early.take() {
            return Some(early);
        }
        self.stream.set_read_timeout(Some(patience)).expect("the patience is not zero");
        let mut chunk = [0; 16384];
        loop {
            if let Some((value, length)) = decode(&self.buffer) {
                self.buffer.drain(..length);
                return Some(value);
            }
            match self.stream.read(&mut chunk) {
                Ok(0) => return Some(Value::Closed),
                Ok(length) => self.buffer.extend_from_slice(&chunk[..length]),
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    return None;
                }
                Err(_) => return Some(Value::Closed),
            }
        }
    }
}
