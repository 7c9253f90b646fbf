"""Which way a push takes through the wire decoder. The laws hold the fast paths to the plain one; a
fast path that is never taken breaks none of them, and only costs time. So it is said here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given

from sse_core import Limits, SSEDecoder, wire
from sse_core.testing import strategies

#: From the quickest to the plain one. The first that answers is the way of a push.
WAYS = [
    "_single_event",
    "_single_labelled_event",
    "_more_of_a_line",
    "_end_of_event",
    "_take_unlabelled",
    "_take_labelled",
    "_take_lines",
    "_interpret_lines",
]


def ways(decoder: Any, pushes: Iterable[bytes], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Of the last push: the ways that answered."""
    taken: list[str] = []

    def watch(name: str) -> None:
        plain = getattr(wire._Interpreter, name)

        def watched(self: Any, *arguments: Any) -> Any:
            data = arguments[0]
            before = len(taken)
            answer = plain(self, *arguments)
            inside = taken[before:]  # of ways that go through others, only the outer one counts
            passed = answer == data if name == "_end_of_event" else answer in (None, False)
            if name == "_interpret_lines" or not passed:
                taken[before:] = [name]
            else:
                taken[before:] = inside
            return answer

        monkeypatch.setattr(wire._Interpreter, name, watched)

    for name in WAYS:
        watch(name)
    for push in pushes:
        taken.clear()
        decoder.feed(push)
    return taken


FIRST = b"data: a\n\n"  # deals with the byte order mark
LONG = b"data: " + b"x" * wire.LONGEST_FIELD
RUNS: dict[str, tuple[list[bytes], list[str]]] = {
    "an event": ([b"data: a\n\n"], ["_single_event"]),
    "an event, CRLF": ([b"data: a\r\n\r\n"], ["_single_event"]),
    "an event without text": ([b"data: \n\n"], ["_single_event"]),
    "an event, not ASCII": (["data: ä\n\n".encode()], ["_single_event"]),
    "an event, not UTF-8": ([b"data: \xff\n\n"], ["_interpret_lines"]),
    "an event, no space": ([b"data:a\n\n"], ["_take_lines"]),
    "an event, CR": ([b"data: a\r\r"], ["_interpret_lines"]),
    "a named event": ([b"event: e\ndata: a\n\n"], ["_single_labelled_event"]),
    "a named event, CRLF": ([b"event: e\r\ndata: a\r\n\r\n"], ["_single_labelled_event"]),
    "an event with id": ([b"id: 1\ndata: a\n\n"], ["_single_labelled_event"]),
    "an event with both": ([b"event: e\nid: 1\ndata: a\n\n"], ["_single_labelled_event"]),
    "an event with both, turned": (
        [b"id: 1\nevent: e\ndata: a\n\n"],
        ["_single_labelled_event"],
    ),
    "an event with id, CRLF": ([b"id: 1\r\ndata: a\r\n\r\n"], ["_single_labelled_event"]),
    "a CR inside": ([b"data: a\rdata: b\r\n\r\n"], ["_interpret_lines"]),
    "a CR inside, with id": ([b"id: 1\r\ndata: a\rdata: b\r\n\r\n"], ["_interpret_lines"]),
    "a CR in the head": ([b"id: 1\revent: e\r\ndata: a\r\n\r\n"], ["_interpret_lines"]),
    "two data lines behind an id": ([b"id: 1\ndata: a\ndata: b\n\n"], ["_take_lines"]),
    "two events": ([b"data: a\n\ndata: b\n\n"], ["_take_unlabelled"]),
    "two events, CRLF": ([b"data: a\r\n\r\ndata: b\r\n\r\n"], ["_take_unlabelled"]),
    "two named events": (
        [b"event: e\ndata: a\n\nevent: f\ndata: b\n\n"],
        ["_take_labelled"],
    ),
    "two events with ids, CRLF": (
        [b"id: 1\r\ndata: a\r\n\r\nid: 2\r\ndata: b\r\n\r\n"],
        ["_take_labelled"],
    ),
    "events of two kinds": ([b"data: a\n\nid: 1\ndata: b\n\n"], ["_take_lines"]),
    "several data lines": ([b"data: a\ndata: b\n\n"], ["_take_lines"]),
    "several data lines, CRLF": ([b"data: a\r\ndata: b\r\n\r\n"], ["_take_lines"]),
    "an event and a line": ([b"data: a\n\ndata: b\n"], ["_take_unlabelled", "_take_lines"]),
    "events and a line, CRLF": (
        [b"data: a\r\n\r\ndata: b\r\n\r\ndata: c\r\n"],
        ["_take_unlabelled", "_take_lines"],
    ),
    **{
        f"odd line ends in the head: {head!r}": (
            [head + b"\r\ndata: a\r\n\r\n" + head + b"\r\ndata: b\r\n\r\n"],
            ["_interpret_lines"],
        )
        for head in (
            *(b"event: a\nx", b"event: a\rx", b"id: a\nx", b"id: a\rx", b"event: e\r\nid: a\nx"),
            *(b"event: e\r\nid: a\rx", b"event: a\nx\r\nid: 1", b"event: a\rx\r\nid: 1"),
        )
    },
    "a CR inside one of two with ids": (
        [b"id: 1\r\ndata: a\rb\r\n\r\nid: 2\r\ndata: c\r\n\r\n"],
        ["_interpret_lines"],
    ),
    "blocks with data, and one that goes on": (
        [b"data: a\ndata: b\n\ndata\ndata: c\n"],
        ["_take_lines", "_take_lines"],
    ),
    "a long name behind an event": (
        [b"data: a\ndata: b\n\nevent: " + b"x" * 3000 + b"\ndata: c\n\n"],
        ["_interpret_lines"],
    ),
    "a long id behind an event": (
        [b"data: a\ndata: b\n\nid: " + b"x" * 3000 + b"\ndata: c\n\n"],
        ["_interpret_lines"],
    ),
    "an event and half a line": ([b"data: a\n\ndat"], ["_take_unlabelled"]),
    "line ends of two kinds": ([b"data: a\n\r\n"], ["_interpret_lines"]),
    "a comment": ([b": ping\n\n"], ["_take_lines"]),
    "the rest of an event": ([b"data: a", b"b\n\n"], ["_end_of_event"]),
    "the rest of a named event": ([b"event: e\ndata: a", b"b\n\n"], ["_end_of_event"]),
    "the rest, and a named event": (
        [b"event: e\ndata: a", b"b\n\nevent: f\ndata: c\n\n"],
        ["_end_of_event", "_take_labelled"],
    ),
    "the rest of a run": ([b"data: a", b"b\n\ndata: c\n\n"], ["_take_unlabelled"]),
    "the rest, CRLF": ([b"data: a", b"b\r\n\r\n"], ["_take_unlabelled"]),
    "more of a long line": ([LONG, b"x", b"x"], ["_more_of_a_line"]),
    "the end of a long line": ([LONG, b"x", b"x\n\n"], ["_end_of_event"]),
}


@pytest.mark.parametrize("name", RUNS)
def test_the_way_of_a_push(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pushes, expected = RUNS[name]
    assert ways(SSEDecoder(), [FIRST, *pushes], monkeypatch) == expected


@pytest.mark.parametrize(
    "name", ["an event", "two events", "a named event", "the rest of an event"]
)
@pytest.mark.parametrize(
    "decoder",
    [
        lambda: SSEDecoder(limits=Limits(max_events=1000)),
        lambda: SSEDecoder(limits=Limits(max_total_bytes=100_000)),
    ],
    ids=["max_events", "max_total_bytes"],
)
def test_what_is_counted_goes_line_by_line(
    name: str, decoder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ways(decoder(), [FIRST, *RUNS[name][0]], monkeypatch) == ["_interpret_lines"]


def test_what_may_pass_a_limit_goes_line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    small = SSEDecoder(limits=Limits(max_event_bytes=8))
    assert ways(small, [FIRST, b"data: abcdefgh\n\n"], monkeypatch) == ["_interpret_lines"]


# -- wherever it goes, it comes to the same ------------------------------------------------------

#: So far away that it changes nothing but the way: what is counted goes line by line.
FAR = Limits(max_total_bytes=1 << 40)


def states(pushes: Iterable[bytes]) -> tuple[list[Any], list[Any]]:
    """Events and all that is kept, after each push, by the fast ways and by the plain one."""
    fast, plain = SSEDecoder(), SSEDecoder(limits=FAR)
    return tuple(  # type: ignore[return-value]
        [(decoder.feed(push), {**decoder.dump(), "limits": None}) for push in pushes]
        for decoder in (fast, plain)
    )


@pytest.mark.parametrize("name", RUNS)
def test_each_way_leads_to_the_same_state(name: str) -> None:
    pushes = RUNS[name][0]
    fast, plain = states([FIRST, FIRST, *pushes, *pushes, b"\n\n", *pushes])
    assert fast == plain


@given(strategies.any_bytes().flatmap(strategies.chunkings))
def test_all_ways_lead_to_the_same_state(pushes: list[bytes]) -> None:
    fast, plain = states(pushes)
    assert fast == plain
