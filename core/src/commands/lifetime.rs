//! Times to live as options give them: `EX seconds`, `PXAT unix-time-milliseconds` and their like.
use crate::command::Args;
use crate::engine::{Ctx, word};
use crate::number::parse_i64;
use crate::resp::{Error, Result};
use crate::store::Removal;
use bytes::Bytes;

/// How a time to live is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Form {
    /// From 1970 on, and not from now.
    pub(super) absolute: bool,
    pub(super) seconds: bool,
}

impl Form {
    pub(super) const MILLISECONDS: Form = Form { absolute: false, seconds: false };
    pub(super) const SECONDS: Form = Form { absolute: false, seconds: true };
    pub(super) const UNIX_MILLISECONDS: Form = Form { absolute: true, seconds: false };
    pub(super) const UNIX_SECONDS: Form = Form { absolute: true, seconds: true };

    /// The time in milliseconds since 1970, unless it is too far away.
    pub(super) fn ends_at_ms(self, time: i64, now_ms: i64) -> Option<i64> {
        let ms = time.checked_mul(if self.seconds { 1000 } else { 1 })?;
        ms.checked_add(if self.absolute { 0 } else { now_ms })
    }
}

/// Lets a key that is there expire at this time, or removes it when the time has passed.
pub(super) fn expire_at(cx: &mut Ctx<'_>, key: &Bytes, at_ms: i64) {
    if at_ms <= cx.now_ms() {
        let why = removal_of_the_past(cx);
        cx.db.remove(key, why);
        // It is a change that the client made, whatever it is called.
        cx.db.store.counts.dirty += u64::from(why == Removal::Expired);
        propagate_expiry(cx, key);
    } else {
        let at = Bytes::from(at_ms.to_string());
        cx.propagate_instead(|| [word("PEXPIREAT"), key.clone(), at]);
        cx.db.set_expiry(key, Some(at_ms));
        cx.db.changed(key, "expire");
    }
}

/// Has the command propagate as the removal of a key that expired.
pub(super) fn propagate_expiry(cx: &mut Ctx<'_>, key: &Bytes) {
    if cx.is_followed() {
        let name = cx.expiry();
        cx.propagate_instead(|| [name, key.clone()]);
    }
}

/// A command whose lifetime stands among its options, from the word `options` on, with it as the moment of its end.
pub(super) fn ending_at(words: &[Bytes], options: usize, ends_at_ms: i64) -> Vec<Bytes> {
    const FORMS: [&[u8]; 3] = [b"EX", b"PX", b"EXAT"];
    let mut words = words.to_vec();
    let is_lifetime = |word: &Bytes| FORMS.iter().any(|form| word.eq_ignore_ascii_case(form));
    if let Some(at) = words.iter().skip(options).position(is_lifetime) {
        words[options + at] = word("PXAT");
        words[options + at + 1] = ends_at_ms.to_string().into();
    }
    words
}

/// What becomes of a key that is told to expire in the past: Redis has it deleted, Valkey expired.
pub(super) fn removal_of_the_past(cx: &Ctx<'_>) -> Removal {
    if cx.node.persona.is_valkey_from(8, 1) { Removal::Expired } else { Removal::Deleted }
}

/// Milliseconds in whole seconds, half a second upwards. No time is too large for it.
pub(super) fn round_to_seconds(ms: i64) -> i64 {
    ms / 1000 + i64::from(ms % 1000 >= 500)
}

/// A time to live, not yet read as a number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lifetime<'a> {
    pub(super) form: Form,
    value: &'a Bytes,
}

impl<'a> Lifetime<'a> {
    pub(super) fn new(form: Form, value: &'a Bytes) -> Lifetime<'a> {
        Lifetime { form, value }
    }

    /// Takes one of EX, PX, EXAT and PXAT with its value off the arguments, if it is next.
    pub(super) fn option(args: &mut Args<'a>) -> Option<Lifetime<'a>> {
        const FORMS: [(&str, Form); 4] = [
            ("EX", Form::SECONDS),
            ("PX", Form::MILLISECONDS),
            ("EXAT", Form::UNIX_SECONDS),
            ("PXAT", Form::UNIX_MILLISECONDS),
        ];
        FORMS
            .into_iter()
            .find_map(|(word, form)| args.option(word).map(|value| Lifetime::new(form, value)))
    }

    /// The same option may be said again, and then the last counts; another is an error.
    pub(super) fn instead_of(self, earlier: Option<Lifetime<'_>>) -> Result<Lifetime<'a>> {
        match earlier {
            Some(earlier) if earlier.form != self.form => Err(Error::SYNTAX),
            _ => Ok(self),
        }
    }

    /// When it ends, in milliseconds since 1970. `command` is named when it makes no sense.
    pub(super) fn ends_at_ms(self, now_ms: i64, command: &str) -> Result<i64> {
        let value = parse_i64(self.value).ok_or(Error::NOT_AN_INTEGER)?;
        let ends = (value > 0).then_some(value);
        let ends = ends.and_then(|value| self.form.ends_at_ms(value, now_ms));
        ends.ok_or_else(|| Error::invalid_expire(command))
    }
}
