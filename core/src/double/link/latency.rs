//! Bytes that take time.
use super::line::Segment;
use crate::clock::micros;
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
    segments.into_iter().map(|segment| segment.later(micros(drawn(time, jitter, dice)))).collect()
}

fn drawn(time: Duration, jitter: Duration, dice: &mut Dice) -> Duration {
    if jitter.is_zero() {
        return time;
    }
    (time + jitter.mul_f64(2.0 * dice.fraction())).saturating_sub(jitter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_goes_both_ways_and_never_before_the_start() {
        let mut dice = Dice::new(1);
        let ms = Duration::from_millis;
        let times: Vec<_> = (0..1000).map(|_| drawn(ms(20), ms(5), &mut dice)).collect();
        assert!(times.iter().all(|time| (ms(15)..=ms(25)).contains(time)), "{times:?}");
        assert!(times.iter().any(|time| *time < ms(16)) && times.iter().any(|t| *t > ms(24)));
        assert!((0..1000).any(|_| drawn(ms(1), ms(5), &mut dice) == Duration::ZERO));
    }
}
