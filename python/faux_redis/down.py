"""Servers that are down, or have too many clients: the handles."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Literal

from . import _core

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Down", "DownMode", "MaxClients"]

DownMode = Literal["refuse", "accept_close", "blackhole"]
"""What becomes of a client that connects while the server is down."""


class Down:
    """The handle of a server that was taken down; as a context manager, it is down for the block.

    >>> from faux_redis import FauxRedis
    >>> with FauxRedis() as redis:
    ...     with redis.down():
    ...         print(redis.is_down)
    ...     print(redis.is_down)
    True
    False
    """

    def __init__(self, down: _core.Down) -> None:
        self._down = down

    def up(self) -> None:
        """Brings the server up again, on the same port.

        Raises:
            ListenError: The port can no longer be listened on.
        """
        self._down.up()

    remove = up

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.up()


class MaxClients:
    """The handle of a limit of clients; as a context manager, it lasts for the block."""

    def __init__(self, limit: _core.MaxClients) -> None:
        self._limit = limit

    def remove(self) -> None:
        """Lets as many clients be connected as before."""
        self._limit.remove()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.remove()
