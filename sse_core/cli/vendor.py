"""``sse-core vendor``: the wire decoder as one file of Python."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING

from ..vendor import export
from .console import COMPLETE

if TYPE_CHECKING:
    import argparse

__all__ = ["EXAMPLES", "configure", "run"]

EXAMPLES = """\
  sse-core vendor --output my_sdk/_sse.py
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add its arguments."""
    parser.add_argument("--output", metavar="FILE", help="where to (default: stdout)")


def run(options: argparse.Namespace) -> int:
    """Write the file. The same version gives the same bytes."""
    source = export().encode()
    with open(options.output, "wb") if options.output else nullcontext(sys.stdout.buffer) as file:
        file.write(source)
        file.flush()
    return COMPLETE
