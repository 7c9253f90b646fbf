"""Fuzz a target of this folder with atheris, or see what its seeds reach.

::

    python -m fuzz.run wire --seconds 3600 --corpus corpus/wire
    python -m fuzz.run wire crash-…
    python -m fuzz.run --reach
"""

from __future__ import annotations

import argparse
import importlib
import random
import sys
import tempfile
from pathlib import Path

from fuzz.target import Target

ROOT = Path(__file__).resolve().parent.parent

#: The modules of this folder, by target. A module's ``target(name)`` makes it.
TARGETS = {
    "wire": "wire",
    "encode": "encode",
    "state": "state",
    "auto": "stream",
    "openai-chat": "stream",
    "openai-completions": "stream",
    "openai-responses": "stream",
    "anthropic": "stream",
    "gemini": "stream",
    "text": "stream",
    "json": "stream",
}

#: Of the statements of the files that a target is there for, the share its seeds must reach. One
#: that does not come to what it should fuzz finds nothing, and looks as if all were well.
REACH = 0.7


def main() -> None:
    """Start the target; libFuzzer ends the process itself."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("target", nargs="?", choices=TARGETS)
    parser.add_argument("input", nargs="*", help="run only these files, as found in crash-*")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--corpus", type=Path, help="a folder that is read and grows")
    parser.add_argument("--reach", action="store_true", help="only see what the seeds reach")
    options = parser.parse_args()
    if options.reach:
        names = [options.target] if options.target else list(TARGETS)
        short = [name for name in names if not reach(name)]
        sys.exit(f"too little: {', '.join(short)}" if short else 0)
    if not options.target:
        parser.error(f"which target? One of {', '.join(TARGETS)}")
    try:
        import atheris
    except ImportError:
        parser.error("atheris is not installed: pip install 'sse-core[dev]'")
    with atheris.instrument_imports(include=["sse_core"]):
        target = load(options.target)
    corpus = options.corpus or Path(tempfile.mkdtemp(prefix="sse-core-fuzz-"))
    corpus.mkdir(parents=True, exist_ok=True)
    seeds = list(target.seeds())
    for number, seed in enumerate(seeds):
        target.check(seed)
        (corpus / f"seed-{number:04}").write_bytes(seed)
    print(f"{len(seeds)} seeds pass; fuzzing for {options.seconds} s", flush=True)

    def mutate(given: bytes, max_size: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if target.mutate is None or chance.random() < 0.5:
            mutated: bytes = atheris.Mutate(given, max_size)
            return mutated
        return target.mutate(bytes(given), chance)[:max_size]

    arguments = [
        f"-max_total_time={options.seconds}",
        f"-max_len={target.max_bytes}",
        str(corpus),
    ]
    given = [sys.argv[0], *(options.input or arguments)]
    atheris.Setup(given, target.check, custom_mutator=mutate)
    atheris.Fuzz()


def load(name: str) -> Target:
    """The target, with all that it imports."""
    target: Target = importlib.import_module(f"fuzz.{TARGETS[name]}").target(name)
    return target


def reach(name: str) -> bool:
    """Run the seeds; print what they reach of the files that the target is there for. Whether that
    is enough."""
    import coverage

    # Modules that are imported already would not be measured while they are made.
    for module in list(sys.modules):
        if module.startswith(("sse_core", "fuzz.", "tests.")):
            del sys.modules[module]
    measured = coverage.Coverage(
        data_file=None,
        config_file=False,
        source=[str(ROOT / "sse_core")],
        omit=["*/sse_core/testing/*"],
    )
    measured.start()
    target = load(name)
    seeds = list(target.seeds())[::2]  # half of them comes nearly as far
    for seed in seeds:
        target.check(seed)
    measured.stop()
    enough = True
    for path in target.reaches:
        _, statements, _, missing, _ = measured.analysis2(str(ROOT / "sse_core" / path))
        share = 1 - len(missing) / len(statements)
        enough &= share >= REACH
        print(f"{name}: {len(seeds)} seeds reach {share:.1%} of {path}", flush=True)
    return enough


if __name__ == "__main__":
    main()
