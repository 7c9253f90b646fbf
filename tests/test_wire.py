"""Examples of what the wire layer decided where the standard leaves it open, and its memory."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterable
from typing import Any

import pytest

from sse_core import (
    Comment,
    EmptyBlock,
    IgnoredField,
    InputTypeError,
    InvalidUTF8,
    Limits,
    Retry,
    ServerSentEvent,
    SSEDecoder,
    SSEObserver,
    Tail,
    UsageError,
)
from sse_core.testing import chunkings


def feed_all(decoder: SSEDecoder, chunks: Iterable[bytes]) -> list[ServerSentEvent]:
    return [event for chunk in chunks for event in decoder.feed(chunk)]


# -- when things are handed out -----------------------------------------------------------------


@pytest.mark.parametrize("end", [b"\n\n", b"\r\r", b"\r\n\r", b"\n\r", b"\r\n\n"])
def test_an_event_never_waits_for_a_byte_that_may_not_come(end: bytes) -> None:
    assert [event.data for event in SSEDecoder().feed(b"data: now" + end)] == ["now"]


def test_the_line_feed_of_a_split_crlf_belongs_to_what_comes_next() -> None:
    decoder = SSEDecoder()
    (first,) = decoder.feed(b"data: a\r\n\r")
    assert decoder.at_boundary
    (second,) = decoder.feed(b"\ndata: b\r\n\r\n")
    assert (first.start, first.end, second.start, second.end) == (0, 10, 10, 21)


def test_a_retry_counts_when_its_line_ends() -> None:
    decoder = SSEDecoder()
    decoder.feed(b"retry: 2500\n")
    assert decoder.retry == 2500
    assert decoder.at_boundary


@pytest.mark.parametrize(
    ("digits", "milliseconds"),
    [(b"0", 0), (b"000", 0), (b"007", 7), (b"0" * 9999 + b"7", 7)],
    ids=["0", "000", "007", "many"],
)
def test_zeros_before_a_retry_count_for_nothing(digits: bytes, milliseconds: int) -> None:
    """ "Interpret the field value as an integer in base ten": Python reads only so many digits."""
    observer = SSEObserver()
    assert observer.feed(b"retry:" + digits + b"\n") == [Retry(milliseconds, 0, 7 + len(digits))]
    assert observer.retry == milliseconds


def test_a_block_without_data_moves_the_last_event_id() -> None:
    decoder = SSEDecoder(last_event_id="seed")
    assert decoder.feed(b"data: a\n\nid: 7\n") == [ServerSentEvent(data="a", id="seed")]
    assert decoder.last_event_id == "seed"
    assert decoder.feed(b"\n") == []
    assert decoder.last_event_id == "7"


def test_a_priming_event_comes_through() -> None:
    """MCP, until 2025-11-25: an id, and data that is empty but there."""
    assert SSEDecoder().feed(b"id: 1\ndata:\n\n") == [ServerSentEvent(data="", id="1")]


def test_a_new_connection_keeps_what_the_standard_keeps() -> None:
    decoder = SSEDecoder()
    decoder.feed(b"id: 1\nretry: 5\ndata: a\n\nid: 2\ndata: half")
    decoder.reset()
    assert decoder.feed(b"\xef\xbb\xbfdata: b\n\n") == [ServerSentEvent(data="b", id="1")]
    assert (decoder.retry, decoder.offset) == (5, 12)


# -- what an observer sees ----------------------------------------------------------------------


def test_everything_that_leads_to_no_event_can_be_observed() -> None:
    observer = SSEObserver()
    items = observer.feed(
        b": hi\nretry: 9\nretry: x\nid: a\0\nstatus:400\n\nid: 5\nevent: e\n\ndata"
    )
    assert items == [
        Comment("hi", 0, 5),
        Retry(9, 5, 14),
        IgnoredField("retry: x", 14, 23),
        IgnoredField("id: a\0", 23, 30),
        IgnoredField("status:400", 30, 41),
        EmptyBlock("e", "5", 41, 58),
    ]
    ignored = [item for item in items if isinstance(item, IgnoredField)]
    assert [(item.name, item.value) for item in ignored] == [
        ("retry", "x"),
        ("id", "a\0"),
        ("status", "400"),
    ]
    pending = ServerSentEvent(data="", id="5", start=58, end=62)
    assert observer.close() == [Tail(58, 62, b"data", pending)]


@pytest.mark.parametrize(
    ("line", "event", "id"), [(b"id: 5\n", "", "5"), (b"event: e\n", "e", ""), (b"id\n", "", "")]
)
def test_one_field_makes_a_block(line: bytes, event: str, id: str) -> None:
    observer = SSEObserver()
    assert observer.feed(line) == []
    assert not observer.at_boundary
    assert observer.feed(b"\n") == [EmptyBlock(event, id, 0, len(line) + 1)]
    assert observer.feed(line + b"\n") == [EmptyBlock(event, id, len(line) + 1, 2 * len(line) + 2)]
    assert observer.at_boundary


def test_two_events_are_equal_wherever_they_stood() -> None:
    one, other = ServerSentEvent(data="a", start=5, end=9), ServerSentEvent(data="a")
    assert one == other
    assert (one != other) is False
    assert hash(one) == hash(other)
    assert one != ServerSentEvent(data="b")
    assert one != tuple(one)


# -- what the stream ended in -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "line", "pending"),
    [
        (b"data: a\n", b"", "a"),
        (b"data: a\r", b"", "a"),
        (b"data: a\ndata: b", b"data: b", "a\nb"),
        (b"event: e\n", b"", None),
        (b": a comment that goes on and", b"", None),
        (b"\xef\xbb", b"\xef\xbb", None),
    ],
)
def test_the_tail_tells_what_was_discarded(data: bytes, line: bytes, pending: str | None) -> None:
    decoder = SSEDecoder()
    assert decoder.feed(data) == []
    assert decoder.tail is None
    assert decoder.close() == []
    assert decoder.tail is not None
    assert (decoder.tail.start, decoder.tail.end) == (0, len(data))
    assert decoder.tail.line == line
    assert (decoder.tail.pending and decoder.tail.pending.data) == pending


@pytest.mark.parametrize("data", [b"data: \xff", b"id: \xff", b"data: a\n\n"])
def test_a_tail_can_be_moved(data: bytes) -> None:
    decoder = SSEDecoder()
    decoder.feed(data)
    decoder.close()
    state = json.loads(json.dumps(decoder.dump()))
    assert state == decoder.dump()
    assert SSEDecoder.load(state).tail == decoder.tail


def test_what_a_tail_would_become_may_pass_a_limit() -> None:
    decoder = SSEDecoder(limits=Limits(max_events=1))
    decoder.feed(b"data: a\n\ndata: b")
    decoder.close()
    assert decoder.tail == Tail(9, 16, b"data: b", None)


# -- misuse -------------------------------------------------------------------------------------


def test_what_turns_out_not_to_matter_is_dropped_then() -> None:
    decoder = SSEDecoder()
    for piece in (b"dat", b"e", b"x" * 100):
        decoder.feed(piece)
    decoder.close()
    assert decoder.tail == Tail(0, 104, b"", None)


@pytest.mark.parametrize("wrong", ["data: a\n\n", None, 3, [1]])
def test_only_bytes_can_be_fed(wrong: object) -> None:
    with pytest.raises(InputTypeError, match=r"takes bytes.*, not " + type(wrong).__name__):
        SSEDecoder().feed(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", ["a\nb", "a\rb", "a\0b", 5])
def test_a_seed_must_be_an_id(seed: str) -> None:
    with pytest.raises(UsageError, match="last_event_id"):
        SSEDecoder(last_event_id=seed)


def test_the_error_policy_has_two_names() -> None:
    with pytest.raises(UsageError, match="'replace' or 'strict', not 'ignore'"):
        SSEDecoder(errors="ignore")  # type: ignore[arg-type]


def test_a_state_of_something_else_is_refused() -> None:
    state = SSEDecoder().dump()
    for wrong, words in [
        ({**state, "version": 99}, "version 99, not 1"),
        ({**state, "observing": True}, "not a state of SSEDecoder"),
        ({**state, "limits": {"max_bananas": 1}}, "not a state of SSEDecoder"),
        ({**state, "errors": "ignore"}, "'replace' or 'strict', not 'ignore'"),
        ({"version": 1}, "not a state of SSEDecoder"),
    ]:
        with pytest.raises(UsageError, match=words):
            SSEDecoder.load(wrong)


# -- state is data --------------------------------------------------------------------------------

#: A decoder at its beginning, without limits, as version 1 writes it.
FRESH: dict[str, Any] = {
    "version": 1, "observing": False, "errors": "replace",
    "limits": dict.fromkeys(Limits().as_dict()),
    "begun": False, "closed": False, "error": None, "tail": None,
    "offset": 0, "lines": 0, "events": 0, "cut": 0, "last_event_id": "", "retry": None,
    "unfinished": "", "line_start": 0, "ignoring": False, "after_cr": False,
    "data": "", "event_type": "", "id": "", "fields": False, "count": 0,
}  # fmt: skip

#: What differs from it after these bytes.
STATES: dict[str, tuple[bytes, dict[str, Any]]] = {
    "nothing": (b"", {}),
    "half a byte order mark": (b"\xef\xbb", {"offset": 2, "unfinished": "\xef\xbb"}),
    "a byte order mark": (b"\xef\xbb\xbf", {"offset": 3, "begun": True}),
    "an event": (
        b"id: 1\ndata: a\n\n",
        {
            **{"begun": True, "offset": 15, "lines": 3, "events": 1, "cut": 15},
            **{"last_event_id": "1", "id": "1"},
        },
    ),
    "events, CR": (
        b"data: a\r\rdata: b\r\r",
        {"begun": True, "offset": 18, "lines": 4, "events": 2, "cut": 18, "after_cr": True},
    ),
    "events, CRLF": (
        b"data: a\r\n\r\ndata: b\r\n\r\n",
        {"begun": True, "offset": 22, "lines": 4, "events": 2, "cut": 21},
    ),
    "a half event": (
        b"retry: 10\nevent: e\nid: 1\ndata: a\ndata: \xc3",
        {
            **{"begun": True, "offset": 40, "lines": 4, "retry": 10},
            **{"unfinished": "data: \xc3", "line_start": 33},
            **{"data": "a\n", "event_type": "e", "id": "1", "fields": True, "count": 5},
        },
    ),
    "a line to ignore": (
        b"data: a\n: b",
        {
            **{"begun": True, "offset": 11, "lines": 1, "ignoring": True},
            **{"data": "a\n", "fields": True, "count": 1},
        },
    ),
}


def kept(decoder: SSEDecoder | SSEObserver) -> str:
    """The state as text: what is true is not 1 there, and what is false is neither 0 nor null."""
    return json.dumps(decoder.dump(), sort_keys=True)


def decoder_of(state: dict[str, Any]) -> SSEDecoder:
    return SSEDecoder.load(json.loads(json.dumps(state)))


@pytest.mark.parametrize("name", STATES)
def test_a_state_is_written_as_ever(name: str) -> None:
    """Whoever kept a state reads it with a later release: another state is another version. It is
    the same for every cutting, and a state that is loaded tells the same.
    """
    data, changes = STATES[name]
    expected = json.dumps({**FRESH, **changes}, sort_keys=True)
    for chunks in [[data], chunkings.bytewise(data), *chunkings.every_cut(data)]:
        decoder = SSEDecoder(limits=Limits.unlimited())
        feed_all(decoder, chunks)
        assert kept(decoder) == expected
        assert kept(decoder_of(decoder.dump())) == expected
    decoder.reset()
    again = {name: changes.get(name, FRESH[name]) for name in ("last_event_id", "retry")}
    again["id"] = again["last_event_id"]
    assert kept(decoder) == json.dumps({**FRESH, **again}, sort_keys=True)


def test_the_state_of_an_end() -> None:
    observer = SSEObserver(limits=Limits.unlimited(), errors="strict", last_event_id="7")
    observer.feed(b"data: a\n\nid: 8\ndata: b\n: \xff")
    observer.close()
    changes = {
        **{"observing": True, "errors": "strict", "begun": True, "closed": True},
        **{"offset": 26, "lines": 4, "events": 1, "cut": 9, "last_event_id": "7", "id": "7"},
        "tail": [9, 26, ": \xff", ["message", "b", "8", 9, 26]],
    }
    assert kept(observer) == json.dumps({**FRESH, **changes}, sort_keys=True)
    assert kept(SSEObserver.load(observer.dump())) == kept(observer)
    assert SSEObserver.load(observer.dump()).tail == observer.tail


@pytest.mark.parametrize(
    "pushes", [[b"data: a\n\ndata: \xff\n"], [b"data: a\n\n", b"data: \xff\n"]]
)
def test_the_state_of_an_error(pushes: list[bytes]) -> None:
    decoder = SSEDecoder(limits=Limits.unlimited(), errors="strict", last_event_id="7")
    with pytest.raises(InvalidUTF8):
        feed_all(decoder, [*pushes, b""])
    error = {"kind": "InvalidUTF8", "offset": 15, "line": 3, "event": 1, "_excerpt": "\xff"}
    changes = {
        **{"errors": "strict", "begun": True, "error": error},
        **{"offset": 15, "lines": 3, "events": 1, "cut": 9, "last_event_id": "7", "id": "7"},
    }
    assert kept(decoder) == json.dumps({**FRESH, **changes}, sort_keys=True)
    twin = decoder_of(decoder.dump())
    assert kept(twin) == kept(decoder)
    with pytest.raises(InvalidUTF8) as caught:
        twin.feed(b"data: c\n\n")
    assert caught.value == decoder.error
    assert not twin.at_boundary
    twin.reset()
    assert twin.feed(b"data: c\n\n") == [ServerSentEvent(data="c", id="7")]


# -- bounded memory -------------------------------------------------------------------------------


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("chunk", "times"),
    [
        (b": ping\n", 30_000),
        (b": a comment without end", 10_000),
        (b"unknown: x\n", 10_000),
        (b"x" * 64, 10_000),
        (b"retry: x\n\n", 10_000),
        (b"event: e\n\n", 10_000),
        (b"id: 1\n\n", 10_000),
        (b"data: x\n\n", 10_000),
        (b"\r", 60_000),
    ],
)
def test_what_is_not_kept_takes_no_memory(chunk: bytes, times: int) -> None:
    decoder = SSEDecoder()
    tracemalloc.start()
    for _ in range(times):
        decoder.feed(chunk)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50_000  # of lines at most that wait together


@pytest.mark.exhaustive
def test_an_event_in_progress_takes_its_size() -> None:
    decoder = SSEDecoder()
    size = 1 << 18
    tracemalloc.start()
    decoder.feed(b"data: ")
    for _ in range(size // 2):
        decoder.feed(b"xy")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.5 * size
    assert decoder.pending_bytes == size
    assert [len(event.data) for event in decoder.feed(b"\n\n")] == [size]


def test_a_long_line_is_the_same_in_tiny_pushes() -> None:
    data = b"data: " + b"0123456789abcdef" * 4096 + b"\n\n"
    assert feed_all(SSEDecoder(), chunkings.sized(data, 16)) == SSEDecoder().feed(data)


# -- what mutants showed -------------------------------------------------------------------------


def test_events_are_hashed_by_what_they_say() -> None:
    event = ServerSentEvent("a", "e", "1")
    assert hash(event) == hash(event._replace(start=5, end=9))
    others = [event._replace(data="b"), event._replace(event="f"), event._replace(id="2")]
    assert len({hash(one) for one in (event, *others)}) == 4


def test_an_id_may_be_of_any_letters() -> None:
    assert SSEDecoder(last_event_id="XNUL").last_event_id == "XNUL"


def test_an_end_is_told_once() -> None:
    observer = SSEObserver()
    observer.feed(b"data: x")
    assert len(observer.close()) == 1
    assert observer.close() == []


@pytest.mark.parametrize("field", [b"data", b"event", b"id"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_strict_looks_at_all_that_is_kept(field: bytes, end: bytes) -> None:
    decoder = SSEDecoder(errors="strict")
    assert decoder.feed(b"data: a" + end * 2) == [ServerSentEvent(data="a")]
    with pytest.raises(InvalidUTF8) as caught:
        decoder.feed(field + b": x\xff" + end)
    assert caught.value.line == 3
    unkept = SSEDecoder(errors="strict")
    unkept.feed(b"retry: \xff" + end + b": \xff" + end + b"other: \xff" + end)


def test_what_was_discarded_begins_where_the_last_event_ended() -> None:
    decoder = SSEDecoder()
    decoder.feed(b"data: a\n\ndata: b")
    decoder.close()
    assert decoder.tail is not None
    assert decoder.tail.pending is not None
    assert tuple(decoder.tail.pending) == ("message", "b", "", 9, 16)
    assert (decoder.tail.start, decoder.tail.end) == (9, 16)


def test_an_observer_discards_a_comment_with_the_event_around_it() -> None:
    observer = SSEObserver()
    assert observer.feed(b"data: a\n: c") == []
    (tail,) = observer.close()
    assert isinstance(tail, Tail)
    assert tail.pending is not None
    assert tuple(tail.pending) == ("message", "a", "", 0, 11)
