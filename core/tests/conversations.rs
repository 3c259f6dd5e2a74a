//! Plays the conversations recorded from real servers to a server of ours, in every persona.

#[path = "conversations/notation.rs"]
mod notation;
#[path = "conversations/script.rs"]
mod script;
#[path = "conversations/stage.rs"]
mod stage;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use faux_redis::blocking::FauxRedis;
use faux_redis::{Flavour, Version};
use script::{RECORDED, parse};

/// A server that lives as long as this value.
struct Server {
    address: SocketAddr,
    _redis: FauxRedis,
}

/// Starts a new server that is `persona`, for example `redis 7.0`, in the version that was
/// recorded from.
fn start_server(persona: &str) -> Server {
    let (flavour, version) = match persona {
        "redis 7.0" => (Flavour::Redis, Version(7, 0, 15)),
        "redis 8.0" => (Flavour::Redis, Version(8, 0, 2)),
        "valkey 8.1" => (Flavour::Valkey, Version(8, 1, 1)),
        "valkey 9.1" => (Flavour::Valkey, Version(9, 1, 2)),
        other => panic!("nothing is recorded from {other}"),
    };
    let builder = faux_redis::FauxRedis::builder().flavour(flavour).version(version);
    let redis = FauxRedis::start_with(builder).expect("a port is free");
    Server { address: redis.address().parse().expect("it listens on a port"), _redis: redis }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the crate is in the workspace")
        .to_owned()
}

/// Plays a file's blocks, each to a server of its own.
fn check(file: &str) {
    let path = root().join("tests/conversations").join(file).with_extension("md");
    let blocks = parse(&std::fs::read_to_string(&path).expect("the file is there"));
    assert!(!blocks.is_empty(), "{} holds no conversation", path.display());
    let mut differences = Vec::new();
    for recorded in RECORDED {
        for block in blocks
            .iter()
            .filter(|block| block.applies_to(recorded) && block.is_played_over_the_port())
        {
            let server = start_server(recorded);
            differences.extend(stage::play(block, server.address, recorded));
        }
    }
    let count = differences.len();
    assert!(
        differences.is_empty(),
        "{count} differences in {}\n\n{}\n",
        path.display(),
        differences.join("\n")
    );
}

macro_rules! conversations {
    ($($name:ident in $file:literal,)*) => {
        const FILES: &[&str] = &[$($file),*];
        $(
            #[test]
            fn $name() {
                check($file);
            }
        )*
    };
}

conversations! {
    bitmaps_are_as_recorded in "bitmaps",
    connections_are_as_recorded in "connection",
    dumps_are_as_recorded in "dump",
    times_to_live_are_as_recorded in "expire",
    places_are_as_recorded in "geo",
    hashes_are_as_recorded in "hashes",
    hyperloglogs_are_as_recorded in "hyperloglog",
    keys_are_as_recorded in "keys",
    lists_are_as_recorded in "lists",
    what_is_told_of_values_is_as_recorded in "objects",
    the_protocol_is_as_recorded in "protocol",
    pubsub_is_as_recorded in "pubsub",
    replication_is_as_recorded in "replication",
    the_server_is_as_recorded in "server",
    sets_are_as_recorded in "sets",
    sorting_is_as_recorded in "sort",
    sorted_sets_are_as_recorded in "sorted-sets",
    streams_are_as_recorded in "streams",
    strings_are_as_recorded in "strings",
    transactions_are_as_recorded in "transactions",
    valkey_9_is_as_recorded in "valkey-9",
    waiting_is_as_recorded in "waiting",
}

#[test]
fn every_file_is_played() {
    let folder =
        std::fs::read_dir(root().join("tests/conversations")).expect("the folder is there");
    let mut found: Vec<String> = folder
        .filter_map(|entry| entry.expect("the folder can be read").file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".md").map(str::to_owned))
        .filter(|name| name != "README")
        .collect();
    found.sort();
    assert_eq!(found, FILES);
}
