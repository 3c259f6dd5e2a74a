//! Bitmaps: strings read and written bit by bit.

mod field;

use crate::command::docs::{Note, Type};
use crate::command::{Args, Command, KeyAccess, command};
use crate::data::bits::{self, Combination};
use crate::data::text::Text;
use crate::engine::Ctx;
use crate::number::parse_i64;
use crate::persona::Flavour;
use crate::resp::{Error, Reply, Result};
use crate::store::{Kind as _, Removal};
use bytes::Bytes;
use std::ops::Range;

pub(super) use field::COMMANDS as FIELDS;

/// What BYTE and BIT of a range are, and their names in Redis before 7.2.
const UNIT: &[(&str, Note)] = &[("unit", Note::Since("7.0.0"))];
const OLD_UNIT: &[(&str, Note)] = &[
    ("range", Note::Named("index")),
    ("end-unit-block", Note::Named("end_index")),
    ("unit", Note::Named("index_unit")),
    ("unit", Note::Since("7.0.0")),
];

#[rustfmt::skip]
pub(super) const COMMANDS: &[Command] = &[
    command("BITCOUNT key [start end [BYTE|BIT]]", bitcount).until("7.2.0").notes(OLD_UNIT)
        .reads().since("2.6.0").cost("O(N)")
        .says("Counts the bits of a string that are set."),
    command("BITCOUNT key [start end [BYTE|BIT]]", bitcount).from("7.2.0").only(Flavour::Redis).notes(UNIT)
        .reads().since("2.6.0").cost("O(N)")
        .says("Counts the bits of a string that are set."),
    command("BITCOUNT key [start [end [BYTE|BIT]]]", bitcount).only(Flavour::Valkey).notes(UNIT)
        .reads().since("2.6.0").cost("O(N)")
        .says("Counts the bits of a string that are set."),
    command("BITOP operation destkey key [key ...]", bitop).until("7.2.0")
        .grows().since("2.6.0").cost("O(N)").keys(&[KeyAccess::STORES, KeyAccess::READS])
        .says("Combines strings bit by bit and stores the result."),
    command("BITOP <AND|OR|XOR|NOT> destkey key [key ...]", bitop).holds("7.2.0", "8.2.0")
        .grows().since("2.6.0").cost("O(N)").keys(&[KeyAccess::STORES, KeyAccess::READS])
        .says("Combines strings bit by bit and stores the result."),
    command("BITOP <AND|OR|XOR|NOT|DIFF|DIFF1|ANDOR|ONE> destkey key [key ...]", bitop).from("8.2.0")
        .grows().since("2.6.0").cost("O(N)").keys(&[KeyAccess::STORES, KeyAccess::READS])
        .says("Combines strings bit by bit and stores the result."),
    command("BITPOS key bit [start [end [BYTE|BIT]]]", bitpos).until("7.2.0").notes(OLD_UNIT)
        .reads().since("2.8.7").cost("O(N)")
        .says("Finds the first bit of a string that is set, or clear."),
    command("BITPOS key bit [start [end [BYTE|BIT]]]", bitpos).from("7.2.0").notes(UNIT)
        .reads().since("2.8.7").cost("O(N)")
        .says("Finds the first bit of a string that is set, or clear."),
    command("GETBIT key offset", getbit).reads().fast().since("2.2.0")
        .says("Answers one bit of a string."),
    command("SETBIT key offset value", setbit).grows().since("2.2.0").keys(&[KeyAccess::CHANGES])
        .notes(&[("value", Note::Is(Type::Integer))])
        .says("Sets or clears one bit of a string, and answers what it was."),
];

fn getbit(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, offset) = (args.bytes()?, offset(cx, args.bytes()?)?);
    let text = cx.db.read::<Text>(key)?;
    let is_set = text.is_some_and(|text| bits::get(&text.as_bytes(), offset));
    Ok(usize::from(is_set).into())
}

fn setbit(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, offset) = (args.bytes()?, offset(cx, args.bytes()?)?);
    let on = match args.int_or(Error::BIT_INVALID)? {
        0 => false,
        1 => true,
        _ => return Err(Error::BIT_INVALID),
    };
    let mut text = cx.db.edit_or_create::<Text>(key)?;
    let grew = text.grow(offset / 8 + 1);
    let mut old = false;
    text.change(|bytes| old = bits::set(bytes, offset, on));
    if grew || old != on {
        text.changed("setbit");
    }
    Ok(usize::from(old).into())
}

/// Reads the offset of a bit, which must lie within what a string may hold.
fn offset(cx: &Ctx<'_>, word: &[u8]) -> Result<usize> {
    let offset = parse_i64(word).ok_or(Error::BIT_OFFSET_INVALID)?;
    checked_offset(cx, offset)
}

fn checked_offset(cx: &Ctx<'_>, offset: i64) -> Result<usize> {
    let limit = cx.node.config.size("proto-max-bulk-len");
    let offset = usize::try_from(offset).ok().filter(|offset| offset / 8 < limit);
    offset.ok_or(Error::BIT_OFFSET_INVALID)
}

/// What a range of BITCOUNT or BITPOS counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Byte,
    Bit,
}

impl Unit {
    fn read(word: Option<&Bytes>) -> Result<Unit> {
        match word {
            None => Ok(Unit::Byte),
            Some(word) if word.eq_ignore_ascii_case(b"BYTE") => Ok(Unit::Byte),
            Some(word) if word.eq_ignore_ascii_case(b"BIT") => Ok(Unit::Bit),
            Some(_) => Err(Error::SYNTAX),
        }
    }
}

/// A part of a string, both ends included; negative ones count from the end.
#[derive(Clone, Copy, Debug)]
struct Part {
    start: i64,
    end: Option<i64>,
    unit: Unit,
}

impl Part {
    const WHOLE: Part = Part { start: 0, end: None, unit: Unit::Byte };

    /// Reads `start [end [BYTE|BIT]]`. Which of two errors is told depends on which word is looked at first.
    fn read(mut args: Args<'_>, unit_first: bool) -> Result<Part> {
        let start = args.int()?;
        let words = args.all();
        let read = |end| parse_i64(end).ok_or(Error::NOT_AN_INTEGER);
        let end = || words.first().map(|end| read(end)).transpose();
        let (end, unit) = if unit_first {
            let unit = Unit::read(words.get(1))?;
            (end()?, unit)
        } else {
            let end = end()?;
            (end, Unit::read(words.get(1))?)
        };
        Ok(Part { start, end, unit })
    }

    /// Both ends count from the end, and the first lies behind the last.
    fn is_backwards(self) -> bool {
        self.start < 0 && self.end.is_some_and(|end| end < self.start)
    }

    /// The bits of a string of so many bytes that belong to it.
    fn bits(self, bytes: usize) -> Range<usize> {
        let scale = if self.unit == Unit::Bit { 1 } else { 8 };
        let len = bytes * 8 / scale;
        let from_end = i64::try_from(len).expect("a string's bits fit in 63 bits");
        let place = |index: i64| if index < 0 { index.saturating_add(from_end) } else { index };
        let place = |index: i64| usize::try_from(place(index)).unwrap_or(0);
        let end = self.end.map_or(len, |end| place(end).saturating_add(1).min(len));
        let start = place(self.start).min(end);
        start * scale..end * scale
    }
}

fn bitcount(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    let words = args.len();
    let takes_start_alone = cx.node.persona.is_valkey_from(8, 0);
    let part = if words == 0 || skips_range(cx, key)? {
        Part::WHOLE
    } else if words > most_words(cx) || (words == 1 && !takes_start_alone) {
        return Err(Error::SYNTAX);
    } else if !cx.at_least(7, 2) && ends_backwards(args)? {
        return Ok(Reply::Int(0));
    } else {
        Part::read(args, cx.node.persona.is_valkey())?
    };
    let Some(text) = cx.db.read::<Text>(key)? else { return Ok(Reply::Int(0)) };
    let bytes = text.as_bytes();
    let range = if part.is_backwards() { 0..0 } else { part.bits(bytes.len()) };
    Ok(bits::count(&bytes, range).into())
}

/// Redis before 7.2 does not look at the unit of a range that is empty by its ends alone.
fn ends_backwards(mut args: Args<'_>) -> Result<bool> {
    let ends = Args::new(args.take(2)?);
    Ok(Part::read(ends, false)?.is_backwards())
}

fn bitpos(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, bit) = (args.bytes()?, args.int()?);
    let on = match bit {
        0 => false,
        1 => true,
        _ => return Err(Error::BIT_NOT_0_OR_1),
    };
    let part = if args.is_empty() || skips_range(cx, key)? {
        Part::WHOLE
    } else if args.len() > most_words(cx) {
        return Err(Error::SYNTAX);
    } else {
        Part::read(args, true)?
    };
    // A string that is not there is taken for one of zeros without end.
    let Some(text) = cx.db.read::<Text>(key)? else {
        return Ok(Reply::Int(if on { -1 } else { 0 }));
    };
    let bytes = text.as_bytes();
    let range = part.bits(bytes.len());
    Ok(match bits::position(&bytes, range.clone(), on) {
        Some(place) => place.into(),
        // Where no end is given, zeros follow the last byte.
        None if !on && part.end.is_none() && !range.is_empty() => range.end.into(),
        None => Reply::Int(-1),
    })
}

/// How many words a range has: since 7.0 it may name its unit.
fn most_words(cx: &Ctx<'_>) -> usize {
    if cx.at_least(7, 0) { 3 } else { 2 }
}

/// Redis before 7.2 looks at the key first, and does not read the range if it is not there.
fn skips_range(cx: &Ctx<'_>, key: &Bytes) -> Result<bool> {
    Ok(!cx.at_least(7, 2) && cx.db.look::<Text>(key)?.is_none())
}

fn bitop(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (how, destination, keys) = (combination(cx, args.bytes()?)?, args.bytes()?, args.all());
    match how {
        Combination::Not if keys.len() != 1 => return Err(Error::BITOP_NOT_OF_SEVERAL),
        Combination::Diff | Combination::Diff1 | Combination::AndOr if keys.len() < 2 => {
            return Err(Error::bitop_of_one(&cx.words[1]));
        }
        _ => {}
    }
    let read = |key: &Bytes| Ok(cx.db.read::<Text>(key)?.map(Text::as_bytes).unwrap_or_default());
    let sources = keys.iter().map(read).collect::<Result<Vec<_>>>()?;
    let result = bits::combine(how, &sources);
    let len = result.len();
    if len > 0 {
        cx.db.put(destination, Text::raw(result.into()).wrap(), None, "set");
    } else {
        cx.db.remove(destination, Removal::Deleted);
    }
    Ok(len.into())
}

fn combination(cx: &Ctx<'_>, word: &Bytes) -> Result<Combination> {
    const OLD: [(&str, Combination); 4] = [
        ("AND", Combination::And),
        ("OR", Combination::Or),
        ("XOR", Combination::Xor),
        ("NOT", Combination::Not),
    ];
    const NEW: [(&str, Combination); 4] = [
        ("DIFF", Combination::Diff),
        ("DIFF1", Combination::Diff1),
        ("ANDOR", Combination::AndOr),
        ("ONE", Combination::One),
    ];
    let new = if cx.at_least(8, 2) { &NEW[..] } else { &[] };
    let named = |(name, _): &&(&str, Combination)| word.eq_ignore_ascii_case(name.as_bytes());
    let found = OLD.iter().chain(new).find(named);
    found.map(|(_, how)| *how).ok_or(Error::SYNTAX)
}
