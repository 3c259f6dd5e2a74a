//! Members with scores, ordered by score and then by their bytes: a skiplist with spans beside a dict.

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

/// The real server's: a node is a level higher with a chance of one in four, up to 32 levels.
const MAX_LEVELS: usize = 32;

/// The node before the first; it has all levels and no member.
const HEAD: u32 = 0;

const NONE: u32 = u32::MAX;

/// Where the series of levels starts; a fixed seed makes two runs build the same skiplist.
const LEVEL_SEED: u64 = 0x9e37_79b9_7f4a_7c15;

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
#[derive(Clone, Debug)]
pub(crate) struct SortedSet {
    scores: Dict<f64>,
    /// The skiplist's nodes, linked by their places; the first is the head.
    nodes: Vec<Node>,
    /// Places of `nodes` that are free for new ones.
    free: Vec<u32>,
    /// How many levels are in use.
    levels: usize,
    last: u32,
    chance: u64,
    encoding: Encoding,
    growth: Growth,
    /// A score of -0 was given since the encoding was last settled.
    has_negative_zero: bool,
}

#[derive(Clone, Debug)]
struct Node {
    member: Bytes,
    score: f64,
    before: u32,
    links: Box<[Link]>,
}

#[derive(Clone, Copy, Debug)]
struct Link {
    next: u32,
    /// How many ranks the link goes forward; to the end of the list if there is no next node.
    span: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Listpack,
    Skiplist,
}

/// On each level the last node before a place in the order, and that node's rank counted from the head.
struct Path {
    nodes: [u32; MAX_LEVELS],
    ranks: [u32; MAX_LEVELS],
}

impl Default for SortedSet {
    fn default() -> SortedSet {
        SortedSet {
            scores: Dict::new(),
            nodes: vec![Node {
                member: Bytes::new(),
                score: 0.0,
                before: NONE,
                links: vec![Link { next: NONE, span: 0 }; MAX_LEVELS].into(),
            }],
            free: Vec::new(),
            levels: 1,
            last: NONE,
            chance: LEVEL_SEED,
            encoding: Encoding::Listpack,
            growth: Growth::default(),
            has_negative_zero: false,
        }
    }
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
        let old =
            self.scores.get_key_value(&member).map(|(member, &score)| (member.clone(), score));
        let Some((member, old_score)) = old else {
            self.growth.added(member.len());
            self.scores.insert(member.clone(), score);
            self.link(member, score);
            return None;
        };
        if old_score.partial_cmp(&score) != Some(Ordering::Equal) {
            self.scores.insert(member.clone(), score);
            self.unlink(&member, old_score);
            self.link(member, score);
        }
        Some(old_score)
    }

    /// Removes a member and returns the score it had.
    pub(crate) fn remove(&mut self, member: &[u8]) -> Option<f64> {
        let (member, score) = self.scores.remove(member)?;
        self.unlink(&member, score);
        Some(score)
    }

    /// How many members stand before this one.
    pub(crate) fn rank(&self, member: &[u8]) -> Option<usize> {
        let score = self.score(member)?;
        Some(self.count_while(|node| order(node, score, member).is_lt()))
    }

    /// How many members stand behind this one.
    pub(crate) fn reverse_rank(&self, member: &[u8]) -> Option<usize> {
        self.rank(member).map(|rank| self.len() - 1 - rank)
    }

    /// The member at a rank.
    #[cfg(test)]
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
            Bound::Included(min) => self.count_while(|node| node.score < min),
            Bound::Excluded(min) => self.count_while(|node| node.score <= min),
        };
        let end = match range.max {
            Bound::Unbounded => self.len(),
            Bound::Included(max) => self.count_while(|node| node.score <= max),
            Bound::Excluded(max) => self.count_while(|node| node.score < max),
        };
        start..end.max(start)
    }

    /// The ranks of the members that are in the range, if all scores are equal; else it is as unspecified as on the
    /// real server.
    pub(crate) fn lex_range(&self, range: &LexRange) -> Range<usize> {
        let start = match &range.min {
            Bound::Unbounded => 0,
            Bound::Included(min) => self.count_while(|node| node.member < min),
            Bound::Excluded(min) => self.count_while(|node| node.member <= min),
        };
        let end = match &range.max {
            Bound::Unbounded => self.len(),
            Bound::Included(max) => self.count_while(|node| node.member <= max),
            Bound::Excluded(max) => self.count_while(|node| node.member < max),
        };
        start..end.max(start)
    }

    /// The members at these ranks, from either end; what of the range is not there is left out.
    pub(crate) fn range(&self, ranks: Range<usize>) -> Iter<'_> {
        let end = ranks.end.min(self.len());
        let start = ranks.start.min(end);
        let left = end - start;
        if left == 0 {
            return Iter { set: self, front: NONE, back: NONE, left };
        }
        Iter { set: self, front: self.node_at(start), back: self.node_at(end - 1), left }
    }

    /// All members in order.
    pub(crate) fn iter(&self) -> Iter<'_> {
        Iter { set: self, front: self.node(HEAD).links[0].next, back: self.last, left: self.len() }
    }

    /// Removes the members at these ranks and returns them in order.
    pub(crate) fn delete_range(&mut self, ranks: Range<usize>) -> Vec<(Bytes, f64)> {
        let deleted: Vec<_> =
            self.range(ranks).map(|(member, score)| (member.clone(), score)).collect();
        for (member, score) in &deleted {
            self.scores.remove(member);
            self.unlink(member, *score);
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
        if self.encoding == Encoding::Listpack {
            self.iter().for_each(|(member, score)| visit(member, score));
            return 0;
        }
        self.scores.scan(cursor, count, |member, &score| visit(member, score))
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
        for node in self.nodes.iter_mut().filter(|node| node.score == 0.0) {
            node.score = 0.0;
        }
    }

    fn node(&self, place: u32) -> &Node {
        &self.nodes[place as usize]
    }

    fn link_at(&mut self, place: u32, level: usize) -> &mut Link {
        &mut self.nodes[place as usize].links[level]
    }

    /// How many members, from the first, fulfil a condition that never holds again once it failed.
    fn count_while(&self, condition: impl Fn(&Node) -> bool) -> usize {
        self.path(condition).ranks[0] as usize
    }

    fn path(&self, condition: impl Fn(&Node) -> bool) -> Path {
        let mut path = Path { nodes: [HEAD; MAX_LEVELS], ranks: [0; MAX_LEVELS] };
        let (mut place, mut rank) = (HEAD, 0);
        for level in (0..self.levels).rev() {
            loop {
                let Link { next, span } = self.node(place).links[level];
                if next == NONE || !condition(self.node(next)) {
                    break;
                }
                place = next;
                rank += span;
            }
            path.nodes[level] = place;
            path.ranks[level] = rank;
        }
        path
    }

    fn node_at(&self, rank: usize) -> u32 {
        let (mut place, mut left) = (HEAD, rank + 1);
        for level in (0..self.levels).rev() {
            loop {
                let Link { next, span } = self.node(place).links[level];
                if next == NONE || span as usize > left {
                    break;
                }
                place = next;
                left -= span as usize;
            }
            if left == 0 {
                break;
            }
        }
        place
    }

    fn link(&mut self, member: Bytes, score: f64) {
        let path = self.path(|node| order(node, score, &member).is_lt());
        let levels = self.draw_levels();
        let len = self.linked();
        for level in self.levels..levels {
            *self.link_at(HEAD, level) = Link { next: NONE, span: len };
        }
        self.levels = self.levels.max(levels);
        let before = path.nodes[0];
        let place = self.allocate(Node {
            member,
            score,
            before,
            links: vec![Link { next: NONE, span: 0 }; levels].into(),
        });
        for level in 0..self.levels {
            let skipped = path.ranks[0] - path.ranks[level];
            let link = self.link_at(path.nodes[level], level);
            if level < levels {
                let behind = Link { next: link.next, span: link.span - skipped };
                *link = Link { next: place, span: skipped + 1 };
                *self.link_at(place, level) = behind;
            } else {
                link.span += 1;
            }
        }
        self.set_before_of_next(place, place);
    }

    fn unlink(&mut self, member: &[u8], score: f64) {
        let path = self.path(|node| order(node, score, member).is_lt());
        let place = self.node(path.nodes[0]).links[0].next;
        self.set_before_of_next(place, path.nodes[0]);
        let node = std::mem::replace(
            &mut self.nodes[place as usize],
            Node { member: Bytes::new(), score: 0.0, before: NONE, links: Box::default() },
        );
        for level in 0..self.levels {
            let link = self.link_at(path.nodes[level], level);
            link.span -= 1;
            if let Some(behind) = node.links.get(level) {
                *link = Link { next: behind.next, span: link.span + behind.span };
            }
        }
        while self.levels > 1 && self.node(HEAD).links[self.levels - 1].next == NONE {
            self.levels -= 1;
        }
        self.release(place);
    }

    /// How many nodes are linked; the dict may already be ahead of the list, or behind it.
    fn linked(&self) -> u32 {
        u32::try_from(self.nodes.len() - 1 - self.free.len()).expect("places are 32 bits wide")
    }

    /// Tells the node behind `place`, or the end of the list, which node is now before it.
    fn set_before_of_next(&mut self, place: u32, before: u32) {
        match self.node(place).links[0].next {
            NONE => self.last = if before == HEAD { NONE } else { before },
            next => self.nodes[next as usize].before = before,
        }
    }

    fn allocate(&mut self, node: Node) -> u32 {
        if let Some(place) = self.free.pop() {
            self.nodes[place as usize] = node;
            return place;
        }
        self.nodes.push(node);
        u32::try_from(self.nodes.len() - 1).expect("no test holds four thousand million members")
    }

    fn release(&mut self, place: u32) {
        self.free.push(place);
        if self.free.len() + 1 == self.nodes.len() {
            self.free.clear();
            self.nodes.truncate(1);
        }
    }

    /// Draws from a xorshift series: levels need to be spread, not to be unforeseeable.
    fn draw_levels(&mut self) -> usize {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        let quarters = self.chance.trailing_zeros() as usize / 2;
        (1 + quarters).min(MAX_LEVELS)
    }
}

fn order(node: &Node, score: f64, member: &[u8]) -> Ordering {
    let by_score = node.score.partial_cmp(&score).expect("NaN never enters");
    by_score.then_with(|| node.member.as_ref().cmp(member))
}

/// Members in order, from either end.
#[derive(Clone, Debug)]
pub(crate) struct Iter<'a> {
    set: &'a SortedSet,
    front: u32,
    back: u32,
    left: usize,
}

impl<'a> Iter<'a> {
    fn take(&mut self, place: u32) -> (&'a Bytes, f64) {
        self.left -= 1;
        let node = self.set.node(place);
        (&node.member, node.score)
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a Bytes, f64);

    fn next(&mut self) -> Option<(&'a Bytes, f64)> {
        if self.left == 0 {
            return None;
        }
        let place = self.front;
        self.front = self.set.node(place).links[0].next;
        Some(self.take(place))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        let place = self.back;
        self.back = self.set.node(place).before;
        Some(self.take(place))
    }
}

impl ExactSizeIterator for Iter<'_> {}

impl<'a> IntoIterator for &'a SortedSet {
    type Item = (&'a Bytes, f64);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}
