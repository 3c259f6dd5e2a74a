"""Payloads that are spoilt: whoever takes one must not be refused by the other, and both must read the same of it."""

from __future__ import annotations

import random
import re
import struct
from typing import Any

from report import Report
from values import Value, read
from wire import Client

# A number whose exponent has no digits: newer versions of glibc refuse it, and servers read numbers by its means.
CUT_EXPONENT = re.compile(rb"[0-9]e(?![+-]?[0-9])")
# The types of value that are tables, and where they say how large they are.
TABLES = {2: 1, 3: 1, 4: 1, 5: 1, 22: 1, 24: 9}


def crc64(payload: bytes) -> int:
    """The checksum of the format."""
    crc = 0
    for byte in payload:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc


def _table() -> list[int]:
    reflected = int(f"{0xAD93D23594C935A9:064b}"[::-1], 2)
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (reflected if byte & 1 else 0)
        table.append(byte)
    return table


TABLE = _table()


def sealed(body: bytes, version: bytes) -> bytes:
    """A payload with a version and the checksum that is right for it."""
    return body + version + struct.pack("<Q", crc64(body + version))


def spoilt(payload: bytes, chance: random.Random) -> bytes:
    """A payload that is cut short, or has some bits or bytes changed, put in or taken out; its checksum is right."""
    body, version = bytearray(payload[:-10]), payload[-10:-8]
    way = chance.randrange(8)
    if way == 0:
        del body[chance.randrange(len(body)) :]
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        if not body:
            break
        # What is said of the rest stands at the beginning.
        at = chance.randrange(min(len(body), chance.choice([1, 8, 24, len(body)])))
        if way in (1, 2, 3):
            body[at] ^= 1 << chance.randrange(8)
        elif way == 4:
            body[at] = chance.choice([0, 1, 0x3F, 0x40, 0x7F, 0x80, 0x81, 0xC0, 0xC1, 0xC2, 0xC3, 0xF0, 0xF4, 0xFE, 0xFF])
        elif way == 5:
            body.insert(at, chance.randrange(256))
        elif way == 6:
            del body[at]
        elif way == 7:
            end = min(len(body), at + chance.randrange(1, 9))
            body[at:end] = chance.randbytes(end - at)
    return sealed(bytes(body), version)


def _is_huge_table(payload: bytes) -> bool:
    """Whether it says that a table is so large that a real server makes room for it, and takes minutes to let it go."""
    at = TABLES.get(payload[0], len(payload))
    return payload[at : at + 1] in (b"\x80", b"\x81")


def play_hostile(real: Client, ours: Client, report: Report, payloads: list[tuple[Value, bytes]], count: int, chance: random.Random) -> None:
    """Restores spoilt payloads on both; what both take must be the same value."""
    small = [(value, payload) for value, payload in payloads if len(payload) < 3000]
    for value, payload in (chance.choice(small) for _ in range(count)):
        bad = spoilt(payload, chance)
        if _is_huge_table(bad) or (bad[0] == 3 and CUT_EXPONENT.search(bad)):
            continue
        says = [client("RESTORE", "bad", 0, bad, "REPLACE") for client in (real, ours)]
        name = f"spoilt {value.name} {bad.hex() if len(bad) < 300 else len(bad)}"
        if not report.same("verdict", name, *map(str, says)):
            continue
        report.counts["taken" if says[0] == "OK" else "refused"] += 1
        if says[0] == "OK":
            seen = [_unordered(read(client, "bad", value.expires_fields)) for client in (real, ours)]
            report.same("value of what was taken", name, *seen)


def _unordered(seen: tuple[Any, ...]) -> object:
    """What was read without what a real server believes a payload: a sorted set's order, what a stream says of itself."""
    kind, encoding, ttl, content = seen
    if content == []:
        # All fields of a hash have expired: whether the key is gone already is a matter of time.
        return None
    if kind == "none":
        return None
    if kind == "stream":
        # Which entries are shown depends on how nodes are walked whose ids may be in disorder.
        content = content[3:]
    return (kind, encoding, ttl, sorted(content) if kind == "zset" else content)
