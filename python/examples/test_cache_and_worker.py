"""A cache and a worker, and how their tests hold Redis in hand.

The code under test knows nothing of the tests: it talks to a Redis through redis-py. In the tests
that Redis is faux_redis, a real server on a real socket, which does what each test needs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
import redis

from faux_redis import ANY, CLOSE, Call, FauxRedis, glob

# The code under test.


class Cache:
    """User names, loaded once and kept for a minute; a Redis that is away costs no more than time."""

    def __init__(self, client: redis.Redis, load: Callable[[int], str]) -> None:
        self.client = client
        self.load = load

    def name(self, user: int) -> str:
        key = f"user:{user}"
        try:
            cached = self.client.get(key)
        except redis.ConnectionError:
            return self.load(user)
        if isinstance(cached, bytes):
            return cached.decode()
        name = self.load(user)
        self.client.set(key, name, ex=60)
        return name


def work(client: redis.Redis) -> None:
    """Takes jobs off a list and files what comes of them, until it is told to stop."""
    while True:
        _, job = client.blpop(["jobs"], timeout=0)  # type: ignore[misc]
        if job == b"stop":
            return
        client.hset("results", job, job.upper())


# The tests.


def load(user: int) -> str:
    return f"user {user} of the database"


def test_a_cached_name_is_not_loaded_again(faux_redis: FauxRedis, faux_redis_client: redis.Redis) -> None:
    faux_redis.stub("GET", "user:1").reply("Ada")  # a stub: this call gets this reply
    cache = Cache(faux_redis_client, load)
    assert cache.name(1) == "Ada"
    assert cache.name(2) == "user 2 of the database"
    assert cache.name(2) == "user 2 of the database"  # everything else is a real store
    faux_redis.verify("SET", key="user:2", times=1)  # the history


def test_a_name_is_kept_for_a_minute(faux_redis: FauxRedis, faux_redis_client: redis.Redis) -> None:
    faux_redis.expect("SET", "user:1", ANY, "EX", 60)  # an expectation, verified at the end
    Cache(faux_redis_client, load).name(1)


def test_names_can_be_made_up_as_they_are_asked_for(
    faux_redis: FauxRedis, faux_redis_client: redis.Redis
) -> None:
    def answer(call: Call) -> bytes:  # a callback: it gets the call and returns the answer
        return call.args[0].replace(b"user:", b"number ")

    faux_redis.stub("GET", key=glob("user:*")).call(answer)
    assert Cache(faux_redis_client, load).name(7) == "number 7"


def test_the_cache_survives_a_connection_that_breaks(faux_redis: FauxRedis) -> None:
    faux_redis.stub("GET").reply(CLOSE)  # a fault: the connection ends in place of an answer
    with redis.Redis.from_url(faux_redis.url, retry=None) as client:
        assert Cache(client, load).name(1) == "user 1 of the database"


def test_the_worker_files_its_results(faux_redis: FauxRedis, faux_redis_client: redis.Redis) -> None:
    with redis.Redis.from_url(faux_redis.url) as client:
        worker = threading.Thread(target=work, args=(client,))
        worker.start()
        faux_redis.wait_for("BLPOP", key="jobs")  # a wait: the worker has come for work
        faux_redis_client.rpush("jobs", "paint", "stop")
        worker.join()
    assert faux_redis_client.hgetall("results") == {b"paint": b"PAINT"}
    assert [call.name for call in faux_redis.calls(key="results")] == ["HSET", "HGETALL"]
    print(faux_redis.transcript())  # what happened on each connection


@pytest.mark.faux_redis(mode="mock_only")
def test_nothing_is_answered_that_the_test_did_not_say(
    faux_redis: FauxRedis, faux_redis_client: redis.Redis
) -> None:
    faux_redis.stub("GET").null()
    with pytest.raises(redis.ResponseError):
        Cache(faux_redis_client, load).name(1)
    assert [call.name for call in faux_redis.unmatched] == ["SET"]
