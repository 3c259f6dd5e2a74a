//! What a test says, a client gets: stubs, expectations, faults, callbacks, the journal.
mod support;

use faux_redis::blocking::FauxRedis;
use faux_redis::{
    Action, Answer, Callback, Chunk, Client as Conn, Error, ErrorKind, FailureKind, Matcher, Mode,
    Pattern, Predicate, Reply, Then, Via,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;
use support::{Client, Ended, PATIENCE};

fn start() -> (FauxRedis, Client) {
    let redis = FauxRedis::start().expect("a port is free");
    let client = Client::connect(&redis);
    (redis, client)
}

#[test]
fn a_stub_answers_in_the_stores_place() {
    let (redis, mut client) = start();
    redis.stub(Matcher::command("get").arg("user:1")).reply("Ada");
    client.says("GET user:1", "$3\r\nAda\r\n");
    client.says("GET user:2", "$-1\r\n");
    client.says("SET user:1 x", "+OK\r\n");
    client.says("GET user:1", "$3\r\nAda\r\n");
}

#[test]
fn nothing_is_exempt_from_rules() {
    let (redis, mut client) = start();
    for name in ["PING", "MULTI", "EXEC", "SELECT", "NOSUCHCOMMAND"] {
        redis.stub(name).reply(Reply::status("MINE"));
        client.says(name, "+MINE\r\n");
    }
    let names: Vec<_> = redis.calls().iter().map(|call| call.name.to_string()).collect();
    assert_eq!(names, ["PING", "MULTI", "EXEC", "SELECT", "NOSUCHCOMMAND"]);
}

#[test]
fn the_newest_rule_wins_within_a_priority() {
    let (redis, mut client) = start();
    redis.stub("GET").reply("first").priority(1);
    redis.stub("GET").reply("second");
    let third = redis.stub("GET").reply("third").priority(1);
    client.says("GET k", "$5\r\nthird\r\n");
    third.remove();
    client.says("GET k", "$5\r\nfirst\r\n");
}

#[test]
fn patterns_say_which_arguments_match() {
    let (redis, mut client) = start();
    let say = |reply: i32, matcher: Matcher| redis.stub(matcher).reply(reply);
    say(1, Matcher::command("MGET").arg("a").arg(Pattern::Any));
    say(2, Matcher::command("MGET").arg(Pattern::Glob("user:*".into())).arg(Pattern::Rest));
    say(3, Matcher::command("GET").arg(Pattern::Regex(regex::bytes::Regex::new("^s.$").unwrap())));
    say(4, Matcher::command("DEL").key("k2"));
    say(5, Matcher::command("GET").arg(Predicate::blocking(|arg| arg.len() == 5).into_pattern()));
    client.says("MGET a b", ":1\r\n");
    client.says("MGET user:1", ":2\r\n");
    client.says("MGET user:1 b c", ":2\r\n");
    client.says("GET s1", ":3\r\n");
    client.says("DEL k1 k2", ":4\r\n");
    client.says("GET fives", ":5\r\n");
    client.says("GET other6", "$-1\r\n");
    client.says("MGET a b c", "*3\r\n$-1\r\n$-1\r\n$-1\r\n");
}

#[test]
fn a_rule_can_be_for_one_connection() {
    let (redis, mut first) = start();
    let mut second = Client::connect(&redis);
    first.says("PING", "+PONG\r\n");
    redis.stub(Matcher::command("PING").conn(2)).reply("two");
    first.says("PING", "+PONG\r\n");
    second.says("PING", "$3\r\ntwo\r\n");
}

#[test]
fn limits_say_how_often() {
    let (redis, mut client) = start();
    redis.stub("GET").reply("limited").times(1);
    client.says("GET k", "$7\r\nlimited\r\n");
    client.says("GET k", "$-1\r\n");
    redis.stub("STRLEN").reply(7).nth(2);
    client.says("STRLEN k", ":0\r\n");
    client.says("STRLEN k", ":7\r\n");
    client.says("STRLEN k", ":0\r\n");
    redis.stub("INCR").reply(99).after(2);
    client.says("INCR n", ":1\r\n");
    client.says("INCR n", ":2\r\n");
    client.says("INCR n", ":99\r\n");
}

#[test]
fn a_sequence_gives_its_answers_in_turn() {
    let (redis, mut client) = start();
    redis.stub("GET").replies(["a", "b"]);
    for reply in ["a", "b", "b"] {
        client.says("GET k", &format!("$1\r\n{reply}\r\n"));
    }
    redis.stub("STRLEN").replies_then([1, 2], Then::Cycle);
    for reply in [1, 2, 1] {
        client.says("STRLEN k", &format!(":{reply}\r\n"));
    }
    redis.stub("APPEND").replies_then([50], Then::Store);
    client.says("APPEND k x", ":50\r\n");
    client.says("APPEND k x", ":1\r\n");
    redis.stub("GETDEL").named("once").replies_then(["a"], Then::Error);
    client.says("GETDEL k", "$1\r\na\r\n");
    client.says("GETDEL k", "-ERR faux_redis: stub 'once' GETDEL has no more answers\r\n");
}

#[test]
fn replies_of_every_type_are_sent_as_they_are() {
    let (redis, mut client) = start();
    redis.stub("KEYS").reply(vec!["a", "b"]);
    client.says("KEYS *", "*2\r\n$1\r\na\r\n$1\r\nb\r\n");
    redis.stub("GET").error("LOADING Redis is loading the dataset in memory");
    client.says("GET k", "-LOADING Redis is loading the dataset in memory\r\n");
    redis.stub("GET").raw("!garbage\r\n");
    client.says("GET k", "!garbage\r\n");
    redis.stub("GET").reply(Reply::Double(0.5));
    client.says("GET k", "$3\r\n0.5\r\n");
}

#[test]
fn execute_applies_and_drop_reply_loses_the_reply() {
    let (redis, mut client) = start();
    redis.stub("INCR").execute().drop_reply().times(1);
    client.send("INCR n");
    client.says("GET n", "$1\r\n1\r\n");
    redis.stub("INCR").execute().drop_reply().close().times(1);
    client.send("INCR n");
    assert_eq!(client.rest(), (Vec::new(), Ended::Closed));
    redis.stub("INCR").close().execute().times(1);
    let mut client = Client::connect(&redis);
    client.send("INCR n");
    assert_eq!(client.rest(), (Vec::new(), Ended::Closed));
    Client::connect(&redis).says("GET n", "$1\r\n2\r\n");
}

#[test]
fn a_reset_is_a_rst_and_a_close_is_a_fin() {
    let (redis, mut client) = start();
    redis.stub("GET").reset();
    client.send("GET k");
    assert_eq!(client.rest(), (Vec::new(), Ended::Reset));
    redis.stub("GET").reply("bye").close();
    let mut client = Client::connect(&redis);
    client.send("GET k");
    assert_eq!(client.rest(), (b"$3\r\nbye\r\n".to_vec(), Ended::Closed));
}

#[test]
fn a_delayed_reply_is_never_overtaken() {
    let (redis, mut client) = start();
    redis.stub("GET").delay(Duration::from_millis(20)).reply("slow").times(1);
    client.send_raw(b"GET k\r\nPING\r\n");
    client.receives("$4\r\nslow\r\n+PONG\r\n");
    redis.stub("SET").delay(Duration::from_millis(1));
    client.says("SET k v", "+OK\r\n");
    let call = redis.calls_of("SET").remove(0);
    assert!(call.duration.unwrap() >= Duration::from_millis(1));
}

#[test]
fn a_partial_reply_comes_in_pieces() {
    let (redis, mut client) = start();
    client.says("SET k value", "+OK\r\n");
    let gap = Duration::from_millis(1);
    redis.stub("GET").execute().partial([Chunk::Length(3), Chunk::Length(1)], gap).times(1);
    client.says("GET k", "$5\r\nvalue\r\n");
    let chunks = [Chunk::Bytes("$2\r".into()), Chunk::Bytes("\nab".into())];
    redis.stub("GET").partial(chunks, gap).close();
    client.send("GET k");
    assert_eq!(client.rest(), (b"$2\r\nab".to_vec(), Ended::Closed));
}

#[test]
fn no_reply_leaves_the_client_waiting_and_the_connection_open() {
    let (redis, mut client) = start();
    redis.stub("GET").no_reply();
    client.send("GET k");
    client.says("PING", "+PONG\r\n");
}

#[test]
fn a_callback_gets_the_call_and_may_use_its_own_server() {
    let redis = FauxRedis::start().unwrap();
    let mut client = Client::connect(&redis);
    let address = redis.address();
    redis.stub("GET").call(move |call| {
        let mut inner = std::net::TcpStream::connect(&address).unwrap();
        std::io::Write::write_all(&mut inner, b"STRLEN k\r\n").unwrap();
        let mut reply = [0; 4];
        std::io::Read::read_exact(&mut inner, &mut reply).unwrap();
        format!("{} {} {}", call.conn, call.args().len(), reply[1] as char)
    });
    client.says("APPEND k four", ":4\r\n");
    client.says("GET k", "$5\r\n1 1 4\r\n");
}

#[test]
fn a_callback_may_return_an_action() {
    let (redis, mut client) = start();
    redis.stub("SET").call(|call| match call.args()[0].as_ref() {
        b"real" => Answer::of(Action::Execute),
        b"gone" => Answer::of(Action::Close),
        _ => Answer::from("other"),
    });
    client.says("SET real 1", "+OK\r\n");
    client.says("SET x 1", "$5\r\nother\r\n");
    client.says("GET real", "$1\r\n1\r\n");
    client.send("SET gone 1");
    assert_eq!(client.rest(), (Vec::new(), Ended::Closed));
}

#[test]
fn a_slow_callback_stalls_only_its_own_connection() {
    let (redis, mut slow) = start();
    let mut quick = Client::connect(&redis);
    let (release, released) = mpsc::channel::<()>();
    let released = std::sync::Mutex::new(released);
    redis.stub("GET").call(move |_| {
        released.lock().unwrap().recv_timeout(PATIENCE).unwrap();
        "at last"
    });
    slow.send("GET k");
    redis.wait_for("GET", PATIENCE).unwrap();
    quick.says("PING", "+PONG\r\n");
    release.send(()).unwrap();
    slow.receives("$7\r\nat last\r\n");
}

#[test]
fn a_callback_that_panics_answers_with_an_error_and_fails_verification() {
    let redis = FauxRedis::start().unwrap();
    let mut client = Client::connect(&redis);
    redis.stub("GET").call(|_| -> &str { panic!("no such user") });
    client.says("GET k", "-ERR faux_redis: callback failed: panic: no such user\r\n");
    client.says("PING", "+PONG\r\n");
    let failures = redis.failures();
    assert_eq!(failures[0].kind, FailureKind::Callback);
    let message = "callback failed: panic: no such user\n  while answering #1 conn 1: GET \"k\"\n  \
                   by stub GET\n  made at core/tests/double.rs:";
    let line = failures[0].message.strip_prefix(message).expect(message);
    assert!(line.parse::<u32>().is_ok(), "{line}");
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(redis)));
    assert!(dropped.is_err());
}

#[test]
fn a_callback_that_panics_before_it_gives_a_future_keeps_nobody_waiting() {
    let redis = FauxRedis::start().unwrap();
    let mut client = Client::connect(&redis);
    let callback = Callback::new(|_| -> std::future::Ready<_> { panic!("no future") });
    redis.stub("GET").then_do(Action::Call(callback));
    client.says("GET k", "-ERR faux_redis: callback failed: panic: no future\r\n");
    assert_eq!(redis.failures()[0].kind, FailureKind::Callback);
    assert!(catch_unwind(AssertUnwindSafe(|| drop(redis))).is_err());
}

#[test]
fn a_rule_removed_while_its_predicate_is_asked_does_not_answer() {
    let (redis, mut client) = start();
    let (asked, was_asked) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let gate = std::sync::Mutex::new((asked, released));
    redis.stub("GET").reply("older");
    let predicate = Predicate::blocking(move |_| {
        let gate = gate.lock().unwrap();
        gate.0.send(()).unwrap();
        gate.1.recv_timeout(PATIENCE).is_ok()
    });
    let rule = redis.stub(Matcher::command("GET").arg(predicate.into_pattern())).reply("newer");
    client.send("GET k");
    was_asked.recv_timeout(PATIENCE).unwrap();
    rule.remove();
    release.send(()).unwrap();
    client.receives("$5\r\nolder\r\n");
}

#[test]
fn commands_of_a_transaction_match_when_exec_runs_them() {
    let (redis, mut client) = start();
    redis.stub(Matcher::command("GET").via(Via::Exec)).call(|_| "from a callback");
    redis.stub("STRLEN").reply(7);
    client.says("MULTI", "+OK\r\n");
    client.says("SET k v", "+QUEUED\r\n");
    client.says("GET k", "+QUEUED\r\n");
    client.says("STRLEN k", "+QUEUED\r\n");
    client.says("EXEC", "*3\r\n+OK\r\n$15\r\nfrom a callback\r\n:7\r\n");
    client.says("GET k", "$1\r\nv\r\n");
    let via: Vec<_> = redis.calls_of("GET").iter().map(|call| call.via).collect();
    assert_eq!(via, [Via::Exec, Via::Direct]);
}

#[test]
fn nothing_comes_between_the_commands_of_a_transaction_while_a_callback_is_asked() {
    let (redis, mut client) = start();
    let mut other = Client::connect(&redis);
    let (release, released) = mpsc::channel::<()>();
    let released = std::sync::Mutex::new(released);
    redis.stub("GETDEL").call(move |_| {
        released.lock().unwrap().recv_timeout(PATIENCE).unwrap();
        "asked"
    });
    client.send_raw(b"MULTI\r\nINCR n\r\nGETDEL k\r\nINCR n\r\nEXEC\r\n");
    client.receives("+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n");
    redis.wait_for("EXEC", PATIENCE).unwrap();
    other.says("INCR n", ":1\r\n");
    release.send(()).unwrap();
    client.receives("*3\r\n:2\r\n$5\r\nasked\r\n:3\r\n");
}

#[test]
fn modes_say_who_answers() {
    let builder = faux_redis::FauxRedis::builder();
    let redis = FauxRedis::start_with(builder.clone().mode(Mode::StatefulOnly)).unwrap();
    let stub = redis.stub("GET").reply("stub");
    let mut client = Client::connect(&redis);
    client.says("GET k", "$-1\r\n");
    assert_eq!(stub.handled().hits, 1);

    let redis = FauxRedis::start_with(builder.mode(Mode::MockOnly)).unwrap();
    redis.stub("GET").reply("stub");
    let mut client = Client::connect(&redis);
    client.says("GET k", "$4\r\nstub\r\n");
    client.says("SELECT 1", "+OK\r\n");
    client.says("SET k v", "-ERR faux_redis: no stub answers 'SET' in mode mock_only\r\n");
    let unmatched: Vec<_> = redis.unmatched().iter().map(|call| call.name.to_string()).collect();
    assert_eq!(unmatched, ["SET"]);
}

#[test]
fn an_expectation_must_be_met() {
    let mut redis = FauxRedis::start().unwrap();
    let mut client = Client::connect(&redis);
    redis.expect(Matcher::command("SET").arg("lock").arg(Pattern::Any)).times(1);
    client.says("SET lokc 1", "+OK\r\n");
    let error = redis.verify().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Verification);
    let line = line!() - 4;
    assert_eq!(
        error.to_string(),
        format!(
            "verification failed\n\
             - expect SET \"lock\" ANY: expected once, got 0\n  \
             made at core/tests/double.rs:{line}\n  \
             nearest calls:\n    \
             #1 conn 1: SET \"lokc\" \"1\"\n    \
             \u{20}              ^^^^^^ argument 1 is \"lokc\", expected \"lock\": two letters exchanged\n  \
             this passes: redis.verify_called(Matcher::command(\"SET\").arg(\"lokc\").arg(\"1\"), 1)?;\n\
             last calls of conn 1:\n  \
             #1 conn 1: SET \"lokc\" \"1\"  ->  +OK  [store]\n\
             seed: 0"
        )
    );
    client.says("SET lock 1", "+OK\r\n");
    redis.verify().unwrap();
    client.says("SET lock 1", "+OK\r\n");
    assert!(redis.verify().unwrap_err().to_string().contains("expected once, got 2"));
}

#[test]
fn what_must_never_come_and_what_comes_too_rarely_is_told() {
    let mut redis = FauxRedis::start().unwrap();
    let mut client = Client::connect(&redis);
    redis.expect("FLUSHALL").never();
    redis.expect("GET").times(2..=3);
    redis.expect("STRLEN").times(1..);
    client.says("GET k", "$-1\r\n");
    client.says("STRLEN k", ":0\r\n");
    let error = redis.verify().unwrap_err();
    let [failure] = error.failures() else { panic!("{error}") };
    assert!(failure.message.starts_with("expect GET: expected 2 to 3 times, got 1"), "{failure}");
}

#[test]
fn an_unmet_expectation_panics_on_drop_but_never_while_panicking() {
    let redis = FauxRedis::start().unwrap();
    redis.expect("GET");
    assert!(catch_unwind(AssertUnwindSafe(|| drop(redis))).is_err());

    let drops = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&drops);
    let caught = catch_unwind(move || {
        let redis = FauxRedis::start().unwrap();
        redis.expect("GET");
        let _guard = redis.expect("SET").scoped();
        counted.fetch_add(1, Ordering::SeqCst);
        panic!("the test's own");
    });
    assert_eq!(*caught.unwrap_err().downcast::<&str>().unwrap(), "the test's own");
    assert_eq!(drops.load(Ordering::SeqCst), 1);
}

#[test]
fn a_scoped_rule_ends_with_its_handle_and_is_verified_then() {
    let (redis, mut client) = start();
    {
        let _stub = redis.stub("GET").reply("here").scoped();
        client.says("GET k", "$4\r\nhere\r\n");
    }
    client.says("GET k", "$-1\r\n");
    let guard = redis.expect("PING").scoped();
    let caught = catch_unwind(AssertUnwindSafe(|| drop(guard)));
    assert!(caught.unwrap_err().downcast::<String>().unwrap().contains("expect PING: expected at"));
}

#[test]
fn strict_wants_every_call_answered_and_every_stub_used() {
    let builder = faux_redis::FauxRedis::builder().strict(true);
    let mut redis = FauxRedis::start_with(builder).unwrap();
    let mut client = Client::connect(&redis);
    redis.stub("GET").reply("x");
    redis.stub("STRLEN").reply(1).optional();
    client.says("PING", "+PONG\r\n");
    client.says("SELECT 0", "+OK\r\n");
    let error = redis.verify().unwrap_err();
    let kinds: Vec<_> = error.failures().iter().map(|failure| failure.kind).collect();
    assert_eq!(kinds, [FailureKind::Unmocked, FailureKind::Unused]);
    assert_eq!(redis.unused(), ["stub GET"]);
}

#[test]
fn calls_tell_what_came_and_what_came_of_it() {
    let (redis, mut client) = start();
    let stub = redis.stub("GET").reply("Ada");
    client.says("SELECT 3", "+OK\r\n");
    client.says("get user:1", "$3\r\nAda\r\n");
    client.says("ZCARDX k", "-ERR unknown command 'ZCARDX', with args beginning with: 'k' \r\n");
    client.send("BF.ADD b f");
    client.receives("-ERR unknown command 'BF.ADD'");
    redis.wait_for("BF.ADD", PATIENCE).unwrap();
    let calls = redis.calls();
    let get = &calls[1];
    assert_eq!((get.seq, get.conn, &*get.name, get.db), (2, 1, "GET", 3));
    assert_eq!(get.args(), ["user:1"]);
    assert_eq!(get.key().unwrap(), "user:1");
    assert_eq!((get.rule, get.action, &*get.client.user), (Some(stub.id()), "rule", "default"));
    assert_eq!(get.reply, Some(Reply::bulk("Ada")));
    assert!(get.duration.is_some() && get.time > Duration::ZERO);
    assert_eq!(calls[2].action, "unknown");
    assert!(calls[3].is_unsupported());
}

#[test]
fn the_journal_is_bounded_and_counts_what_it_dropped() {
    let builder = faux_redis::FauxRedis::builder().journal_limit(3);
    let redis = FauxRedis::start_with(builder).unwrap();
    let mut client = Client::connect(&redis);
    for n in 1..=5 {
        client.says("INCR n", &format!(":{n}\r\n"));
    }
    assert_eq!(redis.calls().iter().map(|call| call.seq).collect::<Vec<_>>(), [3, 4, 5]);
    assert_eq!(redis.dropped_calls(), 2);
    assert!(redis.transcript().starts_with("(2 older calls dropped, about "));
}

#[test]
fn waiting_in_vain_tells_what_was_called_instead() {
    let (redis, mut client) = start();
    client.says("PING", "+PONG\r\n");
    let error = redis.wait_for("GET", Duration::from_millis(1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(
        error.to_string(),
        "waited 1ms for GET (1x), in vain; what was called instead:\n    #1 conn 1: PING"
    );
    assert_eq!(redis.wait_for("PING", PATIENCE).unwrap().seq, 1);
}

#[test]
fn reset_puts_everything_back() {
    let (redis, mut client) = start();
    redis.stub("GET").reply("x");
    redis.expect("PING");
    client.says("SET k v", "+OK\r\n");
    redis.reset();
    assert_eq!(client.rest(), (Vec::new(), Ended::Closed));
    assert!(redis.calls().is_empty());
    let mut client = Client::connect(&redis);
    client.says("GET k", "$-1\r\n");
}

#[test]
fn a_subcommand_is_matched_whatever_its_case() {
    let (redis, mut client) = start();
    redis.stub(Matcher::command("config").arg("Get").arg("maxmemory")).reply("mine");
    redis.stub("CLIENT ID").reply(77);
    client.says("CONFIG GET maxmemory", "$4\r\nmine\r\n");
    client.says("client id", ":77\r\n");
    assert_eq!(redis.calls_of("CONFIG").len(), 1);
}

#[test]
fn verify_called_counts_calls() {
    let (redis, mut client) = start();
    client.says("PING", "+PONG\r\n");
    redis.verify_called("PING", 1).unwrap();
    let error = redis.verify_called("PING", 2..).unwrap_err();
    assert!(error.to_string().contains("PING: expected at least 2 times, got 1"), "{error}");
}

#[test]
fn a_bad_option_is_named() {
    let builder = faux_redis::FauxRedis::builder();
    let error = FauxRedis::start_with(builder.clone().config("no-such-thing", "1")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Option);
    assert!(error.to_string().contains("no-such-thing"), "{error}");
    let old = builder.version(faux_redis::Version(2, 8, 0));
    assert!(FauxRedis::start_with(old).unwrap_err().to_string().contains("version 2.8.0"));
}

#[test]
fn a_sequence_has_an_answer_at_least() {
    let redis = FauxRedis::start().unwrap();
    let none: [&str; 0] = [];
    let error = redis.stub("GET").try_replies(none, Then::Last).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Option);
    assert_eq!(
        error.to_string(),
        "replies() takes an answer or more: values, actions or callbacks"
    );
}

#[test]
fn what_makes_no_sense_of_a_rule_can_be_had_as_an_error() {
    let redis = FauxRedis::start().unwrap();
    let stub = || redis.stub("GET");
    let asks = Predicate::blocking(|_: &[u8]| true);
    let message = |error: Option<Error>| {
        let error = error.expect("it makes no sense");
        assert_eq!(error.kind(), ErrorKind::Option);
        error.to_string()
    };
    #[expect(clippy::reversed_empty_ranges, reason = "it is what is tried")]
    let times = stub().try_times(3..=2).err();
    assert_eq!(message(times), "times takes a number or a range that is not empty");
    assert_eq!(message(stub().try_nth(0).err()), "nth takes 1 or more: 1 is the first call");
    assert_eq!(message(stub().try_p(1.5).err()), "p takes a probability from 0 to 1, not 1.5");
    let link = redis.try_link(Conn::any().name(Pattern::Predicate(asks))).err();
    assert!(message(link).ends_with("cannot ask a predicate here; a glob needs no asking"));
    let nameless = redis.try_stub("").err();
    assert!(message(nameless).starts_with("a command has a name, such as GET or CLIENT KILL"));
    let never = redis.wait_for_times("GET", 0, PATIENCE).err();
    assert!(message(never).starts_with("'times' takes 1 or more"));
}

#[test]
fn delays_of_a_transaction_add_up_to_no_more_than_there_is() {
    let redis = FauxRedis::start().unwrap();
    let mut client = Client::connect(&redis);
    redis.stub("GET").delay(Duration::MAX).reply("late");
    client.send_raw(b"MULTI\r\nGET k\r\nGET k\r\nEXEC\r\n");
    redis.wait_for("EXEC", PATIENCE).unwrap();
    redis.wait_for_connections(1, Conn::any(), PATIENCE).unwrap();
    assert_eq!(redis.calls_of("EXEC")[0].reply, None);
}

#[test]
fn a_server_listens_on_a_port_or_on_a_unix_socket() {
    let socket = || faux_redis::FauxRedis::builder().unix_socket("/nowhere/socket");
    let elsewhere = std::net::Ipv4Addr::new(127, 0, 0, 2).into();
    for (name, builder) in [("port", socket().port(6379)), ("ip", socket().ip(elsewhere))] {
        let error = FauxRedis::start_with(builder).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Option);
        let message = format!("option '{name}' is for a port, and 'unix_socket' takes its place");
        assert_eq!(error.to_string(), message);
    }
    let nameless = FauxRedis::start_with(faux_redis::FauxRedis::builder().unix_socket(""));
    assert_eq!(nameless.unwrap_err().to_string(), "option 'unix_socket' takes a path, not ''");
}
