"""Ways to cut a byte string into pushes. Joined, the pieces are the input again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

__all__ = ["bytewise", "cut", "every_cut", "sized", "whole"]


def whole(data: bytes) -> list[bytes]:
    """One push."""
    return [data]


def bytewise(data: bytes) -> list[bytes]:
    """A push for every byte."""
    return sized(data, 1)


def sized(data: bytes, size: int) -> list[bytes]:
    """Pushes of ``size`` bytes; the last may be shorter."""
    return [data[i : i + size] for i in range(0, len(data), size)]


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    """Pushes that end at these offsets, and at the end. A repeated offset gives an empty push."""
    ends = [*sorted(places), len(data)]
    return [data[start:end] for start, end in zip([0, *ends], ends)]


def every_cut(data: bytes) -> Iterator[list[bytes]]:
    """Every way to make two pushes of it, the empty ones included."""
    return (cut(data, [place]) for place in range(len(data) + 1))
