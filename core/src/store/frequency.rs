//! How often a value is used, as the LFU eviction of a real server counts it.

/// What a new value has, so that it is not evicted at once.
const INITIAL: u8 = 5;
/// `lfu-log-factor` as it is by default.
const LOG_FACTOR: u16 = 10;

/// A counter that climbs ever more slowly.
///
/// A real server raises it with a probability that falls; here as many uses are counted as it would
/// take on average, so that a test sees the same number every time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frequency {
    pub(super) counter: u8,
    /// Uses since the counter rose.
    uses: u16,
}

impl Default for Frequency {
    fn default() -> Frequency {
        Frequency { counter: INITIAL, uses: 0 }
    }
}

impl Frequency {
    pub(super) fn of(counter: u8) -> Frequency {
        Frequency { counter, uses: 0 }
    }

    pub(super) fn used(self) -> Frequency {
        let uses = self.uses + 1;
        let needed = u16::from(self.counter.saturating_sub(INITIAL)) * LOG_FACTOR + 1;
        if uses < needed {
            return Frequency { uses, ..self };
        }
        Frequency { counter: self.counter.saturating_add(1), uses: 0 }
    }

    /// It sinks by one a minute without use.
    pub(super) fn decayed(self, minutes: i64) -> Frequency {
        let by = u8::try_from(minutes.max(0)).unwrap_or(u8::MAX);
        Frequency { counter: self.counter.saturating_sub(by), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_climbs_ever_more_slowly_and_sinks_by_the_minute() {
        let used = |times| (0..times).fold(Frequency::default(), |f, _| f.used());
        assert_eq!([0, 1, 2, 12, 33].map(|times| used(times).counter), [5, 6, 6, 7, 8]);
        assert_eq!(used(12).decayed(3).counter, 4);
        assert_eq!(used(100_000).decayed(1_000).counter, 0);
    }
}
