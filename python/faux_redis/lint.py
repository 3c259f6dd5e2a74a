"""Lint: what in the use of a server is likely to hurt in production."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from ._core import Call
from .errors import OptionError

__all__ = ["Finding", "Lint", "LintWarning", "Smell"]

Smell = Literal[
    "round_trips",
    "n_plus_one",
    "keys",
    "flush",
    "no_ttl",
    "watch",
    "left_open",
    "unread",
    "cross_slot",
    "deprecated",
]
"""A kind of finding. `round_trips` is a budget: it is only found when one is given."""

Lint = bool | Literal["fail"] | Iterable[Smell]
"""What to look for: everything, everything and fail for it, or these smells."""


class LintWarning(UserWarning):
    """Something that lint has found and that does not fail verification."""


class Finding(NamedTuple):
    """Something that lint has found. As a `str` it is all of this, to read."""

    smell: Smell
    """What kind of thing it is."""
    message: str
    """What was found, in a sentence."""
    calls: list[Call]
    """The calls it is about, the oldest first."""
    why: str
    """Why it matters."""
    advice: str
    """What to do."""
    text: str
    """All of it."""

    def __str__(self) -> str:
        return self.text


def listed(name: str, smells: object) -> object:
    """A collection of names as the list that the core takes."""
    if isinstance(smells, str | bytes | bytearray) and smells != "fail":
        raise OptionError(f"option '{name}' takes a list of smells, not {smells!r}")
    if isinstance(smells, bool | str) or not isinstance(smells, Iterable):
        return smells
    return list(smells)
