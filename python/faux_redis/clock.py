"""The time a server lives in, in the hands of a test."""

from __future__ import annotations

import datetime

from . import _core, _options
from ._handle import Handle
from .rule import place_of_caller

__all__ = ["Clock", "Pace"]


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
        self._server.advance(_options.seconds("advance", seconds))

    def set(self, time: float | datetime.datetime) -> None:
        """Moves the time on to a moment, in seconds since 1970 or as a datetime, as `advance` does.

        Raises:
            OptionError: It lies before the present one.
        """
        self._server.set_time(_moment("set", time))

    def frozen(self, at: float | datetime.datetime | None = None) -> Pace:
        """Stops the time for a block, at a moment if one is given; then it goes as before, from where it is.

        It stands at once, until the block ends or what this returns is removed.

        >>> from faux_redis import FauxRedis
        >>> with FauxRedis() as redis, redis.clock.frozen() as clock:
        ...     before = clock.now()
        ...     clock.advance(3600)
        ...     clock.now() == before + 3600
        True
        """
        at = None if at is None else _moment("at", at)
        pace = Pace(self._server, "stands", "clock frozen", place_of_caller())
        if at is not None:
            try:
                self._server.set_time(at)
            except BaseException:
                pace.remove()
                raise
        return pace

    def auto(self) -> Pace:
        """Lets time stand and leap for a block: to the next deadline whenever every client waits.

        At least one of them must wait for time to pass. A client waits when its command is blocked, its
        reply is delayed or comes in pieces, a pause holds its command back, or it has sent no command at
        all; not when its command is held at a gate, or the test's own code is asked how to answer. What has
        reached the server by then is carried out first. Keys that will expire are no reason to leap, but do
        expire on the way. When someone is to act at a moment of his own, use `frozen` and `advance`.
        """
        return Pace(self._server, "leaps", "clock auto", place_of_caller())

    def freeze(self) -> None:
        """Stops the time."""
        self._server.pace("stands")

    def resume(self) -> None:
        """Lets the time run with the system's, from where it is."""
        self._server.pace("runs")


class Pace(Clock, Handle):
    """A clock that goes as the test wants it until this is removed or its `with` block ends.

    Of several, it goes as the latest has it that has not ended.
    """

    def __init__(self, server: _core.Server, pace: str, title: str, source: str) -> None:
        Clock.__init__(self, server)
        Handle.__init__(self, source)
        self._title = title
        self._name: str | None = None
        self._number: int | None = server.hold_pace(pace)

    def remove(self) -> None:
        """Lets time go as before, from where it is; nothing happens if that is so already."""
        number, self._number = self._number, None
        if number is not None:
            self._server.end_pace(number)

    def __repr__(self) -> str:
        return self._title if self._name is None else f"{self._title} '{self._name}'"

    def _rename(self, name: str) -> None:
        self._name = name


def _moment(name: str, value: object) -> float:
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    return _options.number(name, value, "seconds since 1970, or a datetime")
