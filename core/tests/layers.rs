//! What the architecture promises of the source itself.
use std::fs;
use std::path::{Path, PathBuf};

/// A room, and the rooms of the crate it may use besides itself.
const LAYERS: [(&str, &[&str]); 10] = [
    ("number", &[]),
    ("number.rs", &[]),
    ("glob.rs", &[]),
    ("dice.rs", &[]),
    ("clock.rs", &[]),
    ("data", &["number"]),
    ("resp", &["number"]),
    ("store", &["data", "dice", "resp"]),
    ("rdb", &["data", "number", "persona", "store"]),
    ("value", &["data", "glob", "number", "store"]),
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files(place: &Path) -> Vec<PathBuf> {
    if place.is_file() {
        return vec![place.to_owned()];
    }
    let entries = fs::read_dir(place).unwrap_or_else(|_| panic!("{} is there", place.display()));
    entries.flat_map(|entry| files(&entry.expect("the folder can be read").path())).collect()
}

/// The rooms a file uses, by its paths that begin with `crate::`.
fn used(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).expect("the file is there");
    let paths = text.split("crate::").skip(1);
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    paths.map(|path| path.chars().take_while(|c| is_name(*c)).collect()).collect()
}

#[test]
fn layers_use_only_what_is_below_them() {
    for (room, below) in LAYERS {
        let own = room.trim_end_matches(".rs");
        for file in files(&source().join(room)) {
            for name in used(&file) {
                let allowed = name == own || below.contains(&name.as_str());
                assert!(allowed, "{} uses crate::{name}", file.display());
            }
        }
    }
}

#[test]
fn every_file_says_what_lives_in_it() {
    for file in files(&source()) {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("//! "), "{} begins with a sentence", file.display());
    }
}

#[test]
fn texts_a_client_sees_stand_in_one_room_or_a_row() {
    for room in ["commands", "engine", "store"] {
        for file in files(&source().join(room)) {
            let text = fs::read_to_string(&file).unwrap();
            for word in ["\"ERR ", "\"WRONGTYPE ", "\"NOAUTH ", "\"EXECABORT ", "Error::line("] {
                assert!(!text.contains(word), "{} spells {word}", file.display());
            }
        }
    }
}
