"""Scenarios: state machines that rules go by."""

from __future__ import annotations

from typing import Final

from . import _core, _options

__all__ = ["STARTED", "ScenarioState"]

STARTED: Final = "started"
"""The state that every scenario begins in."""


class ScenarioState:
    """The state of a scenario: a state machine that rules go by.

    >>> from faux_redis import FauxRedis
    >>> with FauxRedis() as redis:
    ...     free = redis.stub("SETNX").scenario("lock", when="started", to="taken").reply(1)
    ...     taken = redis.stub("SETNX").scenario("lock", when="taken").reply(0)
    ...     redis.scenario("lock").state
    'started'
    """

    def __init__(self, server: _core.Server, name: str) -> None:
        self._server = server
        self._name = _options.text("scenario()", name, "a name")

    @property
    def name(self) -> str:
        """Its name."""
        return self._name

    @property
    def state(self) -> str:
        """The state it is in; `started` until a rule or the test has moved it, and after a reset."""
        return self._server.scenario_state(self._name)

    @state.setter
    def state(self, state: str) -> None:
        self._server.set_scenario_state(self._name, _options.text("state", state))

    def __repr__(self) -> str:
        return f"<ScenarioState {self._name}: {self.state}>"
