"""``python -m benchmarks``: how fast every decoder here is, as ratios in one run."""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

from benchmarks import merge, quirks
from benchmarks.peers import LIBRARIES, fault
from benchmarks.shapes import CUTTINGS, SHAPES

OURS, FLOOR = "sse_core", "floor"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="run a little of all, time nothing")
    parser.add_argument("--json", type=Path, metavar="OUT", help="keep pyperf's file")
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=["chat"])
    parser.add_argument("--cuttings", nargs="+", choices=CUTTINGS, default=list(CUTTINGS))
    parser.add_argument("--libraries", nargs="+", choices=LIBRARIES, default=list(LIBRARIES))
    parser.add_argument("--events", type=int, default=4000, help="in a stream (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="processes for each (%(default)s)")
    options = parser.parse_args()
    if options.smoke:
        # All of them, whatever the first finds: what each says is worth reading.
        return max([smoke(options.libraries), merge.smoke([sys.executable]), smoke_quirks()])
    if options.json and options.json.exists():
        parser.error(f"{options.json} exists")
    print(platform.python_implementation(), platform.python_version(), platform.machine())
    print(", ".join(f"{name} {version(name)}" for name in options.libraries if version(name)))
    with tempfile.TemporaryDirectory() as folder:
        file = options.json or Path(folder, "times.json")
        for shape in options.shapes:
            for cutting in options.cuttings:
                compare(shape, cutting, options, file)
    return 0


def smoke(libraries: list[str]) -> int:
    """Every shape in every cutting through every library that is here. Fails if sse_core does."""
    failed = False
    for library in libraries:
        faults = dict.fromkeys(
            f"{shape}: {why}"
            for shape in SHAPES
            for cutting in CUTTINGS
            if (why := fault(library, shape, cutting, events=50))
        )
        failed = failed or (library == OURS and bool(faults))
        print(f"{library:20}{'; '.join(faults) or 'ok' if version(library) else 'not installed'}")
    return failed


def smoke_quirks() -> int:
    """The matrix's column of sse_core. Fails if it deviates from what a human reads."""
    faults = {name: quirks.faults(OURS, name) for name in quirks.STREAMS}
    wrong = [f"{name}: {'; '.join(why)}" for name, why in faults.items() if why]
    print(f"{'quirks, ' + OURS:20}{'; '.join(wrong) or 'ok'}")
    return bool(wrong)


def compare(shape: str, cutting: str, options: argparse.Namespace, file: Path) -> None:
    """Time the libraries in turns, so that what disturbs one round disturbs all, and print."""
    import pyperf

    faults = {name: fault(name, shape, cutting, options.events) for name in options.libraries}
    names = [name for name in options.libraries if not faults[name]]
    for _ in range(options.rounds):
        for name in names:
            time_once(f"{name}/{shape}/{cutting}", options.events, file)

    suite = pyperf.BenchmarkSuite.load(str(file))
    times = {name: suite.get_benchmark(f"{name}/{shape}/{cutting}") for name in names}
    medians = {name: times[name].median() for name in names}
    bests = {name: min(times[name].get_values()) for name in names}

    print(f"\n{shape}, {options.events} events, pushes: {cutting}")
    print(f"{'':16}{'median':>23}{'best':>20}{'x peer':>14}{'x floor':>14}")
    for name in sorted(names, key=medians.__getitem__):
        print(
            f"{name:16}{options.events / medians[name]:11,.0f}/s"
            f" ± {times[name].median_abs_dev() / medians[name]:5.1%}"
            f"  {options.events / bests[name]:16,.0f}/s"
            f"{against_peers(name, medians):>8}{against_peers(name, bests):>6}"
            f"{ratio(FLOOR, name, medians):>8}{ratio(FLOOR, name, bests):>6}"
        )
    for name in options.libraries:
        if faults[name]:
            print(f"{name:16}{faults[name]}")


def against_peers(name: str, times: dict[str, float]) -> str:
    peers = [peer for peer in times if peer not in (OURS, FLOOR)]
    return ratio(min(peers, key=times.__getitem__), name, times) if peers else "-"


def ratio(other: str, name: str, times: dict[str, float]) -> str:
    """How many times as fast as the other one."""
    return f"{times[other] / times[name]:.2f}" if other in times else "-"


def time_once(name: str, events: int, file: Path) -> None:
    """One process of one library; pyperf adds its times to the file."""
    measure = ["--processes=1", "--loops=1", "--warmups=2", "--values=15", "--quiet"]
    command = [sys.executable, "-m", "benchmarks.worker", name, str(events), *measure]
    subprocess.run([*command, f"--append={file}"], check=True, stdout=subprocess.DEVNULL)


def version(library: str) -> str:
    """The version of what is installed; ``""`` if it is not."""
    distribution = LIBRARIES[library].distribution
    if not distribution:
        return "(this)"
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


if __name__ == "__main__":
    sys.exit(main())
