#!/usr/bin/env python3
"""Writes COMPATIBILITY.md: which commands there are, how each is known, and what differs.

    compatibility.py --server target/release/faux-redis            writes the file
    compatibility.py --server target/release/faux-redis --check    says whether the file is what would be written
    compatibility.py --ask                                         asks the real servers for their commands first

The commands of the real servers stand in `real.json`, asked by `--ask`; those of ours are asked of the program now. The
suites' results are those of `tests/oracles`, the counts of exchanges those of `tests/conversations`. What differs, and
why, is written by hand in `differences.md`.
"""

from __future__ import annotations

import argparse
import difflib
import json
import socket
import sys
from collections import Counter
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
sys.path[:0] = [str(ROOT / "tests/oracles"), str(ROOT / "tests/conversations")]

import oracles  # noqa: E402
import suite  # noqa: E402
from conversation import Conversation  # noqa: E402

# Who can be played and asked: a real server, what to call it, and the options that make ours like it.
PERSONAS = [
    ("redis-7.0", "Redis 7.0.15", ["--version", "7.0.15"]),
    ("redis-sid", "Redis 8.0.6", ["--version", "8.0.6"]),
    ("valkey-8.1", "Valkey 8.1.1", ["--flavour", "valkey", "--version", "8.1.1"]),
    ("valkey-sid", "Valkey 9.1.2", ["--flavour", "valkey", "--version", "9.1.2"]),
]

# The newest version that can be played, which no server here is asked for.
NEWEST = ("documentation", "Redis 8.10.0", ["--version", "8.10.0"])

SUITES = {"redis-7.0.15": "Redis 7.0.15", "valkey-8.1": "Valkey 8.1.1"}

# The names of a server's commands and subcommands, by group.
Groups = dict[str, list[str]]


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", type=Path, help="the program faux-redis")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--ask", action="store_true")
    options = parser.parse_args(argv)
    facts = FOLDER / "real.json"
    if options.ask:
        facts.write_text(json.dumps(ask_real(), indent=0, sort_keys=True) + "\n")
        return 0
    if not options.server:
        parser.error("--server is needed")
    written = document(json.loads(facts.read_text()), ask_ours(options.server.resolve()))
    path = ROOT / "COMPATIBILITY.md"
    if not options.check:
        path.write_text(written)
        return 0
    there = path.read_text() if path.exists() else ""
    sys.stdout.writelines(difflib.unified_diff(there.splitlines(True), written.splitlines(True), "there", "due"))
    if there != written:
        print("COMPATIBILITY.md is not up to date: run `make compatibility`")
    return 0 if there == written else 1


# ---- asking --------------------------------------------------------------------------------------------------------


def ask_real() -> dict[str, Groups]:
    found = {}
    for name, _, _ in PERSONAS:
        with oracles.running(name) as oracle:
            found[name] = commands_of(oracle.port)
    return found


def ask_ours(server: Path) -> dict[str, Groups]:
    found = {}
    for name, _, options in [*PERSONAS, NEWEST]:
        with oracles.serving([str(server), "serve", "--port", "{port}", *options]) as (_, port):
            found[name] = commands_of(port)
    return found


def commands_of(port: int) -> Groups:
    """A server's commands as COMMAND DOCS tells them; those of modules are left out."""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(b"COMMAND DOCS\r\n")
        docs = _pairs(read(connection.makefile("rb")))
    groups: Groups = {}
    for name, doc in docs.items():
        doc = _pairs(doc)
        if doc["group"] == "module" or "module" in doc:
            continue
        subcommands = _pairs(doc.get("subcommands", []))
        group = groups.setdefault(doc["group"], [])
        group += [name.upper(), *(sub.upper().replace("|", " ") for sub in subcommands)]
    return {group: sorted(names) for group, names in groups.items()}


def read(stream) -> object:
    """One reply of RESP2; text for strings."""
    line = stream.readline().rstrip(b"\r\n")
    kind, rest = line[:1], line[1:]
    if kind == b"*":
        return [read(stream) for _ in range(int(rest))]
    if kind == b"$":
        return None if rest == b"-1" else stream.read(int(rest) + 2)[:-2].decode()
    assert kind in b"+:", line
    return rest.decode()


def _pairs(flat: list) -> dict:
    return dict(zip(flat[::2], flat[1::2], strict=True))


# ---- writing -------------------------------------------------------------------------------------------------------


def document(real: dict[str, Groups], ours: dict[str, Groups]) -> str:
    parts = [
        "# Compatibility\n",
        "Written by `make compatibility`; what differs and why is written by hand in `tests/compatibility/differences.md`.\n",
        "## Commands\n",
        "Commands and subcommands here, of those that the real server's COMMAND DOCS names (modules apart).\n",
        commands_table(real, ours),
        "### Not there yet\n",
        missing(real, ours),
        "### Known from documentation alone\n",
        "Newer than every server that can be asked: told by the commands' documentation, and held by tests of our own.\nNew options of older commands are gated by their versions in the same way.\n",
        documented(real, ours),
        "## The servers' own test suites\n",
        "Tests that pass, of those that the real server passes when it is tested from outside in the same way.\n"
        "What fails is named with reasons in `tests/oracles/passing`.\n",
        suites_table(),
        "## Conversations\n",
        "Exchanges recorded from the real servers and played to ours without a difference.\n",
        conversations_table(),
        (FOLDER / "differences.md").read_text(),
    ]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def commands_table(real: dict[str, Groups], ours: dict[str, Groups]) -> str:
    groups = sorted({group for server in real.values() for group in server})
    rows = []
    for group in groups:
        cells = []
        for name, _, _ in PERSONAS:
            wanted = real[name].get(group, [])
            here = len(set(wanted) & everything(ours[name]))
            cells.append(f"{here} of {len(wanted)}" if wanted else "")
        rows.append([group, *cells])
    return table(["group", *(title for _, title, _ in PERSONAS)], rows)


def everything(groups: Groups) -> set[str]:
    return {name for names in groups.values() for name in names}


def missing(real: dict[str, Groups], ours: dict[str, Groups]) -> str:
    lacking: dict[str, set[str]] = {}
    for name, _, _ in PERSONAS:
        here = everything(ours[name])
        for group, names in real[name].items():
            lacking.setdefault(group, set()).update(set(names) - here)
    lines = [f"- {group}: {', '.join(sorted(names))}" for group, names in sorted(lacking.items()) if names]
    return "\n".join(lines) or "Nothing."


def documented(real: dict[str, Groups], ours: dict[str, Groups]) -> str:
    name, title, _ = NEWEST
    known = {command for server in real.values() for command in everything(server)}
    lines = [f"- {title}, {group}: {', '.join(alone)}" for group, names in sorted(ours[name].items()) if (alone := sorted(set(names) - known))]
    return "\n".join(lines)


def suites_table() -> str:
    expected = {name: suite.read_list("expected", name) for name in SUITES}
    passing = {name: suite.read_list("passing", name) for name in SUITES}
    rows = []
    for file in sorted({file for lists in expected.values() for file in lists}):
        cells = []
        for name in SUITES:
            wanted, passed = (Counter(lists[name].get(file, [])) for lists in (expected, passing))
            cells.append(f"{(wanted & passed).total()} of {wanted.total()}" if wanted else "")
        rows.append([file, *cells])
    return table(["file", *SUITES.values()], rows)


def conversations_table() -> str:
    rows = []
    for path in sorted((ROOT / "tests/conversations").glob("*.md")):
        if path.name != "README.md":
            steps = sum(len(block.steps) for block in Conversation.load(path).blocks)
            rows.append([path.stem, str(steps)])
    return table(["file", "exchanges"], [*rows, ["all", str(sum(int(row[1]) for row in rows))]])


def table(heading: list[str], rows: list[list[str]]) -> str:
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
