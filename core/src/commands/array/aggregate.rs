//! AROP: what is reckoned from the elements in a range of an array.
use super::{index, span};
use crate::command::Args;
use crate::data::array::Array;
use crate::engine::Ctx;
use crate::number::{format_f64, parse_f64};
use crate::resp::{Error, Reply, Result};
use bytes::Bytes;

#[derive(Clone, Copy, Debug)]
enum Operation<'a> {
    Sum,
    Least,
    Most,
    And,
    Or,
    Xor,
    Match(&'a Bytes),
    Used,
}

impl<'a> Operation<'a> {
    fn parse(mut args: Args<'a>) -> Result<Operation<'a>> {
        const WORDS: [(&str, Operation<'static>); 7] = [
            ("SUM", Operation::Sum),
            ("MIN", Operation::Least),
            ("MAX", Operation::Most),
            ("AND", Operation::And),
            ("OR", Operation::Or),
            ("XOR", Operation::Xor),
            ("USED", Operation::Used),
        ];
        let operation = if let Some(value) = args.option("MATCH") {
            Operation::Match(value)
        } else {
            let found = WORDS.into_iter().find(|(word, _)| args.word(word));
            found.ok_or(Error::SYNTAX)?.1
        };
        args.end()?;
        Ok(operation)
    }
}

pub(super) fn arop(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, start, end) = (args.bytes()?, index(&mut args)?, index(&mut args)?);
    let operation = Operation::parse(args)?;
    let (range, _) = span(start, end);
    let array = cx.db.read::<Array>(key)?;
    let elements = || {
        let ranges = array.into_iter().map(|array| array.range(range.clone()));
        ranges.flatten().map(|(_, element)| element)
    };
    // What is no number is passed over.
    let numbers = || elements().filter_map(|element| parse_f64(element));
    let integers = || numbers().map(truncated);
    Ok(match operation {
        Operation::Sum => float(numbers().reduce(|a, b| a + b)),
        Operation::Least => float(numbers().reduce(f64::min)),
        Operation::Most => float(numbers().reduce(f64::max)),
        Operation::And => integer(integers().reduce(|a, b| a & b)),
        Operation::Or => integer(integers().reduce(|a, b| a | b)),
        Operation::Xor => integer(integers().reduce(|a, b| a ^ b)),
        Operation::Match(value) => elements().filter(|element| *element == value).count().into(),
        Operation::Used => elements().count().into(),
    })
}

/// A number without its fraction.
#[expect(clippy::cast_possible_truncation, reason = "what is too large is the largest there is")]
fn truncated(number: f64) -> i64 {
    number as i64
}

fn float(number: Option<f64>) -> Reply {
    number.map_or(Reply::Null, |number| format_f64(number).into())
}

fn integer(number: Option<i64>) -> Reply {
    number.map_or(Reply::Null, Reply::Int)
}
