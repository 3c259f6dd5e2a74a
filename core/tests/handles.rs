//! Handles: whatever a test sets up can be named, removed, and knows the line that made it.
use faux_redis::blocking::FauxRedis;
use faux_redis::{At, Client, DownMode, Ending, ErrorKind, Matcher};
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

fn start() -> FauxRedis {
    FauxRedis::start().expect("a port is free")
}

/// It shows itself as this, and was made in the line before the one that asks.
#[track_caller]
fn check(handle: &impl Display, source: &str, shown: &str) {
    let line = std::panic::Location::caller().line() - 1;
    assert_eq!(handle.to_string(), shown);
    assert_eq!(source, format!("core/tests/handles.rs:{line}"));
}

#[test]
fn every_handle_has_a_name_and_knows_the_line_that_made_it() {
    let redis = start();
    let rule = redis.stub("GET").reply("Ada").named("Ada");
    check(&rule, rule.source(), "stub 'Ada' GET");
    let expectation = redis.expect("SET").times(1).named("once");
    check(&expectation, expectation.source(), "expect 'once' SET");
    let link = redis.link(Client::any()).slice(1).named("slow");
    check(&link, link.source(), "link 'slow'(client()).slice(1)/down");
    let down = redis.down(DownMode::AcceptClose).unwrap().named("outage");
    check(&down, down.source(), "down 'outage' mode=accept_close");
    let pause = redis.pause(Client::any()).named("stop");
    check(&pause, pause.source(), "link 'stop'(client()).blackhole()");
    let limit = redis.max_clients(3).unwrap().named("few");
    check(&limit, limit.source(), "max_clients 'few' 3");
    let replica = redis.state().readonly().named("failover");
    check(&replica, replica.source(), "readonly 'failover'");
    let gate = redis.hold("GET", At::After).named("stampede");
    check(&gate, gate.source(), "hold 'stampede' GET at=after");
    let frozen = redis.clock().frozen().named("noon");
    check(&frozen, frozen.source(), "clock frozen 'noon'");
    let auto = redis.clock().auto().named("leaps");
    check(&auto, auto.source(), "clock auto 'leaps'");
    let snapshot = redis.snapshot().named("before");
    check(&snapshot, snapshot.source(), "snapshot 'before'");
    let unchanged = redis.unchanged().except("cache:*").named("same");
    check(&unchanged, unchanged.source(), "unchanged 'same' except \"cache:*\"");
    expectation.remove();
}

#[test]
fn every_handle_can_be_removed() {
    let redis = start();
    redis.stub("GET").reply("Ada").remove();
    redis.expect("SET").times(1).remove();
    redis.link(Client::any()).slice(1).remove();
    redis.pause(Client::any()).remove();
    redis.max_clients(3).unwrap().remove();
    assert!(redis.state().readonly().lasting().remove());
    redis.hold("GET", At::Before).lasting().remove();
    redis.clock().frozen().remove();
    redis.clock().auto().remove();
    redis.snapshot().remove();
    let unchanged = redis.unchanged();
    redis.data().set("k", "v").unwrap();
    unchanged.remove();
    redis.down(DownMode::Refuse).unwrap().remove().unwrap();

    assert!(!redis.is_down());
    assert!(!redis.clock().is_standing());
    assert!(redis.state().in_force().is_empty());
    assert_eq!(redis.unused(), [""; 0]);
    let mut connection = redis::Client::open(redis.url()).unwrap().get_connection().unwrap();
    let settings: Vec<String> =
        redis::cmd("CONFIG").arg(&["GET", "maxclients"]).query(&mut connection).unwrap();
    assert_eq!(settings[1], "10000");
    let value: String = redis::cmd("GET").arg("k").query(&mut connection).unwrap();
    assert_eq!(value, "v");
    assert_eq!(redis.kill(Client::any(), Ending::Close), 1);
}

#[test]
fn what_fails_tells_the_name_and_the_line() {
    let redis = start();
    let gate = redis.hold(Matcher::command("GET"), At::Before).named("stampede");
    let made = format!("\n  made at {}", gate.source());
    let error = gate.wait(Duration::from_millis(1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.to_string().contains("1 command at hold 'stampede' GET at=before"), "{error}");
    assert!(error.to_string().ends_with(&made), "{error}");

    let snapshot = redis.snapshot().named("before");
    let made = format!("\n  made at {}", snapshot.source());
    redis.reset();
    let error = redis.restore(&snapshot).unwrap_err().to_string();
    assert_eq!(
        error,
        format!(
            "the snapshot 'before' was taken before the server was last reset or lost its data{made}"
        )
    );

    let rule = redis.expect("GET").named("loaded").scoped();
    let made = format!("\n  made at {}", rule.source());
    let panic = catch_unwind(AssertUnwindSafe(|| drop(rule))).unwrap_err();
    let message = panic.downcast::<String>().unwrap();
    assert!(message.contains("expect 'loaded' GET"), "{message}");
    assert!(message.contains(&made), "{message}");
}
