//! Matchers held against calls, with no server around them.

mod options;
mod patterns;

use super::super::client::ClientInfo;
use super::*;
use crate::command::Table;
use crate::persona::{Flavour, Persona};
use crate::resp::Protocol;
use std::sync::Arc;
use std::time::Duration;

const PERSONA: Persona = Persona::newest(Flavour::Redis);

/// A call of these words.
pub(in crate::double) fn call(line: &str) -> Call {
    call_of(line.split(' ').map(|word| Bytes::from(word.to_owned())).collect())
}

fn call_of(words: Vec<Bytes>) -> Call {
    let entry = Table::of(PERSONA).lookup(&words).ok();
    let name = String::from_utf8_lossy(&words[0]).to_uppercase();
    Call {
        seq: 1,
        time: Duration::ZERO,
        conn: 1,
        client: Arc::new(ClientInfo {
            id: 1,
            name: "worker-1".into(),
            user: "default".into(),
            protocol: Protocol::Resp2,
            library: Bytes::new(),
            library_version: Bytes::new(),
            address: "127.0.0.1:50123".into(),
        }),
        name: entry.map_or_else(|| name.into(), |entry| Arc::clone(&entry.title)),
        db: 0,
        via: Via::Direct,
        rule: None,
        action: "pending",
        reply: None,
        duration: None,
        faults: Vec::new(),
        trip: 0,
        asserted: false,
        refused: false,
        words: words.into(),
        entry,
        weight: 0,
    }
}

fn resolved(matcher: Matcher) -> Result<Matcher, String> {
    matcher.resolve(Table::of(PERSONA), PERSONA).map_err(|error| error.to_string())
}

#[track_caller]
fn check(matcher: Matcher, shown: &str, hits: &[&str], misses: &[&str]) {
    assert_eq!(matcher.to_string(), shown);
    let matcher = resolved(matcher).unwrap();
    for line in hits {
        assert!(matches!(matcher.look(&call(line)), Look::Yes), "{shown} does not match {line}");
    }
    for line in misses {
        assert!(matches!(matcher.look(&call(line)), Look::No), "{shown} matches {line}");
    }
}

fn get(pattern: impl Into<Pattern>) -> Matcher {
    Matcher::command("GET").arg(pattern)
}
