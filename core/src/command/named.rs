//! Gives the words of a request the names of the usage line: what `SET k v PX 5` has for `value` and for `PX`.

use bytes::Bytes;

use super::usage::{Argument, Arity, Kind, Repeat, Usage};

/// A request's words by name, in the order of the request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) arguments: Vec<NamedArgument>,
    /// The words in capitals that were said, one by one.
    options: Vec<NamedOption>,
    /// The first word that fits nowhere, if the request is not one that the usage line allows.
    pub(crate) unfit: Option<usize>,
}

/// One option that a request has: a token, and the values that it announces.
#[derive(Clone, Debug, PartialEq, Eq)]
struct NamedOption {
    token: &'static str,
    at: usize,
    values: Vec<usize>,
}

/// One argument of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedArgument {
    pub(crate) name: String,
    /// The token that announces it, and by which it is asked for as an option: `EX`, `NX`, `LIMIT`.
    pub(crate) token: Option<&'static str>,
    /// The word it begins at, which is its token if it has one.
    pub(crate) at: usize,
    /// Which words of the request are its values: none for a token that stands alone.
    pub(crate) values: Vec<usize>,
}

impl Usage {
    /// Names the words of a request as far as they fit. Optional arguments that stand together may come in any order, as
    /// the servers take them.
    pub(crate) fn name(&self, request: &[Bytes]) -> Named {
        let start = self.name_words();
        let mut reader = Reader {
            request,
            at: start,
            counted: None,
            found: Vec::new(),
            options: Vec::new(),
            loose: Vec::new(),
        };
        let fits = reader.sequence(&self.arguments, request.len()).is_some();
        let unfit = (!fits || reader.at < request.len()).then_some(reader.at);
        Named { arguments: reader.found, options: reader.options, unfit }
    }
}

impl Named {
    /// The values of an option, by its token, each time it was said: none for a token that stands alone.
    pub(crate) fn option(&self, token: &str) -> impl Iterator<Item = &[usize]> {
        let options = self.options.iter().filter(move |option| option.token == token);
        options.map(|option| option.values.as_slice())
    }

    /// The name of the argument that a word of the request belongs to, for a message.
    #[cfg_attr(not(test), expect(dead_code, reason = "messages that explain a difference read it"))]
    pub(crate) fn name_of(&self, index: usize) -> Option<&str> {
        let holds =
            |argument: &&NamedArgument| argument.at == index || argument.values.contains(&index);
        self.arguments.iter().find(holds).map(|argument| argument.name.as_str())
    }
}

struct Reader<'a> {
    request: &'a [Bytes],
    at: usize,
    /// What the last `numkeys`, `numfields` … said, until its list has been read.
    counted: Option<usize>,
    found: Vec<NamedArgument>,
    options: Vec<NamedOption>,
    /// Values that no token has announced so far.
    loose: Vec<usize>,
}

/// Nothing as soon as a word does not fit; the reader then stands at that word.
type Fits = Option<()>;

impl Reader<'_> {
    /// Reads all arguments, in words before `end`.
    fn sequence(&mut self, arguments: &[Argument], end: usize) -> Fits {
        let mut rest = arguments;
        while let [first, after @ ..] = rest {
            if first.optional {
                let together = rest.iter().take_while(|argument| argument.optional).count();
                let (options, after) = rest.split_at(together);
                self.options(options, end.saturating_sub(Arity::of_all(after).least));
                rest = after;
            } else {
                self.argument(first, end.saturating_sub(Arity::of_all(after).least), after)?;
                rest = after;
            }
        }
        Some(())
    }

    /// Reads optional arguments in whichever order they come.
    fn options(&mut self, options: &[Argument], end: usize) {
        let mut left: Vec<&Argument> = options.iter().collect();
        while self.at < end || self.counted == Some(0) {
            let by_token = left.iter().position(|option| self.starts(option));
            let by_place = || left.iter().position(|option| begins_with_value(option));
            let Some(nth) = by_token.or_else(by_place) else { return };
            let option = left.remove(nth);
            let before = (self.at, self.found.len(), self.options.len(), self.loose.len());
            if self.argument(option, end, options).is_none() {
                self.at = before.0;
                self.found.truncate(before.1);
                self.options.truncate(before.2);
                self.loose.truncate(before.3);
                return;
            }
        }
    }

    /// Reads an argument as often as it comes. `around` is what may come after it, or among it if it is optional.
    fn argument(&mut self, argument: &Argument, end: usize, around: &[Argument]) -> Fits {
        let (start, base) = (self.at, self.found.len());
        match argument.repeat {
            Repeat::Once => self.once(argument, end)?,
            Repeat::ManyWithToken => {
                self.once(argument, end)?;
                while self.at < end && self.starts(argument) {
                    self.once(argument, end)?;
                }
            }
            Repeat::Many => self.many(argument, end, around)?,
        }
        let single = argument.token.is_some()
            && (argument.optional || !matches!(argument.kind, Kind::Block(_)));
        if single && argument.kind != Kind::Token {
            let values = self.found.drain(base..).flat_map(|found| found.values).collect();
            self.found.push(NamedArgument {
                name: argument.name.clone(),
                token: argument.token,
                at: start,
                values,
            });
        } else {
            merge_from(&mut self.found, base);
        }
        Some(())
    }

    /// Reads a list: as long as it was counted, half of what is left if another list follows, or as long as it goes.
    fn many(&mut self, argument: &Argument, end: usize, around: &[Argument]) -> Fits {
        let (said_at, base) = (self.at, self.loose.len());
        if let Some(token) = argument.token {
            self.token(token, end)?;
        }
        let body =
            Argument { token: None, optional: false, repeat: Repeat::Once, ..argument.clone() };
        let size = body.arity().least.max(1);
        let counted = self.counted.take().filter(|_| argument.token.is_none());
        let paired = || {
            let other = around.first().filter(|next| !next.optional && next.repeat == Repeat::Many);
            other.map(|_| (end + 1).saturating_sub(self.at) / 2)
        };
        let most = counted.or_else(paired).unwrap_or(usize::MAX);
        let mut times = 0;
        let stops = |reader: &Self, times| times > 0 && counted.is_none() && reader.stops(around);
        while times < most && self.at + size <= end && !stops(self, times) {
            let before = self.at;
            self.once(&body, end)?;
            if self.at == before {
                return None;
            }
            times += 1;
        }
        if let Some(token) = argument.token {
            self.said(token, said_at, base);
        }
        (times > 0 || counted == Some(0) && argument.optional).then_some(())
    }

    /// Whether a list that was not counted ends here, at an option's token.
    fn stops(&self, around: &[Argument]) -> bool {
        around.iter().any(|other| other.optional && self.starts(other))
    }

    fn once(&mut self, argument: &Argument, end: usize) -> Fits {
        let (at, base) = (self.at, self.loose.len());
        if let Some(token) = argument.token {
            self.token(token, end)?;
        }
        match &argument.kind {
            Kind::Token => self.push(argument, at, Vec::new()),
            Kind::Value => {
                let value = self.at;
                self.word(end)?;
                if argument.name.starts_with("num") {
                    self.counted = self.number(value);
                }
                self.loose.push(value);
                self.push(argument, value, vec![value]);
            }
            Kind::Block(parts) => {
                self.sequence(parts, end)?;
                if argument.token.is_none() && argument.is_led_by_token() {
                    self.announced_by(at, base);
                }
            }
            Kind::OneOf(choices) => self.choice(argument, choices, end)?,
        }
        if let Some(token) = argument.token {
            self.said(token, at, base);
        }
        Some(())
    }

    /// A token was said, and what was loose since belongs to it.
    fn said(&mut self, token: &'static str, at: usize, base: usize) {
        let values = self.loose.drain(base..).collect();
        self.options.push(NamedOption { token, at, values });
    }

    /// What is loose in a block belongs to the token that the block began with: a threshold to MAXLEN.
    fn announced_by(&mut self, at: usize, base: usize) {
        let values = self.loose.drain(base..);
        if let Some(option) = self.options.iter_mut().find(|option| option.at == at) {
            option.values.extend(values);
        }
    }

    fn choice(&mut self, argument: &Argument, choices: &[Argument], end: usize) -> Fits {
        let by_token = choices.iter().find(|choice| self.starts(choice));
        let chosen =
            by_token.or_else(|| choices.iter().find(|choice| begins_with_value(choice)))?;
        let word = self.at;
        let is_value = argument.token.is_some() || !argument.optional;
        if chosen.kind == Kind::Token && is_value {
            self.word(end)?;
            self.push(&Argument { token: None, ..argument.clone() }, word, vec![word]);
            match (argument.token, chosen.token) {
                (None, Some(token)) => self.said(token, word, self.loose.len()),
                _ => self.loose.push(word),
            }
            return Some(());
        }
        self.argument(chosen, end, &[])
    }

    fn push(&mut self, argument: &Argument, at: usize, values: Vec<usize>) {
        let token = argument.token.filter(|_| argument.kind == Kind::Token);
        self.found.push(NamedArgument { name: argument.name.clone(), token, at, values });
    }

    fn word(&mut self, end: usize) -> Fits {
        (self.at < end).then(|| self.at += 1)
    }

    fn token(&mut self, token: &str, end: usize) -> Fits {
        self.is_here(token).then_some(())?;
        self.word(end)
    }

    fn is_here(&self, token: &str) -> bool {
        self.request.get(self.at).is_some_and(|word| word.eq_ignore_ascii_case(token.as_bytes()))
    }

    /// Whether the argument begins with a token that is the next word.
    fn starts(&self, argument: &Argument) -> bool {
        match (&argument.kind, argument.token) {
            (_, Some(token)) => self.is_here(token),
            (Kind::OneOf(choices), None) => choices.iter().any(|choice| self.starts(choice)),
            (Kind::Block(parts), None) => leading(parts).any(|part| self.starts(part)),
            (Kind::Value | Kind::Token, None) => false,
        }
    }

    fn number(&self, index: usize) -> Option<usize> {
        std::str::from_utf8(&self.request[index]).ok()?.parse().ok()
    }
}

fn begins_with_value(argument: &Argument) -> bool {
    argument.token.is_none()
        && match &argument.kind {
            Kind::Value => true,
            Kind::Token => false,
            Kind::OneOf(choices) => choices.iter().any(begins_with_value),
            Kind::Block(parts) => leading(parts).any(begins_with_value),
        }
}

/// The parts a block may begin with: all up to the first that must be there.
fn leading(parts: &[Argument]) -> impl Iterator<Item = &Argument> {
    let optional = parts.iter().take_while(|part| part.optional).count();
    parts.iter().take(optional + 1)
}

/// Takes together what a repeated block found under the same name: all the fields, all the values.
fn merge_from(found: &mut Vec<NamedArgument>, base: usize) {
    let mut merged: Vec<NamedArgument> = Vec::new();
    for one in found.drain(base..) {
        let same = |other: &&mut NamedArgument| other.name == one.name && other.token == one.token;
        match merged.iter_mut().find(same) {
            Some(other) if one.token.is_none() => other.values.extend(one.values),
            _ => merged.push(one),
        }
    }
    found.extend(merged);
}
