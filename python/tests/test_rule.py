"""Stubs and expectations: which calls they are for, how often, and in which order."""

from __future__ import annotations

import re as regex
from collections.abc import Iterator
from typing import Any

import pytest
from wire import Wire, ask

import faux_redis
from faux_redis import ANY, REST, FauxRedis, OptionError, PatternError, StoppedError, glob, re


@pytest.fixture
def redis() -> Iterator[FauxRedis]:
    with FauxRedis(verify=False) as redis:
        yield redis


@pytest.mark.parametrize(
    ("patterns", "options", "matching", "other"),
    [
        (("get",), {}, "GET k", "DEL k"),
        (("GET", "k"), {}, "GET k", "GET K"),
        (("GET", b"\xff"), {}, 'GET "\\xff"', "GET x"),
        (("LPUSH", "k", 1, 2.5), {}, "LPUSH k 1 2.5", "LPUSH k 1 2"),
        (("LPUSH", "k", ANY), {}, "LPUSH k a", "LPUSH k a b"),
        (("LPUSH", "k", REST), {}, "LPUSH k a b", "LPUSH l a"),
        (("GET", re(r"^session:\d+$")), {}, "GET session:12", "GET session:x"),
        (("GET", re(rb"(.)\1")), {}, "GET aa", "GET ab"),
        (("GET", glob("user:?")), {}, "GET user:1", "GET user:12"),
        (("GET", lambda arg: len(arg) > 3), {}, "GET long", "GET k"),
        (("MGET",), {"key": "b"}, "MGET a b c", "MGET a c"),
        (("SET",), {"key": glob("l*")}, "SET lock 1", "SET k lock"),
        (("SET",), {"key": re("^l")}, "SET lock 1", "SET k lock"),
        (("GET",), {"when": lambda call: call.db == 0 and call.args == [b"k"]}, "GET k", "GET l"),
        ((ANY,), {"key": "k"}, "STRLEN k", "STRLEN l"),
        ((), {"key": "k"}, "STRLEN k", "STRLEN l"),
        (("SET",), {"via": "direct"}, "SET k v", "GET k"),
        (("SET",), {"conn": [1, 2, 3]}, "SET k v", "GET k"),
    ],
)
def test_a_rule_is_for_the_calls_that_match(
    redis: FauxRedis, patterns: Any, options: Any, matching: str, other: str
) -> None:
    redis.stub(*patterns, **options).reply("rule")
    assert ask(redis, matching) == '"rule"'
    assert ask(redis, other) != '"rule"'


def test_a_rule_is_for_one_connection_or_several(redis: FauxRedis) -> None:
    with Wire(redis) as first, Wire(redis) as second:
        first.ask("PING")
        second.ask("PING")
        ids = [call.conn for call in redis.calls]
        redis.stub("PING", conn=ids[0]).reply("first")
        assert (first.ask("PING"), second.ask("PING")) == ('"first"', "+PONG")
        redis.stub("PING", conn=ids).reply("both")
        assert (first.ask("PING"), second.ask("PING")) == ('"both"', '"both"')


def test_a_command_of_a_transaction_matches_when_exec_runs_it(redis: FauxRedis) -> None:
    redis.stub("GET", via="exec").reply("in exec")
    with Wire(redis) as wire:
        assert wire.ask("GET k") == "(nil)"
        wire.ask("MULTI")
        assert wire.ask("GET k") == "+QUEUED"
        assert wire.ask("EXEC") == '["in exec"]'
    assert [call.via for call in redis.calls("GET")] == ["direct", "exec"]


def test_the_newest_rule_wins_within_a_priority(redis: FauxRedis) -> None:
    redis.stub("GET").reply("urgent").priority(1)
    redis.stub("GET").reply("old")
    new = redis.stub("GET").reply("new")
    assert ask(redis, "GET k") == '"urgent"'
    new.priority(2)
    assert ask(redis, "GET k") == '"new"'


def test_a_rule_can_be_for_some_calls_in_a_row(redis: FauxRedis) -> None:
    with Wire(redis) as wire:
        with redis.stub("PING").reply("x").times(2):
            assert [wire.ask("PING") for _ in range(3)] == ['"x"', '"x"', "+PONG"]
        with redis.stub("PING").reply("x").nth(2):
            assert [wire.ask("PING") for _ in range(3)] == ["+PONG", '"x"', "+PONG"]
        with redis.stub("PING").reply("x").after(2):
            assert [wire.ask("PING") for _ in range(3)] == ["+PONG", "+PONG", '"x"']


def test_a_rule_can_be_removed(redis: FauxRedis) -> None:
    rule = redis.stub("GET").call(lambda call: "x")
    assert ask(redis, "GET k") == '"x"'
    rule.remove()
    assert ask(redis, "GET k") == "(nil)"
    with pytest.raises(StoppedError, match="removed"):
        rule.reply("y")
    rule.remove()


def test_a_rule_lasts_for_its_block(redis: FauxRedis) -> None:
    with redis.stub("GET").reply("x") as rule:
        assert ask(redis, "GET k") == '"x"'
        assert rule.hits == 1
    assert ask(redis, "GET k") == "(nil)"


def test_a_call_carries_the_id_of_the_rule_that_answered_it(redis: FauxRedis) -> None:
    rule = redis.stub("GET").reply("x")
    ask(redis, "GET k")
    ask(redis, "DEL k")
    assert [call.rule for call in redis.calls] == [rule.id, None]


def test_a_rule_shows_itself(redis: FauxRedis) -> None:
    def is_long(arg: bytes) -> bool:
        return len(arg) > 3

    rule = redis.stub("get", glob("a*"), re("^b"), is_long, ANY, REST, key="k", conn=7, via="exec")
    assert repr(rule) == 'stub GET glob("a*") re(\'^b\') is_long ANY REST key="k" conn=client(id=7) via=exec'
    assert repr(redis.expect("config", "get").named("who")) == "expect 'who' CONFIG GET"


def test_unused_stubs_and_unmatched_calls_are_told(redis: FauxRedis) -> None:
    redis.stub("GET", "a").reply(1).named("never used")
    redis.stub("GET", "b").reply(1)
    ask(redis, "GET b")
    ask(redis, "GET c")
    assert redis.unused == ["stub 'never used' GET \"a\""]
    assert [call.args for call in redis.unmatched] == [[b"c"]]


@pytest.mark.parametrize(
    ("patterns", "options", "error", "message"),
    [
        ((5,), {}, OptionError, "a command is a str such as 'GET'"),
        ((" ",), {}, OptionError, "a command is a str such as 'GET'"),
        (("GET", None), {}, PatternError, r"a pattern is a str, .* not None"),
        (("GET", True), {}, PatternError, r"a pattern is a str, .* not True"),
        (("GET", ["k"]), {}, PatternError, r"a pattern is a str, .* not \['k'\]"),
        (("GET",), {"key": {}}, PatternError, r"a pattern is a str, .* not \{\}"),
        (("GET",), {"conn": "one"}, OptionError, "option 'conn' takes a connection's id"),
        (("GET",), {"conn": [-1]}, OptionError, "option 'conn' takes a connection's id"),
        (("GET",), {"via": "post"}, OptionError, "via is direct, exec or script, not 'post'"),
        (("GET",), {"when": 5}, OptionError, "option 'when' takes a callable"),
    ],
)
def test_a_bad_pattern_is_named_with_what_is_accepted(
    redis: FauxRedis, patterns: Any, options: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        redis.stub(*patterns, **options)


@pytest.mark.parametrize("pattern", ["(", "[a"])
def test_an_expression_that_is_none_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError, match=regex.escape(repr(pattern))):
        re(pattern)
    with pytest.raises(PatternError):
        re(5)  # type: ignore[arg-type]
    with pytest.raises(PatternError):
        glob(None)  # type: ignore[arg-type]


@pytest.mark.parametrize("times", [-1, True, 1.5, "once", range(5, 2), range(0, 9, 2), range(-1, 3)])
def test_a_bad_number_of_times_is_refused(redis: FauxRedis, times: Any) -> None:
    with pytest.raises(OptionError, match="option 'times' takes an int"):
        redis.stub("GET").times(times)


def test_other_bad_numbers_are_refused(redis: FauxRedis) -> None:
    with pytest.raises(OptionError, match="option 'nth' takes an int of 1 or more, not 0"):
        redis.stub("GET").nth(0)
    with pytest.raises(OptionError, match="option 'after' takes an int of 0 or more, not -1"):
        redis.stub("GET").after(-1)


def test_everything_public_is_exported_once() -> None:
    assert sorted(set(faux_redis.__all__)) == sorted(faux_redis.__all__)
    for module in (faux_redis.actions, faux_redis.errors):
        assert {name for name in module.__all__ if name != "Then"} <= set(faux_redis.__all__)
