//! Bytes in small segments.
use super::line::Segment;
use crate::clock::micros;
use std::time::Duration;

/// Cuts bytes into segments of this size, with a gap between two of them.
pub(super) fn slice(segments: Vec<Segment>, size: usize, gap: Duration) -> Vec<Segment> {
    let mut sliced = Vec::new();
    for segment in segments {
        let mut wait = 0;
        for piece in segment.cut(size.max(1)) {
            sliced.push(piece.later(wait));
            wait = wait.saturating_add(micros(gap));
        }
    }
    sliced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_segment_has_the_size_and_comes_a_gap_later() {
        let sliced = slice(vec![Segment::of("abcde", 10)], 2, Duration::from_micros(7));
        assert_eq!(sliced, [Segment::of("ab", 10), Segment::of("cd", 17), Segment::of("e", 24)]);
        assert_eq!(slice(vec![Segment::of("abcdefghi", 10)], 1, Duration::MAX).len(), 9);
    }
}
