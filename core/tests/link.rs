//! What the bytes of a connection go through, over real sockets and by the server's clock.
mod support;

use faux_redis::blocking::FauxRedis;
use faux_redis::{Chunk, Client as Who, Clock, Direction, ErrorKind, LimitThen, Predicate, Reply};
use std::time::Duration;
use support::{Client, Ended, PATIENCE};

const SECOND: Duration = Duration::from_secs(1);
const MS: Duration = Duration::from_millis(1);

/// A server whose time stands.
fn frozen() -> (FauxRedis, Clock) {
    let clock = Clock::starting_at(1_000_000 * SECOND);
    let builder = faux_redis::FauxRedis::builder().clock(clock.clone());
    (FauxRedis::start_with(builder).expect("a port is free"), clock)
}

fn start() -> (FauxRedis, Client) {
    let redis = FauxRedis::start().expect("a port is free");
    let client = Client::connect(&redis);
    (redis, client)
}

/// Sends a request, and returns once the server has carried it out.
fn send(redis: &FauxRedis, client: &mut Client, line: &str) {
    let calls = redis.calls().len();
    client.send(line);
    redis.wait_for_times(faux_redis::Matcher::any(), calls + 1, PATIENCE).expect("it is read");
}

#[test]
fn a_latency_holds_replies_until_the_clock_has_moved() {
    let (redis, clock) = frozen();
    let mut client = Client::connect(&redis);
    let link = redis.link(Who::any()).latency(SECOND);
    send(&redis, &mut client, "PING");
    client.has_nothing();
    clock.advance(999 * MS);
    client.has_nothing();
    clock.advance(MS);
    client.receives("+PONG\r\n");
    link.remove();
    client.says("PING", "+PONG\r\n");
}

#[test]
fn what_is_under_way_keeps_its_time_and_its_place_when_the_link_goes() {
    let (redis, clock) = frozen();
    let mut client = Client::connect(&redis);
    let link = redis.link(Who::any()).latency(SECOND);
    send(&redis, &mut client, "ECHO slow");
    link.remove();
    send(&redis, &mut client, "ECHO quick");
    client.has_nothing();
    clock.advance(SECOND);
    client.receives("$4\r\nslow\r\n$5\r\nquick\r\n");
}

#[test]
fn a_link_meets_the_connections_that_are_meant_and_those_that_come_later() {
    let (redis, clock) = frozen();
    let mut other = Client::connect(&redis);
    redis.link(Who::named("web-*")).latency(SECOND);
    let mut client = Client::connect(&redis);
    client.says("CLIENT SETNAME web-1", "+OK\r\n");
    send(&redis, &mut client, "PING");
    client.has_nothing();
    other.says("PING", "+PONG\r\n");
    clock.advance(SECOND);
    client.receives("+PONG\r\n");
    send(&redis, &mut client, "CLIENT SETNAME other");
    clock.advance(SECOND);
    client.receives("+OK\r\n");
    client.says("PING", "+PONG\r\n");
}

#[test]
fn upwards_a_latency_holds_the_request() {
    let (redis, clock) = frozen();
    let mut client = Client::connect(&redis);
    let link = redis.link(Who::any()).direction(Direction::Up).latency(SECOND);
    client.send("INCR n");
    client.has_nothing();
    assert!(redis.calls().is_empty());
    while client.is_silent() {
        clock.advance(SECOND);
    }
    client.receives(":1\r\n");
    link.remove();
    client.says("INCR n", ":2\r\n");
}

#[test]
fn a_bandwidth_lets_so_many_bytes_through_in_a_second() {
    let (redis, clock) = frozen();
    let mut client = Client::connect(&redis);
    redis.link(Who::any()).bandwidth(100).unwrap();
    send(&redis, &mut client, "ECHO abcdefgh");
    clock.advance(20 * MS);
    client.receives("$8");
    client.has_nothing();
    clock.advance(40 * MS);
    client.receives("\r\nab");
    client.has_nothing();
    clock.advance(80 * MS);
    client.receives("cdefgh\r\n");
    let error = redis.link(Who::any()).bandwidth(0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Option);
    assert!(error.to_string().contains("blackhole()"), "{error}");
}

#[test]
fn slices_come_one_by_one() {
    let (redis, clock) = frozen();
    let mut client = Client::connect(&redis);
    redis.link(Who::any()).slice_with_gap(1, MS);
    send(&redis, &mut client, "PING");
    for byte in ["+", "P", "O", "N", "G", "\r", "\n"] {
        client.receives(byte);
        client.has_nothing();
        clock.advance(MS);
    }
}

#[test]
fn every_byte_of_a_slice_of_one_arrives_and_requests_may_be_sliced_too() {
    let (redis, mut client) = start();
    redis.link(Who::any()).direction(Direction::Both).slice(1);
    for n in 1..=50 {
        client.says("INCR n", &format!(":{n}\r\n"));
    }
}

#[test]
fn a_slow_close_holds_the_end_of_the_connection() {
    let (redis, clock) = frozen();
    let mut client = Client::connect(&redis);
    redis.link(Who::any()).slow_close(SECOND);
    client.says("QUIT", "+OK\r\n");
    client.has_nothing();
    clock.advance(SECOND);
    assert_eq!(client.rest(), (Vec::new(), Ended::Closed));
}

#[test]
fn a_limit_ends_the_connection_after_so_many_bytes_or_silences_it() {
    for (then, ended) in [(LimitThen::Close, Ended::Closed), (LimitThen::Reset, Ended::Reset)] {
        let (redis, mut client) = start();
        redis.link(Who::any()).limit(9, then);
        client.says("PING", "+PONG\r\n");
        client.send("PING");
        assert_eq!(client.rest(), (b"+P".to_vec(), ended));
    }
    let (redis, mut client) = start();
    let link = redis.link(Who::any()).limit(9, LimitThen::Blackhole);
    client.says("PING", "+PONG\r\n");
    send(&redis, &mut client, "PING");
    client.receives("+P");
    client.has_nothing();
    link.remove();
    client.receives("ONG\r\n");
}

#[test]
fn upwards_a_limit_counts_what_the_client_sends() {
    let (redis, mut client) = start();
    redis.link(Who::any()).direction(Direction::Up).limit(8, LimitThen::Reset);
    client.send_raw(b"PING\r\nPING\r\n");
    let (bytes, ended) = client.rest();
    assert_eq!(ended, Ended::Reset);
    assert!(bytes.is_empty() || bytes == b"+PONG\r\n", "{bytes:?}");
    assert!(redis.calls().len() <= 1);
}

#[test]
fn corrupted_bytes_are_others_and_the_same_for_the_same_seed() {
    let corrupted = |rate: f64| {
        let (redis, mut client) = start();
        redis.link(Who::any()).corrupt(rate).unwrap();
        client.send_raw(b"ECHO abcdefgh\r\nQUIT\r\n");
        client.rest().0
    };
    let plain = b"$8\r\nabcdefgh\r\n+OK\r\n";
    assert_eq!(corrupted(0.0), plain);
    let all = corrupted(1.0);
    assert!(all.len() == plain.len() && all.iter().zip(plain).all(|(a, b)| a != b), "{all:?}");
    assert_eq!(corrupted(0.5), corrupted(0.5));
    let (redis, _) = start();
    let error = redis.link(Who::any()).corrupt(1.5).unwrap_err();
    assert_eq!(error.to_string(), "corrupt takes a probability from 0 to 1, not 1.5");
}

#[test]
fn a_blackhole_is_silent_and_gives_all_back_when_it_is_gone() {
    let (redis, mut client) = start();
    client.says("SET k v", "+OK\r\n");
    let link = redis.link(Who::id(1)).blackhole();
    client.send("GET k");
    let mut other = Client::connect(&redis);
    other.says("PING", "+PONG\r\n");
    client.has_nothing();
    assert!(redis.calls_of("GET").is_empty(), "nothing is read");
    link.remove();
    client.receives("$1\r\nv\r\n");
}

#[test]
fn a_blackhole_may_close_the_connection_after_a_time() {
    let (redis, clock) = frozen();
    let mut client = Client::connect(&redis);
    client.says("PING", "+PONG\r\n");
    let _link = redis.link(Who::any()).blackhole_for(SECOND).scoped();
    client.send("PING");
    client.has_nothing();
    clock.advance(SECOND);
    assert_eq!(client.rest(), (Vec::new(), Ended::Closed));
}

#[test]
fn a_connection_is_reset_at_once_after_a_time_or_after_bytes() {
    let (redis, clock) = frozen();
    let mut client = Client::connect(&redis);
    client.says("PING", "+PONG\r\n");
    let link = redis.link(Who::any()).reset();
    assert_eq!(client.rest(), (Vec::new(), Ended::Reset));
    link.remove();

    let mut client = Client::connect(&redis);
    client.says("PING", "+PONG\r\n");
    let link = redis.link(Who::any()).reset_after(SECOND);
    client.says("PING", "+PONG\r\n");
    clock.advance(SECOND);
    assert_eq!(client.rest(), (Vec::new(), Ended::Reset));
    link.remove();

    redis.link(Who::any()).reset_after_bytes(3);
    let mut client = Client::connect(&redis);
    client.send("PING");
    let (bytes, ended) = client.rest();
    assert_eq!((bytes.as_slice(), ended), (&b"+PO"[..], Ended::Reset));
}

#[test]
fn chance_spares_the_same_connections_for_the_same_seed() {
    let met = |seed| {
        let clock = Clock::starting_at(SECOND);
        let builder = faux_redis::FauxRedis::builder().clock(clock).seed(seed);
        let redis = FauxRedis::start_with(builder).unwrap();
        redis.link(Who::any()).p(0.5).unwrap().latency(SECOND);
        let mut met = Vec::new();
        for _ in 0..32 {
            let mut client = Client::connect(&redis);
            send(&redis, &mut client, "PING");
            met.push(client.is_silent());
        }
        met
    };
    let first = met(1);
    assert_eq!(first, met(1));
    assert_ne!(first, met(2));
    let count = first.iter().filter(|met| **met).count();
    assert!((8..=24).contains(&count), "{first:?}");
    let (redis, _) = start();
    let error = redis.link(Who::any()).p(-0.1).unwrap_err();
    assert_eq!(error.to_string(), "p takes a probability from 0 to 1, not -0.1");
}

#[test]
fn links_compose_with_each_other_and_with_what_rules_do() {
    let (redis, clock) = frozen();
    let mut client = Client::connect(&redis);
    redis.link(Who::any()).latency(SECOND).limit(3, LimitThen::Close);
    redis.link(Who::any()).latency(SECOND);
    redis.stub("GET").reply("x").partial([Chunk::Length(2)], SECOND);
    send(&redis, &mut client, "GET k");
    clock.advance(SECOND);
    client.has_nothing();
    clock.advance(SECOND);
    client.receives("$1");
    client.has_nothing();
    clock.advance(SECOND);
    assert_eq!(client.rest(), (b"\r".to_vec(), Ended::Closed));
}

#[test]
fn a_client_that_sends_no_more_still_gets_what_is_under_way() {
    let (redis, clock) = frozen();
    let mut client = Client::connect(&redis);
    redis.link(Who::any()).latency(SECOND);
    send(&redis, &mut client, "PING");
    client.sends_no_more();
    client.has_nothing();
    clock.advance(SECOND);
    assert_eq!(client.rest(), (b"+PONG\r\n".to_vec(), Ended::Closed));
}

#[test]
fn a_handle_names_scopes_and_shows_its_link_and_reset_takes_it_away() {
    let (redis, mut client) = start();
    {
        let link = redis.link(1).named("dead").blackhole().scoped();
        assert_eq!(link.title().unwrap(), "link 'dead'(client(id=1)).blackhole()");
        client.send("PING");
        client.has_nothing();
    }
    client.receives("+PONG\r\n");
    let link = redis.link(Who::any()).direction(Direction::Up).latency_with_jitter(2 * MS, MS);
    let shown = "link(client()).latency(2ms, jitter=1ms)/up";
    assert_eq!(link.title().as_deref(), Some(shown));
    redis.reset();
    assert_eq!(link.title(), None);
    link.remove();
}

#[test]
fn an_end_that_a_blackhole_holds_back_comes_when_the_link_goes() {
    let (redis, mut client) = start();
    client.says("PING", "+PONG\r\n");
    let link = redis.link(Who::any()).direction(Direction::Down).blackhole();
    send(&redis, &mut client, "QUIT");
    client.has_nothing();
    link.remove();
    assert_eq!(client.rest(), (b"+OK\r\n".to_vec(), Ended::Closed));
}

#[test]
fn a_reset_of_the_server_ends_connections_whatever_is_under_way() {
    let (redis, _clock) = frozen();
    let (mut gone, mut open) = (Client::connect(&redis), Client::connect(&redis));
    gone.says("PING", "+PONG\r\n");
    open.says("PING", "+PONG\r\n");
    redis.link(Who::any()).latency(SECOND);
    send(&redis, &mut gone, "QUIT");
    send(&redis, &mut open, "PING");
    redis.reset();
    assert_eq!(gone.rest(), (Vec::new(), Ended::Closed));
    assert_eq!(open.rest(), (Vec::new(), Ended::Closed));
}

#[test]
fn a_connection_cannot_be_meant_by_a_predicate_that_would_have_to_be_asked() {
    let (redis, _) = start();
    let asked = || Who::any().name(Predicate::blocking(|_| true).into_pattern());
    let refused = "client(name=predicate) cannot ask a predicate here; a glob needs no asking";
    let panic = std::panic::catch_unwind(|| redis.link(asked())).unwrap_err();
    assert_eq!(*panic.downcast::<String>().unwrap(), refused);
    let error = redis.push(asked(), Reply::message("ch", "x")).unwrap_err();
    assert_eq!(error.to_string(), refused);
}

#[test]
fn no_byte_is_lost_or_overtaken_while_links_come_and_go() {
    let (redis, mut client) = start();
    client.says("SET k 0123456789abcdef", "+OK\r\n");
    let reader = std::thread::spawn(move || {
        for round in 0..200 {
            client.send_raw("ECHO x\r\nGET k\r\n".repeat(10).as_bytes());
            for _ in 0..10 {
                client.receives("$1\r\nx\r\n$16\r\n0123456789abcdef\r\n");
            }
            client.says("ECHO done", "$4\r\ndone\r\n");
            assert!(round < 200);
        }
    });
    let mut rounds = 0;
    while !reader.is_finished() {
        let both = redis.link(1).direction(Direction::Both);
        let link = match rounds % 4 {
            0 => both.latency_with_jitter(MS / 2, MS / 2),
            1 => both.slice(3),
            2 => both.blackhole(),
            _ => both.bandwidth(1_000_000).unwrap().limit(40, LimitThen::Blackhole),
        };
        let second = redis.link(1).slice(1);
        link.remove();
        second.remove();
        rounds += 1;
    }
    reader.join().expect("every reply came, in order");
    assert!(rounds > 0);
}
