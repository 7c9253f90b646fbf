"""``sse-core encode``: JSON lines to server-sent events, by the library's encoder."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from ..encode import encode_comment, encode_event, encode_json, encode_retry
from ..errors import EncodeError, UsageError
from .console import COMPLETE, opened

if TYPE_CHECKING:
    import argparse

__all__ = ["EXAMPLES", "configure", "run"]

EXAMPLES = """\
  echo '{"data": "Hello", "event": "greeting"}' | sse-core encode -
  echo '{"data": {"any": ["JSON"]}, "id": "7"}' | sse-core encode -
  echo '{"comment": "a heartbeat"}' | sse-core encode -
  echo '{"retry": 3000}' | sse-core encode -
  sse-core events capture.sse | sse-core encode - > clean.sse

data that is not text is written as compact JSON. "start", "end" and "n", which
"sse-core events" writes, are not needed here.
"""

WRITTEN = ("data", "event", "id", "retry", "comment")
PLACES = ("n", "start", "end")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add its arguments."""
    parser.add_argument("file", metavar="FILE", help="JSON lines, or - for stdin")


def run(options: argparse.Namespace) -> int:
    """Write the bytes of each line at once."""
    last_event_id, out = "", sys.stdout.buffer
    with opened(options) as source:
        for number, line in enumerate(iter(source.readline, b""), 1):
            if not line.strip():
                continue
            try:
                data, last_event_id = _encoded(line, last_event_id)
            except (UsageError, EncodeError) as error:
                raise UsageError(f"line {number}: {error}") from None
            out.write(data)
            out.flush()
    return COMPLETE


def _encoded(line: bytes, last_event_id: str) -> tuple[bytes, str]:
    """The bytes of one line, and the last event id after it."""
    try:
        fields: Any = json.loads(line)
    except (ValueError, RecursionError):
        raise UsageError("not JSON") from None
    if not isinstance(fields, dict):
        raise UsageError("not a JSON object")
    strange = sorted(fields.keys() - {*WRITTEN, *PLACES})
    if strange:
        raise UsageError(f"unknown key {strange[0]!r}; known are {', '.join(WRITTEN)}")
    event, id, retry = fields.get("event"), fields.get("id"), fields.get("retry")
    if event is not None and not isinstance(event, str):
        raise UsageError(f"event must be text, not {type(event).__name__}")
    if event == "message":
        event = None  # as without
    written = b"" if fields.get("comment") is None else encode_comment(fields["comment"])
    if "data" in fields:
        # An id lasts until the next one: the same once more says nothing.
        labels = {"event": event, "id": None if id == last_event_id else id, "retry": retry}
        encode: Any = encode_event if isinstance(fields["data"], str) else encode_json
        return written + encode(fields["data"], **labels), last_event_id if id is None else id
    if event is not None or id is not None:
        raise UsageError("event and id need data")
    if retry is not None:
        written += encode_retry(retry)
    if not written:
        raise UsageError("none of data, comment and retry")
    return written, last_event_id
