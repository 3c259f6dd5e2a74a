"""Payloads in forms that no server writes any more, or that none of those at hand happens to write."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

from hostile import sealed
from report import Report
from values import INTEGERS, LATE_MS, Value, read
from wire import Client

TEXTS: list[bytes] = [b"", b"a", b"007", b"x" * 63, b"y" * 64, b"z" * 253, b"long" * 100, *(str(n).encode() for n in INTEGERS)]
PAIRS = [word for at, text in enumerate(TEXTS) for word in (b"f%d" % at, text)]
SCORES = [b"-inf", b"-2", b"0", b"1.5", b"3", b"1e+100", b"inf"]
MEMBERS = [word for at, score in enumerate(SCORES) for word in (b"m%d" % at, score)]

# Real servers keep these as they are, and ours as it would have made them itself.
KEPT_AS_THEY_ARE = ("list of listpacks", "list with a plain node", "sorted set in a listpack", "hash in a listpack", "stream of Redis 5", "stream of Redis 7.0",
                    "early listpack with times", "listpack with times")  # fmt: skip

# The version that all servers at hand read.
VERSION = b"\x0a\x00"
# Those in which these forms came to be.
REDIS_7_4 = b"\x0c\x00"
VALKEY_9 = b"\x50\x00"


def length(number: int) -> bytes:
    if number < 1 << 6:
        return bytes([number])
    if number < 1 << 14:
        return bytes([0x40 | number >> 8, number & 0xFF])
    return b"\x80" + struct.pack(">I", number)


def string(text: bytes) -> bytes:
    return length(len(text)) + text


def ziplist(texts: Iterable[bytes]) -> bytes:
    entries = [b""]
    for text in texts:
        before = len(entries[-1])
        entries.append((bytes([before]) if before < 254 else b"\xfe" + struct.pack("<I", before)) + _ziplist_entry(text))
    body = b"".join(entries)
    tail = 10 + len(body) - len(entries[-1])
    return struct.pack("<IIH", len(body) + 11, tail, len(entries) - 1) + body + b"\xff"


def _ziplist_entry(text: bytes) -> bytes:
    number = _number(text)
    if number is None:
        if len(text) < 1 << 6:
            return bytes([len(text)]) + text
        return bytes([0x40 | len(text) >> 8, len(text) & 0xFF]) + text
    if 0 <= number <= 12:
        return bytes([0xF1 + number])
    for kind, width in ((0xFE, 1), (0xC0, 2), (0xF0, 3), (0xD0, 4), (0xE0, 8)):
        if -(1 << 8 * width - 1) <= number < 1 << 8 * width - 1:
            return bytes([kind]) + number.to_bytes(width, "little", signed=True)
    raise AssertionError(number)


def listpack(entries: Iterable[bytes | int]) -> bytes:
    body, count = b"", 0
    for count, entry in enumerate(entries, 1):
        encoded = _listpack_entry(entry)
        size = len(encoded)
        body += encoded + (bytes([size]) if size < 128 else bytes([size >> 7, size & 0x7F | 0x80]))
    return struct.pack("<IH", len(body) + 7, count) + body + b"\xff"


def _listpack_entry(entry: bytes | int) -> bytes:
    if isinstance(entry, int):
        return b"\xf4" + struct.pack("<q", entry)
    if len(entry) < 64:
        return bytes([0x80 | len(entry)]) + entry
    return bytes([0xE0 | len(entry) >> 8, len(entry) & 0xFF]) + entry


def _number(text: bytes) -> int | None:
    try:
        number = int(text)
    except ValueError:
        return None
    return number if str(number).encode() == text else None


def zipmap(texts: list[bytes]) -> bytes:
    out = bytes([min(len(texts) // 2, 254)])
    for field, value in zip(texts[::2], texts[1::2], strict=True):
        out += _zipmap_length(field) + field + _zipmap_length(value) + b"\x02" + value + b".."
    return out + b"\xff"


def _zipmap_length(text: bytes) -> bytes:
    return bytes([len(text)]) if len(text) < 254 else b"\xfe" + struct.pack("<I", len(text))


def text_double(text: bytes) -> bytes:
    return {b"inf": b"\xfe", b"-inf": b"\xff"}.get(text, bytes([len(text)]) + text)


def forms() -> Iterator[tuple[str, bytes]]:
    """Forms that all servers at hand read."""
    strings = length(len(TEXTS)) + b"".join(map(string, TEXTS))
    yield "list of strings", b"\x01" + strings
    yield "set of strings", b"\x02" + strings
    yield "hash of strings", b"\x04" + length(len(TEXTS)) + b"".join(map(string, PAIRS))
    scored = [string(member) + text_double(score) for member, score in zip(MEMBERS[::2], SCORES, strict=True)]
    yield "sorted set with scores as texts", b"\x03" + length(len(SCORES)) + b"".join(scored)
    yield "hash in a zipmap", b"\x09" + string(zipmap(PAIRS))
    yield "small hash in a zipmap", b"\x09" + string(zipmap(PAIRS[:6]))
    yield "list in a ziplist", b"\x0a" + string(ziplist(TEXTS))
    yield "sorted set in a ziplist", b"\x0c" + string(ziplist(MEMBERS))
    yield "hash in a ziplist", b"\x0d" + string(ziplist(PAIRS))
    yield "small hash in a ziplist", b"\x0d" + string(ziplist(PAIRS[:6]))
    yield "list of ziplists", b"\x0e\x03" + b"".join(string(ziplist(part)) for part in (TEXTS[:4], [], TEXTS[4:]))
    yield "list of listpacks", b"\x12\x02\x02" + string(listpack([b"a", 7])) + b"\x02" + string(listpack(TEXTS))
    yield "list with a plain node", b"\x12\x02\x02" + string(listpack([b"a", 7])) + b"\x01" + string(b"plain")
    yield "sorted set in a listpack", b"\x11" + string(listpack(MEMBERS))
    yield "hash in a listpack", b"\x10" + string(listpack(PAIRS))
    yield "intset", b"\x0b" + string(struct.pack("<II3q", 8, 3, -5, 6, 2**40))


def raw_id(ms: int, seq: int) -> bytes:
    return struct.pack(">QQ", ms, seq)


def stream_node() -> bytes:
    """Three entries, the second deleted, the third with other fields."""
    head: list[bytes | int] = [2, 1, 1, b"f", 0]
    entries: list[bytes | int] = [2, 0, 0, b"v", 4, 3, 0, 1, b"w", 4, 0, 5, 2**64 - 1 - 2**64, 1, b"g", b"x", 6]
    return b"\x01" + string(raw_id(1000, 1)) + string(listpack(head + entries))


def forms_of_streams() -> Iterator[tuple[str, bytes]]:
    """Streams as Redis 5 and 7 had them."""
    consumer = string(b"c") + struct.pack("<Q", LATE_MS) + b"\x01" + raw_id(1000, 1)
    pending = b"\x01" + raw_id(1000, 1) + struct.pack("<Q", LATE_MS) + b"\x07" + b"\x01" + consumer
    last = length(1005) + b"\x00"
    yield "stream of Redis 5", b"\x0f" + stream_node() + b"\x02" + last + b"\x01" + string(b"g") + last + pending
    counts = length(1000) + b"\x01" + length(1000) + b"\x02" + b"\x03"
    yield "stream of Redis 7.0", b"\x13" + stream_node() + b"\x02" + last + counts + b"\x01" + string(b"g") + last + b"\x02" + pending


def forms_with_times() -> Iterator[tuple[str, bytes]]:
    """Hashes with times as Redis has had them since 7.4."""
    triples = [b"a", b"1", LATE_MS, b"b", b"2", LATE_MS, b"c", b"3", LATE_MS + 5, b"d", b"4", 0]
    yield "early listpack with times", b"\x17" + string(listpack(triples))
    yield "listpack with times", b"\x19" + struct.pack("<Q", LATE_MS) + string(listpack(triples))
    early = b"\x81" + struct.pack(">Q", LATE_MS)
    fields = [early + string(b"a") + string(b"1"), b"\x00" + string(b"b") + string(b"2")]
    yield "early table with times", b"\x16\x02" + b"".join(fields)
    relative = [b"\x05" + string(b"a") + string(b"1"), b"\x00" + string(b"b") + string(b"2"), b"\x01" + string(b"c") + string(b"x" * 70)]
    yield "table with times", b"\x18" + struct.pack("<Q", LATE_MS) + b"\x03" + b"".join(relative)
    small = [b"\x05" + string(b"a") + string(b"1"), b"\x05" + string(b"b") + string(b"2"), b"\x01" + string(b"c") + string(b"3")]
    yield "small table with times", b"\x18" + struct.pack("<Q", LATE_MS) + b"\x03" + b"".join(small)


def forms_of_valkey() -> Iterator[tuple[str, bytes]]:
    """Hashes with times as Valkey has had them since 9."""
    for name, time in (("times", LATE_MS), ("no times", -1)):
        fields = [string(field) + string(b"v") + struct.pack("<q", time) for field in (b"a", b"b", b"c")]
        yield f"table with {name}", b"\x16\x03" + b"".join(fields)


def payloads(client: Client) -> Iterator[tuple[Value, bytes]]:
    """The forms that a server reads."""
    version = client("DUMP", "probe")[-10:-8]
    kinds = [(forms(), VERSION), (forms_of_streams(), VERSION)]
    if version == REDIS_7_4:
        kinds.append((forms_with_times(), REDIS_7_4))
    if version == VALKEY_9:
        kinds.append((forms_of_valkey(), VALKEY_9))
    for bodies, seal in kinds:
        for name, body in bodies:
            yield Value(name, [], expires_fields=seal != VERSION), sealed(body, seal)


def play_old(real: Client, ours: Client, report: Report) -> list[tuple[Value, bytes]]:
    """Restores each form on both; the payloads."""
    real("SET", "probe", 1)
    found = list(payloads(real))
    for value, payload in found:
        says = [str(client("RESTORE", "old", 0, payload, "REPLACE")) for client in (real, ours)]
        report.same("old form", value.name, ["OK", "OK"], says)
        report.same("value", value.name, *(read(client, "old", value.expires_fields) for client in (real, ours)))
        report.same("digest", value.name, *(client("DEBUG", "DIGEST-VALUE", "old") for client in (real, ours)))
        if value.name not in KEPT_AS_THEY_ARE:
            report.same("payload", f"{value.name}, restored", *(_sized(client("DUMP", "old")) for client in (real, ours)))
    real("DEL", "probe")
    return found


def _sized(payload: bytes) -> tuple[int, int]:
    """The type and length of a payload, whatever the order of what is in it."""
    return payload[0], len(payload)
