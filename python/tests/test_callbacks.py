"""Callbacks and predicates: code of the test that answers a server's clients."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from wire import Wire, ask

from faux_redis import (
    CLOSE,
    NO_REPLY,
    AnswerError,
    Call,
    FauxRedis,
    OptionError,
    VerificationError,
    error,
    execute,
    status,
)


@pytest.fixture
def redis() -> Iterator[FauxRedis]:
    with FauxRedis(verify=False) as redis:
        yield redis


@pytest.mark.parametrize(
    ("answer", "sent"),
    [
        ("text", '"text"'),
        (None, "(nil)"),
        ([1, 2], "[:1, :2]"),
        (error("ERR no"), "-ERR no"),
        (execute(), '"stored"'),
        (status("bye") + CLOSE, "+bye"),
    ],
)
def test_what_a_callback_returns_is_the_answer(redis: FauxRedis, answer: Any, sent: str) -> None:
    ask(redis, "SET k stored")
    redis.stub("GET").call(lambda call: answer)
    assert ask(redis, "GET k") == sent


def test_a_callback_gets_the_call(redis: FauxRedis) -> None:
    got: list[Call] = []
    redis.stub("SET").call(got.append)
    ask(redis, "SET k v")
    assert got == redis.calls[:]
    assert got[0].reply is None


def test_a_callback_may_use_the_server_it_answers_for(redis: FauxRedis) -> None:
    def answer(call: Call) -> Any:
        redis.stub("GET", "other").reply("from a rule made in a callback")
        return [len(redis.calls), ask(redis, "GET other"), redis.wait_for("GET", "other").name]

    redis.stub("GET", "k").call(answer)
    assert ask(redis, "GET k") == '[:1, "\\"from a rule made in a callback\\"", "GET"]'


def test_callbacks_of_many_clients_run_at_the_same_time(redis: FauxRedis) -> None:
    together = threading.Barrier(20)
    redis.stub("GET").call(lambda call: together.wait() >= 0)
    wires = [Wire(redis) for _ in range(20)]
    for wire in wires:
        wire.send("GET k")
    assert [wire.receive() for wire in wires] == [":1"] * 20
    for wire in wires:
        wire.connection.close()


def test_a_slow_callback_holds_up_nobody_else(redis: FauxRedis) -> None:
    go_on = threading.Event()
    redis.stub("GET").call(lambda call: go_on.wait())
    with Wire(redis) as slow, FauxRedis() as other:
        slow.send("GET k")
        redis.wait_for("GET")
        assert ask(redis, "SET k v") == "+OK"
        assert ask(other, "PING") == "+PONG"
        go_on.set()
        assert slow.receive() == ":1"


def test_what_a_callback_raises_reaches_the_client_and_the_test(redis: FauxRedis) -> None:
    def fail(call: Call) -> None:
        raise LookupError(f"no {call.args[0]!r}\nin here")

    redis.stub("GET").call(fail)
    assert ask(redis, "GET k") == "-ERR faux_redis: callback failed: LookupError: no b'k' in here"
    with pytest.raises(VerificationError, match=r"LookupError: no b'k' in here") as caught:
        redis.verify()
    cause = caught.value.__cause__
    assert isinstance(cause, LookupError)
    assert cause.__traceback__ is not None
    assert cause.__traceback__.tb_frame.f_code is fail.__code__


def test_all_that_callbacks_raised_is_listed(redis: FauxRedis) -> None:
    def fail(call: Call) -> None:
        raise ValueError(call.key)

    redis.stub("GET").call(fail)
    ask(redis, "GET a")
    ask(redis, "GET b")
    with pytest.raises(VerificationError, match=r"(?s)b'a'.*b'b'") as caught:
        redis.verify()
    assert [failure.kind for failure in caught.value.failures] == ["callback", "callback"]
    assert [str(failure.exception) for failure in caught.value.failures] == ["b'a'", "b'b'"]


def test_a_test_can_fail_itself_from_a_callback(redis: FauxRedis) -> None:
    redis.stub("GET").call(lambda call: pytest.fail("not this one"))
    assert "Failed: not this one" in ask(redis, "GET k")
    with pytest.raises(VerificationError) as caught:
        redis.verify()
    assert isinstance(caught.value.__cause__, pytest.fail.Exception)


def test_a_predicate_that_fails_is_told_too(redis: FauxRedis) -> None:
    redis.stub("GET", lambda arg: arg.nonsense).reply("x")
    ask(redis, "GET k")
    with pytest.raises(VerificationError, match="AttributeError"):
        redis.verify()


def test_an_answer_that_is_none_is_told(redis: FauxRedis) -> None:
    redis.stub("GET").call(lambda call: object())
    assert "AnswerError: an answer is None, a bool" in ask(redis, "GET k")
    with pytest.raises(VerificationError) as caught:
        redis.verify()
    assert isinstance(caught.value.__cause__, AnswerError)


async def test_a_coroutine_function_runs_on_the_loop_in_which_its_rule_was_made(redis: FauxRedis) -> None:
    here, released = asyncio.get_running_loop(), asyncio.Event()

    async def answer(call: Call) -> str:
        assert asyncio.get_running_loop() is here
        await released.wait()
        return "done"

    redis.stub("GET").call(answer)
    asking = asyncio.create_task(asyncio.to_thread(ask, redis, "GET k"))
    await asyncio.to_thread(redis.wait_for, "GET")
    released.set()
    assert await asking == '"done"'


def test_a_coroutine_function_runs_on_a_loop_of_its_own_when_there_is_none(redis: FauxRedis) -> None:
    async def answer(call: Call) -> bytes:
        await asyncio.sleep(0)
        return call.args[0]

    redis.stub("GET").call(answer)
    assert ask(redis, "GET k") == '"k"'


def test_a_coroutine_function_that_raises_fails_its_test(redis: FauxRedis) -> None:
    async def answer(call: Call) -> bytes:
        raise ValueError("no such user")

    redis.stub("GET").call(answer)
    assert "ValueError: no such user" in ask(redis, "GET k")


def test_a_coroutine_function_whose_loop_is_closed_fails_its_test(redis: FauxRedis) -> None:
    async def answer(call: Call) -> bytes:
        return b""

    async def make_the_rule() -> None:
        redis.stub("GET").call(answer)

    asyncio.run(make_the_rule())
    assert "AnswerError: the event loop in which the rule was made is closed" in ask(redis, "GET k")


def test_what_is_no_callable_is_refused(redis: FauxRedis) -> None:
    with pytest.raises(OptionError, match=r"call\(\) takes a callable, not 'x'"):
        redis.stub("GET").call("x")  # type: ignore[arg-type]


def test_a_callback_in_a_transaction_answers_in_its_place(redis: FauxRedis) -> None:
    redis.stub("GET").call(lambda call: call.via)
    with Wire(redis) as wire:
        wire.ask("MULTI")
        wire.ask("SET k v")
        wire.ask("GET k")
        assert wire.ask("EXEC") == '[+OK, "exec"]'


def test_a_callback_that_is_still_busy_does_not_hold_up_the_end() -> None:
    go_on, done = threading.Event(), threading.Event()

    def answer(call: Call) -> Any:
        go_on.wait()
        done.set()
        return NO_REPLY

    with FauxRedis() as redis:
        redis.stub("GET").call(answer)
        wire = Wire(redis)
        wire.send("GET k")
        redis.wait_for("GET")
    with wire:
        assert wire.receive() == "(closed)"
    go_on.set()
    done.wait()


@pytest.mark.faux_redis(verify=False)
def test_what_a_predicate_of_a_question_raises_is_raised_there(faux_redis: FauxRedis) -> None:
    ask(faux_redis, "GET k")

    def fails(_: object) -> bool:
        raise ZeroDivisionError("in the predicate")

    questions: list[Callable[[], object]] = [
        lambda: faux_redis.calls("GET", fails),
        lambda: faux_redis.verify("GET", when=fails),
        lambda: faux_redis.verify_order(("GET", fails)),
        lambda: faux_redis.wait_for("GET", key=fails, timeout=0.01),
        lambda: asyncio.run(_await(faux_redis.aio.wait_for("GET", fails, timeout=0.01))),
    ]
    for question in questions:
        with pytest.raises(ZeroDivisionError, match="in the predicate"):
            question()
    with pytest.raises(VerificationError, match="callback failed: ZeroDivisionError") as caught:
        faux_redis.verify()
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


async def _await(waiting: Awaitable[object]) -> object:
    return await waiting
