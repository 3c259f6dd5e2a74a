//! Code that a test could contain, in the language the test is written in.
use super::journal::Call;
use super::matcher::quoted;
use std::fmt::Write as _;

/// The language that failures propose code in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Spelling {
    /// Rust, where what may wait is awaited.
    #[default]
    Rust,
    /// Rust, where what may wait blocks.
    BlockingRust,
    /// Python.
    Python,
    /// Elixir.
    Elixir,
    /// Erlang.
    Erlang,
}

/// More arguments than these make no line that anybody would paste.
const MOST_ARGUMENTS: usize = 20;

impl Spelling {
    /// An assertion that a call like this one was made so often.
    pub(crate) fn assertion(self, call: &Call, times: usize) -> Option<String> {
        let matcher = self.matcher(call)?;
        Some(match self {
            Spelling::Rust => format!("redis.verify_called({matcher}, {times}).await?;"),
            Spelling::BlockingRust => format!("redis.verify_called({matcher}, {times})?;"),
            Spelling::Python => format!("faux_redis.verify({matcher}, times={times})"),
            Spelling::Elixir => format!("FauxRedis.verify!(server, {matcher}, times: {times})"),
            Spelling::Erlang => {
                format!("ok = faux_redis:verify(Server, {matcher}, [{{times, {times}}}])")
            }
        })
    }

    /// A stub that lets the store answer calls like this one.
    pub(crate) fn stub(self, call: &Call) -> Option<String> {
        let matcher = self.matcher(call)?;
        Some(match self {
            Spelling::Python => format!("faux_redis.stub({matcher}).execute()"),
            Spelling::Elixir => format!("FauxRedis.stub!(server, {matcher}, :execute)"),
            Spelling::Erlang => format!("{{ok, _}} = faux_redis:stub(Server, {matcher}, execute)"),
            _ => format!("redis.stub({matcher}).execute();"),
        })
    }

    fn matcher(self, call: &Call) -> Option<String> {
        if call.args().len() > MOST_ARGUMENTS {
            return None;
        }
        let name = quoted(call.name.as_bytes());
        let args = call.args().iter().map(|arg| self.literal(arg));
        let mut text = String::new();
        match self {
            Spelling::Python => {
                text += &name;
                args.for_each(|arg| {
                    write!(text, ", {arg}").expect("a string takes all");
                });
            }
            Spelling::Elixir => {
                let args: Vec<_> = args.collect();
                write!(text, "{{:command, {name}, [{}]}}", args.join(", "))
                    .expect("a string takes all");
            }
            Spelling::Erlang => {
                let (name, args) = (self.literal(call.name.as_bytes()), args.collect::<Vec<_>>());
                write!(text, "{{command, {name}, [{}]}}", args.join(", "))
                    .expect("a string takes all");
            }
            _ if args.len() == 0 => return Some(name),
            _ => {
                write!(text, "Matcher::command({name})").expect("a string takes all");
                args.for_each(|arg| {
                    write!(text, ".arg({arg})").expect("a string takes all");
                });
            }
        }
        Some(text)
    }

    /// Bytes as a literal: a text when they are one.
    fn literal(self, bytes: &[u8]) -> String {
        let text = std::str::from_utf8(bytes);
        if let (Spelling::Elixir | Spelling::Erlang, Err(_)) = (self, text) {
            let bytes: Vec<_> = bytes.iter().map(u8::to_string).collect();
            return format!("<<{}>>", bytes.join(", "));
        }
        let Ok(text) = text else {
            return format!("b\"{}\"", bytes.escape_ascii().to_string().replace("\\'", "'"));
        };
        match self {
            Spelling::Python => python_text(text),
            // There a `#` before a brace is code.
            Spelling::Elixir => python_text(text).replace("#{", "\\#{"),
            Spelling::Erlang if text.is_ascii() => format!("<<{}>>", python_text(text)),
            Spelling::Erlang => format!("<<{}/utf8>>", python_text(text)),
            _ => format!("{text:?}"),
        }
    }
}

/// A string of Python's, in double quotes.
fn python_text(text: &str) -> String {
    let mut literal = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => literal.extend(['\\', c]),
            '\n' => literal += "\\n",
            '\r' => literal += "\\r",
            '\t' => literal += "\\t",
            c if c.is_control() && u32::from(c) < 256 => {
                write!(literal, "\\x{:02x}", u32::from(c)).expect("a string takes all");
            }
            c => literal.push(c),
        }
    }
    literal.push('"');
    literal
}

#[cfg(test)]
mod tests {
    use super::Spelling;

    #[test]
    fn bytes_are_written_as_either_language_reads_them() {
        let both = |bytes: &[u8]| [Spelling::Rust, Spelling::Python].map(|s| s.literal(bytes));
        assert_eq!(both(b"lock"), ["\"lock\""; 2]);
        assert_eq!(both(b"a\"b\\c\n"), [r#""a\"b\\c\n""#; 2]);
        assert_eq!(both(b"\xff'\0"), [r#"b"\xff'\x00""#; 2]);
        assert_eq!(both(b"\x01"), [r#""\u{1}""#, r#""\x01""#]);
        assert_eq!(both("é".as_bytes()), ["\"é\""; 2]);
        let elixir = |bytes: &[u8]| Spelling::Elixir.literal(bytes);
        assert_eq!(elixir(b"\xff'\0"), "<<255, 39, 0>>");
        assert_eq!(elixir(b"a\"#{b}"), r#""a\"\#{b}""#);
        let erlang = |bytes: &[u8]| Spelling::Erlang.literal(bytes);
        assert_eq!(erlang(b"\xff'\0"), "<<255, 39, 0>>");
        assert_eq!(erlang(b"a\"\n"), r#"<<"a\"\n">>"#);
        assert_eq!(erlang("é".as_bytes()), r#"<<"é"/utf8>>"#);
    }
}
