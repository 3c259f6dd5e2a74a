//! Replicas and the append only file: who follows a server hears of every change, and can make it again.
mod support;

use faux_redis::blocking::FauxRedis;
use faux_redis::{Builder, Version};
use std::fs;
use std::path::PathBuf;
use support::{Client, PATIENCE};

fn start() -> (FauxRedis, Client) {
    start_with(Builder::default())
}

fn start_with(builder: Builder) -> (FauxRedis, Client) {
    let redis = FauxRedis::start_with(builder).expect("it starts");
    let client = Client::connect(&redis);
    (redis, client)
}

/// A connection that reads the stream, past the data it begins with.
fn replica(redis: &FauxRedis) -> Client {
    let mut replica = Client::connect(redis);
    replica.send("SYNC");
    skip_data(&mut replica);
    replica
}

fn skip_data(replica: &mut Client) {
    let length = replica.line();
    let length: usize = length.strip_prefix('$').and_then(|n| n.parse().ok()).expect("a length");
    let data = replica.bytes(length);
    assert!(data.starts_with(b"REDIS"), "{:?}", String::from_utf8_lossy(&data[..9]));
}

/// These commands, as they stand in the stream.
fn commands(lines: &[&str]) -> String {
    let word = |word: &str| format!("${}\r\n{word}\r\n", word.len());
    let command = |line: &&str| {
        let words: Vec<_> = line.split(' ').collect();
        format!("*{}\r\n{}", words.len(), words.into_iter().map(word).collect::<String>())
    };
    lines.iter().map(command).collect()
}

#[test]
fn a_replica_hears_of_every_change_and_of_nothing_else() {
    let (redis, mut client) = start();
    client.says("SET before 1", "+OK\r\n");
    let mut replica = replica(&redis);
    client.says("SET k v", "+OK\r\n");
    client.says("GET k", "$1\r\nv\r\n");
    client.says("DEL nothing", ":0\r\n");
    client
        .says("SADD k x", "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n");
    client.says("SELECT 3", "+OK\r\n");
    client.says("incr n", ":1\r\n");
    replica.receives(&commands(&["SELECT 0", "SET k v", "SELECT 3", "incr n"]));
}

#[test]
fn a_transaction_reaches_replicas_as_one_if_it_changes_more_than_one_thing() {
    let (redis, mut client) = start();
    let mut replica = replica(&redis);
    for line in ["MULTI", "SET a 1", "GET a", "SET b 1", "EXEC", "MULTI", "SET c 1", "EXEC"] {
        client.send(line);
    }
    replica.receives(&commands(&["MULTI", "SELECT 0", "SET a 1", "SET b 1", "EXEC", "SET c 1"]));
}

#[test]
fn what_depends_on_time_or_chance_propagates_as_what_came_of_it() {
    let (redis, mut client) = start_with(Builder::default().version(Version(7, 0, 15)).seed(1));
    let mut replica = replica(&redis);
    client.says("SADD s 1", ":1\r\n");
    client.says("SPOP s", "$1\r\n1\r\n");
    client.says("INCRBYFLOAT f 0.5", "$3\r\n0.5\r\n");
    client.says("SET k v EXAT 9999999999", "+OK\r\n");
    client.says("GETDEL k", "$1\r\nv\r\n");
    client.says("XADD stream MAXLEN ~ 5 1-* f v", "$3\r\n1-0\r\n");
    replica.receives(&commands(&[
        "SELECT 0",
        "SADD s 1",
        "SREM s 1",
        "SET f 0.5 KEEPTTL",
        "SET k v PXAT 9999999999000",
        "DEL k",
        "XADD stream MAXLEN = 1 1-0 f v",
    ]));
}

#[test]
fn a_key_that_expires_by_itself_propagates_as_its_removal() {
    let (redis, mut client) = start();
    let mut replica = replica(&redis);
    client.says("SET k v PX 1", "+OK\r\n");
    replica.receives(&commands(&["SELECT 0"]));
    replica.receives("*5\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n$4\r\nPXAT\r\n$13\r\n");
    replica.line();
    replica.receives(&commands(&["DEL k"]));
}

#[test]
fn a_replica_that_comes_back_gets_what_it_has_missed() {
    let (redis, mut client) = start();
    let mut first = Client::connect(&redis);
    first.send("PSYNC ? -1");
    let head = first.line();
    let id = head.split(' ').nth(1).expect("it names the history").to_owned();
    assert_eq!(head, format!("+FULLRESYNC {id} 0"));
    skip_data(&mut first);
    client.says("SET a 1", "+OK\r\n");
    let stream = commands(&["SELECT 0", "SET a 1"]);
    first.receives(&stream);
    drop(first);
    client.says("SET b 1", "+OK\r\n");
    let mut again = Client::connect(&redis);
    again.says("REPLCONF capa psync2", "+OK\r\n");
    again.says(&format!("PSYNC {id} {}", 1 + stream.len()), &format!("+CONTINUE {id}\r\n"));
    again.receives(&commands(&["SET b 1"]));
    let mut other = Client::connect(&redis);
    other.send("PSYNC of-another-history 1");
    assert!(other.line().starts_with(&format!("+FULLRESYNC {id} ")));
    client.says("DEBUG CHANGE-REPL-ID", "+OK\r\n");
    let mut last = Client::connect(&redis);
    last.send(&format!("PSYNC {id} 1"));
    assert!(last.line().starts_with("+FULLRESYNC "));
    client.until("INFO stats", "sync_full:3\r\nsync_partial_ok:1\r\nsync_partial_err:2\r\n");
}

#[test]
fn wait_returns_once_a_replica_says_that_it_has_all() {
    let (redis, mut client) = start();
    let mut replica = replica(&redis);
    client.says("SET k v", "+OK\r\n");
    client.send("WAIT 1 0");
    replica.receives(&commands(&["SELECT 0", "SET k v", "REPLCONF GETACK *"]));
    let heard = commands(&["SELECT 0", "SET k v"]).len();
    replica.send(&format!("REPLCONF ACK {}", heard - 1));
    replica.send(&format!("REPLCONF ACK {heard}"));
    client.receives(":1\r\n");
    client.says("WAIT 2 1", ":1\r\n");
}

#[test]
fn writes_are_refused_while_too_few_replicas_keep_up() {
    let (redis, mut client) = start();
    client.says("CONFIG SET min-replicas-to-write 1", "+OK\r\n");
    client.says("SET k v", "-NOREPLICAS Not enough good replicas to write.\r\n");
    client.says("GET k", "$-1\r\n");
    let replica = replica(&redis);
    client.says("SET k v", "+OK\r\n");
    drop(replica);
    client.until("INFO replication", "connected_slaves:0");
    client.says("SET k v", "-NOREPLICAS Not enough good replicas to write.\r\n");
}

#[test]
fn a_server_that_follows_another_takes_no_writes_and_says_whom_it_follows() {
    let (_redis, mut client) = start();
    client.says("SET k v", "+OK\r\n");
    client.says("REPLICAOF 127.0.0.1 1", "+OK\r\n");
    client.says("REPLICAOF 127.0.0.1 1", "+OK Already connected to specified master\r\n");
    client.says("ROLE", "*5\r\n$5\r\nslave\r\n$9\r\n127.0.0.1\r\n:1\r\n$7\r\nconnect\r\n:-1\r\n");
    client.says("SET k w", "-READONLY You can't write against a read only replica.\r\n");
    client.says("GET k", "$1\r\nv\r\n");
    client.says("CONFIG SET replica-serve-stale-data no", "+OK\r\n");
    client.says(
        "GET k",
        "-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.\r\n",
    );
    client.says("REPLICAOF NO ONE", "+OK\r\n");
    client.says("SET k w", "+OK\r\n");
}

#[test]
fn becoming_a_replica_ends_all_waiting() {
    let (redis, mut client) = start();
    let mut waiting = Client::connect(&redis);
    waiting.send("BLPOP k 0");
    redis.wait_for("BLPOP", PATIENCE).expect("it came");
    client.says("REPLICAOF 127.0.0.1 1", "+OK\r\n");
    assert!(waiting.line().starts_with("-UNBLOCKED force unblock"));
    assert_eq!(waiting.rest().0, b"");
}

#[test]
fn the_append_only_file_brings_all_back() {
    let (_redis, mut client) = start();
    client.says("SET before 1", "+OK\r\n");
    client.says("DEBUG LOADAOF", "-ERR Error trying to load the AOF files, check server logs.\r\n");
    client.says("CONFIG SET appendonly yes", "+OK\r\n");
    client.says("INCR n", ":1\r\n");
    client.says("SELECT 2", "+OK\r\n");
    client.says("SET k v PX 1000000", "+OK\r\n");
    client.says("DEBUG LOADAOF", "+OK\r\n");
    client.says("GET k", "$1\r\nv\r\n");
    client.says("SELECT 0", "+OK\r\n");
    client.says("GET before", "$1\r\n1\r\n");
    client.says("GET n", "$1\r\n1\r\n");
    client.says("BGREWRITEAOF", "+Background append only file rewriting started\r\n");
    client.says("INCR n", ":2\r\n");
    client.says("DEBUG LOADAOF", "+OK\r\n");
    client.says("GET n", "$1\r\n2\r\n");
}

#[test]
fn a_folder_that_is_not_there_is_refused() {
    let (_redis, mut client) = start();
    client.says(
        "CONFIG SET dir /nothing/of/this/name",
        "-ERR CONFIG SET failed (possibly related to argument 'dir') - No such file or directory\r\n",
    );
    client.says("CONFIG GET dir", "*2\r\n$3\r\ndir\r\n$1\r\n/\r\n");
}

#[test]
fn after_a_failed_bgsave_nothing_is_written_until_one_succeeds() {
    let folder = Folder::new("misconf");
    let builder = Builder::default().version(Version(7, 0, 15)).config("save", "3600 1");
    let (_redis, mut client) = start_with(builder);
    client.says(&format!("CONFIG SET dir {}", folder.name()), "+OK\r\n");
    fs::remove_dir(&folder.0).expect("it is empty");
    client.says("BGSAVE", "+Background saving started\r\n");
    client.until("INFO persistence", "rdb_bgsave_in_progress:0");
    client.send("SET k v");
    let refusal = client.line();
    assert!(
        refusal.starts_with("-MISCONF Redis is configured to save RDB snapshots, "),
        "{refusal}"
    );
    client.says("GET k", "$-1\r\n");
    client.says("CONFIG SET stop-writes-on-bgsave-error no", "+OK\r\n");
    client.says("SET k v", "+OK\r\n");
    client.says("CONFIG SET stop-writes-on-bgsave-error yes", "+OK\r\n");
    fs::create_dir(&folder.0).expect("it was there before");
    client.says("BGSAVE", "+Background saving started\r\n");
    client.until("INFO persistence", "rdb_bgsave_in_progress:0");
    client.says("SET k v", "+OK\r\n");
}

#[test]
fn shutdown_saves_if_it_is_told_to() {
    let folder = Folder::new("shutdown");
    let dir = folder.name();
    let (_redis, mut client) = start_with(Builder::default().config("dir", dir.clone()));
    client.says("SET k v", "+OK\r\n");
    client.send("SHUTDOWN SAVE");
    assert_eq!(client.rest().0, b"");
    let (_redis, mut client) = start_with(Builder::default().config("dir", dir.clone()));
    client.says("SET k w", "+OK\r\n");
    client.send("SHUTDOWN NOSAVE");
    assert_eq!(client.rest().0, b"");
    let (_redis, mut client) = start_with(Builder::default().config("dir", dir));
    client.says("GET k", "$1\r\nv\r\n");
    fs::remove_dir_all(&folder.0).expect("it is there");
    client.says("SHUTDOWN SAVE", "-ERR Errors trying to SHUTDOWN. Check logs.\r\n");
    client.says("GET k", "$1\r\nv\r\n");
    client.send("SHUTDOWN SAVE FORCE");
    assert_eq!(client.rest().0, b"");
}

/// A folder of a test's own, which goes with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("faux-redis-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder can be made");
        Folder(path)
    }

    fn name(&self) -> String {
        self.0.display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
