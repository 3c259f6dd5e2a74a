"""What spoils a reply, as users of redis-py meet it and on the wire."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from redis.exceptions import ConnectionError, InvalidResponse, ResponseError, TimeoutError
from wire import Wire, ask

from faux_redis import (
    HANG,
    Answer,
    AnswerError,
    FauxRedis,
    OptionError,
    attribute,
    client,
    delay,
    duplicate,
    execute,
    garbage,
    hang,
    lognormal,
    reorder,
    template,
    truncate,
    uniform,
    wrong_type,
)


@pytest.fixture
def app(faux_redis: FauxRedis) -> Iterator[Any]:
    """An application's client, which does not try again by itself."""
    with connect(faux_redis) as app:
        yield app


def connect(server: FauxRedis, **options: Any) -> Any:
    retry = redis.retry.Retry(redis.backoff.NoBackoff(), 0)
    return redis.Redis(port=server.port, decode_responses=True, retry=retry, **options)


def transaction(app: Any) -> Any:
    """Two commands that are to be carried out as one."""
    pipe = app.pipeline()
    pipe.set("a", 1)
    pipe.incr("a")
    return pipe


def test_a_template_says_what_the_call_holds(faux_redis: FauxRedis, app: Any) -> None:
    faux_redis.stub("GET").template("{key} was {arg1}, {{{name}}}")
    faux_redis.stub("HGET").replies(template("{arg2} of {key}"), lambda call: template("{args}"))
    assert app.get("k") == "k was k, {GET}"
    assert [app.hget("h", "f"), app.hget("h", "f")] == ["f of h", "h f"]
    with pytest.raises(OptionError, match=r"a template knows no place \{nothing\}; there are \{name\}"):
        template("{nothing}")


def test_garbage_is_an_invalid_response(faux_redis: FauxRedis, app: Any) -> None:
    faux_redis.stub("GET").garbage(20)
    with pytest.raises((InvalidResponse, ConnectionError)):
        app.get("k")


def test_a_truncated_reply_is_a_connection_error(faux_redis: FauxRedis, app: Any) -> None:
    app.set("k", "value")
    faux_redis.stub("GET").truncate(6)
    with pytest.raises(ConnectionError):
        app.get("k")


def test_a_wrong_type_is_no_string(faux_redis: FauxRedis, app: Any) -> None:
    app.set("k", "v")
    faux_redis.stub("GET").wrong_type()
    faux_redis.stub("LRANGE").reply(["a", "b"]).wrong_type()
    assert app.get("k") == ["wrong", "type"]
    assert app.lrange("l", 0, -1) == 1


def test_a_duplicated_reply_is_taken_for_the_next_one(faux_redis: FauxRedis) -> None:
    faux_redis.stub("INCR").execute().duplicate().times(1)
    with Wire(faux_redis) as wire:
        wire.send("INCR n")
        wire.send("GET n")
        assert [wire.receive() for _ in range(3)] == [":1", ":1", '"1"']


def test_a_reordered_reply_answers_another_request(faux_redis: FauxRedis, app: Any) -> None:
    faux_redis.stub("GET", "a").reply("for a").reorder()
    faux_redis.stub("GET", "b").reply("for b")
    with app.pipeline(transaction=False) as pipe:
        assert pipe.get("a").get("b").execute() == ["for b", "for a"]


def test_a_connection_that_hangs_is_a_timeout_and_stays_open(faux_redis: FauxRedis) -> None:
    faux_redis.stub("INCRBY").execute().hang().times(1)
    with connect(faux_redis, socket_timeout=0.2) as app:
        with pytest.raises(TimeoutError):
            app.incr("n")
        # The client has given the connection up; on a new one it sees that the command was applied.
        assert app.get("n") == "1"
    with Wire(faux_redis) as wire:
        faux_redis.stub("ECHO").reply(hang())
        wire.send("ECHO x")
        wire.send("PING")
        assert faux_redis.wait_for("PING").action == "hung"


def test_a_lost_reply_after_or_before_the_command_was_applied(faux_redis: FauxRedis) -> None:
    with connect(faux_redis, socket_timeout=0.2) as app:
        faux_redis.stub("INCRBY", key="after").execute().drop_reply().times(1)
        with pytest.raises(TimeoutError):
            app.incr("after")
        faux_redis.stub("INCRBY", key="before").close().times(1)
        with pytest.raises(ConnectionError):
            app.incr("before")
        assert (app.get("after"), app.get("before")) == ("1", None)


def test_a_transaction_is_lost_whole(faux_redis: FauxRedis, app: Any) -> None:
    faux_redis.stub("INCRBY", via="exec").close().times(1)
    with pytest.raises(ConnectionError):
        transaction(app).execute()
    assert app.get("a") is None
    faux_redis.stub("INCRBY", via="exec").execute().reset().times(1)
    pipe = transaction(app)
    # What came before a RST may still be read; the RST comes then to what is done next.
    with contextlib.suppress(ConnectionError):
        assert pipe.execute() == [True, 2]
    app.connection_pool.disconnect()
    assert app.get("a") == "2"


def test_a_drawn_delay_is_slept_through(faux_redis: FauxRedis, app: Any) -> None:
    faux_redis.stub("GET").delay(uniform(0.001, 0.002)).reply("late")
    faux_redis.stub("ECHO").replies(delay(lognormal(0.001, 0.5), "later"))
    assert (app.get("k"), app.echo("x")) == ("late", "later")
    assert (faux_redis.calls("GET")[0].duration or 0) >= 0.001


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(OptionError, match="takes the shorter time first"):
        uniform(2, 1)
    with pytest.raises(OptionError, match="a sigma of zero or more, not -1"):
        lognormal(1, -1)
    with pytest.raises(OptionError, match="'delay' takes seconds, uniform"):
        delay("soon")  # type: ignore[arg-type]
    for make in (truncate, garbage):
        with pytest.raises(OptionError, match="takes an int of 0 or more, not -1"):
            make(-1)


def test_actions_are_compared_and_added() -> None:
    assert hang() == HANG
    assert hang(execute()) == execute() + HANG
    assert {duplicate(), reorder(), wrong_type(), truncate(1), truncate(2)} >= {truncate(2)}
    assert isinstance(truncate(3), Answer)


def test_an_attribute_is_told_over_resp3_alone(faux_redis: FauxRedis) -> None:
    faux_redis.stub("GET").reply(attribute({"ttl": 3}, "v"))
    assert ask(faux_redis, "GET k") == '"v"'
    assert faux_redis.calls[0].reply == b"v"
    with pytest.raises(AnswerError):
        attribute({"ttl": object()}, "v")


def test_a_fault_meets_the_connections_that_are_meant(faux_redis: FauxRedis, app: Any) -> None:
    faux_redis.stub("GET", conn=client("web-*")).error("ERR not for the web")
    app.client_setname("web-1")
    with pytest.raises(ResponseError, match="not for the web"):
        app.get("k")
