"""The types: the stub file says what the core has, and a user's program is checked against them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mypy")

PROGRAM = """
import faux_redis as f

with f.FauxRedis(port=0, flavour="valkey") as redis:
    rule: f.Rule = redis.stub("GET", f.ANY, key=f.re("^a")).replies("a", f.delay(0.5, "b"), then=f.CYCLE)
    redis.expect("SET", lambda arg: arg.startswith(b"x")).call(lambda call: call.args[0]).times(range(1, 3))
    names: list[str] = [call.name for call in redis.calls("GET")]
    key: bytes | None = redis.wait_for("GET", timeout=2).key
    {mistake}
"""


def check(folder: Path, mistake: str) -> str:
    program = folder / "program.py"
    program.write_text(PROGRAM.format(mistake=mistake))
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(folder / "cache"), str(program)]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False).stdout


def test_a_users_program_is_well_typed(tmp_path: Path) -> None:
    assert check(tmp_path, "pass").startswith("Success")


@pytest.mark.parametrize(
    "mistake",
    [
        "f.FauxRedis(colour=1)",
        'f.FauxRedis(mode="mock")',
        'redis.stub("GET").reply()',
        "redis.calls[0].colour",
    ],
)
def test_a_mistake_is_found(tmp_path: Path, mistake: str) -> None:
    assert "program.py:9: error" in check(tmp_path, mistake)


def test_the_stub_file_says_what_the_core_has() -> None:
    command = [sys.executable, "-m", "mypy.stubtest", "faux_redis._core"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout
