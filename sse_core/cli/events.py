"""``sse-core events``: the server-sent events beneath, whatever they carry."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..events import Outcome
from ..merge import other_format
from ..wire import Comment, Retry, ServerSentEvent, SSEDecoder, SSEObserver
from .answer import ENDINGS
from .console import COMPLETE, TRUNCATED, add_source, ended, opened, pieces, write

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from ..wire import WireItem

__all__ = ["EXAMPLES", "configure", "run"]

EXAMPLES = """\
  sse-core events capture.sse                                  each event, and its place in bytes
  sse-core events --event content_block_delta capture.sse      those of one type
  sse-core events --field choices.0.delta.content capture.sse  one place in their JSON
  sse-core events --comments capture.sse                       comments and retry times, too
  sse-core events capture.sse | sse-core encode - > clean.sse
"""

NOTHING = object()


def configure(parser: argparse.ArgumentParser) -> None:
    """Add its arguments."""
    parser.add_argument("--event", metavar="NAME", help="only events of this type")
    parser.add_argument(
        "--field",
        metavar="PATH",
        help="only the value at this place in the data, which is JSON: keys and positions joined "
        "by dots; events without it are left out",
    )
    parser.add_argument(
        "--comments", action="store_true", help="a line for each comment and retry time, too"
    )
    add_source(parser)


def run(options: argparse.Namespace) -> int:
    """Write a line for each event."""
    decoder = SSEObserver() if options.comments else SSEDecoder()
    count, head = 0, b""
    with opened(options) as source:
        for piece in pieces(source):
            head = head or piece.lstrip()[:1]
            for item in decoder.feed(piece):
                for line in _shown(item, count, options):
                    write(json.dumps(line, ensure_ascii=False) + "\n", options)
                count += isinstance(item, ServerSentEvent)
    decoder.close()
    if not count:
        found = other_format(head)
        code, message = ENDINGS[Outcome.NOT_SSE if found else Outcome.EMPTY]
        return ended(code, message.format(format=found))
    if decoder.tail is not None:
        size = decoder.tail.end - decoder.tail.start
        return ended(TRUNCATED, f"truncated: {size} bytes of an unfinished event at the end")
    return COMPLETE


def _shown(item: WireItem, number: int, options: argparse.Namespace) -> Iterator[Any]:
    """What is written of it: one value, or nothing."""
    place = {"start": item.start, "end": item.end}
    if isinstance(item, ServerSentEvent):
        if options.event not in (None, item.event):
            return
        if options.field is None:
            yield {"n": number, **place, "event": item.event, "id": item.id, "data": item.data}
            return
        found = _at(item.data, options.field)
        if found is not NOTHING:
            yield found
    elif options.event is None and options.field is None:
        if isinstance(item, Comment):
            yield {**place, "comment": item.text}
        elif isinstance(item, Retry):
            yield {**place, "retry": item.milliseconds}


def _at(data: str, path: str) -> Any:
    """The value at this place in JSON text; ``NOTHING`` if it has none, or is none."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return NOTHING
    for key in path.split("."):
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isascii() and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        else:
            return NOTHING
    return value
