"""Mocks in tripwire's words: what they are, what is compared, and what goes over the wire."""

from __future__ import annotations

from typing import Any

from . import actions
from ._core import Call
from .errors import FauxRedisError
from .errors import VerificationError as _VerificationError
from .rule import place_of_caller


class TripwireError(FauxRedisError):
    """What all errors of this module are."""


class UnmockedInteractionError(TripwireError, AssertionError):
    """A command was called that no mock was left for."""


class UnassertedInteractionsError(TripwireError, AssertionError):
    """Commands were called that the test did not assert."""


class UnusedMocksError(TripwireError, AssertionError):
    """Mocks were registered that no command used."""


class InteractionMismatchError(TripwireError, AssertionError):
    """An assertion is not what happened next."""


class AssertionInsideSandboxError(TripwireError, AssertionError):
    """An assertion stands within the block that it is about."""


class VerificationError(TripwireError, _VerificationError):
    """Both: `unasserted` and `unused` say which."""

    def __init__(self, unasserted: UnassertedInteractionsError, unused: UnusedMocksError) -> None:
        super().__init__(f"{unasserted}\n\n{unused}")
        self.unasserted = unasserted
        self.unused = unused


class Mock:
    """One answer, for one call of a command."""

    def __init__(self, command: str, returns: Any, raises: Any, required: bool) -> None:
        self.command = command
        self.returns = returns
        self.raises = raises() if isinstance(raises, type) else raises
        self.required = required
        self.place = place_of_caller()

    def is_connection_error(self) -> bool:
        """Whether a client may retry what failed so by itself."""
        names = {kind.__name__ for kind in type(self.raises).__mro__}
        return bool(names & {"ConnectionError", "TimeoutError"})

    def __str__(self) -> str:
        outcome = f"returns={self.returns!r}"
        if self.raises is not None:
            outcome += f", raises={self.raises!r}"
        return f"mock_command({self.command!r}, {outcome})"


class Interaction:
    """A call that a mock answered."""

    def __init__(self, call: Call, mock: Mock) -> None:
        words = mock.command.split()
        name = call.name.split()
        # A mock of a whole container sees the subcommand as an argument.
        rest = [word.encode() for word in name[len(words) :]]
        self.seq = call.seq
        self.command = mock.command
        self.args: tuple[bytes, ...] = (*rest, *call.args)
        self.asserted = False

    def hint(self) -> str:
        return f"assert_command({self.command!r}, args={tuple(map(_shown, self.args))!r})"


def differences(happened: Interaction, command: str, args: tuple[Any, ...], kwargs: Any) -> list[str]:
    lines = []
    if happened.command != command:
        lines.append(f"command: expected {command!r}, got {happened.command!r}")
    if len(happened.args) != len(args) or not all(map(_is_same, args, happened.args)):
        got = tuple(map(_shown, happened.args))
        lines.append(f"args: expected {args!r}, got {got!r}")
    given = {name: kwargs[name] for name in kwargs if name != "keys"} if isinstance(kwargs, dict) else kwargs
    if given is not None and given != {}:
        lines.append(f"kwargs: expected {given!r}, got {{}}: a server gets no keyword arguments, but args")
    return lines


def _is_same(expected: Any, got: bytes) -> bool:
    if isinstance(expected, bytes | bytearray | memoryview):
        return bytes(expected) == got
    if isinstance(expected, str):
        return expected.encode() == got
    if isinstance(expected, int | float) and not isinstance(expected, bool):
        return repr(expected).encode() == got
    return bool(expected == _shown(got)) or bool(expected == got)


def _shown(arg: bytes) -> Any:
    try:
        return arg.decode()
    except UnicodeDecodeError:
        return arg


def unmocked_text(name: str, calls: list[Call]) -> str:
    args = " ".join(str(_shown(arg)) for arg in calls[-1].args) if calls else ""
    return (
        f"{f'{name} {args}'.strip()} was called, and no mock is left for it; to mock it:\n"
        f"  mock_command({name!r}, returns=...)"
    )


_CODES = {
    "AskError": "ASK",
    "AuthenticationError": "NOAUTH",
    "AuthenticationWrongNumberOfArgsError": "ERR wrong number of arguments for 'auth' command",
    "BusyLoadingError": "LOADING",
    "ClusterCrossSlotError": "CROSSSLOT",
    "ClusterDownError": "CLUSTERDOWN",
    "ExecAbortError": "EXECABORT",
    "MasterDownError": "MASTERDOWN",
    "ModuleError": "ERR Error loading the extension. Please check the server logs.",
    "MovedError": "MOVED",
    "NoPermissionError": "NOPERM",
    "NoScriptError": "NOSCRIPT",
    "OutOfMemoryError": "OOM",
    "ReadOnlyError": "READONLY",
    "TryAgainError": "TRYAGAIN",
}


def on_the_wire(mock: Mock) -> Any:
    if mock.raises is None:
        return actions.ok() if mock.returns is True else mock.returns
    names = [kind.__name__ for kind in type(mock.raises).__mro__]
    text = " ".join(str(mock.raises).split())
    for name in names:
        if name in _CODES:
            code = _CODES[name]
            is_whole = " " in code or text.split(" ")[0] == code
            return actions.error(text if is_whole and text.startswith(code) else f"{code} {text}".strip())
    if "TimeoutError" in names:
        return actions.NO_REPLY
    if "ConnectionError" in names:
        return actions.CLOSE
    first = text.split(" ")[0]
    has_code = first.isalnum() and first.isupper() and len(first) > 1
    return actions.error(text if has_code else f"ERR {text or names[0]}")


def encoded(items: list[Any], head: bytes) -> bytes:
    out = head + str(len(items)).encode() + b"\r\n"
    for item in items:
        if isinstance(item, int):
            out += b":%d\r\n" % item
        else:
            word = item if isinstance(item, bytes) else str(item).encode()
            out += b"$%d\r\n%s\r\n" % (len(word), word)
    return out
