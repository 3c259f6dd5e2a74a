//! Lists: several elements that move at once.
use super::super::timeout::timeout;
use super::{end_of, popped_at, pushed_at};
use crate::command::docs::{Note, Type as ArgumentType};
use crate::command::{Args, Command, KeyAccess, command, waiting};
use crate::data::list::{End, List};
use crate::engine::{Ctx, word};
use crate::number::parse_i64;
use crate::persona::Flavour;
use crate::resp::{Error, Reply, Result};
use crate::store::Type;
use bytes::Bytes;

const COUNTS: &[(&str, Note)] = &[
    ("options", Note::Named("how-many")),
    ("COUNT|EXACTLY", Note::Named("selector")),
    ("OBO|BULK", Note::Named("ordering")),
    ("EXACTLY", Note::Is(ArgumentType::Integer)),
];

#[rustfmt::skip]
pub(in super::super) const COMMANDS: &[Command] = &[
    waiting("BLMOVEM source destination <LEFT|RIGHT> <LEFT|RIGHT> timeout [<COUNT count|EXACTLY exactly> <OBO|BULK>]", blmovem)
        .grows().since("8.10.0").only(Flavour::Redis).keys(&[KeyAccess::POPS, KeyAccess::INSERTS]).notes(COUNTS).cost("O(N)")
        .says("Moves elements from one list to another, waiting for them if there are too few."),
    command("LMOVEM source destination <LEFT|RIGHT> <LEFT|RIGHT> [<COUNT count|EXACTLY exactly> <OBO|BULK>]", lmovem)
        .grows().since("8.10.0").only(Flavour::Redis).keys(&[KeyAccess::POPS, KeyAccess::INSERTS]).notes(COUNTS).cost("O(N)")
        .says("Moves elements from one list to another."),
];

/// How many elements move.
#[derive(Clone, Copy, Debug)]
enum Count {
    UpTo(usize),
    Exactly(usize),
}

/// Elements that go from one list to another, or from one end to the other.
#[derive(Clone, Copy, Debug)]
struct Moves<'a> {
    source: &'a Bytes,
    destination: &'a Bytes,
    from: End,
    to: End,
    count: Count,
    /// They keep their order, as if they moved at once and not one by one.
    in_bulk: bool,
}

impl<'a> Moves<'a> {
    /// Reads the lists and their ends.
    fn parse(args: &mut Args<'a>) -> Result<Moves<'a>> {
        let (source, destination) = (args.bytes()?, args.bytes()?);
        let (from, to) = (end_of(args)?, end_of(args)?);
        Ok(Moves { source, destination, from, to, count: Count::UpTo(1), in_bulk: false })
    }

    /// Reads how many elements move, and in which order. One moves if nothing is said.
    fn parse_count(&mut self, mut args: Args<'_>) -> Result<()> {
        if args.is_empty() {
            return Ok(());
        }
        let exactly = args.option("EXACTLY");
        let said = exactly.or_else(|| args.option("COUNT")).ok_or(Error::SYNTAX)?;
        self.in_bulk = args.word("BULK");
        if !self.in_bulk && !args.word("OBO") {
            return Err(Error::SYNTAX);
        }
        args.end()?;
        let count = parse_i64(said).filter(|count| *count > 0).ok_or(Error::COUNT_NOT_POSITIVE)?;
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        self.count = if exactly.is_some() { Count::Exactly(count) } else { Count::UpTo(count) };
        Ok(())
    }

    /// Moves the elements, which are answered as they stand in the destination; nothing happens if there are too few.
    fn run(self, cx: &mut Ctx<'_>) -> Result<Option<Reply>> {
        let Moves { source, destination, from, to, count, in_bulk } = self;
        let Some(list) = cx.db.look::<List>(source)? else { return Ok(None) };
        let length = list.len();
        let count = match count {
            Count::UpTo(most) => length.min(most),
            Count::Exactly(wanted) if wanted <= length => wanted,
            Count::Exactly(_) => return Ok(None),
        };
        let taken = if from == End::Head { 0..count } else { length - count..length };
        let mut moved: Vec<Bytes> = list.range(taken).cloned().collect();
        // One by one they come in the order in which they are popped; at once, so that they keep theirs.
        let turns = if in_bulk { to == End::Head } else { from == End::Tail };
        if turns {
            moved.reverse();
        }
        let mut list = cx.db.edit_or_create::<List>(destination)?;
        if source == destination {
            pop(&mut list, from, count);
        }
        for element in &moved {
            list.push(element.clone(), to);
        }
        list.changed(pushed_at(to));
        if source != destination {
            drop(list);
            list = cx.db.edit_or_create::<List>(source)?;
            pop(&mut list, from, count);
        }
        list.changed(popped_at(from));
        if to == End::Head {
            moved.reverse();
        }
        Ok(Some(Reply::bulks(moved)))
    }
}

fn pop(list: &mut List, from: End, count: usize) {
    for _ in 0..count {
        list.pop(from);
    }
}

fn lmovem(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let mut moves = Moves::parse(&mut args)?;
    moves.parse_count(args)?;
    Ok(moves.run(cx)?.unwrap_or(Reply::NullArray))
}

fn blmovem(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Option<Reply>> {
    let mut wanted = Moves::parse(&mut args)?;
    let seconds = args.bytes()?;
    wanted.parse_count(args)?;
    let timeout = timeout(cx, seconds)?;
    match wanted.run(cx)? {
        Some(elements) => {
            cx.propagate_rewritten(|words| [&[word("LMOVEM")], &words[1..5], &words[6..]].concat());
            Ok(Some(elements))
        }
        None => cx.wait_for_more(wanted.source, Type::List, timeout, Reply::NullArray),
    }
}
