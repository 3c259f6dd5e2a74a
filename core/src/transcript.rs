//! What happened on each connection, as text to read.
use crate::double::journal::Call;
use crate::double::verify::line_of;
use crate::engine::World;
use crate::resp::Reply;
use std::fmt::Write as _;
use std::time::Duration;

/// The whole journal, one call a line.
pub(crate) fn of(world: &World) -> String {
    let journal = &world.double.journal;
    let start = journal.calls().next().map(|call| call.time).unwrap_or_default();
    let mut text = String::new();
    if journal.dropped() > 0 {
        writeln!(text, "({} older calls dropped)", journal.dropped()).expect("a string takes all");
    }
    for call in journal.calls() {
        let rule = call
            .rule
            .and_then(|id| world.double.rules.get(id))
            .map(super::double::rule::Rule::title);
        writeln!(text, "{}", line(call, start, rule)).expect("a string takes all");
    }
    text
}

fn line(call: &Call, start: Duration, rule: Option<String>) -> String {
    let at = call.time.saturating_sub(start).as_secs_f64();
    let reply = call.reply.as_ref().map_or_else(|| "(no reply yet)".into(), shown);
    let by = rule.map_or_else(|| call.action.to_owned(), |rule| format!("rule: {rule}"));
    format!("{at:>9.3}s  {}  ->  {reply}  [{by}]", line_of(call))
}

/// A reply in one line.
pub(crate) fn shown(reply: &Reply) -> String {
    let text = match reply {
        Reply::Array(items) | Reply::Many(items) => list("[", items, "]"),
        Reply::Set(items) => list("~[", items, "]"),
        Reply::Push(items) => list(">[", items, "]"),
        Reply::Attribute(_, reply) => shown(reply),
        Reply::BigNumber(digits) => format!("({digits}"),
        Reply::Bool(truth) => format!("#{}", if *truth { 't' } else { 'f' }),
        Reply::Bulk(bytes) | Reply::Verbatim(_, bytes) => crate::double::matcher::quoted(bytes),
        Reply::Double(n) => format!(",{n}"),
        Reply::Error(error) => format!("-{error}"),
        Reply::Int(n) => format!(":{n}"),
        Reply::Map(pairs) => {
            let pairs = pairs.iter().map(|(k, v)| format!("{}: {}", shown(k), shown(v)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
        Reply::Nothing => "(nothing)".into(),
        Reply::Null | Reply::NullArray => "(nil)".into(),
        Reply::Raw(bytes) => format!("raw {}", crate::double::matcher::quoted(bytes)),
        Reply::Status(text) => format!("+{text}"),
    };
    if text.chars().count() > LONGEST {
        text.chars().take(LONGEST).chain(['…']).collect()
    } else {
        text
    }
}

/// A longer reply is cut short.
const LONGEST: usize = 120;

fn list(open: &str, items: &[Reply], close: &str) -> String {
    let shown: Vec<_> = items.iter().take(20).map(shown).collect();
    let more = if items.len() > 20 { ", …" } else { "" };
    format!("{open}{}{more}{close}", shown.join(", "))
}
