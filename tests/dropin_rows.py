"""What the drop-ins do otherwise than the copies, and what they do alike: the tables of the page.

``docs/replace-your-copy.md`` has a row for each. ``test_dropins.py`` holds what the drop-ins give,
``test_dropins_peers.py`` what the copies give, where they are installed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

PAGE = Path(__file__).parent.parent / "docs" / "replace-your-copy.md"

#: An event: type, data, id, retry.
Event = tuple[Any, str, Any, Any]


class Row(NamedTuple):
    """A stream, and what each makes of it: events, or the name of an exception.

    Attributes:
        stream: the bytes, in one push.
        stainless, httpx_sse: what the copies give.
        ours_stainless, ours_httpx_sse: the drop-ins; ``None``: the same as the copy.
    """

    stream: bytes
    stainless: list[Event] | str
    httpx_sse: list[Event] | str
    ours_stainless: list[Event] | None = None
    ours_httpx_sse: list[Event] | None = None


A, ID1 = (None, "a", None, None), (None, "a", "1", None)
MA, MID1 = ("message", "a", "", None), ("message", "a", "1", None)

#: Rows of the page, and the stream that shows them: otherwise on purpose.
DIFFERENT = {
    "the stream begins with a byte order mark": Row(
        b"\xef\xbb\xbfdata: a\n\n", [], [], [A], [MA]
    ),
    "a byte that is not UTF-8": Row(
        b"data: \xff\n\n",
        "UnicodeDecodeError",
        [("message", "\ufffd", "", None)],
        [(None, "\ufffd", None, None)],
    ),
    "a comment and a blank line, once an id was seen": Row(
        b"id: 1\ndata: a\n\n: ping\n\n",
        [ID1, (None, "", "1", None)],
        [MID1, ("message", "", "1", None)],
        [ID1],
        [MID1],
    ),
    "a block of nothing but an id": Row(
        b"id: 1\n\n", [(None, "", "1", None)], [("message", "", "1", None)], []
    ),
    "a block of nothing but a `retry`": Row(
        b"retry: 5\n\n", [(None, "", None, 5)], [("message", "", "", 5)], []
    ),
    "`retry` is not of digits alone": Row(
        b"retry: 1_0\ndata: a\n\nretry: -5\ndata: a\n\n",
        [(None, "a", None, 10), (None, "a", None, -5)],
        [("message", "a", "", 10), ("message", "a", "", -5)],
        [A, A],
        [MA, MA],
    ),
}  # fmt: skip

#: Rows of the page that are no stream: a test of their own holds each.
ALSO_DIFFERENT = [
    "lines end with CR",
    "an event that never ends",
    "a decoder is used for a second stream",
    "two events with the same fields",
    "`ServerSentEvent.raw` (anthropic 2)",
    "`Content-Type: Text/Event-Stream`",
    "`Content-Type: application/x-text/event-streamy`",
    "the charset of the `Content-Type` is another",
    "`SSEError`",
    "the `headers` that `connect_sse` is given",
]

ALIKE = {
    "no type": Row(b"data: a\n\n", [A], [MA]),
    "the type is `message`": Row(
        b"event: message\ndata: a\n\n", [("message", "a", None, None)], [MA]
    ),
    "a type, and no data": Row(
        b"event: ping\n\n", [("ping", "", None, None)], [("ping", "", "", None)]
    ),
    "an empty type, and no data": Row(b"event:\n\n", [], []),
    "data that is empty": Row(b"data\n\n", [(None, "", None, None)], [("message", "", "", None)]),
    "a `retry` in the block": Row(
        b"retry: 5\ndata: a\n\ndata: a\n\n",
        [(None, "a", None, 5), A],
        [("message", "a", "", 5), MA],
    ),
    "an id, and an event after it": Row(
        b"id: 1\ndata: a\n\ndata: a\n\n", [ID1, ID1], [MID1, MID1]
    ),
    "an id with a NUL": Row(b"id: 1\0\ndata: a\n\n", [A], [MA]),
    "an id that is empty": Row(b"id\ndata: a\n\n", [(None, "a", "", None)], [MA]),
    "U+2028 in the data": Row(
        "data: a\u2028b\n\n".encode(),
        [(None, "a\u2028b", None, None)],
        [("message", "a\u2028b", "", None)],
    ),
    "the stream ends before the blank line": Row(b"data: a\n\ndata: a\n", [A], [MA]),
}  # fmt: skip

different = pytest.mark.parametrize("row", DIFFERENT.values(), ids=DIFFERENT)
alike = pytest.mark.parametrize("row", ALIKE.values(), ids=ALIKE)


def fields(events: Any) -> list[Event] | str:
    """What events there are, or what is raised in their place."""
    try:
        return [(event.event, event.data, event.id, event.retry) for event in events]
    except UnicodeDecodeError as error:
        return type(error).__name__
