#!/usr/bin/env python3
"""Plays values as bytes to and fro between the real servers and this one: payloads of DUMP, whole RDB files, MIGRATE.

    run.py --server target/release/faux-redis [--only redis-7.0] [--hostile 2000] [--seed 0]

For each real server, ours plays that server. Each value is made on both; each restores what the other has dumped, and
both are read back and compared. Where a value has one order, its bytes must be equal too. Then payloads are spoilt, and
whoever takes one must not be refused by the other. Files are saved and loaded both ways, and keys migrate between the
two. A real server that cannot be had is counted, not passed over.
"""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent / "oracles")]

import oracles  # noqa: E402
from files import play_assets, play_files  # noqa: E402
from hostile import play_hostile  # noqa: E402
from migration import play_errors, play_migration  # noqa: E402
from old import play_old  # noqa: E402
from payloads import play_payloads  # noqa: E402
from report import Report  # noqa: E402
from wire import Client  # noqa: E402

SERVERS = ["redis-7.0", "redis-8.0", "redis-sid", "valkey-8.1", "valkey-sid"]
MOST_SHOWN = 20


def command(server: str, oracle: oracles.Oracle) -> list[str]:
    """How ours is started to play a real server."""
    program = str(Path(server).absolute())
    return [program, "serve", "--flavour", oracle.flavour, "--version", oracle.version, "--port", "{port}"]


def compare(name: str, options: argparse.Namespace) -> Report:
    report = Report(name)
    chance = random.Random(options.seed)
    with oracles.running(name) as oracle:
        start = command(options.server, oracle)
        with oracles.serving(start) as (_, port):
            real, ours = Client(oracle.port), Client(port)
            # A server without this setting looks closely in any case.
            for client in (real, ours):
                client("CONFIG", "SET", "sanitize-dump-payload", "yes")
            payloads = play_payloads(real, ours, report, chance)
            payloads += 4 * play_old(real, ours, report)
            play_hostile(real, ours, report, payloads, options.hostile, chance)
            play_migration(ours, port, real, oracle.port, report, f"ours to {name}")
            play_migration(real, oracle.port, ours, port, report, f"{name} to ours")
            play_errors(real, ours, report)
            with oracles.serving(start) as (_, other):
                play_migration(ours, port, Client(other), other, report, "ours to ours")
        Client(oracle.port)("FLUSHALL")
        play_files(oracle, start, report, chance)
        play_assets(oracle, start, report)
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
