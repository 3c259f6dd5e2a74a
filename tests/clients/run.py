#!/usr/bin/env python3
"""Lets real clients talk to the server, with their default handshakes, and says for each whether it works.

    run.py --server target/release/faux-redis

redis-cli and redis-benchmark come from the real servers that `make oracles` fetched; redis-py from the local
environment; ioredis from npm, into .cache. The exit code is 1 if a client failed; one that cannot be had is counted.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ORACLES = ROOT / ".cache/oracles"

# Requests of each test of redis-benchmark; enough to fill pipelines, few enough to be quick.
REQUESTS = 2000


class CannotBeHad(Exception):
    """A client that this machine does not have and cannot install."""


@contextlib.contextmanager
def running(server: Path, *options: str) -> Iterator[int]:
    """Runs the server on a free port, and gives the port."""
    command = [str(server), "serve", "--port", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        ready = process.stdout.readline()
        assert ready.startswith("faux-redis plays"), ready
        yield int(ready.rsplit(":", 1)[1])
    finally:
        process.terminate()
        code = process.wait(timeout=30)
        assert code == 0, f"the server ended with {code}"


def program(name: str, oracle: str) -> str:
    path = ORACLES / oracle / "bin" / name
    if not path.exists():
        raise CannotBeHad(f"{path} is not there: run `make oracles`")
    return str(path)


def output_of(*command: str, text: str = "") -> str:
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{command} ended with {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout


def redis_cli(port: int) -> None:
    for oracle in ("redis-7.0", "redis-8.0"):
        cli = program("redis-cli", oracle)
        lines = "SET k v\nGET k\nHSET h f 1\nHGETALL h\nNOSUCH\nMULTI\nINCR n\nEXEC\n"
        said = output_of(cli, "-p", str(port), text=lines).split("\n")
        assert said[0] == "OK" and said[1] == "v", said
        assert any("unknown command 'NOSUCH'" in line for line in said), said
        assert "1# \"f\" => \"1\"" in output_of(cli, "-3", "-p", str(port), "--no-raw", "HGETALL", "h")
        assert "summary" in output_of(cli, "-p", str(port), "COMMAND", "DOCS", "GET")
        output_of(cli, "-p", str(port), "FLUSHALL")


def redis_benchmark(port: int, *options: str) -> None:
    command = program("redis-benchmark", "redis-7.0")
    said = output_of(command, "-p", str(port), "-n", str(REQUESTS), "--csv", *options)
    tests = [line.split(",")[0].strip('"') for line in said.splitlines()[1:] if line]
    wanted = ["PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "LPUSH", "RPUSH", "LPOP", "RPOP", "SADD", "HSET", "SPOP"]
    wanted += ["ZADD", "ZPOPMIN"]
    missing = [name for name in wanted if name not in tests]
    assert not missing and len(tests) == 20, f"missing {missing} in {tests}"


def redis_benchmark_pipelined(port: int) -> None:
    redis_benchmark(port, "-P", "16")


def redis_py(port: int) -> None:
    redis = _redis()
    for protocol in (2, 3):
        client = redis.Redis(port=port, protocol=protocol, decode_responses=True)
        assert client.flushall() is True
        assert client.set("k", "v", ex=100) is True and client.get("k") == "v"
        assert client.hset("h", mapping={"a": 1}) == 1 and client.hgetall("h") == {"a": "1"}
        with client.pipeline() as pipe:
            assert pipe.incr("n").incr("n").get("n").execute() == [1, 2, "2"]
        assert client.zadd("z", {"a": 1.5}) == 1 and client.zrange("z", 0, -1, withscores=True) in ([("a", 1.5)], [["a", 1.5]])
        subscriber = client.pubsub()
        subscriber.subscribe("news")
        assert subscriber.get_message(timeout=30)["type"] == "subscribe"
        assert client.publish("news", "x") == 1
        assert subscriber.get_message(timeout=30)["data"] == "x"
        subscriber.close()
        assert client.info()["redis_version"] == "8.0.2"
        client.close()


def redis_asyncio(port: int) -> None:
    redis = _redis()

    async def talk() -> None:
        client = redis.asyncio.Redis(port=port, decode_responses=True)
        waiter = asyncio.create_task(client.blpop("queue", timeout=30))
        assert await client.rpush("queue", "job") == 1
        assert await waiter in (("queue", "job"), ["queue", "job"])
        async with client.pipeline(transaction=True) as pipe:
            assert await pipe.set("a", "1").get("a").execute() == [True, "1"]
        await client.aclose()

    asyncio.run(talk())


def _redis():
    try:
        import redis
        import redis.asyncio
    except ImportError as error:
        raise CannotBeHad(str(error)) from error
    return redis


def ioredis(port: int) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise CannotBeHad("npm is not installed")
    folder = ROOT / ".cache/clients"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "ioredis.mjs"):
        shutil.copy(Path(__file__).with_name(name), folder)
    if not (folder / "node_modules/ioredis").exists():
        subprocess.run([npm, "install", "--silent", "--no-audit", "--no-fund"], cwd=folder, check=True, timeout=600)
    done = subprocess.run(
        ["node", "ioredis.mjs", str(port)], cwd=folder, capture_output=True, text=True, timeout=120, env=os.environ
    )
    assert done.returncode == 0, done.stdout + done.stderr


CLIENTS: list[Callable[[int], None]] = [
    redis_cli,
    redis_benchmark,
    redis_benchmark_pipelined,
    redis_py,
    redis_asyncio,
    ioredis,
]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", type=Path, required=True, help="the program faux-redis")
    parser.add_argument("clients", nargs="*", help="only these")
    options = parser.parse_args()
    results = {"passed": 0, "failed": 0, "skipped": 0}
    for client in CLIENTS:
        if options.clients and client.__name__ not in options.clients:
            continue
        try:
            with running(options.server.resolve()) as port:
                client(port)
            result, why = "passed", ""
        except CannotBeHad as error:
            result, why = "skipped", f": {error}"
        except Exception as error:
            result, why = "failed", f": {type(error).__name__}: {error}"
        results[result] += 1
        print(f"{client.__name__} {result}{why}", flush=True)
    print(f"clients: {results['passed']} passed, {results['failed']} failed, {results['skipped']} skipped")
    return 1 if results["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
