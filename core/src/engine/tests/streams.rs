//! Streams where time moves, and as versions have them that no conversation is recorded from: Redis 8.2 to 8.8.
use super::*;
use crate::persona::{Flavour, Version};

const MS: Micros = 1000;

/// A server of this version, and a session of it.
struct Server {
    world: World,
    id: SessionId,
}

impl Server {
    fn new(major: u16, minor: u16) -> Server {
        let persona = Persona { flavour: Flavour::Redis, version: Version(major, minor, 0) };
        let node = Node::new(persona, Config::new(persona), 0, 0);
        let mut world =
            World::new(node, Double::new(Mode::MockFirst, Strict::Off, Limits::default()));
        let id = connect(&mut world);
        Server { world, id }
    }

    /// Sends requests at a time, each with the reply it must get, as `shown` shows it.
    fn check(&mut self, now: Micros, exchanges: &[(&str, &str)]) {
        for (request, expected) in exchanges {
            let reply = say(&mut self.world, now, self.id, request);
            assert_eq!(shown(&reply), *expected, "{request}");
        }
    }
}

/// A reply in one line: arrays in brackets, texts and numbers as they are.
fn shown(reply: &str) -> String {
    let mut lines = reply.split_terminator("\r\n");
    let mut shown = Vec::new();
    while let Some(line) = next_shown(&mut lines) {
        shown.push(line);
    }
    shown.join(" ")
}

fn next_shown<'a>(lines: &mut impl Iterator<Item = &'a str>) -> Option<String> {
    let (kind, rest) = lines.next()?.split_at(1);
    Some(match (kind, rest) {
        ("$" | "*", "-1") => "nil".to_owned(),
        ("$", _) => lines.next()?.to_owned(),
        ("*", count) => {
            let count = count.parse().expect("a count is a number");
            let items: Vec<_> = (0..count).filter_map(|_| next_shown(lines)).collect();
            format!("[{}]", items.join(" "))
        }
        ("-", error) => format!("-{error}"),
        (_, rest) => rest.to_owned(),
    })
}

#[test]
fn ids_follow_the_clock_and_never_go_back() {
    let mut server = Server::new(8, 0);
    let add = "XADD s * f v";
    server.check(5 * MS, &[(add, "5-0"), (add, "5-1")]);
    server.check(7 * MS + 999, &[(add, "7-0")]);
    server.check(6 * MS, &[(add, "7-1")]);
    server.check(8 * MS, &[("XADD s 9-5 f v", "9-5"), (add, "9-6"), ("XADD s 9-* f v", "9-7")]);
}

#[test]
fn a_reader_gives_up_in_time_and_learns_when_its_group_expires() {
    let mut server = Server::new(8, 0);
    server.check(0, &[("XGROUP CREATE s g $ MKSTREAM", "OK"), ("PEXPIRE s 50", "1")]);
    let [patient, impatient] = [(); 2].map(|()| connect(&mut server.world));
    let request = |ms: u32| format!("XREADGROUP GROUP g a BLOCK {ms} STREAMS s >");
    assert_eq!(say(&mut server.world, 0, impatient, &request(20)), "");
    assert_eq!(say(&mut server.world, 0, patient, &request(0)), "");
    assert_eq!(server.world.next_deadline(), Some(20 * MS));
    assert!(server.world.tick(20 * MS).is_empty());
    assert_eq!(shown(&heard(&mut server.world, impatient)), "nil");
    assert!(server.world.tick(51 * MS).is_empty());
    let gone = "-NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option";
    assert_eq!(shown(&heard(&mut server.world, patient)), gone);
}

#[test]
fn idle_times_are_those_of_the_clock() {
    let mut server = Server::new(8, 0);
    server.check(
        0,
        &[
            ("XADD s 1-1 f v", "1-1"),
            ("XGROUP CREATE s g 0", "OK"),
            ("XREADGROUP GROUP g a STREAMS s >", "[[s [[1-1 [f v]]]]]"),
        ],
    );
    server.check(
        40 * MS,
        &[
            ("XPENDING s g - + 9", "[[1-1 a 40 1]]"),
            ("XPENDING s g IDLE 41 - + 9", "[]"),
            ("XREADGROUP GROUP g a STREAMS s >", "nil"),
            ("XINFO CONSUMERS s g", "[[name a pending 1 idle 0 inactive 40]]"),
            ("XCLAIM s g b 41 1-1", "[]"),
            ("XAUTOCLAIM s g b 40 0 JUSTID", "[0-0 [1-1] []]"),
        ],
    );
    let consumers =
        "[[name a pending 0 idle 10 inactive 50] [name b pending 1 idle 10 inactive 10]]";
    server.check(50 * MS, &[("XINFO CONSUMERS s g", consumers)]);
}

#[test]
fn entries_are_deleted_in_regard_to_who_refers_to_them() {
    let mut server = Server::new(8, 2);
    server.check(
        0,
        &[
            ("XDELEX s IDS 2 1-1 2-1", "[-1 -1]"),
            ("XADD s 1-1 f 1", "1-1"),
            ("XADD s 2-1 f 2", "2-1"),
            ("XADD s 3-1 f 3", "3-1"),
            ("XDELEX s ACKED IDS 1 1-1", "[2]"),
            ("XGROUP CREATE s g 0", "OK"),
            ("XGROUP CREATE s h 0", "OK"),
            ("XREADGROUP GROUP g a COUNT 2 STREAMS s >", "[[s [[1-1 [f 1]] [2-1 [f 2]]]]]"),
            ("XDELEX s ACKED IDS 3 1-1 3-1 9-9", "[2 2 -1]"),
            ("XACKDEL s g ACKED IDS 1 1-1", "[2]"),
            ("XREADGROUP GROUP h b COUNT 1 STREAMS s >", "[[s [[1-1 [f 1]]]]]"),
            ("XDELEX s acked IDS 1 1-1", "[2]"),
            ("XACKDEL s h ACKED IDS 2 1-1 2-1", "[1 -1]"),
            ("XLEN s", "2"),
            ("XDELEX s KEEPREF IDS 1 2-1", "[1]"),
            ("XPENDING s g", "[1 2-1 2-1 [[a 1]]]"),
            ("XDELEX s DELREF IDS 1 2-1", "[-1]"),
            ("XPENDING s g", "[0 nil nil nil]"),
        ],
    );
}

#[test]
fn acknowledging_and_deleting_are_one_step() {
    let mut server = Server::new(8, 2);
    server.check(
        0,
        &[
            ("XACKDEL s g IDS 1 1-1", "[-1]"),
            ("XADD s 1-1 f 1", "1-1"),
            ("XADD s 2-1 f 2", "2-1"),
            ("XACKDEL s g IDS 2 1-1 2-1", "[-1 -1]"),
            ("XGROUP CREATE s g 0", "OK"),
            ("XGROUP CREATE s h 0", "OK"),
            ("XREADGROUP GROUP g a STREAMS s >", "[[s [[1-1 [f 1]] [2-1 [f 2]]]]]"),
            ("XREADGROUP GROUP h b STREAMS s >", "[[s [[1-1 [f 1]] [2-1 [f 2]]]]]"),
            ("XACKDEL s g IDS 1 1-1", "[1]"),
            ("XLEN s", "1"),
            ("XPENDING s h", "[2 1-1 2-1 [[b 2]]]"),
            ("XACKDEL s h KEEPREF IDS 1 1-1", "[1]"),
            ("XACKDEL s g DELREF IDS 1 2-1", "[1]"),
            ("XPENDING s h", "[0 nil nil nil]"),
            ("XACKDEL s h DELREF IDS 1 2-1", "[-1]"),
        ],
    );
}

#[test]
fn ids_to_delete_are_counted() {
    let mut server = Server::new(8, 2);
    let positive = "-ERR Number of IDs must be a positive integer";
    let mismatch = "-ERR The `numids` parameter must match the number of arguments";
    server.check(
        0,
        &[
            ("XADD s 1-1 f 1", "1-1"),
            ("XDELEX s IDS x 1-1", positive),
            ("XDELEX s IDS 0 1-1", positive),
            ("XDELEX s IDS -1 1-1", positive),
            ("XDELEX s IDS 3 1-1 2-1", mismatch),
            ("XDELEX s IDS 1 1-1 2-1", "-ERR syntax error"),
            ("XDELEX s KEEPREF ACKED IDS 1 1-1", "-ERR syntax error"),
            ("XDELEX s IDS 1 1-1 IDS 1 1-1", "-ERR syntax error"),
            ("XDELEX s KEEPREF DELREF x", "-ERR syntax error"),
            ("XDELEX s IDS 1 x", "-ERR Invalid stream ID specified as stream command argument"),
            ("XACKDEL s g IDS 0 1-1", positive),
            ("XACKDEL s g IDS 2 1-1", mismatch),
            ("XDELEX s IDS 1", "-ERR wrong number of arguments for 'xdelex' command"),
            ("XDELEX s IDS 1 1-1 ACKED", "[2]"),
            ("XDELEX s IDS 1 1-1 DELREF", "[1]"),
        ],
    );
}

#[test]
fn trimming_regards_who_refers_to_entries() {
    let mut server = Server::new(8, 2);
    for id in 1..=4 {
        server.check(0, &[(&format!("XADD s {id}-1 f v"), &format!("{id}-1"))]);
    }
    let read = "[[s [[1-1 [f v]] [2-1 [f v]] [3-1 [f v]]]]]";
    server.check(
        0,
        &[
            ("XGROUP CREATE s g 0", "OK"),
            ("XREADGROUP GROUP g a COUNT 3 STREAMS s >", read),
            ("XACK s g 1-1 3-1", "2"),
            ("XTRIM s MAXLEN 0 ACKED", "2"),
            ("XRANGE s - +", "[[2-1 [f v]] [4-1 [f v]]]"),
            ("XADD s DELREF MAXLEN = 1 5-1 f v", "5-1"),
            ("XPENDING s g", "[0 nil nil nil]"),
            ("XRANGE s - +", "[[5-1 [f v]]]"),
        ],
    );
}

#[test]
fn groups_cannot_have_read_more_than_there_was() {
    let mut server = Server::new(8, 2);
    let told = "[[name g consumers 0 pending 0 last-delivered-id 1-1 entries-read 1 lag 0]]";
    server.check(
        0,
        &[
            ("XADD s 1-1 f v", "1-1"),
            ("XGROUP CREATE s g $ ENTRIESREAD 9999", "OK"),
            ("XINFO GROUPS s", told),
            ("XGROUP SETID s g $ ENTRIESREAD 9999", "OK"),
            ("XINFO GROUPS s", told),
        ],
    );
}

#[test]
fn a_reader_takes_over_what_was_not_acknowledged_in_time() {
    let mut server = Server::new(8, 4);
    server.check(
        0,
        &[
            ("XADD s 1-1 f 1", "1-1"),
            ("XADD s 2-1 f 2", "2-1"),
            ("XGROUP CREATE s g 0", "OK"),
            ("XREADGROUP GROUP g a COUNT 1 STREAMS s >", "[[s [[1-1 [f 1]]]]]"),
        ],
    );
    let both = "[[s [[1-1 [f 1] 50 1] [2-1 [f 2] 0 0]]]]";
    server.check(50 * MS, &[("XREADGROUP GROUP g b CLAIM 50 STREAMS s >", both)]);
    server.check(
        90 * MS,
        &[
            ("XREADGROUP GROUP g c CLAIM 50 STREAMS s >", "nil"),
            ("XREADGROUP GROUP g c CLAIM 9223372036854775807 STREAMS s >", "nil"),
            ("XREADGROUP GROUP g c CLAIM 40 NOACK COUNT 1 STREAMS s >", "[[s [[1-1 [f 1] 40 2]]]]"),
            ("XDEL s 2-1", "1"),
            ("XREADGROUP GROUP g c CLAIM 40 STREAMS s >", "nil"),
            ("XPENDING s g - + 9", "[[1-1 c 0 3]]"),
            ("XREADGROUP GROUP g c CLAIM 0 STREAMS s 0", "[[s [[1-1 [f 1]]]]]"),
        ],
    );
    let integer = "-ERR min-idle-time is not an integer";
    server.check(
        90 * MS,
        &[
            ("XREADGROUP GROUP g c CLAIM x STREAMS s >", integer),
            ("XREADGROUP GROUP g c CLAIM -0 STREAMS s >", integer),
            (
                "XREADGROUP GROUP g c CLAIM -1 STREAMS s >",
                "-ERR min-idle-time must be a positive integer",
            ),
            (
                "XREAD CLAIM 5 STREAMS s 0",
                "-ERR The CLAIM option is only supported by XREADGROUP. You called XREAD instead.",
            ),
        ],
    );
}

#[test]
fn who_waits_takes_over_what_comes_of_age_meanwhile() {
    let mut server = Server::new(8, 4);
    server.check(
        0,
        &[
            ("XADD s 1-1 f 1", "1-1"),
            ("XGROUP CREATE s g 0", "OK"),
            ("XREADGROUP GROUP g a STREAMS s >", "[[s [[1-1 [f 1]]]]]"),
        ],
    );
    let waiter = connect(&mut server.world);
    let request = "XREADGROUP GROUP g b BLOCK 1000 CLAIM 50 STREAMS s >";
    assert_eq!(say(&mut server.world, 10 * MS, waiter, request), "");
    assert_eq!(server.world.next_deadline(), Some(50 * MS));
    assert!(server.world.tick(50 * MS).is_empty());
    assert_eq!(shown(&heard(&mut server.world, waiter)), "[[s [[1-1 [f 1] 50 1]]]]");
    assert_eq!(server.world.next_deadline(), None);

    assert_eq!(say(&mut server.world, 60 * MS, waiter, request), "");
    server.check(70 * MS, &[("XACK s g 1-1", "1")]);
    assert!(server.world.tick(100 * MS).is_empty());
    assert_eq!(heard(&mut server.world, waiter), "");
    assert_eq!(server.world.next_deadline(), Some(1060 * MS));
    assert!(server.world.tick(1060 * MS).is_empty());
    assert_eq!(shown(&heard(&mut server.world, waiter)), "nil");
}

#[test]
fn what_is_released_is_the_first_to_be_taken_over() {
    let mut server = Server::new(8, 8);
    let read = "[[s [[1-1 [f 1]] [2-1 [f 2]] [3-1 [f 3]]]]]";
    server.check(
        1000 * MS,
        &[
            ("XADD s 1-1 f 1", "1-1"),
            ("XADD s 2-1 f 2", "2-1"),
            ("XADD s 3-1 f 3", "3-1"),
            ("XGROUP CREATE s g 0", "OK"),
            ("XREADGROUP GROUP g a STREAMS s >", read),
            ("XNACK s g FAIL IDS 2 3-1 1-1", "2"),
            ("XPENDING s g - + 9", "[[1-1  -1 1] [2-1 a 0 1] [3-1  -1 1]]"),
            ("XPENDING s g", "[3 1-1 3-1 [[a 1]]]"),
            ("XPENDING s g - + 9 a", "[[2-1 a 0 1]]"),
            ("XREADGROUP GROUP g b COUNT 1 CLAIM 5 STREAMS s >", "[[s [[3-1 [f 3] 1000 1]]]]"),
            ("XNACK s g SILENT IDS 3 1-1 2-1 9-9", "2"),
            ("XNACK s g SILENT IDS 1 1-1", "1"),
            ("XNACK s g FATAL IDS 1 2-1", "1"),
            ("XCLAIM s g c 500 3-1 JUSTID", "[]"),
            ("XCLAIM s g c 99999 2-1", "[[2-1 [f 2]]]"),
            ("XPENDING s g - + 9", "[[1-1  -1 0] [2-1 c 0 9223372036854775807] [3-1 b 0 2]]"),
            ("XNACK s g FAIL IDS 1 3-1 RETRYCOUNT 7", "1"),
            ("XACK s g 1-1 2-1", "2"),
            ("XNACK s g FAIL FORCE IDS 2 1-1 9-9", "1"),
            ("XAUTOCLAIM s g d 5 - JUSTID", "[0-0 [1-1 3-1] []]"),
            ("XPENDING s g - + 9", "[[1-1 d 0 0] [3-1 d 0 7]]"),
        ],
    );
}

#[test]
fn who_waits_takes_over_what_is_released() {
    let mut server = Server::new(8, 8);
    server.check(
        0,
        &[
            ("XADD s 1-1 f 1", "1-1"),
            ("XADD s 2-1 f 2", "2-1"),
            ("XGROUP CREATE s g 0", "OK"),
            ("XREADGROUP GROUP g a STREAMS s >", "[[s [[1-1 [f 1]] [2-1 [f 2]]]]]"),
        ],
    );
    let waiter = connect(&mut server.world);
    let request = "XREADGROUP GROUP g b BLOCK 0 CLAIM 1000 STREAMS s >";
    assert_eq!(say(&mut server.world, 10 * MS, waiter, request), "");
    server.check(20 * MS, &[("XNACK s g FAIL IDS 1 2-1", "1")]);
    assert_eq!(shown(&heard(&mut server.world, waiter)), "[[s [[2-1 [f 2] 20 1]]]]");
    assert_eq!(say(&mut server.world, 20 * MS, waiter, request), "");
    server.check(30 * MS, &[("XNACK s g FAIL IDS 1 9-9", "0")]);
    assert_eq!(heard(&mut server.world, waiter), "");
    assert_eq!(server.world.next_deadline(), Some(1000 * MS));
}

#[test]
fn who_waits_second_takes_over_what_the_first_does_not_acknowledge() {
    let mut server = Server::new(8, 4);
    server.check(0, &[("XGROUP CREATE s g $ MKSTREAM", "OK")]);
    let waiters = [(); 2].map(|()| connect(&mut server.world));
    for waiter in waiters {
        let request = "XREADGROUP GROUP g a BLOCK 0 CLAIM 100 STREAMS s >";
        assert_eq!(say(&mut server.world, 0, waiter, request), "");
    }
    server.check(50 * MS, &[("XADD s 1-1 f 1", "1-1")]);
    assert_eq!(shown(&heard(&mut server.world, waiters[0])), "[[s [[1-1 [f 1] 0 0]]]]");
    assert_eq!(server.world.next_deadline(), Some(150 * MS));
    assert!(server.world.tick(150 * MS).is_empty());
    assert_eq!(shown(&heard(&mut server.world, waiters[1])), "[[s [[1-1 [f 1] 100 1]]]]");
}

#[test]
fn releasing_says_what_is_wrong() {
    let mut server = Server::new(8, 8);
    let unknown = |option: &str| format!("-ERR Unrecognized XNACK option '{option}'");
    let numids = "-ERR numids must be a positive integer";
    let no_group = "-NOGROUP No such key 's' or consumer group 'g'";
    server.check(
        0,
        &[
            ("XNACK s g FAIL IDS 1 1-1", no_group),
            ("XADD s 1-1 f 1", "1-1"),
            ("XNACK s g FAIL IDS 1 1-1", no_group),
            ("XGROUP CREATE s g 0", "OK"),
            ("XNACK s g BAD IDS 1 1-1", "-ERR mode must be SILENT, FAIL, or FATAL"),
            ("XNACK s g FAIL FATAL IDS 1 1-1", &unknown("FATAL")),
            ("XNACK s g FAIL IDS 1 1-1 RETRYCOUNT", &unknown("RETRYCOUNT")),
            ("XNACK s g FAIL IDS 1 1-1 2-1", &unknown("2-1")),
            ("XNACK s g FAIL FORCE RETRYCOUNT 5", "-ERR syntax error, expected IDS keyword"),
            ("XNACK s g FAIL IDS x 1-1", numids),
            ("XNACK s g FAIL IDS 0 1-1", numids),
            ("XNACK s g FAIL IDS 2 1-1", "-ERR number of IDs doesn't match numids"),
            (
                "XNACK s g FAIL IDS 1 1-1 RETRYCOUNT -1",
                "-ERR Invalid RETRYCOUNT value, must be >= 0",
            ),
            (
                "XNACK s g FAIL IDS 1 1-1 RETRYCOUNT x",
                "-ERR value is not an integer or out of range",
            ),
            ("SET t v", "OK"),
            (
                "XNACK t g FAIL IDS 1 1-1",
                "-WRONGTYPE Operation against a key holding the wrong kind of value",
            ),
        ],
    );
}

#[test]
fn a_message_that_is_sent_twice_is_added_once() {
    let mut server = Server::new(8, 6);
    server.check(
        1000 * MS,
        &[
            ("XADD s IDMP p m1 * f 1", "1000-0"),
            ("XADD s IDMP p m1 * f 2", "1000-0"),
            ("XADD s IDMP q m1 * f 1", "1000-1"),
            ("XADD s IDMPAUTO p * a 1 b 2", "1000-2"),
            ("XADD s MAXLEN 1 IDMPAUTO p * b 2 a 1", "1000-2"),
            ("XADD s IDMPAUTO p * a 2 b 1", "1000-3"),
            ("XLEN s", "4"),
            ("XDEL s 1000-0", "1"),
            ("XADD s IDMP p m1 * f 1", "1000-0"),
        ],
    );
    server.check(101_000 * MS, &[("XADD s IDMP p m1 * f 1", "101000-0")]);
}

#[test]
fn what_a_stream_remembers_of_its_producers_can_be_set() {
    let mut server = Server::new(8, 8);
    let told = |told: &str| {
        format!(
            "[length 3 radix-tree-keys 1 radix-tree-nodes 2 last-generated-id 2000-2 \
             max-deleted-entry-id 0-0 entries-added 3 recorded-first-entry-id 2000-0 {told} \
             groups 0 first-entry [2000-0 [f 1]] last-entry [2000-2 [f 1]]]"
        )
    };
    let before = told(
        "idmp-duration 100 idmp-maxsize 1 pids-tracked 1 iids-tracked 1 iids-added 3 iids-duplicates 0",
    );
    let after = told(
        "idmp-duration 5 idmp-maxsize 1 pids-tracked 0 iids-tracked 0 iids-added 3 iids-duplicates 0",
    );
    let duration = "-ERR IDMP-DURATION must be between 1 and 86400 seconds";
    let size = "-ERR IDMP-MAXSIZE must be between 1 and 10000 entries";
    server.check(
        2000 * MS,
        &[
            ("XCFGSET s IDMP-DURATION 5", "-ERR no such key"),
            ("XADD s IDMP p a * f 1", "2000-0"),
            ("XCFGSET s IDMP-MAXSIZE 1", "OK"),
            ("XADD s IDMP p a * f 1", "2000-1"),
            ("XADD s IDMP p b * f 1", "2000-2"),
            ("XINFO STREAM s", &before),
            ("XCFGSET s IDMP-DURATION 5", "OK"),
            ("XINFO STREAM s", &after),
            ("XCFGSET s IDMP-DURATION 0", duration),
            ("XCFGSET s IDMP-DURATION 86401", duration),
            ("XCFGSET s IDMP-MAXSIZE 0", size),
            ("XCFGSET s IDMP-MAXSIZE 10001", size),
            ("XCFGSET s", "-ERR At least one parameter must be specified"),
            ("XCFGSET s IDMP-DURATION", "-ERR syntax error"),
            ("XCFGSET s IDMP-DURATION x", "-ERR value is not an integer or out of range"),
            ("XCFGSET s FOO 1", "-ERR syntax error"),
            ("XIDMPRECORD s p a 2000-1", "OK"),
            ("XIDMPRECORD s p a 2000-1", "OK"),
            ("XADD s IDMP p a * f 1", "2000-1"),
            ("XIDMPRECORD s p a 2000-2", "-ERR the idempotent ID already belongs to another entry"),
            ("XIDMPRECORD s p c 9-9", "-ERR no such entry in the stream"),
        ],
    );
}

#[test]
fn messages_are_named_once_and_get_their_ids_by_themselves() {
    let mut server = Server::new(8, 6);
    let invalid = "-ERR Invalid stream ID specified as stream command argument";
    let twice = "-ERR IDMP/IDMPAUTO specified multiple times";
    let id = "-ERR IDMP/IDMPAUTO can be used only with auto-generated IDs";
    server.check(
        0,
        &[
            ("XADD s IDMP p * f v", invalid),
            ("XADD s IDMP p m 1-1 f v", id),
            ("XADD s IDMP p m 1-* f v", id),
            ("XADD s IDMPAUTO p 1-1 f v", id),
            ("XADD s IDMP p m IDMP p m * f v", twice),
            ("XADD s IDMPAUTO p IDMP p m * f v", twice),
            ("XADD s IDMP  m * f v", "-ERR IDMP requires a non-empty producer ID"),
            ("XADD s IDMP p  * f v", "-ERR IDMP requires a non-empty idempotent ID"),
            ("XADD s IDMPAUTO  * f v", "-ERR IDMPAUTO requires a non-empty producer ID"),
            ("EXISTS s", "0"),
        ],
    );
    Server::new(8, 4).check(0, &[("XADD s IDMPAUTO p * f v", invalid)]);
}
