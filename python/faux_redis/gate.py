"""Gates: commands that a test holds back until it lets them go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _core, _options
from ._handle import Handle
from .errors import OptionError
from .waiting import finished

if TYPE_CHECKING:
    from ._served import Served

__all__ = ["AsyncGate", "Gate"]


class Gate(Handle):
    """Holds commands that match, until it is removed or its `with` block ends.

    What it then still holds goes on.

    The connection of a held command takes no further one, as with any command that is not answered yet. A
    client that leaves while its command is held is forgotten, and a command that was not carried out by
    then never is.
    """

    def __init__(self, server: Served, gate: _core.Gate, kept: list[int], source: str) -> None:
        super().__init__(source)
        self._server = server
        self._gate = gate
        self._kept = kept

    def wait(self, n: int = 1, timeout: float = 5.0) -> _core.Call:
        """Waits until so many commands are held, and returns the last of them.

        Raises:
            WaitTimeoutError: There were fewer within `timeout` seconds, of the system's time.
            StoppedError: The gate is gone, or the server has stopped.
        """
        __tracebackhide__ = True
        n = _options.whole("n", n, 1)
        calls: list[_core.Call] = self._gate.wait(n, _options.seconds("timeout", timeout)).result()
        return calls[n - 1]

    @property
    def aio(self) -> AsyncGate:
        """The same waiting for asynchronous code."""
        return AsyncGate(self._gate)

    @property
    def held(self) -> list[_core.Call]:
        """The commands that are held, in the order in which they came.

        Held after they were carried out, they tell what they will be answered.
        """
        return self._gate.held()

    def release(self, *which: int | _core.Call) -> int:
        """Lets commands go on: all that are held, or the first so many, or these calls in this order.

        What is carried out at once has been when this returns. It returns how many were let go on.
        """
        if not which:
            return self._gate.release(None)
        if len(which) == 1 and isinstance(which[0], int):
            return self._gate.release(_options.whole("release", which[0], 0))
        seqs = [call.seq for call in which if isinstance(call, _core.Call)]
        if len(seqs) < len(which):
            raise OptionError(f"'release' takes nothing, an int, or calls that are held, not {which!r}")
        return sum(self._gate.release_call(seq) for seq in seqs)

    def remove(self) -> None:
        """Takes the gate away; what it holds goes on."""
        self._gate.remove()
        self._server._forget(self._kept)

    def __repr__(self) -> str:
        return repr(self._gate)

    def _rename(self, name: str) -> None:
        self._gate.named(name)


class AsyncGate:
    """The waiting of a gate for asynchronous code: it lets the event loop go on, and can be cancelled."""

    def __init__(self, gate: _core.Gate) -> None:
        self._gate = gate

    async def wait(self, n: int = 1, timeout: float = 5.0) -> _core.Call:
        """Waits as `Gate.wait` does."""
        n = _options.whole("n", n, 1)
        calls: list[_core.Call] = await finished(self._gate.wait(n, _options.seconds("timeout", timeout)))
        return calls[n - 1]
