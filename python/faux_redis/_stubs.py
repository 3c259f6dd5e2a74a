"""Stubs, expectations and gates: the words by which a server is told what to answer."""

from __future__ import annotations

from typing import Any, Literal

from . import _options
from ._served import Served
from .gate import Gate
from .matchers import Arg, Option
from .matching import Conn, Match, Via, When
from .rule import Rule, place_of_caller
from .scenario import ScenarioState


class Stubs(Served):
    """What a command answers, and when."""

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
