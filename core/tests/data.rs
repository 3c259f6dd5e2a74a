//! The store in the test's hands: typed values, data files, snapshots and what differs.
mod support;

use faux_redis::blocking::FauxRedis;
use faux_redis::{
    Clock, DataFormat, ErrorKind, FailureKind, FauxRedis as Server, Flavour, Seed, Value,
};
use std::time::Duration;
use support::Client;

fn start() -> (FauxRedis, Client) {
    started(Server::builder())
}

fn started(builder: faux_redis::Builder) -> (FauxRedis, Client) {
    let redis = FauxRedis::start_with(builder).expect("the options make sense");
    let client = Client::connect(&redis);
    (redis, client)
}

fn digest(client: &mut Client) -> String {
    client.send("DEBUG DIGEST");
    client.line()
}

/// What DUMP answers, length and all.
fn dumped(redis: &FauxRedis, key: &str) -> Vec<u8> {
    use std::io::{Read as _, Write as _};
    let mut socket = std::net::TcpStream::connect(redis.address()).expect("the server listens");
    let request = format!("*2\r\n$4\r\nDUMP\r\n${}\r\n{key}\r\nQUIT\r\n", key.len());
    socket.write_all(request.as_bytes()).expect("the server reads");
    let mut all = Vec::new();
    socket.read_to_end(&mut all).expect("the server answers and closes");
    all
}

#[test]
fn each_type_is_written_as_its_command_would_write_it() {
    let (redis, mut client) = start();
    let data = redis.data();
    data.set("s", "12").unwrap();
    data.set("l", vec!["a", "b"]).unwrap();
    data.set("h", Value::hash([("f", "1"), ("e", "2")])).unwrap();
    data.set("u", Value::set(["1", "2"])).unwrap();
    data.set("z", Value::sorted_set([("b", 2.0), ("a", 1.5)])).unwrap();
    data.set("x", Value::stream([("1-1", [("f", "v")])])).unwrap();
    client.says("INCR s", ":13\r\n");
    client.says("LRANGE l 0 -1", "*2\r\n$1\r\na\r\n$1\r\nb\r\n");
    client.says("HGETALL h", "*4\r\n$1\r\nf\r\n$1\r\n1\r\n$1\r\ne\r\n$1\r\n2\r\n");
    client.says("OBJECT ENCODING u", "$6\r\nintset\r\n");
    client.says("ZRANGE z 0 -1 WITHSCORES", "*4\r\n$1\r\na\r\n$3\r\n1.5\r\n$1\r\nb\r\n$1\r\n2\r\n");
    client.says("XRANGE x - +", "*1\r\n*2\r\n$3\r\n1-1\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n");
    assert_eq!(redis.calls().len(), 6, "what is done by hand is no call");
}

#[test]
fn what_commands_wrote_is_read_by_its_type() {
    let (redis, mut client) = start();
    client.says("SET s v", "+OK\r\n");
    client.says("RPUSH l a b", ":2\r\n");
    client.says("ZADD z 1.5 a", ":1\r\n");
    client.says("SADD u m", ":1\r\n");
    client.says("XADD x 1-1 f v", "$3\r\n1-1\r\n");
    client.says("XGROUP CREATE x g 0", "+OK\r\n");
    client.send("XREADGROUP GROUP g c STREAMS x >");
    client.receives("*1\r\n*2\r\n$1\r\nx\r\n*1\r\n*2\r\n$3\r\n1-1\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n");
    let data = redis.data();
    assert_eq!(data.string("s").unwrap().as_deref(), Some(&b"v"[..]));
    assert_eq!(data.list("l").unwrap().unwrap(), ["a", "b"]);
    assert_eq!(data.scores("z").unwrap().unwrap(), [("a".into(), 1.5)]);
    assert_eq!(data.members("u").unwrap().unwrap(), ["m"]);
    let stream = data.stream("x").unwrap().unwrap();
    assert_eq!(stream.groups[0].pending[0].id, "1-1");
    assert_eq!(stream.groups[0].pending[0].consumer.as_deref(), Some(&b"c"[..]));
    assert_eq!(data.type_of("z"), Some("zset"));
    assert_eq!((data.get("none"), data.type_of("none")), (None, None));
    assert_eq!(data.len(), 5);
    let error = data.list("s").unwrap_err();
    assert_eq!(error.to_string(), "key 's' holds a string, not a list");
}

#[test]
fn writing_by_hand_voids_watches_wakes_who_waits_and_notifies() {
    let (redis, mut watching) = start();
    let mut waiting = Client::connect(&redis);
    let mut listening = Client::connect(&redis);
    listening.says("CONFIG SET notify-keyspace-events KEA", "+OK\r\n");
    listening.says(
        "PSUBSCRIBE __keyevent@0__:*",
        "*3\r\n$10\r\npsubscribe\r\n$16\r\n__keyevent@0__:*\r\n:1\r\n",
    );
    watching.says("WATCH jobs", "+OK\r\n");
    watching.says("MULTI", "+OK\r\n");
    watching.says("PING", "+QUEUED\r\n");
    waiting.send("BLPOP jobs 0");
    redis.wait_for("BLPOP", support::PATIENCE).unwrap();
    redis.data().set("jobs", vec!["a", "b"]).unwrap();
    waiting.receives("*2\r\n$4\r\njobs\r\n$1\r\na\r\n");
    watching.says("EXEC", "*-1\r\n");
    for event in ["rpush", "lpop"] {
        let head = "*4\r\n$8\r\npmessage\r\n$16\r\n__keyevent@0__:*\r\n";
        let channel = format!("__keyevent@0__:{event}");
        listening.receives(&format!("{head}${}\r\n{channel}\r\n$4\r\njobs\r\n", channel.len()));
    }
    redis.data().set_for("jobs", "x", Duration::from_secs(9)).unwrap();
    for event in ["set", "expire"] {
        let head = "*4\r\n$8\r\npmessage\r\n$16\r\n__keyevent@0__:*\r\n";
        let channel = format!("__keyevent@0__:{event}");
        listening.receives(&format!("{head}${}\r\n{channel}\r\n$4\r\njobs\r\n", channel.len()));
    }
}

#[test]
fn values_that_no_key_can_hold_are_refused_by_name() {
    let (redis, _client) = start();
    let data = redis.data();
    data.set("k", "old").unwrap();
    for (value, expect) in [
        (
            Value::list([""; 0]),
            "key 'k': no key can hold an empty list: it goes with its last element; delete it instead",
        ),
        (Value::sorted_set([("m", f64::NAN)]), "key 'k': a score is a number, and not NaN"),
        (
            Value::stream([("2-0", [("f", "v")]), ("1-0", [("f", "v")])]),
            "key 'k': entry 1-0 of a stream does not follow 2-0",
        ),
        (
            Value::stream([("x", [("f", "v")])]),
            "key 'k': the id of an entry is * or like 1-1, above 0-0, not 'x'",
        ),
        (
            Value::Dump("junk".into()),
            "key 'k': it is not what DUMP answers: its version is too new or its checksum wrong",
        ),
    ] {
        let error = data.set("k", value).unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Option, expect));
        assert_eq!(data.get("k"), Some("old".into()), "and what was there stays");
    }
    assert!(data.set_for("k", "v", Duration::ZERO).is_err());
    let error = data.db(16).unwrap_err();
    assert_eq!(error.to_string(), "option 'db': there is no database 16, but 16, from 0 on");
}

#[test]
fn keys_are_listed_expire_and_go() {
    let clock = Clock::starting_at(Duration::from_secs(1_000));
    let (redis, mut client) = started(Server::builder().clock(clock.clone()));
    let data = redis.data();
    data.set_for("user:1", "a", Duration::from_secs(10)).unwrap();
    data.set("user:2", "b").unwrap();
    data.db(3).unwrap().set("other", "c").unwrap();
    assert_eq!(data.keys("user:?"), ["user:1", "user:2"]);
    assert_eq!(data.ttl("user:1"), Some(Duration::from_secs(10)));
    assert!(data.expire("user:2", Some(Duration::from_secs(5))).unwrap());
    assert!(data.expire("user:1", None).unwrap());
    assert!(!data.expire("none", None).unwrap());
    clock.advance(Duration::from_secs(6));
    assert!(!data.contains("user:2"));
    assert_eq!(data.len(), 1);
    assert!(data.delete("user:1"));
    assert!(!data.delete("user:1"));
    assert!(data.is_empty());
    client.says("SELECT 3", "+OK\r\n");
    client.says("GET other", "$1\r\nc\r\n");
    assert_eq!(data.db(3).unwrap().clear(), 1);
    client.says("GET other", "$-1\r\n");
}

const DOCUMENT: &str = r#"{
  "$databases": {
    "0": {
      "user:1": {"name": "Ada", "age": 36},
      "jobs": ["a", "b"],
      "greeting": "hello",
      "pi": 3.5,
      "tags": {"$set": ["x", "y"]},
      "board": {"$zset": {"ada": 1.5, "bob": "inf"}},
      "log": {"$stream": {"1-1": {"f": "v"}, "2-1": ["f", "1", "f", "2"]}},
      "lock": {"$string": "me", "$ttl": 60},
      "session": {"$hash": {"id": "7", "$odd": "8"}, "$field_ttl": {"id": 30}},
      "bytes": "$base64:/wA="
    },
    "2": {"other": "x"}
  }
}"#;

#[test]
fn a_document_is_there_from_the_start_and_again_after_a_reset() {
    let clock = Clock::starting_at(Duration::from_secs(1_000));
    let builder = Server::builder().clock(clock).data(Seed::json(DOCUMENT));
    let (redis, mut client) = started(builder);
    client.says("HGETALL user:1", "*4\r\n$4\r\nname\r\n$3\r\nAda\r\n$3\r\nage\r\n$2\r\n36\r\n");
    client.says("GET pi", "$3\r\n3.5\r\n");
    client.says("TTL lock", ":60\r\n");
    client.says("HTTL session FIELDS 2 id $odd", "*2\r\n:30\r\n:-1\r\n");
    client.says("ZSCORE board bob", "$3\r\ninf\r\n");
    client.says("XLEN log", ":2\r\n");
    client.says("STRLEN bytes", ":2\r\n");
    client.says("FLUSHALL", "+OK\r\n");
    redis.reset();
    let mut client = Client::connect(&redis);
    client.says("LLEN jobs", ":2\r\n");
    client.says("SELECT 2", "+OK\r\n");
    client.says("GET other", "$1\r\nx\r\n");
}

#[test]
fn what_is_dumped_loads_into_the_same_data() {
    let clock = || Clock::starting_at(Duration::from_secs(1_000));
    let builder = Server::builder().clock(clock()).data(Seed::json(DOCUMENT));
    let (redis, mut client) = started(builder);
    client.says("XGROUP CREATE log g 0", "+OK\r\n");
    let texts = [
        (redis.data().dump(DataFormat::Json).unwrap(), Seed::json as fn(String) -> Seed),
        #[cfg(feature = "yaml")]
        (redis.data().dump(DataFormat::Yaml).unwrap(), Seed::yaml as fn(String) -> Seed),
    ];
    for (text, seed) in texts {
        let (again, mut other) = started(Server::builder().clock(clock()).data(seed(text.clone())));
        assert_eq!(digest(&mut other), digest(&mut client), "{text}");
        assert_eq!(again.data().ttl("lock"), Some(Duration::from_secs(60)));
        assert_eq!(again.data().get("session"), redis.data().get("session"));
        assert_eq!(again.data().stream("log").unwrap().unwrap().groups.len(), 1);
        assert_eq!(
            again.data().dump(DataFormat::Json).unwrap(),
            redis.data().dump(DataFormat::Json).unwrap()
        );
    }
}

#[cfg(feature = "yaml")]
#[test]
fn a_document_of_yaml_says_the_same() {
    let seed = Seed::yaml(
        "user:1: {name: Ada, age: 36}\njobs:\n  - a\n  - 2\nlock: {$string: me, $ttl: 60}\n",
    );
    let (redis, _client) = started(Server::builder().data(seed));
    assert_eq!(redis.data().get("user:1"), Some(Value::hash([("name", "Ada"), ("age", "36")])));
    assert_eq!(redis.data().list("jobs").unwrap().unwrap(), ["a", "2"]);
    assert!(redis.data().ttl("lock").is_some());
}

#[test]
fn a_stream_is_written_with_its_groups() {
    let (redis, mut client) = start();
    let text = r#"{"log": {"$stream": {"1-1": {"f": "v"}}, "$last_id": "9-0", "$groups": {"g":
        {"last_id": "1-1", "consumers": ["ada", "bob"], "pending": [["1-1", "ada", 2]]}}}}"#;
    redis.data().load(Seed::json(text)).unwrap();
    client.says(
        "XPENDING log g",
        "*4\r\n:1\r\n$3\r\n1-1\r\n$3\r\n1-1\r\n*1\r\n*2\r\n$3\r\nada\r\n$1\r\n1\r\n",
    );
    client.says(
        "XADD log 9-0 f v",
        "-ERR The ID specified in XADD is equal or smaller than the target stream top item\r\n",
    );
    let stream = redis.data().stream("log").unwrap().unwrap();
    assert_eq!(stream.groups[0].consumers, ["ada", "bob"]);
    redis.data().set("again", Value::Stream(stream.clone())).unwrap();
    assert_eq!(redis.data().stream("again").unwrap(), Some(stream));
    for (text, expect) in [
        (
            r#"{"k": {"$list": ["a"], "$last_id": "1-0"}}"#,
            "key 'k': $last_id and $groups are for a $stream, not for a list",
        ),
        (
            r#"{"k": {"$stream": {}, "$groups": {"g": {"next": 1}}}}"#,
            "key 'k': a group has last_id, consumers and pending, not 'next'",
        ),
        (
            r#"{"k": {"$stream": {}, "$groups": {"g": {"pending": [1]}}}}"#,
            "key 'k': a pending entry is a list of an id, a consumer and how often, not 1",
        ),
        (
            r#"{"k": {"$stream": {"2-0": {"f": "v"}}, "$last_id": "1-0"}}"#,
            "key 'k': the last id 1-0 is before the last entry 2-0",
        ),
    ] {
        let error = redis.data().load(Seed::json(text)).unwrap_err();
        assert_eq!(error.to_string(), expect);
    }
}

#[test]
fn a_document_with_a_mistake_loads_nothing_and_names_it() {
    let (redis, _client) = start();
    let data = redis.data();
    data.set("a", "old").unwrap();
    for (text, expect) in [
        ("[1]", "a document is a mapping of keys to values, not a list of 1"),
        (r#"{"a": "new", "k": null}"#, "key 'k': a value is a text, a number, a list"),
        (r#"{"a": "new", "k": {"$zzet": {}}}"#, "key 'k': there is no $zzet; a value is a text"),
        (r#"{"a": "new", "k": {"$ttl": 1}}"#, "key 'k': a value is missing beside $ttl"),
        (
            r#"{"a": "new", "k": {"$list": ["x"], "$ttl": -1}}"#,
            "key 'k': a time to live is a number of seconds above zero, not -1",
        ),
        (
            r#"{"a": "new", "k": {"$zset": {"m": "high"}}}"#,
            "key 'k': a score is a number, inf or -inf, not 'high'",
        ),
        (r#"{"a": "new", "k": "$base64:!"}"#, "key 'k': '$base64:!' is not base64"),
        (
            r#"{"a": "new", "k": [true]}"#,
            "key 'k': a text or a number is wanted, not true; write \"true\" if it is a text",
        ),
        (r#"{"a": "new", "k": []}"#, "key 'k': no key can hold an empty list"),
        (r#"{"$databases": {"99": {"k": "v"}}}"#, "there is no database 99, but 16, from 0 on"),
        ("{", "it is not JSON: EOF"),
    ] {
        let error = data.load(Seed::json(text)).unwrap_err().to_string();
        assert!(error.starts_with(expect), "{text}: {error}");
        assert_eq!(data.dump(DataFormat::Json).unwrap(), "{\n  \"a\": \"old\"\n}\n");
    }
    let error = Server::builder().data(Seed::file("none.json"));
    let error = FauxRedis::start_with(error).unwrap_err().to_string();
    assert!(error.starts_with("option 'data': none.json: "), "{error}");
    let error = data.load(Seed::file("/dev/null")).unwrap_err().to_string();
    assert!(error.starts_with("/dev/null: a data file ends in .json"), "{error}");
}

/// Keys of every type, with everything that can be about them.
fn fill(client: &mut Client) {
    for (request, reply) in [
        ("SET s 12", "+OK\r\n"),
        ("SET gone x PX 600000", "+OK\r\n"),
        ("RPUSH l a b c", ":3\r\n"),
        ("SADD u 1 2 x", ":3\r\n"),
        ("HSET h f 1 g 2", ":2\r\n"),
        ("HEXPIRE h 100 FIELDS 1 f", "*1\r\n:1\r\n"),
        ("ZADD z 1 a 2 b", ":2\r\n"),
        ("XADD x 1-1 f v", "$3\r\n1-1\r\n"),
        ("XADD x 2-1 f v", "$3\r\n2-1\r\n"),
        ("XGROUP CREATE x g 0", "+OK\r\n"),
    ] {
        client.says(request, reply);
    }
    client.send("XREADGROUP GROUP g c COUNT 1 STREAMS x >");
    client.receives("*1\r\n*2\r\n$1\r\nx\r\n*1\r\n*2\r\n$3\r\n1-1\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n");
}

#[test]
fn going_back_restores_every_type_exactly() {
    const KEYS: [&str; 7] = ["s", "gone", "l", "u", "h", "z", "x"];
    for builder in [
        Server::builder(),
        Server::builder().flavour(Flavour::Valkey).version("9.1.0".parse().unwrap()),
    ] {
        let (redis, mut client) =
            started(builder.clock(Clock::starting_at(Duration::from_secs(1_000))));
        fill(&mut client);
        let before: Vec<_> = KEYS.iter().map(|key| dumped(&redis, key)).collect();
        let known = digest(&mut client);
        let snapshot = redis.snapshot();
        for round in 0..3 {
            for request in [
                "INCR s",
                "PERSIST gone",
                "DEL gone",
                "LPOP l",
                "RPUSH l d",
                "SPOP u",
                "SADD u long:member",
                "HDEL h f",
                "HSET h new 1",
                "ZINCRBY z 5 a",
                "XACK x g 1-1",
                "XADD x 3-1 f v",
                "XGROUP DESTROY x g",
                "XTRIM x MAXLEN 1",
                "DEL x",
                "SET new 1",
                "RENAME z zz",
                "EXPIRE l 5",
            ] {
                client.send(request);
                client.line();
                if request.starts_with("SPOP")
                    || request.starts_with("LPOP")
                    || request.starts_with("ZINC")
                    || request.starts_with("XADD")
                {
                    client.line();
                }
            }
            if round == 1 {
                client.says("SWAPDB 0 1", "+OK\r\n");
                client.says("FLUSHDB", "+OK\r\n");
            }
            if round == 2 {
                client.says("FLUSHALL", "+OK\r\n");
            }
            assert_ne!(digest(&mut client), known);
            assert!(redis.restore(&snapshot).unwrap() >= KEYS.len());
            assert_eq!(digest(&mut client), known, "round {round}");
            let now: Vec<_> = KEYS.iter().map(|key| dumped(&redis, key)).collect();
            assert_eq!(now, before, "round {round}");
            client.says("PTTL gone", ":600000\r\n");
            client.says("HTTL h FIELDS 1 f", "*1\r\n:100\r\n");
            client.says("TTL l", ":-1\r\n");
        }
        assert_eq!(redis.restore(&snapshot).unwrap(), 0, "nothing changed since");
    }
}

#[test]
fn keys_that_expired_meanwhile_expire_again() {
    let clock = Clock::starting_at(Duration::from_secs(1_000));
    let (redis, mut client) = started(Server::builder().clock(clock.clone()));
    client.says("SET short x EX 5", "+OK\r\n");
    client.says("SET long x EX 50", "+OK\r\n");
    let snapshot = redis.snapshot();
    clock.advance(Duration::from_secs(10));
    client.says("EXISTS short", ":0\r\n");
    client.says("DEL long", ":1\r\n");
    redis.restore(&snapshot).unwrap();
    client.says("EXISTS short", ":0\r\n");
    client.says("TTL long", ":40\r\n");
}

#[test]
fn going_back_voids_watches_and_wakes_who_waits() {
    let (redis, mut client) = start();
    client.says("RPUSH jobs a", ":1\r\n");
    let snapshot = redis.snapshot();
    client.says("DEL jobs", ":1\r\n");
    client.says("SET seen 1", "+OK\r\n");
    client.says("WATCH seen", "+OK\r\n");
    client.says("MULTI", "+OK\r\n");
    let mut waiting = Client::connect(&redis);
    waiting.send("BLPOP jobs 0");
    redis.wait_for("BLPOP", support::PATIENCE).unwrap();
    assert_eq!(redis.restore(&snapshot).unwrap(), 2);
    waiting.receives("*2\r\n$4\r\njobs\r\n$1\r\na\r\n");
    client.says("EXEC", "*-1\r\n");
}

#[test]
fn snapshots_are_gone_back_to_in_any_order_and_compared() {
    let (redis, mut client) = start();
    client.says("SET a 1", "+OK\r\n");
    let first = redis.snapshot();
    client.says("SET a 2", "+OK\r\n");
    client.says("SET b 2", "+OK\r\n");
    let second = redis.snapshot();
    client.says("DEL a b", ":2\r\n");
    redis.restore(&first).unwrap();
    client.says("MGET a b", "*2\r\n$1\r\n1\r\n$-1\r\n");
    redis.restore(&second).unwrap();
    client.says("MGET a b", "*2\r\n$1\r\n2\r\n$1\r\n2\r\n");
    let forth = redis.diff_between(&first, &second).unwrap();
    assert_eq!(forth.to_string(), "~ \"a\" string\n    \"1\" → \"2\"\n+ \"b\" string \"2\"");
    let back = redis.diff_between(&second, &first).unwrap();
    assert_eq!(back.to_string(), "~ \"a\" string\n    \"2\" → \"1\"\n- \"b\" string \"2\"");
    assert!(redis.diff(&second).unwrap().is_empty());
    assert_eq!(redis.diff(&second).unwrap().to_string(), "nothing differs");
    drop(second);
    redis.restore(&first).unwrap();
    client.says("MGET a b", "*2\r\n$1\r\n1\r\n$-1\r\n");
}

#[test]
fn a_snapshot_of_another_server_or_of_before_a_reset_is_refused() {
    let (redis, _client) = start();
    let (other, _client) = start();
    let snapshot = redis.snapshot();
    let made = format!("\n  made at {}", snapshot.source());
    assert_eq!(
        other.restore(&snapshot).unwrap_err().to_string(),
        format!("the snapshot is of another server{made}")
    );
    redis.reset();
    let newer = redis.snapshot();
    let error = redis.restore(&snapshot).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Option);
    let message = "the snapshot was taken before the server was last reset or lost its data";
    assert_eq!(error.to_string(), format!("{message}{made}"));
    drop(snapshot);
    assert_eq!(redis.restore(&newer).unwrap(), 0);
}

#[test]
fn a_diff_tells_of_times_to_live_and_of_other_databases() {
    let (redis, mut client) =
        started(Server::builder().clock(Clock::starting_at(Duration::from_secs(1_000))));
    fill(&mut client);
    let snapshot = redis.snapshot();
    client.says("EXPIRE s 60", ":1\r\n");
    client.says("PERSIST gone", ":1\r\n");
    client.says("HPERSIST h FIELDS 1 f", "*1\r\n:1\r\n");
    client.says("XACK x g 1-1", ":1\r\n");
    client.says("SELECT 1", "+OK\r\n");
    client.says("SET k v EX 5", "+OK\r\n");
    assert_eq!(
        redis.diff(&snapshot).unwrap().to_string(),
        "~ \"gone\" string\n    TTL: 600 s → none\n\
         ~ \"h\" hash\n    - TTL of \"f\": 100 s\n\
         ~ \"s\" string\n    TTL: none → 60 s\n\
         ~ \"x\" stream\n    ~ group \"g\": read to 1-1, consumers [\"c\"], pending [1-1 (\"c\", 1x)] → \
         read to 1-1, consumers [\"c\"], pending []\n\
         + \"k\" (db 1) string \"v\", TTL 5 s"
    );
}

#[test]
fn what_may_not_change_is_told_when_it_does() {
    let (redis, mut client) = start();
    client.says("SET a 1", "+OK\r\n");
    let unchanged = redis.unchanged().except("cache:*");
    client.says("SET cache:1 x", "+OK\r\n");
    unchanged.verify().unwrap();
    let unchanged = redis.unchanged();
    client.says("SET a 2", "+OK\r\n");
    client.says("SET a 1", "+OK\r\n");
    unchanged.verify().expect("it is as it was");
    let unchanged = redis.unchanged();
    let made = format!("\n  made at {}", unchanged.source());
    client.says("SET a 2", "+OK\r\n");
    let error = unchanged.verify().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Verification);
    let [failure] = error.failures() else { panic!("{error}") };
    assert_eq!(failure.kind, FailureKind::Changed);
    let changed = "keys changed that should not have:\n~ \"a\" string\n    \"1\" → \"2\"";
    assert_eq!(failure.message, format!("{changed}{made}"));
    let message = error.to_string();
    assert!(message.starts_with(&format!("{changed}{made}\nlast calls of conn 1:\n")), "{message}");
    assert!(message.contains("SET \"a\" \"2\"  ->  +OK"), "{message}");
    let guard = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _unchanged = redis.unchanged().named("as it was");
        redis.data().delete("a");
    }));
    let message = *guard.unwrap_err().downcast::<String>().unwrap();
    let (message, source) = message.split_once("\n  made at ").unwrap();
    assert_eq!(
        message,
        "unchanged 'as it was': keys changed that should not have:\n- \"a\" string \"2\""
    );
    assert!(source.starts_with("core/tests/data.rs:"), "{source}");
}
