"""Conversations with a server: read from Markdown, played to a real server or to ours, compared or observed.

`Conversation.load(path)` reads a file, `play(conversation, host, port, persona)` returns what differs, `play_block`
does so for one block on a server of its own, `observe` writes down what a server does. `README.md` tells the format.
"""

from __future__ import annotations

import contextlib
import io
import re
import select
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import notation
from notation import Value, matches, write

# The servers that conversations are recorded from; a persona between two of them is held to the older one.
RECORDED = ["redis 7.0", "redis 8.0", "valkey 8.1", "valkey 9.1"]

# How long a reply may take before it counts as missing. Only a failing conversation ever waits so long.
PATIENCE_S = 5.0

# How long an unknown request may take while recording, before the server is asked whether the client waits.
GRACE_S = 0.3

FENCE = re.compile(r"^```redis(?: \[(.+)\])?$")
PERSONAS = re.compile(r"^\[((?:redis|valkey)[^\]]*)\] ")


@dataclass(frozen=True)
class Expected:
    """One line that says what comes back, on which connection, and from which servers."""

    number: int
    connection: str
    personas: str
    text: str
    pattern: Value

    def applies_to(self, recorded: str) -> bool:
        return _names(self.personas, recorded)


@dataclass
class Step:
    """One thing done on a connection, and what comes back of it."""

    number: int
    connection: str
    action: str
    source: str
    words: list[bytes] = field(default_factory=list)
    raw: bool = False
    before: list[str] = field(default_factory=list)
    expected: list[Expected] = field(default_factory=list)

    def expected_of(self, recorded: str) -> list[Expected]:
        return [line for line in self.expected if line.applies_to(recorded)]


@dataclass
class Block:
    """A fenced block: steps that begin on an empty server."""

    title: str
    number: int
    personas: str
    steps: list[Step] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    last: int = 0

    @property
    def recordable(self) -> bool:
        """Directives are for our own server only."""
        return all(step.action != "directive" for step in self.steps)

    @property
    def ends_the_server(self) -> bool:
        return any(
            step.words and step.words[0].upper() == b"SHUTDOWN" and line.pattern.kind == "closed"
            for step in self.steps
            for line in step.expected
        )

    def applies_to(self, recorded: str) -> bool:
        return _names(self.personas, recorded)


@dataclass
class Conversation:
    """A file of conversations."""

    path: Path
    lines: list[str]
    blocks: list[Block]

    @staticmethod
    def load(path: Path) -> Conversation:
        return parse(path.read_text(encoding="utf-8"), path)


@dataclass(frozen=True)
class Difference:
    """Where a server does something else than what is written."""

    where: str
    request: str
    expected: str
    got: str

    def __str__(self) -> str:
        return f"{self.where}\n    {self.request}\n    expected  {self.expected}\n    got       {self.got}"


def recorded_as(persona: str) -> str:
    """The recorded server that a persona (`redis-8.2`, `valkey 8.1.1`) is held to."""
    flavour, version = re.fullmatch(r"(redis|valkey)[- ](\d+(?:\.\d+)*)", persona).groups()  # type: ignore[union-attr]
    wanted = _version(version)
    same = [name for name in RECORDED if name.startswith(flavour + " ")]
    older = [name for name in same if _version(name.split()[1]) <= wanted]
    return older[-1] if older else same[0]


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:2])


def _names(personas: str, recorded: str) -> bool:
    """Whether a list such as `redis 8.0, valkey` names a recorded server; the empty list names all."""
    named = [name.strip() for name in personas.split(",")]
    return not personas or recorded in named or recorded.split()[0] in named


# ---- reading -------------------------------------------------------------------------------------------------------


def parse(text: str, path: Path) -> Conversation:
    """The conversations of a Markdown text."""
    lines = text.splitlines()
    blocks: list[Block] = []
    title, block = path.stem, None
    for number, line in enumerate(lines, start=1):
        if block is not None and line == "```":
            block.last = number
            block = None
        elif block is not None:
            _parse_line(block, number, line, path)
        elif fence := FENCE.match(line):
            block = Block(title, number, fence.group(1) or "")
            blocks.append(block)
        elif line.startswith("#"):
            title = line.lstrip("#").strip()
    if block is not None:
        raise notation.NotationError(f"{path}:{block.number}: the block has no end")
    return Conversation(path, lines, blocks)


def _parse_line(block: Block, number: int, line: str, path: Path) -> None:
    try:
        if not line.strip() or line.startswith("#"):
            block.after.append(line)
        elif step := _step(number, line):
            step.before, block.after = block.after, []
            block.steps.append(step)
        elif not block.steps:
            raise notation.NotationError(f"a reply without a request: {line}")
        else:
            block.steps[-1].expected.append(_expected(number, line, block.steps[-1].connection))
    except notation.NotationError as error:
        raise notation.NotationError(f"{path}:{number}: {error}") from None


def _step(number: int, line: str) -> Step | None:
    if line.startswith("! "):
        return Step(number, "", "directive", line)
    if found := re.fullmatch(r"(\d+) closes", line):
        return Step(number, found.group(1), "closes", line)
    if found := re.fullmatch(r"(\d+)> (.+)", line):
        return Step(number, found.group(1), "sends", line, notation.words(found.group(2)))
    if found := re.fullmatch(r"(\d+)>> (.+)", line):
        return Step(number, found.group(1), "sends", line, notation.words(found.group(2)), raw=True)
    return None


def _expected(number: int, line: str, connection: str) -> Expected:
    rest = line
    if found := re.match(r"(\d+)< ", line):
        connection, rest = found.group(1), line[found.end() :]
    personas = ""
    if found := PERSONAS.match(rest):
        personas, rest = found.group(1), rest[found.end() :]
    return Expected(number, connection, personas, rest, notation.read(rest))


# ---- talking -------------------------------------------------------------------------------------------------------


class Connection:
    """One client's socket."""

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port), PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port = self.socket.getsockname()[1]
        self.buffer = b""
        self.early: Value | None = None

    def send(self, payload: bytes) -> None:
        """Sends all of it; whether that failed shows in what comes back, for then the connection is closed."""
        with contextlib.suppress(OSError):
            self.socket.sendall(payload)

    def receive(self, patience: float) -> Value | None:
        """The next reply, `closed`, or nothing if none comes in time."""
        if self.early is not None:
            early, self.early = self.early, None
            return early
        deadline = time.monotonic() + patience
        while True:
            value, rest = self._first()
            if value is not None:
                self.buffer = rest
                return value
            readable, _, _ = select.select([self.socket], [], [], max(0.0, deadline - time.monotonic()))
            if not readable:
                return None
            try:
                received = self.socket.recv(1 << 20)
            except OSError:
                received = b""
            if not received:
                return Value("closed")
            self.buffer += received

    def has_reply(self, patience: float) -> bool:
        """Whether a reply is there already, or comes in time."""
        self.early = self.receive(patience)
        return self.early is not None

    def _first(self) -> tuple[Value | None, bytes]:
        stream = io.BytesIO(self.buffer)
        try:
            value = notation.decode(stream)
        except notation.Incomplete:
            return None, self.buffer
        return value, stream.read()

    def close(self) -> None:
        self.socket.close()


class Stage:
    """A server with the connections of one block, and a connection of the stage's own that looks on."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.connections: dict[str, Connection] = {}
        self.onlooker = Connection(host, port)

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_: object) -> None:
        for connection in [self.onlooker, *self.connections.values()]:
            connection.close()

    def connection(self, name: str) -> Connection:
        if name not in self.connections:
            self.connections[name] = Connection(self.host, self.port)
        return self.connections[name]

    def ask(self, *words: str) -> Value | None:
        """Asks on the onlooker's connection, on a new one if a request has ended it; nothing if the server is gone."""
        request = notation.encode([word.encode() for word in words])
        self.onlooker.send(request)
        reply = self.onlooker.receive(PATIENCE_S)
        if reply is None or reply.kind != "closed":
            return reply
        try:
            fresh = Connection(self.host, self.port)
        except OSError:
            return None
        self.onlooker.close()
        self.onlooker = fresh
        self.onlooker.send(request)
        return self.onlooker.receive(PATIENCE_S)

    def listed(self, port: int, field_name: str) -> str | None:
        """A field of a client as CLIENT LIST shows it, nothing if the server has no such client."""
        reply = self.ask("CLIENT", "LIST")
        text = reply.content.decode() if reply is not None and reply.kind == "bulk" else ""
        line = next((line for line in text.splitlines() if f" addr=127.0.0.1:{port} " in line), None)
        found = re.search(rf"\b{field_name}=(\S+)", line or "")
        return found.group(1) if found else None

    def waits(self, connection: Connection) -> bool:
        """Whether the server holds the client's request back, found out by asking again and again."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if "b" in (self.listed(connection.port, "flags") or ""):
                return True
            if connection.has_reply(0.002):
                return False
        return False

    def close(self, name: str) -> None:
        """Closes a connection and awaits that the server has noticed."""
        connection = self.connections.pop(name, None) or Connection(self.host, self.port)
        connection.close()
        deadline = time.monotonic() + PATIENCE_S
        while self.listed(connection.port, "flags") is not None and time.monotonic() < deadline:
            pass

    def do(self, step: Step) -> None:
        if step.action == "closes":
            self.close(step.connection)
        else:
            words = [self.meant(word) for word in step.words]
            self.connection(step.connection).send(b"".join(words) if step.raw else notation.encode(words))

    def meant(self, word: bytes) -> bytes:
        """A word of a request, with what only a running server knows of a connection filled in."""
        found = re.fullmatch(rb"<(id|address)-of-(\d+)>", word)
        if not found:
            return word
        connection = self.connection(found.group(2).decode())
        if found.group(1) == b"address":
            return b"127.0.0.1:%d" % connection.port
        return (self.listed(connection.port, "id") or "0").encode()

    def leftovers(self, patience: float) -> Iterator[tuple[str, Value]]:
        """What has come without being awaited; after the second PING all that went before is written."""
        self.ask("PING")
        self.ask("PING")
        for name in sorted(self.connections, key=int):
            while (value := self.connections[name].receive(patience)) is not None:
                yield name, value
                if value.kind == "closed":
                    self.connections.pop(name).close()
                    break


# ---- playing -------------------------------------------------------------------------------------------------------


def play(conversation: Conversation, host: str, port: int, persona: str) -> list[Difference]:
    """Plays all blocks to one server, which is emptied before each and gets its settings back after it.

    Blocks that would end the server are left out: they need one of their own, as `play_block` assumes.
    """
    differences = []
    for block in conversation.blocks:
        if not block.recordable or block.ends_the_server or not block.applies_to(recorded_as(persona)):
            continue
        with Stage(host, port) as stage:
            stage.ask("FLUSHALL")
            stage.ask("CONFIG", "RESETSTAT")
            before = _settings(stage)
            differences += play_block(conversation, block, host, port, persona)
            for name, value in set(before.items()) - set(_settings(stage).items()):
                stage.ask("CONFIG", "SET", name, value)
    return differences


def _settings(stage: Stage) -> dict[str, str]:
    reply = stage.ask("CONFIG", "GET", "*")
    texts = [item.content.decode() for item in reply.content] if reply is not None and reply.kind == "array" else []
    return dict(zip(texts[::2], texts[1::2], strict=True))


def play_block(conversation: Conversation, block: Block, host: str, port: int, persona: str) -> list[Difference]:
    """Plays one block to a server that is new or emptied; stops where a connection no longer answers."""
    recorded = recorded_as(persona)
    with Stage(host, port) as stage:
        differences: list[Difference] = []
        for step in block.steps:
            lines = step.expected_of(recorded)
            where = f"{conversation.path}:{step.number}: {block.title} [{persona}]"
            try:
                stage.do(step)
            except OSError as error:
                return [*differences, Difference(where, step.source, "(a connection)", str(error))]
            if not lines and step.action == "sends":
                differences.append(Difference(where, step.source, "(nothing is recorded)", "(not looked at)"))
            for line in lines:
                got = _got(stage, line)
                if not matches(line.pattern, got):
                    text = line.text if line.connection == step.connection else f"{line.connection}< {line.text}"
                    differences.append(Difference(where, step.source, text, write(got)))
                if got.kind == "nothing":
                    return differences
        for name, value in stage.leftovers(0.02):
            where = f"{conversation.path}:{block.last}: {block.title} [{persona}]"
            differences.append(Difference(where, "(the end)", "(nothing more)", f"{name}< {write(value)}"))
        return differences


def _got(stage: Stage, line: Expected) -> Value:
    connection = stage.connection(line.connection)
    if line.pattern.kind == "no reply":
        return line.pattern
    if line.pattern.kind == "waits" and stage.waits(connection):
        return line.pattern
    got = connection.receive(PATIENCE_S)
    if got is not None and got.kind == "closed":
        stage.connections.pop(line.connection).close()
    return got or Value("nothing")


def observe(block: Block, host: str, port: int, recorded: str) -> list[list[tuple[str, Value]]]:
    """What a new server sends at each step, and on which connection: the direct reply first."""
    with Stage(host, port) as stage:
        return [_observe_step(stage, step, recorded) for step in block.steps]


def _observe_step(stage: Stage, step: Step, recorded: str) -> list[tuple[str, Value]]:
    stage.do(step)
    events: list[tuple[str, Value]] = []
    if step.action == "sends":
        first = _first_reply(stage, step, recorded)
        events.append((step.connection, first))
        if first.kind == "closed":
            stage.connections.pop(step.connection).close()
    return events + list(stage.leftovers(0.003))


def _first_reply(stage: Stage, step: Step, recorded: str) -> Value:
    """The direct reply. Where none is written yet, the server is asked after a while whether the client waits."""
    connection = stage.connection(step.connection)
    written = step.expected_of(recorded)
    kind = written[0].pattern.kind if written else ""
    if kind == "no reply":
        return Value(kind)
    if kind == "waits" and stage.waits(connection):
        return Value(kind)
    if (value := connection.receive(PATIENCE_S if kind else GRACE_S)) is not None:
        return value
    return Value("waits" if "b" in (stage.listed(connection.port, "flags") or "") else "no reply")
