"""What a replica reads of a server's stream, and whether two servers have said the same."""

from __future__ import annotations

import collections
import re
import socket
import time
from dataclasses import dataclass, field

Command = list[bytes]

# The moment "now" differs between two servers by what a request takes to reach them.
SAME_TIME_MS = 2000
RECENTLY_MS = 60_000

# A moment in milliseconds, or an id of a stream that begins with one.
MOMENT = re.compile(rb"(\d{13})(-\d+)?")


class Replica:
    """A connection that asked for the stream, and reads it command by command."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self._file = self._socket.makefile("rb")
        self._socket.sendall(b"SYNC\r\n")
        while (line := self._file.readline()) == b"\n":
            pass
        if not line.startswith(b"$"):
            raise ConnectionError(f"SYNC was answered {line!r}")
        self.data = self._file.read(int(line[1:]))

    def until(self, marker: Command) -> list[Command]:
        """The commands up to this one; what only shows that the server lives is left out."""
        commands = []
        while (command := self._command()) != marker:
            if command not in ([b"PING"], [b"ping"]):
                commands.append(command)
        return commands

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def _command(self) -> Command:
        line = self._file.readline()
        if not line.startswith(b"*"):
            raise ConnectionError(f"the stream goes on with {line!r}")
        return [self._word() for _ in range(int(line[1:]))]

    def _word(self) -> bytes:
        length = int(self._file.readline()[1:])
        return self._file.read(length + 2)[:-2]


def alike(real: list[Command], ours: list[Command]) -> bool:
    """Whether these are the same commands, but for what the clock says."""
    if all(_removes(command) for command in real + ours):
        # Dead keys that are met on the way come in the order of a hash table.
        real, ours = sorted(real), sorted(ours)
    return len(real) == len(ours) and all(
        len(one) == len(other) and all(map(_same, one, other)) for one, other in zip(real, ours, strict=True)
    )


def _removes(command: Command) -> bool:
    return command[0] in (b"DEL", b"UNLINK", b"SELECT")


def _same(one: bytes, other: bytes) -> bool:
    if one == other:
        return True
    first, second = MOMENT.fullmatch(one), MOMENT.fullmatch(other)
    if first is None or second is None or (first[2] is None) != (second[2] is None):
        return False
    moments = [int(first[1]), int(second[1])]
    # Of an id that was made now, the number within its millisecond depends on how long requests take.
    made = first[2] is None or all(abs(moment - time.time() * 1000) < RECENTLY_MS for moment in moments)
    return made and abs(moments[0] - moments[1]) <= SAME_TIME_MS


def shown(commands: list[Command]) -> str:
    return "; ".join(" ".join(_word(word) for word in command) for command in commands) or "(nothing)"


def _word(word: bytes) -> str:
    text = word.decode("latin-1").encode("unicode_escape").decode()
    return text if text and len(text) < 60 and " " not in text else f'"{text[:60]}"'


@dataclass
class Report:
    """What was compared, and what differed."""

    counts: collections.Counter[str] = field(default_factory=collections.Counter)
    differences: list[str] = field(default_factory=list)

    def same(self, what: str, title: str, theirs: object, ours: object) -> bool:
        self.counts[what] += 1
        if theirs != ours:
            self.differences.append(f"{what}: {title}\n    theirs {theirs!r}\n    ours   {ours!r}")
        return theirs == ours
