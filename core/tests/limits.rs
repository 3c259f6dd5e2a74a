//! How often a rule answers, in which order rules come, and how a live rule is changed.
mod support;

use faux_redis::blocking::FauxRedis;
use faux_redis::{Answer, Matcher, Scenario, Then};
use std::panic::{AssertUnwindSafe, catch_unwind};
use support::Client;

fn start() -> (FauxRedis, Client) {
    let redis = FauxRedis::start().expect("a port is free");
    let client = Client::connect(&redis);
    (redis, client)
}

/// What a rule of some chance answers to the first calls: 1, or 0 from the store.
fn thrown(seed: u64, around: impl Fn(&FauxRedis, &mut Client)) -> String {
    let redis = FauxRedis::start_with(faux_redis::FauxRedis::builder().seed(seed));
    let redis = redis.expect("a port is free");
    let mut client = Client::connect(&redis);
    redis.stub(Matcher::command("STRLEN").arg("k")).reply(1).p(0.5);
    let mut got = String::new();
    for _ in 0..40 {
        around(&redis, &mut client);
        client.send("STRLEN k");
        got.push(client.line().chars().nth(1).expect("an integer has a digit"));
    }
    got
}

#[test]
fn chance_is_the_same_for_the_same_seed_whatever_else_is_left_to_chance() {
    let plain = thrown(7, |_, _| ());
    assert!(plain.contains('0') && plain.contains('1'), "{plain}");
    assert_eq!(thrown(7, |_, _| ()), plain);
    assert_ne!(thrown(8, |_, _| ()), plain);
    let among_others = thrown(7, |redis, client| {
        redis.stub("GET").reply(1).p(0.5).times(1);
        client.send("GET k");
        client.line();
        client.send("RANDOMKEY");
        client.line();
    });
    assert_eq!(among_others, plain);
}

#[test]
fn a_rule_with_a_chance_does_not_change_what_the_store_leaves_to_chance() {
    let members = |with_rule: bool| {
        let (redis, mut client) = start();
        client.says("SADD s a b c d e f g h", ":8\r\n");
        if with_rule {
            redis.stub("GET").reply(1).p(0.5);
        }
        (0..8)
            .map(|_| {
                client.send("GET k");
                client.line();
                client.send("SPOP s");
                client.line();
                client.line()
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(members(true), members(false));
}

#[test]
fn what_chance_lets_pass_is_seen_but_not_answered() {
    let (redis, mut client) = start();
    let never = redis.stub("GET").reply(1).p(0.0);
    client.says("GET k", "$-1\r\n");
    assert_eq!((never.handled().seen, never.handled().hits), (1, 0));
    let always = never.p(1.0);
    client.says("GET k", ":1\r\n");
    assert_eq!((always.handled().seen, always.handled().hits), (2, 1));
    let panic = catch_unwind(AssertUnwindSafe(|| redis.stub("GET").p(1.5))).unwrap_err();
    assert_eq!(*panic.downcast::<String>().unwrap(), "p takes a probability from 0 to 1, not 1.5");
}

#[test]
fn a_scenario_goes_from_state_to_state() {
    let (redis, mut client) = start();
    let order = || Scenario::of("order");
    redis.stub("GET").scenario(order().when(Scenario::STARTED)).reply("new");
    redis.stub("GET").scenario(order().when("paid")).reply("paid");
    redis.stub("SET").scenario(order().when(Scenario::STARTED).to("paid")).execute();
    let state = redis.scenario("order");
    assert_eq!(state.state(), Scenario::STARTED);
    client.says("GET k", "$3\r\nnew\r\n");
    client.says("SET k v", "+OK\r\n");
    assert_eq!(state.state(), "paid");
    client.says("GET k", "$4\r\npaid\r\n");
    state.set("shipped");
    client.says("GET k", "$1\r\nv\r\n");
    redis.reset();
    assert_eq!(state.state(), Scenario::STARTED);
}

#[test]
fn a_rule_of_another_state_counts_nothing() {
    let (redis, mut client) = start();
    let part = Scenario::of("s").when("later").to("done");
    let rule = redis.stub("GET").scenario(part).reply(1).nth(1);
    client.says("GET k", "$-1\r\n");
    redis.scenario("s").set("later");
    client.says("GET k", ":1\r\n");
    assert_eq!(rule.handled().seen, 1);
    assert_eq!(redis.scenario("s").state(), "done");
}

#[test]
fn ranges_say_how_often_at_least_and_at_most() {
    let mut redis = FauxRedis::start().unwrap();
    let mut client = Client::connect(&redis);
    redis.stub("GET").reply(1).times(..=2);
    for reply in [":1\r\n", ":1\r\n", "$-1\r\n"] {
        client.says("GET k", reply);
    }
    redis.expect("PING").times(..=1);
    redis.expect("STRLEN").times(1..=2);
    client.says("PING", "+PONG\r\n");
    client.says("STRLEN k", ":0\r\n");
    redis.verify().unwrap();
    client.says("PING", "+PONG\r\n");
    let error = redis.verify().unwrap_err().to_string();
    assert!(error.contains("expect PING: expected at most once, got 2"), "{error}");
    #[expect(clippy::reversed_empty_ranges, reason = "it is what must be refused")]
    let empty = || redis.stub("GET").times(3..=1);
    let panic = catch_unwind(AssertUnwindSafe(empty)).unwrap_err();
    let message = panic.downcast::<String>().unwrap();
    assert_eq!(*message, "times takes a number or a range that is not empty");
}

#[test]
fn a_rule_that_has_had_enough_leaves_calls_to_older_rules_and_then_to_the_store() {
    let (redis, mut client) = start();
    redis.stub("GET").reply("older").times(1);
    redis.stub("GET").reply("newer").times(1);
    client.says("GET k", "$5\r\nnewer\r\n");
    client.says("GET k", "$5\r\nolder\r\n");
    client.says("GET k", "$-1\r\n");
    redis.stub("INCR").error("ERR no").never();
    client.says("INCR n", ":1\r\n");
}

#[test]
fn a_live_rule_takes_another_answer_and_keeps_its_identity_and_place() {
    let (redis, mut client) = start();
    let rule = redis.stub("GET").replies(["a", "b"]).times(4);
    let newer = redis.stub("STRLEN").reply(5);
    client.says("GET k", "$1\r\na\r\n");
    let id = rule.id();
    let rule = rule.replace("x").close().replace("y");
    assert_eq!(rule.id(), id);
    client.says("GET k", "$1\r\ny\r\n");
    let rule = rule.replies_then(["1", "2"], Then::Cycle);
    client.says("GET k", "$1\r\n1\r\n");
    client.says("GET k", "$1\r\n2\r\n");
    client.says("GET k", "$-1\r\n");
    assert_eq!(rule.handled().hits, 4);
    let _rule = rule.times(5);
    client.says("GET k", "$1\r\n1\r\n");
    let _newer = newer.replace(Answer::from(6));
    client.says("STRLEN k", ":6\r\n");
}

#[test]
fn priority_comes_before_age_among_rules_of_every_kind() {
    let (redis, mut client) = start();
    let group = redis.stub(Matcher::category("@read")).reply("group");
    redis.stub("GET").reply("command");
    redis.stub(Matcher::any().key("k")).reply("any").priority(-1);
    client.says("GET k", "$7\r\ncommand\r\n");
    let group = group.priority(1);
    client.says("GET k", "$5\r\ngroup\r\n");
    group.remove();
    client.says("GET k", "$7\r\ncommand\r\n");
    client.says("TYPE k", "$3\r\nany\r\n");
}
