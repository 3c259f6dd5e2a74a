"""The pytest plugin: a server for each test that asks for one, verified at its end.

Nothing of the package's core is used before a test asks for a fixture.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import redis

    from ._sweep import Sweep
    from .server import FauxRedis

MARKER = (
    "faux_redis(**options): the options of this test's server, as FauxRedis takes them; those of "
    "a test go over those of its class, and these over those of its module. "
    "sweep=[reset(), error('LOADING ...')] runs the test again for each of its commands and each of these "
    "faults; sweep_allow=['PING', ('GET', reset())] says what it need not survive, sweep_limit=200 how many "
    "runs there may be, sweep_timeout=5 how many seconds each may take."
)

_servers = pytest.StashKey["list[FauxRedis]"]()
_failed = pytest.StashKey[bool]()
"""The test has not passed."""


def pytest_configure(config: pytest.Config) -> None:
    """Registers the marker."""
    config.addinivalue_line("markers", MARKER)


@pytest.fixture
def faux_redis(request: pytest.FixtureRequest) -> Iterator[FauxRedis]:
    """A server of the test's own, verified when the test has passed."""
    __tracebackhide__ = True
    from .server import FauxRedis

    options, sweep = _options(request.node)
    server = FauxRedis(**options).start()
    request.node.stash.setdefault(_servers, []).append(server)
    plan = None if sweep is None else _plan(request.node)
    try:
        if plan is not None:
            plan.begin(server)
        yield server
        if plan is not None:
            plan.end(server)
        if server._verify and not request.node.stash.get(_failed, False):
            server.verify()
    finally:
        server.stop()


@pytest.fixture
def faux_redis_url(faux_redis: FauxRedis) -> str:
    """The URL of the test's server."""
    return faux_redis.url


@pytest.fixture
def faux_redis_client(faux_redis: FauxRedis, faux_redis_url: str) -> Iterator[redis.Redis]:
    """A client of redis-py's for the test's server, closed at the end."""
    try:
        import redis
    except ImportError:
        pytest.skip("faux_redis_client needs redis-py: pip install redis")
    certificate = faux_redis.tls_ca_path
    trust = {} if certificate is None else {"ssl_ca_certs": certificate}
    with redis.Redis.from_url(faux_redis_url, **trust) as client:
        yield client


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Shows what happened on its server in the report of a failing test."""
    report = yield
    if not report.passed:
        # One that was skipped, or failed as it was expected to, did not come to its end either.
        item.stash[_failed] = True
    if report.failed:
        for server in item.stash.get(_servers, []):
            report.sections.append(("Captured faux_redis", _told(server)))
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """Verifies what a test has said in tripwire's words, if it has used them."""
    __tracebackhide__ = True
    try:
        yield
    finally:
        tripwire = sys.modules.get("faux_redis.tripwire")
        if tripwire is not None:
            tripwire._finish(verifies=not item.stash.get(_failed, False))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Runs a test with a sweep again and again, and reports it once."""
    if not any("sweep" in mark.kwargs for mark in item.iter_markers("faux_redis")):
        return None
    if item.config.getoption("setuponly", default=False):
        # Tests are not run, with `--setup-only` and `--setup-plan`.
        return None
    from . import _sweep
    from .errors import OptionError

    try:
        _, sweep = _options(item)
    except (OptionError, pytest.UsageError):
        # The fixture raises it again, where it is reported.
        return None
    if sweep is None:
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in _sweep.run(item, nextitem, sweep):
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Says how many runs each sweep had."""
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.getreports(outcome)]
    swept = [
        f"{report.nodeid}: {said}"
        for report in reports
        for name, said in getattr(report, "user_properties", ())
        if name == "faux_redis_sweep" and report.when == "call"
    ]
    if swept:
        terminalreporter.section("faux_redis")
    for line in swept:
        terminalreporter.write_line(line)


def _plan(item: Any) -> Any:
    from . import _sweep

    return item.stash.get(_sweep.plan, None)


def _options(item: Any) -> tuple[dict[str, Any], Sweep | None]:
    options: dict[str, Any] = {}
    for mark in reversed(list(item.iter_markers("faux_redis"))):
        if mark.args:
            raise pytest.UsageError(
                f"the marker faux_redis takes options by name, such as password='secret', not {mark.args}"
            )
        options.update(mark.kwargs)
    if not any(name.startswith("sweep") for name in options):
        return options, None
    from . import _sweep

    return options, _sweep.Sweep.of(options)


def _told(server: FauxRedis) -> str:
    return f"{server!r}, {server.persona}\n{server.transcript()}"
