"""Times one library on one shape and cutting, in processes of its own: pyperf runs this.

One value is one pass over the stream. Many short values, not few long ones: on a machine that does
other things, some of them are undisturbed.
"""

from __future__ import annotations

import argparse
from time import perf_counter

import pyperf

from benchmarks.peers import LIBRARIES
from benchmarks.shapes import SHAPES, cut


def main() -> None:
    runner = pyperf.Runner(
        program_args=("-m", "benchmarks.worker"), add_cmdline_args=pass_arguments_on
    )
    runner.argparser.add_argument("name", help="library/shape/cutting")
    runner.argparser.add_argument("events", type=int)
    arguments = runner.parse_args()
    library, shape, cutting = arguments.name.split("/")
    decode = LIBRARIES[library].decode
    blocks, data = SHAPES[shape](arguments.events)
    pushes = cut(blocks, cutting)

    def seconds(loops: int) -> float:
        begin = perf_counter()
        for _ in range(loops):
            count = 0
            for batch in decode(pushes):
                for _event in batch:
                    count += 1
        elapsed = perf_counter() - begin
        assert count == len(data)
        return elapsed

    runner.bench_time_func(arguments.name, seconds)


def pass_arguments_on(command: list[str], arguments: argparse.Namespace) -> None:
    command += [arguments.name, str(arguments.events)]


if __name__ == "__main__":
    main()
