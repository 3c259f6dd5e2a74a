"""fakeredis's words: clients of redis-py with a server of their own, by one changed import.

    from faux_redis import fakeredis     # in place of `import fakeredis`

    client = fakeredis.FakeRedis()
    client.set("k", "v")

Each is a real client of redis-py's, connected through a socket to a real server of this process; so
pipelines, pub/sub, blocking commands, RESP3 and the errors of the client itself are what they are. Who
shares a server: without `server` and without an address each client is alone; clients of one `FakeServer`
share it; and so do all clients of one address (host and port, or the path of a socket), server type and
major version, as long as the process lives. `server.connected = False` lets clients raise a
ConnectionError.

The server behind a `FakeServer` is its `faux`: stubs, faults, the clock, the store by hand and what was
called are there: `FakeServer().faux.stub("GET").error("ERR no")`.

What differs from fakeredis:

- A version is one that this package plays: `(7,)` is Redis 7.4, `(6,)` and older 6.2, `(8,)` the newest;
  of Valkey `(8,)` is 8.1 and `(9,)` 9.1. The types `dragonfly` and `kividb` are played as Redis. `()` takes
  the newest.
- `connected=False` is honoured by synchronous clients as well as by asyncio ones.
- A client that is not given `retry` does not retry, so that a ConnectionError comes at once.
- `lua_modules` is refused unless it is empty, and the setting `aclfile` if the server has none.
- `FakeServer.dbs` is a view: `server.dbs[0]["key"]` reads and writes the store. `lock` locks nothing, as the
  server has a lock of its own. What fakeredis keeps besides is not there.
- A server stops when it is forgotten; one that was shared by address when the process ends.
- `TcpFakeServer` answers as soon as it is activated; `serve_forever` only waits for `shutdown`.

It needs redis-py, and for the classes called after Valkey valkey-py.
"""

from __future__ import annotations

try:
    import redis  # noqa: F401
except ImportError as error:
    raise ImportError(
        "faux_redis.fakeredis needs redis-py: pip install redis, or faux-redis[redis]"
    ) from error

from typing import Any

from ._clients import (
    FakeAsyncConnection,
    FakeAsyncRedis,
    FakeAsyncRedisConnection,
    FakeAsyncRedisMixin,
    FakeConnection,
    FakeRedis,
    FakeRedisConnection,
    FakeRedisMixin,
    FakeStrictRedis,
)
from ._server import FakeServer, TcpFakeServer

__all__ = [
    "FakeAsyncConnection",
    "FakeAsyncRedis",
    "FakeAsyncRedisConnection",
    "FakeAsyncRedisMixin",
    "FakeConnection",
    "FakeRedis",
    "FakeRedisConnection",
    "FakeRedisMixin",
    "FakeServer",
    "FakeStrictRedis",
    "TcpFakeServer",
]


def __getattr__(name: str) -> Any:
    if name in ("FakeAsyncValkey", "FakeStrictValkey", "FakeValkey"):
        try:
            from . import _valkey
        except ImportError as error:
            raise AttributeError(f"{name} needs valkey-py: pip install valkey") from error
        return getattr(_valkey, name)
    if name == "aioredis":
        import importlib

        return importlib.import_module(f"{__name__}.aioredis")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
