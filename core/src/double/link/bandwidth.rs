//! Bytes through a narrow pipe.
use super::line::{Segment, What};
use crate::clock::Micros;

/// In a second a pipe lets its bytes go in so many pieces.
const PIECES_A_SECOND: u64 = 50;

/// Has bytes come as fast as the rate lets them, which is in bytes a second. `free_at` is when the pipe has let the bytes
/// before them through.
pub(super) fn narrow(segments: Vec<Segment>, rate: u64, free_at: &mut Micros) -> Vec<Segment> {
    let piece = usize::try_from(rate / PIECES_A_SECOND).unwrap_or(usize::MAX).max(1);
    let mut narrowed = Vec::new();
    for segment in segments.into_iter().flat_map(|segment| segment.cut(piece)) {
        let takes = match &segment.what {
            What::Bytes(bytes) => micros_for(bytes.len(), rate),
            What::End(_) => 0,
        };
        *free_at = segment.due.max(*free_at).saturating_add(takes);
        narrowed.push(Segment { due: *free_at, ..segment });
    }
    narrowed
}

fn micros_for(bytes: usize, rate: u64) -> Micros {
    let micros = (bytes as u128) * 1_000_000 / u128::from(rate.max(1));
    Micros::try_from(micros).unwrap_or(Micros::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_as_fast_as_the_rate_and_one_after_the_other() {
        let mut free_at = 0;
        let mut dues = |due, text: &'static str| -> Vec<_> {
            let narrowed = narrow(vec![Segment::of(text, due)], 100, &mut free_at);
            narrowed.iter().map(|segment| segment.due / 1000).collect()
        };
        assert_eq!(dues(0, "abcd"), [20, 40]);
        assert_eq!(dues(5_000, "e"), [50]);
        assert_eq!(dues(900_000, "fgh"), [920, 930]);
    }
}
