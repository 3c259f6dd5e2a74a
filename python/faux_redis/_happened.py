"""What happened, and waiting until it has."""

from __future__ import annotations

from typing import Any

from . import _core, _options
from ._served import Served
from .calls import Calls
from .matchers import Arg, Option
from .matching import Conn, Match, Via, When
from .waiting import Aio, Waits


class Happened(Served):
    """What was called."""

    @property
    def calls(self) -> Calls:
        """All calls that are remembered. `calls("SET", key="lock")` gives those that match."""
        return Calls(self)

    @property
    def dropped_calls(self) -> int:
        """How many calls are no longer remembered, because there were too many."""
        return self._running().dropped_calls()

    @property
    def dropped_bytes(self) -> int:
        """About how many bytes of arguments and replies went with them."""
        return self._running().dropped_bytes()

    @property
    def unmatched(self) -> list[_core.Call]:
        """Calls that no rule answered, but for the handshake of connections."""
        return self._running().unmatched()

    @property
    def unused(self) -> list[str]:
        """Stubs that no call has used, as text."""
        return self._running().unused()

    def transcript(self) -> str:
        """Tells what happened, in order, as text to read.

        There is a lane for each connection, and for each call a line: its time, what was sent, the reply, who
        answered, and what was done to it.
        """
        return self._running().transcript()

    def wait_for(
        self,
        *patterns: Any,
        key: Arg | None = None,
        conn: Conn | None = None,
        via: Via | None = None,
        when: When | None = None,
        times: int = 1,
        timeout: float = 5.0,
        **options: Option,
    ) -> _core.Call:
        """Waits until as many calls match, and returns the last of them.

        Calls that were made before count. It takes what `stub` takes.

        Raises:
            WaitTimeoutError: There were fewer within `timeout` seconds.
        """
        __tracebackhide__ = True
        count = _options.whole("times", times, 1)
        match = Match(patterns, key, conn, via, when, options, also=("times", "timeout"))
        with self._matcher(match) as matcher:
            calls: list[_core.Call] = (
                self._running().wait_for(matcher, count, _options.seconds("timeout", timeout)).result()
            )
            return calls[count - 1]

    def wait_until_blocked(self, key: str | bytes | None = None, n: int = 1, timeout: float = 5.0) -> None:
        """Waits until so many clients are blocked on a key, in whatever database; without a key, at all.

        Raises:
            WaitTimeoutError: There were fewer within `timeout` seconds; it tells who is blocked on what.
        """
        __tracebackhide__ = True
        Waits(self).blocked(key, n, timeout).result()

    def wait_for_subscribers(self, channel: str | bytes, n: int = 1, timeout: float = 5.0) -> None:
        """Waits until so many clients would hear what is published on a channel.

        They are subscribed to it or to a pattern that fits it; a pattern may also be named as it was
        subscribed to.

        Raises:
            WaitTimeoutError: There were fewer within `timeout` seconds; it tells which channels have whom.
        """
        __tracebackhide__ = True
        Waits(self).subscribers(channel, n, timeout).result()

    def wait_for_connections(self, n: int = 1, client: Conn | None = None, timeout: float = 5.0) -> None:
        """Waits until so many of these clients are connected; for 0, until none of them is any more.

        Raises:
            WaitTimeoutError: There were fewer within `timeout` seconds; it tells who is connected.
        """
        __tracebackhide__ = True
        Waits(self).connections(n, client, timeout).result()

    def wait_idle(self, timeout: float = 5.0) -> None:
        """Waits until all is done.

        What was sent to the server before is carried out, no command is delayed, held, or waits for the
        test's own code, and every reply has been handed to the system. A command that is blocked is at
        rest.

        Raises:
            WaitTimeoutError: That was not so within `timeout` seconds; it tells what is still being worked
            on.
        """
        __tracebackhide__ = True
        Waits(self).idle(timeout).result()

    @property
    def aio(self) -> Aio:
        """The same waiting for asynchronous code: `await redis.aio.wait_for("SET")`."""
        return Aio(self)
