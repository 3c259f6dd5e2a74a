//! Stubs, faults, gates, conditions and the clock, changed at random under many connections: nothing is lost, nothing
//! comes out of order, and nobody waits for ever.
//!
//! `FAUX_REDIS_STRESS_SEED` chooses the seed, `FAUX_REDIS_STRESS` how many rounds each connection makes.
mod support;

use faux_redis::blocking::{FauxRedis, Gate};
use faux_redis::{At, Chunk, Client as Conn, Condition, InState, Matcher, PaceGuard, Rule};
use std::env;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;
use support::PATIENCE;

const CONNECTIONS: u64 = 200;

/// The generator called `SplitMix64`.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

fn number(name: &str, otherwise: u64) -> u64 {
    env::var(name).map_or(otherwise, |text| text.parse().expect("a number"))
}

/// What a request must be answered, unless it is refused.
enum Expected {
    /// These bytes.
    Exactly(String),
    /// Its own counter, one more than before; it is not known after a connection was lost.
    Count,
}

/// One client that knows what it is owed.
struct Caller {
    id: u64,
    random: Random,
    address: String,
    socket: BufReader<TcpStream>,
    count: Option<u64>,
    answered: u64,
}

impl Caller {
    fn new(id: u64, seed: u64, address: String) -> Caller {
        let socket = connect(&address);
        Caller {
            id,
            random: Random(seed ^ (id << 32)),
            address,
            socket,
            count: Some(0),
            answered: 0,
        }
    }

    /// Sends some requests at once, and holds their replies against what they must be, in order.
    fn round(&mut self, nth: u64) {
        let (mut bytes, mut owed) = (String::new(), Vec::new());
        for at in 0..=self.random.below(6) {
            let tag = format!("{}-{nth}-{at}", self.id);
            let whole = format!("${}\r\n{tag}\r\n", tag.len());
            match self.random.below(8) {
                0..4 => {
                    write!(bytes, "ECHO {tag}\r\n").expect("a string takes all");
                    owed.push(Expected::Exactly(whole));
                }
                4..6 => {
                    write!(bytes, "INCR count-{}\r\n", self.id).expect("a string takes all");
                    owed.push(Expected::Count);
                }
                6 => {
                    write!(bytes, "BLPOP nothing-{} 0.002\r\n", self.id)
                        .expect("a string takes all");
                    owed.push(Expected::Exactly("*-1\r\n".into()));
                }
                _ => {
                    write!(bytes, "MULTI\r\nECHO {tag}\r\nEXEC\r\n").expect("a string takes all");
                    owed.push(Expected::Exactly("+OK\r\n".into()));
                    owed.push(Expected::Exactly("+QUEUED\r\n".into()));
                    owed.push(Expected::Exactly(format!("*1\r\n{whole}")));
                }
            }
        }
        let sent = self.socket.get_mut().write_all(bytes.as_bytes()).is_ok();
        if !sent || !owed.into_iter().all(|expected| self.receives(&expected)) {
            self.socket = connect(&self.address);
            self.count = None;
        }
    }

    /// Whether the next reply came; it is as expected, or a refusal.
    fn receives(&mut self, expected: &Expected) -> bool {
        let mut got = String::new();
        if !matches!(self.socket.read_line(&mut got), Ok(1..)) || !got.ends_with('\n') {
            return false;
        }
        self.answered += 1;
        if got.starts_with('-') {
            let known =
                ["LOADING", "READONLY", "BUSY", "OOM", "NOREPLICAS", "EXECABORT", "ERR EXEC"];
            assert!(known.iter().any(|code| got[1..].starts_with(code)), "{got}");
            return true;
        }
        match expected {
            Expected::Exactly(bytes) => {
                let mut rest = vec![0; bytes.len().saturating_sub(got.len())];
                if self.socket.read_exact(&mut rest).is_err() {
                    return false;
                }
                got += &String::from_utf8_lossy(&rest);
                assert_eq!(&got, bytes, "out of order on connection {}", self.id);
            }
            Expected::Count => {
                let count: u64 = got[1..].trim_end().parse().expect("a count");
                if let Some(before) = self.count {
                    assert_eq!(count, before + 1, "lost or doubled on connection {}", self.id);
                }
                self.count = Some(count);
            }
        }
        true
    }
}

fn connect(address: &str) -> BufReader<TcpStream> {
    let socket = TcpStream::connect(address).expect("the server listens");
    socket.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
    BufReader::new(socket)
}

/// All that is set up at the moment.
#[derive(Default)]
struct Chaos {
    rules: Vec<Rule>,
    gates: Vec<Gate>,
    conditions: Vec<InState>,
    pace: Option<PaceGuard>,
}

impl Chaos {
    fn act(&mut self, redis: &FauxRedis, random: &mut Random) {
        let name = ["ECHO", "INCR", "BLPOP", "EXEC"][index(random, 4)];
        match random.below(12) {
            0 => self.rules.push(redis.stub(name).delay(millis(random, 3)).execute()),
            1 => self.rules.push(redis.stub(name).execute().delay(millis(random, 3))),
            2 => {
                let parts = [Chunk::Length(1), Chunk::Length(3)];
                self.rules.push(redis.stub(name).execute().partial(parts, millis(random, 2)));
            }
            3 => self.rules.push(redis.stub(name).execute().reset().times(random.below(3))),
            4 => self.rules.push(redis.stub(name).close().times(random.below(3))),
            5 => {
                let at = if random.below(2) == 0 { At::Before } else { At::After };
                let conn = 1 + random.below(CONNECTIONS);
                self.gates.push(redis.hold(Matcher::command(name).conn(conn), at));
            }
            6 => {
                let known =
                    [Condition::ReadOnly, Condition::Loading, Condition::Busy, Condition::Oom];
                self.conditions.push(redis.state().enter(known[index(random, 4)]));
            }
            7 => redis.clock().advance(millis(random, 10)),
            8 => {
                // The one before ends first, so that it is time as it goes by itself that comes back.
                self.pace = None;
                let clock = redis.clock();
                let leaps = random.below(2) == 0;
                self.pace = Some(if leaps { clock.auto() } else { clock.frozen() });
            }
            9 => self.pace = None,
            10 => self.gates.iter().for_each(|gate| {
                gate.release_first(1);
            }),
            _ => {}
        }
        // What is set up goes again, the one that was there longest or any other.
        if self.rules.len() > 6 {
            self.rules.swap_remove(index(random, self.rules.len())).remove();
        }
        if self.gates.len() > 6 {
            drop(self.gates.swap_remove(index(random, self.gates.len())));
        }
        if self.conditions.len() > 1 {
            self.conditions.clear();
        }
    }
}

fn index(random: &mut Random, n: usize) -> usize {
    usize::try_from(random.below(n as u64)).expect("it is below a length")
}

fn millis(random: &mut Random, below: u64) -> Duration {
    Duration::from_millis(random.below(below))
}

#[test]
fn nothing_is_lost_or_out_of_order_while_everything_changes_under_many_connections() {
    let (seed, rounds) = (number("FAUX_REDIS_STRESS_SEED", 1), number("FAUX_REDIS_STRESS", 25));
    let redis = Arc::new(FauxRedis::start().expect("a port is free"));
    let (progress, progressed) = mpsc::channel();
    let callers: Vec<_> = (1..=CONNECTIONS)
        .map(|id| {
            let (address, progress) = (redis.address(), progress.clone());
            let call = move || {
                let mut caller = Caller::new(id, seed, address);
                for nth in 0..rounds {
                    caller.round(nth);
                    progress.send(()).expect("somebody listens to the end");
                }
                caller
            };
            thread::Builder::new().stack_size(256 * 1024).spawn(call).expect("a thread can be had")
        })
        .collect();
    drop(progress);
    let mut random = Random(seed);
    let mut chaos = Chaos::default();
    // It goes on when somebody has come further, or nobody has for a moment.
    while let Ok(()) | Err(RecvTimeoutError::Timeout) =
        progressed.recv_timeout(Duration::from_millis(1))
    {
        chaos.act(&redis, &mut random);
    }
    let mut callers: Vec<_> =
        callers.into_iter().map(|caller| caller.join().expect("none has failed")).collect();
    // All is taken away again: the server is as it was.
    chaos.rules.drain(..).for_each(Rule::remove);
    drop(chaos);
    assert!(!redis.clock().is_standing());
    redis.wait_idle(PATIENCE).expect("all is done");
    let answered: u64 = callers.iter().map(|caller| caller.answered).sum();
    assert!(answered > CONNECTIONS * rounds, "most were answered: {answered}");
    for caller in &mut callers {
        caller.socket = connect(&caller.address);
        caller.count = None;
        caller.socket.get_mut().write_all(b"ECHO end\r\n").expect("the server reads");
        assert!(caller.receives(&Expected::Exactly("$3\r\nend\r\n".into())));
    }
    drop(callers);
    redis.wait_for_connections(0, Conn::any(), PATIENCE).expect("all have left");
    assert!(redis.failures().is_empty(), "{:?}", redis.failures());
}
