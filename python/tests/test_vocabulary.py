"""The words for stubs and expectations, as they are written, against redis-py."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis
from redis.exceptions import ConnectionError, ResponseError, TimeoutError

from faux_redis import ANY, CLOSE, NO_REPLY, FauxRedis, category, client, delay, flag, glob, gt, re


@pytest.fixture
def app(faux_redis: FauxRedis) -> Iterator[redis.Redis]:
    """An application's client, which does not try again by itself."""
    retry = redis.retry.Retry(redis.backoff.NoBackoff(), 0)
    with redis.Redis(port=faux_redis.port, decode_responses=True, retry=retry, socket_timeout=5) as app:
        yield app


def test_a_constant(faux_redis: FauxRedis, app: redis.Redis) -> None:
    faux_redis.stub("GET", "user:1").reply("Ada")
    faux_redis.stub("KEYS").reply(["a", "b"])
    assert (app.get("user:1"), app.get("user:2"), app.keys("*")) == ("Ada", None, ["a", "b"])


def test_a_sequence_of_a_late_answer_silence_and_a_closed_connection(faux_redis: FauxRedis) -> None:
    faux_redis.stub("ECHO").replies(delay(0.001, "SLOW"), NO_REPLY, CLOSE)
    retry = redis.retry.Retry(redis.backoff.NoBackoff(), 0)
    with redis.Redis(port=faux_redis.port, retry=retry, socket_timeout=0.2) as app:
        assert app.echo("x") == b"SLOW"
        with pytest.raises(TimeoutError):
            app.echo("x")
        for _ in range(2):
            with pytest.raises(ConnectionError):
                app.echo("x")


def test_an_error_for_keys_of_an_expression(faux_redis: FauxRedis, app: redis.Redis) -> None:
    faux_redis.stub("GET", re(r"^session:")).error("ERR sessions disabled in tests")
    with pytest.raises(ResponseError, match="sessions disabled in tests"):
        app.get("session:1")
    assert app.get("user:1") is None


def test_a_callback_gets_the_call(faux_redis: FauxRedis, app: redis.Redis) -> None:
    faux_redis.stub("GET", key=glob("user:*")).call(lambda call: call.args[0].upper())
    assert app.get("user:ada") == "USER:ADA"


def test_a_lock_that_somebody_else_holds(faux_redis: FauxRedis, app: redis.Redis) -> None:
    faux_redis.stub("SET", key="lock", NX=True, EX=gt(30)).reply(None)
    assert app.set("lock", "me", nx=True, ex=60) is None
    assert app.set("lock", "me", nx=True, ex=10) is True
    assert app.set("other", "me", nx=True, ex=60) is True


def test_applied_and_the_reply_is_lost(faux_redis: FauxRedis) -> None:
    faux_redis.stub("INCR").execute().drop_reply().times(1)
    retry = redis.retry.Retry(redis.backoff.NoBackoff(), 1)
    with redis.Redis(
        port=faux_redis.port, socket_timeout=0.2, retry=retry, retry_on_error=[TimeoutError]
    ) as app:
        # The client tries again what was done already.
        assert app.execute_command("INCR", "n") == 2


def test_the_second_call_of_one_worker_is_reset(faux_redis: FauxRedis) -> None:
    faux_redis.stub("BRPOP", conn=client(name="worker-1")).reset().nth(2)
    retry = redis.retry.Retry(redis.backoff.NoBackoff(), 0)
    with (
        redis.Redis(port=faux_redis.port, client_name="worker-1", retry=retry) as first,
        redis.Redis(port=faux_redis.port, client_name="worker-2", retry=retry) as second,
    ):
        first.rpush("jobs", "a", "b", "c", "d")
        assert first.brpop("jobs") == (b"jobs", b"d")
        assert second.brpop("jobs") == (b"jobs", b"c")
        with pytest.raises(ConnectionError):
            first.brpop("jobs")
        assert first.brpop("jobs") == (b"jobs", b"b")


def test_what_must_be_called_and_is_answered_by_the_store(faux_redis: FauxRedis, app: redis.Redis) -> None:
    faux_redis.expect("SET", "lock", ANY).times(1)
    assert app.set("lock", "me") is True
    assert app.get("lock") == "me"


def test_groups_of_commands_and_of_connections(faux_redis: FauxRedis, app: redis.Redis) -> None:
    faux_redis.stub(category("@write"), conn=client("batch-*")).error("READONLY not now")
    faux_redis.stub(flag("blocking")).reply(None).times(1)
    assert app.set("k", "v") is True
    app.client_setname("batch-7")
    with pytest.raises(ResponseError, match="not now"):
        app.set("k", "v")
    assert app.get("k") == "v"
    app.client_setname("web-1")
    assert app.blpop("q", timeout=0) is None


def test_options_as_a_client_sends_them(faux_redis: FauxRedis, app: redis.Redis) -> None:
    faux_redis.stub("ZADD", CH=True).reply(42)
    faux_redis.stub("XREADGROUP", GROUP=("g", ANY), COUNT=10).reply([])
    faux_redis.stub("SCAN", MATCH=glob("user:*")).reply(["0", ["user:1"]])
    faux_redis.stub("ZRANGE", LIMIT=(0, 10), REV=False).reply(["m"])
    assert (app.zadd("z", {"m": 1}, ch=True), app.zadd("z", {"m": 1})) == (42, 1)
    assert app.xreadgroup("g", "c", {"s": ">"}, count=10) == []
    assert list(app.scan_iter(match="user:*")) == ["user:1"]
    assert list(app.scan_iter(match="z*")) == ["z"]
    assert app.zrange("z", 0, 9, byscore=True, offset=0, num=10) == ["m"]
    assert app.zrange("z", 9, 0, desc=True, byscore=True, offset=0, num=9) == ["m"]


def test_calls_are_found_by_the_same_words(faux_redis: FauxRedis, app: redis.Redis) -> None:
    app.set("lock", "me", nx=True, px=1500)
    assert [call.args for call in faux_redis.calls("SET", key="lock")] == [
        [b"lock", b"me", b"NX", b"PX", b"1500"]
    ]
    faux_redis.verify("SET", key="lock", NX=True, PX=gt(1000), EX=False, times=1)
    assert faux_redis.wait_for("SET", PX=1500).key == b"lock"


def test_a_scenario_plays_a_failover(faux_redis: FauxRedis, app: redis.Redis) -> None:
    faux_redis.stub("SET").scenario("primary", when="gone").error(
        "READONLY You can't write against a read only replica."
    )
    faux_redis.stub("GET").scenario("primary", when="gone", to="back").execute()
    app.set("k", 1)
    faux_redis.scenario("primary").state = "gone"
    with pytest.raises(ResponseError, match="read only replica"):
        app.set("k", 2)
    assert (app.get("k"), app.set("k", 3), app.get("k")) == ("1", True, "3")
