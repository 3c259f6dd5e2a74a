"""What a test asks for when it means some calls: a command, its arguments, and whose it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from . import _core, _options
from ._callbacks import Host
from .clients import Client, ids
from .errors import OptionError
from .matchers import ANY, Arg, Option, as_pattern

__all__ = ["Commands", "Conn", "Match", "Step", "Via", "When", "called", "category", "flag"]

Conn = int | Iterable[int] | Client
"""Whose calls: a connection's id, several, or what `client` says."""
Via = Literal["direct", "exec", "script"]
"""The way a command reached the store."""
When = Callable[[_core.Call], Any]
"""A predicate that gets the call."""


# What is often looked for here.
_OF_RULES = frozenset(
    ("after", "named", "never", "nth", "optional", "p", "priority", "replies", "reply", "scenario", "times")
)


@dataclass(frozen=True)
class Commands:
    """Commands that have something in common, made by `category` or `flag`."""

    kind: Literal["category", "flag"]
    name: str

    def __repr__(self) -> str:
        return f'{self.kind}("{self.name}")'


def category(name: str) -> Commands:
    """Means the commands of an ACL category, in the place of a command's name.

    >>> category("@write")
    category("@write")
    """
    name = _options.text("category()", name, "a str such as '@write'")
    return Commands("category", "@" + name.removeprefix("@"))


def flag(name: str) -> Commands:
    """Means the commands that have a flag, as COMMAND INFO names it, in the place of a command's name.

    >>> flag("blocking")
    flag("blocking")
    """
    return Commands("flag", _options.text("flag()", name, "a str such as 'blocking'"))


@dataclass(frozen=True)
class Match:
    """The arguments that `stub`, `expect`, `wait_for`, `verify` and `calls` have in common."""

    patterns: tuple[Any, ...]
    key: Arg | None = None
    conn: Conn | None = None
    via: Via | None = None
    when: When | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    also: tuple[str, ...] = ()
    """What else the method takes that was called, for its messages."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for."""
        given = (self.key, self.conn, self.via, self.when)
        return not self.patterns and not self.options and all(option is None for option in given)

    def matcher(self, host: Host) -> tuple[_core.Matcher, list[int]]:
        """Makes the core's matcher, and tells the numbers of the callables it asks."""
        kept: list[int] = []

        def known(callable_: Callable[..., Any]) -> _core.Callable:
            number, reference = host.add(callable_)
            kept.append(number)
            return reference

        def built(value: Any) -> _core.Pattern:
            return as_pattern(value).build(known)

        def option(value: Any) -> bool | _core.Pattern | list[_core.Pattern]:
            if isinstance(value, bool):
                return value
            return [built(one) for one in value] if isinstance(value, tuple | list) else built(value)

        self._check()
        kind, name = _command(self.patterns[0] if self.patterns else ANY)
        try:
            matcher = _core.Matcher(
                kind,
                name,
                [built(arg) for arg in self.patterns[1:]],
                None if self.key is None else built(self.key),
                [(name, option(value)) for name, value in self.options.items()],
                self._client(known),
                None if self.via is None else _options.one_of("via", self.via, "direct", "exec", "script"),
                None if self.when is None else known(self.when),
            )
        except BaseException:
            for number in kept:
                host.remove(number)
            raise
        return matcher, kept

    def _check(self) -> None:
        for name, value in self.options.items():
            if name in _OF_RULES:
                raise OptionError(
                    f"option '{name}' is said of the rule that stub and expect give: .{name}(...)"
                )
            if name != name.upper():
                there_are = ", ".join(("key", "conn", "via", "when", *self.also))
                raise OptionError(
                    f"unknown option '{name}'; there are {there_are}, and in capitals those of the command"
                )
            if value is None:
                raise OptionError(
                    f"option '{name}' takes True, False or patterns, not None; False is not given"
                )
        if self.when is not None and not callable(self.when):
            raise OptionError(f"option 'when' takes a callable that gets the call, not {self.when!r}")

    def _client(self, known: Callable[..., _core.Callable]) -> _core.Client | None:
        if self.conn is None:
            return None
        client = self.conn if isinstance(self.conn, Client) else Client(ids("conn", self.conn))
        return client.build(known)


def called(
    *patterns: Any,
    key: Arg | None = None,
    conn: Conn | None = None,
    via: Via | None = None,
    when: When | None = None,
    **options: Option,
) -> Match:
    """Says which calls are meant, where a name alone does not: a step of `verify_order`.

    It takes what `stub` takes.
    """
    return Match(patterns, key, conn, via, when, options)


Step = str | bytes | tuple[Any, ...] | Match
"""A step of an order: a command, a tuple of a command and what its arguments must be, or `called(...)`."""


def step(said: Step) -> Match:
    """What a step of an order means."""
    if isinstance(said, Match):
        return said
    if isinstance(said, tuple):
        return Match(said)
    if isinstance(said, str | bytes):
        return Match((said,))
    raise OptionError(
        f"a step is a command, a tuple such as ('SET', 'lock', ANY), or called(...), not {said!r}"
    )


def _command(name: Any) -> tuple[str, str]:
    if name is ANY:
        return "any", ""
    if isinstance(name, Commands):
        return name.kind, name.name
    if isinstance(name, bytes):
        name = name.decode("utf-8", "replace")
    if not isinstance(name, str) or not name.strip():
        raise OptionError(
            "a command is a str such as 'GET' or 'CLIENT KILL', a category(...), a flag(...), or ANY, "
            f"not {name!r}"
        )
    return "command", _options.text("command", name)
