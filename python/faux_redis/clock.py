"""The time a server lives in, in the hands of a test."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterator

from . import _core
from .errors import OptionError

__all__ = ["Clock"]


class Clock:
    """The time a server lives in. It never goes back.

    Everything of the server goes by it: how long keys and fields live, timeouts of blocking commands, ids
    and idle times of streams, TIME, delays and pauses between parts of a reply. What a test waits for, such
    as in `wait_for`, is waited for by the system's time, however this clock goes.
    """

    def __init__(self, server: _core.Server) -> None:
        self._server = server

    def now(self) -> float:
        """The time, in seconds since 1970."""
        return self._server.now()

    def advance(self, seconds: float | datetime.timedelta) -> None:
        """Moves the time on; a clock that runs goes on running from there.

        What becomes due is done before this returns, in its order and each at its own time: keys expire and
        their events are published, blocked clients are answered, delays end. What the test's own code is
        asked for meanwhile is not waited for.

        >>> from faux_redis import FauxRedis
        >>> with FauxRedis(clock=1_000_000) as redis:
        ...     redis.clock.advance(61)
        ...     redis.clock.now()
        1000061.0
        """
        if isinstance(seconds, datetime.timedelta):
            seconds = seconds.total_seconds()
        self._server.advance(_seconds("advance", seconds))

    def set(self, time: float | datetime.datetime) -> None:
        """Moves the time on to a moment, in seconds since 1970 or as a datetime, as `advance` does.

        Raises:
            OptionError: It lies before the present one.
        """
        self._server.set_time(_moment("set", time))

    @contextlib.contextmanager
    def frozen(self, at: float | datetime.datetime | None = None) -> Iterator[Clock]:
        """Stops the time for a block, at a moment if one is given; then it goes as before, from where it is.

        >>> from faux_redis import FauxRedis
        >>> with FauxRedis() as redis, redis.clock.frozen() as clock:
        ...     before = clock.now()
        ...     clock.advance(3600)
        ...     clock.now() == before + 3600
        True
        """
        at = None if at is None else _moment("at", at)
        with self._going("stands"):
            if at is not None:
                self._server.set_time(at)
            yield self

    @contextlib.contextmanager
    def auto(self) -> Iterator[Clock]:
        """Lets time stand and leap for a block: to the next deadline whenever every client waits.

        At least one of them must wait for time to pass. A client waits when its command is blocked, its
        reply is delayed or comes in pieces, a pause holds its command back, or it has sent no command at
        all; not when its command is held at a gate, or the test's own code is asked how to answer. What has
        reached the server by then is carried out first. Keys that will expire are no reason to leap, but do
        expire on the way. When someone is to act at a moment of his own, use `frozen` and `advance`.
        """
        with self._going("leaps"):
            yield self

    def freeze(self) -> None:
        """Stops the time."""
        self._server.pace("stands")

    def resume(self) -> None:
        """Lets the time run with the system's, from where it is."""
        self._server.pace("runs")

    @contextlib.contextmanager
    def _going(self, pace: str) -> Iterator[None]:
        before = self._server.pace(pace)
        try:
            yield
        finally:
            self._server.pace(before)


def _seconds(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise OptionError(f"'{name}' takes seconds, not {value!r}")
    return value


def _moment(name: str, value: object) -> float:
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise OptionError(f"'{name}' takes seconds since 1970, or a datetime, not {value!r}")
    return value
