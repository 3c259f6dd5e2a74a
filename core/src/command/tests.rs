//! What follows from usage lines, held against what a real server says of the same commands.

use bytes::Bytes;

use super::docs::{ArgumentDocs, Note, Type};
use super::keys::{Begin, Find, KeyAccess, KeyPosition, KeyRange, KeySpec, NoKeys, keys_of};
use super::named::NamedArgument;
use super::usage::Usage;

/// What a real server says of one command.
struct Fact {
    kind: &'static str,
    arity: i64,
    range: &'static str,
    movable: bool,
    specs: &'static str,
    usage: &'static str,
}

/// Commands that accept other counts of words than their usage line shows.
const OTHER_ARITY: &[&str] = &[
    "DEBUG",
    "PSYNC",
    "QUIT",
    "REPLCONF",
    "CLUSTER SLOT-STATS",
    "SENTINEL SIMULATE-FAILURE",
    "HOTKEYS START",
];

/// Commands whose keys cannot be seen in their usage line: two only name keys and shard channels without touching them.
const OTHER_KEYS: &[&str] =
    &["CLUSTER KEYSLOT", "MIGRATE", "PUBSUB SHARDNUMSUB", "SORT", "SORT_RO"];

fn facts() -> Vec<Fact> {
    let lines = include_str!("../../tests/facts/commands.tsv").lines();
    lines.filter(|line| !line.starts_with('#')).map(fact).collect()
}

fn fact(line: &'static str) -> Fact {
    let columns: Vec<&str> = line.split('\t').collect();
    let [kind, arity, range, movable, specs, usage] = columns[..] else {
        panic!("six columns: {line}")
    };
    let arity = arity.parse().expect("a number");
    Fact { kind, arity, range, movable: movable == "movable", specs, usage }
}

fn parse(fact: &Fact) -> Usage {
    match fact.kind {
        "sub" => Usage::of_subcommand(fact.usage).unwrap(),
        _ => Usage::of_command(fact.usage).unwrap(),
    }
}

#[test]
fn arity_follows_from_the_usage_line() {
    let facts = facts();
    let other: Vec<&str> = facts
        .iter()
        .filter(|fact| fact.kind != "container")
        .map(|fact| (fact, parse(fact)))
        .filter(|(fact, usage)| usage.arity().as_redis() != fact.arity)
        .map(|(_, usage)| usage.name)
        .collect();
    assert_eq!(other, OTHER_ARITY);
}

#[test]
fn key_specs_follow_from_the_usage_line() {
    let facts = facts();
    let other: Vec<&str> = facts
        .iter()
        .map(|fact| (fact, parse(fact)))
        .filter(|(fact, usage)| shown(&usage.key_specs(&[])) != fact.specs)
        .map(|(_, usage)| usage.name)
        .collect();
    assert_eq!(other, OTHER_KEYS);
}

#[test]
fn first_and_last_key_follow_from_the_key_specs() {
    for fact in facts() {
        let usage = parse(&fact);
        let specs = usage.key_specs(&[]);
        if shown(&specs) == fact.specs && fact.range != "?" {
            let range = KeyRange::of(&specs);
            let shown = format!("{} {} {}", range.first, range.last, range.step);
            assert_eq!(
                (shown.as_str(), range.movable),
                (fact.range, fact.movable),
                "{}",
                fact.usage
            );
        }
    }
}

#[track_caller]
fn check_keys(usage: &'static str, accesses: &[KeyAccess], request: &str, expected: Option<&str>) {
    let specs = Usage::of_command(usage).unwrap().key_specs(accesses);
    let words = words(request);
    let keys = keys_of(&specs, &words).ok();
    let show = |key: &KeyPosition| {
        let access: Vec<&str> = key.access.names().collect();
        format!("{}:{}", String::from_utf8_lossy(&words[key.index]), access.join("+"))
    };
    let shown = keys.map(|keys| keys.iter().map(show).collect::<Vec<_>>().join(" "));
    assert_eq!(shown.as_deref(), expected, "{request}");
}

fn words(request: &str) -> Vec<Bytes> {
    request.split(' ').map(|word| Bytes::copy_from_slice(word.as_bytes())).collect()
}

#[test]
fn the_keys_of_a_request_are_those_that_a_real_server_finds() {
    use KeyAccess as A;
    let pop = "LMPOP numkeys key [key ...] <LEFT|RIGHT> [COUNT count]";
    check_keys(pop, &[A::POPS], "LMPOP 1 a LEFT", Some("a:RW+access+delete"));
    check_keys(pop, &[A::POPS], "LMPOP 0 a LEFT", None);
    check_keys(pop, &[A::POPS], "LMPOP 3 a LEFT", None);
    check_keys(pop, &[A::POPS], "LMPOP x a LEFT", None);
    let eval = "EVAL script numkeys [key [key ...]] [arg [arg ...]]";
    check_keys(eval, &[A::CHANGES], "EVAL x 0 a", Some(""));
    check_keys(eval, &[A::CHANGES], "EVAL x 3 a", Some(""));
    check_keys(eval, &[A::CHANGES], "EVAL x 1 a b", Some("a:RW+access+update"));
    check_keys(
        "MSET key value [key value ...]",
        &[A::STORES],
        "MSET a b c",
        Some("a:OW+update c:OW+update"),
    );
    let read = "XREAD [COUNT count] [BLOCK milliseconds] STREAMS key [key ...] id [id ...]";
    check_keys(read, &[A::READS], "XREAD COUNT 1 STREAMS a b 1 2", Some("a:RO+access b:RO+access"));
    check_keys(read, &[A::READS], "XREAD STREAMS a b c", Some("a:RO+access"));
    check_keys(
        "RENAME key newkey",
        &[A::POPS, A::STORES],
        "RENAME a b",
        Some("a:RW+access+delete b:OW+update"),
    );
    check_keys(
        "PFMERGE destkey [sourcekey [sourcekey ...]]",
        &[A::STORES, A::READS],
        "PFMERGE d",
        None,
    );
    check_keys(
        "DEL key [key ...]",
        &[A::REMOVES],
        "DEL a b a",
        Some("a:RM+delete b:RM+delete a:RM+delete"),
    );
    check_keys(
        "BLPOP key [key ...] timeout",
        &[A::INSERTS],
        "BLPOP a b 0",
        Some("a:RW+insert b:RW+insert"),
    );
    check_keys("SSUBSCRIBE shardchannel [shardchannel ...]", &[], "SSUBSCRIBE a", Some(""));
    check_keys("STRLEN key", &[A::LOOKS], "STRLEN a", Some("a:RO"));
    check_keys("LREM key count element", &[A::DELETES], "LREM a 1 x", Some("a:RW+delete"));
    check_keys("SETNX key value", &[A::CREATES], "SETNX a x", Some("a:OW+insert"));
    check_keys("PERSIST key", &[A::UPDATES], "PERSIST a", Some("a:RW+update"));
}

#[test]
fn accesses_are_told_in_the_order_of_a_real_server() {
    let names = |access: KeyAccess| access.names().collect::<Vec<_>>().join(" ");
    assert_eq!(
        names(KeyAccess::CHANGES.and(KeyAccess::VARIABLE)),
        "RW access update variable_flags"
    );
    assert_eq!(names(KeyAccess::POPS.and(KeyAccess::INCOMPLETE)), "RW access delete incomplete");
}

#[test]
fn a_keyword_is_also_searched_from_the_end() {
    let keys = Find::Range { last: -1, step: 1, limit: 0 };
    let none = NoKeys::Fine;
    let spec = |keyword, start| KeySpec {
        begin: Begin::Keyword { keyword, start, none },
        find: keys,
        access: KeyAccess::POPS,
    };
    let request = words("MIGRATE h 1 k 0 9 keys a b");
    let found =
        |spec| keys_of(&[spec], &request).unwrap().iter().map(|key| key.index).collect::<Vec<_>>();
    assert_eq!(found(spec("KEYS", -2)), [7, 8]);
    assert_eq!(found(spec("KEYS", 6)), [7, 8]);
    assert!(found(spec("COPY", -2)).is_empty());
    assert!(found(spec("B", -2)).is_empty(), "nothing follows the last word");
}

/// `name=values` of each argument, a token in front where there is one; `!` and the word that does not fit.
#[track_caller]
fn check_named(usage: &'static str, request: &str, expected: &str) {
    let words = words(request);
    let named = Usage::of_command(usage).unwrap().name(&words);
    let text = |index: &usize| String::from_utf8_lossy(&words[*index]).into_owned();
    let show = |argument: &NamedArgument| {
        let values: Vec<String> = argument.values.iter().map(text).collect();
        let token = argument.token.map(|token| format!("{token}/")).unwrap_or_default();
        format!("{token}{}={}", argument.name, values.join(","))
    };
    let mut shown: Vec<String> = named.arguments.iter().map(show).collect();
    shown.extend(named.unfit.map(|index| format!("!{index}")));
    assert_eq!(shown.join(" "), expected, "{request}");
}

#[test]
fn words_of_a_request_have_the_names_of_the_usage_line() {
    let set = "SET key value [NX|XX] [GET] [EX seconds|PX milliseconds|KEEPTTL]";
    check_named(set, "SET k v", "key=k value=v");
    check_named(set, "SET k v px 5 nx", "key=k value=v PX/milliseconds=5 NX/nx=");
    check_named(set, "SET k v KEEPTTL GET XX", "key=k value=v KEEPTTL/keepttl= GET/get= XX/xx=");
    check_named(set, "SET k v EX", "key=k value=v !3");
    check_named(set, "SET k v EX 1 PX 1", "key=k value=v EX/seconds=1 !5");
    check_named(
        "HSET key field value [field value ...]",
        "HSET k a 1 b 2",
        "key=k field=a,b value=1,2",
    );
    check_named("BLPOP key [key ...] timeout", "BLPOP a b 0", "key=a,b timeout=0");
    check_named("AUTH [username] password", "AUTH p", "password=p");
    check_named("AUTH [username] password", "AUTH u p", "username=u password=p");
    check_named("PING [message]", "PING", "");
}

#[test]
fn counted_lists_and_choices_are_named_too() {
    let pop = "LMPOP numkeys key [key ...] <LEFT|RIGHT> [COUNT count]";
    check_named(pop, "LMPOP 2 a b left COUNT 3", "numkeys=2 key=a,b where=left COUNT/count=3");
    check_named(pop, "LMPOP 3 a b LEFT", "numkeys=3 key=a,b where=LEFT");
    let moved = "LMOVE source destination <LEFT|RIGHT> <LEFT|RIGHT>";
    check_named(
        moved,
        "LMOVE a b LEFT RIGHT",
        "source=a destination=b wherefrom=LEFT whereto=RIGHT",
    );
    let eval = "EVAL script numkeys [key [key ...]] [arg [arg ...]]";
    check_named(eval, "EVAL x 0 a b", "script=x numkeys=0 arg=a,b");
    check_named(eval, "EVAL x 1 a b", "script=x numkeys=1 key=a arg=b");
    let read = "XREAD [COUNT count] [BLOCK milliseconds] STREAMS key [key ...] id [id ...]";
    check_named(read, "XREAD BLOCK 0 STREAMS a b 1 2", "BLOCK/milliseconds=0 key=a,b id=1,2");
    let expire = "HEXPIRE key seconds [NX|XX|GT|LT] FIELDS numfields field [field ...]";
    check_named(
        expire,
        "HEXPIRE k 9 GT FIELDS 2 a b",
        "key=k seconds=9 GT/gt= numfields=2 field=a,b",
    );
    let range = "ZRANGE key start stop [BYSCORE|BYLEX] [REV] [LIMIT offset count] [WITHSCORES]";
    check_named(
        range,
        "ZRANGE k 0 9 REV LIMIT 1 2",
        "key=k start=0 stop=9 REV/rev= LIMIT/limit=1,2",
    );
    let hello = "HELLO [protover [AUTH username password] [SETNAME clientname]]";
    check_named(
        hello,
        "HELLO 3 SETNAME me AUTH u p",
        "protover=3 SETNAME/clientname=me AUTH/auth=u,p",
    );
    let list = "LIST [TYPE <NORMAL|MASTER>] [ID client-id [client-id ...]]";
    check_named(list, "LIST ID 1 2 TYPE master", "ID/client-id=1,2 TYPE/client-type=master");
}

#[test]
fn an_option_is_found_by_its_token() {
    let named = Usage::of_command("SET key value [NX|XX] [EX seconds]")
        .unwrap()
        .name(&words("SET k v ex 5 NX"));
    assert_eq!(named.option("EX").collect::<Vec<_>>(), [[4]]);
    assert_eq!(named.option("NX").map(<[usize]>::len).collect::<Vec<_>>(), [0]);
    assert_eq!(named.option("XX").count(), 0);
    assert_eq!(
        [1, 3, 4, 9].map(|index| named.name_of(index)),
        [Some("key"), Some("seconds"), Some("seconds"), None]
    );
}

/// An argument as `COMMAND DOCS` tells it, in one line.
fn told(argument: &ArgumentDocs) -> String {
    let mut line = format!("{}:{}", argument.name, argument.kind.word());
    line.extend(argument.token.map(|token| format!(" {token}")));
    line.extend(
        argument
            .display_text
            .iter()
            .filter(|text| **text != argument.name)
            .map(|text| format!(" shown {text}")),
    );
    line.extend(argument.flags().map(|flag| format!(" {flag}")));
    line.extend(argument.key_spec.map(|spec| format!(" spec {spec}")));
    line.extend(argument.since.map(|since| format!(" since {since}")));
    line.extend(argument.deprecated_since.map(|since| format!(" deprecated {since}")));
    let parts: Vec<String> = argument.arguments.iter().map(told).collect();
    if parts.is_empty() { line } else { format!("{line} ({})", parts.join(", ")) }
}

#[track_caller]
fn check_docs(usage: &'static str, notes: &[(&str, Note)], expected: &[&str]) {
    let docs = Usage::of_command(usage).unwrap().docs(notes);
    assert_eq!(docs.iter().map(told).collect::<Vec<_>>(), expected);
}

#[test]
fn arguments_are_typed_by_the_custom_of_their_names() {
    check_docs(
        "LMPOP numkeys key [key ...] <LEFT|RIGHT> [COUNT count]",
        &[],
        &[
            "numkeys:integer",
            "key:key multiple spec 0",
            "where:oneof (left:pure-token LEFT, right:pure-token RIGHT)",
            "count:integer COUNT optional",
        ],
    );
    check_docs("LCS key1 key2", &[], &["key1:key spec 0", "key2:key spec 0"]);
    check_docs("COPY source destination", &[], &["source:key spec 0", "destination:key spec 1"]);
    check_docs(
        "ZADD key [CH] score member [score member ...]",
        &[],
        &[
            "key:key spec 0",
            "change:pure-token CH optional",
            "data:block multiple (score:double, member:string)",
        ],
    );
    check_docs(
        "TRACK [PREFIX prefix [PREFIX prefix ...]]",
        &[],
        &["prefix:string PREFIX optional multiple multiple_token"],
    );
    check_docs("KEYS pattern", &[], &["pattern:pattern"]);
    check_docs(
        "EXPIREAT key unix-time-seconds",
        &[],
        &["key:key spec 0", "unix-time-seconds:unix-time"],
    );
}

#[test]
fn a_row_notes_what_custom_does_not_say() {
    check_docs(
        "KILL <ip:port|ADDR ip:port> [timeout] [OLD]",
        &[
            ("ip:port", Note::Named("old-format")),
            ("ip:port", Note::DeprecatedSince("2.8.12")),
            ("ADDR", Note::Named("addr")),
            ("timeout", Note::Is(Type::Integer)),
            ("OLD", Note::Named("older")),
            ("OLD", Note::Since("7.0.0")),
        ],
        &[
            "choice:oneof (old-format:string shown ip:port deprecated 2.8.12, addr:string ADDR shown ip:port)",
            "timeout:integer optional",
            "older:pure-token OLD optional since 7.0.0",
        ],
    );
}

#[test]
fn a_list_may_be_written_without_saying_it_twice() {
    let long =
        Usage::of_command("KILL <ip:port|<[ID id]|[ADDR addr]> [<[ID id]|[ADDR addr]> ...]>")
            .unwrap();
    let short = Usage::of_command("KILL <ip:port|<[ID id]|[ADDR addr]> ...>").unwrap();
    assert_eq!(short.arguments, long.arguments);
}

#[test]
fn a_line_that_cannot_be_read_is_refused() {
    for line in ["get key", "GET [key", "GET key]", "GET <key]", "GET ...", ""] {
        assert!(Usage::of_command(line).is_err(), "{line}");
    }
    assert!(Usage::of_subcommand("CLIENT id").is_err());
}

#[test]
fn an_arity_accepts_what_it_says() {
    let arity = |line| Usage::of_command(line).unwrap().arity();
    assert_eq!([1, 2, 3].map(|words| arity("GET key").accepts(words)), [false, true, false]);
    assert_eq!(
        [1, 2, 3].map(|words| arity("DEL key [key ...]").accepts(words)),
        [false, true, true]
    );
}

/// Key specs in the notation of the facts.
fn shown(specs: &[KeySpec]) -> String {
    let show = |spec: &KeySpec| {
        let begin = match spec.begin {
            Begin::Index(index) | Begin::IndexUnless { index, .. } => index.to_string(),
            Begin::Keyword { keyword, start, .. } => format!("{keyword}@{start}"),
            Begin::Option { .. } | Begin::Unknown => "?".to_owned(),
        };
        match spec.find {
            Find::Range { last, step, limit } => format!("{begin}:{last}/{step}/{limit}"),
            Find::KeyNum { count, first, step, .. } => format!("{begin}:#{count}/{first}/{step}"),
            Find::Unknown => format!("{begin}:?"),
        }
    };
    if specs.is_empty() {
        "-".to_owned()
    } else {
        specs.iter().map(show).collect::<Vec<_>>().join(" ")
    }
}
