//! Streams and groups held against plain models, step by step.
use super::*;
use crate::data::limits::Limits;
use proptest::prelude::*;

fn id(ms: u64) -> StreamId {
    StreamId { ms, seq: 0 }
}

fn fields(text: &'static str) -> Fields {
    text.split(' ').map(Bytes::from).collect()
}

/// A stream of these ids, with so many entries a node.
fn stream(ids: std::ops::RangeInclusive<u64>, a_node: usize) -> Stream {
    let limits = Limits { stream_node_max_entries: a_node, ..Limits::default() };
    let mut stream = Stream::default();
    for ms in ids {
        stream.log.add(NewId::Exactly(id(ms)), fields("f v"), 0, &limits).expect("ids grow");
    }
    stream
}

fn trim(keep: Keep) -> Trim {
    Trim { keep, whole_nodes: false, limit: None, references: References::Keep }
}

#[test]
fn nodes_end_where_their_entries_or_bytes_are_enough() {
    assert_eq!(stream(1..=10, 3).log.tree_size().0, 4);
    assert_eq!(stream(1..=10, 0).log.tree_size().0, 1);
    let limits = Limits { stream_node_max_bytes: 1, ..Limits::default() };
    let mut log = Log::default();
    for ms in 1..=3 {
        log.add(NewId::Exactly(id(ms)), fields("f v"), 0, &limits);
    }
    assert_eq!(log.tree_size().0, 3);
}

#[test]
fn approximate_trimming_removes_whole_nodes_within_its_limit() {
    let about = |keep, limit| Trim { whole_nodes: true, limit, ..trim(keep) };
    let mut stream = stream(1..=10, 3);
    assert_eq!(stream.trim(&about(Keep::MaxLen(8), None)), 0);
    assert_eq!(stream.trim(&about(Keep::MaxLen(7), None)), 3);
    assert_eq!(stream.trim(&about(Keep::MaxLen(0), Some(2))), 0);
    assert_eq!(stream.trim(&about(Keep::MaxLen(0), Some(5))), 3);
    assert_eq!(stream.trim(&about(Keep::MinId(id(9)), None)), 0);
    assert_eq!(stream.log.first_id(), id(7));
}

#[test]
fn a_node_remembers_its_last_entry_though_it_is_deleted() {
    let mut stream = stream(1..=4, 2);
    stream.log.delete(id(2));
    let about = Trim { whole_nodes: true, ..trim(Keep::MinId(id(2))) };
    assert_eq!(stream.trim(&about), 0);
    assert_eq!(stream.trim(&Trim { keep: Keep::MinId(id(3)), ..about }), 1);
}

#[test]
fn versions_reckon_differently_how_far_a_group_has_come() {
    let mut stream = stream(1..=5, 100);
    stream.trim(&trim(Keep::MaxLen(3)));
    let group = Group::new(id(1), Some(1));
    let lag = |stream: &Stream, how| stream.log.lag(&group, how);
    assert_eq!(lag(&stream, Reckoning::Old), Some(4));
    assert_eq!(lag(&stream, Reckoning::FromFirst), Some(3));
    stream.log.delete(id(4));
    for how in [Reckoning::Old, Reckoning::Careful, Reckoning::FromFirst] {
        assert_eq!(lag(&stream, how), None);
    }
    stream.trim(&trim(Keep::MaxLen(0)));
    assert_eq!(lag(&stream, Reckoning::FromFirst), Some(0));
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Add(u64),
    Delete(u64),
    MaxLen(usize),
    MinId(u64),
    Assign(u64, usize, i64),
    Release(u64),
    DeliverAgain(u64, i64),
    Forget(u64),
    DeleteConsumer(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1..3_u64).prop_map(Step::Add),
        3 => (0..60_u64).prop_map(Step::Delete),
        1 => (0..40_usize).prop_map(Step::MaxLen),
        1 => (0..60_u64).prop_map(Step::MinId),
        4 => (0..20_u64, 0..3_usize, 0..9_i64).prop_map(|(id, who, at)| Step::Assign(id, who, at)),
        2 => (0..20_u64).prop_map(Step::Release),
        2 => (0..20_u64, 0..9_i64).prop_map(|(id, at)| Step::DeliverAgain(id, at)),
        2 => (0..20_u64).prop_map(Step::Forget),
        1 => (0..3_usize).prop_map(Step::DeleteConsumer),
    ]
}

const NAMES: [Bytes; 3] =
    [Bytes::from_static(b"a"), Bytes::from_static(b"b"), Bytes::from_static(b"c")];

fn apply_to_log(stream: &mut Stream, model: &mut Vec<u64>, limits: &Limits, step: Step) {
    match step {
        Step::Add(further) => {
            let ms = stream.log.last_id.ms + further;
            stream.log.add(NewId::Exactly(id(ms)), fields("f v"), 0, limits).expect("it is larger");
            model.push(ms);
        }
        Step::Delete(ms) => {
            let was_there = model.contains(&ms);
            model.retain(|other| *other != ms);
            assert_eq!(stream.log.delete(id(ms)), was_there);
        }
        Step::MaxLen(len) => {
            stream.trim(&trim(Keep::MaxLen(len)));
            model.drain(..model.len().saturating_sub(len));
        }
        Step::MinId(ms) => {
            stream.trim(&trim(Keep::MinId(id(ms))));
            model.retain(|other| *other >= ms);
        }
        _ => {}
    }
}

fn apply_to_group(group: &mut Group, step: Step) {
    match step {
        Step::Assign(ms, who, at) => {
            group.see(&NAMES[who], at);
            group.assign(id(ms), Pending::with(&NAMES[who], at, 1));
        }
        Step::Release(ms) => group.release(id(ms), 1),
        Step::DeliverAgain(ms, at) => group.deliver_again(id(ms), at),
        Step::Forget(ms) => {
            let was_there = group.pending().contains_key(&id(ms));
            assert_eq!(group.forget(id(ms)), was_there);
        }
        Step::DeleteConsumer(who) => {
            group.delete_consumer(&NAMES[who]);
        }
        _ => {}
    }
}

/// A group's three views of what is pending tell the same.
fn check_group(group: &Group) -> Result<(), TestCaseError> {
    let mut by_time: Vec<_> = group.pending_by_time().collect();
    prop_assert!(by_time.is_sorted_by_key(|(at, _)| *at));
    by_time.sort_unstable_by_key(|(_, id)| *id);
    let since =
        |entry: &Pending| entry.consumer.as_ref().map_or(i64::MIN, |_| entry.delivered_at_ms);
    let pending = group.pending().iter().map(|(id, entry)| (since(entry), *id));
    prop_assert_eq!(by_time, pending.collect::<Vec<_>>());
    for (name, consumer) in group.consumers() {
        let own = group.pending().iter().filter(|(_, entry)| entry.consumer.as_ref() == Some(name));
        let own: Vec<_> = own.map(|(id, _)| *id).collect();
        prop_assert_eq!(consumer.pending().iter().copied().collect::<Vec<_>>(), own);
    }
    let held: usize = group.consumers().values().map(|consumer| consumer.pending().len()).sum();
    prop_assert_eq!(held + group.released(), group.pending().len());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_log_behaves_as_a_sorted_vector_does(
        steps in prop::collection::vec(step(), 0..150),
        a_node in 0..5_usize,
    ) {
        let limits = Limits { stream_node_max_entries: a_node, ..Limits::default() };
        let (mut stream, mut model) = (Stream::default(), Vec::new());
        for step in steps {
            apply_to_log(&mut stream, &mut model, &limits, step);
            let all: Vec<_> = stream.log.range(StreamId::MIN, StreamId::MAX).collect();
            let ids: Vec<_> = all.iter().map(|(id, _)| id.ms).collect();
            prop_assert_eq!(&ids, &model);
            let live: usize = stream.log.nodes.values().map(|node| node.live).sum();
            prop_assert_eq!(live, model.len());
        }
    }

    #[test]
    fn a_group_knows_what_is_pending_by_id_by_time_and_by_consumer(
        steps in prop::collection::vec(step(), 0..100),
    ) {
        let mut group = Group::default();
        for step in steps {
            apply_to_group(&mut group, step);
            check_group(&group)?;
        }
    }
}
