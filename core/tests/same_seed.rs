//! The same seed and the same requests give the same bytes and the same ends, whatever goes wrong on the way.
//!
//! `make test` runs this some tens of times; `make stress` a thousand times, or as often as `FAUX_REDIS_RUNS` says.
mod support;

use faux_redis::blocking::FauxRedis;
use faux_redis::{
    Action, Chunk, Client as Who, Clock, Delay, Direction, Error, LimitThen, Matcher, Pattern, Then,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use support::{Client, Ended};

const MS: Duration = Duration::from_millis(1);

fn runs() -> usize {
    let said = std::env::var("FAUX_REDIS_RUNS").ok();
    said.map_or(30, |runs| runs.parse().expect("FAUX_REDIS_RUNS is a number"))
}

/// Moves a clock on as long as it lives, so that delays end.
struct Ticking {
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Ticking {
    fn of(clock: Clock) -> Ticking {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::SeqCst) {
                clock.advance(100 * MS);
                std::thread::yield_now();
            }
        });
        Ticking { stop, thread: Some(thread) }
    }
}

impl Drop for Ticking {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.take().map(std::thread::JoinHandle::join);
    }
}

fn spoil(redis: &FauxRedis) -> Result<(), Error> {
    redis.stub("GET").delay(Delay::uniform(MS, 20 * MS)?);
    redis.stub("ECHO").garbage(24).times(3);
    redis.stub("STRLEN").delay(Delay::lognormal(5 * MS, 1.0)?).wrong_type().nth(2);
    redis.stub("INCR").execute().drop_reply().nth(3);
    redis.stub("APPEND").execute().partial([Chunk::Length(1), Chunk::Length(1)], MS).duplicate();
    redis.stub(Matcher::command("SPOP").arg(Pattern::Any)).reorder().nth(4);
    redis
        .stub("GETDEL")
        .replies_then([Action::Hang, Action::Reset, Action::Truncate(3)], Then::Store);
    redis.link(Who::any()).p(0.5)?.corrupt(0.02)?;
    redis.link(Who::any()).p(0.5)?.latency_with_jitter(3 * MS, 2 * MS).slice(7);
    redis.link(Who::any()).p(0.2)?.limit(150, LimitThen::Reset);
    redis.link(Who::any()).p(0.2)?.limit(120, LimitThen::Close);
    redis.link(Who::any()).direction(Direction::Up).p(0.3)?.slice(5);
    redis.link(Who::any()).p(0.3)?.bandwidth(5_000)?;
    Ok(())
}

const REQUESTS: &[&str] = &[
    "SADD s a b c d e f g h",
    "ECHO hello",
    "INCR n",
    "GET n",
    "SPOP s",
    "APPEND log xyz",
    "STRLEN log",
    "SRANDMEMBER s 2",
    "MULTI",
    "INCR n",
    "SPOP s",
    "EXEC",
    "GET log",
];

/// What each of the connections of a run receives, and how it ends.
fn run(seed: u64) -> Vec<(Vec<u8>, Ended)> {
    let clock = Clock::starting_at(Duration::from_secs(1_000_000));
    let builder = faux_redis::FauxRedis::builder().clock(clock.clone()).seed(seed);
    let redis = FauxRedis::start_with(builder).expect("a port is free");
    spoil(&redis).expect("all of it makes sense");
    let _ticking = Ticking::of(clock);
    let mut heard = Vec::new();
    for n in 0..10 {
        let mut client = Client::connect(&redis);
        let last = if n % 3 == 2 { "GETDEL log\r\nCLIENT KILL ID 0\r\n" } else { "" };
        client.send_raw(format!("{}\r\n{last}QUIT\r\n", REQUESTS.join("\r\n")).as_bytes());
        if n == 2 {
            // The first GETDEL hangs: the test ends what the server does not.
            redis.wait_for_times("QUIT", 3, support::PATIENCE).expect("it is read");
            redis.kill(Who::id(3), faux_redis::Ending::Close);
            client.rest();
            continue;
        }
        heard.push(client.rest());
    }
    heard
}

#[test]
fn the_same_seed_and_requests_give_the_same_bytes_and_ends() {
    let first = run(7);
    let kinds = |ended: Ended| first.iter().filter(|(_, how)| *how == ended).count();
    assert!(kinds(Ended::Reset) > 0 && kinds(Ended::Closed) > 0, "{first:?}");
    for n in 1..runs() {
        let again = run(7);
        for (connection, (first, again)) in first.iter().zip(&again).enumerate() {
            let shown = |bytes: &[u8]| bytes.escape_ascii().to_string();
            assert_eq!(
                (shown(&first.0), &first.1),
                (shown(&again.0), &again.1),
                "run {n}, connection {connection}"
            );
        }
    }
}

#[test]
fn another_seed_gives_other_bytes() {
    assert_ne!(run(7), run(8));
}
