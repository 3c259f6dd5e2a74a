"""The store in the hands of the test."""

from __future__ import annotations

from collections.abc import Iterable

from . import _core
from ._served import Served
from .data import Data, Diff, Snapshot, Unchanged, globs
from .errors import OptionError


class Store(Served):
    """What is stored."""

    @property
    def data(self) -> Data:
        """The data of database 0, read and written without a client: `redis.data["key"]`."""
        return Data(self)

    def snapshot(self) -> Snapshot:
        """Takes a snapshot of all keys, in constant time; as a context manager it is gone back to.

        Only what changes while the snapshot is kept is remembered, once for each key.
        """
        return Snapshot(self)

    def restore(self, snapshot: Snapshot) -> int:
        """Puts all keys back as they were at a snapshot; how many had changed, and so how long it takes.

        Watches of these keys are void, and who waits for one looks again; no keyspace event tells of
        it. Keys expire when they were to expire. What is no key stays as it is.

        Raises:
            OptionError: The snapshot is of another server, or of before a `reset` or a restart that lost
                the data.

        >>> from faux_redis import FauxRedis
        >>> with FauxRedis(data={"k": "before"}) as redis:
        ...     snapshot = redis.snapshot()
        ...     redis.data["k"] = "after"
        ...     redis.restore(snapshot), redis.data["k"]
        (1, b'before')
        """
        return self._running().restore(_snapshot("snapshot", snapshot))

    def diff(self, before: Snapshot, after: Snapshot | None = None) -> Diff:
        """Tells what differs between two snapshots, or between one and now.

        >>> from faux_redis import FauxRedis
        >>> with FauxRedis(data={"k": {"a": 1}}) as redis:
        ...     snapshot = redis.snapshot()
        ...     redis.data["k"] = {"a": 2}
        ...     print(redis.diff(snapshot))
        ~ "k" hash
            ~ "a": "1" → "2"
        """
        after_ = None if after is None else _snapshot("after", after)
        return Diff(self._running().diff(_snapshot("before", before), after_))

    def unchanged(self, except_: str | Iterable[str] | None = None) -> Unchanged:
        """A block at whose end all keys must be as they were, but for those that match a glob.

        Raises:
            VerificationError: At the end of the block; the message tells what differs.

        >>> from faux_redis import FauxRedis
        >>> with FauxRedis() as redis, redis.unchanged(except_="cache:*"):
        ...     redis.data["cache:1"] = "x"
        """
        return Unchanged(self, globs(except_))


def _snapshot(name: str, given: object) -> _core.Snapshot:
    if not isinstance(given, Snapshot):
        raise OptionError(f"option '{name}' takes what snapshot() gives, not {given!r}")
    return given._core
