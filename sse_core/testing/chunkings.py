"""Ways to cut a byte string into pushes. Joined, the pieces are the input again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

__all__ = ["blocks", "bytewise", "cut", "every_cut", "sized", "whole", "with_empty"]


def whole(data: bytes) -> list[bytes]:
    """One push."""
    return [data]


def bytewise(data: bytes) -> list[bytes]:
    """A push for every byte."""
    return sized(data, 1)


def with_empty(data: bytes) -> list[bytes]:
    """A push for every byte, and an empty one behind each: nothing has come, which says nothing."""
    return [push for byte in bytewise(data) for push in (byte, b"")]


def sized(data: bytes, size: int) -> list[bytes]:
    """Pushes of ``size`` bytes; the last may be shorter."""
    return [data[i : i + size] for i in range(0, len(data), size)]


def blocks(data: bytes) -> list[bytes]:
    """A push for each event, with its blank line, and one for the rest: what servers write, and so
    what often comes in one piece. Line ends may be LF, CR or CRLF, but not mixed."""
    ends = [found.end() for found in re.finditer(rb"\r\n\r\n|\n\n|\r\r", data)]
    return [block for block in cut(data, ends) if block]


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    """Pushes that end at these offsets, and at the end. A repeated offset gives an empty push."""
    ends = [*sorted(places), len(data)]
    return [data[start:end] for start, end in zip([0, *ends], ends)]


def every_cut(data: bytes) -> Iterator[list[bytes]]:
    """Every way to make two pushes of it, the empty ones included."""
    return (cut(data, [place]) for place in range(len(data) + 1))
