"""Real clients: redis-py, blocking and asyncio, with their own handshakes."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
import redis.asyncio
from redis.exceptions import AuthenticationError, ConnectionError, ResponseError

from faux_redis import CLOSE, FauxRedis, delay, error


def client_of(server: FauxRedis, **options: Any) -> redis.Redis:
    return redis.Redis.from_url(server.url, **options)


@pytest.mark.parametrize("protocol", [2, 3])
def test_redis_py_works_with_the_store(faux_redis: FauxRedis, protocol: int) -> None:
    with client_of(faux_redis, protocol=protocol, decode_responses=True) as client:
        assert client.ping()
        assert client.set("k", "v", ex=60)
        assert (client.get("k"), client.ttl("k")) == ("v", 60)
        client.hset("h", mapping={"a": 1, "b": 2})
        assert client.hgetall("h") == {"a": "1", "b": "2"}
        client.rpush("l", "a", "b")
        assert client.lrange("l", 0, -1) == ["a", "b"]
        client.sadd("s", "a")
        assert client.smembers("s") == {"a"}


def test_redis_py_authenticates() -> None:
    with FauxRedis(password="secret") as server, client_of(server) as client:
        assert client.ping()
        with (
            redis.Redis(port=server.port, password="wrong") as stranger,
            pytest.raises((AuthenticationError, ResponseError)),
        ):
            stranger.ping()


def test_redis_py_runs_a_pipeline(faux_redis: FauxRedis, faux_redis_client: redis.Redis) -> None:
    faux_redis.stub("GET", via="exec").reply("stubbed")
    with faux_redis_client.pipeline() as pipeline:
        pipeline.set("k", "v")
        pipeline.get("k")
        assert pipeline.execute() == [True, b"stubbed"]


def test_redis_py_gets_faults(faux_redis: FauxRedis, faux_redis_client: redis.Redis) -> None:
    faux_redis.stub("GET").replies(error("ERR disabled"), delay(0.001, "late"), "last")
    with pytest.raises(ResponseError, match="disabled"):
        faux_redis_client.get("k")
    assert (faux_redis_client.get("k"), faux_redis_client.get("k")) == (b"late", b"last")


def test_redis_py_meets_a_closed_connection(faux_redis: FauxRedis) -> None:
    faux_redis.stub("GET").reply(CLOSE)
    with client_of(faux_redis, retry=None) as client, pytest.raises(ConnectionError):
        client.get("k")


def test_redis_py_subscribes(faux_redis: FauxRedis, faux_redis_client: redis.Redis) -> None:
    pubsub: Any = faux_redis_client.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
    with pubsub:
        pubsub.subscribe("news")
        faux_redis.wait_for("SUBSCRIBE")
        faux_redis_client.publish("news", "hello")
        messages = (pubsub.get_message(timeout=1) for _ in range(10))
        message = next(message for message in messages if message is not None)
        assert message["data"] == b"hello"


def test_redis_py_waits_for_a_list(faux_redis: FauxRedis, faux_redis_client: redis.Redis) -> None:
    got: list[object] = []
    worker = threading.Thread(target=lambda: got.append(faux_redis_client.blpop(["jobs"], timeout=0)))
    worker.start()
    faux_redis.wait_for("BLPOP")
    with client_of(faux_redis) as client:
        client.rpush("jobs", "one")
    worker.join()
    assert [list(job) for job in got] == [[b"jobs", b"one"]]  # type: ignore[call-overload]


async def test_redis_asyncio_works_and_callbacks_do_not_need_its_loop(faux_redis: FauxRedis) -> None:
    faux_redis.stub("GET").call(lambda call: call.args[0].upper())
    async with redis.asyncio.Redis.from_url(faux_redis.url) as client:
        assert await client.set("k", "v")
        assert await asyncio.gather(*(client.get(f"k{n}") for n in range(20))) == [
            b"K%d" % n for n in range(20)
        ]
        await asyncio.to_thread(faux_redis.wait_for, "GET", times=20)


async def test_a_cancelled_task_leaves_the_server_usable(faux_redis: FauxRedis) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", faux_redis.port)
    writer.write(b"BLPOP jobs 0\r\n")
    task = asyncio.create_task(reader.readline())
    await asyncio.to_thread(faux_redis.wait_for, "BLPOP")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    writer.close()
    await writer.wait_closed()
    async with redis.asyncio.Redis.from_url(faux_redis.url) as client:
        assert await client.ping()
