//! What a line lets go, and when.
use super::*;
use crate::double::link::{Direction, LimitThen, Placed};
use std::time::Duration;

impl Segment {
    /// Bytes that come at this time.
    pub(in crate::double::link) fn of(text: &'static str, due: Micros) -> Segment {
        Segment { what: What::Bytes(Bytes::from_static(text.as_bytes())), due, held: None }
    }
}

const LINK: LinkId = LinkId(1);
const OTHER: LinkId = LinkId(2);

fn plan(effects: &[(LinkId, Effect)]) -> Plan {
    let placed = effects.iter().enumerate().map(|(at, (link, effect))| Placed {
        link: *link,
        at,
        effect: effect.clone(),
        direction: Direction::Down,
        seed: 7,
    });
    Plan { since: 0, effects: placed.collect() }
}

fn line(effects: &[(LinkId, Effect)]) -> Line {
    let mut line = Line::new(Way::Down);
    line.apply(&plan(effects));
    line
}

fn latency(time: u64) -> Effect {
    Effect::Latency { time: Duration::from_micros(time), jitter: Duration::ZERO }
}

/// What the line lets go until this time, and how the connection ends if it does.
fn until(line: &mut Line, now: Micros) -> (String, Option<Ending>) {
    let mut text = String::new();
    loop {
        match line.next(now) {
            Next::Bytes(bytes) => {
                let bytes = std::mem::take(bytes);
                text += &String::from_utf8_lossy(&bytes);
                line.moved(bytes.len());
            }
            Next::End(ending) => return (text, Some(ending)),
            Next::At(_) | Next::Nothing => return (text, None),
        }
    }
}

#[test]
fn what_is_under_way_keeps_its_time_when_a_link_goes_and_is_not_overtaken() {
    let mut line = line(&[(LINK, latency(100))]);
    line.push("slow".into(), 0);
    line.apply(&Plan::default());
    line.push("quick".into(), 10);
    assert!(!line.is_plain());
    assert_eq!(until(&mut line, 99), (String::new(), None));
    assert_eq!(until(&mut line, 100), ("slowquick".into(), None));
    assert!(line.is_plain());
}

#[test]
fn latencies_of_several_links_add_up() {
    let mut line = line(&[(LINK, latency(100)), (OTHER, latency(30))]);
    line.push("a".into(), 0);
    assert!(matches!(line.next(0), Next::At(130)));
    assert_eq!(until(&mut line, 130), ("a".into(), None));
}

#[test]
fn a_blackhole_lets_go_what_came_before_it_and_the_rest_when_it_is_gone() {
    let mut line = line(&[(LINK, latency(100))]);
    line.push("before".into(), 0);
    let black = Effect::Blackhole { close_after: None };
    line.apply(&plan(&[(LINK, latency(100)), (OTHER, black)]));
    line.push("after".into(), 2);
    assert!(!line.takes());
    assert_eq!(until(&mut line, 1000), ("before".into(), None));
    line.apply(&plan(&[(LINK, latency(100))]));
    assert!(line.takes());
    assert_eq!(until(&mut line, 1000), ("after".into(), None));
}

#[test]
fn a_blackhole_may_end_the_connection_after_a_time() {
    let black = Effect::Blackhole { close_after: Some(Duration::from_micros(50)) };
    let mut line = line(&[(LINK, black)]);
    line.push("lost".into(), 10);
    assert!(matches!(line.next(10), Next::At(50)));
    assert_eq!(until(&mut line, 50), (String::new(), Some(Ending::Close)));
}

#[test]
fn a_reset_comes_after_its_time_and_not_at_all_when_its_link_is_gone() {
    let mut line = line(&[(LINK, Effect::Reset(Duration::from_micros(50)))]);
    assert_eq!(until(&mut line, 49), (String::new(), None));
    assert_eq!(until(&mut line, 50), (String::new(), Some(Ending::Reset)));
    line.apply(&Plan::default());
    assert_eq!(until(&mut line, 99), (String::new(), None));
}

#[test]
fn an_end_comes_after_what_is_under_way_and_later_with_slow_close() {
    let slow = Effect::SlowClose(Duration::from_micros(500));
    let mut line = line(&[(LINK, latency(100)), (LINK, slow)]);
    line.push("bye".into(), 0);
    line.end(Ending::Close, 1);
    assert_eq!(until(&mut line, 100), ("bye".into(), None));
    assert_eq!(until(&mut line, 600), (String::new(), None));
    assert_eq!(until(&mut line, 601), (String::new(), Some(Ending::Close)));
}

#[test]
fn a_limit_counts_from_where_it_was_set_and_is_lifted_with_its_link() {
    let limit = Effect::Limit { bytes: 3, then: LimitThen::Blackhole };
    let mut line = line(&[(LINK, limit)]);
    line.push("abcd".into(), 0);
    line.push("ef".into(), 0);
    assert_eq!(until(&mut line, 0), ("abc".into(), None));
    assert!(!line.takes());
    line.apply(&Plan::default());
    assert_eq!(until(&mut line, 5), ("def".into(), None));
}

#[test]
fn each_slice_is_let_go_by_itself() {
    let mut line = line(&[(LINK, Effect::Slice { size: 1, gap: Duration::ZERO })]);
    line.push("ab".into(), 0);
    let Next::Bytes(bytes) = line.next(0) else { panic!("bytes are due") };
    assert_eq!(std::mem::take(bytes), "a");
    line.moved(1);
    assert_eq!(until(&mut line, 0), ("b".into(), None));
}

#[test]
fn only_bytes_of_its_way_are_met() {
    let mut line = Line::new(Way::Up);
    line.apply(&plan(&[(LINK, latency(100))]));
    line.push("up".into(), 0);
    assert_eq!(until(&mut line, 0), ("up".into(), None));
}
