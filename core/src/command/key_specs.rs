//! Finds a command's key specs in its usage line.
//!
//! Arguments are keys by their names. A list counted by `numkeys`, keys behind a token, pairs such as `key value`, and
//! words that follow a list of keys are understood; what is not follows from the row.

use super::keys::{Begin, Find, KeyAccess, KeySpec, NoKeys};
use super::usage::{Argument, Arity, Kind, Repeat, Usage};

impl Usage {
    /// The key specs that follow from the usage line. `accesses` says what is done to the keys of each spec in turn; the
    /// last one stands for all that come after.
    pub(crate) fn key_specs(&self, accesses: &[KeyAccess]) -> Vec<KeySpec> {
        let mut walk = Walk { found: Vec::new() };
        walk.sequence(&self.arguments, Place::at(self.name_words()));
        let access = |nth: usize| accesses.get(nth).or(accesses.last()).copied();
        let mut specs = walk.found;
        for (nth, spec) in specs.iter_mut().enumerate() {
            if spec.access != KeyAccess::NOT_KEY {
                spec.access = access(nth).unwrap_or(KeyAccess::LOOKS);
            }
        }
        specs
    }
}

/// Walks over the arguments, looking for keys, and knows how far into the request it is.
struct Walk {
    found: Vec<KeySpec>,
}

/// How many words come before: at least, and exactly if that is known.
#[derive(Clone, Copy)]
struct Place {
    least: usize,
    exact: Option<usize>,
}

impl Place {
    fn at(index: usize) -> Place {
        Place { least: index, exact: Some(index) }
    }

    fn after(self, words: Arity) -> Place {
        let exact = self.exact.filter(|_| words.exact).map(|at| at + words.least);
        Place { least: self.least + words.least, exact }
    }
}

impl Walk {
    fn sequence(&mut self, arguments: &[Argument], start: Place) {
        let mut place = start;
        for (nth, argument) in arguments.iter().enumerate() {
            let around = Around {
                before: nth.checked_sub(1).map(|nth| &arguments[nth]),
                after: &arguments[nth + 1..],
            };
            self.argument(argument, place, around);
            place = place.after(argument.arity());
        }
    }

    fn argument(&mut self, argument: &Argument, place: Place, around: Around<'_>) {
        if let Some(keyword) = argument.token {
            self.announced(argument, keyword, place);
            return;
        }
        match &argument.kind {
            Kind::Value if is_key(argument) => self.key(argument, 1, place, around),
            Kind::Block(parts) if argument.repeat == Repeat::Many => {
                if let Some(key) = parts.iter().find(|part| is_key(part)) {
                    self.key(
                        &Argument { repeat: Repeat::Many, ..key.clone() },
                        parts.len(),
                        place,
                        around,
                    );
                }
            }
            Kind::Block(parts) => self.sequence(parts, place),
            Kind::OneOf(choices) => {
                for choice in choices {
                    let choice = Argument { optional: true, ..choice.clone() };
                    self.argument(&choice, place, Around { before: None, after: around.after });
                }
            }
            Kind::Value | Kind::Token => {}
        }
    }

    /// Keys behind a token: `STORE key`, `STREAMS key [key ...] id [id ...]`.
    fn announced(&mut self, argument: &Argument, keyword: &'static str, place: Place) {
        let start = isize::try_from(place.least).expect("a usage line is short");
        let begin = Begin::Keyword { keyword, start, none: absence(argument) };
        match &argument.kind {
            Kind::Value if is_key(argument) => {
                let last = if argument.repeat == Repeat::Many { -1 } else { 0 };
                self.push(argument, begin, Find::Range { last, step: 1, limit: 0 });
            }
            Kind::Block(parts) => match parts.as_slice() {
                [keys, others] if is_key(keys) && others.repeat == Repeat::Many => {
                    self.push(keys, begin, Find::Range { last: -1, step: 1, limit: 2 });
                }
                parts => self.sequence(
                    parts,
                    Place { exact: place.exact.map(|at| at + 1), least: place.least + 1 },
                ),
            },
            Kind::Value | Kind::Token | Kind::OneOf(_) => {}
        }
    }

    fn key(&mut self, key: &Argument, step: usize, place: Place, around: Around<'_>) {
        let begin = |back: usize| place.exact.map_or(Begin::Unknown, |at| Begin::Index(at - back));
        if key.repeat == Repeat::Once {
            if !self.extends_numbered(key, around.before) {
                self.push(key, begin(0), Find::Range { last: 0, step, limit: 0 });
            }
        } else if around.before.is_some_and(|before| before.name == "numkeys") {
            let find = Find::KeyNum { count: 0, first: 1, step, none: absence(key) };
            self.push(key, begin(1), find);
        } else {
            let after = Arity::of_all(around.after);
            let trailing = isize::try_from(after.least).expect("a usage line is short");
            let range = Find::Range { last: -1 - trailing, step, limit: 0 };
            self.push(key, begin(0), if after.exact { range } else { Find::Unknown });
        }
    }

    /// `key1 key2` are keys of one kind.
    fn extends_numbered(&mut self, key: &Argument, before: Option<&Argument>) -> bool {
        let stem =
            |name: &str| name.strip_suffix(|last: char| last.is_ascii_digit()).map(str::to_owned);
        let same = before.is_some_and(|before| {
            stem(&key.name).is_some() && stem(&before.name) == stem(&key.name)
        });
        match self.found.last_mut() {
            Some(KeySpec { find: Find::Range { last, .. }, .. }) if same => {
                *last += 1;
                true
            }
            _ => false,
        }
    }

    fn push(&mut self, key: &Argument, begin: Begin, find: Find) {
        let access = if key.name == "shardchannel" { KeyAccess::NOT_KEY } else { KeyAccess::LOOKS };
        self.found.push(KeySpec { begin, find, access });
    }
}

fn absence(keys: &Argument) -> NoKeys {
    if keys.optional { NoKeys::Fine } else { NoKeys::Invalid }
}

#[derive(Clone, Copy)]
struct Around<'a> {
    before: Option<&'a Argument>,
    after: &'a [Argument],
}

/// Shard channels are no keys, but are found and routed as if they were.
fn is_key(argument: &Argument) -> bool {
    argument.kind == Kind::Value && (is_key_name(&argument.name) || argument.name == "shardchannel")
}

/// The names that the documentation gives to keys.
pub(super) fn is_key_name(name: &str) -> bool {
    let stem = name.trim_end_matches(|last: char| last.is_ascii_digit());
    matches!(
        stem,
        "key" | "newkey" | "destkey" | "sourcekey" | "source" | "destination" | "src" | "dst"
    )
}
