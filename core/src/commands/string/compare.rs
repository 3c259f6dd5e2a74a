//! Strings that change only if they hold what the client expects.
use crate::command::docs::Note;
use crate::command::{Args, Command, KeyAccess, command};
use crate::data::text::Text;
use crate::engine::{Ctx, word};
use crate::persona::Flavour;
use crate::resp::{Error, Reply, Result};
use crate::store::{Removal, Type};
use bytes::Bytes;
use twox_hash::XxHash3_64;

#[rustfmt::skip]
pub(in super::super) const COMMANDS: &[Command] = &[
    command("DELEX key [IFEQ ifeq-value|IFNE ifne-value|IFDEQ ifdeq-digest|IFDNE ifdne-digest]", delex)
        .writes().fast().since("8.4.0").only(Flavour::Redis).notes(&[("IFEQ|IFNE|IFDEQ|IFDNE", Note::Named("condition"))]).keys(&[KeyAccess::DELETES.and(KeyAccess::VARIABLE)])
        .cost("O(1) for IFEQ/IFNE, O(N) for IFDEQ/IFDNE where N is the length of the string value.")
        .says("Deletes a key, if asked only while its string, or the digest of it, is or is not this one."),
    command("DELIFEQ key value", delifeq).writes().fast().since("9.0.0").valkey("9.0.0").only(Flavour::Valkey)
        .keys(&[KeyAccess::REMOVES])
        .says("Deletes a key if it holds this very string."),
    command("DIGEST key", digest).reads().fast().since("8.4.0").only(Flavour::Redis)
        .cost("O(N)")
        .says("Answers the digest of a string as a hexadecimal number."),
];

/// What a string must be like for a command to have its way.
#[derive(Clone, Copy, Debug)]
pub(super) enum Expected<'a> {
    Equal(&'a Bytes),
    Other(&'a Bytes),
    Digest(&'a Bytes),
    OtherDigest(&'a Bytes),
}

impl<'a> Expected<'a> {
    /// Takes one of IFEQ, IFNE, IFDEQ and IFDNE with its value off the arguments, if it is next and known.
    pub(super) fn option(cx: &Ctx<'_>, args: &mut Args<'a>) -> Option<Expected<'a>> {
        let persona = cx.node.persona;
        if persona.is_valkey() {
            return if persona.is_valkey_from(8, 1) {
                args.option("IFEQ").map(Expected::Equal)
            } else {
                None
            };
        }
        if !cx.at_least(8, 4) {
            return None;
        }
        let equal = args.option("IFEQ").map(Expected::Equal);
        equal
            .or_else(|| args.option("IFNE").map(Expected::Other))
            .or_else(|| args.option("IFDEQ").map(Expected::Digest))
            .or_else(|| args.option("IFDNE").map(Expected::OtherDigest))
    }

    /// Whether a string is as expected. What is not there is equal to nothing.
    pub(super) fn is_met_by(self, text: Option<&[u8]>) -> bool {
        let has_digest = |wanted: &Bytes| {
            text.is_some_and(|text| {
                digest_of(text).eq_ignore_ascii_case(&String::from_utf8_lossy(wanted))
            })
        };
        match self {
            Expected::Equal(wanted) => text == Some(wanted),
            Expected::Other(wanted) => text != Some(wanted),
            Expected::Digest(wanted) => has_digest(wanted),
            Expected::OtherDigest(wanted) => !has_digest(wanted),
        }
    }
}

/// The digest of a string: its XXH3 in sixteen hexadecimal digits.
fn digest_of(text: &[u8]) -> String {
    format!("{:016x}", XxHash3_64::oneshot(text))
}

fn digest(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let text = cx.db.read::<Text>(args.bytes()?)?;
    Ok(text.map_or(Reply::Null, |text| digest_of(&text.as_bytes()).into()))
}

/// Of a key that is not there nothing more is asked.
fn delex(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    let Some(kind) = cx.db.type_of(key) else { return Ok(Reply::Int(0)) };
    if !args.is_empty() {
        if args.len() != 2 {
            return Err(Error::arity(&cx.entry.name));
        }
        let expected = Expected::option(cx, &mut args).ok_or(Error::INVALID_CONDITION)?;
        if kind != Type::Text {
            return Err(Error::CONDITION_ON_NO_STRING);
        }
        let text = cx.db.look::<Text>(key)?.map(Text::as_bytes);
        if !expected.is_met_by(text.as_deref()) {
            return Ok(Reply::Int(0));
        }
    }
    Ok(usize::from(remove(cx, key)).into())
}

/// Removes a key as its condition was met, of which replicas need not know.
fn remove(cx: &mut Ctx<'_>, key: &Bytes) -> bool {
    cx.propagate_instead(|| [word("DEL"), key.clone()]);
    cx.db.remove(key, Removal::Deleted).is_some()
}

fn delifeq(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, value) = (args.bytes()?, args.bytes()?);
    let text = cx.db.look::<Text>(key)?.map(Text::as_bytes);
    let removes = text.as_ref() == Some(value);
    if removes {
        remove(cx, key);
    }
    Ok(usize::from(removes).into())
}

#[cfg(test)]
mod tests {
    use super::digest_of;

    /// The first as the documentation shows it, the second with a leading zero.
    #[test]
    fn a_digest_has_sixteen_digits() {
        assert_eq!(digest_of(b"Hello world"), "b6acb9d84a38ff74");
        let short =
            (0..10_000_u32).map(|n| digest_of(&n.to_le_bytes())).find(|d| d.starts_with('0'));
        assert_eq!(short.map(|digest| digest.len()), Some(16));
    }
}
