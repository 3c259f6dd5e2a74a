"""Usage lines, and drawing requests from them: `10 SET key value [NX|XX] [EX seconds|KEEPTTL]`.

A usage line is read from text (`parse`) or from what a server answers to `COMMAND DOCS` (`documented`), and becomes a
`Form`, which draws words. In a line, words in small letters name a pool of `words.py`, all others stand for
themselves, and so do those in single quotes; `[...]` may be left out, `<a|b>` and `[a|b]` offer a choice, and `x ...` stands for one `x` or
more. What begins with `num` says how often what follows is repeated.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from notation import Value
from words import HOSTILE, POOLS, Draw

# Appends the words of one part of a request.
Part = Callable[[Draw, list[bytes]], None]

# Draws a request.
Form = Callable[[Draw], list[bytes]]

LEXEME = re.compile(r"'[^']*'|\.\.\.|[\[\]<>|]|[^\s\[\]<>|]+")

# How often something that may repeat is there.
REPEATS = (1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6)


def parse(line: str) -> Form:
    """The form that a line of text describes."""
    return _form(_Reader(line).all())


def documented(name: str, arguments: tuple[Value, ...]) -> Form:
    """The form of a command whose arguments a server has documented."""
    return _form([*(_literal(word) for word in name.upper().split("|")), *map(_documented, arguments)])


def _form(parts: list[Part]) -> Form:
    body = _sequence(parts)

    def form(draw: Draw) -> list[bytes]:
        words: list[bytes] = []
        draw.expected = None
        body(draw, words)
        return words

    return form


def fields(value: Value) -> dict[str, Any]:
    """What a server tells by name: a map of RESP3, or the flat array of RESP2."""
    flat = value.content
    pairs = flat if value.kind == "map" else zip(flat[::2], flat[1::2], strict=True)
    return {name.content.decode(): told for name, told in pairs}


# ---- the parts of a form -------------------------------------------------------------------------------------------


def _literal(word: str) -> Part:
    encoded = word.encode()
    return lambda draw, words: words.append(encoded)


def _count() -> Part:
    def count(draw: Draw, words: list[bytes]) -> None:
        draw.expected = draw.pick(REPEATS)
        told = draw.pick(HOSTILE) if draw.chance(0.02) else b"%d" % (draw.expected + draw.chance(0.02))
        words.append(told)

    return count


def _pool(name: str) -> Part:
    if name.startswith("num"):
        return _count()
    pool = POOLS[name]

    def value(draw: Draw, words: list[bytes]) -> None:
        words.append(draw.pick(HOSTILE) if draw.chance(draw.hostility) else pool(draw))

    return value


def _sequence(parts: list[Part]) -> Part:
    if len(parts) == 1:
        return parts[0]

    def sequence(draw: Draw, words: list[bytes]) -> None:
        for part in parts:
            part(draw, words)

    return sequence


def _one_of(choices: list[Part]) -> Part:
    return lambda draw, words: draw.pick(choices)(draw, words)


def _optional(part: Part) -> Part:
    def optional(draw: Draw, words: list[bytes]) -> None:
        if draw.chance(0.3):
            part(draw, words)

    return optional


def _many(part: Part) -> Part:
    def many(draw: Draw, words: list[bytes]) -> None:
        times, draw.expected = draw.expected, None
        if times is None:
            times = draw.below(600) if draw.chance(0.002) else draw.pick(REPEATS)
        for _ in range(times):
            part(draw, words)

    return many


# ---- from text -----------------------------------------------------------------------------------------------------


class _Reader:
    """A cursor over the lexemes of one usage line."""

    def __init__(self, line: str) -> None:
        self.lexemes = LEXEME.findall(line)
        self.at = 0

    def all(self) -> list[Part]:
        parts = self._parts()
        if self.at < len(self.lexemes):
            raise ValueError(f"{self.lexemes[self.at]!r} closes nothing in: {' '.join(self.lexemes)}")
        return parts

    def _parts(self) -> list[Part]:
        parts: list[Part] = []
        while self.at < len(self.lexemes) and self.lexemes[self.at] not in "]>|":
            lexeme = self.lexemes[self.at]
            self.at += 1
            if lexeme == "...":
                parts.append(_many(parts.pop()))
            elif lexeme == "[":
                parts.append(_optional(self._choice("]")))
            elif lexeme == "<":
                parts.append(self._choice(">"))
            else:
                parts.append(_pool(lexeme) if lexeme[0].islower() else _literal(lexeme.strip("'")))
        return parts

    def _choice(self, closing: str) -> Part:
        choices = [_sequence(self._parts())]
        while self._next() == "|":
            self.at += 1
            choices.append(_sequence(self._parts()))
        if self._next() != closing:
            raise ValueError(f"a bracket is not closed in: {' '.join(self.lexemes)}")
        self.at += 1
        return choices[0] if len(choices) == 1 else _one_of(choices)

    def _next(self) -> str:
        return self.lexemes[self.at] if self.at < len(self.lexemes) else ""


# ---- from a server's documentation -----------------------------------------------------------------------------------


def _documented(argument: Value) -> Part:
    told = fields(argument)
    flags = {flag.content.decode() for flag in told["flags"].content} if "flags" in told else set()
    token = told["token"].content.decode() if "token" in told else None
    kind = told["type"].content.decode()
    parts = [_documented(one) for one in told["arguments"].content] if "arguments" in told else []
    if kind == "pure-token":
        part = _literal(token or "")
    elif kind == "oneof":
        part = _one_of(parts)
    elif kind == "block":
        part = _sequence(parts)
    else:
        part = _pool(pool_of(told["name"].content.decode(), kind))
    announced = token is not None and kind != "pure-token"
    if announced and "multiple_token" in flags:
        part = _sequence([_literal(token or ""), part])
    if "multiple" in flags:
        part = _many(part)
    if announced and "multiple_token" not in flags:
        part = _sequence([_literal(token or ""), part])
    return _optional(part) if "optional" in flags else part


def pool_of(name: str, kind: str) -> str:
    """The pool for an argument: its name's and type's, its name's, or its type's."""
    stem = name.rstrip("0123456789")
    if stem.startswith("num"):
        return stem
    return next((pool for pool in (f"{stem}-{kind}", stem, kind) if pool in POOLS), "string")
