"""How the cost of an event, a delta, grows with the length of the stream.

The cases of ``wire``, ``merge`` and ``live`` in 1k, 8k, 32k and 128k events or deltas; for sse_core
alone, and where a stream may be that long, 1,000,000. The exponent is that of the total cost: the
slope of a line through all sizes, both as logarithms. 1 is linear, 2 quadratic.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks import live, merge, wire
from benchmarks.harness import OURS, NotApplicable, Row
from benchmarks.shapes import ARGUMENTS, CHAT, CLAUDE, CONTENTS, DIALECTS, WIRE

UNIT, PER = "second", "event or delta"

TASKS: dict[str, Any] = {"wire": wire, "merge": merge, "live": live}
SIZES = (1024, 8192, 32768, 131072)
MILLION = 1_000_000 // 4096 * 4096

FAMILIES = [
    *(f"wire/{shape}/{'1400' if shape == 'huge' else '64k'}" for shape in WIRE),
    *(
        f"merge/{dialect}/{content}/{'tiny' if content == 'huge' else '64k'}"
        for dialect in DIALECTS
        for content in CONTENTS
    ),
    *(f"live/{shape}" for shape in ARGUMENTS),
]
#: Where everybody is measured; the rest is sse_core alone.
SHARED = [
    family
    for family in FAMILIES
    if family.startswith(("wire/chat/", "wire/huge/", f"merge/{CHAT}/", f"merge/{CLAUDE}/"))
    or family in ("live/objects", "live/string")
]
CASES = [
    f"{family}/{size}"
    for family in FAMILIES
    for size in (*SIZES, *([] if "huge" in family else [MILLION]))  # larger than a limit allows
]
QUICK = [f"{family}/{size}" for family in SHARED for size in SIZES[:2]]
SMOKE = [f"{family}/64" for family in FAMILIES]


def per(case: str) -> int:
    task, _, rest = case.partition("/")
    divided: int = TASKS[task].per(rest)
    return divided


def prepare(name: str) -> Callable[[str], Callable[[], float]]:
    def prepared(case: str) -> Callable[[], float]:
        task, _, rest = case.partition("/")
        family, _, size = case.rpartition("/")
        if name != OURS and (family not in SHARED or int(size) > SIZES[-1]):
            raise NotApplicable
        if name not in TASKS[task].ROWS:
            raise NotApplicable
        row: Row = TASKS[task].ROWS[name]
        return row.prepare(rest)

    return prepared


ROWS = {
    name: Row(row.distribution, prepare(name))
    for task in TASKS.values()
    for name, row in task.ROWS.items()
}
