"""Leads the connections of redis-py and valkey-py to a server of the test's, as long as that is wanted."""

from __future__ import annotations

import asyncio
import functools
import socket
import sys
from collections.abc import Callable
from typing import Any, Protocol

__all__ = ["Redirect"]


class Target(Protocol):
    """What connections are led to, and what becomes of what they read."""

    def socket_path(self) -> str:
        """The path of the server's Unix socket."""

    def connected(self, id_: int) -> None:
        """Hears the id of a connection that was led here, before its client uses it."""

    def received(self, reply: Any) -> Any:
        """Gives what stands for a reply; or raises what it stands for. `NotImplemented` leaves it."""

    def failed(self, error: Exception) -> None:
        """Hears of an error reply; may raise another error in its place."""


class Redirect:
    """Patches of the client libraries that are installed, put in and taken out as one."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._kept: list[tuple[Any, str, Any]] = []

    def install(self) -> None:
        """Leads connections that are made from now on to the target."""
        for name in ("redis", "valkey"):
            if name == "redis" or name in sys.modules:
                try:
                    library = __import__(name, fromlist=["client"])
                    __import__(f"{name}.asyncio.client")
                except ImportError:
                    continue
                self._patch_library(library)

    def remove(self) -> None:
        """Takes the patches out."""
        while self._kept:
            owner, name, original = self._kept.pop()
            setattr(owner, name, original)

    def _patch_library(self, library: Any) -> None:
        aio = library.asyncio
        client = getattr(library.client, "Redis", None) or library.client.Valkey
        async_client = getattr(aio.client, "Redis", None) or aio.client.Valkey
        for connections, connect in (
            (library.connection, self._connect),
            (aio.connection, self._connect_async),
        ):
            for kind in ("Connection", "SSLConnection", "UnixDomainSocketConnection"):
                if "_connect" in vars(getattr(connections, kind)):
                    self._replace(getattr(connections, kind), "_connect", connect)
        self._replace(library.connection.AbstractConnection, "read_response", self._read)
        self._replace(aio.connection.AbstractConnection, "read_response", self._read_async)
        self._replace(client, "parse_response", self._parse)
        self._replace(async_client, "parse_response", self._parse_async)
        self._replace(library.client.Pipeline, "_execute_transaction", self._transact)
        self._replace(aio.client.Pipeline, "_execute_transaction", self._transact_async)

    def _replace(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        original = vars(owner)[name]
        self._kept.append((owner, name, original))
        setattr(owner, name, functools.wraps(original)(make(original)))

    # Connections.

    def _connect(self, original: Any) -> Any:
        target = self._target

        def _connect(connection: Any) -> socket.socket:
            end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                end.settimeout(_PATIENCE_S)
                end.connect(target.socket_path())
                end.sendall(_WHO_AM_I)
                line = b""
                while not line.endswith(b"\r\n"):
                    line += end.recv(1)
                end.settimeout(_seconds(connection.socket_timeout))
            except BaseException:
                end.close()
                raise
            target.connected(int(line[1:]))
            _hurry(connection)
            return end

        return _connect

    def _connect_async(self, original: Any) -> Any:
        target = self._target

        async def _connect(connection: Any) -> None:
            reader, writer = await asyncio.open_unix_connection(target.socket_path())
            writer.write(_WHO_AM_I)
            target.connected(int((await reader.readline())[1:]))
            connection._reader, connection._writer = reader, writer
            _hurry(connection)

        return _connect

    # Replies.

    def _read(self, original: Any) -> Any:
        target = self._target

        def read_response(connection: Any, *args: Any, **options: Any) -> Any:
            try:
                return original(connection, *args, **options)
            except Exception as error:
                target.failed(error)
                raise

        return read_response

    def _read_async(self, original: Any) -> Any:
        target = self._target

        async def read_response(connection: Any, *args: Any, **options: Any) -> Any:
            try:
                return await original(connection, *args, **options)
            except Exception as error:
                target.failed(error)
                raise

        return read_response

    def _parse(self, original: Any) -> Any:
        target = self._target

        def parse_response(client: Any, connection: Any, command_name: str, **options: Any) -> Any:
            callbacks = client.response_callbacks
            reply = original(_Bare(), connection, "", **_reading(options))
            return _parsed(target, reply, callbacks, command_name, options)

        return parse_response

    def _parse_async(self, original: Any) -> Any:
        target = self._target

        async def parse_response(client: Any, connection: Any, command_name: str, **options: Any) -> Any:
            callbacks = client.response_callbacks
            reply = await original(_Bare(), connection, "", **_reading(options))
            made = _parsed(target, reply, callbacks, command_name, options)
            return await made if asyncio.iscoroutine(made) else made

        return parse_response

    def _transact(self, original: Any) -> Any:
        target = self._target

        def _execute_transaction(pipeline: Any, connection: Any, commands: Any, raises: bool) -> Any:
            callbacks, pipeline.response_callbacks = pipeline.response_callbacks, {}
            try:
                replies = original(pipeline, connection, commands, raises)
            except Exception as error:
                target.failed(error)
                raise
            finally:
                pipeline.response_callbacks = callbacks
            return _all_parsed(target, replies, commands, callbacks)

        return _execute_transaction

    def _transact_async(self, original: Any) -> Any:
        target = self._target

        async def _execute_transaction(pipeline: Any, connection: Any, commands: Any, raises: bool) -> Any:
            callbacks, pipeline.response_callbacks = pipeline.response_callbacks, {}
            try:
                replies = await original(pipeline, connection, commands, raises)
            except Exception as error:
                target.failed(error)
                raise
            finally:
                pipeline.response_callbacks = callbacks
            made = _all_parsed(target, replies, commands, callbacks)
            return [await reply if asyncio.iscoroutine(reply) else reply for reply in made]

        return _execute_transaction


_WHO_AM_I = b"*2\r\n$6\r\nCLIENT\r\n$2\r\nID\r\n"
_PATIENCE_S = 30.0


class _Bare:
    """Stands for a client that does nothing to a reply."""

    def __init__(self) -> None:
        self.response_callbacks: dict[str, Any] = {}


def _reading(options: dict[str, Any]) -> dict[str, Any]:
    """The options that say how a reply is read, and not what is made of it."""
    return {name: options[name] for name in ("NEVER_DECODE", "EMPTY_RESPONSE") if name in options}


def _parsed(target: Target, reply: Any, callbacks: Any, name: str, options: dict[str, Any]) -> Any:
    stands_for = target.received(reply)
    if stands_for is not NotImplemented:
        return stands_for
    options = {key: value for key, value in options.items() if key not in ("NEVER_DECODE", "keys")}
    if "EMPTY_RESPONSE" in options and options.pop("EMPTY_RESPONSE") == reply:
        return reply
    return callbacks[name](reply, **options) if name in callbacks else reply


def _all_parsed(target: Target, replies: Any, commands: Any, callbacks: Any) -> list[Any]:
    made = []
    for reply, (args, options) in zip(replies, commands, strict=True):
        if isinstance(reply, Exception):
            target.failed(reply)
            made.append(reply)
        else:
            made.append(_parsed(target, reply, callbacks, args[0], dict(options)))
    return made


def _hurry(connection: Any) -> None:
    """Lets a client's own retries follow at once: nothing gets better by waiting for it here."""
    retry = getattr(connection, "retry", None)
    if retry is not None and hasattr(retry, "_backoff"):
        backoff = sys.modules[type(retry._backoff).__module__]
        retry._backoff = backoff.NoBackoff()


def _seconds(timeout: Any) -> float | None:
    return float(timeout) if isinstance(timeout, int | float) else None
