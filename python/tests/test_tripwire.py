"""tripwire's words: each command mocked, each mock used, each call asserted."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import redis
import redis.asyncio
from redis.backoff import NoBackoff
from redis.retry import Retry

import faux_redis.tripwire
from faux_redis import OptionError
from faux_redis.tripwire import (
    AssertionInsideSandboxError,
    InteractionMismatchError,
    RedisPlugin,
    StrictVerifier,
    UnassertedInteractionsError,
    UnmockedInteractionError,
    UnusedMocksError,
    VerificationError,
)

# The module is a context manager, which a type checker does not know of modules.
tripwire: Any = faux_redis.tripwire


@pytest.fixture
def verifier() -> Iterator[StrictVerifier]:
    """A verifier that no test's end looks at."""
    verifier = StrictVerifier()
    yield verifier
    verifier._stop()


class Whatever:
    """A matcher as those of dirty-equals: equal to what its type is."""

    def __init__(self, kind: type) -> None:
        self.kind = kind

    def __eq__(self, other: object) -> bool:
        return isinstance(other, self.kind)

    __hash__ = None  # type: ignore[assignment]


def load_user(number: int) -> Any:
    found = redis.Redis().get(f"user:{number}")
    return None if found is None else json.loads(found)


def test_code_that_makes_its_own_client_meets_the_mocks() -> None:
    tripwire.redis_mock.mock_command("GET", returns=b'{"name": "Ada"}')
    tripwire.redis_mock.mock_command("GET", returns=None)
    with tripwire:
        assert load_user(1) == {"name": "Ada"}
        assert load_user(42) is None
    tripwire.redis_mock.assert_command("GET", args=("user:1",), kwargs=Whatever(dict))
    tripwire.redis_mock.assert_command("GET", args=(Whatever(str),), kwargs={})


@pytest.mark.parametrize("name", ["redis", "redis_mock"])
def test_the_mocks_have_tripwires_older_and_newer_name(name: str) -> None:
    getattr(tripwire, name).mock_command("GET", returns=None)
    with tripwire:
        assert load_user(1) is None
    getattr(tripwire, name).assert_command("GET", args=("user:1",), kwargs={"keys": ["user:1"]})


def test_each_command_has_a_queue_of_its_own_whatever_its_case() -> None:
    tripwire.mock_command("get", returns="first")
    tripwire.mock_command("SET", returns=True)
    tripwire.mock_command("GET", returns="second")
    with tripwire:
        client: Any = redis.Redis()
        assert client.execute_command("GET", "a") == "first"
        assert client.set("b", 1) is True
        assert client.execute_command("GET", "c") == "second"
    tripwire.assert_command("GET", args=("a",))
    tripwire.assert_command("set", args=("b", 1))
    tripwire.assert_command("GET", args=(b"c",))


def test_a_client_returns_the_very_object() -> None:
    answer = object()
    tripwire.mock_command("HGETALL", returns=answer)
    tripwire.mock_command("INFO", returns={"redis_version": "9"})
    with tripwire.sandbox():
        client = redis.Redis(decode_responses=True, host="nowhere.invalid", password="secret", db=7)
        assert client.hgetall("h") is answer
        assert client.info() == {"redis_version": "9"}
    with tripwire.in_any_order():
        tripwire.assert_command("INFO")
        tripwire.assert_command("HGETALL", args=("h",))


@pytest.mark.parametrize(
    "error",
    [
        redis.ResponseError("WRONGTYPE"),
        redis.ConnectionError("gone"),
        redis.TimeoutError("slow"),
        redis.BusyLoadingError("loading"),
        ValueError("any"),
    ],
)
def test_a_client_raises_the_very_exception(error: Exception) -> None:
    tripwire.mock_command("GET", returns=None, raises=error)
    with tripwire, pytest.raises(type(error)) as raised:
        redis.Redis().get("k")
    assert raised.value is error
    tripwire.assert_command("GET", args=("k",))


def test_a_clients_own_retry_takes_the_next_mock() -> None:
    tripwire.mock_command("GET", returns=None, raises=redis.ConnectionError)
    tripwire.mock_command("GET", returns=b"at last")
    with tripwire:
        assert redis.Redis().get("k") == b"at last"
    tripwire.assert_command("GET", args=("k",))
    tripwire.assert_command("GET", args=("k",))


def test_a_command_without_a_mock_fails_at_once() -> None:
    tripwire.mock_command("GET", returns=b"x")
    with tripwire:
        client = redis.Redis()
        client.get("a")
        with pytest.raises(UnmockedInteractionError) as raised:
            client.get("b")
        with pytest.raises(UnmockedInteractionError, match="SET b 1 was called"):
            client.set("b", 1)
    assert str(raised.value) == (
        "GET b was called, and no mock is left for it; to mock it:\n  mock_command('GET', returns=...)"
    )
    tripwire.assert_command("GET", args=("a",))


def test_pipelines_and_transactions_meet_the_mocks_too() -> None:
    for value in (True, True):
        tripwire.mock_command("SET", returns=value)
    tripwire.mock_command("GET", returns="v")
    tripwire.mock_command("GET", returns=None, raises=redis.ResponseError("WRONGTYPE no"))
    with tripwire:
        client: Any = redis.Redis()
        with client.pipeline() as pipeline:
            assert pipeline.set("a", 1).get("a").execute() == [True, "v"]
        with client.pipeline(transaction=False) as pipeline:
            replies = pipeline.set("b", 1).get("b").execute(raise_on_error=False)
        assert replies[0] is True
        assert isinstance(replies[1], redis.ResponseError)
        with client.pipeline() as pipeline, pytest.raises(UnmockedInteractionError, match="GET c was called"):
            pipeline.get("c").execute()
    for command, args in (("SET", ("a", 1)), ("GET", ("a",)), ("SET", ("b", 1)), ("GET", ("b",))):
        tripwire.assert_command(command, args)


async def test_asyncio_and_its_pipelines_meet_the_mocks_too() -> None:
    tripwire.mock_command("GET", returns="v")
    tripwire.mock_command("SET", returns=True)
    tripwire.mock_command("GET", returns=None, raises=redis.ConnectionError("gone"))
    with tripwire:
        async with redis.asyncio.Redis() as client:
            assert await client.get("a") == "v"
            async with client.pipeline() as pipeline:
                pipeline.set("b", 1)
                assert await pipeline.execute() == [True]
            with pytest.raises(redis.ConnectionError, match="gone"):
                await client.get("c")
            with pytest.raises(UnmockedInteractionError):
                await client.delete("d")
    tripwire.assert_command("GET", ("a",))
    tripwire.assert_command("SET", ("b", 1))
    tripwire.assert_command("GET", ("c",))


def test_subscribers_get_the_messages_that_were_named() -> None:
    tripwire.mock_command("SUBSCRIBE", returns=["one", ("other", b"two")])
    tripwire.mock_command("PUBLISH", returns=3)
    with tripwire:
        client: Any = redis.Redis()
        with client.pubsub() as pubsub:
            pubsub.subscribe("news")
            got = [pubsub.get_message(timeout=5) for _ in range(3)]
        assert [(message["type"], message["channel"], message["data"]) for message in got if message] == [
            ("subscribe", b"news", 1),
            ("message", b"news", b"one"),
            ("message", b"other", b"two"),
        ]
        assert client.publish("news", "x") == 3
    tripwire.assert_command("SUBSCRIBE", ("news",))
    tripwire.assert_command("PUBLISH", ("news", "x"))


@pytest.mark.parametrize(
    ("outcome", "expect"),
    [
        ({"returns": True}, b"+OK\r\n"),
        ({"returns": "v"}, b"$1\r\nv\r\n"),
        ({"returns": None}, b"$-1\r\n"),
        ({"returns": [1, b"x"]}, b"*2\r\n:1\r\n$1\r\nx\r\n"),
        ({"returns": None, "raises": redis.ResponseError("wrong")}, b"-ERR wrong\r\n"),
        ({"returns": None, "raises": redis.ResponseError("WRONGTYPE no")}, b"-WRONGTYPE no\r\n"),
        ({"returns": None, "raises": redis.exceptions.ReadOnlyError("no")}, b"-READONLY no\r\n"),
        ({"returns": None, "raises": redis.exceptions.NoScriptError("NOSCRIPT no")}, b"-NOSCRIPT no\r\n"),
        ({"returns": None, "raises": redis.exceptions.BusyLoadingError("no")}, b"-LOADING no\r\n"),
        ({"returns": None, "raises": redis.exceptions.ExecAbortError("no")}, b"-EXECABORT no\r\n"),
        ({"returns": None, "raises": redis.AuthenticationError("no")}, b"-NOAUTH no\r\n"),
        (
            {"returns": None, "raises": redis.exceptions.MaxConnectionsError("")},
            b"",
        ),
        ({"returns": None, "raises": redis.ConnectionError}, b""),
    ],
)
def test_another_client_gets_what_makes_it_return_or_raise_the_same(
    outcome: dict[str, Any], expect: bytes
) -> None:
    tripwire.mock_command("GET", **outcome)
    with plain_client() as client:
        client.sendall(b"GET k\r\n")
        client.settimeout(30)
        got = client.recv(4096)
    assert got == expect
    tripwire.assert_command("GET", args=("k",))


def test_another_client_gets_silence_for_a_timeout() -> None:
    tripwire.mock_command("GET", returns=None, raises=redis.TimeoutError)
    with plain_client() as client:
        client.sendall(b"GET k\r\nCLIENT GETNAME\r\n")
        client.settimeout(30)
        assert client.recv(4096) == b"$-1\r\n", "the reply of the second alone"
    tripwire.assert_command("GET", args=("k",))


def plain_client() -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.connect(tripwire.url().removeprefix("unix://"))
    return client


def test_another_clients_unmocked_call_fails_at_the_end(verifier: StrictVerifier) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(verifier.url().removeprefix("unix://"))
        client.sendall(b"GET k\r\n")
        assert client.recv(4096).startswith(b"-ERR faux_redis: no stub answers 'GET'")
    with pytest.raises(UnmockedInteractionError, match="GET k was called, and no mock is left for it"):
        verifier.verify_all()


def test_an_assertion_that_is_not_what_happened_next_says_what_differs(verifier: StrictVerifier) -> None:
    mocks = RedisPlugin(verifier)
    mocks.mock_command("GET", returns="x")
    mocks.mock_command("SET", returns=True)
    with verifier.sandbox():
        redis.Redis().get("a")
        redis.Redis().set("b", b"\xff")
    with pytest.raises(InteractionMismatchError) as raised:
        mocks.assert_command("SET", args=("b", b"\xff"))
    assert str(raised.value) == (
        "assert_command('SET', args=('b', b'\\xff')) is not what happened\n"
        "  command: expected 'SET', got 'GET'\n"
        "  args: expected ('b', b'\\xff'), got ('a',)\n"
        "  not asserted yet, in the order in which they happened:\n"
        "    assert_command('GET', args=('a',))\n"
        "    assert_command('SET', args=('b', b'\\xff'))\n"
        "  it happened later: is an in_any_order() block missing?"
    )
    with pytest.raises(InteractionMismatchError, match="a server gets no keyword arguments, but args"):
        mocks.assert_command("GET", args=("a",), kwargs={"ex": 5})
    with verifier.in_any_order():
        mocks.assert_command("SET", args=("b", b"\xff"))
        mocks.assert_command("GET", args=("a",), kwargs={"keys": ["a"]})
    verifier.verify_all()
    with pytest.raises(InteractionMismatchError, match="every interaction is asserted already"):
        mocks.assert_command("GET", args=("a",))


def test_the_end_asks_for_what_was_not_asserted_or_not_used(verifier: StrictVerifier) -> None:
    mocks = RedisPlugin(verifier)
    mocks.mock_command("GET", returns="x")
    mocks.mock_command("PING", returns="PONG", required=False)
    with verifier:
        redis.Redis().get("a")
    with pytest.raises(UnassertedInteractionsError) as unasserted:
        verifier.verify_all()
    assert str(unasserted.value) == (
        "1 interaction(s) were not asserted; to assert them:\n  assert_command('GET', args=('a',))"
    )
    mocks.mock_command("DEL", returns=1)
    with pytest.raises(VerificationError) as both:
        verifier.verify_all()
    assert str(both.value.unasserted) == str(unasserted.value)
    mocks.assert_command("GET", args=("a",))
    with pytest.raises(UnusedMocksError) as unused:
        verifier.verify_all()
    first, second, third = str(unused.value).splitlines()
    assert first == "1 mock(s) were never used; remove them, or say required=False:"
    assert second == "  mock_command('DEL', returns=1)"
    assert third.startswith("    made at ")
    assert "test_tripwire.py:" in third
    assert str(both.value.unused) == str(unused.value)


def test_assertions_come_after_the_block(verifier: StrictVerifier) -> None:
    mocks = RedisPlugin(verifier)
    with verifier:
        with pytest.raises(AssertionInsideSandboxError):
            mocks.assert_command("GET")
        with pytest.raises(AssertionInsideSandboxError), verifier.in_any_order():
            pass
        with pytest.raises(AssertionInsideSandboxError):
            verifier.verify_all()
    with pytest.raises(ValueError, match="this verifier has a RedisPlugin already"):
        RedisPlugin(verifier)


def test_outside_of_the_block_clients_are_left_alone(verifier: StrictVerifier) -> None:
    with verifier:
        pass
    assert "faux_redis" not in redis.Connection._connect.__code__.co_filename
    with pytest.raises(redis.ConnectionError):
        redis.Redis(port=1, retry=Retry(NoBackoff(), 0)).get("k")


def test_mocks_that_make_no_sense_are_refused() -> None:
    with pytest.raises(OptionError, match="option 'command' takes a str such as 'GET', not ''"):
        tripwire.mock_command("", returns=1)
    with pytest.raises(OptionError, match="option 'command' takes a str such as 'GET', not 5"):
        tripwire.assert_command(5)
    with pytest.raises(OptionError, match=r"option 'args' takes a tuple such as \('user:1',\), not 'user:1'"):
        tripwire.assert_command("GET", args="user:1")
    with pytest.raises(OptionError, match="option 'raises' takes an exception or None, not 'no'"):
        tripwire.mock_command("GET", returns=1, raises="no")


def test_pytest_verifies_at_the_end_of_each_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import redis
        from faux_redis import tripwire

        def test_passes():
            tripwire.mock_command("GET", returns=b"x")
            with tripwire:
                redis.Redis().get("k")
            tripwire.assert_command("GET", args=("k",))

        def test_unused():
            tripwire.mock_command("GET", returns=b"x")

        def test_unasserted():
            tripwire.mock_command("GET", returns=b"x")
            with tripwire:
                redis.Redis().get("k")

        def test_fails_by_itself():
            tripwire.mock_command("GET", returns=b"x")
            with tripwire:
                assert redis.Redis().get("k") == b"y"

        def test_begins_anew():
            assert tripwire.current_verifier()._timeline == []
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=4, failed=1, errors=2)
    result.stdout.fnmatch_lines(
        ["*UnusedMocksError: 1 mock(s) were never used*", "*UnassertedInteractionsError: 1 interaction(s)*"]
    )
