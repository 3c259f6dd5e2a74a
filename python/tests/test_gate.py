"""Commands held at gates: races that come out the same each time, with real clients."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
import redis as redis_py
import redis.asyncio as redis_aio
from wire import Wire, ask

from faux_redis import FauxRedis, OptionError, StoppedError, WaitTimeoutError


def aside(work: Callable[..., Any], *args: Any) -> Future[Any]:
    """Runs code of an application in a thread of its own."""
    pool = ThreadPoolExecutor(1)
    future = pool.submit(work, *args)
    pool.shutdown(wait=False)
    return future


def test_a_command_is_held_before_it_is_carried_out_and_after() -> None:
    with FauxRedis() as redis, Wire(redis) as wire:
        with redis.hold("SET", key="k") as gate:
            wire.send("SET k v")
            call = gate.wait()
            assert (call.name, call.args, gate.held) == ("SET", [b"k", b"v"], [call])
            assert ask(redis, "EXISTS k") == ":0"
            assert gate.release() == 1
            assert wire.receive() == "+OK"
        with redis.hold("INCR", at="after") as gate:
            wire.send("INCR n")
            assert gate.wait().reply == 1
            assert ask(redis, "GET n") == '"1"'
        assert wire.receive() == ":1"


def test_held_commands_go_on_in_any_order() -> None:
    with FauxRedis() as redis, Wire(redis) as one, Wire(redis) as two, Wire(redis) as three:
        with redis.hold("APPEND", times=3) as gate:
            for n, wire in enumerate((one, two, three), start=1):
                wire.send(f"APPEND log {n}")
                gate.wait(n)
            first, second, third = gate.held
            assert gate.release(third, first) == 2
            assert gate.release(1) == 1
            assert gate.release(second) == 0
            assert ask(redis, "APPEND log 4") == ":4"
        assert ask(redis, "GET log") == '"3124"'


def test_an_optimistic_lock_is_lost_to_a_write_between_watch_and_exec() -> None:
    """The application retries, and sees the other's value the second time."""

    def take(client: redis_py.Redis) -> int:
        def work(pipe: Any) -> None:
            left = int(pipe.get("stock"))
            pipe.multi()
            pipe.set("stock", left - 1)

        client.transaction(work, "stock")
        return int(client.get("stock") or 0)

    with FauxRedis() as redis, redis_py.Redis(port=redis.port) as client:
        client.set("stock", 10)
        with redis.hold("EXEC", times=1) as gate:
            taken = aside(take, client)
            gate.wait()
            ask(redis, "SET stock 5")
        assert taken.result() == 4
        assert len(redis.calls("EXEC")) == 2


def test_a_lock_expires_while_its_holder_is_held_up() -> None:
    """Both think they hold the lock: the release must look whose it is."""
    with FauxRedis(clock="frozen") as redis, redis_py.Redis(port=redis.port) as client:
        with redis.hold("DEL", key="lock") as gate:
            assert client.set("lock", "a", nx=True, ex=10)
            release = aside(client.delete, "lock")
            gate.wait()
            redis.clock.advance(11)
            with redis_py.Redis(port=redis.port) as other:
                assert other.set("lock", "b", nx=True, ex=10)
        assert release.result() == 1
        assert ask(redis, "EXISTS lock") == ":0"


def test_a_stampede_computes_a_value_as_often_as_clients_miss_it() -> None:
    computed = []

    def cached(url: str) -> bytes:
        with redis_py.Redis.from_url(url) as client:
            value = client.get("page")
            if value is None:
                computed.append(threading.get_ident())
                client.set("page", b"made")
                return b"made"
            return bytes(value)

    with FauxRedis() as redis:
        with redis.hold("GET", key="page", at="after") as gate:
            readers = [aside(cached, redis.url) for _ in range(5)]
            gate.wait(5)
        assert [reader.result() for reader in readers] == [b"made"] * 5
        assert len(computed) == 5


async def test_a_cancelled_call_leaves_a_connection_that_must_not_be_used_again() -> None:
    """Its reply is still to come: another call on that connection would read it as its own."""
    with FauxRedis() as faux:
        pool = redis_aio.ConnectionPool.from_url(faux.url, max_connections=1)
        async with redis_aio.Redis(connection_pool=pool) as client:
            await client.set("secret", "hers")
            with faux.hold("GET", key="secret", at="after") as gate:
                call: asyncio.Future[Any] = asyncio.ensure_future(client.get("secret"))
                await gate.aio.wait()
                call.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await call
            assert await client.get("mine") is None
        await pool.disconnect()


def test_a_client_that_leaves_while_held_is_forgotten() -> None:
    with FauxRedis() as redis:
        gate = redis.hold("SET")
        with Wire(redis) as wire:
            wire.send("SET k v")
            gate.wait()
        redis.wait_for_connections(0)
        assert gate.held == []
        gate.remove()
        assert ask(redis, "EXISTS k") == ":0"


def test_a_predicate_and_a_transaction_can_be_held() -> None:
    with FauxRedis() as redis, Wire(redis) as wire:
        with redis.hold("GET", when=lambda call: call.args[0].startswith(b"a")) as gate:
            assert wire.ask("GET b") == "(nil)"
            for line in ("MULTI", "GET b", "GET apple"):
                wire.ask(line)
            wire.send("EXEC")
            assert gate.wait().args == [b"apple"]
        assert wire.receive() == "[(nil), (nil)]"


def test_a_wait_in_vain_says_what_was_seen() -> None:
    with FauxRedis() as redis:
        ask(redis, "GET b")
        with redis.hold("GET", "a") as gate, pytest.raises(WaitTimeoutError, match='conn 1: GET "b"'):
            gate.wait(timeout=0.01)


def test_a_gate_stays_though_its_handle_is_forgotten() -> None:
    with FauxRedis() as redis, Wire(redis) as wire:
        redis.hold("GET")
        wire.send("GET k")
        with pytest.raises(WaitTimeoutError, match='conn 1: GET "k" is held at a gate'):
            redis.wait_idle(timeout=0.05)


def test_reset_removes_gates_and_a_removed_gate_says_so() -> None:
    with FauxRedis() as redis:
        gate = redis.hold("GET")
        assert repr(gate) == "hold GET at=before"
        redis.reset()
        with pytest.raises(StoppedError, match="its server was reset"):
            gate.wait()
        gate.remove()
        assert repr(gate) == "gate (gone)"
        with pytest.raises(StoppedError, match="has been removed"):
            gate.release()


def test_what_makes_no_sense_is_named() -> None:
    with FauxRedis() as redis:
        with pytest.raises(OptionError, match="a gate is at 'before' or 'after', not 'during'"):
            redis.hold("GET", at="during")  # type: ignore[arg-type]
        with pytest.raises(OptionError, match="'times' takes an int"):
            redis.hold("GET", times=-1)
        with redis.hold("GET") as gate, pytest.raises(OptionError, match="'release' takes nothing"):
            gate.release("all")  # type: ignore[arg-type]
