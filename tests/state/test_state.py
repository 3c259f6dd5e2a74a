"""What our server refuses in each state, held against what real servers were recorded to refuse."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
import record

from faux_redis import FauxRedis

RECORDED: dict[str, Any] = json.loads(record.RECORDED.read_text())
SERVERS = sorted(RECORDED)
STATES = sorted(record.CODES)


@contextlib.contextmanager
def played(server: str) -> Iterator[FauxRedis]:
    """Our server as the version that was recorded; what it blocks for takes no time."""
    flavour, version = RECORDED[server]["persona"].split(" ")
    with FauxRedis(flavour=flavour, version=version, clock="auto") as redis:
        yield redis


def expected(listed: dict[str, list[str]], table: dict[str, int]) -> list[str]:
    """The commands a real server refused, of those that ours has."""
    if "refuses" in listed:
        return [name for name in table if name in listed["refuses"]]
    return [name for name in table if name not in listed["lets_through"]]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("server", SERVERS)
def test_the_commands_are_refused_that_a_real_server_refuses(server: str, state: str) -> None:
    code = record.CODES[state]
    with played(server) as redis:
        table = record.commands(redis.port)
        getattr(redis.state, state)()
        recorded = RECORDED[server]["states"][state]
        for how in {"queueing", "alone"} & set(recorded):
            refused = record.refused(redis.port, table, code, in_multi=how == "queueing")
            assert refused == expected(recorded[how], table)
            assert len(refused) > len(table) // 10


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("server", SERVERS)
def test_the_texts_are_those_of_a_real_server_and_exec_discards(server: str, state: str) -> None:
    with played(server) as redis:
        ours = record.State(redis.port)
        if state != "busy":
            ours.ready()
        getattr(redis.state, state)()
        recorded = RECORDED[server]["states"][state]
        assert ours.tried() == recorded["tried"]
        if state != "noauth":
            assert ours.execs() == recorded["exec"]


def test_a_state_in_which_nobody_has_said_the_password_is_so_for_clients_that_had() -> None:
    """A real server has no such state: it lets clients be that were there before it had a password."""
    with played("redis-8.0") as redis, record.Connection(redis.port) as client:
        assert client.ask("PING") == "+PONG"
        with redis.state.noauth():
            assert client.ask("PING") == "-NOAUTH Authentication required."
            assert client.ask("AUTH", "secret").startswith("-WRONGPASS")
            assert client.ask("HELLO", "3").startswith("-NOAUTH HELLO must be called")
        assert client.ask("PING") == "+PONG"


@pytest.mark.parametrize("together", list(RECORDED["redis-7.0"]["together"]))
@pytest.mark.parametrize("server", SERVERS)
def test_of_several_states_that_one_counts_which_counts_for_a_real_server(server: str, together: str) -> None:
    with played(server) as redis:
        for state in together.split("+"):
            getattr(redis.state, state)()
        if "masterdown" in together:
            redis.state.readonly()
        answers = {word: answer.split(" ")[0] for word, answer in record.State(redis.port).tried().items()}
        assert answers == RECORDED[server]["together"][together]


@pytest.mark.parametrize("server", SERVERS)
def test_clients_are_turned_away_in_the_words_of_a_real_server(server: str) -> None:
    with played(server) as redis, record.Connection(redis.port) as first:
        assert first.ask("PING") == "+PONG"
        for state in ("maxclients", "protected"):
            with getattr(redis.state, state)():
                with record.Connection(redis.port) as other:
                    assert other.reply() == f"-{RECORDED[server][state]}"
                    assert other.reply() == "(closed)"
                assert first.ask("PING") == "+PONG"
            with record.Connection(redis.port) as other:
                assert other.ask("PING") == "+PONG"
