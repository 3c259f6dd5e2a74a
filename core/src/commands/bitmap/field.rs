//! BITFIELD: integers of any width at any place of a string.
use super::checked_offset;
use crate::command::docs::{Note, Type};
use crate::command::{Args, Command, KeyAccess, command};
use crate::data::bits::{Field, Overflow};
use crate::data::text::Text;
use crate::engine::Ctx;
use crate::number::parse_i64;
use crate::resp::{Error, Reply, Result};
use bytes::Bytes;

/// The names that parts of it have in COMMAND DOCS, and had in Redis before 7.2.
const BLOCKS: &[(&str, Note)] = &[
    ("GET", Note::Named("get-block")),
    ("OVERFLOW", Note::Named("overflow-block")),
    ("SET", Note::Named("set-block")),
    ("INCRBY", Note::Named("incrby-block")),
    ("value", Note::Is(Type::Integer)),
];
const OLD_BLOCKS: &[(&str, Note)] = &[
    ("OVERFLOW", Note::Named("wrap_sat_fail")),
    ("write-operation", Note::Named("write_operation")),
    ("value", Note::Is(Type::Integer)),
];

const USAGE: &str = "BITFIELD key [<GET encoding offset|[OVERFLOW <WRAP|SAT|FAIL>] <SET encoding offset value|INCRBY encoding offset increment>> [<GET encoding offset|[OVERFLOW <WRAP|SAT|FAIL>] <SET encoding offset value|INCRBY encoding offset increment>> ...]]";

#[rustfmt::skip]
pub(in super::super) const COMMANDS: &[Command] = &[
    command(USAGE, bitfield).until("7.2.0").notes(OLD_BLOCKS)
        .grows().since("3.2.0").cost("O(1) for each operation").keys(&[KeyAccess::CHANGES.and(KeyAccess::VARIABLE)])
        .key_note("This command allows both access and modification of the key")
        .says("Reads and changes integers of any width in a string."),
    command(USAGE, bitfield).from("7.2.0").notes(BLOCKS)
        .grows().since("3.2.0").cost("O(1) for each operation").keys(&[KeyAccess::CHANGES.and(KeyAccess::VARIABLE)])
        .key_note("This command allows both access and modification of the key")
        .says("Reads and changes integers of any width in a string."),
    command("BITFIELD_RO key [GET encoding offset [GET encoding offset ...]]", bitfield_ro).until("7.2.0").notes(OLD_BLOCKS)
        .reads().fast().since("6.0.0").cost("O(1) for each operation")
        .says("Reads integers of any width in a string."),
    command("BITFIELD_RO key [GET encoding offset [GET encoding offset ...]]", bitfield_ro).from("7.2.0").notes(BLOCKS)
        .reads().fast().since("6.0.0").cost("O(1) for each operation")
        .says("Reads integers of any width in a string."),
];

#[derive(Clone, Copy, Debug)]
enum Verb {
    Get,
    Set(i64, Overflow),
    Increment(i64, Overflow),
}

/// One thing to be done to one integer.
#[derive(Clone, Copy, Debug)]
struct Operation {
    verb: Verb,
    field: Field,
    offset: usize,
}

impl Operation {
    fn read_all(cx: &Ctx<'_>, mut args: Args<'_>) -> Result<Vec<Operation>> {
        let mut operations = Vec::new();
        let mut overflow = Overflow::Wrap;
        while !args.is_empty() {
            if let Some(word) = args.option("OVERFLOW") {
                overflow = overflow_of(word)?;
            } else if args.len() > 2 && args.word("GET") {
                let (field, offset) = place(cx, &mut args)?;
                operations.push(Operation { verb: Verb::Get, field, offset });
            } else if args.len() > 3 && args.word("SET") {
                let (field, offset) = place(cx, &mut args)?;
                let verb = Verb::Set(args.int()?, overflow);
                operations.push(Operation { verb, field, offset });
            } else if args.len() > 3 && args.word("INCRBY") {
                let (field, offset) = place(cx, &mut args)?;
                let verb = Verb::Increment(args.int()?, overflow);
                operations.push(Operation { verb, field, offset });
            } else {
                return Err(Error::SYNTAX);
            }
        }
        Ok(operations)
    }

    fn reads_only(self) -> bool {
        matches!(self.verb, Verb::Get)
    }

    /// How many bytes a string must have for it.
    fn reach(self) -> usize {
        (self.offset + self.field.width as usize).div_ceil(8)
    }

    fn read(self, bytes: &[u8]) -> i64 {
        self.field.read(bytes, self.offset)
    }

    /// Does it; what it answers, and whether the integer is another then.
    fn run(self, bytes: &mut [u8]) -> (Reply, bool) {
        let old = self.read(bytes);
        let (new, answer) = match self.verb {
            Verb::Get => return (old.into(), false),
            Verb::Set(value, overflow) => (self.field.settle(value, overflow), old),
            Verb::Increment(by, overflow) => {
                let new = self.field.add(old, by, overflow);
                (new, new.unwrap_or(old))
            }
        };
        let Some(new) = new else { return (Reply::Null, false) };
        self.field.write(bytes, self.offset, new);
        (answer.into(), new != old)
    }
}

fn overflow_of(word: &Bytes) -> Result<Overflow> {
    const WORDS: [(&str, Overflow); 3] =
        [("WRAP", Overflow::Wrap), ("SAT", Overflow::Saturate), ("FAIL", Overflow::Fail)];
    let found = WORDS.into_iter().find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes()));
    found.map(|(_, overflow)| overflow).ok_or(Error::BITFIELD_OVERFLOW_INVALID)
}

/// Reads a type and an offset; behind `#` the offset counts in integers of that type.
fn place(cx: &Ctx<'_>, args: &mut Args<'_>) -> Result<(Field, usize)> {
    let mut name = &args.bytes()?[..];
    if !cx.node.persona.is_valkey_from(9, 0) {
        // The others read a C string, which ends at a zero byte.
        name = name.split(|byte| *byte == 0).next().unwrap_or_default();
    }
    let field = Field::parse(name).ok_or(Error::BITFIELD_TYPE_INVALID)?;
    let word = args.bytes()?;
    let (number, scale) = match word.strip_prefix(b"#") {
        Some(number) => (number, field.width),
        None => (&word[..], 1),
    };
    let offset = parse_i64(number).ok_or(Error::BIT_OFFSET_INVALID)?;
    // What is too large comes round to the other end, as on the real servers.
    let offset = checked_offset(cx, offset.wrapping_mul(i64::from(scale)))?;
    Ok((field, offset))
}

fn bitfield(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    let operations = Operation::read_all(cx, args)?;
    let written = operations.iter().filter(|operation| !operation.reads_only());
    let Some(reach) = written.map(|operation| operation.reach()).max() else {
        return read(cx, key, &operations);
    };
    let mut text = cx.db.edit_or_create::<Text>(key)?;
    let grew = text.grow(reach);
    let (mut replies, mut changed) = (Vec::with_capacity(operations.len()), false);
    text.change(|bytes| {
        for operation in operations {
            let (reply, differs) = operation.run(bytes);
            // Whatever is written into a string that grew counts as a change, whether it differs or not.
            changed |= differs || (grew && !operation.reads_only() && reply != Reply::Null);
            replies.push(reply);
        }
    });
    if changed {
        text.changed("setbit");
    } else {
        text.exists();
    }
    Ok(Reply::Array(replies))
}

fn bitfield_ro(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    let operations = Operation::read_all(cx, args)?;
    if operations.iter().all(|operation| operation.reads_only()) {
        read(cx, key, &operations)
    } else {
        Err(Error::BITFIELD_RO_WRITES)
    }
}

fn read(cx: &Ctx<'_>, key: &Bytes, operations: &[Operation]) -> Result<Reply> {
    let bytes = cx.db.read::<Text>(key)?.map(Text::as_bytes).unwrap_or_default();
    Ok(Reply::Array(operations.iter().map(|operation| operation.read(&bytes).into()).collect()))
}
