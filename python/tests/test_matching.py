"""Who is meant: options by name, groups of commands, connections, and patterns combined."""

from __future__ import annotations

import gc
import re as regex
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from wire import Wire, ask

from faux_redis import (
    ANY,
    REST,
    FauxRedis,
    OptionError,
    Pattern,
    PatternError,
    absent,
    between,
    category,
    client,
    flag,
    ge,
    glob,
    gt,
    json,
    le,
    lt,
    re,
)


@pytest.fixture
def redis() -> Iterator[FauxRedis]:
    with FauxRedis(verify=False) as redis:
        yield redis


def as_any(value: Any) -> Any:
    """What the type checker does not look at."""
    return value


def is_even(arg: bytes) -> bool:
    return int(arg) % 2 == 0


@pytest.mark.parametrize(
    ("patterns", "options", "matching", "other"),
    [
        (("SET",), {"NX": True, "EX": gt(30)}, "SET k v EX 31 NX", "SET k v NX EX 30"),
        (("SET",), {"key": "k", "NX": False}, "SET k v EX 5", "SET k v NX"),
        (("SET",), {"EX": absent}, "SET k v PX 5", "SET k v EX 5"),
        (("SET",), {"EX": absent | lt(9)}, "SET k v", "SET k v EX 9"),
        (("SET",), {"EX": is_even}, "SET k v EX 8", "SET k v EX 9"),
        (("SET",), {"EX": 60}, "SET k v ex 60", "SET k v EX 61"),
        (("SET", "k", ANY, REST), {"GET": True}, "SET k v NX GET", "SET k v NX"),
        (("ZADD",), {"CH": True}, "ZADD z NX CH 1 m", "ZADD z 1 CH"),
        (
            ("XREADGROUP",),
            {"GROUP": ("g", ANY), "COUNT": 10},
            "XREADGROUP GROUP g c COUNT 10 STREAMS s >",
            "XREADGROUP GROUP g c COUNT 9 STREAMS s >",
        ),
        (("SCAN",), {"MATCH": glob("user:*")}, "SCAN 0 COUNT 9 MATCH user:1*", "SCAN 0 MATCH x"),
        (("ZRANGE",), {"LIMIT": (0, 10)}, "ZRANGE z 0 9 BYSCORE LIMIT 0 10", "ZRANGE z 0 9"),
        (("ZRANGE",), {"LIMIT": [0, REST]}, "ZRANGE z 0 9 BYSCORE LIMIT 0 9", "ZRANGE z 0 9"),
        (("XADD",), {"MAXLEN": gt(5), "~": True}, "XADD s MAXLEN ~ 6 * f v", "XADD s MAXLEN 6 * f v"),
        (("CLIENT", "SETINFO"), {"LIB_NAME": "x"}, "CLIENT SETINFO lib-name x", "CLIENT SETINFO lib-ver x"),
        (("ZUNION",), {"AGGREGATE": "sum"}, "ZUNION 1 k AGGREGATE SUM", "ZUNION 1 k AGGREGATE MAX"),
        ((ANY,), {"NX": True}, "ZADD z NX 1 m", "SET NX v"),
        ((category("@write"),), {"key": glob("ro:*")}, "MSET a 1 ro:1 2", "GET ro:1"),
        ((flag("blocking"),), {}, "BLPOP k 0.001", "LPOP k"),
        ((ANY,), {"key": absent}, "PING", "GET k"),
        (("PING", absent), {}, "PING", "PING x"),
        (("PING", absent | "x"), {}, "PING x", "PING y"),
        (("EXPIRE", "k", ge(10) & le(20)), {}, "EXPIRE k 10", "EXPIRE k 21"),
        (("EXPIRE", "k", between(10, 20.5)), {}, "EXPIRE k 20", "EXPIRE k 21"),
        (("EXPIRE", "k", ~gt(10)), {}, "EXPIRE k soon", "EXPIRE k 11"),
        (("GET", glob("a*") & ~glob("*z")), {}, "GET ab", "GET az"),
        (("GET", re("^a") & re("z$")), {}, "GET az", "GET ab"),
        (("GET", ~re("^a") | "ax"), {}, "GET ax", "GET ay"),
        (("GET", is_even & gt(3)), {}, "GET 4", "GET 2"),
        (("MGET",), {"key": ~glob("a*")}, "MGET a1 b", "MGET a1 a2"),
        (("GET",), {"conn": client(resp=2, db=0)}, "GET k", "DEL k"),
        (("GET",), {"conn": client(addr=re(r"^127\.")), "via": "direct"}, "GET k", "DEL k"),
    ],
)
def test_who_is_meant(
    redis: FauxRedis, patterns: Any, options: dict[str, Any], matching: str, other: str
) -> None:
    redis.stub(*patterns, **options).reply("stubbed")
    assert ask(redis, matching) == '"stubbed"'
    assert ask(redis, other) != '"stubbed"'
    assert [str(call.name) for call in redis.calls(*patterns, **options)] == [redis.calls[0].name]
    redis.verify(*patterns, times=1, **options)
    assert redis.wait_for(*patterns, timeout=5, **options) == redis.calls[0]


@pytest.mark.parametrize("value", [42, "Ada", None, True, ["a", 1.5], {"a": {"b": None}}])
def test_json_is_compared_as_json_is(redis: FauxRedis, value: Any) -> None:
    import json as python_json

    redis.stub("PUBLISH", "c", json("$.it", value)).reply(9)
    with Wire(redis) as wire:
        for document, reply in (({"it": value}, ":9"), ({"it": "other"}, ":0"), ({}, ":0")):
            text = python_json.dumps(python_json.dumps(document))
            assert wire.ask(f"PUBLISH c {text}") == reply


def test_json_takes_patterns_and_predicates(redis: FauxRedis) -> None:
    redis.stub("ECHO", json("$.items[*].n", gt(3) & is_even)).reply("even")
    redis.stub("ECHO", json("$.items", absent)).reply("none")
    with Wire(redis) as wire:
        assert wire.ask(r'ECHO "{\"items\":[{\"n\":5},{\"n\":6}]}"') == '"even"'
        assert wire.ask(r'ECHO "{\"items\":[{\"n\":5}]}"') != '"even"'
        assert wire.ask(r'ECHO "{}"') == '"none"'
        assert wire.ask("ECHO x") == '"x"'


@pytest.mark.parametrize(
    ("pattern", "shown"),
    [
        (gt(30), "gt(30)"),
        (lt(0.5) | ge(1e300), "lt(0.5) | ge(1e300)"),
        (between(1, 2) & le(3), "between(1, 2) & le(3)"),
        (absent, "absent"),
        (~(glob("a") | "b") & ANY, '~(glob("a") | "b") & ANY'),
        (is_even & ("a" | glob("b")), 'is_even & ("a" | glob("b"))'),
        (1 | (re("x") & 2.5), '"1" | re(\'x\') & "2.5"'),
        (~~ANY, "~~ANY"),
        (json("$.a['b']", {"x": [True, None, 1]}), 'json("$.a[\'b\']", {"x": [True, None, 1]})'),
        (json("$..a", is_even | glob("x")), 'json("$..a", is_even | glob("x"))'),
        (client("web-*", id=[1, 2], resp=3), 'client(id=[1, 2], name=glob("web-*"), resp=3)'),
        (client(name="web-*", lib=re("py")), "client(name=\"web-*\", lib=re('py'))"),
        (category("write"), 'category("@write")'),
        (flag("blocking"), 'flag("blocking")'),
    ],
)
def test_a_pattern_shows_itself_as_it_is_written_and_the_core_shows_it_alike(
    redis: FauxRedis, pattern: Any, shown: str
) -> None:
    assert repr(pattern) == shown
    if isinstance(pattern, Pattern):
        assert repr(redis.stub("GET", pattern)) == f"stub GET {shown}"
    elif shown.startswith("client"):
        assert repr(redis.stub("GET", conn=pattern)) == f"stub GET conn={shown}"
    else:
        assert repr(redis.stub(pattern)) == f"stub {shown}"


def test_a_matcher_shows_its_options_as_they_are_written(redis: FauxRedis) -> None:
    rule = redis.stub("set", key="lock", NX=True, GET=False, EX=gt(30), via="script")
    assert repr(rule) == 'stub SET key="lock" NX=True GET=False EX=gt(30) via=script'
    assert repr(redis.stub("ZRANGE", LIMIT=(0, ANY))) == 'stub ZRANGE LIMIT=("0", ANY)'


@pytest.mark.parametrize(
    ("patterns", "options", "message"),
    [
        (("EXPIRE",), {"EX": 5}, "unknown option 'EX' of EXPIRE in redis 8.0.2; there are NX, XX, GT, LT"),
        (("GET",), {"NX": True}, "unknown option 'NX' of GET, which has none"),
        (("NOSUCH",), {"NX": True}, "redis 8.0.2 has no command 'NOSUCH'"),
        ((category("@read"),), {"NOSUCH": 1}, 'no command of category("@read") has it'),
        (("SET",), {"NX": 1}, "option 'NX' takes no value; say True, False, ANY or absent"),
        (("ZRANGE",), {"LIMIT": 1}, "option 'LIMIT' takes 2 values, as a tuple of 2"),
        (("SET",), {"EX": None}, "option 'EX' takes True, False or patterns, not None"),
        (("SET",), {"keys": "k"}, "unknown option 'keys'; there are key, conn, via, when, "),
        (("SET",), {"Nx": True}, "unknown option 'Nx'"),
        (("SET",), {"p": 0.5}, "option 'p' is said of the rule that stub and expect give: .p(...)"),
        ((category("@wrtie"),), {}, "unknown category '@wrtie'; there are @keyspace, @read, @write,"),
        ((flag("fsat"),), {}, "unknown flag 'fsat'; there are write, readonly, denyoom,"),
        (("GET", REST, "k"), {}, "REST is the last of the arguments"),
    ],
)
def test_what_the_server_cannot_match_by_is_named_with_what_it_can(
    redis: FauxRedis, patterns: Any, options: dict[str, Any], message: str
) -> None:
    for ask_for in (redis.stub, redis.expect, redis.calls, redis.verify, redis.wait_for):
        with pytest.raises(OptionError, match=regex.escape(message)):
            ask_for(*patterns, **options)
    assert redis.unused == []


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: gt(as_any("5")), PatternError, "gt() takes an int or a float, not '5'"),
        (lambda: le(True), PatternError, "le() takes an int or a float, not True"),
        (lambda: between(1, as_any(None)), PatternError, "between() takes an int or a float, not None"),
        (lambda: json("a.b", 1), OptionError, "json() takes a JSONPath such as $.user.id, not 'a.b'"),
        (lambda: json("a.b", ANY), OptionError, "json() takes a JSONPath such as $.user.id, not 'a.b'"),
        (lambda: json("$", {1, 2}), PatternError, "json() takes a value of JSON or a pattern, not {1, 2}"),
        (
            lambda: ANY & as_any(None),
            PatternError,
            "a pattern is a str, bytes, int, float, a pattern such as ANY",
        ),
        (lambda: client("a", name="b"), OptionError, "client() takes a name once"),
        (lambda: client(resp=4), OptionError, "option 'resp' takes 2 or 3, not 4"),
        (lambda: client(db=-1), OptionError, "option 'db' takes an int of 0 or more, not -1"),
        (
            lambda: client(id=as_any("1")),
            OptionError,
            "option 'id' takes a connection's id, or a list of ids",
        ),
        (lambda: client(lib=re("x")).core(), OptionError, "cannot ask a predicate here"),
        (lambda: category(as_any(5)), OptionError, "category() takes a str such as '@write', not 5"),
        (lambda: flag(as_any(5)), OptionError, "flag() takes a str such as 'blocking', not 5"),
    ],
)
def test_a_pattern_that_cannot_be_is_named(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=regex.escape(message)):
        make()


def test_connections_are_meant_by_what_is_known_of_them(redis: FauxRedis) -> None:
    redis.stub("PING", conn=client("web-*")).reply("web")
    redis.stub("PING", conn=[2, 3]).reply("two or three")
    redis.stub("ECHO", conn=client(db=3)).reply("third")
    redis.stub("GET", conn=client(name=lambda name: len(name) == 5)).reply("asked")
    redis.stub("GET", conn=client(user="default", resp=3)).reply("resp3")
    redis.stub("STRLEN", conn=client(lib="lib", addr=glob("127.0.0.1:*"))).reply(7)
    with Wire(redis) as first, Wire(redis) as second:
        first.ask("CLIENT SETNAME web-1")
        assert first.ask("PING") == '"web"'
        assert second.ask("PING") == '"two or three"'
        assert first.ask("ECHO x") == '"x"'
        first.ask("SELECT 3")
        assert first.ask("ECHO x") == '"third"'
        assert (first.ask("GET k"), second.ask("GET k")) == ('"asked"', "(nil)")
        second.ask("HELLO 3")
        assert second.ask("GET k") == '"resp3"'
        second.ask("CLIENT SETINFO lib-name lib")
        assert (first.ask("STRLEN k"), second.ask("STRLEN k")) == (":0", ":7")


def test_predicates_in_combinations_are_forgotten_with_their_rule(redis: FauxRedis) -> None:
    class Predicate:
        def __call__(self, arg: bytes) -> bool:
            return True

    predicate = Predicate()
    seen = weakref.ref(predicate)
    rule = redis.stub("SET", "k", ANY & predicate, REST, EX=predicate | absent)
    assert redis.calls("SET", ANY & predicate) == []
    rule.remove()
    del predicate, rule
    gc.collect()
    assert seen() is None


def test_a_predicate_that_raises_inside_a_combination_fails_the_test(redis: FauxRedis) -> None:
    def fails(arg: bytes) -> bool:
        raise LookupError("no idea")

    redis.stub("GET", ~(ANY & fails)).reply(1)
    assert ask(redis, "GET k") == "(nil)"
    with pytest.raises(AssertionError, match="LookupError: no idea") as caught:
        redis.verify()
    assert isinstance(caught.value.__cause__, LookupError)
