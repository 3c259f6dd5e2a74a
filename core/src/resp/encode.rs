//! Replies to bytes, for RESP2 and RESP3.
use super::Reply;
use crate::number::{format_f64, format_f64_17_digits};
use bytes::{BufMut as _, Bytes, BytesMut};

/// The version of the protocol a connection speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// RESP2, which every connection speaks until it says HELLO 3.
    #[default]
    Resp2,
    /// RESP3.
    Resp3,
}

impl Protocol {
    /// 2 or 3.
    pub fn number(self) -> i64 {
        match self {
            Protocol::Resp2 => 2,
            Protocol::Resp3 => 3,
        }
    }
}

/// How a server spells doubles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum DoubleStyle {
    /// In as few digits as are needed: Redis from 7.2 on, and Valkey.
    #[default]
    Shortest,
    /// In 17 digits: Redis 7.0 and before.
    Digits17,
}

impl DoubleStyle {
    pub(crate) fn format(self, n: f64) -> String {
        match self {
            DoubleStyle::Shortest => format_f64(n),
            DoubleStyle::Digits17 => format_f64_17_digits(n),
        }
    }
}

/// How one connection's replies are written: its protocol, and how its server spells doubles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Encoding {
    pub(crate) protocol: Protocol,
    pub(crate) doubles: DoubleStyle,
}

/// Appends a reply.
pub(crate) fn encode(reply: &Reply, encoding: Encoding, out: &mut BytesMut) {
    let resp3 = encoding.protocol == Protocol::Resp3;
    match reply {
        Reply::Array(items) => aggregate(b'*', items, encoding, out),
        Reply::Attribute(pairs, reply) => {
            if resp3 {
                header(b'|', length(pairs.len()), out);
                each(pairs, encoding, out);
            }
            encode(reply, encoding, out);
        }
        Reply::BigNumber(digits) if resp3 => line(b'(', digits.as_bytes(), out),
        Reply::BigNumber(digits) => bulk(digits.as_bytes(), out),
        Reply::Bool(truth) if resp3 => line(b'#', if *truth { b"t" } else { b"f" }, out),
        Reply::Bool(truth) => header(b':', i64::from(*truth), out),
        Reply::Bulk(bytes) => bulk(bytes, out),
        Reply::Double(n) if resp3 => line(b',', encoding.doubles.format(*n).as_bytes(), out),
        Reply::Double(n) => bulk(encoding.doubles.format(*n).as_bytes(), out),
        Reply::Error(error) => line(b'-', error.as_bytes(), out),
        Reply::Int(n) => header(b':', *n, out),
        Reply::Many(items) => items.iter().for_each(|item| encode(item, encoding, out)),
        Reply::Map(pairs) => map(pairs, encoding, out),
        Reply::Nothing => {}
        Reply::Null | Reply::NullArray if resp3 => out.put_slice(b"_\r\n"),
        Reply::Null => out.put_slice(b"$-1\r\n"),
        Reply::NullArray => out.put_slice(b"*-1\r\n"),
        Reply::Push(items) => aggregate(if resp3 { b'>' } else { b'*' }, items, encoding, out),
        Reply::Raw(bytes) => out.put_slice(bytes),
        Reply::Set(items) => aggregate(if resp3 { b'~' } else { b'*' }, items, encoding, out),
        Reply::Status(text) => line(b'+', text.as_bytes(), out),
        Reply::Verbatim(format, text) if resp3 => {
            header(b'=', length(format.len() + 1 + text.len()), out);
            out.put_slice(format.as_bytes());
            out.put_u8(b':');
            out.put_slice(text);
            out.put_slice(b"\r\n");
        }
        Reply::Verbatim(_, text) => bulk(text, out),
    }
}

/// Writes a request of these words.
pub(crate) fn encode_request(words: &[Bytes], out: &mut BytesMut) {
    header(b'*', length(words.len()), out);
    words.iter().for_each(|word| bulk(word, out));
}

fn aggregate(sigil: u8, items: &[Reply], encoding: Encoding, out: &mut BytesMut) {
    header(sigil, length(items.len()), out);
    for item in items {
        encode(item, encoding, out);
    }
}

fn map(pairs: &[(Reply, Reply)], encoding: Encoding, out: &mut BytesMut) {
    match encoding.protocol {
        Protocol::Resp2 => header(b'*', length(pairs.len() * 2), out),
        Protocol::Resp3 => header(b'%', length(pairs.len()), out),
    }
    each(pairs, encoding, out);
}

fn each(pairs: &[(Reply, Reply)], encoding: Encoding, out: &mut BytesMut) {
    for (key, value) in pairs {
        encode(key, encoding, out);
        encode(value, encoding, out);
    }
}

fn bulk(bytes: &[u8], out: &mut BytesMut) {
    header(b'$', length(bytes.len()), out);
    out.put_slice(bytes);
    out.put_slice(b"\r\n");
}

/// A one-line type. A line break inside would end it early, so it is sent as a space.
fn line(sigil: u8, text: &[u8], out: &mut BytesMut) {
    out.put_u8(sigil);
    if text.iter().any(|byte| matches!(byte, b'\r' | b'\n')) {
        out.extend(text.iter().map(|&b| if matches!(b, b'\r' | b'\n') { b' ' } else { b }));
    } else {
        out.put_slice(text);
    }
    out.put_slice(b"\r\n");
}

fn header(sigil: u8, n: i64, out: &mut BytesMut) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut rest = n.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + u8::try_from(rest % 10).expect("a digit is below ten");
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.put_u8(sigil);
    if n < 0 {
        out.put_u8(b'-');
    }
    out.put_slice(&digits[at..]);
    out.put_slice(b"\r\n");
}

fn length(n: usize) -> i64 {
    i64::try_from(n).expect("lengths fit in 63 bits")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resp::Error;

    #[track_caller]
    fn check(reply: &Reply, resp2: &str, resp3: &str) {
        for (protocol, expect) in [(Protocol::Resp2, resp2), (Protocol::Resp3, resp3)] {
            let mut out = BytesMut::new();
            encode(reply, Encoding { protocol, ..Encoding::default() }, &mut out);
            assert_eq!(String::from_utf8_lossy(&out), expect, "{reply:?} {protocol:?}");
        }
    }

    #[test]
    fn each_type_has_its_shape_in_both_protocols() {
        check(&Reply::Int(i64::MIN), ":-9223372036854775808\r\n", ":-9223372036854775808\r\n");
        check(&Reply::Null, "$-1\r\n", "_\r\n");
        check(&Reply::NullArray, "*-1\r\n", "_\r\n");
        check(&Reply::Bool(true), ":1\r\n", "#t\r\n");
        check(&Reply::Double(1.5), "$3\r\n1.5\r\n", ",1.5\r\n");
        check(&Reply::Verbatim("txt", "a".into()), "$1\r\na\r\n", "=5\r\ntxt:a\r\n");
        check(&Reply::BigNumber("12".into()), "$2\r\n12\r\n", "(12\r\n");
        check(&Reply::Set(vec![1.into()]), "*1\r\n:1\r\n", "~1\r\n:1\r\n");
        check(&Reply::Push(vec![1.into()]), "*1\r\n:1\r\n", ">1\r\n:1\r\n");
        check(&Reply::Map(vec![(1.into(), 2.into())]), "*2\r\n:1\r\n:2\r\n", "%1\r\n:1\r\n:2\r\n");
        check(&Reply::Error(Error::SYNTAX), "-ERR syntax error\r\n", "-ERR syntax error\r\n");
    }

    #[test]
    fn a_line_break_never_ends_a_line_early() {
        check(&Reply::error("ERR a\r\nb"), "-ERR a  b\r\n", "-ERR a  b\r\n");
    }
}
