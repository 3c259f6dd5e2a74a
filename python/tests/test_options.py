"""Options: whatever is handed over is taken, or refused by an error that says what was wrong."""

from __future__ import annotations

import gc
import math
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import faux_redis as f
from faux_redis import FauxRedis, FauxRedisError, OptionError, StoppedError, WaitTimeoutError

STRANGE: list[Any] = [
    *(
        None,
        True,
        -1,
        2**64,
        2**2000,
        1.5,
        math.nan,
        math.inf,
        1e300,
        "",
        "x",
        "\ud800",
        b"x",
        bytearray(b"x"),
    ),
    *([], [None], (1, 2), {}, {"a": 1}, set(), object(), range(0), range(3, 1, -1), f.ANY, f.CLOSE),
    *(f.client("x"), f.called("GET"), f.category("read"), float, lambda *_: 1),
]
"""What nobody would hand over on purpose."""

WORDS: dict[str, Callable[[FauxRedis, Any], Any]] = {
    "stub": lambda faux, v: faux.stub(v),
    "stub arg": lambda faux, v: faux.stub("GET", v),
    "stub key": lambda faux, v: faux.stub("GET", key=v),
    "stub conn": lambda faux, v: faux.stub("GET", conn=v),
    "stub via": lambda faux, v: faux.stub("GET", via=v),
    "stub when": lambda faux, v: faux.stub("GET", when=v),
    "stub EX": lambda faux, v: faux.stub("SET", EX=v),
    "reply": lambda faux, v: faux.stub("GET").reply(v),
    "replies": lambda faux, v: faux.stub("GET").replies(v),
    "replies then": lambda faux, v: faux.stub("GET").replies(1, then=v),
    "error": lambda faux, v: faux.stub("GET").error(v),
    "call": lambda faux, v: faux.stub("GET").call(v),
    "template": lambda faux, v: faux.stub("GET").template(v),
    "garbage": lambda faux, v: faux.stub("GET").garbage(v),
    "delay": lambda faux, v: faux.stub("GET").delay(v),
    "times": lambda faux, v: faux.stub("GET").times(v),
    "p": lambda faux, v: faux.stub("GET").p(v),
    "priority": lambda faux, v: faux.stub("GET").priority(v),
    "scenario": lambda faux, v: faux.stub("GET").scenario(v, when=v, to=v),
    "partial": lambda faux, v: faux.stub("GET").partial(v),
    "partial gap": lambda faux, v: faux.stub("GET").partial([1], gap=v),
    "named": lambda faux, v: faux.stub("GET").named(v),
    "map_": lambda _, v: f.map_(v),
    "push": lambda _, v: f.push(v),
    "double": lambda _, v: f.double(v),
    "big_number": lambda _, v: f.big_number(v),
    "verbatim": lambda _, v: f.verbatim("x", v),
    "uniform": lambda _, v: f.uniform(0, v),
    "lognormal": lambda _, v: f.lognormal(1, v),
    "re": lambda _, v: f.re(v),
    "json": lambda _, v: f.json(v, 1),
    "client id": lambda _, v: f.client(id=v),
    "client db": lambda _, v: f.client(db=v),
    "link": lambda faux, v: faux.link(v),
    "link p": lambda faux, v: faux.link(p=v),
    "link direction": lambda faux, v: faux.link(direction=v),
    "latency": lambda faux, v: faux.link().latency(v),
    "jitter": lambda faux, v: faux.link().latency(1, jitter=v),
    "bandwidth": lambda faux, v: faux.link().bandwidth(v),
    "slice": lambda faux, v: faux.link().slice(1, gap=v),
    "limit then": lambda faux, v: faux.link().limit(1, then=v),
    "corrupt": lambda faux, v: faux.link().corrupt(v),
    "blackhole": lambda faux, v: faux.link().blackhole(v),
    "reset": lambda faux, v: faux.link().reset(v),
    "reset direction": lambda faux, v: faux.link().reset(direction=v),
    "down": lambda faux, v: faux.down(v).up(),
    "kill how": lambda faux, v: faux.kill(how=v),
    "max_clients": lambda faux, v: faux.max_clients(v),
    "push to": lambda faux, v: faux.push(v, f.message("a", "b")),
    "state named": lambda faux, v: faux.state.readonly(named=v),
    "advance": lambda faux, v: faux.clock.advance(v),
    "clock set": lambda faux, v: faux.clock.set(v),
    "frozen": lambda faux, v: faux.clock.frozen(v),
    "hold at": lambda faux, v: faux.hold("GET", at=v),
    "hold times": lambda faux, v: faux.hold("GET", times=v),
    "gate wait": lambda faux, v: faux.hold("GET").wait(v, timeout=0),
    "gate release": lambda faux, v: faux.hold("GET").release(v),
    "export": lambda faux, v: faux.calls.export(v),
    "wait_for times": lambda faux, v: faux.wait_for("GET", times=v, timeout=0),
    "wait_until_blocked": lambda faux, v: faux.wait_until_blocked(v, timeout=0),
    "wait_for_connections": lambda faux, v: faux.wait_for_connections(1, v, timeout=0),
    "wait_idle": lambda faux, v: faux.wait_idle(v),
    "verify_order": lambda faux, v: faux.verify_order(v),
    "lint": lambda faux, v: faux.lint(ignore=v),
    "data db": lambda faux, v: len(faux.data(v)),
    "data decode": lambda faux, v: faux.data(decode=v),
    "data set": lambda faux, v: faux.data.set("k", v),
    "data ttl": lambda faux, v: faux.data.set("k", "v", ttl=v),
    "load": lambda faux, v: faux.data.load(v),
    "load json": lambda faux, v: faux.data.load(json=v),
    "dump": lambda faux, v: faux.data.dump(v),
    "restore": lambda faux, v: faux.restore(v),
    "diff": lambda faux, v: faux.diff(v),
    "unchanged": lambda faux, v: faux.unchanged(v).remove(),
    **{
        f"option {name}": lambda _, v, name=name: FauxRedis(**{name: v})  # type: ignore[misc]
        for name in (
            "port",
            "ip",
            "unix_socket",
            "mode",
            "password",
            "version",
            "seed",
            "clock",
            "lint",
            "tls",
            "data",
        )
    },
}


@pytest.mark.faux_redis(verify=False)
@pytest.mark.parametrize("word", WORDS)
def test_what_is_strange_is_taken_or_refused_by_an_error_of_the_package(
    faux_redis: FauxRedis, word: str
) -> None:
    refused = 0
    for value in STRANGE:
        try:
            WORDS[word](faux_redis, value)
        except FauxRedisError:
            refused += 1
    assert refused >= 3


@pytest.mark.parametrize(
    ("says", "message"),
    [
        (
            lambda faux: faux.stub("GET").replies(),
            "replies() takes an answer or more: values, actions or callbacks",
        ),
        (lambda faux: faux.stub("GET", via=5), "option 'via' takes 'direct', 'exec' or 'script', not 5"),
        (lambda faux: faux.stub("\ud800"), r"option 'command' takes a str, not '\ud800'"),
        (lambda faux: faux.stub("GET", "\ud800"), r"a text is one of UTF-8, or bytes, not '\ud800'"),
        (
            lambda faux: faux.stub("GET").times(2**64),
            "takes an int from 0 to 2**63 - 1, not 18446744073709551616",
        ),
        (lambda faux: faux.stub("GET").template(5), "option 'template' takes a str, not 5"),
        (
            lambda faux: faux.stub("GET").delay(True),
            "takes seconds, uniform(a, b) or lognormal(median, sigma), not True",
        ),
        (
            lambda faux: faux.stub("GET").delay(1e12),
            "takes seconds, zero or more, and at most 1e11, not 1000000000000.0",
        ),
        (
            lambda faux: faux.link(direction="sideways"),
            "option 'direction' takes 'down', 'up' or 'both', not 'sideways'",
        ),
        (
            lambda faux: faux.link().reset(direction="up"),
            "option 'direction' of reset() goes with after_bytes=",
        ),
        (lambda faux: faux.wait_for("GET", timeout="1"), "option 'timeout' takes seconds, not '1'"),
        (lambda faux: faux.hold("GET", at=None), "option 'at' takes 'before' or 'after', not None"),
        (
            lambda faux: faux.down(None),
            "option 'mode' takes 'refuse', 'accept_close' or 'blackhole', not None",
        ),
        (lambda faux: faux.restore(None), "option 'snapshot' takes what snapshot() gives, not None"),
        (
            lambda faux: faux.clock.frozen(3e12),
            "time ends 2305843009213.693951 s after 1970, which is before 3000000000000 s",
        ),
        (lambda faux: faux.data(decode=1), "option 'decode' takes True or False, not 1"),
        (lambda faux: FauxRedis(clock=True), "or a start time in seconds since 1970, not True"),
    ],
)
def test_a_wrong_option_is_named_with_what_it_accepts(
    faux_redis: FauxRedis, says: Callable[[FauxRedis], Any], message: str
) -> None:
    with pytest.raises(OptionError) as raised:
        says(faux_redis)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("option", "value"), [("port", 6379), ("ip", "127.0.0.2"), ("tls", True)], ids=["port", "ip", "tls"]
)
def test_what_is_for_a_port_does_not_go_with_a_unix_socket(tmp_path: Path, option: str, value: Any) -> None:
    server = FauxRedis(unix_socket=tmp_path / "s", **{option: value})
    message = f"option '{option}' is for a port, and 'unix_socket' takes its place"
    with pytest.raises(OptionError, match=message):
        server.start()
    with pytest.raises(OptionError, match="option 'unix_socket' takes a path, not ''"):
        FauxRedis(unix_socket="").start()


def test_time_ends_and_is_not_reckoned_beyond() -> None:
    with FauxRedis(clock="frozen") as faux:
        for _ in range(30):
            faux.clock.advance(1e11)
        end = faux.clock.now()
        faux.clock.advance(1)
        assert faux.clock.now() == end
        faux.clock.resume()
        assert faux.clock.now() == end


def test_a_guard_that_is_forgotten_warns_and_panics_nowhere() -> None:
    with FauxRedis() as faux:
        guard = faux.unchanged()
        faux.data["k"] = "v"
        with pytest.warns(
            ResourceWarning, match=r"unchanged made at .*test_options.py:\d+ has ended without"
        ):
            del guard
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            faux.unchanged().verify()
            with faux.unchanged():
                pass
            faux.unchanged().remove()
            gc.collect()


def test_a_wait_in_vain_and_a_stopped_server_are_errors_of_their_own() -> None:
    faux = FauxRedis()
    with pytest.raises(StoppedError):
        faux.wait_idle()
    with faux, pytest.raises(WaitTimeoutError):
        faux.wait_for("GET", timeout=0)
