//! Members by score and then by their bytes, counted: a B+ tree, in which a place is found in a few steps from all sides.
//!
//! A skiplist, which the real server has, takes some forty steps among a million members, each to another corner of
//! memory. Nobody sees the difference but by the time it takes.
use super::iter::Iter;
use bytes::Bytes;
use std::cmp::Ordering;
use std::ops::Range;

/// A node that grows wider than this is split.
const WIDTH: usize = 64;

/// A node that is narrower than this is joined with a neighbour, if that leaves room.
const NARROW: usize = WIDTH / 4;

/// A member with its score.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) score: f64,
    pub(super) member: Bytes,
}

impl Item {
    pub(super) fn cmp_to(&self, score: f64, member: &[u8]) -> Ordering {
        let by_score = self.score.partial_cmp(&score).expect("NaN never enters");
        by_score.then_with(|| self.member.as_ref().cmp(member))
    }
}

/// The items, no two of which are equal.
#[derive(Clone, Debug)]
pub(super) struct Order {
    root: Node,
}

/// All leaves are equally far from the root.
#[derive(Clone, Debug)]
enum Node {
    Leaf(Vec<Item>),
    Inner(Inner),
}

#[derive(Clone, Debug, Default)]
struct Inner {
    /// What parts a child from those before it: they are less, it is not. The first one parts nothing.
    bounds: Vec<Item>,
    /// How many items each child holds.
    counts: Vec<usize>,
    children: Vec<Node>,
}

/// What was split off a node: its lower bound, and itself.
type Split = (Item, Node);

impl Default for Order {
    fn default() -> Order {
        Order { root: Node::Leaf(Vec::new()) }
    }
}

impl Order {
    /// How many items, from the first, fulfil a condition that never holds again once it failed.
    pub(super) fn count_while(&self, condition: impl Fn(&Item) -> bool) -> usize {
        let (mut node, mut count) = (&self.root, 0);
        loop {
            match node {
                Node::Leaf(items) => return count + items.partition_point(&condition),
                Node::Inner(inner) => {
                    let at = inner.child_where(&condition);
                    count += inner.counts[..at].iter().sum::<usize>();
                    node = &inner.children[at];
                }
            }
        }
    }

    /// Puts an item in its place; none that is equal may be there.
    pub(super) fn insert(&mut self, item: Item) {
        let Some(right) = self.root.insert(item) else { return };
        let left = std::mem::replace(&mut self.root, Node::Inner(Inner::default()));
        let bound = right.0.clone();
        if let Node::Inner(root) = &mut self.root {
            root.put(0, (bound, left));
            root.put(1, right);
        }
    }

    /// Takes an item out; whether it was there.
    pub(super) fn remove(&mut self, score: f64, member: &[u8]) -> bool {
        let removed = self.root.remove(score, member);
        while let Node::Inner(root) = &mut self.root
            && root.children.len() < 2
        {
            self.root = root.children.pop().unwrap_or(Node::Leaf(Vec::new()));
        }
        removed
    }

    /// The items at these places, which must be there.
    pub(super) fn range(&self, places: Range<usize>) -> Iter<'_> {
        Iter::new(self, places)
    }

    /// Gives every zero the sign plus.
    pub(super) fn drop_signs_of_zeros(&mut self) {
        self.root.drop_signs_of_zeros();
    }

    /// The leaf that holds the item at a place, and where in it that is.
    pub(super) fn leaf(&self, place: usize) -> (&[Item], usize) {
        let (mut node, mut left) = (&self.root, place);
        loop {
            match node {
                Node::Leaf(items) => return (items, left),
                Node::Inner(inner) => {
                    let mut at = 0;
                    while left >= inner.counts[at] {
                        left -= inner.counts[at];
                        at += 1;
                    }
                    node = &inner.children[at];
                }
            }
        }
    }
}

impl Node {
    fn len(&self) -> usize {
        match self {
            Node::Leaf(items) => items.len(),
            Node::Inner(inner) => inner.counts.iter().sum(),
        }
    }

    /// How many items or children it has itself.
    fn width(&self) -> usize {
        match self {
            Node::Leaf(items) => items.len(),
            Node::Inner(inner) => inner.children.len(),
        }
    }

    fn insert(&mut self, item: Item) -> Option<Split> {
        match self {
            Node::Leaf(items) => {
                let at = items.partition_point(|one| one.cmp_to(item.score, &item.member).is_lt());
                items.insert(at, item);
                let right = items.split_off(half(items.len(), at)?);
                Some((right[0].clone(), Node::Leaf(right)))
            }
            Node::Inner(inner) => {
                let at = inner.child_of(item.score, &item.member);
                inner.counts[at] += 1;
                let right = inner.children[at].insert(item)?;
                inner.counts[at] -= right.1.len();
                inner.put(at + 1, right);
                let right = inner.split_off(half(inner.children.len(), at + 1)?);
                Some((right.bounds[0].clone(), Node::Inner(right)))
            }
        }
    }

    fn remove(&mut self, score: f64, member: &[u8]) -> bool {
        match self {
            Node::Leaf(items) => {
                let found = items.binary_search_by(|item| item.cmp_to(score, member));
                found.map(|at| items.remove(at)).is_ok()
            }
            Node::Inner(inner) => {
                let at = inner.child_of(score, member);
                let removed = inner.children[at].remove(score, member);
                if removed {
                    inner.counts[at] -= 1;
                    inner.mend(at);
                }
                removed
            }
        }
    }

    /// Takes over what stands behind it, whose lower bound is this.
    fn append(&mut self, bound: Item, behind: Node) {
        match (self, behind) {
            (Node::Leaf(items), Node::Leaf(mut behind)) => items.append(&mut behind),
            (Node::Inner(inner), Node::Inner(mut behind)) => {
                behind.bounds[0] = bound;
                inner.bounds.append(&mut behind.bounds);
                inner.counts.append(&mut behind.counts);
                inner.children.append(&mut behind.children);
            }
            _ => unreachable!("all leaves are equally far from the root"),
        }
    }

    fn drop_signs_of_zeros(&mut self) {
        match self {
            Node::Leaf(items) => {
                items.iter_mut().filter(|item| item.score == 0.0).for_each(|item| item.score = 0.0);
            }
            Node::Inner(inner) => inner.children.iter_mut().for_each(Node::drop_signs_of_zeros),
        }
    }
}

impl Inner {
    /// The child in which a condition comes to fail that holds up to some item.
    fn child_where(&self, condition: impl Fn(&Item) -> bool) -> usize {
        self.bounds[1..].partition_point(condition)
    }

    /// The child in which an item has its place.
    fn child_of(&self, score: f64, member: &[u8]) -> usize {
        self.child_where(|bound| bound.cmp_to(score, member).is_le())
    }

    fn put(&mut self, at: usize, (bound, child): Split) {
        self.bounds.insert(at, bound);
        self.counts.insert(at, child.len());
        self.children.insert(at, child);
    }

    fn take(&mut self, at: usize) -> Split {
        self.counts.remove(at);
        (self.bounds.remove(at), self.children.remove(at))
    }

    fn split_off(&mut self, at: usize) -> Inner {
        Inner {
            bounds: self.bounds.split_off(at),
            counts: self.counts.split_off(at),
            children: self.children.split_off(at),
        }
    }

    /// Sees to a child that may have become narrow.
    fn mend(&mut self, at: usize) {
        let width = self.children[at].width();
        if width == 0 {
            self.take(at);
        } else if width < NARROW {
            let left = at.saturating_sub(1);
            let together = |right: &Node| right.width() + self.children[left].width();
            if self.children.get(left + 1).is_some_and(|right| together(right) <= WIDTH / 2) {
                let (bound, right) = self.take(left + 1);
                self.counts[left] += right.len();
                self.children[left].append(bound, right);
            }
        }
    }
}

/// Where a node of this width is split, to which something was added at a place: in the middle, or, where it grows at its
/// end, so that it stays full.
fn half(width: usize, added: usize) -> Option<usize> {
    let at = if added + 1 == width { added } else { width / 2 };
    (width > WIDTH).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// How deep a node is, when all in it is as it should be.
    fn check(node: &Node, is_root: bool, from: Option<&Item>, to: Option<&Item>) -> usize {
        assert!(node.width() <= WIDTH && (node.width() > 0 || is_root));
        match node {
            Node::Leaf(items) => {
                let is_less =
                    |one: &Item, other: &Item| one.cmp_to(other.score, &other.member).is_lt();
                assert!(items.windows(2).all(|pair| is_less(&pair[0], &pair[1])));
                assert!(items.iter().all(|item| from.is_none_or(|from| !is_less(item, from))));
                assert!(items.iter().all(|item| to.is_none_or(|to| is_less(item, to))));
                1
            }
            Node::Inner(inner) => {
                assert!(inner.children.len() > 1 || !is_root);
                let depths = inner.children.iter().enumerate().map(|(at, child)| {
                    assert_eq!(inner.counts[at], child.len());
                    let from = if at == 0 { from } else { Some(&inner.bounds[at]) };
                    check(child, false, from, inner.bounds.get(at + 1).or(to))
                });
                let depths: BTreeSet<_> = depths.collect();
                assert_eq!(depths.len(), 1, "all leaves are equally far from the root");
                1 + depths.first().expect("there is a child")
            }
        }
    }

    const COUNT: u32 = 20_011;

    /// Puts all in and takes all out again, each in an order of its own, and looks at it now and then.
    fn fill_and_empty(put: impl Fn(u32) -> u32, take: impl Fn(u32) -> u32) {
        let (mut order, mut model) = (Order::default(), BTreeSet::new());
        let item = |number: u32| (number / 3, Bytes::from(format!("{number:05}")));
        let look = |order: &Order, model: &BTreeSet<(u32, Bytes)>| {
            check(&order.root, true, None, None);
            assert_eq!(order.root.len(), model.len());
            let items = order.range(0..model.len()).map(|(member, score)| (score, member.clone()));
            assert!(
                items.eq(model.iter().map(|(score, member)| (f64::from(*score), member.clone())))
            );
        };
        for step in 0..COUNT {
            let (score, member) = item(put(step));
            order.insert(Item { score: f64::from(score), member: member.clone() });
            model.insert((score, member));
            if step % 1999 == 0 {
                look(&order, &model);
            }
        }
        assert_eq!(check(&order.root, true, None, None), 3);
        for step in 0..COUNT {
            let (score, member) = item(take(step));
            assert!(order.remove(f64::from(score), &member));
            assert!(!order.remove(f64::from(score), &member));
            model.remove(&(score, member));
            if step % 1999 == 0 || COUNT - step < 99 {
                look(&order, &model);
            }
        }
    }

    #[test]
    fn it_stays_in_shape_whatever_comes_and_goes_in_which_order() {
        let scattered = |step| step * 7919 % COUNT;
        let backwards = |step| COUNT - 1 - step;
        fill_and_empty(|step| step, scattered);
        fill_and_empty(backwards, |step| step);
        fill_and_empty(scattered, backwards);
        fill_and_empty(scattered, |step| step * 101 % COUNT);
    }

    #[test]
    fn items_come_from_both_ends_until_they_meet() {
        let mut order = Order::default();
        for number in 0..1000_u32 {
            order.insert(Item { score: f64::from(number), member: Bytes::from_static(b"m") });
        }
        let mut items = order.range(100..900);
        let mut met = Vec::new();
        while let (Some((_, low)), Some((_, high))) = (items.next(), items.next_back()) {
            met.push((low, high));
        }
        assert_eq!(met.len(), 400);
        assert_eq!((met[0], met[399]), ((100.0, 899.0), (499.0, 500.0)));
    }
}
