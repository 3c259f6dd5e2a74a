//! Strings under integers, most of which may be unused.

mod slice;

use bytes::Bytes;
use rustc_hash::FxHashMap;
use slice::Slice;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// The last index there is: behind it a cursor has nowhere to go.
pub(crate) const LAST_INDEX: u64 = u64::MAX - 1;

/// How an array is laid out: how long its slices are, and how few elements make one a list and not a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) slice_size: u64,
    pub(crate) sparse_max: usize,
    pub(crate) sparse_min: usize,
}

impl Default for Shape {
    fn default() -> Shape {
        Shape { slice_size: 4096, sparse_max: 10, sparse_min: 5 }
    }
}

/// The value of an array key: slices of equal length, of which those that hold something are kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Array {
    shape: Shape,
    slices: FxHashMap<u64, Slice>,
    /// The slices there are, in order.
    order: BTreeSet<u64>,
    used: usize,
    /// Where the next insertion goes.
    cursor: u64,
}

/// What the slices of an array are like, taken together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Statistics {
    pub(crate) dense: usize,
    pub(crate) sparse: usize,
    pub(crate) dense_slots: usize,
    pub(crate) dense_used: usize,
    pub(crate) sparse_slots: usize,
}

impl Array {
    /// Takes a layout; an array that holds something keeps the length of its slices.
    pub(crate) fn take_shape(&mut self, shape: Shape) {
        let slice_size = if self.used == 0 { shape.slice_size } else { self.shape.slice_size };
        self.shape = Shape { slice_size, ..shape };
    }

    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }

    /// How many elements it holds.
    pub(crate) fn used(&self) -> usize {
        self.used
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// The last index in use and one more.
    pub(crate) fn length(&self) -> u64 {
        self.last().map_or(0, |index| index + 1)
    }

    fn last(&self) -> Option<u64> {
        let slice = *self.order.last()?;
        let (offset, _) = self.slices[&slice].iter().next_back()?;
        Some(slice * self.shape.slice_size + offset)
    }

    pub(crate) fn get(&self, index: u64) -> Option<&Bytes> {
        self.slices.get(&(index / self.shape.slice_size))?.get(index % self.shape.slice_size)
    }

    /// Puts an element in its place; what was there.
    pub(crate) fn set(&mut self, index: u64, element: Bytes) -> Option<Bytes> {
        let number = index / self.shape.slice_size;
        let slice = self.slices.entry(number).or_default();
        self.order.insert(number);
        let old = slice.set(index % self.shape.slice_size, element, self.shape);
        self.used += usize::from(old.is_none());
        old
    }

    pub(crate) fn remove(&mut self, index: u64) -> Option<Bytes> {
        let number = index / self.shape.slice_size;
        let slice = self.slices.get_mut(&number)?;
        let old = slice.remove(index % self.shape.slice_size, self.shape)?;
        if slice.used() == 0 {
            self.drop_slice(number);
        }
        self.used -= 1;
        Some(old)
    }

    /// Removes what is in a range; how much that was.
    pub(crate) fn remove_range(&mut self, range: RangeInclusive<u64>) -> usize {
        let size = self.shape.slice_size;
        let (first, last) = (*range.start(), *range.end());
        let touched: Vec<u64> = self.order.range(first / size..=last / size).copied().collect();
        let before = self.used;
        for number in touched {
            let start = number * size;
            if first <= start && start + (size - 1) <= last {
                self.used -= self.slices[&number].used();
                self.drop_slice(number);
                continue;
            }
            let inside = |offset: &u64| range.contains(&(start + offset));
            let offsets = self.slices[&number].iter().map(|(offset, _)| offset).filter(inside);
            for offset in offsets.collect::<Vec<_>>() {
                self.remove(start + offset);
            }
        }
        before - self.used
    }

    fn drop_slice(&mut self, number: u64) {
        self.slices.remove(&number);
        self.order.remove(&number);
    }

    /// The elements of a range with their indexes, in order.
    pub(crate) fn range(
        &self,
        range: RangeInclusive<u64>,
    ) -> impl DoubleEndedIterator<Item = (u64, &Bytes)> {
        let size = self.shape.slice_size;
        let numbers = self.order.range(range.start() / size..=range.end() / size);
        numbers
            .flat_map(move |number| {
                let start = number * size;
                self.slices[number].iter().map(move |(offset, element)| (start + offset, element))
            })
            .filter(move |(index, _)| range.contains(index))
    }

    /// Where the next insertion goes; nowhere when the last index is passed.
    pub(crate) fn cursor(&self) -> Option<u64> {
        (self.cursor <= LAST_INDEX).then_some(self.cursor)
    }

    pub(crate) fn seek(&mut self, cursor: u64) {
        self.cursor = cursor;
    }

    /// Puts an element where the cursor is, and the cursor behind it; the index, if there was one left.
    pub(crate) fn insert(&mut self, element: Bytes) -> Option<u64> {
        let index = self.cursor()?;
        self.set(index, element);
        self.cursor = index + 1;
        Some(index)
    }

    /// Puts an element into a ring of so many places; its index.
    pub(crate) fn insert_into_ring(&mut self, size: u64, element: Bytes) -> u64 {
        let index = self.cursor % size;
        self.set(index, element);
        self.cursor = index + 1;
        index
    }

    /// Makes the array a ring of so many places. What does not fit, or would be overwritten although there is room,
    /// moves to the beginning: the latest elements, as far as they follow each other.
    pub(crate) fn fit_ring(&mut self, size: u64) {
        let length = self.length();
        let shrinks = length > size;
        let was_smaller = length < size && (1..length).contains(&self.cursor);
        if !shrinks && !was_smaller {
            return;
        }
        let most = usize::try_from(size.min(length)).unwrap_or(usize::MAX);
        let latest: Vec<Bytes> =
            self.latest_places().take(most).map_while(|index| self.get(index).cloned()).collect();
        *self = Array { shape: self.shape, ..Array::default() };
        for element in latest.into_iter().rev() {
            self.insert(element);
        }
    }

    /// The indexes from the last insertion backwards, each once, from the beginning on to the end.
    pub(crate) fn latest_places(&self) -> impl Iterator<Item = u64> + use<> {
        let length = self.length();
        let inserted = self.cursor.checked_sub(1);
        let start = inserted.filter(|index| self.get(*index).is_some());
        let start = start.or(length.checked_sub(1));
        let before = start.into_iter().flat_map(|start| (0..=start).rev());
        let behind = start.into_iter().flat_map(move |start| (start + 1..length).rev());
        before.chain(behind)
    }

    pub(crate) fn slices(&self) -> usize {
        self.slices.len()
    }

    /// The number of the last slice.
    pub(crate) fn last_slice(&self) -> Option<u64> {
        self.order.last().copied()
    }

    pub(crate) fn statistics(&self) -> Statistics {
        let mut all = Statistics::default();
        for number in &self.order {
            self.slices[number].count_into(&mut all);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(indexes: impl IntoIterator<Item = u64>) -> Array {
        let mut array = Array::default();
        for index in indexes {
            array.set(index, index.to_string().into());
        }
        array
    }

    fn texts(array: &Array) -> Vec<String> {
        let elements = array.range(0..=LAST_INDEX).map(|(_, element)| element);
        elements.map(|element| String::from_utf8_lossy(element).into_owned()).collect()
    }

    fn ring(size: u64, count: u64) -> Array {
        let mut array = Array::default();
        for n in 0..count {
            array.fit_ring(size);
            array.insert_into_ring(size, format!("v{n}").into());
        }
        array
    }

    #[test]
    fn elements_stand_under_any_index() {
        let array = array([0, 4095, 4096, 1 << 40, LAST_INDEX]);
        assert_eq!((array.used(), array.length()), (5, u64::MAX));
        assert_eq!(array.get(1 << 40), Some(&Bytes::from("1099511627776")));
        assert_eq!(array.get(1), None);
        let indexes: Vec<u64> = array.range(1..=1 << 40).map(|(index, _)| index).collect();
        assert_eq!(indexes, [4095, 4096, 1 << 40]);
    }

    #[test]
    fn a_slice_is_a_list_while_it_holds_little() {
        let mut array = array((0..10).map(|n| n * 100));
        assert_eq!((array.statistics().sparse, array.statistics().dense), (1, 0));
        array.set(1000, "more".into());
        let full = array.statistics();
        assert_eq!((full.sparse, full.dense, full.dense_slots), (0, 1, 1024));
        assert_eq!(array.remove_range(0..=600), 7);
        assert_eq!(array.statistics().sparse, 1);
        assert_eq!(texts(&array), ["700", "800", "900", "more"]);
    }

    #[test]
    fn a_window_grows_to_both_sides_and_stays_in_its_slice() {
        let indexes: Vec<u64> = (400..500).rev().chain(500..600).chain([4090, 0]).collect();
        let array = array(indexes.iter().copied());
        assert_eq!(array.used(), indexes.len());
        assert!(indexes.iter().all(|index| array.get(*index).is_some()));
        assert_eq!(array.statistics().dense_slots, 4096);
    }

    #[test]
    fn ranges_are_removed_across_slices() {
        let mut array = array((0..20_000).step_by(7));
        let before = array.used();
        let gone = array.remove_range(5..=13_000);
        assert_eq!(gone, (5..=13_000).filter(|n| n % 7 == 0).count());
        assert_eq!(array.used(), before - gone);
        assert_eq!(array.remove_range(0..=LAST_INDEX), before - gone);
        assert!(array.is_empty() && array.slices() == 0);
    }

    #[test]
    fn a_ring_keeps_the_latest_when_its_size_changes() {
        let mut shrunk = ring(10, 15);
        shrunk.fit_ring(5);
        assert_eq!(texts(&shrunk), ["v10", "v11", "v12", "v13", "v14"]);
        let mut grown = ring(5, 8);
        grown.fit_ring(8);
        assert_eq!((texts(&grown), grown.cursor()), (texts(&ring(8, 8))[3..].to_vec(), Some(5)));
        let mut with_hole = ring(5, 8);
        with_hole.remove(1);
        with_hole.fit_ring(8);
        assert_eq!(texts(&with_hole), ["v7"]);
    }

    #[test]
    fn the_latest_places_begin_at_the_last_insertion() {
        let places = |array: &Array| array.latest_places().collect::<Vec<_>>();
        assert_eq!(places(&ring(5, 8)), [2, 1, 0, 4, 3]);
        let mut array = array(0..3);
        assert_eq!(places(&array), [2, 1, 0]);
        array.seek(2);
        assert_eq!(places(&array), [1, 0, 2]);
        assert!(places(&Array::default()).is_empty());
    }
}
