"""``sse-core record``: passes stdin through, and keeps each chunk of it with its time."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

from ..cassette import cassette_chunk, cassette_header
from .console import COMPLETE, PIECE

if TYPE_CHECKING:
    import argparse

__all__ = ["EXAMPLES", "configure", "run"]

EXAMPLES = """\
  curl -sN ... | sse-core record run.cassette                      passed on untouched
  curl -sN ... | sse-core record run.cassette | sse-core text -    shown while it is recorded
  sse-core timeline run.cassette                                   every command reads cassettes
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add its arguments."""
    parser.add_argument(
        "file", metavar="FILE", help="the cassette to write; one that is there is written over"
    )


def run(options: argparse.Namespace) -> int:
    """Read, pass on, write down: whoever reads our output waits for nothing."""
    source, out = sys.stdin.buffer.fileno(), sys.stdout.buffer
    with open(options.file, "w", encoding="ascii") as cassette:
        recorded = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        cassette.write(cassette_header(recorded=recorded))
        begin = time.monotonic()
        while data := os.read(source, PIECE):
            t = time.monotonic() - begin
            # Kept before it is passed on: a reader that goes away ends us, and this came.
            cassette.write(cassette_chunk(round(t, 6), data))
            cassette.flush()
            out.write(data)
            out.flush()
    return COMPLETE
