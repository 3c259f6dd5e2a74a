#!/usr/bin/env python3
"""Measures the server beside real servers, one after the other in one run, and prints ratios.

    side_by_side.py --server target/release/faux-redis [--rounds 5] [--requests 200000]

From start to the first PONG: a server inside this process (the wheel), and a redis-server as a test would start it.
Requests a second: redis-benchmark's SET and GET, plain and with pipelines, against the program `faux-redis serve` (its
journal is on, as always) and against redis-server. Rounds alternate, and medians are compared, so that what else the
machine does strikes both alike.
"""

from __future__ import annotations

import argparse
import csv
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/oracles"))

import oracles  # noqa: E402

REAL = "redis-8.0"
WORKLOADS = {"plain": [], "-P 16": ["-P", "16"]}


def ping(port: int) -> bool:
    """Whether a server answers PING at this port."""
    try:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16) == b"+PONG\r\n"
    except ConnectionRefusedError:
        return False


def start_faux() -> float:
    """Seconds from nothing to the first PONG of a server in this process."""
    from faux_redis import FauxRedis

    began = time.perf_counter()
    with FauxRedis() as redis:
        assert ping(redis.port)
        return time.perf_counter() - began


def start_real() -> float:
    """Seconds from nothing to the first PONG of a redis-server."""
    port = oracles.free_port()
    command = [part.replace("{port}", str(port)) for part in oracles.command(REAL)]
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
        try:
            # It is asked without a pause: none of the time measured is ours.
            while not ping(port):
                assert process.poll() is None, "redis-server does not start"
            return time.perf_counter() - began
        finally:
            process.terminate()
            process.wait()


def requests_a_second(command: list[str], requests: int, options: list[str]) -> dict[str, float]:
    """What redis-benchmark says of a server that this command starts."""
    benchmark = str(oracles.program(REAL, "benchmark"))
    with oracles.serving(command) as (_, port):
        arguments = ["-p", str(port), "-n", str(requests), "-r", "1000", "-t", "set,get", "--csv", *options]
        said = subprocess.run([benchmark, *arguments], capture_output=True, text=True, check=True).stdout
    rows = csv.DictReader(said.splitlines())
    return {row["test"]: float(row["rps"]) for row in rows}


def side_by_side(rounds: int, ours: Callable[[], float], real: Callable[[], float]) -> tuple[float, float]:
    """The medians of rounds in which the two take turns."""
    pairs = [(ours(), real()) for _ in range(rounds)]
    return statistics.median(one for one, _ in pairs), statistics.median(other for _, other in pairs)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", type=Path, required=True, help="the program faux-redis")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=200_000, help="of each redis-benchmark test")
    options = parser.parse_args()
    try:
        real = oracles.command(REAL)
    except oracles.Unavailable as reason:
        print(reason, file=sys.stderr)
        return 1
    start_faux()  # The first server of a process also starts its runtime's thread; that is counted apart.
    ours, theirs = side_by_side(options.rounds * 4, start_faux, start_real)
    print(f"start to first PONG: {ours * 1e3:.2f} ms, {REAL} {theirs * 1e3:.2f} ms: {ours / theirs:.3f} of its time")
    faux = [str(options.server.resolve()), "serve", "--port", "{port}"]
    for workload, arguments in WORKLOADS.items():
        rates: dict[str, list[tuple[float, float]]] = {}
        for _ in range(options.rounds):
            ours_now = requests_a_second(faux, options.requests, arguments)
            theirs_now = requests_a_second(real, options.requests, arguments)
            for test, rate in ours_now.items():
                rates.setdefault(test, []).append((rate, theirs_now[test]))
        for test, pairs in rates.items():
            ours, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
            print(f"{test} {workload}: {ours:,.0f}/s, {REAL} {theirs:,.0f}/s: {ours / theirs:.2f} of its rate")
    return 0


if __name__ == "__main__":
    sys.exit(main())
