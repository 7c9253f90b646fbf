"""``python -m benchmarks.report``: the pages that show the results of the two runs that are kept.

It writes docs/speed.md, docs/sizing.md (by sizing.py), the part of README.md between its two marks
and docs/speed.svg; only the plot needs matplotlib. A file of results has, by task,

    python  who ran it: its version, the system, the kind of processor
    unit    "second" or "byte"
    rows    by name: the distribution, its version, and the environment if it is not the first
    cases   by name: "per", what a value is divided by, and "rows", by name: "median" and
            "spread" (the median absolute deviation) of the values, or "fault"
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from importlib import import_module
from itertools import groupby
from pathlib import Path
from typing import Any

from benchmarks.harness import FLOOR, OURS, exponent, family, size

ROOT = Path(__file__).resolve().parent.parent
FILES = [ROOT / "benchmarks" / "results" / name for name in ("first.json", "second.json")]
PAGE, README, PLOT = ROOT / "docs" / "speed.md", ROOT / "README.md", ROOT / "docs" / "speed.svg"
BEGIN, END = "<!-- speed: begin -->", "<!-- speed: end -->"

Run = dict[str, Any]


def main() -> None:
    from benchmarks import sizing  # here: it is made of what this file has

    runs = [load(file) for file in FILES]
    PAGE.write_text(page(runs), "utf-8")
    sizing.PAGE.write_text(sizing.page(runs), "utf-8")
    README.write_text(with_summary(README.read_text("utf-8"), runs), "utf-8")
    draw(runs[0])


def load(file: Path) -> Run:
    kept: Run = json.loads(file.read_text("utf-8"))
    return kept


# -- one figure ----------------------------------------------------------------------------------

UNITS = {
    "second": (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)),
    "byte": (("MB", 1e6), ("KB", 1e3), ("bytes", 1.0)),
}


def unit_for(least: float, unit: str) -> tuple[str, float]:
    """The largest unit in which the least value is no small fraction."""
    fits = (one for one in UNITS[unit] if least >= 0.1 * one[1])
    return next(fits, UNITS[unit][-1])


def digits(value: float | None) -> str:
    """Three of them."""
    if value is None:
        return "-"
    return f"{value:,.{2 if value < 10 else 1 if value < 100 else 0}f}"


def beside(cells: list[str]) -> str:
    """The same figure of each run."""
    return " / ".join(cells) if any(cell != "-" for cell in cells) else "-"


class Case:
    """A case in one run; it may be missing there."""

    def __init__(self, run: Run, task: str, name: str) -> None:
        self.task = run.get(task, {"unit": "second", "rows": {}, "cases": {}})
        case = self.task["cases"].get(name, {"per": 1, "rows": {}})
        self.per: int = case["per"]
        self.rows: dict[str, Any] = case["rows"]

    def value(self, row: str) -> float | None:
        median = self.rows.get(row, {}).get("median")
        return None if median is None else median / self.per

    def spread(self, row: str) -> str:
        one = self.rows.get(row, {})
        return f"{one['spread'] / one['median']:.0%}" if "median" in one else "-"

    def floor_of(self, row: str) -> str:
        """The one with the same JSON parser, if there is one."""
        floor = row.replace(OURS, FLOOR)
        return floor if floor in self.rows and floor.startswith(FLOOR) else FLOOR

    def ratio(self, row: str, other: str) -> float | None:
        """How many times as long as the other one."""
        value, base = self.value(row), self.value(other)
        return None if value is None or base is None or row == other else value / base


# -- tables --------------------------------------------------------------------------------------


def table(lines: list[list[str]]) -> str:
    """Markdown. The first column is text, the rest are numbers."""
    widths = [max(map(len, column)) for column in zip(*lines)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    padded = [
        [line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]
        for line in [lines[0], rule, *lines[1:]]
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in padded) + "\n"


def section(task: str, runs: list[Run]) -> str:
    """All results of a task: one table for each case with all of its sizes."""
    measured = runs[0][task]
    module = import_module(f"benchmarks.{task}")
    said = (module.__doc__ or "").partition("\n\n")[0].replace("``", "`")
    out = [f"## {task}\n\n{said}\n", f"{measured['python']}; {versions(measured)}.\n"]
    alone: list[tuple[str, list[str]]] = []
    for name, group in groupby(measured["cases"], family):
        cases = list(group)
        rows = list(dict.fromkeys(row for case in cases for row in measured["cases"][case]["rows"]))
        if rows == [OURS]:
            alone.append((name, cases))
        elif rows:
            out.append(family_table(task, name, cases, rows, runs))
    for _, together in groupby(alone, lambda one: [*map(size, one[1])]):
        families = list(together)
        label = f"{OURS} alone" if len(families) > 1 else families[0][0]
        out.append(
            sizes_table(task, label, [(name, OURS, cases) for name, cases in families], runs)
        )
    return "\n".join(out)


def versions(measured: Any) -> str:
    return ", ".join(dict.fromkeys(about for about in measured["rows"].values() if about))


def family_table(task: str, name: str, cases: list[str], rows: list[str], runs: list[Run]) -> str:
    def order(row: str) -> float:
        """By the largest size that it reached, then by time."""
        reached = [(Case(runs[0], task, case).value(row), n) for n, case in enumerate(cases)]
        value, n = next((one for one in reversed(reached) if one[0] is not None), (None, -1))
        return 1e9 if value is None else value + 1e6 * (len(cases) - 1 - n)

    return sizes_table(task, name, [(row, row, cases) for row in sorted(rows, key=order)], runs)


def sizes_table(
    task: str, label: str, lines: list[tuple[str, str, list[str]]], runs: list[Run]
) -> str:
    """A line is its label, a row, and the cases: the same in several sizes, smallest first."""
    module = import_module(f"benchmarks.{task}")
    each = f"/{module.PER}" if module.PER else ""
    found = {
        (row, case): [Case(run, task, case) for run in runs] for _, row, cs in lines for case in cs
    }
    known = [value for (row, _), both in found.items() if (value := both[0].value(row)) is not None]
    unit, scale = unit_for(min(known, default=1.0), module.UNIT)
    several = len(lines[0][2]) > 1
    heads = [f"{size(case):,}" for case in lines[0][2]] if several else [f"{unit}{each}"]
    head = [f"{label}, {unit}{each}" if several else label, *heads]
    head += ["exponent"] if several else ["spread"]
    head += [f"x {OURS}", f"x {FLOOR}"]
    made = [head]
    for label, row, cases in lines:
        cells = [label]
        for case in cases:
            values = [one.value(row) for one in found[row, case]]
            cells.append(beside([digits(value and value / scale) for value in values]))
            if (fault := found[row, case][0].rows.get(row, {}).get("fault")) and cells[-1] == "-":
                cells[-1] = fault
        reached = [case for case in cases if found[row, case][0].value(row) is not None]
        last = found[row, reached[-1]] if reached else found[row, cases[-1]]
        if several:
            cells.append(beside([grown(run, task, row, cases) for run in runs]))
        else:
            cells.append(beside([one.spread(row) for one in last]))
        cells.append(beside([digits(one.ratio(row, OURS)) for one in last]))
        cells.append(beside([digits(one.ratio(row, one.floor_of(row))) for one in last]))
        made.append(cells)
    # A column in which nothing stands, such as that of the floor where there is none, is left out.
    keep = [n for n in range(len(head)) if any(line[n] != "-" for line in made[1:])]
    return table([[line[n] for n in keep] for line in made])


def grown(run: Run, task: str, row: str, cases: list[str]) -> str:
    points = {}
    for name in cases:
        case = Case(run, task, name)
        if (value := case.value(row)) is not None:
            points[size(name)] = value * case.per
    slope = exponent(points)
    return "-" if slope is None else f"{slope:.2f}"


# -- the pages -----------------------------------------------------------------------------------

HEAD = """\
# Speed

What everything costs, and how many times as long it takes as sse_core and as the floor, the least
that anybody has to do. Where two figures stand in a cell, they are of two runs, one after the
other: what differs between them is noise. A spread is the median absolute deviation of all values
of a run, in percent of their median. `>` and a time: it would have taken longer, and was not run.
Other words in the place of a figure say what a library got wrong; it is not timed then.

[benchmarks/README.md](../benchmarks/README.md) says what is measured, on what, and why to distrust
it. [sizing.md](sizing.md) goes on from here to cores and memory. This page is made by
`python -m benchmarks.report`.
"""


def page(runs: list[Run]) -> str:
    return "\n".join([HEAD, *(section(task, runs) for task in runs[0])])


#: What README.md shows: words, task, case.
SUMMARY = (
    ("event stream, one event a push", "wire", "chat/event/4096"),
    ("event stream, 64 KiB a push", "wire", "chat/64k/4096"),
    ("named events, 64 KiB a push", "wire", "named/64k/4096"),
    ("openai-chat, text", "merge", "openai-chat/text/64k/8192"),
    ("openai-chat, one tool call", "merge", "openai-chat/call/64k/8192"),
    ("openai-responses, text", "merge", "openai-responses/text/64k/8192"),
    ("anthropic, text", "merge", "anthropic/text/64k/8192"),
    ("gemini, text", "merge", "gemini/text/64k/8192"),
    ("anthropic, live arguments", "merge", "anthropic/live/64k/4096"),
    ("live arguments, parser alone", "live", "objects/8192"),
)
OTHERS = 4  # are named, the fastest


def summary(runs: list[Run]) -> str:
    out = [
        f"| {runs[0]['wire']['python']} | {OURS} | x {FLOOR} | others, x {OURS} |",
        "|---|--:|--:|---|",
    ]
    for words, task, name in SUMMARY:
        both = [Case(run, task, name) for run in runs]
        micros = [value * 1e6 for case in both if (value := case.value(OURS))]
        known = {row: value for row in both[0].rows if (value := both[0].value(row))}
        peers = sorted(known, key=known.__getitem__)
        others = [
            f"{row} {span([case.ratio(row, OURS) for case in both])}"
            for row in peers
            if not row.startswith((OURS, FLOOR))
        ]
        floor = span([case.ratio(OURS, FLOOR) for case in both])
        out.append(f"| {words} | {span(micros)} µs | {floor} | {', '.join(others[:OTHERS])} |")
    return "\n".join(out) + "\n"


def span(values: Sequence[float | None]) -> str:
    """From the least to the greatest, in two digits."""
    known = sorted(value for value in values if value is not None)
    shown = dict.fromkeys(
        f"{value:.{2 if value < 0.995 else 1 if value < 9.95 else 0}f}" for value in known
    )
    return "–".join(shown) or "-"


def with_summary(readme: str, runs: list[Run]) -> str:
    before, _, rest = readme.partition(BEGIN)
    return f"{before}{BEGIN}\n{summary(runs)}{END}{rest.partition(END)[2]}"


# -- the plot ------------------------------------------------------------------------------------


def digest(run: Run) -> str:
    """Stands in the plot: it shows whether it was drawn from these results."""
    return sha256(json.dumps(run, sort_keys=True).encode()).hexdigest()


def draw(run: Run) -> None:
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "", "svg.fonttype": "none", "font.size": 9})
    from matplotlib import pyplot

    figure, (events, deltas, live) = pyplot.subplots(1, 3, figsize=(11, 3.6), layout="constrained")
    dots(events, run, "wire", "chat/64k/4096", "bytes to events: µs an event")
    dots(deltas, run, "merge", "openai-chat/text/64k/8192", "bytes to response: µs a delta")
    curves(live, run, "live", "objects", "live arguments: µs a delta")
    for axes in (events, deltas, live):
        axes.spines[["top", "right"]].set_visible(False)
    note = {"Date": None, "Creator": None, "Description": digest(run)}
    figure.savefig(PLOT, format="svg", metadata=note)


COLORS = {OURS: "tab:blue", FLOOR: "tab:gray"}


def color(row: str) -> str:
    return COLORS.get(row.partition(" with ")[0], "tab:orange")


def dots(axes: Any, run: Run, task: str, name: str, title: str) -> None:
    case = Case(run, task, name)
    micros = {row: value * 1e6 for row in case.rows if (value := case.value(row))}
    rows = sorted(micros, key=micros.__getitem__, reverse=True)
    axes.scatter([micros[row] for row in rows], rows, color=[*map(color, rows)])
    for row in rows:
        beside_it(axes, digits(micros[row]), (micros[row], row))
    axes.set(xscale="log", title=title, xlabel="logarithmic")
    axes.margins(x=0.2)
    axes.tick_params(axis="x", which="both", bottom=False, labelbottom=False)


def curves(axes: Any, run: Run, task: str, name: str, title: str) -> None:
    cases = {
        size(case): Case(run, task, case) for case in run[task]["cases"] if family(case) == name
    }
    for row in run[task]["rows"]:
        micros = {deltas: v * 1e6 for deltas, case in cases.items() if (v := case.value(row))}
        if micros and " with " not in row:
            axes.plot([*micros], [*micros.values()], ".-", color=color(row))
            beside_it(axes, row, [*micros.items()][-1])
    axes.set(xscale="log", yscale="log", title=title, xlim=(None, 6 * max(cases)), xlabel="deltas")
    axes.set_xticks([*cases], [f"{deltas:,}" for deltas in cases])
    axes.minorticks_off()


def beside_it(axes: Any, words: str, point: Any) -> None:
    axes.annotate(words, point, (5, 0), textcoords="offset points", va="center")


if __name__ == "__main__":
    main()
