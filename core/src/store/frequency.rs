//! How often a value is used, as the LFU eviction of a real server counts it.

/// What a new value has, so that it is not evicted at once.
const INITIAL: u8 = 5;
/// How fast the counters climb and sink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pace {
    /// `lfu-log-factor`: the larger, the more uses it takes to climb.
    pub(crate) log_factor: u64,
    /// `lfu-decay-time`: in so many minutes without use it sinks by one; never, if it is zero.
    pub(crate) decay_minutes: i64,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace { log_factor: 10, decay_minutes: 1 }
    }
}

/// A counter that climbs ever more slowly.
///
/// A real server raises it with a probability that falls; here as many uses are counted as it would
/// take on average, so that a test sees the same number every time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frequency {
    pub(super) counter: u8,
    /// Uses since the counter rose.
    uses: u64,
}

impl Default for Frequency {
    fn default() -> Frequency {
        Frequency { counter: INITIAL, uses: 0 }
    }
}

impl Frequency {
    pub(super) fn of(counter: u8) -> Frequency {
        Frequency { counter, ..Frequency::default() }
    }

    pub(super) fn used(self, pace: Pace) -> Frequency {
        let uses = self.uses + 1;
        let needed = u64::from(self.counter.saturating_sub(INITIAL)) * pace.log_factor + 1;
        if uses < needed {
            return Frequency { uses, ..self };
        }
        Frequency { counter: self.counter.saturating_add(1), uses: 0 }
    }

    /// What is left of it after so many minutes without use.
    pub(super) fn decayed(self, minutes: i64, pace: Pace) -> Frequency {
        let by = minutes.max(0).checked_div(pace.decay_minutes).unwrap_or(0);
        let by = u8::try_from(by).unwrap_or(u8::MAX);
        Frequency { counter: self.counter.saturating_sub(by), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(times: u32, pace: Pace) -> Frequency {
        (0..times).fold(Frequency::default(), |frequency, _| frequency.used(pace))
    }

    #[test]
    fn it_climbs_ever_more_slowly_and_sinks_by_the_minute() {
        let pace = Pace::default();
        assert_eq!([0, 1, 2, 12, 33].map(|times| used(times, pace).counter), [5, 6, 6, 7, 8]);
        assert_eq!(used(12, pace).decayed(3, pace).counter, 4);
        assert_eq!(used(100_000, pace).decayed(1_000, pace).counter, 0);
    }

    #[test]
    fn its_pace_can_be_set() {
        let pace = Pace { log_factor: 0, decay_minutes: 10 };
        assert_eq!(used(20, pace).counter, 25);
        assert_eq!(used(300, pace).counter, 255);
        assert_eq!(used(20, pace).decayed(19, pace).counter, 24);
        let still = Pace { decay_minutes: 0, ..pace };
        assert_eq!(used(20, still).decayed(1_000, still).counter, 25);
    }
}
