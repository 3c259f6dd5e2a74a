"""What the bytes of a connection go through, as users of redis-py meet it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from redis.exceptions import ConnectionError, TimeoutError
from wire import Wire

from faux_redis import FauxRedis, OptionError, StoppedError, client, re


def connect(server: FauxRedis, **options: Any) -> Any:
    retry = redis.retry.Retry(redis.backoff.NoBackoff(), 0)
    return redis.Redis(port=server.port, decode_responses=True, retry=retry, **options)


@pytest.fixture
def frozen() -> Iterator[FauxRedis]:
    """A server whose time stands."""
    with FauxRedis(clock=1_000_000) as redis:
        yield redis


def test_a_latency_goes_by_the_servers_clock(frozen: FauxRedis) -> None:
    with frozen.link().latency(10), Wire(frozen) as wire:
        wire.send("PING")
        frozen.wait_for("PING")
        frozen.clock.advance(10)
        assert wire.receive() == "+PONG"


def test_a_client_that_does_not_wait_that_long_times_out(frozen: FauxRedis) -> None:
    with connect(frozen, socket_timeout=0.1) as app:
        app.ping()
        with frozen.link().latency(60), pytest.raises(TimeoutError):
            app.get("k")
        assert app.get("k") is None


def test_bytes_one_by_one_are_all_there(faux_redis: FauxRedis) -> None:
    with connect(faux_redis) as app, faux_redis.link(direction="both").slice(1):
        app.set("k", "v" * 500)
        assert app.get("k") == "v" * 500
        assert app.mget(["k"] * 10) == ["v" * 500] * 10


def test_a_blackhole_is_a_timeout_and_gives_all_back(faux_redis: FauxRedis) -> None:
    with connect(faux_redis, socket_timeout=0.1) as app, Wire(faux_redis) as wire:
        app.ping()
        assert wire.ask("PING") == "+PONG"
        with faux_redis.link().blackhole():
            wire.send("INCR n")
            with pytest.raises(TimeoutError):
                app.incr("n")
            assert len(faux_redis.calls("INCR")) == 0
        assert wire.receive() in (":1", ":2")


def test_a_blackhole_may_close_after_a_time(frozen: FauxRedis) -> None:
    with Wire(frozen) as wire:
        wire.ask("PING")
        frozen.link().blackhole(close_after=30)
        wire.send("PING")
        frozen.clock.advance(30)
        assert wire.receive() == "(closed)"


@pytest.mark.parametrize("then", ["close", "reset"])
def test_a_limit_is_a_connection_error(faux_redis: FauxRedis, then: Any) -> None:
    with connect(faux_redis) as app:
        app.set("k", "v" * 100)
        with faux_redis.link().limit(50, then=then), pytest.raises(ConnectionError):
            app.get("k")
        assert app.get("k") == "v" * 100


def test_a_reset_at_once_after_a_time_or_after_bytes(frozen: FauxRedis) -> None:
    with Wire(frozen) as wire:
        wire.ask("PING")
        with frozen.link(1).reset():
            assert wire.is_reset()
    with Wire(frozen) as wire, frozen.link().reset(after=5):
        assert wire.ask("PING") == "+PONG"
        frozen.clock.advance(5)
        assert wire.is_reset()
    with connect(frozen) as app:
        app.ping()
        with frozen.link().reset(after_bytes=3), pytest.raises(ConnectionError):
            app.echo("hello")


def test_only_connections_that_are_meant_are_met(frozen: FauxRedis) -> None:
    with (
        connect(frozen, client_name="web-1", socket_timeout=0.1) as web,
        connect(frozen, client_name="batch", socket_timeout=5) as batch,
        frozen.link(client("web-*")).latency(60),
    ):
        assert batch.ping()
        with pytest.raises(TimeoutError):
            web.ping()


def test_a_slow_close_and_a_bandwidth_hold_bytes_back(frozen: FauxRedis) -> None:
    with Wire(frozen) as wire, frozen.link().slow_close(5).bandwidth(10):
        wire.send("QUIT")
        frozen.wait_for("QUIT")
        frozen.clock.advance(1)
        assert wire.receive() == "+OK"
        frozen.clock.advance(10)
        assert wire.receive() == "(closed)"


def test_corrupted_bytes_are_the_same_for_the_same_seed() -> None:
    def heard(seed: int) -> bytes:
        with FauxRedis(seed=seed) as redis, redis.link().corrupt(0.5), Wire(redis) as wire:
            wire.send("ECHO abcdefghijklmnop")
            wire.send("QUIT")
            got = b""
            while chunk := wire.connection.socket.recv(100):
                got += chunk
            return got

    assert heard(1) == heard(1)
    assert len(heard(1)) == len(b"$16\r\nabcdefghijklmnop\r\n+OK\r\n")
    assert heard(1) != heard(2)


def test_a_handle_shows_names_and_removes(faux_redis: FauxRedis) -> None:
    link = faux_redis.link([1, 2], direction="up").latency(0.5, jitter=0.1).limit(9, direction="down")
    shown = "(client(id=[1, 2])).latency(500ms, jitter=100ms)/up.limit(9, then=close)/down"
    assert repr(link) == f"link{shown}"
    assert repr(link.named("slow")) == f"link 'slow'{shown}"
    link.remove()
    link.remove()
    assert repr(link) == "link (gone)"
    with pytest.raises(StoppedError, match="the link has been removed"):
        link.slice(1)


def test_what_makes_no_sense_is_refused_and_leaves_the_link_as_it_was(faux_redis: FauxRedis) -> None:
    link: Any = faux_redis.link()
    server: Any = faux_redis
    wrongs: list[tuple[Callable[[], Any], str]] = [
        (lambda: link.bandwidth(0), r"one byte a second or more; blackhole\(\) lets none through"),
        (lambda: link.corrupt(2), "corrupt takes a probability from 0 to 1, not 2"),
        (lambda: link.latency(-1), "'latency' takes seconds, zero or more, not -1"),
        (lambda: link.slice(0), "option 'size' takes an int of 1 or more, not 0"),
        (
            lambda: link.limit(1, then="stop"),
            "option 'then' takes 'close', 'reset' or 'blackhole', not 'stop'",
        ),
        (lambda: link.latency(1, direction="left"), "'down', 'up' or 'both', not 'left'"),
        (lambda: link.reset(after=1, after_bytes=1), "not both"),
        (lambda: server.link(p=2), "p takes a probability from 0 to 1, not 2"),
        (lambda: server.link("web"), "option 'client' takes a connection's id"),
        (lambda: server.link(client(name=re("x"))), "cannot ask a predicate here"),
    ]
    for wrong, message in wrongs:
        with pytest.raises(OptionError, match=message):
            wrong()
    assert repr(link) == "link(client())"
    link.remove()
