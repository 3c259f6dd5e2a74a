"""Plays a sequence to both servers, run by run, and says where they first differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import notation
from keyspace import look
from notation import Value
from pair import DATABASES, Gone, Link, Pair, decoded
from rules import MESSAGES, Case, allowed, announced, broken_by_pushes, pieces, settled, together_the_same
from sequences import Known, Request, Run

# What stores the members of a hash table in the order of that table, of which the small set it makes keeps the order.
SHUFFLING = {"sdiffstore", "sinterstore", "sunionstore"}


@dataclass(frozen=True)
class Finding:
    """Where the servers differ: what was asked, and what each replied."""

    request: Request | None
    real: str
    ours: str
    at: int

    @property
    def asked(self) -> str:
        """The command whose reply shows it."""
        return self.request.name if self.request else ""

    @property
    def signature(self) -> str:
        """The same for differences that are probably one."""
        return f"{self.asked}: {self.real[:30]} / {self.ours[:30]}"


def play(pair: Pair, known: Known, runs: list[Run]) -> Finding | None:
    """Plays the runs on emptied servers with fresh connections; what they hold at the end is compared too."""
    player = Player(pair, known)
    at = 0
    try:
        pair.reset()
        for at, run in enumerate(runs):
            if found := player.run(run):
                return Finding(*found, at)
        found = look(pair, known)
        return Finding(*found, at) if found else None
    except Gone as gone:
        pair.start()
        real, ours = (gone.how if side.name == gone.server else "answers" for side in pair.sides)
        return Finding(runs[at][-1], f"({real})", f"({ours})", at)


Found = tuple[Request | None, str, str]


class Player:
    """What has been sent on each connection, and which of it is not answered yet."""

    def __init__(self, pair: Pair, known: Known) -> None:
        self.pair, self.known = pair, known
        self.one_by_one = False
        self.sent: dict[str, list[Request]] = {}
        self.unanswered: dict[str, list[Request]] = {}

    def run(self, run: Run) -> Found | None:
        """Sends a run, unless its connection waits; compares what comes back on all connections."""
        connection = run[0].connection
        if connection in self.pair.waiting:
            return None
        self.one_by_one = len(run) == 1
        self.sent.setdefault(connection, []).extend(run)
        self.unanswered.setdefault(connection, []).extend(run)
        self.pair.send(connection, b"".join(notation.encode(list(request.words)) for request in run))
        if self.known.waits(run[-1]) and self.pair.real.waits(connection):
            self.pair.waiting.add(connection)
        if run[-1].name == "spop" and (found := self._popped(run[-1])):
            return found
        for name in list(self.pair.real.links):
            if found := self._compare(name):
                return found
        return None

    def _popped(self, request: Request) -> Found | None:
        """Compares what is left of a set as well, and then removes it where chance has made two sets of it."""
        real, ours = self.pair.read(request.connection)
        replies, others = decoded(real.received), decoded(ours.received)
        if not replies or not others or replies == others or len(replies) != len(others):
            return None
        self.pair.send(request.connection, b"".join(map(notation.encode, ([b"SMEMBERS", request.words[1]], [b"DEL", request.words[1]]))))
        left = [decoded(link.received) or [] for link in self.pair.read(request.connection)]
        if not together_the_same(replies[-1], left[0][-2], others[-1], left[1][-2]):
            return request, notation.write(replies[-1]), notation.write(others[-1])
        real.received = ours.received = b""
        self.unanswered[request.connection] = []
        return None

    def _compare(self, name: str) -> Found | None:
        real, ours = self.pair.read(name)
        if not real.received and not ours.received and not real.closed and not ours.closed:
            return None
        if real.received != ours.received:
            if found := self._difference(name, real, ours):
                return found
        if real.closed != ours.closed:
            return self.unanswered[name][-1], _state(real), _state(ours)
        if real.closed:
            self.pair.close(name)
            self.sent[name] = []
        real.received = ours.received = b""
        if name in self.pair.waiting and (real.closed or not self.pair.real.waits(name)):
            self.pair.waiting.discard(name)
        self.unanswered[name] = self.sent[name][-1:] if name in self.pair.waiting else []
        return None

    def _difference(self, name: str, real: Link, ours: Link) -> Found | None:
        replies, others = decoded(real.received), decoded(ours.received)
        last = self.unanswered[name][-1] if self.unanswered.get(name) else None
        if replies is None or others is None:
            return last, str(real.received[-100:]), str(ours.received[-100:])
        replies, others = settled(replies), settled(others)
        if broken_by_pushes(replies) and pieces(replies) == pieces(others):
            return None
        requests = list(answered(self.unanswered.get(name, []), replies))
        triples = list(zip(requests, replies, others, strict=False))
        for request, one, other in triples:
            if one != other and (request is None or not self._is_allowed(name, request, one, other)):
                return request, notation.write(one), notation.write(other)
        if len(replies) != len(others):
            at = len(triples)
            more = list(answered(self.unanswered.get(name, []), max(replies, others, key=len)))
            return more[at], _written(replies, at), _written(others, at)
        return None

    def _is_allowed(self, name: str, request: Request, real: Value, ours: Value) -> bool:
        if request.name != "exec" or real.kind != "array" or ours.kind != "array" or len(real.content) != len(ours.content):
            return allowed(Case(request, real, ours, self._encodings))
        queued = self._queued(name, request)
        triples = zip(queued, real.content, ours.content, strict=False)
        # What a key was for one of them, the next may have changed.
        return len(queued) == len(real.content) and all(allowed(Case(*triple)) for triple in triples)

    def _queued(self, name: str, exec_request: Request) -> list[Request]:
        """The requests that an EXEC answers."""
        sent = self.sent[name]
        end = next(at for at in reversed(range(len(sent))) if sent[at] is exec_request)
        start = next((at for at in reversed(range(end)) if sent[at].name in ("exec", "discard", "reset")), -1)
        inside = sent[start + 1 : end]
        first = next((at for at, request in enumerate(inside) if request.name == "multi"), -1)
        return [request for request in inside[first + 1 :] if request.name not in ("multi", "watch")]

    def _encodings(self, key: bytes) -> list[str]:
        """Of what encoding a key was for the request: in a longer run it may have become something else since."""
        shuffled = any(request.name in SHUFFLING for sent in self.sent.values() for request in sent)
        return encodings(self.pair, key) if self.one_by_one and not shuffled else []


def encodings(pair: Pair, key: bytes) -> list[str]:
    """The encodings of the keys of this name in the real server."""
    requests = [request for db in range(DATABASES) for request in ([b"SELECT", b"%d" % db], [b"OBJECT", b"ENCODING", key])]
    return [reply.content.decode() for reply in pair.real.ask(requests)[1::2] if reply.kind == "bulk"]


def answered(requests: list[Request], replies: list[Value]) -> Iterator[Request | None]:
    """For each reply the request it answers, or nothing for a message; SUBSCRIBE is answered once for each channel."""
    waiting = iter(requests)
    current: Request | None = None
    left = 0
    for reply in replies:
        name = announced(reply).decode("latin-1")
        if name.encode("latin-1") in MESSAGES:
            yield None
            continue
        if left > 0 and current is not None and name == current.name:
            left -= 1
        else:
            current = next(waiting, None)
            left = 0
            if current is not None and name == current.name and name.endswith("subscribe"):
                left = len(current.words) - 2 if len(current.words) > 1 else len(replies)
        yield current


def _state(link: Link) -> str:
    return "(closed)" if link.closed else "(open)"


def _written(values: list[Value], at: int) -> str:
    return notation.write(values[at]) if at < len(values) else "(nothing)"
