"""Rules: the handles of stubs and expectations, and the words they are made with."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, get_args

from . import _core, _options, actions
from ._handle import Handle
from .errors import OptionError

if TYPE_CHECKING:
    from typing_extensions import Self

    from ._served import Served

__all__ = ["Rule"]

_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep


class Rule(Handle):
    """The handle of a stub or an expectation.

    The rule stays until its server is reset, unless the handle is used as a context manager: then
    it lasts for the block, and an expectation is verified at its end.

    >>> from faux_redis import FauxRedis, NO_REPLY, delay
    >>> with FauxRedis() as redis:
    ...     rule = redis.stub("GET", "user:1").reply("Ada").named("Ada")
    ...     again = redis.stub("PING").replies(delay(0.5, "SLOW"), NO_REPLY)
    ...     print(rule)
    stub 'Ada' GET "user:1"
    """

    def __init__(self, server: Served, rule: _core.Rule, kept: list[int], source: str) -> None:
        super().__init__(source)
        self._server = server
        self._rule = rule
        self._kept = kept

    # What happens to a call that matches, from left to right.

    def reply(self, value: Any) -> Self:
        """Replies this; a list is always an array, None is null."""
        return self._then(value)

    def replies(self, *answers: Any, then: actions.Then = actions.LAST) -> Self:
        """Answers in turn, one a call; `then` is what comes after the last.

        An answer is a value, an action, or a callback. On a rule that has answers already, these take
        their place.
        """
        then_ = _options.one_of("then", then, *get_args(actions.Then))
        self._rule.replies([self._answer(answer) for answer in answers], then_)
        return self

    def replace(self, *answers: Any, then: actions.Then = actions.LAST) -> Self:
        """Answers this in place of what it answered so far, at once: for a rule that is in use.

        One answer, or several in turn. All else stays: its identity, its place, its limits and what it has
        counted. What is said after it is added to the last of these answers.
        """
        if not answers:
            raise OptionError("replace() takes an answer: a value, an action or a callback")
        return self.replies(*answers, then=then)

    def error(self, line: str | bytes) -> Self:
        """Replies this error: its line, with its code."""
        return self._then(actions.error(line))

    def ok(self) -> Self:
        """Replies `OK`."""
        return self._then(actions.ok())

    def null(self) -> Self:
        """Replies null."""
        return self._then(actions.null())

    def raw(self, payload: str | bytes) -> Self:
        """Sends these bytes as they are."""
        return self._then(actions.raw(payload))

    def call(self, callback: Callable[[_core.Call], Any]) -> Self:
        """Lets a callback answer: it gets the call and returns a value or an action.

        It runs on a thread of its own, and may use the server it answers for. A coroutine function
        is awaited on the event loop in which this was called, or on one of its own if there was
        none. What a callback raises reaches the client as an error reply, and the test at
        verification.
        """
        if not callable(callback):
            raise OptionError(f"call() takes a callable, not {callback!r}")
        return self._then(callback)

    def execute(self) -> Self:
        """Has the store carry the command out; its reply is the reply."""
        return self._then(actions.execute())

    def template(self, text: str) -> Self:
        """Replies a text with what the call holds, such as `{key} was {arg1}`: see `template`."""
        return self._then(actions.template(text))

    def garbage(self, length: int) -> Self:
        """Sends so many random bytes that no client can take for a reply."""
        return self._then(actions.garbage(length))

    def wrong_type(self) -> Self:
        """Has the reply made so far, or the store's, come as another type."""
        return self._then(actions.wrong_type())

    def duplicate(self) -> Self:
        """Has the reply come twice."""
        return self._then(actions.duplicate())

    def reorder(self) -> Self:
        """Has the reply come after the next reply of its connection."""
        return self._then(actions.reorder())

    def truncate(self, length: int) -> Self:
        """Sends the first bytes of the reply, so many, and ends the connection (FIN)."""
        return self._then(actions.truncate(length))

    def hang(self) -> Self:
        """Leaves the connection open; this request and all later ones are read and not answered."""
        return self._then(actions.HANG)

    def delay(self, seconds: float | actions.Delay) -> Self:
        """Does what follows so much later: always the same, or drawn by `uniform` or `lognormal`."""
        return self._then(actions.delay(seconds))

    def partial(self, chunks: Iterable[str | bytes | int], gap: float = 0.0) -> Self:
        """Sends the reply in pieces with a pause between them."""
        return self._then(actions.partial(chunks, gap))

    def drop_reply(self) -> Self:
        """Loses the reply that was made so far."""
        return self._then(actions.drop_reply())

    def no_reply(self) -> Self:
        """Sends nothing, and carries nothing out."""
        return self._then(actions.NO_REPLY)

    def close(self) -> Self:
        """Sends what reply there is, and ends the connection in order (FIN)."""
        return self._then(actions.CLOSE)

    def reset(self) -> Self:
        """Sends what reply there is, and ends the connection with a RST."""
        return self._then(actions.RESET)

    # How often, and in which order.

    def times(self, n: int | range) -> Self:
        """Limits a stub to so many calls; of an expectation it is also what must be met.

        A range says from how often to how often: `range(1, 4)` is once to three times. Calls that were
        answered before count. A rule that has answered as often as it may lets calls pass: older rules
        answer, or the store.
        """
        self._rule.times(*_options.least_and_most(n))
        return self

    def nth(self, n: int) -> Self:
        """Answers only the n-th call that matches, counted from 1."""
        self._rule.nth(_options.whole("nth", n, 1))
        return self

    def after(self, n: int) -> Self:
        """Answers only calls after the first n that match."""
        self._rule.after(_options.whole("after", n, 0))
        return self

    def never(self) -> Self:
        """Says that the expectation must not be met."""
        return self.times(0)

    def p(self, probability: float) -> Self:
        """Answers only with this probability, from 0 to 1; else older rules or the store answer.

        The dice are thrown before anything happens, and are the rule's own: with the same seed and the
        same calls they fall the same way, whatever else is left to chance.
        """
        self._rule.p(_options.probability("p", probability))
        return self

    def scenario(self, name: str, *, when: str | None = None, to: str | None = None) -> Self:
        """Answers only in the state `when` of a scenario, and moves it to `to` when it answers.

        With no `when` it answers in any state, with no `to` the state stays. Every scenario begins in the
        state `started`; `FauxRedis.scenario` reads and sets it.
        """
        name = _options.text("option 'name' of scenario()", name)
        when = _options.optional_text("option 'when' of scenario()", when)
        to = _options.optional_text("option 'to' of scenario()", to)
        self._rule.scenario(name, when, to)
        return self

    def priority(self, priority: int) -> Self:
        """Puts it before rules of a lower priority, whatever their age; 0 by default."""
        if not isinstance(priority, int) or isinstance(priority, bool) or not -(2**63) <= priority < 2**63:
            raise OptionError(f"option 'priority' takes an int of 64 bits, not {priority!r}")
        self._rule.priority(priority)
        return self

    def optional(self) -> Self:
        """Says that in strict mode it need not be used."""
        self._rule.optional()
        return self

    # The handle itself.

    @property
    def id(self) -> int:
        """Its identity, which its calls carry as `rule`."""
        return self._rule.id

    @property
    def hits(self) -> int:
        """How many calls it answered or counted."""
        return self._rule.handled()[1]

    def remove(self) -> None:
        """Takes the rule away. An expectation is no longer verified."""
        self._rule.remove()
        self._server._forget(self._kept)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        __tracebackhide__ = True
        failure = self._rule.failure() if kind is None else None
        failed = None if failure is None else self._server._failed([failure])
        self.remove()
        if failed is not None:
            raise failed

    def __repr__(self) -> str:
        return repr(self._rule)

    def _rename(self, name: str) -> None:
        self._rule.named(name)

    def _then(self, answer: Any) -> Self:
        self._rule.then(self._answer(answer))
        return self

    def _answer(self, answer: Any) -> Any:
        if not callable(answer):
            return answer
        number, reference = self._server._host.add(answer)
        self._kept.append(number)
        return reference


def place_of_caller() -> str:
    """The file and line that called into this package."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    if frame is None:
        return "(unknown)"
    path = frame.f_code.co_filename
    here = os.getcwd() + os.sep
    return f"{path.removeprefix(here)}:{frame.f_lineno}"
