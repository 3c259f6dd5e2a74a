"""The vocabulary is whole: each word of `tests/vocabulary.tsv` is there in Python, and a test shows it."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import faux_redis

ROOT = Path(__file__).parents[2]

NOT_WORDS = {
    # Classes of what words give, and of values and errors.
    *("AnswerError", "Calls", "Client", "Delay", "FauxRedisError", "Finding", "LintWarning", "ListenError"),
    *("PatternError", "StoppedError", "array", "sorted_set", "stream", "zset"),
    # The same as a word, or asked of what a word gives.
    *("dropped_bytes", "in_force", "name", "scenario", "tls_ca_path", "aio", "lint", "export"),
}
"""Public names that are no words of their own."""


class Row(NamedTuple):
    """A line of the table."""

    plane: str
    word: str
    rust: str
    python: str
    rust_test: str
    test: str
    elixir: str
    elixir_test: str


def rows() -> list[Row]:
    lines = (ROOT / "tests" / "vocabulary.tsv").read_text(encoding="utf-8").splitlines()
    return [Row(*line.split("\t")) for line in lines[1:]]


ROWS = rows()


def resolved(path: str) -> Any:
    """What a path leads to: of the package, or of a module of it; `stub(key=)` is a parameter."""
    path, _, parameter = path.removesuffix("=)").partition("(")
    found: Any = faux_redis
    for name in path.split("."):
        if found is faux_redis and name in HOMES:
            found = importlib.import_module(f"faux_redis.{HOMES[name]}")
        if not hasattr(found, name) and inspect.ismodule(found):
            importlib.import_module(f"{found.__name__}.{name}")
        found = getattr(found, name)
    if parameter:
        assert parameter in inspect.signature(found).parameters, f"{path} takes no {parameter}"
    return found


HOMES = {"Aio": "waiting", "AsyncGate": "gate"}
"""Classes that are reached through others, and where they are."""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.plane}: {row.word}")
def test_a_word_is_there_in_python(row: Row) -> None:
    assert row.python.strip("-"), f"Python lacks '{row.word}'"
    for path in row.python.split():
        assert resolved(path) is not None


@functools.cache
def parsed(file: str) -> tuple[str, dict[str, ast.stmt]]:
    """The text of a file, and its statements by the names they give."""
    text = (ROOT / file).read_text(encoding="utf-8")
    named: dict[str, ast.stmt] = {}
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            named[statement.name] = statement
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            named.update((target.id, statement) for target in targets if isinstance(target, ast.Name))
    return text, named


def said(file: str, name: str) -> str:
    """The text of a test, with its decorators and the constants it names."""
    text, named = parsed(file)
    function = named[name]
    assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
    names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and node.id.isupper()}
    parts = [function, *function.decorator_list, *(named[name] for name in names if name in named)]
    return "\n".join(ast.get_source_segment(text, part) or "" for part in parts)


SIGNS = {"__and__": "&", "__or__": "|", "__invert__": "~", "__call__": "(", "__exit__": "with "}


def spellings(path: str) -> list[str]:
    """How a path may be written where it is used."""
    last = re.split(r"[.(]", path.removesuffix("=)"))[-1]
    return [SIGNS.get(last, last)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.plane}: {row.word}")
def test_a_word_is_shown_by_a_test(row: Row) -> None:
    file, _, name = row.test.partition("::")
    body = said(file, name)
    assert name.startswith("test_")
    words = [spelling for path in row.python.split() for spelling in spellings(path)] + row.word.split()[-1:]
    assert any(word in body for word in words), f"'{row.word}' does not occur in {row.test}"


def names_of(class_: str) -> set[str]:
    """What a class has, with what its bases of this package give it."""
    bases = inspect.getmro(getattr(faux_redis, class_))
    return {name for base in bases if base.__module__.startswith("faux_redis.") for name in vars(base)}


def test_every_public_name_is_a_word() -> None:
    named = {part for row in ROWS for path in row.python.split() for part in re.split(r"[.(=)]+", path)}
    public = set(faux_redis.__all__)
    for class_ in (
        "FauxRedis",
        "Rule",
        "Link",
        "Down",
        "Pause",
        "Gate",
        "Clock",
        "State",
        "InState",
        "Calls",
    ):
        public |= {name for name in names_of(class_) if not name.startswith("_")}
    assert public - named - NOT_WORDS == set()


def test_what_is_left_out_is_public_indeed() -> None:
    public = set(faux_redis.__all__)
    for class_ in ("FauxRedis", "ScenarioState", "State", "Calls"):
        public |= names_of(class_)
    assert public >= NOT_WORDS
