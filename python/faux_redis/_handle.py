"""What every handle can do: it has a name, knows the line that made it, and ends with its `with` block."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

from . import _options

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Handle", "a_name"]


class Handle:
    """What a test has set up, until it is removed or its `with` block ends."""

    def __init__(self, source: str) -> None:
        self._source = source

    @property
    def source(self) -> str:
        """Where it was made: `tests/test_cache.py:12`."""
        return self._source

    def named(self, name: str) -> Self:
        """Gives it the name it has in messages."""
        self._rename(a_name(name))
        return self

    def remove(self) -> None:
        """Takes it away; nothing happens if it has ended before."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.remove()

    def _rename(self, name: str) -> None:
        raise NotImplementedError


def a_name(name: object) -> str:
    """The name that `named` was given."""
    return _options.text("named()", name)
