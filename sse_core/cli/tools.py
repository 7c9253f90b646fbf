"""``sse-core tools``: each tool call, when it is over."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ..events import ToolCallEnd
from ..stream import StreamDecoder
from .answer import add_answer, decoded, verdict
from .console import write

if TYPE_CHECKING:
    import argparse

__all__ = ["EXAMPLES", "configure", "run"]

EXAMPLES = """\
  sse-core tools capture.sse                        what is wrong with a call is its "problem"
  sse-core tools capture.sse | jq 'select(.complete) | .parsed'
"""

FIELDS = (
    *("choice", "block", "kind", "name", "id", "id_is_synthetic"),
    *("complete", "problem", "arguments", "parsed"),
)

configure = add_answer


def run(options: argparse.Namespace) -> int:
    """Write a line for each call."""
    stream = StreamDecoder(options.dialect)
    for event in decoded(stream, options):
        if isinstance(event, ToolCallEnd):
            fields = {name: getattr(event, name) for name in FIELDS}
            write(json.dumps(fields, ensure_ascii=False) + "\n", options)
    return verdict(stream)
