"""``sse-core final``: the whole answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ..stream import StreamDecoder
from .answer import add_answer, decoded, verdict
from .console import write

if TYPE_CHECKING:
    import argparse

__all__ = ["EXAMPLES", "configure", "run"]

EXAMPLES = """\
  sse-core final capture.sse              in the words of this library, any provider
  sse-core final --native capture.sse     as the provider gives it unstreamed
  sse-core final capture.sse | jq .usage
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add its arguments."""
    parser.add_argument(
        "--native", action="store_true", help="in the provider's own shape for unstreamed answers"
    )
    add_answer(parser)


def run(options: argparse.Namespace) -> int:
    """Write the answer, when the stream is over."""
    stream = StreamDecoder(options.dialect)
    for _ in decoded(stream, options):
        pass
    if options.native and stream.dialect != "auto":
        answer = stream.native()
    else:
        answer = {"dialect": stream.dialect, **stream.response.as_dict()}
    write(json.dumps(answer, ensure_ascii=False, indent=2) + "\n", options)
    return verdict(stream)
