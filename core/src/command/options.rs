//! What a usage line says of its options: every word in capitals, and how many values it announces.
use super::usage::{Argument, Arity, Kind, Repeat, Usage};

/// One option of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OptionFact {
    pub(crate) token: &'static str,
    /// How many values follow it.
    pub(crate) values: Arity,
    /// Its value is one of several words in capitals, whose case does not matter: `AGGREGATE SUM`.
    pub(crate) takes_word: bool,
}

/// No value, and no more.
const NONE: Arity = Arity { least: 0, exact: true };

impl Usage {
    /// All options in the order of the usage line, each once.
    pub(crate) fn options(&self) -> Vec<OptionFact> {
        let mut found = Vec::new();
        self.arguments.iter().for_each(|argument| {
            collect(argument, &mut found);
        });
        merged(found)
    }
}

/// Each option once, with what all that is said of it has in common.
pub(crate) fn merged(found: impl IntoIterator<Item = OptionFact>) -> Vec<OptionFact> {
    let mut facts: Vec<OptionFact> = Vec::new();
    for fact in found {
        match facts.iter_mut().find(|known| known.token == fact.token) {
            Some(known) => {
                known.values = either(known.values, fact.values);
                known.takes_word &= fact.takes_word;
            }
            None => facts.push(fact),
        }
    }
    facts
}

impl Argument {
    /// Whether it begins with a word in capitals, which then announces the values that follow.
    pub(super) fn is_led_by_token(&self) -> bool {
        self.token.is_some()
            || match &self.kind {
                Kind::Block(parts) => parts.first().is_some_and(Argument::is_led_by_token),
                Kind::OneOf(choices) => choices.iter().all(Argument::is_led_by_token),
                Kind::Value | Kind::Token => false,
            }
    }

    fn is_choice_of_tokens(&self) -> bool {
        self.parts().iter().all(|choice| choice.kind == Kind::Token)
    }
}

/// Collects the options of an argument; how many values of it belong to none of them.
fn collect(argument: &Argument, found: &mut Vec<OptionFact>) -> Arity {
    let announces = argument.token.is_some();
    let takes_word =
        announces && matches!(argument.kind, Kind::OneOf(_)) && argument.is_choice_of_tokens();
    let values = match &argument.kind {
        Kind::Token => NONE,
        Kind::Value => Arity { least: 1, exact: true },
        Kind::OneOf(_) if takes_word => Arity { least: 1, exact: true },
        Kind::OneOf(choices) => {
            choices.iter().map(|choice| collect(choice, found)).reduce(either).unwrap_or(NONE)
        }
        Kind::Block(parts) => block(argument, parts, found),
    };
    let exact = values.exact && argument.repeat != Repeat::Many;
    let values = Arity { exact, ..values };
    if let Some(token) = argument.token {
        found.push(OptionFact { token, values, takes_word });
        return NONE;
    }
    if argument.optional { Arity { least: 0, exact: values == NONE } } else { values }
}

/// In a block that a token leads, the values that follow are the token's.
fn block(argument: &Argument, parts: &[Argument], found: &mut Vec<OptionFact>) -> Arity {
    let start = found.len();
    let mut leaders = start;
    let mut sum = NONE;
    for (nth, part) in parts.iter().enumerate() {
        let loose = collect(part, found);
        sum = Arity { least: sum.least + loose.least, exact: sum.exact && loose.exact };
        if nth == 0 {
            leaders = found.len();
        }
    }
    if argument.token.is_some() || !argument.is_led_by_token() {
        return sum;
    }
    for fact in &mut found[start..leaders] {
        let values = fact.values;
        fact.values = Arity { least: values.least + sum.least, exact: values.exact && sum.exact };
    }
    NONE
}

fn either(one: Arity, other: Arity) -> Arity {
    let exact = one.exact && other.exact && one.least == other.least;
    Arity { least: one.least.min(other.least), exact }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Table;
    use crate::dice::Dice;
    use crate::persona::{Flavour, Persona};
    use bytes::Bytes;
    use proptest::prelude::*;

    fn check(usage: &'static str, expected: &str) {
        let shown = |fact: &OptionFact| {
            let more = if fact.values.exact { "" } else { "+" };
            let word = if fact.takes_word { " word" } else { "" };
            format!("{}:{}{more}{word}", fact.token, fact.values.least)
        };
        let options = Usage::of_command(usage).unwrap().options();
        assert_eq!(options.iter().map(shown).collect::<Vec<_>>().join(", "), expected, "{usage}");
    }

    #[test]
    fn options_are_the_words_in_capitals_and_take_what_follows_them() {
        check(
            "SET key value [NX|XX] [GET] [EX seconds|KEEPTTL]",
            "NX:0, XX:0, GET:0, EX:1, KEEPTTL:0",
        );
        check("ZRANGE key start stop [REV] [LIMIT offset count]", "REV:0, LIMIT:2");
        check("SORT key [GET pattern [GET pattern ...]] [ASC|DESC]", "GET:1, ASC:0, DESC:0");
        check(
            "XREADGROUP GROUP group consumer [COUNT count] STREAMS key [key ...] id [id ...]",
            "GROUP:2, COUNT:1, STREAMS:2+",
        );
        check("ZUNION numkeys key [key ...] [AGGREGATE <SUM|MIN>]", "AGGREGATE:1 word");
        check("GET key", "");
    }

    #[test]
    fn a_token_that_leads_a_block_takes_the_values_of_the_block() {
        check(
            "XTRIM key <MAXLEN|MINID> [=|~] threshold [LIMIT count]",
            "MAXLEN:0, MINID:0, =:0, ~:0, LIMIT:1",
        );
        check(
            "XADD key [<MAXLEN|MINID> [=|~] threshold [LIMIT count]] <*|id>",
            "MAXLEN:1, MINID:1, =:0, ~:0, LIMIT:1, *:0",
        );
        check(
            "GEO key <<BYRADIUS radius> <M|KM>|<BYBOX width> height <M|KM>>",
            "BYRADIUS:1, M:0, KM:0, BYBOX:2",
        );
        check("GEO key [COUNT count [ANY]]", "COUNT:1, ANY:0");
    }

    /// Makes requests by a usage line, and knows what each of their options has.
    struct Writer {
        dice: Dice,
        words: Vec<Bytes>,
        said: Vec<(&'static str, Vec<Bytes>)>,
    }

    impl Writer {
        fn word(&mut self, word: String) -> Bytes {
            self.words.push(word.into());
            self.words[self.words.len() - 1].clone()
        }

        fn sequence(&mut self, arguments: &[Argument]) -> Vec<Bytes> {
            let mut loose = Vec::new();
            let mut rest = arguments;
            while let [first, ..] = rest {
                let together = rest.iter().take_while(|argument| argument.optional).count().max(1);
                let (these, after) = rest.split_at(together);
                rest = after;
                if !first.optional {
                    loose.extend(self.argument(first));
                    continue;
                }
                // Only what a token announces can change places.
                let free = these.iter().all(Argument::is_led_by_token);
                let wanted = self.dice.below(these.len() + 1);
                let mut chosen = self.dice.distinct(wanted, these.len());
                if !free {
                    chosen = (0..wanted).collect();
                }
                for nth in chosen {
                    loose.extend(self.argument(&these[nth]));
                }
            }
            loose
        }

        fn argument(&mut self, argument: &Argument) -> Vec<Bytes> {
            if argument.repeat != Repeat::ManyWithToken {
                return self.once(argument);
            }
            (0..=self.dice.below(2)).flat_map(|_| self.once(argument)).collect()
        }

        fn once(&mut self, argument: &Argument) -> Vec<Bytes> {
            if let Some(token) = argument.token {
                self.token(token);
            }
            let at = self.said.len();
            let values = match &argument.kind {
                Kind::Token => Vec::new(),
                Kind::Value if argument.name.starts_with("num") => vec![self.word("1".into())],
                Kind::Value => {
                    let value = format!("v{}", self.words.len());
                    vec![self.word(value)]
                }
                Kind::Block(parts) => self.sequence(parts),
                Kind::OneOf(choices) => {
                    let choice = &choices[self.dice.below(choices.len())];
                    if argument.token.is_some() && choice.kind == Kind::Token {
                        vec![self.token(choice.token.expect("it is one"))]
                    } else {
                        self.argument(choice)
                    }
                }
            };
            let leads = matches!(argument.kind, Kind::Block(_)) && argument.is_led_by_token();
            match argument.token {
                Some(token) => self.said.insert(at, (token, values)),
                None if !leads => return values,
                None => {
                    if let Some(said) = self.said.get_mut(at) {
                        said.1.extend(values);
                    }
                }
            }
            Vec::new()
        }

        /// Says a token in either case.
        fn token(&mut self, token: &str) -> Bytes {
            let small = self.dice.below(2) == 0;
            self.word(if small { token.to_lowercase() } else { token.to_owned() })
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_option_of_every_command_is_found_in_any_order(seed: u64) {
            for flavour in [Flavour::Redis, Flavour::Valkey] {
                for entry in Table::of(Persona::newest(flavour)).entries() {
                    let name = entry.usage.name.split(' ').map(|word| Bytes::from(word.to_owned()));
                    let mut writer =
                        Writer { dice: Dice::new(seed), words: name.collect(), said: Vec::new() };
                    writer.sequence(&entry.usage.arguments);
                    let Writer { words, said, .. } = writer;
                    let named = entry.usage.name(&words);
                    for fact in entry.usage.options() {
                        let found: Vec<Vec<Bytes>> = named.option(fact.token)
                            .map(|values| values.iter().map(|at| words[*at].clone()).collect())
                            .collect();
                        let expected: Vec<&Vec<Bytes>> = said.iter()
                            .filter(|(token, _)| *token == fact.token)
                            .map(|(_, values)| values)
                            .collect();
                        prop_assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{} of {:?}", fact.token, words);
                        for values in found {
                            let fits = values.len() == fact.values.least
                                || !fact.values.exact && values.len() > fact.values.least;
                            prop_assert!(fits, "{:?} of {:?}", fact, words);
                        }
                    }
                }
            }
        }
    }
}
