"""Lint: budgets and smells, as warnings, failures and findings."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from wire import Wire, ask

from faux_redis import FauxRedis, Finding, LintWarning, OptionError, VerificationError

KEYS = """keys: 1 call of KEYS
    #1 conn 1: KEYS "*"
  why: it looks at every key there is, and nobody else is served meanwhile
  do: iterate with SCAN, or keep the names in a set of their own"""


@pytest.fixture
def redis() -> Iterator[FauxRedis]:
    with FauxRedis() as redis:
        yield redis


def test_a_finding_tells_what_why_and_what_to_do(redis: FauxRedis) -> None:
    ask(redis, "KEYS *")
    (finding,) = redis.lint("keys")
    assert isinstance(finding, Finding)
    assert str(finding) == KEYS
    assert (finding.smell, finding.message) == ("keys", "1 call of KEYS")
    assert [call.name for call in finding.calls] == ["KEYS"]
    assert finding.why.startswith("it looks at every key")
    assert finding.advice.startswith("iterate with SCAN")


def test_everything_is_looked_for_but_what_is_ignored(redis: FauxRedis) -> None:
    with Wire(redis) as wire:
        for line in ("KEYS *", "SET k v", "WATCH k", "FLUSHALL", "SET l v", "GETSET l w", "MGET foo bar"):
            wire.ask(line)
        smells = [finding.smell for finding in redis.lint()]
        assert smells == ["keys", "flush", "no_ttl", "watch", "left_open", "cross_slot", "deprecated"]
        ignored = redis.lint(ignore=["keys", "flush", "no_ttl"])
        assert [finding.smell for finding in ignored] == smells[3:]
    assert redis.lint("left_open") == []


def test_one_command_for_one_key_after_another_is_found(redis: FauxRedis) -> None:
    with Wire(redis) as wire:
        for n in range(4):
            wire.ask(f"GET {n}")
    assert redis.lint("n_plus_one") == []
    (finding,) = redis.lint("n_plus_one", n_plus_one=4)
    assert finding.message == "4 calls of GET one after the other, each for another key, on conn 1"
    assert finding.advice == "name all keys at once with MGET, or send them as one pipeline"
    assert [finding.smell for finding in redis.lint(max_round_trips=3, ignore=["no_ttl"])] == ["round_trips"]
    assert redis.lint(max_round_trips=4) == []


def test_bad_options_are_named(redis: FauxRedis) -> None:
    with pytest.raises(OptionError, match=r"a smell is round_trips, .*, not 'typo'"):
        redis.lint("typo")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="option 'n_plus_one' takes an int of 2 or more, not 1"):
        redis.lint(n_plus_one=1)
    with pytest.raises(OptionError, match="option 'ignore' takes a list of smells, not 'keys'"):
        redis.lint(ignore="keys")  # type: ignore[arg-type]


def test_a_smell_warns_and_fails_when_asked() -> None:
    with pytest.warns(LintWarning) as warned, FauxRedis(lint=["keys"]) as redis:
        ask(redis, "KEYS *")
    assert [str(warning.message) for warning in warned] == [KEYS]
    with (
        pytest.raises(VerificationError) as caught,
        FauxRedis(lint="fail", lint_ignore=["left_open"]) as redis,
    ):
        ask(redis, "KEYS *")
    assert [failure.kind for failure in caught.value.failures] == ["lint"]
    assert (
        str(caught.value)
        == f"""verification failed
- {KEYS}
last calls of conn 1:
  #1 conn 1: KEYS "*"  ->  []  [store]
seed: 0"""
    )
    with FauxRedis(lint=True, lint_ignore=["keys"]) as redis:
        ask(redis, "KEYS *")


def test_a_budget_that_is_exceeded_fails() -> None:
    with FauxRedis(max_round_trips=2) as redis:
        ask(redis, "PING")
        ask(redis, "PING")
    with (
        pytest.raises(VerificationError, match="round_trips: 2 round trips, no more than 1 allowed"),
        FauxRedis(max_round_trips=1) as redis,
    ):
        ask(redis, "PING")
        ask(redis, "PING")


def test_a_pipeline_of_redis_py_is_one_round_trip() -> None:
    client_library = pytest.importorskip("redis")
    with (
        FauxRedis(max_round_trips=1, lint="fail", lint_ignore=["no_ttl"]) as redis,
        client_library.Redis.from_url(redis.url) as client,
    ):
        pipeline = client.pipeline(transaction=False)
        for n in range(10):
            pipeline.set(f"k{n}", n)
        assert len(pipeline.execute()) == 10
        client.close()
        assert redis.lint(ignore=["no_ttl"]) == []


def test_a_client_that_was_not_closed_is_found() -> None:
    client_library = pytest.importorskip("redis")
    with FauxRedis() as redis:
        client = client_library.Redis.from_url(redis.url)
        client.ping()
        assert [finding.smell for finding in redis.lint("left_open", "unread")] == ["left_open"]
        client.close()
        assert redis.lint("left_open", "unread") == []


def test_the_marker_takes_a_budget(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\nfilterwarnings = default")
    pytester.makepyfile(
        """
        import pytest
        import socket

        def ask(server, request):
            with socket.create_connection(("127.0.0.1", server.port)) as client:
                client.sendall(request)
                return client.recv(1000)

        @pytest.mark.faux_redis(lint=True, max_round_trips=1)
        def test_it(faux_redis):
            ask(faux_redis, b"KEYS *\\r\\n")

        @pytest.mark.faux_redis(max_round_trips=1)
        def test_too_many(faux_redis):
            ask(faux_redis, b"GET a\\r\\n")
            ask(faux_redis, b"GET b\\r\\n")
        """
    )
    result = pytester.runpytest()
    result.assert_outcomes(passed=2, errors=1, warnings=1)
    result.stdout.fnmatch_lines(["*LintWarning: keys: 1 call of KEYS"])
    result.stdout.fnmatch_lines(["*- round_trips: 2 round trips, no more than 1 allowed"])
