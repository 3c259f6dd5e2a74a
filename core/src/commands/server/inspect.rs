//! The subcommands of DEBUG that look inside a value, as far as there is something to see.
use crate::command::Args;
use crate::data::limits::Limits;
use crate::data::list::List;
use crate::engine::Ctx;
use crate::resp::{Error, Reply, Result};
use crate::store::{Entry, Value};
use std::fmt::Write as _;

/// There is no place in memory and no file to tell of: those are zero.
pub(super) fn object(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    let is_fast = args.word("FAST");
    if !args.is_empty() || (is_fast && !cx.node.persona.is_valkey_from(8, 1)) {
        return Err(Error::unknown_debug(&cx.words[1]));
    }
    let entry = cx.db.peek(key).ok_or(Error::NO_SUCH_KEY)?;
    let by_frequency = cx.node.config.text("maxmemory-policy").ends_with("lfu");
    let age = Age::of(entry, cx.db.now_ms(), by_frequency, cx.db.store.pace.decay_minutes);
    let mut told = format!(
        "Value at:0x0 refcount:{} encoding:{}",
        entry.references(),
        entry.value.encoding(),
    );
    if !is_fast {
        told.push_str(" serializedlength:0");
    }
    let Age { stamp, idle_seconds, frequency, minutes } = age;
    write!(told, " lru:{stamp} lru_seconds_idle:{idle_seconds}").expect("a string takes all");
    if cx.node.persona.is_valkey_from(8, 1) && !cx.node.persona.is_valkey_from(9, 0) {
        write!(told, " lfu_freq:{frequency} lfu_access_time_minutes:{minutes}")
            .expect("a string takes all");
    }
    if let Value::List(list) = &entry.value
        && list.encoding() == "quicklist"
        && !is_fast
    {
        told.push_str(&nodes(list, &cx.db.store.limits));
    }
    Ok(Reply::Status(told.into()))
}

/// The 24 bits in which a real server keeps when a value was last used, and what they are read as.
struct Age {
    stamp: i64,
    idle_seconds: i64,
    frequency: i64,
    minutes: i64,
}

impl Age {
    const STAMPS: i64 = 1 << 24;
    const MINUTES: i64 = 1 << 16;

    fn of(entry: &Entry, now_ms: i64, by_frequency: bool, decay_minutes: i64) -> Age {
        let now = now_ms.div_euclid(1000);
        let used = entry.used_at_ms.get().div_euclid(1000);
        let stamp = if by_frequency {
            ((used / 60) % Age::MINUTES) << 8 | i64::from(entry.raw_frequency())
        } else {
            used % Age::STAMPS
        };
        let minutes = stamp >> 8;
        let elapsed = (now / 60 - minutes).rem_euclid(Age::MINUTES);
        let decay = elapsed.checked_div(decay_minutes).unwrap_or(0);
        Age {
            stamp,
            idle_seconds: (now - stamp).rem_euclid(Age::STAMPS),
            frequency: ((stamp & 0xff) - decay).max(0),
            minutes,
        }
    }
}

fn nodes(list: &List, limits: &Limits) -> String {
    let (nodes, bytes) = (list.nodes().len(), list.node_bytes());
    // In hundredths, rounded, as `%.2f` shows the mean.
    let mean = (list.len() * 200 + nodes) / (nodes * 2).max(1);
    format!(
        " ql_nodes:{nodes} ql_avg_node:{}.{:02} ql_listpack_max:{} ql_compressed:{} ql_uncompressed_size:{bytes}",
        mean / 100,
        mean % 100,
        limits.list_max_listpack_size,
        limits.list_compress_depth
    )
}

/// The lengths of a key and its string, and what a real server would have allocated for them.
pub(super) fn sdslen(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    let entry = cx.db.peek(key).ok_or(Error::NO_SUCH_KEY)?;
    let Value::Text(text) = &entry.value else { return Err(Error::NOT_SDS) };
    let embedded = match text.encoding() {
        "int" => return Err(Error::NOT_SDS),
        encoding => encoding == "embstr",
    };
    let told = if cx.node.persona.is_valkey_from(8, 1) {
        with_its_key(key.len(), text.len(), entry.expires_at_ms.is_some(), embedded)
    } else {
        beside_its_key(key.len(), text.len(), embedded)
    };
    Ok(Reply::Status(told.into()))
}

/// A key is always in one piece with what its value hangs on, and the string may be too.
fn with_its_key(key_len: usize, len: usize, expires: bool, embedded: bool) -> String {
    let string = Sds { len, small: !embedded };
    let object =
        OBJECT + if expires { 8 } else { 0 } + 1 + Sds { len: key_len, small: true }.bytes();
    let (object, value, avail) = if embedded {
        let object = object + string.bytes();
        (object, 0, allocated(object) - object)
    } else {
        (object, allocated(string.bytes()), string.room())
    };
    format!(
        "key_sds_len:{key_len} key_sds_avail:0 obj_alloc:{} val_sds_len:{len} val_sds_avail:{avail} val_alloc:{value}",
        allocated(object)
    )
}

/// Key and string are two pieces.
fn beside_its_key(key_len: usize, len: usize, embedded: bool) -> String {
    /// Arguments as long as this are received into a piece of their own, whose rest is not known.
    const BIG_ARGUMENT: usize = 32 * 1024;
    let (key, string) = (Sds { len: key_len, small: true }, Sds { len, small: false });
    let value = if embedded {
        allocated(OBJECT + string.bytes()) - OBJECT
    } else {
        allocated(string.bytes())
    };
    let avail = if embedded || len >= BIG_ARGUMENT { 0 } else { string.room() };
    format!(
        "key_sds_len:{key_len}, key_sds_avail:{}, key_zmalloc: {}, val_sds_len:{len}, val_sds_avail:{avail}, val_zmalloc: {value}",
        key.room(),
        allocated(key.bytes())
    )
}

/// A string of a real server, which has its length before it.
struct Sds {
    len: usize,
    /// It was made whole and is not to grow: if it is short, it has the smallest header, which tells of no room.
    small: bool,
}

impl Sds {
    fn is_smallest(&self) -> bool {
        self.small && self.len < 32
    }

    /// What it needs with its header and its end.
    fn bytes(&self) -> usize {
        let header = match self.len {
            _ if self.is_smallest() => 1,
            0..256 => 3,
            256..65_536 => 5,
            65_536..4_294_967_296 => 9,
            _ => 17,
        };
        header + self.len + 1
    }

    /// What is left of what was allocated for it.
    fn room(&self) -> usize {
        if self.is_smallest() { 0 } else { allocated(self.bytes()) - self.bytes() }
    }
}

/// The bytes of what a value hangs on.
const OBJECT: usize = 16;

/// What jemalloc gives who asks for so much: up to 128 bytes a multiple of 16, above four sizes from one power of two to
/// the next.
fn allocated(bytes: usize) -> usize {
    match bytes {
        0..=8 => 8,
        9..=128 => bytes.next_multiple_of(16),
        _ => bytes.next_multiple_of(bytes.next_power_of_two() / 8),
    }
}

pub(super) fn listpack(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Reply> {
    let printed = Reply::status("Listpack structure printed on stdout");
    if encoding(cx, args)? == "listpack" { Ok(printed) } else { Err(Error::NOT_LISTPACK) }
}

pub(super) fn quicklist(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Reply> {
    let printed = Reply::status("Quicklist structure printed on stdout");
    if encoding(cx, args)? == "quicklist" { Ok(printed) } else { Err(Error::NOT_QUICKLIST) }
}

fn encoding(cx: &Ctx<'_>, mut args: Args<'_>) -> Result<&'static str> {
    let entry = cx.db.peek(args.bytes()?).ok_or(Error::NO_SUCH_KEY)?;
    Ok(entry.value.encoding())
}

pub(super) fn htstats(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let index = args.int()?;
    let is_full = is_full(cx, args)?;
    let index = usize::try_from(index).ok().filter(|db| *db < cx.db.store.databases());
    let index = index.ok_or(Error::NO_SUCH_DB)?;
    let (keys, volatile) = cx.db.store.size_of(index);
    let tables = [("[Dictionary HT]\n", keys), ("[Expires HT]\n", volatile)];
    let told = tables.map(|(title, count)| {
        let stats =
            if count == 0 && cx.at_least(7, 2) { String::new() } else { table(cx, count, is_full) };
        format!("{title}{stats}")
    });
    Ok(Reply::Verbatim("txt", told.concat().into()))
}

pub(super) fn htstats_key(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let key = args.bytes()?;
    let is_full = is_full(cx, args)?;
    let entry = cx.db.peek(key).ok_or(Error::NO_SUCH_KEY)?;
    if !matches!(entry.value.encoding(), "hashtable" | "skiplist") {
        return Err(Error::NOT_HASHTABLE);
    }
    Ok(Reply::Verbatim("txt", table(cx, entry.value.len(), is_full).into()))
}

/// Before 7.2 everything is always told.
fn is_full(cx: &Ctx<'_>, mut args: Args<'_>) -> Result<bool> {
    if !cx.at_least(7, 2) {
        return if args.is_empty() { Ok(true) } else { Err(Error::unknown_debug(&cx.words[1])) };
    }
    Ok(args.word("FULL"))
}

/// A table in which each of so many entries has a place of its own.
fn table(cx: &Ctx<'_>, count: usize, is_full: bool) -> String {
    let title = "Hash table 0 stats (main hash table):\n";
    if count == 0 {
        return format!("{title}No stats available for empty dictionaries\n");
    }
    if cx.node.persona.is_valkey_from(8, 1) {
        return format!("{title}{}", buckets(cx, count, is_full));
    }
    let size = count.next_power_of_two().max(4);
    let mut told = format!("{title} table size: {size}\n number of elements: {count}\n");
    if is_full {
        told.push_str(&chains(count, size));
    }
    told
}

fn chains(count: usize, size: usize) -> String {
    let share = |slots: usize| {
        let hundredths = (slots * 20_000 + size) / (size * 2);
        format!("{}.{:02}%", hundredths / 100, hundredths % 100)
    };
    let line = |(length, slots): (u8, usize)| format!("   {length}: {slots} ({})\n", share(slots));
    let lengths = [(0, size - count), (1, count)].into_iter().filter(|(_, slots)| *slots > 0);
    [
        format!(" different slots: {count}\n max chain length: 1\n"),
        " avg chain length (counted): 1.00\n avg chain length (computed): 1.00\n".to_owned(),
        format!(" Chain length distribution:\n{}", lengths.map(line).collect::<String>()),
    ]
    .concat()
}

/// Valkey's tables, whose buckets hold seven entries.
fn buckets(cx: &Ctx<'_>, count: usize, is_full: bool) -> String {
    const ROOM: usize = 7;
    let newer = cx.node.persona.is_valkey_from(9, 0);
    let buckets = count.div_ceil(ROOM).next_power_of_two();
    let index = if newer { " rehashing index: -1\n" } else { "" };
    let told = format!(" table size: {}\n number of entries: {count}\n{index}", buckets * ROOM);
    if !is_full {
        return told;
    }
    let mean = if newer { "0.000000" } else { "0.00" };
    let chains = [
        format!(" top-level buckets: {buckets}\n child buckets: 0\n max chain length: 0\n"),
        format!(" avg chain length: {mean}\n chain length distribution:\n"),
        format!("   0: {buckets} (100.00%)\n"),
    ];
    told + &chains.concat()
}

/// How large the parts of a real server are, in bytes.
pub(super) const SIZES: &str =
    "bits:64 robj:16 dictentry:24 sdshdr5:1 sdshdr8:3 sdshdr16:5 sdshdr32:9 sdshdr64:17 ";
