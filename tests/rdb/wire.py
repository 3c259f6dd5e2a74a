"""A client that speaks RESP2 over a socket and gives replies as they are, for tests of bytes."""

from __future__ import annotations

import socket
from typing import Any


class ErrorReply(Exception):
    """A reply that is an error, with its line."""


class Client:
    """One connection. A reply that is an error is given back as `ErrorReply`, not raised."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self._file = self._socket.makefile("rb")

    def __call__(self, *words: object) -> Any:
        return self.all([words])[0]

    def all(self, requests: list[tuple[object, ...]]) -> list[Any]:
        """The replies to requests that are sent at once."""
        self._socket.sendall(b"".join(map(_request, requests)))
        return [self._reply() for _ in requests]

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def _reply(self) -> Any:
        line = self._file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the server has closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            return ErrorReply(rest.decode(errors="replace"))
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self._file.read(int(rest) + 2)[:-2]
        assert kind == b"*", line
        return None if rest == b"-1" else [self._reply() for _ in range(int(rest))]


def _request(words: tuple[object, ...]) -> bytes:
    encoded = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b"*%d\r\n" % len(encoded) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded)
