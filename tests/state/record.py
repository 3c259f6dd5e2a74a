#!/usr/bin/env python3
"""Which commands real servers refuse in which state, and how: brought about for real, and written to `recorded.json`.

    record.py [NAME ...]        all servers in the cache, or those named

A server is really loading, really out of memory, really a replica of a master that is gone, and so on. Every command
of its table is then sent inside MULTI, where a command is refused or queued and never carried out; those that MULTI
does not queue are sent by themselves. `test_state.py` holds our server against what was recorded.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "oracles"))
import oracles  # noqa: E402 - it is found by the path above

RECORDED = Path(__file__).with_name("recorded.json")

# What MULTI does not queue; SHUTDOWN and what makes a server another's replica is never sent by itself.
ALONE = ["exec", "discard", "multi", "watch", "quit", "reset"]
NEVER_ALONE = {"shutdown", "save", "replicaof", "slaveof", "failover", "sync", "psync", "debug"}

# Requests that are also tried by themselves and as the one command of a transaction that was begun before.
TRIED = [["SET", "1", "1"], ["GET", "1"], ["DEL", "1"], ["PING"], ["PUBLISH", "1", "1"], ["INFO"], ["BLPOP", "1", "1"]]


class Connection:
    """A connection that gives replies as lines of text; of an array only the head and what stands in it as lines."""

    def __init__(self, port: int, source: str = "127.0.0.1") -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 20, source_address=(source, 0))
        self.file = self.socket.makefile("rb")

    def ask(self, *words: str) -> str:
        with contextlib.suppress(OSError):
            self.send(*words)
        return self.reply()

    def send(self, *words: str) -> None:
        parts = [f"*{len(words)}\r\n"] + [f"${len(word)}\r\n{word}\r\n" for word in words]
        self.socket.sendall("".join(parts).encode())

    def reply(self) -> str:
        try:
            line = self.file.readline().decode().rstrip("\r\n")
        except OSError:
            return "(closed)"
        if not line:
            return "(closed)"
        if line[0] == "$" and int(line[1:]) >= 0:
            return self.file.read(int(line[1:]) + 2).decode("utf-8", "replace")[:-2]
        if line[0] in "*~>" and int(line[1:]) > 0:
            return " ".join(self.reply() for _ in range(int(line[1:])))
        return line

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()
        self.socket.close()


def commands(port: int) -> dict[str, int]:
    """All commands and subcommands by name, `client|kill`, with their arity."""
    with Connection(port) as connection:
        connection.send("COMMAND")
        table: dict[str, int] = {}

        def value() -> Any:
            line = connection.file.readline().decode().rstrip("\r\n")
            if line[0] in "*~%":
                count = int(line[1:]) * (2 if line[0] == "%" else 1)
                return [value() for _ in range(max(count, 0))]
            if line[0] == "$":
                return connection.file.read(int(line[1:]) + 2).decode()[:-2] if int(line[1:]) >= 0 else None
            return int(line[1:]) if line[0] == ":" else line[1:]

        def add(row: list[Any]) -> None:
            subcommands = row[9] if len(row) > 9 else []
            if not subcommands:
                table[row[0]] = row[1]
            for subcommand in subcommands:
                add(subcommand)

        for row in value():
            add(row)
        return dict(sorted(table.items()))


def request(name: str, arity: int) -> list[str]:
    words = name.split("|")
    wanted = -arity + (0 if len(words) > 1 or arity < -1 else 1) if arity < 0 else arity
    return [*words, *["1"] * max(wanted - len(words), 0)]


def refused(port: int, table: dict[str, int], code: str, in_multi: bool = True) -> list[str]:
    """The commands that are refused with this code."""
    found = []
    for name, arity in table.items():
        words = request(name, arity)
        with Connection(port) as connection:
            if name in ALONE or not in_multi:
                if name in NEVER_ALONE:
                    continue
                answer = connection.ask(*words)
            else:
                connection.ask("MULTI")
                answer = connection.ask(*words)
                if "allowed inside a transaction" in answer or "inside MULTI" in answer:
                    if name in NEVER_ALONE:
                        continue
                    connection.ask("DISCARD")
                    answer = connection.ask(*words)
        if answer.startswith(f"-{code} "):
            found.append(name)
    return found


def line_of(port: int, words: list[str], code: str) -> str:
    with Connection(port) as connection:
        answer = connection.ask(*words)
        assert answer.startswith(f"-{code}"), f"{words}: {answer}"
        return answer[1:]


def shown(answer: str) -> str:
    """An error with its text; of anything else only that it was let through."""
    return answer[1:] if answer.startswith("-") else "let through"


class State:
    """A server in a state: `enter` brings it about, after `before` was done on connections that stay open."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.queues: list[tuple[str, Connection]] = []
        self.open: list[Connection] = []

    def ready(self) -> None:
        for words in TRIED:
            connection = Connection(self.port)
            connection.ask("MULTI")
            connection.ask(*words)
            self.queues.append((words[0], connection))

    def execs(self) -> dict[str, str]:
        return {name: shown(connection.ask("EXEC")) for name, connection in self.queues}

    def tried(self) -> dict[str, str]:
        answers = {}
        for words in TRIED:
            with Connection(self.port) as connection:
                answers[words[0]] = shown(connection.ask(*words))
        return answers

    def admin(self, *words: str) -> str:
        connection = Connection(self.port)
        self.open.append(connection)
        return connection.ask(*words)


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 20
    while not is_so():
        if time.monotonic() > deadline:
            raise SystemExit(f"it does not come to this: {what}")
        time.sleep(0.02)


# ---- bringing a state about ------------------------------------------------------------------------------------------


def enter(state: State, condition: str, closed: int) -> None:
    setting = lambda name, value: state.admin("CONFIG", "SET", name, value)  # noqa: E731
    if condition == "loading":
        state.admin("DEBUG", "POPULATE", "300000")
        setting("key-load-delay", "200")
        setting("loading-process-events-interval-bytes", "1024")
        setting("save", "")
        connection = Connection(state.port)
        state.open.append(connection)
        connection.send("DEBUG", "RELOAD")
        wait_until(lambda: "\nloading:1" in state.admin("INFO", "persistence"), "loading")
    elif condition == "readonly":
        state.admin("REPLICAOF", "127.0.0.1", str(closed))
    elif condition == "masterdown":
        setting("replica-serve-stale-data", "no")
        state.admin("REPLICAOF", "127.0.0.1", str(closed))
        # What is not refused for writing is refused for being stale; the other half is in `readonly`.
        setting("replica-read-only", "no")
    elif condition == "masterdown_only":
        setting("replica-serve-stale-data", "no")
        state.admin("REPLICAOF", "127.0.0.1", str(closed))
    elif condition == "oom":
        setting("replica-ignore-maxmemory", "no")
        setting("maxmemory", "1")
    elif condition == "misconf":
        folder = tempfile.mkdtemp()
        setting("save", "900 1")
        setting("dir", folder)
        os.rmdir(folder)
        state.admin("BGSAVE")
        wait_until(lambda: "rdb_last_bgsave_status:err" in state.admin("INFO", "persistence"), "a failed BGSAVE")
    elif condition == "noreplicas":
        setting("min-replicas-max-lag", "10")
        setting("min-replicas-to-write", "1")
    elif condition == "busy":
        if "ERR" in setting("busy-reply-threshold", "1"):
            setting("lua-time-limit", "1")
        connection = Connection(state.port)
        state.open.append(connection)
        connection.send("EVAL", "#!lua flags=allow-stale,no-writes,allow-oom\nwhile true do end", "0")
        wait_until(lambda: "BUSY" in state.admin("PUBLISH", "k", "k"), "a busy script")
    elif condition == "clusterdown":
        state.admin("CLUSTER", "DELSLOTS", "0")
        wait_until(lambda: "cluster_state:fail" in state.admin("CLUSTER", "INFO"), "a cluster that is down")
    elif condition == "noauth":
        setting("requirepass", "secret")
    elif condition == "maxclients":
        setting("maxclients", "1")


CONFIG = {"clusterdown": ["--cluster-enabled", "yes"]}
CODES = {name: name.upper() for name in
         ["loading", "readonly", "masterdown", "oom", "misconf", "noreplicas", "busy", "clusterdown", "noauth"]}  # fmt: skip

# States that a real server can be in at once.
TOGETHER = [
    ["oom", "misconf"], ["oom", "noreplicas"], ["misconf", "noreplicas"], ["oom", "readonly"], ["misconf", "readonly"],
    ["readonly", "masterdown_only"], ["oom", "masterdown_only"], ["readonly", "loading"], ["masterdown_only", "loading"],
    ["oom", "loading"], ["noreplicas", "loading"], ["oom", "busy"], ["misconf", "busy"],
    ["noreplicas", "busy"], ["readonly", "busy"], ["masterdown_only", "busy"], ["oom", "clusterdown"],
    ["noreplicas", "clusterdown"],
]  # fmt: skip


@contextlib.contextmanager
def started(name: str, config: list[str]) -> Iterator[oracles.Oracle]:
    """A running server. Another process may take one of its ports first, hence the few attempts."""
    with contextlib.ExitStack() as stack:
        for attempt in range(5):
            try:
                oracle = stack.enter_context(oracles.running(name, *config))
                break
            except OSError:
                if attempt == 4:
                    raise
        yield oracle


@contextlib.contextmanager
def in_state(name: str, *conditions: str) -> Iterator[State]:
    config = [word for condition in conditions for word in CONFIG.get(condition, [])]
    with started(name, config) as oracle:
        state = State(oracle.port)
        if "clusterdown" in conditions:
            state.admin("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
            wait_until(lambda: "cluster_state:ok" in state.admin("CLUSTER", "INFO"), "a cluster that is up")
        state.ready()
        if "busy" in conditions:
            # The connection of a transaction that was begun before is of no use to a script that never ends.
            state.queues.clear()
        for condition in conditions:
            enter(state, condition, oracles.free_port())
        try:
            yield state
        finally:
            # A server in such a state may not listen to reason.
            oracle.process.kill()


def record(name: str) -> dict[str, Any]:
    with oracles.running(name) as oracle:
        table = commands(oracle.port)
        found: dict[str, Any] = {"persona": f"{oracle.flavour} {oracle.version}", "states": {}, "together": {}}
    for condition, code in CODES.items():
        with in_state(name, condition) as state:
            execs = state.execs()
            multi = condition != "noauth"
            names = refused(state.port, table, code, multi)
            texts = {text for text in state.tried().values() if text.startswith(code)}
            assert len(texts) == 1, f"{condition}: {texts}"
            entry: dict[str, Any] = {"text": texts.pop(), "tried": state.tried(), "exec": execs}
            entry["queueing" if multi else "alone"] = listed(names, table)
            if condition == "oom":
                # Some servers queue nothing at all when memory is short, though they would carry it out.
                entry["alone"] = listed(refused(state.port, table, code, in_multi=False), table)
            found["states"][condition] = entry
        print(f"{name}: {condition}: {len(names)} of {len(table)}", flush=True)
    for conditions in TOGETHER:
        with in_state(name, *conditions) as state:
            answers = {word: answer.split(" ")[0] for word, answer in state.tried().items()}
            found["together"]["+".join(conditions).replace("_only", "")] = answers
        print(f"{name}: {' and '.join(conditions)}", flush=True)
    with in_state(name, "maxclients") as state:
        found["maxclients"] = line_of(state.port, ["PING"], "ERR max")
    found["protected"] = protected(name)
    return found


def listed(names: list[str], table: dict[str, int]) -> dict[str, list[str]]:
    """The commands that are refused, or those that are not, whichever are fewer."""
    others = [other for other in table if other not in names]
    return {"refuses": names} if len(names) <= len(others) else {"lets_through": others}


def protected(name: str) -> str:
    """What a client from elsewhere is told, in a network of its own that nobody else is in."""
    script = (
        "ip link set lo up; ip addr add 10.99.0.1/32 dev lo; "
        f"{oracles.program(name, 'server')} --port 7999 --save '' --bind 10.99.0.1 127.0.0.1 >/dev/null & "
        "server=$!; "
        f"{sys.executable} -c 'import socket, time\n"
        "for _ in range(200):\n"
        "    try:\n"
        '        s = socket.create_connection(("10.99.0.1", 7999), 5)\n'
        "        break\n"
        "    except OSError:\n"
        "        time.sleep(0.05)\n"
        'print(s.makefile().read(), end="")\'; '
        "kill $server; wait $server"
    )
    done = subprocess.run(["unshare", "-rn", "sh", "-c", script], capture_output=True, text=True, timeout=60)
    line = re.search(r"^-(DENIED .*)$", done.stdout, re.MULTILINE)
    if line is None:
        raise SystemExit(f"{name}: nothing is denied: {done.stdout} {done.stderr}")
    return line.group(1)


def main(names: list[str]) -> None:
    known = json.loads(RECORDED.read_text()) if RECORDED.exists() else {}
    for name in names or oracles.available():
        known[name] = record(name)
        RECORDED.write_text(json.dumps(dict(sorted(known.items())), indent=0, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
