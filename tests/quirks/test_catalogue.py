"""The catalogue is complete and true: what it says of each quirk is what the tests here show.

A test is about the quirk whose id its name begins with. Any text in it that consists of ids and
nothing else is what it expects to be reported, or lets the decoder assume.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import sse_core
from sse_core.quirks import ASSUMED, OUTSIDE, PLAIN, QUIRKS, REPAIRED
from sse_core.stream import ASSUMABLE

HERE = Path(__file__).parent
PACKAGE = Path(sse_core.__file__).parent
SOURCES = [
    path
    for path in PACKAGE.rglob("*.py")
    if path.stem != "quirks" and PACKAGE / "testing" not in path.parents
]

#: The file of each family.
FAMILIES = {
    "F": "framing", "J": "json", "C": "chunks", "T": "tool_calls", "E": "finish", "U": "usage",
    "R": "reasoning", "X": "errors", "A": "anthropic", "P": "responses", "G": "gemini",
    "N": "tool_calls",
}  # fmt: skip

#: How many ids there are of each; those of our own come last.
COUNTS = {
    "F": 31, "J": 8, "C": 26, "T": 33, "E": 11, "U": 12, "R": 9, "X": 14, "A": 17, "P": 15,
    "G": 7, "N": 2,
}  # fmt: skip


def ids_in(tree: ast.AST) -> Iterator[str]:
    """The ids in texts that consist of ids."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            words = node.value.split()
            if all(word in QUIRKS for word in words):
                yield from words


def functions() -> Iterator[tuple[str, str, set[str]]]:
    """Family file, id (``""`` if the test is about none), and the ids in its texts."""
    for path in sorted(HERE.glob("test_*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                first = node.name.split("_")[1]
                is_id = first[1:].isdecimal() and first[0].isupper()
                yield path.stem.removeprefix("test_"), first if is_id else "", set(ids_in(node))


TESTS = list(functions())
SHOWN: dict[str, set[str]] = {}
for _, quirk, mentioned in TESTS:
    SHOWN.setdefault(quirk, set()).update(mentioned)


def test_the_ids_are_those_of_the_catalogue() -> None:
    assert list(QUIRKS) == [f"{f}{n}" for f, count in COUNTS.items() for n in range(1, count + 1)]


def test_each_quirk_has_a_test_and_each_test_a_quirk() -> None:
    assert set(SHOWN) - {""} == set(QUIRKS)


@pytest.mark.parametrize("quirk", QUIRKS)
def test_the_treatment_is_what_its_tests_show(quirk: str) -> None:
    treatment = QUIRKS[quirk].treatment
    assert treatment in (PLAIN, REPAIRED, ASSUMED, OUTSIDE)
    if treatment in (REPAIRED, ASSUMED):
        assert quirk in SHOWN[quirk]
    else:
        assert not any(quirk in mentioned for _, _, mentioned in TESTS)


def test_the_tests_of_a_family_stand_together() -> None:
    assert [found for found in TESTS if found[1] and FAMILIES[found[1][0]] != found[0]] == []


def test_the_code_names_what_is_repaired_or_assumed_and_nothing_else() -> None:
    named = {name for path in SOURCES for name in ids_in(ast.parse(path.read_text("utf-8")))}
    assert named == {id for id, one in QUIRKS.items() if one.treatment in (REPAIRED, ASSUMED)}
    assert {id for id, one in QUIRKS.items() if one.treatment == ASSUMED} == ASSUMABLE


def test_importing_the_package_does_not_load_it() -> None:
    program = "import sys, sse_core; sys.exit('sse_core.quirks' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], timeout=60).returncode == 0


@pytest.mark.parametrize("quirk", QUIRKS)
def test_each_entry_is_short_and_complete(quirk: str) -> None:
    one = QUIRKS[quirk]
    assert 0 < len(one.what) < 80
    assert one.who
    assert not one.what.endswith(".")
