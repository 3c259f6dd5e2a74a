//! Verification: what fails, and with which words.
mod support;

use faux_redis::blocking::FauxRedis;
use faux_redis::{
    CallPredicate, Client as Conn, ErrorKind, FailureKind, Matcher, Pattern, Predicate, Strict, Via,
};
use std::time::Duration;
use support::{Client, PATIENCE};

fn start() -> (FauxRedis, Client) {
    let redis = FauxRedis::start().expect("a port is free").quiet();
    let client = Client::connect(&redis);
    (redis, client)
}

/// Servers of these tests are verified by hand.
trait Quiet {
    fn quiet(self) -> Self;
}

impl Quiet for FauxRedis {
    fn quiet(mut self) -> FauxRedis {
        let _ = self.verify();
        self
    }
}

/// The failures' text without what is said of the connections at its end; lines of this file have no number.
fn told(error: &faux_redis::Error) -> String {
    assert_eq!(error.kind(), ErrorKind::Verification);
    let text = error.to_string();
    let text = text.split("\nlast calls of").next().expect("there is always a first part");
    let lines = text.lines().map(|line| match line.split_once("core/tests/verify.rs:") {
        Some((before, _)) => format!("{before}HERE"),
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What is told of the nearest call when this was verified: without the first two lines and the last.
fn nearest(redis: &FauxRedis, matcher: Matcher) -> Vec<String> {
    let error = redis.verify_called(matcher, 1).expect_err("no call matches");
    let text = told(&error);
    let lines: Vec<_> = text.lines().map(str::to_owned).collect();
    assert_eq!(lines[2], "  nearest calls:", "{text}");
    assert!(lines[lines.len() - 1].starts_with("  this passes: "), "{text}");
    lines[3..lines.len() - 1].to_vec()
}

fn set() -> Matcher {
    Matcher::command("SET")
}

#[test]
fn a_failure_tells_what_was_expected_and_got_and_all_that_helps() {
    let (mut redis, mut client) = start();
    client.says("CLIENT SETNAME worker-1", "+OK\r\n");
    redis.expect(set().arg("lock").arg(Pattern::Any).arg("EX").arg("60")).named("lock").times(1);
    client.says("SET lock me PX 60000", "+OK\r\n");
    client.says("GET other", "$-1\r\n");
    let error = redis.verify().unwrap_err();
    let line = line!() - 4;
    assert_eq!(
        error.to_string(),
        format!(
            r#"verification failed
- expect 'lock' SET "lock" ANY "EX" "60": expected once, got 0
  made at core/tests/verify.rs:{line}
  nearest calls:
    #2 conn 1: SET "lock" "me" "PX" "60000"
                               ^^^^ ^^^^^^^ PX 60000, expected EX 60: the same time in another unit
  this passes: redis.verify_called(Matcher::command("SET").arg("lock").arg("me").arg("PX").arg("60000"), 1)?;
last calls of conn 1 'worker-1':
  #1 conn 1: CLIENT SETNAME "worker-1"  ->  +OK  [store]
  #2 conn 1: SET "lock" "me" "PX" "60000"  ->  +OK  [store]
  #3 conn 1: GET "other"  ->  (nil)  [store]
seed: 0"#
        )
    );
}

/// What is marked and said of a call that is nearly what is expected.
fn check(cases: impl IntoIterator<Item = (Matcher, &'static str, &'static str)>) {
    for (expected, called, marked) in cases {
        let (redis, mut client) = start();
        client.send(called);
        redis.wait_for(Matcher::any(), PATIENCE).expect("it was sent");
        assert_eq!(nearest(&redis, expected).join("\n"), marked, "{called}");
    }
}

#[test]
fn a_value_that_differs_is_marked_and_explained() {
    check([
        (
            set().arg("user:1").arg(Pattern::Any),
            "SET user:01 x",
            r#"    #1 conn 1: SET "user:01" "x"
                   ^^^^^^^^^ argument 1 is "user:01", expected "user:1": the same but for leading zeros"#,
        ),
        (
            set().arg("k").arg("1"),
            "SET k 1.0",
            r#"    #1 conn 1: SET "k" "1.0"
                       ^^^^^ argument 2 is "1.0", expected "1": the same number, written otherwise"#,
        ),
        (
            set().arg("user:1").arg("ada"),
            "SET app:user:1 Ada",
            r#"    #1 conn 1: SET "app:user:1" "Ada"
                   ^^^^^^^^^^^^ ^^^^^
      argument 1 is "app:user:1", expected "user:1": with the prefix "app:"
      argument 2 is "Ada", expected "ada": the same but for upper and lower case"#,
        ),
    ]);
}

#[test]
fn arguments_missing_and_superfluous_are_told() {
    check([
        (
            set().arg("k").arg("v").arg("NX"),
            "SET k v",
            r#"    #1 conn 1: SET "k" "v"
      "NX" is missing"#,
        ),
        (
            set().arg("k").arg("v"),
            "SET k v NX",
            r#"    #1 conn 1: SET "k" "v" "NX"
                           ^^^^ argument 3 is one too many"#,
        ),
        (
            set().arg("k").arg("v").arg("NX").arg("EX").arg("60"),
            "SET k v EX 60",
            r#"    #1 conn 1: SET "k" "v" "EX" "60"
      "NX" is missing"#,
        ),
        (
            set().arg("k").arg("v").arg("EX").arg("60"),
            "SET k v EX 61",
            r#"    #1 conn 1: SET "k" "v" "EX" "61"
                                ^^^^ argument 4 is "61", expected "60""#,
        ),
        (
            set().arg("k").arg("v").arg("EX").arg("60"),
            "SET k v PX 60",
            r#"    #1 conn 1: SET "k" "v" "PX" "60"
                           ^^^^ ^^^^ PX 60, expected EX 60: another time"#,
        ),
    ]);
}

#[test]
fn other_commands_orders_keys_and_patterns_are_explained() {
    check([
        (
            Matcher::command("EXPIRE").arg("k").arg("60"),
            "PEXPIRE k 60000",
            r#"    #1 conn 1: PEXPIRE "k" "60000"
               ^^^^^^^     ^^^^^^^
      PEXPIRE, expected EXPIRE: milliseconds in place of seconds
      argument 2 is "60000", expected "60": a thousand times as much: milliseconds in place of seconds?"#,
        ),
        (
            Matcher::command("LPUSH").arg("q").arg("a").arg("b"),
            "LPUSH q b a",
            r#"    #1 conn 1: LPUSH "q" "b" "a"
                         ^^^ ^^^ the same arguments in another order, expected "q" "a" "b""#,
        ),
        (
            Matcher::command("DEL").key("k3"),
            "DEL j k4",
            r#"    #1 conn 1: DEL "j" "k4"
                       ^^^^ key "k4", expected "k3""#,
        ),
        (
            set().arg(Pattern::Glob("user:*".into())).arg(Pattern::Any),
            "SET USER:1 x",
            r#"    #1 conn 1: SET "USER:1" "x"
                   ^^^^^^^^ argument 1 is "USER:1", expected glob("user:*"): it would match but for upper and lower case"#,
        ),
        (
            Matcher::command("HGET").arg("user:1").arg("name"),
            "HGETDEL user:1 FIELDS 1 name",
            r#"    #1 conn 1: HGETDEL "user:1" "FIELDS" "1" "name"
               ^^^^^^^          ^^^^^^^^ ^^^
      HGETDEL, expected HGET
      argument 2 is one too many
      argument 3 is one too many"#,
        ),
    ]);
}

#[test]
fn options_asked_for_by_name_are_explained() {
    check([
        (
            set().key("lock").option("NX", true).option("EX", "60"),
            "SET lock me NX PX 60000",
            r#"    #1 conn 1: SET "lock" "me" "NX" "PX" "60000"
                                    ^^^^ ^^^^^^^ PX 60000, expected EX="60": the same time in another unit"#,
        ),
        (
            set().option("NX", true),
            "SET lock me",
            r#"    #1 conn 1: SET "lock" "me"
      NX=True is missing"#,
        ),
        (
            set().option("EX", Pattern::gt(30)).option("NX", false),
            "SET lock me nx EX 20",
            r#"    #1 conn 1: SET "lock" "me" "nx" "EX" "20"
                               ^^^^ ^^^^ ^^^^
      EX 20, expected EX=gt(30)
      nx, expected NX=False"#,
        ),
        (
            Matcher::category("write").key("k"),
            "GET k",
            r#"    #1 conn 1: GET "k"
               ^^^ GET is not of category("@write")"#,
        ),
    ]);
}

#[test]
fn another_connection_database_or_way_is_explained() {
    let (redis, mut client) = start();
    client.says("SET k v", "+OK\r\n");
    let by = |matcher: Matcher| nearest(&redis, matcher)[1].trim().to_owned();
    assert_eq!(by(set().conn(2)), "another connection: 1, not 2");
    assert_eq!(by(set().conn(Conn::any().db(1))), "another database: 0, not 1");
    assert_eq!(
        by(set().conn(Conn::any().name("worker-1"))),
        "a connection of another name: \"\", not \"worker-1\""
    );
    assert_eq!(by(set().via(Via::Exec)), "it came directly, not through EXEC");
}

#[test]
fn the_three_nearest_calls_are_shown_the_nearest_first() {
    let (redis, mut client) = start();
    for key in ["zzz", "user:100", "user:12", "user:1", "USER:10", "user:12"] {
        client.says(&format!("STRLEN {key}"), ":0\r\n");
    }
    client.says("PING", "+PONG\r\n");
    let lines = nearest(&redis, Matcher::command("STRLEN").arg("user:10"));
    let calls: Vec<_> = lines.iter().filter(|line| line.contains('#')).collect();
    assert_eq!(
        calls,
        [
            "    #5 conn 1: STRLEN \"USER:10\"",
            "    #2 conn 1: STRLEN \"user:100\"",
            "    #6 conn 1: STRLEN \"user:12\""
        ]
    );
}

#[test]
fn a_command_misspelt_is_found() {
    let (redis, mut client) = start();
    client.send("EXPIER k 60");
    client.line();
    assert_eq!(
        nearest(&redis, Matcher::command("EXPIRE").arg("k").arg("60")),
        [
            "    #1 conn 1: EXPIER \"k\" \"60\"",
            "               ^^^^^^ EXPIER, expected EXPIRE: two letters exchanged"
        ]
    );
}

#[test]
fn an_error_that_is_unwrapped_can_be_read() {
    let (redis, _client) = start();
    let error = redis.verify_called("PING", 1).unwrap_err();
    assert_eq!(format!("{error:?}"), format!("Verification: {error}"));
}

#[test]
fn nothing_is_called_near_that_has_nothing_in_common() {
    let (redis, mut client) = start();
    client.says("PING", "+PONG\r\n");
    let error = redis.verify_called(set().arg("k").arg("v"), 1).unwrap_err();
    assert_eq!(told(&error), "verification failed\n- SET \"k\" \"v\": expected once, got 0");
    let (redis, _client) = start();
    let error = redis.verify_called("SET", 1..).unwrap_err();
    assert_eq!(
        error.to_string(),
        "verification failed\n- SET: expected at least once, got 0\n  nothing was called\nseed: 0"
    );
}

#[test]
fn too_many_calls_are_shown() {
    let (mut redis, mut client) = start();
    redis.expect("INCR").times(1);
    for n in 1..=5 {
        client.says("INCR n", &format!(":{n}\r\n"));
    }
    assert_eq!(
        told(&redis.verify().unwrap_err()),
        r#"verification failed
- expect INCR: expected once, got 5
  made at HERE
  what was called:
    (2 more before)
    #3 conn 1: INCR "n"
    #4 conn 1: INCR "n"
    #5 conn 1: INCR "n""#
    );
}

#[test]
fn a_call_that_another_rule_took_or_that_came_too_early_is_told() {
    let (mut redis, mut client) = start();
    client.says("GET k", "$-1\r\n");
    redis.expect(Matcher::command("GET").arg("k"));
    redis.stub("GET").reply("taken").named("newer");
    client.says("GET k", "$5\r\ntaken\r\n");
    assert_eq!(
        told(&redis.verify().unwrap_err()),
        r#"verification failed
- expect GET "k": expected at least once, got 0
  made at HERE
  calls that match but do not count:
    #1 conn 1: GET "k"
      it came before this was made
    #2 conn 1: GET "k"
      stub 'newer' GET answered it first
      made at HERE"#
    );
}

#[test]
fn an_order_is_kept_whatever_comes_between() {
    let (redis, mut client) = start();
    for line in ["MULTI", "SET k 1", "INCR k", "EXEC", "DEL k"] {
        client.send(line);
        client.line();
    }
    redis.wait_for("DEL", PATIENCE).unwrap();
    let none: [&str; 0] = [];
    assert_eq!(redis.verify_order(none).unwrap_err().kind(), ErrorKind::Option);
    redis.verify_order(["MULTI", "INCR", "EXEC"]).unwrap();
    redis.verify_order([set().key("k"), Matcher::command("DEL")]).unwrap();
    let error = redis.verify_order(["MULTI", "EXEC", "INCR", "DEL"]).unwrap_err();
    assert_eq!(error.failures()[0].kind, FailureKind::Order);
    assert_eq!(
        told(&error),
        r#"verification failed
- expected in this order: MULTI, EXEC, INCR, DEL
  1. MULTI: #1 conn 1: MULTI
  2. EXEC: #4 conn 1: EXEC
  3. INCR: did not come after #4
  it came before: #3 conn 1: INCR "k"
  what came instead:
    #5 conn 1: DEL "k""#
    );
    let error = redis.verify_order(["PING"]).unwrap_err();
    assert!(
        told(&error)
            .contains("\n  1. PING: did not come\n  what came instead:\n    #1 conn 1: MULTI")
    );
}

#[test]
fn a_call_of_a_kindred_command_is_told_where_one_did_not_come() {
    let (redis, mut client) = start();
    client.says("SET n 1", "+OK\r\n");
    client.says("INCRBY n 1", ":2\r\n");
    let error = redis.verify_order([Matcher::command("SET"), Matcher::command("INCR").arg("n")]);
    assert_eq!(
        told(&error.unwrap_err()),
        r#"verification failed
- expected in this order: SET, INCR "n"
  1. SET: #1 conn 1: SET "n" "1"
  2. INCR "n": did not come after #1
  nearest calls:
    #2 conn 1: INCRBY "n" "1"
               ^^^^^^     ^^^
      INCRBY, expected INCR: the same by one, and what some clients send for it
      argument 2 is one too many
  what came instead:
    #2 conn 1: INCRBY "n" "1""#
    );
    let error = redis.verify_called("INCR", 1).unwrap_err();
    assert!(told(&error).contains("and what some clients send for it"), "{error}");
}

#[test]
fn of_too_few_calls_those_that_came_are_told_and_proposed() {
    let (redis, mut client) = start();
    client.says("SET page 1", "+OK\r\n");
    client.says("SET page 1", "+OK\r\n");
    client.says("SET pages 2", "+OK\r\n");
    let error = redis.verify_called(set().key("page"), 3).unwrap_err();
    assert_eq!(
        told(&error),
        r#"verification failed
- SET key="page": expected 3 times, got 2
  what was called:
    #1 conn 1: SET "page" "1"
    #2 conn 1: SET "page" "1"
  nearest calls:
    #3 conn 1: SET "pages" "2"
                   ^^^^^^^ key "pages", expected "page": with "s" after it
  this passes: redis.verify_called(Matcher::command("SET").arg("page").arg("1"), 2)?;"#
    );
}

#[test]
fn a_call_that_a_predicate_refused_is_told_with_what_it_was_asked_about() {
    let (mut redis, mut client) = start();
    let long = || Pattern::Predicate(Predicate::blocking(|arg: &[u8]| arg.len() > 3));
    redis.expect(set().arg("k").arg(long())).times(2);
    redis.stub(Matcher::command("GET").key(long()).when(CallPredicate::blocking(|_| true)));
    client.says("SET k long enough", "-ERR syntax error\r\n");
    client.says("SET k long", "+OK\r\n");
    client.says("SET k v", "+OK\r\n");
    client.says("GET k", "$1\r\nv\r\n");
    let error = redis.verify().unwrap_err();
    assert_eq!(
        told(&error),
        r#"verification failed
- expect SET "k" predicate: expected 2 times, got 1
  made at HERE
  what was called:
    #2 conn 1: SET "k" "long"
  nearest calls:
    #3 conn 1: SET "k" "v"
                       ^^^ argument 2 is "v", which predicate refuses
    #1 conn 1: SET "k" "long" "enough"
                              ^^^^^^^^ argument 3 is one too many
    #4 conn 1: GET "k"
               ^^^
      GET, expected SET: one letter differs
      predicate is missing
  this passes: redis.verify_called(Matcher::command("SET").arg("k").arg("long"), 1)?;"#
    );
    let message = redis.wait_for(set().arg("k").arg(long()).arg("EX"), Duration::ZERO);
    assert_eq!(message.unwrap_err().kind(), ErrorKind::Timeout);
    let failed = redis.verify_called(Matcher::command("GET").key(long()), 1).unwrap_err();
    assert!(told(&failed).contains(r#"key "k", which predicate refuses"#), "{failed}");
    let either = set().arg(long()).arg(long());
    let failed = redis.verify_called(either, 1).unwrap_err();
    assert!(told(&failed).contains(r#"argument 2 is "v", which predicate may refuse"#), "{failed}");
}

#[test]
fn one_call_does_not_stand_for_two_steps_of_an_order() {
    let (redis, mut client) = start();
    client.says("INCR n", ":1\r\n");
    assert!(redis.verify_order(["INCR", "INCR"]).is_err());
    client.says("INCR n", ":2\r\n");
    redis.verify_order(["INCR", "INCR"]).unwrap();
}

#[test]
fn no_more_means_that_every_call_is_accounted_for() {
    let (redis, mut client) = start();
    client.says("SELECT 0", "+OK\r\n");
    redis.stub("GET").reply("x");
    redis.expect("INCR");
    for line in ["GET a", "INCR n", "SET k v", "PING", "STRLEN k", "DEL a", "DEL b"] {
        client.send(line);
    }
    redis.wait_for(Matcher::command("DEL").arg("b"), PATIENCE).unwrap();
    redis.verify_called("SET", 1).unwrap();
    redis.verify_order(["PING", "STRLEN"]).unwrap();
    let error = redis.verify_no_more().unwrap_err();
    assert_eq!(error.failures()[0].kind, FailureKind::Unaccounted);
    assert_eq!(
        told(&error),
        r#"verification failed
- one call more: #7 conn 1: DEL "a"
  this passes: redis.verify_called(Matcher::command("DEL").arg("a"), 1)?;"#
    );
    redis.verify_called(Matcher::command("DEL").arg("a"), 1).unwrap();
    redis.verify_no_more().unwrap();
}

#[test]
fn strict_servers_propose_a_stub_and_tell_which_stub_was_nearly_used() {
    let builder = faux_redis::FauxRedis::builder().strict(true);
    let mut redis = FauxRedis::start_with(builder).unwrap();
    let mut client = Client::connect(&redis);
    redis.stub(Matcher::command("GET").arg("user:1")).reply("Ada");
    client.says("GET user:2", "$-1\r\n");
    assert_eq!(
        told(&redis.verify().unwrap_err()),
        r#"verification failed
- no stub answered #1 conn 1: GET "user:2"
  this passes: redis.stub(Matcher::command("GET").arg("user:2")).execute();
- stub GET "user:1" was never used
  made at HERE
  nearest calls:
    #1 conn 1: GET "user:2"
                   ^^^^^^^^ argument 1 is "user:2", expected "user:1": one letter differs"#
    );
}

#[test]
fn the_strictest_servers_want_every_call_asserted() {
    let builder = faux_redis::FauxRedis::builder().strict(Strict::All);
    let mut redis = FauxRedis::start_with(builder).unwrap();
    let mut client = Client::connect(&redis);
    redis.stub("GET").reply("x");
    redis.expect("SET").reply(faux_redis::Reply::OK);
    client.says("GET k", "$1\r\nx\r\n");
    client.says("SET k v", "+OK\r\n");
    let error = redis.verify().unwrap_err();
    assert_eq!(error.failures()[0].kind, FailureKind::Unasserted);
    assert_eq!(
        told(&error),
        r#"verification failed
- never asserted: #1 conn 1: GET "k"
  this passes: redis.verify_called(Matcher::command("GET").arg("k"), 1)?;"#
    );
    redis.verify_called("GET", 1).unwrap();
    redis.verify().unwrap();
}

#[test]
fn a_call_that_a_predicate_over_calls_refused_is_told_with_it() {
    let (redis, mut client) = start();
    client.says("GET k", "$-1\r\n");
    let never = CallPredicate::blocking(|_| false).shown_as("never");
    let error = redis.verify_called(Matcher::command("GET").when(never), 1).unwrap_err();
    assert_eq!(
        told(&error),
        r#"verification failed
- GET when=never: expected once, got 0
  nearest calls:
    #1 conn 1: GET "k"
      the call, which when=never refuses
  this passes: redis.verify_called(Matcher::command("GET").arg("k"), 1)?;"#
    );
}

#[test]
fn the_last_calls_of_each_connection_are_told() {
    let (redis, mut first) = start();
    let mut second = Client::connect(&redis);
    for n in 1..=4 {
        first.says("INCR n", &format!(":{n}\r\n"));
    }
    second.says("PING", "+PONG\r\n");
    let error = redis.verify_called("SET", 1).unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"verification failed
- SET: expected once, got 0
last calls of conn 1:
  #2 conn 1: INCR "n"  ->  :2  [store]
  #3 conn 1: INCR "n"  ->  :3  [store]
  #4 conn 1: INCR "n"  ->  :4  [store]
last calls of conn 2:
  #5 conn 2: PING  ->  +PONG  [store]
seed: 0"#
    );
}

#[test]
fn waiting_in_vain_marks_what_differs() {
    let (redis, mut client) = start();
    client.says("GET user:01", "$-1\r\n");
    let matcher = Matcher::command("GET").arg("user:1");
    let error = redis.wait_for(matcher, Duration::from_millis(1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"waited 1ms for GET "user:1" (1x), in vain; what was called instead:
    #1 conn 1: GET "user:01"
                   ^^^^^^^^^ argument 1 is "user:01", expected "user:1": the same but for leading zeros"#
    );
}

#[test]
fn a_predicate_of_a_question_that_fails_is_told_at_verification() {
    let (mut redis, mut client) = start();
    client.says("GET k", "$-1\r\n");
    let fails = || CallPredicate::blocking(|_| panic!("no such thing"));
    assert!(redis.calls_of(Matcher::command("GET").when(fails())).is_empty());
    assert!(redis.calls_of(Matcher::command("GET").when(fails())).is_empty());
    let failures = redis.verify().unwrap_err().failures().to_vec();
    assert_eq!(failures.len(), 1);
    assert_eq!(failures[0].kind, FailureKind::Callback);
    assert!(failures[0].message.starts_with("callback failed: panic: no such thing"));
}

#[test]
fn of_many_failures_the_first_are_told_and_all_can_be_asked_for() {
    let (mut redis, _client) = start();
    for n in 0..25 {
        redis.expect(Matcher::command("GET").arg(format!("k{n}")));
    }
    let error = redis.verify().unwrap_err();
    assert_eq!(error.failures().len(), 25);
    let text = error.to_string();
    assert_eq!(text.matches("\n- expect GET").count(), 20);
    assert!(text.contains("\n(5 more failures)\nseed: 0"), "{text}");
}

#[test]
fn what_the_journal_has_dropped_is_not_taken_for_what_did_not_happen() {
    let builder = faux_redis::FauxRedis::builder().journal_limit(2).strict(true);
    let mut redis = FauxRedis::start_with(builder).unwrap();
    let mut client = Client::connect(&redis);
    for n in 1..=5 {
        client.says("INCR n", &format!(":{n}\r\n"));
    }
    redis.verify_called("INCR", 1..).unwrap();
    let error = redis.verify_called("INCR", 2).unwrap_err();
    assert_eq!(
        told(&error),
        "verification failed\n- INCR: expected 2 times, got 2 of the calls that are remembered; there may have \
         been more\n  the journal has dropped 3 older calls"
    );
    assert_eq!(redis.verify_called("GET", 0).unwrap_err().kind(), ErrorKind::Verification);
    let forgotten =
        "3 calls more, which the journal has dropped before anything accounted for them";
    assert!(told(&redis.verify_no_more().unwrap_err()).contains(forgotten));
    let error = redis.verify().unwrap_err();
    assert_eq!(error.failures().iter().filter(|f| f.kind == FailureKind::Unmocked).count(), 3);
    assert!(told(&error).contains(forgotten), "{error}");
}
