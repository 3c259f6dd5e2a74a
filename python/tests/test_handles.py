"""Handles: whatever a test sets up can be named, removed, used as a context manager, and knows its line."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest
import redis

from faux_redis import FauxRedis, OptionError, StoppedError, VerificationError, WaitTimeoutError

Makes = Callable[[FauxRedis], Any]

HANDLES: dict[str, tuple[Makes, str]] = {
    "stub": (lambda faux: faux.stub("GET").reply("Ada"), "stub 'n' GET"),
    "expectation": (lambda faux: faux.expect("SET").times(range(2)), "expect 'n' SET"),
    "link": (lambda faux: faux.link().slice(1), "link 'n'(client()).slice(1)/down"),
    "down": (lambda faux: faux.down(mode="accept_close"), "down 'n' mode=accept_close"),
    "pause": (lambda faux: faux.pause(), "link 'n'(client()).blackhole()"),
    "max_clients": (lambda faux: faux.max_clients(3), "max_clients 'n' 3"),
    "state": (lambda faux: faux.state.readonly(), "readonly 'n'"),
    "gate": (lambda faux: faux.hold("GET", at="after"), "hold 'n' GET at=after"),
    "clock frozen": (lambda faux: faux.clock.frozen(), "clock frozen 'n'"),
    "clock auto": (lambda faux: faux.clock.auto(), "clock auto 'n'"),
    "snapshot": (lambda faux: faux.snapshot(), "snapshot 'n'"),
    "unchanged": (lambda faux: faux.unchanged(except_="cache:*"), "unchanged 'n' except \"cache:*\""),
}

each = pytest.mark.parametrize(("makes", "shown"), HANDLES.values(), ids=HANDLES)


@each
def test_a_handle_has_a_name(faux_redis: FauxRedis, makes: Makes, shown: str) -> None:
    handle = makes(faux_redis)
    assert repr(handle) in (shown.replace(" 'n'", ""), shown.replace("'n'", "'pause'"))
    assert handle.named("n") is handle
    assert repr(handle) == shown
    with pytest.raises(OptionError, match=r"named\(\) takes a str, not 1"):
        handle.named(1)
    handle.remove()


@each
def test_a_handle_knows_the_line_that_made_it(faux_redis: FauxRedis, makes: Makes, shown: str) -> None:
    line = inspect.getsourcelines(makes)[1]
    handle = makes(faux_redis)
    assert handle.source.endswith(f"test_handles.py:{line}")
    handle.remove()


@each
def test_a_handle_is_removed_at_the_end_of_its_block(faux_redis: FauxRedis, makes: Makes, shown: str) -> None:
    with makes(faux_redis) as handle:
        assert handle.source
    handle.remove()
    assert not faux_redis.is_down
    assert faux_redis.state.in_force == []
    with redis.Redis(port=faux_redis.port, decode_responses=True, socket_timeout=5) as app:
        assert app.config_get("maxclients") == {"maxclients": "10000"}
        assert app.set("k", "v") is True
        assert app.get("k") == "v"
    assert faux_redis.calls[-1].rule is None
    before = faux_redis.clock.now()
    faux_redis.wait_for("GET")
    assert faux_redis.clock.now() > before


def test_a_gate_that_held_nothing_tells_its_name_and_line(faux_redis: FauxRedis) -> None:
    gate = faux_redis.hold("GET").named("stampede")
    with pytest.raises(WaitTimeoutError) as caught:
        gate.wait(timeout=0.001)
    assert "1 command at hold 'stampede' GET at=before" in str(caught.value)
    assert str(caught.value).endswith(f"\n  made at {gate.source}")


def test_a_snapshot_that_is_no_longer_good_tells_its_name_and_line(faux_redis: FauxRedis) -> None:
    snapshot = faux_redis.snapshot().named("before")
    faux_redis.reset()
    with pytest.raises(OptionError) as caught:
        faux_redis.restore(snapshot)
    assert str(caught.value) == (
        "the snapshot 'before' was taken before the server was last reset or lost its data\n"
        f"  made at {snapshot.source}"
    )


def test_a_key_that_changed_is_told_with_the_name_and_line_of_the_guard(faux_redis: FauxRedis) -> None:
    unchanged = faux_redis.unchanged().named("as it was")
    faux_redis.data["k"] = "v"
    with pytest.raises(VerificationError) as caught:
        unchanged.verify()
    assert str(caught.value) == (
        "unchanged 'as it was': keys changed that should not have:\n"
        f'+ "k" string "v"\n  made at {unchanged.source}\nseed: 0'
    )
    assert [failure.kind for failure in caught.value.failures] == ["changed"]
    faux_redis.data["k"] = "w"
    unchanged.verify()


def test_what_is_gone_with_a_reset_is_not_said_anything_of(faux_redis: FauxRedis) -> None:
    rule, link = faux_redis.stub("GET").reply(1), faux_redis.link().slice(1)
    faux_redis.reset()
    with pytest.raises(StoppedError, match="the rule has been removed"):
        rule.reply(2)
    with pytest.raises(StoppedError, match="the link has been removed"):
        link.latency(1)
    rule.remove()
    link.remove()


SETS_UP = ("stub", "expectation", "link", "down", "pause", "max_clients", "state", "gate")


@pytest.mark.parametrize("handle", SETS_UP)
def test_nothing_is_set_up_for_the_clients_of_a_server_that_has_stopped(handle: str) -> None:
    with FauxRedis() as faux:
        pass
    makes, _ = HANDLES[handle]
    with pytest.raises(StoppedError, match="the server has stopped"):
        makes(faux)


def test_time_that_was_stopped_goes_on_when_the_handle_is_removed(faux_redis: FauxRedis) -> None:
    frozen = faux_redis.clock.frozen()
    before = frozen.now()
    frozen.advance(60)
    assert frozen.now() == before + 60
    frozen.remove()
    frozen.remove()
    assert faux_redis.clock.now() > before + 60


def test_a_moment_that_is_past_leaves_the_time_as_it_was(faux_redis: FauxRedis) -> None:
    with pytest.raises(OptionError, match="time does not go back"):
        faux_redis.clock.frozen(at=1)
    before = faux_redis.clock.now()
    faux_redis.wait_idle()
    assert faux_redis.clock.now() > before


def test_handles_that_end_in_another_order_leave_the_server_as_it_was(faux_redis: FauxRedis) -> None:
    clock = faux_redis.clock
    first, second = clock.frozen(), clock.frozen()
    first.remove()
    before = clock.now()
    clock.advance(1)
    assert clock.now() == before + 1
    second.remove()
    assert _runs(faux_redis)
    one, other = faux_redis.max_clients(1), faux_redis.max_clients(2)
    one.remove()
    other.remove()
    with redis.Redis(port=faux_redis.port) as a, redis.Redis(port=faux_redis.port) as b:
        assert a.ping()
        assert b.ping()


def _runs(faux_redis: FauxRedis) -> bool:
    """Whether time goes by itself: a reply that is delayed comes."""
    with redis.Redis(port=faux_redis.port, socket_timeout=5) as client, faux_redis.stub("PING").delay(0.001):
        return bool(client.ping())
