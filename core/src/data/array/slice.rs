//! A stretch of an array: few elements in a list, or more of them in a window of slots.

use super::{Shape, Statistics};
use bytes::Bytes;

/// The smallest window.
const LEAST_WINDOW: u64 = 8;

#[derive(Clone, Debug)]
pub(super) enum Slice {
    /// Elements with their offsets, in order.
    Sparse(Vec<(u64, Bytes)>),
    Dense(Window),
}

/// Slots from an offset on, a power of two of them.
#[derive(Clone, Debug)]
pub(super) struct Window {
    start: u64,
    slots: Vec<Option<Bytes>>,
    used: usize,
}

impl Default for Slice {
    fn default() -> Slice {
        Slice::Sparse(Vec::new())
    }
}

impl Slice {
    pub(super) fn used(&self) -> usize {
        match self {
            Slice::Sparse(list) => list.len(),
            Slice::Dense(window) => window.used,
        }
    }

    pub(super) fn get(&self, offset: u64) -> Option<&Bytes> {
        match self {
            Slice::Sparse(list) => {
                let place = list.binary_search_by_key(&offset, |(offset, _)| *offset);
                place.ok().map(|place| &list[place].1)
            }
            Slice::Dense(window) => window.slots.get(window.slot(offset)?)?.as_ref(),
        }
    }

    pub(super) fn set(&mut self, offset: u64, element: Bytes, shape: Shape) -> Option<Bytes> {
        match self {
            Slice::Sparse(list) => {
                match list.binary_search_by_key(&offset, |(offset, _)| *offset) {
                    Ok(place) => return Some(std::mem::replace(&mut list[place].1, element)),
                    Err(place) => list.insert(place, (offset, element)),
                }
                if list.len() > shape.sparse_max {
                    *self = Slice::Dense(Window::of(std::mem::take(list), shape));
                }
                None
            }
            Slice::Dense(window) => window.set(offset, element, shape),
        }
    }

    pub(super) fn remove(&mut self, offset: u64, shape: Shape) -> Option<Bytes> {
        match self {
            Slice::Sparse(list) => {
                let place = list.binary_search_by_key(&offset, |(offset, _)| *offset);
                place.ok().map(|place| list.remove(place).1)
            }
            Slice::Dense(window) => {
                let slot = window.slot(offset)?;
                let old = window.slots.get_mut(slot)?.take()?;
                window.used -= 1;
                if window.used < shape.sparse_min {
                    let list = self.iter().map(|(offset, element)| (offset, element.clone()));
                    *self = Slice::Sparse(list.collect());
                }
                Some(old)
            }
        }
    }

    /// The elements with their offsets, in order.
    pub(super) fn iter(&self) -> Box<dyn DoubleEndedIterator<Item = (u64, &Bytes)> + '_> {
        match self {
            Slice::Sparse(list) => {
                Box::new(list.iter().map(|(offset, element)| (*offset, element)))
            }
            Slice::Dense(window) => {
                let slots = window.slots.iter().enumerate();
                Box::new(slots.filter_map(|(slot, element)| {
                    element.as_ref().map(|element| (window.start + slot as u64, element))
                }))
            }
        }
    }

    pub(super) fn count_into(&self, all: &mut Statistics) {
        match self {
            Slice::Sparse(list) => {
                all.sparse += 1;
                all.sparse_slots += list.len().next_power_of_two();
            }
            Slice::Dense(window) => {
                all.dense += 1;
                all.dense_slots += window.slots.len();
                all.dense_used += window.used;
            }
        }
    }
}

impl Window {
    fn of(list: Vec<(u64, Bytes)>, shape: Shape) -> Window {
        let mut window = Window { start: 0, slots: Vec::new(), used: 0 };
        if let [(first, _), .., (last, _)] = list.as_slice() {
            window.cover(*first, *last, shape);
        }
        for (offset, element) in list {
            window.set(offset, element, shape);
        }
        window
    }

    fn slot(&self, offset: u64) -> Option<usize> {
        usize::try_from(offset.checked_sub(self.start)?).ok()
    }

    fn end(&self) -> u64 {
        self.start + self.slots.len() as u64
    }

    fn set(&mut self, offset: u64, element: Bytes, shape: Shape) -> Option<Bytes> {
        if offset < self.start {
            self.cover(offset, self.end() - 1, shape);
        } else if offset >= self.end() {
            self.cover(self.start, offset, shape);
        }
        let slot = self.slot(offset).expect("the window covers it now");
        let old = self.slots[slot].replace(element);
        self.used += usize::from(old.is_none());
        old
    }

    /// Grows to the next power of two that holds these offsets, and moves if it would leave its slice.
    fn cover(&mut self, first: u64, last: u64, shape: Shape) {
        let size = (last - first + 1).next_power_of_two().max(LEAST_WINDOW).min(shape.slice_size);
        let start = if first < self.start && !self.slots.is_empty() {
            (last + 1).saturating_sub(size)
        } else {
            first.min(shape.slice_size - size)
        };
        let skipped = usize::try_from(self.start.saturating_sub(start)).unwrap_or(0);
        let mut slots = vec![None; usize::try_from(size).unwrap_or(0)];
        let old = std::mem::take(&mut self.slots);
        for (place, element) in old.into_iter().enumerate() {
            slots[skipped + place] = element;
        }
        (self.start, self.slots) = (start, slots);
    }
}
