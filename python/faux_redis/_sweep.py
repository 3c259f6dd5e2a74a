"""The fault sweep of the pytest plugin: a test, run again for each of its commands and each fault.

Nothing of pytest's own is changed: a run is what pytest does with a test, fixtures included, only that its
reports are kept back, and one report says what came of all runs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from _pytest.runner import CallInfo, runtestprotocol

from . import _core
from ._options import whole
from .errors import OptionError

if TYPE_CHECKING:
    from .server import FauxRedis

OPTIONS = ("sweep", "sweep_allow", "sweep_limit", "sweep_timeout")
"""What the marker takes besides the options of a server."""

PROPERTY = "faux_redis_sweep"
"""Under which name a report carries the sweep's summary."""

LIMIT = 200
TIMEOUT_S = 5.0


@dataclass
class Plan:
    """One run: which call is spoilt and how, and afterwards which calls there were."""

    at: int
    fault: Any
    timeout_s: float
    steps: list[str] | None = None
    is_overdue: bool = False

    def begin(self, server: FauxRedis) -> None:
        """The test's server has started."""
        server._running().inject(self.at, self.fault, self.timeout_s)

    def end(self, server: FauxRedis) -> None:
        """The test has ended, its server not yet."""
        self.steps, self.is_overdue = server._running().injected()


plan = pytest.StashKey[Plan]()
"""What the run that is made does."""


@dataclass(frozen=True)
class Sweep:
    """Which faults, how many runs, and what need not survive."""

    faults: list[Any]
    allowed: list[tuple[str, str | None]] = field(default_factory=list)
    limit: int = LIMIT
    timeout_s: float = TIMEOUT_S

    @classmethod
    def of(cls, options: dict[str, Any]) -> Sweep | None:
        """The sweep that the options of a marker say, which are taken out of them."""
        misspelt = [name for name in options if name.startswith("sweep") and name not in OPTIONS]
        if misspelt:
            raise OptionError(f"unknown option '{misspelt[0]}'; of a sweep there are {', '.join(OPTIONS)}")
        said = {name: options.pop(name) for name in OPTIONS if name in options}
        if "sweep" not in said:
            if said:
                raise OptionError(f"option '{next(iter(said))}' needs sweep=[...], the faults")
            return None
        timeout_s = said.get("sweep_timeout", TIMEOUT_S)
        if isinstance(timeout_s, bool) or not isinstance(timeout_s, int | float) or timeout_s <= 0:
            raise OptionError(f"option 'sweep_timeout' takes seconds, more than zero, not {timeout_s!r}")
        return cls(
            _faults(said["sweep"]),
            [_allowed(one) for one in _listed("sweep_allow", "commands", said.get("sweep_allow", ()))],
            whole("sweep_limit", said.get("sweep_limit", LIMIT), 1),
            float(timeout_s),
        )

    def allows(self, step: str, fault: str) -> bool:
        """Whether a test need not survive this."""
        return any(
            (step == command or step.startswith(f"{command} ")) and only in (None, fault)
            for command, only in self.allowed
        )


def _listed(name: str, of: str, said: Any) -> list[Any]:
    if isinstance(said, str | bytes) or not isinstance(said, Iterable):
        raise OptionError(f"option '{name}' takes a list of {of}, not {said!r}")
    return list(said)


def _faults(said: Any) -> list[Any]:
    faults = _listed("sweep", "actions such as reset()", said)
    for fault in faults:
        if not isinstance(fault, _core.Answer):
            raise OptionError(
                f"option 'sweep' takes actions such as reset() or error('LOADING ...'), not {fault!r}"
            )
    if not faults:
        raise OptionError("option 'sweep' takes one fault or more, not []")
    return faults


def _allowed(one: Any) -> tuple[str, str | None]:
    if isinstance(one, str):
        return one.upper(), None
    if (
        isinstance(one, tuple)
        and len(one) == 2
        and isinstance(one[0], str)
        and isinstance(one[1], _core.Answer)
    ):
        return one[0].upper(), repr(one[1])
    raise OptionError(f"option 'sweep_allow' takes commands, or pairs of a command and a fault, not {one!r}")


def run(item: pytest.Item, nextitem: pytest.Item | None, sweep: Sweep) -> list[pytest.TestReport]:
    """Makes all runs; the reports that are to be told."""
    first, reports = _run_once(item, Plan(0, sweep.faults[0], sweep.timeout_s))
    if all(report.passed for report in reports):
        if first.steps is None:
            _fail(reports, "a sweep needs the fixture faux_redis: without it there is nothing to spoil")
        elif not first.steps and not first.is_overdue:
            _fail(reports, "the test sends no command, so there is nothing to spoil")
        elif first.is_overdue:
            _fail(reports, f"without any fault, {_too_long(sweep)}")
        else:
            _sweep(item, sweep, first.steps, reports)
    return _ended(item, nextitem, reports)


def _sweep(item: pytest.Item, sweep: Sweep, steps: list[str], reports: list[pytest.TestReport]) -> None:
    swept = _core.Swept(steps, sweep.faults)
    told: list[tuple[str, str]] = []
    runs = [(step, fault) for step in range(len(steps)) for fault in range(len(sweep.faults))]
    for step, fault in runs[: sweep.limit]:
        made, of_run = _run_once(item, Plan(step + 1, sweep.faults[fault], sweep.timeout_s))
        why = _too_long(sweep) if made.is_overdue else _why(of_run)
        if why is None:
            reached = made.steps is not None and len(made.steps) > step
            swept.add(step, fault, "survived" if reached else "not reached", "")
        elif sweep.allows(steps[step], swept.faults[fault]):
            swept.add(step, fault, "allowed", why)
        else:
            swept.add(step, fault, "failed", why)
            told = told or _told(of_run, f"step {step + 1}, {swept.faults[fault]}")
    swept.leave_out(max(0, len(runs) - sweep.limit))
    report = _call_of(reports)
    report.user_properties.append((PROPERTY, swept.summary))
    if swept.failed:
        _fail(reports, str(swept))
        report.sections.extend(told)
    else:
        report.sections.append(("faux_redis sweep", str(swept)))


def _run_once(item: pytest.Item, made: Plan) -> tuple[Plan, list[pytest.TestReport]]:
    """Does with the test what pytest does, fixtures of the test's own included."""
    from .pytest_plugin import _failed, _servers

    item.stash[plan] = made
    item.stash[_servers] = []
    item.stash[_failed] = False
    try:
        # What the test shares with others stays as it is until all runs are made.
        reports = runtestprotocol(item, log=False, nextitem=item.parent)  # type: ignore[arg-type]
    finally:
        del item.stash[plan]
    return made, reports


def _ended(
    item: pytest.Item, nextitem: pytest.Item | None, reports: list[pytest.TestReport]
) -> list[pytest.TestReport]:
    """Ends what the next test does not need, and tells when that fails."""
    call = CallInfo.from_call(lambda: item.session._setupstate.teardown_exact(nextitem), when="teardown")
    if call.excinfo is not None:
        reports.append(item.ihook.pytest_runtest_makereport(item=item, call=call))
    return reports


def _call_of(reports: list[pytest.TestReport]) -> pytest.TestReport:
    return next((report for report in reports if report.when == "call"), reports[-1])


def _fail(reports: list[pytest.TestReport], text: str) -> None:
    report = _call_of(reports)
    report.outcome = "failed"
    report.longrepr = text


def _why(reports: list[pytest.TestReport]) -> str | None:
    """The first line of how a run failed; None if it passed."""
    for report in reports:
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            lines = (crash.message if crash is not None else report.longreprtext).splitlines()
            return next((line.strip() for line in lines if line.strip()), "it failed")
        if report.skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
            return reason if reason.startswith("Skipped") else f"Skipped: {reason}"
    return None


def _told(reports: list[pytest.TestReport], title: str) -> list[tuple[str, str]]:
    """What the first run that failed has to tell."""
    report = next((report for report in reports if report.failed), None)
    if report is None:
        return []
    of_server = [text for name, text in report.sections if name == "Captured faux_redis"]
    sections = [(f"faux_redis sweep, {title}", report.longreprtext)]
    return sections + [(f"Captured faux_redis, {title}", text) for text in of_server]


def _too_long(sweep: Sweep) -> str:
    return (
        f"it still ran after {sweep.timeout_s:g} s, and its server was stopped: "
        "does it wait without a timeout? (sweep_timeout)"
    )
