#!/usr/bin/env python3
"""Runs the servers' own Tcl test suites against any server, a fresh server a file.

    suite.py redis-7.0.15 --start-cmd 'target/debug/faux-redis serve --port {port}' [FILE ...]
    suite.py redis-7.0.15 --start-cmd '...' --update                   adds what passes now to the passing list
    suite.py redis-7.0.15 --start-cmd '...' --update --reason 'why'    and drops from it what no longer passes
    suite.py redis-7.0.15 --write-expected                             runs the real server and writes what it passes

A FILE is named as the suite names it: unit/type/hash. The suites are unpacked by `oracles.py fetch`; none of their code
is here: this drives `tests/test_helper.tcl` in its external mode, one process a file, and reads its output.

Beside this program, `expected/SUITE.json` names what the real server passes, `passing/SUITE.json` what ours passes; the
latter may only grow. `passing/skipped.md` names the tests that are left out, each with its reason. The exit code is 1
if a test of the passing list fails.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER))

import oracles  # noqa: E402

# Which real server a suite belongs to; its command line tools are what the suite calls.
ORACLES = {"redis-7.0.15": "redis-7.0", "redis-8.0.2": "redis-8.0", "valkey-8.1": "valkey-8.1"}

# A test hangs that neither writes nor computes for so long; the suites themselves sleep up to 15 seconds.
IDLE_S = 20

# A test hangs that takes longer than this, busy or not.
TEST_S = 90

# Tests tagged as slow are left out, but for files that would be empty without them.
SLOW_FILES = {"unit/type/list-2"}

# How many tests that hang are left out, one after the other, to reach those behind them.
MOST_RERUNS = 4

# Tcl of ours that goes around the suite's own helper. It is evaluated in place of that file, so that the suite's worker
# process gets it too. Output is by line, so that nothing is lost when a process is killed; every change of the worker's
# state is echoed, which tells what test is running; after a failed test the main client is brought back to database 9,
# or reconnected, so that one failure does not fail all that follows; and a server that has no functions yet, or lacks a
# setting, is not refused in the set-up of each block.
GLUE = r"""
fconfigure stdout -buffering line
array set ::active_clients_task {}
proc __echo_state {n i op} { catch {puts "\x01state $::active_clients_task($i)"} }
trace add variable ::active_clients_task write __echo_state
rename source __source
proc source {args} {
    uplevel 1 [list __source {*}$args]
    switch -glob [lindex $args end] {
        */support/test.tcl {__wrap_test}
        */support/server.tcl {__wrap_set_up}
    }
}
proc __wrap_test {} {
    rename test __test
    proc test {args} {
        set before $::num_failed
        set code [catch {uplevel 1 [list __test {*}$args]} value options]
        if {$code == 0 && $::num_failed > $before && $::external && [llength $::servers]} __heal
        return -options $options $value
    }
}
proc __heal {} {
    catch {r select 9} reply
    if {$reply ne "OK"} {catch {reconnect}}
    catch {r debug set-active-expire 1}
}
proc __wrap_set_up {} {
    set body [info body run_external_server_test]
    foreach statement {{r function flush} {r config set $param $val}} {
        set body [string map [list $statement "catch {$statement}"] $body]
    }
    proc run_external_server_test [info args run_external_server_test] $body
}
set __file [open tests/test_helper.tcl r]
fconfigure $__file -encoding utf-8
set __code [read $__file]
close $__file
eval $__code
"""


@dataclass
class Result:
    """What became of one file."""

    file: str
    passed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    hung: list[str] = field(default_factory=list)
    messages: dict[str, list[str]] = field(default_factory=dict)
    running: str | None = None
    trouble: str = ""
    finished: bool = False
    seconds: float = 0.0


class Reader:
    """Reads the suite's output, line by line."""

    COLOUR = re.compile(r"\x1b\[[0-9;]*m")

    def __init__(self, result: Result) -> None:
        self.result = result
        self.lines = 0
        self.failure: str | None = None

    def feed_all(self, output: Iterable[bytes]) -> None:
        for raw in output:
            self.feed(raw)

    def feed(self, raw: bytes) -> None:
        self.lines += 1
        line = self.COLOUR.sub("", raw.decode("utf-8", "replace").rstrip("\r\n"))
        result = self.result
        if found := re.match(r"\x01state \((IN PROGRESS|OK|ERR|DONE)\) ?(.*)", line):
            result.running = found.group(2) if found.group(1) == "IN PROGRESS" else None
            self.failure = None
        elif found := re.match(r"\[ok\]: (.*) \(\d+ ms\)$", line):
            result.passed.append(found.group(1))
            result.running = None
        elif found := re.match(r"\[err\]: (.*) in tests/[^ ]+\.tcl$", line):
            self.failure = found.group(1)
            result.failed.append(self.failure)
            result.running = None
        elif found := re.match(r"\[(?:err|exception)\]: (.*)$", line):
            result.trouble = result.trouble or found.group(1)
            self.failure = None
        elif line.startswith("[TIMEOUT]: "):
            result.trouble = "timeout"
        elif re.match(r"\[\d+/\d+ done\]: ", line):
            result.finished = True
        elif self.failure and line.strip():
            result.messages.setdefault(self.failure, []).append(line[:300])


class Runner:
    """Runs files of one suite, each against a server of its own."""

    def __init__(self, name: str, start: list[str], seconds: float, skipped: list[str]) -> None:
        self.suite = oracles.suite(name)
        self.oracle = ORACLES[name]
        self.start = start
        self.seconds = seconds
        self.skipped = skipped

    def run(self, file: str) -> Result:
        """Runs a file, and again without the tests that hung or took the server down."""
        began = time.monotonic()
        hung: list[str] = []
        while True:
            result = self._once(file, hung, began + self.seconds)
            if not result.running or result.running in hung:
                break
            hung.append(result.running)
            if len(hung) > MOST_RERUNS or time.monotonic() > began + self.seconds:
                break
        result.hung = hung
        result.seconds = time.monotonic() - began
        return result

    def _once(self, file: str, hung: list[str], deadline: float) -> Result:
        result = Result(file)
        with tempfile.TemporaryDirectory(prefix="suite-") as folder:
            scratch = self._scratch(Path(folder))
            port = oracles.free_port()
            server = self._server(port, Path(folder))
            try:
                if not oracles.accepts(server, port):
                    result.trouble = "the server does not start"
                    return result
                self._drive(result, scratch, port, hung, deadline)
                if server.poll() is not None:
                    result.trouble = "the server has ended"
            finally:
                _end_group(server)
        if not result.finished and not result.trouble:
            result.trouble = "the file has not come to its end"
        return result

    def _scratch(self, folder: Path) -> Path:
        """The suite in a folder of its own; the tests are copied, for the newer suites resolve links."""
        scratch = folder / "suite"
        shutil.copytree(self.suite / "tests", scratch / "tests", symlinks=True)
        (scratch / "tests" / "tmp").mkdir(exist_ok=True)
        (scratch / "src").mkdir()
        for tool in oracles.program(self.oracle, "server").parent.iterdir():
            (scratch / "src" / tool.name).symlink_to(tool)
        if (self.suite / "utils").is_dir():
            (scratch / "utils").symlink_to(self.suite / "utils")
        (scratch / "glue.tcl").write_text(GLUE)
        return scratch

    def _server(self, port: int, folder: Path) -> subprocess.Popen[bytes]:
        own = folder / "server"
        own.mkdir()
        argv = [part.replace("{port}", str(port)).replace("{dir}", str(own)) for part in self.start]
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                cwd=own, start_new_session=True)  # fmt: skip

    def _drive(self, result: Result, scratch: Path, port: int, hung: list[str], deadline: float) -> None:
        argv = ["tclsh", "glue.tcl", "--host", "127.0.0.1", "--port", str(port), "--single", result.file,
                "--tags", "" if result.file in SLOW_FILES else "-slow", "--baseport", str(_control_port() + 32),
                "--clients", "1", "--timeout", str(TEST_S), "--dont-clean", "--durable"]  # fmt: skip
        if "--dont-pre-clean" in (scratch / "tests" / "test_helper.tcl").read_text():
            argv.append("--dont-pre-clean")
        for test in [*self.skipped, *hung]:
            argv += ["--skiptest", test]
        environment = {name: value for name, value in os.environ.items() if name != "COLORTERM"} | {"TERM": "dumb"}
        process = subprocess.Popen(argv, cwd=scratch, env=environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   start_new_session=True)  # fmt: skip
        assert process.stdout is not None, "the output is a pipe"
        reader = Reader(result)
        thread = threading.Thread(target=reader.feed_all, args=(process.stdout,), daemon=True)
        thread.start()
        try:
            self._attend(process, reader, deadline)
        finally:
            _end_group(process)
        thread.join(5)

    def _attend(self, process: subprocess.Popen[bytes], reader: Reader, deadline: float) -> None:
        """Waits for the end, or until a test hangs in a blocking read: no line written, no time computed."""
        seen, since = (0, 0), time.monotonic()
        while True:
            try:
                process.wait(0.5)
                return
            except subprocess.TimeoutExpired:
                pass
            now = time.monotonic()
            ticks, busy = _computed(process.pid)
            if busy or reader.lines != seen[0] or ticks > seen[1] + 1:
                seen, since = (reader.lines, ticks), now
            if now - since > IDLE_S or now > deadline:
                reader.result.trouble = "a test hangs" if now <= deadline else "the file takes too long"
                return


def _computed(group: int) -> tuple[int, bool]:
    """The processor time used by a group's processes besides its leader, and whether one is computing now."""
    total, busy = 0, False
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and int(path.parent.name) != group:
            total += int(fields[11]) + int(fields[12])
            busy = busy or fields[0] == "R"
    return total, busy


def _control_port() -> int:
    """A port for the suite's own use: it looks in the 32 below its base, and wants the one 10,000 above free too."""
    while True:
        port = random.randrange(20000, 32000, 40)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Ends a process that this program has started, with those it has started itself."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(3)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue


# ---- the lists -----------------------------------------------------------------------------------------------------


Names = dict[str, list[str]]


def read_list(kind: str, suite: str) -> Names:
    path = FOLDER / kind / f"{suite}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def write_list(kind: str, suite: str, names: Names) -> None:
    path = FOLDER / kind / f"{suite}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({file: names[file] for file in sorted(names) if names[file]}, indent=0) + "\n")


def read_skipped(suite: str) -> list[str]:
    """The tests that `skipped.md` leaves out of a suite: the lines "- `name`: reason" below the suite's heading."""
    text = (FOLDER / "passing" / "skipped.md").read_text()
    section = re.search(rf"^## {re.escape(suite)}$(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    return re.findall(r"^- `(.+?)`: .+", section.group(1) if section else "", re.MULTILINE)


def add_skipped(suite: str, names: list[str], reason: str) -> None:
    path = FOLDER / "passing" / "skipped.md"
    text = path.read_text()
    if f"## {suite}\n" not in text:
        text = text.rstrip() + f"\n\n## {suite}\n\n"
    lines = "".join(f"- `{name}`: {reason}\n" for name in names)
    section = re.compile(rf"^## {re.escape(suite)}\n\n?((?:- .*\n)*)", re.MULTILINE)
    text = section.sub(lambda found: f"## {suite}\n\n{found.group(1)}{lines}\n", text)
    path.write_text(re.sub(r"\n{3,}", "\n\n", text).rstrip() + "\n")


def without(names: list[str], others: list[str]) -> list[str]:
    """The names that are more often in the first list than in the second; a suite may use a name twice."""
    return sorted((collections.Counter(names) - collections.Counter(others)).elements())


# ---- the command ---------------------------------------------------------------------------------------------------


def report(result: Result, expected: list[str], details: bool) -> None:
    missing = without(expected, result.passed)
    print(f"{result.file:32} expected {len(expected):4}  passed {len(expected) - len(missing):4}"
          f"  failed {len(result.failed):3}  hung {len(result.hung)}  {result.seconds:5.1f} s  {result.trouble[:90]}",
          flush=True)  # fmt: skip
    if not details:
        return
    not_run = []
    for name in dict.fromkeys(missing):
        if name in result.hung:
            print(f"    hung       {name}")
        elif name in result.failed:
            print("\n        ".join([f"    failed     {name}", *result.messages.get(name, [])[:4]]))
        else:
            not_run.append(name)
    for name in not_run[:10]:
        print(f"    not run    {name}")
    if not_run[10:]:
        print(f"    not run    and {len(not_run) - 10} more")


def settle(suite: str, results: list[Result], update: bool, reason: str) -> int:
    """Compares with the passing list, which may only grow unless there is a reason."""
    passing = read_list("passing", suite)
    lost = {result.file: without(passing.get(result.file, []), result.passed) for result in results}
    gained = sum(len(without(result.passed, passing.get(result.file, []))) for result in results)
    count = sum(map(len, lost.values()))
    print(f"passing list: {sum(map(len, passing.values()))} tests, {count} lost, {gained} new")
    for file, names in lost.items():
        for name in names:
            print(f"    lost: {file}: {name}")
    if update and (not count or reason):
        passing.update({result.file: result.passed for result in results})
        write_list("passing", suite, passing)
        add_skipped(suite, sorted({name for names in lost.values() for name in names}), reason)
        return 0
    if update:
        print("nothing is written: to drop a test from the list, give a --reason")
    return 1 if count else 0


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite", choices=sorted(ORACLES))
    parser.add_argument("files", nargs="*", metavar="FILE")
    parser.add_argument("--start-cmd", help="how to start a server; {port} and {dir} are filled in")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--reason", default="")
    parser.add_argument("--write-expected", action="store_true")
    parser.add_argument("--seconds", type=float, default=240, help="for one file, reruns included")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--brief", action="store_true", help="no messages of failures")
    options = parser.parse_intermixed_args(argv)
    if not options.start_cmd and not options.write_expected:
        parser.error("--start-cmd is needed")
    if not shutil.which("tclsh"):
        parser.error("there is no tclsh (package tcl)")
    start = oracles.split(options.start_cmd) if options.start_cmd else oracles.command(ORACLES[options.suite])
    skipped = [] if options.write_expected else read_skipped(options.suite)
    runner = Runner(options.suite, start, options.seconds, skipped)
    expected = read_list("expected", options.suite)
    files = options.files or (known_files(runner.suite) if options.write_expected else sorted(expected))
    results = []
    with ThreadPoolExecutor(options.jobs) as pool:
        for result in pool.map(runner.run, files):
            results.append(result)
            wanted = result.passed + result.failed if options.write_expected else expected.get(result.file, [])
            report(result, [name for name in wanted if name not in skipped], not options.brief)
    if options.write_expected:
        write_list("expected", options.suite, expected | {result.file: result.passed for result in results})
        return 0
    return settle(options.suite, results, options.update, options.reason)


def known_files(suite: Path) -> list[str]:
    """The files of a suite that can be run against a server from outside."""
    return sorted(f"{folder}/{path.stem}" for folder in ("unit", "unit/type")
                  for path in (suite / "tests" / folder).glob("*.tcl"))  # fmt: skip


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))
    try:
        sys.exit(main(sys.argv[1:]))
    except oracles.Unavailable as unavailable:
        print(unavailable, file=sys.stderr)
        sys.exit(1)
