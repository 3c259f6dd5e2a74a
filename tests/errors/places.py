"""The requests of a command in which several things are wrong at once, drawn up from its documentation, not by chance.

A base is a request that is well formed but for options that exclude each other: every choice once, every two options
together, in either order, and every option twice. Of each base come all requests in which one or two words are wrong, in
which it ends too early, and in which there is a word too many.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import grammar
import spoils
from notation import Value

# What a base may cost. A choice that is not the first, a repetition and an option within an option cost 1, others 2.
BUDGET = 6

# What it may cost where only some requests are sent.
SMALL_BUDGET = 4

# In a base with options, as many kinds of wrong words are put to each place.
KINDS = 2

# As many kinds of wrong words come three at a time.
TOGETHER = 2


class Place(NamedTuple):
    """A word of a request: what is right there, and what is wrong."""

    right: bytes
    wrong: tuple[bytes, ...]


class Chunk(NamedTuple):
    """Words that belong together: an option with its value, or what must be there."""

    is_option: bool
    places: tuple[Place, ...]


@dataclass
class Command:
    """A command as a server documents it."""

    name: str
    group: str
    blocking: bool
    arguments: list[Value] = field(default_factory=list)

    @property
    def title(self) -> list[Place]:
        return [Place(word.encode(), ()) for word in self.name.upper().split("|")]


Request = tuple[bytes, ...]


def requests(command: Command, budget: int = BUDGET) -> list[Request]:
    """All requests, the same every time, each once; those of the plainest bases come first."""
    found: dict[Request, None] = {}
    for cost, chunks in sorted(bases(command, budget), key=lambda base: base[0]):
        for order in orders(chunks):
            places = [*command.title, *itertools.chain.from_iterable(chunk.places for chunk in order)]
            found.update(dict.fromkeys(spoilt(places, kinds=KINDS if cost else 99)))
    return list(found)


def plain(command: Command) -> list[Request]:
    """Those of the base that has no options."""
    _, chunks = min(bases(command, budget=0), key=lambda base: base[0])
    return list(dict.fromkeys(spoilt([*command.title, *(place for chunk in chunks for place in chunk.places)], kinds=99)))


# ---- bases -----------------------------------------------------------------------------------------------------------

Base = tuple[int, tuple[Chunk, ...]]
Alternative = tuple[int, tuple[Place, ...]]


def bases(command: Command, budget: int) -> list[Base]:
    result: list[Base] = [(0, ())]
    for argument in command.arguments:
        ways = list(_chunks(command, argument))
        result = [(cost + more, chunks + added) for cost, chunks in result for more, added in ways if cost + more <= budget]
    return result


def orders(chunks: tuple[Chunk, ...]) -> Iterator[tuple[Chunk, ...]]:
    """As documented, and with two options that stand beside each other changed about."""
    yield chunks
    options = [at for at, chunk in enumerate(chunks) if chunk.is_option]
    if len(options) == 2 and options[0] + 1 == options[1]:
        one, other = options
        yield (*chunks[:one], chunks[other], chunks[one], *chunks[other + 1 :])


def _chunks(command: Command, argument: Value) -> Iterator[Base]:
    ways = list(_alternatives(command, argument))
    if not _has(argument, "optional"):
        yield from ((cost, (Chunk(False, places),)) for cost, places in ways)
        return
    yield 0, ()
    options = [(cost, Chunk(True, places)) for cost, places in ways]
    yield from ((cost + 2, (chunk,)) for cost, chunk in options)
    for (cost, one), (more, other) in itertools.combinations_with_replacement(options, 2):
        yield cost + more + 4, (one, other)


def _alternatives(command: Command, argument: Value) -> list[Alternative]:
    told = grammar.fields(argument)
    kind = told["type"].content.decode()
    token = (Place(told["token"].content, (b"NOTOKEN",)),) if "token" in told else ()
    if kind == "pure-token":
        return [(0, token)]
    inner = told["arguments"].content if "arguments" in told else ()
    if kind == "oneof":
        ways = [(cost + (at > 0), places) for at, one in enumerate(inner) for cost, places in _alternatives(command, one)]
    elif kind == "block":
        ways = _in_turn(command, inner)
    else:
        right, *wrong = spoils.words(command.name, command.group, told["name"].content.decode(), kind)
        ways = [(0, (Place(right, tuple(wrong)),))]
    if not _has(argument, "multiple"):
        return [(cost, token + places) for cost, places in ways]
    between = token if _has(argument, "multiple_token") else ()
    return [way for cost, places in ways
            for way in ((cost, token + places), (cost + 1, token + places + between + places))]  # fmt: skip


def _in_turn(command: Command, arguments: tuple[Value, ...]) -> list[Alternative]:
    result: list[Alternative] = [(0, ())]
    for argument in arguments:
        ways = _alternatives(command, argument)
        if _has(argument, "optional"):
            ways = [(0, ()), *((cost + 1, places) for cost, places in ways)]
        result = [(cost + more, places + added) for cost, places in result for more, added in ways if cost + more <= BUDGET]
    return result


def _has(argument: Value, flag: str) -> bool:
    told = grammar.fields(argument)
    return "flags" in told and any(one.content.decode() == flag for one in told["flags"].content)


# ---- what is wrong ---------------------------------------------------------------------------------------------------


def spoilt(places: list[Place], kinds: int) -> Iterator[Request]:
    """The request itself, and all in which one or two things are wrong; of the first kinds of wrong words, also three."""
    right = tuple(place.right for place in places)
    wrong = [(at, word) for at, place in enumerate(places) for word in place.wrong[:kinds]]
    once = [right, *(_with(right, fault) for fault in wrong)]
    yield from once
    for one, other in itertools.combinations(wrong, 2):
        if one[0] != other[0]:
            yield _with(_with(right, one), other)
    first = [(at, word) for at, place in enumerate(places) for word in place.wrong[:TOGETHER]]
    for three in itertools.combinations(first, 3):
        if len({at for at, _ in three}) == 3:
            yield _with(_with(_with(right, three[0]), three[1]), three[2])
    for request in once:
        yield from (request[:length] for length in range(1, len(request)))
        yield (*request, b"junk")
    yield from (right[:at] + right[at + 1 :] for at in range(1, len(right)))


def _with(request: Request, fault: tuple[int, bytes]) -> Request:
    at, word = fault
    return (*request[:at], word, *request[at + 1 :])
