"""``sse-core final``: the whole answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ..shapes import SHAPES
from ..stream import StreamDecoder
from .answer import add_answer, decoded, verdict
from .console import write

if TYPE_CHECKING:
    import argparse

__all__ = ["EXAMPLES", "configure", "run"]

EXAMPLES = """\
  sse-core final capture.sse              in the words of this library, any provider
  sse-core final --native capture.sse     as the provider gives it unstreamed
  sse-core final --as openai capture.sse  as OpenAI's chat completions would have it, any provider
  sse-core final capture.sse | jq .usage
"""


#: The dialect whose own shape it is: of that, nothing has to be left out.
OWN = {"openai": "openai-chat", "anthropic": "anthropic"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add its arguments."""
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument(
        "--native", action="store_true", help="in the provider's own shape for unstreamed answers"
    )
    shape.add_argument(
        "--as",
        dest="shape",
        choices=SHAPES,
        help="in the words of another: a chat completion, an Anthropic message, or attributes of "
        "OpenTelemetry; what has no place there is left out",
    )
    add_answer(parser)


def run(options: argparse.Namespace) -> int:
    """Write the answer, when the stream is over."""
    stream = StreamDecoder(options.dialect)
    for _ in decoded(stream, options):
        pass
    native = options.native or stream.dialect == OWN.get(options.shape)
    if native and stream.dialect != "auto":
        answer = stream.native()
    elif options.shape:
        answer = SHAPES[options.shape](stream.response)
    else:
        answer = {"dialect": stream.dialect, **stream.response.as_dict()}
    write(json.dumps(answer, ensure_ascii=False, indent=2) + "\n", options)
    return verdict(stream)
