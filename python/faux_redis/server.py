"""A Redis that the test controls."""

from __future__ import annotations

import datetime
import os
import tempfile
import weakref
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, NoReturn, cast

from . import _core
from ._callbacks import Host, stop_at_exit
from .calls import Calls
from .clock import Clock
from .data import Data, Diff, Snapshot, Unchanged, document, globs
from .errors import Failure, OptionError, StoppedError, VerificationError
from .matchers import Arg
from .matching import Conn, Match, Via, When
from .rule import Rule, least_and_most, place_of_caller, whole

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
        require_auth: str | bool | None = None,
        flavour: Literal["redis", "valkey"] = "redis",
        version: str | None = None,
        databases: int = 16,
        strict: bool = False,
        seed: int = 0,
        clock: Literal["system"] | float | datetime.datetime = "system",
        journal_limit: int = 10_000,
        config: Mapping[str, str | int | bool] | None = None,
        rdb: str | os.PathLike[str] | None = None,
        tls: bool = False,
        data: Mapping[Any, Any] | str | os.PathLike[str] | None = None,
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
            require_auth: The password by another name; or True, which says that there must be one.
            flavour: Which server is played.
            version: Which version of it, such as `7.0.15`; the newest by default.
            databases: How many there are.
            strict: Verification also fails for calls no rule answered and stubs no call used.
            seed: The seed of all chance.
            clock: The time the server lives in: the system's, or one that stands at a start time
                (seconds since 1970, or a datetime) until it is moved by `clock.advance`.
            journal_limit: How many calls are remembered.
            config: Settings as in `redis.conf`.
            rdb: An RDB file whose data the server has from the start, and again after each `reset`;
                it is only read. Without it, a server whose setting `dir` names a folder loads the
                file it finds there, as a real one does, and SAVE writes it; a server without that
                setting keeps in memory what is saved.
            tls: Connections are encrypted, with a certificate that is made at the start; `tls_ca` is
                what clients know it by.
            data: Keys and values that the server has from the start, and again after each `reset`: a
                dict, or the path of a `.json`, `.yaml` or `.rdb` file, as `data.load` takes them.
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
                "password": _password(password, require_auth),
                "flavour": flavour,
                "version": version,
                "databases": databases,
                "strict": strict,
                "seed": seed,
                "clock": clock,
                "journal_limit": journal_limit,
                "config": {} if settings is None else settings,
                "rdb": rdb,
                "tls": tls,
                "data": document(data) if isinstance(data, Mapping) else data,
            }
        )
        self._verify = verify
        self._ca_file: _File | None = None
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
        """Puts everything back: no keys, rules or calls; settings as at the start; no clients."""
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
    def tls_ca(self) -> str | None:
        """The certificate by which clients know that of an encrypted server, as PEM; else None.

        A client of redis-py's takes it as `ssl_ca_data`, Python's own `ssl` as `cadata`.
        """
        return self._running().tls_ca

    @property
    def tls_ca_path(self) -> str | None:
        """The path of a file with `tls_ca`, for clients that want one: `ssl_ca_certs` of redis-py.

        It is there as long as this object.
        """
        if self.tls_ca is None:
            return None
        if self._ca_file is None or not self._ca_file.holds(self.tls_ca):
            self._ca_file = _File(self.tls_ca)
        return self._ca_file.path

    @property
    def persona(self) -> str:
        """Which server is played, such as `redis 7.0.15`."""
        return self._running().persona

    @property
    def clock(self) -> Clock:
        """The time the server lives in."""
        return Clock(self._running())

    # Stubs and expectations.

    def stub(
        self,
        *patterns: Any,
        key: Arg | None = None,
        conn: Conn | None = None,
        via: Via | None = None,
        when: When | None = None,
    ) -> Rule:
        """Makes a stub: calls that match are answered as it says. It demands nothing.

        Args:
            *patterns: The command, and what its arguments must be: exact values, `ANY`, `REST`,
                `re(...)`, `glob(...)`, or a predicate. No arguments given means any.
            key: What one of the command's keys must be.
            conn: The id of the connection, or several.
            via: `direct`, or `exec` for commands of a transaction.
            when: A predicate that gets the call.
        """
        return self._rule(False, Match(patterns, key, conn, via, when))

    def expect(
        self,
        *patterns: Any,
        key: Arg | None = None,
        conn: Conn | None = None,
        via: Via | None = None,
        when: When | None = None,
    ) -> Rule:
        """Makes an expectation: verification fails unless such a call is made, at least once.

        It takes what `stub` takes. With no answer given, older rules or the store answer.
        """
        return self._rule(True, Match(patterns, key, conn, via, when))

    # The store by hand.

    @property
    def data(self) -> Data:
        """The data of database 0, read and written without a client: `redis.data["key"]`."""
        return Data(self)

    def snapshot(self) -> Snapshot:
        """Takes a snapshot of all keys, in constant time; as a context manager it is gone back to.

        Only what changes while the snapshot is kept is remembered, once for each key.
        """
        return Snapshot(self)

    def restore(self, snapshot: Snapshot) -> int:
        """Puts all keys back as they were at a snapshot; how many had changed, and so how long it takes.

        Watches of these keys are void, and who waits for one looks again; no keyspace event tells of
        it. Keys expire when they were to expire. What is no key stays as it is.

        Raises:
            OptionError: The snapshot is of another server, or of before a `reset`.

        >>> from faux_redis import FauxRedis
        >>> with FauxRedis(data={"k": "before"}) as redis:
        ...     snapshot = redis.snapshot()
        ...     redis.data["k"] = "after"
        ...     redis.restore(snapshot), redis.data["k"]
        (1, b'before')
        """
        return self._running().restore(snapshot._core)

    def diff(self, before: Snapshot, after: Snapshot | None = None) -> Diff:
        """Tells what differs between two snapshots, or between one and now.

        >>> from faux_redis import FauxRedis
        >>> with FauxRedis(data={"k": {"a": 1}}) as redis:
        ...     snapshot = redis.snapshot()
        ...     redis.data["k"] = {"a": 2}
        ...     print(redis.diff(snapshot))
        ~ "k" hash
            ~ "a": "1" → "2"
        """
        return Diff(self._running().diff(before._core, None if after is None else after._core))

    def unchanged(self, except_: str | Iterable[str] | None = None) -> Unchanged:
        """A block at whose end all keys must be as they were, but for those that match a glob.

        Raises:
            VerificationError: At the end of the block; the message tells what differs.

        >>> from faux_redis import FauxRedis
        >>> with FauxRedis() as redis, redis.unchanged(except_="cache:*"):
        ...     redis.data["cache:1"] = "x"
        """
        return Unchanged(self, globs(except_))

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
    ) -> _core.Call:
        """Waits until as many calls match, and returns the last of them.

        Calls that were made before count. It takes what `stub` takes.

        Raises:
            WaitTimeoutError: There were fewer within `timeout` seconds.
        """
        count = whole("times", times, 1)
        with self._matcher(Match(patterns, key, conn, via, when)) as matcher:
            return self._running().wait_for(matcher, count, timeout)[count - 1]

    def verify(
        self,
        *patterns: Any,
        key: Arg | None = None,
        conn: Conn | None = None,
        via: Via | None = None,
        when: When | None = None,
        times: int | range | None = None,
    ) -> None:
        """Checks all that the test has said; or, given what `stub` takes, that a call was made.

        `times` says how often; at least once by default.

        Raises:
            VerificationError: It is not so.
        """
        match = Match(patterns, key, conn, via, when)
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
        matcher, kept = match.matcher(self._host)
        return Rule(self, server.rule(matcher, expects, place_of_caller()), kept)

    def _calls_of(self, match: Match) -> list[_core.Call]:
        with self._matcher(match) as matcher:
            return self._running().calls(matcher)

    def _matcher(self, match: Match) -> _Matching:
        return _Matching(self, *match.matcher(self._host))

    def _failure(self, failure: tuple[str, str, int | None]) -> Failure:
        kind, message, raised = failure
        exception = None if raised is None else self._host.raised.get(raised)
        return Failure(cast(Any, kind), message, exception)

    def _forget(self, callables: list[int]) -> None:
        for number in callables:
            self._host.remove(number)


class _File:
    """A file with a text, as long as it is needed."""

    def __init__(self, text: str) -> None:
        handle, self.path = tempfile.mkstemp(prefix="faux-redis-", suffix=".pem")
        with os.fdopen(handle, "w") as file:
            file.write(text)
        self._text = text
        weakref.finalize(self, _remove, self.path, os.getpid())

    def holds(self, text: str) -> bool:
        """Whether this is its text."""
        return self._text == text


def _remove(path: str, process: int) -> None:
    if os.getpid() == process and os.path.exists(path):
        os.remove(path)


def _password(password: str | None, require_auth: str | bool | None) -> str | None:
    """The password that is meant by the two options together."""
    if require_auth is None or require_auth is False:
        return password
    if require_auth is True:
        if password is None:
            raise OptionError("option 'require_auth' is True, and 'password' must say which password it is")
        return password
    if password not in (None, require_auth):
        raise OptionError("options 'password' and 'require_auth' name two passwords; one of them is enough")
    return require_auth


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
