//! Time in the hands of a test: standing, moved, leaping, and let go again.
mod support;

use faux_redis::blocking::FauxRedis;
use faux_redis::{At, Chunk, Clock, ErrorKind, FauxRedis as Async, Reply};
use std::time::Duration;
use support::{Client, PATIENCE};

fn start() -> (FauxRedis, Client) {
    let redis = FauxRedis::start().expect("a port is free");
    let client = Client::connect(&redis);
    (redis, client)
}

fn since(redis: &FauxRedis, before: Duration) -> Duration {
    redis.clock().now().checked_sub(before).expect("time does not go back")
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[test]
fn everything_lives_by_one_clock() {
    let (redis, mut client) = start();
    let clock = redis.clock().clone();
    let _frozen = clock.frozen();
    let then = clock.now();
    client.says("SET k v EX 60", "+OK\r\n");
    client.says("HSET h f v", ":1\r\n");
    client.says("HEXPIRE h 60 FIELDS 1 f", "*1\r\n:1\r\n");
    client.says("XADD s 1-1 f v", "$3\r\n1-1\r\n");
    client.says("XGROUP CREATE s g 0", "+OK\r\n");
    client.send("XREADGROUP GROUP g c STREAMS s >");
    client.receives("*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n1-1\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n");
    clock.advance(seconds(59));
    client.says("GET k", "$1\r\nv\r\n");
    client.says("HGET h f", "$1\r\nv\r\n");
    client.send("XPENDING s g IDLE 59000 - + 1");
    client.receives("*1\r\n*4\r\n$3\r\n1-1\r\n$1\r\nc\r\n:59000\r\n:1\r\n");
    clock.advance(seconds(2));
    client.says("GET k", "$-1\r\n");
    client.says("HGET h f", "$-1\r\n");
    let now = then + seconds(61);
    assert_eq!(clock.now(), now);
    let (whole, micros) = (now.as_secs().to_string(), now.subsec_micros().to_string());
    let time = format!("*2\r\n${}\r\n{whole}\r\n${}\r\n{micros}\r\n", whole.len(), micros.len());
    client.says("TIME", &time);
    let id = format!("{}-0", now.as_millis());
    client.says("XADD s * f v", &format!("${}\r\n{id}\r\n", id.len()));
    assert_eq!(redis.calls().last().map(|call| call.time), Some(now));
}

#[test]
fn what_is_due_has_been_done_when_advance_returns() {
    let redis = FauxRedis::start_with(Async::builder().config("notify-keyspace-events", "KEA"))
        .expect("a port is free");
    let (mut client, mut blocked, mut listener, mut delayed) = (
        Client::connect(&redis),
        Client::connect(&redis),
        Client::connect(&redis),
        Client::connect(&redis),
    );
    let _frozen = redis.clock().frozen();
    listener.send("PSUBSCRIBE __keyevent@*__:expired");
    listener.receives(
        "*3\r\n$10\r\npsubscribe\r\n$24\r\n__keyevent@*__:expired\r\n:1\r\n"
            .replace("$24", "$22")
            .as_str(),
    );
    client.says("SET k v EX 10", "+OK\r\n");
    blocked.send("BLPOP list 5");
    redis.stub("PING").delay(seconds(7)).reply(Reply::status("LATE"));
    delayed.send("PING");
    redis.wait_until_blocked("list", 1, PATIENCE).expect("it is blocked");
    redis.wait_for("PING", PATIENCE).expect("it has come");
    redis.clock().advance(seconds(60));
    // Nothing is waited for: it has been done.
    let calls = redis.calls();
    let took = |name: &str| calls.iter().find(|call| &*call.name == name).and_then(|c| c.duration);
    assert_eq!(took("BLPOP"), Some(seconds(5)));
    assert_eq!(took("PING"), Some(seconds(7)));
    blocked.receives("*-1\r\n");
    delayed.receives("+LATE\r\n");
    listener.receives("*4\r\n$8\r\npmessage\r\n$22\r\n__keyevent@*__:expired\r\n$22\r\n__keyevent@0__:expired\r\n$1\r\nk\r\n");
}

#[test]
fn what_becomes_due_on_the_way_happens_at_its_own_time() {
    let (redis, mut client) = start();
    let _frozen = redis.clock().frozen();
    let before = redis.clock().now();
    // It is carried out at 3, so that the key is gone at 5, and only then the next delay begins.
    redis.stub("SET").delay(seconds(3)).execute().delay(seconds(4));
    client.send("SET k v PX 2000");
    redis.wait_for("SET", PATIENCE).expect("it has come");
    redis.clock().advance(seconds(6));
    assert_eq!(redis.calls()[0].duration, None);
    redis.clock().advance(seconds(1));
    assert_eq!(redis.calls()[0].duration, Some(seconds(7)));
    client.receives("+OK\r\n");
    client.says("EXISTS k", ":0\r\n");
    assert_eq!(since(&redis, before), seconds(7));
}

#[test]
fn a_command_that_was_delayed_wakes_who_waits_for_what_it_does() {
    let (redis, mut client) = start();
    let mut blocked = Client::connect(&redis);
    let _frozen = redis.clock().frozen();
    redis.stub("RPUSH").delay(seconds(3)).execute();
    blocked.send("BLPOP list 0");
    redis.wait_until_blocked("list", 1, PATIENCE).expect("it is blocked");
    client.send("RPUSH list a");
    redis.wait_for("RPUSH", PATIENCE).expect("it has come");
    redis.clock().advance(seconds(3));
    client.receives(":1\r\n");
    assert_eq!(redis.calls()[0].duration, Some(seconds(3)));
    blocked.receives("*2\r\n$4\r\nlist\r\n$1\r\na\r\n");
}

#[test]
fn pauses_between_the_parts_of_a_reply_follow_each_other_in_one_move() {
    let (redis, mut client) = start();
    let _frozen = redis.clock().frozen();
    let gap = seconds(10);
    redis.stub("GET").partial([Chunk::Length(1), Chunk::Length(1), Chunk::Length(1)], gap);
    client.send("GET k");
    client.receives("$");
    redis.clock().advance(seconds(30));
    client.receives("-1\r\n");
}

#[test]
fn time_that_stood_goes_on_from_where_it_was_and_never_back() {
    let (redis, mut client) = start();
    let clock = redis.clock().clone();
    let mut last = clock.now();
    for _ in 0..20 {
        let frozen = clock.frozen();
        let stands = clock.now();
        assert!(stands >= last);
        client.says("SET k v PX 100", "+OK\r\n");
        assert_eq!(clock.now(), stands);
        clock.advance(seconds(1));
        client.says("EXISTS k", ":0\r\n");
        drop(frozen);
        last = clock.now();
        assert!(last >= stands + seconds(1));
    }
}

#[test]
fn time_that_runs_can_be_moved_and_runs_on_from_there() {
    let (redis, mut client) = start();
    client.says("SET k v EX 3600", "+OK\r\n");
    redis.clock().advance(seconds(3601));
    client.says("EXISTS k", ":0\r\n");
    assert!(!redis.clock().is_standing());
    client.says("SET k v PX 20", "+OK\r\n");
    // It expires by itself, as time runs.
    client.says("BLPOP list 0.05", "*-1\r\n");
    client.says("EXISTS k", ":0\r\n");
}

#[test]
fn a_sleeper_is_woken_when_time_stops_and_goes_on() {
    let (redis, mut client) = start();
    client.send("BLPOP list 0.2");
    redis.wait_until_blocked("list", 1, PATIENCE).expect("it is blocked");
    redis.clock().freeze();
    redis.clock().resume();
    client.receives("*-1\r\n");
    redis.clock().freeze();
    client.send("BLPOP list 0.2");
    redis.wait_until_blocked("list", 1, PATIENCE).expect("it is blocked");
    redis.clock().resume();
    client.receives("*-1\r\n");
}

#[test]
fn time_can_be_set_but_not_back() {
    let clock = Clock::starting_at(seconds(1_000_000));
    let redis = FauxRedis::start_with(Async::builder().clock(clock)).expect("a port is free");
    redis.clock().set(seconds(1_000_060)).expect("it lies ahead");
    assert_eq!(redis.clock().now(), seconds(1_000_060));
    let error = redis.clock().set(seconds(1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Option);
    assert_eq!(
        error.to_string(),
        "time does not go back: it is 1000060.000000 s since 1970, which is after 1.000000 s; \
         start the server with a clock that stands at the time it shall have"
    );
    assert_eq!(redis.clock().now(), seconds(1_000_060));
}

#[test]
fn time_leaps_to_the_next_deadline_when_all_wait() {
    let (redis, mut client) = start();
    let mut other = Client::connect(&redis);
    other.says("PING", "+PONG\r\n");
    let _auto = redis.clock().auto();
    let before = redis.clock().now();
    client.says("SET k v EX 600", "+OK\r\n");
    // A key that will expire is no reason to leap.
    client.says("GET k", "$1\r\nv\r\n");
    assert_eq!(redis.clock().now(), before);
    client.says("BLPOP list 30", "*-1\r\n");
    assert_eq!(since(&redis, before), seconds(30));
    client.send("BLPOP list 100");
    other.says("BLPOP list 50", "*-1\r\n");
    client.receives("*-1\r\n");
    client.says("CLIENT PAUSE 40000 ALL", "+OK\r\n");
    client.says("PING", "+PONG\r\n");
    redis.stub("GET").delay(seconds(900)).execute();
    client.says("GET k", "$-1\r\n");
    let gap = seconds(60);
    redis.stub("STRLEN").reply(12).partial([Chunk::Length(1), Chunk::Length(1)], gap);
    client.says("STRLEN k", ":12\r\n");
    assert_eq!(since(&redis, before), seconds(30 + 100 + 40 + 900 + 2 * 60));
}

#[test]
fn time_does_not_leap_while_a_command_is_held_or_the_host_is_asked() {
    let redis =
        FauxRedis::start_with(Async::builder().clock(Clock::leaping())).expect("a port is free");
    let before = redis.clock().now();
    let (mut held, mut blocked) = (Client::connect(&redis), Client::connect(&redis));
    let gate = redis.hold("GET", At::Before);
    held.send("GET k");
    gate.wait(PATIENCE).expect("it is held");
    blocked.send("BLPOP list 30");
    redis.wait_until_blocked("list", 1, PATIENCE).expect("it is blocked");
    held.send("PING");
    assert_eq!(redis.clock().now(), before);
    gate.release();
    held.receives("$-1\r\n+PONG\r\n");
    blocked.receives("*-1\r\n");
    assert_eq!(since(&redis, before), seconds(30));
}

#[test]
fn the_same_requests_make_time_leap_to_the_same_moments() {
    let run = || {
        let start = Clock::starting_at(seconds(1_000_000));
        let redis = FauxRedis::start_with(Async::builder().clock(start)).expect("a port is free");
        let mut clients: Vec<_> = (0..3).map(|_| Client::connect(&redis)).collect();
        redis.stub("ECHO").delay(seconds(7)).reply("late");
        clients[0].send("BLPOP list 5");
        clients[1].send("BLMOVE list other LEFT RIGHT 9");
        redis.wait_until_blocked("list", 2, PATIENCE).expect("both are blocked");
        clients[2].send("ECHO a");
        redis.wait_for("ECHO", PATIENCE).expect("it has come");
        let _auto = redis.clock().auto();
        clients[0].receives("*-1\r\n");
        clients[2].receives("$4\r\nlate\r\n");
        clients[1].receives("*-1\r\n");
        clients[2].says("ECHO a", "$4\r\nlate\r\n");
        let calls = redis.calls().into_iter();
        let mut told: Vec<_> =
            calls.map(|call| (call.name.to_string(), call.time, call.duration)).collect();
        told.sort();
        told
    };
    let first = run();
    let took: Vec<_> = first.iter().filter_map(|(_, _, duration)| *duration).collect();
    assert_eq!(took, [9, 5, 7, 7].map(seconds));
    for _ in 0..50 {
        assert_eq!(run(), first);
    }
}

#[test]
fn reset_lets_time_go_as_it_did_at_the_start() {
    let (redis, _client) = start();
    redis.clock().freeze();
    redis.reset();
    assert!(!redis.clock().is_standing());
    let redis =
        FauxRedis::start_with(Async::builder().clock(Clock::standing())).expect("a port is free");
    redis.clock().resume();
    redis.reset();
    assert!(redis.clock().is_standing());
}

#[test]
fn servers_with_one_clock_live_in_one_time() {
    let clock = Clock::standing();
    let start =
        || FauxRedis::start_with(Async::builder().clock(clock.clone())).expect("a port is free");
    let (one, two) = (start(), start());
    let (mut client, mut other) = (Client::connect(&one), Client::connect(&two));
    client.says("SET k v EX 10", "+OK\r\n");
    other.send("BLPOP list 5");
    two.wait_until_blocked("list", 1, PATIENCE).expect("it is blocked");
    one.clock().advance(seconds(10) + Duration::from_millis(1));
    assert_eq!(two.calls()[0].duration, Some(seconds(5)));
    other.receives("*-1\r\n");
    client.says("EXISTS k", ":0\r\n");
}

#[test]
fn what_a_test_waits_for_is_waited_for_by_the_systems_time() {
    let (redis, _client) = start();
    redis.clock().freeze();
    let error = redis.wait_for("GET", Duration::from_millis(20)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    let error = redis.wait_until_blocked("k", 1, Duration::from_millis(20)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
}

#[test]
fn time_ends_and_is_not_reckoned_beyond() {
    let redis = FauxRedis::start_with(FauxRedis::builder().clock(Clock::standing())).unwrap();
    let mut client = Client::connect(&redis);
    for _ in 0..3 {
        redis.clock().advance(Duration::MAX);
    }
    let end = redis.clock().now();
    redis.clock().resume();
    assert_eq!(redis.clock().now(), end);
    client.says("SET k v EX 10", "+OK\r\n");
    client.says("TTL k", ":10\r\n");
    let error = redis.clock().set(Duration::MAX).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Option);
    assert!(error.to_string().starts_with("time ends 23058430092"), "{error}");
}

#[test]
fn of_several_who_stop_the_time_the_latest_counts_that_has_not_ended() {
    let (redis, _client) = start();
    let stands = || redis.clock().is_standing();
    let (first, second) = (redis.clock().frozen(), redis.clock().frozen());
    first.remove();
    assert!(stands(), "the second still has it stand");
    second.remove();
    assert!(!stands(), "nobody has it stand any more");
    let (frozen, auto) = (redis.clock().frozen(), redis.clock().auto());
    redis.clock().resume();
    assert!(!stands(), "it was let go within");
    auto.remove();
    assert!(stands(), "as it went before");
    redis.reset();
    assert!(!stands());
    redis.clock().freeze();
    frozen.remove();
    assert!(stands(), "what is gone with a reset changes nothing");
}
