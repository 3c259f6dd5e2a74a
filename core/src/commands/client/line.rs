//! What CLIENT LIST says of one client: each version's fields, in its order.
use crate::clock::Micros;
use crate::engine::Session;
use crate::persona::{Persona, Version};
use crate::resp::Protocol;

/// What a connection's reply buffer takes before it has grown.
const REPLY_BUFFER: usize = 1024;
/// What a connection's query buffer takes once a request has come.
const QUERY_BUFFER: usize = 20474;

/// Describes a client.
pub(super) fn line(session: &Session, persona: Persona, now: Micros) -> Vec<u8> {
    let mut line = Line { text: Vec::new(), persona };
    line.identity(session, now);
    line.state(session);
    line.buffers(session);
    line.habits(session);
    line.text
}

/// Full seconds, as a clock that shows seconds tells them.
pub(super) fn seconds_between(from: Micros, to: Micros) -> i64 {
    const SECOND: Micros = 1_000_000;
    to.div_euclid(SECOND) - from.div_euclid(SECOND)
}

struct Line {
    text: Vec<u8>,
    persona: Persona,
}

impl Line {
    fn identity(&mut self, session: &Session, now: Micros) {
        self.field("id", session.id.to_string());
        self.field("addr", session.address.peer.as_bytes());
        self.field("laddr", &session.address.local);
        self.field("fd", session.address.fd.to_string());
        self.field("name", &session.name);
        self.field("age", seconds_between(session.created, now).to_string());
        self.field("idle", seconds_between(session.used, now).to_string());
    }

    fn state(&mut self, session: &Session) {
        self.field("flags", flags(session));
        if self.persona.is_valkey_from(8, 0) {
            self.field("capa", if session.redirects { "r" } else { "" });
        }
        self.field("db", session.db.to_string());
        self.field("sub", session.channels.len().to_string());
        self.field("psub", session.patterns.len().to_string());
        if self.persona.at_least(7, 0) {
            self.field("ssub", session.shard_channels.len().to_string());
        }
        let queued = session.transaction.as_ref().map(|transaction| transaction.queued.len());
        self.field("multi", queued.map_or("-1".to_owned(), |queued| queued.to_string()));
        if self.redis_from(7, 4) || self.persona.is_valkey_from(8, 0) {
            self.field("watch", session.watched.len().to_string());
        }
    }

    fn buffers(&mut self, session: &Session) {
        let (used, free) = self.query_buffer(session);
        let arguments = session.argument_bytes();
        let queued = session.queued_bytes();
        let kept = session.unsent.min(REPLY_BUFFER);
        let rest = session.unsent - kept;
        let listed = rest.div_ceil(16 * 1024);
        let base = if self.persona.is_valkey() { 640 } else { 776 };
        let whole = base + REPLY_BUFFER + used + free + arguments + queued + rest;
        self.number("qbuf", used);
        self.number("qbuf-free", free);
        self.number("argv-mem", arguments);
        if self.persona.at_least(7, 0) {
            self.number("multi-mem", queued);
            self.number("rbs", REPLY_BUFFER);
            self.number("rbp", kept);
        }
        self.number("obl", kept);
        self.number("oll", listed);
        self.number("omem", rest);
        self.number("tot-mem", whole);
        self.field("events", "r");
    }

    fn habits(&mut self, session: &Session) {
        let command = session.last_command.map_or("NULL", |entry| &entry.name);
        self.field("cmd", command);
        self.field("user", &*session.user);
        self.field("redir", "-1");
        if self.persona.at_least(7, 0) {
            let resp3 = session.encoding.protocol == Protocol::Resp3;
            self.field("resp", if resp3 { "3" } else { "2" });
        }
        if self.persona.at_least(7, 2) {
            self.field("lib-name", &session.library);
            self.field("lib-ver", &session.library_version);
        }
        if self.redis_from(8, 0) {
            self.field("io-thread", "0");
        }
        if self.persona.is_valkey_from(8, 1) {
            self.field("tot-net-in", session.input_bytes.to_string());
            self.field("tot-net-out", session.sent_bytes().to_string());
            self.field("tot-cmds", session.commands.to_string());
        }
    }

    /// Bytes used and free. From Redis 7.4 on, and in Valkey, connections share one buffer, which
    /// Redis counts with the one whose command runs.
    fn query_buffer(&self, session: &Session) -> (usize, usize) {
        let shared = self.redis_from(7, 4) || self.persona.is_valkey_from(8, 0);
        let used = session.request_bytes;
        if self.persona.is_valkey_from(8, 0)
            || (shared && used == 0)
            || session.commands == 0 && used == 0
        {
            (0, 0)
        } else {
            (used, QUERY_BUFFER.saturating_sub(used))
        }
    }

    fn redis_from(&self, major: u16, minor: u16) -> bool {
        !self.persona.is_valkey() && self.persona.version >= Version(major, minor, 0)
    }

    fn number(&mut self, name: &str, value: usize) {
        self.field(name, value.to_string());
    }

    fn field(&mut self, name: &str, value: impl AsRef<[u8]>) {
        if !self.text.is_empty() {
            self.text.push(b' ');
        }
        self.text.extend_from_slice(name.as_bytes());
        self.text.push(b'=');
        self.text.extend_from_slice(value.as_ref());
    }
}

/// One letter for each thing that is special about a client, `N` if nothing is.
/// The letters of all flags that a client can have.
pub(super) const FLAGS: &[u8] = b"bcdeirtuxABEIMNOPRSTU";

/// The letters of a client's flags.
pub(super) fn flags(session: &Session) -> String {
    let letters = [
        ('S', session.is_replica()),
        ('P', session.is_subscriber()),
        ('x', session.transaction.is_some()),
        ('b', session.is_blocked()),
        ('d', session.void),
        ('U', session.address.unix),
        ('e', session.no_evict),
        ('T', session.no_touch),
        ('I', session.imports),
    ];
    let set: String = letters.iter().filter(|(_, is)| *is).map(|(letter, _)| *letter).collect();
    if set.is_empty() { "N".to_owned() } else { set }
}
