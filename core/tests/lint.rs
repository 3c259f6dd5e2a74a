//! Lint: budgets and smells.
mod support;

use faux_redis::blocking::FauxRedis;
use faux_redis::{ErrorKind, FailureKind, Finding, Lint, Reply, Smell, Version};
use support::Client;

fn start() -> (FauxRedis, Client) {
    let redis = FauxRedis::start().expect("a port is free");
    let client = Client::connect(&redis);
    (redis, client)
}

/// What is found when only this is looked for.
fn only(redis: &FauxRedis, smell: Smell) -> Vec<Finding> {
    let findings = redis.lint(&Lint::none().with(smell));
    assert!(findings.iter().all(|found| found.smell == smell));
    findings
}

/// The one finding's text when only this is looked for.
fn found(redis: &FauxRedis, smell: Smell) -> String {
    let findings = only(redis, smell);
    let [finding] = findings.as_slice() else { panic!("one finding, not {findings:?}") };
    finding.to_string()
}

#[test]
fn a_pipeline_is_one_round_trip_and_the_handshake_none() {
    let (redis, mut client) = start();
    client.says("CLIENT SETNAME me", "+OK\r\n");
    client.send_raw(b"PING\r\nPING\r\nPING\r\n");
    client.receives(&"+PONG\r\n".repeat(3));
    client.says("PING", "+PONG\r\n");
    assert!(redis.lint(&Lint::none().max_round_trips(2)).is_empty());
    let findings = redis.lint(&Lint::none().max_round_trips(1));
    assert_eq!(
        findings[0].to_string(),
        "round_trips: 2 round trips, no more than 1 allowed\n    \
         #2 conn 1: PING\n    \
         #5 conn 1: PING\n  \
         why: each waits for the network once more\n  \
         do: send what needs no earlier reply as one pipeline, or use commands for several keys"
    );
}

#[test]
fn a_budget_that_is_exceeded_fails_verification_and_a_smell_does_when_asked() {
    let run = |lint: Lint| {
        let builder = faux_redis::FauxRedis::builder().lint(lint);
        let mut redis = FauxRedis::start_with(builder).unwrap();
        let mut client = Client::connect(&redis);
        client.says("KEYS *", "*0\r\n");
        let findings = redis.findings().len();
        (redis.verify(), findings)
    };
    let keys = || Lint::none().with(Smell::Keys);
    assert!(run(Lint::none()).0.is_ok());
    let (verified, findings) = run(keys());
    assert!(verified.is_ok());
    assert_eq!(findings, 1);
    let error = run(keys().failing()).0.unwrap_err();
    assert_eq!(
        (error.kind(), error.failures()[0].kind),
        (ErrorKind::Verification, FailureKind::Lint)
    );
    assert_eq!(
        error.to_string(),
        "verification failed\n\
         - keys: 1 call of KEYS\n    \
         #1 conn 1: KEYS \"*\"\n  \
         why: it looks at every key there is, and nobody else is served meanwhile\n  \
         do: iterate with SCAN, or keep the names in a set of their own\n\
         last calls of conn 1:\n  \
         #1 conn 1: KEYS \"*\"  ->  []  [store]\n\
         seed: 0"
    );
    let error = run(Lint::none().max_round_trips(0)).0.unwrap_err();
    assert!(error.to_string().contains("- round_trips: 1 round trip, no more than 0 allowed\n"));
}

#[test]
fn one_command_for_one_key_after_another_is_found_unless_pipelined() {
    let (redis, mut client) = start();
    for key in 1..=5 {
        client.says(&format!("GET user:{key}"), "$-1\r\n");
    }
    assert_eq!(
        found(&redis, Smell::NPlusOne),
        "n_plus_one: 5 calls of GET one after the other, each for another key, on conn 1\n    \
         #1 conn 1: GET \"user:1\"\n    \
         #2 conn 1: GET \"user:2\"\n    \
         #3 conn 1: GET \"user:3\"\n    \
         #4 conn 1: GET \"user:4\"\n    \
         #5 conn 1: GET \"user:5\"\n  \
         why: each waits for a round trip of its own\n  \
         do: name all keys at once with MGET, or send them as one pipeline"
    );
    assert!(redis.lint(&Lint::none().with(Smell::NPlusOne).n_plus_one(6)).is_empty());

    let (redis, mut client) = start();
    let pipeline: Vec<_> = (1..=9).map(|key| format!("GET user:{key}\r\n")).collect();
    client.send_raw(pipeline.concat().as_bytes());
    client.receives(&"$-1\r\n".repeat(9));
    for _ in 1..=9 {
        client.says("GET same", "$-1\r\n");
    }
    assert!(only(&redis, Smell::NPlusOne).is_empty());
}

#[test]
fn keys_without_a_time_to_live_are_those_that_last() {
    let (redis, mut client) = start();
    for line in ["SET lasts v", "SET goes v EX 60", "SET gone v", "SET given v"] {
        client.says(line, "+OK\r\n");
    }
    client.says("DEL gone", ":1\r\n");
    client.says("EXPIRE given 60", ":1\r\n");
    redis.stub("SET").reply(Reply::OK);
    client.says("SET stubbed v", "+OK\r\n");
    assert_eq!(
        found(&redis, Smell::NoTtl),
        "no_ttl: 1 key without a time to live: \"lasts\"\n    \
         #1 conn 1: SET \"lasts\" \"v\"\n  \
         why: nothing removes such a key: memory grows until the server evicts or refuses\n  \
         do: give it a time to live with EX or EXPIRE, or remove it when it is no longer needed"
    );
}

#[test]
fn a_watch_must_end() {
    let (redis, mut client) = start();
    for line in ["WATCH k", "UNWATCH", "WATCH k", "MULTI"] {
        client.says(line, "+OK\r\n");
    }
    client.says("EXEC", "*0\r\n");
    assert!(only(&redis, Smell::Watch).is_empty());
    client.says("WATCH k", "+OK\r\n");
    assert_eq!(
        found(&redis, Smell::Watch),
        "watch: WATCH on conn 1 was ended by nothing\n    \
         #6 conn 1: WATCH \"k\"\n  \
         why: the connection goes on watching: whoever gets it next may see its EXEC fail\n  \
         do: end it with EXEC, DISCARD or UNWATCH, also when an exception comes between"
    );
}

#[test]
fn a_connection_that_is_left_open_is_found_and_one_that_was_closed_is_not() {
    let (redis, mut client) = start();
    client.says("CLIENT SETNAME web", "+OK\r\n");
    assert_eq!(
        found(&redis, Smell::LeftOpen),
        "left_open: conn 1 'web' is still open\n    \
         #1 conn 1: CLIENT SETNAME \"web\"\n  \
         why: connections that nobody closes use up the server's and the process's limits\n  \
         do: close the client, or use it as a context manager"
    );
    for _ in 0..50 {
        let mut other = Client::connect(&redis);
        other.says("PING", "+PONG\r\n");
    }
    assert_eq!(only(&redis, Smell::LeftOpen).len(), 1);
    drop(client);
    assert!(only(&redis, Smell::LeftOpen).is_empty());
}

#[test]
fn a_connection_closed_with_replies_unread_is_found() {
    let (redis, mut client) = start();
    client.says("PING", "+PONG\r\n");
    drop(client);
    assert!(only(&redis, Smell::Unread).is_empty());
    let mut client = Client::connect(&redis);
    // The replies are sent together, so when the first has come, all have.
    client.send_raw(b"PING\r\nPING\r\nPING\r\n");
    client.receives("+PONG\r\n");
    drop(client);
    assert_eq!(
        found(&redis, Smell::Unread),
        "unread: conn 2 was closed with replies that were not read\n    \
         #4 conn 2: PING\n  \
         why: a reply that is not read is the reply to the next request, if the connection is used again\n  \
         do: read the reply of every request, or close the connection when one is given up"
    );
}

#[test]
fn keys_of_several_slots_in_one_command_or_transaction_are_found() {
    let (redis, mut client) = start();
    client.says("MGET {u}1 {u}2", "*2\r\n$-1\r\n$-1\r\n");
    assert!(only(&redis, Smell::CrossSlot).is_empty());
    client.says("MGET foo bar", "*2\r\n$-1\r\n$-1\r\n");
    assert_eq!(
        found(&redis, Smell::CrossSlot),
        "cross_slot: one command, keys of different slots: \"foo\" is of slot 12182, \"bar\" is of slot 5061\n    \
         #2 conn 1: MGET \"foo\" \"bar\"\n  \
         why: a cluster answers it with CROSSSLOT\n  \
         do: give the keys a common hash tag such as {user:1}, or send one command for each slot"
    );
    let (redis, mut client) = start();
    client.says("MULTI", "+OK\r\n");
    client.says("GET foo", "+QUEUED\r\n");
    client.says("GET bar", "+QUEUED\r\n");
    client.says("EXEC", "*2\r\n$-1\r\n$-1\r\n");
    assert!(found(&redis, Smell::CrossSlot).starts_with("cross_slot: one transaction, keys of"));
}

#[test]
fn flushing_and_deprecated_commands_are_found() {
    let (redis, mut client) = start();
    client.says("FLUSHDB", "+OK\r\n");
    client.says("GETSET k v", "$-1\r\n");
    assert!(
        found(&redis, Smell::Flush)
            .starts_with("flush: 1 call of FLUSHALL or FLUSHDB\n    #1 conn 1: FLUSHDB\n")
    );
    let text = found(&redis, Smell::Deprecated);
    assert!(text.starts_with("deprecated: 1 call of GETSET, deprecated since 6.2.0\n"), "{text}");
    assert!(text.ends_with("do: use `SET` with the `GET` argument"), "{text}");

    let builder = faux_redis::FauxRedis::builder().version(Version(7, 0, 15));
    let redis = FauxRedis::start_with(builder).unwrap();
    let mut client = Client::connect(&redis);
    client.says("GETSET k v", "$-1\r\n");
    assert_eq!(only(&redis, Smell::Deprecated).len(), 1);
}

#[test]
fn smells_have_names_and_can_be_left_out() {
    assert_eq!("n_plus_one".parse(), Ok(Smell::NPlusOne));
    assert_eq!(Smell::CrossSlot.name(), "cross_slot");
    assert_eq!(
        "typo".parse::<Smell>().unwrap_err(),
        "a smell is round_trips, n_plus_one, keys, flush, no_ttl, watch, left_open, unread, cross_slot, \
         deprecated, not 'typo'"
    );
    let (redis, mut client) = start();
    client.says("KEYS *", "*0\r\n");
    let smells: Vec<_> = redis.lint(&Lint::all()).iter().map(|found| found.smell).collect();
    assert_eq!(smells, [Smell::Keys, Smell::LeftOpen]);
    assert!(redis.lint(&Lint::all().without(Smell::Keys).without(Smell::LeftOpen)).is_empty());
}
