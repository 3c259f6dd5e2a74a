//! What an answer does to a reply, byte by byte.
mod support;

use faux_redis::blocking::FauxRedis;
use faux_redis::{Action, Answer, Chunk, Clock, Delay, ErrorKind, Matcher, Reply, Via};
use std::time::Duration;
use support::{Client, Ended, PATIENCE};

fn start() -> (FauxRedis, Client) {
    let redis = FauxRedis::start().expect("a port is free");
    let client = Client::connect(&redis);
    (redis, client)
}

const SECOND: Duration = Duration::from_secs(1);

/// A server whose time stands.
fn frozen(seed: u64) -> (FauxRedis, Clock) {
    let clock = Clock::starting_at(1_000_000 * SECOND);
    let builder = faux_redis::FauxRedis::builder().clock(clock.clone()).seed(seed);
    (FauxRedis::start_with(builder).expect("a port is free"), clock)
}

#[test]
fn the_reply_is_lost_after_the_command_took_effect_or_before() {
    let (redis, mut client) = start();
    redis.stub("INCR").execute().drop_reply().times(1);
    client.send("INCR after");
    client.says("GET after", "$1\r\n1\r\n");
    redis.stub("INCR").close().times(1);
    client.send("INCR before");
    assert_eq!(client.rest(), (Vec::new(), Ended::Closed));
    let mut client = Client::connect(&redis);
    client.says("GET before", "$-1\r\n");
    redis.stub("INCR").execute().drop_reply().reset().times(1);
    client.send("INCR after");
    assert_eq!(client.rest(), (Vec::new(), Ended::Reset));
    Client::connect(&redis).says("GET after", "$1\r\n2\r\n");
}

#[test]
fn a_duplicated_reply_answers_the_next_request_too() {
    let (redis, mut client) = start();
    redis.stub("GET").reply("x").duplicate();
    client.says("GET k", "$1\r\nx\r\n$1\r\nx\r\n");
    client.says("PING", "+PONG\r\n");
}

#[test]
fn a_reordered_reply_comes_after_the_next() {
    let (redis, mut client) = start();
    redis.stub(Matcher::command("ECHO").arg("late")).reorder();
    client.send("ECHO late");
    client.says("ECHO 1", "$1\r\n1\r\n$4\r\nlate\r\n");
    client.says("ECHO 2", "$1\r\n2\r\n");
    redis.stub(Matcher::command("ECHO").arg("later")).reorder();
    client.send_raw(b"ECHO late\r\nECHO later\r\nPING\r\n");
    client.receives("+PONG\r\n$5\r\nlater\r\n$4\r\nlate\r\n");
    client.send("ECHO late");
    client.says("QUIT", "+OK\r\n$4\r\nlate\r\n");
    assert_eq!(client.rest(), (Vec::new(), Ended::Closed));
}

#[test]
fn a_reply_that_was_held_back_comes_before_a_close() {
    let (redis, mut client) = start();
    redis.stub("GET").reply("late").reorder();
    redis.stub("DEL").close();
    client.send_raw(b"GET k\r\nDEL k\r\n");
    assert_eq!(client.rest(), (b"$4\r\nlate\r\n".to_vec(), Ended::Closed));
}

#[test]
fn a_truncated_reply_ends_with_a_fin() {
    let (redis, mut client) = start();
    client.says("SET k value", "+OK\r\n");
    redis.stub("GET").truncate(6);
    client.send("GET k");
    assert_eq!(client.rest(), (b"$5\r\nva".to_vec(), Ended::Closed));
    let mut client = Client::connect(&redis);
    redis.stub("GET").reply("x").duplicate().truncate(9);
    client.send_raw(b"GET k\r\nPING\r\n");
    assert_eq!(client.rest(), (b"$1\r\nx\r\n$1".to_vec(), Ended::Closed));
    let mut client = Client::connect(&redis);
    redis.stub("GET").truncate(100);
    client.send("GET k");
    assert_eq!(client.rest(), (b"$5\r\nvalue\r\n".to_vec(), Ended::Closed));
}

#[test]
fn a_truncated_reply_that_nobody_hears_still_ends_the_connection() {
    let (redis, mut client) = start();
    redis.stub("GET").truncate(6);
    client.send_raw(b"CLIENT REPLY OFF\r\nGET k\r\n");
    assert_eq!(client.rest(), (Vec::new(), Ended::Closed));
    let mut client = Client::connect(&redis);
    redis.stub("GET").execute().drop_reply().truncate(6);
    client.send("GET k");
    assert_eq!(client.rest(), (Vec::new(), Ended::Closed));
}

#[test]
fn garbage_is_no_reply_and_the_same_for_the_same_seed() {
    let garbage = |seed| {
        let redis = FauxRedis::start_with(faux_redis::FauxRedis::builder().seed(seed)).unwrap();
        let mut client = Client::connect(&redis);
        redis.stub("GET").garbage(16).close();
        client.send("GET k");
        let (bytes, ended) = client.rest();
        assert_eq!((bytes.len(), ended), (16, Ended::Closed));
        assert!(!b"+-:$*_#,(!=%~>|".contains(&bytes[0]), "{bytes:?}");
        bytes
    };
    assert_eq!(garbage(3), garbage(3));
    assert_ne!(garbage(3), garbage(4));
}

#[test]
fn a_reply_of_the_wrong_type_is_an_array_for_one_value_and_an_integer_for_several() {
    let (redis, mut client) = start();
    for name in ["GET", "INCR", "LRANGE"] {
        redis.stub(name).wrong_type();
    }
    client.says("GET k", "*2\r\n$5\r\nwrong\r\n$4\r\ntype\r\n");
    client.says("LRANGE k 0 -1", ":1\r\n");
    client.says("INCR n", "*2\r\n$5\r\nwrong\r\n$4\r\ntype\r\n");
    client.says("STRLEN n", ":1\r\n");
    redis.stub("GET").reply(vec!["a"]).wrong_type();
    client.says("GET k", ":1\r\n");
    redis.stub("GET").wrong_type().reply("this after all");
    client.says("GET k", "$14\r\nthis after all\r\n");
}

#[test]
fn a_connection_that_hangs_reads_on_and_says_nothing() {
    let (redis, mut client) = start();
    let mut other = Client::connect(&redis);
    redis.stub("INCR").execute().hang();
    client.send_raw(b"SUBSCRIBE c\r\nUNSUBSCRIBE\r\nPING\r\n");
    client.receives("*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n");
    client.receives("*3\r\n$11\r\nunsubscribe\r\n$1\r\nc\r\n:0\r\n+PONG\r\n");
    client.send_raw(b"INCR n\r\nSET n 7\r\nQUIT\r\n");
    redis.wait_for("QUIT", PATIENCE).unwrap();
    other.says("GET n", "$1\r\n1\r\n");
    let actions: Vec<_> = redis.calls().iter().map(|call| call.action).collect();
    assert_eq!(&actions[3..], ["rule", "hung", "hung", "store"]);
    redis.reset();
    assert_eq!(client.rest(), (Vec::new(), Ended::Closed));
}

#[test]
fn a_template_says_what_the_call_holds() {
    let (redis, mut client) = start();
    redis.stub("SET").template("{key} was {arg2}, {name} #{seq} {{{conn}}}{arg9}").unwrap();
    client.says(
        "SET user:1 Ada",
        "$31\r\nuser:1 was Ada, SET #1 {1}\r\n".replace("31", "26").as_str(),
    );
    redis.stub("MGET").template("{key2} of {args} by {user}{client} in {db}").unwrap();
    client.says("MGET a b", "$26\r\nb of a b by default in 0\r\n".replace("26", "24").as_str());
    let error = redis.stub("GET").template("{keys}").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Option);
    assert!(error.to_string().starts_with("a template knows no place {keys}; there are {name}"));
}

#[test]
fn a_callback_may_return_any_action() {
    let (redis, mut client) = start();
    redis.stub("GET").call(|call| match &call.args()[0][..] {
        b"template" => Answer::of(Action::Template("{key}!".parse().unwrap())),
        b"garbage" => Answer::of(Action::Garbage(3)).then(Action::Truncate(1)),
        b"delay" => Answer::of(Action::Delay(Duration::ZERO.into())).and("late"),
        b"twice" => Answer::from("x").then(Action::Duplicate),
        _ => Answer::of(Action::WrongType),
    });
    client.says("GET template", "$9\r\ntemplate!\r\n");
    client.says("GET delay", "$4\r\nlate\r\n");
    client.says("GET twice", "$1\r\nx\r\n$1\r\nx\r\n");
    client.says("GET other", "*2\r\n$5\r\nwrong\r\n$4\r\ntype\r\n");
    client.send("GET garbage");
    let (bytes, ended) = client.rest();
    assert_eq!((bytes.len(), ended), (1, Ended::Closed));
}

#[test]
fn replies_of_resp3_are_typed() {
    let (redis, mut client) = start();
    let typed = [
        (Reply::Map(vec![("a".into(), 1.into())]), "%1\r\n$1\r\na\r\n:1\r\n"),
        (Reply::Set(vec![1.into()]), "~1\r\n:1\r\n"),
        (Reply::Push(vec!["a".into()]), ">1\r\n$1\r\na\r\n"),
        (Reply::Double(0.5), ",0.5\r\n"),
        (Reply::Bool(true), "#t\r\n"),
        (Reply::BigNumber("12".into()), "(12\r\n"),
        (Reply::Verbatim("mkd", "x".into()), "=5\r\nmkd:x\r\n"),
        (
            Reply::Attribute(vec![("ttl".into(), 3.into())], Box::new("v".into())),
            "|1\r\n$3\r\nttl\r\n:3\r\n$1\r\nv\r\n",
        ),
        (Reply::Null, "_\r\n"),
    ];
    redis.stub("HELLO").reply("hi").times(0);
    client.send("HELLO 3");
    redis.stub("PING").reply(Reply::status("ready"));
    client.send("PING");
    while client.line() != "+ready" {}
    for (reply, bytes) in typed {
        redis.stub("GET").reply(reply);
        client.says("GET k", bytes);
    }
}

#[test]
fn a_delay_that_is_drawn_is_the_same_for_the_same_seed() {
    let drawn = |seed: u64, delay: Delay| {
        let (redis, clock) = frozen(seed);
        let mut client = Client::connect(&redis);
        redis.stub("GET").delay(delay);
        let mut times = Vec::new();
        for n in 1..=3 {
            client.send("GET k");
            redis.wait_for_times("GET", n, PATIENCE).unwrap();
            clock.advance(3600 * SECOND);
            client.receives("$-1\r\n");
            times.push(redis.calls()[n - 1].duration.unwrap());
        }
        times
    };
    let uniform = Delay::uniform(SECOND, 5 * SECOND).unwrap();
    let times = drawn(1, uniform);
    assert!(times.iter().all(|time| (SECOND..=5 * SECOND).contains(time)), "{times:?}");
    assert_eq!(drawn(1, uniform), times);
    assert_ne!(drawn(2, uniform), times);
    let lognormal = Delay::lognormal(SECOND, 0.1).unwrap();
    assert_eq!(drawn(1, lognormal), drawn(1, lognormal));
}

#[test]
fn chance_in_answers_does_not_change_what_the_store_draws() {
    let popped = |stubs: bool| {
        let redis = FauxRedis::start_with(faux_redis::FauxRedis::builder().seed(9)).unwrap();
        let mut client = Client::connect(&redis);
        if stubs {
            let delay = Delay::uniform(Duration::ZERO, Duration::from_micros(1)).unwrap();
            redis.stub("PING").delay(delay).garbage(7).reply("pong");
        }
        client.says("SADD s a b c d e f g h i j", ":10\r\n");
        let mut popped = Vec::new();
        for _ in 0..5 {
            client.send("PING");
            client.line();
            if stubs {
                client.line();
            }
            client.send("SPOP s");
            client.line();
            popped.push(client.line());
        }
        popped
    };
    assert_eq!(popped(true), popped(false));
}

#[test]
fn a_fault_of_one_command_spoils_the_one_reply_of_its_transaction() {
    let (redis, mut client) = start();
    redis.stub(Matcher::command("GET").via(Via::Exec)).execute().duplicate().times(1);
    redis.stub(Matcher::command("STRLEN").via(Via::Exec)).wrong_type();
    client.send_raw(b"MULTI\r\nSET k v\r\nGET k\r\nSTRLEN k\r\nEXEC\r\n");
    client.receives("+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n");
    let exec = "*3\r\n+OK\r\n$1\r\nv\r\n*2\r\n$5\r\nwrong\r\n$4\r\ntype\r\n";
    client.receives(&format!("{exec}{exec}"));
    redis.stub("GET").execute().reply("instead").times(1);
    client.send_raw(b"MULTI\r\nGET k\r\nEXEC\r\n");
    client.receives("+OK\r\n+QUEUED\r\n*1\r\n$7\r\ninstead\r\n");
    redis.stub("GET").truncate(5).times(1);
    client.send_raw(b"MULTI\r\nGET k\r\nEXEC\r\n");
    client.receives("+OK\r\n+QUEUED\r\n");
    assert_eq!(client.rest(), (b"*1\r\n$".to_vec(), Ended::Closed));
}

#[test]
fn a_transaction_whose_reply_is_lost_was_applied_and_one_lost_before_was_not() {
    let (redis, mut client) = start();
    redis.stub("INCR").execute().drop_reply().times(1);
    client.send_raw(b"MULTI\r\nSET a 1\r\nINCR a\r\nEXEC\r\nGET a\r\n");
    client.receives("+OK\r\n+QUEUED\r\n+QUEUED\r\n$1\r\n2\r\n");
    for (n, end) in [Action::DropReply, Action::NoReply].into_iter().enumerate() {
        redis.stub("INCR").then_do(end).times(1);
        client.send_raw(b"MULTI\r\nSET b 1\r\nINCR b\r\nEXEC\r\nGET b\r\n");
        client.receives("+OK\r\n+QUEUED\r\n+QUEUED\r\n$-1\r\n");
        assert_eq!(redis.calls_of("INCR")[n + 1].reply, Some(Reply::Nothing));
    }
    for (end, how) in [(Action::Close, Ended::Closed), (Action::Reset, Ended::Reset)] {
        redis.stub("INCR").then_do(end).times(1);
        client.send_raw(b"MULTI\r\nSET b 1\r\nINCR b\r\nEXEC\r\n");
        client.receives("+OK\r\n+QUEUED\r\n+QUEUED\r\n");
        assert_eq!(client.rest(), (Vec::new(), how));
        client = Client::connect(&redis);
        client.says("GET b", "$-1\r\n");
    }
    redis.stub("INCR").execute().close().times(1);
    client.send_raw(b"MULTI\r\nSET c 1\r\nINCR c\r\nEXEC\r\n");
    client.receives("+OK\r\n+QUEUED\r\n+QUEUED\r\n");
    let (bytes, ended) = client.rest();
    assert_eq!((bytes, ended), (b"*2\r\n+OK\r\n:2\r\n".to_vec(), Ended::Closed));
}

#[test]
fn what_is_said_of_exec_after_it_was_carried_out_is_done_to_the_transaction() {
    let (redis, mut client) = start();
    let send = |client: &mut Client| {
        client.send_raw(b"MULTI\r\nINCR n\r\nEXEC\r\n");
        client.receives("+OK\r\n+QUEUED\r\n");
    };
    redis.stub("EXEC").execute().duplicate().times(1);
    send(&mut client);
    client.receives("*1\r\n:1\r\n*1\r\n:1\r\n");
    redis.stub("EXEC").execute().reply("instead").times(1);
    send(&mut client);
    client.receives("$7\r\ninstead\r\n");
    redis.stub("EXEC").execute().drop_reply().reset().times(1);
    send(&mut client);
    assert_eq!(client.rest(), (Vec::new(), Ended::Reset));
    let mut client = Client::connect(&redis);
    client.says("GET n", "$1\r\n3\r\n");
    redis
        .stub("EXEC")
        .execute()
        .call(|call| format!("{} was {:?}", call.name, call.action))
        .times(1);
    send(&mut client);
    client.receives("$15\r\nEXEC was \"rule\"\r\n");
    redis.stub("EXEC").execute().close().times(1);
    client.send_raw(b"EXEC\r\n");
    assert_eq!(client.rest(), (b"-ERR EXEC without MULTI\r\n".to_vec(), Ended::Closed));
}

#[test]
fn a_transaction_that_was_lost_tells_by_which_command() {
    let (redis, mut client) = start();
    redis.stub("INCR").close();
    client.send_raw(b"MULTI\r\nSET k v\r\nINCR n\r\nEXEC\r\n");
    client.receives("+OK\r\n+QUEUED\r\n+QUEUED\r\n");
    assert_eq!(client.rest(), (Vec::new(), Ended::Closed));
    assert_eq!(redis.calls_of("INCR")[0].faults, ["close()"]);
}

#[test]
fn a_partial_reply_keeps_its_gaps_by_the_servers_clock() {
    let (redis, clock) = frozen(0);
    let mut client = Client::connect(&redis);
    redis.stub("GET").reply("value").partial([Chunk::Length(4), Chunk::Length(2)], SECOND);
    client.send("GET k");
    client.receives("$5\r\n");
    client.has_nothing();
    clock.advance(SECOND);
    client.receives("va");
    client.has_nothing();
    clock.advance(SECOND);
    client.receives("lue\r\n");
}
