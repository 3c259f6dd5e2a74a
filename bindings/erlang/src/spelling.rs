//! How messages spell terms: as the language does whose code reads them.
use crate::convert::proper;
use rustler::{MapIterator, Term, TermType, types::tuple::get_tuple};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether Elixir's own modules are there, so that it is Elixir which reads.
static ELIXIR: AtomicBool = AtomicBool::new(false);

/// Longer texts are cut off.
const LONGEST: usize = 200;

pub(crate) fn is_for_elixir(elixir: bool) {
    ELIXIR.store(elixir, Ordering::Relaxed);
}

#[rustler::nif(name = "shown")]
fn shown_in_a_message(term: Term<'_>) -> String {
    shown(term)
}

#[rustler::nif(name = "forms")]
fn forms_in_a_message(message: &str) -> String {
    forms(message)
}

/// A term as a message shows it.
pub(crate) fn shown(term: Term<'_>) -> String {
    let text = if ELIXIR.load(Ordering::Relaxed) { inspected(term) } else { written(term) };
    if text.chars().count() > LONGEST {
        text.chars().take(LONGEST).chain(['…']).collect()
    } else {
        text
    }
}

/// A message that shows what is accepted, such as `{glob, Pattern}`, which in Elixir is `{:glob, pattern}`.
pub(crate) fn forms(message: &str) -> String {
    if !ELIXIR.load(Ordering::Relaxed) {
        return message.to_owned();
    }
    let mut text = String::with_capacity(message.len());
    let mut depth = 0;
    let mut words = message.chars().peekable();
    while let Some(letter) = words.next() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 || !(letter.is_alphabetic() || letter == '\'') {
            text.push(letter);
            continue;
        }
        let mut word = String::from(letter);
        while let Some(next) = words.next_if(|next| next.is_alphanumeric() || "_'".contains(*next))
        {
            word.push(next);
        }
        let is_atom = letter.is_lowercase() || letter == '\'';
        text += if is_atom { ":" } else { "" };
        text += &word.trim_matches('\'').to_lowercase();
    }
    text
}

/// As Erlang writes it, but for the digits of a float.
fn written(term: Term<'_>) -> String {
    match term.decode::<f64>() {
        Ok(float) if term.is_float() => format!("{float:?}"),
        _ => format!("{term:?}"),
    }
}

/// As Elixir's `inspect` shows it.
fn inspected(term: Term<'_>) -> String {
    let joined = |terms: &mut dyn Iterator<Item = Term<'_>>| {
        terms.map(inspected).collect::<Vec<_>>().join(", ")
    };
    match term.get_type() {
        TermType::Atom => atom(&term.atom_to_string().unwrap_or_default()),
        TermType::Binary => binary(term),
        TermType::Tuple => {
            let parts = get_tuple(term).unwrap_or_default();
            format!("{{{}}}", joined(&mut parts.into_iter()))
        }
        TermType::List => match proper(term) {
            Ok(items) => list(items.collect()),
            Err(_) => written(term),
        },
        TermType::Map => {
            let pairs = MapIterator::new(term).into_iter().flatten();
            let pairs =
                pairs.map(|(key, value)| format!("{} => {}", inspected(key), inspected(value)));
            format!("%{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
        TermType::Pid => format!("#PID{term:?}"),
        _ => written(term),
    }
}

fn list(items: Vec<Term<'_>>) -> String {
    let pair = |item: &Term<'_>| {
        let pair = get_tuple(*item).ok().filter(|pair| pair.len() == 2)?;
        let name = pair[0].atom_to_string().ok().filter(|name| is_plain(name))?;
        Some(format!("{name}: {}", inspected(pair[1])))
    };
    let keywords: Option<Vec<_>> = items.iter().map(pair).collect();
    let items = keywords.unwrap_or_else(|| items.into_iter().map(inspected).collect());
    format!("[{}]", items.join(", "))
}

fn atom(name: &str) -> String {
    match name {
        "nil" | "true" | "false" => name.into(),
        name if is_plain(name) => format!(":{name}"),
        name => match name.strip_prefix("Elixir.") {
            Some(module) => module.into(),
            None => format!(":{name:?}"),
        },
    }
}

fn is_plain(name: &str) -> bool {
    let stem = name.strip_suffix(['?', '!']).unwrap_or(name);
    stem.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && stem.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

fn binary(term: Term<'_>) -> String {
    let bytes = term.decode::<rustler::Binary<'_>>().map(|binary| binary.as_slice().to_vec());
    let bytes = bytes.unwrap_or_default();
    if let Ok(text) = std::str::from_utf8(&bytes) {
        return format!("{text:?}");
    }
    let bytes: Vec<_> = bytes.iter().map(ToString::to_string).collect();
    format!("<<{}>>", bytes.join(", "))
}
