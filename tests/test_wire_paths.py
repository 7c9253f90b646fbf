"""Which way a push takes through the wire decoder. The laws hold the fast paths to the plain one; a
fast path that is never taken breaks none of them, and only costs time. So it is said here.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sse_core import LimitExceeded, Limits, SSEDecoder, SSEObserver, WireError, wire
from sse_core.testing import strategies
from tests.line_by_line import PlainDecoder, PlainObserver

#: From the quickest to the plain one: what each gives if it leaves it to the next.
WAYS: dict[str, object] = {
    "_take_one": False,
    "_more_of_a_line": False,
    "_take_whole": 0,
    "_take_each": 0,
    "_take_lines": False,
    "_interpret_lines": ...,
}


def ways(decoder: Any, pushes: Iterable[bytes], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Of the last push: the ways that its parts went, each the innermost but for ``_take_lines`` of
    ``_interpret_lines``. None for what only waits.
    """
    taken: list[str] = []

    def watch(name: str, refused: object) -> None:
        plain = getattr(wire._Interpreter, name)

        def watched(self: Any, *arguments: Any) -> Any:
            before, answer = len(taken), None
            try:
                answer = plain(self, *arguments)
                return answer
            finally:
                inside = taken[before:]
                if name == "_interpret_lines" or (not inside and answer != refused):
                    inside = [name]
                taken[before:] = [] if answer == refused else inside

        monkeypatch.setattr(wire._Interpreter, name, watched)

    for name, refused in WAYS.items():
        watch(name, refused)
    for push in pushes:
        taken.clear()
        with suppress(LimitExceeded):
            decoder.feed(push)
    return taken


FIRST = b"data: a\n\n"  # deals with the byte order mark
LONG = b"data: " + b"x" * wire.LONGEST_FIELD
MANY = wire.MOST_WAITING
RUNS: dict[str, tuple[list[bytes], list[str]]] = {
    "an event": ([b"data: a\n\n"], ["_take_one"]),
    "an event, CRLF": ([b"data: a\r\n\r\n"], ["_take_one"]),
    "an event without text": ([b"data: \n\n"], ["_take_one"]),
    "an event, not ASCII": (["data: ä\n\n".encode()], ["_take_one"]),
    "an event, not UTF-8": ([b"data: \xff\n\n"], ["_interpret_lines"]),
    "an event, no space": ([b"data:a\n\n"], ["_take_lines"]),
    "an event, CR": ([b"data: a\r\r"], ["_interpret_lines"]),
    "an event, one LF": ([b"data: a\n"], []),
    "an event, one LF and a letter": ([b"data: a\nb"], []),
    "an event with a CR before its blank line": ([b"data: a\r\n\n"], ["_interpret_lines"]),
    "a named event": ([b"event: e\ndata: a\n\n"], ["_take_one"]),
    "a named event, CRLF": ([b"event: e\r\ndata: a\r\n\r\n"], ["_take_one"]),
    "a named event, twice": ([b"event: e\ndata: a\n\n"] * 2, ["_take_one"]),
    "a named event, not UTF-8": ([b"event: \xff\ndata: a\n\n"], ["_interpret_lines"]),
    "an event without a name": ([b"event: \ndata: a\n\n"], ["_take_one"]),
    "events without a name": ([b"event: \ndata: a\n\n" * 2], ["_take_each"]),
    "an event with id": ([b"id: 1\ndata: a\n\n"], ["_take_one"]),
    "an event with a bad id": ([b"id: 1\0\ndata: a\n\n"], ["_take_lines"]),
    "an event with both": ([b"event: e\nid: 1\ndata: a\n\n"], ["_take_one"]),
    "an event with both, turned": ([b"id: 1\nevent: e\ndata: a\n\n"], ["_take_one"]),
    "an event with id, CRLF": ([b"id: 1\r\ndata: a\r\n\r\n"], ["_take_one"]),
    "an event with something else": ([b"x: 1\ndata: a\n\n"], ["_take_lines"]),
    "an event and its id behind": ([b"data: a\nid: 1\n\n"], ["_take_lines"]),
    "a named event and its id behind": ([b"event: e\ndata: a\nid: 1\n\n"], ["_take_lines"]),
    "data behind the type of the event before": ([b"messagedata: a\n\n"], ["_take_lines"]),
    "data within a name": ([b"event: data: a\ndata: b\n\n"], ["_take_lines"]),
    "a CR inside": ([b"data: a\rdata: b\r\n\r\n"], ["_interpret_lines"]),
    "an LF inside": ([b"data: a\ndata: b\r\n\r\n"], ["_interpret_lines"]),
    "a CR inside, with id": ([b"id: 1\r\ndata: a\rdata: b\r\n\r\n"], ["_interpret_lines"]),
    "an LF inside, with id": ([b"id: 1\r\ndata: a\ndata: b\r\n\r\n"], ["_interpret_lines"]),
    "a CR in the head": ([b"id: 1\revent: e\r\ndata: a\r\n\r\n"], ["_interpret_lines"]),
    "an LF in the head": ([b"id: 1\nevent: e\r\ndata: a\r\n\r\n"], ["_interpret_lines"]),
    "two data lines behind an id": ([b"id: 1\ndata: a\ndata: b\n\n"], ["_take_lines"]),
    "two events": ([b"data: a\n\ndata: b\n\n"], ["_take_whole"]),
    "two events, CRLF": ([b"data: a\r\n\r\ndata: b\r\n\r\n"], ["_take_whole"]),
    "two events, not ASCII": (["data: ä\n\ndata: €\n\n".encode()], ["_take_whole"]),
    "two events, a CR in one": (
        [b"data: a\r\n\r\ndata: b\rc\r\n\r\n"],
        ["_interpret_lines"],
    ),
    "two named events": ([b"event: e\ndata: a\n\nevent: f\ndata: b\n\n"], ["_take_each"]),
    "two named events, not ASCII": (
        ["event: ä\ndata: a\n\nevent: f\ndata: €\n\n".encode()],
        ["_take_each"],
    ),
    "two events with ids, CRLF": (
        [b"id: 1\r\ndata: a\r\n\r\nid: 2\r\ndata: b\r\n\r\n"],
        ["_take_each"],
    ),
    "events of two kinds": ([b"data: a\n\nid: 1\ndata: b\n\n"], ["_take_each"]),
    "events of two kinds, turned": ([b"id: 1\ndata: b\n\ndata: a\n\n"], ["_take_each"]),
    "several data lines": ([b"data: a\ndata: b\n\n"], ["_take_lines"]),
    "several data lines, CRLF": ([b"data: a\r\ndata: b\r\n\r\n"], ["_take_lines"]),
    "several data lines, not ASCII": (["data: ä\ndata: €\n\n".encode()], ["_take_lines"]),
    "an event and several lines": (
        [b"id: 1\ndata: a\n\ndata: a\ndata: b\n\nid: 2\ndata: a\n\n"],
        ["_take_lines"],
    ),
    "an event and a line": ([b"data: a\n\ndata: b\n"], ["_take_whole"]),
    "events and a line, CRLF": (
        [b"data: a\r\n\r\ndata: b\r\n\r\ndata: c\r\n"],
        ["_take_whole"],
    ),
    "an event and half a line end": (
        [b"data: a\r\n\r\ndata: b\r"],
        ["_take_whole", "_interpret_lines"],
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
        ["_take_lines"],
    ),
    "a long name behind an event": (
        [b"data: a\ndata: b\n\nevent: " + b"x" * 3000 + b"\ndata: c\n\n"],
        ["_take_lines", "_interpret_lines"],
    ),
    "a long id behind an event": (
        [b"id: 1\ndata: b\n\nid: " + b"x" * 3000 + b"\ndata: c\n\n"],
        ["_take_each", "_interpret_lines"],
    ),
    "an event and half a line": ([b"data: a\n\ndat"], ["_take_whole"]),
    "line ends of two kinds": ([b"data: a\n\r\n"], ["_interpret_lines"]),
    "blocks with line ends of two kinds": (
        [b"data: a\r\n\r\ndata: b\n\n"],
        ["_take_whole", "_take_whole"],
    ),
    "blocks with line ends of two kinds, turned": (
        [b"data: a\n\ndata: b\r\n\r\n"],
        ["_interpret_lines"],
    ),
    "line ends of two kinds, the other ones last": (
        [b"data: a\r\n\r\ndata: b\n"],
        ["_take_whole"],
    ),
    "line ends of two kinds in two pushes": (
        [b"data: a\n", b"\r\n"],
        ["_interpret_lines", "_interpret_lines"],
    ),
    "line ends of two kinds in two pushes, turned": (
        [b"data: a\r\n", b"\n"],
        ["_interpret_lines", "_interpret_lines"],
    ),
    "a comment": ([b": ping\n\n"], ["_take_each"]),
    "a comment, CRLF": ([b": ping\r\n\r\n"], ["_take_each"]),
    "a comment and an event": ([b": ping\n\ndata: a\n\n"], ["_take_each"]),
    "a comment, no space": ([b":ping\n\n"], ["_take_each"]),
    "a comment of nothing": ([b":\n\n"], ["_take_each"]),
    "a comment of two spaces": ([b":  ping\n\n"], ["_take_each"]),
    "three comments": ([b": 1\n\n: 2\n\n: 3\n\n"], ["_take_each"]),
    "an event with id, and a comment": ([b"id: 1\ndata: a\n\n: ping\n\n"], ["_take_each"]),
    "two events, the last of the type before": (
        [b"id: 1\ndata: a\n\nmessagedata: a\n\n"],
        ["_take_lines"],
    ),
    "a comment with data": ([b": data: x\n\n"], ["_take_lines"]),
    "blank lines": ([b"\n\n\n"], ["_take_lines"]),
    "two blank lines": ([b"\n\n"], ["_take_lines"]),
    "nothing": ([b""], []),
    "the beginning of an event": ([b"data: a"], []),
    "the rest of an event": ([b"data: a", b"b\n\n"], ["_take_one"]),
    "the rest of an event, its blank line": ([b"data: a\n", b"\n"], ["_take_one"]),
    "the rest of an event, its blank line, CRLF": ([b"data: a\r\n", b"\r\n"], ["_take_one"]),
    "the rest of a named event": ([b"event: e\ndata: a", b"b\n\n"], ["_take_one"]),
    "the rest of an event, longer than what waits": ([b"d", b"ata: a\n\n"], ["_take_whole"]),
    "the rest, and a named event": (
        [b"event: e\ndata: a", b"b\n\nevent: f\ndata: c\n\n"],
        ["_take_each"],
    ),
    "the rest, and a beginning": ([b"data: a", b"b\n\nda"], ["_take_one"]),
    "the rest, not UTF-8": ([b"data: a", b"\xff\n\n"], ["_interpret_lines"]),
    "the rest of a run": ([b"data: a", b"b\n\ndata: c\n\n"], ["_take_whole"]),
    "the rest, CRLF": ([b"data: a", b"b\r\n\r\n"], ["_take_one"]),
    "what waits for long": ([b"data: " + b"x" * (MANY - 7), b"x\n\n"], ["_take_one"]),
    "what waits too long": (
        [b"data: " + b"x" * (MANY - 7), b"x"],
        ["_interpret_lines", "_interpret_lines"],
    ),
    "more of a long line": ([LONG, b"x" * MANY, b"x"], ["_more_of_a_line"]),
    "more of a line as long as no name may be": (
        [LONG, b"x" * (Limits().max_id_bytes or 0), b"x"],
        ["_more_of_a_line"],
    ),
    "the end of a long line": (
        [LONG, b"x" * MANY, b"x\n\ndata: a\n\ndata: b"],
        ["_interpret_lines", "_take_whole"],
    ),
    "the end of a long line, CRLF": (
        [LONG, b"x" * MANY, b"x\r\n\r\ndata: a\r\n\r\ndata: b"],
        ["_interpret_lines", "_take_whole"],
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_the_way_of_a_push(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pushes, expected = RUNS[name]
    assert ways(SSEDecoder(), [FIRST, *pushes], monkeypatch) == expected


LINES = ["_interpret_lines"]
#: Pushes that complete no block: how an observer takes them, and a strict decoder.
PARTS: dict[str, tuple[bytes, list[str], list[str]]] = {
    "half a line": (b"dat", [], []),
    "half a comment": (b": a", [], []),
    "a data line": (b"data: a\n", [], []),
    "a data line, CRLF": (b"data: a\r\n", [], []),
    "an event line": (b"event: e\n", [], []),
    "an id line": (b"id: 1\n", [], []),
    "an event line, and half a data line": (b"event: e\ndata: a", [], []),
    "an event line, and two data lines": (b"event: e\ndata: a\ndata: b\n", [], []),
    "three data lines": (b"data: a\ndata: b\ndata: c\n", [], []),
    "a data line, and half of something": (b"data: a\nx", [], []),
    "a comment": (b": a\n", LINES, LINES),
    "a retry": (b"retry: 1\n", LINES, LINES),
    "an unknown field": (b"x: 1\n", LINES, LINES),
    "a comment between data lines": (b"data: a\n: b\ndata: c", LINES, LINES),
    "a comment behind a data line": (b"data: a\n: b\n", LINES, LINES),
    "an id with a NUL": (b"id: 1\0\n", LINES, LINES),
    "a data line, not ASCII": ("data: ä\n".encode(), [], LINES),
    "half a data line, not ASCII": ("data: ä".encode(), [], []),
}


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("moved", [False, True], ids=["here", "loaded"])
def test_what_waits_for_its_blank_line(
    name: str, moved: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever gives an item, or an error, is not kept waiting."""
    push, observed, strict = PARTS[name]
    decoders: list[tuple[Any, list[str]]] = [
        (SSEObserver(), observed),
        (SSEDecoder(errors="strict"), strict),
        (SSEDecoder(), []),
    ]
    for decoder, way in decoders:
        used = type(decoder).load(decoder.dump()) if moved else decoder
        with monkeypatch.context() as patch:
            assert ways(used, [FIRST, push], patch) == way


@pytest.mark.parametrize("half", [b"dat", b"data: a", b": a", b"retry: 1", b"x"])
@pytest.mark.parametrize("decoder", [SSEDecoder, SSEObserver])
@pytest.mark.parametrize("errors", ["replace", "strict"])
def test_half_a_line_behind_events_waits(
    half: bytes, decoder: Any, errors: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pushes = [FIRST, FIRST * 2 + half]
    assert ways(decoder(errors=errors), pushes, monkeypatch) == ["_take_whole"]


@pytest.mark.parametrize("name", ["an event", "two events", "a named event"])
@pytest.mark.parametrize(
    ("limits", "quick"),
    [
        (Limits(max_events=100), True),
        (Limits(max_events=2), False),
        (Limits(max_total_bytes=1000), True),
        (Limits(max_total_bytes=17), False),
        (Limits(max_event_bytes=64), True),
        (Limits(max_event_bytes=7), False),
        (Limits(max_line_bytes=7), False),
    ],
    ids=str,
)
def test_what_may_pass_a_limit_goes_line_by_line(
    name: str, limits: Limits, quick: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pushes, way = RUNS[name]
    taken = ways(SSEDecoder(limits=limits), [FIRST, *pushes], monkeypatch)
    assert taken == way if quick else "_interpret_lines" in taken


@pytest.mark.parametrize(
    ("push", "way"),
    [
        (b"data: b\n\n", ["_take_one"]),
        (b"data: b\n\ndata: c\n\n", ["_take_whole"]),
        (b"id: 1\ndata: b\n\n: c\n\n", ["_take_each"]),
    ],
)
def test_a_total_that_is_just_reached_is_not_passed(
    push: bytes, way: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    total = Limits(max_total_bytes=len(FIRST + push))
    with monkeypatch.context() as patch:
        assert ways(SSEDecoder(limits=total), [FIRST, push], patch) == way
    with monkeypatch.context() as patch:
        assert ways(SSEDecoder(limits=Limits(max_total_bytes=9)), [FIRST], patch) == ["_take_whole"]


@pytest.mark.parametrize(
    ("limit", "most", "way"),
    [
        ("max_total_bytes", len(LONG) + MANY + 2, "_more_of_a_line"),
        ("max_total_bytes", len(LONG) + MANY + 1, "_interpret_lines"),
        ("max_event_bytes", len(LONG) + MANY + 3, "_more_of_a_line"),
        ("max_event_bytes", LONG.count(b"x") + MANY + 1, "_interpret_lines"),
        ("max_line_bytes", len(LONG) + MANY + 3, "_more_of_a_line"),
        ("max_line_bytes", len(LONG) + MANY + 1, "_interpret_lines"),
    ],
)
def test_a_long_line_up_to_its_limit(
    limit: str, most: int, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoder = SSEDecoder(limits=Limits(**{limit: most}))
    assert ways(decoder, [LONG + b"x" * MANY, b"xx"], monkeypatch) == [way]
    assert (decoder.error is None) == (way == "_more_of_a_line")


def test_many_small_events_are_far_from_a_small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    small = SSEDecoder(limits=Limits(max_event_bytes=64))
    assert ways(small, [FIRST, FIRST * 100], monkeypatch) == ["_take_whole"]


# -- wherever it goes, it comes to the same ------------------------------------------------------


def states(kind: type[SSEDecoder] | type[SSEObserver], pushes: list[bytes], **options: Any) -> Any:
    """Events, error and all that is kept, after each push.

    For each a decoder of its own, as to look at what is kept changes the way.
    """
    found = []
    for count in range(1, len(pushes) + 1):
        decoder = kind(**options)
        items: list[Any] = []
        with suppress(WireError):
            for push in pushes[:count]:
                items = decoder.feed(push)
        found.append(([(*item, type(item)) for item in items], decoder.dump()))
    return found


OPTIONS: list[dict[str, Any]] = [
    {},
    {"errors": "strict"},
    {"limits": Limits(max_events=3)},
    {"limits": Limits(max_total_bytes=40)},
    {"limits": Limits(max_event_bytes=8)},
    {"limits": Limits(max_event_name_bytes=4, max_id_bytes=4)},
]


@pytest.mark.parametrize("name", [*RUNS, *PARTS])
def test_each_way_leads_to_the_same_state(name: str) -> None:
    pushes = RUNS[name][0] if name in RUNS else [PARTS[name][0]]
    many = [FIRST, FIRST, *pushes, *pushes, b"\n\n", *pushes]
    for options in OPTIONS:
        assert states(SSEDecoder, many, **options) == states(PlainDecoder, many, **options)
        assert states(SSEObserver, many, **options) == states(PlainObserver, many, **options)


@given(strategies.any_bytes().flatmap(strategies.chunkings), st.sampled_from(OPTIONS))
@example([b"data: a\n\n" * 3], {})
@example(["data: é\n\ndata: a\n\n".encode() * 2], {})
@example([b"data: a\r\n\r\n" * 3], {})
@example([b"event: e\ndata: a\n\n" * 3], {})
@example(["event: e\r\ndata: é\r\n\r\n".encode() * 3], {})
@example([b": c\n\ndata: a\n\nid: 1\ndata: b\n\n\nevent: e\ndata: c\n\n\n"], {})
@example([b"data: a\n\n"] * 3, {})
@example([b"data: a\r\n\r\n"] * 3, {})
@example(["data: é\n\n".encode()] * 3, {})
@example([b"event: e\ndata: \xff\n\n", b"event: \xff\ndata: e\n\n"], {})
@example([b"data: 0", b"12345", b"6789", b"\n", b"\n", b"data: a\n\n"], {})
def test_all_ways_lead_to_the_same_state(pushes: list[bytes], options: dict[str, Any]) -> None:
    assert states(SSEDecoder, pushes, **options) == states(PlainDecoder, pushes, **options)
    assert states(SSEObserver, pushes, **options) == states(PlainObserver, pushes, **options)
