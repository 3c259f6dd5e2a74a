"""The harness itself: which requests it draws up, and that it finds what differs."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), *(str(FOLDER.parent / room) for room in ("differential", "oracles", "conversations"))]

import errors
import places
import spoils
from notation import Value
from places import Command


def told(**about: str | list[str] | list[Value]) -> Value:
    """What a server documents about an argument."""
    flat: list[Value] = []
    for name, value in about.items():
        content = (
            Value("bulk", value.encode())
            if isinstance(value, str)
            else Value("array", tuple(one if isinstance(one, Value) else Value("simple", one.encode()) for one in value))
        )
        flat += [Value("bulk", name.encode()), content]
    return Value("array", tuple(flat))


KEY = told(name="key", type="key")
COUNT = told(name="count", type="integer", token="COUNT", flags=["optional"])
ORDER = told(
    name="order",
    type="oneof",
    flags=["optional"],
    arguments=[told(name="asc", type="pure-token", token="ASC"), told(name="desc", type="pure-token", token="DESC")],
)
MEMBERS = told(name="member", type="string", flags=["multiple"])
POPPING = Command("zpop", "sorted-set", False, [KEY, COUNT, ORDER, MEMBERS])


def lines(requests: Iterable[places.Request]) -> set[str]:
    return {b" ".join(request).decode() for request in requests}


# ---- what is asked ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "ZPOP k:zset a",
        "ZPOP k:zset COUNT 2 a",
        "ZPOP k:zset ASC DESC a",
        "ZPOP k:zset COUNT 2 COUNT 2 a",
        "ZPOP k:zset DESC COUNT 2 a",
        "ZPOP k:zset a a",
    ],
)
def test_choices_come_once_options_together_in_both_orders_and_doubled(line: str) -> None:
    assert line in lines(places.requests(POPPING))


@pytest.mark.parametrize(
    "line",
    [
        "ZPOP k:string nosuch",
        "ZPOP k:string COUNT abc a",
        "ZPOP k:none COUNT -1 a",
        "ZPOP k:zset NOTOKEN abc a",
        "ZPOP k:string NOTOKEN abc a",
        "ZPOP k:string COUNT",
        "ZPOP k:string COUNT 2 a junk",
        "ZPOP COUNT 2 a",
        "ZPOP",
    ],
)
def test_every_two_things_are_wrong_at_once(line: str) -> None:
    assert line in lines(places.requests(POPPING))


def test_requests_are_the_same_every_time_and_each_comes_once() -> None:
    first, again = places.requests(POPPING), places.requests(POPPING)
    assert first == again
    assert len(first) == len(set(first))


def test_a_limited_run_takes_as_many_of_those_there_are() -> None:
    everything = set(places.requests(POPPING))
    few = errors.chosen(POPPING, errors.USUAL, 50, seed=1)
    assert len(few) == len(set(few)) == 50
    assert set(few) <= everything
    assert errors.chosen(POPPING, errors.USUAL, 50, seed=1) == few
    assert set(errors.chosen(POPPING, errors.USUAL, None, seed=1)) == everything


def test_every_key_that_is_named_can_be_made() -> None:
    named = {key for keys in (*spoils.KEYS_OF.values(), *spoils.KEYS_BY_COMMAND.values(), spoils.TARGETS) for key in keys}
    assert named - {spoils.MISSING} <= set(spoils.KEYS)


def test_what_may_wait_is_sent_in_a_transaction() -> None:
    waiting = Command("bpop", "list", True, [KEY])
    sent = errors.conversation(waiting, (b"BPOP", b"k:list"), errors.USUAL)
    assert sent[0] == [b"FLUSHALL"]
    at = sent.index([b"BPOP", b"k:list"])
    assert (sent[at - 1], sent[at + 1]) == ([b"MULTI"], [b"EXEC"])


# ---- what is found ---------------------------------------------------------------------------------------------------


def answer(reply: bytes, digest: bytes = b"0000") -> bytes:
    mark = b"$%d\r\n%s\r\n" % (len(errors.MARK), errors.MARK)
    return b"+OK\r\n" + mark + reply + mark + b"+%s\r\n" % digest


def found(words: str, real: bytes, ours: bytes) -> list[tuple[str, str]]:
    request = tuple(words.encode().split())
    differences = errors._differences([request], errors.USUAL, real, ours)
    return [(one.real, one.ours) for one in differences]


def test_another_error_is_found() -> None:
    real, ours = answer(b"-ERR syntax error\r\n"), answer(b"-ERR value is not an integer or out of range\r\n")
    assert found("ZADD k x", real, ours) == [("-ERR syntax error", "-ERR value is not an integer or out of range")]


def test_a_request_that_is_half_applied_is_found() -> None:
    real, ours = answer(b"-ERR no\r\n", b"0000"), answer(b"-ERR no\r\n", b"1111")
    assert found("MSET a 1 b", real, ours) == [("then keeps +0000", "then keeps +1111")]


def test_what_chance_decides_is_let_pass_but_an_error_in_its_place_is_not() -> None:
    assert found("SPOP k:set", answer(b"$1\r\na\r\n", b"1"), answer(b"$1\r\nb\r\n", b"2")) == []
    assert found("SPOP k:set", answer(b"$1\r\na\r\n"), answer(b"-ERR no\r\n")) == [('"a"', "-ERR no")]


def test_replies_are_told_from_one_another_whatever_their_number() -> None:
    assert found("SUBSCRIBE a b", answer(b":1\r\n:2\r\n"), answer(b":1\r\n")) == [(":1 :2", ":1")]
