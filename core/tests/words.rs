//! The words a test uses that no other file here is about, each at work against a client.
mod support;

use faux_redis::blocking::FauxRedis;
use faux_redis::{
    At, Builder, Client as Conn, Clock, Direction, InState, Matcher, Mode, Pattern, Protocol,
    State, Then,
};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;
use support::{Client, PATIENCE};

fn started(builder: Builder) -> (FauxRedis, Client) {
    let redis = FauxRedis::start_with(builder).expect("a port is free");
    let client = Client::connect(&redis);
    (redis, client)
}

fn start() -> (FauxRedis, Client) {
    started(FauxRedis::builder())
}

#[test]
fn a_server_is_where_it_says_and_plays_what_it_says() {
    let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let (redis, mut client) = started(FauxRedis::builder().ip(local).port(0));
    assert_eq!(redis.address(), format!("127.0.0.1:{}", redis.port()));
    assert_eq!(redis.url(), format!("redis://127.0.0.1:{}", redis.port()));
    assert_eq!(redis.persona().version.to_string(), "8.0.2");
    client.says("PING", "+PONG\r\n");
    redis.stop();
    assert!(client.rest().0.is_empty());
}

#[test]
fn the_path_of_a_socket_stands_in_its_url_as_urls_have_it() {
    let name = format!("faux redis #{}", std::process::id());
    let socket = std::env::temp_dir().join(name);
    let redis = FauxRedis::start_with(FauxRedis::builder().unix_socket(&socket)).unwrap();
    let shown = socket.display().to_string();
    assert_eq!(redis.address(), shown);
    assert_eq!(redis.url(), format!("unix://{}", shown.replace(' ', "%20").replace('#', "%23")));
}

#[test]
fn the_password_has_two_names() {
    for builder in
        [FauxRedis::builder().password("secret"), FauxRedis::builder().require_auth("secret")]
    {
        let (redis, mut client) = started(builder);
        client.says("GET k", "-NOAUTH Authentication required.\r\n");
        client.says("AUTH secret", "+OK\r\n");
        client.says("GET k", "$-1\r\n");
        assert!(redis.url().starts_with("redis://:secret@127.0.0.1:"));
    }
}

#[test]
fn the_rules_answer_first_and_the_store_what_they_leave() {
    let (redis, mut client) =
        started(FauxRedis::builder().mode(Mode::MockFirst).clock(Clock::system()));
    redis.stub(Matcher::command("GET").arg("user:1")).reply("Ada");
    client.says("GET user:1", "$3\r\nAda\r\n");
    client.says("GET user:2", "$-1\r\n");
}

#[test]
fn any_command_and_each_pattern_is_matched() {
    let (redis, mut client) = start();
    let get = |pattern: Pattern| Matcher::command("GET").arg(pattern);
    let cases = [
        (get(Pattern::exact("one")), "GET one", "GET ten"),
        (get(Pattern::Any), "GET x", "GET"),
        (get(Pattern::glob("user:*")), "GET user:1", "GET order:1"),
        (get(Pattern::re("^user:[0-9]+$").unwrap()), "GET user:42", "GET user:ada"),
        (get(Pattern::gt(30)), "GET 31", "GET 30"),
        (get(Pattern::ge(30)), "GET 30", "GET 29"),
        (get(Pattern::lt(30)), "GET 29.5", "GET 30"),
        (get(Pattern::le(30)), "GET 30", "GET 31"),
        (get(Pattern::between(1, 3)), "GET 3", "GET 4"),
        (get(Pattern::gt(1).and(Pattern::lt(3))), "GET 2", "GET 3"),
        (get(Pattern::gt(5).or("one")), "GET one", "GET two"),
        (get(Pattern::glob("*:tmp").not()), "GET x", "GET x:tmp"),
        (
            Matcher::command("MGET").args([Pattern::from("a"), Pattern::Rest]),
            "MGET a b c",
            "MGET b a",
        ),
        (Matcher::any().key("k"), "STRLEN k", "STRLEN other"),
    ];
    for (matcher, meant, other) in cases {
        let rule = redis.stub(matcher).reply("stub").scoped();
        client.says(meant, "$4\r\nstub\r\n");
        client.send(other);
        assert_ne!(client.line(), "$4", "{rule} is not for {other}");
        while !client.is_silent() {
            client.line();
        }
    }
}

#[test]
fn connections_are_meant_by_user_protocol_library_and_address() {
    let (redis, mut client) = start();
    let cases = [
        (Conn::any().user("default"), Conn::any().user("ada")),
        (Conn::any().protocol(Protocol::Resp2), Conn::any().protocol(Protocol::Resp3)),
        (Conn::any().library("lib"), Conn::any().library("other")),
        (Conn::any().address(Pattern::glob("127.0.0.1:*")), Conn::any().address("10.0.0.1:1")),
        (Conn::id(1), Conn::ids([2, 3])),
        (Conn::any().name("app"), Conn::named("web-*")),
    ];
    client.says("CLIENT SETINFO LIB-NAME lib", "+OK\r\n");
    client.says("CLIENT SETNAME app", "+OK\r\n");
    for (meant, other) in cases {
        let _other = redis.stub(Matcher::command("GET").conn(other)).reply("wrong").scoped();
        client.says("GET k", "$-1\r\n");
        let _meant = redis.stub(Matcher::command("GET").conn(meant)).reply("right").scoped();
        client.says("GET k", "$5\r\nright\r\n");
    }
}

#[test]
fn a_chain_has_a_word_for_each_reply_and_a_sequence_for_its_end() {
    let (redis, mut client) = start();
    redis.stub("GET").ok();
    client.says("GET k", "+OK\r\n");
    redis.stub("GET").null();
    client.says("GET k", "$-1\r\n");
    redis.stub("GET").error("ERR no");
    client.says("GET k", "-ERR no\r\n");
    redis.stub("GET").raw("+raw\r\n");
    client.says("GET k", "+raw\r\n");
    redis.stub("ECHO").replies_then(["a", "b"], Then::Last);
    for reply in ["a", "b", "b"] {
        client.says("ECHO x", &format!("$1\r\n{reply}\r\n"));
    }
}

#[test]
fn each_condition_refuses_a_command_in_the_servers_words() {
    type Enter = fn(State<'_>) -> InState;
    let cases: [(Enter, &str, &str); 9] = [
        (|state| state.loading(), "GET k", "-LOADING Redis is loading the dataset in memory"),
        (
            |state| state.readonly(),
            "SET k v",
            "-READONLY You can't write against a read only replica.",
        ),
        (
            |state| state.oom(),
            "SET k v",
            "-OOM command not allowed when used memory > 'maxmemory'.",
        ),
        (|state| state.misconf(), "SET k v", "-MISCONF "),
        (|state| state.busy(), "GET k", "-BUSY "),
        (|state| state.masterdown(), "GET k", "-MASTERDOWN "),
        (|state| state.noreplicas(), "SET k v", "-NOREPLICAS "),
        (|state| state.clusterdown(), "GET k", "-CLUSTERDOWN "),
        (|state| state.noauth(), "GET k", "-NOAUTH "),
    ];
    let (redis, mut client) = start();
    for (enter, request, reply) in cases {
        let condition = enter(redis.state());
        client.send(request);
        let line = client.line();
        assert!(line.starts_with(reply), "{condition}: {line}");
        condition.remove();
        client.send("DEL k");
        assert!(client.line().starts_with(':'));
    }
    let turned_away: [(Enter, &str); 2] =
        [(|state| state.maxclients(), "-ERR max number"), (|state| state.protected(), "-DENIED ")];
    for (enter, told) in turned_away {
        let condition = enter(redis.state());
        let line = Client::connect(&redis).line();
        assert!(line.starts_with(told), "{condition}: {line}");
    }
}

#[test]
fn handles_end_with_their_scope_or_last_beyond_it() {
    let (redis, mut client) = start();
    {
        let _rule = redis.stub("GET").reply("Ada").scoped();
        let _link = redis.link(Conn::any()).direction(Direction::Down).slice(1).scoped();
        let _limit = redis.max_clients(1).unwrap().scoped();
        client.says("GET k", "$3\r\nAda\r\n");
        assert_eq!(Client::connect(&redis).line(), "-ERR max number of clients reached");
    }
    client.says("GET k", "$-1\r\n");
    Client::connect(&redis).says("PING", "+PONG\r\n");
    {
        let _pause = redis.pause(Conn::any()).scoped();
        client.send("PING");
        client.has_nothing();
    }
    client.receives("+PONG\r\n");
    {
        let _replica = redis.state().readonly().lasting();
        let _gate = redis.hold("GET", At::Before).lasting();
    }
    client.says("SET k v", "-READONLY You can't write against a read only replica.\r\n");
    client.send("GET k");
    redis.wait_for_times("GET", 3, PATIENCE).unwrap();
    client.has_nothing();
    {
        let _down = redis.down(faux_redis::DownMode::Refuse).unwrap().scoped();
        assert!(redis.is_down());
    }
    assert!(!redis.is_down());
}

#[test]
fn a_call_tells_its_every_part() {
    let clock = Clock::starting_at(Duration::from_secs(7));
    let (redis, mut client) = started(FauxRedis::builder().clock(clock));
    let rule = redis.stub("GET").reply("Ada").drop_reply().then_do(faux_redis::Action::Close);
    client.send("GET user:1");
    client.rest();
    let call = redis.wait_for("GET", PATIENCE).unwrap();
    assert_eq!((call.seq, call.conn, call.db, call.trip), (1, 1, 0, 1));
    assert_eq!(
        (&*call.name, call.args(), call.key()),
        ("GET", &["user:1".into()][..], Some(&"user:1".into()))
    );
    assert_eq!((call.time, call.duration), (Duration::from_secs(7), Some(Duration::ZERO)));
    assert_eq!((&*call.client.user, call.via.name(), call.action), ("default", "direct", "rule"));
    assert_eq!(
        (call.rule, call.reply.clone()),
        (Some(rule.id()), Some(faux_redis::Reply::Nothing))
    );
    assert_eq!(call.faults, ["drop_reply()", "close()"]);
    assert_eq!(redis.calls().len(), 1);
}

#[test]
fn a_server_need_not_verify() {
    let redis =
        faux_redis::block_on(faux_redis::FauxRedis::start()).unwrap().without_verification();
    redis.expect("GET").times(1);
    assert_eq!(redis.failures().len(), 1);
    drop(redis);
}
