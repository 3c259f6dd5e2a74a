//! The vocabulary is whole: each word of `tests/vocabulary.tsv` is there in Rust, and a test shows it at work.
#![cfg(feature = "tls")]
#[path = "vocabulary/spelt.rs"]
mod spelt;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What belongs to one language: the words of its own libraries.
const OF_PYTHON_ALONE: [&str; 2] = ["tripwire", "fakeredis"];

/// Public methods that are no words of their own.
const NOT_WORDS: [&str; 41] = [
    // Another spelling or shape of a word that is there.
    "calls_of",
    "wait_until_blocked_on",
    "then_do",
    "replies_then",
    "try_replies",
    "try_times",
    "try_nth",
    "try_p",
    "try_link",
    "title",
    "enter",
    "end",
    "findings",
    "failed",
    "failure",
    "context",
    "is_stopped",
    "stopped",
    "is_standing",
    "tls_ca",
    "except",
    "state",
    // The store's values by type; `get` and `set` are the words.
    "db",
    "string",
    "list",
    "members",
    "hash",
    "scores",
    "stream",
    "set_for",
    "set_plain",
    "expire",
    "delete",
    "contains",
    "ttl",
    "type_of",
    "keys",
    "len",
    "is_empty",
    "clear",
    // The asynchronous form of `run_blocking`.
    "run",
];

struct Row {
    plane: String,
    word: String,
    paths: Vec<String>,
    test: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn rows() -> Vec<Row> {
    let table =
        fs::read_to_string(root().join("tests/vocabulary.tsv")).expect("the table is there");
    let row = |line: &str| {
        let cells: Vec<_> = line.split('\t').collect();
        let [plane, word, rust, _python, test, _, _elixir, _] = cells[..] else {
            panic!("eight columns: {line}")
        };
        Row {
            plane: plane.into(),
            word: word.into(),
            paths: rust.split(' ').filter(|path| *path != "-").map(Into::into).collect(),
            test: test.into(),
        }
    };
    table.lines().skip(1).map(row).collect()
}

fn last(path: &str) -> &str {
    path.rsplit("::").next().expect("a path has a last part")
}

/// Nothing is amiss, or all that is.
fn check(amiss: &[String]) {
    assert!(amiss.is_empty(), "{}", amiss.join("\n"));
}

#[test]
fn every_word_is_there_in_rust() {
    let spelt: BTreeMap<_, _> = spelt::spelt().into_iter().collect();
    let mut amiss = Vec::new();
    for (path, used) in &spelt {
        if !used.contains(last(path)) {
            amiss.push(format!("{path} is not what is used: {used}"));
        }
    }
    let mut named = BTreeSet::new();
    for row in rows() {
        if row.paths.is_empty() != OF_PYTHON_ALONE.contains(&row.plane.as_str()) {
            amiss.push(format!("{}: '{}' is not there in Rust", row.plane, row.word));
        }
        named.extend(row.paths);
    }
    let used: BTreeSet<_> = spelt.keys().map(|path| (*path).to_owned()).collect();
    for path in used.symmetric_difference(&named) {
        amiss.push(format!("{path} is not both in vocabulary/spelt.rs and tests/vocabulary.tsv"));
    }
    check(&amiss);
}

/// The text of a test, if the file has one of this name.
fn test_named(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(root().join(file)).ok()?;
    let at = text.find(&format!("\nfn {name}("))?;
    let before = text[..at].trim_end().rsplit("\n}\n").next()?;
    let body = &text[at..];
    before.contains("#[test]").then(|| body[..body.find("\n}\n").unwrap_or(body.len())].into())
}

#[test]
fn every_word_is_shown_by_a_test() {
    let mut amiss = Vec::new();
    for row in rows().into_iter().filter(|row| !row.paths.is_empty()) {
        let (file, name) = row.test.split_once("::").expect("a test is file::name");
        let mut words = row.paths.iter().map(|path| last(path));
        match test_named(file, name) {
            None => amiss.push(format!("'{}': there is no test {}", row.word, row.test)),
            Some(body) if words.any(|word| body.contains(word)) => {}
            Some(_) => amiss.push(format!("'{}' does not occur in {}", row.word, row.test)),
        }
    }
    check(&amiss);
}

#[test]
fn whatever_a_test_can_call_is_a_word() {
    let named: Vec<_> = rows().into_iter().flat_map(|row| row.paths).collect();
    let named: BTreeSet<_> = named.iter().map(|path| last(path)).collect();
    let mut amiss = Vec::new();
    for entry in fs::read_dir(root().join("core/src/server")).expect("the folder is there") {
        let path = entry.expect("the folder can be read").path();
        let text = fs::read_to_string(&path).expect("the file can be read");
        let mut is_hidden = false;
        for line in text.lines().map(str::trim_start) {
            is_hidden |= line == "#[doc(hidden)]";
            let head = line.strip_prefix("pub fn ").or_else(|| line.strip_prefix("pub async fn "));
            let Some(head) = head else { continue };
            let name = head.split(['(', '<']).next().expect("a function has a name");
            if !named.contains(name) && !NOT_WORDS.contains(&name) && !is_hidden {
                amiss.push(format!("{name} of {} is in no row", path.display()));
            }
            is_hidden = false;
        }
    }
    check(&amiss);
}
