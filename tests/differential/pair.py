"""Two servers that are sent the same, and what each of them sends back."""

from __future__ import annotations

import contextlib
import io
import select
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import notation
import oracles
from notation import Value

# How long a server may keep silent before it counts as hanging.
PATIENCE_S = 10.0

# How long one server may lag behind the other before what it sent counts as different.
LAG_S = 0.1

# What a server reads off one connection before it looks at the next.
PIECE = 8192

# The databases that are looked at and that a sequence may use.
DATABASES = 3

# Starts a server, and ends it.
Start = Callable[[], contextlib.AbstractContextManager[tuple[subprocess.Popen[bytes], int]]]

PING = b"PING\r\n"
PONG = b"+PONG\r\n"


class Gone(Exception):
    """A server that has ended, or that answers no more."""

    def __init__(self, server: str, how: str) -> None:
        super().__init__(f"{server} {how}")
        self.server, self.how = server, how


@dataclass
class Link:
    """One connection to one server, with what came of it and has not been looked at yet."""

    server: str
    socket: socket.socket
    received: bytes = b""
    closed: bool = False

    def send(self, payload: bytes) -> None:
        """Sends all of it while reading, so that neither side waits for the other to read."""
        view = memoryview(payload)
        deadline = time.monotonic() + PATIENCE_S
        while view and not self.closed:
            try:
                view = view[self.socket.send(view) :]
            except BlockingIOError:
                self.read()
                select.select([self.socket], [self.socket], [], 0.1)
                if time.monotonic() > deadline:
                    raise Gone(self.server, "reads no more") from None
            except OSError:
                return

    def read(self) -> None:
        """Takes what is there."""
        while not self.closed:
            try:
                piece = self.socket.recv(1 << 18)
            except BlockingIOError:
                return
            except OSError:
                piece = b""
            self.received += piece
            self.closed = not piece


class Side:
    """One of the two servers: a connection that looks on, and those of the sequence."""

    def __init__(self, name: str, start: Start) -> None:
        self.name = name
        self._start = start
        self._stack = contextlib.ExitStack()
        self.links: dict[str, Link] = {}
        self.defaults: dict[bytes, bytes] = {}

    def start(self) -> None:
        self.process, self.port = self._stack.enter_context(self._start())
        self.onlooker = self._connect()
        told = self.ask([[b"CONFIG", b"GET", b"*"]])[0].content
        # When a key whose time has come goes by itself is chance; when a command finds it, it is not.
        self.ask([[b"DEBUG", b"SET-ACTIVE-EXPIRE", b"0"]])
        self.defaults = {name.content: value.content for name, value in zip(told[::2], told[1::2], strict=True)}

    def stop(self) -> None:
        self._disconnect()
        if hasattr(self, "onlooker"):
            self.onlooker.socket.close()
        self._stack.close()
        self._stack = contextlib.ExitStack()

    def reset(self) -> None:
        """Forgets all keys, settings and connections."""
        self._disconnect()
        settings = [[b"CONFIG", b"SET", name, self.defaults[name]] for name in CHANGED if name in self.defaults]
        self.ask([[b"SELECT", b"0"], [b"FLUSHALL"], *settings])

    def link(self, name: str) -> Link:
        link = self.links.get(name)
        if link is None:
            link = self.links[name] = self._connect()
        return link

    def ask(self, requests: list[list[bytes]]) -> list[Value]:
        """Asks on the onlooker's connection."""
        self.onlooker.send(b"".join(map(notation.encode, requests)))
        received = self._awaited(lambda received: _decoded(received, len(requests)) is not None)
        return _decoded(received, len(requests)) or []

    def ping(self) -> None:
        self.onlooker.send(PING)

    def ponged(self) -> None:
        """Comes back when all that was sent before the ping has been read."""
        self._awaited(lambda received: received == PONG)

    def waits(self, name: str) -> bool:
        """Whether the server holds back a request of the connection."""
        port = self.links[name].socket.getsockname()[1]
        listed = self.ask([[b"CLIENT", b"LIST"]])[0].content.decode("latin-1").splitlines()
        line = next((line for line in listed if f" addr=127.0.0.1:{port} " in line), "")
        return "b" in line.partition(" flags=")[2].partition(" ")[0]

    def count_clients_up_to(self, number: int) -> None:
        """Connects until a new client has this id, so that the clients of both servers have the same ids."""
        while self.newest_id() < number:
            pass

    def newest_id(self) -> int:
        """The id of a client that has just connected."""
        link = self.links[""] = self._connect()
        link.send(b"CLIENT ID\r\n")
        while not (replies := decoded(link.received)):
            select.select([link.socket], [], [], PATIENCE_S)
            link.read()
        self._disconnect()
        return int(replies[0].content)

    def _awaited(self, is_whole: Callable[[bytes], bool]) -> bytes:
        link = self.onlooker
        deadline = time.monotonic() + PATIENCE_S
        while not is_whole(link.received):
            if not select.select([link.socket], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise Gone(self.name, "does not answer")
            link.read()
            if link.closed:
                raise Gone(self.name, "has ended")
        received, link.received = link.received, b""
        return received

    def _connect(self) -> Link:
        try:
            connection = socket.create_connection(("127.0.0.1", self.port), PATIENCE_S)
        except OSError as error:
            raise Gone(self.name, f"takes no connections: {error}") from None
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setblocking(False)
        return Link(self.name, connection)

    def _disconnect(self) -> None:
        for link in self.links.values():
            link.socket.close()
        self.links.clear()


# The settings that sequences change, put back before the next.
CHANGED = [
    b"hash-max-listpack-entries", b"hash-max-listpack-value", b"set-max-intset-entries", b"set-max-listpack-entries",
    b"set-max-listpack-value", b"zset-max-listpack-entries", b"zset-max-listpack-value", b"list-max-listpack-size",
    b"stream-node-max-entries", b"notify-keyspace-events", b"lfu-log-factor",
]  # fmt: skip


def _comparable(real: Link, ours: Link) -> bool:
    """Whether both have sent as many replies, and are both closed or both open."""
    one, other = decoded(real.received), decoded(ours.received)
    return one is not None and other is not None and (len(one), real.closed) == (len(other), ours.closed)


def _decoded(received: bytes, count: int) -> list[Value] | None:
    values = decoded(received)
    return values if values is not None and len(values) >= count else None


def decoded(received: bytes) -> list[Value] | None:
    """The replies that these bytes are; nothing if the last is not whole."""
    stream = io.BytesIO(received)
    values = []
    while stream.tell() < len(received):
        try:
            values.append(notation.decode(stream))
        except notation.Incomplete:
            return None
    return values


@dataclass
class Pair:
    """The real server and ours."""

    real: Side
    ours: Side
    version: str = ""
    flavour: str = ""
    waiting: set[str] = field(default_factory=set)

    @property
    def sides(self) -> tuple[Side, Side]:
        return self.real, self.ours

    def start(self) -> None:
        """Starts both, or starts them anew."""
        for side in self.sides:
            side.stop()
            side.start()
        self.number_clients_alike()

    def number_clients_alike(self) -> None:
        """Lets the next clients of both servers get the same ids."""
        newest = max(side.newest_id() for side in self.sides) + 1
        for side in self.sides:
            side.count_clients_up_to(newest)

    def reset(self) -> None:
        self.waiting.clear()
        for side in self.sides:
            side.reset()

    def send(self, connection: str, payload: bytes) -> None:
        """Sends the same to both, and comes back when both have read it."""
        for side in self.sides:
            side.link(connection).send(payload)
        for _ in range(2 + len(payload) // PIECE):
            self.settle()

    def settle(self) -> None:
        for side in self.sides:
            side.ping()
        for side in self.sides:
            side.ponged()

    def read(self, connection: str) -> tuple[Link, Link]:
        """What both have sent on a connection; waits a little for one that lags behind."""
        real, ours = (side.links[connection] for side in self.sides)
        real.read()
        ours.read()
        if real.received != ours.received or real.closed != ours.closed:
            self.settle()
            deadline = time.monotonic() + LAG_S
            while not _comparable(real, ours) and time.monotonic() < deadline:
                select.select([real.socket, ours.socket], [], [], 0.002)
                real.read()
                ours.read()
        return real, ours

    def close(self, connection: str) -> None:
        for side in self.sides:
            side.links.pop(connection).socket.close()


@contextlib.contextmanager
def paired(name: str, template: str) -> Iterator[Pair]:
    """The real server `name`, and ours as the same version; `{persona}` and `{port}` in the command are filled in."""
    with oracles.running(name) as oracle:
        version, flavour = oracle.version, oracle.flavour
    persona = f"--flavour {flavour} --version {version}"
    ours = oracles.split(template.replace("{persona}", persona))
    real_side = Side(f"{flavour} {version}", lambda: oracles.serving(oracles.command(name)))
    ours_side = Side("ours", lambda: oracles.serving(ours))
    pair = Pair(real_side, ours_side, version, flavour)
    try:
        pair.start()
        yield pair
    finally:
        for side in pair.sides:
            side.stop()
