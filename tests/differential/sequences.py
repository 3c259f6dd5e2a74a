"""Draws sequences of requests: which connection sends what, in runs that are sent in one piece."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import grammar
from forms import BACKGROUND, FAMILIES, NOT_DRAWN, SETTINGS
from grammar import Form
from notation import Value
from words import HOSTILE, Draw

# How long a sequence is, and how long a run is at most.
SEQUENCE = 300
RUN = 40

# How often a request is spoilt: a word is left out, added or put elsewhere.
SPOILT = 0.015


@dataclass(frozen=True)
class Request:
    """What one connection sends."""

    connection: str
    words: tuple[bytes, ...]

    @property
    def name(self) -> str:
        return self.words[0].decode("latin-1").lower() if self.words else ""


Run = list[Request]


@dataclass(frozen=True)
class Known:
    """The commands that both servers have: their documentation, and which of them may wait."""

    documented: dict[str, dict[str, Value]]
    blocking: frozenset[str]

    def has(self, name: str) -> bool:
        return name in self.documented

    def waits(self, request: Request) -> bool:
        """Whether the request may have to wait; XREAD does only if it says so."""
        if request.name in ("xread", "xreadgroup"):
            return any(word.upper() == b"BLOCK" for word in request.words)
        return request.name in self.blocking

    def pieces(self, run: Run) -> list[Run]:
        """A run in pieces, where what comes next must see what came of it, or where it must come first."""
        pieces: list[Run] = [[]]
        for request in run:
            if _is_sent_alone(request) and pieces[-1]:
                pieces.append([])
            pieces[-1].append(request)
            if _is_sent_alone(request) or self.waits(request) or _is_nameless(request):
                pieces.append([])
        return [piece for piece in pieces if piece]


def _is_sent_alone(request: Request) -> bool:
    """SPOP, because its choice is undone, and AUTH, whose refusal Redis from 7.2 on drops behind other replies."""
    return request.name in ("spop", "auth") or (request.name == "hello" and b"AUTH" in request.words)


def _is_nameless(request: Request) -> bool:
    """UNSUBSCRIBE without names, of which nobody knows beforehand how often it is answered."""
    return request.name.endswith("unsubscribe") and len(request.words) == 1


class Deck:
    """Forms with weights, to be drawn from."""

    def __init__(self, lines: str, known: Known | None) -> None:
        self.forms: list[Form] = []
        for line in lines.strip().splitlines():
            weight, _, usage = line.strip().partition(" ")
            if known is None or _is_known(usage, known):
                self.forms += [grammar.parse(usage)] * int(weight)

    def draw(self, draw: Draw) -> list[bytes]:
        return draw.pick(self.forms)(draw)


def _is_known(usage: str, known: Known) -> bool:
    """Whether the command of a line is known; a command nobody has is drawn for its error."""
    words = usage.strip("<").replace("|", " ").split()
    if any(name.startswith(f"{words[0].lower()}|") for name in known.documented):
        return known.has("|".join(words[:2]).lower())
    return words[0] == "NOSUCHCOMMAND" or known.has(words[0].lower())


class Generator:
    """Draws the sequences of one family."""

    def __init__(self, name: str, known: Known) -> None:
        self.name, self.known = name, known
        self.family = FAMILIES[name]
        self.own = Deck(self.family.lines, known)
        self.background = Deck(BACKGROUND, known)
        self.settings = Deck(SETTINGS, None)
        self.documented = [grammar.documented(name, told["arguments"].content if "arguments" in told else ())
                           for name, told in sorted(known.documented.items())
                           if told["group"].content.decode() == self.family.group and self._is_drawn(name, told)]  # fmt: skip

    @staticmethod
    def _is_drawn(name: str, told: dict[str, Value]) -> bool:
        by_hand = name in NOT_DRAWN or name.endswith("|help") or name.startswith(("client|", "spop"))
        return not by_hand and "subcommands" not in told

    @property
    def worthwhile(self) -> bool:
        """Whether both servers know commands that make the family."""
        return bool(self.own.forms) and (bool(self.documented) or self.family.group in ("transactions", "connection"))

    def sequence(self, seed: object) -> list[Run]:
        """The sequence of a seed, always the same."""
        return _Sequence(self, Draw(seed, self.family.favourite)).drawn()


class _Sequence:
    """One sequence while it is drawn."""

    def __init__(self, generator: Generator, draw: Draw) -> None:
        self.generator, self.draw = generator, draw
        self.family = generator.family
        self.runs: list[Run] = []
        self.names = [str(number) for number in range(1, 1 + self.family.connections)]
        self.in_transaction: set[str] = set()
        self.longest = draw.pick((1, 4, 15, RUN, RUN, RUN))
        draw.hostility = draw.pick((0.0, 0.005, 0.02))

    def drawn(self) -> list[Run]:
        self._settings()
        length = 0
        while length < SEQUENCE:
            run = self._run(self.draw.pick(self.names))
            self.runs += self.generator.known.pieces(run)
            length += len(run)
        return self.runs

    def _settings(self) -> None:
        """What a sequence begins with: settings, protocols, and somebody who hears of keyspace events."""
        draw = self.draw
        first = [Request("1", tuple(self.generator.settings.draw(draw))) for _ in range(draw.pick((0, 0, 3, 6)))]
        for name in self.names:
            if draw.chance(0.35):
                self.runs.append([Request(name, (b"HELLO", b"3"))])
        if draw.chance(self.family.notified / 100):
            first.append(Request("1", (b"CONFIG", b"SET", b"notify-keyspace-events", draw.pick((b"KEA", b"KEAnm", b"Eg$")))))
            self.runs.append([Request("9", (b"PSUBSCRIBE", b"__key*"))])
        if first:
            self.runs.insert(0, first)

    def _run(self, connection: str) -> Run:
        run: Run = []
        length = 1 + self.draw.below(self.longest)
        while len(run) < length:
            run.append(Request(connection, tuple(self._words(connection))))
        return run

    def _words(self, connection: str) -> list[bytes]:
        draw = self.draw
        if connection in self.in_transaction:
            if draw.chance(0.2):
                self.in_transaction.discard(connection)
                return [draw.pick((b"EXEC", b"EXEC", b"EXEC", b"DISCARD"))]
        elif draw.chance(self.family.transactions / 100):
            self.in_transaction.add(connection)
            return [b"MULTI"]
        words = self._spoilt(self._drawn())
        return _certain(words) if connection in self.in_transaction else words

    def _drawn(self) -> list[bytes]:
        chosen = self.draw.roll()
        if chosen < 0.12:
            return self.generator.background.draw(self.draw)
        if chosen < 0.56 and self.generator.documented:
            return self.draw.pick(self.generator.documented)(self.draw)
        return self.generator.own.draw(self.draw)

    def _spoilt(self, words: list[bytes]) -> list[bytes]:
        draw = self.draw
        if not draw.chance(SPOILT) or words[0] in (b"COMMAND", b"CONFIG", b"SPOP"):
            return words
        at = 1 + draw.below(len(words))
        spoil: Callable[[], list[bytes]] = draw.pick((
            lambda: words[:-1] if len(words) > 1 else [*words, b"x"],
            lambda: [*words, draw.pick(HOSTILE)],
            lambda: words[:at] + words[at + 1 :],
            lambda: [words[0], *words[at:], *words[1:at]],
            lambda: [words[0].lower(), *words[1:]],
        ))  # fmt: skip
        return spoil()


def _certain(words: list[bytes]) -> list[bytes]:
    """A request of a transaction, which must leave the same behind, and whose replies keep their order."""
    if words[0] == b"SPOP":
        return [b"SPOP", words[1], b"1000"]
    if words[0].endswith(b"SUBSCRIBE"):
        return [words[0], b"news"]
    return [b"PING"] if words[0] == b"AUTH" or b"AUTH" in words else words
