"""What a rule can do: replies of every type, and all that can happen to them.

A plain value is a reply by itself: `None` is null, a `list` always an array, a `dict` a map, and
`str`, `bytes`, `int`, `float` and `bool` are what one expects. What is here says more than a value
can. Actions are carried out from left to right.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

from . import _options
from ._core import Answer, Delay

__all__ = [
    "CLOSE",
    "CYCLE",
    "ERROR",
    "HANG",
    "LAST",
    "NO_REPLY",
    "RESET",
    "STORE",
    "Answer",
    "Delay",
    "Then",
    "attribute",
    "big_number",
    "close",
    "delay",
    "double",
    "drop_reply",
    "duplicate",
    "error",
    "execute",
    "garbage",
    "hang",
    "invalidate",
    "lognormal",
    "map_",
    "message",
    "no_reply",
    "null",
    "ok",
    "partial",
    "push",
    "raw",
    "reorder",
    "reset",
    "set_",
    "status",
    "template",
    "truncate",
    "uniform",
    "verbatim",
    "wrong_type",
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
HANG: Final = Answer.action("hang")
"""Leaves the connection open; this request and all later ones are read and not answered."""
NO_REPLY: Final = Answer.action("no_reply")
"""Nothing is sent, and nothing carried out."""


def ok() -> Answer:
    """Replies `OK`."""
    return status("OK")


def null(*, array: bool = False) -> Answer:
    """Replies null: over RESP2 a null bulk string, or the null array."""
    return Answer.typed("null_array", None) if _options.truth("array", array) else Answer.reply(None)


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
    return Answer.typed("map", _options.pairs("map_", pairs))


def set_(members: Iterable[Any]) -> Answer:
    """Replies a set, in this order; over RESP2 an array."""
    return Answer.typed("set", _options.items("set_", members, "a list of members"))


def push(items: Iterable[Any]) -> Answer:
    """Sends an out-of-band message; over RESP2 an array."""
    return Answer.typed("push", _options.items("push", items, "a list of its kind and what it tells"))


def attribute(pairs: Mapping[Any, Any] | Iterable[tuple[Any, Any]], value: Any) -> Answer:
    """Replies a value with something told of it; over RESP2 the value alone."""
    return Answer.attribute(_options.pairs("attribute", pairs), value)


def message(channel: str | bytes, payload: str | bytes) -> Answer:
    """What a subscriber hears of a message to a channel: for `FauxRedis.push`."""
    return push(["message", channel, payload])


def invalidate(*keys: str | bytes) -> Answer:
    """What a client with tracking hears when these keys have changed: for `FauxRedis.push`.

    If none is named, all have.
    """
    return push(["invalidate", list(keys) or None])


def double(number: float) -> Answer:
    """Replies a floating point number; over RESP2 a string."""
    return Answer.typed("double", number)


def big_number(number: int) -> Answer:
    """Replies an integer of any size; over RESP2 a string."""
    return Answer.typed("big_number", number)


def verbatim(text: str | bytes, format: Literal["txt", "mkd"] = "txt") -> Answer:  # noqa: A002 - RESP3's word
    """Replies a text with its format; over RESP2 a string."""
    return Answer.verbatim(text, _options.one_of("format", format, "txt", "mkd"))


def raw(payload: str | bytes) -> Answer:
    """Sends these bytes as they are, valid or not."""
    return Answer.typed("raw", payload)


def execute() -> Answer:
    """Has the store carry the command out; its reply is the reply."""
    return Answer.action("execute")


def template(text: str) -> Answer:
    """Replies a text with what the call holds in its places, such as `{key} was {arg1}`.

    There are `{name}`, `{key}`, `{key1}`, `{key2}` …, `{arg1}`, `{arg2}` … (without the name), `{args}`
    (all, with spaces between), `{conn}` (the connection's id), `{client}` (its name), `{user}`, `{db}` and
    `{seq}` (the call's number); `{{` and `}}` are braces. What the call does not have is left empty.

    >>> template("{key} was {arg2}") == template("{key} was {arg2}")
    True

    Raises:
        OptionError: The text has a place that no call knows.
    """
    return Answer.template(_options.text("template", text))


def garbage(length: int) -> Answer:
    """Sends so many random bytes, from the server's seed, that no client can take for a reply."""
    return Answer.garbage(_options.whole("garbage", length, 0))


def wrong_type() -> Answer:
    """Has the reply made so far, or the store's, come as another type.

    An array comes in place of one value, an integer in place of several.
    """
    return Answer.action("wrong_type")


def duplicate() -> Answer:
    """Has the reply come twice."""
    return Answer.action("duplicate")


def reorder() -> Answer:
    """Has the reply come after the next reply of its connection."""
    return Answer.action("reorder")


def truncate(length: int) -> Answer:
    """Sends the first bytes of the reply, so many, and ends the connection (FIN)."""
    return Answer.truncate(_options.whole("truncate", length, 0))


def hang(*answer: Any) -> Answer:
    """Leaves the connection open; this request and all later ones are read and not answered.

    What is said before, such as `execute()`, still happens.
    """
    return _before(answer, HANG)


def uniform(least: float, most: float) -> Delay:
    """A delay between two, in seconds, each as likely as the others.

    >>> delay(uniform(0.1, 0.2))
    delay(uniform(100ms, 200ms))
    """
    return Delay.uniform(_options.seconds("uniform", least), _options.seconds("uniform", most))


def lognormal(median: float, sigma: float) -> Delay:
    """A delay mostly about the median, in seconds, and now and then much longer, as real ones are.

    `sigma` is the standard deviation of the logarithm: 0 is always the median, 1 is a wide spread.
    """
    sigma = _options.number("sigma", sigma, "a number of zero or more")
    return Delay.lognormal(_options.seconds("lognormal", median), sigma)


def delay(seconds: float | Delay, *answer: Any) -> Answer:
    """Waits, and then answers; the store does so if nothing else is said.

    What is left to chance is drawn from the server's seed for each call, when it is decided.
    """
    return _all(Answer.delay(seconds), answer)


def partial(chunks: Iterable[str | bytes | int], gap: float = 0.0) -> Answer:
    """Sends the reply in pieces with a pause between them: pieces of one's own, or their lengths."""
    pieces = _options.items("partial", chunks, "a list of pieces: texts, bytes or lengths")
    return Answer.partial(pieces, _options.seconds("gap", gap))


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
