//! Walking over the members of a sorted set.
use super::order::{Item, Order};
use bytes::Bytes;
use std::ops::Range;

/// Members in order, from either end.
#[derive(Clone, Debug)]
pub(crate) struct Iter<'a> {
    order: &'a Order,
    /// The places that are left.
    places: Range<usize>,
    /// What comes from the place of the next item on, and what comes up to the last, as far as leaves are at hand.
    front: &'a [Item],
    back: &'a [Item],
}

impl<'a> Iter<'a> {
    /// What stands at these places, which must be there.
    pub(super) fn new(order: &'a Order, places: Range<usize>) -> Iter<'a> {
        Iter { order, places, front: &[], back: &[] }
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a Bytes, f64);

    fn next(&mut self) -> Option<Self::Item> {
        let place = self.places.next()?;
        if self.front.is_empty() {
            let (leaf, at) = self.order.leaf(place);
            self.front = &leaf[at..];
        }
        let (item, rest) = self.front.split_first().expect("there is a place, so there is an item");
        self.front = rest;
        Some((&item.member, item.score))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.places.size_hint()
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let place = self.places.next_back()?;
        if self.back.is_empty() {
            let (leaf, at) = self.order.leaf(place);
            self.back = &leaf[..=at];
        }
        let (item, rest) = self.back.split_last().expect("there is a place, so there is an item");
        self.back = rest;
        Some((&item.member, item.score))
    }
}

impl ExactSizeIterator for Iter<'_> {}
