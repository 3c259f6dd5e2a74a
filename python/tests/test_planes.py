"""The examples of `docs/planes.md` run as they stand, and its tables have every word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "planes.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
ELSEWHERE = {"tripwire", "fakeredis"}


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_passes(pytester: pytest.Pytester, number: int) -> None:
    pytester.makepyfile(EXAMPLES[number])
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_each_plane_has_an_example_in_both_languages() -> None:
    assert len(EXAMPLES) == PAGE.count("```rust\n") == 5


def test_every_word_is_on_the_page() -> None:
    words = set(re.findall(r"\w+", PAGE))
    rows = [line.split("\t") for line in (ROOT / "tests" / "vocabulary.tsv").read_text().splitlines()[1:]]
    paths = [(word, python.split()[0]) for plane, word, _, python, *_ in rows if plane not in ELSEWHERE]
    missing = [word for word, path in paths if re.split(r"[.(=]+", path.rstrip(")="))[-1] not in words]
    missing = [word for word in missing if not {*re.findall(r"\w+", word)} & words]
    assert missing == []
