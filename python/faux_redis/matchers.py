"""What an argument can be matched against, besides its exact bytes.

Any callable is a predicate: it gets the argument as `bytes` and says whether it matches. Patterns are
combined by `&`, `|` and `~`, with each other, with exact values and with predicates; they print
themselves as they are written.

>>> glob("user:*") & ~glob("*:tmp") | "admin"
glob("user:*") & ~glob("*:tmp") | "admin"

What is not given, such as an option that a request does not have, is matched by `absent` alone and by
combinations that say it: `~gt(30)` is a value that is there and not greater.
"""

from __future__ import annotations

import json as json_
import re as regex
from collections.abc import Callable
from typing import Any, Final

from . import _core, _options
from ._callbacks import name_of
from .errors import PatternError

__all__ = [
    "ANY",
    "REST",
    "Arg",
    "Known",
    "Option",
    "Pattern",
    "Regex",
    "absent",
    "as_pattern",
    "between",
    "ge",
    "glob",
    "gt",
    "json",
    "le",
    "lt",
    "re",
]

Known = Callable[[Callable[[bytes], Any]], _core.Callable]
"""Takes a predicate in, and gives what stands for it in the core."""

# How tightly a combination binds, for the parentheses in what is shown.
_OR, _AND, _WHOLE = range(3)


class Pattern:
    """What one argument must be."""

    _binding = _WHOLE

    def __and__(self, other: Arg) -> Pattern:
        return _Both(self, as_pattern(other))

    def __rand__(self, other: Arg) -> Pattern:
        return _Both(as_pattern(other), self)

    def __or__(self, other: Arg) -> Pattern:
        return _Either(self, as_pattern(other))

    def __ror__(self, other: Arg) -> Pattern:
        return _Either(as_pattern(other), self)

    def __invert__(self) -> Pattern:
        return _Negated(self)

    def build(self, known: Known) -> _core.Pattern:
        """Makes the core's pattern; `known` takes in the predicates."""
        raise NotImplementedError

    def _part(self, binding: int) -> str:
        return repr(self) if self._binding >= binding else f"({self!r})"


class _Plain(Pattern):
    """A pattern that the core knows all about."""

    def __init__(self, core: _core.Pattern) -> None:
        self._core = core

    def build(self, known: Known) -> _core.Pattern:
        return self._core

    def __repr__(self) -> str:
        return repr(self._core)


class _Asked(Pattern):
    """A predicate."""

    def __init__(self, predicate: Callable[[bytes], Any]) -> None:
        self._predicate = predicate

    def build(self, known: Known) -> _core.Pattern:
        return _core.Pattern.ask(known(self._predicate))

    def __repr__(self) -> str:
        return name_of(self._predicate)


class _Both(Pattern):
    _binding = _AND

    def __init__(self, one: Pattern, other: Pattern) -> None:
        self._one, self._other = one, other

    def build(self, known: Known) -> _core.Pattern:
        return _core.Pattern.both(self._one.build(known), self._other.build(known))

    def __repr__(self) -> str:
        return f"{self._one._part(_AND)} & {self._other._part(_WHOLE)}"


class _Either(Pattern):
    _binding = _OR

    def __init__(self, one: Pattern, other: Pattern) -> None:
        self._one, self._other = one, other

    def build(self, known: Known) -> _core.Pattern:
        return _core.Pattern.either(self._one.build(known), self._other.build(known))

    def __repr__(self) -> str:
        return f"{self._one._part(_OR)} | {self._other._part(_AND)}"


class _Negated(Pattern):
    def __init__(self, pattern: Pattern) -> None:
        self._pattern = pattern

    def build(self, known: Known) -> _core.Pattern:
        return _core.Pattern.negated(self._pattern.build(known))

    def __repr__(self) -> str:
        return f"~{self._pattern._part(_WHOLE)}"


class _Json(Pattern):
    def __init__(self, path: str, pattern: Pattern) -> None:
        self._path, self._pattern = path, pattern

    def build(self, known: Known) -> _core.Pattern:
        return _core.Pattern.json(self._path, self._pattern.build(known))

    def __repr__(self) -> str:
        return f"json({json_.dumps(self._path)}, {self._pattern!r})"


class Regex(Pattern):
    """A predicate that looks for a regular expression, made by `re`."""

    def __init__(self, pattern: str | bytes, flags: int = 0) -> None:
        if not isinstance(pattern, str | bytes):
            raise PatternError(f"re() takes a str or bytes, not {pattern!r}")
        if not isinstance(flags, int) or isinstance(flags, bool):
            raise PatternError(f"re() takes flags such as re.IGNORECASE, not {flags!r}")
        try:
            self._expression: regex.Pattern[Any] = regex.compile(pattern, flags)
        except (regex.error, ValueError, TypeError, OverflowError) as error:
            raise PatternError(f"re({pattern!r}) is no regular expression: {error}") from error

    def __call__(self, arg: bytes) -> bool:
        """Whether the expression is found in the argument."""
        if isinstance(self._expression.pattern, str):
            return self._expression.search(arg.decode("utf-8", "surrogateescape")) is not None
        return self._expression.search(arg) is not None

    def build(self, known: Known) -> _core.Pattern:
        """Makes the core's pattern: Python looks for the expression."""
        return _core.Pattern.ask(known(self))

    def __repr__(self) -> str:
        return f"re({self._expression.pattern!r})"


Arg = str | bytes | int | float | Pattern | Callable[[bytes], Any]
"""What one argument must be."""

Option = Arg | bool | tuple[Arg, ...] | list[Arg]
"""What an option must be: `True` for given, `False` for not given, what its value must be, or a tuple of
what its values must be."""

ANY: Final[Pattern] = _Plain(_core.Pattern.any())
"""Anything that is given."""
REST: Final[Pattern] = _Plain(_core.Pattern.rest())
"""Any number of arguments, to the end."""
absent: Final[Pattern] = _Plain(_core.Pattern.absent())
"""Nothing: the option, the last arguments or the key are not given."""


def as_pattern(value: Any) -> Pattern:
    """Makes a pattern of what can stand for one: an exact value or a predicate."""
    if isinstance(value, Pattern):
        return value
    return _Asked(value) if callable(value) else _Plain(_core.Pattern.exact(value))


def glob(pattern: str | bytes) -> Pattern:
    """Matches a glob, in the words of KEYS.

    >>> glob("user:*")
    glob("user:*")
    """
    return _Plain(_core.Pattern.glob(pattern))


def re(pattern: str | bytes, flags: int = 0) -> Regex:
    r"""Matches where an expression of Python's `re` is found.

    >>> re(r"^user:\d+$")(b"user:42")
    True
    """
    return Regex(pattern, flags)


def gt(number: float) -> Pattern:
    """Matches a number greater than this: an integer or a float, as the server reads them.

    What is no number matches neither this nor its kin.

    >>> gt(30) & lt(60.5)
    gt(30) & lt(60.5)
    """
    return _Plain(_core.Pattern.compared("gt", number))


def ge(number: float) -> Pattern:
    """Matches a number no less than this."""
    return _Plain(_core.Pattern.compared("ge", number))


def lt(number: float) -> Pattern:
    """Matches a number less than this."""
    return _Plain(_core.Pattern.compared("lt", number))


def le(number: float) -> Pattern:
    """Matches a number no greater than this."""
    return _Plain(_core.Pattern.compared("le", number))


def between(least: float, most: float) -> Pattern:
    """Matches a number from one to the other, both included."""
    return _Plain(_core.Pattern.between(least, most))


def json(path: str, holds: Any) -> Pattern:
    """Matches a JSON document in which a JSONPath leads to this value, or to one that a pattern matches.

    A plain value is compared as JSON is: `42` is not `"42"`, and numbers are equal by what they are
    worth. A pattern or predicate gets the text: of a string what it says, of anything else how JSON
    writes it. One of the values the path leads to is enough; with `absent` it must lead nowhere. The
    path is as in RFC 9535, without its functions.

    >>> json("$.user.id", 42) & json("$.items[*].price", gt(9.5))
    json("$.user.id", 42) & json("$.items[*].price", gt(9.5))

    Raises:
        OptionError: The path is none.
        PatternError: The value cannot be written as JSON.
    """
    path = _options.text("path", path, "a JSONPath such as $.user.id")
    if isinstance(holds, Pattern) or callable(holds):
        pattern = _Json(path, as_pattern(holds))
        _core.Pattern.json(path, _core.Pattern.any())
        return pattern
    try:
        text = json_.dumps(holds, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise PatternError(f"json() takes a value of JSON or a pattern, not {holds!r}: {error}") from error
    return _Plain(_core.Pattern.json_value(path, text))
