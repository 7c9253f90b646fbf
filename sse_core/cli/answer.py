"""A stream decoded to one answer, and how that ends the command: shared by those that show one."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from .. import dialects
from ..events import Outcome, StreamError
from ..merge import other_format
from .console import COMPLETE, IN_BAND_ERROR, TRUNCATED, USAGE, add_source, ended, opened, pieces

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from ..events import StreamEvent
    from ..stream import StreamDecoder

__all__ = ["ENDINGS", "add_answer", "add_dialect", "decoded", "events_of", "verdict"]

#: How each outcome ends the command: exit code, and what is said on stderr.
ENDINGS = {
    Outcome.COMPLETE: (COMPLETE, ""),
    Outcome.INCOMPLETE: (COMPLETE, "the provider stopped the answer early"),
    Outcome.FAILED: (IN_BAND_ERROR, ""),  # said when it came
    Outcome.TRUNCATED: (TRUNCATED, "truncated: the stream ends before the answer is complete"),
    Outcome.EMPTY: (TRUNCATED, "empty: there is no event in the input"),
    Outcome.NOT_SSE: (USAGE, "not an event stream: the input looks like {format}"),
    Outcome.UNKNOWN: (COMPLETE, "the stream was ended, but the provider never said why"),
}
NO_CHUNK = (
    "none of the events is of the dialect {dialect}",
    "none of the events shows a dialect; name it with --dialect",
)


def add_answer(parser: argparse.ArgumentParser) -> None:
    """The arguments of a command that shows an answer."""
    add_dialect(parser)
    add_source(parser)


def add_dialect(parser: argparse.ArgumentParser, *also: str) -> None:
    """``--dialect``, with these choices more."""
    parser.add_argument(
        "--dialect",
        default="auto",
        choices=["auto", *sorted(dialects.DIALECTS), *also],
        help="wire format (default: the one that the stream shows)",
    )


def decoded(stream: StreamDecoder, options: argparse.Namespace) -> Iterator[StreamEvent]:
    """All events of the input; what the provider reports as an error is said at once."""
    with opened(options) as source:
        for event in events_of(stream, pieces(source)):
            if isinstance(event, StreamError):
                ended(IN_BAND_ERROR, f"error from the provider: {event}")
            yield event


def events_of(stream: StreamDecoder, data: Iterable[bytes]) -> Iterator[StreamEvent]:
    """All events, up to the end."""
    # Closed twice: where the end itself passes a limit, the second time says so.
    closing = (stream.close() for _ in range(2))
    for events in chain((stream.feed(piece) for piece in data), closing):
        yield from events


def verdict(stream: StreamDecoder) -> int:
    """How it ended: said on stderr, and as the exit code."""
    outcome = stream.outcome
    if outcome is Outcome.UNKNOWN and not stream.over:
        why = NO_CHUNK[stream.dialect == "auto"].format(dialect=stream.dialect)
        return ended(USAGE, f"{why}; {stream.detected}" if stream.detected else why)
    if outcome is Outcome.FAILED and stream.response.error is None:
        return ended(IN_BAND_ERROR, "the provider ended the answer with an error it did not name")
    code, message = ENDINGS[outcome]
    return ended(code, message.format(format=other_format(stream.head)))
