//! The engine by itself: no sockets, no clock, time told by hand.
use super::{Address, Node, SessionId, World};
use crate::clock::Micros;
use crate::config::Config;
use crate::double::journal::Limits;
use crate::double::rule::Source;
use crate::double::script::Emission;
use crate::double::{Action, Answer, Delay, Double, Matcher, Mode, Strict};
use crate::persona::Persona;
use bytes::Bytes;
use std::time::Duration;

mod chance;
mod streams;

const SECOND: Micros = 1_000_000;

fn world() -> World {
    let persona = Persona::default();
    let node = Node::new(persona, Config::new(persona), 0, 0);
    World::new(node, Double::new(Mode::MockFirst, Strict::Off, Limits::default()))
}

fn connect(world: &mut World) -> SessionId {
    world.connect(0, Address::default())
}

/// Sends a request at a time, and gives what the session receives at once.
fn say(world: &mut World, now: Micros, id: SessionId, line: &str) -> String {
    let words = line.split(' ').map(|word| Bytes::copy_from_slice(word.as_bytes())).collect();
    assert!(world.handle(now, id, words).is_empty(), "no rule asks the host");
    heard(world, id)
}

fn heard(world: &mut World, id: SessionId) -> String {
    let emissions = world.output(id).emissions.into_iter();
    emissions.fold(String::new(), |text, emission| match emission {
        Emission::Bytes(bytes) => text + &String::from_utf8_lossy(&bytes),
        other => format!("{text}{other:?}"),
    })
}

#[test]
fn a_panic_in_a_handler_answers_its_client_and_leaves_the_server_usable() {
    let mut world = world();
    let id = connect(&mut world);
    assert_eq!(
        say(&mut world, 0, id, "TESTING.PANIC k"),
        "-ERR faux_redis: internal error in 'testing.panic', reported to the test\r\n"
    );
    assert_eq!(say(&mut world, 0, id, "SET k v"), "+OK\r\n");
    let failures = world.double.failures();
    assert!(failures[0].message.contains("panic: as the test wants it"), "{failures:?}");
}

#[test]
fn a_command_that_was_delayed_wakes_who_waits_at_once() {
    let mut world = world();
    let (blocked, other) = (connect(&mut world), connect(&mut world));
    let source = Source("here".into());
    let rule = world.double.rules.add(Matcher::command("RPUSH"), None, source);
    let rule = world.double.rules.get_mut(rule).expect("it was made");
    let delay = Action::Delay(Delay::Fixed(Duration::from_secs(1)));
    rule.answers.push(Answer::of(delay).then(Action::Execute));
    assert_eq!(say(&mut world, 0, blocked, "BLPOP list 0"), "");
    assert_eq!(say(&mut world, 0, other, "RPUSH list a"), "");
    assert!(world.tick(SECOND).is_empty(), "the host is not asked");
    assert_eq!(heard(&mut world, other), ":1\r\n");
    assert_eq!(heard(&mut world, blocked), "*2\r\n$4\r\nlist\r\n$1\r\na\r\n");
}

#[test]
fn a_mistake_of_the_engine_ends_the_session_it_worked_for_and_is_told() {
    let mut world = world();
    let (one, other) = (connect(&mut world), connect(&mut world));
    assert!(world.drive(Some(one), |_| panic!("a mistake")).is_none());
    assert!(world.drive(None, |_| panic!("another")).is_none());
    assert!(world.output(one).gone);
    assert_eq!(say(&mut world, 0, other, "PING"), "+PONG\r\n");
    let told: Vec<_> = world.double.mishaps.iter().map(|mishap| &mishap.message).collect();
    assert_eq!(
        told,
        ["failed inside the server: panic: a mistake", "failed inside the server: panic: another"]
    );
}

#[test]
fn time_is_handed_in_and_keys_live_by_it() {
    let mut world = world();
    let id = connect(&mut world);
    say(&mut world, 0, id, "SET k v EX 10");
    assert_eq!(world.next_deadline(), Some(10 * SECOND + 1000));
    assert_eq!(say(&mut world, 10 * SECOND, id, "GET k"), "$1\r\nv\r\n");
    assert!(world.tick(10 * SECOND + 1000).is_empty());
    assert_eq!(world.next_deadline(), None);
    assert_eq!(say(&mut world, 11 * SECOND, id, "GET k"), "$-1\r\n");
}

#[test]
fn the_same_seed_and_requests_give_the_same_bytes() {
    let run = || {
        let mut world = world();
        let id = connect(&mut world);
        let lines = ["SADD s a b c d e f g", "SPOP s 3", "SRANDMEMBER s -9", "SPOP s", "RANDOMKEY"];
        lines.map(|line| say(&mut world, SECOND, id, line))
    };
    let first = run();
    assert!(first[1].starts_with("*3\r\n"), "{first:?}");
    for _ in 0..100 {
        assert_eq!(run(), first);
    }
}

#[test]
fn a_waiting_command_is_served_in_order_and_gives_up_at_its_deadline() {
    let mut world = world();
    let [first, second, pusher] = [(); 3].map(|()| connect(&mut world));
    assert_eq!(say(&mut world, 0, first, "BLPOP q 1"), "");
    assert_eq!(say(&mut world, 0, second, "BLPOP q 5"), "");
    assert_eq!(say(&mut world, 0, pusher, "RPUSH q a"), ":1\r\n");
    assert_eq!(heard(&mut world, first), "*2\r\n$1\r\nq\r\n$1\r\na\r\n");
    assert_eq!(heard(&mut world, second), "");
    assert_eq!(world.next_deadline(), Some(5 * SECOND));
    assert!(world.tick(5 * SECOND).is_empty());
    assert_eq!(heard(&mut world, second), "*-1\r\n");
}

#[test]
fn a_transaction_never_waits() {
    let mut world = world();
    let id = connect(&mut world);
    say(&mut world, 0, id, "MULTI");
    say(&mut world, 0, id, "BLPOP q 0");
    assert_eq!(say(&mut world, 0, id, "EXEC"), "*1\r\n*-1\r\n");
}

#[test]
fn who_waits_is_served_after_the_whole_transaction() {
    let mut world = world();
    let [waiter, id] = [(); 2].map(|()| connect(&mut world));
    say(&mut world, 0, waiter, "BLPOP q 0");
    for line in ["MULTI", "RPUSH q a", "LPUSH q b", "DEL q", "RPUSH q c"] {
        say(&mut world, 0, id, line);
    }
    assert_eq!(say(&mut world, 0, id, "EXEC"), "*4\r\n:1\r\n:2\r\n:1\r\n:1\r\n");
    assert_eq!(heard(&mut world, waiter), "*2\r\n$1\r\nq\r\n$1\r\nc\r\n");
}

#[test]
fn a_client_that_left_loses_no_element() {
    let mut world = world();
    let [waiter, id] = [(); 2].map(|()| connect(&mut world));
    say(&mut world, 0, waiter, "BLPOP q 0");
    world.disconnect(waiter);
    assert_eq!(say(&mut world, 0, id, "RPUSH q a"), ":1\r\n");
    assert_eq!(say(&mut world, 0, id, "LLEN q"), ":1\r\n");
}

#[test]
fn who_reads_too_slowly_is_cut_off() {
    let mut world = world();
    let [slow, id] = [(); 2].map(|()| connect(&mut world));
    say(&mut world, 0, slow, "SUBSCRIBE news");
    let message = "x".repeat(1 << 20);
    for _ in 0..32 {
        say(&mut world, 0, id, &format!("PUBLISH news {message}"));
    }
    assert_eq!(say(&mut world, 0, id, "PUBLISH news late"), ":0\r\n");
}

#[test]
fn in_its_last_millisecond_a_field_of_a_listpack_is_gone_for_who_asks_how_long_it_lives() {
    let mut world = world();
    let id = connect(&mut world);
    for (hash, left) in [("h small 1", "*1\r\n:-2\r\n"), ("h large 1", "*1\r\n:0\r\n")] {
        say(&mut world, 0, id, "DEL h");
        say(&mut world, 0, id, &format!("HSET {hash}"));
        let large = hash.contains("large").then(|| "x".repeat(100));
        say(&mut world, 0, id, &format!("HSET h f {}", large.unwrap_or_default()));
        say(&mut world, 0, id, "HPEXPIRE h 10 FIELDS 1 f");
        assert_eq!(say(&mut world, 10_000, id, "HPTTL h FIELDS 1 f"), left);
        assert_eq!(say(&mut world, 10_000, id, "HEXISTS h f"), ":1\r\n");
        assert_eq!(say(&mut world, 11_000, id, "HEXISTS h f"), ":0\r\n");
    }
}

#[test]
fn uses_are_counted_on_a_scale_that_can_be_set_and_forgotten_by_the_minute() {
    let mut world = world();
    let id = connect(&mut world);
    say(&mut world, 0, id, "CONFIG SET maxmemory-policy allkeys-lfu lfu-log-factor 1");
    say(&mut world, 0, id, "SET k v");
    for (uses, counter) in [(1, 6), (2, 7), (3, 8), (3, 8), (1, 9)] {
        for _ in 0..uses {
            say(&mut world, 0, id, "GET k");
        }
        let told = say(&mut world, 0, id, "OBJECT FREQ k");
        assert_eq!(told, format!(":{counter}\r\n"));
    }
    assert_eq!(say(&mut world, 59 * SECOND, id, "OBJECT FREQ k"), ":9\r\n");
    assert_eq!(say(&mut world, 180 * SECOND, id, "OBJECT FREQ k"), ":6\r\n");
    say(&mut world, 180 * SECOND, id, "CONFIG SET lfu-decay-time 3");
    assert_eq!(say(&mut world, 180 * SECOND, id, "OBJECT FREQ k"), ":8\r\n");
    say(&mut world, 180 * SECOND, id, "CONFIG SET lfu-decay-time 0");
    assert_eq!(say(&mut world, 6000 * SECOND, id, "OBJECT FREQ k"), ":9\r\n");
}

#[test]
fn a_count_of_random_elements_without_end_is_refused() {
    let mut world = world();
    let id = connect(&mut world);
    for (add, ask) in [
        ("HSET h f v", "HRANDFIELD h"),
        ("SADD s m", "SRANDMEMBER s"),
        ("ZADD z 1 m", "ZRANDMEMBER z"),
    ] {
        say(&mut world, 0, id, add);
        let huge = say(&mut world, 0, id, &format!("{ask} -4611686018427387903"));
        assert!(huge.starts_with("-OOM "), "{huge}");
        assert!(say(&mut world, 0, id, &format!("{ask} -20")).starts_with("*20\r\n"));
        assert_eq!(say(&mut world, 0, id, &ask.replace(' ', " no")), "$-1\r\n");
    }
}

#[test]
fn a_drawn_delay_is_drawn_before_any_effect_and_the_same_for_the_same_seed() {
    let ends = |seed: u64, requests: &[&str]| {
        let persona = Persona::default();
        let node = Node::new(persona, Config::new(persona), seed, 0);
        let mut world =
            World::new(node, Double::new(Mode::MockFirst, Strict::Off, Limits::default()));
        let rule = world.double.rules.add(Matcher::command("INCR"), None, Source(String::new()));
        let uniform = Delay::uniform(Duration::from_secs(1), Duration::from_secs(9)).unwrap();
        let answer = Answer::of(Action::Delay(uniform)).then(Action::Execute);
        world.double.rules.get_mut(rule).unwrap().answers = vec![answer];
        let id = connect(&mut world);
        let mut ends = Vec::new();
        for request in requests {
            say(&mut world, 0, id, request);
            let Some(end) = world.next_deadline() else { continue };
            assert!((SECOND..9 * SECOND).contains(&end), "{end}");
            world.tick(end);
            heard(&mut world, id);
            ends.push(end);
        }
        ends
    };
    let drawn = ends(1, &["INCR n", "INCR n", "INCR n"]);
    assert_eq!(drawn.len(), 3);
    assert!(drawn[0] != drawn[1] && drawn[1] != drawn[2], "{drawn:?}");
    assert_eq!(drawn, ends(1, &["INCR n", "INCR n", "INCR n"]));
    assert_ne!(drawn, ends(2, &["INCR n", "INCR n", "INCR n"]));
    // What the store draws in between changes nothing.
    assert_eq!(drawn, ends(1, &["INCR n", "SRANDMEMBER s", "INCR n", "SPOP s", "INCR n"]));
}
