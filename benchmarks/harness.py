"""What tasks are made of. A task is a module of this package with

* ``UNIT``: ``"second"`` (of CPU time) or ``"byte"``: what is measured;
* ``CASES``: names, their parts joined by "/". Cases that differ only in a number at the end are
  one case in several sizes, smallest first;
* ``SMOKE``: the cases that ``--smoke`` runs, in seconds; ``QUICK``: those of ``--quick``. Either
  may be left out, and is ``CASES`` then;
* ``ROWS``: who is measured, by name;
* ``per(case)``: what a value is divided by: the number of events, deltas, streams.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import linear_regression
from time import process_time
from typing import Any, NamedTuple, TypeVar

OURS, FLOOR = "sse_core", "floor"

T = TypeVar("T")


class Wrong(Exception):
    """The result is not what was sent; the message says what is wrong, in a few words."""


class NotApplicable(Exception):
    """This row does not take this case."""


class Row(NamedTuple):
    """One that is measured.

    Attributes:
        distribution: what to install for it; "" for ours and the floor.
        prepare: takes a case, imports the library and makes the input. It gives a function that
            does the work once and returns what that took, in the task's ``UNIT``. One of the two
            raises ``Wrong`` if the result is not right, and ``prepare`` raises ``NotApplicable``.
    """

    distribution: str
    prepare: Callable[[str], Callable[[], float]]


def cpu_time(work: Callable[[], T], check: Callable[[T], Any]) -> Callable[[], float]:
    """Does the work once and gives its seconds of CPU time. ``check`` is not part of them."""

    def once() -> float:
        begin = process_time()
        result = work()
        seconds = process_time() - begin
        check(result)
        return seconds

    return once


def check_equal(want: Any) -> Callable[[Any], None]:
    def check(got: Any) -> None:
        if got != want:
            raise Wrong("another result")

    return check


NOT_APPLICABLE = "not applicable"


def fault_of(error: Exception) -> str:
    """In a few words."""
    if isinstance(error, NotApplicable):
        return NOT_APPLICABLE
    return str(error) if isinstance(error, Wrong) else f"raises {type(error).__name__}"


def family(case: str) -> str:
    """The name that a case has in common with the same in other sizes."""
    name, _, last = case.rpartition("/")
    return name if last.isdigit() else case


def size(case: str) -> int:
    last = case.rpartition("/")[2]
    return int(last) if last.isdigit() else 0


def exponent(points: dict[int, float]) -> float | None:
    """The slope of log(total) over log(size), by least squares; ``None`` of a single size."""
    if len(points) < 2:
        return None
    logs = [(math.log(size), math.log(total)) for size, total in points.items()]
    return linear_regression(*zip(*logs)).slope
