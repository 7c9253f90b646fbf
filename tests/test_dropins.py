"""The drop-ins by themselves: against the wire decoder, the vectors, and the rows of their page."""

from __future__ import annotations

import contextlib
import pickle
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sse_core
from sse_core import EmptyBlock, InputTypeError, LimitExceeded, Limits, ServerSentEvent, SSEObserver
from sse_core.dropins import httpx_sse, stainless
from sse_core.testing import pulled, strategies
from sse_core.testing.conformance import decoder_checks
from sse_core.testing.run import outcomes

from .dropin_rows import ALIKE, ALSO_DIFFERENT, DIFFERENT, PAGE, Row, alike, different, fields
from .test_adapters import Source, run

EVENT_STREAM = {"content-type": "text/event-stream"}


class Response:
    """What ``EventSource`` asks of a response."""

    def __init__(self, *chunks: bytes, headers: dict[str, str] = EVENT_STREAM) -> None:
        self.headers = headers
        self.source = Source(chunks)

    def iter_bytes(self) -> Iterator[bytes]:
        return iter(self.source)

    def aiter_bytes(self) -> AsyncIterator[bytes]:
        return aiter(self.source)


def by_stainless(*chunks: bytes) -> list[stainless.ServerSentEvent]:
    return list(stainless.SSEDecoder().iter_bytes(iter(chunks)))


def by_httpx_sse(*chunks: bytes) -> list[httpx_sse.ServerSentEvent]:
    return list(httpx_sse.EventSource(Response(*chunks)).iter_sse())


class Endless(Response):
    """A response whose bytes are an iterator that is not to be closed."""

    def __init__(self, source: Iterator[bytes]) -> None:
        super().__init__()
        self.bytes = source

    def iter_bytes(self) -> Iterator[bytes]:
        return self.bytes


async def collect(events: AsyncIterator[Any]) -> list[Any]:
    return [event async for event in events]


# -- laws -----------------------------------------------------------------------------------------


@given(data=st.data())
def test_stainless_is_the_wire_and_events_without_data(data: st.DataObject) -> None:
    stream = data.draw(strategies.any_bytes())
    chunks = data.draw(strategies.chunkings(stream))
    observer = SSEObserver()
    expected = [
        (item.event or "message", getattr(item, "data", ""), item.id)
        for item in observer.feed(stream)
        if isinstance(item, ServerSentEvent) or (isinstance(item, EmptyBlock) and item.event)
    ]
    events = by_stainless(*chunks)
    assert [(event.event or "message", event.data, event.id or "") for event in events] == expected
    assert run(collect(stainless.SSEDecoder().aiter_bytes(Source(chunks)))) == events
    # Line by line, as whoever calls ``decode`` does.
    if b"\r" not in stream and not stream.startswith(b"\xef\xbb\xbf"):
        decoder = stainless.SSEDecoder()
        lines = stream.decode("utf-8", "replace").split("\n")[:-1]
        assert [event for event in map(decoder.decode, lines) if event] == events


@given(data=st.data())
def test_httpx_sse_is_stainless_and_blocks_of_an_id_or_a_retry(data: st.DataObject) -> None:
    stream = data.draw(strategies.any_bytes())
    chunks = data.draw(strategies.chunkings(stream))
    events = by_httpx_sse(*chunks)
    fewer = by_stainless(stream)
    more = iter((one.event or "message", one.data, one.id or "", one.retry) for one in fewer)
    wanted = next(more, None)
    for event in events:
        if tuple(event) == wanted:
            wanted = next(more, None)
        else:
            assert (event.event, event.data) == ("message", "")
            assert event.id or event.retry is not None
    assert wanted is None
    assert run(collect(httpx_sse.EventSource(Response(*chunks)).aiter_sse())) == events


@given(data=st.data(), maximum=st.integers(1, 30))
def test_the_limit_is_one_of_the_stream(data: st.DataObject, maximum: int) -> None:
    stream = data.draw(strategies.any_bytes())
    limits = Limits(max_event_bytes=maximum)
    results = []
    for chunks in ([stream], data.draw(strategies.chunkings(stream))):
        events: list[Any] = []
        raised = None
        try:
            for event in stainless.SSEDecoder(limits=limits).iter_bytes(iter(chunks)):
                events.append(event)
        except LimitExceeded as error:
            raised = error
        results.append((events, raised))
    assert results[0] == results[1]
    events, failed = results[0]
    assert events == by_stainless(stream)[: len(events)]
    if failed is None:
        assert events == by_stainless(stream)
    else:
        assert (failed.maximum, failed.observed) == (maximum, maximum + 1)
        assert failed.event == len(events)
        # What comes up to this byte is too much; without it, it is not.
        for size, fails in ((failed.offset, False), (failed.offset + 1, True)):
            lines = stainless.SSEDecoder(limits=limits)._lines()
            with contextlib.suppress(LimitExceeded):
                lines.feed(stream[:size])
            assert (lines.error is not None) == fails


#: The vectors in which httpx-sse, and so its drop-in, gives an event for an id or a ``retry``.
ID_OR_RETRY = {
    "vector/dispatch/data-then-id-only",
    "vector/dispatch/no-data/id-and-retry",
    "vector/dispatch/no-data/id-then-type-later",
    "vector/dispatch/no-data/known-id",
    "vector/id/without-data",
    "vector/id/without-data/then-data",
    "vector/retry/only",
}


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("decode", "expected"),
    [
        (lambda source: stainless.SSEDecoder().iter_bytes(source), set()),
        (lambda source: httpx_sse.EventSource(Endless(source)).iter_sse(), ID_OR_RETRY),
    ],
    ids=["stainless", "httpx_sse"],
)
def test_the_vectors(decode: Any, expected: set[str]) -> None:
    adapter = pulled(decode, ("event", "id", "prompt"))
    checks = [check for check in decoder_checks(adapter) if check.id.startswith("vector/")]
    assert {one.id for one in outcomes(checks) if one.error and one.kind != "either"} == expected


# -- the rows of the page --------------------------------------------------------------------------


def test_the_page_has_these_rows() -> None:
    if not PAGE.is_file():
        pytest.skip("docs/ is not beside the tests")
    tables = PAGE.read_text("utf-8").split("\n\n")
    first_cells = [
        [line.split("|")[1].strip() for line in table.split("\n")[2:] if line.startswith("|")]
        for table in tables
        if table.startswith("| the stream")
    ]
    assert first_cells == [[*DIFFERENT, *ALSO_DIFFERENT], list(ALIKE)]


@different
def test_a_difference(row: Row) -> None:
    for ours, copies, found in (
        (row.ours_stainless, row.stainless, by_stainless(row.stream)),
        (row.ours_httpx_sse, row.httpx_sse, by_httpx_sse(row.stream)),
    ):
        assert fields(found) == (copies if ours is None else ours)
    assert (row.ours_stainless, row.ours_httpx_sse) != (None, None)


@alike
def test_what_is_alike(row: Row) -> None:
    assert fields(by_stainless(row.stream)) == row.stainless
    assert fields(by_httpx_sse(row.stream)) == row.httpx_sse


@pytest.mark.parametrize("stream", [b"data: a\r\r", b"data: a\n\r", b"data: a\r\n\r"])
def test_an_event_that_ends_with_cr_does_not_wait(stream: bytes) -> None:
    """lines end with CR"""
    source = Source([stream, b"\ndata: b\r\r"])
    events = stainless.SSEDecoder().iter_bytes(source)
    assert (next(events).data, source.asked) == ("a", 1)
    assert (next(events).data, source.asked) == ("b", 2)


def test_an_event_that_never_ends() -> None:
    limits = Limits(max_event_bytes=100)
    decoder = stainless.SSEDecoder(limits=limits)
    source = Source([b"data: a\n\n", *([b"data: abc\n"] * 100)])
    events = decoder.iter_bytes(source)
    assert next(events).data == "a"
    with pytest.raises(LimitExceeded) as raised:
        next(events)
    assert str(raised.value) == "max_event_bytes is 100, reached 101 (byte 120, line 14, event 1)"
    assert (source.asked, source.closed) == (13, 1)
    # Comments, and what is no field, are not kept.
    lines = stainless.SSEDecoder(limits=limits)._lines()
    assert lines.feed(b": ping\nx: y\n" * 100) == []
    assert lines.feed(b"data: a\n\n") == by_stainless(b"data: a\n\n")
    response = Response(b"data: ", b"a" * 100)
    with pytest.raises(LimitExceeded):
        next(httpx_sse.EventSource(response, limits=limits).iter_sse())
    # A whole event that is too much comes with others: those first.
    events = stainless.SSEDecoder(limits=limits).iter_bytes(iter([b"data: a\n\n" + b"x" * 200]))
    assert next(events).data == "a"
    with pytest.raises(LimitExceeded):
        next(events)


def test_lines_go_on_refusing() -> None:
    lines = stainless.SSEDecoder(limits=Limits(max_event_bytes=9))._lines()
    for data in (b"data: more", b"data\n\n", b""):
        with pytest.raises(LimitExceeded) as raised:
            lines.feed(data)
        assert raised.value is lines.error


def test_a_crlf_that_is_cut_counts_once() -> None:
    places = []
    for chunks in ([b"a\r\ndata"], [b"a\r", b"\ndata"]):
        lines = stainless.SSEDecoder(limits=Limits(max_event_bytes=3))._lines()
        for chunk in chunks:
            with contextlib.suppress(LimitExceeded):
                lines.feed(chunk)
        assert lines.error is not None
        places.append(lines.error.place)
    assert places == ["byte 6, line 2, event 0"] * 2


def test_without_a_limit() -> None:
    assert stainless.SSEDecoder(limits=Limits.unlimited())._lines().feed(b"data\n\n") != []


def test_a_second_stream_begins_anew() -> None:
    """a decoder is used for a second stream"""
    decoder = stainless.SSEDecoder()
    assert list(decoder.iter_bytes(iter([b"id: 1\ndata: half"]))) == []
    assert fields(decoder.iter_bytes(iter([b"data: a\n\n"]))) == [(None, "a", None, None)]


@pytest.mark.parametrize("kind", [stainless.ServerSentEvent, httpx_sse.ServerSentEvent])
def test_events_are_values(kind: Any) -> None:
    """two events with the same fields"""
    event = kind(event="a", data='{"b": [1]}', id="2", retry=3)
    assert event == kind("a", '{"b": [1]}', "2", 3) == pickle.loads(pickle.dumps(event))
    assert event.json() == {"b": [1]}
    with pytest.raises(ValueError, match="Expecting value"):
        kind(data="no").json()
    with pytest.raises(AttributeError):
        event.data = "c"
    assert not hasattr(event, "raw")  # `ServerSentEvent.raw` (anthropic 2)
    absent = kind()
    assert fields([absent]) == [
        (None, "", None, None) if kind is stainless.ServerSentEvent else ("message", "", "", None)
    ]


@pytest.mark.parametrize(
    ("content_type", "fits"),
    [
        ("text/event-stream", True),
        ("Text/Event-Stream", True),
        ("text/event-stream; charset=windows-1252", True),
        ("application/x-text/event-streamy", False),
        ("application/json; charset=utf-8", False),
        ("", False),
    ],
)
def test_the_content_type(content_type: str, fits: bool) -> None:
    response = Response("data: é\n\n".encode(), headers={"content-type": content_type})
    for found in (
        lambda source: list(source.iter_sse()),
        lambda source: run(collect(source.aiter_sse())),
    ):
        source = httpx_sse.EventSource(response)
        response.source.asked = 0
        assert source.response is response
        if fits:
            assert [event.data for event in found(source)] == ["é"]
        else:
            with pytest.raises(httpx_sse.SSEError) as raised:
                found(source)
            kind = content_type.partition(";")[0]
            assert str(raised.value) == f"expected Content-Type 'text/event-stream', got {kind!r}"
            assert isinstance(raised.value, sse_core.SSECoreError)
            assert response.source.asked == 0
    # Not before the loop begins, as in httpx-sse.
    httpx_sse.EventSource(Response(headers={})).iter_sse()


class Client:
    """``stream`` of a client, plain and async; keeps what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.open = 0

    @contextmanager
    def stream(self, *arguments: Any, **options: Any) -> Iterator[Response]:
        self.asked.append((arguments, options))
        self.open += 1
        try:
            yield Response(b"data: a\n\n")
        finally:
            self.open -= 1


class AsyncClient(Client):
    @asynccontextmanager
    async def stream(  # type: ignore[override]
        self, *arguments: Any, **options: Any
    ) -> AsyncIterator[Response]:
        with super().stream(*arguments, **options) as response:
            yield response


def test_connecting() -> None:
    mine = {"X-Mine": "1", "Accept": "*/*"}
    asked = {"X-Mine": "1", "Accept": "text/event-stream", "Cache-Control": "no-store"}
    client = Client()
    with httpx_sse.connect_sse(client, "POST", "http://a", headers=mine, json={}) as source:
        assert (client.open, [event.data for event in source.iter_sse()]) == (1, ["a"])
    assert client.open == 0
    assert client.asked == [(("POST", "http://a"), {"headers": asked, "json": {}})]
    assert mine == {"X-Mine": "1", "Accept": "*/*"}  # the `headers` that `connect_sse` is given

    async def loop() -> None:
        other = AsyncClient()
        async with httpx_sse.aconnect_sse(other, "GET", "http://a", headers=None) as source:
            assert (other.open, await collect(source.aiter_sse())) == (
                1,
                by_httpx_sse(b"data: a\n\n"),
            )
        assert other.open == 0
        del asked["X-Mine"]
        assert other.asked == [(("GET", "http://a"), {"headers": asked})]

    run(loop())


def test_a_text_is_refused() -> None:
    chunks: Any = ["data: a\n\n"]
    with pytest.raises(InputTypeError, match="feed takes bytes, not str"):
        next(stainless.SSEDecoder().iter_bytes(iter(chunks)))


def test_what_was_opened_is_closed() -> None:
    response = Response(b"data: a\n\n", b"data: b\n\n")
    events: Any = httpx_sse.EventSource(response).iter_sse()
    next(events)
    events.close()
    assert (response.source.asked, response.source.closed) == (1, 1)
