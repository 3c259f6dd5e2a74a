"""The link: what the bytes of some connections go through, set and taken away while they are under way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from . import _core, _options
from ._handle import Handle
from .errors import OptionError

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Direction", "Link", "Pause"]

Direction = Literal["down", "up", "both"]
"""Which way bytes go: down to the client, up to the server."""


class Link(Handle):
    """The handle of a link: what the bytes of some connections go through.

    Effects are gone through in the order in which they are said, and the links of a connection in the order
    in which they were made. Time is the server's clock. The link stays until it is removed or its server is
    reset, unless the handle is used as a context manager: then it lasts for the block.

    Whatever is added or removed, no byte is lost or overtaken: what is under way keeps its time.

    >>> from faux_redis import FauxRedis, client
    >>> with FauxRedis() as redis, redis.link(client("web-*")).latency(0.02, jitter=0.005).slice(1) as link:
    ...     print(link)
    link(client(name=glob("web-*"))).latency(20ms, jitter=5ms)/down.slice(1)/down
    """

    def __init__(self, link: _core.Link, direction: Direction | None, source: str) -> None:
        super().__init__(source)
        self._link = link
        self._direction = _way(direction)

    def latency(self, seconds: float, jitter: float = 0.0, direction: Direction | None = None) -> Self:
        """Has bytes take so long, and by the jitter more or less: each time in between as likely."""
        self._link.latency(
            _options.seconds("latency", seconds), _options.seconds("jitter", jitter), self._way(direction)
        )
        return self

    def bandwidth(self, bytes_per_s: int, direction: Direction | None = None) -> Self:
        """Lets so many bytes through in a second."""
        rate = _options.whole("bandwidth", bytes_per_s, 0)
        self._link.bandwidth(rate, self._way(direction))
        return self

    def slow_close(self, seconds: float, direction: Direction | None = None) -> Self:
        """Has the end of the connection take so long: the server's, or upwards the client's."""
        self._link.slow_close(_options.seconds("slow_close", seconds), self._way(direction))
        return self

    def slice(self, size: int, gap: float = 0.0, direction: Direction | None = None) -> Self:
        """Has bytes come in segments no longer than this; of size 1, each byte by itself."""
        self._link.slice(_options.whole("size", size, 1), _options.seconds("gap", gap), self._way(direction))
        return self

    def limit(
        self,
        count: int,
        then: Literal["close", "reset", "blackhole"] = "close",
        direction: Direction | None = None,
    ) -> Self:
        """Lets so many bytes through on each connection, from now on or from its start.

        Then it is closed (FIN), reset (RST), or silent until the link is removed.
        """
        self._link.limit(
            _options.whole("limit", count, 0),
            _options.one_of("then", then, "close", "reset", "blackhole"),
            self._way(direction),
        )
        return self

    def corrupt(self, rate: float, direction: Direction | None = None) -> Self:
        """Makes each byte another one, as likely as the rate says, which is from 0 to 1."""
        self._link.corrupt(_options.probability("corrupt", rate), self._way(direction))
        return self

    def blackhole(self, close_after: float | None = None, direction: Direction | None = None) -> Self:
        """Leaves the connection half open: established and silent, both ways if no direction is said.

        Nothing is read off the socket, so that a client can send only what its system buffers, and the server
        does not hear that a client has gone. When the link is removed, all that was held back comes; after
        `close_after` seconds the connection is closed.
        """
        close_after = None if close_after is None else _options.seconds("close_after", close_after)
        self._link.blackhole(close_after, self._way(direction))
        return self

    def reset(
        self,
        after: float | None = None,
        after_bytes: int | None = None,
        direction: Direction | None = None,
    ) -> Self:
        """Resets the connection (RST): at once, after so many seconds, or after so many bytes."""
        if after_bytes is not None:
            if after is not None:
                raise OptionError("reset() takes after= in seconds or after_bytes=, not both")
            self._link.reset_after_bytes(_options.whole("after_bytes", after_bytes, 0), self._way(direction))
        else:
            if direction is not None:
                raise OptionError(
                    "option 'direction' of reset() goes with after_bytes=; a RST ends both ways"
                )
            self._link.reset(0.0 if after is None else _options.seconds("after", after))
        return self

    def remove(self) -> None:
        """Takes the link away. What is under way keeps its time; what it held back comes now."""
        self._link.remove()

    def __repr__(self) -> str:
        return repr(self._link)

    def _rename(self, name: str) -> None:
        self._link.named(name)

    def _way(self, direction: Direction | None) -> Direction | None:
        return self._direction if direction is None else _way(direction)


def _way(direction: Direction | None) -> Direction | None:
    if direction is not None and direction not in get_args(Direction):
        raise OptionError(f"option 'direction' takes 'down', 'up' or 'both', not {direction!r}")
    return direction


class Pause(Handle):
    """The handle of a pause: some connections are not served, as by a process that a signal has stopped."""

    def __init__(self, link: _core.Link, source: str) -> None:
        super().__init__(source)
        self._link = link

    def resume(self) -> None:
        """Serves the connections again: what came meanwhile is read and answered."""
        self._link.remove()

    def remove(self) -> None:
        """Serves the connections again, as `resume` does."""
        self.resume()

    def __repr__(self) -> str:
        return repr(self._link)

    def _rename(self, name: str) -> None:
        self._link.named(name)
