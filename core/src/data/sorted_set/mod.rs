//! Members with scores, ordered by score and then by their bytes: an order beside a dict.

mod iter;
mod order;
#[cfg(test)]
mod tests;

use std::{
    cmp::Ordering,
    ops::{Bound, Range},
};

use bytes::Bytes;

use super::{
    dict::Dict,
    limits::{Growth, Limits},
};
use iter::Iter;
use order::{Item, Order};

/// The range of scores asked for by ZRANGEBYSCORE and kin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ScoreRange {
    pub(crate) min: Bound<f64>,
    pub(crate) max: Bound<f64>,
}

/// The range of members asked for by ZRANGEBYLEX and kin: `-` as `min` and `+` as `max` are `Unbounded`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LexRange {
    pub(crate) min: Bound<Bytes>,
    pub(crate) max: Bound<Bytes>,
}

impl LexRange {
    /// The range in which nothing is: what `+` as `min` or `-` as `max` asks for.
    pub(crate) fn nothing() -> LexRange {
        LexRange { min: Bound::Excluded(Bytes::new()), max: Bound::Included(Bytes::new()) }
    }
}

/// Every place in the order is a rank; ranges by score and by member are turned into ranges of ranks, which are then
/// counted, walked or deleted. Each of these steps is O(log n) beside what it puts out. NaN must never enter.
#[derive(Clone, Debug, Default)]
pub(crate) struct SortedSet {
    scores: Dict<f64>,
    order: Order,
    encoding: Encoding,
    growth: Growth,
    /// A score of -0 was given since the encoding was last settled.
    has_negative_zero: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Encoding {
    #[default]
    Listpack,
    Skiplist,
}

impl SortedSet {
    pub(crate) fn new() -> SortedSet {
        SortedSet::default()
    }

    pub(crate) fn len(&self) -> usize {
        self.scores.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.scores.is_empty()
    }

    pub(crate) fn contains(&self, member: &[u8]) -> bool {
        self.scores.contains(member)
    }

    pub(crate) fn score(&self, member: &[u8]) -> Option<f64> {
        self.scores.get(member).copied()
    }

    /// Says that a command names more than a listpack takes, which makes it a skiplist whatever is added.
    pub(crate) fn announce_too_much(&mut self) {
        self.growth.announced(usize::MAX);
    }

    /// Gives a member a score and returns the score it had.
    ///
    /// A score equal to the one it had changes nothing, so that 0 stays 0 when -0 is given, as on the real server.
    pub(crate) fn insert(&mut self, member: Bytes, score: f64) -> Option<f64> {
        debug_assert!(!score.is_nan(), "NaN has no place in an order");
        self.has_negative_zero |= score == 0.0 && score.is_sign_negative();
        let Some(place) = self.scores.position(&member) else {
            self.growth.added(member.len());
            self.scores.insert(member.clone(), score);
            self.order.insert(Item { score, member });
            return None;
        };
        let (member, &old) = self.scores.at(place).expect("it was just found");
        if old.partial_cmp(&score) != Some(Ordering::Equal) {
            let member = member.clone();
            self.order.remove(old, &member);
            self.order.insert(Item { score, member });
            *self.scores.at_mut(place).expect("it was just found") = score;
        }
        Some(old)
    }

    /// Removes a member and returns the score it had.
    pub(crate) fn remove(&mut self, member: &[u8]) -> Option<f64> {
        let (member, score) = self.scores.remove(member)?;
        self.order.remove(score, &member);
        Some(score)
    }

    /// How many members stand before this one.
    pub(crate) fn rank(&self, member: &[u8]) -> Option<usize> {
        let score = self.score(member)?;
        Some(self.order.count_while(|item| item.cmp_to(score, member).is_lt()))
    }

    /// How many members stand behind this one.
    pub(crate) fn reverse_rank(&self, member: &[u8]) -> Option<usize> {
        self.rank(member).map(|rank| self.len() - 1 - rank)
    }

    /// The member at a rank.
    pub(crate) fn at_rank(&self, rank: usize) -> Option<(&Bytes, f64)> {
        self.range(rank..rank.saturating_add(1)).next()
    }

    /// Some member, by a place that has nothing to do with its rank: a uniform choice among `0..len()` is a uniform
    /// choice among the members.
    pub(crate) fn at(&self, index: usize) -> Option<(&Bytes, f64)> {
        self.scores.at(index).map(|(member, &score)| (member, score))
    }

    /// The ranks of the members whose score is in the range.
    pub(crate) fn score_range(&self, range: &ScoreRange) -> Range<usize> {
        let start = match range.min {
            Bound::Unbounded => 0,
            Bound::Included(min) => self.order.count_while(|item| item.score < min),
            Bound::Excluded(min) => self.order.count_while(|item| item.score <= min),
        };
        let end = match range.max {
            Bound::Unbounded => self.len(),
            Bound::Included(max) => self.order.count_while(|item| item.score <= max),
            Bound::Excluded(max) => self.order.count_while(|item| item.score < max),
        };
        start..end.max(start)
    }

    /// The ranks of the members that are in the range, if all scores are equal; else it is as unspecified as on the
    /// real server.
    pub(crate) fn lex_range(&self, range: &LexRange) -> Range<usize> {
        let start = match &range.min {
            Bound::Unbounded => 0,
            Bound::Included(min) => self.order.count_while(|item| item.member < min),
            Bound::Excluded(min) => self.order.count_while(|item| item.member <= min),
        };
        let end = match &range.max {
            Bound::Unbounded => self.len(),
            Bound::Included(max) => self.order.count_while(|item| item.member <= max),
            Bound::Excluded(max) => self.order.count_while(|item| item.member < max),
        };
        start..end.max(start)
    }

    /// The members at these ranks, from either end; what of the range is not there is left out.
    pub(crate) fn range(&self, ranks: Range<usize>) -> Iter<'_> {
        let end = ranks.end.min(self.len());
        self.order.range(ranks.start.min(end)..end)
    }

    /// All members in order.
    pub(crate) fn iter(&self) -> Iter<'_> {
        self.order.range(0..self.len())
    }

    /// Removes the members at these ranks and returns them in order.
    pub(crate) fn delete_range(&mut self, ranks: Range<usize>) -> Vec<(Bytes, f64)> {
        let deleted: Vec<_> =
            self.range(ranks).map(|(member, score)| (member.clone(), score)).collect();
        for (member, score) in &deleted {
            self.scores.remove(member);
            self.order.remove(*score, member);
        }
        deleted
    }

    #[cfg(test)]
    pub(crate) fn pop_first(&mut self) -> Option<(Bytes, f64)> {
        self.delete_range(0..1).pop()
    }

    #[cfg(test)]
    pub(crate) fn pop_last(&mut self) -> Option<(Bytes, f64)> {
        let len = self.len();
        self.delete_range(len.saturating_sub(1)..len).pop()
    }

    /// A step of the walk of ZSCAN; all at once, in order, while the set is small.
    pub(crate) fn scan(
        &self,
        cursor: u64,
        count: usize,
        mut visit: impl FnMut(&Bytes, f64),
    ) -> u64 {
        if self.is_compact() {
            self.iter().for_each(|(member, score)| visit(member, score));
            return 0;
        }
        self.scores.scan(cursor, count, |member, &score| visit(member, score))
    }

    /// Whether it is so small that it is a listpack.
    pub(crate) fn is_compact(&self) -> bool {
        self.encoding == Encoding::Listpack
    }

    pub(crate) fn encoding(&self) -> &'static str {
        match self.encoding {
            Encoding::Listpack => "listpack",
            Encoding::Skiplist => "skiplist",
        }
    }

    /// Takes the encoding of large ones, however small it is.
    pub(crate) fn become_skiplist(&mut self) {
        self.encoding = Encoding::Skiplist;
    }

    /// Takes the encoding that the real server would have taken during the change.
    pub(crate) fn settle(&mut self, limits: &Limits) {
        if self.growth.take_exceeds(
            self.len(),
            limits.zset_max_listpack_entries,
            limits.zset_max_listpack_value,
        ) {
            self.encoding = Encoding::Skiplist;
        }
        if std::mem::take(&mut self.has_negative_zero) && self.encoding == Encoding::Listpack {
            self.drop_signs_of_zeros();
        }
    }

    /// A listpack holds integers, and among them there is no -0.
    fn drop_signs_of_zeros(&mut self) {
        for score in self.scores.iter_mut().map(|(_, score)| score).filter(|score| **score == 0.0) {
            *score = 0.0;
        }
        self.order.drop_signs_of_zeros();
    }
}

impl<'a> IntoIterator for &'a SortedSet {
    type Item = (&'a Bytes, f64);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}
