//! A list beside a vector, and the nodes it has.
use proptest::prelude::*;

use super::*;

fn value(number: u8) -> Bytes {
    Bytes::from(number.to_string())
}

fn filled(count: usize, len: usize, end: End) -> List {
    let mut list = List::new();
    for _ in 0..count {
        list.push(Bytes::from(vec![b'x'; len]), end);
        list.settle(&Limits::default());
    }
    list
}

#[test]
fn it_becomes_a_quicklist_where_redis_8_0_makes_it_one() {
    assert_eq!(filled(79, 100, End::Tail).encoding(), "listpack");
    assert_eq!(filled(81, 100, End::Tail).encoding(), "quicklist");
    assert_eq!(filled(1, 8185, End::Tail).encoding(), "listpack");
    assert_eq!(filled(1, 8186, End::Tail).encoding(), "quicklist");
}

#[test]
fn it_shrinks_back_when_one_node_is_left_and_half_empty() {
    let mut list = List::new();
    for _ in 0..80 {
        list.push(Bytes::from(vec![b'x'; 100]), End::Tail);
    }
    list.settle(&Limits::default());
    assert_eq!(list.encoding(), "listpack");
    list.push(Bytes::from(vec![b'x'; 100]), End::Tail);
    list.settle(&Limits::default());
    while list.encoding() == "quicklist" {
        list.pop(End::Head);
        list.settle(&Limits::default());
    }
    assert_eq!(list.len(), 1);
}

#[test]
fn on_redis_7_0_every_list_is_a_quicklist() {
    let mut list = List::new();
    list.push(value(1), End::Tail);
    list.settle(&Limits { list_listpack: false, ..Limits::default() });
    assert_eq!(list.encoding(), "quicklist");
}

#[test]
fn a_limit_of_entries_holds_for_each_node() {
    let limits = Limits { list_max_listpack_size: 3, ..Limits::default() };
    let mut list = List::new();
    for number in 0..10 {
        list.push(value(number), End::Tail);
        list.settle(&limits);
    }
    assert_eq!(
        list.chunks.iter().map(|chunk| chunk.entries.len()).collect::<Vec<_>>(),
        [3, 3, 3, 1]
    );
}

#[derive(Clone, Debug)]
enum Step {
    Push(u8, bool),
    Pop(bool),
    Set(usize, u8),
    Insert(u8, u8, bool),
    Remove(u8, bool, usize),
    Trim(usize, usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => (0..10u8, any::<bool>()).prop_map(|(value, head)| Step::Push(value, head)),
        4 => any::<bool>().prop_map(Step::Pop),
        4 => (0..60usize, 0..10u8).prop_map(|(index, value)| Step::Set(index, value)),
        8 => (0..10u8, 0..10u8, any::<bool>()).prop_map(|(pivot, value, before)| Step::Insert(pivot, value, before)),
        2 => (0..10u8, any::<bool>(), 0..4usize).prop_map(|(value, head, count)| Step::Remove(value, head, count)),
        1 => (0..10usize, 0..100usize).prop_map(|(start, end)| Step::Trim(start, end)),
    ]
}

fn end(head: bool) -> End {
    if head { End::Head } else { End::Tail }
}

fn apply(list: &mut List, model: &mut Vec<Bytes>, step: &Step) {
    match *step {
        Step::Push(number, head) => {
            list.push(value(number), end(head));
            model.insert(if head { 0 } else { model.len() }, value(number));
        }
        Step::Pop(head) => {
            let expected =
                if head && !model.is_empty() { Some(model.remove(0)) } else { model.pop() };
            assert_eq!(list.pop(end(head)), expected);
        }
        Step::Set(index, number) => {
            assert_eq!(list.set(index, value(number)), index < model.len());
            if let Some(entry) = model.get_mut(index) {
                *entry = value(number);
            }
        }
        Step::Insert(pivot, number, before) => {
            let index = model.iter().position(|entry| *entry == value(pivot));
            let inserted = if before {
                list.insert_before(&value(pivot), value(number))
            } else {
                list.insert_after(&value(pivot), value(number))
            };
            assert_eq!(inserted, index.is_some());
            if let Some(index) = index {
                model.insert(index + usize::from(!before), value(number));
            }
        }
        Step::Remove(number, head, count) => {
            let equal: Vec<_> =
                (0..model.len()).filter(|&index| model[index] == value(number)).collect();
            let count = count.min(equal.len());
            let doomed = if head { &equal[..count] } else { &equal[equal.len() - count..] };
            doomed.iter().rev().for_each(|&index| drop(model.remove(index)));
            assert_eq!(list.remove(&value(number), end(head), count), count);
        }
        Step::Trim(start, end) => {
            list.trim(start..end);
            model.truncate(end);
            model.drain(..start.min(model.len()));
        }
    }
}

fn check_reads(list: &List, model: &[Bytes]) -> Result<(), TestCaseError> {
    prop_assert_eq!(list.len(), model.len());
    prop_assert_eq!(list.iter().collect::<Vec<_>>(), model.iter().collect::<Vec<_>>());
    for index in 0..=model.len() {
        prop_assert_eq!(list.get(index), model.get(index));
        let range: Vec<_> = list.range(index..index + 5).collect();
        prop_assert_eq!(range, model[index..].iter().take(5).collect::<Vec<_>>());
    }
    let mut forward: Vec<_> = list.positions(&value(3), End::Head, usize::MAX).collect();
    prop_assert!(forward.iter().all(|&index| model[index] == value(3)));
    forward.reverse();
    prop_assert_eq!(list.positions(&value(3), End::Tail, usize::MAX).collect::<Vec<_>>(), forward);
    for chunk in &list.chunks {
        prop_assert!(!chunk.entries.is_empty());
        let entries: usize = chunk.entries.iter().map(|entry| listpack::size_of(entry)).sum();
        prop_assert_eq!(chunk.size, entries + listpack::OVERHEAD);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_behaves_as_a_vector_does(steps in prop::collection::vec(step(), 0..150), fill in 1..6_i64) {
        let limits = Limits { list_max_listpack_size: fill, ..Limits::default() };
        let (mut list, mut model) = (List::new(), Vec::new());
        for step in &steps {
            apply(&mut list, &mut model, step);
            list.settle(&limits);
        }
        check_reads(&list, &model)?;
    }
}
