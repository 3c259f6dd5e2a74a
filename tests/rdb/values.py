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
    yield from streams(chance)


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


def streams(chance: random.Random) -> Iterator[Value]:
    def add(at: int, *fields: object) -> tuple[object, ...]:
        return ("XADD", KEY, f"{1000 + at // 3}-{at % 3 + 1}", *fields)

    for count in (1, 2, 99, 100, 101, 250):
        yield Value(f"stream of {count}", [add(at, "field", at, "other", f"value:{at}") for at in range(count)])
    mixed = [add(at, *(word for n in range(at % 4 + 1) for word in (f"f{n}", "x" * at))) for at in range(130)]
    yield Value("stream of entries with other fields", mixed)
    yield Value("stream of integers", [add(at, "n", number, number, number) for at, number in enumerate(INTEGERS)])
    yield Value("stream of large entries", [add(at, "f", chance.randbytes(3000)) for at in range(10)])
    far = [("XADD", KEY, "5-18446744073709551615", "f", "v"), ("XADD", KEY, "18446744073709551614-3", "f", "v")]
    yield Value("stream of ids far apart", far)
    some = [add(at, "field", at) for at in range(220)]
    deleted = [("XDEL", KEY, *(f"{1000 + at // 3}-{at % 3 + 1}" for at in range(0, 220, 7)))]
    yield Value("stream with deleted entries", some + deleted, ordered=False)
    yield Value("stream that was trimmed", [*some, ("XTRIM", KEY, "MAXLEN", 20)], ordered=False)
    yield Value("stream that was emptied", [*some[:3], ("XTRIM", KEY, "MAXLEN", 0)])
    yield Value("stream with another last id", [*some[:3], ("XSETID", KEY, "9999-9")])
    groups: list[tuple[object, ...]] = [("XGROUP", "CREATE", KEY, "g", 0), ("XGROUP", "CREATE", KEY, "another", "$")]
    groups += [("XGROUP", "CREATE", KEY, "middle", "1030-1")]
    yield Value("stream with groups", some + groups)
    readers: list[tuple[object, ...]] = [("XREADGROUP", "GROUP", "g", "alice", "COUNT", 30, "STREAMS", KEY, ">")]
    readers += [("XREADGROUP", "GROUP", "g", "bob", "COUNT", 20, "STREAMS", KEY, ">")]
    readers += [("XREADGROUP", "GROUP", "g", "alice", "COUNT", 5, "STREAMS", KEY, 0)]
    readers += [("XGROUP", "CREATECONSUMER", KEY, "g", "idle"), ("XACK", KEY, "g", "1000-1", "1012-2")]
    readers += [("XCLAIM", KEY, "g", "bob", 0, "1003-1", "1004-1"), ("XDEL", KEY, "1005-1")]
    yield Value("stream with consumers", some + groups + readers, ordered=False)


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
    elif kind == "stream":
        content = _stream(client, key)
    else:
        content = None
    return kind, encoding, ttl, content


def _stream(client: Client, key: str) -> Any:
    """All of a stream but when its consumers were last seen."""
    # How many nodes a real server keeps it in is not known of a spoilt one.
    about = [word for word in client("XINFO", "STREAM", key) if word is not None]
    trees = [b"radix-tree-keys", b"radix-tree-nodes", b"length"]
    known = [pair for pair in zip(about[::2], about[1::2], strict=False) if pair[0] not in trees]
    groups = client("XINFO", "GROUPS", key)
    names = [dict(zip(group[::2], group[1::2], strict=True))[b"name"] for group in groups]
    pending = [[(entry[0], entry[1], entry[3]) for entry in client("XPENDING", key, name, "-", "+", 10000)] for name in names]
    consumers = [[row[1] for row in client("XINFO", "CONSUMERS", key, name)] for name in names]
    return known, client("XRANGE", key, "-", "+"), groups, pending, consumers


def _hash(client: Client, key: str, encoding: Any, expires_fields: bool) -> Any:
    flat = client("HGETALL", key)
    pairs = list(zip(flat[::2], flat[1::2], strict=True))
    if expires_fields and pairs:
        times = client("HPEXPIRETIME", key, "FIELDS", len(pairs), *(name for name, _ in pairs))
        if not isinstance(times, ErrorReply):
            pairs = [(*pair, time) for pair, time in zip(pairs, times, strict=True)]
    # On Valkey fields that were to expire have been in a table, whose order stays.
    has_order = encoding == b"listpackex" or (encoding == b"listpack" and not expires_fields)
    return pairs if has_order else sorted(pairs)
