"""fakeredis's words: clients of redis-py with a server of their own."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from typing import Any

import pytest
import redis
import redis.asyncio
from redis.backoff import NoBackoff
from redis.retry import Retry

from faux_redis import FauxRedis, OptionError, fakeredis
from faux_redis.fakeredis import (
    FakeAsyncRedis,
    FakeAsyncRedisConnection,
    FakeRedis,
    FakeRedisConnection,
    FakeServer,
    FakeStrictRedis,
    TcpFakeServer,
)

UNREACHED = "FakeRedis is emulating a connection error"


def test_a_client_is_one_of_redis_pys_and_alone() -> None:
    with FakeRedis() as client, FakeStrictRedis(decode_responses=True) as other:
        assert isinstance(client, redis.Redis)
        client.set("k", "v")
        assert client.get("k") == b"v"
        assert other.get("k") is None
        other.set("k", "w")
        assert other.get("k") == "w"


def test_clients_of_one_server_share_it() -> None:
    server = FakeServer()
    with FakeRedis(server=server) as one, FakeStrictRedis(server=server, db=0) as other:
        one.set("k", "v")
        assert other.get("k") == b"v"
        assert server.dbs[0]["k"] == b"v"
        assert list(server.dbs) == [0]
        server.dbs[3]["other"] = "x"
        assert len(server.dbs) == 2


def test_clients_of_one_address_type_and_version_share_a_server() -> None:
    with FakeRedis("shared.example", 7001, 2) as one:
        one.set("k", "v")
        for other in (
            FakeRedis(host="shared.example", port=7001, db=2),
            FakeRedis.from_url("redis://shared.example:7001/2"),
            FakeRedis(host="shared.example", port=7001, db=2, version=(7, 2)),
        ):
            assert other.get("k") == b"v"
            other.close()
        for other in (
            FakeRedis(host="shared.example", port=7002, db=2),
            FakeRedis(host="shared.example", port=7001, db=2, version=(6,)),
            FakeRedis(host="shared.example", port=7001, db=2, server_type="valkey"),
            FakeRedis(unix_socket_path="/shared.example", db=2),
        ):
            assert other.get("k") is None
            other.close()
    with FakeRedis(unix_socket_path="/shared.example") as one:
        one.set("k", "v")
        with FakeRedis.from_url("unix:///shared.example") as other:
            assert other.get("k") == b"v"


def test_a_server_that_is_not_connected_is_not_reached() -> None:
    server = FakeServer()
    with FakeRedis(server=server) as client, client.pubsub() as pubsub:
        client.set("k", "v")
        pubsub.subscribe("news")
        server.connected = False
        confirmed = pubsub.get_message()
        assert confirmed is not None, "what was sent before is read"
        assert confirmed["type"] == "subscribe"
        for attempt in (
            lambda: client.get("k"),
            lambda: client.pipeline().get("k").execute(),
            pubsub.get_message,
        ):
            with pytest.raises(redis.ConnectionError, match=UNREACHED):
                attempt()
        with pytest.raises(redis.ConnectionError, match=UNREACHED):
            FakeRedis(server=server).ping()
        server.connected = True
        assert client.get("k") == b"v"
    with FakeRedis(connected=False) as client, pytest.raises(redis.ConnectionError, match=UNREACHED):
        client.ping()


def test_a_client_that_is_told_to_retry_does() -> None:
    server = FakeServer()
    server.faux.stub("GET").close().times(2)
    server.dbs[0]["k"] = "v"
    with FakeRedis(server=server, retry=Retry(NoBackoff(), 3)) as client:
        assert client.get("k") == b"v"
    server.faux.stub("GET").close().times(2)
    with FakeRedis(server=server) as client, pytest.raises(redis.ConnectionError):
        client.get("k")


async def test_asyncio_has_the_same() -> None:
    server = FakeServer()
    async with FakeAsyncRedis(server=server) as client, FakeAsyncRedis() as alone:
        assert isinstance(client, redis.asyncio.Redis)
        await client.set("k", "v")
        assert server.dbs[0]["k"] == b"v"
        assert await alone.get("k") is None
        async with client.pipeline() as pipeline:
            pipeline.incr("n")
            pipeline.get("k")
            assert await pipeline.execute() == [1, b"v"]
        server.connected = False
        with pytest.raises(redis.ConnectionError, match=UNREACHED):
            await client.get("k")
        server.connected = True
        assert await client.get("k") == b"v"
    async with FakeAsyncRedis(connected=False) as client:
        with pytest.raises(redis.ConnectionError, match=UNREACHED):
            await client.ping()
    async with fakeredis.aioredis.FakeRedis.from_url("redis://async.example:1/1") as client:
        await client.set("k", "v")
    async with FakeAsyncRedis(host="async.example", port=1, db=1) as client:
        assert await client.get("k") == b"v"


async def test_a_blocked_client_gets_what_another_pushes() -> None:
    server = FakeServer()
    async with FakeAsyncRedis(server=server) as client:
        pusher = threading.Thread(target=lambda: FakeRedis(server=server).rpush("jobs", "a"))
        pusher.start()
        assert await client.blpop("jobs", timeout=30) == (b"jobs", b"a")
        pusher.join()


def test_the_versions_are_those_that_are_played() -> None:
    for version, expect in (
        ((7,), "7.4.0"),
        ("7.0", "7.0.0"),
        (6, "6.2.0"),
        ((5, 0), "6.2.0"),
        ((7, 2), "7.2.0"),
        ((8,), FauxRedis().start().persona.split()[1]),
    ):
        with FakeRedis(version=version) as client:
            assert client.info("server")["redis_version"] == expect
    for server_type in ("dragonfly", "kividb"):
        with FakeRedis(server_type=server_type) as client:
            assert client.ping()
    assert FakeServer(version=(9,), server_type="valkey").faux.persona == "valkey 9.1.0"
    assert FakeServer(version=(7,), server_type="valkey").faux.persona == "valkey 8.1.1"


def test_settings_and_modules() -> None:
    server = FakeServer(config={b"requirepass": b"secret"})
    with FakeRedis(server=server, password="secret") as client:
        assert client.ping()
    with FakeRedis(server=server) as client, pytest.raises(redis.AuthenticationError):
        client.ping()
    assert FakeRedis(lua_modules=set()).ping()


def test_options_that_make_no_sense_are_named() -> None:
    with pytest.raises(OptionError, match="option 'server_type' takes one of redis, valkey"):
        FakeServer(server_type="memcached")
    with pytest.raises(OptionError, match="option 'version' takes a tuple such as"):
        FakeServer(version="new")
    with pytest.raises(OptionError, match="option 'lua_modules' takes nothing"):
        FakeRedis(lua_modules={"cjson"})
    with pytest.raises(TypeError, match="nonsense"):
        FakeRedis(nonsense=1)


def test_pools_and_single_connections_are_taken() -> None:
    server = FakeServer()
    pool: Any = redis.ConnectionPool(connection_class=FakeRedisConnection, server=server)
    with FakeRedis(connection_pool=pool) as client:
        client.set("k", "v")
    with FakeRedis(server=server, single_connection_client=True, max_connections=1) as client:
        assert client.get("k") == b"v"
        assert client.connection is not None
    with FakeRedis(
        server=server, connection_pool_class=redis.BlockingConnectionPool, max_connections=2
    ) as client:
        assert client.get("k") == b"v"
        assert isinstance(client.connection_pool, redis.BlockingConnectionPool)
    pool.disconnect()
    with FakeRedis(server=server, ssl=True, ssl_cert_reqs="none") as client:
        assert client.get("k") == b"v"


def test_the_old_names_of_connections_warn() -> None:
    with pytest.warns(DeprecationWarning, match="FakeConnection is now FakeRedisConnection"):
        assert isinstance(fakeredis.FakeConnection(server=FakeServer()), FakeRedisConnection)
    with pytest.warns(DeprecationWarning, match="FakeAsyncConnection is now"):
        assert isinstance(fakeredis.FakeAsyncConnection(server=FakeServer()), FakeAsyncRedisConnection)


def test_the_server_behind_takes_stubs() -> None:
    server = FakeServer()
    server.faux.stub("GET", "k").error("ERR no")
    with FakeRedis(server=server) as client, pytest.raises(redis.ResponseError, match="no"):
        client.get("k")
    assert [call.name for call in server.faux.calls("GET")] == ["GET"]


def test_a_tcp_server_answers_until_it_is_closed() -> None:
    with TcpFakeServer(("localhost", 0), server_type="valkey", server_version=(8, 1)) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        host, port = server.server_address
        with redis.Redis(host=host, port=port) as client:  # type: ignore[arg-type]
            client.set("k", "v")
            assert client.get("k") == b"v"
        server.shutdown()
        serving.join()
    with pytest.raises(redis.ConnectionError):
        redis.Redis(port=port, retry=Retry(NoBackoff(), 0)).ping()
    later = TcpFakeServer(("127.0.0.1", 0), bind_and_activate=False)
    later.server_bind()
    later.server_activate()
    assert redis.Redis(port=later.server_address[1]).ping()
    later.server_close()


async def test_valkey_py_has_the_same() -> None:
    pytest.importorskip("valkey")
    server = FakeServer(version=(8,), server_type="valkey")
    with fakeredis.FakeValkey(server=server) as client:
        client.set("k", "v")
        assert client.get("k") == b"v"
        assert client.info("server")["server_name"] == "valkey"
    async with fakeredis.FakeAsyncValkey(server=server) as client:
        assert await client.get("k") == b"v"
    with fakeredis.FakeStrictValkey(version=(9,)) as client:
        assert client.get("k") is None
        assert client.info("server")["valkey_version"] == "9.1.0"


def test_without_redis_py_it_says_what_is_missing() -> None:
    code = "import sys; sys.modules['redis'] = None\nimport faux_redis.fakeredis"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "faux_redis.fakeredis needs redis-py: pip install redis" in done.stderr
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        fakeredis.Nothing  # noqa: B018


def test_a_client_may_stand_in_the_place_of_the_librarys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis, "Redis", fakeredis.FakeRedis)
    monkeypatch.setattr(redis.asyncio, "Redis", fakeredis.FakeAsyncRedis)
    with redis.Redis(host="cache.example.com", port=6380) as client:
        client.set("k", "v")
    with redis.Redis.from_url("redis://cache.example.com:6380") as again:
        assert again.get("k") == b"v"

    async def ping() -> bool:
        async with redis.asyncio.Redis(host="cache.example.com") as client:
            return bool(await client.ping())

    assert asyncio.run(ping())
