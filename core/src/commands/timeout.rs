//! How long a blocking command waits, as its argument says.
use crate::clock::Micros;
use crate::engine::Ctx;
use crate::number::{LongDouble, parse_i64};
use crate::resp::{Error, Result};

/// Reads a timeout in milliseconds; none waits for ever.
pub(super) fn timeout_ms(cx: &Ctx<'_>, ms: &[u8]) -> Result<Option<Micros>> {
    let ms = parse_i64(ms).ok_or(Error::TIMEOUT_NOT_AN_INTEGER)?;
    checked(cx, ms)
}

/// Reads a timeout in seconds, rounded up to a millisecond; none waits for ever.
pub(super) fn timeout(cx: &Ctx<'_>, seconds: &[u8]) -> Result<Option<Micros>> {
    let seconds = LongDouble::parse(seconds).ok_or(Error::TIMEOUT_NOT_A_FLOAT)?;
    let ms = (seconds * LongDouble::from(1000)).ceil_to_i64();
    // Before 7.2 what is too large comes out negative.
    let too_large = if cx.at_least(7, 2) && !seconds.is_negative() {
        Error::TIMEOUT_OUT_OF_RANGE
    } else {
        Error::TIMEOUT_NEGATIVE
    };
    checked(cx, ms.ok_or(too_large)?)
}

fn checked(cx: &Ctx<'_>, ms: i64) -> Result<Option<Micros>> {
    if ms < 0 {
        return Err(Error::TIMEOUT_NEGATIVE);
    }
    if cx.at_least(7, 2) && ms.checked_add(cx.now_ms()).is_none() {
        return Err(Error::TIMEOUT_OUT_OF_RANGE);
    }
    Ok((ms > 0).then(|| ms.saturating_mul(1000)))
}
