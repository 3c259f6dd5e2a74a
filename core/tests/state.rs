//! Conditions a test puts its server in. What each refuses is held against real servers in `tests/state`.
mod support;

use faux_redis::blocking::FauxRedis;
use faux_redis::{Condition, FauxRedis as Async, Flavour, Version};
use support::{Client, Ended};

const READONLY: &str = "-READONLY You can't write against a read only replica.\r\n";
const LOADING: &str = "-LOADING Redis is loading the dataset in memory\r\n";

fn start() -> (FauxRedis, Client) {
    let redis = FauxRedis::start().expect("a port is free");
    let client = Client::connect(&redis);
    (redis, client)
}

#[test]
fn a_condition_lasts_as_long_as_its_handle() {
    let (redis, mut client) = start();
    {
        let _replica = redis.state().readonly();
        client.says("SET k v", READONLY);
        client.says("GET k", "$-1\r\n");
    }
    client.says("SET k v", "+OK\r\n");
    let lasting = redis.state().readonly().lasting();
    client.says("SET k v", READONLY);
    assert!(lasting.end());
    assert!(!lasting.end());
    client.says("SET k v", "+OK\r\n");
}

#[test]
fn reset_ends_conditions_and_an_old_handle_ends_none_that_came_later() {
    let (redis, _client) = start();
    let old = redis.state().readonly();
    redis.reset();
    assert!(!old.is_in_force());
    let _new = redis.state().readonly().named("failover");
    drop(old);
    assert_eq!(redis.state().in_force(), ["readonly 'failover'"]);
}

#[test]
fn several_conditions_are_in_force_at_once_and_one_of_them_twice() {
    let (redis, mut client) = start();
    let _loading = redis.state().loading();
    let first = redis.state().readonly();
    let second = redis.state().enter(Condition::ReadOnly);
    client.says("SET k v", READONLY);
    client.says("GET k", LOADING);
    drop(first);
    client.says("SET k v", READONLY);
    drop(second);
    client.says("SET k v", LOADING);
    client.send("INFO persistence");
    let length: usize = client.line()[1..].parse().expect("a length");
    let lines: Vec<_> = (0..2).map(|_| client.line()).collect();
    assert!(length > 0);
    assert_eq!(lines, ["# Persistence", "loading:1"]);
}

#[test]
fn a_refusal_while_queueing_lets_exec_discard() {
    let (redis, mut client) = start();
    client.says("MULTI", "+OK\r\n");
    client.says("SET k v", "+QUEUED\r\n");
    let replica = redis.state().readonly();
    client.says("SET k w", READONLY);
    drop(replica);
    client.says("EXEC", "-EXECABORT Transaction discarded because of previous errors.\r\n");
    client.says("MULTI", "+OK\r\n");
    client.says("SET k v", "+QUEUED\r\n");
    let _replica = redis.state().readonly();
    client.says(
        "EXEC",
        "-EXECABORT Transaction discarded because of: READONLY You can't write against a read only replica.\r\n",
    );
    client.says("EXISTS k", ":0\r\n");
}

#[test]
fn stubs_answer_before_a_condition_is_asked_about() {
    let (redis, mut client) = start();
    let _loading = redis.state().loading();
    redis.stub("GET").reply("stub");
    client.says("GET k", "$4\r\nstub\r\n");
    client.says("STRLEN k", LOADING);
}

#[test]
fn what_is_refused_is_counted_as_rejected() {
    let (redis, mut client) = start();
    let loading = redis.state().loading();
    client.says("GET k", LOADING);
    drop(loading);
    client.send("INFO commandstats");
    client.line();
    let text =
        std::iter::repeat_with(|| client.line()).find(|line| line.starts_with("cmdstat_get:"));
    assert!(text.expect("GET was called").contains("rejected_calls=1"));
}

#[test]
fn a_client_that_connects_is_turned_away_and_those_there_are_not() {
    let (redis, mut client) = start();
    client.says("PING", "+PONG\r\n");
    let full = redis.state().maxclients();
    let (said, ended) = Client::connect(&redis).rest();
    assert_eq!((&*said, ended), (&b"-ERR max number of clients reached\r\n"[..], Ended::Closed));
    client.says("PING", "+PONG\r\n");
    drop(full);
    Client::connect(&redis).says("PING", "+PONG\r\n");
}

#[test]
fn valkey_speaks_of_itself() {
    let builder = Async::builder().flavour(Flavour::Valkey).version(Version(8, 1, 1));
    let redis = FauxRedis::start_with(builder).expect("a port is free");
    let mut client = Client::connect(&redis);
    let _loading = redis.state().loading();
    client.says("GET k", "-LOADING Valkey is loading the dataset in memory\r\n");
}

#[test]
fn a_condition_has_a_name_that_can_be_read_back() {
    for name in ["loading", "readonly", "oom", "misconf", "busy", "masterdown", "noreplicas"] {
        assert_eq!(name.parse::<Condition>().expect("it is known").to_string(), name);
    }
    assert_eq!(
        "asleep".parse::<Condition>().unwrap_err(),
        "a condition is one of loading, readonly, oom, misconf, busy, masterdown, noreplicas, \
         clusterdown, maxclients, noauth, protected, not 'asleep'"
    );
}
