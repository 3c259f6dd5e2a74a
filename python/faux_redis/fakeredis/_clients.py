"""Clients and connections of redis-py's that reach a server of this process, whatever their address."""

from __future__ import annotations

import asyncio
import inspect
import socket
import warnings
from typing import TYPE_CHECKING, Any

import redis
import redis.asyncio

from ..errors import OptionError
from ._server import FakeServer, Version

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = [
    "AsyncConnectionMixin",
    "ConnectionMixin",
    "FakeAsyncConnection",
    "FakeAsyncRedis",
    "FakeAsyncRedisConnection",
    "FakeAsyncRedisMixin",
    "FakeConnection",
    "FakeRedis",
    "FakeRedisConnection",
    "FakeRedisMixin",
    "FakeStrictRedis",
]

UNREACHED = "FakeRedis is emulating a connection error."

# How long a reply may still be on its way when the server is no longer to be reached.
_ON_ITS_WAY_S = 0.05

# What says how a connection is made over a network, which is not how these are made.
_ELSEWHERE = ("path", "unix_socket_path")


class _Reaching:
    """What connections of both kinds know: their server, and whether they reach it."""

    _server: FakeServer
    _connected: bool

    def __init__(
        self,
        *args: Any,
        version: Version = (7, 0),
        server_type: str = "redis",
        server: FakeServer | None = None,
        client_class: Any = None,
        lua_modules: set[str] | None = None,
        writer: Any = None,
        connected: bool = True,
        **kwargs: Any,
    ) -> None:
        _refuse_modules(lua_modules)
        self._server = server or _server_of(kwargs, version, server_type)
        self._connected = connected
        kwargs = {name: value for name, value in kwargs.items() if not _is_elsewhere(name)}
        super().__init__(*args, **kwargs)

    def _reach(self) -> str:
        """The path of the server's socket; a connection error, if the server is not to be reached."""
        self._check()
        path = self._server.faux.unix_socket
        assert path is not None, "it listens on a Unix socket"
        return path

    def _unreached(self) -> None:
        module = inspect.getmodule(type(self).__mro__[2])
        raise getattr(module, "ConnectionError", redis.ConnectionError)(UNREACHED)

    def _is_reached(self) -> bool:
        return self._connected and self._server.connected

    def _check(self) -> None:
        if not self._is_reached():
            self._unreached()


class ConnectionMixin(_Reaching):
    """Makes a connection of redis-py's one to a server of this process."""

    def _connect(self) -> socket.socket:
        path = self._reach()
        end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            end.settimeout(getattr(self, "socket_connect_timeout", None))
            end.connect(path)
            end.settimeout(getattr(self, "socket_timeout", None))
        except BaseException:
            end.close()
            raise
        return end

    def connect(self) -> Any:
        """Connects, if the server is to be reached."""
        self._check()
        return super().connect()  # type: ignore[misc]

    def send_packed_command(self, command: Any, check_health: bool = True) -> Any:
        """Sends a request, if the server is to be reached."""
        self._check()
        return super().send_packed_command(command, check_health)  # type: ignore[misc]

    def read_response(self, *args: Any, **kwargs: Any) -> Any:
        """Reads a reply, if the server is to be reached or has sent it before."""
        if not self._is_reached() and not super().can_read(_ON_ITS_WAY_S):  # type: ignore[misc]
            self._unreached()
        return super().read_response(*args, **kwargs)  # type: ignore[misc]

    def can_read(self, *args: Any, **kwargs: Any) -> Any:
        """Whether there is something to read, which may be that the server is not to be reached."""
        return not self._is_reached() or super().can_read(*args, **kwargs)  # type: ignore[misc]


class AsyncConnectionMixin(_Reaching):
    """The same for asyncio."""

    async def _connect(self) -> None:
        streams = await asyncio.open_unix_connection(self._reach())
        for name, stream in zip(("_reader", "_writer"), streams, strict=True):
            setattr(self, name, stream)

    async def connect(self, *args: Any, **kwargs: Any) -> Any:
        """Connects, if the server is to be reached."""
        self._check()
        return await super().connect(*args, **kwargs)  # type: ignore[misc]

    async def send_packed_command(self, *args: Any, **kwargs: Any) -> Any:
        """Sends a request, if the server is to be reached."""
        self._check()
        return await super().send_packed_command(*args, **kwargs)  # type: ignore[misc]

    async def read_response(self, *args: Any, **kwargs: Any) -> Any:
        """Reads a reply, if the server is to be reached."""
        self._check()
        return await super().read_response(*args, **kwargs)  # type: ignore[misc]


class FakeRedisConnection(ConnectionMixin, redis.Connection):
    """A connection of redis-py's to a server of this process."""


class FakeAsyncRedisConnection(AsyncConnectionMixin, redis.asyncio.Connection):
    """The same for asyncio."""


def FakeConnection(*args: Any, **kwargs: Any) -> FakeRedisConnection:  # noqa: N802 - its name of old
    """The old name of `FakeRedisConnection`."""
    warnings.warn("FakeConnection is now FakeRedisConnection", DeprecationWarning, stacklevel=2)
    return FakeRedisConnection(*args, **kwargs)


def FakeAsyncConnection(*args: Any, **kwargs: Any) -> FakeAsyncRedisConnection:  # noqa: N802 - as above
    """The old name of `FakeAsyncRedisConnection`."""
    warnings.warn("FakeAsyncConnection is now FakeAsyncRedisConnection", DeprecationWarning, stacklevel=2)
    return FakeAsyncRedisConnection(*args, **kwargs)


class _Fake:
    """What clients of both kinds do with their arguments."""

    _library: Any = redis
    _real: Any = redis.Redis
    """The library's own client, also when a test has put another in its place."""
    _connection: Any = FakeRedisConnection

    def __init__(
        self,
        *args: Any,
        server: FakeServer | None = None,
        version: Version = (7,),
        server_type: str = "redis",
        lua_modules: set[str] | None = None,
        client_class: Any = None,
        connection_class: Any = None,
        connection_pool_class: Any = None,
        **kwargs: Any,
    ) -> None:
        _refuse_modules(lua_modules)
        named = _named(super().__init__, args) | kwargs
        connected = named.pop("connected", True)
        pool = named.get("connection_pool")
        if pool is None:
            own = server or _server_of(named, version, server_type)
            named["connection_pool"] = self._pool(
                named, own, connected, connection_class, connection_pool_class
            )
        super().__init__(**_of_the_client(named))
        if pool is None:
            self.auto_close_connection_pool = True

    @classmethod
    def _pool(
        cls, named: dict[str, Any], server: FakeServer, connected: bool, connection: Any, pool: Any
    ) -> Any:
        """A pool of the connections that the library itself would make, but to this server."""
        settings = {name: value for name, value in named.items() if name not in _OF_THE_CLIENT}
        settings = {name: value for name, value in settings.items() if not _is_elsewhere(name)}
        _no_retries(cls._library, settings)
        real = cls._real(**settings).connection_pool
        real_settings = {
            name: value for name, value in real.connection_kwargs.items() if not _is_elsewhere(name)
        }
        real_settings.update(server=server, connected=connected)
        if named.get("max_connections") is not None:
            real_settings["max_connections"] = named["max_connections"]
        made = pool or type(real)
        return made(connection_class=connection or cls._connection, **real_settings)

    @classmethod
    def from_url(cls, *args: Any, **kwargs: Any) -> Self:
        """A client for an address that a URL names; all clients of an address share a server."""
        ours = {
            name: kwargs.pop(name)
            for name in ("server", "version", "server_type", "connected")
            if name in kwargs
        }
        _refuse_modules(kwargs.pop("lua_modules", None))
        alone = kwargs.pop("single_connection_client", False)
        _no_retries(cls._library, kwargs)
        pool = cls._library.ConnectionPool.from_url(*args, **kwargs)
        settings = pool.connection_kwargs
        server = ours.get("server") or _server_of(
            {"host": settings.get("host", "localhost"), **settings},
            ours.get("version", (7, 4)),
            ours.get("server_type", "redis"),
        )
        settings.update(server=server, connected=ours.get("connected", True))
        for name in [name for name in settings if _is_elsewhere(name)]:
            del settings[name]
        pool.connection_class = cls._connection
        client = cls(connection_pool=pool, single_connection_client=alone)
        client.auto_close_connection_pool = True
        return client


class FakeRedisMixin(_Fake):
    """Makes a client of redis-py's one with a server of this process."""


class FakeAsyncRedisMixin(_Fake):
    """The same for asyncio."""

    _library: Any = redis.asyncio
    _real: Any = redis.asyncio.Redis
    _connection: Any = FakeAsyncRedisConnection


class FakeRedis(FakeRedisMixin, redis.Redis):
    """A client of redis-py's with a server of its own, or of its `server`, or of its address."""


class FakeStrictRedis(FakeRedisMixin, redis.StrictRedis):
    """The same."""


class FakeAsyncRedis(FakeAsyncRedisMixin, redis.asyncio.Redis):  # type: ignore[misc, unused-ignore]
    """The same for asyncio."""


_OF_THE_CLIENT = ("connection_pool", "single_connection_client", "auto_close_connection_pool", "connected")


def _of_the_client(named: dict[str, Any]) -> dict[str, Any]:
    """What a client that is given its pool still looks at itself."""
    kept = ("connection_pool", "single_connection_client", "event_dispatcher", "decode_responses")
    return {name: value for name, value in named.items() if name in kept[:3]}


def _named(init: Any, args: tuple[Any, ...]) -> dict[str, Any]:
    """Arguments by position as arguments by name."""
    return dict(inspect.signature(init).bind_partial(*args).arguments) if args else {}


def _server_of(named: dict[str, Any], version: Version, server_type: str) -> FakeServer:
    """The server of an address, or one of its own where there is none."""
    path = named.get("unix_socket_path") or named.get("path")
    if path:
        return FakeServer.get_server(str(path), version, server_type)
    host, port = named.get("host"), named.get("port")
    if host is None and port is None:
        return FakeServer(version, server_type)
    return FakeServer.get_server(f"{host or 'localhost'}:{port or 6379}", version, server_type)


def _no_retries(library: Any, settings: dict[str, Any]) -> None:
    """Lets a client that is not told to retry raise its errors at once."""
    if settings.get("retry") is None and not settings.get("retry_on_error"):
        name = library.__name__
        retry = __import__(f"{name}.retry", fromlist=["Retry"]).Retry
        backoff = __import__(f"{name.split('.')[0]}.backoff", fromlist=["NoBackoff"]).NoBackoff
        settings["retry"] = retry(backoff(), 0)


def _is_elsewhere(name: str) -> bool:
    return name in _ELSEWHERE or name == "ssl" or name.startswith("ssl_")


def _refuse_modules(modules: set[str] | None) -> None:
    if modules:
        raise OptionError(f"option 'lua_modules' takes nothing: scripts load no modules, not {modules!r}")
