//! Commands held at gates, for races that come out the same each time.
mod support;

use faux_redis::blocking::FauxRedis;
use faux_redis::{At, Call, ErrorKind, Matcher, Predicate, Reply, Via};
use std::time::Duration;
use support::{Client, PATIENCE};

fn start() -> (FauxRedis, Client) {
    let redis = FauxRedis::start().expect("a port is free");
    let client = Client::connect(&redis);
    (redis, client)
}

fn lines(calls: &[Call]) -> Vec<String> {
    calls.iter().map(ToString::to_string).collect()
}

#[test]
fn a_command_held_before_has_not_been_carried_out() {
    let (redis, mut client) = start();
    let mut other = Client::connect(&redis);
    let gate = redis.hold(Matcher::command("SET").key("k"), At::Before);
    client.send("SET k v");
    let held = gate.wait(PATIENCE).expect("it is held");
    assert_eq!(held.to_string(), r#"#1 conn 1: SET "k" "v""#);
    other.says("EXISTS k", ":0\r\n");
    other.says("SET other v", "+OK\r\n");
    assert_eq!(gate.release(), 1);
    assert!(gate.held().is_empty());
    other.says("EXISTS k", ":1\r\n");
    client.receives("+OK\r\n");
}

#[test]
fn a_command_held_after_has_been_carried_out_and_is_answered_later() {
    let (redis, mut client) = start();
    let mut other = Client::connect(&redis);
    let gate = redis.hold("INCR", At::After);
    client.send("INCR n");
    let held = gate.wait(PATIENCE).expect("it is held");
    assert_eq!(held.reply, Some(Reply::Int(1)));
    other.says("GET n", "$1\r\n1\r\n");
    assert_eq!(redis.calls()[0].reply, None);
    gate.release();
    client.receives(":1\r\n");
}

#[test]
fn held_commands_go_on_in_any_order() {
    let (redis, mut reader) = start();
    let mut clients: Vec<_> = (0..4).map(|_| Client::connect(&redis)).collect();
    let gate = redis.hold("APPEND", At::Before);
    for (n, client) in clients.iter_mut().enumerate() {
        client.send(&format!("APPEND log {n}"));
        gate.wait_for(n + 1, PATIENCE).expect("it is held");
    }
    let held = gate.held();
    assert!(gate.release_call(&held[2]));
    assert!(!gate.release_call(&held[2]));
    assert_eq!(gate.release_first(1), 1);
    assert_eq!(gate.release(), 2);
    reader.says("GET log", "$4\r\n2013\r\n");
    for (client, length) in clients.iter_mut().zip([2, 3, 1, 4]) {
        client.receives(&format!(":{length}\r\n"));
    }
}

#[test]
fn replies_of_one_connection_stay_in_order() {
    let (redis, mut client) = start();
    let gate = redis.hold("GET", At::After);
    client.send("GET a");
    client.send("SET a 1");
    client.send("GET a");
    gate.wait(PATIENCE).expect("it is held");
    assert_eq!(redis.calls().len(), 1);
    gate.release();
    client.receives("$-1\r\n+OK\r\n");
    gate.wait(PATIENCE).expect("the second is held");
    drop(gate);
    client.receives("$1\r\n1\r\n");
}

#[test]
fn a_gate_holds_only_so_many() {
    let (redis, mut client) = start();
    let mut other = Client::connect(&redis);
    let gate = redis.hold("GET", At::Before).times(1);
    client.send("GET k");
    gate.wait(PATIENCE).expect("it is held");
    other.says("GET k", "$-1\r\n");
    gate.release();
    client.receives("$-1\r\n");
    client.says("GET k", "$-1\r\n");
}

#[test]
fn what_a_gate_holds_goes_on_when_it_is_dropped() {
    let (redis, mut client) = start();
    {
        let gate = redis.hold("SET", At::Before);
        client.send("SET k v");
        gate.wait(PATIENCE).expect("it is held");
    }
    client.receives("+OK\r\n");
    client.says("SET k v", "+OK\r\n");
}

#[test]
fn a_gate_can_outlast_its_handle() {
    let (redis, mut client) = start();
    drop(redis.hold("SET", At::Before).lasting());
    client.send("SET k v");
    redis.wait_for("SET", PATIENCE).expect("it has come");
    assert!(redis.wait_idle(Duration::from_millis(10)).is_err());
    redis.reset();
    assert_eq!(client.rest().0, b"");
}

#[test]
fn a_client_that_leaves_while_held_is_forgotten_and_its_command_never_carried_out() {
    let (redis, mut client) = start();
    let gate = redis.hold("SET", At::Before);
    client.send("SET k v");
    gate.wait(PATIENCE).expect("it is held");
    drop(client);
    redis.wait_for_connections(0, faux_redis::Client::any(), PATIENCE).expect("it leaves");
    assert!(gate.held().is_empty());
    assert_eq!(gate.release(), 0);
    Client::connect(&redis).says("EXISTS k", ":0\r\n");
}

#[test]
fn reset_and_stop_let_go_of_what_is_held() {
    let (redis, mut client) = start();
    let gate = redis.hold("GET", At::Before);
    client.send("GET k");
    gate.wait(PATIENCE).expect("it is held");
    redis.reset();
    assert_eq!(client.rest().0, b"");
    let error = gate.wait(PATIENCE).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    let mut client = Client::connect(&redis);
    client.says("GET k", "$-1\r\n");
    let gate = redis.hold("GET", At::Before);
    client.send("GET k");
    gate.wait(PATIENCE).expect("it is held");
    redis.stop();
    assert_eq!(client.rest().0, b"");
}

#[test]
fn a_command_of_a_transaction_is_held_when_exec_runs_it() {
    let (redis, mut client) = start();
    let mut other = Client::connect(&redis);
    let gate = redis.hold(Matcher::command("INCR").via(Via::Exec), At::Before);
    client.says("MULTI", "+OK\r\n");
    client.says("SET n 10", "+QUEUED\r\n");
    client.says("INCR n", "+QUEUED\r\n");
    client.send("EXEC");
    let held = gate.wait(PATIENCE).expect("it is held");
    assert_eq!(lines(&[held]), [r#"#3 conn 1: INCR "n""#]);
    // Nothing of the transaction was carried out, as nothing comes between its commands.
    other.says("EXISTS n", ":0\r\n");
    gate.release();
    client.receives("*2\r\n+OK\r\n:11\r\n");
    drop(gate);
    let after = redis.hold("INCR", At::After);
    client.says("MULTI", "+OK\r\n");
    client.says("INCR n", "+QUEUED\r\n");
    client.send("EXEC");
    after.wait(PATIENCE).expect("it is held");
    other.says("GET n", "$2\r\n12\r\n");
    after.release();
    client.receives("*1\r\n:12\r\n");
}

#[test]
fn a_gate_that_was_made_while_exec_is_delayed_holds_its_reply() {
    let (redis, mut client) = start();
    let _frozen = redis.clock().frozen();
    redis.stub("INCR").delay(Duration::from_secs(5)).execute();
    client.says("MULTI", "+OK\r\n");
    client.says("INCR n", "+QUEUED\r\n");
    client.send("EXEC");
    redis.wait_for("EXEC", PATIENCE).expect("it has come");
    let gate = redis.hold("INCR", At::After);
    redis.clock().advance(Duration::from_secs(5));
    assert_eq!(gate.held().len(), 1);
    gate.release();
    client.receives("*1\r\n:1\r\n");
}

#[test]
fn a_watched_key_changes_between_watch_and_exec() {
    let (redis, mut client) = start();
    let mut other = Client::connect(&redis);
    let gate = redis.hold("EXEC", At::Before);
    client.says("WATCH stock", "+OK\r\n");
    client.says("MULTI", "+OK\r\n");
    client.says("DECR stock", "+QUEUED\r\n");
    client.send("EXEC");
    gate.wait(PATIENCE).expect("EXEC is held");
    other.says("SET stock 0", "+OK\r\n");
    gate.release();
    client.receives("*-1\r\n");
    drop(gate);
    // And while it is held for one of its commands.
    let gate = redis.hold("DECR", At::Before);
    client.says("WATCH stock", "+OK\r\n");
    client.says("MULTI", "+OK\r\n");
    client.says("DECR stock", "+QUEUED\r\n");
    client.send("EXEC");
    gate.wait(PATIENCE).expect("EXEC is held");
    other.says("SET stock 5", "+OK\r\n");
    gate.release();
    client.receives("*-1\r\n");
}

#[test]
fn a_blocking_command_is_held_before_it_waits_and_after_it_was_served() {
    let (redis, mut client) = start();
    let mut other = Client::connect(&redis);
    let before = redis.hold("BLPOP", At::Before);
    client.send("BLPOP list 0");
    before.wait(PATIENCE).expect("it is held");
    assert_eq!(
        redis.wait_until_blocked("list", 1, Duration::ZERO).unwrap_err().kind(),
        ErrorKind::Timeout
    );
    before.release();
    redis.wait_until_blocked("list", 1, PATIENCE).expect("it is blocked");
    let after = redis.hold("BLPOP", At::After);
    other.says("RPUSH list a", ":1\r\n");
    after.wait(PATIENCE).expect("it is held");
    other.says("EXISTS list", ":0\r\n");
    after.release();
    client.receives("*2\r\n$4\r\nlist\r\n$1\r\na\r\n");
}

#[test]
fn rules_are_asked_when_a_command_goes_on() {
    let (redis, mut client) = start();
    let gate = redis.hold("GET", At::Before);
    client.send("GET k");
    gate.wait(PATIENCE).expect("it is held");
    redis.stub("GET").reply("stub");
    let _replica = redis.state().readonly();
    gate.release();
    client.receives("$4\r\nstub\r\n");
}

#[test]
fn a_predicate_says_what_a_gate_holds() {
    let (redis, mut client) = start();
    let is_long = || Predicate::blocking(|arg| arg.len() > 3).into_pattern();
    let gate = redis.hold(Matcher::command("GET").arg(is_long()), At::Before);
    client.says("GET k", "$-1\r\n");
    client.send("GET long");
    gate.wait(PATIENCE).expect("it is held");
    gate.release();
    client.receives("$-1\r\n");
    client.says("MULTI", "+OK\r\n");
    client.says("GET long", "+QUEUED\r\n");
    client.send("EXEC");
    gate.wait(PATIENCE).expect("it is held");
    gate.release();
    client.receives("*1\r\n$-1\r\n");
}

#[test]
fn several_gates_hold_a_command_one_after_the_other() {
    let (redis, mut client) = start();
    let (first, second) = (redis.hold("GET", At::Before), redis.hold("GET", At::Before));
    let after = redis.hold("GET", At::After);
    client.send("GET k");
    first.wait(PATIENCE).expect("it is held");
    assert!(second.held().is_empty());
    first.release();
    assert_eq!(second.held().len(), 1);
    second.release();
    assert_eq!(after.held().len(), 1);
    after.release();
    client.receives("$-1\r\n");
}

#[test]
fn a_wait_in_vain_tells_what_was_seen_instead() {
    let (redis, mut client) = start();
    let gate = redis.hold(Matcher::command("GET").arg("user:1"), At::Before);
    client.says("GET user:01", "$-1\r\n");
    let error = gate.wait(Duration::from_millis(10)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "waited 10ms for 1 command at hold GET \"user:1\" at=before; what was called instead:\n    \
         #1 conn 1: GET \"user:01\"\n                   \
         ^^^^^^^^^ argument 1 is \"user:01\", expected \"user:1\": the same but for leading zeros\n  \
         made at core/tests/gate.rs:291"
    );
    client.send("GET user:1");
    gate.wait(PATIENCE).expect("it is held");
    let error = gate.wait_for(2, Duration::from_millis(10)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "waited 10ms for 2 commands at hold GET \"user:1\" at=before; it holds 1:\n    \
         #2 conn 1: GET \"user:1\"\n  \
         made at core/tests/gate.rs:291"
    );
}

#[test]
fn a_transaction_held_meets_the_state_the_server_is_in_when_it_goes_on() {
    let (redis, mut client) = start();
    let gate = redis.hold(Matcher::command("SET").via(Via::Exec), At::Before);
    client.says("MULTI", "+OK\r\n");
    client.says("SET k v", "+QUEUED\r\n");
    client.send("EXEC");
    gate.wait(PATIENCE).expect("it is held");
    let state = redis.state().readonly();
    gate.release();
    client.receives(
        "-EXECABORT Transaction discarded because of: READONLY You can't write against a read only replica.\r\n",
    );
    state.end();
    client.says("EXISTS k", ":0\r\n");
    client.says("EXEC", "-ERR EXEC without MULTI\r\n");
}

#[test]
fn a_transaction_held_waits_for_the_end_of_a_pause_that_came_meanwhile() {
    let (redis, mut client) = start();
    let mut other = Client::connect(&redis);
    let gate = redis.hold(Matcher::command("SET").via(Via::Exec), At::Before);
    client.says("MULTI", "+OK\r\n");
    client.says("SET k v", "+QUEUED\r\n");
    client.send("EXEC");
    gate.wait(PATIENCE).expect("it is held");
    other.says("CLIENT PAUSE 100000 WRITE", "+OK\r\n");
    gate.release();
    other.says("EXISTS k", ":0\r\n");
    other.says("CLIENT UNPAUSE", "+OK\r\n");
    client.receives("*1\r\n+OK\r\n");
}
