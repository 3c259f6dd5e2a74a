#!/usr/bin/env python3
"""Compares what this project's server and the real ones tell their replicas, and what real replicas make of it.

    run.py --server target/release/faux-redis [--only redis-7.0] [--count 2000] [--seed 0]

For each real server, ours plays that server. A replica is attached to both. Then the scenarios of `scenarios.py` are played
to both, and random requests of all families (those of `tests/differential`), and after each request the two streams must
hold the same commands. Then a real server replicates ours, and ours reads its own append only file back: the digests of
all data must be equal. A real server that cannot be had is counted, not passed over.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
TESTS = FOLDER.parent
sys.path[:0] = [str(FOLDER), *(str(TESTS / name) for name in ("oracles", "differential", "conversations", "rdb"))]

import notation  # noqa: E402
import oracles  # noqa: E402
from differential import known_to  # noqa: E402
from pair import Pair, paired  # noqa: E402
from scenarios import ONLY_REDIS, SCENARIOS  # noqa: E402
from sequences import Generator, Known, Request  # noqa: E402
from stream import Replica, Report, alike, shown  # noqa: E402
from wire import Client, ErrorReply  # noqa: E402

SERVERS = ["redis-7.0", "redis-8.0", "redis-sid", "valkey-8.1", "valkey-sid"]
FAMILIES = ["strings", "hashes", "lists", "sets", "sorted-sets", "keys", "transactions", "streams", "bitmaps",
            "hyperloglogs", "geo", "sort", "dump"]  # fmt: skip
MOST_SHOWN = 60
PATIENCE_S = 10.0

# What a sequence must not say: it would change who hears what, or leave different data by chance.
NOT_PLAYED = {
    "spop",
    "config",
    "client",
    "debug",
    "quit",
    "reset",
    "hello",
    "auth",
    "psubscribe",
    "subscribe",
    "monitor",
}


class Streams:
    """The replicas of both servers, and what they have read since it was last looked at."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        for side in pair.sides:
            side.ask([[b"CONFIG", b"SET", b"repl-diskless-sync-delay", b"0"]])
        self.real, self.ours = (Replica(side.port) for side in pair.sides)
        self.marks = 0

    def next(self) -> tuple[list[list[bytes]], list[list[bytes]]]:
        """What both servers have told their replicas by now."""
        self.marks += 1
        marker = [b"PUBLISH", b"mark", b"%d" % self.marks]
        for side in self.pair.sides:
            side.ask([marker])
        return self.real.until(marker), self.ours.until(marker)

    def close(self) -> None:
        self.real.close()
        self.ours.close()


def compare(name: str, options: argparse.Namespace) -> Report:
    report = Report()
    with paired(name, f"{Path(options.server).absolute()} serve {{persona}} --port {{port}}") as pair:
        known = known_to(pair)
        streams = Streams(pair)
        for title, lines in SCENARIOS.items():
            play_scenario(pair, known, streams, report, title, lines)
        for family in FAMILIES:
            generator = Generator(family, known)
            if generator.worthwhile:
                play_family(pair, known, streams, report, generator, options)
        streams.close()
        follow(name, pair, known, report, options)
        read_back(pair, known, report, options)
    return report


def begin(pair: Pair, streams: Streams) -> None:
    """Empties both servers, and connects: who is not connected yet would be heard later than who is."""
    pair.reset()
    for side in pair.sides:
        for name in "123":
            side.link(name)
    for name in "123":
        pair.send(name, notation.encode([b"PING"]))
    streams.next()


def send(pair: Pair, known: Known, request: Request) -> None:
    """Sends a request to both, and comes back when both have answered it, unless it may wait."""
    for side in pair.sides:
        link = side.link(request.connection)
        link.read()
        link.received = b""
    pair.send(request.connection, notation.encode(list(request.words)))
    deadline = time.monotonic() + PATIENCE_S
    while not known.waits(request) and time.monotonic() < deadline:
        links = [side.links[request.connection] for side in pair.sides]
        for link in links:
            link.read()
        if all(link.received or link.closed for link in links):
            return
        time.sleep(0.001)


def play_scenario(pair: Pair, known: Known, streams: Streams, report: Report, title: str, lines: str) -> None:
    begin(pair, streams)
    before: list[str] = []
    for line in lines.strip().splitlines():
        before.append(line.strip())
        if before[-1] == ".":
            time.sleep(0.005)
            continue
        connection, _, words = before[-1].rpartition("> ") if before[-1][1:3] == "> " else ("1", "", before[-1])
        request = Request(connection, tuple(notation.words(words)))
        if not known.has(request.name) or (title in ONLY_REDIS and pair.flavour == "valkey"):
            return
        send(pair, known, request)
        look(streams, report, "scenario", f"{title}: {before[-1]}")
    for side in pair.sides:
        side.ask([[b"CONFIG", b"SET", b"maxmemory-policy", b"noeviction"]])


def play_family(
    pair: Pair, known: Known, streams: Streams, report: Report, generator: Generator, options: argparse.Namespace
) -> None:
    count, sequence, differences = 0, 0, len(report.differences)
    while count < options.count and len(report.differences) < differences + 5:
        begin(pair, streams)
        for request in drawn(generator, f"{generator.name} {options.seed} {sequence}"):
            if request.connection in pair.waiting:
                if pair.real.waits(request.connection):
                    continue
                pair.waiting.discard(request.connection)
            send(pair, known, request)
            if known.waits(request) and pair.real.waits(request.connection):
                pair.waiting.add(request.connection)
            count += 1
            if not look(streams, report, generator.name, " ".join(map(notation.quoted, request.words))):
                break
        sequence += 1


def drawn(generator: Generator, seed: str) -> Iterator[Request]:
    """The requests of a sequence, but for those that are not played."""
    for run in generator.sequence(seed):
        yield from (request for request in run if request.words and request.name not in NOT_PLAYED)


def look(streams: Streams, report: Report, what: str, title: str) -> bool:
    """Compares what the streams hold after a request."""
    real, ours = streams.next()
    report.counts[what] += 1
    if alike(real, ours):
        return True
    report.differences.append(f"{what}: {title}\n    theirs {shown(real)}\n    ours   {shown(ours)}")
    return False


def play_to_ours(pair: Pair, known: Known, options: argparse.Namespace) -> Iterator[str]:
    """Plays sequences of every family to ours alone; says after each what it was."""
    ours = pair.ours
    for family in FAMILIES:
        generator = Generator(family, known)
        if not generator.worthwhile:
            continue
        for sequence in range(max(1, options.count // 1000)):
            ours.reset()
            client = ours.link("1")
            for request in drawn(generator, f"{family} {options.seed} {sequence}"):
                # A BITFIELD that fails leaves zeros behind of which the real servers tell nobody either.
                if not known.waits(request) and b"FAIL" not in request.words:
                    client.send(notation.encode(list(request.words)))
            client.send(notation.encode([b"EXEC"]))
            ours.ping()
            ours.ponged()
            yield f"{family} {sequence}"


def follow(name: str, pair: Pair, known: Known, report: Report, options: argparse.Namespace) -> None:
    """A real server replicates ours, and must come to hold the same."""
    ours = Client(pair.ours.port)
    ours("FLUSHALL")
    ours("SET", "before", "1")
    with oracles.running(name, "--replicaof", f"127.0.0.1 {pair.ours.port}", *_debug(name)) as oracle:
        replica = Client(oracle.port)
        for _ in range(600):
            if b"master_link_status:up" in replica("INFO", "replication"):
                break
            time.sleep(0.05)
        report.same("replica", "its first key", b"1", replica("GET", "before"))
        for title in play_to_ours(pair, known, options):
            writer = Client(pair.ours.port)
            writer("SET", "last", title)
            report.same("replica", f"{title}: WAIT", 1, writer("WAIT", 1, 20000))
            writer.close()
            report.same("replica", f"{title}: digest", ours("DEBUG", "DIGEST"), replica("DEBUG", "DIGEST"))
        report.same(
            "replica", "ROLE", [[b"127.0.0.1", str(oracle.port).encode()]], [one[:2] for one in ours("ROLE")[2]]
        )


def _debug(name: str) -> list[str]:
    return ["--enable-debug-command", "yes", "--repl-diskless-load", "disabled"]


def read_back(pair: Pair, known: Known, report: Report, options: argparse.Namespace) -> None:
    """Ours reads its append only file back, and must hold the same as before."""
    ours = Client(pair.ours.port)
    ours("FLUSHALL")
    ours("CONFIG", "SET", "appendonly", "yes")
    for number, title in enumerate(play_to_ours(pair, known, options)):
        before = ours("DEBUG", "DIGEST")
        if number % 2:
            ours("BGREWRITEAOF")
        answer = ours("DEBUG", "LOADAOF")
        report.same(
            "append only file", f"{title}: LOADAOF", "OK", str(answer) if isinstance(answer, ErrorReply) else answer
        )
        report.same("append only file", f"{title}: digest", before, ours("DEBUG", "DIGEST"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True)
    parser.add_argument("--only", action="append")
    parser.add_argument("--count", type=int, default=1500, help="requests of each family and server (default: 1500)")
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
        print(f"{name}: {len(report.differences)} differences in {counts}", flush=True)
        for difference in report.differences[:MOST_SHOWN]:
            print(f"  {difference}")
        failed += len(report.differences)
    if absent:
        print(f"{len(absent)} servers could not be had: {', '.join(absent)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
