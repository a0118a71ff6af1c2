"""The ledger is whole: each advisory that the code speaks of is in it, each test named exists."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.security.ledger import LEDGER, Line

ROOT = Path(__file__).parents[2]
_ADVISORY = re.compile(r"CVE-20\d\d-\d{4,6}|GHSA-[0-9a-z]{4}\b")


@cache
def functions(path: str) -> frozenset[str]:
    """Return the names of a test module's functions."""
    tree = ast.parse((ROOT / "tests" / path).read_text())
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, kinds))


@pytest.mark.parametrize("line", LEDGER, ids=lambda line: " ".join(line.names))
def test_a_line_names_tests_that_are_there_or_says_why_there_is_none(line: Line) -> None:
    assert bool(line.tests) is not bool(line.absent)
    assert line.lesson.endswith(".")
    assert not line.absent or line.absent.endswith(".")
    for test in line.tests:
        path, _, name = test.partition("::")
        assert name in functions(path), test


def test_no_advisory_stands_twice() -> None:
    names = [name for line in LEDGER for name in line.names]
    assert len(names) == len(set(names))
    assert len(names) >= 55


def test_every_advisory_that_the_code_speaks_of_is_in_the_ledger() -> None:
    known = {name for line in LEDGER for name in line.names}
    for folder in ("server", "federation", "web", "storage", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            missing = set(_ADVISORY.findall(path.read_text())) - known
            assert not missing, (path.relative_to(ROOT), missing)
