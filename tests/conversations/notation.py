"""Replies as one line of text: the notation of the conversations, and RESP2 and RESP3 on the wire.

`decode` takes a reply off a stream, `write` writes it down, `read` reads such a line back, also one with placeholders,
and `matches` says whether a reply is what a line promises. `README.md` describes the notation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, BinaryIO

ESCAPES = {0x0A: "\\n", 0x0D: "\\r", 0x09: "\\t", 0x07: "\\a", 0x08: "\\b", 0x22: '\\"', 0x5C: "\\\\"}
UNESCAPES = {"n": 0x0A, "r": 0x0D, "t": 0x09, "a": 0x07, "b": 0x08}

# The values that are a word in parentheses, and those that open a list of others.
WORDS = {"nil", "nil array", "null", "true", "false", "any", "waits", "no reply", "closed"}
OPENINGS = {"[": "array", "~[": "set", ">[": "push"}
CLOSERS = {"array": "[]", "set": "~[]", "push": ">[]", "map": "{}"}
TEXTS = {"+": "simple", "-": "error"}
KINDS = {"integer", "bulk", "simple", "error", "array", "map", "set", "push", "double", "verbatim"}

# A bulk of one byte again and again is written as that byte and a count.
LONG = 40


class NotationError(ValueError):
    """A line that is not in the notation."""


@dataclass(frozen=True)
class Value:
    """A reply, or a pattern of replies: what kind it is, and what it holds.

    Text is `bytes`, an integer is `int`, a list is a `tuple` of values (of pairs of them for a map), a double and a big
    number are the text that was sent, so that nothing is lost. `waits`, `no reply` and `closed` stand
    for what is no reply.
    """

    kind: str
    content: Any = None


class Incomplete(Exception):
    """The stream ends before the reply does."""


def decode(stream: BinaryIO) -> Value:
    """The next reply of a stream."""
    line = stream.readline()
    if not line.endswith(b"\r\n"):
        raise Incomplete
    mark, text = line[:1], line[1:-2]
    match mark:
        case b"+":
            return Value("simple", text)
        case b"-":
            return Value("error", text)
        case b":":
            return Value("integer", int(text))
        case b"$" | b"=" | b"!":
            return _decode_bulk(stream, mark, int(text))
        case b"*" | b"~" | b">":
            if text == b"-1":
                return Value("nil array")
            kind = {b"*": "array", b"~": "set", b">": "push"}[mark]
            return Value(kind, tuple(decode(stream) for _ in range(int(text))))
        case b"%" | b"|":
            pairs = tuple((decode(stream), decode(stream)) for _ in range(int(text)))
            return Value("map", pairs) if mark == b"%" else Value("attribute", (pairs, decode(stream)))
        case b"_":
            return Value("null")
        case b"#":
            return Value("true" if text == b"t" else "false")
        case b",":
            return Value("double", text.decode("ascii"))
        case b"(":
            return Value("big", text.decode("ascii"))
    raise NotationError(f"not a reply: {line!r}")


def _decode_bulk(stream: BinaryIO, mark: bytes, length: int) -> Value:
    if length < 0:
        return Value("nil")
    payload = stream.read(length + 2)
    if len(payload) < length + 2:
        raise Incomplete
    payload = payload[:-2]
    if mark == b"=":
        return Value("verbatim", (payload[:3].decode("ascii"), payload[4:]))
    return Value("bulk" if mark == b"$" else "bulk error", payload)


def encode(words: list[bytes]) -> bytes:
    """A request, as clients send it."""
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


# ---- writing -------------------------------------------------------------------------------------------------------


def quoted(text: bytes) -> str:
    """Bytes as redis-cli quotes them."""
    if len(text) >= LONG and text.count(text[:1]) == len(text):
        return f"{quoted(text[:1])}*{len(text)}"
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(byte: int) -> str:
    return ESCAPES.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}")


def write(value: Value, nested: bool = False) -> str:
    """A reply as one line."""
    content = value.content
    match value.kind:
        case "simple" | "error":
            return ("+" if value.kind == "simple" else "-") + _plain(content, nested)
        case "integer":
            return f":{content}"
        case "bulk":
            return quoted(content)
        case "bulk error":
            return "!" + quoted(content)
        case "verbatim":
            return f"={content[0]}{quoted(content[1])}"
        case "double" | "big":
            return f"({value.kind} {content})"
        case "array" | "set" | "push":
            opening, closing = CLOSERS[value.kind][:-1], CLOSERS[value.kind][-1]
            return opening + ", ".join(write(item, nested=True) for item in content) + closing
        case "map":
            return _pairs(content)
        case "attribute":
            return f"|{_pairs(content[0])} {write(content[1], nested)}"
    return f"({value.kind})"


def _pairs(pairs: tuple[tuple[Value, Value], ...]) -> str:
    return "{" + ", ".join(f"{write(key, nested=True)}: {write(value, nested=True)}" for key, value in pairs) + "}"


def _plain(text: bytes, nested: bool) -> str:
    """A status or an error bare where that can be read back, else quoted."""
    bare = rb"[\w-]+" if nested else rb'[!#-~]([ -~]*[!-~])?'
    return text.decode("ascii") if re.fullmatch(bare, text) else quoted(text)


# ---- reading -------------------------------------------------------------------------------------------------------


def read(line: str) -> Value:
    """The reply, or the pattern, that a line stands for."""
    if line[:1] in TEXTS and line[1:2] != '"':
        return Value(TEXTS[line[0]], line[1:].encode("ascii"))
    reader = _Reader(line)
    value = reader.value()
    reader.expect_end()
    return value


def words(line: str) -> list[bytes]:
    """The words of a request, quoted as redis-cli quotes them."""
    reader = _Reader(line)
    found = []
    while reader.skip_spaces():
        found.append(reader.word())
    return found


class _Reader:
    """A cursor over one line."""

    def __init__(self, line: str) -> None:
        self.line = line
        self.at = 0

    def value(self) -> Value:
        rest = self.line[self.at :]
        if rest.startswith("..."):
            self.at += 3
            return Value("rest")
        for opening, kind in OPENINGS.items():
            if rest.startswith(opening):
                self.at += len(opening)
                return Value(kind, tuple(self._items("]", self.value)))
        match rest[:1]:
            case "{":
                self.at += 1
                return Value("map", tuple(self._items("}", self._pair)))
            case "|":
                self.at += 2
                pairs = tuple(self._items("}", self._pair))
                self.skip_spaces()
                return Value("attribute", (pairs, self.value()))
            case "+" | "-":
                self.at += 1
                text = self._quoted() if self.line[self.at : self.at + 1] == '"' else self._match(r"[\w-]+").encode()
                return Value(TEXTS[rest[0]], text)
            case ":":
                return self._integer()
            case '"':
                return Value("bulk", self._quoted())
            case "!":
                self.at += 1
                return Value("bulk error", self._quoted())
            case "=":
                self.at += 1
                return Value("verbatim", (self._match(r"\w{3}"), self._quoted()))
            case "(":
                return self._parenthesis()
        raise self._wrong("no reply begins so")

    def word(self) -> bytes:
        """One word of a request."""
        if self.line[self.at] == '"':
            return self._quoted()
        if self.line[self.at] == "'":
            text = self._match(r"'((?:[^'\\]|\\.)*)'")
            return text[1:-1].replace("\\'", "'").encode()
        return self._match(r"[^\s\"']+").encode()

    def skip_spaces(self) -> bool:
        """Goes to the next character that is no space, and says whether there is one."""
        self._match(r"\s*")
        return self.at < len(self.line)

    def expect_end(self) -> None:
        if self.skip_spaces():
            raise self._wrong("more than one reply")

    def _items(self, closing: str, item: Any) -> list[Any]:
        items: list[Any] = []
        while True:
            self.skip_spaces()
            if self.line[self.at : self.at + 1] == closing:
                self.at += 1
                return items
            if items:
                self._match(",")
                self.skip_spaces()
            items.append(item())

    def _pair(self) -> tuple[Value, Value]:
        key = self.value()
        if key.kind == "rest":
            return key, key
        self._match(r":\s*")
        return key, self.value()

    def _integer(self) -> Value:
        text = self._match(r":(-?\d+\.\.(-?\d+)?|\.\.-?\d+|-?\d+)")[1:]
        low, between, high = text.partition("..")
        if not between:
            return Value("integer", int(text))
        return Value("range", (int(low) if low else None, int(high) if high else None))

    def _quoted(self) -> bytes:
        text = self._match(r'"(?:[^"\\]|\\.)*"')[1:-1]
        plain = b"".join(_unescaped(part) for part in re.findall(r"\\x[0-9a-fA-F]{2}|\\.|[^\\]+", text))
        times = re.compile(r"\*(\d+)").match(self.line, self.at)
        if times:
            self.at = times.end()
            return plain * int(times.group(1))
        return plain

    def _parenthesis(self) -> Value:
        text = self._match(r"\((nil array|no reply|any order|pairs in any order|[a-z]+)")[1:]
        if text in ("double", "big"):
            number = self._match(r" [^)]+\)")[1:-1]
            return Value(text, number)
        if text == "like":
            self._match(" ")
            pattern = self.value()
            self._match(r"\)")
            return Value("like", pattern)
        if text == "any" and self.line[self.at : self.at + 1] == " ":
            kind = self._match(r" [a-z]+\)")[1:-1]
            if kind not in KINDS:
                raise self._wrong("there is no such kind")
            return Value("any", kind)
        self._match(r"\)")
        if text in ("any order", "pairs in any order"):
            self.skip_spaces()
            return Value(text, self.value())
        if text not in WORDS:
            raise self._wrong("there is no such word")
        return Value(text)

    def _match(self, pattern: str) -> str:
        found = re.compile(pattern).match(self.line, self.at)
        if not found:
            raise self._wrong(f"{pattern} is expected")
        self.at = found.end()
        return found.group()

    def _wrong(self, why: str) -> NotationError:
        return NotationError(f"{why} at column {self.at + 1} of: {self.line}")


def _unescaped(part: str) -> bytes:
    if part.startswith("\\x") and len(part) == 4:
        return bytes([int(part[2:], 16)])
    if part.startswith("\\"):
        return bytes([UNESCAPES.get(part[1], ord(part[1]))])
    return part.encode("utf-8")


# ---- comparing -----------------------------------------------------------------------------------------------------


def matches(pattern: Value, value: Value) -> bool:
    """Whether a reply is what the pattern promises."""
    content = pattern.content
    match pattern.kind:
        case "any":
            return content is None or content == value.kind
        case "range":
            low, high = content
            return value.kind == "integer" and _between(low, value.content, high)
        case "like":
            return bool(content.kind == value.kind) and _like(_text(content), _text(value))
        case "any order":
            return content.kind == value.kind and _in_any_order(content.content, value.content)
        case "pairs in any order":
            return content.kind == value.kind and _in_any_order(_by_two(content.content), _by_two(value.content))
        case "array" | "set" | "push":
            return pattern.kind == value.kind and _in_order(content, value.content)
        case "map":
            return value.kind == "map" and _in_order(content, value.content)
        case "attribute":
            return value.kind == "attribute" and _same(content, value.content)
    return pattern == value


def _between(low: int | None, number: int, high: int | None) -> bool:
    return (low is None or low <= number) and (high is None or number <= high)


def _same(pattern: Any, value: Any) -> bool:
    if isinstance(pattern, tuple):
        return len(pattern) == len(value) and all(_same(*pair) for pair in zip(pattern, value, strict=True))
    return matches(pattern, value)


def _is_rest(pattern: Any) -> bool:
    first: Value = pattern[0] if isinstance(pattern, tuple) else pattern
    return first.kind == "rest"


def _in_order(patterns: tuple[Any, ...], values: tuple[Any, ...]) -> bool:
    if patterns and _is_rest(patterns[-1]):
        patterns = patterns[:-1]
        values = values[: len(patterns)]
    return len(patterns) == len(values) and all(map(_same, patterns, values))


def _in_any_order(patterns: tuple[Any, ...], values: tuple[Any, ...]) -> bool:
    """Whether each pattern has a value of its own; with `...` at the end there may be more values."""
    open_ended = bool(patterns) and _is_rest(patterns[-1])
    left = list(values)
    for pattern in patterns[:-1] if open_ended else patterns:
        found = next((value for value in left if _same(pattern, value)), None)
        if found is None:
            return False
        left.remove(found)
    return open_ended or not left


def _by_two(values: tuple[Value, ...]) -> tuple[Any, ...]:
    if values and _is_rest(values[-1]):
        return (*_by_two(values[:-1]), values[-1])
    return tuple(zip(values[::2], values[1::2], strict=True)) if len(values) % 2 == 0 else values


def _text(value: Value) -> Any:
    return value.content[1] if value.kind == "verbatim" else value.content


def _like(pattern: bytes, text: bytes) -> bool:
    """Whether the text fits the pattern, in which `*` stands for anything."""
    return re.fullmatch(b".*".join(map(re.escape, pattern.split(b"*"))), text, re.DOTALL) is not None
