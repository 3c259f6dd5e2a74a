//! When keys expire.
use super::lifetime::{self, Form};
use crate::command::docs::Note;
use crate::command::{Args, Command, command};
use crate::engine::{Ctx, word};
use crate::number::parse_i64;
use crate::resp::{Error, Reply, Result};
use bytes::Bytes;

#[rustfmt::skip]
pub(super) const COMMANDS: &[Command] = &[
    command("EXPIRE key seconds [NX|XX|GT|LT]", |cx, args| expire(cx, args, Form::SECONDS)).writes().fast()
        .notes(&[("condition", Note::Since("7.0.0"))])
        .says("Sets a key's lifetime in seconds."),
    command("EXPIREAT key unix-time-seconds [NX|XX|GT|LT]", |cx, args| expire(cx, args, Form::UNIX_SECONDS))
        .notes(&[("condition", Note::Since("7.0.0"))])
        .writes().fast().since("1.2.0")
        .says("Sets the second at which a key expires."),
    command("EXPIRETIME key", |cx, args| time_left(cx, args, Form::UNIX_SECONDS)).reads().fast().since("7.0.0")
        .says("Answers the second at which a key expires."),
    command("PERSIST key", persist).writes().fast().since("2.2.0")
        .says("Lets a key live without limit."),
    command("PEXPIRE key milliseconds [NX|XX|GT|LT]", |cx, args| expire(cx, args, Form::MILLISECONDS))
        .notes(&[("condition", Note::Since("7.0.0"))])
        .writes().fast().since("2.6.0")
        .says("Sets a key's lifetime in milliseconds."),
    command("PEXPIREAT key unix-time-milliseconds [NX|XX|GT|LT]", |cx, args| expire(cx, args, Form::UNIX_MILLISECONDS))
        .notes(&[("condition", Note::Since("7.0.0"))])
        .writes().fast().since("2.6.0")
        .says("Sets the millisecond at which a key expires."),
    command("PEXPIRETIME key", |cx, args| time_left(cx, args, Form::UNIX_MILLISECONDS)).reads().fast().since("7.0.0")
        .says("Answers the millisecond at which a key expires."),
    command("PTTL key", |cx, args| time_left(cx, args, Form::MILLISECONDS)).reads().fast().since("2.6.0")
        .tips(&["nondeterministic_output"])
        .says("Answers a key's remaining lifetime in milliseconds."),
    command("TTL key", |cx, args| time_left(cx, args, Form::SECONDS)).reads().fast()
        .tips(&["nondeterministic_output"])
        .says("Answers a key's remaining lifetime in seconds."),
];

/// When a lifetime is set. All that are given must hold.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each may be given or not")]
pub(super) struct Conditions {
    /// NX: the key does not expire yet.
    lasting: bool,
    /// XX: it does.
    expiring: bool,
    /// GT: it lives longer than before; a key that does not expire lives longest.
    longer: bool,
    /// LT: it lives shorter than before.
    shorter: bool,
}

impl Conditions {
    pub(super) fn parse(args: &mut Args<'_>) -> Result<Conditions> {
        let mut conditions = Conditions::default();
        while !args.is_empty() {
            let given = [
                ("NX", &mut conditions.lasting),
                ("XX", &mut conditions.expiring),
                ("GT", &mut conditions.longer),
                ("LT", &mut conditions.shorter),
            ];
            let known =
                given.into_iter().find_map(|(word, given)| args.word(word).then_some(given));
            *known
                .ok_or_else(|| Error::unsupported_option(args.peek().expect("a word is left")))? =
                true;
        }
        let Conditions { lasting, expiring, longer, shorter } = conditions;
        if lasting && (expiring || longer || shorter) {
            return Err(Error::EXPIRE_NX_AND_OTHERS);
        }
        if longer && shorter {
            return Err(Error::EXPIRE_GT_AND_LT);
        }
        Ok(conditions)
    }

    /// Whether they allow the time at which a key expires to be changed to another.
    pub(super) fn allow(self, now: Option<i64>, then: i64) -> bool {
        !(self.lasting && now.is_some()
            || self.expiring && now.is_none()
            || self.longer && now.is_none_or(|now| then <= now)
            || self.shorter && now.is_some_and(|now| then >= now))
    }
}

fn expire(cx: &mut Ctx<'_>, mut args: Args<'_>, form: Form) -> Result<Reply> {
    let (key, time) = (args.bytes()?, args.bytes()?);
    if !args.is_empty() && !cx.at_least(7, 0) {
        return Err(Error::arity(&cx.entry.name));
    }
    let conditions = Conditions::parse(&mut args)?;
    let time = parse_i64(time).ok_or(Error::NOT_AN_INTEGER)?;
    let ends = form.ends_at_ms(time, cx.now_ms());
    let ends = ends.ok_or_else(|| Error::invalid_expire(&cx.entry.name))?;
    cx.db.expire_if_due(key);
    if !cx.db.touch(key) || !conditions.allow(cx.db.expires_at_ms(key), ends) {
        return Ok(Reply::Int(0));
    }
    lifetime::expire_at(cx, key, ends);
    if ends > cx.now_ms() {
        cx.propagate_rewritten(|words| at_moment(words, 2, "PEXPIREAT", form, ends));
    }
    Ok(Reply::Int(1))
}

/// A command that sets a lifetime as one that sets the moment `ends` it ends at, which is its word `at`.
pub(super) fn at_moment(
    words: &[Bytes],
    at: usize,
    name: &'static str,
    form: Form,
    ends: i64,
) -> Vec<Bytes> {
    let mut words = words.to_vec();
    if form != Form::UNIX_MILLISECONDS {
        words[at] = ends.to_string().into();
        words[0] = word(name);
    }
    words
}

fn persist(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    cx.db.expire_if_due(key);
    cx.db.touch(key);
    Ok(Reply::Int(cx.db.persist(key).into()))
}

/// Answers when a key expires: -1 says that it does not, -2 that it is not there.
fn time_left(cx: &mut Ctx<'_>, mut args: Args<'_>, form: Form) -> Result<Reply> {
    let Some(entry) = cx.db.lookup_untouched(args.bytes()?) else { return Ok(Reply::Int(-2)) };
    let Some(ends) = entry.expires_at_ms else { return Ok(Reply::Int(-1)) };
    let ms = if form.absolute { ends } else { (ends - cx.now_ms()).max(0) };
    Ok(Reply::Int(if form.seconds { lifetime::round_to_seconds(ms) } else { ms }))
}
