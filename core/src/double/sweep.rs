//! A fault sweep: one fault at one step of a test, and what came of all of them.
use super::Double;
use super::answer::Action;
use super::rule::{Decision, RuleId};
use super::verify::is_handshake;
use std::fmt::{self, Write as _};

/// What a sweep does to one call, and which calls it has seen.
#[derive(Debug)]
pub(crate) struct Injection {
    /// The call that is spoilt, counted from 1 in the order in which calls are decided; 0 for none.
    pub(crate) at: usize,
    pub(crate) answer: Vec<Action>,
    /// The calls so far, but for the handshake.
    pub(crate) steps: Vec<u64>,
}

impl Double {
    /// What the sweep does to a call, if it is the one.
    pub(super) fn inject(&mut self, call: u64, is_resumed: bool) -> Option<Decision> {
        let injection = self.injection.as_mut()?;
        let counts = !is_resumed && self.journal.find(call).is_some_and(|call| !is_handshake(call));
        if !counts {
            return None;
        }
        injection.steps.push(call);
        (injection.steps.len() == injection.at)
            .then(|| Decision::Rule { rule: RuleId::SWEEP, answer: injection.answer.clone() })
    }
}

/// What came of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The test passed in spite of the fault.
    Survived,
    /// It failed: the first line of how.
    Failed(String),
    /// It failed, and it may.
    Allowed(String),
    /// The test did not come to this step, so there was no fault.
    NotReached,
}

/// One run of the test, with one fault at one step.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Run {
    /// The step, counted from 0.
    pub step: usize,
    /// The fault, counted from 0.
    pub fault: usize,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a sweep: a run for each step and each fault. It prints itself as a table.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Swept {
    /// The steps: what the test calls, in order.
    pub steps: Vec<String>,
    /// The faults, in a rule's words.
    pub faults: Vec<String>,
    /// Every run.
    pub runs: Vec<Run>,
    /// Runs that were left out because there would have been too many.
    pub left_out: usize,
}

impl Swept {
    /// The result of runs that were made elsewhere: for bindings to other languages.
    #[doc(hidden)]
    pub fn of(steps: Vec<String>, faults: Vec<String>) -> Swept {
        Swept { steps, faults, ..Swept::default() }
    }

    /// Adds a run.
    #[doc(hidden)]
    pub fn add(&mut self, step: usize, fault: usize, outcome: Outcome) {
        self.runs.push(Run { step, fault, outcome });
    }

    /// The runs that did not survive and should have.
    pub fn failed(&self) -> Vec<&Run> {
        self.runs.iter().filter(|run| matches!(run.outcome, Outcome::Failed(_))).collect()
    }

    /// How many runs there were, and of what, in a line.
    pub fn summary(&self) -> String {
        let (runs, failed) = (self.runs.len(), self.failed().len());
        let what = match failed {
            0 => format!("{}, all survived", counted(runs, "run")),
            _ => format!("{failed} of {} not survived", counted(runs, "run")),
        };
        let (steps, faults) = (self.steps.len(), self.faults.len());
        let size = format!("({}, {})", counted(steps, "command"), counted(faults, "fault"));
        match self.left_out {
            0 => format!("fault sweep: {what} {size}"),
            left_out => {
                let left_out = counted(left_out, "run");
                format!("fault sweep: {what} {size}; {left_out} left out by the limit")
            }
        }
    }

    fn word(&self, step: usize, fault: usize) -> &'static str {
        let run = self.runs.iter().find(|run| (run.step, run.fault) == (step, fault));
        match run.map(|run| &run.outcome) {
            Some(Outcome::Survived) => "survived",
            Some(Outcome::Failed(_)) => "FAILED",
            Some(Outcome::Allowed(_)) => "allowed",
            Some(Outcome::NotReached) => "not reached",
            None => "left out",
        }
    }
}

impl fmt::Display for Swept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.summary())?;
        let number = self.steps.len().to_string().len();
        let titles: Vec<_> =
            (1..).zip(&self.steps).map(|(n, s)| format!("{n:>number$} {s}")).collect();
        let width = titles.iter().map(|title| title.chars().count()).max().unwrap_or(0).max(4);
        let columns: Vec<_> = self
            .faults
            .iter()
            .map(|fault| fault.chars().count().max("not reached".len()))
            .collect();
        let row = |first: &str, cells: &mut dyn Iterator<Item = &str>| {
            let mut line = format!("  {first:<width$}");
            for (cell, column) in cells.zip(&columns) {
                write!(line, "  {cell:<column$}").expect("a string takes all");
            }
            line.trim_end().to_owned()
        };
        write!(f, "\n{}", row("step", &mut self.faults.iter().map(String::as_str)))?;
        for (step, title) in titles.iter().enumerate() {
            let mut cells = (0..self.faults.len()).map(|fault| self.word(step, fault));
            write!(f, "\n{}", row(title, &mut cells))?;
        }
        for run in &self.runs {
            if let Outcome::Failed(why) | Outcome::Allowed(why) = &run.outcome {
                let word = self.word(run.step, run.fault);
                let (step, fault) = (&self.steps[run.step], &self.faults[run.fault]);
                write!(f, "\n  {word} at step {} {step}, {fault}:\n    {why}", run.step + 1)?;
            }
        }
        Ok(())
    }
}

fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}
