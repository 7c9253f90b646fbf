"""What a module of this folder gives for each of its targets."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

__all__ = ["Target"]


class Target(NamedTuple):
    """Something to fuzz.

    Attributes:
        check: one run on any bytes; raises if the invariant does not hold.
        seeds: inputs to begin with, all of which pass.
        reaches: the files of ``sse_core/`` of whose statements the seeds reach at least ``REACH``.
        mutate: ``mutate(given, random)``, an input with another structure; ``None`` for changes of
            bytes only.
        max_bytes: the size of an input up to which something new can be found.
    """

    check: Callable[[bytes], None]
    seeds: Callable[[], Iterable[bytes]]
    reaches: tuple[str, ...]
    mutate: Callable[..., bytes] | None = None
    max_bytes: int = 512
