//! Patterns for arguments, keys and connections.
use super::super::*;
use super::{check, get};
use crate::resp::Protocol;

#[test]
fn numbers_are_compared_as_the_server_reads_them() {
    check(
        get(Pattern::gt(30)),
        "GET gt(30)",
        &["GET 31", "GET 30.5", "GET inf"],
        &["GET 30", "GET abc", "GET -31"],
    );
    check(get(Pattern::ge(2.5)), "GET ge(2.5)", &["GET 2.5", "GET 3"], &["GET 2", "GET 2.5x"]);
    check(get(Pattern::lt(0)), "GET lt(0)", &["GET -1", "GET -0.5"], &["GET 0", "GET x"]);
    check(get(Pattern::le(0)), "GET le(0)", &["GET 0", "GET -0.0"], &["GET 0.1"]);
    check(
        get(Pattern::between(1, 10)),
        "GET between(1, 10)",
        &["GET 1", "GET 9.9", "GET 10"],
        &["GET 0", "GET 11", "GET nan"],
    );
    check(get(Pattern::gt(f64::INFINITY)), "GET gt(float(\"inf\"))", &[], &["GET inf"]);
}

#[test]
fn combined_patterns_match_and_show_themselves_as_they_bind() {
    let users = || Pattern::glob("user:*");
    check(
        get((users() & !Pattern::glob("*:tmp")) | "admin"),
        r#"GET glob("user:*") & ~glob("*:tmp") | "admin""#,
        &["GET user:1", "GET admin"],
        &["GET user:1:tmp", "GET other"],
    );
    check(
        get(users() & (Pattern::glob("*:a") | Pattern::glob("*:b"))),
        r#"GET glob("user:*") & (glob("*:a") | glob("*:b"))"#,
        &["GET user:a", "GET user:b"],
        &["GET user:c", "GET x:a"],
    );
    check(
        get(!(users() | "x")),
        r#"GET ~(glob("user:*") | "x")"#,
        &["GET y"],
        &["GET x", "GET user:"],
    );
    check(get(!!users()), r#"GET ~~glob("user:*")"#, &["GET user:1"], &["GET x"]);
}

#[test]
fn an_expression_is_looked_for_in_bytes() {
    let re = |expression| Pattern::re(expression).unwrap();
    check(get(re("^user:\\d+$")), r#"GET re("^user:\\d+$")"#, &["GET user:1"], &["GET user:a"]);
    let error = Pattern::re("(").unwrap_err().to_string();
    assert!(error.starts_with("re() takes a regular expression, not '(': "), "{error}");
}

#[test]
fn what_is_not_given_is_matched_only_by_what_says_absent() {
    let ping = |pattern| Matcher::command("PING").arg(pattern);
    check(ping(Pattern::Absent), "PING absent", &["PING"], &["PING x"]);
    check(
        ping(Pattern::Absent | Pattern::exact("x")),
        "PING absent | \"x\"",
        &["PING", "PING x"],
        &["PING y"],
    );
    check(ping(!Pattern::exact("x")), "PING ~\"x\"", &["PING y"], &["PING x", "PING"]);
    check(ping(!Pattern::Absent), "PING ~absent", &["PING y"], &["PING", "PING a b"]);
    check(ping(Pattern::Any), "PING ANY", &["PING y"], &["PING"]);
    check(
        Matcher::command("PING").arg(Pattern::Rest),
        "PING REST",
        &["PING", "PING y"],
        &["ECHO y"],
    );
}

#[test]
fn json_is_found_by_its_path_and_compared_by_type_and_worth() {
    let json = |path, holds: JsonHolds| get(Pattern::json(path, holds).unwrap());
    let document = r#"GET {"user":{"id":42,"name":"Ada","tags":["a","b"],"on":true,"none":null}}"#;
    let check_value = |path, value: serde_json::Value, shown: &str, hits| {
        let (hits, misses): (&[&str], &[&str]) =
            if hits { (&[document], &["GET x"]) } else { (&[], &[document]) };
        check(json(path, value.into()), shown, hits, misses);
    };
    check_value("$.user.id", 42.into(), r#"GET json("$.user.id", 42)"#, true);
    check_value("$.user.id", 42.0.into(), r#"GET json("$.user.id", 42.0)"#, true);
    check_value("$.user.id", "42".into(), r#"GET json("$.user.id", "42")"#, false);
    check_value("$.user.on", true.into(), r#"GET json("$.user.on", True)"#, true);
    check_value("$..none", ().into(), r#"GET json("$..none", None)"#, true);
    check_value(
        "$.user.tags",
        vec!["a", "b"].into(),
        r#"GET json("$.user.tags", ["a", "b"])"#,
        true,
    );
    check_value(
        "$.user.tags",
        vec!["b", "a"].into(),
        r#"GET json("$.user.tags", ["b", "a"])"#,
        false,
    );
    check(
        json("$.user.tags[*]", "b".into()),
        r#"GET json("$.user.tags[*]", "b")"#,
        &[document],
        &[],
    );
    check(
        json("$.user.id", Pattern::gt(41).into()),
        r#"GET json("$.user.id", gt(41))"#,
        &[document],
        &["GET {}"],
    );
    check(
        json("$.gone", Pattern::Absent.into()),
        r#"GET json("$.gone", absent)"#,
        &[document],
        &["GET not-json"],
    );
    let error = Pattern::json("user", 1).unwrap_err().to_string();
    assert!(
        error.starts_with("json() takes a JSONPath such as $.user.id, not 'user': "),
        "{error}"
    );
}

#[test]
fn one_of_the_keys_is_enough() {
    let mget = |pattern| Matcher::command("MGET").key(pattern);
    check(mget(Pattern::glob("b*")), "MGET key=glob(\"b*\")", &["MGET a b1"], &["MGET a c"]);
    check(mget(!Pattern::glob("b*")), "MGET key=~glob(\"b*\")", &["MGET b1 a"], &["MGET b1 b2"]);
    check(Matcher::any().key(Pattern::Absent), "ANY key=absent", &["PING", "SCAN 0"], &["GET k"]);
}

#[test]
fn connections_are_known_by_name_user_db_protocol_and_where_they_come_from() {
    let ping = |client: Client| Matcher::command("PING").conn(client);
    check(
        ping(Client::named("worker-*").db(0)),
        "PING conn=client(name=glob(\"worker-*\"), db=0)",
        &["PING"],
        &[],
    );
    check(ping([2, 3].into()), "PING conn=client(id=[2, 3])", &[], &["PING"]);
    check(
        ping(Client::any().user("default").protocol(Protocol::Resp2)),
        "PING conn=client(user=\"default\", resp=2)",
        &["PING"],
        &[],
    );
    check(
        ping(Client::any().protocol(Protocol::Resp3)),
        "PING conn=client(resp=3)",
        &[],
        &["PING"],
    );
    check(
        ping(Client::any().library(Pattern::Absent)),
        "PING conn=client(lib=absent)",
        &["PING"],
        &[],
    );
    check(
        ping(Client::any().address(Pattern::glob("127.0.0.1:*"))),
        "PING conn=client(addr=glob(\"127.0.0.1:*\"))",
        &["PING"],
        &[],
    );
    check(Matcher::command("PING").via(Via::Script), "PING via=script", &[], &["PING"]);
}

/// A predicate for each word, which says what the word says.
fn says(word: &str) -> Pattern {
    Predicate::new(|arg| async move { Ok(&arg[..] == b"yes") }).shown_as(word).into_pattern()
}

#[test]
fn predicates_inside_combinations_are_asked_and_no_more_of_them_than_needed() {
    let panics =
        || Predicate::new(|_| -> std::future::Ready<_> { panic!("asked in vain") }).into_pattern();
    let decide = |pattern: Pattern, arg: &str| match pattern.look(Some(arg.as_bytes())) {
        Look::Ask(question) => crate::block_on(question.ask()).map_err(|error| error.message),
        look => panic!("{look:?} of {pattern}"),
    };
    assert_eq!(decide(says("a") & Pattern::Any, "yes"), Ok(true));
    assert_eq!(decide(!says("a"), "yes"), Ok(false));
    assert_eq!(decide(!(says("a") & !says("b")), "yes"), Ok(true));
    assert_eq!(decide(says("a") | panics(), "yes"), Ok(true));
    assert_eq!(decide(says("a") & panics(), "no"), Ok(false));
    assert_eq!(decide(says("a") & panics(), "yes"), Err("panic: asked in vain".into()));
    let known = says("a") & Pattern::exact("x");
    assert!(matches!(known.look(Some(b"y")), Look::No), "the host is asked in vain");
    let combined = (says("is_even") | "x") & Pattern::gt(3);
    assert_eq!(combined.to_string(), "(is_even | \"x\") & gt(3)");
}
