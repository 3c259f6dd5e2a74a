"""What a snapshot of the store costs, and going back to it, as the store and the changes grow.

Both are measured in the Python package, in microseconds: the median of some rounds. Taking a snapshot must not depend on
the number of keys; going back depends on the number of keys that changed since. Run it with the package installed.
"""

from __future__ import annotations

import socket
import statistics
import time

from faux_redis import FauxRedis

KEYS = (1_000, 10_000, 100_000, 1_000_000)
CHANGES = (0, 10, 1_000)
ROUNDS = 15


def main() -> None:
    print(f"{'keys':>10} {'changes':>8} {'snapshot':>10} {'restore':>10} {'diff':>10}")
    for keys in KEYS:
        with FauxRedis(verify=False) as redis:
            ask(redis, f"DEBUG POPULATE {keys}")
            for changes in CHANGES:
                rounds = [measured(redis, changes) for _ in range(ROUNDS)]
                taken, back, differs = (statistics.median(column) * 1e6 for column in zip(*rounds, strict=True))
                print(f"{keys:>10} {changes:>8} {taken:>7.0f} us {back:>7.0f} us {differs:>7.0f} us")


def measured(redis: FauxRedis, changes: int) -> tuple[float, float, float]:
    begin = time.perf_counter()
    snapshot = redis.snapshot()
    taken = time.perf_counter() - begin
    data = redis.data
    for number in range(changes):
        data[f"key:{number}"] = "changed"
    begin = time.perf_counter()
    assert len(redis.diff(snapshot)) == changes
    differs = time.perf_counter() - begin
    begin = time.perf_counter()
    assert redis.restore(snapshot) == changes
    return taken, time.perf_counter() - begin, differs


def ask(redis: FauxRedis, line: str) -> None:
    with socket.create_connection(("127.0.0.1", redis.port)) as client:
        client.sendall(line.encode() + b"\r\n")
        assert client.recv(64) == b"+OK\r\n"


if __name__ == "__main__":
    main()
