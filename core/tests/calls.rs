//! What was called: the transcript's lanes, exports, and the journal's bounds.
mod support;

use faux_redis::blocking::FauxRedis;
use faux_redis::{Client as Who, Clock, Direction, Format, LimitThen, Matcher, Reply};
use std::time::Duration;
use support::{Client, Ended};

/// A server whose time is moved by hand, so that all it tells is known.
fn start() -> (FauxRedis, Client) {
    let clock = Clock::starting_at(Duration::from_micros(1_700_000_000_000_001));
    let builder = faux_redis::FauxRedis::builder().clock(clock);
    let redis = FauxRedis::start_with(builder).expect("a port is free");
    let client = Client::connect(&redis);
    (redis, client)
}

/// A text with the clients' ports left out, which are new each time.
fn without_ports(text: &str) -> String {
    let mut parts = text.split("127.0.0.1:");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept += "127.0.0.1:PORT";
        kept += part.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    kept
}

#[test]
fn the_transcript_has_a_lane_for_each_connection() {
    let (redis, mut first) = start();
    let mut second = Client::connect(&redis);
    redis.stub("GET").reply("Ada").named("Ada");
    redis.stub("DEL").execute().drop_reply().close();
    first.says("CLIENT SETNAME web", "+OK\r\n");
    redis.clock().advance(Duration::from_millis(1500));
    second.says("SET k v", "+OK\r\n");
    first.says("GET k", "$3\r\nAda\r\n");
    for (line, reply) in [("MULTI", "+OK\r\n"), ("INCR n", "+QUEUED\r\n"), ("EXEC", "*1\r\n:1\r\n")]
    {
        first.says(line, reply);
    }
    second.send("DEL k");
    assert_eq!(second.rest(), (Vec::new(), Ended::Closed));
    let mut third = Client::connect(&redis);
    third.says("PING", "+PONG\r\n");
    first.says("STRLEN k", ":0\r\n");
    assert_eq!(
        without_ports(&redis.transcript()),
        r#"conn 1 'web': 127.0.0.1:PORT, RESP2
conn 2: 127.0.0.1:PORT, RESP2; closed by the server at 1.500s
conn 3: 127.0.0.1:PORT, RESP2
    0.000s  1  #1 conn 1: CLIENT SETNAME "web"  ->  +OK  [store]
    1.500s  | 2  #2 conn 2: SET "k" "v"  ->  +OK  [store]
    1.500s  1 |  #3 conn 1: GET "k"  ->  "Ada"  [rule: stub 'Ada' GET]
    1.500s  1 |  #4 conn 1: MULTI  ->  +OK  [store]
    1.500s  1 |  #5 conn 1: INCR "n"  ->  :1  [store, through EXEC]
    1.500s  1 |  #6 conn 1: EXEC  ->  [:1]  [store]
    1.500s  | 2  #7 conn 2: DEL "k"  ->  (nothing)  [rule: stub DEL; drop_reply(), close()]
    1.500s  | 3  #8 conn 3: PING  ->  +PONG  [store]
    1.500s  1  #9 conn 1: STRLEN "k"  ->  :0  [store]
"#
    );
    assert_eq!(redis.export(Format::Text), redis.transcript());
}

#[test]
fn a_call_tells_which_links_it_and_its_reply_went_through() {
    let (redis, mut client) = start();
    let mut other = Client::connect(&redis);
    let link = redis.link(Who::id(1)).named("slow").corrupt(0.0).unwrap().slice(100);
    client.says("PING", "+PONG\r\n");
    other.says("PING", "+PONG\r\n");
    client.send("BLPOP jobs 0");
    redis.wait_until_blocked("jobs", 1, support::PATIENCE).unwrap();
    link.remove();
    let late = redis.link(Who::id(1)).direction(Direction::Up).limit(1000, LimitThen::Reset);
    other.says("RPUSH jobs a", ":1\r\n");
    client.receives("*2\r\n$4\r\njobs\r\n$1\r\na\r\n");
    late.remove();
    client.says("PING", "+PONG\r\n");
    let faults: Vec<_> = redis.calls().into_iter().map(|call| call.faults.join(" ")).collect();
    let slow = "link 'slow'.corrupt(0)/down.slice(100)/down";
    let both = format!("{slow} link.limit(1000, then=reset)/up");
    assert_eq!(faults, [slow, "", both.as_str(), "", ""]);
    assert!(redis.transcript().contains(&format!("->  +PONG  [store; {slow}]")));
}

#[test]
fn a_connection_that_the_server_or_a_link_ended_says_so() {
    let (mut redis, mut first) = start();
    first.says("PING", "+PONG\r\n");
    let mut second = Client::connect(&redis);
    second.says("PING", "+PONG\r\n");
    redis.clock().advance(Duration::from_millis(2500));
    redis.link(Who::id(1)).limit(7, LimitThen::Reset);
    first.send("PING");
    assert_eq!(first.rest(), (b"+PONG\r\n".to_vec(), Ended::Reset));
    redis.kill(Who::id(2), faux_redis::Ending::Close);
    assert_eq!(second.rest(), (Vec::new(), Ended::Closed));
    let transcript = without_ports(&redis.transcript());
    let lines: Vec<_> = transcript.lines().take(2).collect();
    assert_eq!(
        lines,
        [
            "conn 1: 127.0.0.1:PORT, RESP2; reset by a link at 2.500s",
            "conn 2: 127.0.0.1:PORT, RESP2; closed by the server at 2.500s",
        ]
    );
    redis.expect("GET");
    let failure = redis.verify().unwrap_err().to_string();
    assert!(failure.contains("last calls of conn 1, reset by a link:"), "{failure}");
}

#[test]
fn a_call_tells_what_was_done_to_it() {
    let (redis, mut client) = start();
    let gap = Duration::from_millis(5);
    redis.stub("GET").delay(Duration::from_millis(20)).reset();
    redis.stub("SET").execute().partial([faux_redis::Chunk::Length(2)], gap);
    client.send("SET k v");
    redis.wait_for("SET", support::PATIENCE).unwrap();
    client.send("GET k");
    redis.wait_for("SET", support::PATIENCE).unwrap();
    assert_eq!(redis.calls()[0].faults, ["partial([2], gap=0.005s)"]);
    redis.clock().advance(Duration::from_secs(1));
    client.receives("+OK\r\n");
    assert_eq!(redis.wait_for("GET", support::PATIENCE).unwrap().seq, 2);
    redis.clock().advance(Duration::from_secs(1));
    assert_eq!(client.rest(), (Vec::new(), Ended::Reset));
    assert_eq!(redis.calls()[1].faults, ["delay(0.02s)", "reset()"]);
}

#[test]
fn requests_that_were_read_together_are_one_round_trip() {
    let (redis, mut client) = start();
    client.send_raw(b"PING\r\nPING\r\nPI");
    client.receives("+PONG\r\n+PONG\r\n");
    client.send_raw(b"NG\r\n");
    client.receives("+PONG\r\n");
    client.says("PING", "+PONG\r\n");
    let mut other = Client::connect(&redis);
    other.says("PING", "+PONG\r\n");
    let trips: Vec<_> = redis.calls().iter().map(|call| (call.conn, call.trip)).collect();
    assert_eq!(trips, [(1, 1), (1, 1), (1, 1), (1, 2), (2, 1)]);
}

#[test]
fn a_pipeline_larger_than_one_read_is_one_round_trip() {
    let (redis, mut client) = start();
    let request = "*2\r\n$4\r\nPING\r\n$4\r\nabcd\r\n".repeat(20_000);
    client.send_raw(request.as_bytes());
    client.receives(&"$4\r\nabcd\r\n".repeat(20_000));
    let trips: std::collections::BTreeSet<_> = redis.calls().iter().map(|call| call.trip).collect();
    // What comes while the last of it was carried out already counts anew: the sender may have waited.
    assert!(trips.len() < 40, "{} trips", trips.len());
}

#[test]
fn a_journal_is_bounded_in_bytes_and_says_what_it_dropped() {
    let builder = faux_redis::FauxRedis::builder().journal_limit_bytes(2_000);
    let redis = FauxRedis::start_with(builder).unwrap();
    let mut client = Client::connect(&redis);
    let value = "v".repeat(1_000);
    for _ in 0..3 {
        client.says(&format!("SET k {value}"), "+OK\r\n");
    }
    assert_eq!(redis.calls().iter().map(|call| call.seq).collect::<Vec<_>>(), [3]);
    assert_eq!(redis.dropped_calls(), 2);
    let dropped = redis.dropped_bytes();
    assert!((2_000..4_000).contains(&dropped), "{dropped}");
    let first = format!("(2 older calls dropped, about {dropped} bytes)\n");
    assert!(redis.transcript().starts_with(&first));
    redis.reset();
    assert_eq!((redis.dropped_calls(), redis.dropped_bytes()), (0, 0));
}

#[test]
fn json_lines_tell_all_of_each_call() {
    let (redis, mut client) = start();
    redis
        .stub("GET")
        .reply(Reply::Map(vec![(Reply::Int(1), Reply::Bool(true))]))
        .named("one")
        .close();
    client.send_raw(b"*3\r\n$3\r\nset\r\n$2\r\n\xff\x00\r\n$1\r\n1\r\n");
    client.receives("+OK\r\n");
    client.send("GET k");
    client.rest();
    assert_eq!(
        without_ports(&redis.export(Format::JsonLines)),
        r#"{"seq":1,"time":1700000000.000001,"conn":1,"client":"","address":"127.0.0.1:PORT","name":"SET","args":[{"hex":"ff00"},"1"],"keys":[{"hex":"ff00"}],"db":0,"user":"default","via":"direct","trip":1,"action":"store","rule":null,"faults":[],"reply":{"status":"OK"},"answered":true,"duration":0.0}
{"seq":2,"time":1700000000.000001,"conn":1,"client":"","address":"127.0.0.1:PORT","name":"GET","args":["k"],"keys":["k"],"db":0,"user":"default","via":"direct","trip":2,"action":"rule","rule":{"id":1,"title":"stub 'one' GET"},"faults":["close()"],"reply":{"map":[[1,true]]},"answered":true,"duration":0.0}
"#
    );
}

/// Requests, and what Redis 7.0.15 and 8.0.2 show of them: but for the time and the client's address.
const REQUESTS: [&str; 29] = [
    "NOSUCH x",
    "GET",
    "lpush l 1",
    "get l",
    "AUTH pw",
    "AUTH u pw",
    "HELLO 2 AUTH default x",
    "HELLO 2 SETNAME me",
    "CONFIG SET maxmemory 0",
    "client setname x",
    "client list",
    "select 3",
    "multi",
    "set a 1",
    "incr a",
    "exec",
    "multi",
    "set a 1",
    "discard",
    "exec",
    "multi",
    "nosuch",
    "exec",
    "watch a",
    "flushall",
    "subscribe c",
    "ping",
    "unsubscribe c",
    "reset",
];
const MONITORED: &str = r#"[0] "lpush" "l" "1"
[0] "get" "l"
[0] "AUTH" "(redacted)"
[0] "AUTH" "(redacted)" "(redacted)"
[0] "HELLO" "2" "AUTH" "(redacted)" "(redacted)"
[0] "HELLO" "2" "SETNAME" "me"
[0] "client" "setname" "x"
[3] "select" "3"
[3] "multi"
[3] "set" "a" "1"
[3] "incr" "a"
[3] "exec"
[3] "multi"
[3] "discard"
[3] "exec"
[3] "multi"
[3] "exec"
[3] "watch" "a"
[3] "flushall"
[3] "subscribe" "c"
[3] "ping"
[3] "unsubscribe" "c"
[0] "reset"
[0] "quit"
"#;
const EVERY_BYTE: &str = r##"1700000000.000001 [0 127.0.0.1:PORT] "set" "\x00\x01\x02\x03\x04\x05\x06\a\b\t\n\x0b\x0c\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~\x7f\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x92\x93\x94\x95\x96\x97\x98\x99\x9a\x9b\x9c\x9d\x9e\x9f\xa0\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xab\xac\xad\xae\xaf\xb0\xb1\xb2\xb3\xb4\xb5\xb6\xb7\xb8\xb9\xba\xbb\xbc\xbd\xbe\xbf\xc0\xc1\xc2\xc3\xc4\xc5\xc6\xc7\xc8\xc9\xca\xcb\xcc\xcd\xce\xcf\xd0\xd1\xd2\xd3\xd4\xd5\xd6\xd7\xd8\xd9\xda\xdb\xdc\xdd\xde\xdf\xe0\xe1\xe2\xe3\xe4\xe5\xe6\xe7\xe8\xe9\xea\xeb\xec\xed\xee\xef\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\xfa\xfb\xfc\xfd\xfe\xff" "v""##;

#[test]
fn the_monitor_export_is_what_a_real_server_shows() {
    let (redis, mut client) = start();
    let requests: Vec<_> = REQUESTS.iter().map(|line| format!("{line}\r\n")).collect();
    client.send_raw(requests.concat().as_bytes());
    client.send("quit");
    client.rest();
    let shown = without_ports(&redis.export(Format::Monitor));
    let shown = shown.replace("1700000000.000001 ", "").replace(" 127.0.0.1:PORT]", "]");
    assert_eq!(shown, MONITORED);
}

#[test]
fn the_monitor_export_writes_each_byte_as_a_real_server_does() {
    let (redis, mut client) = start();
    let every_byte: Vec<u8> = (0..=255).collect();
    let mut request = b"*3\r\n$3\r\nset\r\n$256\r\n".to_vec();
    request.extend_from_slice(&every_byte);
    request.extend_from_slice(b"\r\n$1\r\nv\r\n");
    client.send_raw(&request);
    client.receives("+OK\r\n");
    assert_eq!(without_ports(&redis.export(Format::Monitor)), format!("{EVERY_BYTE}\n"));
}

#[test]
fn a_unix_sockets_path_is_shown_as_a_real_server_shows_it() {
    let folder = std::env::temp_dir().join(format!("faux-redis-calls-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("redis.sock");
    let redis = FauxRedis::start_with(faux_redis::FauxRedis::builder().unix_socket(&path)).unwrap();
    let mut socket = std::os::unix::net::UnixStream::connect(&path).unwrap();
    std::io::Write::write_all(&mut socket, b"PING\r\n").unwrap();
    std::io::Read::read_exact(&mut socket, &mut [0; 7]).unwrap();
    let shown = redis.export(Format::Monitor);
    assert!(shown.ends_with(&format!("[0 unix:{}] \"PING\"\n", path.display())), "{shown}");
    drop(redis);
    let _ = std::fs::remove_dir_all(folder);
}

#[test]
fn calls_are_found_by_the_same_matchers_as_rules_are_made_of() {
    let (redis, mut client) = start();
    for line in ["SET lock 1", "SET other 1", "SELECT 1", "SET lock 2"] {
        client.says(line, "+OK\r\n");
    }
    let seqs =
        |matcher: Matcher| redis.calls_of(matcher).iter().map(|call| call.seq).collect::<Vec<_>>();
    assert_eq!(seqs(Matcher::command("set").key("lock")), [1, 4]);
    assert_eq!(seqs(Matcher::command("SET").conn(faux_redis::Client::any().db(1))), [4]);
}

#[test]
fn rules_answer_calls_that_the_journal_has_dropped_before_they_were_answered() {
    let redis = FauxRedis::start_with(faux_redis::FauxRedis::builder().journal_limit(2)).unwrap();
    let mut client = Client::connect(&redis);
    let mut other = Client::connect(&redis);
    let _stub = redis.stub("GET").reply("stubbed");
    client.says("MULTI", "+OK\r\n");
    for _ in 0..5 {
        client.says("GET k", "+QUEUED\r\n");
    }
    other.says("PING", "+PONG\r\n");
    client.says("EXEC", &format!("*5\r\n{}", "$7\r\nstubbed\r\n".repeat(5)));
    assert_eq!(redis.calls().len(), 2);
    let gate = redis.hold("GET", faux_redis::At::After);
    client.send("GET k");
    gate.wait(support::PATIENCE).expect("it is held");
    for _ in 0..5 {
        other.says("PING", "+PONG\r\n");
    }
    assert_eq!(gate.release(), 1);
    client.receives("$7\r\nstubbed\r\n");
}
