"""``sse-core replay``: the chunks of a cassette, each by itself, when it came."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from ..cassette import read_cassette
from .console import COMPLETE, opened, positive

if TYPE_CHECKING:
    import argparse

__all__ = ["EXAMPLES", "configure", "run"]

EXAMPLES = """\
  sse-core replay run.cassette | sse-core text -    as it was
  sse-core replay --speed 10 run.cassette           ten times as fast
  sse-core replay --no-delay run.cassette > capture.sse
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add its arguments."""
    pace = parser.add_mutually_exclusive_group()
    pace.add_argument(
        "--speed", type=positive, default=1.0, metavar="X", help="X times as fast (default 1)"
    )
    pace.add_argument("--no-delay", action="store_true", help="all at once")
    parser.add_argument("file", metavar="FILE", help="a cassette, or - for stdin")


def run(options: argparse.Namespace) -> int:
    """One write for each chunk, no sooner than it came."""
    out = sys.stdout.buffer
    with opened(options) as source:
        begin = time.monotonic()
        for t, data in read_cassette(iter(source.readline, b"")):
            if not options.no_delay:
                time.sleep(max(0.0, begin + t / options.speed - time.monotonic()))
            out.write(data)
            out.flush()
    return COMPLETE
