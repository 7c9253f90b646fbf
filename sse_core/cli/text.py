"""``sse-core text``: what the assistant says, as it says it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ..events import ReasoningDelta, TextDelta
from ..stream import StreamDecoder
from .answer import add_answer, decoded, verdict
from .console import ESCAPES, write

if TYPE_CHECKING:
    import argparse

__all__ = ["EXAMPLES", "configure", "run"]

EXAMPLES = """\
  curl -sN ... | sse-core text -           the answer, as it is written
  sse-core text --reasoning capture.sse    what the model thought, too, on stderr
  sse-core text --choice 1 capture.sse     the second of several answers
  sse-core text --sample                   the sample that comes with the package
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add its arguments."""
    parser.add_argument(
        "--choice", type=int, default=0, help="which of several answers (default 0)"
    )
    parser.add_argument("--reasoning", action="store_true", help="the reasoning, too, on stderr")
    add_answer(parser)


def run(options: argparse.Namespace) -> int:
    """Write the deltas of the text."""
    stream = StreamDecoder(options.dialect)
    shown = options.choice if options.reasoning else None  # the choice whose reasoning is
    last, thought = "\n", "\n"
    for event in decoded(stream, options):
        if isinstance(event, TextDelta) and event.choice == options.choice:
            if not thought.endswith("\n"):
                thought = "\n"
                print(file=sys.stderr, flush=True)
            last = event.text
            write(last, options)
        elif isinstance(event, ReasoningDelta) and event.choice == shown:
            thought = event.text
            sys.stderr.write(thought if options.raw else thought.translate(ESCAPES))
            sys.stderr.flush()
    if not thought.endswith("\n"):
        print(file=sys.stderr)
    if sys.stdout.isatty() and not last.endswith("\n"):
        write("\n", options)
    return verdict(stream)
