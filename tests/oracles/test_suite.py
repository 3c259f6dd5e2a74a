"""How the suites' output is read, and how the lists of tests are kept."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import oracles
import suite
from suite import Reader, Result

OUTPUT = """\
\x01state (IN PROGRESS) SET and GET
[ok]: SET and GET (1 ms)
\x01state (IN PROGRESS) Fails
\x1b[0;31m[err]: Fails in tests/unit/x.tcl\x1b[0m
Expected 'a' to be 'b'
(context: ...)
\x01state (IN PROGRESS) SET and GET
[ok]: SET and GET (2 ms)
[ignore]: Tag: slow denied
\x01state (IN PROGRESS) Hangs
"""


def read(text: str) -> Result:
    result = Result("unit/x")
    Reader(result).feed_all(line.encode() for line in text.splitlines(keepends=True))
    return result


def test_what_passed_failed_and_was_running_is_read_from_the_output() -> None:
    result = read(OUTPUT)
    assert result.passed == ["SET and GET", "SET and GET"]
    assert result.failed == ["Fails"]
    assert result.messages == {"Fails": ["Expected 'a' to be 'b'", "(context: ...)"]}
    assert result.running == "Hangs"
    assert not result.finished


def test_a_file_that_comes_to_its_end_is_finished() -> None:
    result = read("[ok]: A (1 ms)\n\x01state (DONE) unit/x\n[1/1 done]: unit/x (0 seconds)\n")
    assert (result.finished, result.running, result.trouble) == (True, None, "")


def test_an_error_outside_of_a_test_is_trouble() -> None:
    assert read("[exception]: Executing test client: ERR no.\n").trouble == "Executing test client: ERR no."


def test_a_name_used_twice_counts_twice() -> None:
    assert suite.without(["a", "a", "b"], ["a"]) == ["a", "b"]
    assert suite.without(["a"], ["a", "a"]) == []


@pytest.fixture
def lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(suite, "FOLDER", tmp_path)
    (tmp_path / "passing").mkdir()
    (tmp_path / "passing" / "skipped.md").write_text("# Left out\n\n## one\n\n## two\n\n- `Old`: It was so.\n")
    suite.write_list("passing", "one", {"unit/x": ["A", "B"]})
    return tmp_path


def test_the_passing_list_grows_by_an_update(lists: Path) -> None:
    assert suite.settle("one", [Result("unit/x", passed=["A", "B", "C"])], update=True, reason="") == 0
    assert suite.read_list("passing", "one") == {"unit/x": ["A", "B", "C"]}


def test_a_lost_test_fails_the_run_and_is_not_dropped_without_a_reason(lists: Path) -> None:
    lost = [Result("unit/x", passed=["A"])]
    assert suite.settle("one", lost, update=False, reason="") == 1
    assert suite.settle("one", lost, update=True, reason="") == 1
    assert suite.read_list("passing", "one") == {"unit/x": ["A", "B"]}


def test_a_lost_test_is_dropped_with_its_reason(lists: Path) -> None:
    assert suite.settle("one", [Result("unit/x", passed=["A"])], update=True, reason="It writes to disk.") == 0
    assert suite.read_list("passing", "one") == {"unit/x": ["A"]}
    assert suite.read_skipped("one") == ["B"]
    assert suite.read_skipped("two") == ["Old"]


def test_files_that_were_not_run_keep_their_lists(lists: Path) -> None:
    suite.settle("one", [Result("unit/y", passed=["Z"])], update=True, reason="")
    assert suite.read_list("passing", "one") == {"unit/x": ["A", "B"], "unit/y": ["Z"]}


@pytest.mark.parametrize("name", ["redis-7.0.15", "valkey-8.1"])
def test_what_is_missing_is_named_with_a_reason(name: str) -> None:
    text = (suite.FOLDER / "passing" / f"missing-{name}.md").read_text()
    expected, passing = suite.read_list("expected", name), suite.read_list("passing", name)
    for file in suite_files():
        section = text.partition(f"## {file}\n")[2].partition("\n## ")[0]
        named = [line.removeprefix("- ") for line in section.splitlines() if line.startswith("- ")]
        for test in suite.without(expected.get(file, []), passing.get(file, [])):
            assert any(line.startswith(f"{test}: ") for line in named), f"{file}: {test}"
            named.remove(next(line for line in named if line.startswith(f"{test}: ")))
        assert not named, f"{file} passes these, or does not have them: {named}"


def suite_files() -> list[str]:
    """The files that `make test` runs."""
    makefile = (oracles.ROOT / "Makefile").read_text()
    return makefile.partition("SUITE_FILES :=")[2].partition("\n\n")[0].replace("\\", " ").split()
