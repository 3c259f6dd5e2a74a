"""How often a rule answers, in which order rules come, and how a live rule is changed."""

from __future__ import annotations

import re as regex
from collections.abc import Iterator
from typing import Any

import pytest
from wire import Wire, ask

from faux_redis import CYCLE, STARTED, FauxRedis, OptionError, category, close


@pytest.fixture
def redis() -> Iterator[FauxRedis]:
    with FauxRedis(verify=False) as redis:
        yield redis


def thrown(seed: int, others: int = 0) -> str:
    """What a rule of some chance answers to the first calls, among others of which some have a chance too."""
    with FauxRedis(seed=seed) as redis, Wire(redis) as wire:
        redis.stub("STRLEN", "k").reply(1).p(0.5)
        for _ in range(others):
            redis.stub("GET").reply(1).p(0.5)
        wire.ask("SADD s a b c")
        got = ""
        for _ in range(40):
            wire.ask("GET k")
            wire.ask("SRANDMEMBER s")
            got += wire.ask("STRLEN k")[1]
        return got


def test_chance_is_the_same_for_the_same_seed_whatever_else_is_left_to_chance() -> None:
    plain = thrown(7)
    assert {"0", "1"} == set(plain)
    assert thrown(7) == plain
    assert thrown(7, others=3) == plain
    assert thrown(8) != plain


def test_chance_falls_the_same_after_a_reset(redis: FauxRedis) -> None:
    def run() -> list[str]:
        redis.stub("STRLEN").reply(1).p(0.5)
        with Wire(redis) as wire:
            return [wire.ask("STRLEN k") for _ in range(20)]

    first = run()
    redis.reset()
    assert run() == first


def test_a_scenario_goes_from_state_to_state(redis: FauxRedis) -> None:
    redis.stub("GET").scenario("order", when=STARTED).reply("new")
    redis.stub("GET").scenario("order", when="paid").reply("paid")
    redis.stub("SET").scenario("order", when=STARTED, to="paid").execute()
    order = redis.scenario("order")
    with Wire(redis) as wire:
        assert wire.ask("GET k") == '"new"'
        assert wire.ask("SET k v") == "+OK"
        assert order.state == "paid"
        assert wire.ask("GET k") == '"paid"'
        order.state = "shipped"
        assert repr(order) == "<ScenarioState order: shipped>"
        assert wire.ask("GET k") == '"v"'
    redis.reset()
    assert (order.name, order.state) == ("order", STARTED)


def test_a_live_rule_takes_another_answer_and_keeps_its_identity_and_counts(redis: FauxRedis) -> None:
    rule = redis.stub("GET").replies("a", "b").times(4)
    with Wire(redis) as wire:
        assert wire.ask("GET k") == '"a"'
        number = rule.id
        rule.replace("x").close()
        rule.replace(lambda call: call.args[0])
        assert wire.ask("GET k") == '"k"'
        rule.replace("1", "2", then=CYCLE)
        assert [wire.ask("GET k") for _ in range(3)] == ['"1"', '"2"', "(nil)"]
        rule.times(5)
        assert wire.ask("GET k") == '"1"'
        assert (rule.id, rule.hits) == (number, 5)
        rule.times(6).replace(close("bye"))
        assert (wire.ask("GET k"), wire.receive()) == ('"bye"', "(closed)")


def test_a_rule_that_has_had_enough_leaves_calls_to_older_rules_and_then_to_the_store(
    redis: FauxRedis,
) -> None:
    redis.stub("GET").reply("older").times(1)
    redis.stub("GET").reply("newer").times(range(2))
    redis.stub("INCR").error("ERR no").never()
    with Wire(redis) as wire:
        assert [wire.ask("GET k") for _ in range(3)] == ['"newer"', '"older"', "(nil)"]
        assert wire.ask("INCR n") == ":1"


def test_priority_comes_before_age_among_rules_of_every_kind(redis: FauxRedis) -> None:
    group = redis.stub(category("@read")).reply("group")
    redis.stub("GET").reply("command")
    assert ask(redis, "GET k") == '"command"'
    group.priority(1)
    assert ask(redis, "GET k") == '"group"'
    group.remove()
    assert ask(redis, "GET k") == '"command"'


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        (lambda rule: rule.p(1.5), "option 'p' takes a probability from 0 to 1, not 1.5"),
        (lambda rule: rule.p("often"), "option 'p' takes a probability from 0 to 1, not 'often'"),
        (lambda rule: rule.p(True), "option 'p' takes a probability from 0 to 1, not True"),
        (lambda rule: rule.p(float("nan")), "option 'p' takes a probability from 0 to 1, not NaN"),
        (lambda rule: rule.scenario(5), "option 'name' of scenario() takes a str, not 5"),
        (lambda rule: rule.scenario("s", when=5), "option 'when' of scenario() takes a str, not 5"),
        (lambda rule: rule.replace(), "replace() takes an answer"),
    ],
)
def test_a_limit_that_makes_no_sense_is_named(redis: FauxRedis, limit: Any, message: str) -> None:
    with pytest.raises(OptionError, match=regex.escape(message)):
        limit(redis.stub("GET"))


def test_a_scenarios_state_is_a_text(redis: FauxRedis) -> None:
    with pytest.raises(OptionError, match="option 'state' takes a str, not 5"):
        redis.scenario("s").state = 5  # type: ignore[assignment]
    with pytest.raises(OptionError, match=r"scenario\(\) takes a name, not 5"):
        redis.scenario(5)  # type: ignore[arg-type]


@pytest.mark.parametrize("priority", ["high", 1.5, True, 2**63])
def test_a_priority_is_a_whole_number(redis: FauxRedis, priority: Any) -> None:
    with pytest.raises(OptionError, match="option 'priority' takes an int of 64 bits, not "):
        redis.stub("GET").priority(priority)
