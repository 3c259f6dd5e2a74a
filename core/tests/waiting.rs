//! Waiting until something is so, and what is told when it does not come to that.
mod support;

use faux_redis::blocking::FauxRedis;
use faux_redis::{At, Client as Conn, Error, ErrorKind, FauxRedis as Async, Reply, block_on};
use std::sync::{Arc, mpsc};
use std::time::Duration;
use support::{Client, PATIENCE};

/// A time in which nothing more is expected to happen.
const BRIEFLY: Duration = Duration::from_millis(10);

fn start() -> (FauxRedis, Client) {
    let redis = FauxRedis::start().expect("a port is free");
    let client = Client::connect(&redis);
    (redis, client)
}

#[track_caller]
fn says_in_vain(result: Result<(), Error>, message: &str) {
    let error = result.expect_err("it does not come to that");
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(error.to_string(), message);
}

#[test]
fn a_test_waits_until_clients_are_blocked() {
    let (redis, mut client) = start();
    says_in_vain(
        redis.wait_until_blocked("jobs", 1, BRIEFLY),
        "waited 10ms for 1 client to be blocked on \"jobs\"; nobody is blocked",
    );
    let mut other = Client::connect(&redis);
    client.says("CLIENT SETNAME worker", "+OK\r\n");
    client.send("BLPOP jobs mail 0");
    other.send("SELECT 3");
    other.send("BRPOP mail 0");
    redis.wait_until_blocked("jobs", 1, PATIENCE).expect("one is");
    redis.wait_until_blocked("mail", 2, PATIENCE).expect("two are");
    redis.wait_until_blocked(None, 2, PATIENCE).expect("two are, in all");
    says_in_vain(
        redis.wait_until_blocked("jobs", 2, BRIEFLY),
        "waited 10ms for 2 clients to be blocked on \"jobs\"; what there is:\n    \
         conn 1 \"worker\": BLPOP \"jobs\" \"mail\" \"0\" (db 0)\n    \
         conn 2: BRPOP \"mail\" \"0\" (db 3)",
    );
}

#[test]
fn a_test_waits_for_subscribers_of_channels_and_patterns() {
    let (redis, mut client) = start();
    says_in_vain(
        redis.wait_for_subscribers("news", 1, BRIEFLY),
        "waited 10ms for 1 subscriber of \"news\"; nobody is subscribed",
    );
    let mut other = Client::connect(&redis);
    client.send("SUBSCRIBE news");
    other.send("PSUBSCRIBE n[ae]ws*");
    redis.wait_for_subscribers("news", 2, PATIENCE).expect("both would hear it");
    redis.wait_for_subscribers("news:1", 1, PATIENCE).expect("one would hear it");
    redis.wait_for_subscribers("n[ae]ws*", 1, PATIENCE).expect("one has that pattern");
    says_in_vain(
        redis.wait_for_subscribers("news:1", 2, BRIEFLY),
        "waited 10ms for 2 subscribers of \"news:1\"; what there is:\n    \
         conn 1: \"news\"\n    conn 2: pattern \"n[ae]ws*\"",
    );
}

#[test]
fn a_test_waits_for_connections_to_come_and_go() {
    let (redis, mut client) = start();
    client.says("CLIENT SETNAME web-1", "+OK\r\n");
    redis.wait_for_connections(1, Conn::any(), PATIENCE).expect("one is there");
    let web = || Conn::any().name(faux_redis::Pattern::Glob("web-*".into()));
    redis.wait_for_connections(1, web(), PATIENCE).expect("it is called so");
    let error = redis.wait_for_connections(2, web(), BRIEFLY).unwrap_err().to_string();
    let start = "waited 10ms for 2 connections of client(name=glob(\"web-*\")); what there is:\n    \
                 conn 1 \"web-1\" from 127.0.0.1:";
    assert!(error.starts_with(start), "{error}");
    drop(client);
    redis.wait_for_connections(0, Conn::any(), PATIENCE).expect("it has left");
}

#[test]
fn a_test_waits_until_all_is_done() {
    let (redis, mut client) = start();
    redis.wait_idle(PATIENCE).expect("nothing has come");
    let (go, gone) = mpsc::channel();
    let gone = Arc::new(std::sync::Mutex::new(gone));
    redis.stub("GET").call(move |_| {
        gone.lock().expect("it is whole").recv().expect("the test lets it go");
        Reply::Null
    });
    client.send("GET k");
    redis.wait_for("GET", PATIENCE).expect("it has come");
    says_in_vain(
        redis.wait_idle(BRIEFLY),
        "waited 10ms for all to be done; what there is:\n    \
         conn 1: GET \"k\" is waiting for the test's own code",
    );
    go.send(()).expect("it waits");
    redis.wait_idle(PATIENCE).expect("it is answered");
    client.receives("$-1\r\n");
    let gate = redis.hold("SET", At::Before);
    client.send("SET k v");
    gate.wait(PATIENCE).expect("it is held");
    says_in_vain(
        redis.wait_idle(BRIEFLY),
        "waited 10ms for all to be done; what there is:\n    \
         conn 1: SET \"k\" \"v\" is held at a gate",
    );
    drop(gate);
    redis.wait_idle(PATIENCE).expect("it is answered");
    client.receives("+OK\r\n");
    // A client that is blocked is at rest.
    client.send("BLPOP list 0");
    redis.wait_until_blocked("list", 1, PATIENCE).expect("it is blocked");
    redis.wait_idle(PATIENCE).expect("all is done");
}

#[test]
fn what_was_sent_before_is_carried_out_when_all_is_done() {
    let (redis, mut client) = start();
    for n in 1..200 {
        client.send("INCR n");
        redis.wait_idle(PATIENCE).expect("all is done");
        assert_eq!(redis.calls().len(), n);
        client.receives(&format!(":{n}\r\n"));
    }
}

#[test]
fn what_does_not_read_its_replies_is_not_done() {
    let (redis, mut client) = start();
    let megabyte = "x".repeat(1 << 20);
    client.says(&format!("SET k {megabyte}"), "+OK\r\n");
    for _ in 0..64 {
        client.send("GET k");
    }
    // So many replies fit into no socket; the journal does not remember all 64 of this size.
    redis.wait_for_times("GET", 32, PATIENCE).expect("they are delivered");
    let error = redis.wait_idle(Duration::from_millis(300)).unwrap_err().to_string();
    assert!(error.contains("bytes are not sent yet"), "{error}");
}

#[test]
fn a_stopped_server_is_not_waited_for() {
    let (redis, mut client) = start();
    client.send("SHUTDOWN NOSAVE");
    block_on(redis.stopped());
    let error = redis.wait_until_blocked("k", 1, PATIENCE).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
}

#[test]
fn waiting_does_not_hold_up_other_tasks_and_can_be_given_up() {
    block_on(async {
        let redis = Async::start().await.expect("a port is free");
        let mut client = Client::connect(&redis);
        let wait = redis.wait_until_blocked("list", 1, PATIENCE);
        tokio::pin!(wait);
        tokio::select! {
            biased;
            _ = &mut wait => panic!("nobody is blocked"),
            () = std::future::ready(()) => {}
        }
        client.send("BLPOP list 0");
        wait.await.expect("it is blocked");
        // Given up: nothing of it is left.
        tokio::select! {
            biased;
            _ = redis.wait_for("GET", PATIENCE) => panic!("nobody has called it"),
            () = std::future::ready(()) => {}
        }
        client.send("GET k");
        redis.wait_for_connections(1, 1, PATIENCE).await.expect("it is there");
    });
}
