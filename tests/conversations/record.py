#!/usr/bin/env python3
"""Records conversations from the real servers, or compares them with a server.

    record.py [FILE ...]                                        writes what the real servers reply, in place
    record.py --check [FILE ...]                                says what differs from the real servers
    record.py --against HOST:PORT --persona redis-7.0 [FILE ...]  says what differs from that server
    record.py --start-cmd 'CMD --port {port}' --persona redis-7.0 [FILE ...]  from a new server for each block

Without files, all of this folder. The exit code is 1 if something differs, or if a recorded reply does not repeat.
A server that cannot be had is named: what was recorded from it stays as it is, and is not checked.
"""

from __future__ import annotations

import argparse
import functools
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent / "oracles")]

import oracles  # noqa: E402
from conversation import RECORDED, Block, Conversation, Difference, Step, observe, play, play_block, recorded_as  # noqa: E402
from notation import Value, matches, write  # noqa: E402

# What one server sends at one step: on which connection, and the line that says it.
Events = list[tuple[str, str]]

# Where a recorded server comes from, if its own name does not say it.
ORACLES = {"valkey 9.1": "valkey-sid"}


def record(path: Path) -> list[str]:
    """Rewrites the reply lines of a file. Says which placeholders no longer held."""
    conversation = Conversation.load(path)
    notes: list[str] = []
    lines = list(conversation.lines)
    blocks = [block for block in conversation.blocks if block.recordable]
    with ThreadPoolExecutor(4) as pool:
        observed = list(pool.map(lambda block: _observe_everywhere(block, notes), blocks))
    for block, found in reversed(list(zip(blocks, observed, strict=True))):
        lines[block.number : block.last - 1] = _rendered(block, found)
    text = "\n".join(lines) + "\n"
    if text != path.read_text(encoding="utf-8"):
        path.write_text(text, encoding="utf-8")
    return [f"{path}: {note}" for note in notes]


def check(path: Path, servers: dict[str, list[str]]) -> list[Difference]:
    """What differs between a file and the servers, each a persona with the command that starts it."""
    conversation = Conversation.load(path)

    def one(task: tuple[Block, str]) -> list[Difference]:
        block, persona = task
        with oracles.serving(servers[persona]) as (_, port):
            return play_block(conversation, block, "127.0.0.1", port, persona)

    tasks = [(block, persona) for block in conversation.blocks for persona in servers
             if block.recordable and block.applies_to(recorded_as(persona))]  # fmt: skip
    with ThreadPoolExecutor(4) as pool:
        return [difference for found in pool.map(one, tasks) for difference in found]


def _oracle(recorded: str) -> str:
    return ORACLES.get(recorded, recorded.replace(" ", "-"))


@functools.cache
def _why_absent(recorded: str) -> str:
    """Why a recorded server cannot be had; nothing if it can. Only a server from an unstable source may be absent."""
    name = _oracle(recorded)
    try:
        with oracles.running(name) as oracle:
            there = recorded_as(f"{oracle.flavour} {oracle.version}") == recorded
            return "" if there else f"{name} has become {oracle.version}"
    except oracles.Unavailable as reason:
        if oracles.is_stable(name):
            raise
        return str(reason)


def _observe_everywhere(block: Block, notes: list[str]) -> list[dict[str, Events]]:
    """For each step, what each server sends; lines with placeholders stay as long as they hold."""
    found: list[dict[str, Events]] = [{} for _ in block.steps]
    for recorded in RECORDED:
        if not block.applies_to(recorded):
            continue
        if _why_absent(recorded):
            for at, step in enumerate(block.steps):
                found[at][recorded] = _kept(step, recorded, found[at], notes)
            continue
        with oracles.running(_oracle(recorded)) as oracle:
            for at, events in enumerate(observe(block, oracle.host, oracle.port, recorded)):
                found[at][recorded] = _written(block.steps[at], events, recorded, notes)
    return found


def _kept(step: Step, recorded: str, found: dict[str, Events], notes: list[str]) -> Events:
    """What is written of a server that is absent; for a new request, what the one recorded before it sends."""
    if old := step.expected_of(recorded):
        return [(line.connection, line.text) for line in old]
    before = list(found)[-1] if found else ""
    if found.get(before):
        notes.append(f"{step.number}: {recorded}: {step.source}: taken from {before}")
    return found.get(before, [])


def _written(step: Step, events: list[tuple[str, Value]], recorded: str, notes: list[str]) -> Events:
    old = step.expected_of(recorded)
    lines = []
    for at, (connection, value) in enumerate(events):
        before = old[at] if at < len(old) and old[at].connection == connection else None
        text = write(value)
        if before is not None and matches(before.pattern, value):
            text = before.text
        elif before is not None and before.pattern.kind in ("any order", "pairs in any order"):
            text = f"({before.pattern.kind}) {text}"
        elif before is None and value.kind == "no reply":
            notes.append(f"{step.number}: {recorded}: {step.source}: nothing comes back")
        elif before is not None and before.text != text:
            notes.append(f"{before.number}: {recorded}: {before.text} is now {text}")
        lines.append((connection, text))
    return lines


def _rendered(block: Block, found: list[dict[str, Events]]) -> list[str]:
    lines = []
    for step, events in zip(block.steps, found, strict=True):
        lines += [*step.before, step.source]
        for at in range(max(map(len, events.values()), default=0)):
            alike: dict[tuple[str, str], list[str]] = {}
            for recorded, sent in events.items():
                if at < len(sent):
                    alike.setdefault(sent[at], []).append(recorded)
            for (connection, text), personas in alike.items():
                direct = at == 0 and connection == step.connection
                label = "" if len(personas) == len(events) else f"[{_label(personas)}] "
                lines.append(("" if direct else f"{connection}< ") + label + text)
    return lines + block.after


def _label(personas: list[str]) -> str:
    """The shortest list of names: a flavour's where all its recorded servers are meant."""
    named = []
    for flavour in ("redis", "valkey"):
        all_of_it = [name for name in RECORDED if name.startswith(flavour)]
        meant = [name for name in personas if name.startswith(flavour)]
        named += [flavour] if meant == all_of_it else meant
    return ", ".join(named)


def _differences(path: Path, options: argparse.Namespace) -> list[Difference]:
    if options.against:
        host, _, port = options.against.rpartition(":")
        return play(Conversation.load(path), host, int(port), options.persona)
    if options.start_cmd:
        return check(path, {options.persona: oracles.split(options.start_cmd)})
    servers = {recorded: oracles.command(_oracle(recorded)) for recorded in RECORDED if not _why_absent(recorded)}
    if not options.check:
        for note in record(path):
            print(note)
    return check(path, servers)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--against", metavar="HOST:PORT")
    parser.add_argument("--start-cmd", help="how to start a server; {port} is filled in")
    parser.add_argument("--persona", default="redis-7.0")
    options = parser.parse_intermixed_args(argv)
    files = options.files or sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")
    try:
        differences = [difference for path in files for difference in _differences(path, options)]
    except oracles.Unavailable as reason:
        print(reason, file=sys.stderr)
        return 1
    for difference in differences:
        print(difference)
    if not options.against and not options.start_cmd:
        for recorded in filter(_why_absent, RECORDED):
            print(f"{recorded} is neither recorded nor checked: {_why_absent(recorded)}")
    print(f"{len(files)} files, {len(differences)} differences")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
