"""Waiting until something is so: blocking a thread, or with an event loop that goes on meanwhile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from . import _core, _options
from .clients import core_client
from .matchers import Arg, Option
from .matching import Conn, Match, Via, When

if TYPE_CHECKING:
    from ._served import Served

__all__ = ["Aio", "Waits", "finished"]


async def finished(wait: _core.Wait) -> Any:
    """What a wait comes to, without blocking the event loop; cancelling it ends the wait."""
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    descriptor = wait.start()
    loop.add_reader(descriptor, _be_done, done)
    try:
        await done
        return wait.result()
    finally:
        loop.remove_reader(descriptor)
        wait.cancel()


def _be_done(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)


class Waits:
    """What can be waited for, not waited for yet: its words are those of `FauxRedis` and of its `aio`."""

    def __init__(self, server: Served) -> None:
        self._server = server

    def blocked(self, key: str | bytes | None, n: int, timeout: float) -> _core.Wait:
        """A wait for clients that are blocked."""
        return self._server._running().wait_until_blocked(
            key, _options.whole("n", n, 0), _options.seconds("timeout", timeout)
        )

    def subscribers(self, channel: str | bytes, n: int, timeout: float) -> _core.Wait:
        """A wait for clients that listen."""
        return self._server._running().wait_for_subscribers(
            channel, _options.whole("n", n, 0), _options.seconds("timeout", timeout)
        )

    def connections(self, n: int, client: Conn | None, timeout: float) -> _core.Wait:
        """A wait for clients that are there."""
        return self._server._running().wait_for_connections(
            _options.whole("n", n, 0), core_client("client", client), _options.seconds("timeout", timeout)
        )

    def idle(self, timeout: float) -> _core.Wait:
        """A wait for all to be done."""
        return self._server._running().wait_idle(_options.seconds("timeout", timeout))


class Aio:
    """The waiting of a server for asynchronous code: the same words, to be awaited.

    The event loop goes on meanwhile, and what is waited for can be cancelled as anything else.

    >>> import asyncio
    >>> from faux_redis import FauxRedis
    >>> async def test():
    ...     with FauxRedis() as redis:
    ...         await redis.aio.wait_idle()
    >>> asyncio.run(test())
    """

    def __init__(self, server: Served) -> None:
        self._server = server
        self._waits = Waits(server)

    async def wait_for(
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
        """Waits as `FauxRedis.wait_for` does."""
        count = _options.whole("times", times, 1)
        match = Match(patterns, key, conn, via, when, options, also=("times", "timeout"))
        with self._server._matcher(match) as matcher:
            calls: list[_core.Call] = await finished(
                self._server._running().wait_for(matcher, count, _options.seconds("timeout", timeout))
            )
            return calls[count - 1]

    async def wait_until_blocked(
        self, key: str | bytes | None = None, n: int = 1, timeout: float = 5.0
    ) -> None:
        """Waits as `FauxRedis.wait_until_blocked` does."""
        await finished(self._waits.blocked(key, n, timeout))

    async def wait_for_subscribers(self, channel: str | bytes, n: int = 1, timeout: float = 5.0) -> None:
        """Waits as `FauxRedis.wait_for_subscribers` does."""
        await finished(self._waits.subscribers(channel, n, timeout))

    async def wait_for_connections(
        self, n: int = 1, client: Conn | None = None, timeout: float = 5.0
    ) -> None:
        """Waits as `FauxRedis.wait_for_connections` does."""
        await finished(self._waits.connections(n, client, timeout))

    async def wait_idle(self, timeout: float = 5.0) -> None:
        """Waits as `FauxRedis.wait_idle` does."""
        await finished(self._waits.idle(timeout))
