"""The notation, the format, and the runner of conversations."""

from __future__ import annotations

import io
import socket
import sys
import threading
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import conversation
import notation
from notation import Value, matches, read, write

FOLDER = Path(__file__).resolve().parent

WIRE = [
    (b"+OK\r\n", "+OK"),
    (b"+\r\n", '+""'),
    (b"-ERR no such key\r\n", "-ERR no such key"),
    (b"-ERR with: 'a' \r\n", "-\"ERR with: 'a' \""),
    (b':12\r\n', ":12"),
    (b":-1\r\n", ":-1"),
    (b"$3\r\na\r\n\r\n", None),
    (b"$5\r\na\r\n\"\\\r\n", '"a\\r\\n\\"\\\\"'),
    (b"$2\r\n\x00\xff\r\n", '"\\x00\\xff"'),
    (b"$0\r\n\r\n", '""'),
    (b"$-1\r\n", "(nil)"),
    (b"*-1\r\n", "(nil array)"),
    (b"*0\r\n", "[]"),
    (b"*2\r\n$1\r\na\r\n:1\r\n", '["a", :1]'),
    (b"*2\r\n+OK\r\n-ERR a, b]\r\n", '[+OK, -"ERR a, b]"]'),
    (b"*1\r\n*-1\r\n", "[(nil array)]"),
    (b"%1\r\n$1\r\na\r\n:1\r\n", '{"a": :1}'),
    (b"%1\r\n:1\r\n%0\r\n", "{:1: {}}"),
    (b"~1\r\n$1\r\na\r\n", '~["a"]'),
    (b">2\r\n$10\r\ninvalidate\r\n_\r\n", '>["invalidate", (null)]'),
    (b"_\r\n", "(null)"),
    (b"#t\r\n", "(true)"),
    (b"#f\r\n", "(false)"),
    (b",1.50\r\n", "(double 1.50)"),
    (b",-inf\r\n", "(double -inf)"),
    (b"(123456789012345678901234567890\r\n", "(big 123456789012345678901234567890)"),
    (b"=7\r\ntxt:a\nb\r\n", '=txt"a\\nb"'),
    (b"!5\r\nERR x\r\n", '!"ERR x"'),
    (b"|1\r\n$1\r\nk\r\n$1\r\nv\r\n:1\r\n", '|{"k": "v"} :1'),
    (b"$50\r\n" + b"x" * 50 + b"\r\n", '"x"*50'),
]


@pytest.mark.parametrize(("wire", "line"), [pair for pair in WIRE if pair[1] is not None])
def test_a_reply_is_written_in_one_line_and_read_back(wire: bytes, line: str) -> None:
    value = notation.decode(io.BytesIO(wire))
    assert write(value) == line
    assert read(line) == value


@pytest.mark.parametrize("wire", [wire for wire, line in WIRE if line is not None])
def test_a_reply_cut_anywhere_is_incomplete(wire: bytes) -> None:
    for length in range(len(wire)):
        with pytest.raises(notation.Incomplete):
            notation.decode(io.BytesIO(wire[:length]))


@pytest.mark.parametrize("line", ["", "OK", "[1]", "(no)", '"open', '["a" "b"]', ":x", '"a" "b"', "(any no)", "{1}"])
def test_a_line_that_is_no_reply_is_refused(line: str) -> None:
    with pytest.raises(notation.NotationError):
        read(line)


def test_words_are_quoted_as_redis_cli_does() -> None:
    line = "SET 'it\\'s \\n' \"\\x41\\n\\\"\" plain\\n \"ab\"*2 \"\""
    assert notation.words(line) == [b"SET", b"it's \\n", b'A\n"', b"plain\\n", b"abab", b""]


@pytest.mark.parametrize(
    ("pattern", "line", "holds"),
    [
        ("(any)", "-ERR x", True),
        ("(any integer)", ":1", True),
        ("(any integer)", '"1"', False),
        (":1..5", ":5", True),
        (":1..5", ":6", False),
        (":1..", ":1000", True),
        (":..-1", ":0", False),
        (":1..5", '"3"', False),
        ('(like "a*c*")', '"abc"', True),
        ('(like "a*c")', '"abcd"', False),
        ('(like "a.c")', '"abc"', False),
        ('(like "a*c")', '"a\\n\\r\\nc"', True),
        ('(like "a*")', '=txt"abc"', False),
        ('(like =txt"a*")', '=txt"abc"', True),
        ('(like -"ERR *")', "-ERR no", True),
        ('(any order) ["a", "b"]', '["b", "a"]', True),
        ('(any order) ["a", "b"]', '["a", "a"]', False),
        ('(any order) ["a", "a"]', '["a"]', False),
        ('(any order) ["a", ...]', '["c", "a"]', True),
        ('(any order) ["a"]', '~["a"]', False),
        ('(any order) {"a": :1, "b": :2}', '{"b": :2, "a": :1}', True),
        ('(pairs in any order) ["a", "1", "b", "2"]', '["b", "2", "a", "1"]', True),
        ('(pairs in any order) ["a", "1", "b", "2"]', '["b", "1", "a", "2"]', False),
        ('["a", ...]', '["a", "b", "c"]', True),
        ('["a", ...]', "[]", False),
        ('["a", (any)]', '["a", (nil)]', True),
        ('{"a": (any)}', '{"a": [:1]}', True),
        ('["a", "b"]', '["b", "a"]', False),
        ("(nil)", "(null)", False),
        ("(nil)", "(nil array)", False),
        ("+OK", '"OK"', False),
    ],
)
def test_a_placeholder_matches_what_it_stands_for(pattern: str, line: str, holds: bool) -> None:
    assert matches(read(pattern), read(line)) is holds


@pytest.mark.parametrize(
    ("persona", "recorded"),
    [
        ("redis-7.0", "redis 7.0"),
        ("redis-7.0.15", "redis 7.0"),
        ("redis-7.4", "redis 7.0"),
        ("redis 8.0", "redis 8.0"),
        ("redis-8.10", "redis 8.0"),
        ("redis-6.2", "redis 7.0"),
        ("valkey-8.1.1", "valkey 8.1"),
        ("valkey-9.0", "valkey 8.1"),
        ("valkey-9.1.2", "valkey 9.1"),
    ],
)
def test_a_persona_is_held_to_the_recorded_server_before_it(persona: str, recorded: str) -> None:
    assert conversation.recorded_as(persona) == recorded


TEXT = """# Title

```redis
# why
1> GET k

(nil)
2>> "PI" "NG\\r\\n"
[redis] +PONG
[valkey 8.1] -ERR no
1< [redis 8.0] >["x"]
1 closes
```

## Only some

```redis [redis 8.0]
! freeze
1> TIME
```
"""


def test_a_text_is_parsed_into_blocks_and_steps() -> None:
    first, second = conversation.parse(TEXT, Path("x.md")).blocks
    assert [(step.action, step.connection, step.words) for step in first.steps] == [
        ("sends", "1", [b"GET", b"k"]),
        ("sends", "2", [b"PI", b"NG\r\n"]),
        ("closes", "1", []),
    ]
    raw = first.steps[1]
    assert [line.text for line in raw.expected_of("redis 7.0")] == ["+PONG"]
    assert [line.text for line in raw.expected_of("redis 8.0")] == ["+PONG", '>["x"]']
    assert [line.connection for line in raw.expected_of("redis 8.0")] == ["2", "1"]
    assert [line.text for line in raw.expected_of("valkey 8.1")] == ["-ERR no"]
    assert (first.title, first.recordable, first.applies_to("valkey 8.1")) == ("Title", True, True)
    assert (second.title, second.recordable, second.applies_to("redis 7.0")) == ("Only some", False, False)


def test_a_block_without_an_end_is_refused() -> None:
    with pytest.raises(notation.NotationError, match=r"x\.md:1"):
        conversation.parse("```redis\n1> PING\n+PONG\n", Path("x.md"))


def test_what_differs_is_said_with_its_place() -> None:
    """A server that answers everything with +PONG, but for what the onlooker needs."""
    text = "# T\n\n```redis\n1> PING\n+PONG\n1> GET k\n(nil)\n```\n"
    parsed = conversation.parse(text, Path("x.md"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        for _ in range(2):
            threading.Thread(target=_always_pong, args=(listener,), daemon=True).start()
        found = conversation.play_block(parsed, parsed.blocks[0], "127.0.0.1", listener.getsockname()[1], "redis-7.0")
    assert [str(difference) for difference in found] == [
        "x.md:6: T [redis-7.0]\n    1> GET k\n    expected  (nil)\n    got       +PONG"
    ]


def _always_pong(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        while connection.recv(65536):
            connection.sendall(b"+PONG\r\n")


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.md")), ids=lambda path: path.stem)
def test_every_request_in_the_files_has_its_reply_from_every_server(path: Path) -> None:
    for block in conversation.Conversation.load(path).blocks:
        for step in block.steps:
            for recorded in filter(block.applies_to, conversation.RECORDED):
                if step.action == "sends":
                    assert step.expected_of(recorded), f"{path.name}:{step.number}: {step.source} [{recorded}]"


def test_a_reply_is_written_the_same_from_what_it_was_read() -> None:
    assert Value("simple", b"OK") == read("+OK")
    assert write(read('["a", -"ERR x y", (null)]')) == '["a", -"ERR x y", (null)]'
