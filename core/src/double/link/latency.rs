//! Bytes that take time.
use super::line::Segment;
use crate::clock::{Micros, micros};
use crate::dice::Dice;
use std::time::Duration;

/// Has each segment come so much later, by the jitter more or less. A segment that would overtake the one before it
/// comes right after it.
pub(super) fn delay(
    segments: Vec<Segment>,
    time: Duration,
    jitter: Duration,
    dice: &mut Dice,
) -> Vec<Segment> {
    segments.into_iter().map(|segment| segment.later(drawn(time, jitter, dice))).collect()
}

fn drawn(time: Duration, jitter: Duration, dice: &mut Dice) -> Micros {
    if jitter.is_zero() {
        return micros(time);
    }
    let most = micros(time).saturating_add(micros(jitter));
    let back = jitter.as_secs_f64() * 2e6 * dice.fraction();
    // No time is that long: what does not fit is as good as all of it.
    #[expect(clippy::cast_possible_truncation, reason = "it is cut off at the ends of the numbers")]
    most.saturating_sub(back as Micros).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_goes_both_ways_and_never_before_the_start() {
        let mut dice = Dice::new(1);
        let ms = Duration::from_millis;
        let times: Vec<_> = (0..1000).map(|_| drawn(ms(20), ms(5), &mut dice)).collect();
        assert!(times.iter().all(|time| (15_000..=25_000).contains(time)), "{times:?}");
        assert!(times.iter().any(|time| *time < 16_000) && times.iter().any(|t| *t > 24_000));
        assert!((0..1000).any(|_| drawn(ms(1), ms(5), &mut dice) == 0));
        assert!((0..1000).all(|_| drawn(Duration::MAX, Duration::MAX, &mut dice) >= 0));
    }
}
