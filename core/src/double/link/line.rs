//! The bytes under way in one direction of one connection.
use super::effect::{Effect, Way};
use super::{LinkId, Plan, bandwidth, corrupt, latency, limit, slice};
use crate::clock::{Micros, micros};
use crate::dice::Dice;
use crate::double::script::Ending;
use bytes::Bytes;
use std::collections::VecDeque;

/// A line takes no more while so many bytes wait in it; a real one fills up, too.
const FULL: usize = 4 << 20;

/// What is under way, in order, and what is done to that which comes.
#[derive(Debug)]
pub(crate) struct Line {
    way: Way,
    stages: Vec<Stage>,
    queue: VecDeque<Segment>,
    waiting: usize,
    /// When the last of the queue comes: what is pushed later comes no earlier.
    last_due: Micros,
    /// When the connection ends whatever is under way.
    ends_at: Option<(Micros, Ending)>,
}

/// Bytes that come together, or the end of the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) what: What,
    pub(super) due: Micros,
    /// It does not come as long as this link is there.
    pub(super) held: Option<LinkId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    Bytes(Bytes),
    End(Ending),
}

/// What a line lets go next.
#[derive(Debug)]
pub(crate) enum Next<'a> {
    /// These bytes, of which what was moved is to be taken off; then [`Line::moved`] is to be said.
    Bytes(&'a mut Bytes),
    End(Ending),
    /// Something at this time.
    At(Micros),
    /// Nothing by itself.
    Nothing,
}

/// An effect at work.
#[derive(Debug)]
struct Stage {
    link: LinkId,
    at: usize,
    effect: Effect,
    dice: Dice,
    since: Micros,
    /// Until when a narrow pipe is taken.
    free_at: Micros,
    /// How many bytes have passed a limit.
    passed: u64,
}

impl Segment {
    /// The pieces of it, none longer than this.
    pub(super) fn cut(mut self, size: usize) -> Vec<Segment> {
        let mut pieces = Vec::new();
        if let What::Bytes(bytes) = &mut self.what {
            while bytes.len() > size {
                let piece = What::Bytes(bytes.split_to(size));
                pieces.push(Segment { what: piece, due: self.due, held: self.held });
            }
        }
        pieces.push(self);
        pieces
    }

    pub(super) fn later(mut self, by: Micros) -> Segment {
        self.due = self.due.saturating_add(by);
        self
    }

    pub(super) fn bytes(&self) -> &[u8] {
        if let What::Bytes(bytes) = &self.what { bytes } else { &[] }
    }
}

impl Line {
    pub(crate) fn new(way: Way) -> Line {
        Line {
            way,
            stages: Vec::new(),
            queue: VecDeque::new(),
            waiting: 0,
            last_due: Micros::MIN,
            ends_at: None,
        }
    }

    /// What comes from now on goes through these effects. What is under way keeps its time; what only a link that is gone
    /// held back comes now.
    pub(crate) fn apply(&mut self, plan: &Plan) {
        let mut before = std::mem::take(&mut self.stages);
        for placed in plan.effects.iter().filter(|placed| placed.direction.has(self.way)) {
            let same = |stage: &Stage| stage.link == placed.link && stage.at == placed.at;
            let stage = before.iter().position(same).map(|at| before.swap_remove(at));
            self.stages.push(stage.unwrap_or_else(|| Stage {
                link: placed.link,
                at: placed.at,
                effect: placed.effect.clone(),
                dice: Dice::stream(placed.seed, "way", u64::from(self.way == Way::Up)),
                since: plan.since,
                free_at: Micros::MIN,
                passed: 0,
            }));
        }
        let is_there = |id| plan.effects.iter().any(|placed| placed.link == id);
        for segment in &mut self.queue {
            segment.held = segment.held.filter(|id| is_there(*id));
        }
        self.ends_at = self.stages.iter().filter_map(Stage::ends_at).min_by_key(|(at, _)| *at);
    }

    pub(crate) fn push(&mut self, bytes: Bytes, now: Micros) {
        if !bytes.is_empty() {
            self.put(What::Bytes(bytes), now);
        }
    }

    /// The connection ends, after what is under way.
    pub(crate) fn end(&mut self, ending: Ending, now: Micros) {
        self.put(What::End(ending), now);
    }

    fn put(&mut self, what: What, now: Micros) {
        let mut segments = vec![Segment { what, due: now, held: None }];
        for stage in &mut self.stages {
            segments = stage.pass(segments);
        }
        for mut segment in segments {
            segment.due = segment.due.max(self.last_due);
            self.last_due = segment.due;
            self.waiting += segment.bytes().len();
            self.queue.push_back(segment);
        }
    }

    /// What comes next. Bytes that have been moved must be taken off by [`Line::moved`].
    pub(crate) fn next(&mut self, now: Micros) -> Next<'_> {
        if let Some((_, ending)) = self.ends_at.filter(|(at, _)| *at <= now) {
            return Next::End(ending);
        }
        let ends_at = self.ends_at.map(|(at, _)| at);
        let at = |due: Option<Micros>| match [due, ends_at].into_iter().flatten().min() {
            Some(at) => Next::At(at),
            None => Next::Nothing,
        };
        match self.queue.front_mut() {
            None | Some(Segment { held: Some(_), .. }) => at(None),
            Some(segment) if segment.due > now => at(Some(segment.due)),
            Some(Segment { what: What::End(ending), .. }) => Next::End(*ending),
            Some(Segment { what: What::Bytes(bytes), .. }) => Next::Bytes(bytes),
        }
    }

    /// So many of the bytes that came next have been moved.
    pub(crate) fn moved(&mut self, count: usize) {
        self.waiting -= count;
        let is_over = |segment: &Segment| segment.bytes().is_empty();
        if self.queue.front().is_some_and(is_over) {
            self.queue.pop_front();
        }
    }

    /// Whether nothing is under way.
    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Whether nothing follows what comes next.
    pub(crate) fn is_last(&self) -> bool {
        self.queue.len() == 1
    }

    /// Whether nothing is under way, and nothing is done to what comes.
    pub(crate) fn is_plain(&self) -> bool {
        self.stages.is_empty() && self.queue.is_empty()
    }

    /// Whether it takes anything: not while it is full, and not while a blackhole keeps all that it would let go.
    pub(crate) fn takes(&self) -> bool {
        let holds = self.queue.iter().any(|segment| segment.held.is_some());
        let is_black = |stage: &Stage| matches!(stage.effect, Effect::Blackhole { .. });
        self.waiting < FULL && !holds && !self.stages.iter().any(is_black)
    }
}

impl Stage {
    fn pass(&mut self, segments: Vec<Segment>) -> Vec<Segment> {
        match &self.effect {
            Effect::Latency { time, jitter } => {
                latency::delay(segments, *time, *jitter, &mut self.dice)
            }
            Effect::Bandwidth(rate) => bandwidth::narrow(segments, *rate, &mut self.free_at),
            Effect::SlowClose(time) => {
                let is_end = |segment: &Segment| matches!(segment.what, What::End(_));
                let late = |s: Segment| if is_end(&s) { s.later(micros(*time)) } else { s };
                segments.into_iter().map(late).collect()
            }
            Effect::Slice { size, gap } => slice::slice(segments, *size, *gap),
            Effect::Limit { bytes, then } => {
                limit::limit(segments, *bytes, *then, self.link, &mut self.passed)
            }
            Effect::Corrupt(rate) => corrupt::corrupt(segments, *rate, &mut self.dice),
            Effect::Blackhole { .. } => {
                let held = |s: Segment| Segment { held: s.held.or(Some(self.link)), ..s };
                segments.into_iter().map(held).collect()
            }
            Effect::Reset(_) => segments,
        }
    }

    /// When it ends the connection by itself, and how.
    fn ends_at(&self) -> Option<(Micros, Ending)> {
        match &self.effect {
            Effect::Reset(after) => {
                Some((self.since.saturating_add(micros(*after)), Ending::Reset))
            }
            Effect::Blackhole { close_after } => {
                close_after.map(|after| (self.since.saturating_add(micros(after)), Ending::Close))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
