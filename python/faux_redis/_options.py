"""What options take: each check names the option, says what it accepts, and shows what it was given.

Only types are looked at here, and what no number of the core's can hold; what a value means, the core judges.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from .errors import AnswerError, OptionError

__all__ = [
    "items",
    "least_and_most",
    "one_of",
    "optional_text",
    "probability",
    "seconds",
    "text",
    "truth",
    "whole",
]

MOST = 2**63 - 1
"""The greatest number that all of the core's counters can hold."""


def whole(name: str, n: object, least: int) -> int:
    """A whole number that is no less than `least`."""
    if not isinstance(n, int) or isinstance(n, bool) or n < least:
        raise OptionError(f"option '{name}' takes an int of {least} or more, not {n!r}")
    if n > MOST:
        raise OptionError(f"option '{name}' takes an int from {least} to 2**63 - 1, not {n!r}")
    return n


def least_and_most(times: int | range) -> tuple[int, int | None]:
    """How often at least and at most."""
    if not isinstance(times, range):
        n = whole("times", times, 0)
        return n, n
    if times.step != 1 or times.start < 0 or times.stop <= times.start or times.start > MOST:
        raise OptionError(f"option 'times' takes an int or a range such as range(1, 4), not {times!r}")
    return times.start, None if times.stop > MOST else times.stop - 1


def number(name: str, value: object, accepts: str) -> float:
    """A number that is no truth."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise OptionError(f"option '{name}' takes {accepts}, not {value!r}")
    try:
        return float(value)
    except OverflowError:
        raise OptionError(f"option '{name}' takes {accepts}, not an int of so many digits") from None


def seconds(name: str, value: object) -> float:
    """A time in seconds."""
    return number(name, value, "seconds")


def probability(name: str, value: object) -> float:
    """A probability."""
    return number(name, value, "a probability from 0 to 1")


def text(name: str, value: object, accepts: str = "a str") -> str:
    """A text that can be written as UTF-8; a name in parentheses is that of a function."""
    if not isinstance(value, str) or not _is_writable(value):
        said = name if name.endswith("()") else f"option '{name}'"
        raise OptionError(f"{said} takes {accepts}, not {value!r}")
    return value


def optional_text(name: str, value: object, accepts: str = "a str") -> str | None:
    """A text, or None."""
    return None if value is None else text(name, value, accepts)


def one_of(name: str, value: object, *words: str) -> str:
    """One of several words; whether it is, the core says."""
    *first, last = [f"'{word}'" for word in words]
    return text(name, value, f"{', '.join(first)} or {last}")


def truth(name: str, value: object) -> bool:
    """True or False."""
    if not isinstance(value, bool):
        raise OptionError(f"option '{name}' takes True or False, not {value!r}")
    return value


def path(name: str, value: object, accepts: str) -> str:
    """A path, as a text."""
    found = os.fspath(value) if isinstance(value, os.PathLike) else value
    return text(name, found, accepts)


def items(name: str, values: object, accepts: str) -> list[Any]:
    """What a reply is made of: a list, or what can be gone through like one. A text is none."""
    if isinstance(values, str | bytes | bytearray) or not isinstance(values, Iterable):
        raise AnswerError(f"{name}() takes {accepts}, not {values!r}")
    return list(values)


def pairs(name: str, values: object) -> list[tuple[Any, Any]]:
    """A dict, or pairs."""
    accepts = "a dict, or pairs of a key and a value"
    found = items(name, values.items() if isinstance(values, Mapping) else values, accepts)
    if not all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in found):
        raise AnswerError(f"{name}() takes {accepts}, not {values!r}")
    return [(key, value) for key, value in found]


def _is_writable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
