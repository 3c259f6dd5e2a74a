"""The condition a server is in: what a test puts it into, for as long as it likes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _core, _options
from ._handle import Handle
from .rule import place_of_caller

if TYPE_CHECKING:
    from ._served import Served

__all__ = ["InState", "State"]


class State:
    """Puts a server into conditions in which a real one refuses commands or connections.

    What is refused, and in which words, is what the played version refuses: by the flags of its commands,
    and inside MULTI too, which EXEC then discards. Stubs answer before that, as they see every request
    first. Several conditions may be in force at once; what is refused by more than one is refused as a real
    server refuses it.

    >>> from faux_redis import FauxRedis
    >>> with FauxRedis() as redis:
    ...     with redis.state.readonly():
    ...         redis.state.in_force
    ...     redis.state.in_force
    ['readonly']
    []
    """

    def __init__(self, server: Served) -> None:
        self._server = server

    def loading(self, *, named: str | None = None) -> InState:
        """It loads its data: `LOADING`, for all but what is carried out then too. INFO tells of it."""
        return self._enter("loading", named)

    def readonly(self, *, named: str | None = None) -> InState:
        """It is a replica, and takes no writes: `READONLY`."""
        return self._enter("readonly", named)

    def oom(self, *, named: str | None = None) -> InState:
        """Its memory has run out: `OOM`, for what may need more."""
        return self._enter("oom", named)

    def misconf(self, *, named: str | None = None) -> InState:
        """It could not save its data to disk: `MISCONF`, for writes and PING."""
        return self._enter("misconf", named)

    def busy(self, *, named: str | None = None) -> InState:
        """A script runs that does not end: `BUSY`, for all but what may end it."""
        return self._enter("busy", named)

    def masterdown(self, *, named: str | None = None) -> InState:
        """It is a replica that has lost its master: `MASTERDOWN`, for what would tell of old data."""
        return self._enter("masterdown", named)

    def noreplicas(self, *, named: str | None = None) -> InState:
        """Too few replicas would get what is written: `NOREPLICAS`, for writes."""
        return self._enter("noreplicas", named)

    def clusterdown(self, *, named: str | None = None) -> InState:
        """Its cluster is down: `CLUSTERDOWN`, for what names keys."""
        return self._enter("clusterdown", named)

    def maxclients(self, *, named: str | None = None) -> InState:
        """It has as many clients as it takes: who connects is told so, and turned away."""
        return self._enter("maxclients", named)

    def noauth(self, *, named: str | None = None) -> InState:
        """Its password is one that no client has said, whatever was said before: `NOAUTH`."""
        return self._enter("noauth", named)

    def protected(self, *, named: str | None = None) -> InState:
        """It is in protected mode, and takes who connects as coming from elsewhere: `DENIED`, and the end."""
        return self._enter("protected", named)

    @property
    def in_force(self) -> list[str]:
        """What is in force, in the order in which it was set: `readonly`, or `readonly 'its name'`."""
        return self._server._running().in_force()

    def _enter(self, condition: str, named: str | None) -> InState:
        source = place_of_caller()
        name = _options.optional_text("named", named)
        return InState(self._server._serving().enter(condition, name, source), source)


class InState(Handle):
    """A condition a server is in: until `remove`, the end of a `with` block, or the server's `reset`."""

    def __init__(self, condition: _core.InState, source: str) -> None:
        super().__init__(source)
        self._condition = condition

    def remove(self) -> None:
        """Ends it; nothing happens if it has ended before."""
        self._condition.end()

    @property
    def is_in_force(self) -> bool:
        """Whether it has not ended yet."""
        return self._condition.is_in_force()

    def __repr__(self) -> str:
        return repr(self._condition)

    def _rename(self, name: str) -> None:
        self._condition.named(name)
