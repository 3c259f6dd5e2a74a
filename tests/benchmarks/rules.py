#!/usr/bin/env python3
"""Measures what rules cost requests they are not for: servers with and without them, side by side in one run.

    rules.py [--rules 10000] [--rounds 9] [--requests 20000]

Each server lives in this process (the wheel: build it with `make wheel`, for the figures to be those of a release). GET
is sent in pipelines over one connection, so that what is measured is the server, journal included. Rounds alternate
between the servers, and medians are compared, so that what else the machine does strikes all alike.
"""

from __future__ import annotations

import argparse
import socket
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack

from faux_redis import FauxRedis, absent, category, flag, gt

PIPELINE = 500
GET = b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"
VALUE = b"$1\r\nv\r\n"

# Commands that have nothing to do with GET.
OTHERS = ("SET", "HSET", "LPUSH", "SADD", "ZADD", "XADD", "PUBLISH", "INCR", "EXPIRE", "CONFIG GET")


def none(redis: FauxRedis, rules: int) -> None:
    """No rules at all."""


def other_commands(redis: FauxRedis, rules: int) -> None:
    """Stubs for other commands."""
    for n in range(rules):
        redis.stub(OTHERS[n % len(OTHERS)], key=f"key:{n}").reply(1)


def other_groups(redis: FauxRedis, rules: int) -> None:
    """Stubs for groups of commands that GET is not in."""
    for n in range(rules):
        group = category("@write") if n % 2 else flag("blocking")
        redis.stub(group, key=f"key:{n}").reply(1)


def one_of_the_command(redis: FauxRedis, rules: int) -> None:
    """One stub for GET that does not match."""
    redis.stub("GET", key="other").reply(1)


def one_by_option(redis: FauxRedis, rules: int) -> None:
    """One stub that looks at the options of every command."""
    redis.stub(category("@read"), COUNT=gt(5) & ~absent).reply(1)


KINDS: dict[str, Callable[[FauxRedis, int], None]] = {
    kind.__doc__ or kind.__name__: kind
    for kind in (none, other_commands, other_groups, one_of_the_command, one_by_option)
}


def rate(redis: FauxRedis, requests: int) -> float:
    """How many GETs a second a server answers."""
    batch, reply = GET * PIPELINE, VALUE * PIPELINE
    with socket.create_connection(("127.0.0.1", redis.port)) as connection:
        connection.sendall(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n")
        assert connection.recv(5, socket.MSG_WAITALL) == b"+OK\r\n"
        began = time.perf_counter()
        for _ in range(requests // PIPELINE):
            connection.sendall(batch)
            assert connection.recv(len(reply), socket.MSG_WAITALL) == reply
        return requests / (time.perf_counter() - began)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rules", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--requests", type=int, default=20_000, help="of each round and server")
    options = parser.parse_args()
    with ExitStack() as stack:
        servers = {}
        for title, make in KINDS.items():
            servers[title] = stack.enter_context(FauxRedis(verify=False, journal_limit=1000))
            make(servers[title], options.rules)
        rates: dict[str, list[float]] = {title: [] for title in servers}
        for _ in range(options.rounds):
            for title, redis in servers.items():
                rates[title].append(rate(redis, options.requests))
    medians = {title: statistics.median(found) for title, found in rates.items()}
    base = next(iter(medians.values()))
    print(f"{options.rules:,} rules; GET in pipelines of {PIPELINE}")
    for title, median in medians.items():
        print(f"  {title:62} {median:10,.0f}/s  {median / base:.2f} of the rate without rules")


if __name__ == "__main__":
    main()
