"""A Redis that the test controls."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from . import _core, _options
from ._callbacks import Host, stop_at_exit
from ._certificate import File
from ._happened import Happened
from ._network import Network
from ._store import Store
from ._stubs import Stubs
from ._verification import Verification
from .clock import Clock
from .data import document
from .errors import OptionError
from .lint import Lint, Smell, listed
from .state import State

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["FauxRedis"]


class FauxRedis(Stubs, Network, Store, Happened, Verification):
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
        self._ca_file: File | None = None
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
            self._ca_file = File(self.tls_ca)
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

    def __repr__(self) -> str:
        if self._server is None:
            return "<FauxRedis, not started>"
        state = ", stopped" if self._server.is_stopped() else ""
        return f"<FauxRedis {self._server.address}{state}>"


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
