"""The words a test uses that no other file here is about, each at work against a client."""

from __future__ import annotations

from typing import Any

import pytest
from wire import Wire, ask

from faux_redis import (
    ANY,
    CYCLE,
    ERROR,
    LAST,
    REST,
    STORE,
    FauxRedis,
    OptionError,
    absent,
    between,
    big_number,
    client,
    double,
    ge,
    glob,
    gt,
    json,
    le,
    lt,
    map_,
    no_reply,
    push,
    re,
    set_,
    verbatim,
)
from faux_redis.clients import Client


@pytest.mark.parametrize(
    ("mode", "stubbed", "other"),
    [
        ("mock_first", '"Ada"', "(nil)"),
        ("stateful_only", "(nil)", "(nil)"),
        ("mock_only", '"Ada"', "-ERR faux_redis: no stub answers 'GET' in mode mock_only"),
    ],
)
def test_a_mode_says_who_answers(mode: Any, stubbed: str, other: str) -> None:
    with FauxRedis(mode=mode, ip="127.0.0.1") as redis:
        redis.stub("GET", "user:1").reply("Ada")
        assert ask(redis, "GET user:1") == stubbed
        assert ask(redis, "GET user:2") == other


PATTERNS: dict[str, tuple[Any, str, str]] = {
    "exact": ("one", "one", "ten"),
    "ANY": (ANY, "x", "(none)"),
    "glob": (glob("user:*"), "user:1", "order:1"),
    "re": (re(r"^user:\d+$"), "user:42", "user:ada"),
    "gt": (gt(30), "31", "30"),
    "ge": (ge(30), "30", "29"),
    "lt": (lt(30), "29.5", "30"),
    "le": (le(30), "30", "31"),
    "between": (between(1, 3), "3", "4"),
    "json": (json("$.id", 42), '{"id":42}', '{"id":43}'),
    "&": (gt(1) & lt(3), "2", "3"),
    "|": (gt(5) | "one", "one", "two"),
    "~": (~glob("*:tmp"), "x", "x:tmp"),
    "a predicate": (lambda arg: len(arg) == 3, "abc", "ab"),
}


@pytest.mark.parametrize(("pattern", "meant", "other"), PATTERNS.values(), ids=PATTERNS)
def test_a_pattern_says_which_arguments_are_meant(
    faux_redis: FauxRedis, pattern: Any, meant: str, other: str
) -> None:
    faux_redis.stub("GET", pattern).reply("stub")
    with Wire(faux_redis) as wire:
        assert wire.ask(f"GET '{meant}'") == '"stub"'
        assert wire.ask("GET" if other == "(none)" else f"GET '{other}'") != '"stub"'


def test_any_command_the_rest_and_what_is_absent_are_meant(faux_redis: FauxRedis) -> None:
    faux_redis.stub("MGET", "a", REST).reply("rest")
    faux_redis.stub("PING", absent).reply("alone")
    faux_redis.stub(ANY, key="k").reply("any")
    with Wire(faux_redis) as wire:
        assert (wire.ask("MGET a b c"), wire.ask("MGET b a")) == ('"rest"', "[(nil), (nil)]")
        assert (wire.ask("PING"), wire.ask("PING x")) == ('"alone"', '"x"')
        assert (wire.ask("STRLEN k"), wire.ask("STRLEN l")) == ('"any"', ":0")


def test_a_containers_subcommand_is_meant_by_its_name(faux_redis: FauxRedis) -> None:
    faux_redis.stub("config get", "maxmemory").reply(["maxmemory", "7"])
    with Wire(faux_redis) as wire:
        assert wire.ask("CONFIG GET maxmemory") == '["maxmemory", "7"]'
        assert wire.ask("CONFIG GET databases") == '["databases", "16"]'


@pytest.mark.parametrize(
    ("meant", "other"),
    [
        (client(id=1), client(id=[2, 3])),
        (client(name="app"), client("web-*")),
        (client(user="default"), client(user="ada")),
        (client(db=0), client(db=1)),
        (client(protocol=2), client(protocol=3)),
        (client(library="lib"), client(library="other")),
        (client(address=glob("127.0.0.1:*")), client(address="10.0.0.1:1")),
    ],
    ids=repr,
)
def test_a_connection_is_meant_by_what_is_known_of_it(
    faux_redis: FauxRedis, meant: Client, other: Client
) -> None:
    faux_redis.stub("GET", conn=other).reply("wrong")
    with Wire(faux_redis) as wire:
        wire.ask("CLIENT SETNAME app")
        wire.ask("CLIENT SETINFO LIB-NAME lib")
        assert wire.ask("GET k") == "(nil)"
        faux_redis.stub("GET", conn=meant).reply("right")
        assert wire.ask("GET k") == '"right"'


def test_the_short_and_the_full_word_for_a_connection_mean_the_same() -> None:
    assert repr(client(protocol=3, library="lib", address="a")) == repr(client(resp=3, lib="lib", addr="a"))
    with pytest.raises(OptionError, match="'resp' or 'protocol', which are the same, not both"):
        client(resp=2, protocol=3)


@pytest.mark.parametrize(
    ("via", "answers"), [("direct", [":7", "[:0]"]), ("exec", [":0", "[:7]"]), ("script", [":0", "[:0]"])]
)
def test_the_way_a_command_came_says_whether_it_is_meant(
    faux_redis: FauxRedis, via: Any, answers: list[str]
) -> None:
    faux_redis.stub("STRLEN", via=via).reply(7)
    with Wire(faux_redis) as wire:
        direct = wire.ask("STRLEN k")
        wire.ask("MULTI")
        wire.ask("STRLEN k")
        assert [direct, wire.ask("EXEC")] == answers


@pytest.mark.parametrize(
    ("then", "third"),
    [
        (LAST, '"b"'),
        (CYCLE, '"a"'),
        (STORE, "+PONG"),
        (ERROR, "-ERR faux_redis: stub PING has no more answers"),
    ],
)
def test_a_sequence_says_what_comes_after_its_last_answer(
    faux_redis: FauxRedis, then: Any, third: str
) -> None:
    faux_redis.stub("PING").replies("a", "b", then=then)
    with Wire(faux_redis) as wire:
        assert [wire.ask("PING") for _ in range(3)] == ['"a"', '"b"', third]


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (map_({"a": 1}), b"%1\r\n$1\r\na\r\n:1\r\n"),
        (set_([1]), b"~1\r\n:1\r\n"),
        (push(["a"]), b">1\r\n$1\r\na\r\n"),
        (double(0.5), b",0.5\r\n"),
        (True, b"#t\r\n"),
        (big_number(12), b"(12\r\n"),
        (verbatim("x", "mkd"), b"=5\r\nmkd:x\r\n"),
        (["a", []], b"*2\r\n$1\r\na\r\n*0\r\n"),
    ],
)
def test_a_reply_has_its_type_over_resp3(faux_redis: FauxRedis, value: Any, sent: bytes) -> None:
    faux_redis.stub("GET").reply(value)
    with Wire(faux_redis) as wire:
        wire.ask("HELLO 3")
        wire.send("GET k")
        got = b""
        while len(got) < len(sent):
            part = wire.connection.socket.recv(len(sent) - len(got))
            assert part, "the connection has ended"
            got += part
        assert got == sent


def test_limits_say_which_calls_are_answered(faux_redis: FauxRedis) -> None:
    faux_redis.stub("GET", "second").reply("stub").nth(2)
    faux_redis.stub("GET", "later").reply("stub").after(1)
    faux_redis.stub("GET", "once").reply("stub").times(1)
    faux_redis.stub("GET", "never").reply("stub").never()
    faux_redis.stub("GET", "all").reply("stub").p(1.0)
    with Wire(faux_redis) as wire:

        def answered(key: str) -> list[bool]:
            return [wire.ask(f"GET {key}") == '"stub"' for _ in range(3)]

        assert answered("second") == [False, True, False]
        assert answered("later") == [False, True, True]
        assert answered("once") == [True, False, False]
        assert answered("never") == [False, False, False]
        assert answered("all") == [True, True, True]


REFUSED = [
    ("loading", "GET k", "-LOADING"),
    ("readonly", "SET k v", "-READONLY"),
    ("oom", "SET k v", "-OOM"),
    ("misconf", "SET k v", "-MISCONF"),
    ("busy", "GET k", "-BUSY"),
    ("masterdown", "GET k", "-MASTERDOWN"),
    ("noreplicas", "SET k v", "-NOREPLICAS"),
    ("clusterdown", "GET k", "-CLUSTERDOWN"),
    ("noauth", "GET k", "-NOAUTH"),
]


@pytest.mark.parametrize(("condition", "request_", "code"), REFUSED)
def test_a_condition_refuses_a_command(
    faux_redis: FauxRedis, condition: str, request_: str, code: str
) -> None:
    with Wire(faux_redis) as wire:
        with getattr(faux_redis.state, condition)():
            assert wire.ask(request_).replace('"', "").startswith(f"{code} ")
        assert not wire.ask(request_).startswith("-")


@pytest.mark.parametrize(("condition", "told"), [("maxclients", "ERR max number"), ("protected", "DENIED ")])
def test_a_condition_turns_away_who_connects(faux_redis: FauxRedis, condition: str, told: str) -> None:
    with getattr(faux_redis.state, condition)(), Wire(faux_redis) as wire:
        assert wire.connection.socket.recv(1000).startswith(f"-{told}".encode())
    assert ask(faux_redis, "PING") == "+PONG"


def test_a_link_meets_connections_by_chance(faux_redis: FauxRedis) -> None:
    with Wire(faux_redis) as wire, faux_redis.link(p=1.0).reset():
        assert wire.is_reset()
    with faux_redis.link(p=0.0).reset():
        assert ask(faux_redis, "PING") == "+PONG"


def test_a_gate_holds_so_many_and_a_test_waits_for_several(faux_redis: FauxRedis) -> None:
    with faux_redis.hold("GET", times=1) as gate, Wire(faux_redis) as first, Wire(faux_redis) as second:
        first.send("GET k")
        gate.wait()
        assert second.ask("GET k") == "(nil)"
        assert faux_redis.wait_for("GET", times=2).conn == 2
        assert [call.conn for call in gate.held] == [1]
        assert gate.release() == 1
        assert first.receive() == "(nil)"


def test_a_call_tells_its_every_part() -> None:
    with FauxRedis(clock=7) as redis, Wire(redis) as wire:
        rule = redis.stub("GET").reply("Ada").drop_reply().close()
        wire.send("GET user:1")
        assert wire.receive() == "(closed)"
        (call,) = redis.calls
        assert (call.seq, call.conn, call.db, call.trip) == (1, 1, 0, 1)
        assert (call.name, call.args, call.key, call.keys) == ("GET", [b"user:1"], b"user:1", [b"user:1"])
        assert (call.time, call.duration) == (7.0, 0.0)
        assert (call.user, call.via, call.action, call.asserted) == ("default", "direct", "rule", False)
        assert (call.rule, call.reply) == (rule.id, no_reply())
        assert call.faults == ["drop_reply()", "close()"]
