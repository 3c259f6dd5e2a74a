//! What an argument, an option or a key must be.
use crate::callback::{Asks, Callable};
use crate::convert::{bytes, proper, tagged, text};
use crate::error::{Error, Result};
use crate::spelling::{forms, shown};
use faux_redis::{JsonHolds, Number, OptionPattern, Pattern};
use rustler::{MapIterator, Term, TermType};
use serde_json::Value;
use std::sync::Arc;

/// What an argument must be: a binary, a word, or a tuple that begins with one.
pub(crate) fn pattern(term: Term<'_>, asks: &Arc<Asks>) -> Result<Pattern> {
    if let Some(exact) = bytes(term) {
        return Ok(Pattern::Exact(exact));
    }
    let bad = || bad_pattern(term);
    let inner = |term: &Term<'_>| pattern(*term, asks);
    let (name, values) = tagged(term).ok_or_else(bad)?;
    Ok(match (&*name, &values[..]) {
        ("any", []) => Pattern::Any,
        ("rest", []) => Pattern::Rest,
        ("absent", []) => Pattern::Absent,
        ("glob", [glob]) => Pattern::Glob(bytes(*glob).ok_or_else(bad)?),
        ("gt", [n]) => Pattern::Gt(number(*n)?),
        ("ge", [n]) => Pattern::Ge(number(*n)?),
        ("lt", [n]) => Pattern::Lt(number(*n)?),
        ("le", [n]) => Pattern::Le(number(*n)?),
        ("between", [least, most]) => between(*least, *most)?,
        ("json", [path, holds]) => json(*path, inner(holds)?)?,
        ("json_value", [path, value]) => json(*path, JsonHolds::Value(json_of(*value)?))?,
        ("all", [one, other]) => inner(one)?.and(inner(other)?),
        ("either", [one, other]) => inner(one)?.or(inner(other)?),
        ("not", [one]) => inner(one)?.not(),
        ("callable", [number, name]) => Callable::new(*number, *name, asks)?.pattern(),
        _ => return Err(bad()),
    })
}

/// What an option must be: given or not, or a pattern for its value, or a list of them for its values.
pub(crate) fn option(term: Term<'_>, asks: &Arc<Asks>) -> Result<OptionPattern> {
    if let Ok(given) = term.decode::<bool>() {
        return Ok(given.into());
    }
    if let Ok(patterns) = proper(term) {
        let patterns = patterns.map(|one| pattern(one, asks)).collect::<Result<_>>()?;
        return Ok(OptionPattern::Values(patterns));
    }
    Ok(pattern(term, asks)?.into())
}

fn number(term: Term<'_>) -> Result<Number> {
    if let Ok(number) = term.decode() {
        return Ok(Number::Int(number));
    }
    // An integer that no argument can be, as the server reads it, is compared as a float.
    let whole = || term.is_integer().then(|| format!("{term:?}").parse().ok()).flatten();
    let float = term.decode().ok().or_else(whole);
    float
        .map(Number::Float)
        .ok_or_else(|| Error::pattern(format!("a comparison takes a number, not {}", shown(term))))
}

/// Numbers from one to another that is no less.
fn between(least: Term<'_>, most: Term<'_>) -> Result<Pattern> {
    let numbers = |term: Term<'_>| -> Option<f64> { shown(term).parse().ok() };
    if numbers(least).zip(numbers(most)).is_some_and(|(least, most)| least > most) {
        let (least, most) = (shown(least), shown(most));
        let message = format!("between takes the lesser number first, not {least} before {most}");
        return Err(Error::pattern(message));
    }
    Ok(Pattern::Between(number(least)?, number(most)?))
}

fn json(path: Term<'_>, holds: impl Into<JsonHolds>) -> Result<Pattern> {
    Ok(Pattern::json(&text("path", path)?, holds)?)
}

/// A term as a JSON value.
fn json_of(term: Term<'_>) -> Result<Value> {
    let bad = || Error::pattern(format!("{} is no JSON", shown(term)));
    Ok(match term.get_type() {
        TermType::Binary => Value::String(text("value", term)?),
        TermType::Integer => term.decode::<i64>().map_err(|_| bad())?.into(),
        TermType::Float => term.decode::<f64>().map_err(|_| bad())?.into(),
        TermType::List => {
            let items = proper(term).map_err(|_| bad())?;
            Value::Array(items.map(json_of).collect::<Result<_>>()?)
        }
        TermType::Map => {
            let pairs = MapIterator::new(term).into_iter().flatten();
            let pairs = pairs.map(|(key, value)| {
                let key = key.atom_to_string().or_else(|_| text("key", key))?;
                Ok((key, json_of(value)?))
            });
            Value::Object(pairs.collect::<Result<_>>()?)
        }
        TermType::Atom => match &*term.atom_to_string().map_err(|_| bad())? {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "nil" | "null" => Value::Null,
            _ => return Err(bad()),
        },
        _ => return Err(bad()),
    })
}

fn bad_pattern(term: Term<'_>) -> Error {
    let accepts = "a binary, a number, any, rest, absent, {glob, Pattern}, {gt, Number} and its like, {json, Path, Value}, \
                   {'and', P, P}, {'or', P, P}, {'not', P}, a regular expression or a function of one argument";
    Error::pattern(format!("a pattern is {}, not {}", forms(accepts), shown(term)))
}
