"""What a rule can do, seen on the wire."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from wire import Wire, ask

from faux_redis import (
    CLOSE,
    CYCLE,
    ERROR,
    NO_REPLY,
    RESET,
    STORE,
    Answer,
    AnswerError,
    FauxRedis,
    OptionError,
    big_number,
    close,
    delay,
    double,
    drop_reply,
    error,
    execute,
    map_,
    no_reply,
    null,
    ok,
    partial,
    push,
    raw,
    reset,
    set_,
    status,
    verbatim,
)


@pytest.fixture
def redis() -> Iterator[FauxRedis]:
    with FauxRedis() as redis:
        yield redis


REPLIES = [
    ("Ada", '"Ada"', b"Ada"),
    ("Zoë", '"Zo\\xc3\\xab"', "Zoë".encode()),
    (b"\x00\xff", '"\\x00\\xff"', b"\x00\xff"),
    (bytearray(b"a"), '"a"', b"a"),
    (7, ":7", 7),
    (-(2**63), ":-9223372036854775808", -(2**63)),
    (2**63, '"9223372036854775808"', 2**63),
    (1.5, '"1.5"', 1.5),
    (True, ":1", True),
    (None, "(nil)", None),
    ([], "[]", []),
    (["a", ["b", 1], None], '["a", ["b", :1], (nil)]', [b"a", [b"b", 1], None]),
    (("a", "b"), '["a", "b"]', [b"a", b"b"]),
    ({"a": 1}, '["a", :1]', {b"a": 1}),
    ({"b", "a"}, '["a", "b"]', {b"a", b"b"}),
    (ok(), "+OK", "OK"),
    (status("QUEUED"), "+QUEUED", "QUEUED"),
    (null(), "(nil)", None),
    (null(array=True), "(nil array)", None),
    (error("WRONGTYPE no"), "-WRONGTYPE no", error("WRONGTYPE no")),
    (map_([(1, 2), ([3], 4)]), "[:1, :2, [:3], :4]", [(1, 2), ([3], 4)]),
    (map_({"b": 1, "a": 2}), '["b", :1, "a", :2]', {b"b": 1, b"a": 2}),
    (set_(["b", "a"]), '["b", "a"]', {b"a", b"b"}),
    (set_([["a"]]), '[["a"]]', [[b"a"]]),
    (push(["message", 1]), '["message", :1]', [b"message", 1]),
    (double(0.1), '"0.1"', 0.1),
    (big_number(10**30), f'"{10**30}"', 10**30),
    (verbatim("text", "mkd"), '"text"', b"text"),
    ([error("ERR in a list"), ok()], '[-"ERR in a list", +OK]', [error("ERR in a list"), "OK"]),
    (raw(":12\r\n"), ":12", raw(":12\r\n")),
]


@pytest.mark.parametrize(("value", "sent", "recorded"), REPLIES, ids=[sent for _, sent, _ in REPLIES])
def test_a_value_is_the_reply_one_expects(redis: FauxRedis, value: Any, sent: str, recorded: Any) -> None:
    redis.stub("GET").reply(value)
    assert ask(redis, "GET k") == sent
    assert redis.calls[0].reply == recorded


@pytest.mark.parametrize("value", [object(), Ellipsis, 1j, [object()], [CLOSE], {"a": delay(1)}])
def test_a_value_that_no_reply_can_be_made_of_is_refused(redis: FauxRedis, value: Any) -> None:
    with pytest.raises(AnswerError, match="an answer is None, a bool, int"):
        redis.stub("GET").reply(value)


def test_a_list_that_holds_itself_is_refused(redis: FauxRedis) -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(AnswerError, match="holds itself"):
        redis.stub("GET").reply(endless)


def test_bad_details_of_actions_are_refused() -> None:
    for seconds in (-1.0, float("nan"), float("inf")):
        with pytest.raises(OptionError, match="'delay' takes seconds, zero or more"):
            delay(seconds)
    with pytest.raises(AnswerError, match="txt or mkd, not 'doc'"):
        verbatim("x", "doc")  # type: ignore[arg-type]
    with pytest.raises(AnswerError, match="a piece of a partial reply"):
        partial([-1])
    with pytest.raises(OptionError, match="then is LAST, CYCLE, STORE or ERROR"), FauxRedis() as redis:
        redis.stub("GET").replies("a", then="first")  # type: ignore[arg-type]


def test_answers_are_compared_and_added() -> None:
    assert delay(0.5) + "SLOW" == delay(0.5, "SLOW") != delay(0.5, "FAST")
    assert close("bye") == Answer.reply("bye") + CLOSE
    assert reset() == RESET
    assert no_reply() == NO_REPLY != execute()
    assert len({ok(), status("OK"), null()}) == 2


def test_a_sequence_repeats_its_last_answer(redis: FauxRedis) -> None:
    redis.stub("PING").replies("a", error("ERR b"), lambda call: call.name)
    with Wire(redis) as wire:
        assert [wire.ask("PING") for _ in range(4)] == ['"a"', "-ERR b", '"PING"', '"PING"']


@pytest.mark.parametrize(
    ("then", "third"),
    [
        (CYCLE, '"a"'),
        (STORE, "+PONG"),
        (ERROR, "-ERR faux_redis: stub PING has no more answers"),
    ],
)
def test_what_follows_a_sequence_can_be_said(redis: FauxRedis, then: Any, third: str) -> None:
    redis.stub("PING").replies("a", "b", then=then)
    with Wire(redis) as wire:
        assert [wire.ask("PING") for _ in range(3)] == ['"a"', '"b"', third]


def test_the_chain_has_a_word_for_each_reply(redis: FauxRedis) -> None:
    redis.stub("GET", "error").error("ERR disabled")
    redis.stub("GET", "ok").ok()
    redis.stub("GET", "null").null()
    redis.stub("GET", "raw").raw(b"+raw\r\n")
    redis.stub("GET", "late").delay(0.001).reply("late")
    redis.stub("GET", "real").execute()
    answers = [ask(redis, f"GET {key}") for key in ("error", "ok", "null", "raw", "late", "real")]
    assert answers == ["-ERR disabled", "+OK", "(nil)", "+raw", '"late"', "(nil)"]


def test_a_reply_can_be_lost_while_the_command_takes_effect(redis: FauxRedis) -> None:
    redis.stub("INCR").execute().drop_reply().times(1)
    with Wire(redis) as wire:
        wire.send("INCR n")
        wire.send("PING")
        assert wire.receive() == "+PONG"
        assert wire.ask("GET n") == '"1"'


def test_no_reply_leaves_the_store_alone(redis: FauxRedis) -> None:
    redis.stub("INCR").no_reply()
    with Wire(redis) as wire:
        wire.send("INCR n")
        assert wire.ask("GET n") == "(nil)"
    assert redis.calls[0].reply == NO_REPLY
    assert drop_reply() != NO_REPLY


def test_a_connection_is_closed_in_order_or_reset(redis: FauxRedis) -> None:
    redis.stub("GET", "close").reply("bye").close()
    redis.stub("GET", "reset").reset()
    with Wire(redis) as wire:
        assert wire.ask("GET close") == '"bye"'
        assert wire.receive() == "(closed)"
    with Wire(redis) as wire:
        wire.send("GET reset")
        assert wire.is_reset()


def test_a_partial_reply_comes_in_pieces(redis: FauxRedis) -> None:
    redis.stub("GET", "own").partial(["$5\r\n", b"he", "llo\r\n"])
    redis.stub("GET", "cut").reply("hello").partial([1, 3], gap=0.001)
    redis.stub("GET", "torn").reply(partial(["$5\r\nhe"]) + CLOSE)
    assert ask(redis, "GET own") == '"hello"'
    assert ask(redis, "GET cut") == '"hello"'
    assert ask(redis, "GET torn") == "(closed)"
