//! Ranges as `start` and `stop` give them: both ends belong to it, and negative ones count from the end.
use std::ops::Range;

/// The places from `start` to `stop` among `len`; what of the range is not there is left out.
pub(super) fn span(start: i64, stop: i64, len: usize) -> Range<usize> {
    let len_signed = i64::try_from(len).expect("lengths fit in 63 bits");
    let place = |index: i64| if index < 0 { index + len_signed } else { index };
    let start = usize::try_from(place(start)).unwrap_or(0);
    let end = usize::try_from(place(stop).saturating_add(1)).unwrap_or(0).min(len);
    if start < end { start..end } else { 0..0 }
}

/// The place an index stands for, if it is there.
pub(super) fn place(index: i64, len: usize) -> Option<usize> {
    let len_signed = i64::try_from(len).expect("lengths fit in 63 bits");
    let index = if index < 0 { index + len_signed } else { index };
    usize::try_from(index).ok().filter(|index| *index < len)
}

#[cfg(test)]
mod tests {
    use super::span;

    #[test]
    fn a_span_keeps_to_what_is_there() {
        for (start, stop, expected) in [
            (0, -1, 0..5),
            (-100, 100, 0..5),
            (1, 1, 1..2),
            (3, 1, 0..0),
            (5, 9, 0..0),
            (0, -100, 0..0),
            (i64::MIN, i64::MAX, 0..5),
        ] {
            assert_eq!(span(start, stop, 5), expected, "{start} {stop}");
        }
    }
}
