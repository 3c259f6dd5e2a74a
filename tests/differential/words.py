"""Pools of words that requests are filled with: small, so that requests meet on the same keys, members and numbers."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")

# Words put where something else is asked for. None is a small positive number: as a time that would soon be over.
HOSTILE = [
    b"", b"abc", b"-1", b"0", b"-0", b"+1", b"01", b" 1", b"1 ", b"1.5", b"1e3", b"0x10", b"nan", b"inf", b"-inf", b"1e400",
    b"9223372036854775807", b"9223372036854775808", b"-9223372036854775808", b"-9223372036854775809",
    b"18446744073709551616", b"99999999999999999999999", b"*", b"(", b"[", b"\x00\xff", b"a\r\nb", b"x" * 300,
]  # fmt: skip

# The keys a family likes best are called after it; those of the others are where types collide.
KEYS = ("str", "hash", "list", "set", "zset", "stream", "bits", "hll", "geo")


class Draw:
    """The dice of a run, and what the request that is being drawn knows of itself."""

    def __init__(self, seed: object, favourite: str) -> None:
        self.dice = random.Random(str(seed))
        self.roll = self.dice.random
        self.favourite = favourite
        self.hostility = 0.01
        # How often the next thing that repeats must be there, if a number said so.
        self.expected: int | None = None

    def chance(self, probability: float) -> bool:
        return self.roll() < probability

    def below(self, limit: int) -> int:
        return int(self.roll() * limit)

    def pick(self, items: Sequence[Item]) -> Item:
        return items[int(self.roll() * len(items))]


def one_of(*words: str | bytes) -> Callable[[Draw], bytes]:
    """A pool of given words; a word that comes twice is drawn twice as often."""
    encoded = [word if isinstance(word, bytes) else word.encode() for word in words]
    return lambda draw: draw.pick(encoded)


def mixed(*pools: Callable[[Draw], bytes]) -> Callable[[Draw], bytes]:
    return lambda draw: draw.pick(pools)(draw)


def between(low: int, high: int) -> Callable[[Draw], bytes]:
    return lambda draw: b"%d" % (low + draw.below(high - low))


def _key(draw: Draw) -> bytes:
    name = draw.favourite if draw.chance(0.88) else draw.pick(KEYS)
    return b"%s%d" % (name.encode(), 1 + draw.below(3))


def _any_key(draw: Draw) -> bytes:
    return b"%s%d" % (draw.pick(KEYS[:5]).encode(), 1 + draw.below(2))


def _key_called(name: str) -> Callable[[Draw], bytes]:
    """A key that is usually of this type, whatever the family."""
    return lambda draw: b"%s%d" % (name.encode(), 1 + draw.below(3)) if draw.chance(0.85) else _key(draw)


def _text(draw: Draw) -> bytes:
    return draw.pick(TEXTS) * draw.pick((1, 1, 2, 5))


TEXTS = [b"a", b"b", b"hello", b"foobar", b"", b"\x00\x01\xff", b"a b\r\n\"'\\", "é".encode(), b"0123456789" * 3, b"y" * 43]
INTEGERS = one_of("0", "1", "2", "3", "5", "10", "-1", "-7", "100", "12345", "99999999999", "-9223372036854775808",
                  "9223372036854775807", "9223372036854775806", "32767", "32768", "2147483647", "-2147483649")  # fmt: skip
FLOATS = one_of("0.5", "1.5", "-2.25", "3.0", "1e2", "0.1", "0.30000000000000004", "1e17", "-1e-7", "3.14159265358979",
                "1234567890.123456789", "2.5e-300", "1.7976931348623157e308", "17179869184", "-0", "0")  # fmt: skip
SMALL = one_of("0", "1", "2", "3", "4", "5", "10", "-1", "-2", "-3", "-5", "100", "-100")
ELEMENTS = one_of("a", "a", "b", "b", "c", "c", "d", "e", "f", "g", "1", "2", "3", "4", "-5", "17", "70000", "5000000000", "007",
                  "", b"\x00\xff", "w" * 9, "x" * 70, "1.5", "A", "ab", "abc")  # fmt: skip
VALUES = mixed(_text, INTEGERS, ELEMENTS, ELEMENTS, FLOATS)
SCORES = mixed(between(-3, 12), between(-3, 12), FLOATS, INTEGERS, one_of("inf", "-inf", "+inf", "1", "2", "3"))
BOUNDS = mixed(SCORES, one_of("-inf", "+inf", "(1", "(2.5", "(5", "3", "(inf", "(-inf"))
LEX = one_of("-", "+", "[a", "[b", "[c", "(a", "(c", "[d", "(e", "[", "(", "[1", "(ab", "a")
# Far enough away never to come, and so many that no two of one sequence meet when they count from now.
SECONDS = between(10_000, 900_000_000)
MILLISECONDS = between(10_000_000, 900_000_000_000)
MOMENTS = one_of("4102444800", "4102444801", "5000000000", "5000000000", "9999999999", "1", "1000000000")
MOMENTS_MS = one_of("4102444800000", "4102444800001", "5000000000123", "5000000000999", "9999999999500", "1", "1000000000000")
IDS = one_of("*", "1-1", "1-2", "2-1", "2-*", "3", "5-5", "7-0", "10-1", "0-0", "18446744073709551615-18446744073709551615")
READ_IDS = one_of("0", "0-0", "1-1", "2-1", "3", "5-5", "10-0")

POOLS: dict[str, Callable[[Draw], bytes]] = {
    # by the types of COMMAND DOCS
    "string": VALUES,
    "integer": SMALL,
    "double": FLOATS,
    "key": _key,
    "pattern": one_of("*", "str*", "*1", "h?sh1", "[a-c]", "[^a]*", "a", "\\*", "", "*[", "?"),
    "unix-time": MOMENTS,
    # by the names of arguments
    "bit": one_of("0", "1", "1", "2"),
    "channel": one_of("news", "news", "chat", "c1", "__keyspace@0__:str1", ""),
    "shardchannel": one_of("news", "chat", "c1"),
    "consumer": one_of("alice", "bob", "carol"),
    "count": one_of("0", "1", "2", "3", "5", "10", "100", "-1"),
    "random-count": one_of("0", "1", "2", "3", "5", "10", "100", "-1", "-2", "-5", "-10"),
    "cursor": one_of("0", "0", "0", "abc", "1.5"),
    "db": one_of("0", "0", "0", "0", "1", "1", "2", "-1", "16", "x"),
    "destination-db": one_of("0", "1", "1"),
    "index": SMALL,
    "start": SMALL,
    "stop": SMALL,
    "end": SMALL,
    "start-string": mixed(SMALL, SMALL, SMALL, IDS, LEX),
    "stop-string": mixed(SMALL, SMALL, SMALL, IDS, LEX),
    "end-string": mixed(IDS, SMALL),
    "range-id": mixed(one_of("-", "+", "(1-1", "(5-5", "2", "3"), IDS),
    "element": ELEMENTS,
    "member": ELEMENTS,
    "field": ELEMENTS,
    "pivot": ELEMENTS,
    "group": one_of("g1", "g1", "g2", "g3"),
    "id": IDS,
    "read-id": READ_IDS,
    "new-id": mixed(READ_IDS, one_of(">", ">", ">", "$")),
    "last-id": READ_IDS,
    "increment-integer": INTEGERS,
    "decrement": INTEGERS,
    "increment-double": mixed(FLOATS, INTEGERS, SMALL),
    "increment-string": SCORES,
    "integers": INTEGERS,
    "floats": FLOATS,
    "score": SCORES,
    "min-double": BOUNDS,
    "max-double": BOUNDS,
    "min-string": mixed(LEX, BOUNDS),
    "max-string": mixed(LEX, BOUNDS),
    "bound": BOUNDS,
    "lex": LEX,
    "lex-key": one_of("lex1", "lex1", "lex2"),
    "weight": mixed(SMALL, FLOATS, one_of("inf", "-inf")),
    "latitude": one_of("0", "37.5", "38.115556", "-33.9", "85.05112878", "-85.05112878", "86", "48.2"),
    "longitude": one_of("0", "13.361389", "15.087269", "-180", "180", "180.1", "151.2", "16.37"),
    "radius": one_of("0", "100", "200.5", "1000", "5000000", "-1"),
    "width": one_of("0", "100", "400", "3000000"),
    "height": one_of("0", "100", "400", "3000000"),
    "message": VALUES,
    "milliseconds": MILLISECONDS,
    "milliseconds-integer": MILLISECONDS,
    "ms": one_of("0", "0", "1000000"),
    "min-idle-time": one_of("0", "0", "1000000"),
    "offset": one_of("0", "0", "1", "2", "7", "8", "15", "100", "-1", "-5"),
    "far-offset": one_of("0", "7", "8", "9", "20", "100", "1000", "-1"),
    "encoding": one_of("u8", "i8", "u1", "i64", "u63", "i5", "u64", "i16"),
    "bit-offset": one_of("0", "1", "8", "#0", "#1", "#3", "100", "-1"),
    "protover": one_of("2", "3", "3", "4"),
    "seconds": SECONDS,
    "ttl": SECONDS,
    "threshold": one_of("0", "1", "2", "3", "5", "1-1", "3-0"),
    "timeout": one_of("0", "0", "1000", "5000.5"),
    "ttl-milliseconds": MILLISECONDS,
    "unix-time-seconds": MOMENTS,
    "unix-time-milliseconds": MOMENTS_MS,
    "value": VALUES,
    "clientname": one_of("me", "you", "with space", ""),
    "username": one_of("default", "nobody"),
    "password": one_of("secret", ""),
    "by-key": one_of("sorted1", "sorted1", "sorted2"),
    "sortkey": mixed(_key, _key_called("list"), _key_called("set"), _key_called("zset")),
    "by-pattern": one_of("str*", "nosort", "hash*->a", "w_*", "*", "hash1->*"),
    "get-pattern": one_of("str*", "#", "hash*->a", "w_*", "*->b"),
    "any-key": _any_key,
    # keys that are usually of a type
    **{f"{name}-key": _key_called(name) for name in KEYS},
}  # fmt: skip
POOLS["milliseconds-timestamp"] = POOLS["unix-time-milliseconds"]
