"""The pytest plugin, as a test suite of somebody else's meets it."""

from __future__ import annotations

import pytest

HELPERS = """
    import socket

    def ask(server, request):
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(request)
            return client.recv(1000)
"""


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(helpers=HELPERS)
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\nfilterwarnings = error")
    return pytester


def test_each_test_has_a_server_of_its_own(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        from helpers import ask

        def test_one(faux_redis):
            assert ask(faux_redis, b"SET k v\\r\\n") == b"+OK\\r\\n"

        def test_two(faux_redis, faux_redis_url):
            assert ask(faux_redis, b"GET k\\r\\n") == b"$-1\\r\\n"
            assert faux_redis_url == faux_redis.url
        """
    )
    suite.runpytest("--strict-markers").assert_outcomes(passed=2)


def test_expectations_are_verified_when_a_test_has_passed(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        from helpers import ask

        def test_unmet(faux_redis):
            ask(faux_redis, b"SET lok 1\\r\\n")
            faux_redis.expect("SET", "lock")

        def test_failed_already(faux_redis):
            faux_redis.expect("SET", "lock")
            assert False, "the only failure"
        """
    )
    result = suite.runpytest()
    result.assert_outcomes(passed=1, failed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*VerificationError: verification failed",
            '*- expect SET "lock": expected at least once, got 0',
            "*made at *test_expectations_are_verified_when_a_test_has_passed.py:5",
            "*Captured faux_redis*",
            '*SET "lok" "1"  ->  +OK*',
        ]
    )


def test_a_test_that_did_not_pass_is_not_verified(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import pytest

        def test_skipped(faux_redis):
            faux_redis.expect("SET", "lock")
            pytest.skip("not today")

        @pytest.mark.xfail(strict=True)
        def test_fails_as_expected(faux_redis):
            faux_redis.expect("SET", "lock")
            assert False
        """
    )
    suite.runpytest().assert_outcomes(skipped=1, xfailed=1)


def test_a_failure_shows_the_tests_own_lines_alone(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        def test_verified(faux_redis):
            faux_redis.verify("SET", "lock")

        def test_in_vain(faux_redis):
            faux_redis.wait_for("SET", timeout=0)

        def test_unmet(faux_redis):
            faux_redis.expect("SET", "lock")
        """
    )
    result = suite.runpytest()
    result.assert_outcomes(failed=2, passed=1, errors=1)
    output = result.stdout.str()
    assert "def verify(" not in output
    assert "server.py" not in output
    assert "pytest_plugin.py" not in output


def test_a_failing_callback_shows_the_line_it_failed_at(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        from helpers import ask

        def test_it(faux_redis):
            faux_redis.stub("GET").call(lambda call: 1 / 0)
            ask(faux_redis, b"GET k\\r\\n")
        """
    )
    result = suite.runpytest()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*call(lambda call: 1 / 0)*", "*ZeroDivisionError: division by zero*"])


@pytest.mark.parametrize("phase", ["setup", "call", "teardown"])
def test_a_failure_shows_the_transcript(suite: pytest.Pytester, phase: str) -> None:
    suite.makepyfile(
        f"""
        import pytest
        from helpers import ask

        @pytest.fixture
        def used(faux_redis):
            ask(faux_redis, b"GET used\\r\\n")
            assert {phase != "setup"}
            yield
            assert {phase != "teardown"}

        def test_it(faux_redis, used):
            assert {phase != "call"}
        """
    )
    result = suite.runpytest()
    result.stdout.fnmatch_lines(["*Captured faux_redis*", "*FauxRedis 127.0.0.1:*", '*GET "used"*'])


def test_a_passing_test_shows_nothing(suite: pytest.Pytester) -> None:
    suite.makepyfile("def test_it(faux_redis): pass")
    suite.runpytest("-rA").stdout.no_fnmatch_line("*Captured faux_redis*")


def test_options_of_a_test_go_over_those_of_its_class_and_module(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import pytest

        pytestmark = pytest.mark.faux_redis(flavour="valkey", version="8.0", password="module")

        @pytest.mark.faux_redis(version="8.1")
        class TestIt:
            @pytest.mark.faux_redis(password="test")
            def test_it(self, faux_redis):
                assert faux_redis.persona == "valkey 8.1.0"
                assert faux_redis.url.startswith("redis://:test@")

        @pytest.mark.faux_redis(verify=False)
        def test_unverified(faux_redis):
            faux_redis.expect("GET")
        """
    )
    suite.runpytest("--strict-markers").assert_outcomes(passed=2)


def test_a_bad_option_is_named(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import pytest

        @pytest.mark.faux_redis(colour="red")
        def test_unknown(faux_redis): pass

        @pytest.mark.faux_redis("secret")
        def test_positional(faux_redis): pass
        """
    )
    result = suite.runpytest()
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*OptionError: unknown option 'colour'; there are port,*"])
    result.stdout.fnmatch_lines(["*faux_redis takes options by name*"])


def test_the_marker_is_documented(suite: pytest.Pytester) -> None:
    suite.runpytest("--markers").stdout.fnmatch_lines(["@pytest.mark.faux_redis(?*options): *"])


def test_the_client_is_of_redis_py_and_closed_at_the_end(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import redis

        kept = []

        def test_it(faux_redis_client):
            assert isinstance(faux_redis_client, redis.Redis)
            assert faux_redis_client.set("k", "v")
            assert faux_redis_client.get("k") == b"v"
            kept.append(faux_redis_client)

        def test_after():
            assert kept[0].connection_pool._available_connections == [] or all(
                not c.is_connected for c in kept[0].connection_pool._available_connections
            )
        """
    )
    suite.runpytest().assert_outcomes(passed=2)


@pytest.mark.parametrize("option", ["tls=True", "password='p@ss:/ w?rd%'", "unix_socket='socket'"])
def test_the_client_reaches_the_server_however_it_listens(suite: pytest.Pytester, option: str) -> None:
    suite.makepyfile(
        f"""
        import pytest

        @pytest.mark.faux_redis({option})
        def test_it(faux_redis_client):
            assert faux_redis_client.ping()
        """
    )
    suite.runpytest().assert_outcomes(passed=1)


def test_without_redis_py_the_client_is_skipped_with_a_reason(suite: pytest.Pytester) -> None:
    suite.makepyfile(redis="raise ImportError('not installed')")
    suite.makepyfile("def test_it(faux_redis_client): pass")
    result = suite.runpytest_subprocess("-rs", "-p", "no:cacheprovider")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*faux_redis_client needs redis-py: pip install redis*"])


def test_it_works_under_xdist(suite: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    suite.makepyfile(
        """
        import pytest
        from helpers import ask

        @pytest.mark.parametrize("n", range(10))
        def test_it(faux_redis, n):
            faux_redis.stub("GET").call(lambda call: n)
            assert ask(faux_redis, b"GET k\\r\\n") == b":%d\\r\\n" % n
            assert n != 5
        """
    )
    result = suite.runpytest_subprocess("-n", "2")
    result.assert_outcomes(passed=9, failed=1)
    result.stdout.fnmatch_lines(["*Captured faux_redis*"])


def test_it_works_in_asyncio_tests(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import asyncio
        import pytest

        @pytest.mark.asyncio
        async def test_it(faux_redis):
            faux_redis.stub("GET").call(lambda call: "x")
            reader, writer = await asyncio.open_connection("127.0.0.1", faux_redis.port)
            writer.write(b"GET k\\r\\n")
            assert await reader.readline() == b"$1\\r\\n"
            writer.close()
            await writer.wait_closed()
        """
    )
    suite.runpytest().assert_outcomes(passed=1)
