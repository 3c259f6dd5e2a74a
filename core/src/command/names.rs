//! The names that custom gives to choices, blocks and tokens, which a usage line leaves unnamed.

use super::usage::{Argument, Kind, Repeat};

/// Choices and blocks by their first members, as the real servers name them in `COMMAND DOCS`.
#[rustfmt::skip]
const BY_MEMBERS: &[(&str, &str)] = &[
    ("ASC DESC",              "order"),
    ("ASYNC SYNC",            "flush-type"),
    ("BEFORE AFTER",          "where"),
    ("BYSCORE BYLEX",         "sortby"),
    ("EX PX",                 "expiration"),
    ("FNX FXX",               "condition"),
    ("GT LT",                 "comparison"),
    ("ID TYPE",               "new-format"),
    ("LEFT RIGHT",            "where"),
    ("LIB-NAME LIB-VER",      "attr"),
    ("M KM",                  "unit"),
    ("MIN MAX",               "where"),
    ("NORMAL MASTER",         "client-type"),
    ("NOSAVE SAVE",           "save-selector"),
    ("NX XX",                 "condition"),
    ("ON OFF",                "enabled"),
    ("ON OFF SKIP",           "action"),
    ("TIMEOUT ERROR",         "unblock-type"),
    ("WRITE ALL",             "mode"),
    ("YES NO",                "mode"),
    ("ip:port new-format",    "filter"),
    ("protover AUTH",         "arguments"),
];

/// Names every choice, block and token of the tree.
pub(super) fn give(arguments: &mut [Argument]) {
    for argument in arguments.iter_mut() {
        give_one(argument);
    }
    tell_ends_apart(arguments);
}

fn give_one(argument: &mut Argument) {
    if let Kind::OneOf(parts) | Kind::Block(parts) = &mut argument.kind {
        give(parts);
    }
    if argument.name.is_empty() {
        argument.name = custom(argument);
    }
}

fn custom(argument: &Argument) -> String {
    let members: Vec<&str> =
        argument.parts().iter().map(|part| part.token.unwrap_or(&part.name)).collect();
    let known = |length: usize| {
        let start = members.get(..length)?.join(" ");
        BY_MEMBERS.iter().find(|(first, _)| *first == start).map(|(_, name)| (*name).to_owned())
    };
    let of_token = || argument.token.map(str::to_ascii_lowercase);
    if matches!(argument.kind, Kind::Token | Kind::Block(_))
        && let Some(name) = of_token()
    {
        return name;
    }
    // A client's type is named after its choices, not after its token; `SKIPME <YES|NO>` is the other way round.
    let by_members = known(3).or_else(|| known(2));
    match by_members.filter(|name| argument.token.is_none() || name.starts_with("client")) {
        Some(name) => name,
        None => of_token().unwrap_or_else(|| unknown(argument).to_owned()),
    }
}

fn unknown(argument: &Argument) -> &'static str {
    match (&argument.kind, argument.repeat) {
        (Kind::Block(_), Repeat::Once) => "options",
        (Kind::Block(_), _) => "data",
        _ => "choice",
    }
}

/// Two ends of lists, as of `LMOVE`, are where an element comes from and where it goes to.
fn tell_ends_apart(arguments: &mut [Argument]) {
    let mut ends: Vec<&mut Argument> =
        arguments.iter_mut().filter(|argument| argument.name == "where").collect();
    if let [from, to] = ends.as_mut_slice() {
        from.name.push_str("from");
        to.name.push_str("to");
    }
}
