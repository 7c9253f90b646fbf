"""``python -m benchmarks``: what everything here costs, as ratios in one run.

Each row of each task runs in processes of its own, in the first of the ``--pythons`` that has its
library. They take turns, so that what disturbs one round disturbs all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from importlib import import_module, metadata
from itertools import groupby
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks import quirks, report
from benchmarks.harness import NOT_APPLICABLE, OURS, exponent, family, fault_of, size
from benchmarks.worker import FAULT

TASKS = ("wire", "merge", "live", "growth", "memory", "gateway", "startup")
MINUTES = ("wire", "merge", "live")  # what runs if nothing is named

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("tasks", nargs="*", metavar="TASK", help=", ".join(TASKS))
    parser.add_argument("--smoke", action="store_true", help="a little of all, time nothing")
    parser.add_argument("--quick", action="store_true", help="a few cases, once each")
    parser.add_argument("--json", type=Path, metavar="OUT", help="replace these tasks in this file")
    parser.add_argument("--beside", type=Path, metavar="FILE", help="show an earlier run, too")
    parser.add_argument("--pythons", nargs="+", default=[sys.executable], help="where peers are")
    parser.add_argument("--rounds", type=int, help="processes for each (3; --quick: 1)")
    parser.add_argument(
        "--seconds", type=float, default=20.0, help="what a peer may take (%(default)s)"
    )
    options = parser.parse_args()
    names = options.tasks or (TASKS if options.smoke else MINUTES)
    if unknown := set(names) - set(TASKS):
        parser.error(f"no task: {', '.join(sorted(unknown))}")
    if options.smoke:
        # All of them, whatever the first finds: what each says is worth reading.
        return max([*map(smoke, names), smoke_quirks()])
    if len({interpreter(python) for python in options.pythons}) > 1:
        parser.error("times of several versions of Python cannot be compared")
    options.rounds = options.rounds or (1 if options.quick else 3)
    results = {name: measure(name, options) for name in names}
    runs = [results, *([report.load(options.beside)] if options.beside else [])]
    print("\n".join(report.section(name, runs) for name in names))
    if options.json:
        kept = report.load(options.json) if options.json.exists() else {}
        options.json.write_text(json.dumps({**kept, **results}, indent=1) + "\n", "utf-8")
    return 0


# -- a little of all -----------------------------------------------------------------------------


def smoke(task: str) -> int:
    """Every row that is installed, on small cases, once. Fails if ours does."""
    module = import_module(f"benchmarks.{task}")
    failed = False
    for name, row in module.ROWS.items():
        here = not row.distribution or version(row.distribution)
        faults = smoked(row.prepare, cases(module, "SMOKE")) if here else ["not installed"]
        failed = failed or (name.startswith(OURS) and bool(here and faults))
        print(f"{task + ', ' + name:36}{'; '.join(faults) or 'ok'}")
    return failed


def smoked(prepare: Any, names: list[str]) -> list[str]:
    faults: dict[str, str] = {}
    for case in names:
        try:
            prepare(case)()
        except Exception as error:  # whatever a peer raises is its result
            if (fault := fault_of(error)) != NOT_APPLICABLE:
                faults.setdefault(fault, case)
    return [f"{fault} ({case})" for fault, case in faults.items()]


def smoke_quirks() -> int:
    """The matrix's column of sse_core. Fails if it deviates from what a human reads."""
    faults = {name: quirks.faults(OURS, name) for name in quirks.STREAMS}
    wrong = [f"{name}: {'; '.join(why)}" for name, why in faults.items() if why]
    print(f"{'quirks, ' + OURS:36}{'; '.join(wrong) or 'ok'}")
    return bool(wrong)


def cases(module: ModuleType, which: str) -> list[str]:
    names: list[str] = getattr(module, which, module.CASES)
    return names


# -- measuring -----------------------------------------------------------------------------------


def measure(task: str, options: argparse.Namespace) -> dict[str, Any]:
    """The results of a task, as they are kept: see report.py."""
    module = import_module(f"benchmarks.{task}")
    places = find(module, options.pythons)
    found: dict[str, Any] = {}
    for _, sizes in groupby(cases(module, "QUICK" if options.quick else "CASES"), family):
        going: dict[str, dict[int, float]] = {name: {} for name in places}
        for case in sizes:
            slow = [
                name
                for name, medians in going.items()
                if name != OURS
                and module.UNIT == "second"
                and expected(medians, size(case)) > options.seconds
            ]
            pythons = {name: places[name][0] for name in going if name not in slow}
            got = take_turns(task, case, pythons, options)
            found[case] = {"per": module.per(case), "rows": got}
            going = {
                name: {**going[name], size(case): values["median"]}
                for name, values in got.items()
                if "median" in values  # who fails goes no further
            }
            got.update({name: {"fault": f"> {options.seconds:.0f} s"} for name in slow})
            print(f"{task} {case}: {len(got)} rows", file=sys.stderr)
    return {
        "python": f"{interpreter(options.pythons[0])}, {platform.system()} {platform.machine()}",
        "unit": module.UNIT,
        "rows": {name: about for name, (_, about) in places.items()},
        "cases": found,
    }


def take_turns(
    task: str, case: str, pythons: dict[str, str], options: argparse.Namespace
) -> dict[str, Any]:
    """By row: its median and its spread (the median absolute deviation), or its fault."""
    import pyperf

    got: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "values.json")
        for _ in range(options.rounds):
            for name, python in pythons.items():
                if name in got:
                    continue
                if fault := run(python, task, name, case, file, options.seconds):
                    got[name] = {"fault": fault}
        for values in pyperf.BenchmarkSuite.load(str(file)) if file.exists() else ():
            name = values.get_name().removesuffix(f"/{case}")
            got.setdefault(
                name,
                {
                    "median": rounded(values.median()),
                    "spread": rounded(values.median_abs_dev() if values.get_nvalue() > 1 else 0),
                },
            )
    return {name: one for name, one in got.items() if one.get("fault") != NOT_APPLICABLE}


def rounded(value: float) -> float:
    return float(f"{value:.4g}")


def run(python: str, task: str, row: str, case: str, file: Path, seconds: float) -> str:
    """One process of one row. Gives its fault, or ``""``."""
    command = [python, "-m", "benchmarks.worker", task, row, case, str(file)]
    longest = 60 + 6 * seconds  # to import, to prepare, to do it small, and once before it counts
    try:
        done = subprocess.run(
            command, env=ENVIRONMENT, cwd=ROOT, timeout=longest, capture_output=True, text=True
        )
    except subprocess.TimeoutExpired:
        return f"> {seconds:.0f} s"
    if done.returncode == FAULT:
        return done.stdout.strip()
    return f"dies: {done.stderr.strip().splitlines()[-1:]}" if done.returncode else ""


def expected(points: dict[int, float], size: int) -> float:
    """The seconds of the next size, if growth goes on as it did."""
    if not points:
        return 0
    last = max(points)
    grown = exponent(dict(sorted(points.items())[-2:])) or 1.0
    return float(points[last] * (size / last) ** max(1.0, grown))


# -- who is where --------------------------------------------------------------------------------


def find(module: ModuleType, pythons: list[str]) -> dict[str, tuple[str, str]]:
    """By row: the first interpreter that has it, and what it is. Who is nowhere is left out."""
    wanted = {row.distribution for row in module.ROWS.values()} - {""}
    script = (
        f"from benchmarks.__main__ import json, versions; print(json.dumps(versions({wanted})))"
    )
    there: dict[str, dict[str, str]] = {}
    for python in pythons:
        done = subprocess.run(
            [python, "-c", script], env=ENVIRONMENT, cwd=ROOT, capture_output=True, check=True
        )
        there[python] = json.loads(done.stdout)
    places = {}
    for name, row in module.ROWS.items():
        for number, python in enumerate(pythons, 1):
            if not row.distribution or there[python][row.distribution]:
                about = f"{row.distribution} {there[python].get(row.distribution, '')}".strip()
                places[name] = (python, f"{about} (environment {number})" if number > 1 else about)
                break
    return places


def versions(distributions: set[str]) -> dict[str, str]:
    return {name: version(name) for name in sorted(distributions)}


def version(distribution: str) -> str:
    """``""`` if it is not installed here."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def interpreter(python: str) -> str:
    """Its name and version."""
    script = "import platform as p; print(p.python_implementation(), p.python_version())"
    return subprocess.run(
        [python, "-c", script], capture_output=True, check=True, text=True
    ).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
