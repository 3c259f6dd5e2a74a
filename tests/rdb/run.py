#!/usr/bin/env python3
"""Plays values as bytes to and fro between the real servers and this one: payloads of DUMP, and whole RDB files.

    run.py --server target/release/faux-redis [--only redis-7.0] [--hostile 2000] [--seed 0]

For each real server, ours plays that server. Each value is made on both; each restores what the other has dumped, and
both are read back and compared. Where a value has one order, its bytes must be equal too. Then payloads are spoilt, and
whoever takes one must not be refused by the other. A real server that cannot be had is counted, not passed over.
"""

from __future__ import annotations

import argparse
import collections
import random
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent / "oracles")]

import oracles  # noqa: E402
from values import LATE_MS, Value, make, read, values  # noqa: E402
from wire import Client, ErrorReply  # noqa: E402

SERVERS = ["redis-7.0", "redis-8.0", "redis-sid", "valkey-8.1", "valkey-sid"]
SANITIZE = ["--sanitize-dump-payload", "yes"]
MOST_SHOWN = 20
# The types of value that are streams.
STREAMS = (b"\x0f", b"\x13", b"\x15")


@dataclass
class Report:
    """What was compared, and what differed."""

    server: str
    counts: collections.Counter[str] = field(default_factory=collections.Counter)
    differences: list[str] = field(default_factory=list)

    def same(self, what: str, name: str, theirs: object, ours: object) -> bool:
        self.counts[what] += 1
        if theirs == ours:
            return True
        self.differences.append(f"{what} of {name}:\n    theirs {_short(theirs)}\n    ours   {_short(ours)}")
        return False


def _short(shown: object) -> str:
    text = repr(shown)
    return text if len(text) < 400 else f"{text[:300]} ... {text[-80:]} ({len(text)})"


def command(server: str, oracle: oracles.Oracle, *options: str) -> list[str]:
    """How ours is started to play a real server."""
    program = str(Path(server).absolute())
    return [program, "serve", "--flavour", oracle.flavour, "--version", oracle.version, "--port", "{port}", *options]


def play_payloads(real: Client, ours: Client, report: Report, chance: random.Random) -> list[tuple[Value, bytes]]:
    """Dumps on each and restores on the other; the payloads of the real server."""
    payloads = []
    for value in values(chance):
        if value.expires_fields and isinstance(real("HPEXPIRETIME", "none", "FIELDS", 1, "f"), ErrorReply):
            continue
        made = make(real, value, "own"), make(ours, value, "own")
        report.same("making", value.name, repr(made[0]), repr(made[1]))
        theirs, mine = real("DUMP", "own"), ours("DUMP", "own")
        payloads.append((value, theirs))
        if value.ordered:
            report.same("payload", value.name, theirs, mine)
        for name, ttl in (("a", []), ("b", [LATE_MS, "ABSTTL"])):
            options = [ttl[0] if ttl else 0]
            real_says = real("RESTORE", name, *options, mine, "REPLACE", *ttl[1:])
            our_says = ours("RESTORE", name, *options, theirs, "REPLACE", *ttl[1:])
            report.same("restoring", value.name, "OK", str(real_says))
            report.same("restoring", value.name, "OK", str(our_says))
        for key in ("own", "a", "b"):
            seen = [read(client, key, value.expires_fields) for client in (real, ours)]
            report.same("value", f"{value.name} under {key}", *seen)
            digests = [client("DEBUG", "DIGEST-VALUE", key) for client in (real, ours)]
            report.same("digest", f"{value.name} under {key}", *digests)
        again = [client("DUMP", "a") for client in (real, ours)]
        if value.ordered:
            report.same("payload", f"{value.name}, restored", *again)
        for name in value.config:
            default = -2 if name == "list-max-listpack-size" else None
            [client("CONFIG", "SET", name, default) for client in (real, ours)]
    return payloads


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


def play_hostile(real: Client, ours: Client, report: Report, payloads: list[tuple[Value, bytes]], count: int, chance: random.Random) -> None:
    """Restores spoilt payloads on both; what both take must be the same value."""
    small = [(value, payload) for value, payload in payloads if len(payload) < 3000]
    for value, payload in (chance.choice(small) for _ in range(count)):
        bad = spoilt(payload, chance)
        if bad[:1] in STREAMS:
            continue
        says = [client("RESTORE", "bad", 0, bad, "REPLACE") for client in (real, ours)]
        name = f"spoilt {value.name} {bad.hex() if len(bad) < 300 else len(bad)}"
        if not report.same("verdict", name, *map(str, says)):
            continue
        report.counts["taken" if says[0] == "OK" else "refused"] += 1
        if says[0] == "OK":
            seen = [_unordered(read(client, "bad", value.expires_fields)) for client in (real, ours)]
            report.same("value of what was taken", name, *seen)


def _unordered(seen: tuple[object, ...]) -> object:
    """What was read without the order of a sorted set: a real server believes the order of a payload."""
    kind, encoding, ttl, content = seen
    if content == []:
        # All fields of a hash have expired: whether the key is gone already is a matter of time.
        return None
    if kind == "none":
        return None
    return (kind, encoding, ttl, sorted(content) if kind == "zset" and isinstance(content, list) else content)


def compare(name: str, options: argparse.Namespace) -> Report:
    report = Report(name)
    chance = random.Random(options.seed)
    with oracles.running(name, *SANITIZE) as oracle:
        config = ["--config", "sanitize-dump-payload=yes"]
        with oracles.serving(command(options.server, oracle, *config)) as (_, port):
            real, ours = Client(oracle.port), Client(port)
            payloads = play_payloads(real, ours, report, chance)
            play_hostile(real, ours, report, payloads, options.hostile, chance)
    return report


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True)
    parser.add_argument("--only", action="append")
    parser.add_argument("--hostile", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    failed, absent = 0, []
    for name in options.only or SERVERS:
        try:
            report = compare(name, options)
        except oracles.Unavailable as why:
            absent.append(name)
            print(f"{name}: cannot be had: {why}")
            continue
        counts = ", ".join(f"{count} {what}" for what, count in report.counts.items())
        print(f"{name}: {len(report.differences)} differences in {counts}")
        for difference in report.differences[:MOST_SHOWN]:
            print(f"  {difference}")
        failed += len(report.differences)
    if absent:
        print(f"{len(absent)} servers could not be had: {', '.join(absent)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
