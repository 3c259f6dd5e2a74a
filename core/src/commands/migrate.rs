//! MIGRATE: keys sent to another server. Other connections are served meanwhile.
use crate::command::docs::{Note, Type};
use crate::command::keys::{Begin, Find, KeySpec, NoKeys};
use crate::command::{Args, Command, Handler, KeyAccess, flag};
use crate::engine::{Attempt, Ctx, Errand, Migration, Purpose, Sent};
use crate::rdb;
use crate::resp::{Error, Reply, Result};
use bytes::{BufMut as _, Bytes, BytesMut};
use std::time::Duration;

#[rustfmt::skip]
pub(super) const COMMANDS: &[Command] = &[
    Command::new("MIGRATE host port <key|\"\"> destination-db timeout [COPY] [REPLACE] [AUTH password|AUTH2 username password] [KEYS key [key ...]]", Handler::Try(migrate))
        .with(flag::WRITE | flag::DANGEROUS).since("2.6.0").cost("O(N)").own_keys(&[ONE, MANY]).notes(NOTES)
        .tips(&["nondeterministic_output"])
        .says("Sends keys to another server."),
];

const NOTES: &[(&str, Note)] = &[
    ("port", Note::Is(Type::Integer)),
    ("COPY", Note::Since("3.0.0")),
    ("REPLACE", Note::Since("3.0.0")),
    ("AUTH", Note::Since("4.0.7")),
    ("AUTH2", Note::Since("6.0.0")),
    ("KEYS", Note::Since("3.0.6")),
];

const ONE: (KeySpec, Option<&str>) = (
    KeySpec {
        begin: Begin::IndexUnless { index: 3, keyword: "KEYS" },
        find: Find::Range { last: 0, step: 1, limit: 0 },
        access: KeyAccess::POPS,
    },
    None,
);
const MANY: (KeySpec, Option<&str>) = (
    KeySpec {
        begin: Begin::Keyword { keyword: "KEYS", start: -2, none: NoKeys::Fine },
        find: Find::Range { last: -1, step: 1, limit: 0 },
        access: KeyAccess::POPS.and(KeyAccess::INCOMPLETE),
    },
    None,
);

/// What MIGRATE was told behind the timeout.
#[derive(Debug, Default)]
struct Options<'a> {
    copies: bool,
    replaces: bool,
    /// What AUTH is to be sent with.
    login: &'a [Bytes],
    keys: Option<&'a [Bytes]>,
}

impl<'a> Options<'a> {
    fn read(mut args: Args<'a>, key: &Bytes) -> Result<Options<'a>> {
        let mut options = Options::default();
        while !args.is_empty() {
            if args.word("COPY") {
                options.copies = true;
            } else if args.word("REPLACE") {
                options.replaces = true;
            } else if args.word("AUTH") {
                options.login = args.take(1)?;
            } else if args.word("AUTH2") {
                options.login = args.take(2)?;
            } else if args.word("KEYS") {
                if !key.is_empty() {
                    return Err(Error::MIGRATE_KEYS);
                }
                options.keys = Some(args.all());
            } else {
                return Err(Error::SYNTAX);
            }
        }
        Ok(options)
    }
}

fn migrate(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Option<Reply>> {
    let (host, port, key) = (args.bytes()?, args.bytes()?, args.bytes()?);
    let (db, timeout) = (args.bytes()?, args.bytes()?);
    let options = Options::read(args, key)?;
    let timeout_ms = integer(timeout)?;
    let db = integer(db)?;
    let one = std::slice::from_ref(key);
    let there = |key: &&Bytes| cx.db.lookup(key).is_some();
    let keys: Vec<Bytes> = options.keys.unwrap_or(one).iter().filter(there).cloned().collect();
    if keys.is_empty() {
        return Ok(Some(Reply::status("NOKEY")));
    }
    if cx.attempt == Attempt::Last {
        return Err(Error::CANNOT_MIGRATE_AT_ONCE);
    }
    let port = leading_port(port).ok_or(Error::TARGET_CONNECTING)?;
    let requests = requests(cx, db, &keys, &options);
    let requests_before = 1 + usize::from(!options.login.is_empty());
    let migration = Migration {
        host: String::from_utf8_lossy(host).into_owned(),
        port,
        timeout: Duration::from_millis(
            u64::try_from(timeout_ms).ok().filter(|ms| *ms > 0).unwrap_or(1000),
        ),
        requests,
        replies: requests_before + keys.len(),
    };
    let sent = Sent { db: cx.db.index, keys, requests_before, copies: options.copies };
    cx.send(Errand::Migrate(migration), Purpose::Migrate(sent));
    Ok(None)
}

fn integer(word: &[u8]) -> Result<i64> {
    crate::number::parse_i64(word).ok_or(Error::NOT_AN_INTEGER)
}

/// The number at the beginning of a word, which is all a real server looks at; none that is negative is anybody's port.
fn leading_port(word: &[u8]) -> Option<u16> {
    let (is_negative, digits) = word.strip_prefix(b"-").map_or((false, word), |rest| (true, rest));
    let digits = digits.iter().take_while(|byte| byte.is_ascii_digit());
    let port = digits
        .fold(0_u16, |port, digit| port.wrapping_mul(10).wrapping_add(u16::from(digit - b'0')));
    (!is_negative || port == 0).then_some(port)
}

/// All that the other server is sent.
fn requests(cx: &Ctx<'_>, db: i64, keys: &[Bytes], options: &Options<'_>) -> Bytes {
    let mut out = BytesMut::new();
    if !options.login.is_empty() {
        let name = Bytes::from_static(b"AUTH");
        put(&mut out, std::iter::once(&name).chain(options.login));
    }
    put(&mut out, [&Bytes::from_static(b"SELECT"), &Bytes::from(db.to_string())]);
    let form = cx.node.rdb_form();
    for key in keys {
        let Some(entry) = cx.db.peek(key) else { continue };
        let ttl_ms = entry.expires_at_ms.map_or(0, |at| (at - cx.now_ms()).max(1));
        let (ttl, payload) = (Bytes::from(ttl_ms.to_string()), rdb::dump(&entry.value, form));
        let replace = options.replaces.then_some(Bytes::from_static(b"REPLACE"));
        let words = [&Bytes::from_static(b"RESTORE"), key, &ttl, &payload];
        put(&mut out, words.into_iter().chain(&replace));
    }
    out.freeze()
}

fn put<'w>(out: &mut BytesMut, words: impl IntoIterator<Item = &'w Bytes>) {
    let words: Vec<&Bytes> = words.into_iter().collect();
    out.put(format!("*{}\r\n", words.len()).as_bytes());
    for word in words {
        out.put(format!("${}\r\n", word.len()).as_bytes());
        out.put(&word[..]);
        out.put(&b"\r\n"[..]);
    }
}
