//! Times to live as options give them: `EX seconds`, `PXAT unix-time-milliseconds` and their like.
use crate::command::Args;
use crate::number::parse_i64;
use crate::resp::{Error, Result};
use bytes::Bytes;

/// How a time to live is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Form {
    /// From 1970 on, and not from now.
    pub(super) absolute: bool,
    pub(super) seconds: bool,
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
        const FORMS: [(&str, bool, bool); 4] = [
            ("EX", false, true),
            ("PX", false, false),
            ("EXAT", true, true),
            ("PXAT", true, false),
        ];
        FORMS.into_iter().find_map(|(word, absolute, seconds)| {
            args.option(word).map(|value| Lifetime::new(Form { absolute, seconds }, value))
        })
    }

    /// When it ends, in milliseconds since 1970. `command` is named when it makes no sense.
    pub(super) fn ends_at_ms(self, now_ms: i64, command: &str) -> Result<i64> {
        let value = parse_i64(self.value).ok_or(Error::NOT_AN_INTEGER)?;
        let ends = (value > 0).then_some(value).and_then(|value| {
            let ms = value.checked_mul(if self.form.seconds { 1000 } else { 1 })?;
            ms.checked_add(if self.form.absolute { 0 } else { now_ms })
        });
        ends.ok_or_else(|| Error::invalid_expire(command))
    }
}
