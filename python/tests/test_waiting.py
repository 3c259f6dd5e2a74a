"""Waiting until something is so, in a thread and in an event loop."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
import redis.asyncio
from wire import Wire

from faux_redis import FauxRedis, OptionError, StoppedError, WaitTimeoutError


def test_a_test_waits_until_clients_are_blocked() -> None:
    with FauxRedis() as redis, Wire(redis) as one, Wire(redis) as two:
        one.ask("CLIENT SETNAME worker")
        one.send("BLPOP jobs 0")
        two.send("BRPOP jobs mail 0")
        redis.wait_until_blocked("jobs", n=2)
        redis.wait_until_blocked(b"mail")
        redis.wait_until_blocked(n=2)
        with pytest.raises(WaitTimeoutError) as raised:
            redis.wait_until_blocked("mail", n=2, timeout=0.01)
        assert str(raised.value).splitlines() == [
            'waited 10ms for 2 clients to be blocked on "mail"; what there is:',
            '    conn 1 "worker": BLPOP "jobs" "0" (db 0)',
            '    conn 2: BRPOP "jobs" "mail" "0" (db 0)',
        ]


def test_a_test_waits_for_subscribers() -> None:
    with FauxRedis() as redis, Wire(redis) as one, Wire(redis) as two:
        one.send("SUBSCRIBE news")
        two.send("PSUBSCRIBE n*")
        redis.wait_for_subscribers("news", n=2)
        redis.wait_for_subscribers("n*")
        with pytest.raises(WaitTimeoutError, match='conn 1: "news"\n    conn 2: pattern "n\\*"'):
            redis.wait_for_subscribers("sport", timeout=0.01)


def test_a_test_waits_for_connections_to_come_and_go() -> None:
    with FauxRedis() as redis:
        with Wire(redis), Wire(redis):
            redis.wait_for_connections(2)
            redis.wait_for_connections(client=[2])
            with pytest.raises(
                WaitTimeoutError, match=r"2 connections of client\(id=2\); what there is:\n    conn 1 "
            ):
                redis.wait_for_connections(2, client=2, timeout=0.01)
        redis.wait_for_connections(0)


def test_a_test_waits_until_all_is_done() -> None:
    with FauxRedis() as redis, Wire(redis) as wire:
        go = threading.Event()
        redis.stub("GET").call(lambda call: go.wait() and "done")
        wire.send("GET k")
        with pytest.raises(WaitTimeoutError, match='conn 1: GET "k" is waiting for the test\'s own code'):
            redis.wait_idle(timeout=0.05)
        go.set()
        redis.wait_idle()
        assert redis.calls[0].reply == b"done"


async def test_waiting_lets_the_event_loop_go_on() -> None:
    with FauxRedis() as faux:
        async with redis.asyncio.Redis.from_url(faux.url) as client:
            blocked: asyncio.Future[Any] = asyncio.ensure_future(client.blpop(["jobs"], 0))
            await faux.aio.wait_until_blocked("jobs")
            await client.rpush("jobs", "a")
            assert await blocked == (b"jobs", b"a")
            waits = asyncio.gather(*(faux.aio.wait_for("SET", key=f"k{n}") for n in range(50)))
            await asyncio.gather(*(client.set(f"k{n}", n) for n in range(50)))
            assert [call.key for call in await waits] == [f"k{n}".encode() for n in range(50)]
            async with client.pubsub() as pubsub:
                await pubsub.subscribe("news")
                await faux.aio.wait_for_subscribers("news")
                await faux.aio.wait_for_connections(1)
                await faux.aio.wait_idle()


async def test_waiting_can_be_cancelled_and_runs_out() -> None:
    with FauxRedis(clock="frozen") as faux:
        wait = asyncio.create_task(faux.aio.wait_for("GET", when=lambda call: True))
        await asyncio.sleep(0)
        wait.cancel()
        with pytest.raises(asyncio.CancelledError):
            await wait
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(faux.aio.wait_until_blocked(), 0.01)
        with pytest.raises(WaitTimeoutError, match="nobody is blocked"):
            await faux.aio.wait_until_blocked(timeout=0.01)


async def test_waiting_ends_with_the_server() -> None:
    with FauxRedis() as faux:
        wait = asyncio.create_task(faux.aio.wait_until_blocked())
        await asyncio.sleep(0)
        faux.stop()
        with pytest.raises(StoppedError):
            await wait


def test_what_makes_no_sense_is_named() -> None:
    with FauxRedis() as redis:
        with pytest.raises(OptionError, match="option 'key' takes a str or bytes"):
            redis.wait_until_blocked(["a"])  # type: ignore[arg-type]
        with pytest.raises(OptionError, match="option 'n' takes an int of 0 or more, not -1"):
            redis.wait_for_connections(-1)
        with pytest.raises(OptionError, match="'timeout' takes seconds"):
            redis.wait_idle(timeout=-1)
        with pytest.raises(OptionError, match="option 'client' takes"):
            redis.wait_for_connections(client="worker")  # type: ignore[arg-type]
