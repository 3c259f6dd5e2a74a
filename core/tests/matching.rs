//! Who is meant: options by name, groups of commands, keys, connections, and patterns of every kind.
mod support;

use faux_redis::blocking::FauxRedis;
use faux_redis::{Client as Conn, ErrorKind, Flavour, Matcher, Pattern, Predicate, Times, Via};
use std::panic::{AssertUnwindSafe, catch_unwind};
use support::{Client, PATIENCE};

fn start() -> (FauxRedis, Client) {
    let redis = FauxRedis::start().expect("a port is free");
    let client = Client::connect(&redis);
    (redis, client)
}

#[test]
fn options_match_by_name_in_any_order() {
    let (redis, mut client) = start();
    let lock = Matcher::command("SET").key("lock").option("NX", true);
    redis.stub(lock.option("EX", Pattern::gt(30))).reply(());
    client.says("SET lock me EX 60 NX", "$-1\r\n");
    client.says("SET lock me nx ex 31", "$-1\r\n");
    client.says("SET lock me NX EX 30", "+OK\r\n");
    client.says("SET other me NX EX 60", "+OK\r\n");
    redis.stub(Matcher::command("ZRANGE").option("LIMIT", [0, 10])).reply(7);
    client.says("ZRANGE z 0 9 LIMIT 0 10 BYSCORE", ":7\r\n");
    client.says("ZRANGE z 0 9 LIMIT 0 11 BYSCORE", "*0\r\n");
}

#[test]
fn options_match_calls_that_were_made_too() {
    let (redis, mut client) = start();
    client.says("SET k v EX 60", "+OK\r\n");
    let with = |least: i32| Matcher::command("SET").option("EX", Pattern::ge(least));
    assert_eq!(redis.calls_of(with(60)).len(), 1);
    assert_eq!(redis.calls_of(with(61)).len(), 0);
    redis.verify_called(with(60), 1).unwrap();
    redis.wait_for(with(60), PATIENCE).unwrap();
    #[expect(clippy::reversed_empty_ranges, reason = "it is what must be refused")]
    let error = redis.verify_called(with(60), 2..=1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Option);
    redis.verify_called(with(61), Times::from(..=0)).unwrap();
}

#[test]
fn an_option_the_command_does_not_have_is_an_error_that_names_those_it_has() {
    let (redis, _client) = start();
    let wrong = || Matcher::command("EXPIRE").option("EX", 60);
    let told = "unknown option 'EX' of EXPIRE in redis 8.0.2; there are NX, XX, GT, LT";
    let error = redis.try_stub(wrong()).unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Option, told));
    assert_eq!(redis.try_expect(wrong()).unwrap_err().to_string(), told);
    assert_eq!(redis.wait_for(wrong(), PATIENCE).unwrap_err().kind(), ErrorKind::Option);
    assert_eq!(redis.verify_called(wrong(), 1).unwrap_err().kind(), ErrorKind::Option);
    let panic = catch_unwind(AssertUnwindSafe(|| redis.stub(wrong()))).unwrap_err();
    assert_eq!(*panic.downcast::<String>().unwrap(), told);
}

#[test]
fn what_options_there_are_depends_on_the_server_that_is_played() {
    let of =
        |flavour| FauxRedis::start_with(faux_redis::FauxRedis::builder().flavour(flavour)).unwrap();
    let matcher = || Matcher::command("SET").option("IFEQ", "old");
    assert!(of(Flavour::Valkey).try_stub(matcher()).is_ok());
    let error = of(Flavour::Redis).try_stub(matcher()).unwrap_err().to_string();
    assert!(
        error.starts_with("unknown option 'IFEQ' of SET in redis 8.0.2; there are NX, "),
        "{error}"
    );
}

#[test]
fn a_category_or_a_flag_stands_in_the_commands_place() {
    let (redis, mut client) = start();
    redis.stub(Matcher::category("@write").key(Pattern::glob("ro:*"))).error("READONLY no");
    redis.stub(Matcher::flag("blocking")).reply("at once");
    client.says("SET ro:1 v", "-READONLY no\r\n");
    client.says("MSET a 1 ro:1 2", "-READONLY no\r\n");
    client.says("SET rw:1 v", "+OK\r\n");
    client.says("GET ro:1", "$-1\r\n");
    client.says("BLPOP q 0", "$7\r\nat once\r\n");
    redis.stub(Matcher::command("BLPOP")).reply("newer");
    client.says("BLPOP q 0", "$5\r\nnewer\r\n");
    redis.stub(Matcher::any().key("q")).reply("newest");
    client.says("BLPOP q 0", "$6\r\nnewest\r\n");
}

#[test]
fn predicates_inside_combinations_are_asked_while_others_go_on() {
    let (redis, mut client) = start();
    let address = redis.address();
    let predicate = Predicate::blocking(move |arg| {
        // The server is not locked: it answers another client meanwhile.
        let mut inner = std::net::TcpStream::connect(&address).unwrap();
        std::io::Write::write_all(&mut inner, b"PING\r\n").unwrap();
        let mut reply = [0; 7];
        std::io::Read::read_exact(&mut inner, &mut reply).unwrap();
        arg.ends_with(b"!") && &reply == b"+PONG\r\n"
    });
    let pattern = predicate.shown_as("shouts").into_pattern() & !Pattern::glob("no*") | "quiet";
    let rule = redis.stub(Matcher::command("GET").key(pattern)).reply(1);
    assert_eq!(rule.title().unwrap(), "stub GET key=shouts & ~glob(\"no*\") | \"quiet\"");
    client.says("GET yes!", ":1\r\n");
    client.says("GET yes", "$-1\r\n");
    client.says("GET no!", "$-1\r\n");
    client.says("GET quiet", ":1\r\n");
}

#[test]
fn a_predicate_that_panics_fails_the_test_and_not_the_server() {
    let redis = FauxRedis::start().unwrap();
    let mut client = Client::connect(&redis);
    let panics = Predicate::new(|_| -> std::future::Ready<_> { panic!("no idea") });
    redis.stub(Matcher::command("GET").arg(panics.into_pattern() | "x")).reply(1);
    client.says("GET k", "$-1\r\n");
    client.says("PING", "+PONG\r\n");
    let failures = redis.failures();
    assert!(failures[0].message.starts_with("callback failed: panic: no idea"), "{}", failures[0]);
    assert!(catch_unwind(AssertUnwindSafe(|| drop(redis))).is_err());
}

#[test]
fn connections_are_meant_by_id_name_db_or_protocol() {
    let (redis, mut first) = start();
    let mut second = Client::connect(&redis);
    first.says("CLIENT SETNAME web-1", "+OK\r\n");
    redis.stub(Matcher::command("PING").conn(Conn::named("web-*"))).reply("web");
    redis.stub(Matcher::command("PING").conn([2, 7])).reply("two");
    redis.stub(Matcher::command("ECHO").conn(Conn::any().db(3))).reply("three");
    first.says("PING", "$3\r\nweb\r\n");
    second.says("PING", "$3\r\ntwo\r\n");
    second.says("ECHO x", "$1\r\nx\r\n");
    second.says("SELECT 3", "+OK\r\n");
    second.says("ECHO x", "$5\r\nthree\r\n");
    let name = Predicate::blocking(|name| name.len() == 5).into_pattern();
    redis.stub(Matcher::command("GET").conn(Conn::any().name(name))).reply("asked");
    first.says("GET k", "$5\r\nasked\r\n");
    second.says("GET k", "$-1\r\n");
}

#[test]
fn a_rule_for_scripts_is_accepted_and_direct_calls_pass_it() {
    let (redis, mut client) = start();
    redis.stub(Matcher::command("GET").via(Via::Script)).reply(1);
    redis.stub(Matcher::command("STRLEN").via(Via::Direct)).reply(2);
    client.says("GET k", "$-1\r\n");
    client.says("STRLEN k", ":2\r\n");
    client.says("MULTI", "+OK\r\n");
    client.says("STRLEN k", "+QUEUED\r\n");
    client.says("EXEC", "*1\r\n:0\r\n");
}

#[test]
fn arguments_that_are_not_given_are_meant_by_absent() {
    let (redis, mut client) = start();
    redis.stub(Matcher::command("PING").arg(Pattern::Absent)).reply("alone");
    client.says("PING", "$5\r\nalone\r\n");
    client.says("PING x", "$1\r\nx\r\n");
    redis
        .stub(Matcher::command("SPOP").arg("s").arg(Pattern::Absent | Pattern::exact("1")))
        .reply("one");
    client.says("SPOP s", "$3\r\none\r\n");
    client.says("SPOP s 1", "$3\r\none\r\n");
    client.says("SPOP s 2", "*0\r\n");
}

#[test]
fn json_arguments_are_looked_into() {
    let (redis, mut client) = start();
    let of_ada = Pattern::json("$.user.name", "Ada").unwrap();
    let dear = Pattern::json("$.items[*].price", Pattern::gt(100)).unwrap();
    redis.expect(Matcher::command("PUBLISH").arg("orders").arg(of_ada & dear)).reply(5);
    client.says(
        r#"PUBLISH orders {"user":{"name":"Ada"},"items":[{"price":9},{"price":101}]}"#,
        ":5\r\n",
    );
    client.says(r#"PUBLISH orders {"user":{"name":"Bob"},"items":[{"price":101}]}"#, ":0\r\n");
    client.says("PUBLISH orders not-json", ":0\r\n");
}

#[test]
fn a_subcommand_is_meant_by_its_name_even_if_the_server_does_not_have_it() {
    let (redis, mut client) = start();
    redis.stub(Matcher::command("SCRIPT LOAD")).reply("abc");
    client.says("script load x", "$3\r\nabc\r\n");
    redis.stub(Matcher::command("SCRIPT").arg("load").arg("y")).reply("def");
    client.says("SCRIPT LOAD y", "$3\r\ndef\r\n");
    client.says("SCRIPT LOAD x", "$3\r\nabc\r\n");
    redis.stub(Matcher::command("CLIENT TRACKINGINFO")).reply(1);
    client.says("CLIENT TRACKINGINFO", ":1\r\n");
    redis.verify_called(Matcher::command("SCRIPT LOAD").arg("x"), 2).unwrap();
    redis.verify_called(Matcher::command("SCRIPT"), 3).unwrap();
    client.send("ACL WHOAMI");
    client.receives("-ERR unknown command 'ACL', with args beginning with: 'WHOAMI' ");
    let calls = redis.calls_of(Matcher::command("ACL WHOAMI"));
    assert_eq!((&*calls[0].name, calls[0].args().len()), ("ACL WHOAMI", 0));
    assert!(calls[0].is_unsupported());
}

#[test]
fn a_key_of_a_command_that_the_server_does_not_have_is_an_error() {
    let (redis, mut client) = start();
    let error = redis.try_stub(Matcher::command("JSON.GET").key("doc")).unwrap_err();
    let told = "key needs the command's grammar, and redis 8.0.2 has no command 'JSON.GET'; \
                its arguments can be told by their places";
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Option, told));
    redis.stub(Matcher::command("JSON.GET").arg("doc").arg(Pattern::Rest)).reply("{}");
    client.says("JSON.GET doc $", "$2\r\n{}\r\n");
}
