"""The recipe book: each test fails with the broken code, as the recipe says, and passes with the fixed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

RECIPES = Path(__file__).parents[2] / "docs" / "recipes"
NAMES = sorted(path.stem for path in RECIPES.glob("*.md") if path.stem != "README")


def sections(name: str) -> tuple[str, str, str, str]:
    """The broken code, the test, what it fails with, and the fixed code."""
    text = (RECIPES / f"{name}.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```(python|text)\n(.*?)```", text, re.DOTALL)
    assert [kind for kind, _ in blocks] == ["python", "python", "text", "python"]
    broken, test, fails, fixed = (block for _, block in blocks)
    return broken, test, fails.strip(), fixed


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")
    return pytester


@pytest.mark.parametrize("name", NAMES)
def test_the_broken_code_fails_as_the_recipe_says(suite: pytest.Pytester, name: str) -> None:
    broken, test, fails, _ = sections(name)
    suite.makepyfile(test_broken=f"{broken}\n{test}")
    result = suite.runpytest_subprocess("-p", "no:xdist")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert fails in result.stdout.str()


@pytest.mark.parametrize("name", NAMES)
def test_the_fixed_code_passes(suite: pytest.Pytester, name: str) -> None:
    _, test, _, fixed = sections(name)
    suite.makepyfile(test_fixed=f"{fixed}\n{test}")
    suite.runpytest_subprocess("-p", "no:xdist", "-W", "error").assert_outcomes(passed=1)


def test_the_index_names_every_recipe() -> None:
    index = (RECIPES / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"\]\(([a-z-]+)\.md\)", index)) == NAMES
    assert len(NAMES) >= 20
