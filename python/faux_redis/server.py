"""A Redis that the test controls."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, NoReturn, cast

from . import _core
from ._callbacks import Host, stop_at_exit
from .calls import Calls
from .clock import Clock
from .errors import Failure, OptionError, StoppedError, VerificationError
from .gate import Gate
from .matchers import Arg, Option
from .matching import Conn, Match, Via, When
from .rule import Rule, least_and_most, place_of_caller, whole
from .scenario import ScenarioState
from .state import State
from .waiting import Aio, Waits

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["FauxRedis"]


class FauxRedis:
    """A real server on a real socket, whose every part is in the test's hands.

    >>> from faux_redis import FauxRedis
    >>> with FauxRedis() as redis:
    ...     rule = redis.stub("GET", "user:1").reply("Ada")
    ...     redis.url.startswith("redis://127.0.0.1:")
    True

    At the end of the block, expectations that were not met and callbacks that failed raise a
    `VerificationError`, unless an exception is under way already. Without a `with` block there are
    `start`, `verify` and `stop`. A server that is forgotten stops by itself.
    """

    def __init__(
        self,
        port: int = 0,
        ip: str = "127.0.0.1",
        unix_socket: str | os.PathLike[str] | None = None,
        mode: Literal["mock_first", "stateful_only", "mock_only"] = "mock_first",
        password: str | None = None,
        flavour: Literal["redis", "valkey"] = "redis",
        version: str | None = None,
        databases: int = 16,
        strict: bool = False,
        seed: int = 0,
        clock: Literal["system", "frozen", "auto"] | float | datetime.datetime = "system",
        journal_limit: int = 10_000,
        config: Mapping[str, str | int | bool] | None = None,
        rdb: str | os.PathLike[str] | None = None,
        verify: bool = True,
        **unknown: NoReturn,
    ) -> None:
        """Says how the server shall be; it is started by a `with` block or by `start`.

        Args:
            port: Where to listen; 0 takes a port that is free.
            ip: The address to listen on.
            unix_socket: A path to listen on, in place of a port.
            mode: Who answers: `mock_first` the rules, then the store; `stateful_only` the store
                alone; `mock_only` the rules alone.
            password: Clients must AUTH with it.
            flavour: Which server is played.
            version: Which version of it, such as `7.0.15`; the newest by default.
            databases: How many there are.
            strict: Verification also fails for calls no rule answered and stubs no call used.
            seed: The seed of all chance.
            clock: The time the server lives in: the system's; `frozen`, which stands until it is
                moved by `clock.advance`; a start time (seconds since 1970, or a datetime) to stand at
                likewise; or `auto`, which leaps to the next deadline when every client waits, as
                `clock.auto` says.
            journal_limit: How many calls are remembered.
            config: Settings as in `redis.conf`.
            rdb: An RDB file whose data the server has from the start, and again after each `reset`;
                it is only read. Without it, a server whose setting `dir` names a folder loads the
                file it finds there, as a real one does, and SAVE writes it; a server without that
                setting keeps in memory what is saved.
            verify: Whether a `with` block verifies at its end.
            **unknown: Nothing else is accepted.
        """
        if not isinstance(verify, bool):
            raise OptionError(f"option 'verify' takes True or False, not {verify!r}")
        if isinstance(clock, datetime.datetime):
            clock = clock.timestamp()
        settings = dict(config) if isinstance(config, Mapping) else config
        self._builder = _core.Builder(
            {
                **unknown,
                "port": port,
                "ip": ip,
                "unix_socket": unix_socket,
                "mode": mode,
                "password": password,
                "flavour": flavour,
                "version": version,
                "databases": databases,
                "strict": strict,
                "seed": seed,
                "clock": clock,
                "journal_limit": journal_limit,
                "config": {} if settings is None else settings,
                "rdb": rdb,
            }
        )
        self._verify = verify
        self._server: _core.Server | None = None
        self._host = Host()

    # Beginning and end.

    def start(self) -> Self:
        """Starts the server; it answers when this returns. One that runs already goes on."""
        if self._server is None or self._server.is_stopped():
            self._host.clear()
            self._server = self._builder.start()
            stop_at_exit(self)
        return self

    def stop(self) -> None:
        """Stops the server, without verifying; what happened can still be asked.

        In a process forked off the one that started it, this does nothing.
        """
        if self._server is not None:
            self._server.stop()

    def reset(self) -> None:
        """Puts everything back: no keys, rules, gates or calls; settings as at the start; no clients.

        Time goes on as it did at the start, from where it is.
        """
        self._running().reset()
        self._host.clear()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if kind is None and self._verify:
                self.verify()
        finally:
            self.stop()

    # Where it is.

    @property
    def port(self) -> int:
        """The port; 0 on a Unix socket."""
        return self._running().port

    @property
    def address(self) -> str:
        """`127.0.0.1:6379`, or the path of the Unix socket."""
        return self._running().address

    @property
    def url(self) -> str:
        """The URL for clients, with the password if there is one."""
        return self._running().url

    @property
    def unix_socket(self) -> str | None:
        """The path of the Unix socket, if it listens on one."""
        return self._running().unix_socket

    @property
    def persona(self) -> str:
        """Which server is played, such as `redis 7.0.15`."""
        return self._running().persona

    @property
    def clock(self) -> Clock:
        """The time the server lives in."""
        return Clock(self._running())

    @property
    def state(self) -> State:
        """The condition the server is in."""
        return State(self._running())

    # Stubs and expectations.

    def stub(
        self,
        *patterns: Any,
        key: Arg | None = None,
        conn: Conn | None = None,
        via: Via | None = None,
        when: When | None = None,
        **options: Option,
    ) -> Rule:
        """Makes a stub: calls that match are answered as it says. It demands nothing.

        Args:
            *patterns: The command (its name, `category(...)`, `flag(...)` or `ANY`), and what its
                arguments must be: exact values, `ANY`, `REST`, `re(...)`, `glob(...)`, `gt(...)` and
                its kin, `json(...)`, `absent`, a predicate, or these combined by `&`, `|` and `~`. No
                arguments given means any.
            key: What one of the command's keys must be.
            conn: The id of the connection, several, or `client(...)`.
            via: `direct`, `exec` for commands of a transaction, or `script`.
            when: A predicate that gets the call.
            **options: What the command's options must be, by the words in capitals of its usage line,
                wherever they stand in the request: `NX=True` for given, `NX=False` for not given, a
                pattern for the value (`EX=gt(30)`), a tuple for several (`LIMIT=(0, 10)`).

        Raises:
            OptionError: An option, category or flag is not there; the message names those that are.
        """
        return self._rule(False, Match(patterns, key, conn, via, when, options))

    def expect(
        self,
        *patterns: Any,
        key: Arg | None = None,
        conn: Conn | None = None,
        via: Via | None = None,
        when: When | None = None,
        **options: Option,
    ) -> Rule:
        """Makes an expectation: verification fails unless such a call is made, at least once.

        It takes what `stub` takes. With no answer given, older rules or the store answer.
        """
        return self._rule(True, Match(patterns, key, conn, via, when, options))

    def scenario(self, name: str) -> ScenarioState:
        """Gives the scenario of this name: a state machine that rules go by."""
        return ScenarioState(self._running(), name)

    def hold(
        self,
        *patterns: Any,
        key: Arg | None = None,
        conn: Conn | None = None,
        via: Via | None = None,
        when: When | None = None,
        at: Literal["before", "after"] = "before",
        times: int | None = None,
        **options: Option,
    ) -> Gate:
        """Holds commands that match: before they are carried out, or after that and before they are answered.

        It takes what `stub` takes. A command that is held before has come, and no rule has been asked about
        it: what the test changes meanwhile counts. A command of a transaction is held when EXEC runs it,
        and EXEC with it. Of `times` given, no more than the first so many commands are held.
        """
        times = None if times is None else whole("times", times, 0)
        match = Match(patterns, key, conn, via, when, options, also=("at", "times"))
        matcher, kept = match.matcher(self._host)
        return Gate(self, self._running().hold(matcher, at, times), kept)

    # What happened.

    @property
    def calls(self) -> Calls:
        """All calls that are remembered. `calls("SET", key="lock")` gives those that match."""
        return Calls(self)

    @property
    def dropped_calls(self) -> int:
        """How many calls are no longer remembered, because there were too many."""
        return self._running().dropped_calls()

    @property
    def unmatched(self) -> list[_core.Call]:
        """Calls that no rule answered, but for the handshake of connections."""
        return self._running().unmatched()

    @property
    def unused(self) -> list[str]:
        """Stubs that no call has used, as text."""
        return self._running().unused()

    def transcript(self) -> str:
        """Tells what happened on each connection, in order, as text to read."""
        return self._running().transcript()

    def wait_for(
        self,
        *patterns: Any,
        key: Arg | None = None,
        conn: Conn | None = None,
        via: Via | None = None,
        when: When | None = None,
        times: int = 1,
        timeout: float = 5.0,
        **options: Option,
    ) -> _core.Call:
        """Waits until as many calls match, and returns the last of them.

        Calls that were made before count. It takes what `stub` takes.

        Raises:
            WaitTimeoutError: There were fewer within `timeout` seconds.
        """
        count = whole("times", times, 1)
        match = Match(patterns, key, conn, via, when, options, also=("times", "timeout"))
        with self._matcher(match) as matcher:
            calls: list[_core.Call] = self._running().wait_for(matcher, count, timeout).result()
            return calls[count - 1]

    def wait_until_blocked(self, key: str | bytes | None = None, n: int = 1, timeout: float = 5.0) -> None:
        """Waits until so many clients are blocked on a key, in whatever database; without a key, at all.

        Raises:
            WaitTimeoutError: There were fewer within `timeout` seconds; it tells who is blocked on what.
        """
        Waits(self).blocked(key, n, timeout).result()

    def wait_for_subscribers(self, channel: str | bytes, n: int = 1, timeout: float = 5.0) -> None:
        """Waits until so many clients would hear what is published on a channel.

        They are subscribed to it or to a pattern that fits it; a pattern may also be named as it was
        subscribed to.

        Raises:
            WaitTimeoutError: There were fewer within `timeout` seconds; it tells which channels have whom.
        """
        Waits(self).subscribers(channel, n, timeout).result()

    def wait_for_connections(self, n: int = 1, client: Conn | None = None, timeout: float = 5.0) -> None:
        """Waits until so many of these clients are connected; for 0, until none of them is any more.

        Raises:
            WaitTimeoutError: There were fewer within `timeout` seconds; it tells who is connected.
        """
        Waits(self).connections(n, client, timeout).result()

    def wait_idle(self, timeout: float = 5.0) -> None:
        """Waits until all is done.

        What was sent to the server before is carried out, no command is delayed, held, or waits for the
        test's own code, and every reply has been handed to the system. A command that is blocked is at
        rest.

        Raises:
            WaitTimeoutError: That was not so within `timeout` seconds; it tells what is still being worked
            on.
        """
        Waits(self).idle(timeout).result()

    @property
    def aio(self) -> Aio:
        """The same waiting for asynchronous code: `await redis.aio.wait_for("SET")`."""
        return Aio(self)

    def verify(
        self,
        *patterns: Any,
        key: Arg | None = None,
        conn: Conn | None = None,
        via: Via | None = None,
        when: When | None = None,
        times: int | range | None = None,
        **options: Option,
    ) -> None:
        """Checks all that the test has said; or, given what `stub` takes, that a call was made.

        `times` says how often; at least once by default.

        Raises:
            VerificationError: It is not so.
        """
        match = Match(patterns, key, conn, via, when, options, also=("times",))
        if not match.is_empty:
            least, most = (1, None) if times is None else least_and_most(times)
            with self._matcher(match) as matcher:
                return self._running().verify_called(matcher, least, most)
        if times is not None:
            raise OptionError("option 'times' of verify() needs a command, as in verify('SET', times=1)")
        failures = tuple(map(self._failure, self._running().failures()))
        if failures:
            listed = "".join(f"\n- {failure.message}" for failure in failures)
            raise VerificationError(f"verification failed{listed}", failures)
        return None

    def __repr__(self) -> str:
        if self._server is None:
            return "<FauxRedis, not started>"
        state = ", stopped" if self._server.is_stopped() else ""
        return f"<FauxRedis {self._server.address}{state}>"

    def _running(self) -> _core.Server:
        if self._server is None:
            raise StoppedError("the server is not started: use `with FauxRedis() as redis`, or `start()`")
        return self._server

    def _rule(self, expects: bool, match: Match) -> Rule:
        server = self._running()
        matcher, kept = self._checked(match)
        return Rule(self, server.rule(matcher, expects, place_of_caller()), kept)

    def _calls_of(self, match: Match) -> list[_core.Call]:
        with self._matcher(match) as matcher:
            return self._running().calls(matcher)

    def _matcher(self, match: Match) -> _Matching:
        return _Matching(self, *self._checked(match))

    def _checked(self, match: Match) -> tuple[_core.Matcher, list[int]]:
        """Makes a matcher that this server can match by, and tells which callables it asks."""
        matcher, kept = match.matcher(self._host)
        try:
            self._running().check(matcher)
        except OptionError:
            self._forget(kept)
            raise
        return matcher, kept

    def _failure(self, failure: tuple[str, str, int | None]) -> Failure:
        kind, message, raised = failure
        exception = None if raised is None else self._host.raised.get(raised)
        return Failure(cast(Any, kind), message, exception)

    def _forget(self, callables: list[int]) -> None:
        for number in callables:
            self._host.remove(number)


class _Matching:
    """A matcher that is used once, with the callables it asks kept as long."""

    def __init__(self, server: FauxRedis, matcher: _core.Matcher, kept: list[int]) -> None:
        self._server = server
        self._matcher = matcher
        self._kept = kept

    def __enter__(self) -> _core.Matcher:
        return self._matcher

    def __exit__(self, *_: object) -> None:
        self._server._forget(self._kept)
