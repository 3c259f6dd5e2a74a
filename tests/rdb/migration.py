"""Keys that MIGRATE sends from one server to another."""

from __future__ import annotations

import oracles
from report import Report
from wire import Client, ErrorReply

KEYS = {"s": ("SET", "s", "text"), "l": ("RPUSH", "l", *range(300)), "h": ("HSET", "h", "f", "v"), "z": ("ZADD", "z", 1, "m")}


def play_migration(one: Client, one_port: int, other: Client, other_port: int, report: Report, name: str) -> None:
    """Sends keys to and fro; what the sender replies must be what a real server replies."""
    for client in (one, other):
        client("FLUSHALL")
    for request in KEYS.values():
        one(*request)
    one("PEXPIRE", "s", 3_600_000)
    digest = one("DEBUG", "DIGEST")

    def migrate(client: Client, port: int, *words: object) -> str:
        return str(client("MIGRATE", "127.0.0.1", port, *words))

    def check(what: str, expected: object, got: object) -> None:
        report.same("migration", f"{name}: {what}", expected, got)

    check("no key", "NOKEY", migrate(one, other_port, "none", 0, 5000))
    check("one key", "OK", migrate(one, other_port, "s", 0, 5000))
    check("it is gone here", 0, one("EXISTS", "s"))
    check("it is there with its time to live", True, 0 < other("PTTL", "s") <= 3_600_000)
    check("copies", "OK", migrate(one, other_port, "", 0, 5000, "COPY", "KEYS", "l", "h", "none"))
    check("they stay", 2, one("EXISTS", "l", "h"))
    busy = "ERR Target instance replied with error: BUSYKEY Target key name already exists."
    check("a key that is there", busy, migrate(one, other_port, "l", 0, 5000))
    check("one of several is there", busy, migrate(one, other_port, "", 0, 5000, "KEYS", "z", "h"))
    check("the others went", (0, 1), (one("EXISTS", "z"), one("EXISTS", "h")))
    check("replaced", "OK", migrate(one, other_port, "", 0, 5000, "REPLACE", "KEYS", "l", "h"))
    check("all went", 0, one("DBSIZE"))
    check("all is there", digest, other("DEBUG", "DIGEST"))
    check("another database", "OK", migrate(other, one_port, "z", 3, 5000))
    index = "ERR Target instance replied with error: ERR DB index is out of range"
    check("a database that is not there", index, migrate(other, one_port, "s", 99, 5000))
    login = "ERR Target instance replied with error: "
    says = migrate(other, one_port, "s", 0, 5000, "AUTH", "wrong")
    check("a password where none is", True, says.startswith(login))
    one("CONFIG", "SET", "requirepass", "secret")
    # The wrong password did not keep the key from being restored.
    check("the right password", "OK", migrate(other, one_port, "s", 0, 5000, "REPLACE", "AUTH", "secret"))
    check("a user", "OK", migrate(other, one_port, "l", 0, 5000, "AUTH2", "default", "secret"))
    one("CONFIG", "SET", "requirepass", "")
    closed = oracles.free_port()
    check("nobody there", "IOERR error or timeout writing to target instance", migrate(other, closed, "h", 0, 1000))
    check("it stays", 1, other("EXISTS", "h"))


def play_errors(real: Client, ours: Client, report: Report) -> None:
    """Requests that are wrong, which both must refuse in the same words."""
    for client in (real, ours):
        client("FLUSHALL")
        client("SET", "k", "v")
    for words in (
        ("h", 1, "k", 0),
        ("h", 1, "k", 0, "x"),
        ("h", 1, "k", "x", 1),
        ("h", 1, "k", 0, 1, "AUTH"),
        ("h", 1, "k", 0, 1, "AUTH2", "u"),
        ("h", 1, "k", 0, 1, "KEYS", "k"),
        ("h", 1, "", 0, 1, "KEYS"),
        ("h", 1, "k", 0, 1, "NONSENSE"),
        ("127.0.0.1", "x", "k", 0, 1),
        ("no such host", 1, "k", 0, 100),
    ):
        theirs, mine = (client("MIGRATE", *words) for client in (real, ours))
        assert isinstance(theirs, ErrorReply) or theirs == "NOKEY", theirs
        report.same("wrong request", repr(words), str(theirs), str(mine))
