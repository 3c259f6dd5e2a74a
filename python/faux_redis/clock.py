"""The time a server lives in."""

from __future__ import annotations

from . import _core
from .errors import OptionError

__all__ = ["Clock"]


class Clock:
    """The time a server lives in."""

    def __init__(self, server: _core.Server) -> None:
        self._server = server

    def now(self) -> float:
        """The time, in seconds since 1970."""
        return self._server.now()

    def advance(self, seconds: float) -> None:
        """Moves the time on: keys expire, and timeouts and delays end.

        >>> from faux_redis import FauxRedis
        >>> with FauxRedis(clock=1_000_000) as redis:
        ...     redis.clock.advance(61)
        ...     redis.clock.now()
        1000061.0
        """
        if not self._server.advance(seconds):
            raise OptionError("the system's clock moves by itself; start the server with clock=0")
