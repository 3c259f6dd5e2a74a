//! Bytes to requests, at any cut of the input.
use super::{ProtocolError, Words};
use crate::number::parse_i64;
use bytes::{Buf as _, Bytes, BytesMut};
use std::ops::Range;

/// The longest line a real server reads: an inline request, or the head of an array or a bulk.
const LINE_LIMIT: usize = 64 * 1024;

/// What a connection may send.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DecodeLimits {
    /// `proto-max-bulk-len`.
    pub(crate) bulk: i64,
    /// Before AUTH a real server reads no more than ten arguments of 16 KiB.
    pub(crate) authenticated: bool,
    /// Valkey 9.1 looks whether lines and strings end as they should, behind zero bytes too, and lets a word go on behind
    /// a quote.
    pub(crate) valkey_9_1: bool,
}

impl DecodeLimits {
    /// Whether a line that was found ends as it should, for who looks.
    fn check_end_of(self, buffer: &[u8], line: &Range<usize>) -> Result<(), ProtocolError> {
        let ends = !self.valkey_9_1 || buffer[line.end..].starts_with(b"\r\n");
        if ends { Ok(()) } else { Err(ProtocolError::LINE_END) }
    }
}

/// Takes requests off a buffer. It remembers how far it came, so nothing is read twice.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    at: usize,
    /// Arguments still to come; `None` between requests.
    left: Option<i64>,
    /// The length of the bulk string being read.
    bulk: Option<usize>,
    ranges: Vec<Range<usize>>,
    /// An empty request was passed over since this was last asked.
    passed_over: bool,
}

impl Decoder {
    /// The next whole request, if the buffer holds one.
    pub(crate) fn next(
        &mut self,
        buffer: &mut BytesMut,
        limits: DecodeLimits,
    ) -> Result<Option<Words>, ProtocolError> {
        while let Some(&first) = buffer.first() {
            let request = if self.left.is_some() || first == b'*' {
                self.array(buffer, limits)?
            } else {
                inline(buffer, limits)?
            };
            match request {
                Progress::Request(words) => return Ok(Some(words)),
                Progress::Nothing => self.passed_over = true,
                Progress::Unfinished => return Ok(None),
            }
        }
        Ok(None)
    }

    /// Whether an empty request was passed over since this was last asked.
    pub(crate) fn has_passed_over(&mut self) -> bool {
        std::mem::take(&mut self.passed_over)
    }

    fn array(
        &mut self,
        buffer: &mut BytesMut,
        limits: DecodeLimits,
    ) -> Result<Progress, ProtocolError> {
        let left = if let Some(left) = self.left {
            left
        } else {
            let Some(line) = self.line(buffer, limits, ProtocolError::BIG_COUNT)? else {
                return Ok(Progress::Unfinished);
            };
            limits.check_end_of(buffer, &line)?;
            let count = parse_i64(&buffer[line.start + 1..line.end]);
            let count = count.filter(|n| *n <= i64::from(i32::MAX));
            let count = count.ok_or(ProtocolError::COUNT)?;
            if count > 10 && !limits.authenticated {
                return Err(ProtocolError::UNAUTHENTICATED_COUNT);
            }
            if count <= 0 {
                buffer.advance(std::mem::take(&mut self.at));
                return Ok(Progress::Nothing);
            }
            count
        };
        self.left = Some(left);
        for left in (0..left).rev() {
            if !self.bulk(buffer, limits)? {
                return Ok(Progress::Unfinished);
            }
            self.left = Some(left);
        }
        Ok(Progress::Request(self.finish(buffer)))
    }

    /// Reads one bulk string; false when it has not all come yet.
    fn bulk(&mut self, buffer: &BytesMut, limits: DecodeLimits) -> Result<bool, ProtocolError> {
        let len = if let Some(len) = self.bulk {
            len
        } else {
            let Some(line) = self.line(buffer, limits, ProtocolError::BIG_LENGTH)? else {
                return Ok(false);
            };
            let head = &buffer[line.clone()];
            if head.first() != Some(&b'$') {
                return Err(ProtocolError::no_dollar(head.first().copied()));
            }
            limits.check_end_of(buffer, &line)?;
            let len = parse_i64(&head[1..]).filter(|n| (0..=limits.bulk).contains(n));
            let len = len.ok_or(ProtocolError::LENGTH)?;
            if len > 16384 && !limits.authenticated {
                return Err(ProtocolError::UNAUTHENTICATED_LENGTH);
            }
            usize::try_from(len).map_err(|_| ProtocolError::LENGTH)?
        };
        if buffer.len() < self.at + len + 2 {
            self.bulk = Some(len);
            return Ok(false);
        }
        if limits.valkey_9_1 && !buffer[self.at + len..].starts_with(b"\r\n") {
            return Err(ProtocolError::LINE_END);
        }
        self.bulk = None;
        self.ranges.push(self.at..self.at + len);
        self.at += len + 2;
        Ok(true)
    }

    /// The line that starts where reading stopped, without its line end.
    fn line(
        &mut self,
        buffer: &BytesMut,
        limits: DecodeLimits,
        too_long: ProtocolError,
    ) -> Result<Option<Range<usize>>, ProtocolError> {
        let rest = &buffer[self.at..];
        let end = if limits.valkey_9_1 {
            rest.iter().position(|byte| *byte == b'\r')
        } else {
            end_of_line(rest, b'\r')
        };
        let Some(end) = end else {
            return if rest.len() > LINE_LIMIT { Err(too_long) } else { Ok(None) };
        };
        if end + 2 > rest.len() {
            return Ok(None);
        }
        let line = self.at..self.at + end;
        self.at += end + 2;
        Ok(Some(line))
    }

    /// One copy of the request's bytes, which its words share: what a store keeps of it does not
    /// pin the whole read buffer.
    fn finish(&mut self, buffer: &mut BytesMut) -> Words {
        let whole = Bytes::copy_from_slice(&buffer[..self.at]);
        buffer.advance(std::mem::take(&mut self.at));
        self.left = None;
        self.ranges.drain(..).map(|range| whole.slice(range)).collect()
    }
}

/// Where a line ends. A real server looks at it as a C string: behind a zero byte it sees no end.
fn end_of_line(rest: &[u8], ends_with: u8) -> Option<usize> {
    let at = rest.iter().position(|byte| *byte == ends_with || *byte == 0)?;
    (rest[at] == ends_with).then_some(at)
}

enum Progress {
    Request(Words),
    Nothing,
    Unfinished,
}

fn inline(buffer: &mut BytesMut, limits: DecodeLimits) -> Result<Progress, ProtocolError> {
    let Some(end) = end_of_line(buffer, b'\n') else {
        let too_long = buffer.len() > LINE_LIMIT;
        return if too_long { Err(ProtocolError::BIG_INLINE) } else { Ok(Progress::Unfinished) };
    };
    let line = buffer.split_to(end + 1);
    let line = &line[..end];
    let words = split_words(line.strip_suffix(b"\r").unwrap_or(line), limits.valkey_9_1);
    let words = words.ok_or(ProtocolError::QUOTES)?;
    Ok(if words.is_empty() { Progress::Nothing } else { Progress::Request(words.into()) })
}

/// Splits an inline request into words: quotes and escapes as in the real server's command line.
/// `None` when a quote is left open or something follows it without a space, unless the word may go on.
pub(crate) fn split_words(line: &[u8], goes_on: bool) -> Option<Vec<Bytes>> {
    let mut words = Vec::new();
    let mut rest = line;
    loop {
        rest = &rest[rest.iter().take_while(|byte| is_space(**byte)).count()..];
        // Like C strings, a line ends at its first zero byte.
        if rest.is_empty() || rest[0] == 0 {
            return Some(words);
        }
        let (word, after) = word(rest, goes_on)?;
        words.push(word.into());
        rest = after;
    }
}

fn word(mut rest: &[u8], goes_on: bool) -> Option<(Vec<u8>, &[u8])> {
    let mut word = Vec::new();
    while let Some((&byte, after)) = rest.split_first() {
        match byte {
            b'"' | b'\'' => {
                let after = quoted(after, byte, &mut word)?;
                let ends = after.first().is_none_or(|byte| is_space(*byte) || *byte == 0);
                if ends || !goes_on {
                    return ends.then_some((word, after));
                }
                rest = after;
                continue;
            }
            b' ' | b'\n' | b'\r' | b'\t' | 0 => break,
            _ => word.push(byte),
        }
        rest = after;
    }
    Some((word, rest))
}

/// Reads up to the closing quote, and returns what follows it.
fn quoted<'a>(mut rest: &'a [u8], quote: u8, word: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        rest = match (quote, rest) {
            (_, []) => return None,
            (b'"', [b'\\', b'x', high, low, after @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                word.push(hex(*high) << 4 | hex(*low));
                after
            }
            (b'"', [b'\\', escaped, after @ ..]) => {
                word.push(unescape(*escaped));
                after
            }
            (b'\'', [b'\\', b'\'', after @ ..]) => {
                word.push(b'\'');
                after
            }
            (_, [byte, after @ ..]) if *byte == quote => return Some(after),
            (_, [0, ..]) => return None,
            (_, [byte, after @ ..]) => {
                word.push(*byte);
                after
            }
        };
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

fn unescape(byte: u8) -> u8 {
    match byte {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 0x08,
        b'a' => 0x07,
        other => other,
    }
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit - b'A' + 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: DecodeLimits =
        DecodeLimits { bulk: 512 << 20, authenticated: true, valkey_9_1: false };

    fn all(decoder: &mut Decoder, buffer: &mut BytesMut) -> Result<Vec<Words>, ProtocolError> {
        let mut requests = Vec::new();
        while let Some(request) = decoder.next(buffer, LIMITS)? {
            requests.push(request);
        }
        Ok(requests)
    }

    #[track_caller]
    fn check(input: &[u8], expect: &[&[&str]]) {
        let expect: Vec<Vec<String>> =
            expect.iter().map(|words| words.iter().map(|w| (*w).to_owned()).collect()).collect();
        for cut in 0..=input.len() {
            let mut decoder = Decoder::default();
            let mut buffer = BytesMut::from(&input[..cut]);
            let mut requests = all(&mut decoder, &mut buffer).expect("the first part is valid");
            buffer.extend_from_slice(&input[cut..]);
            requests.extend(all(&mut decoder, &mut buffer).expect("the whole is valid"));
            let got: Vec<Vec<String>> = requests
                .iter()
                .map(|words| words.iter().map(|w| w.escape_ascii().to_string()).collect())
                .collect();
            assert_eq!(got, expect, "cut at {cut}");
            assert!(buffer.is_empty());
        }
    }

    #[track_caller]
    fn fails(input: &[u8], text: &str) {
        let got = Decoder::default().next(&mut BytesMut::from(input), LIMITS);
        assert_eq!(got.expect_err("it must be refused").text(), text);
    }

    #[test]
    fn requests_come_out_whole_at_every_cut() {
        check(b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*1\r\n$4\r\nPING\r\n", &[&["GET", "k"], &["PING"]]);
        check(b"\x0b\x0cPING\n", &[&["PING"]]);
        check(b"PING\n*1\r\n$1\r\n\0\r\n", &[&["PING"], &["\\x00"]]);
        check(b"\r\n*0\r\n*-1\r\nPING\r\n", &[&["PING"]]);
        check(b"SET k \"a\\x00\\n b\" 'it\\'s'\n", &[&["SET", "k", "a\\x00\\n b", "it\\\'s"]]);
        check(b"*2\r\n$4\r\nECHO\r\n$4\r\n\r\n\r\n\r\n", &[&["ECHO", "\\r\\n\\r\\n"]]);
    }

    #[test]
    fn valkey_9_1_checks_line_ends_and_lets_a_word_go_on_behind_a_quote() {
        let limits = DecodeLimits { valkey_9_1: true, ..LIMITS };
        let next = |input: &[u8]| Decoder::default().next(&mut BytesMut::from(input), limits);
        for input in [&b"*1\rx"[..], b"*1\r\n$4\rx", b"*1\r\n$4\r\nPINGx\n"] {
            let error = next(input).expect_err("the line does not end as it should");
            assert_eq!(error.text(), "Protocol error: invalid CRLF in request");
        }
        let found = next(b"*1\0\r\n").expect_err("a zero byte is no digit");
        assert_eq!(found.text(), "Protocol error: invalid multibulk length");
        let words = next(b"\"a\"b'c'd\n").expect("it is valid").expect("it is whole");
        assert_eq!(*words, [Bytes::from("abcd")]);
    }

    #[test]
    fn what_breaks_the_protocol_is_named() {
        fails(b"*x\r\n", "Protocol error: invalid multibulk length");
        fails(b"*2147483648\r\n", "Protocol error: invalid multibulk length");
        fails(b"*1\r\n:1\r\n", "Protocol error: expected '$', got ':'");
        fails(b"*1\r\n$-1\r\n", "Protocol error: invalid bulk length");
        fails(b"*1\r\n$536870913\r\n", "Protocol error: invalid bulk length");
        fails(b"PING \"x\n", "Protocol error: unbalanced quotes in request");
        fails(&vec![b'a'; LINE_LIMIT + 1], "Protocol error: too big inline request");
        let mut long = vec![b'*'];
        long.resize(LINE_LIMIT + 1, b'1');
        fails(&long, "Protocol error: too big mbulk count string");
    }
}
