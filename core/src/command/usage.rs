//! Reads a command's usage line into a tree of arguments; arity follows from it.
//!
//! The notation is that of the Redis documentation: `LMPOP numkeys key [key ...] <LEFT|RIGHT> [COUNT count]`.
//! Words in capitals are tokens, others are names of what the client fills in; `[…]` may be left out, `<a|b>` and
//! `[a|b]` offer a choice, and `x [x ...]` or, shorter, `x ...` stands for one `x` or more.

use super::names;

/// What a usage line says: the command's name and the tree of its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) line: &'static str,
    /// One word, or two when it is a subcommand: `GET`, `CLIENT KILL`.
    pub(crate) name: &'static str,
    pub(crate) arguments: Vec<Argument>,
}

/// One argument, or several that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Argument {
    /// The word of the usage line; for tokens, choices and blocks the name that custom gives them.
    pub(crate) name: String,
    /// The word in capitals that announces the argument, or that is the whole of it.
    pub(crate) token: Option<&'static str>,
    pub(crate) kind: Kind,
    pub(crate) optional: bool,
    pub(crate) repeat: Repeat,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A value the client fills in.
    Value,
    /// A token without a value.
    Token,
    /// One of several.
    OneOf(Vec<Argument>),
    /// Several, one after the other.
    Block(Vec<Argument>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    Once,
    /// `PREFIX value [value ...]`
    Many,
    /// `PREFIX value [PREFIX value ...]`
    ManyWithToken,
}

/// How many words a request has at least, the name's own included; `exact` when no more may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arity {
    pub(crate) least: usize,
    pub(crate) exact: bool,
}

/// Why a usage line cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("usage `{line}`: {what}")]
pub(crate) struct UnreadableUsage {
    line: &'static str,
    what: &'static str,
}

impl Usage {
    /// Reads the line of a command whose name is one word.
    pub(crate) fn of_command(line: &'static str) -> Result<Usage, UnreadableUsage> {
        Usage::parse(line, 1)
    }

    /// Reads the line of a subcommand, whose name is two words.
    pub(crate) fn of_subcommand(line: &'static str) -> Result<Usage, UnreadableUsage> {
        Usage::parse(line, 2)
    }

    fn parse(line: &'static str, name_words: usize) -> Result<Usage, UnreadableUsage> {
        let end = line.match_indices(' ').nth(name_words - 1).map_or(line.len(), |(at, _)| at);
        let (name, rest) = line.split_at(end);
        let unreadable = |what| UnreadableUsage { line, what };
        if name.is_empty() || !name.split(' ').all(is_token) {
            return Err(unreadable("the name is not in capitals"));
        }
        let mut reader = Reader { rest };
        let pieces = reader.sequence().map_err(unreadable)?;
        if !reader.rest.trim_start().is_empty() {
            return Err(unreadable("a bracket closes that was never opened"));
        }
        let mut arguments = arguments(&pieces);
        names::give(&mut arguments);
        Ok(Usage { line, name, arguments })
    }

    /// How many words of a request are the command's name.
    pub(crate) fn name_words(&self) -> usize {
        self.name.split(' ').count()
    }

    pub(crate) fn arity(&self) -> Arity {
        let arguments = Arity::of_all(&self.arguments);
        Arity { least: self.name_words() + arguments.least, ..arguments }
    }
}

impl Arity {
    pub(crate) fn accepts(self, words: usize) -> bool {
        if self.exact { words == self.least } else { words >= self.least }
    }

    /// From what `COMMAND INFO` shows.
    pub(super) fn from_redis(shown: i64) -> Arity {
        let least = usize::try_from(shown.unsigned_abs()).expect("a row's arity is small");
        Arity { least, exact: shown >= 0 }
    }

    /// As `COMMAND INFO` shows it: negative when more words may follow.
    pub(crate) fn as_redis(self) -> i64 {
        let least = i64::try_from(self.least).expect("a usage line is short");
        if self.exact { least } else { -least }
    }

    pub(super) fn of_all(arguments: &[Argument]) -> Arity {
        let each = arguments.iter().map(Argument::arity);
        each.fold(Arity { least: 0, exact: true }, |sum, one| Arity {
            least: sum.least + one.least,
            exact: sum.exact && one.exact,
        })
    }
}

impl Argument {
    fn plain(name: &str, token: Option<&'static str>, kind: Kind) -> Argument {
        Argument { name: name.to_owned(), token, kind, optional: false, repeat: Repeat::Once }
    }

    /// The words it takes: none at least when it may be left out.
    pub(super) fn arity(&self) -> Arity {
        if self.optional {
            return Arity { least: 0, exact: false };
        }
        let once = self.arity_given();
        Arity { exact: once.exact && self.repeat == Repeat::Once, ..once }
    }

    /// The words it takes when it is there, once.
    pub(super) fn arity_given(&self) -> Arity {
        let announced = usize::from(self.token.is_some() && self.kind != Kind::Token);
        let body = match &self.kind {
            Kind::Value | Kind::Token => Arity { least: 1, exact: true },
            Kind::Block(parts) => Arity::of_all(parts),
            Kind::OneOf(choices) => shortest(choices),
        };
        Arity { least: announced + body.least, ..body }
    }

    /// The members of a block or the choices of a choice.
    pub(crate) fn parts(&self) -> &[Argument] {
        match &self.kind {
            Kind::OneOf(parts) | Kind::Block(parts) => parts,
            Kind::Value | Kind::Token => &[],
        }
    }
}

/// A choice takes as many words as its shortest branch; a choice of which every branch may be left out (as `CLIENT KILL`
/// writes its filters) still takes one of them.
fn shortest(choices: &[Argument]) -> Arity {
    let each: Vec<Arity> = choices.iter().map(Argument::arity_given).collect();
    let least = each.iter().map(|arity| arity.least).min().unwrap_or(0);
    let same = Arity { least, exact: true };
    let exact = each.iter().all(|arity| *arity == same)
        && !choices.iter().any(|one| one.repeat != Repeat::Once);
    Arity { least, exact }
}

/// A token has no small letter: `LIMIT`, `FROMLONLAT`, but also `~`, `=`, `*`, `$`.
fn is_token(word: &str) -> bool {
    !word.bytes().any(|byte| byte.is_ascii_lowercase())
}

/// What is written, before tokens are joined with their values.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Word(&'static str),
    Choice { branches: Vec<Vec<Piece>>, optional: bool },
    Many(Vec<Piece>),
}

struct Reader {
    rest: &'static str,
}

type Read<T> = Result<T, &'static str>;

impl Reader {
    fn next(&mut self) -> Option<&'static str> {
        let text = self.rest.trim_start();
        let special = |c: char| "[]<>|".contains(c);
        let length = match text.chars().next()? {
            c if special(c) => 1,
            _ => text.find(|c| special(c) || c == ' ').unwrap_or(text.len()),
        };
        let (lexeme, rest) = text.split_at(length);
        self.rest = rest;
        Some(lexeme)
    }

    /// Reads up to what closes the sequence, which is left standing.
    fn sequence(&mut self) -> Read<Vec<Piece>> {
        let mut pieces = Vec::new();
        loop {
            let here = self.rest;
            match self.next() {
                None => return Ok(pieces),
                Some("]" | ">" | "|") => {
                    self.rest = here;
                    return Ok(pieces);
                }
                Some("...") => {
                    let last = pieces.pop().ok_or("`...` follows nothing")?;
                    pieces.push(Piece::Many(vec![last]));
                }
                Some("[") => self.bracket(&mut pieces)?,
                Some("<") => {
                    let branches = self.branches(">")?;
                    pieces.push(Piece::Choice { branches, optional: false });
                }
                Some(word) => pieces.push(Piece::Word(word)),
            }
        }
    }

    fn branches(&mut self, close: &'static str) -> Read<Vec<Vec<Piece>>> {
        let mut branches = vec![self.sequence()?];
        loop {
            match self.next() {
                Some("|") => branches.push(self.sequence()?),
                Some(lexeme) if lexeme == close => return Ok(branches),
                _ => return Err("a bracket is not closed by its like"),
            }
        }
    }

    /// Reads `[…]`: something optional, or `[x ...]` after an `x`, which repeats it.
    fn bracket(&mut self, pieces: &mut Vec<Piece>) -> Read<()> {
        let branches = self.branches("]")?;
        if let [branch] = branches.as_slice()
            && let [before @ .., Piece::Many(last)] = branch.as_slice()
        {
            let once: Vec<Piece> = before.iter().chain(last).cloned().collect();
            if pieces.ends_with(&once) {
                pieces.truncate(pieces.len() - once.len());
                pieces.push(Piece::Many(once));
                return Ok(());
            }
        }
        pieces.push(Piece::Choice { branches, optional: true });
        Ok(())
    }
}

/// Joins tokens with the values they announce: those that follow up to the next token or optional argument.
fn arguments(pieces: &[Piece]) -> Vec<Argument> {
    let mut found = Vec::new();
    let mut rest = pieces;
    while let [first, after @ ..] = rest {
        rest = after;
        match first {
            Piece::Word(word) if is_token(word) => {
                let values = after.iter().take_while(|piece| is_value(piece)).count();
                found.push(announced(word, arguments(&after[..values])));
                rest = &after[values..];
            }
            Piece::Word(word) => found.push(Argument::plain(word, None, Kind::Value)),
            Piece::Choice { branches, optional } => {
                let mut choice = choice(branches);
                choice.optional |= *optional;
                found.push(choice);
            }
            Piece::Many(once) => found.push(repeated(once)),
        }
    }
    found
}

fn is_value(piece: &Piece) -> bool {
    match piece {
        Piece::Word(word) => !is_token(word),
        Piece::Choice { optional, .. } => !optional,
        Piece::Many(once) => once.iter().all(is_value),
    }
}

fn announced(token: &'static str, values: Vec<Argument>) -> Argument {
    match single(values) {
        Ok(value) if value.token.is_none() => Argument { token: Some(token), ..value },
        Ok(value) => Argument::plain("", Some(token), Kind::Block(vec![value])),
        Err(values) if values.is_empty() => Argument::plain("", Some(token), Kind::Token),
        Err(values) => Argument::plain("", Some(token), Kind::Block(values)),
    }
}

fn choice(branches: &[Vec<Piece>]) -> Argument {
    let one = |branch: &Vec<Piece>| together(arguments(branch));
    match branches {
        [branch] => one(branch),
        branches => Argument::plain("", None, Kind::OneOf(branches.iter().map(one).collect())),
    }
}

fn repeated(once: &[Piece]) -> Argument {
    let argument = together(arguments(once));
    let repeat = if argument.token.is_some() { Repeat::ManyWithToken } else { Repeat::Many };
    Argument { repeat, ..argument }
}

fn together(arguments: Vec<Argument>) -> Argument {
    single(arguments).unwrap_or_else(|arguments| Argument::plain("", None, Kind::Block(arguments)))
}

fn single(mut arguments: Vec<Argument>) -> Result<Argument, Vec<Argument>> {
    if arguments.len() == 1 { Ok(arguments.remove(0)) } else { Err(arguments) }
}
