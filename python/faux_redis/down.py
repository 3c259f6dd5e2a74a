"""Servers that are down, or have too many clients: the handles."""

from __future__ import annotations

from typing import Literal

from . import _core
from ._handle import Handle

__all__ = ["Down", "DownMode", "MaxClients"]

DownMode = Literal["refuse", "accept_close", "blackhole"]
"""What becomes of a client that connects while the server is down."""


class Down(Handle):
    """The handle of a server that was taken down; as a context manager, it is down for the block.

    >>> from faux_redis import FauxRedis
    >>> with FauxRedis() as redis:
    ...     with redis.down():
    ...         print(redis.is_down)
    ...     print(redis.is_down)
    True
    False
    """

    def __init__(self, down: _core.Down, source: str) -> None:
        super().__init__(source)
        self._down = down

    def up(self) -> None:
        """Brings the server up again, on the same port.

        Raises:
            ListenError: The port can no longer be listened on.
        """
        self._down.up()

    def remove(self) -> None:
        """Brings the server up again, as `up` does."""
        self.up()

    def __repr__(self) -> str:
        return repr(self._down)

    def _rename(self, name: str) -> None:
        self._down.named(name)


class MaxClients(Handle):
    """The handle of a limit of clients; as a context manager, it lasts for the block."""

    def __init__(self, limit: _core.MaxClients, source: str) -> None:
        super().__init__(source)
        self._limit = limit

    def remove(self) -> None:
        """Lets as many clients be connected as before."""
        self._limit.remove()

    def __repr__(self) -> str:
        return repr(self._limit)

    def _rename(self, name: str) -> None:
        self._limit.named(name)
