"""What every part of a server needs: the running one, and matchers it can match by."""

from __future__ import annotations

from typing import Any, cast

from . import _core
from ._callbacks import Host
from .errors import Failure, OptionError, StoppedError, VerificationError
from .matching import Match
from .rule import Rule, place_of_caller


class Served:
    """A server that is or is not running, and the callables it asks."""

    _server: _core.Server | None
    _host: Host

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


class _Matching:
    """A matcher that is used once, with the callables it asks kept as long."""

    def __init__(self, server: Served, matcher: _core.Matcher, kept: list[int]) -> None:
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
