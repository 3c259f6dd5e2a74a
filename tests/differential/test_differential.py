"""The harness itself: what it draws, what it lets pass, and that it finds what is wrong, against two servers of which one errs."""

from __future__ import annotations

import contextlib
import io
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

FOLDER = Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent / "oracles"), str(FOLDER.parent / "conversations")]

import conversation
import differential
import grammar
import notation
from forms import BACKGROUND, FAMILIES, SETTINGS
from notation import read
from pair import Pair, Side
from play import answered, play
from rules import Case, allowed, settled
from sequences import Deck, Generator, Known, Request
from shrink import simplest, smallest
from words import Draw

NOTHING_KNOWN = Known({}, frozenset())


def request(line: str) -> Request:
    connection, _, words = line.rpartition("> ")
    return Request(connection or "1", tuple(notation.words(words)))


# ---- what is drawn -------------------------------------------------------------------------------------------------


def drawn(usage: str, times: int = 300) -> set[str]:
    draw = Draw(1, "str")
    draw.hostility = 0
    form = grammar.parse(usage)
    return {b" ".join(form(draw)).decode("latin-1") for _ in range(times)}


def test_a_usage_line_is_drawn_from() -> None:
    assert drawn("SET 'k' <A|B> [X Y|Z]") == {f"SET k {a}{z}" for a in "AB" for z in ("", " X Y", " Z")}


def test_what_repeats_comes_once_or_more_often() -> None:
    counts = {line.count("x") for line in drawn("PUSH 'x' ...")}
    assert min(counts) == 1
    assert {2, 3} <= counts


def test_a_count_says_how_often_what_follows_comes_or_lies() -> None:
    lines = drawn("POP numkeys 'x' ... [COUNT 1]", 2000)
    right = {line for line in lines if line.split()[1] == str(line.count("x"))}
    assert len(right) >= 5
    assert lines - right


@pytest.mark.parametrize("usage", ["SET [key", "SET key]", "SET <a|", "SET nosuchpool"])
def test_a_usage_line_that_cannot_be_read_is_refused(usage: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        grammar.parse(usage)


def test_all_lines_of_the_table_can_be_drawn_from() -> None:
    for lines in [BACKGROUND, SETTINGS, *(family.lines for family in FAMILIES.values())]:
        deck = Deck(lines, None)
        draw = Draw(2, "str")
        for _ in range(300):
            assert all(isinstance(word, bytes) for word in deck.draw(draw))


def test_documentation_is_drawn_from() -> None:
    documented = read(
        '[["name", "key", "type", "key"], ["name", "condition", "type", "oneof", "flags", [+optional], "arguments",'
        ' [["name", "nx", "type", "pure-token", "token", "NX"], ["name", "xx", "type", "pure-token", "token", "XX"]]],'
        ' ["name", "fields", "type", "block", "token", "FIELDS", "arguments",'
        ' [["name", "numfields", "type", "integer"], ["name", "field", "type", "string", "flags", [+multiple]]]]]'
    )
    draw = Draw(3, "hash")
    draw.hostility = 0
    form = grammar.documented("hexpire", documented.content)
    for _ in range(100):
        name, key, *rest = form(draw)
        assert name == b"HEXPIRE"
        assert key[:-1].decode().isalpha()
        if rest[0] in (b"NX", b"XX"):
            rest = rest[1:]
        assert rest[0] == b"FIELDS"


def test_a_seed_draws_the_same_sequence_again() -> None:
    generator = Generator("transactions", NOTHING_KNOWN)
    assert generator.sequence(5) == generator.sequence(5)
    assert generator.sequence(5) != generator.sequence(6)


def test_lines_of_commands_that_are_not_known_are_left_out() -> None:
    known = Known({"get": {}, "client": {}, "client|id": {}}, frozenset())
    lines = "1 GET key\n1 SET key value\n1 CLIENT ID\n1 CLIENT TRACKING ON"
    draw = Draw(7, "str")
    assert {Deck(lines, known).draw(draw)[0] for _ in range(50)} == {b"GET", b"CLIENT"}
    assert len(Deck(lines, known).forms) == 2


def test_a_run_is_cut_where_the_next_request_must_see_what_came_of_it() -> None:
    run = [request(line) for line in ("GET k", "SPOP k", "GET k", "BLPOP k 0", "UNSUBSCRIBE", "GET k")]
    pieces = Known({}, frozenset({"blpop"})).pieces(run)
    assert [[one.name for one in piece] for piece in pieces] == [
        ["get"], ["spop"], ["get", "blpop"], ["unsubscribe"], ["get"],
    ]  # fmt: skip


# ---- what is let pass ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "real", "ours", "passes"),
    [
        ("GET k", '"a"', '"a"', True),
        ("GET k", '"a"', '"b"', False),
        ("LRANGE k 0 -1", '["a", "b"]', '["b", "a"]', False),
        ("KEYS *", '["a", "b"]', '["b", "a"]', True),
        ("KEYS *", '["a", "b"]', '["b", "b"]', False),
        ("HGETALL k", '["a", "1", "b", "2"]', '["b", "2", "a", "1"]', True),
        ("HGETALL k", '["a", "1", "b", "2"]', '["b", "1", "a", "2"]', False),
        ("HGETALL k", '{"a": "1", "b": "2"}', '{"b": "2", "a": "1"}', True),
        ("SRANDMEMBER k", '"a"', '"b"', True),
        ("SRANDMEMBER k", '"a"', "(nil)", False),
        ("SRANDMEMBER k 2", '["a", "b"]', '["c"]', False),
        ("TTL k", ":100", ":99", True),
        ("TTL k", ":100", ":90", False),
        ("TTL k", ":-1", ":-2", False),
        ("HPTTL k FIELDS 2 a b", "[:5000, :-1]", "[:5100, :-1]", True),
        ("SCAN 0", '["0", ["a", "b"]]', '["0", ["b", "a"]]', True),
        ("SCAN 0", '["0", ["a", "b"]]', '["0", ["a"]]', False),
        ("SSCAN k 7", '["0", ["a", "b"]]', '["3", ["a"]]', True),
        ("HELLO", '["id", :1, "modules", [["name", "x"]]]', '["id", :1, "modules", []]', True),
        ("HELLO", '["id", :1, "modules", []]', '["id", :2, "modules", []]', False),
    ],
)
def test_only_what_no_server_promises_may_differ(line: str, real: str, ours: str, passes: bool) -> None:
    assert allowed(Case(request(line), read(real), read(ours))) is passes


@pytest.mark.parametrize(("encoding", "passes"), [("hashtable", True), ("listpack", False)])
def test_small_sets_keep_their_order_and_hash_tables_do_not(encoding: str, passes: bool) -> None:
    case = Case(request("SMEMBERS k"), read('["a", "b"]'), read('["b", "a"]'), lambda key: [encoding])
    assert allowed(case) is passes


def test_replies_are_assigned_to_requests() -> None:
    requests = [request(line) for line in ("SUBSCRIBE a b", "PING", "UNSUBSCRIBE")]
    replies = ['["subscribe", "a", :1]', '["message", "a", "x"]', '["subscribe", "b", :2]', '["pong", ""]',
               '["unsubscribe", "b", :1]', '["unsubscribe", "a", :0]']  # fmt: skip
    found = [one.name if one else "" for one in answered(requests, [read(reply) for reply in replies])]
    assert found == ["subscribe", "", "subscribe", "ping", "unsubscribe", "unsubscribe"]


def test_messages_that_go_through_a_hash_table_are_put_in_one_order() -> None:
    one = [read('["unsubscribe", "b", :1]'), read('["unsubscribe", "a", :0]'), read("+OK")]
    other = [read('["unsubscribe", "a", :1]'), read('["unsubscribe", "b", :0]'), read("+OK")]
    assert settled(one) == settled(other)
    assert settled([*one, *one]) != settled(one)


# ---- making small --------------------------------------------------------------------------------------------------


def test_a_sequence_is_made_as_small_as_it_goes() -> None:
    assert smallest(list(range(100)), lambda kept: {17, 18, 93} <= set(kept)) == [17, 18, 93]
    assert smallest([1, 2], lambda kept: len(kept) == 2) == [1, 2]


def test_requests_lose_the_words_and_connections_that_do_not_matter() -> None:
    requests = [request("2> SET k a EX 10"), request("3> GET k x y")]
    kept = simplest(requests, lambda kept: kept[0].words[1:2] == (b"k",) and b"y" in kept[1].words)
    assert kept == [request("SET k"), request("GET y")]


# ---- finding -------------------------------------------------------------------------------------------------------


class Stub:
    """A small server of strings, which may be made to err."""

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.strings: dict[bytes, bytes] = {}
        self.ports: dict[socket.socket, int] = {}
        self.accepted = 0

    def answer(self, words: list[bytes]) -> bytes:
        try:
            return self._answer(words)
        except IndexError:
            return b"-ERR wrong number of arguments\r\n"

    def _answer(self, words: list[bytes]) -> bytes:
        name, key = words[0].upper(), words[1] if len(words) > 1 else b""
        match name:
            case b"PING":
                return b"+PONG\r\n"
            case b"CONFIG" | b"SELECT" | b"DEBUG":
                return b"*0\r\n" if key == b"GET" else b"+OK\r\n"
            case b"CLIENT":
                lines = "".join(f"id=1 addr=127.0.0.1:{port} flags=N\n" for port in self.ports.values())
                return b":%d\r\n" % self.accepted if key == b"ID" else b"$%d\r\n%s\r\n" % (len(lines), lines.encode())
            case b"FLUSHALL":
                self.strings.clear()
                return b"+OK\r\n"
            case b"KEYS":
                return notation.encode(sorted(self.strings))
            case b"TYPE":
                return b"+string\r\n" if key in self.strings else b"+none\r\n"
            case b"OBJECT" | b"PEXPIRETIME":
                return b":-1\r\n"
            case b"GET":
                value = self.strings.get(key)
                return b"$-1\r\n" if value is None else b"$%d\r\n%s\r\n" % (len(value), value)
            case b"SET":
                self.strings[key] = words[2]
                return b"+OK\r\n"
            case b"APPEND":
                self.strings[key] = self.strings.get(key, b"") + words[2]
                length = len(self.strings[key])
                if self.fault == "stores too little" and length > 3:
                    self.strings[key] = self.strings[key][:3]
                return b":%d\r\n" % (length + (self.fault == "counts wrongly" and length > 3))
        return b"-ERR unknown command\r\n"


    def serve(self, listener: socket.socket, ends: threading.Event) -> None:
        """Serves in one thread, so that requests are answered in the order in which they came."""
        buffers: dict[socket.socket, bytes] = {}
        while not ends.is_set():
            for ready in select.select([listener, *buffers], [], [], 0.05)[0]:
                if ready is listener:
                    self.accepted += 1
                    connection, (_, port) = listener.accept()
                    buffers[connection], self.ports[connection] = b"", port
                    continue
                received = _received(ready)
                requests, buffers[ready] = _requests(buffers[ready] + received)
                if not received or (self.fault == "ends" and any(words[0] == b"APPEND" for words in requests)):
                    del buffers[ready], self.ports[ready]
                    ready.close()
                else:
                    ready.sendall(b"".join(map(self.answer, requests)))
        for connection in buffers:
            connection.close()


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except ConnectionResetError:
        return b""


def _requests(buffer: bytes) -> tuple[list[list[bytes]], bytes]:
    """The whole requests in a buffer, and what is left of it."""
    stream, found, end = io.BytesIO(buffer), [], 0
    while line := stream.readline():
        if line[:1] != b"*":
            found.append(line.split())
            end = stream.tell()
            continue
        stream.seek(end)
        try:
            found.append([word.content for word in notation.decode(stream).content])
        except notation.Incomplete:
            break
        end = stream.tell()
    return found, buffer[end:]


@contextlib.contextmanager
def serving(stub: Stub) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    ends = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=stub.serve, args=(listener, ends))
        thread.start()
        yield mock.Mock(), listener.getsockname()[1]
        ends.set()
        thread.join()


@contextlib.contextmanager
def pair_with(fault: str) -> Iterator[Pair]:
    pair = Pair(Side("real", lambda: serving(Stub())), Side("ours", lambda: serving(Stub(fault))))
    for side in pair.sides:
        side.start()
    try:
        yield pair
    finally:
        for side in pair.sides:
            side.stop()


KNOWN = Known({"get": {}, "set": {}, "append": {}}, frozenset())

LONG = [[request(f"{1 + at % 3}> SET k{at} v"), request(f"{1 + at % 3}> GET k{at}")] for at in range(30)]
ERRING = [*LONG, [request("2> APPEND k ab"), request("2> APPEND k cd EX 5")], *LONG]


def test_servers_that_are_alike_do_not_differ() -> None:
    with pair_with("") as pair:
        assert play(pair, KNOWN, ERRING) is None


@pytest.mark.parametrize(
    ("fault", "block"),
    [
        ("counts wrongly", ["1> APPEND k ab", ":2", "1> APPEND k cd", ":4", "# ours: :5"]),
        ("stores too little", ["1> APPEND k ab", ":2", "1> APPEND k cd", ":4", "8> GET k", '"abcd"', '# ours: "abc"']),
    ],
)
def test_what_one_server_does_wrong_is_found_and_made_small(fault: str, block: list[str]) -> None:
    with pair_with(fault) as pair:
        found = play(pair, KNOWN, ERRING)
        assert found is not None
        tally = differential.Tally()
        differential.follow_up(pair, KNOWN, ERRING[: found.at + 1], found, tally)
        (text,) = tally.findings.values()
    lines = text.splitlines()
    assert lines[lines.index("```redis") + 1 : lines.index("```")] == block
    (parsed,) = conversation.parse(text, Path("x.md")).blocks
    assert len(parsed.steps) == len([line for line in block if ">" in line])


def test_a_server_that_closes_its_connections_is_found() -> None:
    with pair_with("ends") as pair:
        found = play(pair, KNOWN, ERRING)
        assert found is not None
        assert (found.asked, found.ours) in {("append", "(closed)"), ("append", "(nothing)")}
