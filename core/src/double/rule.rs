//! Rules: what a test said beforehand, in the order in which calls are held against them.
use super::Mode;
use super::answer::{Action, Answer, Then};
use super::journal::Call;
use super::matcher::{Look, Matcher, Question};
use crate::resp::Reply;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::ops::{Bound, RangeInclusive};
use std::panic::Location;

/// The identity of a rule. It says nothing about the rule's place in the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(pub(crate) u64);

impl RuleId {
    /// What stands for the fault of a sweep, which is no rule of the test's.
    pub(crate) const SWEEP: RuleId = RuleId(0);

    /// The number of the rule, from 1 on in the order in which rules were made.
    pub fn number(self) -> u64 {
        self.0
    }
}

/// How often an expectation must be met: exactly, or at least and at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// At least so often.
    pub least: u64,
    /// At most so often; `u64::MAX` for no limit.
    pub most: u64,
}

impl From<u64> for Times {
    fn from(n: u64) -> Times {
        Times { least: n, most: n }
    }
}

impl From<RangeInclusive<u64>> for Times {
    fn from(range: RangeInclusive<u64>) -> Times {
        Times { least: *range.start(), most: *range.end() }
    }
}

impl From<std::ops::RangeFrom<u64>> for Times {
    fn from(range: std::ops::RangeFrom<u64>) -> Times {
        Times { least: range.start, most: u64::MAX }
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.least, self.most) {
            (0, 0) => f.write_str("never"),
            (1, 1) => f.write_str("once"),
            (n, m) if n == m => write!(f, "{n} times"),
            (1, u64::MAX) => f.write_str("at least once"),
            (n, u64::MAX) => write!(f, "at least {n} times"),
            (n, m) => write!(f, "{n} to {m} times"),
        }
    }
}

/// Where in the test's source a rule was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source(pub(crate) String);

impl From<&'static Location<'static>> for Source {
    fn from(location: &'static Location<'static>) -> Source {
        Source(format!("{}:{}", location.file(), location.line()))
    }
}

/// What a rule has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Handled {
    /// Calls that matched, answered by the rule or not.
    pub seen: u64,
    /// Calls the rule answered or counted.
    pub hits: u64,
    /// Calls that came when the rule had had all it wanted.
    pub excess: u64,
}

/// A mounted stub or expectation.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) id: RuleId,
    pub(crate) matcher: Matcher,
    /// What must happen for the test to pass; only an expectation has it.
    pub(crate) expected: Option<Times>,
    pub(crate) limit: Option<u64>,
    pub(crate) nth: Option<u64>,
    pub(crate) after: u64,
    priority: i64,
    /// The answers in turn. None at all: a stub is not ready yet, an expectation only counts.
    pub(crate) answers: Vec<Answer>,
    pub(crate) then: Then,
    pub(crate) optional: bool,
    pub(crate) name: Option<String>,
    pub(crate) source: Source,
    pub(crate) handled: Handled,
    /// The first call that came after it was made.
    pub(crate) since: u64,
}

/// A rule's place: the highest priority first, the newest first within one.
type Place = (Reverse<i64>, Reverse<RuleId>);

/// All rules, found by command.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    all: HashMap<RuleId, Rule>,
    /// By the first word of the command's name; under nothing those for any command.
    places: HashMap<String, BTreeMap<Place, RuleId>>,
    born: u64,
    /// An expectation has counted the call that is held against the rules.
    counted: bool,
}

/// Where deciding stopped to ask the host, and what the host said.
#[derive(Clone, Debug)]
pub(crate) struct Resumed {
    asked: (Place, RuleId),
    pub(crate) says: bool,
}

/// What the rules say of a call.
#[derive(Debug)]
pub(crate) enum Decision {
    NoRule,
    /// This rule answers.
    Rule {
        rule: RuleId,
        answer: Vec<Action>,
    },
    /// The host must be asked first.
    Ask {
        question: Question,
        resume: Resumed,
    },
}

impl Rules {
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(crate) fn add(
        &mut self,
        matcher: Matcher,
        expected: Option<Times>,
        source: Source,
    ) -> RuleId {
        self.born += 1;
        let id = RuleId(self.born);
        let rule = Rule {
            id,
            matcher,
            expected,
            limit: None,
            nth: None,
            after: 0,
            priority: 0,
            answers: Vec::new(),
            then: Then::Last,
            optional: false,
            name: None,
            source,
            handled: Handled::default(),
            since: 0,
        };
        self.places.entry(rule.family()).or_default().insert(rule.place(), id);
        self.all.insert(id, rule);
        id
    }

    pub(crate) fn get(&self, id: RuleId) -> Option<&Rule> {
        self.all.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: RuleId) -> Option<&mut Rule> {
        self.all.get_mut(&id)
    }

    pub(crate) fn set_priority(&mut self, id: RuleId, priority: i64) {
        let Some(rule) = self.all.get_mut(&id) else { return };
        let places = self.places.get_mut(&rule.family()).expect("a rule has its place");
        places.remove(&rule.place());
        rule.priority = priority;
        places.insert(rule.place(), id);
    }

    pub(crate) fn remove(&mut self, id: RuleId) -> Option<Rule> {
        let rule = self.all.remove(&id)?;
        if let Some(places) = self.places.get_mut(&rule.family()) {
            places.remove(&rule.place());
        }
        Some(rule)
    }

    pub(crate) fn clear(&mut self) {
        self.all.clear();
        self.places.clear();
    }

    /// All rules in the order in which they were made.
    pub(crate) fn all(&self) -> Vec<&Rule> {
        let mut rules: Vec<_> = self.all.values().collect();
        rules.sort_by_key(|rule| rule.id);
        rules
    }

    /// Holds a call against the rules, in order, from the start or from where it stopped.
    pub(crate) fn decide(
        &mut self,
        call: &Call,
        resumed: Option<&Resumed>,
        mode: Mode,
    ) -> Decision {
        let mut from = None;
        if let Some(&Resumed { asked: (place, id), says }) = resumed {
            if says && let Some(answer) = self.answer(id, mode) {
                return Decision::Rule { rule: id, answer };
            }
            from = Some(place);
        }
        let family = call.name.split(' ').next().unwrap_or_default();
        while let Some((place, id)) = self.next_place(family, from) {
            from = Some(place);
            let rule = self.all.get(&id).expect("a place belongs to a rule");
            match rule.matcher.look(call) {
                Look::No => {}
                Look::Yes => {
                    if let Some(answer) = self.answer(id, mode) {
                        return Decision::Rule { rule: id, answer };
                    }
                }
                Look::Ask(question) => {
                    let resume = Resumed { asked: (place, id), says: false };
                    return Decision::Ask { question, resume };
                }
            }
        }
        Decision::NoRule
    }

    /// Whether an expectation has counted a call since this was asked last.
    pub(crate) fn take_counted(&mut self) -> bool {
        std::mem::take(&mut self.counted)
    }

    /// The first rule after `from` among those for the command and those for any.
    fn next_place(&self, family: &str, from: Option<Place>) -> Option<(Place, RuleId)> {
        let start = from.map_or(Bound::Unbounded, Bound::Excluded);
        let first = |key: &str| {
            let places = self.places.get(key)?;
            places.range((start, Bound::Unbounded)).next().map(|(place, id)| (*place, *id))
        };
        match (first(family), first("")) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// Counts a match, and gives the rule's answer unless the rule lets the call pass.
    fn answer(&mut self, id: RuleId, mode: Mode) -> Option<Vec<Action>> {
        let rule = self.all.get_mut(&id)?;
        let before = rule.handled.hits + rule.handled.excess;
        let answer = rule.take_answer(mode);
        let counted = rule.handled.hits + rule.handled.excess > before;
        self.counted |= counted && rule.is_expectation();
        answer
    }
}

impl Rule {
    pub(crate) fn is_expectation(&self) -> bool {
        self.expected.is_some()
    }

    /// The rule as a failure message names it.
    pub(crate) fn title(&self) -> String {
        let word = if self.is_expectation() { "expect" } else { "stub" };
        let name = self.name.as_ref().map(|name| format!(" '{name}'")).unwrap_or_default();
        format!("{word}{name} {}", self.matcher)
    }

    /// Whether calls are held against it before the other.
    pub(crate) fn goes_before(&self, other: &Rule) -> bool {
        self.place() < other.place()
    }

    fn family(&self) -> String {
        let name = self.matcher.name().unwrap_or_default();
        name.split(' ').next().unwrap_or_default().to_owned()
    }

    fn place(&self) -> Place {
        (Reverse(self.priority), Reverse(self.id))
    }

    fn take_answer(&mut self, mode: Mode) -> Option<Vec<Action>> {
        if self.answers.is_empty() && !self.is_expectation() {
            return None;
        }
        self.handled.seen += 1;
        let seen = self.handled.seen;
        if seen <= self.after || self.nth.is_some_and(|nth| nth != seen) {
            return None;
        }
        if self.limit.is_some_and(|limit| self.handled.hits >= limit) {
            self.handled.excess += 1;
            return None;
        }
        let answer = self.answer_at(self.handled.hits)?;
        self.handled.hits += 1;
        if mode == Mode::StatefulOnly || answer.is_empty() {
            // It counts, and older rules or the store answer.
            return None;
        }
        Some(answer)
    }

    /// The answer to the hit of this number; empty for an expectation that has none.
    fn answer_at(&self, hit: u64) -> Option<Vec<Action>> {
        if self.answers.is_empty() {
            return Some(Vec::new());
        }
        let count = self.answers.len();
        let hit = usize::try_from(hit).unwrap_or(usize::MAX);
        let index = match self.then {
            _ if hit < count => hit,
            Then::Last => count - 1,
            Then::Cycle => hit % count,
            Then::Store => return None,
            Then::Error => {
                let text = format!("ERR faux_redis: {} has no more answers", self.title());
                return Some(vec![Action::Reply(Reply::error(text))]);
            }
        };
        Some(self.answers[index].0.clone())
    }
}
