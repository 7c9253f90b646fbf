"""``python -m benchmarks.merge``: what merging costs a delta, and how that grows.

For each dialect and shape: µs of CPU time for a delta, in responses of 1k, 8k, 32k and 128k deltas
of 10 characters; the exponent of the total cost (1 is linear, 2 quadratic), by least squares over
these sizes; and how many times as long it takes as sse_core with the same input, and as the floor
(``split``, and ``json.loads`` of each payload), at the largest size that both reached.

Everybody goes from its input to its final result, which is compared with what was sent. "client" is
the SDK's own stream helper over a transport that is not a network, beside sse_core from bytes.
"typed" is its accumulator alone, from chunks that are objects of its types already: that omits most
of what its users pay for, so it stands beside sse_core's ``feed_chunk``. In "live arguments" the
value is read after every delta; anthropic's accumulator parses it anyway.

Every library has a process of its own, in the first of the ``--pythons`` that has it, and they take
turns. The best turn counts. A row that would need more than ``--seconds`` for one ends there: "-".
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import platform
import subprocess
import sys
from contextlib import ExitStack
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.merge_peers import FLOOR, LIBRARIES, OURS, ROWS, Clock, TooLong
from benchmarks.merge_shapes import CHAT, CLAUDE, SHAPES, Traffic

ROOT = Path(__file__).resolve().parent.parent

# -- the processes ---------------------------------------------------------------------------


def work() -> None:
    """In a process of its own: run what each line asks for."""
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        print(json.dumps(answer(**json.loads(line))), file=answers, flush=True)


def answer(row: str, dialect: str, shape: str, deltas: int, limit: float) -> dict[str, Any]:
    traffic, clock = Traffic(dialect, SHAPES[shape], deltas), Clock(limit)
    gc.collect()
    try:
        got = ROWS[row].run(traffic, clock)
    except TooLong:
        return {"error": "-"}
    except Exception as error:  # whatever a peer raises is its result
        return {"error": f"raises {type(error).__name__}"}
    right = got is None or got == traffic.want()
    return {"seconds": clock.seconds} if right else {"error": "wrong result"}


class Worker:
    """A library, in the first interpreter that has it; ``python`` is ``""`` if none has."""

    def __init__(self, library: str, pythons: list[str]) -> None:
        self.library = library
        self.python = self.about = ""
        for python in pythons:
            command = [python, "-m", "benchmarks.merge", "--about", library]
            run = subprocess.run(command, env=ENVIRONMENT, cwd=ROOT, capture_output=True, text=True)
            if run.returncode == 0:
                self.python, self.about = python, run.stdout.strip()
                break

    def __enter__(self) -> Worker:
        if self.python:
            self._process = subprocess.Popen(
                [self.python, "-m", "benchmarks.merge", "--worker"],
                env=ENVIRONMENT,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        return self

    def __exit__(self, *_: object) -> None:
        if self.python:
            self._process.communicate()  # closes its input, and it ends

    def ask(self, **question: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(question), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        done: dict[str, Any] = json.loads(line) if line else {"error": "died"}
        return done


ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


def about(library: str) -> str:
    """``""`` if it is not installed here."""
    here = f"{platform.python_implementation()} {platform.python_version()}"
    try:
        number = "" if library in (OURS, FLOOR) else f" {metadata.version(library)}"
    except metadata.PackageNotFoundError:
        return ""
    return f"{library}{number} on {here}"


# -- the table -------------------------------------------------------------------------------

SIZES = (1024, 8192, 32768, 131072)
ENOUGH = 3.0  # seconds: a row that has used them has no further turn at this size


class Times(NamedTuple):
    counts: dict[int, int]  # deltas -> chunks
    seconds: dict[str, dict[int, float]]  # row -> deltas -> of the best turn
    ends: dict[str, str]  # row -> why it went no further


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.merge", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--smoke", action="store_true", help="a little of all, times mean nothing")
    parser.add_argument("--json", action="store_true", help="seconds, not the table")
    parser.add_argument("--most", type=int, default=SIZES[-1], metavar="N", help="(%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="(%(default)s)")
    parser.add_argument("--seconds", type=float, default=20.0, help="for a turn (%(default)s)")
    parser.add_argument("--pythons", nargs="+", default=[sys.executable], help="where they are")
    parser.add_argument("--about", choices=LIBRARIES, help=argparse.SUPPRESS)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        work()
        return 0
    if options.about:
        print(about(options.about))
        return not about(options.about)
    if options.smoke:
        return smoke(options.pythons)
    return compare(options)


def compare(options: argparse.Namespace) -> int:
    sizes = [size for size in SIZES if size <= options.most] or [options.most]
    found: dict[str, Any] = {}
    with ExitStack() as stack:
        workers = [Worker(library, options.pythons) for library in LIBRARIES]
        for worker in workers:
            stack.enter_context(worker)
            if not options.json:
                print(worker.about or f"{worker.library} not installed")
        asked = {worker.library: worker for worker in workers if worker.python}
        for dialect in (CHAT, CLAUDE):
            for shape in SHAPES:
                times = measure(dialect, shape, sizes, asked, options)
                found[f"{dialect}, {shape}"] = times._asdict()
                if not options.json:
                    print_table(f"{dialect}, {shape}", times, sizes)
    if options.json:
        print(json.dumps(found, indent=1))
    return any(
        why != "-"
        for times in found.values()
        for name, why in times["ends"].items()
        if name.startswith(OURS)
    )


def measure(
    dialect: str,
    shape: str,
    sizes: list[int],
    workers: dict[str, Worker],
    options: argparse.Namespace,
) -> Times:
    """Everybody in turns, from the smallest size to the largest."""
    rows = [
        row for row in ROWS.values() if row.library in workers and row.takes(dialect, SHAPES[shape])
    ]
    times = Times({}, {row.name: {} for row in rows}, {})
    for row in rows:  # imports, and whatever else is done once
        workers[row.library].ask(row=row.name, dialect=dialect, shape=shape, deltas=64, limit=9.0)
    for size in sizes:
        times.counts[size] = Traffic(dialect, SHAPES[shape], size).steps()
        used = dict.fromkeys(times.seconds, 0.0)
        for row in rows:
            if expected(times, row.name, size) > options.seconds:
                times.ends.setdefault(row.name, "-")
        for _ in range(options.rounds):
            for row in rows:
                if row.name in times.ends or used[row.name] > ENOUGH:
                    continue
                place: Any = {"dialect": dialect, "shape": shape, "deltas": size}
                done = workers[row.library].ask(row=row.name, limit=options.seconds, **place)
                if "error" in done:
                    times.ends[row.name] = done["error"]
                    continue
                used[row.name] += done["seconds"]
                best = times.seconds[row.name]
                best[size] = min(done["seconds"], best.get(size, math.inf))
    return times


def expected(times: Times, row: str, size: int) -> float:
    """The seconds of the next size, if growth goes on as it did."""
    known = times.seconds[row]
    if not known:
        return 0
    last = max(known)
    growth = times.counts[size] / times.counts[last]
    return float(known[last] * growth ** max(1.0, exponent(times, row, 2) or 1.0))


def exponent(times: Times, row: str, last: int = 0) -> float | None:
    """The slope of log(seconds) over log(chunks), of all sizes or of the last few."""
    points = [
        (math.log(times.counts[size]), math.log(seconds))
        for size, seconds in sorted(times.seconds[row].items())
    ][-last:]
    if len(points) < 2:
        return None
    middle_x, middle_y = (sum(values) / len(points) for values in zip(*points))
    across = sum((x - middle_x) * (y - middle_y) for x, y in points)
    return float(across / sum((x - middle_x) ** 2 for x, _ in points))


def print_table(title: str, times: Times, sizes: list[int]) -> None:
    heads = [f"{size // 1024}k" if size >= 1024 else str(size) for size in sizes]
    columns = "".join(f"{head:>9}" for head in heads)
    print(f"\n{title + ', µs':44}{columns}{'exponent':>10}{'x sse_core':>12}{'x floor':>9}")
    for name, best in times.seconds.items():
        cells = [
            f"{best[size] / times.counts[size] * 1e6:.1f}" if size in best else "-"
            for size in sizes
        ]
        grown = exponent(times, name)
        print(
            f"{name:44}{''.join(f'{cell:>9}' for cell in cells)}"
            f"{'-' if grown is None else f'{grown:.2f}':>10}"
            f"{ratio(times, name, ROWS[name].beside):>12}"
            f"{ratio(times, name, (f'{FLOOR}, 64 KiB a push',)):>9}"
            f"{remark(times.ends.get(name, ''))}",
            flush=True,
        )


def remark(why: str) -> str:
    return "" if why in ("", "-") else f"  {why}"


def ratio(times: Times, name: str, others: tuple[str, ...]) -> str:
    """How many times as long as the first of the others that is there; at the largest size."""
    best = times.seconds[name]
    other = next((times.seconds[one] for one in others if times.seconds.get(one)), {})
    shared = best.keys() & other.keys()
    if not shared or best is other:
        return "-"
    times_as_long = best[max(shared)] / other[max(shared)]
    return f"{times_as_long:.{1 if times_as_long >= 1 else 2}f}"


def smoke(pythons: list[str]) -> int:
    """Every row once, in each shape. Fails if ours does."""
    failed = False
    for library in LIBRARIES:
        with Worker(library, pythons) as worker:
            faults = smoked(worker) if worker.python else ["not installed"]
        failed = failed or (library == OURS and bool(faults))
        print(f"{'merge, ' + library:20}{'; '.join(faults) or 'ok'}")
    return failed


def smoked(worker: Worker) -> list[str]:
    return [
        f"{row.name}, {dialect}, {shape}: {done['error']}"
        for dialect in (CHAT, CLAUDE)
        for shape in SHAPES
        for row in ROWS.values()
        if row.library == worker.library and row.takes(dialect, SHAPES[shape])
        for done in [worker.ask(row=row.name, dialect=dialect, shape=shape, deltas=100, limit=10.0)]
        if "error" in done
    ]


if __name__ == "__main__":
    sys.exit(main())
