"""``sse-core cut``: a capture in other chunks, as a cassette for ``replay`` and for tests."""

from __future__ import annotations

import random
import sys
from collections import deque
from typing import TYPE_CHECKING

from ..cassette import write_cassette
from ..limits import Limits
from ..wire import SSEDecoder
from .console import COMPLETE, add_source, at_least_one, opened, pieces, positive

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

__all__ = ["EXAMPLES", "at_boundaries", "configure", "cut_to_sizes", "random_sizes", "run"]

EXAMPLES = """\
  sse-core cut --every 1 capture.sse > bytes.cassette          byte by byte
  sse-core cut --at boundaries capture.sse > events.cassette   event by event
  sse-core cut --seed 7 capture.sse > some.cassette            anywhere: the same for the same seed
  sse-core cut --at boundaries --delay 0.05 capture.sse | sse-core replay - | sse-core text -
"""

#: The largest chunk of ``--seed``; the sizes are spread over its powers of two.
LARGEST = 4096


def configure(parser: argparse.ArgumentParser) -> None:
    """Add its arguments."""
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument("--every", type=at_least_one, metavar="N", help="chunks of N bytes")
    how.add_argument("--at", choices=["boundaries"], help="a chunk for each event")
    how.add_argument("--seed", type=int, metavar="N", help="chunks of 1 to 4096 bytes, drawn by it")
    parser.add_argument(
        "--delay",
        type=positive,
        default=0.0,
        metavar="SECONDS",
        help="the time from one chunk to the next (default: all at once)",
    )
    add_source(parser, raw=False)


def run(options: argparse.Namespace) -> int:
    """Write the cassette."""
    with opened(options) as source:
        data = pieces(source)
        if options.every:
            chunks = cut_to_sizes(data, iter(lambda: options.every, None))
        elif options.at:
            chunks = at_boundaries(data)
        else:
            chunks = cut_to_sizes(data, random_sizes(options.seed))
        timed = ((round(n * options.delay, 6), chunk) for n, chunk in enumerate(chunks))
        for line in write_cassette(timed):
            sys.stdout.write(line)
    return COMPLETE


def random_sizes(seed: int) -> Iterator[int]:
    """As many small chunks as large ones, so that cuts fall into every kind of place."""
    draw = random.Random(seed).random
    while True:
        yield int(LARGEST ** draw())


def cut_to_sizes(data: Iterable[bytes], sizes: Iterator[int]) -> Iterator[bytes]:
    """The same bytes in chunks of these sizes; the last may be shorter."""
    held, size = bytearray(), next(sizes)
    for piece in data:
        held += piece
        while len(held) >= size:
            yield bytes(held[:size])
            del held[:size]
            size = next(sizes)
    if held:
        yield bytes(held)


def at_boundaries(data: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in chunks that end with an event, its blank line included; and the rest."""
    decoder = SSEDecoder(limits=Limits.unlimited())
    held, begin = bytearray(), 0  # what is not cut yet, and its offset
    ends: deque[int] = deque()
    for piece in data:
        held += piece
        ends += (event.end for event in decoder.feed(piece))
        # An event is done at the CR of its blank line; an LF that follows belongs to it.
        while ends and ends[0] - begin < len(held):
            size = ends.popleft() - begin
            size += held[size - 1 : size + 1] == b"\r\n"
            yield bytes(held[:size])
            del held[:size]
            begin += size
    if held:
        yield bytes(held)
