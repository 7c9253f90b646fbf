"""The parts of the pages that ``diagrams.py`` and ``dialect_pages.py`` make."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import fill

__all__ = ["GENERATED", "block", "page", "table"]

GENERATED = (
    "<!-- Made by `python -m tests.diagrams`; do not edit. tests/test_diagrams.py compares. -->"
)


def page(title: str, *parts: str) -> str:
    """A page: its mark, its title, and paragraphs, headings, tables and blocks of code."""
    return "\n\n".join((GENERATED, title, *map(_wrapped, parts))) + "\n"


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    rule = ("---",) * len(head)
    return "\n".join(f"| {' | '.join(map(_cell, row))} |" for row in (head, rule, *rows))


def block(language: str, code: str, mark: str = "") -> str:
    """A fenced block of code; below a comment that says what it is, if ``mark`` is one."""
    fence = f"```{language}\n{code.rstrip()}\n```"
    return f"<!-- {mark} -->\n{fence}" if mark else fence


def _cell(words: str) -> str:
    """Words in a cell: a bar would end it, and a tag would be one."""
    return words.replace("|", "\\|").replace("<", "&lt;")


def _wrapped(part: str) -> str:
    """A paragraph in lines of 100 columns; anything else as it is."""
    if part.startswith(("#", "|", "```", "<!--")):
        return part
    return fill(part, 100, break_long_words=False, break_on_hyphens=False)
