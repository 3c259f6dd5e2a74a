"""A client without a library: words in, replies as one line of text out."""

from __future__ import annotations

import socket
from types import TracebackType

import notation
from conversation import PATIENCE_S, Connection

from faux_redis import FauxRedis


class Wire:
    """One connection to a server. A reply is written as in conversations: `+OK`, `"text"`, `:1`."""

    def __init__(self, server: FauxRedis) -> None:
        self.connection = Connection("127.0.0.1", server.port)

    def ask(self, line: str) -> str:
        """Sends a request, and returns what comes back."""
        self.send(line)
        return self.receive()

    def send(self, line: str) -> None:
        """Sends a request."""
        self.connection.send(notation.encode(notation.words(line)))

    def receive(self) -> str:
        """What comes next; `(closed)` at the end."""
        value = self.connection.receive(PATIENCE_S)
        assert value is not None, "nothing came back"
        return notation.write(value)

    def is_reset(self) -> bool:
        """Whether the connection ends with a RST, and not with a FIN."""
        try:
            return self.connection.socket.recv(1) != b"" and False
        except ConnectionResetError:
            return True

    def __enter__(self) -> Wire:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.connection.close()


def ask(server: FauxRedis, line: str) -> str:
    """Sends one request on a connection of its own."""
    with Wire(server) as wire:
        return wire.ask(line)


def is_open(port: int) -> bool:
    """Whether somebody listens on a port."""
    try:
        socket.create_connection(("127.0.0.1", port), PATIENCE_S).close()
    except ConnectionRefusedError:
        return False
    return True
