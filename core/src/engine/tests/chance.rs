//! What chance decides: the same from the same seed, and each outcome as often as the real servers give it.
use super::*;
use std::collections::BTreeMap;

/// A server whose chance comes from a seed, and a session of it.
struct Server {
    world: World,
    id: SessionId,
}

impl Server {
    /// With a set, a hash and a sorted set of so many members under `s`, `h` and `z`, and as many keys in database 1.
    fn with(seed: u64, members: usize) -> Server {
        let persona = Persona::default();
        let node = Node::new(persona, Config::new(persona), seed, 0);
        let mut world =
            World::new(node, Double::new(Mode::MockFirst, Strict::Off, Limits::default()));
        let id = connect(&mut world);
        let mut server = Server { world, id };
        for member in 0..members {
            for fill in ["SADD s m", "HSET h m", "ZADD z 1 m"] {
                let value = if fill.starts_with('H') { " v" } else { "" };
                server.ask(&format!("{fill}{member}{value}"));
            }
        }
        server.ask("SELECT 1");
        (0..members).for_each(|member| drop(server.ask(&format!("SET m{member} v"))));
        server.ask("SELECT 0");
        server
    }

    /// The strings of a reply.
    fn ask(&mut self, request: &str) -> Vec<String> {
        let reply = say(&mut self.world, 0, self.id, request);
        assert!(!reply.starts_with('-'), "{request}: {reply}");
        let is_text = |line: &&str| !line.starts_with(['*', '$', ':', '+', '~']);
        reply.split_terminator("\r\n").filter(is_text).map(str::to_owned).collect()
    }
}

/// Sizes at which collections are small, and stored in order, and at which they are hash tables.
const SIZES: [usize; 2] = [12, 700];

/// Whether all of so many outcomes come about as often: Pearson's sum, which is about as large as there are outcomes when
/// they do, and has a deviation of the root of twice as much.
#[track_caller]
fn is_fair(counts: &BTreeMap<String, u32>, outcomes: usize, what: &str) {
    let number = |n: usize| f64::from(u32::try_from(n).expect("a test counts little"));
    let expected = f64::from(counts.values().sum::<u32>()) / number(outcomes);
    assert_eq!(counts.len(), outcomes, "{what}: each comes at some time");
    let deviations = counts.values().map(|count| (f64::from(*count) - expected).powi(2));
    let sum = deviations.sum::<f64>() / expected;
    let (mean, deviation) = (number(outcomes - 1), (2.0 * number(outcomes)).sqrt());
    assert!((sum - mean).abs() < 4.0 * deviation, "{what}: {sum} for {mean}");
}

/// Asks again and again, and counts what comes. What `before` asks is asked before each time.
fn counted(
    server: &mut Server,
    before: &str,
    request: &str,
    times: usize,
) -> BTreeMap<String, u32> {
    let mut counts = BTreeMap::new();
    for _ in 0..times {
        if !before.is_empty() {
            server.ask(before);
        }
        for found in server.ask(request) {
            *counts.entry(found).or_insert(0) += 1;
        }
    }
    counts
}

#[test]
fn every_member_is_picked_as_often_as_the_others() {
    for size in SIZES {
        let mut server = Server::with(1, size);
        let requests = ["SRANDMEMBER s", "HRANDFIELD h", "ZRANDMEMBER z"];
        for request in requests {
            is_fair(&counted(&mut server, "", request, 50 * size), size, request);
        }
        server.ask("SELECT 1");
        is_fair(&counted(&mut server, "", "RANDOMKEY", 50 * size), size, "RANDOMKEY");
    }
}

#[test]
fn a_count_below_zero_picks_each_time_anew() {
    for size in SIZES {
        let mut server = Server::with(2, size);
        for request in ["SRANDMEMBER s", "HRANDFIELD h", "ZRANDMEMBER z"] {
            let request = format!("{request} -{}", 50 * size);
            let counts = counted(&mut server, "", &request, 1);
            assert_eq!(counts.values().sum::<u32>() as usize, 50 * size, "{request}");
            is_fair(&counts, size, &request);
        }
    }
}

#[test]
fn different_members_are_picked_as_often_as_any_others() {
    for size in SIZES {
        // Of a large one two are too few to count.
        let least = if size == SIZES[0] { 2 } else { size / 4 };
        for count in [least, size / 2, size - 1] {
            let mut server = Server::with(3, size);
            for request in ["SRANDMEMBER s", "HRANDFIELD h", "ZRANDMEMBER z"] {
                let request = format!("{request} {count}");
                let mut all = BTreeMap::new();
                for _ in 0..(100 * size / count).max(100) {
                    let found = server.ask(&request);
                    let different: std::collections::BTreeSet<_> = found.iter().collect();
                    assert_eq!((found.len(), different.len()), (count, count), "{request}");
                    found.into_iter().for_each(|one| *all.entry(one).or_insert(0) += 1);
                }
                assert_eq!(all.len(), size, "{request}");
                is_fair_for_different(&all, &request);
            }
        }
    }
}

#[test]
fn every_pair_of_a_small_set_is_picked_as_often_as_the_others() {
    let mut server = Server::with(4, 5);
    for request in ["SRANDMEMBER s 2", "HRANDFIELD h 2", "ZRANDMEMBER z 2"] {
        let mut pairs = BTreeMap::new();
        for _ in 0..1000 {
            let mut pair = server.ask(request);
            pair.sort();
            *pairs.entry(pair.join(" ")).or_insert(0) += 1;
        }
        is_fair(&pairs, 10, request);
    }
}

#[test]
fn every_member_is_popped_as_often_as_the_others() {
    for request in ["SPOP p", "SPOP p 1", "SPOP p 3", "SPOP p 11"] {
        let mut server = Server::with(5, 12);
        let counts = counted(&mut server, "COPY s p REPLACE", request, 600);
        is_fair_for_different(&counts, request);
    }
    let mut server = Server::with(5, 700);
    let counts = counted(&mut server, "COPY s p REPLACE", "SPOP p 350", 100);
    is_fair_for_different(&counts, "SPOP p 350");
}

/// Whether all that come only once each time come about as often: then Pearson's sum is the smaller the more come.
#[track_caller]
fn is_fair_for_different(counts: &BTreeMap<String, u32>, what: &str) {
    let most = counts.values().max().expect("something was popped");
    let least = counts.values().min().expect("something was popped");
    assert!(*most < 2 * least, "{what}: {least} to {most}");
}

#[test]
fn the_same_seed_picks_the_same_and_another_seed_others() {
    let picked = |seed: u64, size: usize| {
        let mut server = Server::with(seed, size);
        let requests = [
            "SRANDMEMBER s",
            "SRANDMEMBER s 5",
            "SRANDMEMBER s -9",
            "HRANDFIELD h",
            "HRANDFIELD h 5",
            "HRANDFIELD h -9",
            "ZRANDMEMBER z",
            "ZRANDMEMBER z 5",
            "ZRANDMEMBER z -9",
            "SPOP s",
            "SPOP s 4",
            "SELECT 1",
            "RANDOMKEY",
            "RANDOMKEY",
        ];
        requests.map(|request| server.ask(request))
    };
    for size in SIZES {
        let first = picked(7, size);
        assert_eq!(picked(7, size), first);
        let other = picked(8, size);
        let differ = first.iter().zip(&other).filter(|(one, other)| one != other).count();
        assert!(differ > 8, "another seed picks others: {first:?} {other:?}");
    }
}
