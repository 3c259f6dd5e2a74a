//! A link that lets so many bytes through and no more.
use super::LinkId;
use super::effect::LimitThen;
use super::line::{Segment, What};
use crate::double::script::Ending;

/// Lets bytes through until `passed` has come to the limit, and says then what becomes of the connection.
pub(super) fn limit(
    segments: Vec<Segment>,
    bytes: u64,
    then: LimitThen,
    link: LinkId,
    passed: &mut u64,
) -> Vec<Segment> {
    let mut limited = Vec::new();
    for mut segment in segments {
        let left = usize::try_from(bytes.saturating_sub(*passed)).unwrap_or(usize::MAX);
        let length = segment.bytes().len();
        if length < left || (length == 0 && left > 0) {
            *passed += length as u64;
            limited.push(segment);
            continue;
        }
        *passed = bytes;
        let due = segment.due;
        if let What::Bytes(rest) = &mut segment.what {
            let within = rest.split_to(left);
            if !within.is_empty() {
                limited.push(Segment { what: What::Bytes(within), due, held: segment.held });
            }
        }
        let end = match then {
            LimitThen::Close => Ending::Close,
            LimitThen::Reset => Ending::Reset,
            LimitThen::Blackhole => {
                segment.held = segment.held.or(Some(link));
                limited.push(segment);
                continue;
            }
        };
        limited.push(Segment { what: What::End(end), due, held: None });
        break;
    }
    limited
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: LinkId = LinkId(1);

    fn check(then: LimitThen, expect: &[Segment]) {
        let mut passed = 0;
        let parts = vec![Segment::of("ab", 1), Segment::of("cde", 2), Segment::of("f", 3)];
        assert_eq!(limit(parts, 4, then, LINK, &mut passed), expect, "{then:?}");
        assert_eq!(passed, 4);
    }

    #[test]
    fn so_many_bytes_pass_and_then_the_connection_ends_or_falls_silent() {
        let within = [Segment::of("ab", 1), Segment::of("cd", 2)];
        let end = |ending| Segment { what: What::End(ending), due: 2, held: None };
        check(LimitThen::Close, &[&within[..], &[end(Ending::Close)]].concat());
        check(LimitThen::Reset, &[&within[..], &[end(Ending::Reset)]].concat());
        let held = |text, due| Segment { held: Some(LINK), ..Segment::of(text, due) };
        check(LimitThen::Blackhole, &[&within[..], &[held("e", 2), held("f", 3)]].concat());
    }

    #[test]
    fn a_limit_that_is_met_exactly_ends_the_connection_at_once() {
        let limited = limit(vec![Segment::of("ab", 1)], 2, LimitThen::Close, LINK, &mut 0);
        assert_eq!(limited.len(), 2);
    }
}
