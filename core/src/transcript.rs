//! What happened, as text to read: one lane a connection, in order.
use crate::double::journal::{Call, End};
use crate::double::rule::RuleId;
use crate::double::verify::line_of;
use crate::double::{Double, Ending, Via};
use crate::resp::Reply;
use std::collections::HashMap;
use std::fmt::Write as _;

/// The whole journal: who the connections are, then one call a line.
pub(crate) fn of(double: &Double) -> String {
    let journal = &double.journal;
    let calls: Vec<_> = journal.calls().collect();
    let mut text = String::new();
    let dropped = journal.dropped();
    if dropped.calls > 0 {
        let (calls, bytes) = (dropped.calls, dropped.bytes);
        writeln!(text, "({calls} older calls dropped, about {bytes} bytes)")
            .expect("a string takes all");
    }
    let Some(start) = calls.first().map(|call| call.time) else { return text };
    for latest in connections(&calls) {
        let ended = journal.end_of(latest.conn).map_or_else(String::new, |end| {
            let at = end.time.saturating_sub(start).as_secs_f64();
            format!("; {} at {at:.3}s", how(end))
        });
        writeln!(text, "{}{ended}", introduced(latest)).expect("a string takes all");
    }
    let mut lanes = Lanes::of(&calls);
    for call in calls {
        let at = call.time.saturating_sub(start).as_secs_f64();
        let lane = lanes.next(call);
        writeln!(text, "{at:>9.3}s  {lane}  {}", told(double, call)).expect("a string takes all");
    }
    text
}

/// The last calls of each connection, and the seed, as the end of a failure.
pub(crate) fn context(double: &Double) -> String {
    let mut last: Vec<(u64, Vec<&Call>)> = Vec::new();
    for call in double.journal.calls().rev() {
        match last.iter_mut().find(|(conn, _)| *conn == call.conn) {
            Some((_, calls)) if calls.len() < LAST_CALLS => calls.push(call),
            Some(_) => {}
            None => last.push((call.conn, vec![call])),
        }
    }
    let mut text = String::new();
    let left_out = last.len().saturating_sub(LAST_CONNECTIONS);
    last.truncate(LAST_CONNECTIONS);
    last.sort_by_key(|(conn, _)| *conn);
    for (_, calls) in last {
        let latest = calls.first().expect("a connection is here for a call of its");
        let ended = double.journal.end_of(latest.conn);
        let ended = ended.map_or_else(String::new, |end| format!(", {}", how(end)));
        write!(text, "\nlast calls of {}{ended}:", named(latest)).expect("a string takes all");
        for call in calls.into_iter().rev() {
            write!(text, "\n  {}", told(double, call)).expect("a string takes all");
        }
    }
    if left_out > 0 {
        write!(text, "\n({left_out} more connections)").expect("a string takes all");
    }
    write!(text, "\nseed: {}", double.seed).expect("a string takes all");
    text
}

const LAST_CALLS: usize = 3;
const LAST_CONNECTIONS: usize = 5;

/// A call, its reply and who made it.
fn told(double: &Double, call: &Call) -> String {
    let reply = call.reply.as_ref().map_or_else(|| "(no reply yet)".into(), shown);
    format!("{}  ->  {reply}  [{}]", line_of(call), by(double, call))
}

/// Who answered, by which way it came, and what was done to it.
fn by(double: &Double, call: &Call) -> String {
    let mut text = match call.rule {
        Some(RuleId::SWEEP) => "fault sweep".to_owned(),
        Some(id) => match double.rules.get(id) {
            Some(rule) => format!("rule: {}", rule.title()),
            None => format!("rule {}, removed", id.number()),
        },
        None => call.action.to_owned(),
    };
    if call.via == Via::Exec && call.action != "queued" {
        text += ", through EXEC";
    }
    if !call.faults.is_empty() {
        write!(text, "; {}", call.faults.join(", ")).expect("a string takes all");
    }
    text
}

/// `conn 1 'worker'`, as far as it has a name.
fn named(call: &Call) -> String {
    let name = String::from_utf8_lossy(&call.client.name);
    let name = if name.is_empty() { String::new() } else { format!(" '{name}'") };
    format!("conn {}{name}", call.conn)
}

/// `reset by a link`: how a connection was ended, which its calls do not always show.
fn how(end: &End) -> String {
    let ending = match end.ending {
        Ending::Close => "closed",
        Ending::Reset => "reset",
    };
    format!("{ending} by {}", if end.by_link { "a link" } else { "the server" })
}

/// The last call of each connection.
fn connections<'a>(calls: &[&'a Call]) -> Vec<&'a Call> {
    let mut latest: Vec<&Call> = Vec::new();
    let mut place: HashMap<u64, usize> = HashMap::new();
    for &call in calls {
        let at = *place.entry(call.conn).or_insert(latest.len());
        if at < latest.len() {
            latest[at] = call;
        } else {
            latest.push(call);
        }
    }
    latest
}

/// Who a connection is, as it was at this call.
fn introduced(call: &Call) -> String {
    let client = &call.client;
    let library = String::from_utf8_lossy(&client.library);
    let library = if library.is_empty() { String::new() } else { format!(", {library}") };
    let protocol = client.protocol.number();
    format!("{}: {}, RESP{protocol}{library}", named(call), client.address)
}

/// Which connection is drawn in which column: one keeps its column from its first call to its last.
#[derive(Debug)]
struct Lanes {
    taken: Vec<Option<u64>>,
    last: HashMap<u64, u64>,
    width: usize,
}

impl Lanes {
    fn of(calls: &[&Call]) -> Lanes {
        let last = calls.iter().map(|call| (call.conn, call.seq)).collect();
        let longest = calls.iter().map(|call| call.conn).max().unwrap_or_default();
        Lanes { taken: Vec::new(), last, width: longest.to_string().len() }
    }

    /// The columns at a call: the number of its connection in one, a line in those of the others.
    fn next(&mut self, call: &Call) -> String {
        let own = self.taken.iter().position(|lane| *lane == Some(call.conn));
        let free = || self.taken.iter().position(Option::is_none);
        let at = own.or_else(free).unwrap_or_else(|| {
            self.taken.push(None);
            self.taken.len() - 1
        });
        self.taken[at] = Some(call.conn);
        let width = self.width;
        let mark = |lane: &Option<u64>| match lane {
            Some(conn) if *conn == call.conn => format!("{conn:<width$}"),
            Some(_) => format!("{:<width$}", "|"),
            None => " ".repeat(width),
        };
        let row = self.taken.iter().map(mark).collect::<Vec<_>>().join(" ");
        if self.last.get(&call.conn) == Some(&call.seq) {
            self.taken[at] = None;
            while self.taken.last() == Some(&None) {
                self.taken.pop();
            }
        }
        row
    }
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
