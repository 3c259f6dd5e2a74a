//! Conversations as they stand in their Markdown files.

use super::notation::{Value, read, words};

/// The servers that conversations are recorded from.
pub(crate) const RECORDED: &[&str] = &["redis 7.0", "redis 8.0", "valkey 8.1", "valkey 9.1"];

/// A fenced block: steps that begin on an empty server.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) title: String,
    personas: String,
    pub(crate) steps: Vec<Step>,
}

/// One thing done on a connection, and what comes back of it.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) number: usize,
    pub(crate) source: String,
    pub(crate) connection: u32,
    pub(crate) action: Action,
    expected: Vec<Expected>,
}

/// What a step does.
#[derive(Debug, PartialEq)]
pub(crate) enum Action {
    Sends(Vec<Vec<u8>>),
    SendsRaw(Vec<Vec<u8>>),
    Closes,
    /// A directive to a server of ours, not to a real one.
    Directive,
}

/// One line that says what comes back, on which connection, and from which servers.
#[derive(Debug)]
pub(crate) struct Expected {
    pub(crate) connection: u32,
    personas: String,
    pub(crate) pattern: Value,
    pub(crate) text: String,
}

impl Block {
    /// Directives are carried out by whoever holds the server, not over its port.
    pub(crate) fn is_played_over_the_port(&self) -> bool {
        self.steps.iter().all(|step| step.action != Action::Directive)
    }

    pub(crate) fn applies_to(&self, recorded: &str) -> bool {
        names(&self.personas, recorded)
    }
}

impl Step {
    pub(crate) fn expected_of<'a>(
        &'a self,
        recorded: &'a str,
    ) -> impl Iterator<Item = &'a Expected> {
        self.expected.iter().filter(move |line| names(&line.personas, recorded))
    }
}

/// Whether a list such as `redis 8.0, valkey` names a recorded server; the empty list names all.
fn names(personas: &str, recorded: &str) -> bool {
    let flavour = recorded.split(' ').next();
    personas.is_empty()
        || personas.split(", ").any(|name| name == recorded || Some(name) == flavour)
}

/// The blocks of a Markdown text.
pub(crate) fn parse(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut title = "";
    let mut inside = false;
    for (number, line) in (1..).zip(text.lines()) {
        if inside && line == "```" {
            inside = false;
        } else if inside {
            let block = blocks.last_mut().expect("a block was begun when `inside` was set");
            parse_line(block, number, line);
        } else if let Some(info) = line.strip_prefix("```redis") {
            inside = true;
            let personas = info.trim().trim_start_matches('[').trim_end_matches(']').to_owned();
            blocks.push(Block { title: title.to_owned(), personas, steps: Vec::new() });
        } else if line.starts_with('#') {
            title = line.trim_start_matches('#').trim();
        }
    }
    blocks
}

fn parse_line(block: &mut Block, number: usize, line: &str) {
    if line.trim().is_empty() || line.starts_with('#') {
        return;
    }
    if let Some((connection, action)) = parse_action(line) {
        let source = line.to_owned();
        block.steps.push(Step { number, source, connection, action, expected: Vec::new() });
        return;
    }
    let step = block.steps.last_mut().expect("a reply follows a request");
    step.expected.push(parse_expected(line, step.connection));
}

fn parse_action(line: &str) -> Option<(u32, Action)> {
    if line.starts_with("! ") {
        return Some((0, Action::Directive));
    }
    let digits = line.find(|c: char| !c.is_ascii_digit()).filter(|digits| *digits > 0)?;
    let (connection, rest) = line.split_at(digits);
    let connection = connection.parse().ok()?;
    if rest == " closes" {
        return Some((connection, Action::Closes));
    }
    if let Some(rest) = rest.strip_prefix(">> ") {
        return Some((connection, Action::SendsRaw(words(rest))));
    }
    rest.strip_prefix("> ").map(|rest| (connection, Action::Sends(words(rest))))
}

fn parse_expected(line: &str, connection: u32) -> Expected {
    let other = line.split_once("< ").and_then(|(digits, rest)| Some((digits.parse().ok()?, rest)));
    let (connection, line) = other.unwrap_or((connection, line));
    let named = ["[redis", "[valkey"].iter().any(|opening| line.starts_with(opening));
    let (personas, text) = match line.split_once("] ") {
        Some((personas, text)) if named => (&personas[1..], text),
        _ => ("", line),
    };
    Expected {
        connection,
        personas: personas.to_owned(),
        pattern: read(text),
        text: text.to_owned(),
    }
}
