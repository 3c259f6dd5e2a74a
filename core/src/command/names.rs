//! The names that custom gives to choices, blocks and tokens, which a usage line leaves unnamed.

use super::usage::{Argument, Kind, Repeat};

/// Choices and blocks by their first members, as the real servers name them in `COMMAND DOCS`.
#[rustfmt::skip]
const BY_MEMBERS: &[(&str, &str)] = &[
    ("AND OR",                "operation"),
    ("ASC DESC",              "order"),
    ("ASYNC SYNC",            "flush-type"),
    ("AUTH AUTH2",            "authentication"),
    ("BEFORE AFTER",          "where"),
    ("BYBOX height",          "box"),
    ("BYRADIUS unit",         "circle"),
    ("BYSCORE BYLEX",         "sortby"),
    ("BYTE BIT",              "unit"),
    ("EX PX",                 "expiration"),
    ("FLUSH APPEND",          "policy"),
    ("FNX FXX",               "condition"),
    ("FORCE TAKEOVER",        "options"),
    ("FROMMEMBER FROMLONLAT", "from"),
    ("FULL COUNT",            "full-block"),
    ("GET write",             "operation"),
    ("GT LT",                 "comparison"),
    ("HARD SOFT",             "reset-type"),
    ("ID TYPE",               "new-format"),
    ("IDLE start",            "filters"),
    ("IMPORTING MIGRATING",   "subcommand"),
    ("LEFT RIGHT",            "where"),
    ("LIB-NAME LIB-VER",      "attr"),
    ("M KM",                  "unit"),
    ("MAXLEN MINID",          "strategy"),
    ("MIN MAX",               "where"),
    ("NO ONE",                "no-one"),
    ("NORMAL MASTER",         "client-type"),
    ("NOSAVE SAVE",           "save-selector"),
    ("NX XX",                 "condition"),
    ("ON OFF",                "enabled"),
    ("ON OFF SKIP",           "action"),
    ("OVERFLOW write-operation", "write"),
    ("SET INCRBY",            "write-operation"),
    ("STORE STOREDIST",       "store"),
    ("TIMEOUT ERROR",         "unblock-type"),
    ("WRITE ALL",             "mode"),
    ("YES NO",                "mode"),
    ("YES SYNC",              "mode"),
    ("COUNT ANY",             "count-block"),
    ("circle box",            "by"),
    ("count RESET",           "operation"),
    ("end unit",              "end-unit-block"),
    ("host port",             "host-port"),
    ("host-port no-one",      "args"),
    ("id $",                  "id-selector"),
    ("* id",                  "id-selector"),
    ("= ~",                   "operator"),
    ("ip:port new-format",    "filter"),
    ("save-selector NOW",     "save-selector-block"),
    ("save-selector-block ABORT", "abort-selector"),
    ("protover AUTH",         "arguments"),
    ("start end",             "range"),
    ("start end-unit-block",  "range"),
    ("start-slot end-slot",   "range"),
    ("strategy operator",     "trim"),
];

/// Tokens that stand alone and are not called by their own word.
#[rustfmt::skip]
const BY_TOKEN: &[(&str, &str)] = &[
    ("\"\"", "empty-string"),
    ("$",    "new-id"),
    ("*",    "auto-id"),
    ("=",    "equal"),
    ("~",    "approximately"),
    ("ALPHA", "sorting"),
    ("CH",   "change"),
    ("INCR", "increment"),
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
    let of_token = || argument.token.map(|token| by_token(token, &argument.kind));
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

fn by_token(token: &str, kind: &Kind) -> String {
    let special = BY_TOKEN.iter().find(|(own, _)| *kind == Kind::Token && *own == token);
    special.map_or_else(|| token.to_ascii_lowercase(), |(_, name)| (*name).to_owned())
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
