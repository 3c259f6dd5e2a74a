"""What a rule can do: replies of every type, and all that can happen to them.

A plain value is a reply by itself: `None` is null, a `list` always an array, a `dict` a map, and
`str`, `bytes`, `int`, `float` and `bool` are what one expects. What is here says more than a value
can. Actions are carried out from left to right.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

from ._core import Answer

__all__ = [
    "CLOSE",
    "CYCLE",
    "ERROR",
    "LAST",
    "NO_REPLY",
    "RESET",
    "STORE",
    "Answer",
    "Then",
    "big_number",
    "close",
    "delay",
    "double",
    "drop_reply",
    "error",
    "execute",
    "map_",
    "no_reply",
    "null",
    "ok",
    "partial",
    "push",
    "raw",
    "reset",
    "set_",
    "status",
    "verbatim",
]

Then = Literal["last", "cycle", "store", "error"]

LAST: Final = "last"
"""After the last answer of a sequence: the last again and again."""
CYCLE: Final = "cycle"
"""After the last answer of a sequence: the first."""
STORE: Final = "store"
"""After the last answer of a sequence: older rules, or the store."""
ERROR: Final = "error"
"""After the last answer of a sequence: an error that says so."""

CLOSE: Final = Answer.action("close")
"""Ends the connection in order (FIN)."""
RESET: Final = Answer.action("reset")
"""Ends the connection with a RST."""
NO_REPLY: Final = Answer.action("no_reply")
"""Nothing is sent, and nothing carried out."""


def ok() -> Answer:
    """Replies `OK`."""
    return status("OK")


def null(*, array: bool = False) -> Answer:
    """Replies null: over RESP2 a null bulk string, or the null array."""
    return Answer.typed("null_array", None) if array else Answer.reply(None)


def error(line: str | bytes) -> Answer:
    """Replies an error: its line, with its code.

    >>> error("WRONGTYPE no") == error("WRONGTYPE no")
    True
    """
    return Answer.typed("error", line)


def status(text: str | bytes) -> Answer:
    """Replies a simple string: one line."""
    return Answer.typed("status", text)


def map_(pairs: Mapping[Any, Any] | Iterable[tuple[Any, Any]]) -> Answer:
    """Replies a map, whose keys may be of any type and come in this order."""
    return Answer.typed("map", list(pairs.items() if isinstance(pairs, Mapping) else pairs))


def set_(members: Iterable[Any]) -> Answer:
    """Replies a set, in this order; over RESP2 an array."""
    return Answer.typed("set", list(members))


def push(items: Iterable[Any]) -> Answer:
    """Sends an out-of-band message; over RESP2 an array."""
    return Answer.typed("push", list(items))


def double(number: float) -> Answer:
    """Replies a floating point number; over RESP2 a string."""
    return Answer.typed("double", number)


def big_number(number: int) -> Answer:
    """Replies an integer of any size; over RESP2 a string."""
    return Answer.typed("big_number", number)


def verbatim(text: str | bytes, format: Literal["txt", "mkd"] = "txt") -> Answer:  # noqa: A002 - RESP3's word
    """Replies a text with its format; over RESP2 a string."""
    return Answer.verbatim(text, format)


def raw(payload: str | bytes) -> Answer:
    """Sends these bytes as they are, valid or not."""
    return Answer.typed("raw", payload)


def execute() -> Answer:
    """Has the store carry the command out; its reply is the reply."""
    return Answer.action("execute")


def delay(seconds: float, *answer: Any) -> Answer:
    """Waits, and then answers; the store does so if nothing else is said."""
    return _all(Answer.delay(seconds), answer)


def partial(chunks: Iterable[str | bytes | int], gap: float = 0.0) -> Answer:
    """Sends the reply in pieces with a pause between them: pieces of one's own, or their lengths."""
    return Answer.partial(list(chunks), gap)


def drop_reply() -> Answer:
    """Loses the reply that was made so far."""
    return Answer.action("drop_reply")


def no_reply() -> Answer:
    """Sends nothing, and carries nothing out."""
    return NO_REPLY


def close(*answer: Any) -> Answer:
    """Answers, if an answer is given, and ends the connection in order (FIN)."""
    return _before(answer, CLOSE)


def reset(*answer: Any) -> Answer:
    """Answers, if an answer is given, and ends the connection with a RST."""
    return _before(answer, RESET)


def _all(first: Answer, rest: tuple[Any, ...]) -> Answer:
    for value in rest:
        first = first + value
    return first


def _before(answer: tuple[Any, ...], end: Answer) -> Answer:
    if not answer:
        return end
    return _all(Answer.reply(answer[0]), answer[1:]) + end
