//! Whether there is anything left to do: for time that leaps, and for tests that wait until all is done.
use super::session::{Session, SessionId};
use super::task::Stage;
use super::{Wait, World};
use crate::clock::Micros;
use crate::double::Client;
use crate::double::matcher::quoted;
use crate::double::verify::said;
use crate::glob::{self, Case};
use bytes::Bytes;
use std::collections::BTreeSet;

/// What a session is busy with, as far as others wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Busy {
    /// It has nothing to do.
    Idle,
    /// Its command waits for a key.
    Blocked,
    /// Its command goes on at a time.
    Delayed,
    /// CLIENT PAUSE or DEBUG SLEEP holds its command back.
    Paused,
    /// A test holds its command at a gate.
    Held,
    /// The test's own code is asked.
    Asking,
    /// Something is done outside.
    Away,
}

impl Busy {
    fn of(session: &Session) -> Busy {
        match session.task.as_ref().map(|task| &task.stage) {
            None | Some(Stage::Running) => Busy::Idle,
            Some(Stage::Matching(_) | Stage::Calling | Stage::AtGate(_)) => Busy::Asking,
            Some(Stage::Delayed) => Busy::Delayed,
            Some(Stage::Waiting) => Busy::Blocked,
            Some(Stage::Paused) => Busy::Paused,
            Some(Stage::Held(_)) => Busy::Held,
            Some(Stage::Away) => Busy::Away,
        }
    }

    fn says(self) -> &'static str {
        match self {
            Busy::Idle => "idle",
            Busy::Blocked => "blocked",
            Busy::Delayed => "delayed",
            Busy::Paused => "held back by a pause",
            Busy::Held => "held at a gate",
            Busy::Asking => "waiting for the test's own code",
            Busy::Away => "waiting for a file or another server",
        }
    }
}

impl World {
    /// Whether every client waits, and one of them for time to pass, or somebody else does.
    pub(crate) fn all_wait(&self, somebody_sleeps: bool) -> bool {
        let waits = |busy| !matches!(busy, Busy::Held | Busy::Asking | Busy::Away);
        self.clients.iter().map(Busy::of).all(waits)
            && self.errands.is_empty()
            && (somebody_sleeps || self.next_patience().is_some())
    }

    /// When the next client that waits for time to pass has waited long enough.
    pub(crate) fn next_patience(&self) -> Option<Micros> {
        let is_paused = || self.clients.iter().any(|session| Busy::of(session) == Busy::Paused);
        let pause = self.node.next_deadline().filter(|_| is_paused());
        self.deadlines.first().map(|(at, _)| *at).into_iter().chain(pause).min()
    }

    /// What is still being worked on, a line each; nothing when all is done. A command that is blocked is at rest.
    pub(crate) fn unfinished(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for session in self.clients.iter() {
            let busy = Busy::of(session);
            if !matches!(busy, Busy::Idle | Busy::Blocked) {
                lines.push(format!(
                    "{}: {} is {}",
                    session.title(),
                    self.task_of(session),
                    busy.says()
                ));
            } else if session.unsent > 0 {
                lines.push(format!(
                    "{}: {} bytes are not sent yet",
                    session.title(),
                    session.unsent
                ));
            }
        }
        if lines.is_empty() && !self.errands.is_empty() {
            lines.push("a file is being written".into());
        }
        lines
    }

    /// What a session's command is, as messages show it.
    pub(crate) fn task_of(&self, session: &Session) -> String {
        let call = session.task.as_ref().and_then(|task| self.double.journal.find(task.call));
        call.map_or_else(|| "a command".into(), said)
    }
}

/// Who waits for what, who listens to what, and who is there.
impl World {
    /// How many clients are blocked on a key, or at all.
    pub(crate) fn blocked(&self, key: Option<&Bytes>) -> usize {
        let on_key = |wait: &Wait| key.is_none_or(|key| wait.keys.contains(key));
        self.clients
            .iter()
            .filter_map(|session| self.waiters.of(session.id))
            .filter(|w| on_key(w))
            .count()
    }

    /// Who is blocked on what, a line each.
    pub(crate) fn blocked_lines(&self) -> Vec<String> {
        let blocked = self.clients.iter().filter(|session| Busy::of(session) == Busy::Blocked);
        let line = |session: &Session| {
            let db = self.waiters.of(session.id).map_or(session.db, |wait| wait.db);
            format!("{}: {} (db {db})", session.title(), self.task_of(session))
        };
        blocked.map(line).collect()
    }

    /// Who would hear what is published on a channel, or has subscribed to a pattern of this name.
    pub(crate) fn subscribers(&self, channel: &Bytes) -> BTreeSet<SessionId> {
        let fits = |pattern: &Bytes| {
            pattern == channel || glob::matches(pattern, channel, Case::Sensitive)
        };
        let hears = |session: &&Session| {
            session.channels.contains(channel)
                || session.shard_channels.contains(channel)
                || session.patterns.iter().any(fits)
        };
        self.clients.iter().filter(hears).map(|session| session.id).collect()
    }

    /// Who is subscribed to what, a line a client.
    pub(crate) fn subscribed_lines(&self) -> Vec<String> {
        let line = |session: &Session| {
            let channels = session.channels.iter().map(|channel| quoted(channel));
            let patterns =
                session.patterns.iter().map(|pattern| format!("pattern {}", quoted(pattern)));
            let shards = session
                .shard_channels
                .iter()
                .map(|shard| format!("shard channel {}", quoted(shard)));
            let all: Vec<_> = channels.chain(patterns).chain(shards).collect();
            format!("{}: {}", session.title(), all.join(", "))
        };
        self.clients.iter().filter(|session| session.is_subscriber()).map(line).collect()
    }

    /// How many of these clients are connected.
    pub(crate) fn connected(&self, client: &Client) -> usize {
        let sessions = self.clients.iter();
        sessions.filter(|session| client.is(&session.described(), session.db)).count()
    }

    /// Who is connected, a line each.
    pub(crate) fn connected_lines(&self) -> Vec<String> {
        let line = |session: &Session| format!("{} from {}", session.title(), session.address.peer);
        self.clients.iter().map(line).collect()
    }
}

impl Session {
    /// The session as messages name it: `conn 3`, or `conn 3 "worker"` if it has a name.
    fn title(&self) -> String {
        if self.name.is_empty() {
            return format!("conn {}", self.id);
        }
        format!("conn {} {}", self.id, quoted(&self.name))
    }
}
