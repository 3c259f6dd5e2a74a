"""What the test has said, held against what happened."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from contextlib import ExitStack
from typing import Any

from . import _options
from ._served import Served
from .errors import OptionError
from .lint import Finding, LintWarning, Smell, listed
from .matchers import Arg, Option
from .matching import Conn, Match, Step, Via, When, step


class Verification(Served):
    """What must have happened."""

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
