"""Writes a difference as a conversation, ready to be kept in `tests/conversations`."""

from __future__ import annotations

import re
from dataclasses import replace

from conversation import Block, Step, observe
from notation import Value, quoted, write
from pair import Pair
from play import Finding
from sequences import Request


# Where deadlines are set, the conversation says that only commands find what is over.
DEADLINE = re.compile(rb"\w*EXPIRE\w*|EX|PX|EXAT|PXAT|P?SETEX", re.IGNORECASE)


def conversation(pair: Pair, requests: list[Request], difference: Finding) -> str:
    """The requests with what the real server replies; where ours replies otherwise, a comment says so."""
    steps = list(requests)
    if difference.request is not None and difference.request not in requests:
        steps += _probe(difference.request)
    pair.reset()
    if any(DEADLINE.fullmatch(word) for request in steps for word in request.words):
        steps.insert(0, Request("1", (b"DEBUG", b"SET-ACTIVE-EXPIRE", b"0")))
    real, ours = (_observed(side.port, steps) for side in pair.sides)
    lines = [f"# {pair.real.name} here, and where ours differs a comment", "```redis"]
    for request, events, others in zip(steps, real, ours, strict=True):
        lines.append(written(request))
        lines += [_line(request, event) for event in events]
        if events != others:
            lines += [f"# ours: {_line(request, event)}" for event in others] or ["# ours: (nothing)"]
    if real == ours:
        lines.append(f"# not seen again here: {difference.real} / ours {difference.ours}")
    return "\n".join([*lines, "```", ""])


def _probe(request: Request) -> list[Request]:
    """How the keyspace showed the difference, as somebody else may ask."""
    _, _, db = request.connection.partition("@")
    first = [Request("8", (b"SELECT", db.encode()))] if db else []
    return [*first, replace(request, connection="8")]


def _observed(port: int, requests: list[Request]) -> list[list[tuple[str, str]]]:
    steps = [Step(at, request.connection, "sends", written(request), list(request.words)) for at, request in enumerate(requests)]
    try:
        events = observe(Block("", 0, "", steps), "127.0.0.1", port, "redis 7.0")
    except OSError as error:
        return [[("", f"({error})")]] * len(requests)
    return [[(connection, _shown(value)) for connection, value in step] for step in events]


def _shown(value: Value) -> str:
    return write(value)


def _line(request: Request, event: tuple[str, str]) -> str:
    connection, text = event
    return text if connection == request.connection else f"{connection}< {text}"


def written(request: Request) -> str:
    """A request as a line of a conversation."""
    return f"{request.connection}> " + " ".join(map(_word, request.words))


def _word(word: bytes) -> str:
    return word.decode() if re.fullmatch(rb"[^\s\"'\\<>#\x00-\x1f\x7f-\xff]+", word) else quoted(word)
