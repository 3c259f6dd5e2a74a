"""Verification: what makes a test fail, when, and with which words."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import pytest
from wire import ask

from faux_redis import ANY, FauxRedis, FauxRedisError, OptionError, VerificationError


@pytest.fixture
def redis() -> Iterator[FauxRedis]:
    with FauxRedis(verify=False) as redis:
        yield redis


def test_a_block_ends_with_verification() -> None:
    with pytest.raises(VerificationError) as caught, FauxRedis() as redis:
        redis.expect("SET", "lock", ANY).times(1)
        ask(redis, "SET lok 1")
    assert isinstance(caught.value, AssertionError)
    assert isinstance(caught.value, FauxRedisError)
    assert [failure.kind for failure in caught.value.failures] == ["unmet"]


def test_a_block_that_fails_already_is_not_verified() -> None:
    with pytest.raises(KeyError), FauxRedis() as redis:
        redis.expect("SET")
        raise KeyError


def test_the_message_names_the_line_of_the_test(redis: FauxRedis) -> None:
    frame = inspect.currentframe()
    assert frame is not None
    line = frame.f_lineno + 1
    redis.expect("SET", "lock", ANY).times(1)
    ask(redis, "SET lok 1")
    with pytest.raises(VerificationError) as caught:
        redis.verify()
    text = str(caught.value)
    assert 'expect SET "lock" ANY: expected once, got 0' in text
    assert f"test_verification.py:{line}" in text
    assert 'SET "lok" "1"' in text


@pytest.mark.parametrize(
    ("times", "calls", "message"),
    [
        (None, 0, "expected at least once, got 0"),
        (1, 2, "expected once, got 2"),
        (0, 1, "expected never, got 1"),
        (range(1, 3), 3, "expected 1 to 2 times, got 3"),
        (range(2, 10), 1, "expected 2 to 9 times, got 1"),
    ],
)
def test_an_expectation_is_unmet(
    redis: FauxRedis, times: int | range | None, calls: int, message: str
) -> None:
    rule = redis.expect("GET")
    if times is not None:
        rule.times(times)
    for _ in range(calls):
        ask(redis, "GET k")
    with pytest.raises(VerificationError, match=message):
        redis.verify()


@pytest.mark.parametrize(("times", "calls"), [(None, 3), (2, 2), (0, 0), (range(1, 3), 2), (range(9), 0)])
def test_an_expectation_is_met(redis: FauxRedis, times: int | range | None, calls: int) -> None:
    rule = redis.expect("GET")
    if times is not None:
        rule.times(times)
    for _ in range(calls):
        ask(redis, "GET k")
    redis.verify()


def test_an_expectation_may_never_be_met(redis: FauxRedis) -> None:
    redis.expect("FLUSHALL").never()
    redis.verify()
    ask(redis, "FLUSHALL")
    with pytest.raises(VerificationError, match="expected never, got 1"):
        redis.verify()


def test_an_expectation_as_a_block_is_verified_at_its_end(redis: FauxRedis) -> None:
    with redis.expect("GET"):
        ask(redis, "GET k")
    with (
        pytest.raises(VerificationError, match="expect GET: expected at least once") as caught,
        redis.expect("GET"),
    ):
        pass
    assert len(caught.value.failures) == 1
    with pytest.raises(KeyError), redis.expect("GET"):
        raise KeyError
    redis.verify()


def test_a_removed_expectation_is_not_verified(redis: FauxRedis) -> None:
    redis.expect("GET").remove()
    redis.verify()


def test_one_call_can_be_verified(redis: FauxRedis) -> None:
    ask(redis, "SET lock 1")
    redis.verify("SET", key="lock")
    redis.verify("SET", key="lock", times=1)
    redis.verify("DEL", times=0)
    redis.verify(when=lambda call: call.name == "SET", times=range(1, 5))
    with pytest.raises(VerificationError, match='SET key="lock": expected 2 times, got 1'):
        redis.verify("SET", key="lock", times=2)
    with pytest.raises(VerificationError, match="DEL: expected at least once, got 0"):
        redis.verify("DEL")
    with pytest.raises(OptionError, match="needs a command"):
        redis.verify(times=1)


def test_a_strict_server_demands_that_all_is_said() -> None:
    with FauxRedis(strict=True, verify=False) as redis:
        redis.stub("GET").reply("x")
        redis.stub("DEL").reply(1).optional()
        ask(redis, "SET k v")
        with pytest.raises(VerificationError, match="no stub answered") as caught:
            redis.verify()
        assert [failure.kind for failure in caught.value.failures] == ["unmocked", "unused"]


def test_verification_can_be_left_out() -> None:
    with FauxRedis(verify=False) as redis:
        redis.expect("GET")
