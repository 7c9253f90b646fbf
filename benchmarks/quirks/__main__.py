"""``python -m benchmarks.quirks``: what every library makes of streams that deviate.

Each stream is a few events written by hand, in a shape that real servers send, with what a human
reads in it unambiguously next to it. It goes as raw bytes through each library's own client (over a
transport that is not a network) and merger. What comes out is brought into one neutral shape and
compared: a cell is "OK", or says in a few words what is wrong; a class name is what it raised.

What a library has no place for, it loses. Where the stream holds an error, raising one with the
provider's message is as right as it gets: what came before was handed out already. Where the input
just stops, it is not enough to leave the finish reason out ("silent"): many servers never send one.

Every library runs in a process of its own, in the first of the ``--pythons`` that has it: not all
of them agree on one version of openai and anthropic. Nothing here may open a connection.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import warnings
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks.quirks.libraries import ABSENT, LIBRARIES, OURS, SDKS, faults
from benchmarks.quirks.streams import CHAT, CLAUDE, STREAMS

ROOT = Path(__file__).resolve().parent.parent.parent


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quirks", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--json", action="store_true", help="all that is wrong, not the table")
    parser.add_argument("--smoke", action="store_true", help="one line for each library")
    parser.add_argument("--peers", type=listed, default=list(LIBRARIES), help="with commas")
    parser.add_argument("--pythons", nargs="+", default=[sys.executable], help="where they are")
    parser.add_argument("--column", choices=LIBRARIES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.column:
        print(json.dumps(column(options.column)))
        return 0
    names = list(dict.fromkeys([OURS, *options.peers]))
    columns = {name: found(name, options.pythons) for name in names}
    if options.json:
        print(json.dumps(columns, indent=1))
    elif options.smoke:
        for name, done in columns.items():
            print(f"{name:12}{done.get('error') or summary(done['cells'])}")
    else:
        for name, done in columns.items():
            print(f"{name:12}{done.get('error') or versions_of(done) or '(this)'}")
        for dialect in (CHAT, CLAUDE):
            print_table(dialect, columns)
    return "error" in columns[OURS] or any(columns[OURS]["cells"].values())


def listed(text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in LIBRARIES:
            raise argparse.ArgumentTypeError(f"no {name!r}; there are: {', '.join(LIBRARIES)}")
    return names


def column(name: str) -> dict[str, Any]:
    """All the streams of one library, in this process."""
    library = LIBRARIES[name]
    versions = {wanted: version(wanted) for wanted in (*library.distributions, *SDKS)}
    if not all(versions[wanted] for wanted in library.distributions[:1]):
        return {"error": ABSENT}
    sys.addaudithook(no_network)
    warnings.simplefilter("ignore")
    streams = [name for name, one in STREAMS.items() if one.dialect in library.adapters]
    return {
        "versions": {key: value for key, value in versions.items() if value and name != OURS},
        "cells": {stream: faults(name, stream) for stream in streams},
    }


def version(distribution: str) -> str:
    """``""`` if it is not installed."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def no_network(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.getaddrinfo"):
        raise PermissionError("the matrix opens no connection")


def found(name: str, pythons: list[str]) -> dict[str, Any]:
    """The column of this library, from a process of the first interpreter that has it."""
    quiet = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "OPENAI_AGENTS_DISABLE_TRACING": "1"}
    environment = {**os.environ, **quiet, "PYTHONPATH": str(ROOT)}
    done: dict[str, Any] = {"error": ABSENT}
    for python in pythons:
        command = [python, "-m", "benchmarks.quirks", "--column", name]
        run = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
        try:
            done = json.loads(run.stdout.splitlines()[-1])
        except (IndexError, ValueError):
            done = {"error": f"failed: {run.stderr.strip().splitlines()[-1:]}"}
        if done.get("error") != ABSENT:
            break
    return done


def summary(cells: dict[str, list[str]]) -> str:
    return f"{sum(not wrong for wrong in cells.values())} of {len(cells)} OK"


def versions_of(done: dict[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in done["versions"].items())


def print_table(dialect: str, columns: dict[str, dict[str, Any]]) -> None:
    names = [name for name in columns if dialect in LIBRARIES[name].adapters]
    rows = [["stream", *names]]
    for stream in (name for name, one in STREAMS.items() if one.dialect == dialect):
        rows.append([stream, *(cell(columns[name], stream) for name in names)])
    ok = [
        sum(row[at] == "OK" for row in rows) if "cells" in columns[name] else "-"
        for at, name in enumerate(names, start=1)
    ]
    rows.append([f"OK, of {len(rows) - 1}", *map(str, ok)])
    widths = [max(map(len, texts)) for texts in zip(*rows)]
    print()
    for row in rows:
        print(" | ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip())


def cell(done: dict[str, Any], stream: str) -> str:
    if "error" in done:
        return str(done["error"])
    first, more = done["cells"][stream][:2], done["cells"][stream][2:]
    return "; ".join(first) + (" …" if more else "") or "OK"


if __name__ == "__main__":
    sys.exit(main())
