//! The fault sweep: a test run for each of its commands and each fault.
mod support;

use faux_redis::blocking;
use faux_redis::{Action, Answer, ErrorKind, FauxRedis, Outcome, Reply, Sweep, Swept, block_on};
use std::cell::Cell;
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;
use support::PATIENCE;

/// A client that sends a line and reads a line; one that is told so tries again on a new connection.
fn ask(redis: &FauxRedis, retries: usize, line: &str) -> io::Result<String> {
    let mut tries = 0;
    loop {
        match ask_once(redis, line) {
            Ok(reply) if reply.starts_with("-LOADING") && tries < retries => tries += 1,
            Ok(reply) if reply.starts_with('-') => return Err(io::Error::other(reply)),
            Err(_) if tries < retries => tries += 1,
            other => return other,
        }
    }
}

fn ask_once(redis: &FauxRedis, line: &str) -> io::Result<String> {
    let mut client = TcpStream::connect(redis.address())?;
    client.set_read_timeout(Some(PATIENCE))?;
    write!(client, "{line}\r\n")?;
    let mut reply = Vec::new();
    let mut byte = [0];
    while !reply.ends_with(b"\r\n") {
        client.read_exact(&mut byte)?;
        reply.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(reply.trim_ascii_end()).into_owned())
}

fn loading() -> Answer {
    Answer::of(Action::Reply(Reply::error("LOADING Redis is loading the dataset in memory")))
}

/// Only its first command is tried again.
fn half_hardened(redis: &blocking::FauxRedis) -> io::Result<()> {
    ask(redis, 1, "SET k v")?;
    ask(redis, 0, "PEXPIRE k 60000")?;
    Ok(())
}

#[test]
fn a_test_that_tries_again_survives_every_fault_at_every_command() {
    let runs = Cell::new(0);
    let swept = blocking::sweep([Answer::of(Action::Close), loading()], |redis| {
        runs.set(runs.get() + 1);
        ask(redis, 1, "SET k v")?;
        ask(redis, 1, "GET k")
    });
    let swept = swept.unwrap();
    assert_eq!(runs.get(), 5, "one without a fault, and one for each of 2 commands and 2 faults");
    assert_eq!(
        swept.to_string(),
        "fault sweep: 4 runs, all survived (2 commands, 2 faults)\n  \
         step           close()      error(\"LOADING Redis is loading the dataset in memory\")\n  \
         1 SET \"k\" \"v\"  survived     survived\n  \
         2 GET \"k\"      survived     survived"
    );
}

#[test]
fn the_table_shows_which_step_does_not_survive_which_fault() {
    let error = blocking::sweep([Answer::of(Action::Close), loading()], half_hardened).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Sweep);
    assert_eq!(
        error.to_string(),
        "fault sweep: 2 of 4 runs not survived (2 commands, 2 faults)\n  \
         step                   close()      error(\"LOADING Redis is loading the dataset in memory\")\n  \
         1 SET \"k\" \"v\"          survived     survived\n  \
         2 PEXPIRE \"k\" \"60000\"  FAILED       FAILED\n  \
         FAILED at step 2 PEXPIRE \"k\" \"60000\", close():\n    \
         failed to fill whole buffer\n  \
         FAILED at step 2 PEXPIRE \"k\" \"60000\", error(\"LOADING Redis is loading the dataset in memory\"):\n    \
         -LOADING Redis is loading the dataset in memory"
    );
}

#[test]
fn what_is_allowed_to_fail_does_not_fail_the_sweep() {
    let faults = || [Answer::of(Action::Close), loading()];
    let words = |swept: &Swept| {
        let is_allowed = |run: &faux_redis::Run| matches!(run.outcome, Outcome::Allowed(_));
        swept.runs.iter().map(is_allowed).collect::<Vec<_>>()
    };
    let swept = Sweep::of(faults()).allow("pexpire").run_blocking(half_hardened).unwrap();
    assert_eq!(words(&swept), [false, false, true, true]);
    assert!(swept.to_string().contains("  2 PEXPIRE \"k\" \"60000\"  allowed      allowed\n"));
    let error =
        Sweep::of(faults()).allow_fault("PEXPIRE", Action::Close).run_blocking(half_hardened);
    assert!(error.unwrap_err().to_string().contains("fault sweep: 1 of 4 runs not survived"));
}

#[test]
fn a_test_that_waits_for_ever_does_not_survive_and_ends() {
    let sweep = Sweep::of([Action::NoReply]).timeout(Duration::from_secs(2));
    let error = sweep.run_blocking(|redis| ask(redis, 0, "PING")).unwrap_err();
    assert!(
        error.to_string().ends_with(
            "\n  FAILED at step 1 PING, no_reply():\n    it still ran after 2s, and its server was stopped: \
             does it wait without a timeout?"
        ),
        "{error}"
    );
}

#[test]
fn a_panic_and_an_unmet_expectation_do_not_survive() {
    let error = blocking::sweep([Action::Close], |redis| {
        assert!(ask(redis, 0, "PING").is_ok(), "no pong");
    });
    assert!(error.unwrap_err().to_string().ends_with("\n    no pong"));
    let error = blocking::sweep([loading()], |redis| {
        redis.expect("PING").times(1);
        let _ = ask(redis, 0, "PING");
    });
    assert!(error.unwrap_err().to_string().ends_with("\n    expect PING: expected once, got 0"));
}

#[test]
fn a_test_that_fails_without_a_fault_is_not_swept() {
    let runs = Cell::new(0);
    let error = blocking::sweep([Action::Close], |redis| {
        runs.set(runs.get() + 1);
        ask(redis, 0, "NOSUCHCOMMAND")
    });
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Sweep);
    assert!(
        error.to_string().starts_with("the test fails without any fault: -ERR unknown command")
    );
    assert_eq!(runs.get(), 1);
}

#[test]
fn the_runs_are_bounded_and_what_is_left_out_is_said() {
    let runs = Cell::new(0);
    let sweep = Sweep::of([Action::Close, Action::Reset]).limit(3);
    let swept = sweep.run_blocking(|redis| {
        runs.set(runs.get() + 1);
        ask(redis, 1, "SET k v")?;
        ask(redis, 1, "GET k")
    });
    let swept = swept.unwrap();
    assert_eq!((runs.get(), swept.runs.len(), swept.left_out), (4, 3, 1));
    let text = swept.to_string();
    assert!(text.starts_with("fault sweep: 3 runs, all survived (2 commands, 2 faults); 1 run left out by the limit\n"), "{text}");
    assert!(text.ends_with("  2 GET \"k\"      survived     left out"), "{text}");
}

#[test]
fn a_command_of_a_transaction_is_spoilt_in_its_place() {
    let pipeline = |redis: &blocking::FauxRedis| -> io::Result<()> {
        let mut client = TcpStream::connect(redis.address())?;
        client.write_all(b"MULTI\r\nINCR n\r\nEXEC\r\nQUIT\r\n")?;
        let mut reply = Vec::new();
        client.read_to_end(&mut reply)?;
        if reply.ends_with(b"*1\r\n:1\r\n+OK\r\n") {
            Ok(())
        } else {
            Err(io::Error::other("it counted otherwise"))
        }
    };
    let swept = blocking::sweep([Answer::of(Action::Reply(Reply::Int(7)))], pipeline);
    let text = swept.unwrap_err().to_string();
    assert!(text.contains("\n  3 INCR \"n\"  FAILED\n"), "{text}");
    assert!(
        text.ends_with("FAILED at step 3 INCR \"n\", reply(:7):\n    it counted otherwise"),
        "{text}"
    );
}

#[test]
fn an_asynchronous_test_is_swept_too() {
    let test = async |redis: &FauxRedis| -> Result<(), String> {
        let client = redis::Client::open(redis.url()).expect("the address is one");
        let mut connection =
            client.get_multiplexed_async_connection().await.map_err(|error| error.to_string())?;
        let set = redis::cmd("SET").arg("k").arg("v").query_async::<()>(&mut connection).await;
        set.map_err(|error| error.to_string())
    };
    let error = block_on(faux_redis::sweep([Action::Reset], test)).unwrap_err();
    assert!(
        error.to_string().starts_with("fault sweep: 1 of 1 run not survived (1 command, 1 fault)"),
        "{error}"
    );
    let sweep = Sweep::of([Action::NoReply]).timeout(Duration::from_secs(2));
    let error = block_on(sweep.run(async |redis: &FauxRedis| {
        let address = redis.address();
        let mut socket = TcpStream::connect(address).unwrap();
        socket.write_all(b"PING\r\n").unwrap();
        redis.wait_for("PING", PATIENCE).await.unwrap();
        let is_answered = || redis.calls()[0].rule.is_none();
        if !is_answered() {
            std::future::pending::<()>().await;
        }
    }));
    assert!(error.unwrap_err().to_string().contains("it still ran after 2s"));
}

#[test]
fn a_sweep_that_would_make_no_run_is_refused() {
    let faults: [Action; 0] = [];
    let silent = |sweep: Sweep| sweep.run_blocking(|_: &blocking::FauxRedis| ()).unwrap_err();
    let none = silent(Sweep::of(faults));
    assert_eq!(none.kind(), ErrorKind::Option);
    assert_eq!(none.to_string(), "a sweep takes one fault or more");
    let bounded = silent(Sweep::of([Action::Close]).limit(0));
    assert_eq!(bounded.kind(), ErrorKind::Option);
    let nothing = silent(Sweep::of([Action::Close]));
    assert_eq!(nothing.kind(), ErrorKind::Sweep);
    assert_eq!(nothing.to_string(), "the test sends no command, so there is nothing to spoil");
}
