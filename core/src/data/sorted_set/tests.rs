//! A sorted set beside a sorted vector, and what is to be seen of its encoding.
use proptest::prelude::*;

use super::*;

fn member(number: u8) -> Bytes {
    Bytes::from(format!("m{number}"))
}

fn owned(iter: Iter<'_>) -> Vec<(Bytes, f64)> {
    iter.map(|(member, score)| (member.clone(), score)).collect()
}

#[test]
fn an_equal_score_changes_nothing() {
    let mut set = SortedSet::new();
    assert_eq!(set.insert(member(1), 0.0), None);
    assert_eq!(set.insert(member(1), -0.0), Some(0.0));
    assert!(set.score(b"m1").unwrap().is_sign_positive());
}

#[test]
fn a_minus_zero_keeps_its_sign_only_in_a_skiplist() {
    let mut set = SortedSet::new();
    set.insert(member(1), -0.0);
    set.settle(&Limits::default());
    assert!(set.score(b"m1").unwrap().is_sign_positive());
    set.settle(&Limits { zset_max_listpack_entries: 0, ..Limits::default() });
    set.insert(member(2), -0.0);
    assert!(set.score(b"m2").unwrap().is_sign_negative());
}

#[test]
fn ranges_by_member_follow_their_bounds() {
    let mut set = SortedSet::new();
    for letter in [&b"a"[..], b"b", b"c", b"d"] {
        set.insert(Bytes::from_static(letter), 0.0);
    }
    let ranks = |min, max| set.lex_range(&LexRange { min, max });
    let bytes = Bytes::from_static;
    assert_eq!(ranks(Bound::Unbounded, Bound::Unbounded), 0..4);
    assert_eq!(ranks(Bound::Included(bytes(b"b")), Bound::Excluded(bytes(b"d"))), 1..3);
    assert_eq!(ranks(Bound::Excluded(bytes(b"b")), Bound::Included(bytes(b"d"))), 2..4);
    assert!(ranks(Bound::Included(bytes(b"d")), Bound::Included(bytes(b"a"))).is_empty());
    assert!(set.lex_range(&LexRange::nothing()).is_empty());
}

#[test]
fn the_129th_member_or_one_of_65_bytes_makes_it_a_skiplist() {
    let mut set = SortedSet::new();
    for number in 0..128 {
        set.insert(member(number), 0.0);
        set.settle(&Limits::default());
    }
    assert_eq!(set.encoding(), "listpack");
    set.insert(member(200), 0.0);
    set.settle(&Limits::default());
    assert_eq!(set.encoding(), "skiplist");

    let mut set = SortedSet::new();
    set.insert(Bytes::from(vec![b'x'; 65]), 0.0);
    set.settle(&Limits::default());
    assert_eq!(set.encoding(), "skiplist");
}

#[test]
fn many_members_find_their_places() {
    let mut set = SortedSet::new();
    for number in 0..20_000_i32 {
        set.insert(Bytes::from(number.to_string()), f64::from((number * 7919) % 20_011));
    }
    let in_order = owned(set.iter());
    for (rank, (member, score)) in in_order.iter().enumerate().step_by(97) {
        assert_eq!(set.rank(member), Some(rank));
        assert_eq!(set.at_rank(rank), Some((member, *score)));
    }
}

#[derive(Clone, Debug)]
enum Step {
    Insert(u8, i8),
    Remove(u8),
    DeleteRange(usize, usize),
    PopFirst,
    PopLast,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        10 => (any::<u8>(), -5..5_i8).prop_map(|(number, score)| Step::Insert(number, score)),
        4 => any::<u8>().prop_map(Step::Remove),
        1 => (0..50usize, 0..10usize).prop_map(|(start, len)| Step::DeleteRange(start, start + len)),
        1 => Just(Step::PopFirst),
        1 => Just(Step::PopLast),
    ]
}

#[derive(Default)]
struct Model(Vec<(Bytes, f64)>);

impl Model {
    fn insert(&mut self, member: Bytes, score: f64) -> Option<f64> {
        let old = self.remove(&member);
        self.0.push((member, score));
        self.0.sort_by(|a, b| a.1.total_cmp(&b.1).then_with(|| a.0.cmp(&b.0)));
        old
    }

    fn remove(&mut self, member: &[u8]) -> Option<f64> {
        let index = self.0.iter().position(|(other, _)| other == member)?;
        Some(self.0.remove(index).1)
    }

    fn delete_range(&mut self, start: usize, end: usize) -> Vec<(Bytes, f64)> {
        let end = end.min(self.0.len());
        self.0.drain(start.min(end)..end).collect()
    }
}

fn check_reads(set: &SortedSet, model: &Model, low: f64, high: f64) -> Result<(), TestCaseError> {
    prop_assert_eq!(owned(set.iter()), model.0.clone());
    let backwards: Vec<_> =
        set.iter().rev().map(|(member, score)| (member.clone(), score)).collect();
    prop_assert_eq!(backwards, model.0.iter().rev().cloned().collect::<Vec<_>>());
    for (rank, (member, score)) in model.0.iter().enumerate() {
        prop_assert_eq!(set.rank(member), Some(rank));
        prop_assert_eq!(set.reverse_rank(member), Some(model.0.len() - 1 - rank));
        prop_assert_eq!(set.score(member), Some(*score));
    }
    let ranks =
        set.score_range(&ScoreRange { min: Bound::Excluded(low), max: Bound::Included(high) });
    let expected: Vec<_> =
        model.0.iter().filter(|(_, score)| *score > low && *score <= high).cloned().collect();
    prop_assert_eq!(owned(set.range(ranks)), expected);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_behaves_as_a_sorted_vector_does(
        steps in prop::collection::vec(step(), 0..200),
        (low, high) in (-6..6_i8, -6..6_i8),
    ) {
        let (mut set, mut model) = (SortedSet::new(), Model::default());
        for step in steps {
            match step {
                Step::Insert(number, score) => prop_assert_eq!(
                    set.insert(member(number), f64::from(score)),
                    model.insert(member(number), f64::from(score))
                ),
                Step::Remove(number) => {
                    prop_assert_eq!(set.remove(&member(number)), model.remove(&member(number)));
                }
                Step::DeleteRange(start, end) => {
                    prop_assert_eq!(set.delete_range(start..end), model.delete_range(start, end));
                }
                Step::PopFirst => prop_assert_eq!(set.pop_first(), model.delete_range(0, 1).pop()),
                Step::PopLast => {
                    let len = model.0.len();
                    prop_assert_eq!(set.pop_last(), model.delete_range(len.saturating_sub(1), len).pop());
                }
            }
            prop_assert_eq!(set.len(), model.0.len());
        }
        check_reads(&set, &model, f64::from(low), f64::from(high))?;
    }
}
