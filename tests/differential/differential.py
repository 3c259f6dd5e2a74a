#!/usr/bin/env python3
"""Compares this project's server with a real one by random sequences of requests.

    differential.py --start-cmd 'faux-redis serve {persona} --port {port}' [--server redis-7.0] [--family hashes]
                    [--count 100000] [--seed 1] [--seconds 30]

Each family of commands gets `--count` requests, or as many as go into `--seconds`, from each server. What differs is made
as short as it will go and printed as a conversation for `tests/conversations`. The exit code is 1 if anything differs.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent / "oracles"), str(FOLDER.parent / "conversations")]

import grammar  # noqa: E402
import oracles  # noqa: E402
from forms import FAMILIES  # noqa: E402
from notation import Value  # noqa: E402
from pair import Pair, Side, paired  # noqa: E402
from play import Finding, play  # noqa: E402
from report import conversation  # noqa: E402
from sequences import Generator, Known, Request, Run  # noqa: E402
from shrink import simplest, smallest  # noqa: E402

SERVERS = ["redis-7.0", "redis-sid", "valkey-sid"]

# The versions of unstable servers that were compared. Another one is left out, and named, unless it is asked for.
COMPARED = {"redis-sid": "8.0.6", "valkey-sid": "9.1.2"}


@dataclass
class Tally:
    """What was compared in one family, and what was found."""

    sequences: int = 0
    requests: int = 0
    findings: dict[str, str] = field(default_factory=dict)
    unrepeated: list[str] = field(default_factory=list)


def known_to(pair: Pair) -> Known:
    """The commands both servers have, as the real one documents them."""
    real, ours = (documented(side) for side in pair.sides)
    shared = {name: told for name, told in real.items() if name in ours}
    commands = pair.real.ask([[b"COMMAND"]])[0].content
    blocking = {one.content[0].content.decode() for one in commands if Value("simple", b"blocking") in one.content[2].content}
    # For its documentation Valkey 9 makes clients of its own.
    pair.number_clients_alike()
    return Known(shared, frozenset(blocking))


def documented(side: Side) -> dict[str, dict[str, Value]]:
    found: dict[str, dict[str, Value]] = {}
    for name, told in grammar.fields(side.ask([[b"COMMAND", b"DOCS"]])[0]).items():
        found[name] = grammar.fields(told)
        if "subcommands" in found[name]:
            subcommands = grammar.fields(found[name]["subcommands"])
            found |= {subcommand: grammar.fields(told) for subcommand, told in subcommands.items()}
    return found


def compare(pair: Pair, known: Known, generator: Generator, seed: int, count: int, seconds: float, findings: int) -> Tally:
    """Plays sequences of one family until enough has been compared or found."""
    tally = Tally()
    end = time.monotonic() + seconds
    while tally.requests < count and time.monotonic() < end and len(tally.findings) < findings:
        runs = generator.sequence(f"{generator.name} {seed} {tally.sequences}")
        tally.sequences += 1
        found = play(pair, known, runs)
        tally.requests += sum(map(len, runs[: found.at + 1] if found else runs))
        if found and found.signature not in tally.findings:
            follow_up(pair, known, runs[: found.at + 1], found, tally)
    return tally


def follow_up(pair: Pair, known: Known, runs: list[Run], found: Finding, tally: Tally) -> None:
    """Makes a difference small, and keeps it unless it does not come again."""

    def fails(requests: list[Request]) -> bool:
        again = play(pair, known, [[request] for request in requests])
        return again is not None and again.asked == found.asked

    requests = [request for run in runs for request in run]
    if fails(requests):
        small = simplest(smallest(requests, fails), fails)
        difference = play(pair, known, [[request] for request in smallest(small, fails)])
        text = conversation(pair, small, difference) if difference else f"lost while it was made small: {found}\n"
    elif again := play(pair, known, runs):
        text = f"only when sent in runs: {again}\n"
    else:
        tally.unrepeated.append(found.signature)
        return
    tally.findings[found.signature] = text
    print(text, flush=True)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--start-cmd", required=True, help="how to start this project's server; {persona} and {port} are filled in")
    parser.add_argument("--server", action="append", choices=[source.name for source in oracles.SERVERS], help="default: " + ", ".join(SERVERS))
    parser.add_argument("--family", action="append", choices=list(FAMILIES), help="default: all")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--count", type=int, default=100_000, help="requests of each family (default: 100000)")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="time for each family")
    parser.add_argument("--findings", type=int, default=5, help="differences after which a family is left (default: 5)")
    options = parser.parse_args(argv)
    print(f"seed {options.seed}")
    differences = sum(_server(name, options) for name in options.server or SERVERS)
    print(f"{differences} differences (seed {options.seed})")
    return 1 if differences else 0


def why_not(name: str, asked_for: bool) -> str:
    """Why a server is left out; nothing if it is not."""
    try:
        with oracles.running(name) as oracle:
            is_new = oracle.version != COMPARED.get(name, oracle.version)
            return f"it has become {oracle.version}" if is_new and not asked_for else ""
    except oracles.Unavailable as reason:
        return str(reason)


def _server(name: str, options: argparse.Namespace) -> int:
    if reason := why_not(name, asked_for=bool(options.server)):
        print(f"{name}: not compared: {reason}")
        return 0
    differences = 0
    with paired(name, options.start_cmd) as pair:
        known = known_to(pair)
        for family in options.family or FAMILIES:
            generator = Generator(family, known)
            if not generator.worthwhile:
                print(f"{pair.real.name}: {family}: no commands yet")
                continue
            start = time.monotonic()
            tally = compare(pair, known, generator, options.seed, options.count, options.seconds, options.findings)
            speed = tally.requests / (time.monotonic() - start)
            differences += len(tally.findings)
            print(f"{pair.real.name}: {family}: {tally.requests} requests in {tally.sequences} sequences, "
                  f"{len(tally.findings)} differences ({speed:.0f} requests a second)", flush=True)  # fmt: skip
            for signature in tally.unrepeated:
                print(f"  did not come again: {signature}")
    return differences


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
