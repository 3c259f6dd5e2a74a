#!/usr/bin/env python3
"""Measures what one operation costs on values of 10^3, 10^5 and 10^6 elements, beside a real server in the same run.

    growth.py --server target/release/faux-redis [--sizes 1000 100000 1000000] [--case ZADD]

Each operation is sent in a pipeline of many, and what is measured is the processor time that the server spends, so that
it matters little what else the machine does. The server's journal is on, as always. A column says microseconds per
operation; `growth` is the cost at the largest size over that at the smallest.
"""

from __future__ import annotations

import argparse
import random
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/oracles"))

import oracles  # noqa: E402

REAL = "redis-8.0"

# Requests of one measurement, and of one pipeline while a value is filled.
OPERATIONS = 2000
FILLED = 1000


@dataclass(frozen=True)
class Case:
    """An operation on a value of so many elements: how the value is filled, and what is asked of it."""

    name: str
    fill: Callable[[int], tuple]
    ask: Callable[[int], tuple]
    # What is asked once when the value is filled.
    then: Callable[[int], list[tuple]] = lambda size: []


def _member(number: int) -> str:
    return f"member:{number:09}"


def _any(size: int) -> int:
    return random.randrange(size)


def _delivered(size: int) -> list[tuple]:
    """All entries of the stream are pending with one consumer."""
    return [("XGROUP", "CREATE", "v", "g", 0), ("XREADGROUP", "GROUP", "g", "c", "COUNT", size, "STREAMS", "v", ">")]


CASES = [
    Case("ZADD", lambda n: ("ZADD", "v", n, _member(n)), lambda size: ("ZADD", "v", _any(size), _member(_any(size)))),
    Case("ZRANK", lambda n: ("ZADD", "v", n, _member(n)), lambda size: ("ZRANK", "v", _member(_any(size)))),
    Case("ZRANGE by rank", lambda n: ("ZADD", "v", n, _member(n)), lambda size: ("ZRANGE", "v", at := _any(size), at + 9)),
    Case("ZRANGE BYSCORE", lambda n: ("ZADD", "v", n, _member(n)),
         lambda size: ("ZRANGE", "v", _any(size), "+inf", "BYSCORE", "LIMIT", 0, 10)),
    Case("ZRANGE BYLEX", lambda n: ("ZADD", "v", 0, _member(n)),
         lambda size: ("ZRANGE", "v", f"[{_member(_any(size))}", "+", "BYLEX", "LIMIT", 0, 10)),
    Case("LINDEX", lambda n: ("RPUSH", "v", _member(n)), lambda size: ("LINDEX", "v", _any(size))),
    Case("LINSERT in front", lambda n: ("RPUSH", "v", _member(n)), lambda size: ("LINSERT", "v", "BEFORE", _member(_any(100)), "x")),
    Case("LPOS in front", lambda n: ("RPUSH", "v", _member(n)), lambda size: ("LPOS", "v", _member(_any(100)), "MAXLEN", 100)),
    Case("LPUSH, LPOP", lambda n: ("RPUSH", "v", _member(n)), lambda size: random.choice([("LPUSH", "v", "x"), ("LPOP", "v")])),
    Case("HSET", lambda n: ("HSET", "v", _member(n), n), lambda size: ("HSET", "v", _member(_any(size)), 1)),
    Case("HRANDFIELD", lambda n: ("HSET", "v", _member(n), n), lambda size: ("HRANDFIELD", "v")),
    Case("SADD", lambda n: ("SADD", "v", _member(n)), lambda size: ("SADD", "v", _member(_any(size)))),
    Case("SRANDMEMBER", lambda n: ("SADD", "v", _member(n)), lambda size: ("SRANDMEMBER", "v")),
    Case("SSCAN", lambda n: ("SADD", "v", _member(n)), lambda size: ("SSCAN", "v", 0)),
    Case("XADD", lambda n: ("XADD", "v", f"{n + 1}-0", "f", n), lambda size: ("XADD", "v", "*", "f", 1)),
    Case("XRANGE", lambda n: ("XADD", "v", f"{n + 1}-0", "f", n), lambda size: ("XRANGE", "v", _any(size), "+", "COUNT", 10)),
    Case("XADD, XREADGROUP", lambda n: ("XADD", "v", f"{n + 1}-0", "f", n),
         lambda size: random.choice([("XADD", "v", "*", "f", 1), ("XREADGROUP", "GROUP", "g", "c", "COUNT", 1, "STREAMS", "v", ">")]),
         _delivered),
    Case("XREADGROUP again", lambda n: ("XADD", "v", f"{n + 1}-0", "f", n),
         lambda size: ("XREADGROUP", "GROUP", "g", "c", "COUNT", 10, "STREAMS", "v", _any(size)), _delivered),
    Case("SETRANGE", lambda n: ("APPEND", "v", "x" * 10), lambda size: ("SETRANGE", "v", _any(size * 10), "y")),
    Case("SETBIT", lambda n: ("APPEND", "v", "x" * 10), lambda size: ("SETBIT", "v", _any(size * 80), 1)),
    Case("SET of a key", lambda n: ("SET", _member(n), n), lambda size: ("SET", _member(_any(size)), 1)),
    Case("SCAN", lambda n: ("SET", _member(n), n), lambda size: ("SCAN", 0)),
]  # fmt: skip


def encoded(request: tuple) -> bytes:
    words = [str(word).encode() for word in request]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


class Client:
    """Sends pipelines, each with a PING behind it, whose reply ends the waiting."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.marks = 0

    def run(self, requests: Iterator[tuple]) -> None:
        """Comes back when all of these are answered."""
        self.marks += 1
        mark = f"end of pipeline {self.marks}".encode()
        data = b"".join(map(encoded, requests)) + encoded(("ECHO", mark.decode()))
        self.socket.sendall(data)
        tail = b""
        while not tail.endswith(mark + b"\r\n"):
            received = self.socket.recv(1 << 20)
            assert received, "the server has closed the connection"
            tail = (tail + received)[-64:]


def spent(pid: int) -> int:
    """The processor time that a process has spent, in nanoseconds."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads)


def microseconds(pid: int, port: int, case: Case, size: int) -> float:
    """What one operation costs on a value of so many elements."""
    random.seed(size)
    client = Client(port)
    client.run(iter([("FLUSHALL",)]))
    for start in range(0, size, FILLED):
        client.run(case.fill(number) for number in range(start, min(start + FILLED, size)))
    client.run(iter(case.then(size)))
    costs = []
    for _ in range(3):
        before = spent(pid)
        client.run(iter([case.ask(size) for _ in range(OPERATIONS)]))
        costs.append(spent(pid) - before)
    return min(costs) / OPERATIONS / 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", type=Path, required=True, help="the program faux-redis")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 100_000, 1_000_000])
    parser.add_argument("--case", action="append", choices=[case.name for case in CASES], help="default: all")
    options = parser.parse_args()
    try:
        real = oracles.command(REAL)
    except oracles.Unavailable as reason:
        print(reason, file=sys.stderr)
        return 1
    faux = [str(options.server.resolve()), "serve", "--port", "{port}"]
    heading = "".join(f"{size:>12,}" for size in options.sizes)
    print(f"{'microseconds':16} {'faux_redis':>12}{heading}{'growth':>9}   {REAL:>9}{heading}{'growth':>9}")
    with oracles.serving(faux) as ours, oracles.serving(real) as theirs:
        for case in CASES:
            if options.case and case.name not in options.case:
                continue
            line = f"{case.name:16} {'':12}"
            for process, port in (ours, theirs):
                costs = [microseconds(process.pid, port, case, size) for size in options.sizes]
                line += "".join(f"{cost:12.2f}" for cost in costs) + f"{costs[-1] / costs[0]:9.1f}{'':12}"
            print(line.rstrip(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
