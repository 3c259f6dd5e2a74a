//! Which parts of a call are not as a matcher wants them, and what is to be said of each.
use super::align::{Step, aligned};
use super::explain::{differs, exact, explain, is_needed, of_name};
use super::journal::{Call, Via};
use super::matcher::{Look, Matcher, Pattern, UnlikeOption, quoted};
use super::nearest::names;

/// A part of a call that is not as a matcher wants it.
#[derive(Debug, PartialEq)]
pub(super) struct Difference {
    /// Which words of the call are meant: 0 is its name.
    pub(super) words: Vec<usize>,
    /// What is to be said of it.
    pub(super) text: String,
    /// How far it is from what was wanted, from 0 to 1; a missing or superfluous part is 1.
    pub(super) distance: f64,
}

/// All parts of a call that are not as the matcher wants them.
pub(super) fn differences(matcher: &Matcher, call: &Call) -> Vec<Difference> {
    let mut all = Vec::new();
    if matcher.name().is_none() && !names(matcher, call) {
        let text = format!("{} is not of {}", call.name, matcher.head());
        all.push(Difference { words: vec![0], text, distance: 1.5 });
    }
    if let Some(name) = matcher.name().filter(|_| !names(matcher, call)) {
        let note = other_unit(name, call).or_else(|| by_one(name, call));
        let note = note.or_else(|| of_name(name, &call.name));
        let note = note.map(str::to_owned);
        let text = with_note(format!("{}, expected {name}", call.name), note);
        let distance = 1.0 + exact(name.as_bytes(), call.name.as_bytes()).distance;
        all.push(Difference { words: vec![0], text, distance });
    }
    if !matcher.parts().args.is_empty() {
        all.extend(of_args(matcher.positions(), call));
    }
    all.extend(matcher.parts().key.and_then(|key| of_key(key, call)));
    all.extend(matcher.unlike_options(call).into_iter().map(|option| of_option(option, call)));
    if let Some(conn) = matcher.parts().conn {
        all.extend(conn.differences(&call.client, call.db).into_iter().map(|text| apart(&text)));
    }
    if let Some(via) = matcher.parts().via.filter(|via| *via != call.via) {
        let way = |via| match via {
            Via::Exec => "through EXEC",
            Via::Script => "from a script",
            Via::Direct => "directly",
        };
        all.push(apart(&format!("it came {}, not {}", way(call.via), way(via))));
    }
    all
}

/// What the test's own code, which only the host can ask, has refused of a call.
pub(super) fn refused(matcher: &Matcher, call: &Call) -> Vec<Difference> {
    let asks = |pattern: &Pattern, word: &[u8]| matches!(pattern.look(Some(word)), Look::Ask(_));
    let (wanted, _) = matcher.positions();
    let args = wanted.iter().zip(call.args()).enumerate().filter(|(_, (one, arg))| asks(one, arg));
    let of_args = args.map(|(at, (one, arg))| {
        (vec![at + 1], format!("argument {} is {}", at + 1, shown(arg)), one.to_string())
    });
    let word_of = |key: &[u8]| call.args().iter().position(|arg| arg == key).map(|at| at + 1);
    let keys = call.keys().into_iter().zip(matcher.parts().key.into_iter().cycle());
    let of_keys = keys.filter(|(key, one)| asks(one, key)).map(|(key, one)| {
        (word_of(key).into_iter().collect(), format!("key {}", shown(key)), one.to_string())
    });
    let of_call = matcher
        .parts()
        .when
        .map(|when| (Vec::new(), "the call".to_owned(), format!("when={when}")));
    let mut all: Vec<_> = of_args.chain(of_keys).chain(of_call).collect();
    if all.is_empty() {
        all.push((Vec::new(), "the call".to_owned(), "a predicate".to_owned()));
    }
    let refuses = if all.len() == 1 { "refuses" } else { "may refuse" };
    let difference = |(words, what, predicate): (Vec<usize>, String, String)| Difference {
        words,
        text: format!("{what}, which {predicate} {refuses}"),
        distance: 0.5,
    };
    all.into_iter().map(difference).collect()
}

/// EXPIRE and PEXPIRE, SETEX and PSETEX take the same time in different units.
fn other_unit(name: &str, call: &Call) -> Option<&'static str> {
    let in_seconds = |name: &str| name.contains("EX").then(|| name.replacen('P', "", 1));
    if in_seconds(&call.name).as_deref() == Some(name) {
        Some("milliseconds in place of seconds")
    } else if in_seconds(name).as_deref() == Some(&call.name) {
        Some("seconds in place of milliseconds")
    } else {
        None
    }
}

/// Some clients send INCRBY with 1 when they are told to INCR.
fn by_one(name: &str, call: &Call) -> Option<&'static str> {
    let is_by_one = call.name.strip_suffix("BY") == Some(name) && call.args().get(1)? == "1";
    is_by_one.then_some("the same by one, and what some clients send for it")
}

/// A difference in something that no word of the call shows.
pub(super) fn apart(text: &str) -> Difference {
    Difference { words: Vec::new(), text: text.to_owned(), distance: 0.5 }
}

fn of_key(wanted: &Pattern, call: &Call) -> Option<Difference> {
    let keys = call.keys();
    if keys.iter().any(|key| !differs(wanted, key)) {
        return None;
    }
    let word_of = |key: &[u8]| call.args().iter().position(|arg| arg == key).map(|at| at + 1);
    let explained = keys.iter().map(|key| (explain(wanted, key), *key));
    let nearest = explained.min_by(|(a, _), (b, _)| a.distance.total_cmp(&b.distance));
    let Some((explained, key)) = nearest else {
        if !is_needed(wanted) {
            return None;
        }
        return Some(Difference {
            words: vec![0],
            text: format!("it has no key, expected {wanted}"),
            distance: 1.0,
        });
    };
    let text = with_note(format!("key {}, expected {wanted}", quoted(key)), explained.note);
    let words = word_of(key).into_iter().collect();
    Some(Difference { words, text, distance: explained.distance })
}

fn with_note(text: String, note: Option<String>) -> String {
    match note {
        Some(note) => format!("{text}: {note}"),
        None => text,
    }
}

fn of_args((wanted, is_open): (&[Pattern], bool), call: &Call) -> Vec<Difference> {
    let got = call.args();
    if let Some(difference) = reordered(wanted, call, is_open) {
        return vec![difference];
    }
    let mut all = Vec::new();
    let mut steps = aligned(wanted, got, is_open).into_iter().peekable();
    while let Some(step) = steps.next() {
        let one = match step {
            Step::Differs(at, word) => {
                let pair = steps.peek().copied().and_then(|next| of_unit(wanted, call, step, next));
                if pair.is_some() {
                    steps.next();
                }
                pair.or_else(|| of_arg(&wanted[at], call, word))
            }
            Step::Missing(at) => is_needed(&wanted[at]).then(|| Difference {
                words: Vec::new(),
                text: format!("{} is missing", wanted[at]),
                distance: 1.0,
            }),
            Step::Extra(word) => Some(Difference {
                words: vec![word + 1],
                text: format!("argument {} is one too many", word + 1),
                distance: 0.5,
            }),
        };
        all.extend(one);
    }
    all
}

fn of_arg(wanted: &Pattern, call: &Call, at: usize) -> Option<Difference> {
    let got = &call.args()[at];
    if !differs(wanted, got) {
        return None;
    }
    let explained = explain(wanted, got);
    let text = format!("argument {} is {}, expected {wanted}", at + 1, shown(got));
    let text = with_note(text, explained.note);
    Some(Difference { words: vec![at + 1], text, distance: explained.distance })
}

fn shown(bytes: &[u8]) -> String {
    let more = if bytes.len() > 64 { "…" } else { "" };
    format!("{}{more}", quoted(&bytes[..bytes.len().min(64)]))
}

/// A time and its unit: `PX 60000` says what `EX 60` says.
fn of_unit(wanted: &[Pattern], call: &Call, unit: Step, time: Step) -> Option<Difference> {
    let (Step::Differs(at, word), Step::Differs(time_at, time_word)) = (unit, time) else {
        return None;
    };
    let (Pattern::Exact(unit), Pattern::Exact(time)) = (wanted.get(at)?, wanted.get(time_at)?)
    else {
        return None;
    };
    if (time_at, time_word) != (at + 1, word + 1) {
        return None;
    }
    let got = call.args();
    let expected_ms = milliseconds(unit, time)?;
    let got_ms = milliseconds(got.get(word)?, got.get(time_word)?)?;
    if unit.eq_ignore_ascii_case(&got[word]) {
        return None;
    }
    let is_same = expected_ms == got_ms && unit.len() == got[word].len();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let note = if is_same { "the same time in another unit" } else { "another time" };
    Some(Difference {
        words: vec![word + 1, time_word + 1],
        text: format!(
            "{} {}, expected {} {}: {note}",
            text(&got[word]),
            text(&got[time_word]),
            text(unit),
            text(time)
        ),
        distance: if is_same { 0.1 } else { 0.5 },
    })
}

/// An option that is not as it was asked for by name.
fn of_option(option: UnlikeOption<'_>, call: &Call) -> Difference {
    let shown = option.shown;
    let offset = call.words().len() - call.args().len();
    let place = |word: usize| word + 1 - offset;
    let words_of = |at: &[usize]| -> Vec<String> {
        at.iter().map(|at| String::from_utf8_lossy(&call.words()[*at]).into_owned()).collect()
    };
    if let Some(at) = option.at {
        let text = format!("{}, expected {shown}", words_of(&at).join(" "));
        let explained =
            option.value.zip(at.last()).map(|(value, at)| explain(value, &call.words()[*at]));
        let (note, distance) = explained.map_or((None, 0.5), |one| (one.note, one.distance));
        let words = at.into_iter().map(place).collect();
        return Difference { words, text: with_note(text, note), distance };
    }
    let other = option.value.and_then(|value| other_time(option.token, value, call));
    match other {
        Some((at, note)) => Difference {
            words: at.iter().copied().map(place).collect(),
            text: format!("{}, expected {shown}: {note}", words_of(&at).join(" ")),
            distance: 0.3,
        },
        None => {
            Difference { words: Vec::new(), text: format!("{shown} is missing"), distance: 1.0 }
        }
    }
}

/// The time that a call has in another unit than was asked for, and whether it is the same.
fn other_time(unit: &str, time: &Pattern, call: &Call) -> Option<(Vec<usize>, &'static str)> {
    let words = call.words();
    let (at, got_ms) = words
        .windows(2)
        .enumerate()
        .find_map(|(at, pair)| Some((at, milliseconds(&pair[0], &pair[1])?)).filter(|_| at > 0))?;
    let Pattern::Exact(time) = time else { return None };
    let is_same = milliseconds(unit.as_bytes(), time)? == got_ms && unit.len() == words[at].len();
    Some((vec![at, at + 1], if is_same { "the same time in another unit" } else { "another time" }))
}

/// What an option such as `EX 60` says, in milliseconds.
fn milliseconds(unit: &[u8], time: &[u8]) -> Option<i128> {
    let time: i64 = std::str::from_utf8(time).ok()?.parse().ok()?;
    match unit.to_ascii_uppercase().as_slice() {
        b"EX" | b"EXAT" => Some(i128::from(time) * 1000),
        b"PX" | b"PXAT" => Some(i128::from(time)),
        _ => None,
    }
}

/// The same arguments in another order, if that is what they are.
fn reordered(wanted: &[Pattern], call: &Call, is_open: bool) -> Option<Difference> {
    let got = call.args();
    let exact: Option<Vec<&[u8]>> = wanted
        .iter()
        .map(|one| if let Pattern::Exact(bytes) = one { Some(&bytes[..]) } else { None })
        .collect();
    let exact = exact.filter(|exact| exact.len() == got.len() && !is_open)?;
    let (mut ours, mut theirs): (Vec<&[u8]>, Vec<&[u8]>) =
        (exact.clone(), got.iter().map(|arg| &arg[..]).collect());
    let words: Vec<_> =
        (0..got.len()).filter(|at| exact[*at] != theirs[*at]).map(|at| at + 1).collect();
    ours.sort_unstable();
    theirs.sort_unstable();
    if ours != theirs || words.is_empty() {
        return None;
    }
    let order: Vec<_> = wanted.iter().map(ToString::to_string).collect();
    let text = format!("the same arguments in another order, expected {}", order.join(" "));
    Some(Difference { words, text, distance: 0.3 })
}
