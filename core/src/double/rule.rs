//! Rules: what a test said beforehand, in the order in which calls are held against them.
use super::Mode;
use super::answer::{Action, Answer, Then};
use super::index::{Index, Place};
use super::journal::Call;
use super::matcher::{Look, Matcher, Question, Subject};
use super::scenario::{Scenario, States};
pub use super::times::Times;
use crate::dice::Dice;
use crate::resp::Reply;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
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

/// Where in the test's source a rule was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source(pub(crate) String);

impl Source {
    /// The line in which messages tell of it; none if the host could not say where that was.
    pub(crate) fn told(&self) -> String {
        if self.0.is_empty() { String::new() } else { format!("\n  made at {}", self.0) }
    }
}

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
    chance: Option<Chance>,
    pub(crate) scenario: Option<Scenario>,
    /// The answers in turn. None at all: a stub is not ready yet, an expectation only counts.
    pub(crate) answers: Vec<Answer>,
    /// How many calls had been answered when the first of these answers was the next.
    answers_from: u64,
    pub(crate) then: Then,
    pub(crate) optional: bool,
    pub(crate) name: Option<String>,
    pub(crate) source: Source,
    pub(crate) handled: Handled,
    /// The first call that came after it was made.
    pub(crate) since: u64,
}

/// The probability with which a rule answers, and the dice that are thrown for it alone.
#[derive(Debug)]
struct Chance {
    probability: f64,
    dice: Dice,
}

/// All rules, found by command.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    all: FxHashMap<RuleId, Rule>,
    index: Index,
    pub(crate) states: States,
    born: u64,
    /// An expectation has counted the call that is held against the rules.
    counted: bool,
    seed: u64,
    /// How many rules have had dice of their own since the start.
    dice: u64,
}

/// Where deciding stopped to ask the host, and what the host said.
#[derive(Clone, Debug)]
pub(crate) struct Resumed {
    asked: Place,
    pub(crate) says: bool,
}

impl Resumed {
    /// The rule whose predicate was asked.
    pub(crate) fn rule(&self) -> RuleId {
        self.asked.1.0
    }
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
    pub(crate) fn seeded(seed: u64) -> Rules {
        Rules { seed, ..Rules::default() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether no rule may be for a call.
    pub(crate) fn has_none_for(&self, call: &Call) -> bool {
        self.index.has_none_for(call)
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
            chance: None,
            scenario: None,
            answers: Vec::new(),
            answers_from: 0,
            then: Then::Last,
            optional: false,
            name: None,
            source,
            handled: Handled::default(),
            since: 0,
        };
        self.index.put(rule.matcher.head(), rule.place());
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
        self.index.take(rule.matcher.head(), rule.place());
        rule.priority = priority;
        self.index.put(rule.matcher.head(), rule.place());
    }

    /// A rule answers with this probability. What it has thrown so far stays thrown.
    pub(crate) fn set_probability(&mut self, id: RuleId, probability: f64) {
        let Some(rule) = self.all.get_mut(&id) else { return };
        if let Some(chance) = &mut rule.chance {
            chance.probability = probability;
            return;
        }
        self.dice += 1;
        let dice = Dice::stream(self.seed, "rule", self.dice);
        rule.chance = Some(Chance { probability, dice });
    }

    pub(crate) fn remove(&mut self, id: RuleId) -> Option<Rule> {
        let rule = self.all.remove(&id)?;
        self.index.take(rule.matcher.head(), rule.place());
        Some(rule)
    }

    pub(crate) fn clear(&mut self) {
        self.all.clear();
        self.index.clear();
        self.states.clear();
        self.dice = 0;
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
        let mut behind = None;
        if let Some(&Resumed { asked, says }) = resumed {
            if says && let Some(decision) = self.answer(asked, mode) {
                return decision;
            }
            behind = Some(asked);
        }
        let subject = Subject::of(call);
        for place in self.index.of(call, behind) {
            let rule = self.all.get_mut(&place.1.0).expect("a place belongs to a rule");
            if !self.states.allow(rule.scenario.as_ref()) {
                continue;
            }
            match rule.matcher.look_at(&subject) {
                Look::No => {}
                Look::Yes => {
                    let answer = rule.answer(&mut self.states, mode, &mut self.counted);
                    if let Some(answer) = answer {
                        return Decision::Rule { rule: rule.id, answer };
                    }
                }
                Look::Ask(question) => {
                    return Decision::Ask {
                        question,
                        resume: Resumed { asked: place, says: false },
                    };
                }
            }
        }
        Decision::NoRule
    }

    /// Whether an expectation has counted a call since this was asked last.
    pub(crate) fn take_counted(&mut self) -> bool {
        std::mem::take(&mut self.counted)
    }

    /// The host has said that a rule matches: its answer, unless it lets the call pass or is gone meanwhile.
    fn answer(&mut self, place: Place, mode: Mode) -> Option<Decision> {
        let rule = self.all.get_mut(&place.1.0)?;
        let allowed = self.states.allow(rule.scenario.as_ref());
        if !allowed {
            return None;
        }
        let answer = rule.answer(&mut self.states, mode, &mut self.counted)?;
        Some(Decision::Rule { rule: rule.id, answer })
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

    /// These answers, from the first on, in place of what it answered so far.
    pub(crate) fn answer_anew(&mut self, answers: Vec<Answer>, then: Then) {
        self.answers = answers;
        self.then = then;
        self.answers_from = self.handled.hits;
    }

    fn place(&self) -> Place {
        (Reverse(self.priority), Reverse(self.id))
    }

    /// Its answer; and whether it is an expectation that has counted the call.
    fn answer(
        &mut self,
        states: &mut States,
        mode: Mode,
        counted: &mut bool,
    ) -> Option<Vec<Action>> {
        let before = self.handled.hits + self.handled.excess;
        let answer = self.take_answer(states, mode);
        let has_counted = self.handled.hits + self.handled.excess > before;
        *counted |= has_counted && self.is_expectation();
        answer
    }

    /// Counts a match, and gives the answer unless the rule lets the call pass. All chance is taken here, before
    /// anything has happened.
    fn take_answer(&mut self, states: &mut States, mode: Mode) -> Option<Vec<Action>> {
        if self.answers.is_empty() && !self.is_expectation() {
            return None;
        }
        self.handled.seen += 1;
        let seen = self.handled.seen;
        if seen <= self.after || self.nth.is_some_and(|nth| nth != seen) {
            return None;
        }
        if self.chance.as_mut().is_some_and(|chance| !chance.dice.chance(chance.probability)) {
            return None;
        }
        if self.limit.is_some_and(|limit| self.handled.hits >= limit) {
            self.handled.excess += 1;
            return None;
        }
        let answer = self.answer_at(self.handled.hits - self.answers_from)?;
        self.handled.hits += 1;
        states.move_on(self.scenario.as_ref());
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

#[cfg(test)]
mod tests {
    use super::super::matcher::tests::call;
    use super::*;

    /// Which of the first calls a rule of some chance answers, with other rules of chance around it.
    fn answered(seed: u64, others: u64) -> Vec<bool> {
        let mut rules = Rules::seeded(seed);
        let mut stub = |name: &str| {
            let id = rules.add(Matcher::command(name), None, Source(String::new()));
            rules.get_mut(id).unwrap().answer_anew(vec!["x".into()], Then::Last);
            rules.set_probability(id, 0.3);
        };
        stub("GET");
        (0..others).for_each(|_| stub("SET"));
        let mut decide = |line| {
            matches!(rules.decide(&call(line), None, Mode::MockFirst), Decision::Rule { .. })
        };
        let mut both = || {
            decide("SET k v");
            decide("GET k")
        };
        (0..50).map(|_| both()).collect()
    }

    #[test]
    fn chance_falls_the_same_in_a_thousand_runs_of_a_thousand() {
        let first = answered(7, 0);
        assert!(first.contains(&true) && first.contains(&false));
        assert!((0..1000).all(|run| answered(7, run % 3) == first));
        assert_ne!(answered(8, 0), first);
    }
}
