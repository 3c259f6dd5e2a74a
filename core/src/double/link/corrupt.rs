//! Bytes that arrive as others.
use super::line::{Segment, What};
use crate::dice::Dice;

/// Makes another byte of each, as likely as the rate says. Chance is asked once for each byte, so what comes does not
/// depend on the segments in which it does.
pub(super) fn corrupt(mut segments: Vec<Segment>, rate: f64, dice: &mut Dice) -> Vec<Segment> {
    for segment in &mut segments {
        let What::Bytes(bytes) = &mut segment.what else { continue };
        let spoilt: Vec<u8> = bytes.iter().map(|byte| spoil(*byte, rate, dice)).collect();
        *bytes = spoilt.into();
    }
    segments
}

fn spoil(byte: u8, rate: f64, dice: &mut Dice) -> u8 {
    let (hit, by) = (dice.fraction() < rate, dice.below(255));
    if hit { byte ^ u8::try_from(by + 1).expect("it is below 256") } else { byte }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoilt(rate: f64) -> Vec<u8> {
        let mut dice = Dice::new(1);
        (0..10_000).map(|_| spoil(b'a', rate, &mut dice)).collect()
    }

    #[test]
    fn as_many_bytes_are_others_as_the_rate_says() {
        assert!(spoilt(0.0).iter().all(|byte| *byte == b'a'));
        assert!(spoilt(1.0).iter().all(|byte| *byte != b'a'));
        let some = spoilt(0.1).iter().filter(|byte| **byte != b'a').count();
        assert!((900..1100).contains(&some), "{some}");
    }

    #[test]
    fn what_is_spoilt_does_not_depend_on_the_segments() {
        let of = |parts: &[&'static str]| {
            let parts = parts.iter().map(|part| Segment::of(part, 0)).collect();
            let spoilt = corrupt(parts, 0.5, &mut Dice::new(3));
            spoilt.into_iter().flat_map(|segment| segment.bytes().to_vec()).collect::<Vec<_>>()
        };
        assert_eq!(of(&["abcdef"]), of(&["a", "bcd", "ef"]));
        assert_ne!(of(&["abcdef"]), b"abcdef");
    }
}
