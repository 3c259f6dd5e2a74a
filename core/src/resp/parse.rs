//! Bytes to replies, as a client reads them, in both versions of the protocol.
use super::Reply;
use crate::number::parse_i64;
use bytes::Bytes;

/// Replies nested deeper than this are refused: no server sends them, and each level is a call.
const DEEPEST: usize = 128;

/// What bytes begin with.
#[derive(Clone, Debug, PartialEq)]
pub enum Parsed {
    /// A reply, and how many bytes it takes.
    Reply(Reply, usize),
    /// The begin of a reply, as far as there are bytes.
    Unfinished,
    /// What no reply begins with.
    Malformed(Malformed),
}

/// What is wrong with bytes that no reply begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// The first byte says of no type.
    Prefix,
    /// A number is not one.
    Integer,
    /// A string's length is negative.
    BulkLength,
    /// An aggregate's length is negative.
    ArrayLength,
    /// A string is not followed by a line end.
    LineEnd,
    /// A boolean, a floating point number or a verbatim string is not one.
    Value,
    /// There are lists in lists beyond what anybody sends.
    Nesting,
}

/// The reply that bytes begin with.
pub(crate) fn parse(bytes: &[u8]) -> Parsed {
    let mut parser = Parser { bytes, at: 0 };
    match parser.reply(DEEPEST) {
        Ok(reply) => Parsed::Reply(reply, parser.at),
        Err(None) => Parsed::Unfinished,
        Err(Some(wrong)) => Parsed::Malformed(wrong),
    }
}

/// Nothing wrong in an error means that bytes are missing.
type Result<T> = std::result::Result<T, Option<Malformed>>;

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Parser<'_> {
    fn reply(&mut self, depth: usize) -> Result<Reply> {
        let depth = depth.checked_sub(1).ok_or(Some(Malformed::Nesting))?;
        let &sigil = self.bytes.get(self.at).ok_or(None)?;
        self.at += 1;
        match sigil {
            b'+' => Ok(Reply::Status(self.text()?.into())),
            b'-' => Ok(Reply::error(Bytes::copy_from_slice(self.line()?))),
            b':' => self.integer().map(Reply::Int),
            b'$' => Ok(self.string()?.map_or(Reply::Null, Reply::Bulk)),
            b'*' => Ok(self.items(depth)?.map_or(Reply::NullArray, Reply::Array)),
            b'_' => self.line().map(|_| Reply::Null),
            b'#' => match self.line()? {
                b"t" => Ok(Reply::Bool(true)),
                b"f" => Ok(Reply::Bool(false)),
                _ => Err(Some(Malformed::Value)),
            },
            b',' => self.text()?.parse().map(Reply::Double).map_err(|_| Some(Malformed::Value)),
            b'(' => {
                let digits = self.text()?;
                let is_number = digits.strip_prefix('-').unwrap_or(&digits);
                let is_number =
                    !is_number.is_empty() && is_number.bytes().all(|b| b.is_ascii_digit());
                if is_number {
                    Ok(Reply::BigNumber(digits.into()))
                } else {
                    Err(Some(Malformed::Integer))
                }
            }
            b'!' => self.present(Malformed::BulkLength).map(Reply::error),
            b'=' => self.verbatim(),
            b'~' => self.counted(depth).map(Reply::Set),
            b'>' => self.counted(depth).map(Reply::Push),
            b'%' => self.pairs(depth).map(Reply::Map),
            b'|' => Ok(Reply::Attribute(self.pairs(depth)?, Box::new(self.reply(depth)?))),
            _ => Err(Some(Malformed::Prefix)),
        }
    }

    fn line(&mut self) -> Result<&[u8]> {
        let rest = &self.bytes[self.at..];
        let end = rest.windows(2).position(|two| two == b"\r\n").ok_or(None)?;
        self.at += end + 2;
        Ok(&rest[..end])
    }

    fn text(&mut self) -> Result<String> {
        self.line().map(|line| String::from_utf8_lossy(line).into_owned())
    }

    fn integer(&mut self) -> Result<i64> {
        parse_i64(self.line()?).ok_or(Some(Malformed::Integer))
    }

    /// A length: nothing for the null of RESP2.
    fn length(&mut self, wrong: Malformed) -> Result<Option<usize>> {
        match self.integer()? {
            -1 => Ok(None),
            n => usize::try_from(n).map(Some).map_err(|_| Some(wrong)),
        }
    }

    fn string(&mut self) -> Result<Option<Bytes>> {
        let Some(length) = self.length(Malformed::BulkLength)? else { return Ok(None) };
        let end = self.at.checked_add(length).ok_or(Some(Malformed::BulkLength))?;
        let string = self.bytes.get(self.at..end).ok_or(None)?;
        match self.bytes.get(end..) {
            Some([b'\r', b'\n', ..]) => {}
            Some([] | [b'\r']) | None => return Err(None),
            Some(_) => return Err(Some(Malformed::LineEnd)),
        }
        self.at = end + 2;
        Ok(Some(Bytes::copy_from_slice(string)))
    }

    fn present(&mut self, wrong: Malformed) -> Result<Bytes> {
        self.string()?.ok_or(Some(wrong))
    }

    fn verbatim(&mut self) -> Result<Reply> {
        let string = self.present(Malformed::BulkLength)?;
        let format = match string.get(..4) {
            Some(b"txt:") => "txt",
            Some(b"mkd:") => "mkd",
            _ => return Err(Some(Malformed::Value)),
        };
        Ok(Reply::Verbatim(format, string.slice(4..)))
    }

    fn items(&mut self, depth: usize) -> Result<Option<Vec<Reply>>> {
        let Some(length) = self.length(Malformed::ArrayLength)? else { return Ok(None) };
        // The length is the sender's word: memory is taken only for what is there.
        let mut items = Vec::new();
        for _ in 0..length {
            items.push(self.reply(depth)?);
        }
        Ok(Some(items))
    }

    fn counted(&mut self, depth: usize) -> Result<Vec<Reply>> {
        self.items(depth)?.ok_or(Some(Malformed::ArrayLength))
    }

    fn pairs(&mut self, depth: usize) -> Result<Vec<(Reply, Reply)>> {
        let length = self.length(Malformed::ArrayLength)?.ok_or(Some(Malformed::ArrayLength))?;
        let mut pairs = Vec::new();
        for _ in 0..length {
            pairs.push((self.reply(depth)?, self.reply(depth)?));
        }
        Ok(pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Encoding, Protocol, encode};
    use super::*;
    use bytes::BytesMut;

    fn replies() -> Vec<Reply> {
        let nested = Reply::Array(vec![Reply::Int(1), Reply::Array(vec![]), Reply::Null]);
        vec![
            Reply::OK,
            Reply::error("ERR no"),
            Reply::Int(i64::MIN),
            Reply::bulk("a\r\nb"),
            Reply::bulk(""),
            Reply::Bool(true),
            Reply::Double(1.5),
            Reply::BigNumber("-123456789012345678901234567890".into()),
            Reply::Verbatim("txt", "text".into()),
            Reply::Set(vec![1.into(), 2.into()]),
            Reply::Push(vec!["message".into(), "c".into()]),
            Reply::Map(vec![("k".into(), nested.clone())]),
            Reply::Attribute(vec![("k".into(), 1.into())], Box::new(nested)),
        ]
    }

    #[test]
    fn what_the_encoder_writes_is_read_back_and_no_part_of_it_is_taken_for_the_whole() {
        for reply in replies() {
            let mut out = BytesMut::new();
            encode(&reply, Encoding { protocol: Protocol::Resp3, ..Encoding::default() }, &mut out);
            for cut in 0..out.len() {
                assert_eq!(parse(&out[..cut]), Parsed::Unfinished, "{reply:?} cut at {cut}");
            }
            assert_eq!(parse(&out), Parsed::Reply(reply, out.len()));
        }
    }

    #[test]
    fn the_nulls_of_resp2_are_read() {
        assert_eq!(parse(b"$-1\r\n"), Parsed::Reply(Reply::Null, 5));
        assert_eq!(parse(b"*-1\r\n+OK\r\n"), Parsed::Reply(Reply::NullArray, 5));
    }

    #[test]
    fn what_no_server_sends_is_told_apart_from_what_has_not_come_yet() {
        let check = |bytes: &[u8], wrong| assert_eq!(parse(bytes), Parsed::Malformed(wrong));
        check(b"?1\r\n", Malformed::Prefix);
        check(b":one\r\n", Malformed::Integer);
        check(b"(\r\n", Malformed::Integer);
        check(b"$-2\r\n", Malformed::BulkLength);
        check(b"*-2\r\n", Malformed::ArrayLength);
        check(b"$1\r\nab\r\n", Malformed::LineEnd);
        check(b"#x\r\n", Malformed::Value);
        check(b"=3\r\nabc\r\n", Malformed::Value);
        check(&b"*1\r\n".repeat(100_000), Malformed::Nesting);
    }
}
