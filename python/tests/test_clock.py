"""Time in the hands of a test."""

from __future__ import annotations

import datetime
import time

import pytest
import redis as redis_py
from wire import Wire, ask

from faux_redis import FauxRedis, OptionError, WaitTimeoutError


def test_frozen_time_stands_and_goes_on_from_where_it_is() -> None:
    with FauxRedis() as redis:
        before = redis.clock.now()
        with redis.clock.frozen() as clock:
            stands = clock.now()
            assert stands >= before
            ask(redis, "SET k v PX 100")
            assert clock.now() == stands
            clock.advance(datetime.timedelta(seconds=1))
            assert ask(redis, "GET k") == "(nil)"
        assert redis.clock.now() >= stands + 1


def test_time_can_be_frozen_at_a_moment_ahead() -> None:
    ahead = datetime.datetime(2100, 1, 1, tzinfo=datetime.timezone.utc)
    with FauxRedis() as redis:
        with redis.clock.frozen(at=ahead) as clock:
            assert clock.now() == ahead.timestamp()
            assert ask(redis, "TIME") == f'["{int(ahead.timestamp())}", "0"]'
        with pytest.raises(OptionError, match="time does not go back"), redis.clock.frozen(at=0):
            pass
        # A moment that was refused has not left it standing.
        assert ask(redis, "BLPOP k 0.01") == "(nil array)"


def test_time_that_runs_can_be_moved_on() -> None:
    with FauxRedis() as redis:
        ask(redis, "SET k v EX 60")
        redis.clock.advance(61)
        assert ask(redis, "GET k") == "(nil)"
        redis.clock.set(redis.clock.now() + 60)
        with pytest.raises(OptionError, match="time does not go back"):
            redis.clock.set(1)


def test_what_is_due_has_been_done_when_advance_returns() -> None:
    with FauxRedis(clock="frozen") as redis, Wire(redis) as blocked:
        blocked.send("BLPOP list 5")
        redis.wait_until_blocked("list")
        redis.clock.advance(4.9)
        assert redis.calls("BLPOP")[0].duration is None
        redis.clock.advance(0.1)
        assert redis.calls("BLPOP")[0].duration == 5
        assert blocked.receive() == "(nil array)"


def test_a_client_that_waits_for_time_makes_it_leap() -> None:
    with FauxRedis(clock="auto") as redis, redis_py.Redis(port=redis.port) as client:
        start, real = redis.clock.now(), time.monotonic()
        assert client.blpop(["jobs"], timeout=3600) is None
        redis.stub("GET").delay(3600).execute()
        assert client.get("k") is None
        assert redis.clock.now() == start + 7200
        assert time.monotonic() - real < 3600
    with FauxRedis() as redis, Wire(redis) as wire:
        with redis.clock.auto():
            assert wire.ask("BLPOP jobs 3600") == "(nil array)"
        start = redis.clock.now()
        assert wire.ask("BLPOP jobs 0.01") == "(nil array)"
        assert redis.clock.now() > start


def test_a_callback_may_move_the_time_of_its_own_server() -> None:
    with FauxRedis(clock="frozen") as redis, Wire(redis) as blocked, Wire(redis) as wire:
        blocked.send("BLPOP list 5")
        redis.wait_until_blocked("list")
        redis.stub("GET").call(lambda call: redis.clock.advance(5))
        assert wire.ask("GET k") == "(nil)"
        assert redis.calls("BLPOP")[0].duration == 5


def test_what_a_test_waits_for_takes_no_time_of_a_frozen_server() -> None:
    with FauxRedis(clock="frozen") as redis:
        start = redis.clock.now()
        with pytest.raises(WaitTimeoutError):
            redis.wait_for("GET", timeout=0.01)
        assert redis.clock.now() == start


def test_reset_lets_time_go_as_at_the_start() -> None:
    with FauxRedis() as redis:
        redis.clock.freeze()
        redis.reset()
        assert ask(redis, "BLPOP k 0.01") == "(nil array)"
    with FauxRedis(clock="frozen") as redis:
        redis.clock.resume()
        assert ask(redis, "BLPOP k 0.01") == "(nil array)"
        redis.reset()
        stands = redis.clock.now()
        ask(redis, "PING")
        assert redis.clock.now() == stands


def test_what_makes_no_sense_is_named() -> None:
    with pytest.raises(OptionError, match="option 'clock' takes 'system', 'frozen', 'auto', or a start time"):
        FauxRedis(clock="soon")  # type: ignore[arg-type]
    with FauxRedis() as redis:
        for wrong in (-1, float("nan"), "soon", True):
            with pytest.raises(OptionError, match="'advance' takes seconds"):
                redis.clock.advance(wrong)  # type: ignore[arg-type]
        with pytest.raises(OptionError, match="'set' takes seconds since 1970, or a datetime, not 'soon'"):
            redis.clock.set("soon")  # type: ignore[arg-type]
