"""What can go wrong: one class a kind, all of them a `FauxRedisError`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

__all__ = [
    "AnswerError",
    "Failure",
    "FauxRedisError",
    "ListenError",
    "OptionError",
    "PatternError",
    "StoppedError",
    "VerificationError",
    "WaitTimeoutError",
]


class FauxRedisError(Exception):
    """What all errors of this package are."""


class OptionError(FauxRedisError, ValueError):
    """An option is unknown or makes no sense; the message names it and what it accepts."""


class PatternError(FauxRedisError, TypeError):
    """Something that no argument can be matched against."""


class AnswerError(FauxRedisError, TypeError):
    """Something that no reply can be made of."""


class ListenError(FauxRedisError, OSError):
    """The port or socket cannot be listened on; most often it is taken."""


class StoppedError(FauxRedisError, RuntimeError):
    """The server does not run: not yet, not any more, or not in this process."""


class WaitTimeoutError(FauxRedisError, TimeoutError):
    """What was waited for did not happen in time."""


class Failure(NamedTuple):
    """One thing that is not as the test wants it."""

    kind: Literal[
        "unmet", "callback", "unmocked", "unused", "unasserted", "order", "unaccounted", "lint", "changed"
    ]
    """An expectation is unmet, a callback failed, or in strict mode a call or a stub is alone; a call is not
    asserted, not in order or one too many; a budget is exceeded, lint fails for what it found, or keys
    changed that must not."""
    message: str
    """What was expected and what was got, over one or more lines."""
    exception: BaseException | None
    """What the callback or predicate raised."""


class VerificationError(FauxRedisError, AssertionError):
    """What the test expected is not what happened.

    `failures` lists all that is wrong. What the first failing callback raised is the `__cause__`,
    so that its traceback is shown.
    """

    failures: tuple[Failure, ...]

    def __init__(self, message: str, failures: Iterable[tuple[Any, str, Any]] = ()) -> None:
        super().__init__(message)
        self.failures = tuple(Failure(*failure) for failure in failures)
        raised = (failure.exception for failure in self.failures)
        self.__cause__ = next((exception for exception in raised if exception is not None), None)
