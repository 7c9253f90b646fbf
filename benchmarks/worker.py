"""One process, which ``python -m benchmarks`` starts: ``benchmarks.worker TASK ROW CASE FILE``.

It measures one row on one case, and pyperf adds the values to the file. If that cannot be, it
prints why, and exits with ``FAULT``.
"""

from __future__ import annotations

import sys
from importlib import import_module
from time import process_time

from benchmarks.harness import fault_of

FAULT = 3
ENOUGH = 0.4  # seconds for all values. Many short ones, not few long: some will be undisturbed
MOST = 15  # values


def main(task: str, row: str, case: str, file: str) -> int:
    module = import_module(f"benchmarks.{task}")
    try:
        work = module.ROWS[row].prepare(case)
        begin = process_time()
        first = work()
        spent = process_time() - begin
    except Exception as error:  # whatever a peer raises is its result
        print(fault_of(error))
        return FAULT

    import pyperf

    # What takes that long has warmed up in its first pass, which is then the value.
    again = spent < 2 * ENOUGH
    values = min(MOST, max(2, int(ENOUGH / max(spent, 1e-6)))) if again else 1
    runner = pyperf.Runner(values=values, loops=1, warmups=0, processes=1)
    runner.metadata["unit"] = module.UNIT
    runner.parse_args(["--worker", "--append", file])
    runner.bench_time_func(f"{row}/{case}", lambda _loops: work() if again else first)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
