"""A server's beginning, end and options."""

from __future__ import annotations

import datetime
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from wire import Wire, ask, is_open

from faux_redis import FauxRedis, FauxRedisError, ListenError, OptionError, StoppedError


def test_a_server_answers_as_soon_as_the_block_begins() -> None:
    with FauxRedis() as redis:
        assert ask(redis, "PING") == "+PONG"
        assert redis.url == f"redis://127.0.0.1:{redis.port}"
        assert redis.address == f"127.0.0.1:{redis.port}"
        assert redis.unix_socket is None
        assert repr(redis) == f"<FauxRedis {redis.address}>"


def test_a_server_that_has_stopped_cannot_be_reached_and_still_tells_what_happened() -> None:
    with FauxRedis() as redis:
        ask(redis, "SET k v")
    assert not is_open(redis.port)
    assert [call.name for call in redis.calls] == ["SET"]
    assert "stopped" in repr(redis)


def test_stopping_ends_the_connections_and_can_be_done_twice() -> None:
    redis = FauxRedis().start()
    with Wire(redis) as wire:
        wire.ask("PING")
        redis.stop()
        assert wire.receive() == "(closed)"
    redis.stop()


def test_a_server_can_start_again_and_knows_nothing_of_its_first_life() -> None:
    redis = FauxRedis()
    with redis:
        redis.expect("GET").optional()
        ask(redis, "GET k")
    with redis:
        assert len(redis.calls) == 0
        assert ask(redis, "PING") == "+PONG"


def test_a_server_that_runs_is_not_started_twice() -> None:
    with FauxRedis() as redis:
        port = redis.port
        assert redis.start().port == port


def test_a_server_that_was_not_started_says_so() -> None:
    redis = FauxRedis()
    assert repr(redis) == "<FauxRedis, not started>"
    redis.stop()
    with pytest.raises(StoppedError, match=r"start\(\)"):
        redis.port  # noqa: B018 - the property is what is tested


def test_a_unix_socket_takes_the_place_of_the_port(tmp_path: Path) -> None:
    path = tmp_path / "redis.sock"
    with FauxRedis(unix_socket=path) as redis:
        assert (redis.port, redis.unix_socket, redis.address) == (0, str(path), str(path))
        assert redis.url == f"unix://{path}"
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            assert client.recv(100) == b"+PONG\r\n"
    assert not path.exists()


def test_a_persona_is_played() -> None:
    with FauxRedis(flavour="valkey", version="8.1") as redis:
        assert redis.persona == "valkey 8.1.0"
    with FauxRedis(version="7.0.15") as redis:
        assert redis.persona == "redis 7.0.15"


def test_a_password_is_in_the_url_and_asked_for() -> None:
    with FauxRedis(password="s e") as redis:
        assert redis.url == f"redis://:s%20e@127.0.0.1:{redis.port}"
        assert ask(redis, "GET k") == "-NOAUTH Authentication required."


def test_reset_puts_everything_back() -> None:
    with FauxRedis() as redis:
        redis.stub("GET").reply("stub")
        redis.expect("DEL")
        ask(redis, "SET k v")
        redis.reset()
        assert len(redis.calls) == 0
        assert ask(redis, "GET k") == "(nil)"


def test_the_store_alone_or_the_rules_alone_can_answer() -> None:
    with FauxRedis(mode="stateful_only") as redis:
        rule = redis.stub("GET").reply("stub")
        assert ask(redis, "GET k") == "(nil)"
        assert rule.hits == 1
    with FauxRedis(mode="mock_only") as redis:
        redis.stub("GET").reply("stub")
        assert ask(redis, "GET k") == '"stub"'
        assert ask(redis, "DEL k").startswith("-ERR")


def test_time_stands_until_it_is_moved() -> None:
    start = datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc)
    with FauxRedis(clock=start) as redis:
        ask(redis, "SET k v EX 60")
        assert redis.clock.now() == start.timestamp()
        assert ask(redis, "GET k") == '"v"'
        redis.clock.advance(61)
        assert ask(redis, "GET k") == "(nil)"
        assert redis.calls[0].time == start.timestamp()


def test_the_journal_is_bounded_and_counts_what_it_dropped() -> None:
    with FauxRedis(journal_limit=2) as redis, Wire(redis) as wire:
        for _ in range(5):
            wire.ask("PING")
        assert (len(redis.calls), redis.dropped_calls) == (2, 3)
        assert [call.seq for call in redis.calls] == [4, 5]


def test_the_number_of_databases_is_an_option() -> None:
    with FauxRedis(databases=1) as redis:
        assert ask(redis, "SELECT 1") == "-ERR DB index is out of range"


def test_data_can_come_from_an_rdb_file(tmp_path: Path) -> None:
    with FauxRedis(config={"dir": str(tmp_path)}) as redis:
        ask(redis, "SET k v")
        assert ask(redis, "SAVE") == "+OK"
    with FauxRedis(rdb=tmp_path / "dump.rdb") as redis:
        assert ask(redis, "GET k") == '"v"'
        ask(redis, "FLUSHALL")
        redis.reset()
        assert ask(redis, "GET k") == '"v"'


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"colour": 1}, r"unknown option 'colour'; there are port, ip, .*verify"),
        ({"port": -1}, r"option 'port' takes an int from 0 to 65535, not -1"),
        ({"port": 65536}, r"option 'port' .* not 65536"),
        ({"port": True}, r"option 'port' .* not True"),
        ({"ip": "here"}, r"option 'ip' takes an IP address such as '127\.0\.0\.1', not 'here'"),
        ({"mode": "mock"}, r"option 'mode' takes 'mock_first', 'stateful_only' or 'mock_only', not 'mock'"),
        ({"password": 1}, r"option 'password' takes a str or None, not 1"),
        ({"flavour": "keydb"}, r"option 'flavour' takes 'redis' or 'valkey', not 'keydb'"),
        ({"version": "new"}, r"option 'version' takes a version such as '7\.0\.15', or None, not 'new'"),
        ({"databases": 0}, r"option 'databases' takes an int from 1 to 2147483647, not 0"),
        ({"strict": "yes"}, r"option 'strict' takes True, False or 'all', not 'yes'"),
        ({"journal_limit_bytes": 0}, r"option 'journal_limit_bytes' takes an int of 1 or more, not 0"),
        ({"lint": "all"}, r"option 'lint' takes a list of smells, not 'all'"),
        ({"lint": 3}, r"option 'lint' takes True, False, 'fail' or a list of smells, not 3"),
        ({"lint": ["typo"]}, r"a smell is round_trips, .*, deprecated, not 'typo'"),
        ({"lint_ignore": 3}, r"option 'lint_ignore' takes a list of smells, not 3"),
        ({"max_round_trips": -1}, r"option 'max_round_trips' takes an int of 0 or more, or None, not -1"),
        ({"seed": -1}, r"option 'seed' takes an int from 0"),
        (
            {"clock": "now"},
            r"option 'clock' takes 'system', 'frozen', 'auto', or a start time in seconds .*, not 'now'",
        ),
        ({"journal_limit": 0}, r"option 'journal_limit' takes an int of 1 or more, not 0"),
        ({"config": "x"}, r"option 'config' takes a dict"),
        ({"rdb": 3}, r"option 'rdb' takes a path or None, not 3"),
        ({"unix_socket": 3}, r"option 'unix_socket' takes a path or None, not 3"),
        ({"verify": 1}, r"option 'verify' takes True or False, not 1"),
    ],
)
def test_a_bad_option_is_named_with_what_it_accepts(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message) as caught:
        FauxRedis(**options)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"version": "5.0"}, r"version 5\.0\.0 is not played"),
        ({"config": {"no-such-setting": 1}}, r"unknown setting 'no-such-setting'"),
        ({"rdb": "/no/such/file.rdb"}, r"cannot load the RDB file /no/such/file\.rdb: No such file"),
    ],
)
def test_what_only_the_server_can_tell_is_told_at_its_start(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        FauxRedis(**options).start()


def test_a_taken_port_is_named() -> None:
    with FauxRedis() as redis, pytest.raises(ListenError, match=f"port {redis.port} of 127") as caught:
        FauxRedis(port=redis.port).start()
    assert isinstance(caught.value, OSError)
    assert isinstance(caught.value, FauxRedisError)


def test_the_password_has_two_names() -> None:
    for options in ({"require_auth": "secret"}, {"password": "secret", "require_auth": True}):
        with FauxRedis(**options) as redis:
            assert ask(redis, "GET k") == "-NOAUTH Authentication required."
            assert ask(redis, "AUTH secret") == "+OK"
            assert redis.url.startswith("redis://:secret@")
    with FauxRedis(require_auth=False) as redis:
        assert ask(redis, "GET k") == "(nil)"
    with pytest.raises(OptionError, match="'password' must say which password it is"):
        FauxRedis(require_auth=True)
    with pytest.raises(OptionError, match="name two passwords; one of them is enough"):
        FauxRedis(password="a", require_auth="b")
    with pytest.raises(OptionError, match="option 'password' takes a str or None, not 5"):
        FauxRedis(require_auth=5)  # type: ignore[arg-type]


def test_an_encrypted_server_is_known_by_its_certificate() -> None:
    with FauxRedis(tls=True, password="secret") as server:
        assert server.url == f"rediss://:secret@127.0.0.1:{server.port}"
        path = server.tls_ca_path
        assert path is not None
        assert Path(path).read_text() == server.tls_ca
        for host in ("127.0.0.1", "localhost"):
            url = server.url.replace("127.0.0.1", host)
            with redis.Redis.from_url(url, ssl_ca_certs=path) as client:
                client.set("k", "x" * 100_000)
                assert client.get("k") == b"x" * 100_000
        with (
            redis.Redis.from_url(server.url, retry=Retry(NoBackoff(), 0)) as client,
            pytest.raises(redis.ConnectionError, match="certificate verify failed"),
        ):
            client.ping()
        with socket.create_connection(("127.0.0.1", server.port)) as plain:
            plain.settimeout(30)
            plain.sendall(b"PING\r\n")
            assert b"PONG" not in plain.recv(64)
        context = ssl.create_default_context(cadata=server.tls_ca)
        with (
            socket.create_connection(("127.0.0.1", server.port)) as raw,
            context.wrap_socket(raw, server_hostname="localhost") as wrapped,
        ):
            wrapped.settimeout(30)
            wrapped.sendall(b"AUTH secret\r\n")
            assert wrapped.recv(64) == b"+OK\r\n"
            server.stub("PING").close()
            wrapped.sendall(b"PING\r\n")
            assert wrapped.recv(64) == b"", "and its end is in order"
    with FauxRedis() as server:
        assert server.tls_ca is None
        assert server.tls_ca_path is None
    with pytest.raises(OptionError, match="option 'tls' takes True or False, not 'yes'"):
        FauxRedis(tls="yes")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="option 'tls' is for a port"):
        FauxRedis(tls=True, unix_socket="/nowhere").start()
