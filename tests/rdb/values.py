"""Values of every type, encoding and size, as the commands that make them under a key, and ways to read them back."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from wire import Client, ErrorReply

# Times at which fields expire: long after these tests.
LATE_MS = 4_102_444_800_000

INTEGERS = [0, 1, 12, 13, 127, 128, -1, -128, -129, 4095, 4096, -4096, -4097, 32767, 32768, -32768, -32769]
INTEGERS += [8388607, 8388608, -8388608, -8388609, 2147483647, 2147483648, -2147483648, -2147483649]
INTEGERS += [10**17, 9223372036854775807, -9223372036854775808]
SCORES = ["0", "1.5", "-1.5", "1e30", "inf", "-inf", "0.1", "3", "1e17", "1e-7", "123456789.123", "4611686018427387904"]
SCORES += ["0.30000000000000004", "5e-324", "1.7976931348623157e308", "100000000000000000000"]
LENGTHS = [0, 1, 11, 20, 21, 44, 45, 63, 64, 65, 127, 128, 253, 254, 255, 256, 4095, 4096, 16383, 16384, 65536]


@dataclass
class Value:
    """A value: its name, the requests that make it with `KEY` where its key stands, and what it needs."""

    name: str
    requests: list[tuple[object, ...]]
    # It has an order that is the same everywhere, so that its bytes can be compared.
    ordered: bool = True
    # Only servers whose fields can expire have it.
    expires_fields: bool = False
    config: dict[str, object] = field(default_factory=dict)


KEY = object()


def texts(chance: random.Random) -> Iterator[tuple[str, bytes]]:
    """Texts that are compressed well, badly and not at all."""
    for length in LENGTHS:
        yield f"x*{length}", b"x" * length
        yield f"random*{length}", chance.randbytes(length)
        yield f"words*{length}", b" ".join(chance.choice([b"alpha", b"beta", b"gamma", b"1"]) for _ in range(length))[:length]
        yield f"few*{length}", bytes(chance.choice(b"abc") for _ in range(length))
    for size in (17, 200, 300, 500, 1000, 8000, 9000, 20000):
        block = chance.randbytes(chance.randint(1, size))
        yield f"blocks*{size}", b"".join(block + chance.randbytes(3) for _ in range(5))[:size]


def values(chance: random.Random) -> Iterator[Value]:
    yield from strings(chance)
    yield from lists(chance)
    yield from sets(chance)
    yield from sorted_sets(chance)
    yield from hashes(chance)


def strings(chance: random.Random) -> Iterator[Value]:
    for number in INTEGERS:
        yield Value(f"string {number}", [("SET", KEY, number)])
        yield Value(f"string {number}, appended to", [("APPEND", KEY, str(number)[:-1]), ("APPEND", KEY, str(number)[-1:])])
    for text in ("", "007", "-0", "+1", "1.0", "1e3", "99999999999", "999999999999", "-9999999999"):
        yield Value(f"string {text!r}", [("SET", KEY, text)])
    for name, text in texts(chance):
        yield Value(f"string {name}", [("SET", KEY, text)])


def lists(chance: random.Random) -> Iterator[Value]:
    yield Value("list of integers", [("RPUSH", KEY, *INTEGERS)])
    for length in LENGTHS:
        yield Value(f"list of x*{length}", [("RPUSH", KEY, "a", b"x" * length, "b")])
    for count in (1, 2, 64, 127, 128, 129, 300, 1000, 5000):
        yield Value(f"list of {count}", [("RPUSH", KEY, *(f"element:{n}" for n in range(count)))])
        yield Value(f"list of {count}, pushed at the head", [("LPUSH", KEY, n) for n in range(count)])
    for fill in (-1, -3, -5, 3, 100):
        config = {"list-max-listpack-size": fill}
        items = [chance.randbytes(chance.choice([1, 10, 100, 5000, 9000])) for _ in range(40)]
        yield Value(f"list with fill {fill}", [("RPUSH", KEY, item) for item in items], config=config)
    large = [b"small", b"L" * 9000, b"s", b"M" * 70000, b"t"]
    yield Value("list with large elements", [("RPUSH", KEY, item) for item in large])
    shrunk = [("RPUSH", KEY, *range(5000)), ("LTRIM", KEY, 0, 10)]
    yield Value("list that has shrunk", shrunk)


def sets(chance: random.Random) -> Iterator[Value]:
    for number in INTEGERS:
        yield Value(f"set of 1, {number}", [("SADD", KEY, 1, number)])
    yield Value("set of integers", [("SADD", KEY, *INTEGERS)])
    for count in (1, 2, 127, 128, 129, 512, 513, 2000):
        yield Value(f"set of {count} integers", [("SADD", KEY, *range(count))], ordered=count <= 512)
        members = [f"member:{n}" for n in range(count)]
        yield Value(f"set of {count}", [("SADD", KEY, member) for member in members], ordered=False)
        mixed = [("SADD", KEY, *range(count - 1)), ("SADD", KEY, "x")] if count > 1 else [("SADD", KEY, "x")]
        yield Value(f"set of {count - 1} integers and a text", mixed, ordered=False)
    for length in LENGTHS:
        yield Value(f"set of x*{length}", [("SADD", KEY, "a", b"x" * length)], ordered=False)


def sorted_sets(chance: random.Random) -> Iterator[Value]:
    for score in SCORES:
        yield Value(f"sorted set with score {score}", [("ZADD", KEY, score, "m")])
    every = [word for at, score in enumerate(SCORES) for word in (score, f"m{at}")]
    yield Value("sorted set with every score", [("ZADD", KEY, *every)])
    yield Value("sorted set of integers", [("ZADD", KEY, *(word for n in INTEGERS for word in (n % 7, n)))])
    for count in (1, 2, 127, 128, 129, 1000):
        pairs = [word for n in range(count) for word in (chance.choice([n, n / 3, -n]), f"member:{n}")]
        yield Value(f"sorted set of {count}", [("ZADD", KEY, *pairs)])
    for length in LENGTHS:
        yield Value(f"sorted set of x*{length}", [("ZADD", KEY, 1, "a", 2, b"x" * length)])


def hashes(chance: random.Random) -> Iterator[Value]:
    yield Value("hash of integers", [("HSET", KEY, *(word for n in INTEGERS for word in (n, -n)))])
    for count in (1, 2, 127, 128, 129, 512, 513, 2000):
        pairs = [word for n in range(count) for word in (f"field:{n}", chance.choice([n, f"value:{n}"]))]
        yield Value(f"hash of {count}", [("HSET", KEY, *pairs)], ordered=count <= 512)
        times = [("HPEXPIREAT", KEY, LATE_MS + chance.randint(0, 10**7), "FIELDS", 1, f"field:{n}") for n in range(0, count, 3)]
        fields = [("HSET", KEY, *pairs), *times]
        yield Value(f"hash of {count}, some of which expire", fields, ordered=count <= 512, expires_fields=True)
    for length in LENGTHS:
        field = ("HSET", KEY, "a", 1, b"f" * length, b"x" * length)
        yield Value(f"hash of x*{length}", [field], ordered=False)
        expiry = ("HPEXPIREAT", KEY, LATE_MS, "FIELDS", 1, "a")
        yield Value(f"hash of x*{length} that expires", [field, expiry], ordered=length <= 64, expires_fields=True)
    far = ("HPEXPIREAT", KEY, 2**46 - 1, "FIELDS", 1, "b")
    same = ("HPEXPIREAT", KEY, LATE_MS, "FIELDS", 3, "c", "a", "d")
    fields = ("HSET", KEY, "a", 1, "b", 2, "c", 3, "d", 4, "e", 5)
    yield Value("hash with times far apart", [fields, far, same], expires_fields=True)
    persisted = [fields, same, ("HPERSIST", KEY, "FIELDS", 3, "a", "c", "d")]
    yield Value("hash whose fields were to expire", persisted, ordered=False, expires_fields=True)


def make(client: Client, value: Value, key: str) -> list[Any]:
    """Makes the value under a key, and gives the replies."""
    for name, setting in value.config.items():
        client("CONFIG", "SET", name, setting)
    requests = [tuple(key if word is KEY else word for word in request) for request in value.requests]
    return client.all([("DEL", key), *requests])[1:]


def read(client: Client, key: str, expires_fields: bool) -> Any:
    """All there is of a key: its type, encoding and elements, in an order of its own where it has none."""
    kind = client("TYPE", key)
    encoding = client("OBJECT", "ENCODING", key)
    ttl = client("PEXPIRETIME", key)
    if kind == "string":
        content: Any = client("GET", key)
        # How a string shares its memory with its key is not what is looked at here.
        encoding = encoding == b"int"
    elif kind == "list":
        content = client("LRANGE", key, 0, -1)
    elif kind == "set":
        content = sorted(client("SMEMBERS", key))
    elif kind == "zset":
        content = client("ZRANGE", key, 0, -1, "WITHSCORES")
    elif kind == "hash":
        content = _hash(client, key, encoding, expires_fields)
    else:
        content = None
    return kind, encoding, ttl, content


def _hash(client: Client, key: str, encoding: Any, expires_fields: bool) -> Any:
    flat = client("HGETALL", key)
    pairs = list(zip(flat[::2], flat[1::2], strict=True))
    if expires_fields and pairs:
        times = client("HPEXPIRETIME", key, "FIELDS", len(pairs), *(name for name, _ in pairs))
        if not isinstance(times, ErrorReply):
            pairs = [(*pair, time) for pair, time in zip(pairs, times, strict=True)]
    return pairs if encoding != b"hashtable" else sorted(pairs)
