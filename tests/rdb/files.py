"""RDB files that one server has saved, loaded by the other."""

from __future__ import annotations

import contextlib
import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import oracles
from report import Report
from values import make, values
from wire import Client, ErrorReply

LIBRARY = "#!lua name=mylib\nredis.register_function('twice', function(keys, args) return 2 * args[1] end)"
SHORTLY_MS = 3_600_000


def fill(client: Client, chance: random.Random) -> None:
    """Puts every value into two databases, some with a time to live, and a library of functions."""
    expires_fields = not isinstance(client("HPEXPIRETIME", "none", "FIELDS", 1, "f"), ErrorReply)
    for db in (0, 9):
        client("SELECT", db)
        for at, value in enumerate(values(chance)):
            if expires_fields or not value.expires_fields:
                make(client, value, f"key:{at}")
        for at in range(0, 300, 3):
            client("PEXPIRE", f"key:{at}", SHORTLY_MS + at)
    client("FUNCTION", "LOAD", LIBRARY)


def state(client: Client) -> tuple[object, ...]:
    """All there is, as one can be compared with another."""
    seen: list[object] = [client("DEBUG", "DIGEST")]
    for db in (0, 9):
        client("SELECT", db)
        seen += [client("DBSIZE"), client("PEXPIRETIME", "key:3"), client("PEXPIRETIME", "key:1")]
    return tuple(seen)


def loaded(client: Client) -> Client:
    """The client, once its server has loaded its file."""
    while str(client("PING")).startswith("LOADING"):
        pass
    return client


def play_files(oracle: oracles.Oracle, start_ours: list[str], report: Report, chance: random.Random) -> None:
    """Saves on the real server and loads on ours, then the other way round, functions included."""
    real = Client(oracle.port)
    fill(real, chance)
    assert real("SAVE") == "OK"
    folder = real("CONFIG", "GET", "dir")[1].decode()
    functions = real("FUNCTION", "LIST", "WITHCODE")
    expected = state(real)
    with contextlib.ExitStack() as stack:
        ours, own_folder = stack.enter_context(_ours(start_ours, Path(folder) / "dump.rdb"))
        report.same("file", f"{oracle.name}, loaded by ours", expected, state(ours))
        for reload in (["RELOAD"], ["RELOAD", "NOSAVE"], ["RELOAD", "MERGE", "NOFLUSH"]):
            report.same("reload", " ".join(reload), "OK", str(ours("DEBUG", *reload)))
            report.same("file", f"{oracle.name}, reloaded by ours with {reload}", expected, state(ours))
        assert ours("SAVE") == "OK"
        report.same("saving", "INFO", b"0", _info(ours, "rdb_changes_since_last_save"))
        with oracles.running(oracle.name, "--dir", str(own_folder)) as other:
            again = loaded(Client(other.port))
            report.same("file", f"ours, loaded by {oracle.name}", expected, state(again))
            report.same("functions", f"ours, loaded by {oracle.name}", functions, again("FUNCTION", "LIST", "WITHCODE"))


def play_assets(oracle: oracles.Oracle, start_ours: list[str], report: Report) -> None:
    """Loads the files that the real server's own suite has of older versions."""
    for asset in sorted((oracles.suite("redis-7.0.15") / "tests" / "assets").glob("*.rdb")):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(asset, Path(folder) / "dump.rdb")
            options = ["--dir", folder]
            try:
                with oracles.running(oracle.name, *options) as other:
                    theirs: object = loaded(Client(other.port))("DEBUG", "DIGEST")
            except (oracles.Unavailable, OSError, ConnectionError):
                theirs = "refused"
            try:
                with _ours(start_ours, asset) as (client, _):
                    ours: object = client("DEBUG", "DIGEST")
            except (oracles.Unavailable, OSError, ConnectionError):
                ours = "refused"
            report.same("old file", asset.name, theirs, ours)


@contextlib.contextmanager
def _ours(start: list[str], rdb: Path) -> Iterator[tuple[Client, Path]]:
    """Ours with the data of a file, and the folder where it saves."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["--rdb", str(rdb), "--config", f"dir={folder}"]
        with oracles.serving([*start, *options]) as (_, port):
            yield Client(port), Path(folder)


def _info(client: Client, name: str) -> bytes:
    lines = client("INFO", "persistence").split(b"\r\n")
    return dict(line.split(b":", 1) for line in lines if b":" in line)[name.encode()]
