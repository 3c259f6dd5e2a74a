//! Files and other servers: what SAVE, the option `rdb` and MIGRATE do beyond a server's own memory.
mod support;

use faux_redis::blocking::FauxRedis;
use faux_redis::{Builder, ErrorKind, Version};
use std::fs;
use std::io::Read as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use support::Client;

/// A folder of a test's own, which goes when the test has passed.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("faux-redis-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder can be made");
        Folder(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).expect("it is there");
        let names = entries.map(|entry| entry.expect("it can be read").file_name());
        names.map(|name| name.to_string_lossy().into_owned()).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn start(builder: Builder) -> (FauxRedis, Client) {
    let redis = FauxRedis::start_with(builder).expect("it starts");
    let client = Client::connect(&redis);
    (redis, client)
}

fn with_dir(folder: &Folder) -> Builder {
    Builder::default().config("dir", folder.0.display().to_string())
}

/// The message of a server that does not start with this file.
#[track_caller]
fn refusal(builder: Builder, file: &Path) -> String {
    let error = FauxRedis::start_with(builder.rdb(file)).expect_err("the file is wrong");
    assert_eq!(error.kind(), ErrorKind::Option);
    let message = error.to_string();
    let start = format!("cannot load the RDB file {}: ", file.display());
    message.strip_prefix(&start).unwrap_or_else(|| panic!("{message}")).to_owned()
}

#[test]
fn what_is_saved_is_there_when_a_server_starts_in_the_same_folder() {
    let folder = Folder::new("restart");
    let (_redis, mut client) = start(with_dir(&folder).config("dbfilename", "data.rdb"));
    client.says("SET k v", "+OK\r\n");
    client.says("SAVE", "+OK\r\n");
    assert_eq!(folder.files(), ["data.rdb"]);
    let (_redis, mut client) = start(with_dir(&folder).config("dbfilename", "data.rdb"));
    client.says("GET k", "$1\r\nv\r\n");
    client.says("SET k other", "+OK\r\n");
    client.says("DEBUG RELOAD NOSAVE", "+OK\r\n");
    client.says("GET k", "$1\r\nv\r\n");
}

#[test]
fn a_server_without_a_folder_writes_no_file_and_reloads_from_memory() {
    let here = || fs::read_dir(".").expect("it can be read").count();
    let before = here();
    let (_redis, mut client) = start(Builder::default());
    client.says("SET k v", "+OK\r\n");
    client.says(
        "DEBUG RELOAD NOSAVE",
        "-ERR Error trying to load the RDB dump, check server logs.\r\n",
    );
    client.says("SAVE", "+OK\r\n");
    client.says("BGSAVE", "+Background saving started\r\n");
    client.says("DEL k", ":1\r\n");
    client.says("DEBUG RELOAD NOSAVE", "+OK\r\n");
    client.says("GET k", "$1\r\nv\r\n");
    assert_eq!(here(), before);
}

#[test]
fn a_file_that_cannot_be_written_is_an_error_and_leaves_the_changes_unsaved() {
    let (_redis, mut client) = start(Builder::default().config("dir", "/no/such/folder"));
    client.says("SET k v", "+OK\r\n");
    client.says("SAVE", "-ERR\r\n");
    client.says("DEBUG RELOAD", "-ERR\r\n");
    client.says("GET k", "$1\r\nv\r\n");
}

#[test]
fn the_named_file_is_loaded_at_the_start_and_after_each_reset_and_only_read() {
    let folder = Folder::new("named");
    let (_redis, mut client) = start(with_dir(&folder));
    client.says("SET k v", "+OK\r\n");
    client.says("SAVE", "+OK\r\n");
    let file = folder.file("dump.rdb");
    let bytes = fs::read(&file).unwrap();
    let (redis, mut client) = start(Builder::default().rdb(&file));
    client.says("SET k other", "+OK\r\n");
    client.says("SAVE", "+OK\r\n");
    assert_eq!(fs::read(&file).unwrap(), bytes);
    redis.reset();
    Client::connect(&redis).says("GET k", "$1\r\nv\r\n");
}

#[test]
fn a_file_that_cannot_be_loaded_is_named_with_what_is_wrong() {
    let folder = Folder::new("wrong");
    let (_redis, mut client) = start(with_dir(&folder));
    for line in ["SET k some-longer-value", "SELECT 9", "SET j v"] {
        client.says(line, "+OK\r\n");
    }
    client.says("SAVE", "+OK\r\n");
    let good = fs::read(folder.file("dump.rdb")).unwrap();
    let file = folder.file("bad.rdb");
    assert!(refusal(Builder::default(), &file).contains("No such file"));
    fs::write(&file, b"*1\r\n$4\r\nPING\r\n").unwrap();
    assert_eq!(refusal(Builder::default(), &file), "it is no RDB file");
    fs::write(&file, &good[..good.len() / 2]).unwrap();
    assert!(refusal(Builder::default(), &file).ends_with("it ends too early"));
    let mut changed = good.clone();
    let at = changed.windows(6).position(|window| window == b"longer").unwrap();
    changed[at] ^= 1;
    fs::write(&file, &changed).unwrap();
    assert_eq!(refusal(Builder::default(), &file), "its checksum is not that of its bytes");
    fs::write(&file, &good).unwrap();
    assert_eq!(
        refusal(Builder::default().databases(4), &file),
        "it has keys in database 9, and the server has 4 databases"
    );
    assert_eq!(
        refusal(Builder::default().version(Version(7, 0, 15)), &file),
        "it is of version 12 of the RDB format, and the server that is played reads up to 10"
    );
}

#[test]
fn keys_migrate_to_another_server() {
    let (_redis, mut client) = start(Builder::default());
    let (other, mut there) = start(Builder::default().password("secret"));
    client.says("SET k v", "+OK\r\n");
    let line = format!("MIGRATE 127.0.0.1 {} k 0 5000", other.port());
    client.says(
        &line,
        "-ERR Target instance replied with error: NOAUTH Authentication required.\r\n",
    );
    client.says(&format!("{line} AUTH secret"), "+OK\r\n");
    client.says("EXISTS k", ":0\r\n");
    there.says("AUTH secret", "+OK\r\n");
    there.says("GET k", "$1\r\nv\r\n");
}

#[test]
fn a_server_that_does_not_answer_stalls_only_the_connection_that_migrates() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let (redis, mut client) = start(Builder::default());
    let mut other = Client::connect(&redis);
    client.says("SET k v", "+OK\r\n");
    client.send(&format!("MIGRATE 127.0.0.1 {} k 0 100", silent.local_addr().unwrap().port()));
    let (mut target, _) = silent.accept().unwrap();
    let mut start = [0; 8];
    target.read_exact(&mut start).unwrap();
    other.says("GET k", "$1\r\nv\r\n");
    client.receives("-IOERR error or timeout reading to target instance\r\n");
    client.says("GET k", "$1\r\nv\r\n");
}

#[test]
fn a_transaction_does_not_migrate_since_it_cannot_wait() {
    let (_redis, mut client) = start(Builder::default());
    client.says("SET k v", "+OK\r\n");
    client.says("MULTI", "+OK\r\n");
    client.says("MIGRATE 127.0.0.1 1 k 0 100", "+QUEUED\r\n");
    client.says("MIGRATE 127.0.0.1 1 none 0 100", "+QUEUED\r\n");
    client.says(
        "EXEC",
        "*2\r\n-ERR faux_redis: MIGRATE waits for another server, which a transaction cannot\r\n+NOKEY\r\n",
    );
}

#[test]
fn a_background_save_ends_and_says_so() {
    let folder = Folder::new("background");
    let (_redis, mut client) = start(with_dir(&folder));
    client.says("SET k v", "+OK\r\n");
    client.says("BGSAVE", "+Background saving started\r\n");
    // The next save is refused only as long as that one is under way.
    loop {
        client.send("BGSAVE");
        if client.line() == "+Background saving started" {
            break;
        }
    }
    assert!(folder.file("dump.rdb").exists());
}
