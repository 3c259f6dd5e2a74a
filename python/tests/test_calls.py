"""What happened: the journal, waiting for calls, the transcript."""

from __future__ import annotations

import json
import re as regex
import threading
from collections.abc import Iterator

import pytest
from wire import Wire, ask

from faux_redis import ANY, Call, FauxRedis, OptionError, StoppedError, WaitTimeoutError, error, glob, re


@pytest.fixture
def redis() -> Iterator[FauxRedis]:
    with FauxRedis(verify=False) as redis:
        yield redis


def test_a_call_tells_all_about_itself(redis: FauxRedis) -> None:
    rule = redis.stub("MGET").reply(["x"])
    before = redis.clock.now()
    with Wire(redis) as wire:
        wire.ask("SELECT 3")
        wire.ask("mget a b")
    call = redis.calls[1]
    assert (call.seq, call.name, call.args, call.key, call.keys) == (
        2,
        "MGET",
        [b"a", b"b"],
        b"a",
        [b"a", b"b"],
    )
    assert (call.db, call.user, call.via, call.rule, call.action) == (3, "default", "direct", rule.id, "rule")
    assert (call.reply, call.client_name) == ([b"x"], "")
    assert call.conn > 0
    assert before <= call.time <= redis.clock.now()
    assert call.duration is not None
    assert call.duration >= 0
    assert repr(call) == f'<Call #2 conn {call.conn}: MGET "a" "b">'


def test_calls_are_a_sequence_that_can_be_asked(redis: FauxRedis) -> None:
    with Wire(redis) as wire:
        for line in ("SET a 1", "SET lock 1 NX", "GET a", "GET nothing"):
            wire.ask(line)
    calls = redis.calls
    assert [call.name for call in calls] == ["SET", "SET", "GET", "GET"]
    assert len(calls) == 4
    assert calls[-1].reply is None
    assert [call.seq for call in calls[1:3]] == [2, 3]
    assert calls[0] in calls
    assert calls == list(redis.calls)
    assert hash(calls[0]) == hash(redis.calls[0])
    assert calls[0] != calls[1]
    assert calls != 5
    assert repr(calls[:1]) == repr([calls[0]])
    assert [call.seq for call in calls("SET", key="lock")] == [2]
    assert [call.seq for call in calls("get", ANY)] == [3, 4]
    assert [call.seq for call in calls(key=glob("a*"))] == [1, 3]
    assert [call.seq for call in calls("GET", re("^noth"))] == [4]
    assert [call.seq for call in calls(when=lambda call: call.seq > 3)] == [4]


def test_a_snapshot_of_calls_does_not_move(redis: FauxRedis) -> None:
    calls = redis.calls
    ask(redis, "PING")
    assert len(calls) == 1
    ask(redis, "PING")
    assert (len(calls), len(redis.calls)) == (1, 2)


def test_an_error_is_recorded_as_the_answer_that_makes_it(redis: FauxRedis) -> None:
    ask(redis, "NONSENSE")
    assert redis.calls[0].action == "unsupported" or "unknown command" in repr(redis.calls[0].reply)
    with Wire(redis) as wire:
        wire.ask("SET k v")
        wire.ask("INCR k")
    assert redis.calls[-1].reply == error("ERR value is not an integer or out of range")


def test_waiting_returns_a_call_that_was_made_before_or_comes_later(redis: FauxRedis) -> None:
    ask(redis, "SET a 1")
    assert redis.wait_for("SET", key="a").args == [b"a", b"1"]
    waited: list[Call] = []
    begun = threading.Event()

    def wait() -> None:
        begun.set()
        waited.append(redis.wait_for("SET", key=re("^b"), times=2, timeout=60))

    thread = threading.Thread(target=wait)
    thread.start()
    begun.wait()
    ask(redis, "SET b 1")
    ask(redis, "SET b 2")
    thread.join()
    assert waited[0].args == [b"b", b"2"]


def test_waiting_in_vain_says_what_was_called_instead(redis: FauxRedis) -> None:
    ask(redis, "SET a 1")
    with pytest.raises(WaitTimeoutError, match=r'SET key="b".*in vain') as caught:
        redis.wait_for("SET", key="b", timeout=0)
    assert 'SET "a" "1"' in str(caught.value)
    assert isinstance(caught.value, TimeoutError)


def test_bad_options_of_waiting_are_refused(redis: FauxRedis) -> None:
    with pytest.raises(OptionError, match="option 'times' takes an int of 1 or more, not 0"):
        redis.wait_for("SET", times=0)
    with pytest.raises(OptionError, match="'timeout' takes seconds, zero or more, not -1"):
        redis.wait_for("SET", timeout=-1)


def test_waiting_ends_when_the_server_stops(redis: FauxRedis) -> None:
    ended: list[BaseException] = []

    def wait() -> None:
        try:
            redis.wait_for("NEVER", timeout=600)
        except StoppedError as error:
            ended.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    redis.stop()
    thread.join()
    assert "stopped" in str(ended[0])


def test_the_transcript_tells_each_call_with_its_answer(redis: FauxRedis) -> None:
    redis.stub("GET", "user:1").reply("Ada").named("Ada")
    ask(redis, "GET user:1")
    ask(redis, "SET k v")
    lines = without_ports(redis.transcript()).splitlines()
    assert lines[:2] == ["conn 1: 127.0.0.1:PORT, RESP2", "conn 2: 127.0.0.1:PORT, RESP2"]
    assert lines[2].endswith('s  1  #1 conn 1: GET "user:1"  ->  "Ada"  [rule: stub \'Ada\' GET "user:1"]')
    assert lines[3].endswith('s  2  #2 conn 2: SET "k" "v"  ->  +OK  [store]')


def without_ports(text: str) -> str:
    return regex.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)


def test_a_call_tells_what_was_done_to_it_and_its_round_trip(redis: FauxRedis) -> None:
    redis.stub("GET").execute().drop_reply().close()
    with Wire(redis) as wire:
        wire.ask("PING")
        assert wire.ask("GET k") == "(closed)"
    ping, get = redis.calls
    assert (ping.faults, get.faults) == ([], ["drop_reply()", "close()"])
    assert (ping.trip, get.trip) == (1, 2)
    assert redis.transcript().endswith('GET "k"  ->  (nothing)  [rule: stub GET; drop_reply(), close()]\n')


def test_a_call_that_was_verified_is_asserted(redis: FauxRedis) -> None:
    for line in ("GET a", "SET k v", "DEL k", "PING"):
        ask(redis, line)
    redis.verify("GET")
    redis.verify_order("SET")
    redis.wait_for("DEL")
    assert [call.asserted for call in redis.calls] == [True, True, True, False]


def test_calls_are_exported_for_other_programs() -> None:
    with FauxRedis(clock=1_700_000_000.5) as redis:
        with Wire(redis) as wire:
            wire.ask(r'SET "\xff\"" 1')
        (line,) = redis.calls.export("jsonl").splitlines()
        told = json.loads(line)
        assert (told["seq"], told["name"], told["args"]) == (1, "SET", [{"hex": "ff22"}, "1"])
        assert (told["time"], told["reply"], told["action"]) == (1_700_000_000.5, {"status": "OK"}, "store")
        monitored = without_ports(redis.calls.export("monitor"))
        assert monitored == '1700000000.500000 [0 127.0.0.1:PORT] "SET" "\\xff\\"" "1"\n'
        assert redis.calls.export() == redis.calls.export("text") == redis.transcript()
        with pytest.raises(OptionError, match="a format is text, jsonl or monitor, not 'csv'"):
            redis.calls.export("csv")  # type: ignore[arg-type]


def test_the_journal_is_bounded_in_bytes() -> None:
    with FauxRedis(journal_limit_bytes=2_000) as redis:
        for _ in range(3):
            ask(redis, "SET k " + "v" * 1_000)
        assert [call.seq for call in redis.calls] == [3]
        assert (redis.dropped_calls, 2_000 < redis.dropped_bytes < 4_000) == (2, True)
        assert redis.transcript().startswith(f"(2 older calls dropped, about {redis.dropped_bytes} bytes)\n")
