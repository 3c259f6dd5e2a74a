"""A Redis that the test controls."""

from __future__ import annotations

import datetime
import os
import tempfile
import warnings
import weakref
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, NoReturn, cast, get_args

from . import _core, _options
from ._callbacks import Host, stop_at_exit
from .calls import Calls
from .clients import Who, who
from .clock import Clock
from .data import Data, Diff, Snapshot, Unchanged, document, globs
from .down import Down, DownMode, MaxClients
from .errors import Failure, OptionError, StoppedError, VerificationError
from .gate import Gate
from .link import Direction, Link, Pause
from .lint import Finding, Lint, LintWarning, Smell, listed
from .matchers import Arg, Option
from .matching import Conn, Match, Step, Via, When, step
from .rule import Rule, place_of_caller
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
        require_auth: str | bool | None = None,
        flavour: Literal["redis", "valkey"] = "redis",
        version: str | None = None,
        databases: int = 16,
        strict: bool | Literal["all"] = False,
        seed: int = 0,
        clock: Literal["system", "frozen", "auto"] | float | datetime.datetime = "system",
        journal_limit: int = 10_000,
        journal_limit_bytes: int = 64 * 1024 * 1024,
        config: Mapping[str, str | int | bool] | None = None,
        rdb: str | os.PathLike[str] | None = None,
        lint: Lint = False,
        lint_ignore: Iterable[Smell] = (),
        max_round_trips: int | None = None,
        n_plus_one: int = 5,
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
            strict: Verification also fails for calls no rule answered and stubs no call used; with `all` also
                for calls that were never asserted: counted by an expectation, verified or waited for.
            seed: The seed of all chance.
            clock: The time the server lives in: the system's; `frozen`, which stands until it is
                moved by `clock.advance`; a start time (seconds since 1970, or a datetime) to stand at
                likewise; or `auto`, which leaps to the next deadline when every client waits, as
                `clock.auto` says.
            journal_limit: How many calls are remembered.
            journal_limit_bytes: About how many bytes of arguments and replies are remembered.
            config: Settings as in `redis.conf`.
            rdb: An RDB file whose data the server has from the start, and again after each `reset`;
                it is only read. Without it, a server whose setting `dir` names a folder loads the
                file it finds there, as a real one does, and SAVE writes it; a server without that
                setting keeps in memory what is saved.
            lint: Whether `verify` also looks at how the server was used: True gives a `LintWarning` for each
                finding, a list of smells only for these, `fail` fails for all of them.
            lint_ignore: Smells that are not looked for.
            max_round_trips: How many round trips the test may make; more fail verification. Requests that
                were read together are one; the handshake of connections does not count.
            n_plus_one: How many calls of one command in a row, each for another key, lint takes for one loop.
            tls: Connections are encrypted, with a certificate that is made at the start; `tls_ca` is
                what clients know it by.
            data: Keys and values that the server has from the start, and again after each `reset`: a
                dict, or the path of a `.json`, `.yaml` or `.rdb` file, as `data.load` takes them.
            verify: Whether a `with` block verifies at its end.
            **unknown: Nothing else is accepted.
        """
        _options.truth("verify", verify)
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
                "journal_limit_bytes": journal_limit_bytes,
                "lint": listed("lint", lint),
                "lint_ignore": listed("lint_ignore", lint_ignore),
                "max_round_trips": max_round_trips,
                "n_plus_one": n_plus_one,
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
        __tracebackhide__ = True
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

    @property
    def state(self) -> State:
        """The condition the server is in."""
        return State(self)

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
        times = None if times is None else _options.whole("times", times, 0)
        _options.one_of("at", at, "before", "after")
        match = Match(patterns, key, conn, via, when, options, also=("at", "times"))
        matcher, kept = match.matcher(self._host)
        source = place_of_caller()
        return Gate(self, self._serving().hold(matcher, at, times, source), kept, source)

    # The link, and the server itself.

    def link(self, client: Who = None, p: float = 1.0, direction: Direction | None = None) -> Link:
        """Makes a link: what the bytes of these connections go through, those included that come later.

        Args:
            client: Which connections: `client(...)`, an id or several; all by default. One that is meant by
                its name is met from the reply to CLIENT SETNAME on.
            p: How likely each connection is to be met, asked once for each, from the server's seed.
            direction: Which way its effects concern; by default `down`, and `both` for a blackhole.
        """
        link = self._serving().link(who("client", client))
        if p != 1.0:
            try:
                link.p(_options.probability("p", p))
            except OptionError:
                link.remove()
                raise
        return Link(link, direction, place_of_caller())

    def down(self, mode: DownMode = "refuse") -> Down:
        """Takes the server down: its connections are cut, and new ones meet what the mode says.

        It comes up again on the same port, which no other process gets meanwhile, with its data. Several may
        have it down at a time.

        Args:
            mode: `refuse`: nobody listens. `accept_close`: they are accepted and closed at once.
                `blackhole`: they are accepted and never read; they are closed when the server is up again.
        """
        _options.one_of("mode", mode, *get_args(DownMode))
        source = place_of_caller()
        return Down(self._serving().down(mode, source), source)

    def up(self) -> None:
        """Brings the server up again, whoever has it down."""
        self._running().up()

    @property
    def is_down(self) -> bool:
        """Whether the server is down."""
        return self._running().is_down()

    def restart(self, *, keep: bool = True) -> None:
        """Does what clients see when the server's process ends and starts anew on its port.

        Connections are cut, settings are as at the start, INFO has another `run_id` and counts from zero.
        The data is kept, or lost but for that of the RDB file the server was started with. Stubs, links and
        calls stay.
        """
        self._serving().restart(_options.truth("keep", keep))

    def pause(self, client: Who = None) -> Pause:
        """Stops serving these connections: nothing is read or answered until the pause is removed."""
        return Pause(self._serving().link(who("client", client)).paused(), place_of_caller())

    def kill(self, client: Who = None, how: Literal["close", "reset"] = "close") -> int:
        """Ends these connections at once, by a FIN or a RST, and tells how many there were."""
        return self._running().kill(who("client", client), _options.one_of("how", how, "close", "reset"))

    def max_clients(self, most: int) -> MaxClients:
        """Lets so many clients be connected at a time; others get the real server's error and are closed."""
        most = _options.whole("max_clients", most, 1)
        source = place_of_caller()
        return MaxClients(self._serving().max_clients(most, source), source)

    def push(self, client: Who, value: Any) -> int:
        """Sends these connections a message that nobody asked for, and tells how many there were.

        Args:
            client: Which connections: `client(...)`, an id or several, None for all.
            value: `message(...)`, `invalidate(...)`, `push(...)` or a list.

        Raises:
            OptionError: A connection cannot take it; nothing is sent then. Over RESP2 only subscribers hear
                what they did not ask for, and only messages.
        """
        return self._running().push(who("client", client), value)

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
            OptionError: The snapshot is of another server, or of before a `reset` or a restart that lost
                the data.

        >>> from faux_redis import FauxRedis
        >>> with FauxRedis(data={"k": "before"}) as redis:
        ...     snapshot = redis.snapshot()
        ...     redis.data["k"] = "after"
        ...     redis.restore(snapshot), redis.data["k"]
        (1, b'before')
        """
        return self._running().restore(_snapshot("snapshot", snapshot))

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
        after_ = None if after is None else _snapshot("after", after)
        return Diff(self._running().diff(_snapshot("before", before), after_))

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
    def dropped_bytes(self) -> int:
        """About how many bytes of arguments and replies went with them."""
        return self._running().dropped_bytes()

    @property
    def unmatched(self) -> list[_core.Call]:
        """Calls that no rule answered, but for the handshake of connections."""
        return self._running().unmatched()

    @property
    def unused(self) -> list[str]:
        """Stubs that no call has used, as text."""
        return self._running().unused()

    def transcript(self) -> str:
        """Tells what happened, in order, as text to read.

        There is a lane for each connection, and for each call a line: its time, what was sent, the reply, who
        answered, and what was done to it.
        """
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
        __tracebackhide__ = True
        count = _options.whole("times", times, 1)
        match = Match(patterns, key, conn, via, when, options, also=("times", "timeout"))
        with self._matcher(match) as matcher:
            calls: list[_core.Call] = (
                self._running().wait_for(matcher, count, _options.seconds("timeout", timeout)).result()
            )
            return calls[count - 1]

    def wait_until_blocked(self, key: str | bytes | None = None, n: int = 1, timeout: float = 5.0) -> None:
        """Waits until so many clients are blocked on a key, in whatever database; without a key, at all.

        Raises:
            WaitTimeoutError: There were fewer within `timeout` seconds; it tells who is blocked on what.
        """
        __tracebackhide__ = True
        Waits(self).blocked(key, n, timeout).result()

    def wait_for_subscribers(self, channel: str | bytes, n: int = 1, timeout: float = 5.0) -> None:
        """Waits until so many clients would hear what is published on a channel.

        They are subscribed to it or to a pattern that fits it; a pattern may also be named as it was
        subscribed to.

        Raises:
            WaitTimeoutError: There were fewer within `timeout` seconds; it tells which channels have whom.
        """
        __tracebackhide__ = True
        Waits(self).subscribers(channel, n, timeout).result()

    def wait_for_connections(self, n: int = 1, client: Conn | None = None, timeout: float = 5.0) -> None:
        """Waits until so many of these clients are connected; for 0, until none of them is any more.

        Raises:
            WaitTimeoutError: There were fewer within `timeout` seconds; it tells who is connected.
        """
        __tracebackhide__ = True
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
        __tracebackhide__ = True
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
        __tracebackhide__ = True
        match = Match(patterns, key, conn, via, when, options, also=("times",))
        if not match.is_empty:
            least, most = (1, None) if times is None else _options.least_and_most(times)
            with self._matcher(match) as matcher:
                return self._running().verify_called(matcher, least, most)
        if times is not None:
            raise OptionError("option 'times' of verify() needs a command, as in verify('SET', times=1)")
        failures = self._running().failures()
        if failures:
            raise self._failed(failures)
        for finding in self._running().findings():
            warnings.warn(LintWarning(finding[-1]), stacklevel=2)
        return None

    def verify_order(self, *steps: Step) -> None:
        """Checks that there were calls in this order, whatever came between them.

        A step is a command, a tuple of a command and what its arguments must be, or `called(...)`, which
        takes what `stub` takes.

        >>> from faux_redis import FauxRedis, called
        >>> with FauxRedis() as redis:
        ...     redis.verify_order("MULTI", ("SET", "k", "v"), called(key="k"))
        Traceback (most recent call last):
        faux_redis.errors.VerificationError: verification failed
        - expected in this order: MULTI, SET "k" "v", ANY key="k"
          1. MULTI: did not come
        seed: 0

        Raises:
            VerificationError: There were not; the message says where the order broke.
        """
        __tracebackhide__ = True
        with ExitStack() as stack:
            matchers = [stack.enter_context(self._matcher(step(said))) for said in steps]
            self._running().verify_order(matchers)

    def verify_no_more(self) -> None:
        """Checks that each call was accounted for.

        That is: a rule answered it, an expectation counted it, or the test verified it or waited for it. The
        handshake of connections needs none of that.

        Raises:
            VerificationError: There were more.
        """
        __tracebackhide__ = True
        self._running().verify_no_more()

    def lint(
        self,
        *smells: Smell,
        ignore: Iterable[Smell] = (),
        max_round_trips: int | None = None,
        n_plus_one: int = 5,
    ) -> list[Finding]:
        """Finds what in the use of the server is likely to hurt: each call, why, and what to do.

        Args:
            *smells: What to look for; all by default.
            ignore: What not to look for.
            max_round_trips: More than these are found, too.
            n_plus_one: How many calls of one command in a row, each for another key, are found.
        """
        options = {
            "lint": list(smells) or True,
            "lint_ignore": listed("ignore", ignore),
            "max_round_trips": max_round_trips,
            "n_plus_one": n_plus_one,
        }
        return [Finding(*found) for found in self._running().lint(options)]

    def __repr__(self) -> str:
        if self._server is None:
            return "<FauxRedis, not started>"
        state = ", stopped" if self._server.is_stopped() else ""
        return f"<FauxRedis {self._server.address}{state}>"

    def _running(self) -> _core.Server:
        if self._server is None:
            raise StoppedError("the server is not started: use `with FauxRedis() as redis`, or `start()`")
        return self._server

    def _serving(self) -> _core.Server:
        """The server, when there is something to be set up for its clients."""
        server = self._running()
        if server.is_stopped():
            raise StoppedError("the server has stopped")
        return server

    def _rule(self, expects: bool, match: Match) -> Rule:
        server = self._serving()
        matcher, kept = self._checked(match)
        source = place_of_caller()
        return Rule(self, server.rule(matcher, expects, source), kept, source)

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

    def _failed(self, failures: list[tuple[str, str, int | None]]) -> VerificationError:
        text = self._running().told([message for _, message, _ in failures])
        return VerificationError(text, map(self._failure, failures))

    def _forget(self, callables: list[int]) -> None:
        for number in callables:
            self._host.remove(number)


def _snapshot(name: str, given: object) -> _core.Snapshot:
    if not isinstance(given, Snapshot):
        raise OptionError(f"option '{name}' takes what snapshot() gives, not {given!r}")
    return given._core


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
        __tracebackhide__ = True
        failed = [self._server._host.failed.get(number) for number in self._kept]
        self._server._forget(self._kept)
        for error in failed:
            if error is not None:
                # What a predicate of the test's own question raised is the test's.
                raise error
