"""What an argument can be matched against, besides its exact bytes.

Any callable is a predicate: it gets the argument as `bytes` and says whether it matches.
"""

from __future__ import annotations

import re as regex
from collections.abc import Callable
from typing import Any, Final

from ._core import Pattern
from .errors import PatternError

__all__ = ["ANY", "REST", "Arg", "Pattern", "Regex", "glob", "re"]

ANY: Final = Pattern.any()
"""Anything."""
REST: Final = Pattern.rest()
"""Any number of arguments, to the end."""

Arg = str | bytes | int | float | Pattern | Callable[[bytes], Any]
"""What one argument must be."""


def glob(pattern: str | bytes) -> Pattern:
    """Matches a glob, in the words of KEYS.

    >>> glob("user:*")
    glob("user:*")
    """
    return Pattern.glob(pattern)


def re(pattern: str | bytes, flags: int = 0) -> Regex:
    r"""Matches where an expression of Python's `re` is found.

    >>> re(r"^user:\d+$")(b"user:42")
    True
    """
    return Regex(pattern, flags)


class Regex:
    """A predicate that looks for a regular expression, made by `re`."""

    def __init__(self, pattern: str | bytes, flags: int = 0) -> None:
        if not isinstance(pattern, str | bytes):
            raise PatternError(f"re() takes a str or bytes, not {pattern!r}")
        try:
            self._expression: regex.Pattern[Any] = regex.compile(pattern, flags)
        except (regex.error, ValueError) as error:
            raise PatternError(f"re({pattern!r}) is no regular expression: {error}") from error

    def __call__(self, arg: bytes) -> bool:
        """Whether the expression is found in the argument."""
        if isinstance(self._expression.pattern, str):
            return self._expression.search(arg.decode("utf-8", "surrogateescape")) is not None
        return self._expression.search(arg) is not None

    def __repr__(self) -> str:
        return f"re({self._expression.pattern!r})"
