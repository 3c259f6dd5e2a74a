//! Where the rules for a call stand: found by its command, in the order in which they are held against it.
use super::journal::Call;
use super::matcher::{Group, Head, has};
use super::rule::RuleId;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;
use std::ops::Bound;
use std::sync::Arc;

/// A rule's place: the highest priority first, the newest first within one.
pub(crate) type Place = (Reverse<i64>, Reverse<RuleId>);

/// The places of all rules. Those for other commands than a call's are not looked at.
#[derive(Debug, Default)]
pub(crate) struct Index {
    any: BTreeSet<Place>,
    /// By the first word of the command's name.
    commands: FxHashMap<String, BTreeSet<Place>>,
    /// By group, each with its commands. There are few groups, however many rules.
    groups: BTreeMap<Group, (Arc<[bool]>, BTreeSet<Place>)>,
}

impl Index {
    pub(crate) fn put(&mut self, head: &Head, place: Place) {
        match head {
            Head::Any => &mut self.any,
            Head::Command(name) => self.commands.entry(family(name).to_owned()).or_default(),
            Head::Group(group, members) => {
                let new = || (Arc::clone(members), BTreeSet::new());
                &mut self.groups.entry(group.clone()).or_insert_with(new).1
            }
        }
        .insert(place);
    }

    pub(crate) fn take(&mut self, head: &Head, place: Place) {
        match head {
            Head::Any => {
                self.any.remove(&place);
            }
            Head::Command(name) => {
                let family = family(name);
                if let Some(places) = self.commands.get_mut(family) {
                    places.remove(&place);
                    if places.is_empty() {
                        self.commands.remove(family);
                    }
                }
            }
            Head::Group(group, _) => {
                if let Some((_, places)) = self.groups.get_mut(group) {
                    places.remove(&place);
                    if places.is_empty() {
                        self.groups.remove(group);
                    }
                }
            }
        }
    }

    pub(crate) fn clear(&mut self) {
        *self = Index::default();
    }

    /// Whether no rule may be for a call. Most calls of a test with rules for others end here.
    pub(crate) fn has_none_for(&self, call: &Call) -> bool {
        self.any.is_empty()
            && !self.commands.contains_key(family(&call.name))
            && !self.groups.values().any(|(members, _)| concerns(members, call))
    }

    /// The places of the rules that may be for a call, in order, behind one of them or from the first on.
    pub(crate) fn of(&self, call: &Call, behind: Option<Place>) -> Places<'_> {
        Places { lists: self.lists(call, behind.map_or(Bound::Unbounded, Bound::Excluded)) }
    }

    fn lists(&self, call: &Call, start: Bound<Place>) -> Vec<List<'_>> {
        let groups = self.groups.values().filter(|(members, _)| concerns(members, call));
        let all = self.commands.get(family(&call.name)).into_iter().chain([&self.any]);
        let lists = all.chain(groups.map(|(_, places)| places)).filter(|places| !places.is_empty());
        lists.map(|places| places.range((start, Bound::Unbounded)).peekable()).collect()
    }
}

type List<'a> = Peekable<std::collections::btree_set::Range<'a, Place>>;

/// Places of several lists in one order.
#[derive(Debug)]
pub(crate) struct Places<'a> {
    lists: Vec<List<'a>>,
}

impl Iterator for Places<'_> {
    type Item = Place;

    fn next(&mut self) -> Option<Place> {
        let mut first: Option<(Place, usize)> = None;
        for (nth, list) in self.lists.iter_mut().enumerate() {
            if let Some(&&place) = list.peek()
                && first.is_none_or(|(least, _)| place < least)
            {
                first = Some((place, nth));
            }
        }
        let (place, nth) = first?;
        self.lists[nth].next();
        Some(place)
    }
}

/// Whether a call's command is one of a group.
fn concerns(members: &[bool], call: &Call) -> bool {
    call.entry.is_some_and(|entry| has(members, entry))
}

fn family(name: &str) -> &str {
    name.split_once(' ').map_or(name, |(family, _)| family)
}

#[cfg(test)]
mod tests {
    use super::super::matcher::Matcher;
    use super::super::matcher::tests::call;
    use super::*;
    use crate::command::Table;
    use crate::persona::{Flavour, Persona};

    fn put(index: &mut Index, matcher: Matcher, priority: i64, id: u64) -> (Matcher, Place) {
        let persona = Persona::newest(Flavour::Redis);
        let matcher = matcher.resolve(Table::of(persona), persona).unwrap();
        let place = (Reverse(priority), Reverse(RuleId(id)));
        index.put(matcher.head(), place);
        (matcher, place)
    }

    fn found(index: &Index, line: &str) -> Vec<u64> {
        index.of(&call(line), None).map(|place| place.1.0.number()).collect()
    }

    #[test]
    fn rules_for_other_commands_are_not_even_looked_at() {
        let mut index = Index::default();
        for id in 0..10_000 {
            put(&mut index, Matcher::command(&format!("OTHER{id}")), 0, id);
        }
        put(&mut index, Matcher::category("@write"), 0, 10_000);
        assert!(found(&index, "GET k").is_empty());
        put(&mut index, Matcher::command("get"), 0, 10_001);
        assert_eq!(found(&index, "GET k"), [10_001]);
        assert_eq!(found(&index, "SET k v"), [10_000]);
    }

    #[test]
    fn rules_of_every_kind_come_in_one_order() {
        let mut index = Index::default();
        let rules = [
            (Matcher::command("XREAD"), 0),
            (Matcher::any(), 0),
            (Matcher::category("@stream"), 1),
            (Matcher::flag("blocking"), 0),
            (Matcher::category("@read"), -1),
            (Matcher::command("XREAD"), 1),
        ];
        let made: Vec<_> = (1..).zip(rules).map(|(id, (m, p))| put(&mut index, m, p, id)).collect();
        assert_eq!(found(&index, "XREAD STREAMS s 0"), [6, 3, 4, 2, 1, 5]);
        assert_eq!(found(&index, "PING"), [2]);
        let behind = |nth: usize| index.of(&call("XREAD STREAMS s 0"), Some(made[nth].1)).count();
        assert_eq!([5, 2, 3, 1, 0, 4].map(behind), [5, 4, 3, 2, 1, 0]);
        for (matcher, place) in made {
            index.take(matcher.head(), place);
        }
        assert!(index.commands.is_empty() && index.groups.is_empty() && index.any.is_empty());
    }
}
