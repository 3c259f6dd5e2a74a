//! Options by name, and groups of commands.
use super::super::*;
use super::{call, check, get, resolved};
use proptest::prelude::*;

#[test]
fn arguments_by_place_leave_room_for_options_by_name() {
    check(
        Matcher::command("SET").arg("k").arg(Pattern::Any).option("EX", Pattern::gt(30)),
        "SET \"k\" ANY EX=gt(30)",
        &["SET k v EX 60", "SET k v NX EX 60"],
        &["SET k v", "SET k v EX 30", "SET other v EX 60"],
    );
}

#[test]
fn options_are_found_by_name_wherever_they_stand() {
    let set = || Matcher::command("SET");
    check(
        set().key("lock").option("NX", true).option("ex", Pattern::gt(30)),
        "SET key=\"lock\" NX=True EX=gt(30)",
        &["SET lock 1 EX 31 NX", "SET lock 1 nx ex 60"],
        &["SET lock 1 NX", "SET lock 1 EX 31", "SET lock 1 EX 30 NX", "SET other 1 NX EX 31"],
    );
    check(set().option("NX", false), "SET NX=False", &["SET k v", "SET nx v"], &["SET k v GET nx"]);
    check(set().option("EX", Pattern::Absent), "SET EX=False", &["SET k EX"], &["SET k v EX 1"]);
    check(
        set().option("EX", Pattern::lt(9) | Pattern::Absent),
        "SET EX=lt(9) | absent",
        &["SET k v", "SET k v EX 1"],
        &["SET k v EX 10"],
    );
    check(
        Matcher::command("ZADD").option("CH", true),
        "ZADD CH=True",
        &["ZADD k CH 1 m", "ZADD k NX CH 1 m"],
        &["ZADD k 1 CH"],
    );
    check(
        Matcher::command("XREADGROUP").option("GROUP", ("g", Pattern::Any)).option("COUNT", 10),
        "XREADGROUP GROUP=(\"g\", ANY) COUNT=\"10\"",
        &[
            "XREADGROUP GROUP g c COUNT 10 STREAMS s >",
            "XREADGROUP GROUP g c BLOCK 0 COUNT 10 STREAMS s >",
        ],
        &["XREADGROUP GROUP h c COUNT 10 STREAMS s >", "XREADGROUP GROUP g c STREAMS s >"],
    );
    check(
        Matcher::command("SCAN").option("MATCH", Pattern::glob("user:*")),
        "SCAN MATCH=glob(\"user:*\")",
        &["SCAN 0 COUNT 5 MATCH user:1*"],
        &["SCAN 0 MATCH x"],
    );
}

#[test]
fn options_have_as_many_values_as_the_grammar_says() {
    check(
        Matcher::command("ZRANGE").option("LIMIT", [0, 10]),
        "ZRANGE LIMIT=(\"0\", \"10\")",
        &["ZRANGE k 0 9 BYSCORE LIMIT 0 10 REV"],
        &["ZRANGE k 0 9 BYSCORE LIMIT 0 1"],
    );
    check(
        Matcher::command("ZUNION").option("AGGREGATE", "sum"),
        "ZUNION AGGREGATE=\"sum\"",
        &["ZUNION 1 k AGGREGATE SUM", "ZUNION 1 k aggregate sum"],
        &["ZUNION 1 k AGGREGATE MAX"],
    );
    check(
        Matcher::command("SORT").option("GET", "#"),
        "SORT GET=\"#\"",
        &["SORT k GET a GET # DESC"],
        &["SORT k GET a"],
    );
    check(
        Matcher::command("XADD").option("MAXLEN", Pattern::gt(5)),
        "XADD MAXLEN=gt(5)",
        &["XADD s MAXLEN ~ 6 * f v", "XADD s maxlen 6 * f v"],
        &["XADD s MAXLEN 5 * f v", "XADD s * MAXLEN 9"],
    );
    check(
        Matcher::command("CLIENT SETINFO").option("LIB_NAME", Pattern::Any),
        "CLIENT SETINFO LIB_NAME=True",
        &["CLIENT SETINFO lib-name x"],
        &["CLIENT SETINFO LIB-VER x"],
    );
}

#[track_caller]
fn check_refused(matcher: Matcher, expected: &str) {
    assert_eq!(resolved(matcher).unwrap_err(), expected);
}

#[test]
fn what_the_grammar_does_not_have_is_refused_and_what_it_has_is_told() {
    check_refused(
        Matcher::command("SCAN").option("LIMIT", 5),
        "unknown option 'LIMIT' of SCAN in redis 8.0.2; there are MATCH, COUNT, TYPE",
    );
    check_refused(
        Matcher::command("GET").option("NX", true),
        "unknown option 'NX' of GET, which has none in redis 8.0.2",
    );
    check_refused(
        Matcher::category("@read").option("NOSUCH", true),
        "unknown option 'NOSUCH': no command of category(\"@read\") has it in redis 8.0.2",
    );
    check_refused(
        Matcher::command("NOSUCH").option("NX", true),
        "option 'NX' needs the command's grammar, and redis 8.0.2 has no command 'NOSUCH'",
    );
    check_refused(
        Matcher::command("SET").option("NX", 5),
        "option 'NX' takes no value; say True, False, ANY or absent (SET)",
    );
    check_refused(
        Matcher::command("SET").option("EX", (1, 2)),
        "option 'EX' takes one value (SET)",
    );
    check_refused(
        Matcher::command("ZRANGE").option("LIMIT", 5),
        "option 'LIMIT' takes 2 values, as a tuple of 2 (ZRANGE)",
    );
    check_refused(
        Matcher::command("XREAD").option("STREAMS", 5),
        "option 'STREAMS' takes 2 values or more, as a tuple (XREAD)",
    );
    check_refused(
        get(Pattern::Rest).arg("x"),
        "REST is the last of the arguments, which it is not in GET REST \"x\"",
    );
    let error = resolved(Matcher::category("@wrtie")).unwrap_err();
    assert!(
        error.starts_with("unknown category '@wrtie'; there are @keyspace, @read, @write, "),
        "{error}"
    );
    let error = resolved(Matcher::flag("fsat")).unwrap_err();
    assert!(
        error.starts_with("unknown flag 'fsat'; there are write, readonly, denyoom, "),
        "{error}"
    );
}

#[test]
fn groups_of_commands_stand_in_the_commands_place() {
    check(
        Matcher::category("@write"),
        "category(\"@write\")",
        &["SET k v", "DEL k", "XGROUP CREATE k g 0"],
        &["GET k", "PING", "NOSUCH"],
    );
    check(
        Matcher::category("HASH").key("h"),
        "category(\"@hash\") key=\"h\"",
        &["HGET h f"],
        &["HGET g f", "GET h"],
    );
    check(
        Matcher::flag("blocking"),
        "flag(\"blocking\")",
        &["BLPOP k 0", "XREAD STREAMS s 0"],
        &["LPOP k"],
    );
    check(
        Matcher::category("@write").option("NX", true),
        "category(\"@write\") NX=True",
        &["SET k v NX", "ZADD k NX 1 m"],
        &["SET k v", "DEL NX", "GET NX"],
    );
    check(
        Matcher::any().key("k"),
        "ANY key=\"k\"",
        &["MGET a k", "SET k v"],
        &["SET a k", "PING k"],
    );
    check(
        Matcher::command("XGROUP").option("MKSTREAM", true),
        "XGROUP MKSTREAM=True",
        &["XGROUP CREATE k g 0 MKSTREAM"],
        &["XGROUP DESTROY k g"],
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_a_requests_options_does_not_matter(
        order in Just(["NX", "GET", "EX 5"]).prop_shuffle(),
        given: [bool; 3],
        wanted: [bool; 3],
        small: bool,
    ) {
        let names = ["NX", "GET", "EX 5"];
        let is_given = |name| given[names.iter().position(|known| *known == name).unwrap()];
        let said: Vec<_> = order.into_iter().filter(|name| is_given(*name)).collect();
        let line = format!("SET k v {}", said.join(" "));
        let line = if small { line.to_lowercase() } else { line };
        let matcher = names.iter().zip(wanted).fold(Matcher::command("SET"), |matcher, (name, wanted)| {
            let name = name.split(' ').next().unwrap();
            if name == "EX" && wanted {
                matcher.option(name, Pattern::between(5, 5))
            } else {
                matcher.option(name, wanted)
            }
        });
        let matches = matches!(resolved(matcher).unwrap().look(&call(line.trim())), Look::Yes);
        prop_assert_eq!(matches, given == wanted, "{}", line);
    }
}
