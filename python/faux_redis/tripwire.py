"""tripwire's words: each command answered by a mock, each mock used, each call asserted.

    from faux_redis import tripwire

    def test_user_is_cached():
        tripwire.mock_command("GET", returns=b'{"name": "Ada"}')
        with tripwire:
            user = load_user(1)          # uses redis.Redis(), wherever that may be
        assert user == {"name": "Ada"}
        tripwire.assert_command("GET", args=("user:1",))

Within the block, connections of redis-py (and valkey-py), synchronous and asyncio, go to a server of
the test's own, whatever address they were made for; so does any other client that is given
`tripwire.url()`. Three things are guaranteed:

- A call that no mock is left for fails at once, with `UnmockedInteractionError`.
- A call that was not asserted fails the test at its end, with `UnassertedInteractionsError`.
- A mock that was not used, unless it is `required=False`, does so with `UnusedMocksError`; both
  together are a `VerificationError`.

What is as in tripwire: a queue for each command, first in, first out, in which arguments are not
looked at; assertions go along one timeline, unless they stand in `in_any_order()`; a client of
redis-py's gets the very object that `returns` or `raises` named. What is more: pipelines, transactions
(MULTI and EXEC need no mock; what they hold does), asyncio and pub/sub go the same way, and what other
clients get is what makes them return or raise the same (see `mock_command`). What differs: arguments
are those that the server gets, so that `kwargs` are always empty, and redis-py's own retries come
without a pause. The handshake of a connection (HELLO, AUTH, SELECT, CLIENT, RESET, QUIT) is let through
and is no interaction, unless there is a mock for it. Connections that were open before the block stay
where they are.

With pytest this is verified at the end of each test by itself; without, call `verify_all()`.
"""

from __future__ import annotations

import itertools
import sys
import threading
import types
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from . import _private, actions
from ._core import Call
from ._mocks import (
    AssertionInsideSandboxError,
    Interaction,
    InteractionMismatchError,
    Mock,
    TripwireError,
    UnassertedInteractionsError,
    UnmockedInteractionError,
    UnusedMocksError,
    VerificationError,
    differences,
    encoded,
    on_the_wire,
    unmocked_text,
)
from ._redirect import Redirect
from .errors import OptionError
from .server import FauxRedis

__all__ = [
    "AssertionInsideSandboxError",
    "InteractionMismatchError",
    "RedisPlugin",
    "StrictVerifier",
    "TripwireError",
    "UnassertedInteractionsError",
    "UnmockedInteractionError",
    "UnusedMocksError",
    "VerificationError",
    "assert_command",
    "current_verifier",
    "in_any_order",
    "mock_command",
    "redis",
    "redis_mock",
    "sandbox",
    "url",
    "verify_all",
]

_MARK = "faux_redis.tripwire:"
_UNMOCKED = "faux_redis: no stub answers '"
_HANDSHAKE = ("HELLO", "AUTH", "SELECT", "CLIENT", "RESET", "QUIT")
_TRANSACTIONS = ("MULTI", "EXEC", "DISCARD", "WATCH", "UNWATCH")
_SUBSCRIPTIONS = {"SUBSCRIBE": "message", "PSUBSCRIBE": "pmessage", "SSUBSCRIBE": "smessage"}


class StrictVerifier:
    """The mocks of one test, what they answered, and what was asserted of it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queues: dict[str, deque[Mock]] = {}
        self._mocks: list[Mock] = []
        self._used: set[int] = set()
        self._last: dict[tuple[str, tuple[bytes, ...]], int] = {}
        self._outcomes: dict[int, Mock] = {}
        self._numbers = itertools.count(1)
        self._patched: set[int] = set()
        self._timeline: list[Interaction] = []
        self._server: FauxRedis | None = None
        self._redirect: Redirect | None = None
        self._depth = 0
        self._relaxed = False
        self._plugin: RedisPlugin | None = None

    # The block.

    def __enter__(self) -> StrictVerifier:
        if self._depth == 0:
            self._redirect = Redirect(self)
            self._started()
            self._redirect.install()
        self._depth += 1
        return self

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if self._depth == 0 and self._redirect is not None:
            self._redirect.remove()
            self._redirect = None

    def sandbox(self) -> StrictVerifier:
        """The block in which clients are led to the mocks."""
        return self

    @contextmanager
    def in_any_order(self) -> Iterator[None]:
        """A block in which assertions need not be in the order in which things happened."""
        self._not_inside("in_any_order()")
        relaxed, self._relaxed = self._relaxed, True
        try:
            yield
        finally:
            self._relaxed = relaxed

    def url(self) -> str:
        """The URL of the server, for clients that are not led to it by themselves."""
        return self._started().url

    # Mocks and assertions.

    def _mock(self, mock: Mock) -> None:
        with self._lock:
            self._mocks.append(mock)
            is_new = mock.command not in self._queues
            self._queues.setdefault(mock.command, deque()).append(mock)
        if is_new and self._server is not None:
            self._stub(mock.command)

    def _assert(self, command: str, args: Iterable[Any], kwargs: Any) -> None:
        self._not_inside("assert_command()")
        expected = tuple(args)
        left = [happened for happened in self._timeline if not happened.asserted]
        looked_at = left if self._relaxed else left[:1]
        for happened in looked_at:
            if not differences(happened, command, expected, kwargs):
                happened.asserted = True
                return
        raise InteractionMismatchError(self._mismatch(command, expected, kwargs, left))

    def _mismatch(self, command: str, args: tuple[Any, ...], kwargs: Any, left: list[Interaction]) -> str:
        text = f"assert_command({command!r}, args={args!r}) is not what happened"
        if not left:
            return text + "\n  every interaction is asserted already; nothing else happened"
        if not self._relaxed:
            for line in differences(left[0], command, args, kwargs):
                text += f"\n  {line}"
        text += "\n  not asserted yet, in the order in which they happened:"
        text += "".join(f"\n    {happened.hint()}" for happened in left[:10])
        text += f"\n    … and {len(left) - 10} more" if len(left) > 10 else ""
        if any(not differences(happened, command, args, kwargs) for happened in left[1:]):
            text += "\n  it happened later: is an in_any_order() block missing?"
        return text

    def verify_all(self) -> None:
        """Checks the three guarantees.

        Raises:
            UnmockedInteractionError: A client that cannot be told so itself called what no mock was
                left for.
            UnassertedInteractionsError: Something happened that was not asserted.
            UnusedMocksError: A required mock was not used.
            VerificationError: Both of the last two.
        """
        self._not_inside("verify_all()")
        unmocked = self._unmocked_elsewhere()
        if unmocked:
            raise UnmockedInteractionError("\n".join(unmocked_text(call.name, [call]) for call in unmocked))
        unasserted, unused = self._unasserted(), self._unused()
        if unasserted is not None and unused is not None:
            raise VerificationError(unasserted, unused)
        error = unasserted or unused
        if error is not None:
            raise error

    def _unmocked_elsewhere(self) -> list[Call]:
        """Calls no mock was left for, of clients that could not be told so by an exception."""
        if self._server is None:
            return []
        mark = actions.error(f"ERR {_UNMOCKED}").__class__
        return [
            call
            for call in self._server.calls
            if call.conn not in self._patched
            and isinstance(call.reply, mark)
            and _UNMOCKED in repr(call.reply)
        ]

    def _unasserted(self) -> UnassertedInteractionsError | None:
        left = [happened for happened in self._timeline if not happened.asserted]
        if not left:
            return None
        lines = "".join(f"\n  {happened.hint()}" for happened in left)
        return UnassertedInteractionsError(
            f"{len(left)} interaction(s) were not asserted; to assert them:{lines}"
        )

    def _unused(self) -> UnusedMocksError | None:
        left = [mock for mock in self._mocks if mock.required and id(mock) not in self._used]
        if not left:
            return None
        lines = "".join(f"\n  {mock}\n    made at {mock.place}" for mock in left)
        return UnusedMocksError(
            f"{len(left)} mock(s) were never used; remove them, or say required=False:{lines}"
        )

    def _not_inside(self, what: str) -> None:
        if self._depth:
            raise AssertionInsideSandboxError(f"{what} comes after the block that it is about, not within it")

    def _leave(self) -> None:
        while self._depth:
            self.__exit__()

    def _stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None

    # The server behind it.

    def _started(self) -> FauxRedis:
        if self._server is None:
            server = self._server = _private.start(mode="mock_only", databases=1024, verify=False)
            server.stub("AUTH").ok().priority(-2)
            for name in _TRANSACTIONS:
                server.stub(name).execute().priority(-2)
            for command in self._queues:
                self._stub(command)
        return self._server

    def _stub(self, command: str) -> None:
        assert self._server is not None
        self._server.stub(command).call(lambda call: self._answer(command, call)).priority(-1)

    def _answer(self, command: str, call: Call) -> Any:
        words = (call.name, tuple(call.args))
        with self._lock:
            queue = self._queues[command]
            # A client that retries what failed by itself is told the same, unless there is more to tell.
            again = self._last.get(words)
            if queue:
                mock = queue.popleft()
                self._used.add(id(mock))
                self._timeline.append(Interaction(call, mock))
                number = next(self._numbers)
                self._outcomes[number] = mock
                self._last.pop(words, None)
                if mock.is_connection_error():
                    self._last[words] = number
            elif again is not None:
                mock, number = self._outcomes[again], again
            else:
                return self._let_through(call)
            is_patched = call.conn in self._patched
        if call.name in _SUBSCRIPTIONS and mock.raises is None:
            return self._subscribed(call, mock)
        return actions.status(f"{_MARK}{number}") if is_patched else on_the_wire(mock)

    def _let_through(self, call: Call) -> Any:
        if call.name in _TRANSACTIONS or call.name.split()[0] in _HANDSHAKE:
            return actions.execute()
        return actions.error(f"ERR {_UNMOCKED}{call.name}' any more")

    def _subscribed(self, call: Call, mock: Mock) -> Any:
        """Confirms a subscription, and delivers what `returns` lists."""
        hello = self._started().calls("HELLO", conn=call.conn)
        is_newer = any(said.args[:1] == [b"3"] for said in hello)
        kind = call.name.lower().encode()
        pushes: list[list[Any]] = [[kind, name, at + 1] for at, name in enumerate(call.args)]
        word = _SUBSCRIPTIONS[call.name].encode()
        for message in mock.returns or ():
            channel, payload = message if isinstance(message, tuple) else (call.args[0], message)
            pattern = [call.args[0]] if word == b"pmessage" else []
            pushes.append([word, *pattern, channel, payload])
        return actions.raw(b"".join(encoded(push, b">" if is_newer else b"*") for push in pushes))

    # What the clients that are led here hear of it.

    def socket_path(self) -> str:
        """The path of the server's Unix socket."""
        path = self._started().unix_socket
        assert path is not None
        return path

    def connected(self, id_: int) -> None:
        """Hears the id of a connection that was led here."""
        with self._lock:
            self._patched.add(id_)

    def received(self, reply: Any) -> Any:
        """Gives the object that a mock's reply stands for, or raises it."""
        text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
        if not isinstance(text, str) or not text.startswith(_MARK):
            return NotImplemented
        mock = self._outcomes[int(text[len(_MARK) :])]
        if mock.raises is not None:
            raise mock.raises
        return mock.returns

    def failed(self, error: Exception) -> None:
        """Tells a client of a command that no mock was left for."""
        text = str(error)
        if _UNMOCKED not in text:
            return
        name = text.split(_UNMOCKED, 1)[1].split("'", 1)[0]
        raise UnmockedInteractionError(unmocked_text(name, self._calls_of(name))) from None

    def _calls_of(self, name: str) -> list[Call]:
        return [call for call in self._started().calls if call.name == name]


class RedisPlugin:
    """The mocks of commands of a verifier, which has one of these."""

    def __init__(self, verifier: StrictVerifier) -> None:
        if verifier._plugin is not None:
            raise ValueError("this verifier has a RedisPlugin already")
        verifier._plugin = self
        self._verifier: StrictVerifier | None = verifier

    def mock_command(
        self,
        command: str,
        *,
        returns: Any,
        raises: BaseException | type[BaseException] | None = None,
        required: bool = True,
    ) -> None:
        """Answers the next call of a command; several answer one call each, in their order.

        Args:
            command: Its name, in any case; `CLIENT LIST` for a subcommand.
            returns: What the client returns. A client of redis-py's returns this very object. Another
                gets a reply of its type: `True` is OK, `None` null, a `str`, `bytes` or number itself,
                a `list` an array. Of SUBSCRIBE and its like it is the list of messages that follow the
                confirmation, each a payload or `(channel, payload)`; None for none.
            raises: What the client raises in its stead. A client of redis-py's raises this very
                exception; if that is a ConnectionError or TimeoutError, its own retries of the command
                meet it again, unless there is another mock. Another client gets what makes it raise
                such an error: an error reply with the right code, a closed connection for a
                ConnectionError, silence for a TimeoutError.
            required: Whether the test fails when no call uses it.
        """
        name = _name_of(command)
        is_error = isinstance(raises, BaseException) or (
            isinstance(raises, type) and issubclass(raises, BaseException)
        )
        if raises is not None and not is_error:
            raise OptionError(f"option 'raises' takes an exception or None, not {raises!r}")
        self._of()._mock(Mock(name, returns, raises, required))

    def assert_command(self, command: str, args: Iterable[Any] = (), kwargs: Any = None) -> None:
        """Asserts the next interaction: a command with these arguments, as the server got them.

        Args:
            command: Its name, in any case.
            args: Its arguments: texts, bytes and numbers, or anything that is equal to what it means,
                as the matchers of dirty-equals are; such are compared with a text, then with bytes.
            kwargs: None, an empty dict, or a matcher that takes one: keyword arguments do not reach a
                server, where they are arguments like others. `keys`, which redis-py uses itself, is
                passed over.

        Raises:
            InteractionMismatchError: Something else happened next, or nothing; the message tells
                what differs and what is left to assert.
        """
        if isinstance(args, str | bytes) or not isinstance(args, Iterable):
            raise OptionError(f"option 'args' takes a tuple such as ('user:1',), not {args!r}")
        self._of()._assert(_name_of(command), args, kwargs)

    def _of(self) -> StrictVerifier:
        assert self._verifier is not None
        return self._verifier


def _name_of(command: object) -> str:
    if not isinstance(command, str) or not command.strip():
        raise OptionError(f"option 'command' takes a str such as 'GET', not {command!r}")
    return " ".join(command.upper().split())


class _Current(RedisPlugin):
    """The mocks of the test that runs."""

    def __init__(self) -> None:
        self._verifier = None

    def _of(self) -> StrictVerifier:
        return current_verifier()


_current: StrictVerifier | None = None


def current_verifier() -> StrictVerifier:
    """The verifier of the test that runs."""
    global _current
    if _current is None:
        _current = StrictVerifier()
    return _current


redis_mock = _Current()
"""The mocks of the test that runs: `redis_mock.mock_command(…)`, `redis_mock.assert_command(…)`."""
redis = redis_mock
"""The same by its newer name: `tripwire.redis.mock_command(…)`."""
mock_command = redis_mock.mock_command
assert_command = redis_mock.assert_command


def sandbox() -> StrictVerifier:
    """The block in which clients are led to the mocks; `with tripwire:` is the same."""
    return current_verifier().sandbox()


def in_any_order() -> Any:
    """A block in which assertions need not be in the order in which things happened."""
    return current_verifier().in_any_order()


def url() -> str:
    """The URL of the mocks' server, for clients that are not led to it by themselves."""
    return current_verifier().url()


def verify_all() -> None:
    """Checks the three guarantees; under pytest this is done at the end of each test."""
    current_verifier().verify_all()


def _finish(verifies: bool) -> None:
    """Ends the current test's verifier: for the pytest plugin."""
    global _current
    verifier, _current = _current, None
    if verifier is None:
        return
    verifier._leave()
    try:
        if verifies:
            verifier.verify_all()
    finally:
        verifier._stop()


class _Module(types.ModuleType):
    """The module itself, so that `with tripwire:` is a block."""

    def __enter__(self) -> StrictVerifier:
        return current_verifier().__enter__()

    def __exit__(self, *error: object) -> None:
        current_verifier().__exit__(*error)


sys.modules[__name__].__class__ = _Module
