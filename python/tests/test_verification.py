"""Verification: what makes a test fail, when, and with which words."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import pytest
from wire import Wire, ask

from faux_redis import ANY, FauxRedis, FauxRedisError, OptionError, VerificationError, called, lt


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
    place = str(caught.value).partition("made at ")[2].partition("\n")[0]
    assert place.endswith(f"test_verification.py:{line}")
    assert (
        str(caught.value)
        == f"""verification failed
- expect SET "lock" ANY: expected once, got 0
  made at {place}
  nearest calls:
    #1 conn 1: SET "lok" "1"
                   ^^^^^ argument 1 is "lok", expected "lock": one letter missing
  this passes: faux_redis.verify("SET", "lok", "1", times=1)
last calls of conn 1:
  #1 conn 1: SET "lok" "1"  ->  +OK  [store]
seed: 0"""
    )


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


def told(redis: FauxRedis, *patterns: object, **options: object) -> str:
    """What is said of the calls that are nearest to one that was not made."""
    with pytest.raises(VerificationError) as caught:
        redis.verify(*patterns, **options)  # type: ignore[arg-type]
    text = str(caught.value).partition("\nlast calls of")[0]
    return text.partition("  nearest calls:\n")[2]


@pytest.mark.parametrize(
    ("called", "patterns", "message"),
    [
        (
            "SET lock me PX 60000",
            ("SET", "lock", ANY, "EX", 60),
            """    #1 conn 1: SET "lock" "me" "PX" "60000"
                               ^^^^ ^^^^^^^ PX 60000, expected EX 60: the same time in another unit
  this passes: faux_redis.verify("SET", "lock", "me", "PX", "60000", times=1)""",
        ),
        (
            "GET user:01",
            ("GET", "user:1"),
            """    #1 conn 1: GET "user:01"
                   ^^^^^^^^^ argument 1 is "user:01", expected "user:1": the same but for leading zeros
  this passes: faux_redis.verify("GET", "user:01", times=1)""",
        ),
        (
            "SET k 1.0",
            ("SET", "k", 1),
            """    #1 conn 1: SET "k" "1.0"
                       ^^^^^ argument 2 is "1.0", expected "1": the same number, written otherwise
  this passes: faux_redis.verify("SET", "k", "1.0", times=1)""",
        ),
        (
            """SET k "b'v'\"""",
            ("SET", "k", "v"),
            """    #1 conn 1: SET "k" "b'v'"
                       ^^^^^^ argument 2 is "b'v'", expected "v": what str() makes of Python's bytes; \
decode() was meant
  this passes: faux_redis.verify("SET", "k", "b'v'", times=1)""",
        ),
        (
            r'SET "\xff" "a\"b"',
            ("SET", "k", "a"),
            r"""    #1 conn 1: SET "\xff" "a\"b"
                   ^^^^^^ ^^^^^^
      argument 1 is "\xff", expected "k"
      argument 2 is "a\"b", expected "a"
  this passes: faux_redis.verify("SET", b"\xff", "a\"b", times=1)""",
        ),
    ],
)
def test_the_argument_that_differs_is_marked_and_explained(
    redis: FauxRedis, called: str, patterns: tuple[object, ...], message: str
) -> None:
    ask(redis, called)
    assert told(redis, *patterns) == message


def test_another_connection_or_way_is_explained(redis: FauxRedis) -> None:
    ask(redis, "PING")
    assert "      another connection: 1, not 7\n" in told(redis, "PING", conn=7)
    assert "      it came directly, not through EXEC\n" in told(redis, "PING", via="exec")


def test_options_by_name_are_explained(redis: FauxRedis) -> None:
    ask(redis, "SET lock me PX 60000")
    assert told(redis, "SET", key="lock", EX=60).startswith(
        """    #1 conn 1: SET "lock" "me" "PX" "60000"
                               ^^^^ ^^^^^^^ PX 60000, expected EX="60": the same time in another unit
"""
    )
    assert "      NX=True is missing\n" in told(redis, "SET", NX=True)
    assert "PX 60000, expected PX=lt(1000)\n" in told(redis, "SET", PX=lt(1000))
    redis.verify_order(called("SET", PX=60000))


def test_what_is_proposed_passes(redis: FauxRedis) -> None:
    for line in (r'SET "\xff\x00" "a\"\n\\"', "SET é 'b'", "PING"):
        ask(redis, line)
        text = told(redis, "SET", "xyz") or told(redis, "PONG")
        code = text.rpartition("this passes: ")[2]
        assert code.startswith("faux_redis.verify(")
        exec(code, {"faux_redis": redis})


def test_an_order_is_kept_whatever_comes_between(redis: FauxRedis) -> None:
    with Wire(redis) as wire:
        for line in ("MULTI", "SET k 1", "INCR k", "EXEC", "DEL k"):
            wire.ask(line)
    redis.verify_order("MULTI", "INCR", "EXEC")
    redis.verify_order(
        ("SET", "k", ANY), called("INCR", key="k"), called(when=lambda call: call.name == "DEL")
    )
    with pytest.raises(VerificationError) as caught:
        redis.verify_order("MULTI", "EXEC", ("INCR", "k"))
    assert [failure.kind for failure in caught.value.failures] == ["order"]
    assert (
        str(caught.value).partition("\nlast calls of")[0]
        == """verification failed
- expected in this order: MULTI, EXEC, INCR "k"
  1. MULTI: #1 conn 1: MULTI
  2. EXEC: #4 conn 1: EXEC
  3. INCR "k": did not come after #4
  it came before: #3 conn 1: INCR "k"
  what came instead:
    #5 conn 1: DEL "k\""""
    )
    with pytest.raises(OptionError, match="a step is a command, a tuple such as"):
        redis.verify_order(3)  # type: ignore[arg-type]


def test_no_more_means_that_every_call_is_accounted_for(redis: FauxRedis) -> None:
    redis.stub("GET").reply("x")
    redis.expect("INCR")
    for line in ("SELECT 0", "GET a", "INCR n", "SET k v", "DEL a"):
        ask(redis, line)
    redis.verify("SET")
    with pytest.raises(VerificationError) as caught:
        redis.verify_no_more()
    assert [failure.kind for failure in caught.value.failures] == ["unaccounted"]
    assert (
        str(caught.value).partition("\nlast calls of")[0]
        == """verification failed
- one call more: #5 conn 5: DEL "a"
  this passes: faux_redis.verify("DEL", "a", times=1)"""
    )
    redis.verify("DEL", "a", times=1)
    redis.verify_no_more()


def test_the_strictest_servers_want_every_call_asserted() -> None:
    with FauxRedis(strict="all", verify=False) as redis:
        redis.stub("GET").reply("x")
        ask(redis, "GET k")
        with pytest.raises(VerificationError) as caught:
            redis.verify()
        assert [failure.kind for failure in caught.value.failures] == ["unasserted"]
        assert (
            str(caught.value).partition("\nlast calls of")[0]
            == """verification failed
- never asserted: #1 conn 1: GET "k"
  this passes: faux_redis.verify("GET", "k", times=1)"""
        )
        redis.verify("GET", "k")
        redis.verify()


def test_a_strict_server_proposes_a_stub_and_tells_which_was_nearly_used() -> None:
    with FauxRedis(strict=True, verify=False) as redis:
        redis.stub("GET", "user:1").reply("Ada").named("Ada")
        ask(redis, "GET user:2")
        with pytest.raises(VerificationError) as caught:
            redis.verify()
        unmocked, unused = (failure.message for failure in caught.value.failures)
        assert (
            unmocked
            == """no stub answered #1 conn 1: GET "user:2"
  this passes: faux_redis.stub("GET", "user:2").execute()"""
        )
        assert unused.startswith("""stub 'Ada' GET "user:1" was never used\n  made at """)
        assert unused.endswith("""
  nearest calls:
    #1 conn 1: GET "user:2"
                   ^^^^^^^^ argument 1 is "user:2", expected "user:1": one letter differs""")


def test_verifying_one_call_tells_its_failure(redis: FauxRedis) -> None:
    with pytest.raises(VerificationError) as caught:
        redis.verify("SET")
    assert [(failure.kind, failure.exception) for failure in caught.value.failures] == [("unmet", None)]
    assert str(caught.value) == (
        "verification failed\n- SET: expected at least once, got 0\n  nothing was called\nseed: 0"
    )


def test_the_seed_is_told() -> None:
    with FauxRedis(seed=42) as redis, pytest.raises(VerificationError, match=r"\nseed: 42$"):
        redis.verify("SET")
