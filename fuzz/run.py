"""``python -m fuzz.run TARGET --seconds N``: fuzz one target of this folder with atheris."""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
from pathlib import Path

TARGETS = ("wire", "stream")
MAX_BYTES = 512  # an input, unless its target says more: longer ones find nothing new


def main() -> None:
    """Start the target; libFuzzer ends the process itself."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("input", nargs="*", help="run only these files, as found in crash-*")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--corpus", type=Path, help="a folder that is read and grows")
    options = parser.parse_args()
    try:
        import atheris
    except ImportError:
        parser.error("atheris is not installed: pip install 'sse-core[dev]'")
    with atheris.instrument_imports(include=["sse_core"]):
        target = importlib.import_module(f"fuzz.{options.target}")
    corpus = options.corpus or Path(tempfile.mkdtemp(prefix="sse-core-fuzz-"))
    corpus.mkdir(parents=True, exist_ok=True)
    seeds = list(target.seeds())
    for number, seed in enumerate(seeds):
        target.check(seed)
        (corpus / f"seed-{number:03}").write_bytes(seed)
    print(f"{len(seeds)} seeds pass; fuzzing for {options.seconds} s", flush=True)
    arguments = [
        f"-max_total_time={options.seconds}",
        f"-max_len={getattr(target, 'MAX_BYTES', MAX_BYTES)}",
        str(corpus),
    ]
    atheris.Setup([sys.argv[0], *(options.input or arguments)], target.check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
