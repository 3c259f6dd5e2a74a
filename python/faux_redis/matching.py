"""What a test asks for when it means some calls: a command, its arguments, and whose it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from . import _core
from ._callbacks import Host
from .errors import OptionError
from .matchers import ANY, Arg

__all__ = ["Conn", "Match", "Via", "When"]

Conn = int | Iterable[int]
"""Whose calls: a connection's id, or several."""
Via = Literal["direct", "exec"]
"""The way a command reached the store."""
When = Callable[[_core.Call], Any]
"""A predicate that gets the call."""


@dataclass(frozen=True)
class Match:
    """The arguments that `stub`, `expect`, `wait_for`, `verify` and `calls` have in common."""

    patterns: tuple[Any, ...]
    key: Arg | None = None
    conn: Conn | None = None
    via: Via | None = None
    when: When | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for."""
        given = (self.key, self.conn, self.via, self.when)
        return not self.patterns and not self.options and all(option is None for option in given)

    def matcher(self, host: Host) -> tuple[_core.Matcher, list[int]]:
        """Makes the core's matcher, and tells the numbers of the callables it asks."""
        kept: list[int] = []

        def known(pattern: Any) -> Any:
            if not callable(pattern):
                return pattern
            number, reference = host.add(pattern)
            kept.append(number)
            return reference

        if self.options:
            raise OptionError(f"unknown option '{next(iter(self.options))}'; there are key, conn, via, when")
        if self.when is not None and not callable(self.when):
            raise OptionError(f"option 'when' takes a callable that gets the call, not {self.when!r}")
        name, *args = self.patterns or (ANY,)
        matcher = _core.Matcher(
            _command(name),
            [known(arg) for arg in args],
            known(self.key),
            _ids(self.conn),
            self.via,
            known(self.when),
        )
        return matcher, kept


def _command(name: Any) -> str | None:
    if name is ANY:
        return None
    if isinstance(name, bytes):
        name = name.decode("utf-8", "replace")
    if not isinstance(name, str) or not name.strip():
        raise OptionError(f"a command is a str such as 'GET' or 'CLIENT KILL', or ANY, not {name!r}")
    return name


def _ids(conn: Conn | None) -> list[int] | None:
    if conn is None:
        return None
    ids = [conn] if isinstance(conn, int) else conn
    accepts = "a connection's id, or a list of ids"
    if isinstance(ids, str | bytes) or not isinstance(ids, Iterable):
        raise OptionError(f"option 'conn' takes {accepts}, not {conn!r}")
    ids = list(ids)
    if not all(isinstance(id_, int) and id_ >= 0 for id_ in ids):
        raise OptionError(f"option 'conn' takes {accepts}, not {conn!r}")
    return ids
