//! Plays what the documentation says of versions of Redis that cannot be recorded from: the conversations in
//! `documented` are written by hand, in the notation of the recorded ones.

#[path = "conversations/notation.rs"]
mod notation;
#[path = "conversations/script.rs"]
#[expect(dead_code, reason = "these conversations are of one server")]
mod script;
#[path = "conversations/stage.rs"]
mod stage;

use faux_redis::blocking::FauxRedis;
use faux_redis::{Flavour, Version};
use script::parse;
use std::path::Path;

/// Plays a file's blocks, each to a server of its own.
fn check(file: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documented");
    let path = folder.join(file).with_extension("md");
    let blocks = parse(&std::fs::read_to_string(&path).expect("the file is there"));
    let mut differences = Vec::new();
    for block in &blocks {
        let version = Version(8, 10, 0);
        let builder = faux_redis::FauxRedis::builder().flavour(Flavour::Redis).version(version);
        let redis = FauxRedis::start_with(builder).expect("a port is free");
        let address = redis.address().parse().expect("it listens on a port");
        differences.extend(stage::play(block, address, "redis 8.10"));
    }
    assert!(!blocks.is_empty(), "{} holds no conversation", path.display());
    assert!(differences.is_empty(), "{}\n\n{}", path.display(), differences.join("\n"));
}

#[test]
fn arrays_are_as_documented() {
    check("arrays");
}

#[test]
fn lists_sets_and_hashes_are_as_documented() {
    check("lists-and-sets");
}

#[test]
fn strings_are_as_documented() {
    check("strings");
}

#[test]
fn streams_are_as_documented() {
    check("streams");
}
