"""Servers that are down, restart, pause, kill, push and limit, as users of redis-py meet them."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis
from redis.exceptions import ConnectionError, TimeoutError
from wire import Wire, ask, is_open

from faux_redis import FauxRedis, OptionError, client, invalidate, message, push


def connect(server: FauxRedis, **options: Any) -> redis.Redis:
    retry = redis.retry.Retry(redis.backoff.NoBackoff(), 0)
    return redis.Redis(port=server.port, decode_responses=True, retry=retry, **options)


def test_a_server_that_is_down_refuses_and_comes_back_with_its_data(faux_redis: FauxRedis) -> None:
    with connect(faux_redis) as app:
        app.set("k", "v")
        with faux_redis.down():
            assert faux_redis.is_down
            with pytest.raises(ConnectionError):
                app.get("k")
            with pytest.raises(ConnectionError, match="refused"):
                app.get("k")
            with socket.socket() as other:
                other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                with pytest.raises(OSError, match="in use"):
                    other.bind(("127.0.0.1", faux_redis.port))
        assert not faux_redis.is_down
        assert app.get("k") == "v"


def test_a_server_that_accepts_and_closes_is_a_connection_error(faux_redis: FauxRedis) -> None:
    with connect(faux_redis) as app, faux_redis.down(mode="accept_close"):
        assert is_open(faux_redis.port)
        with pytest.raises(ConnectionError):
            app.ping()
    assert ask(faux_redis, "PING") == "+PONG"


def test_a_server_that_accepts_and_never_reads_is_a_timeout(faux_redis: FauxRedis) -> None:
    with connect(faux_redis, socket_timeout=0.1) as app:
        with faux_redis.down(mode="blackhole"), pytest.raises(TimeoutError):
            app.set("k", "v")
        assert app.get("k") is None


def test_a_handle_or_the_server_itself_brings_it_up(faux_redis: FauxRedis) -> None:
    down = faux_redis.down()
    assert not is_open(faux_redis.port)
    down.up()
    down.up()
    assert is_open(faux_redis.port)
    faux_redis.down()
    faux_redis.up()
    assert is_open(faux_redis.port)
    with pytest.raises(OptionError, match="'refuse', 'accept_close' or 'blackhole', not 'away'"):
        faux_redis.down("away")  # type: ignore[arg-type]


def test_a_restart_keeps_or_loses_the_data_and_is_seen_in_info(faux_redis: FauxRedis) -> None:
    with connect(faux_redis) as app:
        app.set("k", "v")
        before, port = app.info("server"), faux_redis.port
        with Wire(faux_redis) as wire:
            wire.ask("PING")
            faux_redis.restart()
            assert wire.receive() == "(closed)"
        assert (app.get("k"), faux_redis.port) == ("v", port)
        assert app.info("server")["run_id"] != before["run_id"]
        faux_redis.restart(keep=False)
        assert app.get("k") is None
    with pytest.raises(OptionError, match="'keep' takes True or False, not 1"):
        faux_redis.restart(keep=1)  # type: ignore[arg-type]


def test_a_paused_connection_times_out_and_is_served_afterwards(faux_redis: FauxRedis) -> None:
    with Wire(faux_redis) as paused, Wire(faux_redis) as other:
        assert paused.ask("PING") == "+PONG"
        with faux_redis.pause(1):
            paused.send("INCR n")
            assert other.ask("INCR n") == ":1"
        assert paused.receive() == ":2"
    pause = faux_redis.pause()
    with connect(faux_redis, socket_timeout=0.1) as app:
        with pytest.raises(TimeoutError):
            app.ping()
        pause.resume()
        assert app.ping()


@pytest.mark.parametrize("how", ["close", "reset"])
def test_killed_connections_are_counted_and_noticed(faux_redis: FauxRedis, how: Any) -> None:
    with (
        connect(faux_redis, client_name="worker-1") as worker,
        connect(faux_redis) as other,
        ThreadPoolExecutor() as threads,
    ):
        other.ping()
        waiting = threads.submit(worker.blpop, ["jobs"], 0)
        faux_redis.wait_for("BLPOP")
        assert faux_redis.kill(client("worker-*"), how=how) == 1
        with pytest.raises(ConnectionError):
            waiting.result()
        assert faux_redis.kill(client("worker-*")) == 0
        other.rpush("jobs", "kept")
        assert worker.blpop(["jobs"], 0) == ("jobs", "kept")
    with pytest.raises(OptionError, match="'close' or 'reset', not 'softly'"):
        faux_redis.kill(how="softly")  # type: ignore[arg-type]


def test_clients_above_the_limit_get_the_real_error(faux_redis: FauxRedis) -> None:
    with Wire(faux_redis) as first:
        first.ask("PING")
        with faux_redis.max_clients(1):
            with connect(faux_redis) as app, pytest.raises(ConnectionError, match="max number of clients"):
                app.ping()
            with Wire(faux_redis) as second:
                assert second.receive() == "-ERR max number of clients reached"
                assert second.receive() == "(closed)"
        assert ask(faux_redis, "PING") == "+PONG"
    with pytest.raises(OptionError, match="'max_clients' takes an int of 1 or more, not 0"):
        faux_redis.max_clients(0)


def test_a_push_reaches_a_client_of_resp3(faux_redis: FauxRedis) -> None:
    with connect(faux_redis, protocol=3) as app:
        pubsub = app.pubsub()
        pubsub.subscribe("ch")
        assert pubsub.get_message(timeout=5)["type"] == "subscribe"
        assert faux_redis.push(client(resp=3), message("ch", "by hand")) >= 1
        said = pubsub.get_message(timeout=5)
        assert (said["type"], said["channel"], said["data"]) == ("message", "ch", "by hand")


def test_over_resp2_only_subscribers_hear_messages(faux_redis: FauxRedis) -> None:
    with Wire(faux_redis) as wire:
        wire.ask("PING")
        with pytest.raises(OptionError, match="connection 1 speaks RESP2, where only subscribers"):
            faux_redis.push(1, message("ch", "x"))
        wire.ask("SUBSCRIBE ch")
        assert faux_redis.push(1, message("ch", "x")) == 1
        assert wire.receive() == '["message", "ch", "x"]'
        with pytest.raises(OptionError, match="only messages"):
            faux_redis.push(1, invalidate("k"))


def test_pushes_are_written_as_a_real_server_does(faux_redis: FauxRedis) -> None:
    with Wire(faux_redis) as wire:
        wire.send("HELLO 3")
        wire.receive()
        for value, sent in [
            (invalidate("a", "b"), b">2\r\n$10\r\ninvalidate\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n"),
            (invalidate(), b">2\r\n$10\r\ninvalidate\r\n_\r\n"),
            (message("c", "p"), b">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\np\r\n"),
            (push(["own", 1]), b">2\r\n$3\r\nown\r\n:1\r\n"),
            (["list"], b">1\r\n$4\r\nlist\r\n"),
        ]:
            assert faux_redis.push(None, value) == 1
            got = b""
            while len(got) < len(sent):
                got += wire.connection.socket.recv(len(sent) - len(got))
            assert got == sent
    with pytest.raises(OptionError, match="push takes a push or an array"):
        faux_redis.push(None, 7)
