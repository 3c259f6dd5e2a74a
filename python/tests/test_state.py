"""Conditions a test puts its server in. What each refuses is held against real servers in `tests/state`."""

from __future__ import annotations

import pytest
import redis as redis_py
from redis.backoff import NoBackoff
from redis.retry import Retry
from wire import Wire, ask

from faux_redis import FauxRedis, OptionError

READONLY = "-READONLY You can't write against a read only replica."


def test_a_condition_lasts_for_a_block_or_until_it_is_removed() -> None:
    with FauxRedis() as redis, Wire(redis) as wire:
        with redis.state.readonly() as replica:
            assert wire.ask("SET k v") == READONLY
            assert wire.ask("GET k") == "(nil)"
            assert replica.is_in_force
        assert wire.ask("SET k v") == "+OK"
        oom = redis.state.oom(named="small machine")
        assert repr(oom) == "oom 'small machine'"
        assert redis.state.in_force == ["oom 'small machine'"]
        assert wire.ask("APPEND k v") == "-OOM command not allowed when used memory > 'maxmemory'."
        oom.remove()
        oom.remove()
        assert wire.ask("APPEND k v") == ":2"
        assert repr(oom) == "condition (ended)"


def test_reset_ends_every_condition() -> None:
    with FauxRedis() as redis:
        redis.state.busy()
        redis.state.noauth()
        redis.reset()
        assert redis.state.in_force == []
        assert ask(redis, "PING") == "+PONG"


def connected(redis: FauxRedis) -> redis_py.Redis:
    """A client that tries once."""
    return redis_py.Redis(port=redis.port, retry=Retry(NoBackoff(), 0))


def test_a_client_raises_what_it_raises_for_a_real_server() -> None:
    with FauxRedis() as redis, connected(redis) as client:
        client.ping()
        with redis.state.readonly(), pytest.raises(redis_py.ReadOnlyError):
            client.set("k", "v")
        with redis.state.loading(), pytest.raises(redis_py.BusyLoadingError):
            client.get("k")
        with redis.state.oom(), pytest.raises(redis_py.exceptions.OutOfMemoryError):
            client.set("k", "v")
        with redis.state.noauth(), pytest.raises(redis_py.AuthenticationError):
            client.get("k")
        with redis.state.maxclients(), pytest.raises(redis_py.ConnectionError, match="max number of clients"):
            connected(redis).ping()
        assert client.set("k", "v")


def test_a_transaction_with_a_refused_command_is_discarded() -> None:
    with FauxRedis() as redis, redis_py.Redis(port=redis.port) as client:
        with (
            redis.state.oom(),
            client.pipeline() as pipe,
            pytest.raises(redis_py.exceptions.OutOfMemoryError),
        ):
            pipe.set("k", "v").get("k").execute()
        assert client.get("k") is None


def test_every_condition_can_be_entered() -> None:
    names = "loading readonly oom misconf busy masterdown noreplicas clusterdown maxclients noauth protected"
    with FauxRedis() as redis:
        for name in names.split():
            with getattr(redis.state, name)(named="x"):
                assert redis.state.in_force == [f"{name} 'x'"]


def test_a_name_is_a_text() -> None:
    with FauxRedis() as redis, pytest.raises(OptionError, match="option 'named' takes a str, not 3"):
        redis.state.oom(named=3)  # type: ignore[arg-type]
