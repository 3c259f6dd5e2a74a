//! Sorting only a part of a slice, with elements that are alike left in the order in which the real server leaves them.
use std::cmp::Ordering;
use std::ops::Range;

/// So few elements are sorted by insertion.
const FEW: usize = 7;

/// The pivot of more elements than these is a median of nine, of fewer one of three.
const MANY: usize = 40;

/// Orders a slice so that what stands in `wanted` is what would stand there if all of it were sorted.
///
/// This is the quicksort of "Engineering a sort function", by Bentley and `McIlroy`, which leaves parts out of `wanted` as
/// they are. It is not stable, and the order of elements that are alike is part of what it promises.
pub(crate) fn sort_part<T>(
    items: &mut [T],
    wanted: &Range<usize>,
    compare: impl Fn(&T, &T) -> Ordering,
) {
    let mut parts: Vec<_> = std::iter::once(0..items.len()).collect();
    while let Some(part) = parts.pop() {
        let items = &mut items[part.clone()];
        if items.len() < FEW {
            insert_all(items, &compare);
            continue;
        }
        items.swap(0, pivot(items, &compare));
        let (less, greater) = partition(items, &compare);
        let sides = [part.start..part.start + less, part.end - greater..part.end];
        let is_wanted = |side: &Range<usize>| {
            side.len() > 1 && side.start < wanted.end && wanted.start < side.end
        };
        parts.extend(sides.into_iter().filter(is_wanted));
    }
}

fn insert_all<T>(items: &mut [T], compare: &impl Fn(&T, &T) -> Ordering) {
    for end in 1..items.len() {
        let mut at = end;
        while at > 0 && compare(&items[at - 1], &items[at]).is_gt() {
            items.swap(at - 1, at);
            at -= 1;
        }
    }
}

fn pivot<T>(items: &[T], compare: &impl Fn(&T, &T) -> Ordering) -> usize {
    let (count, middle, last) = (items.len(), items.len() / 2, items.len() - 1);
    let median = |a, b, c| median(items, [a, b, c], compare);
    if count == FEW {
        return middle;
    }
    if count <= MANY {
        return median(0, middle, last);
    }
    let step = count / 8;
    let low = median(0, step, 2 * step);
    let high = median(last - 2 * step, last - step, last);
    median(low, median(middle - step, middle, middle + step), high)
}

fn median<T>(items: &[T], [a, b, c]: [usize; 3], compare: &impl Fn(&T, &T) -> Ordering) -> usize {
    let compare = |x: usize, y: usize| compare(&items[x], &items[y]);
    let falls = compare(a, b).is_ge();
    let middle_is_middle = if falls { compare(b, c).is_gt() } else { compare(b, c).is_lt() };
    match (middle_is_middle, falls, compare(a, c).is_lt()) {
        (true, ..) => b,
        (_, true, true) | (_, false, false) => a,
        _ => c,
    }
}

/// Parts the slice by its first element: what is less comes first, what is greater last, and what is like it between.
/// How many are less, and how many greater.
fn partition<T>(items: &mut [T], compare: &impl Fn(&T, &T) -> Ordering) -> (usize, usize) {
    // While it runs, what is like the pivot is gathered at both ends: before `left_alike` and from `right_alike` on.
    let (mut left_alike, mut low) = (1, 1);
    let (mut right_alike, mut high) = (items.len(), items.len());
    loop {
        while low < high {
            match compare(&items[low], &items[0]) {
                Ordering::Greater => break,
                Ordering::Equal => {
                    items.swap(left_alike, low);
                    left_alike += 1;
                }
                Ordering::Less => {}
            }
            low += 1;
        }
        while low < high {
            match compare(&items[high - 1], &items[0]) {
                Ordering::Less => break,
                Ordering::Equal => {
                    right_alike -= 1;
                    items.swap(high - 1, right_alike);
                }
                Ordering::Greater => {}
            }
            high -= 1;
        }
        if low >= high {
            break;
        }
        items.swap(low, high - 1);
        low += 1;
        high -= 1;
    }
    let (less, greater) = (low - left_alike, right_alike - low);
    swap_runs(items, 0, low, left_alike.min(less));
    swap_runs(items, low, items.len(), greater.min(items.len() - right_alike));
    (less, greater)
}

/// Exchanges `count` elements from `start` on with as many that end at `end`.
fn swap_runs<T>(items: &mut [T], start: usize, end: usize, count: usize) {
    for at in 0..count {
        items.swap(start + at, end - count + at);
    }
}

#[cfg(test)]
mod tests {
    use super::sort_part;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn what_is_wanted_is_what_a_whole_sort_would_put_there(
            items in prop::collection::vec(0..50_u8, 0..300),
            ends in (0..300_usize, 0..300_usize),
        ) {
            let (start, end) = (ends.0.min(items.len()), ends.1.min(items.len()));
            let wanted = start.min(end)..start.max(end);
            let mut sorted = items.clone();
            sorted.sort_unstable();
            let mut partly = items;
            sort_part(&mut partly, &wanted, u8::cmp);
            prop_assert_eq!(&partly[wanted.clone()], &sorted[wanted]);
            partly.sort_unstable();
            prop_assert_eq!(partly, sorted);
        }
    }
}
