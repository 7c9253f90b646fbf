"""Hypothesis strategies for event streams: ``pip install sse-core[testing]``.

They draw a meaning and render it, and never filter, so that they are fast and shrink to something
a person can read: fewer events, plain spelling, no cuts.

* ``events()``: what any conforming decoder can return.
* ``streams()``: a list of events and one of its legal spellings as bytes.
* ``garbage()``: bytes made of the pieces that matter to a decoder, in any order.
* ``chunkings(data)``: a cutting of these bytes.
"""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import strategies as st

from ..wire import ServerSentEvent
from .chunkings import blocks, bytewise, cut, whole, with_empty

__all__ = ["Stream", "any_bytes", "chunkings", "events", "garbage", "streams"]

# Characters with which decoders were seen to go wrong: line separators of other standards, white
# space, byte order mark, colon, characters of two, three and four bytes.
TRICKY = " :\t\0\x0b\x0c\x1c\x1d\x1e\x7f\x85\xa0\u2028\u2029\ufeff\ufffdaä€😀"

CHARACTERS = st.one_of(
    st.sampled_from(TRICKY), st.characters(exclude_categories=["Cs"], exclude_characters="\r\n")
)


def _line(max_size: int = 12) -> st.SearchStrategy[str]:
    return st.text(CHARACTERS, max_size=max_size)


def _single(forbidden: str) -> st.SearchStrategy[str]:
    return _line().map(lambda text: text.translate(dict.fromkeys(map(ord, forbidden))))


def events() -> st.SearchStrategy[ServerSentEvent]:
    """An event that a stream can express: no CR in its data, no line end in its type or id."""
    return st.builds(
        ServerSentEvent,
        event=st.one_of(st.just("message"), _line().map(lambda text: text or "message")),
        data=st.lists(_line(), min_size=1, max_size=4).map("\n".join),
        id=st.one_of(st.just(""), _single("\0")),
    )


class Stream(NamedTuple):
    """``data`` is one spelling of ``events``, for a reader without a last event id."""

    events: list[ServerSentEvent]
    data: bytes


# What a reader must not notice. Each is a whole line.
_NOISE = (
    b":",
    b": comment",
    b":data: x",
    b"unknown: x",
    b"data : x",
    b" data: x",
    b"DATA: x",
    b"x",
)
_SILENT_FIELDS = (b"retry: x", b"retry", b"retry: 10", b"id: a\0b", b"id:\0")


@st.composite
def streams(draw: st.DrawFn, max_events: int = 5) -> Stream:
    """Events, and bytes that spell them: any line ends, order, redundancy and noise the standard
    allows, a byte order mark or none."""
    wanted = draw(st.lists(events(), max_size=max_events))
    lines: list[bytes] = []
    last_event_id = ""
    for event in wanted:
        lines += draw(_blocks_without_event(last_event_id))
        lines += draw(_block(event, last_event_id))
        last_event_id = event.id
    lines += draw(_blocks_without_event(last_event_id))
    mark = draw(st.sampled_from([b"", b"\xef\xbb\xbf"]))
    ends = draw(_line_ends(len(lines)))
    data = bytearray(mark)
    for line, end in zip(lines, ends):
        # An LF alone would complete the CR before it to one CRLF: a blank line gets lost.
        merges = not line and end == b"\n" and data.endswith(b"\r")
        data += line + (b"\r" if merges else end)
    return Stream(wanted, bytes(data))


@st.composite
def _block(draw: st.DrawFn, event: ServerSentEvent, last_event_id: str) -> list[bytes]:
    data = [("data", line) for line in event.data.split("\n")]
    once: list[list[tuple[str, str]]] = []
    if event.event != "message" or draw(st.booleans()):
        # The last of several counts, and an empty type is the default.
        default = event.event == "message" and draw(st.booleans())
        before = draw(st.lists(_line().map(lambda text: ("event", text)), max_size=1))
        once.append([*before, ("event", "" if default else event.event)])
    if event.id != last_event_id or draw(st.booleans()):
        before = draw(st.lists(_single("\0").map(lambda text: ("id", text)), max_size=1))
        once.append([*before, ("id", event.id)])
    # The fields may stand in any order, as long as each kind keeps its own.
    order = draw(
        st.permutations([0] * len(data) + [n for n, kind in enumerate(once, 1) for _ in kind])
    )
    sources = [iter(data), *map(iter, once)]
    lines = []
    for source in order:
        lines += draw(st.lists(st.sampled_from(_NOISE + _SILENT_FIELDS), max_size=1))
        lines.append(draw(_field(*next(sources[source]))))
    return [*lines, b""]


@st.composite
def _blocks_without_event(draw: st.DrawFn, last_event_id: str) -> list[bytes]:
    fields = [*_NOISE, *_SILENT_FIELDS, b"event: lost", b"event", b"id: " + last_event_id.encode()]
    blocks = draw(st.lists(st.lists(st.sampled_from(fields), max_size=2), max_size=2))
    return [line for block in blocks for line in [*block, b""]]


def _field(name: str, value: str) -> st.SearchStrategy[bytes]:
    spellings = [f"{name}: {value}"]
    if not value.startswith(" "):
        spellings.append(f"{name}:{value}")
    if not value:
        spellings.append(name)
    return st.sampled_from(spellings).map(str.encode)


def _line_ends(count: int) -> st.SearchStrategy[list[bytes]]:
    ends = (b"\n", b"\r\n", b"\r")
    mixed = st.lists(st.sampled_from(ends), min_size=count, max_size=count)
    return st.one_of(*(st.just([end] * count) for end in ends), mixed)


_PIECES = [
    b"data", b"event", b"id", b"retry", b"data: ", b"event: ", b"id: ", b"retry: ", b": ",
    b"\n", b"\r", b"\r\n", b"\n\n", b"\r\r", b"\r\n\r\n", b"\n\r", b":", b" ", b"\0", b"x", b"10",
    b"\xef\xbb\xbf", b"\xef", b"\xbb", b"\xbf", b"\xff", b"\xe2\x82", b"\xe2\x82\xac",
    b"\xf0\x9f\x98\x80", b"\xed\xa0\x80", b"\xc0\xaf", b"\xe2\x80\xa8", b"\xc2\x85", b"\x0b",
    b"data: {}\n\n", b"event: a\ndata: b\n\n", b"id: 1\n\n", b"retry: 5\n", b": c\n", b"[DONE]",
]  # fmt: skip


def garbage(max_size: int = 24) -> st.SearchStrategy[bytes]:
    """Bytes made of pieces of the grammar, and sometimes of anything."""
    piece = st.one_of(st.sampled_from(_PIECES), st.binary(max_size=4))
    return st.lists(piece, max_size=max_size).map(b"".join)


def any_bytes() -> st.SearchStrategy[bytes]:
    """Streams, streams that are cut off, garbage, and garbage behind a stream."""
    spelled = streams().map(lambda stream: stream.data)
    cut_off = spelled.flatmap(lambda data: st.integers(0, len(data)).map(lambda end: data[:end]))
    return st.one_of(spelled, cut_off, garbage(), st.tuples(spelled, garbage()).map(b"".join))


@st.composite
def chunkings(draw: st.DrawFn, data: bytes) -> list[bytes]:
    """A cutting: whole, behind each event, byte by byte, the same with empty pushes, or at any
    places, some of them twice."""
    if draw(st.booleans()):
        return cut(data, draw(st.lists(st.integers(0, len(data)), max_size=6)))
    return draw(st.sampled_from([whole, blocks, bytewise, with_empty]))(data)
