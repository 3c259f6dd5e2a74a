"""What was called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

from . import _options
from ._core import Call
from .matchers import Arg, Option
from .matching import Conn, Match, Via, When

if TYPE_CHECKING:
    from ._served import Served

__all__ = ["Call", "Calls"]


class Calls(Sequence[Call]):
    """The calls of a server when they were first looked at, the oldest first.

    It can be called with what `stub` takes, and gives the calls that match.
    """

    def __init__(self, server: Served) -> None:
        self._server = server
        self._seen: list[Call] | None = None

    def __call__(
        self,
        *patterns: Any,
        key: Arg | None = None,
        conn: Conn | None = None,
        via: Via | None = None,
        when: When | None = None,
        **options: Option,
    ) -> list[Call]:
        """Finds the calls that match."""
        return self._server._calls_of(Match(patterns, key, conn, via, when, options))

    def export(self, format: Literal["text", "jsonl", "monitor"] = "text") -> str:  # noqa: A002 - what it is
        """Writes all calls that are remembered: as text to read, as JSON lines, or as MONITOR shows them.

        Of JSON, each line is an object. Bytes that are no UTF-8 are `{"hex": "ff00"}`; a reply is what JSON
        has a type for, all else `{"status": "OK"}`, `{"error": ...}`, `{"map": [[key, value], ...]}` and so
        on. MONITOR's lines leave out what a real server leaves out: administration, refused requests,
        passwords.
        """
        return self._server._running().export(_options.one_of("format", format, "text", "jsonl", "monitor"))

    @overload
    def __getitem__(self, index: int) -> Call: ...

    @overload
    def __getitem__(self, index: slice) -> list[Call]: ...

    def __getitem__(self, index: int | slice) -> Call | list[Call]:
        return self._all()[index]

    def __len__(self) -> int:
        return len(self._all())

    def __iter__(self) -> Iterator[Call]:
        return iter(self._all())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Sequence):
            return self._all() == list(other)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self._all())

    def _all(self) -> list[Call]:
        if self._seen is None:
            self._seen = self._server._running().calls(None)
        return self._seen
