"""The fault sweep, as a test suite of somebody else's meets it."""

from __future__ import annotations

import pytest

HELPERS = """
    import socket

    def once(server, line):
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(line.encode() + b"\\r\\n")
            reply = client.makefile("rb").readline()
            if not reply or reply.startswith(b"-"):
                raise ConnectionError(reply.decode().strip() or "closed")
            return reply

    def again(server, line):
        try:
            return once(server, line)
        except OSError:
            return once(server, line)
"""

LOADING = 'error("LOADING wait")'


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(helpers=HELPERS)
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\nfilterwarnings = error")
    return pytester


def swept(suite: pytest.Pytester, options: str, body: str, more: str = "") -> None:
    """A module with one test, which is swept."""
    suite.makepyfile(
        f"""
import pytest
from faux_redis import *
from helpers import again, once
{more}
@pytest.mark.faux_redis({options})
{body}
"""
    )


def test_a_test_that_tries_again_survives(suite: pytest.Pytester) -> None:
    body = 'def test_it(faux_redis):\n    again(faux_redis, "SET k v")\n    again(faux_redis, "GET k")'
    swept(suite, f"sweep=[close(), {LOADING}]", body)
    result = suite.runpytest("-rP")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "*faux_redis sweep*",
            "fault sweep: 4 runs, all survived (2 commands, 2 faults)",
            '  step           close()      error("LOADING wait")',
            '  1 SET "k" "v"  survived     survived',
            '  2 GET "k"      survived     survived',
            "*= faux_redis =*",
            "*::test_it: fault sweep: 4 runs, all survived (2 commands, 2 faults)",
        ]
    )


def test_the_report_shows_which_step_does_not_survive_which_fault(suite: pytest.Pytester) -> None:
    body = 'def test_it(faux_redis):\n    again(faux_redis, "SET k v")\n    once(faux_redis, "GET k")'
    swept(suite, f"sweep=[close(), {LOADING}]", body)
    result = suite.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "fault sweep: 2 of 4 runs not survived (2 commands, 2 faults)",
            '  step           close()      error("LOADING wait")',
            '  1 SET "k" "v"  survived     survived',
            '  2 GET "k"      FAILED       FAILED',
            '  FAILED at step 2 GET "k", close():',
            "    ConnectionError: closed",
            '  FAILED at step 2 GET "k", error("LOADING wait"):',
            "    ConnectionError: -LOADING wait",
            "*faux_redis sweep, step 2, close()*",
            '>*once(faux_redis, "GET k")',
            "*Captured faux_redis, step 2, close()*",
            '*GET "k"  ->  (nothing)  [[]fault sweep; close()]',
        ]
    )


def test_fixtures_are_set_up_anew_for_each_run(suite: pytest.Pytester) -> None:
    more = """
ups = []
shared = []

@pytest.fixture(scope="module")
def of_the_module():
    shared.append("up")
    yield
    shared.append("down")

@pytest.fixture
def of_the_test(faux_redis, of_the_module):
    ups.append(faux_redis.port)
    assert again(faux_redis, "GET k") == b"$-1\\r\\n"
    yield faux_redis
    ups.append("down")
"""
    body = """
def test_it(of_the_test):
    again(of_the_test, "SET k v")

def test_after(of_the_module):
    assert len(ups) == 6 and ups[1::2] == ["down"] * 3
    assert shared == ["up"]
"""
    swept(suite, "sweep=[close()]", body.strip(), more)
    suite.runpytest().assert_outcomes(passed=2)


def test_what_is_allowed_to_fail_does_not_fail_the_test(suite: pytest.Pytester) -> None:
    body = 'def test_it(faux_redis):\n    again(faux_redis, "SET k v")\n    once(faux_redis, "GET k")'
    swept(suite, f'sweep=[close(), {LOADING}], sweep_allow=["get"]', body)
    result = suite.runpytest("-rP")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(['  2 GET "k"      allowed      allowed'])
    swept(suite, f'sweep=[close(), {LOADING}], sweep_allow=[("GET", close())]', body)
    result = suite.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(['  2 GET "k"      allowed      FAILED'])


def test_a_test_that_waits_for_ever_does_not_survive_and_ends(suite: pytest.Pytester) -> None:
    body = 'def test_it(faux_redis):\n    once(faux_redis, "PING")'
    swept(suite, "sweep=[NO_REPLY], sweep_timeout=2", body)
    result = suite.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "  FAILED at step 1 PING, no_reply():",
            "    it still ran after 2 s, and its server was stopped: "
            "does it wait without a timeout? (sweep_timeout)",
        ]
    )


def test_an_unmet_expectation_is_no_survival(suite: pytest.Pytester) -> None:
    body = """
def test_it(faux_redis):
    faux_redis.expect("PING").times(1)
    try:
        once(faux_redis, "PING")
    except OSError:
        pass
"""
    swept(suite, "sweep=[close()]", body.strip())
    result = suite.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["    *VerificationError: verification failed"])


def test_a_test_that_fails_without_a_fault_is_reported_as_it_is(suite: pytest.Pytester) -> None:
    body = 'def test_it(faux_redis):\n    once(faux_redis, "PING")\n    assert False, "its own"'
    swept(suite, "sweep=[close()]", body)
    result = suite.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*AssertionError: its own*", "*Captured faux_redis*"])
    result.stdout.no_fnmatch_line("*fault sweep*")


def test_a_skipped_test_is_skipped(suite: pytest.Pytester) -> None:
    swept(suite, "sweep=[close()]", 'def test_it(faux_redis):\n    pytest.skip("not here")')
    suite.runpytest().assert_outcomes(skipped=1)


def test_the_runs_are_bounded_and_what_is_left_out_is_said(suite: pytest.Pytester) -> None:
    body = 'def test_it(faux_redis):\n    again(faux_redis, "SET k v")\n    again(faux_redis, "GET k")'
    swept(suite, "sweep=[close(), reset()], sweep_limit=3", body)
    result = suite.runpytest()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["*::test_it: fault sweep: 3 runs, all survived (2 commands, 2 faults); 1 run left out by the limit"]
    )


def test_a_sweep_of_a_test_that_sends_nothing_is_a_mistake(suite: pytest.Pytester) -> None:
    swept(suite, "sweep=[close()]", "def test_it(faux_redis):\n    pass")
    result = suite.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["the test sends no command, so there is nothing to spoil"])


@pytest.mark.parametrize("option", ["--setup-only", "--setup-plan"])
def test_a_sweep_is_not_made_where_tests_are_not_run(suite: pytest.Pytester, option: str) -> None:
    swept(suite, "sweep=[close()]", "def test_it(faux_redis):\n    assert False")
    suite.runpytest(option).assert_outcomes()


def test_a_sweep_without_the_fixture_is_a_mistake(suite: pytest.Pytester) -> None:
    swept(suite, "sweep=[close()]", "def test_it():\n    pass")
    result = suite.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["a sweep needs the fixture faux_redis: without it there is nothing to spoil"]
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("sweep=[]", "option 'sweep' takes one fault or more, not []"),
        ("sweep='GET'", "option 'sweep' takes a list of actions such as reset(), not 'GET'"),
        ("sweep=True", "option 'sweep' takes a list of actions such as reset(), not True"),
        ("sweep=[CLOSE], sweep_allow='GET'", "option 'sweep_allow' takes a list of commands, not 'GET'"),
        ("sweep=[3]", "option 'sweep' takes actions such as reset() or error('LOADING ...'), not 3"),
        ("sweep_limit=3", "option 'sweep_limit' needs sweep=[[]...], the faults"),
        ("sweep=[reset()], sweep_limit=0", "option 'sweep_limit' takes an int of 1 or more, not 0"),
        ("sweep=[reset()], sweep_timeout=0", "option 'sweep_timeout' takes seconds, more than zero, not 0"),
        (
            "sweep=[reset()], sweep_allow=[3]",
            "option 'sweep_allow' takes commands, or pairs of a command and a fault, not 3",
        ),
    ],
)
def test_a_bad_option_is_named(suite: pytest.Pytester, options: str, message: str) -> None:
    swept(suite, options, "def test_it(faux_redis):\n    pass")
    result = suite.runpytest()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*OptionError: {message}"])


def test_an_asyncio_test_with_redis_py_is_swept(suite: pytest.Pytester) -> None:
    pytest.importorskip("redis")
    more = "import redis.asyncio\nfrom redis.asyncio.retry import Retry\nfrom redis.backoff import NoBackoff"
    body = """
@pytest.mark.asyncio
async def test_it(faux_redis_url):
    async with redis.asyncio.Redis.from_url(faux_redis_url, retry=Retry(NoBackoff(), TRIES)) as client:
        await client.set("k", "v")
        assert await client.get("k") == b"v"
"""
    swept(suite, "sweep=[reset()]", body.strip().replace("TRIES", "1"), more)
    result = suite.runpytest("-rP")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["fault sweep: 2 runs, all survived (2 commands, 1 fault)"])
    swept(suite, "sweep=[reset()]", body.strip().replace("TRIES", "0"), more)
    result = suite.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["fault sweep: 2 of 2 runs not survived (2 commands, 1 fault)"])


def test_it_works_under_xdist(suite: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    body = """
@pytest.mark.parametrize("n", range(4))
def test_it(faux_redis, n):
    (once if n == 2 else again)(faux_redis, "PING")
"""
    swept(suite, "sweep=[close(), reset()]", body.strip())
    result = suite.runpytest_subprocess("-n", "2")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["fault sweep: 2 of 2 runs not survived (1 command, 2 faults)"])
    result.stdout.fnmatch_lines(
        ["*::test_it[[]0[]]: fault sweep: 2 runs, all survived (1 command, 2 faults)"]
    )
